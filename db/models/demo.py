"""The demo marketplace's own books. Caravan reads them only by talking to lib/channels/demo.py, as it would to Amazon."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Moment, money, now


class DemoCatalogue(Base):
    """An item that the marketplace knows: its ASIN, its codes, its brand."""

    __tablename__ = "demo_catalogue"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    asin: Mapped[str] = mapped_column(String(10), unique=True)
    gtin14: Mapped[str | None] = mapped_column(String(14), index=True)
    brand: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(String(500), default="")
    gated: Mapped[bool] = mapped_column(default=False)
    """Selling it needs an approval that we do not have."""


class DemoItem(Base):
    """What a seller has put up: an offer or a listing, as the marketplace sees it."""

    __tablename__ = "demo_item"
    __table_args__ = (UniqueConstraint("account", "sku"),)
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(40))
    sku: Mapped[str] = mapped_column(String(80))
    asin: Mapped[str | None] = mapped_column(String(10))
    sent: Mapped[dict[str, Any]] = mapped_column(JSON)
    price: Mapped[Decimal | None] = mapped_column(money())
    currency: Mapped[str] = mapped_column(String(3))
    quantity: Mapped[int] = mapped_column(default=0)
    submission: Mapped[str] = mapped_column(String(60), index=True)
    submitted_at: Mapped[datetime] = mapped_column(Moment, default=now)
    answers_at: Mapped[datetime] = mapped_column(Moment)
    live: Mapped[bool] = mapped_column(default=False)
    issues: Mapped[list[Any]] = mapped_column(JSON, default=list)


class DemoOrder(Base):
    """An order that a demo buyer has placed; its buyer is invented, and sealed like a real one."""

    __tablename__ = "demo_order"
    __table_args__ = (UniqueConstraint("account", "number"),)
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(60))
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class DemoParcel(Base):
    """A parcel that a seller says has left, as the marketplace sees it."""

    __tablename__ = "demo_parcel"
    __table_args__ = (UniqueConstraint("account", "reference"),)
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(60))
    """The seller's own mark of the parcel: the same one again is the same parcel."""
    number: Mapped[str] = mapped_column(String(60))
    sent: Mapped[dict[str, Any]] = mapped_column(JSON)
    submission: Mapped[str] = mapped_column(String(60), index=True)
    answers_at: Mapped[datetime] = mapped_column(Moment)
    taken: Mapped[bool] = mapped_column(default=False)
    issues: Mapped[list[Any]] = mapped_column(JSON, default=list)
