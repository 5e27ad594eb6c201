"""Purchase as people use it: tick, press a verb, type a tracking number, and see what may not be."""

import pytest

from db.models import Order, Purchase
from db.vocabulary import PurchaseStatus, WorkStatus
from lib import buying
from lib.commands import perform
from tests.lib.trade import company, form, line, one, order


@pytest.fixture
def trade(database, acting):
    company()
    order(1, line())
    order(2, line(quantity=1))
    perform(acting("oscar"), buying.create, "r1", form((10, 2), number="1688-77"))
    perform(acting("oscar"), buying.create, "r2", form((20, 1), transshipped=True, warehouse_id=1, tracking="SF1"))


def button(at, label):
    return next(b for b in at.button if b.label == label)


def edit(at, cells, edition=0):
    at.session_state[f"purchases#{edition}"] = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
    return at.run()


def ids(at):
    return [*at.dataframe[0].value.index] if at.dataframe else []


def test_the_list_is_narrowed_from_the_address(open_page, trade):
    assert ids(open_page("purchase")) == [2, 1]
    assert ids(open_page("purchase", b_transshipped="true")) == [2]
    assert ids(open_page("purchase", b_untracked="true")) == [1]
    assert ids(open_page("purchase", b_status="arrived")) == []
    assert ids(open_page("purchase", b_text="111-1")) == [1]


def test_what_is_ticked_arrives(open_page, trade):
    at = edit(open_page("purchase", as_="oscar"), {0: {"✓": True}, 1: {"✓": True}})
    at = button(at, "Arrived").click().run()
    assert not at.exception
    assert at.success[0].value == "2 purchases arrived."
    assert one(Order, 1).work_status == WorkStatus.READY_TO_SHIP
    assert one(Order, 2).work_status == WorkStatus.AT_TRANSSHIPMENT


def test_what_cannot_be_is_said_and_nothing_is_changed(open_page, trade):
    at = edit(open_page("purchase", as_="oscar"), {1: {"✓": True}})
    at = button(at, "Forwarded").click().run()
    assert "is not transshipped" in at.error[0].value
    assert one(Purchase, 1).forwarded_at is None


def test_a_tracking_number_is_typed_and_the_order_is_in_transit(open_page, trade):
    at = edit(open_page("purchase", as_="oscar"), {1: {"tracking": "SF7 SF8"}})
    at = button(at, "Save").click().run()
    assert not at.exception
    assert one(Purchase, 1).tracking == "SF7, SF8"
    assert one(Order, 1).work_status == WorkStatus.IN_TRANSIT


def test_charlie_looks_and_changes_nothing(open_page, trade):
    at = edit(open_page("purchase", as_="charlie"), {0: {"✓": True, "remark": "mine"}})
    assert button(at, "Cancel").disabled
    assert (one(Purchase, 2).remark, one(Purchase, 2).status) == (None, PurchaseStatus.ORDERED)
