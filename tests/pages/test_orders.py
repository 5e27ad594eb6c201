"""Orders as people use it: narrow the list, open one, buy for it once, link a line, look at the buyer and be written down."""

from decimal import Decimal

import pytest

from db.models import ChangeSet, Order, OrderLine, Purchase
from db.vocabulary import Source, WorkStatus
from lib import buyers
from lib.channels import ChannelBuyer
from tests.lib.trade import all_of, company, line, one, order

BUYER = ChannelBuyer("王小明", "Berlin", "DE", "Hauptstr. 1", "10115", "+49 30 1", "w@example.com")


@pytest.fixture
def trade(database):
    company()
    order(1, line(), buyer_sealed=buyers.seal(BUYER), buyer_masked=buyers.masked(BUYER))
    order(2, line("X-9", 1, None), work_status=WorkStatus.EXCEPTION)


def button(at, label, key=None):
    return next(b for b in at.button if b.label == label and (key is None or b.key == key))


def shown(at):
    return [*at.dataframe[0].value["number"]] if at.dataframe else []


def texts(at):
    return [element.value for element in (*at.text, *at.caption, *at.markdown)]


def test_the_list_its_tabs_and_filters_come_from_the_address(open_page, trade):
    at = open_page("orders")
    assert not at.exception
    assert shown(at) == ["111-2", "111-1"]
    assert shown(open_page("orders", o_work="exception")) == ["111-2"]
    assert shown(open_page("orders", o_unlinked="true")) == ["111-2"]
    assert shown(open_page("orders", o_text="羊毛被")) == ["111-1"]
    at = open_page("orders", o_numbers="111-1 111-9")
    assert shown(at) == ["111-1"]
    assert at.warning[0].value == r"Not found\: 1 \(111\-9\)"


def test_a_link_opens_the_order_with_its_buyer_masked(open_page, trade):
    at = open_page("orders", order="111-1")
    assert not at.exception
    assert "王** · Berlin, DE" in texts(at)
    assert "王小明" not in str(texts(at))
    assert any("MH01 × 2 · 40.00 EUR" in text for text in texts(at))
    assert "There is no order" in open_page("orders", order="999").warning[0].value


def test_who_may_sees_the_buyer_and_is_written_down(open_page, trade):
    assert button(open_page("orders", as_="charlie", order="1"), "Reveal").disabled
    at = button(open_page("orders", as_="oscar", order="1"), "Reveal").click().run()
    assert {"王小明", "Hauptstr. 1", "w@example.com"} <= set(texts(at))
    last = all_of(ChangeSet)[-1]
    assert (last.actor, last.command) == ("oscar", "buyers.reveal")
    assert "王小明" not in last.summary


def test_a_purchase_is_made_from_the_order_and_the_work_status_follows(open_page, trade):
    at = button(open_page("orders", as_="oscar", order="1"), "Add purchase", "order:buy").click().run()
    assert not at.exception
    assert at.text_input(key="buy:10:cost").value == "128.00"
    assert at.number_input(key="buy:10:quantity").value == 2
    assert at.selectbox(key="buy:10:site").value == Source.ALIBABA
    assert {m.label: m.value for m in at.metric}["Margin of the line"] == ":green[8.00 EUR]"
    at.text_input(key="buy:10:cost").set_value("170.5")
    at.text_input(key="buy:10:freight").set_value("8").run()
    metrics = {m.label: m.value for m in at.metric}
    assert metrics["Total"] == "349.00 CNY"
    assert metrics["Margin of the line"] == r":red[\-3.63 EUR]"
    at.text_input(key="buy:10:number").set_value("1688-77")
    at.text_input(key="buy:10:tracking").set_value("SF1")
    at = button(at, "Create purchase order").click().run()
    assert not at.exception
    [made] = all_of(Purchase)
    assert (made.unit_cost, made.freight, made.quantity, made.number) == (Decimal("170.5"), 8, 2, "1688-77")
    assert (made.operator, made.transport, made.fx) == ("oscar", "general,branded", Decimal("0.125"))
    assert one(Order, 1).work_status == WorkStatus.IN_TRANSIT
    assert "Purchase 1688\\-77 made for order 111\\-1" in at.success[0].value
    assert any("349.00 CNY" in text for text in texts(at))


def test_what_is_no_amount_is_said_while_typing_and_cannot_be_bought(open_page, trade):
    at = button(open_page("orders", as_="oscar", order="1"), "Add purchase", "order:buy").click().run()
    at.text_input(key="buy:10:cost").set_value("1,234").run()
    assert any("can be 1234 or 1" in text for text in texts(at))
    assert button(at, "Create purchase order").disabled
    at.text_input(key="buy:10:cost").set_value("").run()
    assert ":red[Unit cost is missing]" in texts(at)
    assert all_of(Purchase) == []


def test_transshipment_asks_for_the_warehouse(open_page, trade):
    at = button(open_page("orders", as_="oscar", order="1"), "Add purchase", "order:buy").click().run()
    at.checkbox(key="buy:10:transshipped").check().run()
    assert at.selectbox(key="buy:10:warehouse").value == 1
    at = button(at, "Create purchase order").click().run()
    assert [(p.transshipped, p.warehouse_id) for p in all_of(Purchase)] == [(True, 1)]


def test_a_second_purchase_on_purpose_is_a_second_one(open_page, trade):
    at = open_page("orders", as_="oscar", order="1")
    for _ in range(2):
        at = button(at, "Add purchase", "order:buy").click().run()
        at = button(at, "Create purchase order").click().run()
    assert len(all_of(Purchase)) == 2


def test_a_line_is_linked_by_its_sku(open_page, trade):
    at = open_page("orders", as_="oscar", order="2")
    at.text_input(key="link:20").set_value("LAMB").run()
    at = button(at, "Link").click().run()
    assert "no product with the SKU LAMB" in at.error[0].value
    at.text_input(key="link:20").set_value("LAMP").run()
    at = button(at, "Link").click().run()
    assert one(OrderLine, 20).product_id == 2
    assert "is linked to LAMP" in at.success[0].value


def test_note_and_closing_by_hand(open_page, trade):
    at = open_page("orders", as_="oscar", order="1")
    at.text_area(key="note:1").set_value("call first").run()
    button(at, "Save", "order:save").click().run()
    assert one(Order, 1).note == "call first"
    at = button(open_page("orders", as_="oscar", order="1"), "Closed").click().run()
    assert one(Order, 1).work_status == WorkStatus.CLOSED
    button(at, "Let it follow the facts").click().run()
    assert one(Order, 1).work_status == WorkStatus.TO_PURCHASE


def test_charlie_looks_and_changes_nothing(open_page, trade):
    at = open_page("orders", as_="charlie", order="1")
    assert button(at, "Add purchase", "order:buy").disabled
    assert button(at, "Closed").disabled


def test_the_ticked_order_is_opened(open_page, trade):
    at = open_page("orders", as_="oscar")
    assert button(at, "Open").disabled
    at.session_state["orders#0"] = {"edited_rows": {1: {"✓": True}}, "added_rows": [], "deleted_rows": []}
    at = button(at.run(), "Open").click().run()
    assert "王** · Berlin, DE" in texts(at)
    assert "111-1" in at.query_params["order"]


def test_a_line_says_why_its_price_is_what_it_is(open_page, trade):
    at = open_page("orders", as_="charlie", order="1")
    at = button(at, "Price").click().run()
    assert not at.exception
    assert at.code[0].value == (
        "128.00 CNY [no rule] x 100% + 0.00 = 128.00 -> x fx 0.125 [CNY/EUR 2026-03-01] -> x 100% [store Berlin] + 0.00 = 16.00"
    )
    assert at.text[0].value == "It is not listed in Berlin. The rules give 16.00 EUR today."
    at = button(at, "Back to the order").click().run()
    assert "王** · Berlin, DE" in texts(at)
    assert not at.code


def test_a_line_without_a_product_offers_no_price(open_page, trade):
    assert "Price" not in [b.label for b in open_page("orders", order="2").button]
