"""Series of codes: all numbers of one type that begin with one prefix, in an order that looks random and never repeats.

Pure arithmetic. The order is a permutation of a counter: number 0, 1, 2 ... each becomes another serial number of the series. `seed` makes
the order another one for each company, so that two that both use 910 do not draw the same codes.

Ten at a time have the same digits except for the last four: they then lie close together in the ledger's index, and among millions of
codes a run changes some hundred pages of it instead of nearly all.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.vocabulary import CodeType, Licence
from lib.codes import ean

ROUNDS = 4
CLOSE = 4
"""Digits at the end in which the ten that lie close together differ."""
SHORTEST = {CodeType.EAN13: 2, CodeType.UPCA: 1, CodeType.EAN8: 1, CodeType.GTIN14: 3}
TYPES = tuple(type.value for type in SHORTEST)
TAKEN = {"977": "magazines (ISSN)", "978": "books (ISBN)", "979": "books (ISBN)", "98": "refunds", "99": "coupons"}

UNLICENSED = (
    "{whose} Such numbers are well-formed but not licensed: Amazon may refuse them, attach the offer to another product, or suspend "
    "listing rights. Safer: a GS1 prefix of your own, bought GTINs, a GTIN exemption, or co-selling an existing ASIN. Giving a product "
    "that has been on Amazon a new code makes a duplicate ASIN, which Amazon forbids."
)
AUSTRIA = "{prefix} lies in the range 900-919 of GS1 Austria."
SOMEBODY = "Numbers that begin with {prefix} belong to whomever GS1 has given them."


@dataclass(frozen=True)
class Series:
    """One type and prefix. Make it only when `problem` finds nothing wrong."""

    type: CodeType
    prefix: str

    @property
    def key(self) -> str:
        """How these codes begin in GTIN-14 form: the same for a UPC series and its EAN twin."""
        return "0" * (14 - ean.LENGTHS[self.type.value]) + self.prefix

    @property
    def bounds(self) -> tuple[str, str]:
        """The lowest and the highest GTIN-14 that may belong to it."""
        return self.key.ljust(14, "0"), self.key.ljust(14, "9")

    @property
    def capacity(self) -> int:
        return ean.capacity(self.prefix, self.type.value)

    @property
    def licence(self) -> Licence:
        """What may be said of its codes when nobody has told us that the prefix is our own."""
        restricted = ean.is_restricted(ean.numbered(self.prefix, [0], self.type.value)[0])
        return Licence.INTERNAL if restricted else Licence.GENERATED

    def codes(self, first: int, count: int, seed: int) -> list[str]:
        """The codes number `first`, `first` + 1 ... of the series; after the last comes number 0 again."""
        numbers = np.arange(first, first + count, dtype=np.int64) % self.capacity
        digits = len(str(self.capacity)) - 1
        bodies = int(self.prefix) * self.capacity + permuted(numbers, digits, seed)
        return written(checked(bodies), self.type)


def problem(type: CodeType, prefix: str) -> str | None:
    """Why no codes can be made of this; None when they can."""
    if type not in SHORTEST:
        return f"{type.label} numbers are given out by others. They can be imported, not made."
    try:
        ean.capacity(prefix, type.value)
    except ValueError as wrong:
        return str(wrong)
    if len(prefix) < SHORTEST[type]:
        return f"A prefix of {type.label} has at least {SHORTEST[type]} digits here: {prefix} alone is too much of the world."
    if type is CodeType.GTIN14 and prefix[0] == "0":
        return "The code of a carton begins with its indicator, 1 to 9; 0 would be the article's own code."
    inner = {CodeType.EAN13: prefix, CodeType.GTIN14: prefix[1:]}.get(type, "")
    reserved = next(
        (use for start, use in TAKEN.items() if inner and (inner.startswith(start) or start.startswith(inner))), None
    )
    return f"Numbers that begin with {inner} are for {reserved}. Choose another prefix." if reserved else None


def notice(series: Series) -> str | None:
    """What has to be said of these codes, once a run and in each export; None for those of our own prefix or for inside use."""
    if series.licence is not Licence.GENERATED:
        return None
    inner = series.key[1:]
    whose = AUSTRIA if "900" <= inner[:3] <= "919" else SOMEBODY
    return UNLICENSED.format(whose=whose.format(prefix=series.prefix))


def said(type: CodeType, prefix: str, own: bool) -> str | None:
    """The notice that has to be confirmed before codes of this type and prefix are made; None when there is none."""
    return None if own or problem(type, prefix) else notice(Series(type, prefix))


def checked(bodies: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers with their check digits behind them, as ean.check_digit makes it of one."""
    total, rest = np.zeros_like(bodies), bodies
    for place in range(13):
        total += rest % 10 * (1 if place % 2 else 3)
        rest = rest // 10
    whole: NDArray[np.int64] = bodies * 10 + -total % 10
    return whole


def written(codes: NDArray[np.int64], type: CodeType) -> list[str]:
    """The numbers as codes of this type, with their zeros."""
    length = ean.LENGTHS[type.value]
    return [f"{code:0{length}d}" for code in codes.tolist()]


def permuted(numbers: NDArray[np.int64], digits: int, seed: int) -> NDArray[np.int64]:
    """Each number below 10**digits becomes another one, and no two the same."""
    if digits <= CLOSE:
        return _shuffled(numbers, digits, seed)
    tens = _shuffled(numbers // 10, digits - 1, seed)
    place, inside = tens // 10 ** (CLOSE - 1), tens % 10 ** (CLOSE - 1) * 10 + numbers % 10
    joined: NDArray[np.int64] = place * 10**CLOSE + _shuffled(inside, CLOSE, seed, place + 1)
    return joined


def _shuffled(
    numbers: NDArray[np.int64], digits: int, seed: int, place: NDArray[np.int64] | int = 0
) -> NDArray[np.int64]:
    """The same in an order that is another one for each `place`.

    A Feistel network on the two halves of the decimal number. It adds within each half, so every power of ten is hit exactly.
    """
    low = 10 ** (digits - digits // 2)
    high = 10 ** (digits // 2)
    left, right = numbers // low, numbers % low
    salt = np.asarray(place, dtype=np.uint64) * np.uint64(0xE7037ED1A0B428DB)
    for turn in range(ROUNDS):
        left = (left + _mixed(right, salt, seed, 2 * turn, high)) % high
        right = (right + _mixed(left, salt, seed, 2 * turn + 1, low)) % low
    joined: NDArray[np.int64] = left * low + right
    return joined


def _mixed(half: NDArray[np.int64], salt: NDArray[Any], seed: int, turn: int, below: int) -> NDArray[np.int64]:
    """A number below `below` that depends on every bit of the half, the salt, the seed and the turn (the finisher of SplitMix64)."""
    start = (seed * 0x9E3779B97F4A7C15 + (turn + 1) * 0xD1B54A32D192ED03) % 2**64
    bits: NDArray[Any] = half.astype(np.uint64) * np.uint64(0xA0761D6478BD642F) + salt + np.uint64(start)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.int64] = ((bits ^ (bits >> np.uint64(31))) % np.uint64(below)).astype(np.int64)
    return mixed
