"""The library as integers, one copy for everybody in this program, which knows when it is stale.

    columns = current(session)      as quick as nothing when nothing has changed; else only what has changed is read again

What has changed is told by the history: each change set that is newer than the last look, and each price run applied since.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from db import arrays
from db.models import Change, ChangeSet, PriceMove, PriceRun, now
from db.vocabulary import RunState
from lib.prices import price_arrays
from lib.prices.price_arrays import Columns, Integers, Listings, Products, assembled, new_mark, read

__all__ = ["Columns", "current", "forget", "read"]

LONGEST = timedelta(minutes=30)
"""A transaction takes less: its change set may be seen so much later than it says."""
MOST_ROWS = 50_000
"""So many changed rows are read one by one; with more, everything is read again."""
MOST_SETS, MOST_RUNS = 5_000, 100
OF_PRODUCTS = ("category_id", "source", "source_price", "currency", "state")
OF_LISTINGS = ("product_id", "store_id")


@dataclass
class _Copy:
    """What this program has in common of one database, and which change sets and price runs are in it already."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    columns: Columns | None = None
    looked: datetime = datetime.min
    sets: frozenset[int] = frozenset()
    runs: frozenset[int] = frozenset()


class _Touched(NamedTuple):
    products: set[int]
    listings: set[int]
    runs: frozenset[int]


_copies: dict[Any, _Copy] = {}
_naming = threading.Lock()


def current(session: Session) -> Columns:
    """The library as it is now: what is committed, and what the session itself has written so far."""
    shared = _shared(session)
    with shared.lock:
        # What a writer sees may yet be taken back: nobody else is shown it.
        return _look(session, shared if session.info.get("reading") else replace(shared))


def forget() -> None:
    """Read everything again at the next look: after changes that the history does not know."""
    with _naming:
        _copies.clear()


def _shared(session: Session) -> _Copy:
    """By the database and, where it is a file, by which file it is: a backup may have been put in its place."""
    connection = session.connection()
    url, file = connection.engine.url, connection.info.get("file")
    with _naming:
        if (url, file) not in _copies:
            for gone in [key for key in _copies if key[0] == url]:
                del _copies[gone]
            _copies[url, file] = _Copy()
        return _copies[url, file]


def _look(session: Session, copy: _Copy) -> Columns:
    looked = now()
    # On PostgreSQL a transaction may be committed long after one with a higher number: none can be the last one seen.
    since = (copy.looked if copy.columns else looked) - LONGEST
    sets = _numbers(session, select(ChangeSet.id).where(ChangeSet.at >= since))
    applied = select(PriceRun.id).where(PriceRun.state == RunState.APPLIED)
    runs = _numbers(session, applied.order_by(PriceRun.id.desc()).limit(MOST_RUNS))
    copy.columns = _refreshed(session, copy.columns, sets - copy.sets, runs - copy.runs)
    copy.looked, copy.sets, copy.runs = looked, sets, runs
    return copy.columns


def _numbers(session: Session, query: Select[Any]) -> frozenset[int]:
    found = query.subquery()
    return frozenset(arrays.columns(session, select(found.c.id))[0].tolist())


# What has changed


def _refreshed(session: Session, columns: Columns | None, sets: frozenset[int], runs: frozenset[int]) -> Columns:
    if columns is not None and not sets and not runs:
        return columns
    if columns is None or (touched := _touched(session, sets, runs)) is None:
        return read(session)
    if touched.products:
        asked = _array(touched.products)
        columns = _with_products(columns, asked, price_arrays.products(session, touched.products))
    if touched.listings:
        asked = _array(touched.listings)
        columns = _with_listings(columns, asked, price_arrays.listings(session, touched.listings))
    if touched.runs:
        moved = select(PriceMove.listing_id).where(PriceMove.run_id.in_(touched.runs))
        columns = _with_prices(columns, *price_arrays.prices(session, of=moved))
    return columns


def _touched(session: Session, sets: frozenset[int], runs: frozenset[int]) -> _Touched | None:
    """The rows that change sets say something about, and the runs; None when it is less work to read everything."""
    if len(sets) > MOST_SETS or len(runs) >= MOST_RUNS:
        return None
    rows: dict[str, set[int]] = {"product": set(), "listing": set(), "listing_price": set()}
    for table, number in session.execute(_relevant(sets).limit(MOST_ROWS + 1)):
        rows[table].add(number)
    listings = rows["listing"] | rows["listing_price"]
    if len(rows["product"]) + len(listings) > MOST_ROWS:
        return None
    return _Touched(rows["product"], listings, runs)


def _relevant(sets: Iterable[int]) -> Select[Any]:
    whole = Change.field.is_(None)
    query: Any = (
        select(Change.table, Change.row_id)
        .where(Change.set_id.in_(sets))
        .where(
            or_(
                and_(Change.table == "product", or_(whole, Change.field.in_(OF_PRODUCTS))),
                and_(Change.table == "listing", or_(whole, Change.field.in_(OF_LISTINGS))),
                Change.table == "listing_price",
            )
        )
        .distinct()
    )
    return query  # type: ignore[no-any-return]


def _array(ids: Iterable[int]) -> Integers:
    return np.array(sorted(ids), dtype=np.int64)


# The copy with the changes in it: arrays that stay the same are shared with the one before


def _with_products(columns: Columns, asked: Integers, found: Products) -> Columns:
    """With these products as they were found; those asked for and not found are gone."""
    keys = list(columns.group_keys)
    place = {key: number for number, key in enumerate(keys)}
    for key in found.keys:
        if key not in place:
            place[key] = len(keys)
            keys.append(key)
    groups = np.array([place[key] for key in found.keys], dtype=np.int32).take(found.groups)
    at = np.searchsorted(columns.product_ids, asked)
    known = at[at < len(columns.product_ids)]
    known = known[columns.product_ids[known] == asked[: len(known)]]
    if np.array_equal(columns.product_ids[known], found.ids):
        return replace(
            columns, costs=_put(columns.costs, known, found.costs), groups=_put(columns.groups, known, groups),
            in_library=_put(columns.in_library, known, found.in_library), group_keys=tuple(keys), mark=new_mark(),
        )  # fmt: skip
    new = found._replace(groups=groups)
    held: tuple[NDArray[Any], ...] = (columns.product_ids, columns.costs, columns.groups, columns.in_library)
    merged = [
        np.concatenate([np.delete(column, known), more])
        for column, more in zip(held, (new.ids, new.costs, new.groups, new.in_library), strict=True)
    ]
    order = np.argsort(merged[0], kind="stable")
    ids, costs, groups, in_library = (column[order] for column in merged)
    return assembled(Products(ids, costs, groups, keys, in_library), columns.listings())


def _with_listings(columns: Columns, asked: Integers, found: Listings) -> Columns:
    """With these listings as they were found; those asked for and not found are gone."""
    rows = columns.rows_of(asked)
    rows = rows[np.argsort(columns.listing_ids[rows])]
    held = columns.listings()
    same = [np.array_equal(held[part][rows], found[part]) for part in range(3)]
    if all(same):
        return _with_prices(columns, found.ids, found.live, found.locked)
    held_and_found: Any = zip(held, found, strict=True)
    merged = [np.concatenate([np.delete(ours, rows), new]) for ours, new in held_and_found]
    kept = Products(columns.product_ids, columns.costs, columns.groups, columns.group_keys, columns.in_library)
    return assembled(kept, Listings(*merged))


def _with_prices(columns: Columns, ids: Integers, live: Integers, locked: Any) -> Columns:
    """With these prices; `ids` in their order. One whose listing we do not know is left out."""
    at = np.searchsorted(columns.listing_ids, ids, sorter=columns.by_id)
    at = np.minimum(at, len(columns.by_id) - 1)
    rows = columns.by_id[at] if len(columns.by_id) else at
    is_ours = columns.listing_ids[rows] == ids if len(columns.by_id) else np.zeros(len(ids), dtype=bool)
    rows = rows[is_ours]
    return replace(
        columns, live=_put(columns.live, rows, live[is_ours]), locked=_put(columns.locked, rows, locked[is_ours]),
        mark=new_mark(),
    )  # fmt: skip


def _put(column: Any, rows: Any, values: Any) -> Any:
    if np.array_equal(column[rows], values):
        return column
    changed = column.copy()
    changed[rows] = values
    return changed
