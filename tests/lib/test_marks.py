"""Marks for the forwarding warehouse: what stands on them, and every code read back from the rendered page by a real decoder."""

import io
from decimal import Decimal

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from db.models import Product, Purchase, PurchaseLine, Warehouse
from db.session import SYSTEM, reading, transaction
from db.vocabulary import PurchaseStatus, Transport
from lib.codes import labels
from lib.codes.label_layouts import LAYOUTS
from lib.problems import Refused
from lib.purchases import marks
from lib.purchases.marks import SIZES, Mark
from tests.lib.trade import company, line, order, put

ROLL, SHEET = SIZES["roll_60x40"], SIZES["a4_3x8"]
FULL = Mark(
    "111-1234567-1234567", ("111-1234567-1234567", "111-2"), ("MH01 × 2  羊毛被", "LAMP × 1  Lamp"), 3,
    (Transport.BATTERY, Transport.LIQUID), "Shenzhen 深圳", "SZ-207", "深圳市宝安区航城街道 12 栋 2 楼",
)  # fmt: skip


@pytest.fixture
def trade(database):
    """Purchase 1 serves orders 1 and 2 by way of Shenzhen; 2 is order 3's alone and comes to us; 3 was canceled."""
    company()
    for number in (1, 2, 3):
        order(number, line(quantity=number))
    with transaction(SYSTEM, "tests.put") as session:
        place = session.get_one(Warehouse, 1)
        place.inbound_code, place.address = "SZ-207", "深圳市宝安区航城街道 12 栋"
        session.get_one(Product, 1).title_zh = "羊毛被加厚保暖双人冬季学生宿舍单人春秋被芯棉被可水洗四季通用"
    cost = {"unit_cost": Decimal(1), "operator": "oscar"}
    put(
        Purchase(id=1, request="r1", number="1688-77", quantity=3, transshipped=True, warehouse_id=1,
                 transport="battery,branded", **cost),
        Purchase(id=2, request="r2", quantity=3, **cost),
        Purchase(id=3, request="r3", quantity=3, status=PurchaseStatus.CANCELED, **cost),
    )  # fmt: skip
    put(
        PurchaseLine(purchase_id=1, order_line_id=10, quantity=1),
        PurchaseLine(purchase_id=1, order_line_id=20, quantity=2),
        PurchaseLine(purchase_id=2, order_line_id=30, quantity=3),
        PurchaseLine(purchase_id=3, order_line_id=30, quantity=3),
    )


def of(ids, **how):
    with reading() as session:
        return marks.marks_of(session, ids, **how)


def scanned(picture):
    return [one.text for one in zxingcpp.read_barcodes(picture)]


def pages(pdf, dpi=203):
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in document], [
            page.get_textpage().get_text_range() for page in document
        ]
    finally:
        document.close()


# What stands on them


def test_a_mark_for_each_order_line(trade):
    first, second, third = of([2, 1, 3])
    assert (first.code, first.orders, first.goods, first.pieces) == (
        "111-1", ("111-1",), ("MH01 × 1  羊毛被加厚保暖双人冬季学生宿舍单人春秋被芯棉被可…",), 1,
    )  # fmt: skip
    assert first.transport == (Transport.BATTERY, Transport.BRANDED)
    assert (first.warehouse, first.inbound_code, first.address) == ("Shenzhen", "SZ-207", "深圳市宝安区航城街道 12 栋")
    assert (second.code, second.pieces) == ("111-2", 2)
    assert (third.code, third.warehouse, third.transport) == ("111-3", "", ())


def test_a_mark_for_each_purchase_has_its_own_number(trade):
    both, alone = of([1, 2], each_line=False)
    assert (both.code, both.orders, both.pieces, len(both.goods)) == ("1688-77", ("111-1", "111-2"), 3, 2)
    assert alone.code == "111-3"
    assert [mark.code for mark in of([1, 2], by_order=False)] == ["1688-77", "1688-77", "#2"]


def test_words_are_printed_in_chinese_and_english():
    assert set(marks.IN_CHINESE) == set(Transport)
    _, [text] = pages(marks.pdf([FULL], SIZES["a4_2x4"]))
    wanted = ["111-1234567-1234567 +1", "MH01 × 2", "LAMP × 1", "3 pcs", "Battery", "Liquid", "SZ-207"]
    if labels.embeds_chinese():
        wanted += ["羊毛被", "3 件", "带电", "液体", "深圳市宝安区航城街道 12 栋 2 楼"]
    whole = "".join(text.split())
    assert [word for word in wanted if "".join(word.split()) not in whole] == []


# Scanning


@pytest.mark.parametrize("key", SIZES)
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_code_is_read_from_the_page(key, dpi):
    layout = SIZES[key]
    wanted = [
        Mark(f"111-{n:07}-{n:07}", (f"111-{n}",), FULL.goods, n, FULL.transport) for n in range(1, layout.per_page + 3)
    ]
    drawn, _ = pages(marks.pdf(wanted, layout), dpi)
    assert sorted(code for page in drawn for code in scanned(page)) == [mark.code for mark in wanted]


@pytest.mark.parametrize("code", ["#1", "采购-一二三", "A" * marks.MOST_CODE, "260577190005"])
def test_any_number_is_read_even_in_black_dots(code):
    picture = Image.open(io.BytesIO(marks.picture(Mark(code, ("111-1",), ("MH01 × 1",), 1), ROLL, 203)))
    assert scanned(picture.point(lambda grey: 255 * (grey > 127))) == [code]


def test_nothing_leaves_the_mark():
    """However much is written: the next mark of the sheet stays white where nothing is printed."""
    much = Mark(
        "111-1",
        tuple(f"111-{n}" for n in range(50)),
        ("W" * 300,) * 20,
        9,
        tuple(Transport),
        "W" * 100,
        "W" * 60,
        "王" * 500,
    )
    [page], _ = pages(marks.pdf([much], SHEET, skip=4), 203)
    left, top = SHEET.corner(4)
    box = [round(mm * 203 / 25.4) for mm in (left, top, left + SHEET.width, top + SHEET.height)]
    page.paste(255, tuple(box))
    assert page.getextrema() == (255, 255)


def test_a_sheet_that_is_partly_used_and_copies():
    drawn, _ = pages(marks.pdf([FULL, FULL], SHEET, skip=23, copies=2))
    assert [len(scanned(page)) for page in drawn] == [1, 3]


@pytest.mark.parametrize(
    ("count", "key", "skip", "copies", "why"),
    [
        (0, "a4_3x8", 0, 1, "There is no mark to print"),
        (1, "a4_5x13", 0, 1, "has no room for a mark"),
        (1, "a4_3x8", 24, 1, "skip 0 to 23"),
        (1, "a4_3x8", -1, 1, "skip 0 to 23"),
        (1, "a4_3x8", 0, 0, "1 to 1,000 times, not 0"),
        (501, "a4_3x8", 0, 2, "At most 1,000 marks"),
        (1001, "a4_3x8", 0, 1, "At most 1,000 marks"),
    ],
)
def test_what_cannot_be_printed_is_refused(count, key, skip, copies, why):
    with pytest.raises(Refused, match=why):
        marks.pdf([FULL] * count, LAYOUTS[key], skip=skip, copies=copies)
