"""One order, whole: its lines, money, purchases and what has happened to it. The buyer is masked; see lib/buyers.py for more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from db.models import Change, ChangeSet, Order, OrderLine, Product, Purchase, PurchaseLine, Store, Warehouse
from db.vocabulary import OrderStatus, PurchaseStatus, Source, WorkStatus
from lib import buyers, change_words, settings

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
    title: str
    quantity: int
    purchased: int
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
    """Of the whole purchase, which may serve other orders too."""
    currency: str
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
        ship_by=order.ship_by, shipped_at=order.shipped_at, currency=order.currency, total=order.total, country=order.country,
        buyer=order.buyer_masked or "not named", buyer_note=_kept(order), has_buyer=order.buyer_sealed is not None,
        note=order.note, tags=order.tags, lines=_lines(session, order.id), purchases=_purchases(session, order.id),
        events=_events(session, order),
    )  # fmt: skip


def _kept(order: Order) -> str:
    if order.buyer_erased_at:
        return f"Erased on {order.buyer_erased_at:%Y-%m-%d}."
    if day := buyers.erased_on(order):
        return f"Will be erased on {day:%Y-%m-%d}."
    return f"Will be erased {settings.buyer_days()} days after shipment." if order.buyer_sealed else ""


def _lines(session: Session, order_id: int) -> tuple[Line, ...]:
    query = (
        select(OrderLine, Product)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )
    rows = list(session.execute(query))
    pieces = dict.fromkeys((line.id for line, _ in rows), 0)
    served = (
        select(PurchaseLine.order_line_id, PurchaseLine.quantity)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(PurchaseLine.order_line_id.in_(pieces), Purchase.status != PurchaseStatus.CANCELED)
    )
    for line_id, quantity in session.execute(served):
        pieces[line_id] += quantity
    return tuple(
        Line(
            line.id, product.picture if product else None, line.sku, line.asin, product.sku if product else None,
            line.title or (product and (product.title_en or product.title_zh)) or "", line.quantity, pieces[line.id],
            line.price, line.shipping, line.tax, line.canceled,
        )
        for line, product in rows
    )  # fmt: skip


def _purchases(session: Session, order_id: int) -> tuple[Bought, ...]:
    query = (
        select(Purchase, PurchaseLine.quantity, Warehouse.name)
        .join(PurchaseLine, PurchaseLine.purchase_id == Purchase.id)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .outerjoin(Warehouse, Warehouse.id == Purchase.warehouse_id)
        .where(OrderLine.order_id == order_id)
        .order_by(Purchase.id, PurchaseLine.id)
    )
    found: dict[int, Bought] = {}
    for p, pieces, warehouse in session.execute(query):
        earlier = found[p.id].quantity if p.id in found else 0
        found[p.id] = Bought(
            p.id, p.number, p.site, p.status, earlier + pieces, p.unit_cost * p.quantity + p.freight, p.currency,
            p.operator, p.tracking, warehouse, p.remark, p.created_at,
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
    touched = {
        "customer_order": [order_id],
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
