"""What a book of prices, saved or tried, would do to all the prices of the library: counted, pictured, and to the last digit.

    columns, book = price_columns.current(session), Book.whole(session).drafted(draft)
    rows = rows_in(session, columns, scope)
    look(columns, book, rows)         the figures of a preview
    moves(columns, book, rows)        what applying it would write; both have the same digest

Compared with "listed", the prices that listings have; or with "saved", what the saved rules would give every product of the library
in every active store, listed there or not: for a company that has listed nothing yet.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import arrays, search
from db.models import Product
from lib.prices.price_arrays import NONE, Columns, Integers
from lib.prices.price_book import Book
from lib.prices.price_draft import Scope
from lib.prices.price_sheets import EVERYTHING, Priced, Rows, Sheet, listed, of_library, of_listings, placed
from lib.prices.price_summary import Margin, Preview, Share, told
from lib.prices.price_tally import Tally
from lib.products import categories

__all__ = ["Margin", "Moves", "Preview", "Rows", "Share", "look", "moves", "priced", "rows_in"]

Compare = Literal["listed", "saved"]


@dataclass(frozen=True, eq=False)
class Moves:
    """What applying would write, by the listings' ids: without locked prices, those that stay and those for which there is no new one.

    Prices in 1/10,000, -1 where there was none; `versions` are the ids of the rules' versions, -1 without a rule or for one only tried.
    """

    listing_ids: Integers
    before: Integers
    after: Integers
    versions: Integers
    digest: str


def rows_in(session: Session, columns: Columns, scope: Scope) -> Rows:
    """The listings that a scope means."""
    products = None
    if scope.categories or scope.sources:
        below = set[int | None](session.scalars(categories.below(scope.categories))) if scope.categories else None
        wanted = [
            (below is None or key.category_id in below) and (not scope.sources or key.source in scope.sources)
            for key in columns.group_keys
        ]
        products = np.array(wanted, dtype=bool).take(columns.groups)
    if scope.text:
        having = _having(session, columns, scope.text)
        products = having if products is None else products & having
    picked = None
    if scope.listings:
        picked = np.zeros(len(columns.listing_ids), dtype=bool)
        picked[columns.rows_of(scope.listings)] = True
    return Rows(products, frozenset(scope.stores) if scope.stores else None, picked)


def _having(session: Session, columns: Columns, text: str) -> NDArray[np.bool_]:
    """Which products have all the words."""
    found = arrays.columns(session, select(Product.id).where(search.matching(text)))[0]
    return np.isin(columns.product_ids, found, assume_unique=True)


def priced(columns: Columns, book: Book, rows: Rows = EVERYTHING) -> Integers:
    """What each listing would sell for, in 1/10,000; -1 for none, and for those that are not looked at."""
    found = np.full(len(columns.listing_ids), NONE, dtype=np.int64)
    for sheet in of_listings(Priced.by(columns, book), rows):
        found[sheet.rows] = sheet.after
    return found


def moves(columns: Columns, book: Book, rows: Rows = EVERYTHING) -> Moves:
    by = Priced.by(columns, book)
    writing = _Writing(by)
    for sheet in of_listings(by, rows):
        changed = (sheet.after > 0) & (sheet.after != sheet.before)
        writing.add(sheet, changed if sheet.locked is None else changed & ~sheet.locked)
    return writing.moves()


class _Writing:
    """Moves as they come, sheet by sheet."""

    def __init__(self, by: Priced):
        self.by = by
        self.after = np.empty(len(by.columns.listing_ids), dtype=np.int64)
        self.changed = np.zeros(len(by.columns.listing_ids), dtype=bool)

    def add(self, sheet: Sheet, changed: NDArray[np.bool_]) -> None:
        self.after[sheet.rows], self.changed[sheet.rows] = sheet.after, changed

    def moves(self) -> Moves:
        columns = self.by.columns
        rows = columns.by_id[self.changed.take(columns.by_id)]
        ids, before, after = (part.take(rows) for part in (columns.listing_ids, columns.live, self.after))
        versions = self.by.versions.take(columns.groups.take(columns.products.take(rows)))
        return Moves(ids, before, after, versions, digest(ids, before, after))


def digest(*numbers: Integers) -> str:
    """The same for the same ids, old and new prices, on every machine."""
    told = hashlib.sha256()
    for part in numbers:
        told.update(np.ascontiguousarray(part, dtype="<i8").data)
    return told.hexdigest()


# The preview


def look(
    columns: Columns, book: Book, rows: Rows = EVERYTHING, compare: Compare = "listed", saved_book: Book | None = None,
    currency: str | None = None,
) -> Preview:  # fmt: skip
    """What the book would do. `saved_book` is what "saved" compares with; `currency` that of the pictures, or that of most prices."""
    by = Priced.by(columns, book)
    saved = Priced.by(columns, saved_book or book) if compare == "saved" else None
    tally = Tally(by, currency or _commonest(columns, book, rows, saved is None))
    writing = _Writing(by) if saved is None else None
    for sheet in of_listings(by, rows) if saved is None else of_library(by, saved, rows):
        changed = tally.add(sheet)
        if writing:
            writing.add(sheet, changed)
    return told(tally, writing.moves().digest if writing else "", f"{columns.mark} {book.mark}")


def _commonest(columns: Columns, book: Book, rows: Rows, is_listed: bool) -> str:
    """The currency that most prices are in."""
    many: Counter[str] = Counter()
    if is_listed:
        for _, terms, _, products in listed(columns, book, rows):
            many[terms.currency] += len(products)
    else:
        for _, terms, products in placed(columns, book, rows):
            many[terms.currency] += len(products)
    return many.most_common(1)[0][0] if many else ""
