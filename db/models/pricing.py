"""How prices are made: rules with their tiers and versions, rates of exchange, experiments, and the runs that write prices."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import QUIET, Base, Moment, Word, money, now, percent, rate
from db.vocabulary import RunKind, RunState, Source


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


class PriceRuleVersion(Base):
    """What a rule said from then on. Written whenever its tiers change, by whatever command."""

    __tablename__ = "price_rule_version"
    __table_args__ = (UniqueConstraint("category_id", "source", "number"),)
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id", ondelete="CASCADE"))
    source: Mapped[Source] = mapped_column(Word(Source))
    number: Mapped[int]
    tiers: Mapped[list[Any]] = mapped_column(JSON)
    """[threshold, percent, fine] of each tier in force, as text, low to high; none when the rule is switched off."""
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    actor: Mapped[str] = mapped_column(String(60))
    set_id: Mapped[int | None] = mapped_column(ForeignKey("change_set.id"))


class Experiment(Base):
    """Rules, store terms and rates that somebody tries, kept under a name. It changes nothing."""

    __tablename__ = "experiment"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    owner: Mapped[str] = mapped_column(String(60))
    is_shared: Mapped[bool] = mapped_column(default=True)
    draft: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What differs from the saved rules, as lib/prices/price_draft.py writes it."""
    scope: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, info=QUIET)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now, info=QUIET)


class PriceLimits(Base):
    """The circuit breaker: a run that goes further needs a person who may say so."""

    __tablename__ = "price_limits"

    id: Mapped[int] = mapped_column(primary_key=True)
    most_moved: Mapped[Decimal] = mapped_column(percent(), default=Decimal(50))
    """How many may move, in percent of all prices that listings have."""
    most_change: Mapped[Decimal] = mapped_column(percent(), default=Decimal(30))
    """How far any one price may move, in percent of what it was."""


class PriceRun(Base):
    """Prices written in one go. Its moves are prepared first and become the listings' prices all at the same moment."""

    __tablename__ = "price_run"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RunKind] = mapped_column(Word(RunKind), default=RunKind.APPLY)
    state: Mapped[RunState] = mapped_column(Word(RunState), default=RunState.STAGING)
    title: Mapped[str] = mapped_column(String(200), default="")
    actor: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(500), default="")
    scope: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    book: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The stores' terms and the rates of exchange that it priced with."""
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    digest: Mapped[str] = mapped_column(String(64), default="")
    set_id: Mapped[int | None] = mapped_column(ForeignKey("change_set.id"), index=True)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("price_run.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    applied_at: Mapped[datetime | None] = mapped_column(Moment)


class PriceMove(Base):
    """One price in a run: from, to, and the version of the rule that gave it. With the runs, the history of each price.

    No index but its key and no reference that the database checks: each would double the time to write a million. The moves of one
    listing are found by asking for it in each run.
    """

    __tablename__ = "price_move"
    __table_args__ = {"sqlite_with_rowid": False}
    historied = False

    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    listing_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    before: Mapped[Decimal | None] = mapped_column(money())
    after: Mapped[Decimal | None] = mapped_column(money())
    version_id: Mapped[int | None]
