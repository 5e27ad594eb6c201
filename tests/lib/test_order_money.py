"""What an order earns: exact to the cent in every currency, and why it is not known, or only estimated, where that is so."""

from datetime import date
from decimal import Decimal as D

import pytest

from db.models import ExchangeRate, Product, Purchase, PurchaseLine, Shipment, ShipmentLine, Store
from db.session import reading
from db.vocabulary import OrderStatus, Payment, PurchaseStatus
from lib.orders.order_money import money_of
from tests.lib.trade import MONDAY, company, line, order, put

UNSENT = "It has not been sent yet: the freight abroad is still missing."
FEE = "The fee is an estimate: 15 % of price and shipping."
BUY_2 = "2 pieces of MH01 not bought yet: counted at the source price, at today's rate."
NOT_BOUGHT = ("Nothing has been bought for it yet.",)


@pytest.fixture
def trade(database):
    company()


def buy(number, *parts, **values):
    """Purchase `number` with (line, pieces, values) each; 64 CNY a piece at 0.125."""
    filled = {
        "request": f"r{number}",
        "unit_cost": D(64),
        "currency": "CNY",
        "fx": D("0.125"),
        "operator": "oscar",
        **values,
    }
    put(Purchase(id=number, quantity=sum(part[1] for part in parts), **filled))
    put(*(PurchaseLine(purchase_id=number, order_line_id=part[0], quantity=part[1], **(part[2] if len(part) > 2 else {}))
          for part in parts))  # fmt: skip


def send(number, order_id, *parts, **values):
    put(
        Shipment(
            id=number,
            order_id=order_id,
            request=f"s{number}",
            carrier="DHL",
            tracking=f"T{number}",
            shipped_at=MONDAY,
            **values,
        )
    )
    put(*(ShipmentLine(shipment_id=number, order_line_id=line_id, quantity=pieces) for line_id, pieces in parts))


def money(number=1):
    with reading() as session:
        return money_of(session, [number])[number]


def test_before_anything_is_bought_the_profit_is_expected_from_the_source_price(trade):
    """40 + 5 shipping - 15 % of 45 - 2 × 128 CNY × 0.125 = 45 - 6.75 - 32."""
    order(1, line(shipping=D(5), tax=D("7.60")))
    found = money()
    assert found.expected.amount == D("6.25")
    assert found.expected.why == (FEE, BUY_2, UNSENT)
    assert found.expected.is_estimate
    assert (found.actual.amount, found.actual.why, found.actual.is_estimate) == (None, NOT_BOUGHT, False)
    parts = {
        name: found.total(name) for name in ("price", "shipping", "tax", "fee", "goods", "freight", "rest", "abroad")
    }
    assert parts == {
        "price": 40, "shipping": 5, "tax": D("7.60"), "fee": D("6.75"), "goods": 0, "freight": 0, "rest": 32, "abroad": 0,
    }  # fmt: skip
    assert not found.is_losing


def test_what_was_bought_counts_with_its_own_cost_rate_and_share_of_the_freight(trade):
    """40 - 6 - (2 × 60 + 8) CNY × 0.13: 16.64."""
    order(1, line())
    buy(1, (10, 2, {"unit_cost": D(60), "fx": D("0.13"), "freight": D(8)}), freight=D(99))
    found = money()
    assert (found.total("goods"), found.total("freight"), found.total("rest")) == (D("15.60"), D("1.04"), 0)
    assert found.expected.amount == found.actual.amount == D("17.36")
    assert found.actual.why == (FEE, UNSENT)


def test_a_part_that_was_bought_takes_its_part_of_the_income(trade):
    """Of three for 30: one bought. Actual 10 - 1.50 - 8; expected 30 - 4.50 - 8 - 2 × 16."""
    order(1, line(quantity=3, price=D(30)))
    buy(1, (10, 1))
    found = money()
    assert (found.actual.amount, found.expected.amount) == (D("0.50"), D("-14.50"))
    assert found.actual.why == (
        "The actual profit counts 1 of 3 pieces of MH01: the rest is not bought yet.",
        FEE,
        UNSENT,
    )
    assert found.is_losing


def test_more_than_was_ordered_costs_more_and_earns_no_more(trade):
    order(1, line())
    buy(1, (10, 3))
    assert money().actual.amount == D("10.00") == money().expected.amount


def test_two_lines_and_one_of_them_bought(trade):
    """The quilts: 40 - 6 - 16 = 18. The lamp is expected at 20 CNY: 10 - 1.50 - 2.50 = 6."""
    order(1, line(), line("LAMP", 1, 2, price=D(10)))
    buy(1, (10, 2))
    found = money()
    assert (found.actual.amount, found.expected.amount) == (D("18.00"), D("24.00"))
    assert "The actual profit leaves out 1 of 2 lines, for which nothing is bought yet." in found.actual.why
    assert [one.actual.amount for one in found.lines] == [D("18.00"), None]
    assert [one.expected.amount for one in found.lines] == [D("18.00"), D("6.00")]


def test_a_fee_that_the_marketplace_has_told_is_no_estimate_and_a_sent_order_is_final(trade):
    """40 - 5.55 - 16 - 30 CNY × 0.12."""
    order(1, line(fee=D("5.55")), status=OrderStatus.SHIPPED)
    buy(1, (10, 2))
    send(1, 1, (10, 2), cost=D(30), fx=D("0.12"))
    found = money()
    assert found.actual.amount == D("14.85")
    assert found.actual.why == found.expected.why == ()
    assert not found.actual.is_estimate


def test_the_freight_abroad_is_shared_by_pieces_and_adds_up_to_the_cent(trade):
    order(1, line(quantity=1), line("LAMP", 2, 2))
    send(1, 1, (10, 1), (11, 2), cost=D("10.00"), currency="EUR")
    assert [one.abroad for one in money().lines] == [D("3.33"), D("6.67")]


def test_a_parcel_that_names_no_line_is_for_all_and_one_without_a_cost_is_said(trade):
    order(1, line(quantity=1), line("LAMP", 3, 2))
    send(1, 1, cost=D(8), currency="EUR")
    send(2, 1, (10, 1))
    found = money()
    assert [one.abroad for one in found.lines] == [2, 6]
    assert "What sending parcel T2 cost is not written down." in found.expected.why


def test_a_shipped_order_without_a_parcel_says_that_its_freight_is_missing(trade):
    order(1, line(fee=D(6)), status=OrderStatus.SHIPPED)
    buy(1, (10, 2))
    assert money().actual.why == ("What sending it abroad cost is not written down.",)


def test_several_currencies_each_at_its_own_rate(trade):
    """In dollars: 40 - 6 - 20 EUR × 1.1 - 10 USD - 50 CNY × 0.14 = -5."""
    order(1, line(quantity=4), store_id=2, currency="USD")
    buy(1, (10, 2), unit_cost=D(10), currency="EUR", fx=D("1.1"))
    buy(2, (10, 1), unit_cost=D(10), currency="USD", fx=None)
    buy(3, (10, 1), unit_cost=D(50), fx=D("0.14"))
    found = money()
    assert found.total("goods") == D(39)
    assert found.actual.amount == D("-5.00")
    assert found.is_losing


def test_one_purchase_for_orders_in_two_currencies(trade):
    order(1, line(quantity=1))
    order(2, line(quantity=1), store_id=2, currency="USD")
    buy(1, (10, 1, {"fx": D("0.125")}), (20, 1, {"fx": D("0.14")}), fx=None)
    assert (money(1).total("goods"), money(2).total("goods")) == (D(8), D("8.96"))


def test_yen_have_no_decimals_and_are_rounded_once(trade):
    """3333 - 15 % (499.95: 500) - 3 × 64.4 × 20.01 CNY/JPY, 3866.0 rounded at the end: -1033 (exact -1032.932)."""
    put(Store(id=3, name="Tokyo", marketplace="JP", currency="JPY"))
    order(1, line(quantity=3, price=D(3333)), store_id=3, currency="JPY")
    buy(1, (10, 3), unit_cost=D("64.4"), fx=D("20.01"))
    found = money()
    assert found.total("fee") == 500
    assert found.actual.exact == D("-1032.932")
    assert found.actual.amount == D("-1033")


def test_lines_are_not_rounded_before_they_are_added(trade):
    """Each leaves 0.004, which is nothing; together they leave 0.008, which is a cent."""
    order(1, *(line(quantity=1, price=D(10), fee=D(0)) for _ in range(2)))
    buy(1, (10, 1), (11, 1), unit_cost=D("79.968"))
    found = money()
    assert [one.actual.amount for one in found.lines] == [D("0.00"), D("0.00")]
    assert found.actual.amount == D("0.01")


def test_a_canceled_line_has_no_income_and_what_was_bought_for_it_still_costs(trade):
    order(1, line(canceled=True, fee=D(6)), line("LAMP", 1, 2, price=D(10)))
    assert money().expected.amount == D("6.00")
    buy(1, (10, 2))
    found = money()
    assert (found.lines[0].price, found.lines[0].fee.amount, found.lines[0].to_buy) == (0, 0, 0)
    assert (found.lines[0].actual.amount, found.expected.amount) == (D("-16.00"), D("-10.00"))
    assert found.is_losing


def test_a_canceled_order_has_no_income_and_nothing_more_is_bought_for_it(trade):
    order(1, line(), status=OrderStatus.CANCELED)
    found = money()
    assert (found.expected.amount, found.expected.why) == (D("0.00"), ())
    buy(1, (10, 1))
    assert money().expected.amount == money().actual.amount == D("-8.00")


def test_a_canceled_purchase_counts_for_nothing(trade):
    order(1, line())
    buy(1, (10, 2), status=PurchaseStatus.CANCELED)
    assert money().actual.why == NOT_BOUGHT


@pytest.mark.parametrize(("payment", "left"), [(Payment.PAID, "2.00"), (Payment.REFUND_DUE, "10.00")])
def test_pieces_that_will_not_come_are_to_be_bought_again_and_paid_for_unless_the_seller_owes_them(
    trade, payment, left
):
    """34 - 8 for the one that came - 8 for the one that did not, unless it is owed - 16 for another."""
    order(1, line())
    buy(1, (10, 2), status=PurchaseStatus.CLOSED_SHORT, arrived_quantity=1, payment=payment)
    found = money()
    assert (found.lines[0].bought, found.lines[0].to_buy) == (1, 1)
    assert found.expected.amount == D(left)


def test_what_the_marketplace_only_sends_for_us_is_no_sale_and_loses_nothing(trade):
    order(1, line(), is_sale=False, fulfilment="amazon")
    buy(1, (10, 2))
    found = money()
    why = ("It is no sale of ours: its income is not known here.",)
    assert (found.expected.amount, found.expected.why, found.actual.why) == (None, why, why)
    assert (found.total("price"), found.total("fee"), found.total("goods")) == (0, 0, 16)
    assert not found.is_losing


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"price": None}, "The marketplace has not told the price of MH01 yet."),
        ({"product_id": None}, "What MH01 costs is not known: it has no product, or its product has no source price."),
        ({"product_id": 3}, "What MH01 costs is not known: it has no product, or its product has no source price."),
        ({"product_id": 4}, "There is no rate from USD to EUR."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_made_up(trade, values, why):
    put(Product(id=3, sku="N"), Product(id=4, sku="D", source_price=D(1), currency="USD"))
    order(1, line(**values))
    found = money()
    assert (found.expected.amount, found.expected.why) == (None, (why,))
    assert found.actual.amount is None


def test_a_purchase_without_a_rate_takes_todays_and_says_so_or_is_not_known(trade):
    order(1, line())
    buy(1, (10, 2), fx=None)
    found = money()
    assert found.actual.amount == D("18.00")
    assert "What was paid in CNY is counted at today's rate; that of its day is not known." in found.actual.why
    buy(2, (10, 1), currency="USD", fx=None)
    found = money()
    assert (found.actual.amount, found.actual.why) == (None, ("There is no rate for what was paid in USD.",))
    assert found.total("goods") is None
    put(ExchangeRate(base="USD", quote="EUR", day=date(2026, 3, 2), rate=D("0.9")))
    assert money().actual.amount == D("-39.60")


def test_an_order_without_lines_and_one_that_does_not_exist(trade):
    order(1)
    assert money().expected.why == ("It has no line.",)
    with reading() as session:
        assert list(money_of(session, [1, 77])) == [1]
        assert money_of(session, []) == {}
