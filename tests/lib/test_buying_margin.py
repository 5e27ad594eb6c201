"""What a purchase leaves of each line: exact numbers, break-even, and when nothing can be known."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from db.models import ExchangeRate, OrderLine, Product, Purchase, PurchaseLine
from db.session import SYSTEM, reading, transaction
from db.vocabulary import FreightBy
from lib.commands import perform
from lib.orders import order_money
from lib.purchases import buying, buying_lines, buying_margin
from lib.purchases.fees import Fee
from tests.lib.trade import all_of, company, form, line, order, put

TEN = Decimal(10)


@pytest.fixture
def trade(database):
    """Order 1 wants two quilts and a lamp without a price, order 2 one quilt; order 3 is in dollars, which have no rate here."""
    company()
    order(1, line(), line("LAMP", 1, 2, price=None))
    order(2, line(quantity=1, price=Decimal("20"), shipping=Decimal("4")))
    order(3, line(), store_id=2, currency="USD")


def margins(filled):
    with reading() as session:
        lines = buying_lines.lines(session, [piece.line_id for piece in filled.pieces])
    return buying_margin.margins(lines, filled)


@pytest.mark.parametrize(
    ("filled", "left", "percent", "colour", "break_even"),
    [
        # 40 income - 6 fee - (2 x 64 + 8) x 0.125
        (form((10, 2)), "17.00", "42.5", "green", "132.00"),
        (form((10, 2), unit_cost=Decimal("136"), freight=Decimal(0)), "0.00", "0", "orange", "136.00"),
        (form((10, 2), unit_cost=Decimal("136.02"), freight=Decimal(0)), "-0.01", "0", "red", "136.00"),
        (form((10, 2), unit_cost=Decimal("120"), freight=Decimal(1)), "3.88", "9.7", "orange", "135.50"),
        (form((10, 2), unit_cost=TEN, freight=Decimal(1), currency="EUR"), "13.00", "32.5", "green", "16.50"),
        # price 20 and shipping 4: the fee is 15 % of both
        (form((20, 1), unit_cost=Decimal("100"), freight=Decimal(0)), "7.90", "32.9", "green", "163.20"),
        # one of two: the other at its source price, 128 CNY
        (form((10, 1), unit_cost=Decimal("64"), freight=Decimal(0)), "10.00", "25.0", "green", "144.00"),
        # three of two: all three are paid
        (form((10, 3), unit_cost=Decimal("64"), freight=Decimal(0)), "10.00", "25.0", "green", "90.66"),
    ],
)
def test_what_is_left_of_a_line(trade, filled, left, percent, colour, break_even):
    [made] = margins(filled)
    assert (made.left, made.percent, made.colour) == (Decimal(left), Decimal(percent), colour)
    assert made.break_even == Decimal(break_even)


def test_at_the_break_even_nothing_is_lost_and_a_cent_above_it_is(trade):
    [made] = margins(form((10, 2), freight=Decimal("7.77")))
    at = form((10, 2), freight=Decimal("7.77"), unit_cost=made.break_even)
    assert margins(at)[0].left >= 0
    assert margins(replace(at, unit_cost=made.break_even + Decimal("0.05")))[0].left < 0


def test_no_unit_cost_breaks_even_when_the_freight_alone_costs_too_much(trade):
    [made] = margins(form((10, 2), freight=Decimal("300")))
    assert (made.break_even, made.colour) == (None, "red")


def test_what_was_spent_before_counts_at_the_rate_of_its_day(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 1), freight=Decimal("8")))
    put(ExchangeRate(base="CNY", quote="EUR", day=date(2026, 4, 1), rate=Decimal("0.2")))
    [made] = margins(form((10, 1), freight=Decimal(0)))
    assert (made.spent, made.cost, made.rest) == (Decimal(9), Decimal("12.8"), 0)
    assert made.left == Decimal("12.20")


@pytest.mark.parametrize(
    ("filled", "why"),
    [
        (form((11, 1)), "the marketplace has not told the price of LAMP yet"),
        (form((30, 1)), "there is no rate from CNY to USD"),
        (form((10, 1), currency="JPY"), "there is no rate from JPY to EUR"),
    ],
)
def test_what_cannot_be_known_says_why(trade, filled, why):
    [made] = margins(filled)
    assert (made.left, made.percent, made.break_even, made.colour, made.is_loss) == (None, None, None, "gray", False)
    assert made.why == (why,)


def test_spent_in_a_currency_without_a_rate_is_not_counted_as_nothing(trade):
    put(
        Purchase(id=1, request="r", unit_cost=TEN, currency="KWD", quantity=1, operator="bob"),
        PurchaseLine(purchase_id=1, order_line_id=10, quantity=1),
    )
    assert margins(form((10, 1)))[0].why == ("there is no rate to EUR for what was bought before",)


def test_a_fee_that_was_told_is_no_estimate(trade):
    with transaction(SYSTEM, "tests.told") as session:
        session.get_one(OrderLine, 10).fee = Decimal("4.4")
    [made] = margins(form((10, 2)))
    assert (made.fee, made.left) == (Fee(Decimal("4.4"), is_estimate=False), Decimal("18.60"))
    assert margins(form((20, 1)))[0].fee == Fee(Decimal("3.60"), is_estimate=True)


def test_many_lines_share_the_freight_and_add_up(trade):
    filled = form((10, 2), (20, 1), freight=TEN)
    each = margins(filled)
    assert [m.freight for m in each] == [Decimal("6.67") * Decimal("0.125"), Decimal("3.33") * Decimal("0.125")]
    assert [m.left for m in each] == [Decimal("17.17"), Decimal("11.98")]
    [total] = buying_margin.totals(each)
    assert (total.income, total.fee, total.left) == (64, Fee(Decimal("9.60"), is_estimate=True), Decimal("29.15"))


def test_totals_are_for_each_currency_and_unknown_with_one_unknown(trade):
    put(ExchangeRate(base="CNY", quote="USD", day=date(2026, 3, 1), rate=Decimal("0.25")))
    euros, dollars = buying_margin.totals(margins(form((10, 2), (11, 1), (30, 2), freight=Decimal(0))))
    assert (euros.currency, euros.left) == ("EUR", None)
    assert euros.why == ("the marketplace has not told the price of LAMP yet",)
    assert (dollars.currency, dollars.left) == ("USD", Decimal("2.00"))


@pytest.mark.parametrize(("by", "wanted"), [(FreightBy.WEIGHT, ["9.09", "0.91"]), (FreightBy.PIECES, ["6.67", "3.33"])])
def test_weight_shares_by_weight(trade, by, wanted):
    with transaction(SYSTEM, "tests.weigh") as session:
        session.get_one(Product, 1).weight_grams, session.get_one(Product, 2).weight_grams = 500, 100
    filled = form((10, 2), (11, 1), freight=TEN, freight_by=by)
    with reading() as session:
        parts, said = buying_margin.shares(buying_lines.lines(session, [10, 11]), filled)
    assert ([parts[10], parts[11]], said) == ([Decimal(share) for share in wanted], "")


def test_without_a_weight_it_is_shared_by_pieces_and_says_so(trade):
    with reading() as session:
        _, said = buying_margin.shares(
            buying_lines.lines(session, [10, 11]), form((10, 2), (11, 1), freight_by=FreightBy.WEIGHT)
        )
    assert said == "The weight of MH01, LAMP is not known: shared by pieces."


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_what_the_form_promised_is_what_the_order_expects_afterwards(trade, acting, pieces):
    """The same number before and after the purchase, or nobody believes either."""
    filled = form((20, pieces), freight=Decimal("3.33"), reason="agreed")
    [promised] = margins(filled)
    perform(acting("oscar"), buying.create, "r1", filled)
    with reading() as session:
        assert order_money.money_of(session, [2])[2].expected.amount == promised.left
    assert len(all_of(Purchase)) == 1
