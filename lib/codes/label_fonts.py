"""The letters on a label, in any of the languages that our titles come in, and how much room they take.

No font belongs to Caravan, and none has to be on the machine. Western letters are Helvetica, which every viewer and printer brings
along. For other letters of Europe there is the font that python-barcode comes with, if the machine has no better one. Chinese and
Japanese are embedded into the PDF, only the characters used, when the machine has a TrueType font with them; so they look the
same everywhere. Where it has none the PDF asks for STSong, and HYSMyeongJo for Korean: two of the names for which each viewer, on
the computer of whoever prints, has a font of its own. What needs more than one letter after the other (Arabic, Hebrew, Thai,
Hindi) and emoji are left out: half a word is worse on a label than none, and the code and the SKU stand there anyhow.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from threading import Lock

import barcode
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

MOST = 400
"""Characters of a text that are looked at: a label has room for a quarter of them."""

WESTERN = "Helvetica"
EUROPEAN = (
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/System/Library/Fonts/Supplemental/Arial.ttf",
    "C:/Windows/Fonts/arial.ttf",
    str(Path(barcode.__file__).with_name("fonts") / "DejaVuSansMono.ttf"),
)
CHINESE = (
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/google-droid-sans-fonts/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/System/Library/Fonts/Supplemental/Songti.ttc",
    "/Library/Fonts/Arial Unicode.ttf",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
    "C:/Windows/Fonts/simsun.ttc",
)
"""Where the usual fonts of Linux, macOS and Windows lie, the better ones first."""

SONG = re.compile("[\u3000-\u301e\u3041-\u3093\u30a1-\u30fe\u4e00-\u9fa5\uff01-\uff5e\uffe0-\uffe5]")
MYEONGJO = re.compile("[\uac00-\ud7a3]")
OF_JOINED_SCRIPTS = re.compile("[\u0590-\u1dff\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufefe\U00010000-\U0001ffff]")
LEFT_OUT = {"Cc", "Cf", "Cn", "Co", "Cs", "Mc", "Me", "Mn"}
BREAKS_ANYWHERE = re.compile("[\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")

_loading = Lock()


@dataclass(frozen=True)
class Face:
    """A font by the name under which the PDF knows it. `advance` is the width of a character at size 1, None if it has none."""

    name: str
    advance: Callable[[str], float | None]


@dataclass(frozen=True)
class Faces:
    western: Face
    european: Face
    eastern: tuple[Face, ...]
    embeds_chinese: bool


def faces() -> Faces:
    """The fonts of this machine, looked for once."""
    with _loading:
        return _found()


@lru_cache(maxsize=1)
def _found() -> Faces:
    widths = pdfmetrics.getFont(WESTERN).widths
    latin = {
        bytes([n]).decode("cp1252", "ignore"): widths[n] / 1000 for n in range(32, 256) if n not in (127, 160, 173)
    }
    european, chinese = _first("LabelLatin", EUROPEAN), _first("LabelHan", CHINESE)
    asked = _asked_for("STSong-Light", SONG), _asked_for("HYSMyeongJo-Medium", MYEONGJO)
    western = Face(WESTERN, latin.get)
    return Faces(western, european or western, (*filter(None, [chinese]), *asked), chinese is not None)


def _first(name: str, paths: tuple[str, ...]) -> Face | None:
    for path in filter(lambda path: Path(path).is_file(), paths):
        try:
            font = TTFont(name, path, asciiReadable=False)
        except (TTFError, OSError):
            continue  # of another kind, or its maker does not let it be embedded
        pdfmetrics.registerFont(font)
        widths = {chr(n): font.face.charWidths.get(n, 1000) / 1000 for n in font.face.charToGlyph}
        return Face(name, widths.get)
    return None


def _asked_for(name: str, characters: re.Pattern[str]) -> Face:
    pdfmetrics.registerFont(UnicodeCIDFont(name))
    return Face(name, lambda character: 1.0 if characters.match(character) else None)


# What can be written


Glyph = tuple[str, float, str]
"""A character, its width at size 1 and the name of its font."""


def glyphs(text: str) -> list[Glyph]:
    """The characters of this text that can be printed, on one line; what stands for nothing, or cannot be, is left out."""
    whole = " ".join(unicodedata.normalize("NFC", text[:MOST]).split())
    european = any(_of(character, False) is None and _of(character, True) for character in whole)
    found = [glyph for character in whole if (glyph := _of(character, european))]
    return [g for n, g in enumerate(found) if g[0] != " " or (n and found[n - 1][0] != " ")]


@lru_cache(maxsize=2**15)
def _of(character: str, is_european: bool) -> Glyph | None:
    """In Helvetica where nothing more is needed: a word is not written in two fonts."""
    if OF_JOINED_SCRIPTS.match(character) or unicodedata.category(character) in LEFT_OUT:
        return None
    known = faces()
    for face in (known.european if is_european else known.western, *known.eastern):
        if (width := face.advance(character)) is not None:
            return character, width, face.name
    return None


def width(line: list[Glyph]) -> float:
    """At size 1."""
    return sum(glyph[1] for glyph in line)


def runs(line: list[Glyph]) -> Iterator[tuple[str, str]]:
    """The name of the font and what is written with it, from left to right."""
    for name, part in groupby(line, key=lambda glyph: glyph[2]):
        yield name, "".join(glyph[0] for glyph in part)


# What fits


def lines(text: list[Glyph], room: float, most: int) -> list[list[Glyph]]:
    """The text in at most so many lines of this width at size 1; what does not fit ends with …"""
    found: list[list[Glyph]] = []
    while text and len(found) < most - 1:
        end = _break(text, room)
        found.append(_trimmed(text[:end]))
        text = text[end:]
        while text and text[0][0] == " ":
            text = text[1:]
    return [line for line in [*found, shortened(text, room)] if line]


def shortened(text: list[Glyph], room: float) -> list[Glyph]:
    end = _fitting(text, room)
    if end == len(text):
        return _trimmed(text)
    dots = glyphs("…")
    return [*_trimmed(text[: _fitting(text, room - width(dots))]), *dots] if width(dots) <= room else []


def _fitting(text: list[Glyph], room: float) -> int:
    for count, glyph in enumerate(text):
        room -= glyph[1]
        if room < 0:
            return count
    return len(text)


def _break(text: list[Glyph], room: float) -> int:
    """Where the line ends: after a word, after any Chinese character, or inside of a word that is wider than the line."""
    end = _fitting(text, room)
    if end == len(text):
        return end
    for place in range(end, max(end // 3, 1), -1):
        if text[place][0] == " " or BREAKS_ANYWHERE.match(text[place][0]) or BREAKS_ANYWHERE.match(text[place - 1][0]):
            return place
    return max(end, 1)


def _trimmed(line: list[Glyph]) -> list[Glyph]:
    while line and line[-1][0] == " ":
        line = line[:-1]
    return line
