"""What the charts of a preview are drawn from: bars of prices and of changes, the cloud of old and new prices, and who moves most.

Counted exactly, block by block; at the end made as small as a chart needs it.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.prices.price_arrays import Columns, Integers
from lib.prices.price_sheets import UNITS, Sheet

BARS = 60
MOST_PERCENT = 500
"""What becomes this much of what it was, in percent, or more, is counted together."""
WIDTHS = (1, 2, 5, 10, 20, 50, 100)
MOVERS = 50
FINENESS = 4
"""Into how many parts, as a power of two, the cloud divides each doubling of a price."""
CELLS = 100
FIRST = 1023 << FINENESS
SAMPLE = 4_096
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Histogram:
    """Prices from `edges[i]` to below the next; those of the last edge have no upper end. Amounts of one currency."""

    edges: tuple[Decimal, ...] = ()
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


@dataclass(frozen=True)
class Changes:
    """Moved prices by their change in percent, from `edges[i]` to below the next; `above` is what lies at or above the last."""

    edges: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    above: int = 0


@dataclass(frozen=True)
class Scatter:
    """How many prices went from where to where: (x, y, count) from `olds[x]` to below the next and `news[y]` to below the next."""

    olds: tuple[Decimal, ...] = ()
    news: tuple[Decimal, ...] = ()
    cells: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True)
class Mover:
    """A price that moves, of a listing or, without one, of a product in a store. `percent` is rounded to 0.01."""

    listing_id: int | None
    product_id: int
    store_id: int
    currency: str
    before: Decimal
    after: Decimal
    percent: Decimal

    @property
    def change(self) -> Fraction:
        """The change as it is, in percent of what the price was; never below 0."""
        return abs(Fraction(self.after) / Fraction(self.before) - 1) * 100


def amount(units: Any) -> Decimal:
    """1/10,000 as a number people read."""
    return Decimal(int(units)).scaleb(-4)


class Bars:
    """Prices before and after, in bars of equal width that suit most of the prices first seen."""

    def __init__(self) -> None:
        self.width = 0
        self.counts = np.zeros((2, BARS + 1), dtype=np.int64)

    def fit(self, sheet: Sheet) -> None:
        if self.width:
            return
        step = max(len(sheet) // SAMPLE, 1)
        seen = np.sort(np.concatenate([sheet.before[::step], sheet.after[::step]]))
        seen = seen[seen > 0]
        if len(seen):
            self.width = round_width(int(seen[(len(seen) - 1) * 99 // 100]) // (BARS - 10) + 1)

    def add(self, *both: Integers) -> None:
        if not self.width:  # not one price in the sample: as few as there may be have bars of one unit of money
            self.width = UNITS
        for counts, prices in zip(self.counts, both, strict=True):
            places = np.minimum(prices // self.width, BARS)
            counts += np.bincount(places + 1, minlength=BARS + 2)[1:]

    def histogram(self) -> Histogram:
        """Without the empty bars at the upper end."""
        used = np.flatnonzero(self.counts.any(axis=0))
        if not len(used):
            return Histogram()
        end = int(used[-1]) + 1
        edges = tuple(amount(place * self.width) for place in range(end))
        before, after = (tuple(map(int, counts[:end])) for counts in self.counts)
        return Histogram(edges, before, after)


def round_width(least: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 … that is not below."""
    power: int = 10 ** (len(str(least)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least)


class Percents:
    """Moved prices by how many whole percent of what they were they become."""

    def __init__(self) -> None:
        self.counts = np.zeros(MOST_PERCENT + 1, dtype=np.int64)

    def add(self, steps: NDArray[np.float64], moved: NDArray[np.bool_]) -> None:
        percent = np.minimum(steps.astype(np.int64) // 100 + 100, MOST_PERCENT) + 1
        self.counts += np.bincount(percent * moved, minlength=MOST_PERCENT + 2)[1:]

    def changes(self) -> Changes:
        """In bars as narrow as there is room for; a change of nothing is always an edge."""
        above, used = int(self.counts[MOST_PERCENT]), np.flatnonzero(self.counts[:MOST_PERCENT]) - 100
        if not len(used):
            return Changes((MOST_PERCENT - 100,) if above else (), (), above)
        low, high = int(used[0]), MOST_PERCENT - 101 if above else int(used[-1])
        width = next(w for w in WIDTHS if high // w - low // w < BARS or w == WIDTHS[-1])
        first, last = low // width, high // width
        counts = np.bincount(used // width - first, self.counts[used + 100], last - first + 1)
        edges = range(first * width, (last + 2) * width, width)
        return Changes(tuple(edges), tuple(map(int, counts)), above)


class Cloud:
    """Old and new prices, each by its place among the doublings of 1/10,000."""

    def __init__(self) -> None:
        self.counts: dict[tuple[int, int], int] = {}
        self.olds = self.news = np.empty(0, dtype=np.int16)

    def begin(self, rows: int) -> None:
        self.olds, self.news = np.empty(rows, dtype=np.int16), np.empty(rows, dtype=np.int16)

    def add(self, block: slice, before: Integers, then: Integers) -> None:
        for places, prices in ((self.olds, before), (self.news, then)):
            bits = prices.astype(np.float64).view(np.int64)
            places[block] = np.where(prices > 0, (bits >> (52 - FINENESS)) - FIRST, -1)

    def end(self) -> None:
        """Count what has been added since the beginning of the sheet."""
        both = (self.olds >= 0) & (self.news >= 0)
        olds, news = (self.olds, self.news) if both.all() else (self.olds[both], self.news[both])
        self.begin(0)
        if not len(olds):
            return
        left, low = int(olds.min()), int(news.min())
        height = int(news.max()) - low + 1
        codes = (olds.astype(np.intp) - left) * height + (news - low)
        counts = np.bincount(codes)
        for code in np.flatnonzero(counts):
            spot = (int(code) // height + left, int(code) % height + low)
            self.counts[spot] = self.counts.get(spot, 0) + int(counts[code])

    def scatter(self) -> Scatter:
        """At most CELLS cells wide and high."""
        if not self.counts:
            return Scatter()
        shift = next(s for s in range(16) if all(_span([spot[d] >> s for spot in self.counts]) < CELLS for d in (0, 1)))
        cells: dict[tuple[int, int], int] = {}
        for (x, y), count in self.counts.items():
            cells[x >> shift, y >> shift] = cells.get((x >> shift, y >> shift), 0) + count
        left, low = min(x for x, _ in cells), min(y for _, y in cells)
        olds = tuple(_edge(x, shift) for x in range(left, max(x for x, _ in cells) + 2))
        news = tuple(_edge(y, shift) for y in range(low, max(y for _, y in cells) + 2))
        return Scatter(olds, news, tuple((x - left, y - low, count) for (x, y), count in sorted(cells.items())))


def _span(places: list[int]) -> int:
    return max(places) - min(places)


def _edge(place: int, shift: int) -> Decimal:
    octave, part = divmod(place << shift, 1 << FINENESS)
    exact = Fraction(2) ** octave * (1 + Fraction(part, 1 << FINENESS)) / UNITS
    return Decimal(exact.numerator) / exact.denominator


class Top:
    """The moves with the highest score, at most MOVERS."""

    def __init__(self, columns: Columns):
        self.columns = columns
        self.held: list[tuple[Any, ...]] = []
        self.least = 0.0

    def offer(self, scores: NDArray[Any], sheet: Sheet, start: int) -> None:
        """The scores of a block of the sheet that begins at `start`; 0 for what does not move."""
        best = np.flatnonzero(scores > self.least)
        if not len(best):
            return
        if len(best) > MOVERS:
            best = best[np.argpartition(scores[best], -MOVERS)[-MOVERS:]]
        places = best + start
        rows = _rows(sheet, places)
        found = (-scores[best], rows, sheet.products[places], sheet.before[places], sheet.after[places])
        new = zip(*(column.tolist() for column in found), strict=True)
        self.held = sorted(self.held + [(*one, sheet.store_id, sheet.terms.currency) for one in new])[:MOVERS]
        self.least = -self.held[-1][0] if len(self.held) == MOVERS else 0.0

    def movers(self) -> tuple[Mover, ...]:
        return tuple(self._mover(*one) for one in self.held)

    def _mover(
        self, _score: Any, row: int, product: int, before: int, after: int, store_id: int, currency: str
    ) -> Mover:
        listing = int(self.columns.listing_ids[row]) if row >= 0 else None
        percent = ((Decimal(after) / before - 1) * 100).quantize(CENT, ROUND_HALF_UP)
        product_id = int(self.columns.product_ids[product])
        return Mover(listing, product_id, store_id, currency, amount(before), amount(after), percent)


def _rows(sheet: Sheet, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """The rows of listings; -1 where none is listed."""
    if sheet.rows is None:
        return np.full(len(places), -1)
    return places + sheet.rows.start if isinstance(sheet.rows, slice) else sheet.rows[places]
