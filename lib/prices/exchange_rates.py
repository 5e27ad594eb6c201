"""Rates of exchange: which can be, and how the newest of a pair, with which prices are made, is replaced."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ExchangeRate, now
from db.vocabulary import CURRENCIES

PLACES = 8
MOST = 1_000_000_000


def error(base: str | None, quote: str | None, day: date | None, value: Any) -> str | None:
    """Why this cannot be the rate of that day; None when it can."""
    if base not in CURRENCIES or quote not in CURRENCIES or base == quote:
        return "A rate needs two different currencies. Nothing was saved."
    if text := value_error(value):
        return f"{text} Nothing was saved."
    if day is None or day > (now() + timedelta(days=1)).date():
        return "A rate needs the day on which it held, today at the latest. Nothing was saved."
    return None


def value_error(value: Any) -> str | None:
    """Why no rate can be this number."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int) or not Decimal(value).is_finite() or value <= 0:
        return "A rate must be above 0."
    if value >= MOST:
        return f"A rate must be below {MOST:,}."
    if Decimal(value) != round(Decimal(value), PLACES):
        return f"A rate has at most {PLACES} decimals. Round it."
    return None


def newest(session: Session, base: str, quote: str) -> ExchangeRate | None:
    """The rate that prices are made with, kept from other writers until the transaction ends."""
    query = select(ExchangeRate).where(ExchangeRate.base == base, ExchangeRate.quote == quote)
    return session.scalars(query.order_by(ExchangeRate.day.desc()).limit(1).with_for_update()).first()


def put(session: Session, base: str, quote: str, value: Decimal) -> None:
    """Make it the newest rate of the pair: today's, unless a later one stands there already, which it then replaces."""
    last, today = newest(session, base, quote), now().date()
    if last is not None and last.day >= today:
        last.rate = value
    else:
        session.add(ExchangeRate(base=base, quote=quote, day=today, rate=value))
