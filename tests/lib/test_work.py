"""The work status and the five facts follow from the lines and from what was bought for them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import event

from db.models import Change, ChangeSet, OrderLine, Purchase, PurchaseLine, Shipment, ShipmentLine
from db.models import Order as Stored
from db.session import SYSTEM, engine, transaction
from db.vocabulary import OrderStatus, PurchaseStatus, WorkStatus
from lib import history
from lib.commands import perform
from lib.orders import orders, work
from lib.orders.work import Bought, work_status
from lib.purchases import buying, purchases
from tests.lib.trade import MONDAY, all_of, company, form, line, one, order, put

DAY = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Order:
    status: OrderStatus = OrderStatus.UNSHIPPED
    fulfilment: str = "seller"


@dataclass
class Line:
    id: int
    quantity: int
    canceled: bool = False


TWO, ONE = Line(1, 2), Line(2, 1)


def bought(line_id=1, quantity=2, status=PurchaseStatus.ORDERED, **facts):
    return Bought(line_id, quantity, status, **facts)


@pytest.mark.parametrize(
    ("lines", "purchases", "expected"),
    [
        ([TWO], [], WorkStatus.TO_PURCHASE),
        ([TWO], [bought(status=PurchaseStatus.CANCELED)], WorkStatus.TO_PURCHASE),
        ([TWO], [bought(quantity=1)], WorkStatus.PARTLY_PURCHASED),
        ([TWO], [bought(quantity=1), bought(quantity=1)], WorkStatus.PURCHASED),
        ([TWO, ONE], [bought(quantity=3)], WorkStatus.PARTLY_PURCHASED),
        ([TWO], [bought(tracking="SF1")], WorkStatus.IN_TRANSIT),
        ([TWO, ONE], [bought(tracking="SF1"), bought(2, 1)], WorkStatus.PURCHASED),
        ([TWO], [bought(arrived_at=DAY)], WorkStatus.READY_TO_SHIP),
        ([TWO], [bought(status=PurchaseStatus.ARRIVED)], WorkStatus.READY_TO_SHIP),
        ([TWO], [bought(arrived_at=DAY, transshipped=True)], WorkStatus.AT_TRANSSHIPMENT),
        ([TWO], [bought(arrived_at=DAY, relabelled_at=DAY, transshipped=True)], WorkStatus.READY_TO_SHIP),
        ([TWO], [bought(arrived_at=DAY, forwarded_at=DAY, transshipped=True)], WorkStatus.SHIPPED),
        ([TWO], [bought(status=PurchaseStatus.EXCEPTION)], WorkStatus.EXCEPTION),
        ([Line(1, 2, True), ONE], [bought(), bought(2, 1)], WorkStatus.EXCEPTION),
        ([Line(1, 2, True), ONE], [bought(2, 1)], WorkStatus.PURCHASED),
        ([Line(1, 2, True)], [], WorkStatus.CLOSED),
    ],
)
def test_an_unshipped_order(lines, purchases, expected):
    assert work_status(Order(), lines, purchases) == expected


@pytest.mark.parametrize(
    ("order", "purchases", "expected"),
    [
        (Order(OrderStatus.CANCELED), [], WorkStatus.CLOSED),
        (Order(OrderStatus.CANCELED), [bought()], WorkStatus.EXCEPTION),
        (Order(OrderStatus.CANCELED), [bought(status=PurchaseStatus.CANCELED)], WorkStatus.CLOSED),
        (Order(OrderStatus.SHIPPED), [], WorkStatus.SHIPPED),
        (Order(OrderStatus.PENDING), [], WorkStatus.TO_PURCHASE),
        (Order(fulfilment="amazon"), [], WorkStatus.CLOSED),
    ],
)
def test_an_order_in_another_state(order, purchases, expected):
    assert work_status(order, [TWO], purchases) == expected


# The five facts

FACTS = ("has_purchase", "has_tracking", "is_unlinked", "is_canceled_bought", "is_losing")


@pytest.fixture
def trade(database):
    """Order 1 wants two quilts for 40 EUR, order 2 something unknown."""
    company()
    order(1, line())
    order(2, line("X-9", 1, None))
    follow(1, 2)


def follow(*numbers):
    with transaction(SYSTEM, "tests.follow") as session:
        work.follow(session, numbers)


def facts(number=1):
    stored = one(Stored, number)
    return {name for name in FACTS if getattr(stored, name)}


def undo(actor):
    return perform(actor, history.undo, all_of(ChangeSet)[-1].id)


def change(model, number, **values):
    with transaction(SYSTEM, "tests.change") as session:
        row = session.get_one(model, number)
        for name, value in values.items():
            setattr(row, name, value)
    follow(1)


def test_a_purchase_is_known_on_its_order_until_it_is_undone(trade, acting):
    assert facts() == set()
    perform(acting("oscar"), buying.create, "r1", form((10, 2)))
    assert facts() == {"has_purchase"}
    undo(acting("oscar"))
    assert facts() == set()


def test_tracking_is_known_on_the_order_and_goes_with_a_canceled_purchase(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 2), tracking="SF1"))
    assert facts() == {"has_purchase", "has_tracking"}
    perform(acting("oscar"), purchases.cancel, [all_of(Purchase)[0].id])
    assert facts() == set()
    undo(acting("oscar"))
    assert facts() == {"has_purchase", "has_tracking"}


def test_a_line_that_is_linked_is_no_longer_unlinked_and_an_undo_brings_it_back(trade, acting):
    assert facts(2) == {"is_unlinked"}
    perform(acting("oscar"), orders.link_line, 20, "LAMP")
    assert facts(2) == set()
    undo(acting("oscar"))
    assert facts(2) == {"is_unlinked"}


def test_a_canceled_line_needs_no_product(trade):
    change(OrderLine, 20, canceled=True)
    follow(2)
    assert facts(2) == set()


@pytest.mark.parametrize(
    ("model", "values"), [(OrderLine, {"canceled": True}), (Stored, {"status": OrderStatus.CANCELED})]
)
def test_what_was_canceled_after_it_was_bought_is_known_and_costs_money(trade, acting, model, values):
    perform(acting("oscar"), buying.create, "r1", form((10, 2)))
    change(model, 10 if model is OrderLine else 1, **values)
    assert facts() == {"has_purchase", "is_canceled_bought", "is_losing"}
    perform(acting("oscar"), purchases.cancel, [all_of(Purchase)[0].id])
    assert facts() == set()


def test_an_order_loses_when_the_bought_and_the_expected_rest_cost_more_than_is_left_after_the_fee(trade, acting):
    """40 EUR less 15 % is 34.00 EUR: 272 CNY. One piece bought for 144, the other expected at 128: that is 272."""
    perform(acting("oscar"), buying.create, "r1", form((10, 1), unit_cost=Decimal("136"), freight=Decimal(0)))
    change(PurchaseLine, 1, freight=Decimal("8"))
    assert facts() == {"has_purchase"}
    change(PurchaseLine, 1, freight=Decimal("8.04"))
    assert facts() == {"has_purchase", "is_losing"}


def test_what_sending_cost_counts_and_an_undo_of_it_too(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 2), unit_cost=Decimal("128"), freight=Decimal(0)))
    assert facts() == {"has_purchase"}
    with transaction(acting("oscar"), "purchases.save") as session:
        session.add(
            Shipment(
                id=1, order_id=1, request="s1", carrier="DHL", shipped_at=MONDAY, cost=Decimal(20), fx=Decimal("0.125")
            )
        )
        session.flush()
        session.add(ShipmentLine(shipment_id=1, order_line_id=10, quantity=2))
        session.flush()
        work.follow(session, [1])
    assert facts() == {"has_purchase", "is_losing"}
    undo(acting("oscar"))
    assert facts() == {"has_purchase"}


def test_without_a_purchase_nothing_is_lost_whatever_it_would_cost(trade):
    change(OrderLine, 10, price=Decimal("1"))
    assert facts() == set()


def test_a_fact_that_follows_is_no_entry_in_the_history(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 2)))
    from db.models import Change

    assert {c.field for c in all_of(Change) if c.table == "customer_order" and c.field} == {"work_status"}


def test_a_thousand_orders_take_a_handful_of_queries(trade):
    put(*(Stored(id=n, store_id=1, number=f"9-{n}", status=OrderStatus.UNSHIPPED, currency="EUR", bought_at=MONDAY)
          for n in range(1000, 2000)))  # fmt: skip
    put(
        *(
            OrderLine(id=n, order_id=n, item="1", sku="MH01", quantity=1, product_id=1, price=Decimal(1))
            for n in range(1000, 2000)
        )
    )
    put(
        *(
            Purchase(id=n, request=f"q{n}", unit_cost=9, quantity=1, operator="oscar", fx=Decimal(1))
            for n in range(1000, 2000)
        )
    )
    put(*(PurchaseLine(purchase_id=n, order_line_id=n, quantity=1) for n in range(1000, 2000)))
    asked = []

    def count(_connection, _cursor, statement, *_):
        asked.append(statement.split()[0])

    event.listen(engine(), "before_cursor_execute", count)
    try:
        follow(*range(1000, 2000))
    finally:
        event.remove(engine(), "before_cursor_execute", count)
    assert facts(1500) == {"has_purchase", "is_losing"}
    assert asked.count("SELECT") <= 10


@pytest.mark.parametrize(
    ("lines", "purchases", "left", "expected"),
    [
        ([TWO], [], {1: 2}, WorkStatus.SHIPPED),
        ([TWO], [], {1: 1}, WorkStatus.TO_PURCHASE),
        ([TWO, ONE], [bought(tracking="SF1")], {1: 2}, WorkStatus.PARTLY_PURCHASED),
        ([TWO, ONE], [bought(tracking="SF1")], {1: 2, 2: 1}, WorkStatus.SHIPPED),
        ([Line(1, 2, True), ONE], [], {2: 1}, WorkStatus.SHIPPED),
        ([Line(1, 2, True), ONE], [], {1: 2, 2: 1}, WorkStatus.EXCEPTION),
        ([TWO], [bought(status=PurchaseStatus.EXCEPTION)], {1: 2}, WorkStatus.EXCEPTION),
    ],
)
def test_what_has_left_in_parcels_is_shipped_and_a_canceled_piece_that_left_needs_a_person(
    lines, purchases, left, expected
):
    assert work_status(Order(), lines, purchases, left) == expected


def test_an_order_canceled_after_its_parcel_left_needs_a_person():
    assert work_status(Order(OrderStatus.CANCELED), [TWO], [], {1: 2}) == WorkStatus.EXCEPTION


def varied():
    """Orders 3 to 8, all written without work having followed them: bought with a loss, tracked, canceled, by hand, sent, unlinked."""
    for number in range(3, 9):
        order(number, line(quantity=1, price=Decimal(1)))
    change_only(Stored, 5, status=OrderStatus.CANCELED)
    change_only(Stored, 7, status=OrderStatus.SHIPPED)
    change_only(OrderLine, 80, product_id=None)
    for number in (3, 4, 5, 6, 7):
        tracking = "SF1" if number == 4 else None
        put(
            Purchase(
                id=number,
                request=f"q{number}",
                unit_cost=9,
                quantity=1,
                operator="oscar",
                fx=Decimal(1),
                tracking=tracking,
            )
        )
        put(PurchaseLine(purchase_id=number, order_line_id=10 * number, quantity=1))
    with transaction(SYSTEM, "orders.save") as session:
        session.get_one(Stored, 6).work_status = WorkStatus.EXCEPTION
    put(
        Shipment(
            id=1, order_id=7, request="s1", carrier="Other", tracking="LX1", method="", shipped_at=DAY, currency="CNY"
        )
    )
    put(ShipmentLine(shipment_id=1, order_line_id=70, quantity=1))


def change_only(model, number, **values):
    with transaction(SYSTEM, "tests.change") as session:
        for name, value in values.items():
            setattr(session.get_one(model, number), name, value)


@pytest.mark.parametrize("way", [work.follow, work.follow_file])
def test_a_whole_file_follows_as_each_order_does(trade, way, acting):
    varied()
    with transaction(SYSTEM, "tests.follow") as session:
        way(session, range(1, 9))
    assert {number: (one(Stored, number).work_status, facts(number)) for number in range(1, 9)} == {
        1: (WorkStatus.TO_PURCHASE, set()),
        2: (WorkStatus.TO_PURCHASE, {"is_unlinked"}),
        3: (WorkStatus.PURCHASED, {"has_purchase", "is_losing"}),
        4: (WorkStatus.IN_TRANSIT, {"has_purchase", "has_tracking", "is_losing"}),
        5: (WorkStatus.EXCEPTION, {"has_purchase", "is_canceled_bought", "is_losing"}),
        6: (WorkStatus.EXCEPTION, {"has_purchase", "is_losing"}),
        7: (WorkStatus.SHIPPED, {"has_purchase", "is_losing"}),
        8: (WorkStatus.TO_PURCHASE, {"is_unlinked"}),
    }
    assert one(Shipment, 1).state == "confirmed"
    number = all_of(ChangeSet)[-1].id
    told = [
        (c.row_id, c.field, c.before, c.after)
        for c in all_of(Change)
        if c.set_id == number and c.table == "customer_order"
    ]
    assert sorted(told) == [
        (3, "work_status", '"to_purchase"', '"purchased"'),
        (4, "work_status", '"to_purchase"', '"in_transit"'),
        (5, "work_status", '"to_purchase"', '"exception"'),
        (7, "work_status", '"to_purchase"', '"shipped"'),
    ]
    with transaction(SYSTEM, "tests.follow_again") as session:
        way(session, range(1, 9))
    assert all_of(ChangeSet)[-1].id == number
