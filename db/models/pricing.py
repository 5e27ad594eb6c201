"""How prices are made: rules with their tiers, and rates of exchange."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import QUIET, Base, Moment, Word, money, now, percent, rate
from db.vocabulary import Source


class PriceTier(Base):
    """From this source price upwards: a percentage and a fine adjustment.

    All tiers of one category and source together are that category's price rule; it never acts on another source.
    """

    __tablename__ = "price_tier"
    __table_args__ = (UniqueConstraint("category_id", "source", "threshold"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    source: Mapped[Source] = mapped_column(Word(Source))
    threshold: Mapped[Decimal] = mapped_column(money())
    percent: Mapped[Decimal] = mapped_column(percent())
    fine: Mapped[Decimal] = mapped_column(money(), default=Decimal(0))
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now, info=QUIET)


class ExchangeRate(Base):
    """What one unit of `base` was worth in `quote` on that day."""

    __tablename__ = "exchange_rate"
    __table_args__ = (UniqueConstraint("base", "quote", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    base: Mapped[str] = mapped_column(String(3))
    quote: Mapped[str] = mapped_column(String(3))
    day: Mapped[date] = mapped_column(Date)
    rate: Mapped[Decimal] = mapped_column(rate())
