"""Labels on sheets and rolls: every one is read back from the rendered page by real decoders (see scanner.py), at 203 and 300 dpi."""

import io
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from lib.codes import barcode_symbols, ean, label_fonts, labels
from lib.codes.label_layouts import LAYOUTS
from lib.codes.labels import POINT, Label
from lib.problems import Refused
from tests.faults.naughty import KEPT, NEVER
from tests.lib.scanner import misread

TYPES = {"EAN-13": 12, "UPC-A": 11, "EAN-8": 7, "GTIN-14": 13}
ROLL, SMALL, SHEET = LAYOUTS["roll_50x30"], LAYOUTS["a4_5x13"], LAYOUTS["letter_3x10"]
ZH = "双层不锈钢保温杯 带盖 350毫升 办公室用 大容量 便携 学生"
TITLES = (
    "Stainless steel mug with a lid, 350 ml, for the office and on the road",
    ZH,
    "Żółta filiżanka, 300 ml",
    "컵",
    "",
)
MUG = Label("9100000000008", "EAN-13", "MUG-RED-350", "Mug with a lid")


def some(count, seed=1, types=tuple(TYPES)):
    draw = random.Random(seed)
    bodies = [(types[n % len(types)], f"{draw.randrange(10**13, 10**14)}") for n in range(count)]
    return [
        Label((body := digits[: TYPES[type]]) + ean.check_digit(body), type, f"SKU-{n}-XL", TITLES[n % len(TITLES)])
        for n, (type, digits) in enumerate(bodies)
    ]


@contextmanager
def opened(pdf):
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def rendered(page, dpi):
    return page.render(scale=dpi / 72, grayscale=True).to_pil()


def box(layout, place, dpi):
    """Where a label lies on the rendered page, in dots."""
    left, top = layout.corner(place)
    return tuple(round(mm * dpi / 25.4) for mm in (left, top, left + layout.width, top + layout.height))


def without_a_chinese_font(monkeypatch):
    monkeypatch.setattr(label_fonts, "CHINESE", ())
    forget()


def forget():
    label_fonts._found.cache_clear()
    label_fonts._of.cache_clear()


@pytest.fixture
def no_chinese_font(monkeypatch):
    without_a_chinese_font(monkeypatch)
    yield
    monkeypatch.undo()
    forget()


# Scanning


@pytest.mark.parametrize("key", LAYOUTS)
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_label_of_a_sheet_is_read(key, dpi):
    layout = LAYOUTS[key]
    wanted, wrong = some(max(layout.per_page, 8), seed=dpi), {}
    with opened(labels.pdf(wanted, layout)) as document:
        for number, label in enumerate(wanted):
            page, place = divmod(number, layout.per_page)
            if not place:
                sheet = rendered(document[page], dpi)
            if seen := misread(sheet.crop(box(layout, place, dpi)), label.code, label.type):
                wrong[label.code] = seen
    assert wrong == {}


@pytest.mark.parametrize("type", TYPES)
def test_a_roll_printer_of_black_dots_prints_what_is_read(type):
    """203 dpi, no greys: each bar is a whole number of dots, as wide as all others of its kind."""
    for label in some(8, seed=3, types=[type]):
        with opened(labels.pdf([label], ROLL)) as document:
            black = rendered(document[0], 203.2).point(lambda grey: 255 * (grey > 127))
        assert misread(black, label.code, label.type) == {}
        symbol, _, modules = barcode_symbols.encoded(label.code, label.type)
        row = np.asarray(black)[black.height // 2] < 128
        edges = np.flatnonzero(np.diff(row.astype(int)))
        dots = (edges[-1] - edges[0]) // symbol.bars
        assert ["1" if row[edges[0] + 1 + n * dots] else "0" for n in range(symbol.bars)] == list(modules)


def test_copies_and_a_half_used_sheet():
    first, second = some(2)
    with opened(labels.pdf([first, second], SHEET, skip=28, copies=3)) as document:
        assert len(document) == 2
        pages = [rendered(page, 300) for page in document]
    read = [
        [
            label.code
            for label in (first, second)
            if misread(page.crop(box(SHEET, place, 300)), label.code, label.type) == {}
        ]
        for page in pages
        for place in range(30)
    ]
    assert read == [[]] * 28 + [[first.code]] * 3 + [[second.code]] * 3 + [[]] * 26
    white = [np.asarray(pages[0].crop(box(SHEET, place, 300))).min() for place in range(28)]
    assert white == [255] * 28


# What is on a label


def written(pdf):
    with opened(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


@pytest.mark.parametrize("key", LAYOUTS)
def test_code_sku_and_title_can_be_read(key):
    [text] = written(labels.pdf([MUG], LAYOUTS[key]))
    assert [part for part in ("9", "100000", "000008") if part not in text] == []
    assert "MUG-RED-350" in text
    assert "Mug with a lid" in text


def test_chinese_is_embedded_where_the_machine_has_a_font_for_it():
    if not labels.embeds_chinese():
        pytest.skip("left out: this machine has no TrueType font for Chinese")
    pdf = labels.pdf([Label("9100000000008", "EAN-13", "A", "不锈钢 mug")], ROLL)
    assert "不锈钢 mug" in written(pdf)[0]
    assert b"/FontFile2" in pdf
    assert b"STSong" not in pdf
    assert len(pdf) < 60_000


def test_chinese_without_a_font_asks_for_one_of_the_viewer(no_chinese_font):
    assert not labels.embeds_chinese()
    pdf = labels.pdf([Label("9100000000008", "EAN-13", "A", "不锈钢 mug")], ROLL)
    assert "不锈钢 mug" in written(pdf)[0]
    assert b"STSong-Light" in pdf
    assert b"/FontFile2" not in pdf


def test_other_letters_of_europe_are_embedded_on_every_machine(monkeypatch):
    monkeypatch.setattr(label_fonts, "EUROPEAN", label_fonts.EUROPEAN[-1:])
    without_a_chinese_font(monkeypatch)
    try:
        assert Path(label_fonts.EUROPEAN[0]).is_file()
        pdf = labels.pdf([Label("9100000000008", "EAN-13", "A", "Żółta Ελλάδα Привет ş")], ROLL)
    finally:
        monkeypatch.undo()
        forget()
    assert "Żółta Ελλάδα Привет ş" in written(pdf)[0].replace("\r\n", " ")
    assert b"/FontFile2" in pdf


def shown(text, room=1_000.0):
    return ["".join(glyph[0] for glyph in line) for line in label_fonts.lines(label_fonts.glyphs(text), room, 2)]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("two  words\n\tand\u2028more", ["two words and more"]),
        ("🔥 Hot 🔥 mug 👩‍👩‍👧", ["Hot mug"]),
        ("مرحبا mug שלום", ["mug"]),
        ("e\u0301te\u0301", ["été"]),
        ("\ud800\udfff\0", []),
        ("", []),
        (" \n ", []),
    ],
)
def test_what_cannot_be_printed_is_left_out(text, printed):
    assert [line.strip() for line in shown(text)] == printed


@pytest.mark.parametrize(
    ("text", "room", "printed"),
    [
        ("Steel mug with a lid", 6.6, ["Steel mug with", "a lid"]),
        ("Steel mug with a lid for the office", 6.6, ["Steel mug with", "a lid for the…"]),
        ("不锈钢保温杯带盖", 4.5, ["不锈钢保", "温杯带盖"]),
        ("不锈钢保温杯带盖办公室", 4.5, ["不锈钢保", "温杯带…"]),
        ("Donaudampfschifffahrtsgesellschaft", 6.0, ["Donaudampf", "schifffahrts…"]),
    ],
)
def test_long_titles_break_between_words_and_end_with_dots(text, room, printed):
    assert shown(text, room) == printed


def objects(pdf):
    """The boxes of all that is drawn, before it is clipped, in points."""
    with opened(pdf) as document:
        page = document[0]
        boxes = [thing.get_bounds() for thing in page.get_objects()]
        texts = page.get_textpage()
        return boxes + [texts.get_charbox(n, loose=True) for n in range(texts.count_chars())]


ANY = st.text(max_size=120)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(ANY, st.sampled_from([*KEPT, *NEVER])), ANY, st.sampled_from(sorted(LAYOUTS)), st.sampled_from(some(4))
)
@example("W" * 5_000, "M" * 5_000, "a4_5x13", some(4)[3])
@example("双" * 5_000, "\n" * 50, "a4_5x13", some(4)[0])
@example("(paren\\thesis) %PDF ET Q", ") Tj ET", "roll_50x30", some(4)[2])
@example("g\u0323\u0301\u0310" * 40, "\u0fdf" * 60, "roll_60x40", some(4)[1])
def test_no_text_leaves_the_label_or_breaks_it(title, sku, key, label):
    layout = LAYOUTS[key]
    label = Label(label.code, label.type, sku, title)
    left, top = layout.corner(layout.per_page - 1)
    bottom = layout.page[1] - top - layout.height
    pdf = labels.pdf([label], layout, skip=layout.per_page - 1)
    edges = left, bottom, left + layout.width, bottom + layout.height
    for seen in objects(pdf):
        assert seen[0] >= edges[0] * POINT - 0.1
        assert seen[1] >= edges[1] * POINT - 0.1
        assert seen[2] <= edges[2] * POINT + 0.1
        assert seen[3] <= edges[3] * POINT + 0.1
    with opened(pdf) as document:
        crop = rendered(document[0], 300).crop(box(layout, layout.per_page - 1, 300))
    assert misread(crop, label.code, label.type) == {}


# Layouts


@pytest.mark.parametrize("key", LAYOUTS)
def test_a_layout_lies_on_its_page(key):
    layout = LAYOUTS[key]
    assert layout.key == key
    assert layout.step[0] >= layout.width
    assert layout.step[1] >= layout.height
    last = layout.corner(layout.per_page - 1)
    assert min(layout.margin) >= 0
    assert last[0] + layout.width == pytest.approx(layout.page[0] - layout.margin[0])
    assert last[1] + layout.height == pytest.approx(layout.page[1] - layout.margin[1])


def test_known_sheets_are_where_their_makers_cut_them():
    avery_5160, avery_5163, avery_l7651 = SHEET, LAYOUTS["letter_2x5"], SMALL
    assert [round(avery_5160.corner(31 - 2)[n], 2) for n in (0, 1)] == [144.46, 241.3]
    assert [round(mm, 2) for mm in (*avery_5160.margin, *avery_5160.step)] == [4.76, 12.7, 69.85, 25.4]
    assert [round(mm, 2) for mm in (*avery_5163.margin, *avery_5163.step)] == [3.97, 12.7, 106.36, 50.8]
    assert [round(mm, 2) for mm in (*avery_l7651.margin, *avery_l7651.step)] == [4.75, 10.7, 40.6, 21.2]
    assert {key: layout.per_page for key, layout in LAYOUTS.items()} == {
        "a4_3x8": 24, "a4_3x8_gaps": 24, "a4_3x7": 21, "a4_4x10": 40, "a4_4x11": 44, "a4_5x13": 65, "a4_2x4": 8,
        "letter_3x10": 30, "letter_2x5": 10, "roll_50x30": 1, "roll_60x40": 1,
    }  # fmt: skip


@pytest.mark.parametrize("key", LAYOUTS)
@pytest.mark.parametrize("type", TYPES)
def test_bars_are_whole_dots_wide_enough_high_enough_and_have_their_quiet_zones(key, type):
    layout, symbol = LAYOUTS[key], barcode_symbols.SYMBOLS[type]
    bars = labels._bars(symbol, layout)
    unit = bars.unit / POINT
    assert unit / layout.dot == pytest.approx(round(unit / layout.dot))
    assert 0.25 <= round(unit * symbol.scale, 3) <= 0.7
    assert bars.left >= 0
    assert bars.left * 2 + symbol.width * bars.unit == pytest.approx(layout.width * POINT)
    [label] = some(1, types=[type])
    full = Label(label.code, type, "SKU " * 30, "A title that needs all the room there is " * 9)
    with opened(labels.pdf([full], layout)) as document:
        paths = [thing.get_bounds() for thing in document[0].get_objects() if thing.type == 2]
    assert max(top - bottom for _, bottom, _, top in paths) / POINT >= 5


# Refusals


@pytest.mark.parametrize(
    ("given", "options", "sentence"),
    [
        ([MUG], {"skip": 30}, "This sheet has 30 places: skip 0 to 29. Nothing was made."),
        ([MUG], {"skip": -1}, "This sheet has 30 places: skip 0 to 29. Nothing was made."),
        ([MUG], {"copies": 0}, "Each label is printed 1 to 10,000 times, not 0. Nothing was made."),
        ([MUG], {"copies": 10_001}, "Each label is printed 1 to 10,000 times, not 10,001. Nothing was made."),
        ([MUG] * 3, {"copies": 5_000}, "At most 10,000 labels are printed at once, copies counted. Nothing was made."),
        ([], {}, "There is no code to print. Nothing was made."),
        ([MUG, Label("9100000000009", "EAN-13")], {}, "1 of these 2 codes cannot be printed as bars. Nothing was made.; "
         "9100000000009 ends in 9, but its check digit would be 8: a digit is wrong."),
    ],
)  # fmt: skip
def test_what_cannot_be_printed_is_refused_with_a_sentence(given, options, sentence):
    told = []
    with pytest.raises(Refused) as refused:
        labels.pdf(given, SHEET, lambda *at: told.append(at), **options)
    assert str(refused.value) == sentence
    assert told == []


def test_a_picture_of_a_wrong_code_is_refused():
    with pytest.raises(Refused, match="its check digit would be 8"):
        labels.picture(Label("9100000000009", "EAN-13"), ROLL)


def test_an_endless_list_is_not_read_to_its_end():
    asked = []

    def endless():
        while True:
            asked.append(1)
            yield MUG

    with pytest.raises(Refused):
        labels.pdf(endless(), SHEET, copies=100)
    assert len(asked) == 101


# The picture, and many


@pytest.mark.parametrize("title", TITLES)
def test_the_picture_is_what_is_printed(title):
    label = Label("036000291452", "UPC-A", "MUG-1", title)
    picture = Image.open(io.BytesIO(labels.picture(label, ROLL)))
    with opened(labels.pdf([label], ROLL)) as document:
        printed = rendered(document[0], 300)
    assert picture.size == (591, 355)
    assert np.array_equal(np.asarray(picture.convert("L")), np.asarray(printed))
    assert misread(picture.convert("L"), label.code, label.type) == {}


def test_pictures_are_made_for_several_people_at_once():
    wanted = some(12) * 3
    alone = [labels.picture(label, ROLL, 150) for label in wanted]
    with ThreadPoolExecutor(8) as people:
        assert list(people.map(lambda label: labels.picture(label, ROLL, 150), wanted)) == alone


def test_many_labels_tell_how_far_they_are_and_stay_small():
    told = []
    pdf = labels.pdf(some(1_000), ROLL, lambda *at: told.append(at))
    assert told == [(done, 1_000) for done in range(100, 1_001, 100)]
    assert len(pdf) < 1_000_000
    with opened(pdf) as document:
        assert len(document) == 1_000
        assert document.get_page_size(0) == pytest.approx((50 * POINT, 30 * POINT), abs=0.01)


def test_the_same_labels_make_the_same_pdf():
    assert labels.pdf(some(30), SHEET) == labels.pdf(some(30), SHEET)
