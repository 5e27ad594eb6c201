"""The legs of goods on their way: order, purchase, parcel, forwarding warehouse, and the parcel abroad; each with its date and age."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Purchase, PurchaseLine, Shipment, ShipmentLine, Warehouse, now
from db.vocabulary import OrderStatus, PurchaseStatus, ShipmentState, Term
from lib.counted import agreeing, counted
from lib.purchases import purchase_stages
from lib.purchases.purchase_stages import Stage
from lib.purchases.purchase_status import called


class Kind(Term):
    ORDER = "order", "Order", "gray", "what the customer bought"
    PURCHASE = "purchase", "Purchase", "gray", "what we bought for it"
    PARCEL = "parcel", "Parcel", "gray", "on its way inside China"
    WAREHOUSE = "warehouse", "Warehouse", "gray", "at the forwarding warehouse"
    INTERNATIONAL = "international", "International", "gray", "on its way to the buyer"


class State(Term):
    DONE = "done", "Done", "green", "this leg lies behind"
    NOW = "now", "Now", "blue", "the goods are here"
    STUCK = "stuck", "Stuck", "red", "the goods have been here for too long"
    AHEAD = "ahead", "Ahead", "gray", "not begun yet"
    ENDED = "ended", "Ended", "gray", "canceled: nothing will come"


@dataclass(frozen=True)
class Leg:
    """One leg. `at` is when it began, None while it lies ahead; `age_days` is how long the goods have been on it, while they are."""

    kind: Kind
    title: str
    at: datetime | None
    state: State
    age_days: int | None = None
    detail: str = ""


# Reading


def legs(session: Session, order_id: int) -> list[Leg]:
    """The legs of an order, each purchase with its own parcel and warehouse; none when there is no such order."""
    order = session.get(Order, order_id)
    if order is None:
        return []
    served = (
        select(Purchase)
        .join(PurchaseLine, PurchaseLine.purchase_id == Purchase.id)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .where(OrderLine.order_id == order_id)
        .order_by(Purchase.created_at, Purchase.id)
        .distinct()
    )
    purchases = session.scalars(served).all()
    parcels = session.scalars(
        select(Shipment).where(Shipment.order_id == order_id).order_by(Shipment.shipped_at, Shipment.id)
    ).all()
    is_bought = any(purchase.status != PurchaseStatus.CANCELED for purchase in purchases)
    return [
        _order(order, is_bought or bool(parcels)),
        *(leg for purchase in purchases for leg in _purchase(session, purchase, bool(parcels))),
        *(_abroad(parcel) for parcel in parcels),
    ]


def of_purchase(session: Session, purchase_id: int) -> list[Leg]:
    """The legs of one purchase with the orders it serves, and the parcels in which its lines have left; none when there is no such one."""
    purchase = session.get(Purchase, purchase_id)
    if purchase is None:
        return []
    lines = select(PurchaseLine.order_line_id).where(PurchaseLine.purchase_id == purchase_id)
    orders = session.scalars(
        select(Order).where(Order.id.in_(select(OrderLine.order_id).where(OrderLine.id.in_(lines)))).order_by(Order.bought_at)
    ).all()  # fmt: skip
    holding = select(ShipmentLine.shipment_id).where(ShipmentLine.order_line_id.in_(lines))
    parcels = session.scalars(select(Shipment).where(Shipment.id.in_(holding)).order_by(Shipment.shipped_at)).all()
    return [
        *(_order(order, True) for order in orders),
        *_purchase(session, purchase, bool(parcels)),
        *(_abroad(parcel) for parcel in parcels),
    ]


# Rules


def _order(order: Order, is_bought: bool) -> Leg:
    if order.status == OrderStatus.CANCELED:
        return Leg(Kind.ORDER, order.number, order.bought_at, State.ENDED, detail="canceled")
    if is_bought or order.status == OrderStatus.SHIPPED:
        return Leg(Kind.ORDER, order.number, order.bought_at, State.DONE)
    return Leg(Kind.ORDER, order.number, order.bought_at, State.NOW, _days(order.bought_at), "nothing bought yet")


def _purchase(session: Session, purchase: Purchase, has_left: bool) -> Iterable[Leg]:
    stage, at = purchase_stages.stage_of(purchase), now()
    pieces = f"{counted(purchase.quantity, 'piece')} on {purchase.site.label}"
    if stage is None:
        detail = f"{pieces}, {purchase.status.label.lower()}"
        yield Leg(Kind.PURCHASE, called(purchase), purchase.created_at, State.ENDED, detail=detail)
        return
    here = State.STUCK if purchase_stages.is_stuck(purchase, at) else State.NOW
    age = purchase_stages.age_days(purchase, at)
    if stage == Stage.ORDERED:
        yield Leg(Kind.PURCHASE, called(purchase), purchase.created_at, here, age, f"{pieces}, no tracking yet")
    else:
        yield Leg(Kind.PURCHASE, called(purchase), purchase.created_at, State.DONE, detail=pieces)
    yield _parcel(purchase, stage, here, age)
    if purchase.transshipped:
        yield _warehouse(session, purchase, stage, State.DONE if has_left else here, age)


def _parcel(purchase: Purchase, stage: Stage, here: State, age: int | None) -> Leg:
    title = purchase.tracking or "no tracking"
    if stage == Stage.ORDERED:
        return Leg(Kind.PARCEL, title, None, State.AHEAD)
    if stage == Stage.IN_TRANSIT:
        some = purchase.arrived_quantity
        detail = f"{some} of {purchase.quantity} pieces {agreeing(some, 'has', 'have')} arrived" if some else ""
        return Leg(Kind.PARCEL, title, purchase.tracked_at or purchase.created_at, here, age, detail)
    arrived = f"arrived {purchase.arrived_at:%Y-%m-%d}" if purchase.arrived_at else ""
    return Leg(Kind.PARCEL, title, purchase.tracked_at or purchase.arrived_at, State.DONE, detail=arrived)


def _warehouse(session: Session, purchase: Purchase, stage: Stage, here: State, age: int | None) -> Leg:
    place = session.get(Warehouse, purchase.warehouse_id) if purchase.warehouse_id else None
    title = place.name if place else "forwarding warehouse"
    days = [
        f"{word} {moment:%Y-%m-%d}"
        for word, moment in (("relabelled", purchase.relabelled_at), ("forwarded", purchase.forwarded_at))
        if moment
    ]
    detail = ", ".join(days)
    if stage in (Stage.ORDERED, Stage.IN_TRANSIT):
        return Leg(Kind.WAREHOUSE, title, None, State.AHEAD)
    if stage == Stage.FORWARDED or here == State.DONE:
        return Leg(Kind.WAREHOUSE, title, purchase.arrived_at, State.DONE, detail=detail)
    return Leg(Kind.WAREHOUSE, title, purchase.arrived_at, here, age, detail or "to be relabelled")


def _abroad(parcel: Shipment) -> Leg:
    carrier = parcel.carrier_name or parcel.carrier
    title = f"{carrier} {parcel.tracking}".strip()
    state = State.DONE if parcel.state == ShipmentState.CONFIRMED else State.NOW
    detail = parcel.problem or parcel.state.label
    age = _days(parcel.shipped_at) if state == State.NOW else None
    return Leg(Kind.INTERNATIONAL, title, parcel.shipped_at, state, age, detail)


def _days(since: datetime) -> int:
    return max(timedelta(0), now() - since).days
