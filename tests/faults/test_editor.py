"""What no browser of ours sends: a hand-made message of the grid. It changes nothing that its sender may not change."""

import json
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.models import Category, ChangeSet, Product
from db.session import reading
from lib.changes import Changes, Edit
from lib.ui import columns as c
from lib.ui import saving
from lib.ui.drafts import Draft

FIELDS = (
    "sku",
    "ean",
    "title_en",
    "title_zh",
    "source_price",
    "weight_grams",
    "state",
    "category_id",
    "currency",
    "picture",
)


@pytest.fixture
def lamp(given, monkeypatch):
    monkeypatch.setattr(saving, "LATE_EDIT_SECONDS", 0.0)
    given(Category(id=1, name="Home", path="Home"))
    given(
        Product(sku="A", title_en="Lamp", source_price=Decimal(10), category_id=1, ean="4006381333931", weight_grams=5)
    )


def stored():
    with reading() as session:
        rows = session.execute(select(*(getattr(Product, f) for f in FIELDS)).order_by(Product.id)).all()
        return [tuple(row) for row in rows], session.scalar(select(func.count()).select_from(ChangeSet))


def send(at, cells, **more):
    """The message that a browser would send for these cells, {position: {column: value}}, and a press on Save."""
    state = {"edited_rows": cells, "added_rows": [], "deleted_rows": [], **more}
    at.session_state["products#0"] = json.loads(json.dumps(state), object_hook=_positions)
    at.run()
    if save := [b for b in at.button if b.label == "Save"]:
        save[0].click().run()
    return at


def _positions(found):
    return {int(k) if k.lstrip("-").isdigit() else k: v for k, v in found.items()}


def said(at):
    return " ".join(e.value for e in (*at.error, *at.warning))


WRONG = [
    ("source_price", [1], "Source price must be a number"),
    ("source_price", {"a": 1}, "Source price must be a number"),
    ("source_price", True, "Source price must be a number"),
    ("source_price", "NaN", "Source price must be a number"),
    ("source_price", "1e400", "Source price is too large"),
    ("source_price", "1e999999999", "Source price is too large"),
    ("source_price", 1e308, "Source price is too large"),
    ("source_price", "1e-400", "Source price may have 4 decimals at most"),
    ("source_price", "=1+1", "Source price must be a number"),
    ("weight_grams", 10**30, "must be a whole number"),
    ("weight_grams", 1.5, "must be a whole number"),
    ("weight_grams", "sNaN", "must be a number"),
    ("title_en", ["x"], "Title must be a text"),
    ("title_en", {"x": 1}, "Title must be a text"),
    ("title_en", False, "Title must be a text"),
    ("title_en", 12, "Title must be a text"),
    ("title_en", "x" * 501, "Title is longer than 500 characters"),
    ("title_en", "a\0b", "Title contains a character that cannot be stored"),
    ("title_en", "\ud800", "Title contains a character that cannot be stored"),
    ("sku", "", "SKU must not be empty"),
    ("sku", None, "SKU must not be empty"),
    ("currency", "XXX", "is not one of the choices"),
    ("currency", ["CNY"], "is not one of the choices"),
    ("category", "Elsewhere", "is not one of the choices"),
    ("state", "\udfff", "is not one of the choices"),
    ("state", "captured", "does not go back to Captured"),
]


@pytest.mark.only("sqlite")
def test_a_wrong_value_is_refused_with_its_column(lamp, open_page):
    """One visit for all: what is sent next takes the place of what was sent before, as in a browser."""
    before, at = stored(), open_page("products")
    for column, value, sentence in WRONG:
        at = send(at, {0: {column: value}})
        assert sentence in said(at).replace("\\", ""), (column, str(value)[:40])
        assert "Something went wrong" not in said(at)
        assert not at.exception
        assert stored() == before
        next(b for b in at.button if b.label == "Discard").click().run()
        at.session_state["sheet:products"].edition = 0


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("cells", [
    {0: {"ean": "9999999999999"}}, {0: {"picture": "/pictures/x.webp"}}, {0: {"updated_at": "2000-01-01T00:00:00"}},
])  # fmt: skip
def test_a_locked_column_is_left_as_it_is(lamp, open_page, cells):
    before = stored()
    at = send(open_page("products"), cells)
    assert [i.value for i in at.info] == ["There is nothing to save."]
    assert stored() == before


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("cells", [
    {0: {"no_such_column": 1}}, {0: {"id": 7}}, {0: {"created_at": 1}}, {50: {"title_en": "x"}}, {-1: {"title_en": "x"}},
    {10**12: {"title_en": "x"}}, {0: ["title_en"]}, {0: None},
])  # fmt: skip
def test_a_message_of_another_shape_changes_nothing(lamp, open_page, cells):
    before = stored()
    at = send(open_page("products"), cells)
    assert stored() == before
    assert not at.success


@pytest.mark.only("sqlite")
def test_rows_are_neither_added_nor_deleted_by_a_message(lamp, open_page):
    before = stored()
    at = send(open_page("products"), {}, added_rows=[{"sku": "NEW", "title_en": "x"}], deleted_rows=[0])
    assert stored() == before
    assert not at.success


@pytest.mark.only("sqlite")
def test_charlie_sends_what_alice_may(lamp, open_page):
    before = stored()
    send(open_page("products", as_="charlie"), {0: {"title_en": "Mine", "✓": True}})
    assert stored() == before


# The same without a page: every message, whatever its shape, is taken, ignored or a sentence


ROWS = [{"id": 1, "title": "Lamp", "locked": "x", "price": Decimal(1), "sure": False, "day": None, "count": 1}]
COLUMNS = {
    column.name: column
    for column in (c.text("title", "Title"), c.text("locked", "Locked", locked=True), c.money("price", "Price"),
                   c.flag("sure", "Sure"), c.day("day", "Day"), c.number("count", "Count"))
}  # fmt: skip
VALUES = [
    [], {}, True, 10**400, "NaN", "Infinity", "-Infinity", "1e400", float("nan"), float("inf"), -0.0, "\0", "\ud800", "9" * 100_000,
    {"a": [1]}, [None], "2026-02-30", "٣", "1_0", "0x10", " ",
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("column", COLUMNS)
def test_every_value_is_taken_whole_or_is_a_sentence(column, value):
    draft = Draft().with_editor(ROWS, {"edited_rows": {0: {column: value}}}, COLUMNS)
    changes, problems = draft.changes(COLUMNS)
    assert len(changes) + len(problems) <= 1
    assert all(edit.field != "locked" for edit in changes.edits)
    for problem in problems:
        assert problem.text.startswith(COLUMNS[column].label)
        assert len(problem.text) < 200
    for edit in changes.edits:
        kinds = {"title": str, "price": Decimal, "count": int, "sure": bool}
        assert edit.new is None or isinstance(edit.new, kinds[column])


@pytest.mark.parametrize("rows", [
    {"²": {"title": "x"}}, {"١": {"title": "x"}}, {"0x0": {"title": "x"}}, {-1: {"title": "x"}}, {1: {"title": "x"}},
    {"9" * 5000: {"title": "x"}}, {None: {"title": "x"}}, {0: [1]}, {0: "title"}, {0: None}, {0: {"id": 9}}, {0: {"": 1}},
])  # fmt: skip
def test_a_position_that_is_none_is_ignored(rows):
    draft = Draft().with_editor(ROWS, {"edited_rows": rows}, COLUMNS)
    assert draft.changes(COLUMNS) == (Changes(), [])


def test_what_is_right_is_taken():
    draft = Draft().with_editor(ROWS, {"edited_rows": {"0": {"title": " Big lamp ", "price": 1.1}}}, COLUMNS)
    edits, problems = draft.changes(COLUMNS)
    assert problems == []
    assert edits.edits == (Edit(1, "title", "Lamp", "Big lamp"), Edit(1, "price", Decimal(1), Decimal("1.1")))
