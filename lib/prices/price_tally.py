"""What a change of prices comes to, counted while sheet after sheet goes by: how many go which way, in which store and category, how
far, and what that does to revenue and margin.

Counts and sums are exact. A block of rows is small enough to stay near the processor.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.prices.formula import exchange
from lib.prices.price_arrays import NONE, Integers
from lib.prices.price_pictures import Bars, Cloud, Percents, Top
from lib.prices.price_sheets import TOP, UNITS, Priced, Sheet

BLOCK = 1 << 15
DOWN, SAME, UP, FIRST, NO_PRICE, LOCKED, WAYS = 0, 1, 2, 3, 5, 7, 8
"""Which way a price goes; those that move from one price to another are the even ones."""
STEPS = 10_000
"""A price that stays is so many steps of what it was; steps are counted down to whole ones."""
MOST_STEPS = 10**9
"""A change of more than 10,000,000 % counts as that much."""
Sums = dict[tuple[str, str], list[int]]


class Tally:
    """Everything that is counted. `currency` is the one of the pictures."""

    def __init__(self, priced: Priced, currency: str):
        self.priced, self.currency = priced, currency
        self.categories = max(len(priced.columns.category_ids), 1)
        self.ways: dict[int, Integers] = {}
        """By store: of each category how many go which way."""
        self.steps: dict[int, Integers] = {}
        """By store: of each category the sum of the changes, in steps."""
        self.reasons: dict[str, int] = {}
        self.had = 0
        """How many have a price now."""
        self.below = {"floor": 0, "cost": 0, "moved floor": 0, "moved cost": 0}
        self.money: Sums = {}
        """By currency of the store and of the source: revenue and cost of before, and of after."""
        self.percents, self.bars, self.cloud = Percents(), Bars(), Cloud()
        self.farthest, self.dearest = Top(priced.columns), Top(priced.columns)

    def add(self, sheet: Sheet) -> NDArray[np.bool_]:
        """Count a sheet; which of its rows get another price than they have."""
        changed = np.empty(len(sheet), dtype=bool)
        ways = np.zeros(self.categories * WAYS, dtype=np.int64)
        steps = np.zeros(self.categories, dtype=np.int64)
        pictured = sheet.terms.currency == self.currency
        if pictured:
            self.bars.fit(sheet)
            self.cloud.begin(len(sheet))
        sources = list(_sources(self.priced, sheet))
        for block in _blocks(len(sheet)):
            part = Part(self.priced, sheet, block)
            changed[block] = part.changed
            self.had += part.had
            ways += np.bincount(part.category * WAYS + part.way, minlength=len(ways))
            steps += np.bincount(part.category, part.step, self.categories).astype(np.int64)
            self.percents.add(part.step, part.moved)
            self.farthest.offer(part.far, sheet, block.start)
            self._count_low(sheet, part)
            self._add_money(sheet, part, sources)
            if pictured:
                self.dearest.offer(part.gone, sheet, block.start)
                self.bars.add(part.before, part.then)
                self.cloud.add(block, part.before, part.then)
        self.cloud.end()
        self._close(sheet, ways.reshape(-1, WAYS), steps)
        return changed

    def _count_low(self, sheet: Sheet, part: "Part") -> None:
        self._count_below("cost", sheet.below_cost[part.block], part)
        if sheet.terms.floor is not None:
            least = -int(-sheet.terms.floor * UNITS // 1)
            self._count_below("floor", (part.after < least) & part.has, part)

    def _count_below(self, what: str, below: NDArray[np.bool_], part: "Part") -> None:
        if not below.any():
            return
        self.below[what] += int(np.count_nonzero(below & part.free))
        self.below[f"moved {what}"] += int(np.count_nonzero(below & part.changed))

    def _add_money(self, sheet: Sheet, part: "Part", sources: list[tuple[str, NDArray[np.bool_] | None]]) -> None:
        usable = (part.cost >= 0) & (part.cost < TOP)
        for currency, mine in sources:
            known = usable if mine is None else usable & mine[part.block]
            sums = self.money.setdefault((sheet.terms.currency, currency), [0, 0, 0, 0])
            for place, prices in ((0, part.before), (2, part.then)):
                priced = known & (prices > 0)
                sums[place] += total(prices, priced)
                sums[place + 1] += total(part.cost, priced)

    def _close(self, sheet: Sheet, ways: Integers, steps: Integers) -> None:
        empty = np.zeros_like(ways), np.zeros_like(steps)
        self.ways[sheet.store_id] = self.ways.get(sheet.store_id, empty[0]) + ways
        self.steps[sheet.store_id] = self.steps.get(sheet.store_id, empty[1]) + steps
        if ways[:, NO_PRICE].any():
            none = sheet.after < 0 if sheet.locked is None else (sheet.after < 0) & ~sheet.locked
            for why, number in self.priced.why_none(sheet.terms, sheet.products[none]).items():
                self.reasons[why] = self.reasons.get(why, 0) + number


class Part:
    """A block of a sheet. `then` is what is charged afterwards: locked prices stay, and those for which there is no new one."""

    def __init__(self, priced: Priced, sheet: Sheet, block: slice):
        products = sheet.products[block]
        self.block, self.after = block, sheet.after[block]
        self.category = priced.columns.categories.take(products)
        self.cost = priced.columns.costs.take(products)
        had, self.has = sheet.before[block] > 0, self.after > 0
        self.had = int(np.count_nonzero(had))
        self.before = sheet.before[block] if had.all() else np.where(had, sheet.before[block], NONE)
        self.way = np.sign(self.after - self.before) + 1
        self.way[~had] = FIRST
        self.way[~self.has] = NO_PRICE
        self.free = np.ones(len(had), dtype=bool) if sheet.locked is None else ~sheet.locked[block]
        self.way[~self.free] = LOCKED
        self.moved = (self.way & 1) == 0
        self.changed = self.moved | (self.way == FIRST)
        self.then = self._then(sheet)
        self._measure()

    def _then(self, sheet: Sheet) -> Integers:
        then = np.where(self.changed, self.after, self.before)
        if sheet.rows is None:  # nothing is listed yet that could keep its price
            then[~self.has] = NONE
        return then

    def _measure(self) -> None:
        """How far each price moves: `gone` as an amount, `far` and `step` in steps of 0.01 %, 0 where it does not.

        A quotient of whole numbers is itself whole in floating point when it is exactly; so no step is counted too few.
        """
        quotient = self.after * float(STEPS)
        quotient /= self.before
        quotient[~self.moved] = STEPS
        self.far = np.abs(quotient - STEPS)
        self.step = np.minimum(np.floor(quotient) - STEPS, MOST_STEPS)
        self.gone = np.abs(self.after - self.before) * self.moved


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))


def _sources(priced: Priced, sheet: Sheet) -> Iterator[tuple[str, NDArray[np.bool_] | None]]:
    """The currencies of the products for which there is a rate, and which rows have it; None for all."""
    of_rows = None
    for place, currency in enumerate(priced.currencies):
        rate = priced.book.rates.get((currency, sheet.terms.currency))
        if not currency or exchange(currency, sheet.terms.currency, rate) is None:
            continue
        if len(priced.currencies) == 1:
            yield currency, None
        else:
            if of_rows is None:
                of_rows = priced.of_group.take(priced.columns.groups.take(sheet.products))
            yield currency, of_rows == place


def total(amounts: Integers, chosen: NDArray[np.bool_]) -> int:
    """The sum of some amounts, whatever their size."""
    some = amounts if chosen.all() else amounts[chosen]
    if not len(some):
        return 0
    large: Any = some if int(some.max()) * len(some) < 1 << 63 else some.astype(object)
    return int(large.sum())
