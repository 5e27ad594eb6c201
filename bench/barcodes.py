"""Pictures and labels of 10,000 codes: `python -m bench.barcodes`.

Beside ours stand python-barcode's own writers and reportlab's own barcode. They are asked for a sample of the codes, turn by turn
with ours, and their times are scaled up; what a decoder reads in ours is compared with the code before anything is timed.
Seconds are of one processor core, which is all that any of them uses: on an idle machine they are those of the clock.
"""

import io
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import barcode
import zxingcpp
from barcode.writer import ImageWriter, SVGWriter
from PIL import Image
from reportlab.graphics.barcode.eanbc import Ean13BarcodeWidget
from reportlab.graphics.renderPDF import draw
from reportlab.graphics.shapes import Drawing
from reportlab.pdfgen.canvas import Canvas

from bench.tables import both, p50, short, table
from lib.codes import barcode_symbols, barcodes, ean, labels
from lib.codes.label_layouts import LAYOUTS

CODES, SAMPLE, ROUNDS = 10_000, 250, 5
WORDS = (
    "mug",
    "lid",
    "steel",
    "office",
    "road",
    "dishwasher",
    "safe",
    "kitchen",
    "ceramic",
    "blue",
    "gift",
    "box",
    "set",
)


def main() -> None:
    for part in run():
        print(part, flush=True)


def run() -> Iterator[str]:
    """Two tables: pictures, and labels."""
    chance = random.Random(4)
    codes = ean.numbered("910", chance.sample(range(10**9), CODES))
    _readable(codes[:50])
    yield _pictures(codes)
    yield _labels(codes, chance)


def _readable(codes: list[str]) -> None:
    for code in codes:
        seen = zxingcpp.read_barcodes(Image.open(io.BytesIO(barcodes.png(code, "EAN-13"))).convert("L"))
        if [one.text for one in seen] != [code]:
            raise SystemExit(f"{code} is read as {[one.text for one in seen]}: the pictures are wrong.")


def _pictures(codes: list[str]) -> str:
    rows = []
    for kind, writer in (("svg", SVGWriter), ("png", ImageWriter)):
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(_seconds(lambda kind=kind: _zipped(codes, kind)))
            theirs.append(
                _seconds(lambda writer=writer, kind=kind: _by_python_barcode(codes[:SAMPLE], kind, writer))
                * CODES
                / SAMPLE
            )
        size = len(_zipped(codes, kind)) / 2**20
        rows.append(
            (f"{kind.upper()}, zipped", both(ours), both(theirs), f"{p50(theirs) / p50(ours):.0f}", f"{size:.1f}")
        )
    heads = (
        f"{CODES:,} barcodes, core-s p50 / p95",
        "Caravan",
        f"python-barcode's writer, {SAMPLE} scaled up",
        "times ours",
        "our file, MB",
    )
    return table("Pictures of codes (goal: a tenth of python-barcode's own time)", heads, rows)


def _zipped(codes: list[str], kind: Any) -> bytes:
    barcode_symbols._modules.cache_clear()  # each round encodes anew
    out = io.BytesIO()
    barcodes.zipped([(code, "EAN-13") for code in codes], kind, out)
    return out.getvalue()


def _by_python_barcode(codes: list[str], kind: str, writer: Callable[[], Any]) -> None:
    with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_STORED) as archive:
        for code in codes:
            picture = io.BytesIO()
            barcode.get("ean13", code, writer()).write(picture)
            archive.writestr(f"{code}.{kind}", picture.getvalue())


def _labels(codes: list[str], chance: random.Random) -> str:
    han = [chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(3_000)]
    english = [
        labels.Label(code, "EAN-13", f"MUG-{code[-6:]}", " ".join(chance.choices(WORDS, k=14))) for code in codes
    ]
    chinese = [labels.Label(code, "EAN-13", f"MUG-{code[-6:]}", "".join(chance.choices(han, k=30))) for code in codes]
    rows, widget = [], []
    for name, given in (("English titles", english), ("Chinese titles", chinese)):
        for key in ("a4_3x8", "a4_5x13", "roll_50x30"):
            spent, made = [], b""
            for _ in range(ROUNDS):
                start = time.process_time()
                made = labels.pdf(given, LAYOUTS[key])
                spent.append(time.process_time() - start)
            widget.append(_seconds(lambda: _by_widget(codes[:SAMPLE])) * CODES / SAMPLE)
            rows.append((f"{LAYOUTS[key].name}, {name}", both(spent), short(len(made) / 2**20)))
    rows.append((f"reportlab's own barcode alone, A4, {SAMPLE} scaled up", both(widget), ""))
    heads = (f"{CODES:,} labels", "core-s p50 / p95", "file, MB")
    return table("Labels (goal: 5 s and 10 MB)", heads, rows)


def _by_widget(codes: list[str]) -> None:
    canvas = Canvas(io.BytesIO(), pageCompression=1)
    for number, code in enumerate(codes):
        page = Drawing(110, 80)
        page.add(Ean13BarcodeWidget(code))
        draw(page, canvas, number % 5 * 110, number // 5 % 10 * 80)
        if number % 50 == 49:
            canvas.showPage()
    canvas.save()


def _seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
