"""The whole library as arrays of integers: what each product costs, which rule it follows, and what each listing sells for.

Nothing here knows rules or rates: lib/prices/price_columns.py keeps one copy of it up to date, lib/prices/price_preview.py prices it.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Integer, Select, String, case, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from db import arrays
from db.models import Listing, ListingPrice, Product
from db.vocabulary import CURRENCIES, LibraryState, Source

Integers = NDArray[np.int64]
NONE, UNUSABLE = -1, -2
"""Instead of an amount: there is none; and, of a cost, it is below zero."""
SOURCES = tuple(Source)
ASKED = 5_000
"""How many ids are named in one question."""


class Group(NamedTuple):
    """What decides by which rule and rate a product is priced. All products that have it in common are one group."""

    category_id: int | None
    source: Source
    currency: str


class Products(NamedTuple):
    """Some products, by id: `groups` counts in `keys`. `in_library`: draft or ready, not captured or deleted."""

    ids: Integers
    costs: Integers
    groups: NDArray[np.int32]
    keys: Sequence[Group]
    in_library: NDArray[np.bool_]


class Listings(NamedTuple):
    """Some listings, in any order; with the ids of their products and stores."""

    ids: Integers
    product_ids: Integers
    store_ids: Integers
    live: Integers
    locked: NDArray[np.bool_]

    def some(self, rows: Any) -> "Listings":
        parts: list[Any] = [column[rows] for column in self]
        return Listings(*parts)


@dataclass(frozen=True, eq=False)
class Columns:
    """Every product and every listing that there is, deleted ones too: what has a listing has a price. Amounts in 1/10,000.

    Products are in the order of their ids. Listings are those of one store after another (of `store_ids[k]` the rows from `bounds[k]` to
    `bounds[k + 1]`), within a store in the order of their products; `by_id` has the rows in the order of the listings' ids.
    A change makes another Columns with another `mark`; whoever holds this one goes on with it.
    """

    product_ids: Integers
    costs: Integers
    groups: NDArray[np.int32]
    group_keys: tuple[Group, ...]
    in_library: NDArray[np.bool_]
    store_ids: tuple[int, ...]
    bounds: tuple[int, ...]
    listing_ids: Integers
    products: NDArray[np.int32]
    live: Integers
    locked: NDArray[np.bool_]
    by_id: NDArray[np.int32]
    mark: str

    def of_store(self, position: int) -> slice:
        """The rows of the listings of store `store_ids[position]`."""
        return slice(self.bounds[position], self.bounds[position + 1])

    def rows_of(self, listing_ids: Iterable[int] | Integers) -> NDArray[np.intp]:
        """The rows of these listings; those that there are not (any more) are left out."""
        asked = np.unique(np.fromiter(listing_ids, dtype=np.int64))
        found = np.searchsorted(self.listing_ids, asked, sorter=self.by_id)
        rows: NDArray[np.intp] = self.by_id[found[found < len(self.by_id)]].astype(np.intp)
        rows = rows[self.listing_ids[rows] == asked[: len(rows)]]
        return rows

    @cached_property
    def category_ids(self) -> tuple[int | None, ...]:
        """The categories that products are in, each once."""
        return tuple(dict.fromkeys(key.category_id for key in self.group_keys))

    @cached_property
    def categories(self) -> NDArray[np.intp]:
        """Of each product, the position of its category in `category_ids`."""
        position = {number: place for place, number in enumerate(self.category_ids)}
        of_group = np.array([position[key.category_id] for key in self.group_keys], dtype=np.intp)
        return of_group.take(self.groups)

    def listings(self) -> Listings:
        """All of them as they came from the database, in our order."""
        stores = np.repeat(np.array(self.store_ids, dtype=np.int64), np.diff(self.bounds))
        return Listings(self.listing_ids, self.product_ids[self.products], stores, self.live, self.locked)


def read(session: Session) -> Columns:
    """Everything anew."""
    # The listings first: whoever is added while we read has a product that we know.
    found = listings(session)
    return assembled(products(session), found)


def assembled(products: Products, listings: Listings) -> Columns:
    """Columns of products in the order of their ids and of listings in any. A listing without its product is left out."""
    place = np.searchsorted(products.ids, listings.product_ids)
    place = np.minimum(place, max(len(products.ids) - 1, 0))
    if not len(products.ids):
        listings, place = listings.some(slice(0)), place[:0]
    elif (lost := products.ids[place] != listings.product_ids).any():
        listings, place = listings.some(~lost), place[~lost]
    stores, store = np.unique(listings.store_ids, return_inverse=True)
    # A stable sort is quick where most of it is sorted already, as what comes from the database is.
    order = np.argsort(store * max(len(products.ids), 1) + place, kind="stable")
    ids = listings.ids[order]
    bounds = np.concatenate([[0], np.bincount(store, minlength=len(stores)).cumsum()])
    return Columns(
        products.ids, products.costs, products.groups, tuple(products.keys), products.in_library,
        tuple(map(int, stores)), tuple(map(int, bounds)), ids, place[order].astype(np.int32), listings.live[order], listings.locked[order],
        np.argsort(ids, kind="stable").astype(np.int32), new_mark(),
    )  # fmt: skip


def new_mark() -> str:
    return uuid.uuid4().hex


# From the database


def products(session: Session, ids: Iterable[int] | None = None) -> Products:
    """All products, or those of these that there are; in the order of their ids."""
    cost = type_coerce(Product.source_price, BigInteger)
    query = select(
        Product.id,
        case((cost.is_(None), NONE), (cost < 0, UNUSABLE), else_=cost),
        func.coalesce(Product.category_id, -1),
        _number_of(type_coerce(Product.source, String), [source.value for source in SOURCES]),
        _number_of(Product.currency, CURRENCIES),
        case((Product.state.in_([LibraryState.DRAFT, LibraryState.READY]), 1), else_=0),
    )  # fmt: skip
    numbers, costs, category, source, currency, in_library = _columns(session, query, Product.id, ids)
    names = list(CURRENCIES)
    if (strange := np.flatnonzero(currency < 0)).size:
        currency[strange] = _other_currencies(session, numbers[strange], names)
    together, groups = np.unique(((category + 1) * len(SOURCES) + source) * len(names) + currency, return_inverse=True)
    return Products(numbers, costs, groups.astype(np.int32), [_group(int(n), names) for n in together], in_library == 1)


def _number_of(column: Any, words: Sequence[str]) -> Any:
    return case({word: place for place, word in enumerate(words)}, value=column, else_=-1)


def _other_currencies(session: Session, ids: Integers, names: list[str]) -> Integers:
    """Of products whose currency is not one of ours; what is new goes to the end of `names`."""
    told: dict[int, str] = {}
    for some in _chunks(ids):
        rows = session.execute(select(Product.id, Product.currency).where(Product.id.in_(some)))
        told |= {row.id: row.currency for row in rows}
    names += sorted(set(told.values()) - set(names))
    return np.array([names.index(told.get(int(number), names[0])) for number in ids], dtype=np.int64)


def _group(together: int, names: Sequence[str]) -> Group:
    rest, currency = divmod(together, len(names))
    category, source = divmod(rest, len(SOURCES))
    return Group(category - 1 if category else None, SOURCES[source], names[currency])


def listings(session: Session, ids: Iterable[int] | None = None) -> Listings:
    """All listings, or those of these that there are; with their prices. One without a price has none and is not locked."""
    ids = None if ids is None else list(ids)
    query: Any = select(Listing.id, Listing.product_id, Listing.store_id)
    numbers, product_ids, store_ids = _columns(session, query, Listing.id, ids)
    priced, amounts, locks = prices(session, ids)
    if np.array_equal(numbers, priced):
        return Listings(numbers, product_ids, store_ids, amounts, locks)
    live, locked = np.full(len(numbers), NONE, dtype=np.int64), np.zeros(len(numbers), dtype=bool)
    _, here, there = np.intersect1d(numbers, priced, assume_unique=True, return_indices=True)
    live[here], locked[here] = amounts[there], locks[there]
    return Listings(numbers, product_ids, store_ids, live, locked)


def prices(
    session: Session, ids: Iterable[int] | None = None, of: Select[Any] | None = None
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """The ids of listings, their prices and whether these are locked: of all, of these, or of those that a query selects."""
    amount = func.coalesce(type_coerce(ListingPrice.price, BigInteger), NONE)
    query: Any = select(ListingPrice.id, amount, cast(ListingPrice.locked, Integer))
    if of is not None:
        numbers, amounts, locked = arrays.columns(session, query.where(ListingPrice.id.in_(of)))
    else:
        numbers, amounts, locked = _columns(session, query, ListingPrice.id, ids)
    return numbers, np.maximum(amounts, NONE), locked == 1


def _columns(session: Session, query: Select[Any], key: Any, ids: Iterable[int] | None) -> list[Integers]:
    if ids is None:
        return arrays.columns(session, query, key)
    parts = [arrays.columns(session, query.where(key.in_(some))) for some in _chunks(sorted(ids)) or [[]]]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _chunks(ids: Iterable[int]) -> list[list[int]]:
    numbers = [int(number) for number in ids]
    return [numbers[start : start + ASKED] for start in range(0, len(numbers), ASKED)]
