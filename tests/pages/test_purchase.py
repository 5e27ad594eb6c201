"""Purchase as people use it: tick, press a verb, type a tracking number, and see what may not be."""

from urllib.parse import parse_qsl

import pytest

from db.models import Order, Purchase
from db.vocabulary import Payment, PurchaseStatus, WorkStatus
from lib.commands import perform
from lib.purchases import buying
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


def test_a_status_that_does_not_follow_is_refused_with_the_pieces(open_page, trade):
    at = edit(open_page("purchase", as_="oscar"), {1: {"status": "arrived", "remark": "mine"}})
    at = button(at, "Save").click().run()
    assert not at.exception
    assert "0 of 2 pieces have arrived, so it is “Ordered”" in at.error[0].value
    assert (one(Purchase, 1).status, one(Purchase, 1).remark) == (PurchaseStatus.ORDERED, None)


def test_a_verb_for_all_that_match_asks_first(open_page, trade):
    at = open_page("purchase", as_="oscar")
    at = next(c for c in at.button_group if c.key == "purchase_scope").set_value("All 2 that match").run()
    at = button(at, "Paid").click().run()
    assert not at.exception
    assert [one(Purchase, n).payment for n in (1, 2)] == [Payment.TO_PAY] * 2
    assert not button(at, "Paid: 2").disabled


def test_the_way_to_history_opens_it_for_purchases(open_page, trade):
    at = open_page("purchase")
    [query] = [link.proto.query_string for link in at.get("page_link") if link.proto.label == "Undo in History"]
    changed = open_page("history", **dict(parse_qsl(query))).multiselect(key="h_table")
    assert (changed.label, changed.value) == ("Changed", ["purchase"])


def test_the_other_tabs_open_by_their_links(open_page, trade):
    at = open_page("purchase", desk="Transshipment")
    assert not at.exception
    assert ids(at) == [2]
    at = open_page("purchase", desk="Warehouses")
    assert not at.exception
    assert list(at.dataframe[0].value["name"]) == ["Shenzhen"]


@pytest.mark.parametrize("desk", ["Purchases", "Transshipment"])
def test_a_list_is_sorted_by_the_words_of_its_columns(open_page, trade, desk):
    at = open_page("purchase", desk=desk)
    [sort] = [box for box in at.selectbox if box.label == "Sort"]
    assert sort.options == [f"{word} {arrow}" for word in ("Bought", "Platform order", "Arrived") for arrow in "↓↑"]


def test_charlie_looks_and_changes_nothing(open_page, trade):
    at = edit(open_page("purchase", as_="charlie"), {0: {"✓": True, "remark": "mine"}})
    assert button(at, "Cancel").disabled
    assert (one(Purchase, 2).remark, one(Purchase, 2).status) == (None, PurchaseStatus.ORDERED)


def test_a_pasted_list_says_what_was_not_found(open_page, trade):
    at = open_page("purchase", as_="charlie")
    at.text_area(key="purchases:pasted").set_value("111-1, NOPE-1 NOPE-1")
    at = button(at, "Find these").click().run()
    assert not at.exception
    assert ids(at) == [1]
    assert at.warning[0].value.replace("\\", "") == "2 asked, 1 found, 1 twice: NOPE-1, not found: 1"
    at = open_page("purchase", b_paste="gone")
    assert (ids(at), at.warning[0].value) == ([], "This pasted list is not kept any more. Paste it again.")


def test_one_ticked_purchase_shows_its_legs(open_page, trade):
    at = edit(open_page("purchase", as_="charlie"), {0: {"✓": True}})
    assert not at.exception
    assert [badge for badge in at.markdown if "Parcel" in badge.value]
