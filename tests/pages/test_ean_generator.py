"""The EAN Generator as people use it: look at codes, take them, give them to products, print them, clear them, find them again."""

import base64
import re

import pytest
from sqlalchemy import select
from streamlit.proto.DownloadButton_pb2 import DownloadButton
from streamlit.testing.v1 import AppTest

from db.frames import Page
from db.models import Code, CodeRun, Job, MadeFile, Person, Product
from db.session import Actor, reading, transaction
from db.vocabulary import CodeState, CodeType, JobState, LibraryState, PersonState, Role
from lib.codes import code_runs, codes, ean
from lib.codes.code_clearing import Clearable, CodeGroup
from lib.codes.code_series import AUSTRIA
from lib.codes.ledger import Filter
from lib.commands import perform
from lib.people import attempt
from lib.ui import people
from lib.ui.codes import codes_generate


def button(at, label):
    return next(b for b in at.button if b.label == label)


def labels(at):
    return [b.label for b in at.button]


def said(at):
    kinds = (at.error, at.warning, at.info, at.success, at.caption, at.markdown)
    return " ".join(one.value for kind in kinds for one in kind).replace("\\", "")


def held():
    with reading() as session:
        return list(session.scalars(select(Code.code).order_by(Code.id)))


def states():
    with reading() as session:
        return list(session.scalars(select(Code.state).order_by(Code.id)))


def downloads(at):
    return [found.proto for found in at.get("download_button") if isinstance(found.proto, DownloadButton)]


def download(at, label):
    return next(one for one in downloads(at) if one.label == label)


def tick(at, name, *rows):
    at.session_state[f"{name}#0"] = {
        "edited_rows": {row: {"✓": True} for row in rows},
        "added_rows": [],
        "deleted_rows": [],
    }
    return at.run()


@pytest.fixture
def lily(acting):
    return acting("lily")


@pytest.fixture
def reserve(lily, database):
    """Take so many codes under 910, as run 1, 2 …"""
    return lambda quantity, prefix="910": perform(
        lily, codes.reserve, CodeType.EAN13, prefix, quantity, acknowledged=True
    )


@pytest.fixture
def working(given, monkeypatch):
    """Somebody who is in the database, so that jobs are done for them: working("lily")."""
    roles = {"lily": Role.LISTER, "charlie": Role.VIEWER, "alice": Role.ADMIN}

    def become(name):
        person = given(Person(username=name, role=roles[name], state=PersonState.ACTIVE, password_hash="x"))[0]
        return Actor(person.id, name, roles[name])

    attempt.ending.clear()
    return become


@pytest.fixture
def dialog(database, monkeypatch, acting):
    """The body of a dialog, drawn alone: dialog("lily", "codes_clear._confirm", argument ...)."""

    def show(as_, name, *args):
        monkeypatch.setattr(people, "current", lambda: acting(as_))
        at = AppTest.from_function(_dialog, default_timeout=30)
        at.session_state["dialog"] = (name, args)
        return at.run()

    return show


def _dialog():
    import importlib

    import streamlit as st

    from lib.ui import page

    page.open("EAN Generator")
    name, args = st.session_state["dialog"]
    module, _, function = name.partition(".")
    getattr(importlib.import_module(f"lib.ui.codes.{module}"), function).__wrapped__(*args)


def forge(at, label):
    """A press that no browser of ours sends: the button is grey."""
    button(at, label).proto.disabled = False
    return button(at, label).click().run()


# Generate


def test_a_test_shows_codes_and_consumes_nothing(open_page, given):
    given(Product(sku="A"))
    at = open_page("ean_generator")
    assert at.text_input(key="e_prefix").value == "910"
    assert AUSTRIA.format(prefix="910").rstrip(".") in said(at)
    at.number_input(key="e_quantity").set_value(3).run()
    shown = button(at, "Test code").click().run().code[0].value.split("\n")
    assert [ean.verdict(code) for code in shown] == ["ok"] * 3
    assert held() == []
    assert button(at, "Reserve").disabled
    assert at.run().code[0].value.split("\n") == shown, "it stays while the screen is drawn anew"
    at.checkbox(key="e_read_0").check().run()
    at = button(at, "Reserve").click().run()
    assert at.success[0].value == "Run 1\\: 3 EAN\\-13 codes with prefix 910 reserved."
    assert held() == shown
    assert button(at, "Reserve").disabled, "the notice is read once a run"
    assert not at.code


def test_what_was_tested_goes_when_something_else_is_wanted(open_page):
    at = button(open_page("ean_generator"), "Test code").click().run()
    assert len(at.code[0].value.split("\n")) == 100
    at.number_input(key="e_quantity").set_value(5).run()
    assert not at.code
    at = button(button(at, "Test code").click().run(), "Put away").click().run()
    assert not at.code


def test_the_run_that_was_reserved_can_be_taken_away_right_there(open_page, reserve):
    reserve(3)
    at = open_page("ean_generator", as_="lily")
    assert "Run 1" in [one.value for one in at.subheader]
    assert [one.label for one in downloads(at)] == ["TXT", "CSV", "XLSX"]
    assert {"SVG zip", "PNG zip", "Labels…"} <= set(labels(at))
    assert {m.label: m.value for m in at.metric}["Reserved"] == "3"
    assert "Run 1" not in [one.value for one in open_page("ean_generator", as_="bob").subheader], "my last run"


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(("quantity", "sentence"), [
    (10_001, "At most 10,000 codes are made in a run, not 10,001."), (0, "Say how many codes: 1 or more."),
    (-1, "Say how many codes: 1 or more."), (10**12, "At most 10,000 codes"),
])  # fmt: skip
def test_too_many_is_a_sentence_beside_the_field_and_nothing_is_done(open_page, quantity, sentence):
    at = open_page("ean_generator")
    at.number_input(key="e_quantity").set_value(quantity).run()
    assert not at.exception
    assert sentence in said(at)
    assert button(at, "Test code").disabled
    at.checkbox(key="e_read_0").check().run()
    assert button(at, "Reserve").disabled
    at = forge(at, "Reserve")
    assert not at.exception
    assert held() == []


def test_a_wrong_prefix_is_said_while_typing_and_nothing_can_be_pressed(open_page):
    at = open_page("ean_generator")
    at.text_input(key="e_prefix").set_value("978").run()
    assert "for books" in said(at)
    assert button(at, "Test code").disabled
    assert button(at, "Reserve").disabled


def test_what_is_left_is_shown_and_taken_exactly_when_asked(open_page, reserve):
    reserve(7, "91000000000")
    at = open_page("ean_generator", as_="lily")
    at.text_input(key="e_prefix").set_value("91000000000").run()
    assert "**3** of 10 left · 7 held" in said(at)
    assert "100 are wanted, and 3 are left." in said(at)
    at.checkbox(key="e_read_1").check().run()
    assert button(at, "Reserve").disabled
    at.checkbox(key="e_rest").check().run()
    at = button(at, "Reserve").click().run()
    assert "3 EAN-13 codes with prefix 91000000000 reserved. No more are left of the 100 that were wanted." in said(at)
    assert len(held()) == 10
    assert "No code of this prefix is left." not in said(at)  # the sentence is under the field, in red
    assert "**0** of 10 left · 10 held" in said(at)
    assert button(at, "Test code").disabled


def test_a_prefix_of_our_own_needs_no_confirmation(open_page, given):
    at = open_page("ean_generator", as_="lily")
    at.text_input(key="e_prefix").set_value("4006381").run()
    at.checkbox(key="e_own").check().run()
    assert not at.warning
    at = button(at, "Reserve").click().run()
    with reading() as session:
        assert session.scalars(select(CodeRun.licence)).one().label == "Licensed prefix"


def test_the_other_half_of_a_double_click_takes_nothing_and_says_the_same(open_page, monkeypatch):
    """Both halves run at the same time: here the second one comes while the first takes its codes, and when it has taken them."""
    monkeypatch.setattr(codes_generate, "MOST_LOOKS", 2)
    at = open_page("ean_generator", as_="lily")
    at.checkbox(key="e_read_0").check().run()
    at.session_state[codes_generate.RESERVING] = {0: "the first half"}
    at = button(at, "Reserve").click().run()
    assert not at.exception
    assert held() == []
    at.session_state[codes_generate.RESERVING] = {0: codes_generate.DONE + "Run 1: 100 codes."}
    at = button(at, "Reserve").click().run()
    assert at.success[0].value == "Run 1\\: 100 codes."
    assert held() == []
    at.session_state[codes_generate.RESERVING] = {}
    at = button(at, "Reserve").click().run()
    assert len(held()) == 100


def test_a_refusal_can_be_tried_again(open_page):
    at = open_page("ean_generator", as_="lily")
    at.checkbox(key="e_read_0").check().run()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "_full", lambda *_: "There is none.")
        patch.setattr("lib.codes.code_drawing.room", lambda *_: 0)
        at = button(at, "Reserve").click().run()
    assert [e.value for e in at.error] == ["There is none."]
    at = button(at, "Reserve").click().run()
    assert len(held()) == 100


# Clear


@pytest.fixture
def deleted(given):
    """Two deleted products with an EAN, one with a UPC, and one that lives."""
    codes_of = {"A": "9100000000008", "B": "9100000000015", "C": "036000291452"}
    given(*(Product(sku=sku, ean=code, state=LibraryState.DELETED) for sku, code in codes_of.items()))
    given(Product(sku="D", ean="9100000000022", state=LibraryState.READY))


def eans():
    with reading() as session:
        return {row.sku: row.ean for row in session.execute(select(Product.sku, Product.ean))}


def test_the_code_type_to_clear_shows_how_many_that_would_be(open_page, deleted):
    at = open_page("ean_generator", as_="lily")
    control = at.segmented_control(key="e_clear")
    assert list(control.options) == ["EAN 2", "UPC 1", "ISBN 0", "All 3"]
    assert "**2** deleted products have an EAN · no marketplace has seen one of them" in said(at)
    at = control.set_value(CodeGroup.UPC).run()
    assert "**1** deleted product has a UPC" in said(at)
    at = at.segmented_control(key="e_clear").set_value(CodeGroup.ISBN).run()
    assert "No deleted product has an ISBN." in said(at)
    assert button(at, "Clear…").disabled


def test_clearing_is_confirmed_and_says_how_many_were_exposed(open_page, dialog, deleted, lily):
    with transaction(lily, "tests.expose") as session:
        codes.hold_many(session, [codes.Hold("9100000000008", 1)])
        codes.expose(session, ["9100000000008"])
    at = open_page("ean_generator", as_="lily")
    assert "**1** of these codes exposed" in said(at)
    at = button(at, "Clear 2…").click().run()
    assert "cannot be brought back" in said(at)
    at = dialog("lily", "codes_clear._confirm", CodeGroup.EAN, Clearable(2, 1))
    assert eans()["A"] == "9100000000008", "nothing before the confirmation"
    at = button(at, "Clear").click().run()
    assert eans() == {"A": None, "B": None, "C": "036000291452", "D": "9100000000022"}
    assert "2 codes retired for ever, 1 seen by a marketplace." in said(at)


def test_only_ticked_products_are_cleared(open_page, deleted):
    at = open_page("ean_generator", as_="lily", clearable_sort="SKU ↑")
    at = tick(at, "clearable", 1)
    button(at, "Clear 1 ticked").click().run()
    assert [eans()[sku] for sku in "AB"] == ["9100000000008", None]


# Assign


def test_ticked_products_get_codes_and_the_way_on_is_shown(open_page, given, reserve):
    given(Product(sku="A"), Product(sku="B"))
    reserve(5)
    at = open_page("ean_generator", e_tab="Assign", codeless_sort="SKU ↑")
    assert not at.get("page_link") or all(link.proto.label != "List them in stores" for link in at.get("page_link"))
    at = button(tick(at, "codeless", 1), "Assign to 1 ticked").click().run()
    assert at.success[0].value == "1 product has a code now."
    assert "List them in stores" in [link.proto.label for link in at.get("page_link")]
    with reading() as session:
        assert list(session.scalars(select(Product.ean).order_by(Product.sku))) == [None, held()[0]]
    at = button(at, "Assign to all 1").click().run()
    with reading() as session:
        assert list(session.scalars(select(Code.code).where(Code.state == CodeState.ASSIGNED))) == held()[:2]


def test_codes_of_one_run_are_assigned_and_too_few_is_a_sentence(open_page, given, reserve):
    given(Product(sku="A"), Product(sku="B"))
    reserve(5)
    reserve(1)
    at = open_page("ean_generator", e_tab="Assign")
    at = at.selectbox(key="e_from").set_value(2).run()
    at = button(at, "Assign to all 2").click().run()
    assert "2 products need a code, and 1 is reserved. Nothing was assigned." in said(at)
    assert states() == [CodeState.RESERVED] * 6


# Ledger


def test_the_ledger_shows_all_there_is_to_know_of_a_code(open_page, given, reserve, lily):
    given(Product(sku="A", title_zh="陶瓷茶壶"))
    reserve(2)
    perform(lily, codes.assign, [1])
    at = open_page("ean_generator", e_tab="Ledger", ledger_sort="Code ↑")
    table = at.dataframe[0].value
    assert sorted(table["code"]) == held()
    row = table[table["code"] == held()[0]].iloc[0]
    assert (row["gtin14"], row["sku"], row["title_zh"], row["run_id"], row["reserved_by"]) == (
        f"0{held()[0]}", "A", "陶瓷茶壶", 1, "lily",
    )  # fmt: skip
    assert row["note"].startswith("910 lies in the range")


def test_ticked_codes_are_retired_or_released_and_their_bars_are_shown(open_page, given, reserve):
    reserve(2)
    at = open_page("ean_generator", e_tab="Ledger", e_state="reserved", ledger_sort="Code ↑")
    assert list(at.dataframe[0].value["code"]) == held()
    at = tick(at, "ledger", 0)
    assert not at.exception
    assert "**1 ticked**" in said(at)
    assert pictures(at) == [b"<svg"]
    at = button(at, "Retire 1 ticked").click().run()
    assert states() == [CodeState.RETIRED, CodeState.RESERVED]
    at = open_page("ean_generator", e_tab="Ledger", e_state="reserved")
    at = button(tick(at, "ledger", 0), "Release 1 ticked").click().run()
    assert states() == [CodeState.RETIRED]


def test_all_reserved_of_a_filter_are_released_after_a_question(open_page, dialog, reserve):
    reserve(2)
    reserve(3)
    at = open_page("ean_generator", e_tab="Ledger")
    assert not any(label.startswith("Release all") for label in labels(at)), "only where reserved ones are shown"
    at = open_page("ean_generator", e_tab="Ledger", e_state="reserved")
    at.session_state["e_runs"] = [1]
    at = button(at.run(), "Release all 2…").click().run()
    assert "**2** reserved codes that the filter finds" in said(at)
    assert len(held()) == 5
    at = dialog("lily", "codes_ledger._release_all", Filter(state=CodeState.RESERVED, runs=(1,)), 2)
    button(at, "Release").click().run()
    assert len(held()) == 3


def test_an_unknown_run_or_tab_in_the_address_harms_nothing(open_page, reserve):
    reserve(1)
    for query in ({"e_tab": "Nowhere"}, {"e_tab": "Ledger", "e_runs": "Run 99"}, {"e_tab": "Runs", "e_run": "x"},
                  {"e_tab": "Runs", "e_run": "9" * 30}, {"e_tab": "Labels", "e_labels_run": "Run 77"}):  # fmt: skip
        at = open_page("ean_generator", **query)
        assert not at.exception, query


# Runs


def shown(number):
    """The run as the screen has read it."""
    with reading() as session:
        return {"id": number, **code_runs.table(session, code_runs.Filter(), Page(1, 50)).loc[number].to_dict()}


def test_a_run_shows_what_has_become_of_its_codes_and_is_taken_back(open_page, dialog, given, reserve, lily):
    given(Product(sku="A"))
    reserve(3)
    perform(lily, codes.assign, [1])
    at = open_page("ean_generator", as_="lily", e_tab="Runs")
    row = at.dataframe[0].value.iloc[0]
    assert [row[name] for name in ("run", "quantity", "reserved", "assigned", "exposed", "retired")] == [
        1,
        3,
        2,
        1,
        0,
        0,
    ]
    at = tick(at, "code runs", 0)
    assert AUSTRIA.format(prefix="910").rstrip(".") in said(at), "beside the downloads"
    at = button(at, "Undo run 1…").click().run()
    assert "1 is on a product, which then has no code." in said(at)
    assert len(held()) == 3
    at = button(dialog("lily", "codes_runs._undo", shown(1)), "Take back").click().run()
    assert held() == []
    assert "Run 1 was taken back: 3 codes no longer held. 1 product has no code now." in said(at)


def test_a_run_is_not_taken_back_when_a_marketplace_has_seen_a_code(open_page, dialog, reserve, lily):
    reserve(2)
    with transaction(lily, "tests.expose") as session:
        codes.expose(session, held()[:1])
    at = button(dialog("lily", "codes_runs._undo", shown(1)), "Take back").click().run()
    assert "A marketplace has seen 1 of the 2 codes of run 1" in said(at)
    assert len(held()) == 2
    at = open_page("ean_generator", as_="lily", e_tab="Runs", e_run="1")
    at = button(at, "Release 1 reserved").click().run()
    assert states() == [CodeState.EXPOSED]


def test_from_a_run_to_its_codes(open_page, reserve):
    reserve(1)
    reserve(2)
    at = open_page("ean_generator", as_="lily", e_tab="Runs", e_run="1", e_state="retired")
    at = button(at, "Show codes").click().run()
    assert at.session_state["e_runs"] == [1]
    assert list(at.dataframe[0].value["code"]) == held()[:1]


# Files and labels


def waiting():
    with reading() as session:
        return session.scalars(select(Job).where(Job.state == JobState.QUEUED)).all()


def as_person(monkeypatch, person):
    monkeypatch.setattr(people, "current", lambda: person)


def test_barcodes_are_made_by_a_job_and_fetched_by_who_asked(open_page, reserve, working, monkeypatch):
    reserve(3)
    lily = working("lily")
    at = open_page("ean_generator", as_="lily")
    as_person(monkeypatch, lily)
    at = button(at.run(), "PNG zip").click().run()
    assert not at.exception
    assert "Stop" in labels(at)
    at = button(at, "PNG zip").click().run()
    (job,) = waiting()
    attempt.work_off(job.id)
    at = at.run()
    assert "Stop" not in labels(at)
    assert "**run-1-barcodes-png.zip**" in said(at)
    assert len([one for one in downloads(at) if one.label == "Download"]) == 2, "at the top and on the shelf"
    for who, count in {"charlie": 0, "alice": 1}.items():
        other = open_page("ean_generator", as_=who)
        assert len([one for one in downloads(other) if one.label == "Download"]) == count


def test_a_ready_file_is_put_away_and_thrown_away(open_page, given, acting):
    given(MadeFile(kind="svg", name="run-1-barcodes-svg.zip", path="a" * 32, bytes=12_345, actor="lily"))
    at = open_page("ean_generator", as_="lily")
    assert "**run-1-barcodes-svg.zip** · 13 kB" in said(at)
    at = at.button(key="file away 1").click().run()
    assert len([one for one in downloads(at) if one.label == "Download"]) == 1
    at = at.button(key="file forget 1").click().run()
    assert "thrown away" in said(at)
    assert downloads(at) == []


def test_a_job_that_fails_says_why(open_page, reserve, working, monkeypatch):
    reserve(2)
    lily = working("lily")
    at = open_page("ean_generator", as_="lily")
    as_person(monkeypatch, lily)
    at = button(at.run(), "SVG zip").click().run()
    with transaction(lily, "tests.break") as session:
        session.get(Code, 1).code = "9100000000001"
    attempt.work_off(waiting()[0].id)
    assert "1 of these 2 codes cannot be printed as bars. Nothing was made." in said(at.run())


def test_a_wrong_code_is_refused_at_the_click(open_page, reserve, lily):
    reserve(2)
    with transaction(lily, "tests.break") as session:
        session.get(Code, 1).code = "9100000000001"
    at = button(open_page("ean_generator", as_="lily"), "SVG zip").click().run()
    assert "cannot be printed as bars" in said(at)
    assert waiting() == []


def pictures(at):
    """How the pictures in the page begin."""
    sources = " ".join(
        [
            *(one.proto.body for one in at.get("html")),
            *(picture.url for one in at.get("image") for picture in one.proto.imgs),
        ]
    )
    return [base64.b64decode(data)[:4] for data in re.findall(r"base64,([\w+/=]+)", sources)]


def test_labels_show_one_and_are_made_of_a_run(open_page, reserve, given, working, monkeypatch):
    given(Product(sku="TEA-1", title_zh="陶瓷茶壶", title_en="Teapot"))
    reserve(3)
    lily = working("lily")
    perform(lily, codes.assign, [1])
    at = open_page("ean_generator", as_="lily", e_tab="Labels")
    as_person(monkeypatch, lily)
    assert at.selectbox(key="e_labels_run").value == 1
    assert "**3** labels on **1** sheet" in said(at)
    assert pictures(at) == [b"\x89PNG", b"<svg"]
    at.number_input(key="labels copies").set_value(10).run()
    at.number_input(key="labels place a4_3x8").set_value(20).run()
    assert "**30** labels on **3** sheets" in said(at)
    at.segmented_control(key="labels title").set_value("en").run()
    at = button(at, "Make PDF").click().run()
    arguments = waiting()[0].arguments
    assert arguments["wanted"]["runs"] == [1]
    assert arguments["printing"] == {"layout": "a4_3x8", "copies": 10, "skip": 19, "title": "en", "sku": True}
    attempt.work_off(waiting()[0].id)
    assert "run-1-labels-a4_3x8.pdf" in said(at.run())


def test_labels_on_a_roll_have_no_place(open_page, reserve):
    reserve(1)
    at = open_page("ean_generator", e_tab="Labels")
    at.selectbox(key="labels layout").set_value("roll_50x30").run()
    assert [field.label for field in at.number_input] == ["Copies of each"]
    assert pictures(at) == [b"\x89PNG"]
    assert "50 × 30 mm" in said(at)
    assert "**1** label from the roll" in said(at)


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(("key", "value", "sentence"), [
    ("labels copies", 0, "Say how many copies: 1 or more."), ("labels copies", -3, "Say how many copies"),
    ("labels copies", 5_001, "At most 10,000 labels are made at once"), ("labels place a4_3x8", 25, "This sheet has the places 1 to 24."),
    ("labels place a4_3x8", 0, "This sheet has the places 1 to 24."),
])  # fmt: skip
def test_labels_that_cannot_be_are_a_sentence_and_a_grey_button(open_page, reserve, key, value, sentence):
    reserve(2)
    at = open_page("ean_generator", as_="lily", e_tab="Labels")
    at.number_input(key=key).set_value(value).run()
    assert not at.exception
    assert sentence in said(at)
    assert button(at, "Make PDF").disabled


def test_labels_before_there_is_a_code_show_an_example(open_page):
    at = open_page("ean_generator", e_tab="Labels")
    assert "**An example**" in said(at)
    assert button(at, "Make PDF").disabled


def test_ticked_codes_go_to_the_labels(open_page, reserve):
    reserve(3)
    at = tick(open_page("ean_generator", e_tab="Ledger", as_="lily"), "ledger", 0, 2)
    at = button(at, "Labels…").click().run()
    assert at.segmented_control(key="labels source").value == "Chosen before"
    assert "2 codes that were ticked" in said(at)
    assert "**2** labels" in said(at)


# Who may


def test_charlie_looks_and_presses_nothing(open_page, given, reserve, deleted):
    given(Product(sku="X"))
    reserve(2)
    for tab, names in {
        "Generate": ["Reserve", "Clear 2…", "Clear ticked"], "Assign": ["Assign to 0 ticked", "Assign to all 1"],
        "Ledger": ["Release ticked", "Retire ticked"],
    }.items():  # fmt: skip
        at = open_page("ean_generator", as_="charlie", e_tab=tab)
        assert not at.exception
        assert [button(at, name).disabled for name in names] == [True] * len(names)
    at = open_page("ean_generator", as_="charlie", e_tab="Runs", e_run="1")
    assert [button(at, name).disabled for name in ("Release 2 reserved", "Undo run 1…")] == [True, True]
    assert {"TXT", "CSV", "XLSX"} <= {one.label for one in downloads(at)}, "lists are for everybody"
    assert not button(at, "SVG zip").disabled


@pytest.mark.only("sqlite")
def test_charlie_may_take_nothing_also_with_a_message_of_his_own(open_page, dialog, reserve, deleted):
    reserve(2)
    at = open_page("ean_generator", as_="charlie")
    at.checkbox(key="e_read_1").check().run()
    at = forge(at, "Reserve")
    forge(open_page("ean_generator", as_="charlie", e_tab="Runs", e_run="1"), "Release 2 reserved")
    at = button(dialog("charlie", "codes_clear._confirm", CodeGroup.EAN, Clearable(2, 0)), "Clear")
    assert at.disabled
    assert len(held()) == 2
    assert eans()["A"] == "9100000000008"


def test_without_a_sign_in_nothing_is_shown(open_page):
    at = open_page("ean_generator", as_=None)
    assert not at.title
    assert not at.tabs
