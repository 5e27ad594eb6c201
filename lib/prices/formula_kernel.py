"""The price formula for very many products at once: to the last digit the answers of `formula.price`.

First the category's part of every product, once for all stores (`staged`), then each store's own part (`in_store`).
Everything is an integer: whole numbers of the smallest unit that loses nothing, divided once at the end (`exact_line`).
Rows are worked on in blocks that stay near the processor.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.money import decimals
from lib.prices.exact_line import LARGEST, Integers, Line
from lib.prices.formula import LIMIT, Rate, StoreTerms, Tier, exchange, ladder
from lib.prices.price_ending import repeats

UNITS = 10_000  # a cost arrives as an integer of 1/10,000
TOP = int(LIMIT) * UNITS
BLOCK = 1 << 15
NONE = np.empty(0, dtype=object)
MISSING, LARGE = 1, 2  # the kinds of a staged row that are not ordinary

Rows = NDArray[Any] | slice


@dataclass(frozen=True, eq=False)
class Ladders:
    """The tiers of many rules in one table, `width` places a rule, from the lowest threshold up.

    A cost x `factors` + `fixed` of its place is the category stage in whole numbers of 1/`unit`; costs above `reach`
    need more than 64 bits and take the same two numbers from `exact`.
    """

    width: int
    unit: int
    thresholds: Integers
    factors: Integers
    fixed: Integers
    reach: Integers
    exact: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.thresholds) // self.width


@dataclass(frozen=True, eq=False)
class Staged:
    """The category stage of many products: `amounts` in whole numbers of 1/`unit` of the source currency.

    `kinds` is None where all rows are ordinary. A MISSING row has no cost; of a LARGE one the amount is a position in
    `large`, where the stage is a Python integer.
    """

    amounts: Integers
    kinds: NDArray[np.uint8] | None
    large: NDArray[np.object_]
    unit: int

    def take(self, rows: Rows) -> "Staged":
        """Some of the rows: by index, by boolean mask or by slice."""
        return Staged(self.amounts[rows], None if self.kinds is None else self.kinds[rows], self.large, self.unit)


def amounts(
    prices: Integers, source_currency: str, tiers: Iterable[Tier], terms: StoreTerms, rate: Rate | None
) -> Integers:
    """`in_store` for products that all follow one rule with these tiers, () without a rule."""
    one = np.zeros(prices.shape, dtype=np.int32)
    return in_store(staged(prices, one, ladders([tuple(tiers)])), terms, rate, source_currency)


# The category's part


def ladders(rules: Sequence[Sequence[Tier]]) -> Ladders:
    """Rule i is the i-th sequence of tiers, in any order; () is no rule, 100 % + 0. Every number is finite."""
    steps = [ladder(tiers)[::-1] for tiers in rules]
    percents = {tier.percent for step in steps for tier in step}
    fines = {tier.fine for step in steps for tier in step}
    slopes = {percent: Fraction(percent) / 100 / UNITS for percent in percents}
    unit = lcm(*(slope.denominator for slope in slopes.values()), *(fine.as_integer_ratio()[1] for fine in fines))
    factor = {percent: int(slope * unit) for percent, slope in slopes.items()}
    fixed = {fine: int(Fraction(fine) * unit) for fine in fines}
    start = {t: min(max(ceil(Fraction(t) * UNITS), 0), TOP) for t in {t.threshold for step in steps for t in step}}
    width = 1 << (max(map(len, steps), default=1) - 1).bit_length()
    rows = [[(start[tier.threshold], factor[tier.percent], fixed[tier.fine]) for tier in step] for step in steps]
    return _table(width, unit, [place for row in rows for place in (*row, *[(TOP, 0, 0)] * (width - len(row)))])


def _table(width: int, unit: int, places: list[tuple[int, int, int]]) -> Ladders:
    exact = np.empty((len(places), 2), dtype=object)
    exact[:] = [place[1:] for place in places] or exact
    fits = [abs(factor) <= LARGEST and abs(fixed) <= LARGEST for _, factor, fixed in places]
    reach = [
        (LARGEST - abs(fixed)) // max(abs(factor), 1) if small else -1
        for small, (_, factor, fixed) in zip(fits, places, strict=True)
    ]
    narrow = [place if small else (place[0], 0, 0) for small, place in zip(fits, places, strict=True)]
    columns = np.array(narrow, dtype=np.int64).reshape(-1, 3).T.copy()
    return Ladders(width, unit, columns[0], columns[1], columns[2], np.array(reach, dtype=np.int64), exact)


def staged(costs: Integers, rule: NDArray[np.integer[Any]], ladders: Ladders) -> Staged:
    """The category stage of each row. `costs` in 1/10,000, negative where missing; `rule` is an index into the ladders.

    IndexError when a rule is not in them.
    """
    if len(rule) and not (rule.min() >= 0 and rule.max() < len(ladders)):
        raise IndexError("A product follows a rule that is not in the ladders.")
    safe = min(int(ladders.reach.min(initial=TOP)), TOP - 1)
    found = np.empty(costs.shape, dtype=np.int64)
    kinds = np.zeros(costs.shape, dtype=np.uint8)
    large: list[NDArray[np.object_]] = [NONE]
    for block in _blocks(len(costs)):
        cost, amount = costs[block], found[block]
        place = _places(cost, rule[block], ladders)
        np.multiply(ladders.factors.take(place), cost, out=amount)
        amount += ladders.fixed.take(place)
        if cost.min() < 0 or cost.max() > safe:
            large.append(_set_apart(cost, place, ladders, amount, kinds[block], sum(map(len, large))))
    return Staged(found, kinds if kinds.any() else None, np.concatenate(large), ladders.unit)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))


def _places(cost: Integers, rule: NDArray[np.integer[Any]], ladders: Ladders) -> NDArray[np.intp]:
    """The place of each row's tier: in its rule the last threshold that the cost reaches."""
    place = rule.astype(np.intp) * ladders.width
    half = ladders.width // 2
    while half:
        reached = ladders.thresholds.take(place + half) <= cost
        place += reached.astype(np.intp) * half
        half //= 2
    return place


def _set_apart(
    cost: Integers, place: NDArray[np.intp], ladders: Ladders, amount: Integers, kinds: NDArray[np.uint8], known: int
) -> NDArray[np.object_]:
    """Marks the rows without a cost and those that 64 bits cannot hold; the stages of the second, as Python integers."""
    missing = (cost < 0) | (cost >= TOP)
    rows = np.flatnonzero(~missing & (cost > ladders.reach.take(place)))
    kinds[missing], kinds[rows] = MISSING, LARGE
    amount[rows] = np.arange(known, known + len(rows))
    amount[missing] = amount[missing.argmin()]  # as its neighbours: a block of ordinary amounts is priced faster
    exact = ladders.exact[place[rows]]
    stages: NDArray[np.object_] = cost[rows].astype(object) * exact[:, 0] + exact[:, 1]
    return stages


# The store's part


def in_store(
    staged: Staged,
    terms: StoreTerms,
    rate: Rate | None,
    source_currency: str,
    rows: Rows | None = None,
    out: Integers | None = None,
) -> Integers:
    """Prices in minor units of the store's currency, -1 where there is none, for all rows or those that are asked for.

    All of them have `source_currency`. Who prices again and again gives the array to write into as `out`.
    """
    if isinstance(rows, slice) or (rows is not None and rows.dtype == bool):
        staged, rows = staged.take(rows), None
    found = np.empty(len(staged.amounts if rows is None else rows), dtype=np.int64) if out is None else out
    fx = exchange(source_currency, terms.currency, rate)
    if fx is None or not (terms.percent.is_finite() and terms.fine.is_finite()):
        found.fill(-1)
        return found
    line = _line(staged.unit, terms, fx)
    for block in _blocks(len(found)):
        _price(staged.take(block if rows is None else rows[block]), line, terms, found[block])
    return found


def at_cost(costs: Integers, source_currency: str, currency: str, rate: Rate | None) -> Integers:
    """The lowest price, in minor units of the store's currency, that is not below cost; -1 where none is below cost.

    `costs` as for `staged`. A price p of the kernel is `Price.below_cost` where p < at_cost.
    """
    found = np.full(len(costs), -1, dtype=np.int64)
    fx = exchange(source_currency, currency, rate)
    if fx is None:
        return found
    terms = StoreTerms("", currency, Decimal(100), Decimal(0))
    line = _line(UNITS, terms, fx)
    line = replace(line, added=line.below - 1, top=LARGEST)
    known = (costs > 0) & (costs < TOP)
    staged = Staged(np.where(known, costs, 0), None, NONE, UNITS)
    for block in _blocks(len(costs)):
        _price(staged.take(block), line, terms, found[block])
    found[known & (found < 0)] = LARGEST
    return found


def _line(unit: int, terms: StoreTerms, fx: Decimal) -> Line:
    """From the category stage to the price in minor units, half of one included for the rounding."""
    minor = 10 ** decimals(terms.currency)
    slope, fixed = Fraction(fx) * Fraction(terms.percent) / 100 * minor / unit, Fraction(terms.fine) * minor
    below = lcm(slope.denominator, fixed.denominator)
    return Line(int(slope * below), int(fixed * below) + below // 2, below, int(LIMIT) * minor)


def _price(staged: Staged, line: Line, terms: StoreTerms, found: Integers) -> None:
    """The prices of one block."""
    clean = line.divide(staged.amounts, found)
    if len(staged.large) and staged.kinds is not None:
        rows = np.flatnonzero(staged.kinds == LARGE)
        found[rows], clean = line.with_python(staged.large[staged.amounts[rows]]), False
    none = None if clean else (found <= 0) | (found >= line.top)
    if staged.kinds is not None:
        missing = staged.kinds == MISSING
        none = missing if none is None else none | missing
    _lift(found, terms, line.top)
    if none is not None:
        found[none] = -1


def _lift(found: Integers, terms: StoreTerms, top: int) -> None:
    """To the next price that ends as the store's prices do."""
    ending = repeats(terms.ending, terms.currency)
    if ending is None:
        return
    last, every = (int(part.scaleb(decimals(terms.currency))) for part in ending)
    found += every - 1 - last
    found //= every
    found *= every
    found += last
    if found.max() >= top:
        found[found >= top] = -1
