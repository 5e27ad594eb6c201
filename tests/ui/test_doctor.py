"""The doctor on the screen: a card for each case, the questions to the marketplaces, the cure, and a link that opens it."""

import pytest
import streamlit
from streamlit import config
from streamlit.testing.v1 import AppTest

from db.models import CatalogueCheck, Code, Job, Listing, Product
from db.session import SYSTEM, reading, transaction
from db.vocabulary import CheckVerdict, CodeState, CodeType, ListingStatus
from lib.codes import codes
from lib.ui import people
from tests.lib.shop import LAMP, LILY, MUG, MUG_CODE, NORDWIND_CODE, all_of, company, do, put

NORDWIND = {"asin": "B08HJKL2M9", "title": "Fineliners", "brand": "Nordwind"}


def screen():
    from lib.ui import page
    from lib.ui.codes import doctor

    page.open("EAN Generator")
    doctor.show()


def confirming():
    """The body of the dialog, drawn alone: a click would close it here."""
    from lib.codes import code_doctor
    from lib.ui import page
    from lib.ui.codes import doctor

    page.open("EAN Generator")
    for one in page.read(code_doctor.examine, "LAMP"):
        doctor.cure(one)


@pytest.fixture
def links(monkeypatch):
    """The links to other pages, which are not there when a part is shown alone."""
    found = []
    monkeypatch.setattr(streamlit, "page_link", lambda path, **words: found.append((path, words["query_params"])))
    return found


@pytest.fixture
def desk(database, monkeypatch, acting, links):
    config.set_option("runner.enforceSerializableSessionState", False)
    company()
    with transaction(SYSTEM, "tests.pictures") as session:
        for number in (MUG, LAMP):
            session.get_one(Product, number).picture = f"{number}.webp"
    put(CatalogueCheck(gtin14=f"0{NORDWIND_CODE}", store_id=1, verdict=CheckVerdict.OTHER_BRAND, matches=[NORDWIND]))

    def show(as_="lily", what=screen, **query):
        monkeypatch.setattr(people, "current", lambda: acting(as_))
        test = AppTest.from_function(what, default_timeout=30)
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return show


def button(at, label):
    return next(b for b in at.button if b.label == label)


def texts(at):
    return "\n".join(m.value for m in at.markdown).replace("\\", "")


def test_nothing_is_said_before_something_is_named(desk):
    at = desk()
    assert not at.exception
    assert [b.label for b in at.button] == []


def test_a_link_opens_the_case_with_its_evidence(desk, links):
    at = desk(doctor="LAMP")
    assert not at.exception
    assert at.text_area[0].value == "LAMP"
    assert "**LAMP** 4006381333931" in texts(at)
    assert "B08HJKL2M9 (brand Nordwind): another brand than ours" in texts(at)
    assert "Belongs to another item · 编码属于别的商品" in texts(at)
    assert "co-sell" in at.info[0].value.replace("\\", "")
    assert not button(at, "Cure…").disabled
    assert links == [("pages/cosell.py", {"s_text": "B08HJKL2M9"})]


def test_many_are_counted_and_a_healthy_one_has_no_cure(desk):
    put(CatalogueCheck(gtin14=f"0{MUG_CODE}", store_id=1, verdict=CheckVerdict.NONE))
    at = desk()
    at = at.text_area[0].set_value(f"{MUG_CODE}\nnobody").run()
    assert not at.exception
    assert "1 × Healthy · 正常" in texts(at)
    assert "1 × Not found · 未找到" in texts(at)
    assert [b.label for b in at.button if b.label == "Cure…"] == []


def test_too_many_are_refused_in_words(desk):
    at = desk()
    at = at.text_area[0].set_value(" ".join(f"S{n}" for n in range(201))).run()
    assert "not 201" in at.error[0].value


def test_asking_again_starts_a_job(desk):
    at = button(desk(doctor="LAMP MUG"), "Ask the marketplace again").click().run()
    assert not at.exception
    assert at.success[0].value == "The marketplaces are asked about 2 codes."
    [job] = all_of(Job)
    assert (job.kind, job.arguments) == ("catalogue", {"codes": [NORDWIND_CODE, MUG_CODE]})


def test_the_cure_is_confirmed_in_a_dialog(desk):
    do(LILY, codes.reserve, CodeType.EAN13, "910", 1, acknowledged=True)
    [fresh] = [row.code for row in all_of(Code)]
    put(
        Listing(
            product_id=LAMP, store_id=1, seller_sku="LAMP", code=NORDWIND_CODE, status=ListingStatus.FAILED, price=9
        )
    )
    assert "4006381333931 goes off LAMP." in texts(button(desk(doctor="LAMP"), "Cure…").click().run())
    at = desk(what=confirming)
    assert "4006381333931 goes off LAMP." in texts(at)
    assert f"The next reserved code is {fresh}." in [c.value for c in at.caption]
    at = button(at, "Cure").click().run()
    assert (
        at.success[0].value.replace("\\", "")
        == f"LAMP: {NORDWIND_CODE} is off, {fresh} is on. 1 listing waits to be sent."
    )
    with reading() as session:
        assert session.get_one(Product, LAMP).ean == fresh
    assert [row.state for row in all_of(Code) if row.code == fresh] == [CodeState.ASSIGNED]


def test_without_a_reserved_code_there_is_no_cure(desk):
    at = button(desk(doctor="LAMP"), "Cure…").click().run()
    assert at.warning[0].value == "No code is reserved. Reserve one first (tab Generate)."
    assert button(at, "Cure").disabled


def test_an_offer_on_somebody_elses_item_has_to_be_closed_first(desk):
    do(LILY, codes.reserve, CodeType.EAN13, "910", 1, acknowledged=True)
    put(Listing(product_id=LAMP, store_id=1, seller_sku="LAMP", code=NORDWIND_CODE, asin="B08HJKL2M9", price=9,
                status=ListingStatus.ACTIVE))  # fmt: skip
    at = desk(what=confirming)
    assert button(at, "Cure").disabled
    at.checkbox(key="doctor closed").check().run()
    assert not button(at, "Cure").disabled


def test_charlie_looks_and_touches_nothing(desk):
    at = desk(as_="charlie", doctor="LAMP")
    assert "another brand than ours" in texts(at)
    assert all(b.disabled for b in at.button)


def test_a_name_that_would_act_is_only_shown(desk):
    with transaction(SYSTEM, "tests.naughty") as session:
        session.get_one(Product, LAMP).sku = "![x](http://x)"
    at = desk(doctor=NORDWIND_CODE)
    assert not at.exception
    assert any("\\!\\[x\\]\\(http" in m.value for m in at.markdown)
