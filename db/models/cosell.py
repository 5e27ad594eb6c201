"""Offers on items that somebody else has put on the marketplace."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import QUIET, Base, Moment, Word, money, now
from db.vocabulary import OfferStatus


class CosellOffer(Base):
    __tablename__ = "cosell_offer"
    __table_args__ = (UniqueConstraint("store_id", "sku"), Index("ix_cosell_offer_store_id_asin", "store_id", "asin"))

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    asin: Mapped[str] = mapped_column(String(10))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"), index=True)
    sku: Mapped[str] = mapped_column(String(80))
    price: Mapped[Decimal | None] = mapped_column(money())
    quantity: Mapped[int] = mapped_column(default=0)
    floor: Mapped[Decimal | None] = mapped_column(money())
    confirmed: Mapped[bool] = mapped_column(default=False)
    """Somebody has said: same brand, same item, and we may sell it."""
    asin_title: Mapped[str | None] = mapped_column(String(500))
    asin_brand: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[OfferStatus] = mapped_column(Word(OfferStatus), default=OfferStatus.DRAFT)
    issue: Mapped[str | None] = mapped_column(String(1000))
    submission: Mapped[str | None] = mapped_column(String(60), info=QUIET)
    pushed_at: Mapped[datetime | None] = mapped_column(Moment, info=QUIET)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now, info=QUIET)
