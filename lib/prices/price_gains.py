"""What a rule earns at any ratio: for the question which ratio gives a category its margin."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lib.money import decimals
from lib.prices.formula import EXACT, PLAIN, Rate, StoreTerms, Tier, exchange
from lib.prices.formula_kernel import in_store, ladders, staged
from lib.prices.price_arrays import Columns, Integers
from lib.prices.price_book import Book
from lib.prices.price_draft import Draft, RuleKey
from lib.prices.price_sheets import EVERYTHING, TOP, UNITS, Rows, listed, placed, rules_of, too_large
from lib.prices.price_tally import total

TOO_LARGE = Decimal("Infinity")


@dataclass(frozen=True, eq=False)
class _Pile:
    """Products of one rule, of one currency, in one store; what one unit of either currency is in the common one."""

    terms: StoreTerms
    source: str
    rate: Rate | None
    costs: Integers
    of_price: Fraction
    of_cost: Fraction


def gains(
    columns: Columns, book: Book, key: RuleKey, rows: Rows = EVERYTHING, is_listed: bool = True
) -> Callable[[Decimal], tuple[Decimal, Decimal]]:
    """(revenue, cost) of one piece of everything that this rule prices, when its ratio is the one asked for: that of all its tiers.

    Thresholds and fine adjustments stay; without a rule it is one tier from 0. Of listings, or else of the library in every active store.
    Left out: locked prices, and products without a usable cost or rate. In the stores' currency where they have one in common; else in
    that of most sources, at the rates of the book. The cost is always that of all, priced or not; revenue is infinite when a price
    gets too large to be one.
    """
    tiers = _tiers(book, key)
    piles = list(_piles(columns, book.drafted(Draft(rules={key: tiers})), key, rows, is_listed))
    cost = sum((total(p.costs, np.ones(len(p.costs), dtype=bool)) * p.of_cost for p in piles), Fraction(0)) / UNITS

    def at(ratio: Decimal) -> tuple[Decimal, Decimal]:
        tried = tuple(replace(tier, percent=ratio) for tier in tiers)
        earned = [_revenue(pile, tried) for pile in piles]
        revenue = None if None in earned else sum((part for part in earned if part is not None), Fraction(0))
        return TOO_LARGE if revenue is None else _decimal(revenue), _decimal(cost)

    return at


def _tiers(book: Book, key: RuleKey) -> tuple[Tier, ...]:
    path = book.paths.get(key[0], [""])
    return next((rule.tiers for rule in book.rules.get(key[1], []) if rule.category == path[-1]), (PLAIN,))


def _piles(columns: Columns, book: Book, key: RuleKey, rows: Rows, is_listed: bool) -> Iterator[_Pile]:
    wanted = _followers(columns, book, key)
    mine = wanted if rows.products is None else wanted & rows.products
    found = list(_by_currency(columns, book, replace(rows, products=mine), is_listed))
    currencies = {terms.currency for terms, _, _ in found}
    sources = Counter({source: 0 for _, source, _ in found})
    for _, source, costs in found:
        sources[source] += len(costs)
    common = currencies.pop() if len(currencies) == 1 else next((name for name, _ in sources.most_common(1)), "")
    for terms, source, costs in found:
        rate = book.rates.get((source, terms.currency))
        fx, per_unit = exchange(source, terms.currency, rate), _per_unit(book, common, terms.currency)
        if source and fx is not None and per_unit is not None:
            yield _Pile(terms, source, rate, costs, 1 / per_unit, Fraction(fx) / per_unit)


def _per_unit(book: Book, common: str, currency: str) -> Fraction | None:
    fx = exchange(common, currency, book.rates.get((common, currency)))
    return None if fx is None else Fraction(fx)


def _followers(columns: Columns, book: Book, key: RuleKey) -> NDArray[np.bool_]:
    """The products that the rule prices."""
    path = book.paths.get(key[0], [""])[-1]
    follows = [
        rule is not None and rule.category == path and group.source == key[1]
        for rule, group in zip(rules_of(columns, book), columns.group_keys, strict=True)
    ]
    return np.array(follows, dtype=bool).take(columns.groups)


def _by_currency(
    columns: Columns, book: Book, rows: Rows, is_listed: bool
) -> Iterator[tuple[StoreTerms, str, Integers]]:
    """The usable costs of each store, by their currency."""
    names = np.array([key.currency for key in columns.group_keys], dtype=object)
    for terms, products in _products(columns, book, rows, is_listed):
        costs = columns.costs.take(products)
        products, costs = products[usable := (costs >= 0) & (costs < TOP)], costs[usable]
        of_each = names.take(columns.groups.take(products))
        for source in sorted(set(of_each.tolist())):
            yield terms, source, costs[of_each == source]


def _products(
    columns: Columns, book: Book, rows: Rows, is_listed: bool
) -> Iterator[tuple[StoreTerms, NDArray[np.int32]]]:
    if not is_listed:
        yield from ((terms, products) for _, terms, products in placed(columns, book, rows))
        return
    for _, terms, at, products in listed(columns, book, rows):
        yield terms, products[~columns.locked[at]]


def _revenue(pile: _Pile, tiers: tuple[Tier, ...]) -> Fraction | None:
    """None when a price is too large."""
    stage = staged(pile.costs, np.zeros(len(pile.costs), dtype=np.int32), ladders([tiers]))
    prices = in_store(stage, pile.terms, pile.rate, pile.source)
    none = np.flatnonzero(prices < 0)
    if len(none) and too_large(stage, pile.terms, pile.rate, pile.source, none):
        return None
    return Fraction(total(prices, prices >= 0), 10 ** decimals(pile.terms.currency)) * pile.of_price


def _decimal(number: Fraction) -> Decimal:
    with localcontext(EXACT):
        return Decimal(number.numerator) / number.denominator
