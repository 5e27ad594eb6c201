"""What all tables share: names of constraints, and the three types that keep money, time and words exact."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, MetaData, String, Table, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

from db.vocabulary import Term

QUIET: dict[str, Any] = {"quiet": True}
"""A column marked so (info=QUIET) is not written to the history: it follows from others, or nobody may read it there."""


class Base(DeclarativeBase):
    """Every table. Changes are written to the history unless the table says `historied = False`."""

    historied = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # SQLite gives the number of a deleted row out again; the history would then speak of another row.
        if cls.historied and isinstance(cls.__table__, Table):
            cls.__table__.dialect_options["sqlite"]["autoincrement"] = True

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Exact(TypeDecorator[Decimal]):
    """A Decimal kept as an integer of its smallest step: Exact(4) stores 12.5 as 125000. Nothing is ever rounded."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int):
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.places} decimals")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.places)


def money() -> Exact:
    """An amount in the currency that stands beside it, to 1/10,000."""
    return Exact(4)


def percent() -> Exact:
    """150 means 150 %; to 1/100 of a percent."""
    return Exact(2)


def rate() -> Exact:
    """A rate of exchange, to 1/100,000,000."""
    return Exact(8)


class Moment(TypeDecorator[datetime]):
    """A point in time: always with its zone in Python, always UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Word(TypeDecorator[Term]):
    """A word of one of the closed lists in db/vocabulary.py; any other is refused."""

    impl = String(20)
    cache_ok = True

    def __init__(self, terms: type[Term]):
        super().__init__()
        self.terms = terms

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.terms(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Term | None:
        return None if value is None else self.terms(value)


def now() -> datetime:
    return datetime.now(UTC)
