"""The bars of a product code: which of them are black, how wide the quiet zones are and where the digits stand.

A code is checked before it becomes bars: python-barcode, which turns digits into bars, would put a right check digit in the place
of a wrong one in silence. All measures here are in units: one unit is the narrowest bar of an EAN or UPC, and half of an ITF's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice, pairwise
from typing import NamedTuple

from barcode.ean import EAN8, EAN13
from barcode.itf import ITF
from barcode.upc import UPCA

from lib.codes import ean
from lib.counted import agreeing
from lib.problems import Refused

NO_WRITER = object()
"""python-barcode prepares a drawing for each code unless it is given something to draw with. We never let it draw."""

Code = tuple[str, str]
"""The digits and their type, in the words of `ean.kind`."""

Encoder = Callable[[str, object], EAN13 | EAN8 | UPCA | ITF]


class Chunk(NamedTuple):
    """Some bars of a symbol, from their first unit to before their last; `is_tall` when they reach between the digits."""

    start: int
    stop: int
    is_tall: bool = False


class Group(NamedTuple):
    """Which digits stand together beneath the bars, and where the first one begins."""

    start: int
    stop: int
    left: int


@dataclass(frozen=True)
class Symbol:
    """How the codes of one type are printed."""

    encoder: Encoder
    digits: int
    quiet: tuple[int, int]
    chunks: tuple[Chunk, ...]
    groups: tuple[Group, ...]
    height: int
    """The usual one of its bars: half as high scans too, only less easily."""
    scale: int = 1
    """Units in the narrowest bar."""
    bearer: int = 0
    """The bars along the top and the bottom of an ITF: without them a slanting scan reads a shorter code."""

    @property
    def bars(self) -> int:
        return self.chunks[-1].stop

    @property
    def width(self) -> int:
        return self.quiet[0] + self.bars + self.quiet[1]

    @property
    def cell(self) -> int:
        """The width of a digit."""
        return 7 * self.scale

    @property
    def text(self) -> int:
        """The height of the line of digits, which begins at the lower end of the short bars."""
        return 10 * self.scale

    @property
    def tail(self) -> int:
        """How much longer the long bars are."""
        return 0 if self.bearer else 5


def _row(start: int, count: int, size: int, *tall: int) -> list[Chunk]:
    return [Chunk(start + n * size, start + (n + 1) * size, n in tall) for n in range(count)]


def _retail(encoder: Encoder, half: int, quiet: tuple[int, int], height: int, groups: tuple[Group, ...]) -> Symbol:
    """Two halves of so many digits between three guards. A UPC's outer digits have long bars, for they stand outside."""
    outer = encoder is UPCA
    middle = 3 + 7 * half
    left = _row(3, half, 7, *([0] if outer else []))
    right = _row(middle + 5, half, 7, *([half - 1] if outer else []))
    guards = Chunk(0, 3, True), Chunk(middle, middle + 5, True), Chunk(2 * middle + 2, 2 * middle + 5, True)
    chunks = (guards[0], *left, guards[1], *right, guards[2])
    return Symbol(encoder, 2 * half + (encoder is EAN13), quiet, chunks, groups, height)


def _carton() -> Symbol:
    """Seven pairs of digits, one as bars and one as the spaces between them. It reads 1 91 00000 00001 2."""
    chunks = (Chunk(0, 8), *_row(8, 7, 32), Chunk(232, 241))
    ends = (0, 1, 3, 8, 13, 14)
    groups = (Group(a, b, 4 + 14 * a + 9 * n) for n, (a, b) in enumerate(pairwise(ends)))
    return Symbol(ITF, 14, (20, 20), chunks, tuple(groups), height=94, scale=2, bearer=4)


EUROPEAN = _retail(EAN13, 6, (11, 7), 69, (Group(0, 1, -9), Group(1, 7, 3), Group(7, 13, 50)))
AMERICAN = _retail(UPCA, 6, (9, 9), 69, (Group(0, 1, -9), Group(1, 6, 10), Group(6, 11, 50), Group(11, 12, 97)))
SHORT = _retail(EAN8, 4, (7, 7), 55, (Group(0, 4, 3), Group(4, 8, 36)))
SYMBOLS = {
    "EAN-13": EUROPEAN,
    "ISBN": EUROPEAN,
    "JAN": EUROPEAN,
    "UPC-A": AMERICAN,
    "EAN-8": SHORT,
    "GTIN-14": _carton(),
}
"""By the type of the code."""

SHOWN = 20
"""So many wrong codes are named; of more only the number is said."""


def problem(code: str, type: str) -> str | None:
    """Why this code has no bars, as a sentence; None when it has."""
    if text := ean.problem(code):
        return text
    code, symbol = ean.compact(code), SYMBOLS.get(type)
    if symbol is None:
        return f"{type} is not a type of code that is printed as bars."
    if len(code) != symbol.digits:
        return f"{code} has {len(code)} digits, and a code of type {type} has {symbol.digits}."
    if type == "ISBN" and not code.startswith(("978", "979")):
        return f"{code} is not an ISBN: it begins with neither 978 nor 979."
    return None


def encoded(code: str, type: str) -> tuple[Symbol, str, str]:
    """The symbol, the digits and the bars: a text of one 1 (black) or 0 for each unit. Refused with the sentence if wrong."""
    if text := problem(code, type):
        raise Refused(f"{text} Nothing was drawn.")
    code = ean.compact(code)
    return SYMBOLS[type], code, _modules(code, SYMBOLS[type].encoder)


def all_right(codes: Iterable[Code], most: int, what: str) -> list[Code]:
    """These codes, if none of them is wrong and there are no more than `most`; `what` is made of them."""
    given = list(islice(codes, most + 1))
    if len(given) > most:
        raise Refused(f"At most {most:,} {what} are made at once, and more were asked for. Nothing was made.")
    if wrong := [text for code, type in given if (text := problem(code, type))]:
        which = agreeing(len(given), "This code", f"{len(wrong):,} of these {len(given):,} codes")
        raise Refused(f"{which} cannot be printed as bars. Nothing was made.", *wrong[:SHOWN])
    return given


@lru_cache(maxsize=2**14)  # pictures and labels of one run are often wanted one after the other
def _modules(code: str, encoder: Encoder) -> str:
    made = encoder(code, NO_WRITER)
    if str(made) != code:
        raise Refused(f"{code} would be drawn as {made}. Nothing was drawn.")
    return str(made.build()[0])


@lru_cache(maxsize=2**10)  # a digit is one of few patterns
def black(pattern: str) -> tuple[tuple[int, int], ...]:
    """Where black bars begin in these units, and how wide they are: '0110100' has (1, 2) and (4, 1)."""
    found, place = [], 0
    for colour, units in groupby(pattern):
        width = len(list(units))
        if colour == "1":
            found.append((place, width))
        place += width
    return tuple(found)
