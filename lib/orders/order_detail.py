"""One order, whole: its lines, money, purchases and what has happened to it. The buyer is masked; see lib/orders/buyers.py for more."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from db.models import (
    Change,
    ChangeSet,
    Order,
    OrderLine,
    Product,
    Purchase,
    PurchaseLine,
    Shipment,
    ShipmentLine,
    Store,
    Warehouse,
    now,
)  # fmt: skip
from db.vocabulary import OrderStatus, Payment, PurchaseStatus, ShipmentState, Source, WorkStatus
from lib import change_words, settings
from lib.counted import counted
from lib.orders import buyers
from lib.purchases import arrivals

MOST_EVENTS = 100


@dataclass(frozen=True)
class Line:
    id: int
    picture: str | None
    sku: str
    """As the marketplace named it."""
    asin: str | None
    product: str | None
    """The SKU of the product in the library; None while the line is not linked."""
    product_id: int | None
    title: str
    """As the marketplace told it; else of the product."""
    title_zh: str
    quantity: int
    purchased: int
    sent: int
    """Pieces that have left in parcels."""
    price: Decimal | None
    shipping: Decimal | None
    tax: Decimal | None
    canceled: bool


@dataclass(frozen=True)
class Bought:
    """What a purchase brings for this order."""

    id: int
    number: str | None
    site: Source
    status: PurchaseStatus
    quantity: int
    total: Decimal
    """Of this order's pieces, with their share of the freight; the purchase may serve other orders too."""
    currency: str
    payment: Payment
    operator: str
    tracking: str | None
    warehouse: str | None
    remark: str | None
    created_at: datetime


@dataclass(frozen=True)
class Event:
    at: datetime
    who: str
    text: str


@dataclass(frozen=True)
class Detail:
    id: int
    number: str
    store: str
    marketplace: str
    status: OrderStatus
    work_status: WorkStatus
    fulfilment: str
    bought_at: datetime
    paid_at: datetime | None
    ship_by: datetime | None
    shipped_at: datetime | None
    is_told: bool
    """Whether the marketplace knows all parcels that have left, and one has."""
    currency: str
    total: Decimal | None
    country: str | None
    buyer: str
    buyer_note: str
    """Until when the buyer is kept, or since when they are erased."""
    has_buyer: bool
    note: str | None
    tags: str | None
    lines: tuple[Line, ...]
    purchases: tuple[Bought, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Due:
    """How long an order still has until it must be shipped, and the marketplace told of it."""

    text: str
    is_late: bool = False
    """As the list has it: what has left here is late no more, even before the marketplace is told."""
    is_soon: bool = False
    """To be done within 48 hours; or over already, and only to be told."""


SOON = timedelta(hours=48)


def due(ship_by: datetime | None, status: OrderStatus, work: WorkStatus, is_told: bool, moment: datetime) -> Due | None:
    """ "2 d 3 h left", "3 h 5 min late", "packed, not told: 3 h 5 min late"; None when nothing is to be done, or nobody has said by when.

    The marketplace counts an order as late until it is told, so what has left here keeps its time until then.
    """
    is_packed = work == WorkStatus.SHIPPED
    is_over = status in (OrderStatus.SHIPPED, OrderStatus.CANCELED) or work == WorkStatus.CLOSED
    if ship_by is None or is_over or (is_packed and is_told):
        return None
    left = ship_by - moment
    is_late = left < timedelta(0)
    minutes = int(abs(left).total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    words = f"{days} d {hours} h" if days else f"{hours} h {rest} min" if hours else f"{rest} min"
    words += " late" if is_late else " left"
    if is_packed:
        return Due(f"packed, not told: {words}", is_soon=left < SOON)
    return Due(words, is_late=is_late, is_soon=not is_late and left < SOON)


def detail(session: Session, order_id: int) -> Detail | None:
    """Everything about an order; None when there is no such order."""
    found = session.execute(
        select(Order, Store).join(Store, Store.id == Order.store_id).where(Order.id == order_id)
    ).one_or_none()
    if found is None:
        return None
    order, store = found
    return Detail(
        id=order.id, number=order.number, store=store.name, marketplace=store.marketplace, status=order.status,
        work_status=order.work_status, fulfilment=order.fulfilment, bought_at=order.bought_at, paid_at=order.paid_at,
        ship_by=order.ship_by, shipped_at=order.shipped_at, is_told=_is_told(session, order.id), currency=order.currency, total=order.total,
        country=order.country,
        buyer=order.buyer_masked or "not named", buyer_note=_kept(order), has_buyer=order.buyer_sealed is not None,
        note=order.note, tags=order.tags, lines=_lines(session, order.id), purchases=_purchases(session, order.id),
        events=_events(session, order),
    )  # fmt: skip


def _is_told(session: Session, order_id: int) -> bool:
    states = session.scalars(select(Shipment.state).where(Shipment.order_id == order_id)).all()
    return set(states) == {ShipmentState.CONFIRMED}


def _kept(order: Order) -> str:
    if order.buyer_erased_at:
        return f"Erased on {order.buyer_erased_at:%Y-%m-%d}."
    if day := buyers.erased_on(order):
        if day < now():
            return f"To be erased since {day:%Y-%m-%d}: the next night does it."
        return f"Will be erased on {day:%Y-%m-%d}."
    return f"Will be erased {counted(settings.buyer_days(), 'day')} after shipment." if order.buyer_sealed else ""


def _lines(session: Session, order_id: int) -> tuple[Line, ...]:
    query = (
        select(OrderLine, Product)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )
    rows = list(session.execute(query))
    bought, sent = _bought(session, order_id), _sent(session, order_id)
    return tuple(
        Line(
            line.id, product.picture if product else None, line.sku, line.asin, product.sku if product else None, line.product_id,
            line.title or (product and product.title_en) or "", (product and product.title_zh) or "", line.quantity,
            bought.get(line.id, 0), sent.get(line.id, 0), line.price, line.shipping, line.tax, line.canceled,
        )
        for line, product in rows
    )  # fmt: skip


def _bought(session: Session, order_id: int) -> Counter[int]:
    """By line: how many pieces came or may still come."""
    served = (
        select(PurchaseLine.purchase_id)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .where(OrderLine.order_id == order_id)
    )
    purchases = list(session.scalars(served))
    if not purchases:
        return Counter()
    came = arrivals.brought(session, purchases)
    pieces = Counter[int]()
    lines = select(PurchaseLine.id, PurchaseLine.order_line_id).where(PurchaseLine.id.in_(came))
    for number, line_id in session.execute(lines):
        pieces[line_id] += came[number]
    return pieces


def _sent(session: Session, order_id: int) -> dict[int, int]:
    """By line: how many pieces have left in parcels."""
    query = (
        select(ShipmentLine.order_line_id, func.sum(ShipmentLine.quantity))
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.order_id == order_id).group_by(ShipmentLine.order_line_id)
    )  # fmt: skip
    return {line_id: int(pieces) for line_id, pieces in session.execute(query)}


def _purchases(session: Session, order_id: int) -> tuple[Bought, ...]:
    query = (
        select(Purchase, PurchaseLine, Warehouse.name)
        .join(PurchaseLine, PurchaseLine.purchase_id == Purchase.id)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .outerjoin(Warehouse, Warehouse.id == Purchase.warehouse_id)
        .where(OrderLine.order_id == order_id)
        .order_by(Purchase.id, PurchaseLine.id)
    )
    found: dict[int, Bought] = {}
    for p, line, warehouse in session.execute(query):
        pieces, paid = (found[p.id].quantity, found[p.id].total) if p.id in found else (0, Decimal(0))
        piece = p.unit_cost if line.unit_cost is None else line.unit_cost
        found[p.id] = Bought(
            p.id, p.number, p.site, p.status, pieces + line.quantity, paid + piece * line.quantity + line.freight, p.currency,
            p.payment, p.operator, p.tracking, warehouse, p.remark, p.created_at,
        )  # fmt: skip
    return tuple(found.values())


def _events(session: Session, order: Order) -> tuple[Event, ...]:
    """What the marketplace told and what people did, oldest first."""
    facts = {
        "Bought": order.bought_at,
        "Paid": order.paid_at,
        "Received here": order.received_at,
        "Shipped": order.shipped_at,
        "Buyer erased": order.buyer_erased_at,
    }
    told = [Event(at, "", text) for text, at in facts.items() if at]
    return tuple(sorted([*told, *_done(session, order.id)], key=lambda event: event.at))


def _done(session: Session, order_id: int) -> Iterable[Event]:
    lines = list(session.scalars(select(OrderLine.id).where(OrderLine.order_id == order_id)))
    served = select(PurchaseLine.id, PurchaseLine.purchase_id).where(PurchaseLine.order_line_id.in_(lines))
    links = list(session.execute(served))
    parcels = list(session.scalars(select(Shipment.id).where(Shipment.order_id == order_id)))
    touched = {
        "customer_order": [order_id],
        "shipment": parcels,
        "order_line": lines,
        "purchase_line": [link for link, _ in links],
        "purchase": [purchase for _, purchase in links],
    }
    rows = or_(*(and_(Change.table == table, Change.row_id.in_(ids)) for table, ids in touched.items() if ids))
    sets = select(Change.set_id).where(rows).distinct()
    query = select(ChangeSet).where(ChangeSet.id.in_(sets)).order_by(ChangeSet.id.desc()).limit(MOST_EVENTS)
    return [
        Event(done.at, done.actor, done.summary or done.reason or change_words.command(done.command))
        for done in session.scalars(query)
    ]
