"""Add purchase: what the form begins with and warns of, the margin, what is refused, and that a double click makes one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from db.models import Order, OrderLine, Purchase, PurchaseLine
from db.session import reading
from db.vocabulary import OrderStatus, PurchaseStatus, Source, WorkStatus
from lib import buying
from lib.commands import perform
from lib.problems import Refused
from tests.lib.trade import all_of, company, form, line, one, order, put


@pytest.fixture
def trade(database):
    """Order 1 wants two quilts and a lamp, order 2 one quilt; order 3 is in dollars, which have no rate here."""
    company()
    order(1, line(), line("LAMP", 1, 2, price=None))
    order(2, line(quantity=1, price=Decimal("20")))
    order(3, line(), store_id=2, currency="USD")


def proposal(order_id, place=0):
    with reading() as session:
        return buying.proposals(session, order_id)[place]


def test_the_form_begins_with_what_is_known_of_the_product(trade):
    quilt = proposal(1)
    assert (quilt.ordered, quilt.purchased, quilt.open) == (2, 0, 2)
    assert (quilt.cost, quilt.cost_currency, quilt.site) == (Decimal("128"), "CNY", Source.ALIBABA)
    assert quilt.transport == ("general", "branded")
    assert quilt.rates == {"EUR": 1, "CNY": Decimal("0.125")}


def test_the_quantity_proposed_is_what_is_still_missing(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 1)))
    assert (proposal(1).purchased, proposal(1).open) == (1, 1)


@pytest.mark.parametrize(
    ("filled", "left"),
    [
        (form((10, 2), unit_cost=Decimal("64"), freight=Decimal("8")), Decimal("23.00")),
        (form((10, 2), unit_cost=Decimal("160"), freight=Decimal("0")), Decimal("0.00")),
        (form((10, 2), unit_cost=Decimal("200"), freight=Decimal("0.04")), Decimal("-10.01")),
        (form((10, 2), unit_cost=Decimal("10"), freight=Decimal("1"), currency="EUR"), Decimal("19.00")),
        (form((10, 2), (20, 1), unit_cost=Decimal("64"), freight=Decimal("12")), Decimal("23.00")),
        (form((10, 2), currency="USD"), None),
    ],
)
def test_the_margin_is_the_price_of_the_line_less_its_cost_at_todays_rate(trade, filled, left):
    assert buying.margin(proposal(1), filled) == left


def test_the_margin_remembers_what_was_paid_before_and_knows_when_it_knows_nothing(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 1)))
    assert proposal(1).spent == Decimal("9")
    assert buying.margin(proposal(1), form((10, 1))) == Decimal("22.00")
    assert buying.margin(proposal(1, 1), form((11, 1))) is None
    assert buying.margin(proposal(3), form((30, 1))) is None


def test_a_purchase_is_made_with_all_that_was_filled_in_and_the_order_follows(trade, acting):
    filled = form(
        (10, 2), (20, 1), contact=" 小王 ", number="1688-77", tracking="SF1 SF2", transport=("general", "branded"),
        transshipped=True, warehouse_id=1, remark="soft box",
    )  # fmt: skip
    said = perform(acting("oscar"), buying.create, "r1", filled)
    assert said == "Purchase 1688-77 made for order 111-1, 111-2: 3 pieces, 200.00 CNY."
    made = all_of(Purchase)[0]
    assert (made.unit_cost, made.freight, made.currency, made.quantity, made.fx) == (64, 8, "CNY", 3, Decimal("0.125"))
    assert (made.operator, made.contact, made.number, made.tracking) == ("oscar", "小王", "1688-77", "SF1, SF2")
    assert (made.transport, made.site, made.transshipped, made.warehouse_id) == (
        "general,branded",
        Source.ALIBABA,
        True,
        1,
    )
    assert (made.remark, made.status) == ("soft box", PurchaseStatus.ORDERED)
    assert [(part.order_line_id, part.quantity) for part in all_of(PurchaseLine)] == [(10, 2), (20, 1)]
    assert one(Order, 1).work_status == WorkStatus.PARTLY_PURCHASED
    assert one(Order, 2).work_status == WorkStatus.IN_TRANSIT


def test_the_same_form_pressed_twice_at_once_makes_one_purchase(trade, acting):
    oscar = acting("oscar")
    with ThreadPoolExecutor(2) as clicks:
        said = sorted(clicks.map(lambda _: perform(oscar, buying.create, "click", form((10, 2))), range(2)))
    assert said[1] == "This purchase has been made already, once."
    assert said[0].startswith("Purchase 1 made for order 111-1")
    assert (len(all_of(Purchase)), len(all_of(PurchaseLine))) == (1, 1)


@pytest.mark.parametrize(
    ("filled", "why"),
    [
        (form((10, 0)), "The quantity must be from 1"),
        (form((10, -2)), "The quantity must be from 1"),
        (form(), "1 to 200 order lines"),
        (form((10, 1), (10, 1)), "each once"),
        (form((10, 1), unit_cost=Decimal("-0.01")), "cannot be negative"),
        (form((10, 1), freight=Decimal("-1")), "cannot be negative"),
        (form((10, 1), unit_cost=Decimal("1.00001")), "at most 4 decimals"),
        (form((10, 1), unit_cost=Decimal("1e13")), "too large"),
        (form((10, 1), currency="DOGE"), "DOGE is not a currency"),
        (form((10, 1), transport=("sharp",)), "sharp is not a transport attribute"),
        (form((10, 1), transshipped=True), "Choose the forwarding warehouse"),
        (form((10, 1), transshipped=True, warehouse_id=9), "Choose the forwarding warehouse"),
        (form((10, 1), remark="x" * 2001), "remark is longer than 2000"),
        (form((990, 1)), "does not exist any more"),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_made(trade, acting, filled, why):
    with pytest.raises(Refused, match=why) as refusal:
        perform(acting("oscar"), buying.create, "r1", filled)
    assert "No purchase was made" in str(refusal.value)
    assert all_of(Purchase) == []
    assert one(Order, 1).work_status == WorkStatus.TO_PURCHASE


def test_charlie_may_not_buy(trade, acting):
    with pytest.raises(Refused, match="Operator or Admin"):
        perform(acting("charlie"), buying.create, "r1", form((10, 1)))
    assert all_of(Purchase) == []


def test_nothing_is_bought_for_what_was_canceled(trade, acting):
    order(4, line(canceled=True), line("LAMP", 1, 2))
    order(5, line(), status=OrderStatus.CANCELED)
    with pytest.raises(Refused, match="Line MH01 of order 111-4 has been canceled"):
        perform(acting("oscar"), buying.create, "r1", form((41, 1), (40, 1)))
    with pytest.raises(Refused, match="Order 111-5 has been canceled"):
        perform(acting("oscar"), buying.create, "r1", form((50, 1)))
    assert all_of(Purchase) == []
    with reading() as session:
        assert [line.line_id for line in buying.proposals(session, 4)] == [41]
        assert buying.proposals(session, 5) == []


def test_more_than_was_ordered_and_a_number_again_are_warned_of_and_made(trade, acting):
    filled = form((10, 3), number="1688-77")
    perform(acting("oscar"), buying.create, "r1", filled)
    with reading() as session:
        lines = buying.proposals(session, 1)
        assert buying.cautions(session, lines, replace(filled, site=Source.TAOBAO)) == [
            "3 is more than the 0 that order 111-1 still needs."
        ]
        assert buying.cautions(session, lines, replace(filled, pieces=((11, 1),))) == [
            "1688-77 on 1688 is already the number of 1 other purchase(s)."
        ]
    perform(acting("oscar"), buying.create, "r2", filled)
    assert len(all_of(Purchase)) == 2


def test_lines_of_other_orders_that_wait_for_the_same_product_can_be_bought_together(trade, acting):
    def others():
        with reading() as session:
            return [line.line_id for line in buying.others(session, 10)]

    assert others() == [20, 30]
    perform(acting("oscar"), buying.create, "r1", form((20, 1)))
    assert others() == [30]
    put(OrderLine(id=99, order_id=2, item="9", sku="?", quantity=1))
    with reading() as session:
        assert buying.others(session, 99) == []
