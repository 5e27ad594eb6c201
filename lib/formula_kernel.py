"""The price formula for very many products at once: to the last digit the answers of `formula.price`."""

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, lcm

import numpy as np
from numpy.typing import NDArray

from lib.formula import LIMIT, Rate, StoreTerms, Tier, exchange, ladder
from lib.money import decimals

UNITS = 10_000  # a cost arrives as an integer of 1/10,000
LARGEST = int(np.iinfo(np.int64).max)


def amounts(
    prices: NDArray[np.int64], source_currency: str, tiers: Iterable[Tier], terms: StoreTerms, rate: Rate | None
) -> NDArray[np.int64]:
    """Prices in minor units of the store's currency, -1 where there is none.

    `prices` are source prices in 1/10,000 of the source currency, any negative number where one is missing; `tiers`
    those of the one rule that all of them follow, () without a rule.
    """
    found = np.full(prices.shape, -1, dtype=np.int64)
    fx = exchange(source_currency, terms.currency, rate)
    if fx is None:
        return found
    minor = 10 ** decimals(terms.currency)
    onward = Fraction(fx) * Fraction(terms.percent) / 100 * minor
    above = int(LIMIT) * UNITS
    for tier in ladder(tiers):
        start = max(ceil(Fraction(tier.threshold) * UNITS), 0)
        mine = (prices >= start) & (prices < above)
        slope = Fraction(tier.percent) / 100 * onward / UNITS
        found[mine] = _line(prices[mine], slope, Fraction(tier.fine) * onward + Fraction(terms.fine) * minor)
        above = min(above, start)
    return np.where((found > 0) & (found < int(LIMIT) * minor), found, -1)


def _line(prices: NDArray[np.int64], slope: Fraction, fixed: Fraction) -> NDArray[np.int64]:
    """slope x price + fixed, rounded half up; results that cannot be a price come out as -1."""
    below = lcm(slope.denominator, fixed.denominator)
    factor, added = int(slope * below), int(fixed * below) + below // 2
    # Past this price a product might not fit 64 bits; those few are calculated with Python's own integers.
    fits = (LARGEST - abs(added)) // max(abs(factor), 1) if max(abs(factor), abs(added), below) <= LARGEST else -1
    small = prices <= fits
    result = np.empty(prices.shape, dtype=np.int64)
    if small.any():
        result[small] = (prices[small] * factor + added) // below
    result[~small] = [_wide(int(price), factor, added, below) for price in prices[~small]]
    return result


def _wide(price: int, factor: int, added: int, below: int) -> int:
    result = (price * factor + added) // below
    return result if 0 < result <= LARGEST else -1
