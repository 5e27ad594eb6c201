"""Pictures of barcodes: one as SVG or PNG, or those of a whole run in a zip.

python-barcode says which bars are black (lib/codes/barcode_symbols.py); the drawing is ours, for its own takes forty times as long. An
SVG has all bars in one path whose corners lie on whole units; a PNG has one bit for each dot and knows how large it wants to be
printed: 300 dots an inch, four to the narrowest bar (0.34 mm, the trade's usual size), quiet zones included.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

import barcode
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lib.codes import ean
from lib.codes.barcode_symbols import Code, Symbol, all_right, black, encoded

MOST = 10_000
"""Pictures in one zip."""

SCALE, MOST_SCALE = 4, 40
DOTS_A_METRE = 11_811
UNIT = 25.4 * SCALE / 300
TOP, BASELINE, SIZE = 2, 8.5, 10
EVERY = 100
"""So often a long job says how far it is."""

FAMILY = "OCR-B, OCRB, DejaVu Sans Mono, Menlo, Consolas, monospace"
FONT = Path(barcode.__file__).with_name("fonts") / "DejaVuSansMono.ttf"

Kind = Literal["svg", "png"]
Bits = NDArray[np.bool_]
Progress = Callable[[int, int], None]


# Lines


def svg(code: str, type: str) -> bytes:
    """The barcode as SVG, in millimetres. A code that is wrong is refused and nothing is drawn."""
    symbol, digits, modules = encoded(code, type)
    top, left = TOP + symbol.bearer, symbol.quiet[0]
    paths = "".join(
        _path(modules[start:stop], left + start, top, symbol.height + symbol.tail * is_tall)
        for start, stop, is_tall in symbol.chunks
    )
    begin, texts, end = _frame(symbol)
    written = "".join(f"{text}{digits[start:stop]}</text>" for text, start, stop in texts)
    return f"{begin}{paths}{end}{written}</g></svg>".encode()


@lru_cache(maxsize=2**12)
def _path(pattern: str, left: int, top: int, height: int) -> str:
    return "".join(f"M{left + start} {top}h{width}v{height}h-{width}z" for start, width in black(pattern))


@lru_cache
def _frame(symbol: Symbol) -> tuple[str, list[tuple[str, int, int]], str]:
    """What is the same on all symbols of a type: what stands before the bars, before each group of digits, and between."""
    height, line = _height(symbol), TOP + 2 * symbol.bearer + symbol.height
    in_mm = [f"{units * UNIT / symbol.scale:.2f}mm" for units in (symbol.width, height)]
    begin = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{in_mm[0]}" height="{in_mm[1]}" '
        f'viewBox="0 0 {symbol.width} {height}"><path fill="#fff" d="M0 0h{symbol.width}v{height}H0z"/>'
        f'<path shape-rendering="crispEdges" d="'
    )
    bearers = "".join(
        f"M{symbol.quiet[0]} {top}h{symbol.bars}v{symbol.bearer}h-{symbol.bars}z"
        for top in (TOP, TOP + symbol.bearer + symbol.height)
        if symbol.bearer
    )
    middles = [
        (group, symbol.quiet[0] + group.left + symbol.cell * (group.stop - group.start) / 2) for group in symbol.groups
    ]
    texts = [
        (f'<text x="{middle:g}" y="{line + BASELINE * symbol.scale:g}">', group.start, group.stop)
        for group, middle in middles
    ]
    end = f'{bearers}"/><g font-family="{FAMILY}" font-size="{SIZE * symbol.scale}" text-anchor="middle">'
    return begin, texts, end


def _height(symbol: Symbol) -> int:
    return TOP + 2 * symbol.bearer + symbol.height + symbol.text + symbol.scale


# Dots


def png(code: str, type: str, scale: int = SCALE) -> bytes:
    """The barcode as a PNG of one bit for each dot; `scale` is the dots of the narrowest bar, an even number from 2 to 40."""
    if scale not in range(2, MOST_SCALE + 1, 2):
        raise ValueError(f"The narrowest bar has an even number of dots from 2 to {MOST_SCALE}, not {scale}.")
    symbol, digits, modules = encoded(code, type)
    dots = scale // symbol.scale
    is_black = np.zeros(symbol.width, bool)
    is_black[symbol.quiet[0] :][: symbol.bars] = np.frombuffer(modules.encode(), np.uint8) == ord("1")
    blank, bearer = np.zeros(symbol.width, bool), _bearer(symbol)
    bands = [(blank, TOP), (bearer, symbol.bearer), (is_black, symbol.height), (bearer, symbol.bearer)]
    lines = [_band(row, dots, units * dots) for row, units in bands if units]
    lines += [_digits(symbol, digits, is_black & _tall(symbol), dots), _band(blank, dots, scale)]
    return _packed(symbol.width * dots, _height(symbol) * dots, b"".join(lines))


@lru_cache
def _bearer(symbol: Symbol) -> Bits:
    return np.pad(np.ones(symbol.bars, bool), symbol.quiet)


@lru_cache
def _tall(symbol: Symbol) -> Bits:
    """Which units of the whole width belong to long bars."""
    tall = np.zeros(symbol.width, bool)
    for start, stop, is_tall in symbol.chunks:
        tall[symbol.quiet[0] + start : symbol.quiet[0] + stop] = is_tall
    return tall


def _band(row: Bits, dots: int, count: int) -> bytes:
    """So many lines that look alike: the first in full, the others as 'no difference to the line above', which packs to nothing."""
    line = np.packbits(~np.repeat(row, dots)).tobytes()
    return b"\0" + line + (b"\2" + bytes(len(line))) * (count - 1)


def _digits(symbol: Symbol, digits: str, tails: Bits, dots: int) -> bytes:
    canvas = np.zeros((symbol.text * dots, symbol.width * dots), bool)
    canvas[: symbol.tail * dots] = np.repeat(tails, dots)
    wide = symbol.cell * dots
    for start, stop, left in symbol.groups:
        at = (symbol.quiet[0] + left) * dots
        for place, digit in enumerate(digits[start:stop]):
            canvas[:, at + place * wide :][:, :wide] |= _glyph(digit, dots * symbol.scale)
    packed = np.packbits(~canvas, axis=1)
    lines = np.zeros((packed.shape[0], packed.shape[1] + 1), np.uint8)
    lines[:, 1:] = packed
    return lines.tobytes()


@lru_cache(maxsize=2**8)
def _glyph(digit: str, scale: int) -> Bits:
    """A digit in its cell, in the font that python-barcode brings along: the machine needs none."""
    cell = Image.new("1", (7 * scale, 10 * scale))
    font = ImageFont.truetype(FONT, SIZE * scale)
    ImageDraw.Draw(cell).text((3.5 * scale, BASELINE * scale), digit, fill=1, font=font, anchor="ms")
    return np.asarray(cell, bool)


def _packed(width: int, height: int, lines: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    size = struct.pack(">IIB", DOTS_A_METRE, DOTS_A_METRE, 1)
    parts = (_part(b"IHDR", head), _part(b"pHYs", size), _part(b"IDAT", zlib.compress(lines, 3)), _part(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _part(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


# Many


def zipped(codes: Iterable[Code], kind: Kind, out: BinaryIO, progress: Progress | None = None) -> int:
    """Write the pictures of these (code, type) as a zip, each named by its code; gives how many there are.

    The same code twice is one picture. At most 10,000 codes; if one of them is wrong, all are refused and nothing is written.
    """
    wanted = list({ean.compact(code): type for code, type in all_right(codes, MOST, "pictures")}.items())
    draw = {"svg": svg, "png": png}[kind]
    packing = zipfile.ZIP_STORED if kind == "png" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", packing, compresslevel=1) as archive:
        for done, (code, type) in enumerate(wanted, 1):
            archive.writestr(_entry(f"{code}.{kind}", packing), draw(code, type))
            if progress and (done % EVERY == 0 or done == len(wanted)):
                progress(done, len(wanted))
    return len(wanted)


def _entry(name: str, packing: int) -> zipfile.ZipInfo:
    """A file of the same moment each time, so that the same codes make the same zip."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type, entry.external_attr = packing, 0o644 << 16
    return entry
