"""One order, whole: its lines with what is bought and sent, what its purchases cost, how long it still has, and what happened."""

from datetime import timedelta
from decimal import Decimal as D

import pytest

from db.models import Order, OrderLine, Purchase, PurchaseLine, Shipment, ShipmentLine, now
from db.session import reading, transaction
from db.vocabulary import OrderStatus, Payment, PurchaseStatus, ShipmentState, WorkStatus
from lib.channels import ChannelBuyer
from lib.commands import perform
from lib.orders import buyers, link_guesses, order_detail, orders
from lib.orders.order_detail import Due, due
from lib.purchases import buying
from tests.lib.trade import MONDAY, company, form, line, order, put

BUYER = ChannelBuyer("王小明", "Berlin", "DE", "Hauptstr. 1", "10115", "+49 30 1", "w@example.com")


@pytest.fixture
def trade(database):
    company()


def whole(number=1):
    with reading() as session:
        return order_detail.detail(session, number)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=2, hours=3, minutes=59), Due("2 d 3 h left")),
        (timedelta(hours=47, minutes=59), Due("1 d 23 h left", is_soon=True)),
        (timedelta(hours=5, minutes=30), Due("5 h 30 min left", is_soon=True)),
        (timedelta(minutes=1), Due("1 min left", is_soon=True)),
        (timedelta(0), Due("0 min left", is_soon=True)),
        (timedelta(minutes=-90), Due("1 h 30 min late", is_late=True)),
        (timedelta(days=-3, hours=-1), Due("3 d 1 h late", is_late=True)),
    ],
)
def test_how_long_it_still_has(left, said):
    assert due(MONDAY + left, OrderStatus.UNSHIPPED, WorkStatus.READY_TO_SHIP, False, MONDAY) == said


@pytest.mark.parametrize(
    ("status", "work"),
    [
        (OrderStatus.SHIPPED, WorkStatus.SHIPPED),
        (OrderStatus.CANCELED, WorkStatus.EXCEPTION),
        (OrderStatus.UNSHIPPED, WorkStatus.CLOSED),
    ],
)
def test_what_is_over_is_not_late(status, work):
    assert due(MONDAY, status, work, False, MONDAY + timedelta(days=9)) is None
    assert due(None, OrderStatus.UNSHIPPED, WorkStatus.TO_PURCHASE, False, MONDAY) is None


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=2, hours=3), Due("packed, not told: 2 d 3 h left")),
        (timedelta(hours=5), Due("packed, not told: 5 h 0 min left", is_soon=True)),
        (timedelta(days=-3, hours=-1), Due("packed, not told: 3 d 1 h late", is_soon=True)),
    ],
)
def test_what_has_left_is_not_late_but_to_be_told(left, said):
    assert due(MONDAY + left, OrderStatus.UNSHIPPED, WorkStatus.SHIPPED, False, MONDAY) == said
    assert due(MONDAY + left, OrderStatus.UNSHIPPED, WorkStatus.SHIPPED, True, MONDAY) is None, "told, and not answered"


def test_the_head_calls_late_what_the_list_calls_late(trade):
    """Of every way in which an order can stand, on the day after it had to leave."""
    stands = [(status, work) for status in OrderStatus for work in WorkStatus]
    for number, (status, work) in enumerate(stands, start=1):
        order(number, ship_by=MONDAY, status=status, work_status=work)
    with reading() as session:
        listed = set(session.scalars(orders.matching(orders.Filter(late=True)).with_only_columns(Order.id)))
        found = [order_detail.detail(session, number) for number in range(1, len(stands) + 1)]
    late = [due(one.ship_by, one.status, one.work_status, one.is_told, now()) for one in found]
    assert listed == {one.id for one, said in zip(found, late, strict=True) if said and said.is_late}
    assert len(listed) == 3 * (len(WorkStatus) - 2)


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ((), False),
        ((ShipmentState.DRAFT,), False),
        ((ShipmentState.QUEUED,), False),
        ((ShipmentState.IN_FILE,), False),
        ((ShipmentState.CONFIRMED, ShipmentState.REFUSED), False),
        ((ShipmentState.CONFIRMED, ShipmentState.CONFIRMED), True),
    ],
)
def test_the_marketplace_is_told_when_it_knows_every_parcel(trade, states, told):
    order(1, line())
    put(
        *(
            Shipment(order_id=1, request=f"s{n}", carrier="DHL", shipped_at=MONDAY, state=state)
            for n, state in enumerate(states)
        )
    )
    assert whole().is_told is told


def test_a_line_with_its_product_and_how_much_is_bought_and_sent(trade):
    order(1, line(title="Wool quilt 135 x 200", shipping=D(5), tax=D(7)), line("X-9", 1, None))
    put(
        Purchase(id=1, request="r1", unit_cost=9, quantity=2, operator="oscar", status=PurchaseStatus.CLOSED_SHORT, arrived_quantity=1),
        Purchase(id=2, request="r2", unit_cost=9, quantity=1, operator="oscar", status=PurchaseStatus.CANCELED),
        Shipment(id=1, order_id=1, request="s1", carrier="DHL", shipped_at=MONDAY),
    )  # fmt: skip
    put(
        PurchaseLine(purchase_id=1, order_line_id=10, quantity=2),
        PurchaseLine(purchase_id=2, order_line_id=10, quantity=1),
        ShipmentLine(shipment_id=1, order_line_id=10, quantity=1),
    )
    quilt, unknown = whole().lines
    assert (quilt.title, quilt.title_zh, quilt.picture, quilt.product, quilt.product_id) == (
        "Wool quilt 135 x 200", "羊毛被", "quilt.webp", "MH01", 1,
    )  # fmt: skip
    assert (quilt.quantity, quilt.purchased, quilt.sent) == (2, 1, 1)
    assert (quilt.price, quilt.shipping, quilt.tax) == (40, 5, 7)
    assert (unknown.sku, unknown.product, unknown.purchased, unknown.sent) == ("X-9", None, 0, 0)


def test_a_purchase_shows_what_this_orders_pieces_cost_with_their_freight(trade):
    order(1, line(), line("LAMP", 1, 2))
    order(2, line())
    put(Purchase(id=1, request="r1", unit_cost=D(10), freight=D(9), quantity=5, operator="oscar", payment=Payment.PAID))
    put(
        PurchaseLine(purchase_id=1, order_line_id=10, quantity=2, freight=D("3.60")),
        PurchaseLine(purchase_id=1, order_line_id=11, quantity=1, unit_cost=D("7.5"), freight=D("1.80")),
        PurchaseLine(purchase_id=1, order_line_id=20, quantity=2, freight=D("3.60")),
    )
    [bought] = whole(1).purchases
    assert (bought.quantity, bought.total, bought.payment) == (3, D("32.90"), Payment.PAID)
    assert whole(2).purchases[0].total == D("23.60")


def test_the_timeline_says_who_did_what_to_the_order_its_lines_purchases_and_parcels(trade, acting):
    order(1, line(), shipped_at=MONDAY + timedelta(days=3))
    perform(acting("oscar"), buying.create, "r1", form((10, 2)))
    perform(acting("alice"), link_guesses.unlink, 10)
    perform(acting("bob"), orders.link_line, 10, "LAMP")
    with transaction(acting("petra"), "shipments.ship") as session:
        session.add(Shipment(order_id=1, request="s1", carrier="DHL", shipped_at=MONDAY))
    events = whole().events
    assert [event.at for event in events] == sorted(event.at for event in events)
    done = [(event.who, event.text) for event in events if event.who not in ("", "caravan")]
    assert done == [
        ("oscar", "Purchase 1 made for order 111-1: 2 pieces, 136.00 CNY."),
        ("alice", "MH01 in order 111-1 is no longer linked to MH01."),
        ("bob", "MH01 in order 111-1 is linked to LAMP."),
        ("petra", "Parcel sent"),
    ]
    assert [event.text for event in events if not event.who] == ["Bought", "Shipped", "Received here"]


def test_the_buyer_is_masked_and_it_says_until_when_they_are_kept(trade):
    sealed = {"buyer_sealed": buyers.seal(BUYER), "buyer_masked": buyers.masked(BUYER)}
    order(1, line(), **sealed)
    order(2, line(), shipped_at=MONDAY, **sealed)  # its time has passed
    order(3, line(), buyer_erased_at=MONDAY)
    order(4, line())
    soon = now() - timedelta(days=1)
    order(5, line(), shipped_at=soon, **sealed)
    kept = [(found.buyer, found.buyer_note, found.has_buyer) for found in map(whole, (1, 2, 3, 4, 5))]
    assert kept == [
        ("王** · Berlin, DE", "Will be erased 30 days after shipment.", True),
        ("王** · Berlin, DE", "To be erased since 2026-04-01: the next night does it.", True),
        ("not named", "Erased on 2026-03-02.", False),
        ("not named", "", False),
        ("王** · Berlin, DE", f"Will be erased on {soon + timedelta(days=30):%Y-%m-%d}.", True),
    ]
    assert "王小明" not in repr(whole(1))


def test_an_order_that_does_not_exist(trade):
    assert whole(77) is None
    order(1)
    assert whole().lines == ()
    put(OrderLine(id=99, order_id=1, item="1", sku="A", quantity=1))
    assert [found.sku for found in whole().lines] == ["A"]
