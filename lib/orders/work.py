"""What is still to do for an order: the work status, which follows from its lines, what was bought for them, and what has left.

So do the five facts that lists are asked for: bought, with tracking, unlinked, canceled but bought, losing money.

A person may take an order out of the queue (exception, closed); it then stays out until they let it follow the facts again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import bulk
from db.models import Change, ChangeSet, Order, OrderLine, Purchase, PurchaseLine, Shipment, ShipmentLine
from db.vocabulary import OrderStatus, PurchaseStatus, WorkStatus
from lib.orders import order_money, parcels
from lib.purchases import arrivals

BY_HAND = (WorkStatus.EXCEPTION, WorkStatus.CLOSED)
STAGES = (
    WorkStatus.PURCHASED,
    WorkStatus.IN_TRANSIT,
    WorkStatus.AT_TRANSSHIPMENT,
    WorkStatus.READY_TO_SHIP,
    WorkStatus.SHIPPED,
)
"""How far a purchase can come, in order."""

FOLLOWING = ("work_status", "has_purchase", "has_tracking", "is_unlinked", "is_canceled_bought", "is_losing")

NOTHING: Mapping[int, int] = MappingProxyType({})


# Rules


class Ordered(Protocol):
    """What of an order counts; an Order is one."""

    @property
    def status(self) -> OrderStatus: ...
    @property
    def fulfilment(self) -> str: ...


class Line(Protocol):
    """What of an order line counts; an OrderLine is one."""

    @property
    def id(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def canceled(self) -> bool: ...


class Linked(Line, Protocol):
    """What else the facts need of it."""

    @property
    def product_id(self) -> int | None: ...


@dataclass(frozen=True)
class Bought:
    """What one purchase brings for one line."""

    line_id: int
    quantity: int
    status: PurchaseStatus
    tracking: str | None = None
    transshipped: bool = False
    arrived_at: datetime | None = None
    relabelled_at: datetime | None = None
    forwarded_at: datetime | None = None


def work_status(
    order: Ordered, lines: Sequence[Line], purchases: Iterable[Bought], left: Mapping[int, int] = NOTHING
) -> WorkStatus:
    """What is still to do, from the facts alone. Purchases that were canceled do not count.

    `left` is how many pieces of each line have left for the buyer in parcels: when all have, nothing is left to do here, whatever the
    marketplace knows of it.
    """
    bought = _standing(purchases)
    dead = _dead(order, lines)
    if order.status == OrderStatus.SHIPPED:
        return WorkStatus.SHIPPED
    if any(b.line_id in dead or b.status == PurchaseStatus.EXCEPTION for b in bought) or dead & left.keys():
        return WorkStatus.EXCEPTION
    living = [line for line in lines if line.id not in dead]
    if order.status == OrderStatus.CANCELED or order.fulfilment != "seller" or (lines and not living):
        return WorkStatus.CLOSED
    if living and all(left.get(line.id, 0) >= line.quantity for line in living):
        return WorkStatus.SHIPPED
    if not bought:
        return WorkStatus.TO_PURCHASE
    pieces = Counter[int]()
    for one in bought:
        pieces[one.line_id] += one.quantity
    if any(pieces[line.id] < line.quantity for line in living):
        return WorkStatus.PARTLY_PURCHASED
    return min((stage(one) for one in bought), key=STAGES.index)


def _standing(purchases: Iterable[Bought]) -> list[Bought]:
    return [one for one in purchases if one.status != PurchaseStatus.CANCELED]


def _dead(order: Ordered, lines: Sequence[Line]) -> set[int]:
    """The lines that were canceled, alone or with their order."""
    return {line.id for line in lines if line.canceled or order.status == OrderStatus.CANCELED}


def facts(order: Ordered, lines: Sequence[Linked], purchases: Iterable[Bought]) -> dict[str, bool]:
    """What lists are asked for, by its name on the order; all but whether it loses money."""
    bought = _standing(purchases)
    dead = _dead(order, lines)
    return {
        "has_purchase": bool(bought),
        "has_tracking": any(one.tracking for one in bought),
        "is_unlinked": any(line.product_id is None and not line.canceled for line in lines),
        "is_canceled_bought": any(one.line_id in dead for one in bought),
    }


def stage(one: Bought) -> WorkStatus:
    """How far the goods of a purchase have come. Transshipped goods can be sent once they are relabelled."""
    if one.transshipped:
        if one.forwarded_at:
            return WorkStatus.SHIPPED
        if one.relabelled_at:
            return WorkStatus.READY_TO_SHIP
    if one.arrived_at or one.status == PurchaseStatus.ARRIVED:
        return WorkStatus.AT_TRANSSHIPMENT if one.transshipped else WorkStatus.READY_TO_SHIP
    return WorkStatus.IN_TRANSIT if one.tracking else WorkStatus.PURCHASED


# Writing


def follow(session: Session, order_ids: Iterable[int]) -> int:
    """Set the work status and the five facts of these orders to what their lines and purchases say; at most some thousands.

    Everything that changes lines, purchases, parcels, or what a line is linked to calls it. Returns how many work statuses differed.
    """
    session.flush()
    ids = sorted(set(order_ids))
    orders = session.scalars(select(Order).where(Order.id.in_(ids)).order_by(Order.id)).all()
    changed = 0
    for order, cells in _following(session, orders):
        changed += "work_status" in cells
        for name, value in cells.items():
            setattr(order, name, value)
    parcels.confirm_shipped(session, [order.id for order in orders if order.status == OrderStatus.SHIPPED])
    return changed


def follow_file(session: Session, order_ids: Iterable[int]) -> None:
    """The same for some thousands of orders of a file: written at once, past the rows that the session holds, which it forgets."""
    session.flush()
    query = select(Order.id, Order.status, Order.fulfilment, *(getattr(Order, name) for name in FOLLOWING))
    orders = session.execute(query.where(Order.id.in_(sorted(set(order_ids)))).order_by(Order.id)).all()
    edits = [
        (order.id, {name: (getattr(order, name), value) for name, value in cells.items()})
        for order, cells in _following(session, orders)
        if cells
    ]
    if edits:
        bulk.change(session, Order, edits)
    parcels.confirm_shipped(session, [order.id for order in orders if order.status == OrderStatus.SHIPPED])


def _following(session: Session, orders: Sequence[Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each of these, an Order or a row of one, with what of its work status and facts is other than what they follow from."""
    ids = [order.id for order in orders]
    lines = _lines(session, ids)
    bought, left = _bought(session, ids), _left(session, ids)
    money = order_money.money_of(session, [order.id for order in orders if _standing(bought[order.id])])
    for order in orders:
        values: dict[str, Any] = dict(facts(order, lines[order.id], bought[order.id]))
        values["is_losing"] = order.id in money and money[order.id].is_losing
        status = work_status(order, lines[order.id], bought[order.id], left[order.id])
        if status != order.work_status and not _is_by_hand(session, order):
            values["work_status"] = status
        yield order, {name: value for name, value in values.items() if value != getattr(order, name)}


def _lines(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    found = defaultdict(list)
    query = select(OrderLine.id, OrderLine.order_id, OrderLine.quantity, OrderLine.canceled, OrderLine.product_id)
    for line in session.execute(query.where(OrderLine.order_id.in_(ids)).order_by(OrderLine.id)):
        found[line.order_id].append(line)
    return found


def _bought(session: Session, ids: Sequence[int]) -> dict[int, list[Bought]]:
    query = (
        select(
            OrderLine.order_id, PurchaseLine.id, PurchaseLine.order_line_id, PurchaseLine.quantity, PurchaseLine.purchase_id,
            Purchase.status, Purchase.tracking, Purchase.transshipped, Purchase.arrived_at, Purchase.relabelled_at,
            Purchase.forwarded_at,
        )
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(OrderLine.order_id.in_(ids))
    )  # fmt: skip
    rows = session.execute(query).all()
    came = arrivals.of_parts(session, rows)
    found = defaultdict(list)
    for row in rows:
        if pieces := came[row.id]:
            found[row.order_id].append(
                Bought(
                    row.order_line_id, pieces, row.status, row.tracking, row.transshipped, row.arrived_at, row.relabelled_at,
                    row.forwarded_at,
                )
            )  # fmt: skip
    return found


def _left(session: Session, ids: Sequence[int]) -> dict[int, dict[int, int]]:
    query = (
        select(Shipment.order_id, ShipmentLine.order_line_id, func.sum(ShipmentLine.quantity))
        .join(ShipmentLine, ShipmentLine.shipment_id == Shipment.id)
        .where(Shipment.order_id.in_(ids))
        .group_by(Shipment.order_id, ShipmentLine.order_line_id)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for order_id, line_id, pieces in session.execute(query):
        found[order_id][line_id] = int(pieces)
    return found


def _is_by_hand(session: Session, order: Any) -> bool:
    """Whether a person has set the work status: the history knows which command was the last to do so."""
    if order.work_status not in BY_HAND or order.status == OrderStatus.SHIPPED:
        return False
    last = (
        select(ChangeSet.command)
        .join(Change, Change.set_id == ChangeSet.id)
        .where(Change.table == Order.__tablename__, Change.row_id == order.id, Change.field == "work_status")
        .order_by(Change.id.desc())
        .limit(1)
    )
    return session.scalar(last) == "orders.save"
