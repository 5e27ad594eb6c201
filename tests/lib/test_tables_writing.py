"""Downloads: what was written is read back."""

import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import openpyxl
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.problems import Refused
from lib.tables import writing
from lib.tables.reading import read

COLUMNS = ["SKU", "Title", "Remark"]
DANGEROUS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(1)",
    "\tx",
    "\rx",
    "\n=1",
    "＝1",
    "=cmd|' /C calc'!A0",
    "'=1",
    "''-2",
    "-",
    "--5",
]
NAUGHTY = [
    *DANGEROUS,
    *(
        "'",
        "''",
        "'a",
        '"',
        '""',
        "a'b",
        ",",
        ";",
        "|",
        "\t",
        "a\r\nb",
        "a\rb",
        "a\nb",
        "\\",
        "\\n",
        "%00",
        "-1",
        "-1.50",
    ),
    *(
        "0123",
        "9100000000008",
        "9.1E+12",
        "1e9",
        "NaN",
        "null",
        "TRUE",
        "1/2",
        "3-1",
        "2026-03-02",
        "12:30",
        "  padded  ",
    ),
    *(
        "_x000D_",
        "_x0041_",
        "_x005F_",
        "_xZZZZ_",
        "\x01\x08\x0b\x1f",
        "\x7f\x85\u2028",
        "\ufeffx",
        "x\ufeff",
        "&amp;<b>",
    ),
    *(
        "轻奢纯棉刺绣水洗四件套",
        "Ω≈ç√",
        "الكل في المجمو",
        "ﷺ",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "Z̮̞̠͙͔ͅalgo",
        "\u202etest\u202c",
        "𠜎𠜱",
        "http://a.b/?c=d",
        "mailto:a@b",
    ),
    *("internal:Sheet1!A1", "<script>alert(1)</script>", "'; DROP TABLE product;--", "{=1+1}", "x" * 32_767),
]
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff")
CELLS = st.text(LETTERS, max_size=12) | st.sampled_from(NAUGHTY)
TABLES = st.lists(st.tuples(st.sampled_from(["a", "=b", "0100"]), CELLS, CELLS), min_size=1, max_size=6)


def rows_of(content):
    sheet = read("x", content)
    assert sheet.problems == ()
    return sheet.columns, [row.cells for row in sheet.rows]


@given(TABLES)
def test_csv_is_read_back_equal(rows):
    assert rows_of(writing.csv(rows, COLUMNS)) == (tuple(COLUMNS), rows)


@settings(deadline=None)
@given(TABLES)
def test_xlsx_is_read_back_equal(rows):
    assert rows_of(writing.xlsx(rows, COLUMNS)) == (tuple(COLUMNS), rows)


@pytest.mark.parametrize("write", [writing.csv, writing.xlsx])
def test_one_column_with_separators_is_read_back_equal(write):
    assert rows_of(write([("a;b",), ("c\td|e",)], ["Title"])) == (("Title",), [("a;b",), ("c\td|e",)])


def test_other_peoples_naughty_strings(shared):
    strings = json.loads((shared / "sheets" / "blns.json").read_text("utf-8"))
    rows = [("a", text, str(i)) for i, text in enumerate(strings)]
    assert len(rows) == 515
    assert rows_of(writing.csv(rows, COLUMNS))[1] == rows
    without = [("a", text.replace("\ufffe", ""), i) for _, text, i in rows]
    assert rows_of(writing.xlsx(rows, COLUMNS))[1] == without


@pytest.mark.parametrize("cell", DANGEROUS)
def test_a_formula_is_text_in_every_download(cell):
    written = writing.csv([("a", cell, "")], [cell, "b", "c"]).decode("utf-8-sig")
    assert written == f'"\'{cell}","b","c"\r\n"a","\'{cell}",""\r\n'
    page = openpyxl.load_workbook(io.BytesIO(writing.xlsx([("a", cell, "")], COLUMNS))).active
    assert page["B2"].data_type == "s"
    assert page["B2"].quotePrefix


@pytest.mark.parametrize("cell", ["-1", "-1.50", "0123", "1+1", "a=b", "12-15"])
def test_what_is_no_formula_stays_as_it_is(cell):
    assert writing.csv([(cell,)], ["a"]).decode("utf-8-sig") == f'"a"\r\n"{cell}"\r\n'


def test_csv_begins_with_the_mark_of_utf8():
    assert writing.csv([], ["货号"]) == b'\xef\xbb\xbf"\xe8\xb4\xa7\xe5\x8f\xb7"\r\n'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (pandas.NA, ""),
        (pandas.NaT, ""),
        (Decimal("NaN"), ""),
        (Decimal("128.00"), "128.00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0001"), "-0.0001"),
        (True, "TRUE"),
        (7, "7"),
        (date(2026, 3, 2), "2026-03-02"),
        (datetime(2026, 3, 2, 8, 30, tzinfo=timezone(timedelta(hours=8))), "2026-03-02 00:30:00"),
        (pandas.Timestamp("2026-03-02 08:30", tz=UTC), "2026-03-02 08:30:00"),
        ("a\0b\ud800", "ab"),
    ],
)
def test_text_of_a_value(value, text):
    assert writing.text(value) == text


def test_amounts_are_numbers_with_their_decimals_in_a_workbook():
    amounts = [Decimal("128.00"), Decimal("4964"), Decimal("0.125"), 7, Decimal("-5.10")]
    page = openpyxl.load_workbook(io.BytesIO(writing.xlsx([(a,) for a in amounts], ["Price"]))).active
    assert [page.cell(i, 1).value for i in range(2, 7)] == [128, 4964, 0.125, 7, -5.1]
    assert [page.cell(i, 1).number_format for i in range(2, 7)] == ["0.00", "0", "0.000", "0", "0.00"]


def test_a_number_that_a_workbook_would_round_is_text():
    exact = Decimal("999999999999.9999")
    page = openpyxl.load_workbook(io.BytesIO(writing.xlsx([(exact,), (10**15,)], ["Price"]))).active
    assert (page["A2"].value, page["A2"].data_type) == ("999999999999.9999", "s")
    assert (page["A3"].value, page["A3"].data_type) == ("1000000000000000", "s")


@given(st.decimals(-(10**9), 10**9, places=4))
def test_an_amount_is_read_back_exactly(amount):
    for write in (writing.csv, writing.xlsx):
        assert Decimal(rows_of(write([("a", amount)], ["SKU", "Price"]))[1][0][1]) == amount


def test_the_workbook_is_pleasant_to_use():
    content = writing.xlsx([("1", "轻奢纯棉刺绣水洗四件套" * 20)], ["SKU", "Title"], sheet="Products")
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert page.title == "Products"
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:B2"
    assert page["A1"].font.b
    assert 8 <= page.column_dimensions["A"].width < 12
    assert 55 < page.column_dimensions["B"].width < 65
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_what_a_workbook_cannot_hold_is_refused(monkeypatch):
    with pytest.raises(Refused, match=r"Title in row 2 has 32,768 characters.*Nothing was written: take the CSV"):
        writing.xlsx([("1", "a"), ("2", "x" * 32_768)], ["SKU", "Title"])
    monkeypatch.setattr(writing, "MOST_ROWS", 2)
    with pytest.raises(Refused, match="Nothing was written: take the CSV"):
        writing.xlsx([("1",), ("2",), ("3",)], ["SKU"])


def test_a_frame_is_written_row_by_row():
    frame = pandas.DataFrame({"sku": ["0100", None], "price": [Decimal("1.50"), None]}, index=[7, 9], dtype=object)
    written = writing.csv(frame.itertuples(index=False), list(frame.columns))
    assert written.decode("utf-8-sig") == '"sku","price"\r\n"0100","1.50"\r\n"",""\r\n'
