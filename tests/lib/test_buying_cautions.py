"""What a person is asked to look at once more before buying, and that nothing of it stops them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from db.models import ExchangeRate, Purchase, now
from db.session import reading
from db.vocabulary import OrderStatus, Source
from lib.commands import perform
from lib.purchases import buying, buying_cautions
from tests.lib.trade import all_of, company, form, line, order, put

DEAR = Decimal("128")


@pytest.fixture
def trade(database):
    company()
    order(1, line(price=Decimal("400")))
    order(2, line(quantity=1, price=Decimal("400")))


def said(filled):
    with reading() as session:
        return buying.cautions(session, buying.lines(session, [piece.line_id for piece in filled.pieces]), filled)


def test_nothing_is_said_of_what_is_usual(trade):
    assert said(form((10, 2), unit_cost=DEAR, number="77", transport=("general",))) == []


def test_more_than_was_ordered(trade):
    assert said(form((10, 3), unit_cost=DEAR)) == ["3 is more than the 2 that order 111-1 still needs."]


def test_a_number_again_names_whose_it_is_and_another_site_is_another_number(trade, acting):
    filled = form((10, 2), (20, 1), unit_cost=DEAR, number=" 77 ")
    perform(acting("oscar"), buying.create, "r1", filled)
    order(4, line(price=Decimal("400")))
    again = form((40, 2), unit_cost=DEAR, number="77")
    assert said(again) == ["77 on 1688 is already the number of a purchase, for order 111-1, 111-2."]
    assert said(replace(again, site=Source.TAOBAO)) == []
    perform(acting("oscar"), buying.create, "r2", again)
    assert len(all_of(Purchase)) == 2
    assert said(again)[-1] == "77 on 1688 is already the number of 2 purchases, for order 111-1, 111-2, 111-4."


@pytest.mark.parametrize(
    ("cost", "wanted"),
    [
        ("89.61", []),
        ("89.60", ["MH01 for 89.60 CNY is 30 % less than the 128.00 CNY of the library."]),
        ("166.39", []),
        ("170.5", ["MH01 for 170.50 CNY is 33 % more than the 128.00 CNY of the library."]),
    ],
)
def test_a_cost_far_from_the_library(trade, cost, wanted):
    assert said(form((10, 2), unit_cost=Decimal(cost))) == wanted


def test_a_cost_far_from_the_last_purchase(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((20, 1), unit_cost=Decimal("64"), number="77"))
    assert said(form((10, 2), unit_cost=DEAR)) == [
        "MH01 for 128.00 CNY is 100 % more than the 64.00 CNY of the last purchase, 77."
    ]


def test_what_it_cost_in_another_currency_counts_at_todays_rates(trade):
    put(ExchangeRate(base="USD", quote="EUR", day=date(2026, 3, 1), rate=Decimal("0.8")))
    assert said(form((10, 2), unit_cost=Decimal("20"), currency="USD")) == []
    assert said(form((10, 2), unit_cost=Decimal("30"), currency="USD")) == [
        "MH01 for 30.00 USD is 50 % more than the 20.00 USD of the library."
    ]
    assert said(form((10, 2), unit_cost=Decimal("30"), currency="JPY")) == []


def test_an_order_that_is_late_or_will_be(trade):
    for number, hours in ((4, -1), (5, 71), (6, 73), (7, 121)):
        order(number, line(price=Decimal("400")), ship_by=now() + timedelta(hours=hours))
    assert said(form((40, 2), unit_cost=DEAR))[0].startswith("Order 111-4 is late: it had to leave by 20")
    assert "goods usually need 3 days to get here" in said(form((50, 2), unit_cost=DEAR))[0]
    assert said(form((60, 2), unit_cost=DEAR)) == []
    assert "usually need 5 days" in said(form((60, 2), unit_cost=DEAR, transshipped=True))[0]
    assert said(form((70, 2), unit_cost=DEAR, transshipped=True)) == []


def test_what_carriers_do_not_all_take(trade):
    assert said(form((10, 2), unit_cost=DEAR, transport=("battery", "liquid", "branded"))) == [
        "Not every carrier takes battery or liquid: make sure of one that does before you pay."
    ]


def test_orders_that_may_not_need_it(trade):
    order(4, line(price=Decimal("400")), status=OrderStatus.PENDING)
    order(5, line(price=Decimal("400")), fulfilment="amazon")
    assert said(form((40, 2), (50, 2), unit_cost=DEAR)) == [
        "Order 111-4 is pending: the marketplace has not confirmed the payment.",
        "Order 111-5 is sent by the marketplace from its own stock.",
    ]


def test_what_it_cost_before_is_stored_in_the_currency_of_the_purchase(trade, acting):
    put(ExchangeRate(base="USD", quote="EUR", day=date(2026, 3, 1), rate=Decimal("0.8")))
    perform(acting("oscar"), buying.create, "r1", form((10, 2), unit_cost=Decimal("21"), currency="USD"))
    assert (all_of(Purchase)[0].cost_before, all_of(Purchase)[0].fx) == (Decimal("20"), Decimal("0.8"))
    with reading() as session:
        [proposed] = buying.lines(session, [20])
    assert buying_cautions.cost_before(proposed, "CNY") == Decimal("134.40")
