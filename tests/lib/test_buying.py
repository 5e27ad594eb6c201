"""Add purchase: what the form begins with, what is made of it, what is refused, and that a double click makes one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from db.models import ExchangeRate, Order, OrderLine, Product, Purchase, PurchaseLine, Warehouse
from db.session import SYSTEM, reading, transaction
from db.vocabulary import FreightBy, OrderStatus, Payment, PurchaseStatus, Source, WorkStatus
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.problems import Refused
from lib.purchases import buying, purchases
from lib.purchases.buying_lines import Before
from tests.lib.trade import all_of, company, form, line, one, order, put


@pytest.fixture
def trade(database):
    """Order 1 wants two quilts and a lamp, order 2 one quilt; order 3 is in dollars, which have no rate here."""
    company()
    put(Warehouse(id=2, name="Old yard", active=False))
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


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        (" https://detail.1688.com/offer/1.html?spm=a(b)&x=羊 ", "https://detail.1688.com/offer/1.html?spm=a(b)&x=羊"),
        ("javascript:alert(1)", None),
        ("https://x.example/> [more](http://y.example)", None),
        ("1688, third shop", None),
        (None, None),
    ],
)
def test_where_it_is_bought_is_a_page_of_the_web_or_nothing(trade, typed, page):
    with transaction(SYSTEM, "tests.change") as session:
        session.get_one(Product, 1).source_url = typed
    assert proposal(1).source_url == page


def test_the_quantity_proposed_is_what_is_still_missing(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 1)))
    assert (proposal(1).purchased, proposal(1).open) == (1, 1)


@pytest.mark.parametrize(
    ("payment", "spent"),
    [(Payment.PAID, Decimal("17")), (Payment.REFUND_DUE, Decimal("9")), (Payment.REFUNDED, Decimal("9"))],
)
def test_what_was_closed_short_is_to_be_bought_again_and_is_paid_for_unless_it_is_owed_back(
    trade, acting, payment, spent
):
    oscar = acting("oscar")
    perform(oscar, buying.create, "r1", form((10, 2), payment=Payment.PAID))
    perform(oscar, purchases.partly_arrived, {1: 1})
    perform(oscar, purchases.close_short, (1,))
    paid = one(Purchase, 1).payment
    if payment != paid:
        perform(oscar, purchases.save, Changes((Edit(1, "payment", paid, payment),)))
    quilt = proposal(1)
    assert (quilt.purchased, quilt.open, quilt.spent) == (1, 1, spent)
    with reading() as session:
        assert buying.lines_of(session, [1]) == [10, 11]
        assert buying.bought_since(session, [(10, 1)]) == []
        assert buying.bought_since(session, [(10, 2)]) == [
            "MH01 of order 111-1: a purchase was canceled, closed short or changed."
        ]
        assert not [text for text in buying.cautions(session, [quilt], form((10, 1))) if "more than" in text]
    perform(oscar, buying.create, "r2", form((10, 1), seen=((10, 1),)))
    assert (proposal(1).purchased, proposal(1).open) == (2, 0)


def test_what_arrived_of_a_purchase_closed_short_goes_to_its_lines_in_their_order(trade, acting):
    oscar = acting("oscar")
    perform(oscar, buying.create, "r1", form((10, 2), (20, 1)))
    perform(oscar, purchases.partly_arrived, {1: 2})
    perform(oscar, purchases.close_short, (1,))
    assert [(proposal(number).purchased, proposal(number).open) for number in (1, 2)] == [(2, 0), (0, 1)]


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
        (form((10, "2")), "The quantity must be from 1"),
        (form((10, 1.5)), "The quantity must be from 1"),
        (form((10, 1_000_001)), "The quantity must be from 1"),
        (form((10, 1, Decimal("-1"))), "cannot be negative"),
        (form((10, 1), unit_cost="64"), "must be an amount"),
        (form((10, 1), payment=Payment.REFUNDED), "from their lists"),
        (form((10, 1), reason="x" * 501), "reason is longer than 500"),
        (form((10, 1), transshipped=True, warehouse_id=2), "Warehouse Old yard takes no new purchases"),
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


def test_nothing_is_bought_for_what_is_no_sale_of_ours(trade, acting):
    order(4, line(), is_sale=False)
    with pytest.raises(Refused, match="Order 111-4 is no sale of ours.* No purchase was made"):
        perform(acting("oscar"), buying.create, "r1", form((10, 1), (40, 1)))
    assert all_of(Purchase) == []
    assert proposal(1).purchased == 0


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


def test_lines_of_other_orders_that_wait_for_the_same_product_can_be_bought_together(trade, acting):
    def others():
        with reading() as session:
            return [line.line_id for line in buying.others(session, [10])]

    assert others() == [20, 30]
    perform(acting("oscar"), buying.create, "r1", form((20, 1)))
    assert others() == [30]
    put(OrderLine(id=99, order_id=2, item="9", sku="?", quantity=1))
    with reading() as session:
        assert buying.others(session, [99]) == []


# Lines


def lines_of(*orders):
    with reading() as session:
        return buying.lines_of(session, orders)


def test_the_open_lines_of_many_orders_are_offered_and_all_of_them_when_none_is_open(trade, acting):
    assert lines_of(1, 2) == [10, 11, 20]
    perform(acting("oscar"), buying.create, "r1", form((10, 2), (20, 1)))
    assert lines_of(1, 2) == [11]
    assert lines_of(2) == [20]
    order(4, line(), is_sale=False)
    order(5, line(canceled=True))
    assert lines_of(4, 5) == []


def test_lines_keep_the_order_in_which_they_were_picked(trade):
    with reading() as session:
        assert [line.line_id for line in buying.lines(session, [20, 11, 10, 20, 990])] == [20, 11, 10]


def test_what_the_product_cost_before_is_the_last_purchase_else_the_library(trade, acting):
    assert proposal(1).before == Before(Decimal("128"), "CNY", "the library")
    perform(acting("oscar"), buying.create, "r1", form((20, 1), (11, 1, Decimal("19.5")), number="77"))
    assert proposal(1).before == Before(Decimal("64"), "CNY", "the last purchase, 77")
    assert proposal(1, 1).before == Before(Decimal("19.5"), "CNY", "the last purchase, 77")


# What is stored


def parts():
    return [(p.order_line_id, p.quantity, p.unit_cost, p.freight, p.fx) for p in all_of(PurchaseLine)]


def test_several_products_in_one_purchase_have_their_own_cost_and_share_the_freight_to_the_cent(trade, acting):
    filled = form((10, 2), (11, 1, Decimal("19.5")), (20, 1), freight=Decimal("10"))
    said = perform(acting("oscar"), buying.create, "r1", filled)
    assert said == "Purchase 1 made for order 111-1, 111-2: 4 pieces, 221.50 CNY."
    made = all_of(Purchase)[0]
    assert (made.unit_cost, made.freight, made.quantity, made.freight_by) == (64, 10, 4, FreightBy.PIECES)
    assert parts() == [
        (10, 2, None, Decimal("5"), None),
        (11, 1, Decimal("19.5"), Decimal("2.5"), None),
        (20, 1, None, Decimal("2.5"), None),
    ]
    assert (made.cost_before, made.payment, made.paid_at, made.tracked_at) == (128, Payment.TO_PAY, None, None)


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        (FreightBy.PIECES, ["6.67", "3.33"]),
        (FreightBy.LINES, ["5", "5"]),
        (FreightBy.COST, ["9.55", "0.45"]),
        (FreightBy.WEIGHT, ["6.67", "3.33"]),  # the lamp's weight is not known: by pieces
    ],
)
def test_freight_is_shared_as_was_chosen(trade, acting, by, wanted):
    filled = form((10, 2), (11, 1, Decimal("6")), freight=Decimal("10"), freight_by=by)
    perform(acting("oscar"), buying.create, "r1", filled)
    assert [part[3] for part in parts()] == [Decimal(share) for share in wanted]
    assert all_of(Purchase)[0].freight_by == by


def test_orders_in_several_currencies_get_a_rate_each(trade, acting):
    put(ExchangeRate(base="CNY", quote="USD", day=date(2026, 3, 1), rate=Decimal("0.14")))
    perform(acting("oscar"), buying.create, "r1", form((10, 2), (30, 2)))
    assert all_of(Purchase)[0].fx is None
    assert [(part[0], part[4]) for part in parts()] == [(10, Decimal("0.125")), (30, Decimal("0.14"))]


def test_without_a_rate_none_is_stored_and_nothing_is_asked(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((30, 2), unit_cost=Decimal("99999")))
    made = all_of(Purchase)[0]
    assert (made.fx, made.status, made.reason) == (None, PurchaseStatus.ORDERED, None)


@pytest.mark.parametrize(
    ("currency", "cost", "freight", "wanted"),
    [
        ("JPY", "333", "1000", ["334", "333", "333"]),
        ("KWD", "0.125", "1.000", ["0.334", "0.333", "0.333"]),
    ],
)
def test_shares_have_the_places_of_their_currency(trade, acting, currency, cost, freight, wanted):
    order(4, line())
    filled = form((10, 1), (20, 1), (40, 1), currency=currency, unit_cost=Decimal(cost), freight=Decimal(freight))
    perform(acting("oscar"), buying.create, "r1", filled)
    assert [part[3] for part in parts()] == [Decimal(share) for share in wanted]


def test_paid_and_tracked_have_their_moments(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 2), payment=Payment.PAID, tracking="SF1；SF2、 SF1"))
    made = all_of(Purchase)[0]
    assert (made.payment, made.tracking) == (Payment.PAID, "SF1, SF2")
    assert made.paid_at is not None
    assert made.tracked_at is not None


# A loss


def test_a_loss_needs_a_reason_and_then_waits_for_review(trade, acting):
    filled = form((10, 2), unit_cost=Decimal("170.5"))
    with pytest.raises(Refused) as refusal:
        perform(acting("oscar"), buying.create, "r1", filled)
    assert str(refusal.value) == (
        "MH01 of order 111-1 loses 9.63 EUR. No purchase was made.; "
        "Write the reason for buying it nevertheless. No purchase was made."
    )
    assert all_of(Purchase) == []
    assert one(Order, 1).work_status == WorkStatus.TO_PURCHASE
    said = perform(acting("oscar"), buying.create, "r1", replace(filled, reason=" Promised to the buyer "))
    assert said.endswith("349.00 CNY. It loses money, so it waits for review.")
    made = all_of(Purchase)[0]
    assert (made.status, made.reason) == (PurchaseStatus.TO_REVIEW, "Promised to the buyer")


def test_to_the_cent_no_loss_is_none(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 2), unit_cost=Decimal("136"), freight=Decimal("0")))
    assert all_of(Purchase)[0].status == PurchaseStatus.ORDERED


# Who was faster


def test_what_a_colleague_bought_meanwhile_refuses_the_form(trade, acting):
    perform(acting("bob"), buying.create, "r1", form((10, 2), number="1688-77"))
    at = f"{all_of(Purchase)[0].created_at:%H:%M}"
    with pytest.raises(Refused) as refusal:
        perform(acting("alice"), buying.create, "r2", form((10, 1), (20, 1), seen=((10, 0), (20, 0))))
    assert str(refusal.value) == (
        f"MH01 of order 111-1: bob bought 2 at {at} UTC (purchase 1688-77). No purchase was made."
    )
    assert len(all_of(Purchase)) == 1
    perform(acting("alice"), buying.create, "r2", form((10, 1), (20, 1), seen=((10, 2), (20, 0))))
    assert len(all_of(Purchase)) == 2


def test_what_was_canceled_meanwhile_refuses_it_too(trade, acting):
    perform(acting("bob"), buying.create, "r1", form((10, 1)))
    perform(acting("bob"), purchases.cancel, (1,))
    with pytest.raises(
        Refused, match="MH01 of order 111-1: a purchase was canceled, closed short or changed. No purchase was made"
    ):
        perform(acting("alice"), buying.create, "r2", form((10, 1), seen=((10, 1),)))
    assert len(all_of(Purchase)) == 1


# Amounts as they are typed


@pytest.mark.parametrize(("typed", "pieces"), [("2", 2), (" ３ ", 3), ("1000000", 1_000_000), ("007", 7)])
def test_pieces_are_read_as_people_type_them(typed, pieces):
    assert buying.whole(typed) == pieces


@pytest.mark.parametrize("typed", ["", " ", "0", "-1", "1.5", "two", "1000001", "9999999999", "٣", "1e3", "1 2"])
def test_what_is_no_number_of_pieces_says_so(typed):
    with pytest.raises(ValueError, match="is missing|is not a whole number from 1 to 1,000,000"):
        buying.whole(typed)
