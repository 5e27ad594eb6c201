"""The figures of a preview: plain numbers, small enough to be sent to a chart, made from what was counted."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from math import ceil

import numpy as np

from lib.money import round_half_up
from lib.prices.formula import EXACT, exchange
from lib.prices.price_arrays import Integers
from lib.prices.price_pictures import CENT, Changes, Histogram, Mover, Scatter
from lib.prices.price_sheets import UNITS
from lib.prices.price_tally import DOWN, FIRST, LOCKED, NO_PRICE, SAME, UP, WAYS, Tally


@dataclass(frozen=True)
class Share:
    """A store or a category: `id` and name ("" for products without a category), and how many of its prices go which way.

    `mean_change` is the mean of the changes in percent of the prices that stay or move, each cut to 0.01 %; None when there is none.
    """

    id: int | None
    name: str
    total: int
    up: int
    down: int
    same: int
    first: int
    none: int
    locked: int
    mean_change: Decimal | None


@dataclass(frozen=True)
class Margin:
    """Revenue and cost of one piece of everything that has a price and a known cost, in the currency of the stores.

    After: as if it had been applied, so that locked prices and those for which there is no new one stay.
    """

    currency: str
    revenue_before: Decimal
    cost_before: Decimal
    revenue_after: Decimal
    cost_after: Decimal


@dataclass(frozen=True)
class Preview:
    """What would happen to `total` prices, each of which is one of up, down, same, first, none or locked.

    `first` had no price and gets one; for `none` the book gives no price, for these `reasons`, and what they have stays. `below_…` counts
    the prices that the book gives (locked ones left out), `moved_below_…` those of them that would be written. `moved_share` (up and
    down, of those that have a price) and `most_change` (of `farthest`) are percentages rounded up to 0.01, so that comparing them with a
    limit of two decimals is exact. `currency` is the one of histogram, scatter and `dearest`; `far` is by percent, of all of them.
    """

    total: int = 0
    up: int = 0
    down: int = 0
    same: int = 0
    first: int = 0
    none: int = 0
    locked: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    below_floor: int = 0
    below_cost: int = 0
    moved_below_floor: int = 0
    moved_below_cost: int = 0
    moved_share: Decimal = Decimal(0)
    most_change: Decimal = Decimal(0)
    farthest: Mover | None = None
    by_store: tuple[Share, ...] = ()
    by_category: tuple[Share, ...] = ()
    currency: str = ""
    histogram: Histogram = field(default_factory=Histogram)
    changes: Changes = field(default_factory=Changes)
    scatter: Scatter = field(default_factory=Scatter)
    far: tuple[Mover, ...] = ()
    dearest: tuple[Mover, ...] = ()
    margins: tuple[Margin, ...] = ()
    digest: str = ""
    mark: str = ""

    @property
    def moved(self) -> int:
        return self.up + self.down


def told(tally: Tally, of_moves: str, mark: str) -> Preview:
    """The preview of all that has been counted."""
    book = tally.priced.book
    every = sum(tally.ways.values(), np.zeros((tally.categories, WAYS), dtype=np.int64))
    ways = every.sum(axis=0)
    moved, had = int(ways[UP] + ways[DOWN]), int(tally.had)
    far = tally.farthest.movers()
    farthest = max(far, key=lambda mover: mover.change, default=None)
    return Preview(
        total=int(ways.sum()), up=int(ways[UP]), down=int(ways[DOWN]), same=int(ways[SAME]), first=int(ways[FIRST]),
        none=int(ways[NO_PRICE]), locked=int(ways[LOCKED]), reasons=tally.reasons,
        below_floor=tally.below["floor"], below_cost=tally.below["cost"],
        moved_below_floor=tally.below["moved floor"], moved_below_cost=tally.below["moved cost"],
        moved_share=_upwards(Fraction(100 * moved, had)) if had else Decimal(0),
        most_change=_upwards(farthest.change) if farthest else Decimal(0), farthest=farthest,
        by_store=tuple(
            _share(number, book.stores[number].name, ways.sum(axis=0), int(tally.steps[number].sum()))
            for number, ways in tally.ways.items()
        ),
        by_category=_by_category(tally, every), currency=tally.currency, histogram=tally.bars.histogram(),
        changes=tally.percents.changes(), scatter=tally.cloud.scatter(), far=far, dearest=tally.dearest.movers(),
        margins=_margins(tally), digest=of_moves, mark=mark,
    )  # fmt: skip


def _upwards(percent: Fraction) -> Decimal:
    return (Decimal(ceil(percent * 100)) / 100).quantize(CENT)


def _by_category(tally: Tally, every: Integers) -> tuple[Share, ...]:
    """Those with the most moves first."""
    paths, steps = tally.priced.book.paths, sum(tally.steps.values(), np.zeros(tally.categories, dtype=np.int64))
    shares = [
        _share(number, paths[number][-1] if number in paths else "", every[place], int(steps[place]))
        for place, number in enumerate(tally.priced.columns.category_ids) if every[place].any()
    ]  # fmt: skip
    return tuple(sorted(shares, key=lambda share: (-share.up - share.down, share.name)))


def _share(number: int | None, name: str, ways: Integers, steps: int) -> Share:
    up, down, same, first, none, locked = (int(ways[way]) for way in (UP, DOWN, SAME, FIRST, NO_PRICE, LOCKED))
    compared = up + down + same
    mean = (Decimal(steps) / (100 * compared)).quantize(CENT, ROUND_HALF_UP) if compared else None
    return Share(number, name, int(ways.sum()), up, down, same, first, none, locked, mean)


def _margins(tally: Tally) -> tuple[Margin, ...]:
    found: dict[str, list[Fraction]] = {}
    for (currency, source), sums in tally.money.items():
        fx = Fraction(exchange(source, currency, tally.priced.book.rates.get((source, currency))) or 0)
        told = found.setdefault(currency, [Fraction(0)] * 4)
        for place, units in enumerate(sums):
            told[place] += units * (fx if place % 2 else 1)
    return tuple(Margin(currency, *(_money(number, currency) for number in told)) for currency, told in found.items())


def _money(units: Fraction, currency: str) -> Decimal:
    """Rounded as the currency is."""
    with localcontext(EXACT):
        return round_half_up(Decimal(units.numerator) / units.denominator / UNITS, currency)
