"""What is typed belongs to a row, wherever that row stands and however often the screen is drawn again."""

from decimal import Decimal

from lib.changes import Edit
from lib.ui import columns as c
from lib.ui.drafts import PICK, Draft

COLUMNS = {
    column.name: column
    for column in [
        c.text("sku", "SKU", locked=True),
        c.text("title", "Title"),
        c.money("price", "Price"),
        c.number("quantity", "Quantity"),
    ]
}
ROWS = [{"id": 7, "sku": "A", "title": "Lamp", "price": Decimal("1.50"), "quantity": 3},
        {"id": 9, "sku": "B", "title": None, "price": None, "quantity": None}]  # fmt: skip


def typed(cells, rows=ROWS, draft=None):
    return (Draft() if draft is None else draft).with_editor(rows, {"edited_rows": cells}, COLUMNS)


def test_a_cell_is_an_edit_of_its_row_with_what_was_seen():
    changes, problems = typed({"1": {"price": 12.1}}).changes(COLUMNS)
    assert (changes.edits, problems) == ((Edit(9, "price", None, Decimal("12.1")),), [])


def test_typing_the_old_value_again_is_no_edit():
    assert len(typed({"0": {"price": 1.5, "title": " Lamp "}})) == 0


def test_edits_stay_with_their_rows_when_other_rows_stand_there():
    first = typed({"0": {"title": "Big lamp"}})
    second = typed({"0": {"title": "Spoon"}}, rows=list(reversed(ROWS)), draft=first)
    assert [(e.id, e.new) for e in second.changes(COLUMNS)[0].edits] == [(7, "Big lamp"), (9, "Spoon")]


def test_locked_unknown_and_impossible_cells_are_not_taken():
    assert len(typed({"0": {"sku": "X", "id": 1, "password": "x"}, "99": {"title": "x"}, "-1": {"title": "x"}})) == 0


def test_what_cannot_be_read_is_a_sentence_and_no_edit():
    changes, problems = typed({"0": {"price": "abc", "quantity": 1.5}, "1": {"title": "a\0b"}}).changes(COLUMNS)
    assert changes.edits == ()
    assert [p.text for p in problems] == [
        "Price must be a number.",
        "Quantity must be a whole number from 0 up.",
        "Title contains a character that cannot be stored; type it again.",
    ]


def test_a_number_is_exactly_what_was_typed():
    changes, _ = typed({"0": {"price": 0.1}, "1": {"price": 1.005}}).changes(COLUMNS)
    assert [e.new for e in changes.edits] == [Decimal("0.1"), Decimal("1.005")]


def test_ticks_are_kept_apart_from_edits():
    draft = typed({"0": {PICK: True}, "1": {PICK: True}})
    assert (list(draft.picked), len(draft)) == ([7, 9], 0)
    assert list(typed({"0": {PICK: False}}, draft=draft).picked) == [9]


def test_taking_theirs_forgets_one_cell_and_keeping_mine_sees_theirs():
    draft = typed({"0": {"title": "Mine", "price": 2}})
    draft.drop(7, "price")
    draft.rebase(7, "title", "Theirs")
    assert draft.changes(COLUMNS)[0].edits == (Edit(7, "title", "Theirs", "Mine"),)
