"""(factor x amount + added) / below, rounded down: exact for many 64-bit amounts at once, whatever the three numbers.

As long as 64 bits hold the products they are divided as they are. Where they do not, the quotient is estimated and then
corrected by its remainder: that is small, so it comes out right although all it is made of overflows. Only numbers that
are too large for that too are left to Python's own integers.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST = int(np.iinfo(np.int64).max)

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Line:
    """`below` is above 0; a result that is not from 1 to below `top` may come out as -1."""

    factor: int
    added: int
    below: int
    top: int

    def at(self, amount: int) -> int:
        return (self.factor * amount + self.added) // self.below

    def divide(self, amounts: Integers, found: Integers) -> bool:
        """Into `found`, for at least one amount; whether all results are surely from 1 to below `top`."""
        low, high = int(amounts.min()), int(amounts.max())
        peak = max(-low, high) * abs(self.factor) + abs(self.added)
        if max(peak, self.below, abs(self.factor)) <= LARGEST:
            np.multiply(amounts, self.factor, out=found)
            found += self.added
            found //= self.below
        elif (shift := self._shift(peak)) is not None:
            self._correct(amounts, shift, found)
        else:
            found[:] = self.with_python(amounts.astype(object))
        least, most = sorted((self.at(low), self.at(high)))
        return least > 0 and most < self.top

    def with_python(self, amounts: NDArray[np.object_]) -> Integers:
        """For Python integers of any size."""
        results: NDArray[Any] = (amounts * self.factor + self.added) // self.below
        return np.where((results > 0) & (results < self.top), results, -1).astype(np.int64)

    def _shift(self, peak: int) -> int | None:
        """By how many bits to divide first so that the remainder fits 64 bits; None when it never does."""
        largest = peak // self.below
        wrong = (largest >> 50) + 3  # how far an estimate of 53 bits, cut to an integer, can be from the quotient
        shift = max((wrong * self.below).bit_length() - 63, 0)
        fits = largest < 1 << 62 and (abs(self.factor) + 1) << shift <= LARGEST
        return shift if fits and self.below % (1 << shift) == 0 else None

    def _correct(self, amounts: Integers, shift: int, found: Integers) -> None:
        """The estimate, and what the remainder adds to it."""
        estimate = amounts * (self.factor / self.below)
        estimate += self.added / self.below
        np.copyto(found, estimate, casting="unsafe")
        rest = (amounts >> shift if shift else amounts) * self.factor
        rest += _wrapped(self.added >> shift)
        if cut := (1 << shift) - 1:
            rest += ((amounts & cut) * self.factor + (self.added & cut)) >> shift
        rest -= found * (self.below >> shift)
        rest //= self.below >> shift
        found += rest


def _wrapped(number: int) -> np.int64:
    """The number as 64 bits hold it after an overflow."""
    return np.int64((number + (1 << 63)) % (1 << 64) - (1 << 63))
