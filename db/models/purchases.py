"""What we bought so that an order can be sent."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import QUIET, Base, Moment, Word, money, now, rate
from db.models.orders import Order
from db.vocabulary import FreightBy, Payment, PurchaseStatus, Source

SEVERAL = "tracking LIKE '%, %'"
OPEN = "status NOT IN ('arrived', 'closed_short', 'canceled')"
"""More of it may come. These conditions are those of indices: a list that is to be quick has to ask in the same words. They say what a
status is not, for SQLite would rather look up what it is in an index of all rows."""
UNTRACKED = f"tracking IS NULL AND {OPEN}"
ON_THE_WAY = f"tracked_at IS NOT NULL AND arrived_at IS NULL AND {OPEN}"
WAITING_THERE = "transshipped AND arrived_at IS NOT NULL AND forwarded_at IS NULL AND status <> 'canceled'"
UNDER_WAY = "transshipped AND forwarded_at IS NULL AND status <> 'canceled'"
GONE_ON = "forwarded_at IS NOT NULL"


def _only(name: str, condition: str, *columns: str) -> Index:
    """An index of the rows alone that fulfil the condition."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


class Warehouse(Base):
    """A forwarding warehouse that receives goods before they leave the country."""

    __tablename__ = "warehouse"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    address: Mapped[str] = mapped_column(String(500), default="")
    inbound_code: Mapped[str] = mapped_column(String(60), default="")
    contact: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)
    """Whether new purchases may go there."""


class Purchase(Base):
    """One purchase on one site; it may serve lines of several orders."""

    __tablename__ = "purchase"
    __table_args__ = (
        Index("ix_purchase_status_created_at_id", "status", "created_at", "id"),
        Index("ix_purchase_created_at_id", "created_at", "id"),
        Index("ix_purchase_operator_created_at_id", "operator", "created_at", "id"),
        Index("ix_purchase_site_number", "site", "number"),
        Index("ix_purchase_payment_created_at_id", "payment", "created_at", "id"),
        _only("ix_purchase_warehouse_id_created_at_id", "warehouse_id IS NOT NULL", "warehouse_id", "created_at", "id"),
        _only("ix_purchase_open_without_tracking", UNTRACKED, "created_at", "id"),
        _only("ix_purchase_on_the_way", ON_THE_WAY, "tracked_at", "id"),
        _only("ix_purchase_waiting_there", WAITING_THERE, "arrived_at", "id"),
        _only("ix_purchase_under_way", UNDER_WAY, "warehouse_id", "id"),
        _only("ix_purchase_gone_on", GONE_ON, "forwarded_at", "id"),
        _only("ix_purchase_several_trackings", SEVERAL, "tracking"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(String(60), unique=True)
    """The key of the form that made it: the same form pressed twice makes one purchase."""
    unit_cost: Mapped[Decimal] = mapped_column(money())
    """Of one piece; a line may have its own."""
    cost_before: Mapped[Decimal | None] = mapped_column(money())
    """What one piece was expected to cost when it was bought, in `currency`: the last purchase, else the library."""
    freight: Mapped[Decimal] = mapped_column(money(), default=Decimal(0))
    freight_by: Mapped[FreightBy] = mapped_column(Word(FreightBy), default=FreightBy.PIECES)
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    fx: Mapped[Decimal | None] = mapped_column(rate())
    """What one unit of the purchase's currency was worth in the orders' currency on the day it was made; a line may have its own."""
    quantity: Mapped[int]
    operator: Mapped[str] = mapped_column(String(60))
    contact: Mapped[str | None] = mapped_column(String(200))
    number: Mapped[str | None] = mapped_column(String(80), index=True)
    tracking: Mapped[str | None] = mapped_column(String(500), index=True)
    transport: Mapped[str | None] = mapped_column(String(200))
    site: Mapped[Source] = mapped_column(Word(Source), default=Source.OTHER)
    transshipped: Mapped[bool] = mapped_column(default=False)
    warehouse_id: Mapped[int | None] = mapped_column(ForeignKey("warehouse.id"))
    remark: Mapped[str | None] = mapped_column(String(2000))
    reason: Mapped[str | None] = mapped_column(String(500))
    """Why it was bought although the order loses money by it."""
    payment: Mapped[Payment] = mapped_column(Word(Payment), default=Payment.TO_PAY)
    paid_at: Mapped[datetime | None] = mapped_column(Moment)
    arrived_quantity: Mapped[int] = mapped_column(default=0)
    """How many pieces are here, or at the forwarding warehouse."""
    status: Mapped[PurchaseStatus] = mapped_column(Word(PurchaseStatus), default=PurchaseStatus.ORDERED)
    tracked_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its tracking was first known: since then it is in transit."""
    arrived_at: Mapped[datetime | None] = mapped_column(Moment)
    relabelled_at: Mapped[datetime | None] = mapped_column(Moment)
    forwarded_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, info=QUIET)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now, info=QUIET)


class PurchaseLine(Base):
    """Which order line a purchase serves, and with how many pieces."""

    __tablename__ = "purchase_line"
    __table_args__ = (UniqueConstraint("purchase_id", "order_line_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id", ondelete="CASCADE"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[int]
    unit_cost: Mapped[Decimal | None] = mapped_column(money())
    """Of one piece, where it is not the purchase's."""
    fx: Mapped[Decimal | None] = mapped_column(rate())
    """The rate into the currency of its order, where it is not the purchase's."""
    freight: Mapped[Decimal] = mapped_column(money(), default=Decimal(0))
    """Its share of the purchase's freight, in the purchase's currency; the shares add up to it exactly."""


class BuyingClaim(Base):
    """Somebody has the purchase form of an order line open just now; the next person is told."""

    __tablename__ = "buying_claim"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id", ondelete="CASCADE"), unique=True)
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    until: Mapped[datetime] = mapped_column(Moment)
    """When it ends of itself; an open form keeps renewing it."""


for _name, _condition in (("vain", "is_canceled_bought"), ("losing", "is_losing")):
    Index(f"ix_customer_order_{_name}", Order.id, sqlite_where=text(_condition), postgresql_where=text(_condition))
