"""What has left of an order and what is still here, as it is read; writing is in lib/orders/shipments.py."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Product, Shipment, ShipmentLine, Store
from db.pasted import numbered
from db.vocabulary import OrderStatus, ShipmentState
from lib import channels
from lib.orders.carriers import OTHER

CHANGEABLE = (ShipmentState.DRAFT, ShipmentState.REFUSED)


@dataclass(frozen=True)
class Parcel:
    """What the person has filled in. Without `pieces` it holds all that is still here; without `shipped_at` it leaves now."""

    order_id: int
    pieces: tuple[tuple[int, int], ...] = ()
    """(order line, pieces), each line once."""
    carrier: str = OTHER
    carrier_name: str = ""
    tracking: str = ""
    method: str = ""
    shipped_at: datetime | None = None
    cost: Decimal | None = None
    currency: str = "CNY"
    tell: bool = False
    """Whether the marketplace shall be told with the next run."""


@dataclass(frozen=True)
class Piece:
    """A line of an order that is not canceled: how many pieces were ordered, and how many have left in parcels."""

    line_id: int
    sku: str
    title: str
    ordered: int
    left: int

    @property
    def open(self) -> int:
        return max(0, self.ordered - self.left)


@dataclass(frozen=True)
class Sent:
    """A parcel as it is."""

    id: int
    state: ShipmentState
    problem: str | None
    submission: str | None
    parcel: Parcel
    """As a form holds it."""
    items: str
    """In words: "MH01 × 2, LAMP × 1"."""

    @property
    def carrier(self) -> str:
        return called(self.parcel.carrier, self.parcel.carrier_name)

    @property
    def is_changeable(self) -> bool:
        return self.state in CHANGEABLE


@dataclass(frozen=True)
class Outgoing:
    """What can still be sent of an order, what has left, and how the marketplace can be told."""

    order_id: int
    number: str
    marketplace: str
    currency: str
    bought_at: datetime
    can_tell: bool
    """Whether Caravan talks to the marketplace itself; else by a file."""
    obstacle: str
    """Why nothing can be sent; empty when something can."""
    pieces: tuple[Piece, ...]
    parcels: tuple[Sent, ...]


# Rules


def called(carrier: str, name: str) -> str:
    """The carrier as people call it."""
    return name if carrier == OTHER else carrier


def obstacle(order: Order) -> str:
    """Why nothing of this order may leave; empty when it may."""
    if order.status == OrderStatus.CANCELED:
        return f"Order {order.number} has been canceled."
    if order.status == OrderStatus.PENDING:
        return f"The marketplace has not confirmed the payment of order {order.number}."
    if order.fulfilment != "seller":
        return f"Amazon sends order {order.number} itself."
    return ""


# Reading


def of_order(session: Session, order_id: int) -> Outgoing | None:
    """All about the parcels of an order; None when there is no such order."""
    query = select(Order, Store).join(Store, Store.id == Order.store_id).where(Order.id == order_id)
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    order, store = found
    return Outgoing(
        order.id, order.number, store.marketplace, order.currency, order.bought_at, store.channel.value in channels.TALKED_TO,
        obstacle(order), _pieces(session, order_id), _parcels(session, order_id),
    )  # fmt: skip


def _pieces(session: Session, order_id: int) -> tuple[Piece, ...]:
    query = (
        select(OrderLine, Product)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order_id, OrderLine.canceled.is_(False))
        .order_by(OrderLine.id)
    )
    rows = session.execute(query).all()
    left = pieces_left(session, [line.id for line, _ in rows])
    return tuple(
        Piece(line.id, line.sku, line.title or (product and (product.title_en or product.title_zh)) or "", line.quantity,
              left.get(line.id, 0))
        for line, product in rows
    )  # fmt: skip


def _parcels(session: Session, order_id: int) -> tuple[Sent, ...]:
    rows = session.scalars(select(Shipment).where(Shipment.order_id == order_id).order_by(Shipment.id)).all()
    query = (
        select(ShipmentLine.shipment_id, ShipmentLine.order_line_id, ShipmentLine.quantity, OrderLine.sku)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .where(ShipmentLine.shipment_id.in_([row.id for row in rows]))
        .order_by(ShipmentLine.id)
    )
    lines: dict[int, list[tuple[int, int, str]]] = {row.id: [] for row in rows}
    for shipment_id, line_id, quantity, sku in session.execute(query):
        lines[shipment_id].append((line_id, quantity, sku))
    return tuple(
        Sent(
            row.id, row.state, row.problem, row.submission, as_form(row, [held[:2] for held in lines[row.id]]),
            ", ".join(f"{sku} × {quantity}" for _, quantity, sku in lines[row.id]),
        )
        for row in rows
    )  # fmt: skip


def as_form(row: Shipment, pieces: Iterable[tuple[int, int]]) -> Parcel:
    return Parcel(
        row.order_id, tuple(sorted(pieces)), row.carrier, row.carrier_name, row.tracking, row.method, row.shipped_at,
        row.cost, row.currency,
    )  # fmt: skip


def pieces_left(session: Session, line_ids: Iterable[int], but: int = 0) -> dict[int, int]:
    """By order line: how many pieces have left, without the parcel `but`. Some thousands of lines at most."""
    query = (
        select(ShipmentLine.order_line_id, func.sum(ShipmentLine.quantity))
        .where(ShipmentLine.order_line_id.in_(list(line_ids)), ShipmentLine.shipment_id != but)
        .group_by(ShipmentLine.order_line_id)
    )
    return {line_id: int(pieces) for line_id, pieces in session.execute(query)}


def confirm_shipped(session: Session, order_ids: Iterable[int]) -> int:
    """The marketplace says that these orders have been shipped: it knows their parcels, by whatever way. Returns how many it had not."""
    ids = list(order_ids)
    if not ids:
        return 0
    not_asked = (Shipment.state != ShipmentState.QUEUED) | Shipment.submission.is_(None)
    query = (
        select(Shipment)
        .join(Order, Order.id == Shipment.order_id)
        .where(Shipment.state != ShipmentState.CONFIRMED, not_asked, Order.status == OrderStatus.SHIPPED)
        .where(Order.id.in_(select(numbered(ids).c.id)))
    )
    rows = session.scalars(query).all()
    for row in rows:
        row.state, row.problem = ShipmentState.CONFIRMED, None
    return len(rows)
