"""The work status follows from the lines and from what was bought for them."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from db.vocabulary import OrderStatus, PurchaseStatus, WorkStatus
from lib.work import Bought, work_status

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
