"""Labels to print: barcode, digits, SKU and the title of a product, on sheets or on a roll, as a PDF.

The bars are drawn as rectangles whose width is a whole number of the printer's dots, so that no bar is a dot wider than its
neighbour. A wrong code is refused before anything is drawn. Which fonts write the titles is told in lib/codes/label_fonts.py.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from threading import Lock

import pypdfium2
from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from lib.codes import label_fonts as fonts
from lib.codes.barcode_symbols import Symbol, all_right, black, encoded
from lib.codes.label_layouts import Layout
from lib.problems import Refused

MOST = 10_000
"""Labels in one PDF, copies counted."""

POINT = 72 / 25.4
WIDEST = 0.385, 0.70
"""Millimetres of the narrowest bar, of retail codes and of cartons: more would only take the room of the title."""

LEAD, GAP = 1.2, 0.6
"""The height of a line, in sizes of its letters; and millimetres between the texts and the bars."""

DIGIT = 0.556
"""The width of Helvetica's digits at size 1."""

EVERY = 100
rl_config.useA85 = 0  # a file of bytes need not look like text, and is a quarter smaller

Progress = Callable[[int, int], None]
_rendering = Lock()


@dataclass(frozen=True)
class Label:
    """What stands on one label. `type` is the code's, as in `ean.kind`."""

    code: str
    type: str
    sku: str = ""
    title: str = ""


@dataclass(frozen=True)
class Bars:
    """How the bars of a symbol stand on the labels of a layout, in points from the lower left corner of the label."""

    unit: float
    left: float


def pdf(
    labels: Iterable[Label], layout: Layout, progress: Progress | None = None, skip: int = 0, copies: int = 1
) -> bytes:
    """These labels, each so many times. `skip` leaves the first places free, for a sheet of which some are used up.

    At most 10,000 labels; too many, or a wrong code among them, are refused and nothing is drawn.
    """
    if not 0 <= skip < layout.per_page:
        raise Refused(f"This sheet has {layout.per_page} places: skip 0 to {layout.per_page - 1}. Nothing was made.")
    if not 1 <= copies <= MOST:
        raise Refused(f"Each label is printed 1 to {MOST:,} times, not {copies:,}. Nothing was made.")
    wanted = _checked(labels, MOST // copies)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_points(layout.page), pageCompression=1, invariant=1)
    canvas.setTitle("Labels")
    total = len(wanted) * copies
    for done, label in enumerate(_repeated(wanted, copies), 1):
        page, place = divmod(skip + done - 1, layout.per_page)
        if page and not place:
            canvas.showPage()
        left, top = layout.corner(place)
        _draw(canvas, label, layout, left * POINT, (layout.page[1] - top - layout.height) * POINT)
        if progress and (done % EVERY == 0 or done == total):
            progress(done, total)
    canvas.save()
    return out.getvalue()


def picture(label: Label, layout: Layout, dpi: int = 300) -> bytes:
    """One label as it will be printed, as a PNG: its own PDF, seen through the program with which Chrome shows PDFs.

    Chinese is missing from it where this machine has no font for it (see `embeds_chinese`); it is not on the print, because the
    viewer of whoever prints has one.
    """
    _checked([label], 1)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_points((layout.width, layout.height)), pageCompression=0, invariant=1)
    _draw(canvas, label, layout, 0, 0)
    canvas.save()
    return seen(out.getvalue(), dpi)


def seen(pdf: bytes, dpi: int) -> bytes:
    """The first page of a PDF as a grey PNG."""
    picture = io.BytesIO()
    with _rendering:  # PDFium does one thing at a time
        document = pypdfium2.PdfDocument(pdf)
        try:
            document[0].render(scale=dpi / 72, grayscale=True).to_pil().save(picture, "PNG", dpi=(dpi, dpi))
        finally:
            document.close()
    return picture.getvalue()


def embeds_chinese() -> bool:
    """Whether this machine has a font for Chinese that goes into the PDF. Else the PDF relies on that of the viewer."""
    return fonts.faces().embeds_chinese


def _checked(labels: Iterable[Label], most: int) -> Sequence[Label]:
    wanted = list(islice(labels, most + 1))
    if len(wanted) > most:
        raise Refused(f"At most {MOST:,} labels are printed at once, copies counted. Nothing was made.")
    if not wanted:
        raise Refused("There is no code to print. Nothing was made.")
    all_right([(label.code, label.type) for label in wanted], most, "labels")
    return wanted


def _repeated(labels: Sequence[Label], copies: int) -> Iterator[Label]:
    return (label for label in labels for _ in range(copies))


def _points(size: tuple[float, float]) -> tuple[float, float]:
    return size[0] * POINT, size[1] * POINT


# One label


def _draw(canvas: Canvas, label: Label, layout: Layout, left: float, bottom: float) -> None:
    """The title above the bars, the SKU beneath, all of it in the middle. Nothing leaves the label, whatever is written."""
    symbol, digits, modules = encoded(label.code, label.type)
    bars, size = _bars(symbol, layout), _size(layout)
    room = (layout.width - 2 * layout.padding[0]) * POINT
    title = fonts.lines(fonts.glyphs(label.title), room / size, _title_lines(layout))
    sku = fonts.lines(fonts.glyphs(label.sku), room / size, 1)
    gap = GAP * POINT
    beside = LEAD * size * (len(title) + len(sku)) + gap * (bool(title) + bool(sku))
    high = (layout.height - 2 * layout.padding[1]) * POINT - beside
    others = (symbol.text + 2 * symbol.bearer) * bars.unit
    height = min(high - others, symbol.height * bars.unit)
    baseline = (layout.height - layout.padding[1]) * POINT - (high - others - height) / 2
    canvas.saveState()
    canvas.addLiteral(
        f"1 0 0 1 {left:.3f} {bottom:.3f} cm 0 0 {layout.width * POINT:.3f} {layout.height * POINT:.3f} re W n"
    )
    for line in title:
        baseline -= LEAD * size
        _write(canvas, line, size, layout, baseline + (LEAD - 1) * size)
    baseline -= gap * bool(title) + others + height
    _symbol(canvas, symbol, digits, modules, bars, baseline, height)
    for line in sku:
        _write(canvas, line, size, layout, baseline - gap - LEAD * size + (LEAD - 1) * size)
    canvas.restoreState()


@lru_cache
def _bars(symbol: Symbol, layout: Layout) -> Bars:
    """As wide as fits, in whole dots of the printer."""
    widest = WIDEST[symbol.bearer > 0] / symbol.scale
    dots = int(min(widest, layout.width / symbol.width) / layout.dot)
    unit = dots * layout.dot
    return Bars(unit * POINT, (layout.width - symbol.width * unit) / 2 * POINT)


def _size(layout: Layout) -> float:
    """Of the letters, in points: more on a larger label."""
    return next(size for height, size in ((24, 6), (29, 6.5), (32, 7), (50, 8), (1_000, 10)) if layout.height < height)


def _title_lines(layout: Layout) -> int:
    return 1 if layout.height < 29 else 2 if layout.height < 50 else 3


def _write(canvas: Canvas, line: list[fonts.Glyph], size: float, layout: Layout, baseline: float) -> None:
    text = canvas.beginText((layout.width * POINT - fonts.width(line) * size) / 2, baseline)
    for name, part in fonts.runs(line):
        text.setFont(name, size)
        text.textOut(part)
    canvas.drawText(text)


def _symbol(
    canvas: Canvas, symbol: Symbol, digits: str, modules: str, bars: Bars, bottom: float, height: float
) -> None:
    """The bars and their digits; `bottom` is where the line of digits ends."""
    left, line = bars.left + symbol.quiet[0] * bars.unit, bottom + symbol.text * bars.unit
    tail, bearer = symbol.tail * bars.unit, symbol.bearer * bars.unit
    foot = line + bearer
    shapes = [
        _rectangles(modules[start:stop], start, f"{-tail * is_tall:.3f} {height + tail * is_tall:.3f}")
        for start, stop, is_tall in symbol.chunks
    ]
    if bearer:
        shapes += [f"0 {place:.3f} {symbol.bars} {bearer:.3f} re " for place in (-bearer, height)]
    canvas.addLiteral(f"q {bars.unit:.6f} 0 0 1 {left:.3f} {foot:.3f} cm {''.join(shapes)}f Q")
    canvas.addLiteral(_digits(canvas, symbol, digits, bars, left, line))


@lru_cache(maxsize=2**12)
def _rectangles(pattern: str, left: int, span: str) -> str:
    low, _, high = span.partition(" ")
    return "".join(f"{left + start} {low} {width} {high} re " for start, width in black(pattern))


def _digits(canvas: Canvas, symbol: Symbol, digits: str, bars: Bars, left: float, line: float) -> str:
    """Each digit in the middle of its cell: Helvetica's are all equally wide. Written by hand, for a label has up to five groups."""
    cell = symbol.cell * bars.unit
    size = 1.4 * cell
    wide = DIGIT * size
    font, foot = canvas._doc.getInternalFontName(fonts.WESTERN), line - 0.73 * size - 0.15 * cell
    groups = (
        f"1 0 0 1 {left + place * bars.unit + (cell - wide) / 2:.3f} {foot:.3f} Tm ({digits[start:stop]}) Tj"
        for start, stop, place in symbol.groups
    )
    return f"BT {font} {size:.3f} Tf {cell - wide:.3f} Tc {' '.join(groups)} 0 Tc ET"
