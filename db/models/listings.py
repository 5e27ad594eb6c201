"""Where products are sold: stores, listings, and the record of each upload."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.models.base import QUIET, Base, Moment, Word, money, now, percent
from db.vocabulary import ChannelKind, ListingStatus, PushState


class Store(Base):
    """A seller account on one marketplace, with its own percentage and fine adjustment."""

    __tablename__ = "store"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    marketplace: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    channel: Mapped[ChannelKind] = mapped_column(Word(ChannelKind), default=ChannelKind.DEMO)
    fee_percent: Mapped[Decimal] = mapped_column(percent(), default=Decimal(15))
    """What the marketplace keeps of each sale, where it has not told the amount."""
    percent: Mapped[Decimal] = mapped_column(percent(), default=Decimal(100))
    fine: Mapped[Decimal] = mapped_column(money(), default=Decimal(0))
    ending: Mapped[str | None] = mapped_column(String(8))
    """How its prices end, for example .99; a price is lifted to the next that does."""
    floor: Mapped[Decimal | None] = mapped_column(money())
    """Below this nothing is sold unless somebody says so. It changes no price."""
    active: Mapped[bool] = mapped_column(default=True)
    cursor: Mapped[str] = mapped_column(String(200), default="", info=QUIET)
    """Where reading the orders of this store goes on, in the marketplace's own words."""


class Listing(Base):
    """One product in one store."""

    __tablename__ = "listing"
    __table_args__ = (
        UniqueConstraint("store_id", "seller_sku"),
        UniqueConstraint("store_id", "product_id"),
        Index("ix_listing_status_updated_at_id", "status", "updated_at", "id"),
        Index("ix_listing_updated_at_id", "updated_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    seller_sku: Mapped[str] = mapped_column(String(80))
    code: Mapped[str | None] = mapped_column(String(14))
    asin: Mapped[str | None] = mapped_column(String(10), index=True)
    quantity: Mapped[int] = mapped_column(default=0)
    status: Mapped[ListingStatus] = mapped_column(Word(ListingStatus), default=ListingStatus.NOT_UPLOADED)
    issue: Mapped[str | None] = mapped_column(String(1000))
    """What the marketplace said last, in one line."""
    submission: Mapped[str | None] = mapped_column(String(60), info=QUIET)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, info=QUIET)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now, info=QUIET)

    pricing: Mapped["ListingPrice | None"] = relationship(
        lazy="selectin", cascade="all, delete-orphan", passive_deletes=True
    )
    price: AssociationProxy[Decimal | None] = association_proxy(
        "pricing", "price", creator=lambda price: ListingPrice(price=price)
    )
    price_locked: AssociationProxy[bool | None] = association_proxy(
        "pricing", "locked", creator=lambda locked: ListingPrice(locked=locked)
    )


class ListingPrice(Base):
    """The price of a listing: in a narrow table of its own, because a million of them may change at once."""

    __tablename__ = "listing_price"
    __table_args__ = {"postgresql_with": {"fillfactor": 50}}
    # Room beside each row: a run of a million then takes PostgreSQL half the time.

    id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True)
    """That of the listing."""
    price: Mapped[Decimal | None] = mapped_column(money())
    locked: Mapped[bool] = mapped_column(default=False)
    """A locked price is moved by no run; a person may still type another one."""
    pushed: Mapped[Decimal | None] = mapped_column(money(), info=QUIET)
    """The price that the marketplace has taken last."""


class UploadDetail(Base):
    """The record of one upload: what was sent, under which code, at which price and why. Never changed afterwards."""

    __tablename__ = "upload_detail"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    actor: Mapped[str] = mapped_column(String(60))
    sent: Mapped[dict[str, Any]] = mapped_column(JSON)
    code: Mapped[str | None] = mapped_column(String(14))
    price: Mapped[Decimal | None] = mapped_column(money())
    currency: Mapped[str] = mapped_column(String(3))
    formula: Mapped[str] = mapped_column(Text)
    formula_zh: Mapped[str] = mapped_column(Text, default="")
    basis: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the formula was worked out from, as lib/prices/price_basis.py keeps it; uploads of the first days have none."""


class UploadAnswer(Base):
    """What the marketplace said about an upload, each time it said something."""

    __tablename__ = "upload_answer"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload_detail.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    status: Mapped[ListingStatus] = mapped_column(Word(ListingStatus))
    asin: Mapped[str | None] = mapped_column(String(10))
    issues: Mapped[list[Any]] = mapped_column(JSON, default=list)


class PricePush(Base):
    """A price on its way to the marketplace, without anything else of the listing."""

    __tablename__ = "price_push"
    __table_args__ = (
        Index("ix_price_push_store_id_state_id", "store_id", "state", "id"),
        Index("uq_price_push_waiting", "listing_id", unique=True, sqlite_where=text("state = 'queued'"),
              postgresql_where=text("state = 'queued'")),
    )  # fmt: skip
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    price: Mapped[Decimal] = mapped_column(money())
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[PushState] = mapped_column(Word(PushState), default=PushState.QUEUED)
    submission: Mapped[str | None] = mapped_column(String(60))
    issue: Mapped[str | None] = mapped_column(String(1000))
    """What the marketplace said, in one line."""
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
