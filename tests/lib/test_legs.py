"""The legs of an order's goods: order, purchase, parcel, warehouse, the parcel abroad; where the goods are and for how long."""

from datetime import timedelta
from decimal import Decimal

import pytest

from db.models import Purchase, PurchaseLine, Shipment, ShipmentLine, now
from db.session import reading
from db.vocabulary import OrderStatus, PurchaseStatus, ShipmentState, Source
from lib.purchases import legs
from lib.purchases.legs import Kind, State
from tests.lib.trade import company, line, order, put

COST = {"unit_cost": Decimal(1), "operator": "oscar", "quantity": 2, "site": Source.TAOBAO}


def ago(days):
    return now() - timedelta(days=days, hours=1)


@pytest.fixture
def trade(database):
    company()
    order(1, line(), bought_at=ago(20))
    order(2, line(), bought_at=ago(20))


def bought(number, line_id, **values):
    put(Purchase(id=number, request=f"r{number}", number=f"A{number}", **{**COST, "created_at": ago(10), **values}))
    put(PurchaseLine(purchase_id=number, order_line_id=line_id, quantity=2))


def of(order_id):
    with reading() as session:
        return [
            (leg.kind.value, leg.title, leg.state.value, leg.age_days, leg.detail)
            for leg in legs.legs(session, order_id)
        ]


def test_an_order_that_waits(trade):
    assert of(1) == [("order", "111-1", "now", 20, "nothing bought yet")]
    assert of(99) == []


def test_goods_without_tracking_are_stuck_after_two_days(trade):
    bought(1, 10)
    assert of(1) == [
        ("order", "111-1", "done", None, ""),
        ("purchase", "A1", "stuck", 10, "2 pieces on Taobao, no tracking yet"),
        ("parcel", "no tracking", "ahead", None, ""),
    ]


def test_a_parcel_on_its_way_to_the_warehouse(trade):
    bought(1, 10, tracking="SF1, SF2", tracked_at=ago(3), transshipped=True, warehouse_id=1, arrived_quantity=1,
           status=PurchaseStatus.PARTLY_ARRIVED)  # fmt: skip
    assert of(1)[1:] == [
        ("purchase", "A1", "done", None, "2 pieces on Taobao"),
        ("parcel", "SF1, SF2", "now", 3, "1 of 2 pieces has arrived"),
        ("warehouse", "Shenzhen", "ahead", None, ""),
    ]


def test_the_warehouse_and_the_parcel_abroad(trade):
    there = {
        "transshipped": True,
        "warehouse_id": 1,
        "tracking": "SF1",
        "tracked_at": ago(9),
        "status": PurchaseStatus.ARRIVED,
    }
    bought(1, 10, arrived_at=ago(6), arrived_quantity=2, **there)
    assert of(1)[2:] == [
        ("parcel", "SF1", "done", None, f"arrived {ago(6):%Y-%m-%d}"),
        ("warehouse", "Shenzhen", "stuck", 6, "to be relabelled"),
    ]
    bought(2, 20, arrived_at=ago(3), arrived_quantity=2, relabelled_at=ago(2), forwarded_at=ago(1), **there)
    put(Shipment(id=1, order_id=2, request="s1", carrier="YunExpress", tracking="YT99", shipped_at=ago(1)))
    put(ShipmentLine(shipment_id=1, order_line_id=20, quantity=2))
    expected = [
        ("warehouse", "Shenzhen", "done", None, f"relabelled {ago(2):%Y-%m-%d}, forwarded {ago(1):%Y-%m-%d}"),
        ("international", "YunExpress YT99", "now", 1, "Not told"),
    ]
    assert of(2)[3:] == expected
    with reading() as session:
        alone = legs.of_purchase(session, 2)
        assert [leg.kind for leg in alone] == [
            Kind.ORDER,
            Kind.PURCHASE,
            Kind.PARCEL,
            Kind.WAREHOUSE,
            Kind.INTERNATIONAL,
        ]
        assert legs.of_purchase(session, 99) == []


def test_a_confirmed_parcel_lies_behind_and_a_refused_one_says_why(trade):
    sent = {"order_id": 1, "carrier": "Other", "carrier_name": "4PX", "shipped_at": ago(2)}
    put(
        Shipment(id=1, request="s1", state=ShipmentState.CONFIRMED, **sent),
        Shipment(id=2, request="s2", state=ShipmentState.REFUSED, problem="unknown carrier", **sent),
    )
    assert of(1) == [
        ("order", "111-1", "done", None, ""),
        ("international", "4PX", "done", None, "Confirmed"),
        ("international", "4PX", "now", 2, "unknown carrier"),
    ]


def test_what_was_canceled_has_ended(trade):
    order(3, line(), status=OrderStatus.CANCELED)
    bought(1, 30, status=PurchaseStatus.CANCELED)
    with reading() as session:
        assert [leg.state for leg in legs.legs(session, 3)] == [State.ENDED, State.ENDED]
    bought(2, 10, status=PurchaseStatus.CANCELED)
    assert of(1)[0] == ("order", "111-1", "now", 20, "nothing bought yet")
