"""A look at the library through a draft, as the laboratory takes one at each change: quick, and the same that an apply would see."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from db.models import now
from db.vocabulary import Source
from lib.prices import price_breaker, price_columns, price_gains, price_preview, price_proposal
from lib.prices.price_arrays import Columns
from lib.prices.price_book import Book
from lib.prices.price_breaker import Limits
from lib.prices.price_draft import Draft, RuleKey, Scope
from lib.prices.price_pictures import amount
from lib.prices.price_preview import Compare, Preview, Rows
from lib.prices.price_sheets import UNITS, Priced, Sheet, of_listings
from lib.problems import Problem

CHOSEN = 8
"""So many scopes are remembered: which rows they mean."""
SECONDS = 20
"""So long the words of a title stand for the same products."""
MOST_LOW, MOST_DIFFERING = 50, 10_000


@dataclass(frozen=True, eq=False)
class Library:
    """Everything that is priced, and what it is priced by as saved."""

    columns: Columns
    book: Book

    @property
    def currencies(self) -> dict[Source, str]:
        """What most products of a source cost in."""
        many = np.bincount(self.columns.groups, minlength=len(self.columns.group_keys)).tolist()
        found: dict[Source, dict[str, int]] = {}
        for key, count in zip(self.columns.group_keys, many, strict=False):
            of_source = found.setdefault(key.source, {})
            of_source[key.currency] = of_source.get(key.currency, 0) + count
        return {source: max(counts, key=counts.__getitem__) for source, counts in found.items()}

    @property
    def pairs(self) -> set[str]:
        """The rates that are needed, there or not."""
        costs = {key.currency for key in self.columns.group_keys if key.currency}
        sells = {terms.currency for terms in self.book.stores.values()}
        return {f"{cost}/{sold}" for cost in costs for sold in sells if cost != sold}


@dataclass(frozen=True)
class Look:
    """What a draft would do; `stops` is what the breaker would say to applying it."""

    preview: Preview
    stops: tuple[Problem, ...]
    limits: Limits
    at: datetime

    @property
    def count(self) -> int:
        """How many prices an apply would write."""
        return self.preview.moved + self.preview.first


def library(session: Session) -> Library:
    return Library(price_columns.current(session), Book.whole(session))


def take(
    session: Session, known: Library, book: Book, scope: Scope, compare: Compare = "listed", currency: str | None = None
) -> Look:
    """Through `book`: that of the library, or the same with a draft in it."""
    at, rows = now(), chosen(session, known, scope)
    preview = price_preview.look(known.columns, book, rows, compare, known.book, currency)
    limits = price_breaker.limits(session)
    figures = price_proposal.figures(session, known.columns, preview)
    return Look(preview, tuple(price_breaker.judge(figures, limits)), limits, at)


# Which rows a scope means: the same for each look of a moving slider


_rows: OrderedDict[Any, Rows] = OrderedDict()
_lock = threading.Lock()


def chosen(session: Session, known: Library, scope: Scope) -> Rows:
    if scope == Scope():
        return Rows()
    key = (known.columns.mark, known.book.mark, scope, int(time.monotonic() / SECONDS) if scope.text else 0)
    with _lock:
        found = _rows.get(key)
    if found is None:
        found = price_preview.rows_in(session, known.columns, scope)
        with _lock:
            _rows[key] = found
            while len(_rows) > CHOSEN:
                _rows.popitem(last=False)
    return found


def differing(session: Session, scope: Scope) -> tuple[tuple[int, ...], int]:
    """The listings whose price is not what the saved rules give: the first of them, and how many there are."""
    known = library(session)
    found = price_preview.moves(known.columns, known.book, chosen(session, known, scope)).listing_ids
    return tuple(found[:MOST_DIFFERING].tolist()), len(found)


# What is too low


@dataclass(frozen=True)
class Low:
    """A listing whose price would be below the floor of its store or below what it costs."""

    listing_id: int
    store_id: int
    before: Decimal | None
    after: Decimal
    below_floor: bool
    below_cost: bool


def low(session: Session, known: Library, book: Book, scope: Scope) -> list[Low]:
    """The first of them, store by store; locked ones are left out."""
    found: list[Low] = []
    for sheet in of_listings(Priced.by(known.columns, book), chosen(session, known, scope)):
        found += _low_in(known.columns, sheet, MOST_LOW - len(found))
        if len(found) >= MOST_LOW:
            break
    return found


def _low_in(columns: Columns, sheet: Sheet, most: int) -> Iterator[Low]:
    floor = sheet.terms.floor
    under = (sheet.after < int(floor * UNITS)) if floor is not None else np.zeros(len(sheet), dtype=bool)
    under &= sheet.after >= 0
    which = under | sheet.below_cost
    if sheet.locked is not None:
        which &= ~sheet.locked
    ids = columns.listing_ids[sheet.rows]
    for place in np.flatnonzero(which)[:most].tolist():
        before = int(sheet.before[place])
        yield Low(
            int(ids[place]), sheet.store_id, amount(before) if before >= 0 else None, amount(sheet.after[place]),
            bool(under[place]), bool(sheet.below_cost[place]),
        )  # fmt: skip


def gains(
    session: Session, known: Library, book: Book, key: RuleKey, scope: Scope
) -> Callable[[Decimal], tuple[Decimal, Decimal]]:
    """What everything of a scope that a rule prices would earn and cost at any ratio; without a listing, the library in every store."""
    is_listed = bool(len(known.columns.listing_ids))
    return price_gains.gains(known.columns, book, key, chosen(session, known, scope), is_listed)


def tried(known: Library, draft: Draft) -> Book:
    return known.book.drafted(draft) if draft else known.book
