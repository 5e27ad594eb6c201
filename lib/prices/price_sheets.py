"""Prices of a whole library by a price book, a sheet for each store: what every listing sells for, and what it would.

Integers of 1/10,000 of the store's currency, -1 where there is no price; to the last digit what lib/prices/formula.py says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.money import decimals
from lib.prices.formula import LIMIT, Rate, Rule, StoreTerms, exchange
from lib.prices.formula_kernel import Staged, at_cost, in_store, ladders, staged
from lib.prices.price_arrays import NONE, Columns, Integers
from lib.prices.price_book import Book

UNITS = 10_000
TOP = int(LIMIT) * UNITS
Places = NDArray[Any] | slice


@dataclass(frozen=True, eq=False)
class Rows:
    """Which listings are looked at: of these products, in these stores, and of these rows; None stands for all."""

    products: NDArray[np.bool_] | None = None
    stores: frozenset[int] | None = None
    listings: NDArray[np.bool_] | None = None


EVERYTHING = Rows()


@dataclass(frozen=True, eq=False)
class Sheet:
    """The prices of one store. `rows` are those of the listings in the columns; None for products that need not be listed.

    `products` are positions in the columns. `below_cost` is about the price after.
    """

    store_id: int
    terms: StoreTerms
    rows: Places | None
    products: NDArray[np.int32]
    before: Integers
    after: Integers
    locked: NDArray[np.bool_] | None
    below_cost: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.products)


@dataclass(frozen=True, eq=False)
class Priced:
    """A book that has been put to the products: their category stage, once for all stores, and which rule gave it."""

    columns: Columns
    book: Book
    staged: Staged
    versions: Integers
    """Of each group, the id of the version of its rule; -1 without one."""
    currencies: Sequence[str]
    of_group: NDArray[np.int32]
    """Of each group, the position of its currency in `currencies`."""

    @classmethod
    def by(cls, columns: Columns, book: Book) -> "Priced":
        rules = rules_of(columns, book)
        places: dict[Any, int] = {(): 0}
        of_group = [places.setdefault(rule.tiers if rule else (), len(places)) for rule in rules]
        table = ladders(list(places))
        stage = staged(columns.costs, _array(of_group, np.int32).take(columns.groups), table)
        versions = [rule.id if rule and rule.id is not None else -1 for rule in rules]
        currencies = list(dict.fromkeys(key.currency for key in columns.group_keys))
        place = [currencies.index(key.currency) for key in columns.group_keys]
        return cls(columns, book, stage, _array(versions, np.int64), currencies, _array(place, np.int32))

    def prices(self, terms: StoreTerms, products: NDArray[np.int32], found: Integers, below: NDArray[np.bool_]) -> None:
        """Write the prices of products in a store into `found`, and which of them are below cost into `below`."""
        for currency, some in self._by_currency(products):
            asked = _span(products if some is None else products[some])
            rate = self.book.rates.get((currency, terms.currency))
            prices = in_store(self.staged, terms, rate, currency, asked)
            least = at_cost(self.columns.costs[asked], currency, terms.currency, rate)
            into: Any = slice(None) if some is None else some
            below[into] = (prices < least) & (prices >= 0)
            prices *= 10 ** (4 - decimals(terms.currency))
            np.maximum(prices, NONE, out=prices)
            found[into] = prices

    def _by_currency(self, products: NDArray[np.int32]) -> Iterator[tuple[str, NDArray[np.intp] | None]]:
        if len(self.currencies) == 1:
            yield self.currencies[0], None
            return
        of_each = self.of_group.take(self.columns.groups.take(products))
        for place, currency in enumerate(self.currencies):
            if len(some := np.flatnonzero(of_each == place)):
                yield currency, some

    def of_store(self, terms: StoreTerms, products: NDArray[np.int32]) -> tuple[Integers, NDArray[np.bool_]]:
        found, below = np.empty(len(products), dtype=np.int64), np.empty(len(products), dtype=bool)
        self.prices(terms, products, found, below)
        return found, below

    def why_none(self, terms: StoreTerms, products: NDArray[np.int32]) -> dict[str, int]:
        """Of products that have no price in a store, how many for which reason, named as `Price.why` does."""
        costs = self.columns.costs.take(products)
        counts = {"no cost": int((costs == NONE).sum()), "bad cost": 0, "no currency": 0, "no rate": 0}
        counts |= {"not above zero": 0, "too large": 0}
        products = products[costs != NONE]
        for currency, some in self._by_currency(products):
            mine = products if some is None else products[some]
            if not currency:
                counts["no currency"] += len(mine)
                continue
            costs = self.columns.costs.take(mine)
            usable = mine[(costs >= 0) & (costs < TOP)]
            counts["bad cost"] += len(mine) - len(usable)
            for why, number in self._out_of_range(terms, currency, usable).items():
                counts[why] += number
        return {why: number for why, number in counts.items() if number}

    def _out_of_range(self, terms: StoreTerms, currency: str, products: NDArray[np.int32]) -> dict[str, int]:
        rate = self.book.rates.get((currency, terms.currency))
        if exchange(currency, terms.currency, rate) is None:
            return {"no rate": len(products)}
        large = too_large(self.staged, terms, rate, currency, products)
        return {"not above zero": len(products) - large, "too large": large}


def too_large(staged: Staged, terms: StoreTerms, rate: Rate | None, currency: str, products: Places) -> int:
    """Of products that have a cost and a rate and yet no price, how many would cost too much; the others are not above zero."""
    # With nearly all that a price can be added, only what was not above zero is a price.
    lifted = replace(terms, fine=terms.fine + LIMIT * Decimal("0.9"), ending=None)
    return int((in_store(staged, lifted, rate, currency, products) < 0).sum())


def rules_of(columns: Columns, book: Book) -> list[Rule | None]:
    """The rule that each group of products follows: `Book.rule` for thousands of them."""
    held = {source: {rule.category: rule for rule in rules} for source, rules in book.rules.items()}
    rules: list[Rule | None] = []
    for key in columns.group_keys:
        of_source = held.get(key.source, {})
        path = book.paths.get(key.category_id, []) if key.category_id is not None else []
        rules.append(next((of_source[name] for name in reversed(path) if name in of_source), None))
    return rules


def _array(numbers: Sequence[int], kind: Any) -> NDArray[Any]:
    return np.array(numbers, dtype=kind)


def _span(products: NDArray[np.int32]) -> Places:
    """The same products as a slice, where they follow each other: they always go upwards."""
    if len(products) and int(products[-1]) - int(products[0]) + 1 == len(products):
        return slice(int(products[0]), int(products[-1]) + 1)
    return products


# Sheets


def of_listings(priced: Priced, rows: Rows = EVERYTHING) -> Iterator[Sheet]:
    """What listings sell for now, and by the book. Of active stores only: the others have no terms in it."""
    columns = priced.columns
    for store_id, terms, at, products in listed(columns, priced.book, rows):
        after, below = priced.of_store(terms, products)
        yield Sheet(store_id, terms, at, products, columns.live[at], after, columns.locked[at], below)


def listed(columns: Columns, book: Book, rows: Rows) -> Iterator[tuple[int, StoreTerms, Places, NDArray[np.int32]]]:
    """Of each store the rows of its listings, and the positions of their products."""
    for place, store_id in enumerate(columns.store_ids):
        terms = book.stores.get(store_id)
        if terms is None or (rows.stores is not None and store_id not in rows.stores):
            continue
        whole = columns.of_store(place)
        products, chosen = columns.products[whole], _chosen(rows, whole, columns.products[whole])
        if chosen is None or chosen.all():
            yield store_id, terms, whole, products
        elif chosen.any():
            yield store_id, terms, np.flatnonzero(chosen) + whole.start, products[chosen]


def _chosen(rows: Rows, whole: slice, products: NDArray[np.int32]) -> NDArray[np.bool_] | None:
    chosen = None if rows.listings is None else rows.listings[whole]
    if rows.products is None:
        return chosen
    of_products = rows.products.take(products)
    return of_products if chosen is None else chosen & of_products


def of_library(priced: Priced, saved: Priced, rows: Rows = EVERYTHING) -> Iterator[Sheet]:
    """What products would sell for in each active store, by the saved book and by the other, listed there or not.

    Those in the library; where listings were picked, these.
    """
    for store_id, terms, products in placed(priced.columns, priced.book, rows):
        before, _ = saved.of_store(saved.book.stores.get(store_id, terms), products)
        after, below = priced.of_store(terms, products)
        yield Sheet(store_id, terms, None, products, before, after, None, below)


def placed(columns: Columns, book: Book, rows: Rows) -> Iterator[tuple[int, StoreTerms, NDArray[np.int32]]]:
    """Of each store the positions of the products that are, or could be, sold there."""
    if rows.listings is not None:
        yield from ((store_id, terms, products) for store_id, terms, _, products in listed(columns, book, rows))
        return
    wanted = columns.in_library if rows.products is None else columns.in_library & rows.products
    products = np.flatnonzero(wanted).astype(np.int32)
    for store_id, terms in book.stores.items():
        if len(products) and (rows.stores is None or store_id in rows.stores):
            yield store_id, terms, products
