"""Pictures of barcodes, read back by real decoders: zxing-cpp, and zbar too where its library is installed.

zbar would be the first choice. No wheel contains it, and a test must not need what somebody installed by hand.
"""

import io
import random
import re
import struct
import zipfile
from xml.etree import ElementTree

import barcode
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lib.codes import barcodes, ean
from lib.codes.barcode_symbols import SYMBOLS, encoded, problem
from lib.problems import Refused
from tests.lib.scanner import misread

BODIES = {"EAN-13": 12, "ISBN": 12, "UPC-A": 11, "EAN-8": 7, "GTIN-14": 13}
THEIRS = {"EAN-13": "ean13", "ISBN": "ean13", "UPC-A": "upca", "EAN-8": "ean8", "GTIN-14": "itf"}
KNOWN = [("9100000000008", "EAN-13"), ("036000291452", "UPC-A"), ("91000002", "EAN-8"), ("19100000000012", "GTIN-14")]


def made(type, body):
    body = ("978" + body)[: BODIES[type]] if type == "ISBN" else body[: BODIES[type]]
    return body + ean.check_digit(body), type


def some(count, seed=1):
    draw = random.Random(seed)
    return [made(type, f"{draw.randrange(10**12, 10**13)}") for type in BODIES for _ in range(count)]


CODES = st.builds(
    made,
    st.sampled_from(list(BODIES)),
    st.text("0123456789", min_size=13, max_size=13).filter(lambda b: b[:7].strip("0")),
)


def bits(png):
    """The dots of a PNG, black is True."""
    return ~np.asarray(Image.open(io.BytesIO(png)).convert("1"), bool)


def bars(row):
    return "".join("1" if dot else "0" for dot in row)


# Bars


@given(CODES)
def test_bars_are_those_of_python_barcode(code):
    digits, type = code
    assert encoded(digits, type)[1:] == (digits, barcode.get(THEIRS[type], digits).build()[0])


def test_bars_of_a_known_code():
    assert encoded("4006381333931", "EAN-13")[2] == (
        "101" "0001101" "0100111" "0101111" "0111101" "0001001" "0110011"
        "01010" "1000010" "1000010" "1000010" "1110100" "1000010" "1100110" "101"
    )  # fmt: skip


@pytest.mark.parametrize("type", SYMBOLS)
def test_the_chunks_of_a_symbol_are_all_of_it_and_no_bar_is_cut(type):
    symbol = SYMBOLS[type]
    assert [chunk.start for chunk in symbol.chunks] == [0, *(chunk.stop for chunk in symbol.chunks[:-1])]
    assert "".join(str(digit) for a, b, _ in symbol.groups for digit in range(a, b)) == "".join(
        map(str, range(symbol.digits))
    )
    for modules in (encoded(*code)[2] for code in some(50) if code[1] == type):
        assert [n for n in symbol.chunks[1:] if modules[n.start - 1 : n.start + 1] == "11"] == []


@pytest.mark.parametrize(
    ("code", "type", "sentence"),
    [
        ("9100000000009", "EAN-13", "9100000000009 ends in 9, but its check digit would be 8: a digit is wrong. Nothing was drawn."),
        ("036000291453", "UPC-A", "036000291453 ends in 3, but its check digit would be 2: a digit is wrong. Nothing was drawn."),
        ("91000003", "EAN-8", "91000003 ends in 3, but its check digit would be 2: a digit is wrong. Nothing was drawn."),
        ("19100000000013", "GTIN-14", "19100000000013 ends in 3, but its check digit would be 2: a digit is wrong. Nothing was drawn."),
        ("036000291452", "EAN-13", "036000291452 has 12 digits, and a code of type EAN-13 has 13. Nothing was drawn."),
        ("91000002", "EAN-13", "91000002 has 8 digits, and a code of type EAN-13 has 13. Nothing was drawn."),
        ("9100000000008", "ISBN", "9100000000008 is not an ISBN: it begins with neither 978 nor 979. Nothing was drawn."),
        ("9100000000008", "CODE-128", "CODE-128 is not a type of code that is printed as bars. Nothing was drawn."),
        ("9.1E+12", "EAN-13", None),
        ("", "EAN-13", "There is no code. Nothing was drawn."),
        ("0000000000000", "EAN-13", "A code of zeros only stands for no code. Nothing was drawn."),
    ],
)  # fmt: skip
def test_a_wrong_code_is_refused_and_never_repaired(code, type, sentence):
    for draw in (barcodes.svg, barcodes.png):
        with pytest.raises(Refused) as refused:
            draw(code, type)
        assert sentence is None or str(refused.value) == sentence
    out = io.BytesIO()
    for kind in ("svg", "png"):
        with pytest.raises(Refused, match="1 of these 2 codes cannot be printed as bars. Nothing was made."):
            barcodes.zipped([KNOWN[0], (code, type)], kind, out)
    assert out.getvalue() == b""


@given(CODES, st.integers(0, 13), st.integers(1, 9))
def test_every_wrong_digit_is_refused(code, place, more):
    digits, type = code
    place %= len(digits)
    wrong = digits[:place] + str((int(digits[place]) + more) % 10) + digits[place + 1 :]
    with pytest.raises(Refused, match="Nothing was drawn"):
        barcodes.png(wrong, type)


def test_codes_that_other_projects_call_wrong_have_no_bars(shared):
    rows = [line.split(",")[:2] for line in (shared / "codes" / "gtin_vectors.csv").read_text("utf-8").splitlines()[1:]]
    drawable = {code for code, _ in rows if any(problem(code, type) is None for type in SYMBOLS)}
    assert drawable == {code for code, expected in rows if expected == "valid"}


# SVG


@settings(deadline=None)
@given(CODES)
def test_an_svg_is_well_formed_and_has_exactly_the_modules(code):
    digits, type = code
    symbol, _, modules = encoded(digits, type)
    root = ElementTree.fromstring(barcodes.svg(digits, type))
    space = "{http://www.w3.org/2000/svg}"
    ground, drawn = root.findall(f"{space}path")
    width, height = map(int, root.get("viewBox").split()[2:])
    assert (ground.get("fill"), ground.get("d")) == ("#fff", f"M0 0h{width}v{height}H0z")
    shapes = [tuple(map(int, found)) for found in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", drawn.get("d"))]
    assert re.sub(r"M\d+ \d+h(\d+)v\d+h-\1z", "", drawn.get("d")) == ""
    upright = [shape for shape in shapes if not (symbol.bearer and shape[2] == symbol.bars)]
    row = [0] * width
    for x, _, wide, _ in upright:
        row[x : x + wide] = [1] * wide
    assert "".join(map(str, row)) == "0" * symbol.quiet[0] + modules + "0" * symbol.quiet[1]
    assert len(upright) == len(re.findall("1+", modules))
    assert {tall for *_, tall in upright} == {symbol.height, symbol.height + symbol.tail}
    assert "".join(text.text for text in root.iter(f"{space}text")) == digits


def test_an_svg_says_its_size_in_millimetres():
    root = ElementTree.fromstring(barcodes.svg("9100000000008", "EAN-13"))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("38.27mm", "27.77mm", "0 0 113 82")


def test_guards_are_longer_and_a_upc_has_its_outer_digits_outside():
    long = {
        type: sorted(
            int(x) for x, tall in re.findall(r"M(\d+) \d+h\d+v(\d+)", barcodes.svg(code, type).decode()) if tall == "74"
        )
        for code, type in KNOWN[:2]
    }
    assert long["EAN-13"] == [11, 13, 57, 59, 103, 105]
    assert long["UPC-A"] == [9, 11, 15, 18, 55, 57, 94, 97, 101, 103]
    texts = re.findall(r'x="([\d.]+)" y="[\d.]+">(\d+)<', barcodes.svg("036000291452", "UPC-A").decode())
    assert texts == [("3.5", "0"), ("36.5", "36000"), ("76.5", "29145"), ("109.5", "2")]


# PNG


@pytest.mark.parametrize("scale", [2, 4, 6])
def test_every_png_is_read_by_every_decoder(scale):
    wrong = {
        code: seen
        for code, type in KNOWN + some(30, seed=scale)
        if (seen := misread(Image.open(io.BytesIO(barcodes.png(code, type, scale))).convert("L"), code, type))
    }
    assert wrong == {}


@settings(deadline=None)
@given(CODES, st.sampled_from([2, 4, 10]))
def test_a_png_has_exactly_the_modules_and_white_beside_them(code, scale):
    symbol, digits, modules = encoded(*code)
    dots = bits(barcodes.png(*code, scale))
    unit = scale // symbol.scale
    row = dots[(barcodes.TOP + symbol.bearer + 3) * unit]
    assert bars(row[::unit]) == "0" * symbol.quiet[0] + modules + "0" * symbol.quiet[1]
    assert all((row[n::unit] == row[::unit]).all() for n in range(unit))
    assert dots[: barcodes.TOP * unit].sum() == 0
    for start, stop, left in symbol.groups:
        for place in range(stop - start):
            at = (symbol.quiet[0] + left + place * symbol.cell) * unit
            assert dots[-symbol.text * unit :, at : at + symbol.cell * unit].any(), f"{digits} lacks a digit"


def test_a_png_has_one_bit_a_dot_and_says_its_size():
    png = barcodes.png("9100000000008", "EAN-13")
    assert struct.unpack(">IIBB", png[16:26]) == (452, 328, 1, 0)
    picture = Image.open(io.BytesIO(png))
    assert picture.mode == "1"
    assert [round(dpi) for dpi in picture.info["dpi"]] == [300, 300]
    assert len(png) < 1_500


@pytest.mark.parametrize("scale", [0, 1, 3, 42, -2])
def test_a_scale_that_cannot_be_is_refused(scale):
    with pytest.raises(ValueError, match="an even number of dots from 2 to 40"):
        barcodes.png("9100000000008", "EAN-13", scale)


# Many


@pytest.mark.parametrize(("kind", "draw"), [("svg", barcodes.svg), ("png", barcodes.png)])
def test_a_zip_has_one_picture_for_each_code_named_by_it(kind, draw):
    codes, out, told = some(30), io.BytesIO(), []
    count = barcodes.zipped(iter([*codes, *codes[:40], ("9100-0002", "EAN-8")]), kind, out, lambda *at: told.append(at))
    once = dict([*codes, ("91000002", "EAN-8")])
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{code}.{kind}" for code in once]
        assert {name: archive.read(name) for name in archive.namelist()} == {
            f"{c}.{kind}": draw(c, t) for c, t in once.items()
        }
        assert {entry.compress_type for entry in archive.infolist()} == {
            zipfile.ZIP_STORED if kind == "png" else zipfile.ZIP_DEFLATED
        }
    assert count == len(once)
    assert told == [(100, len(once)), (len(once), len(once))]


def test_the_same_codes_make_the_same_zip():
    first, again = io.BytesIO(), io.BytesIO()
    for out in (first, again):
        barcodes.zipped(some(5), "svg", out)
    assert first.getvalue() == again.getvalue()


def test_too_many_are_refused_before_the_first_is_drawn():
    asked = []

    def endless():
        while True:
            asked.append(1)
            yield KNOWN[0]

    out = io.BytesIO()
    with pytest.raises(
        Refused, match="At most 10,000 pictures are made at once, and more were asked for. Nothing was made."
    ):
        barcodes.zipped(endless(), "png", out)
    assert len(asked) == 10_001
    assert out.getvalue() == b""


def test_of_many_wrong_codes_twenty_are_named():
    with pytest.raises(Refused) as refused:
        barcodes.zipped([("9100000000009", "EAN-13")] * 50, "svg", io.BytesIO())
    assert len(refused.value.problems) == 21
    assert str(refused.value.problems[0]) == "50 of these 50 codes cannot be printed as bars. Nothing was made."
