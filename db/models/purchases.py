"""What we bought so that an order can be sent."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import QUIET, Base, Moment, Word, money, now, rate
from db.vocabulary import PurchaseStatus, Source

UNTRACKED, SEVERAL = "tracking IS NULL", "tracking LIKE '%, %'"


class Warehouse(Base):
    """A forwarding warehouse that receives goods before they leave the country."""

    __tablename__ = "warehouse"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    address: Mapped[str] = mapped_column(String(500), default="")
    inbound_code: Mapped[str] = mapped_column(String(60), default="")


class Purchase(Base):
    """One purchase on one site; it may serve lines of several orders."""

    __tablename__ = "purchase"
    __table_args__ = (
        Index("ix_purchase_status_created_at_id", "status", "created_at", "id"),
        Index("ix_purchase_created_at_id", "created_at", "id"),
        Index("ix_purchase_operator_created_at_id", "operator", "created_at", "id"),
        Index("ix_purchase_site_number", "site", "number"),
        Index(
            "ix_purchase_without_tracking",
            "created_at",
            "id",
            sqlite_where=text(UNTRACKED),
            postgresql_where=text(UNTRACKED),
        ),
        Index("ix_purchase_several_trackings", "tracking", sqlite_where=text(SEVERAL), postgresql_where=text(SEVERAL)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(String(60), unique=True)
    """The key of the form that made it: the same form pressed twice makes one purchase."""
    unit_cost: Mapped[Decimal] = mapped_column(money())
    freight: Mapped[Decimal] = mapped_column(money(), default=Decimal(0))
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    fx: Mapped[Decimal | None] = mapped_column(rate())
    """What one unit of the purchase's currency was worth in the order's currency on the day it was made."""
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
    status: Mapped[PurchaseStatus] = mapped_column(Word(PurchaseStatus), default=PurchaseStatus.ORDERED)
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
