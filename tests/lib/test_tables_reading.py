"""Reading an upload: every cell as it stands in the file, or a sentence."""

import csv
import io
import json
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.problems import Refused
from lib.tables import sheet as sheets
from lib.tables.reading import read

DIRTY = ["dirty_from_off", "dirty_from_litemall"]


def cells(sheet):
    return [row.cells for row in sheet.rows]


def refusal(name, content):
    with pytest.raises(Refused) as refused:
        read(name, content)
    assert "Nothing was read" in str(refused.value)
    return str(refused.value)


def answer(name, content):
    """The sentence of the refusal; empty when the file can be read."""
    try:
        read(name, content)
    except Refused as refused:
        return refused.problems[0].text
    return ""


def book(fill, **made_with):
    """The bytes of a workbook after `fill(workbook)`."""
    workbook, stream = openpyxl.Workbook(**made_with), io.BytesIO()
    fill(workbook)
    workbook.save(stream)
    return stream.getvalue()


# Text files


def test_cells_stay_as_they_stand():
    sheet = read("p.csv", b'sku,ean,note\r\n0123,9.1E+12," a ""b"", c "\r\n007,,=1+1\r\n')
    assert sheet.columns == ("sku", "ean", "note")
    assert cells(sheet) == [("0123", "9.1E+12", ' a "b", c '), ("007", "", "=1+1")]
    assert sheet.problems == ()
    assert sheet.notes == ("Read as UTF-8, separated by commas.",)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("gb18030", "GB18030"),
    ],
)
def test_chinese_in_the_encodings_of_excel(encoding, said):
    text = "货号,商品名称\n0100,轻奢纯棉刺绣水洗四件套\n0200,秋冬保暖加厚澳洲羊毛被\n"
    sheet = read("p.csv", text.encode(encoding))
    assert sheet.columns == ("货号", "商品名称")
    assert cells(sheet) == [("0100", "轻奢纯棉刺绣水洗四件套"), ("0200", "秋冬保暖加厚澳洲羊毛被")]
    assert sheet.notes == (f"Read as {said}, separated by commas.",)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "España, niño, corazón, descripción, gestión"),
        ("cp1252", "Configuração, coleção, informações, ção"),
        ("cp1252", "Größe, Übermaß, Süßwaren für Mädchen"),
        ("cp1252", "Beignet arôme crevette, Surgelés, été, œuf, 12 €"),
        ("gb18030", "Beignet arôme crevette à la crème brûlée"),
        ("gb18030", "繁體中文商品名稱與說明，臺灣進口"),
        ("cp932", "商品名、価格、在庫のある製品、トップス"),
        ("cp932", "轻奢纯棉刺绣水洗四件套".encode("cp932", "replace").decode("cp932")),
    ],
)
def test_a_letter_is_never_read_as_another_one(encoding, text):
    sheet = read("p.csv", ("sku\ttitle\n1\t" + text + "\n").encode(encoding))
    assert cells(sheet) == [("1", text)]


@pytest.mark.parametrize("encoding", ["big5", "koi8-r", "cp1251"])
def test_an_unknown_alphabet_is_refused_and_not_guessed(encoding):
    text = "繁體中文商品名稱與說明，臺灣進口" if encoding == "big5" else "Название товара и описание, цена"
    assert "encoding" in refusal("p.csv", f"sku\ttitle\n1\t{text}\n".encode(encoding))


def test_utf8_that_breaks_is_refused_with_its_line():
    good = "sku,标题\n" + "1,轻奢纯棉刺绣\n" * 20
    assert "Line 22" in refusal("p.csv", good.encode() + b"2,\xff\xfe\n" + "3,轻奢\n".encode())
    assert "cut off" in refusal("p.csv", (good + "2,轻").encode()[:-1])


@pytest.mark.parametrize(
    ("separator", "said"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_the_separator_is_found_whatever_the_name_says(separator, said):
    text = separator.join(["sku", "title", "price"]) + "\n" + separator.join(["1", '"a, b; c\t| d"', "12"]) + "\n"
    sheet = read("p.csv", text.encode())
    assert cells(sheet) == [("1", "a, b; c\t| d", "12")]
    assert said in sheet.notes[0]


def test_a_decimal_comma_does_not_separate():
    sheet = read("p.csv", b"name;price\na;12,50\nb;13,50\nc;14,50\n")
    assert cells(sheet) == [("a", "12,50"), ("b", "13,50"), ("c", "14,50")]


def test_excel_may_say_its_separator():
    sheet = read("p.csv", b"sep=;\r\nsku;title\r\n1;a,b,c\r\n")
    assert sheet.columns == ("sku", "title")
    assert list(sheet.rows) == [(3, ("1", "a,b,c"))]


def test_lines_are_those_of_an_editor():
    sheet = read("p.csv", b'sku,title\r\n1,"two\r\nlines"\r\n\r\n2,plain\r\n,\r\n3,end')
    assert list(sheet.rows) == [(2, ("1", "two\r\nlines")), (5, ("2", "plain")), (7, ("3", "end"))]
    assert sheet.notes[1] == "2 blank lines were left out."


def test_lines_that_do_not_fit_are_problems_and_not_rows():
    sheet = read("p.csv", b"sku,title,price\n1,a,5\n2,b\n3,c,6,7\n4,d,8,,\n")
    assert cells(sheet) == [("1", "a", "5"), ("4", "d", "8")]
    assert [(p.line, p.text.split(":")[1].split(".")[0]) for p in sheet.problems] == [(3, " too few"), (4, " too many")]


def test_too_many_lines_that_do_not_fit_refuse_the_file():
    with pytest.raises(Refused) as refused:
        read("p.csv", b"a,b\n" + b"1\n" * 1001 + b"1,2\n")
    assert "More than 1000 lines" in str(refused.value)
    assert len(refused.value.problems) == 21


def test_a_nul_byte_is_a_problem_of_its_line():
    sheet = read("p.csv", b"sku,title\n1,a\n2,b\0c\n3,d\n")
    assert cells(sheet) == [("1", "a"), ("3", "d")]
    assert [(p.line, p.text) for p in sheet.problems] == [(3, "Line 3 holds a NUL byte, which no text has.")]
    assert "Line 1 holds a NUL byte" in refusal("p.csv", b"sku\0,title\n1,a\n")


def test_a_cell_without_end_is_a_problem_of_its_line():
    sheet = read("p.csv", b"sku,title\n1," + b"x" * 100_001 + b"\n2," + b"y" * 100_000 + b"\n")
    assert [row.cells[0] for row in sheet.rows] == ["2"]
    assert (sheet.problems[0].line, sheet.problems[0].field) == (2, "title")
    assert "100,001 characters" in sheet.problems[0].text


def test_a_quote_that_is_not_closed_names_its_line():
    assert "opens in line 3" in refusal("p.csv", b'a,b\n1,2\n3,"open\n5,6\n')
    assert "opens in line 2" in refusal("p.csv", b'a,b\n1,"x\n3,"y",4\n')


def test_a_database_writes_tabs_without_quoting():
    sheet = read("p.csv", b'sku\tsize\n1\t"5" pipe\n2\t"\n')
    assert cells(sheet) == [("1", '"5" pipe'), ("2", '"')]
    assert "Quotes were read as plain letters." in sheet.notes


def test_names_of_columns():
    sheet = read("p.csv", b' SKU ,,"Quantity\n(pcs)"\n1,2,3\n')
    assert sheet.columns == ("SKU", "column 2", "Quantity (pcs)")
    assert "called id, name" in refusal("p.csv", b"id,name,id,name\n1,2,3,4\n")
    assert "no rows below" in refusal("p.csv", b"sku,title,price\n")
    assert "holds values" in refusal("p.csv", b"1,0.00,0.00,a\n2,3,4,b\n")


def test_titles_above_the_names_are_left_out():
    sheet = read("p.csv", b"Our list,,,\n,,,\nsku,title,price,qty\n1,a,2,3\nTotal,,2,\n")
    assert sheet.columns == ("sku", "title", "price", "qty")
    assert list(sheet.rows) == [(4, ("1", "a", "2", "3"))]
    assert "The names of the columns are in line 3; the lines above were left out." in sheet.notes
    assert "Left out, for a total is no row: line 5." in sheet.notes


def test_rows_are_a_sequence():
    rows = read("p.csv", b"a,b\n1,2\n3,4\n5,6\n").rows
    assert len(rows) == 3
    assert rows[0] == (2, ("1", "2"))
    assert rows[-1].cells == ("5", "6")
    assert [row.line for row in rows[1:]] == [3, 4]


def test_counts_are_bounded(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    assert len(read("p.csv", b"a,b\n1,2\n3,4\n")) == 2
    assert "more than 2 rows" in refusal("p.csv", b"a,b\n1,2\n3,4\n5,6\n")
    assert "501 columns" in refusal("p.csv", ",".join(f"c{i}" for i in range(501)).encode() + b"\n1\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"  \r\n\r\n", "is empty"),
        (b"\xff\xd8\xff\xe0JFIF", "a JPEG picture"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04 and no more", "damaged"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b'\n <?xml version="1.0"?>', "a web page or XML"),
        (b'[\n {"sku": 1}]', "JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old format of Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    ],
)
@pytest.mark.parametrize("name", ["stock.csv", "stock.xlsx"])
def test_what_is_no_table_is_refused_by_what_it_is(name, content, said):
    assert refusal(name, content).startswith(name)
    assert said in refusal(name, content)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_sheet_or_a_sentence(content):
    said = answer("x", content)
    assert said == "" or "Nothing was read" in said


# Workbooks


def test_a_workbook_keeps_its_texts_and_loses_no_digit():
    def fill(workbook):
        workbook.active.append(["sku", "ean", "price", "qty", "when", "at", "yes"])
        workbook.active.append(["0123", 5901234123457, 19.99, 3.0, date(2026, 3, 2), datetime(2026, 3, 2, 8, 30), True])
        workbook.active.append(["=1+1", 1e15, 0.1 + 0.2, 1e-7, None, None, False])

    sheet = read("p.xlsx", book(fill))
    assert sheet.columns == ("sku", "ean", "price", "qty", "when", "at", "yes")
    assert list(sheet.rows) == [
        (2, ("0123", "5901234123457", "19.99", "3", "2026-03-02", "2026-03-02 08:30:00", "TRUE")),
        (3, ("=1+1", "1000000000000000", "0.3", "0.0000001", "", "", "FALSE")),
    ]
    assert sheet.dates == {(2, "when"), (2, "at")}


def test_the_first_visible_sheet_is_read_and_the_others_are_named():
    def fill(workbook):
        workbook.active.title, workbook.active.sheet_state = "secret", "hidden"
        workbook.active.append(["sku"])
        for title in ("goods", "notes"):
            workbook.create_sheet(title).append(["sku", "title"])
        workbook["goods"].append(["1", "a"])

    sheet = read("p.xlsx", book(fill))
    assert cells(sheet) == [("1", "a")]
    assert sheet.notes == ("Read the sheet goods. Not read: secret, notes.",)


def test_errors_are_problems_and_missing_cells_are_empty():
    def fill(workbook):
        for row in (["sku", "title", "price"], ["1", "a", "#N/A"], ["2"], [], ["3", "c", "5", "aside"]):
            workbook.active.append(row)

    sheet = read("p.xlsx", book(fill))
    assert list(sheet.rows) == [(3, ("2", "", "")), (5, ("3", "c", "5"))]
    assert [(p.line, p.field, p.value) for p in sheet.problems] == [(2, "price", "#N/A")]
    assert "Left out, cells beyond the last named column: line 5." in sheet.notes


def raw_book(rows=b"", strings=b"", relations=b""):
    """A workbook whose XML is written by hand, with 1 MB of noise so that no ratio gives it away."""
    start = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    main = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "_rels/.rels": start
        + b'<Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": b"<workbook %s xmlns:r='%s'><sheets><sheet name='S' r:id='r1'/></sheets></workbook>"
        % (main, office),
        "xl/_rels/workbook.xml.rels": start
        + b'<Relationship Id="r1" Type="x/worksheet" Target="sheet1.xml"/>'
        + b'<Relationship Id="r2" Type="x/sharedStrings" Target="/xl/strings.xml"/></Relationships>',
        "xl/strings.xml": b"<sst %s>%s</sst>" % (main, strings),
        "xl/sheet1.xml": b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (main, rows),
        "noise": bytes(i * i % 251 for i in range(1000)) * 1000,
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "noise" else None)
    return stream.getvalue()


HEADER = b'<row><c t="inlineStr"><is><t>sku</t></is></c><c t="inlineStr"><is><t>title</t></is></c></row>'


def test_a_workbook_written_by_hand_is_read():
    strings = b"<si><t>a_x000D_b</t></si><si><r><t>bold </t></r><r><t>plain</t></r><rPh><t>no</t></rPh></si>"
    rows = HEADER + b'<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row r="9"><c r="B9"><v>5.9E12</v></c></row>'
    assert list(read("p.xlsx", raw_book(rows, strings)).rows) == [
        (2, ("a\rb", "bold plain")),
        (9, ("", "5900000000000")),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (HEADER + b'<row><c r="SG2"><v>1</v></c></row>', "more than 500 columns in line 2"),
        (HEADER + b'<row r="1048577"><c><v>1</v></c></row>', "more than 1,048,576 rows"),
        (HEADER + b'<row><c r="ZZZZ2"><v>1</v></c></row>', "damaged"),
        (HEADER + b'<row><c t="s"><v>-1</v></c></row>', "damaged"),
        (HEADER + b"<row><c><v>1</v></c></rov>", "damaged"),
        (b"<row>" + b"<c/>" * 100_000 + b"</row>", "too many parts"),
        (b"<a>" * 50_000, "too many parts"),
        (HEADER + b"<row><c><v>" + b"1" * 2_000_000 + b"</v></c></row>", "a cell that does not end"),
        (b"".join(b"<a%d/>" % i for i in range(20_000)), "too much beside the table"),
    ],
)
def test_a_workbook_that_does_not_end_is_refused_early(rows, said):
    assert said in refusal("p.xlsx", raw_book(rows))


def test_too_many_strings_are_refused(monkeypatch):
    monkeypatch.setattr("lib.tables.workbook.MOST_STRINGS", 10)
    assert "more than 10 texts" in refusal("p.xlsx", raw_book(HEADER, b"<si/>" * 11))


def test_a_workbook_is_weighed_before_it_is_unpacked(monkeypatch):
    def no_unpacking(*_, **__):
        raise AssertionError("unpacked")

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (101 * 2**20))
    monkeypatch.setattr(zipfile.ZipFile, "open", no_unpacking)
    assert "would unpack to 101 MB" in refusal("p.xlsx", stream.getvalue())
    monkeypatch.setattr("lib.tables.workbook.MOST_BYTES", 10)
    assert "is larger than" in refusal("p.xlsx", stream.getvalue())


# Other people's files


def test_csv_spectrum_says_what_each_file_means(shared):
    folder = shared / "sheets" / "csv-spectrum"
    files = sorted((folder / "csvs").glob("*.csv"))  # the carriage returns of two were lost on their way here
    assert len(files) == 12
    for file in files:
        truth = json.loads((folder / "json" / f"{file.stem}.json").read_text("utf-8").replace("\\r\\n", "\\n"))
        sheet = read(file.name, file.read_bytes())
        found = [dict(zip(sheet.columns, row.cells, strict=True)) for row in sheet.rows]
        if file.stem == "location_coordinates":  # its two halves disagree about the telephone number
            found[0] |= {"Contact Phone Number": truth["Contact Phone Number"]}
        assert found == (truth if isinstance(truth, list) else [truth]), file.name


@pytest.mark.parametrize(
    ("file", "rows", "columns", "column", "distinct"),
    [
        ("litemall_goods_zh.csv", 239, 14, "goods_sn", 239),
        ("litemall_skus_zh.csv", 244, 6, "id", 244),
        ("magento_configurable_products.csv", 1994, 70, "sku", 1994),
        ("magento_products_gear_bags.csv", 14, 19, "sku", 14),
        ("off_export_a.csv", 1309, 174, "code", 1309),
        ("shopify_packt_products.csv", 21, 48, "Handle", 20),
    ],
)
def test_real_catalogues(shared, file, rows, columns, column, distinct):
    sheet = read(file, (shared / "catalogues" / file).read_bytes())
    at = sheet.columns.index(column)
    assert (len(sheet), len(sheet.columns), sheet.problems) == (rows, columns, ())
    assert len({row.cells[at] for row in sheet.rows}) == distinct


def test_a_file_without_names_is_refused(shared):
    assert "holds values" in refusal("p.csv", (shared / "catalogues" / "adventureworks_Product.tsv.csv").read_bytes())


@pytest.mark.parametrize("folder", DIRTY)
@pytest.mark.parametrize(
    "file",
    ["utf8_bom.csv", "gb18030.csv", "tab_utf16le.txt", "ean_and_sku_numeric.xlsx", "merged_header_total_row.xlsx"],
)
def test_dirty_files_give_the_clean_table(shared, folder, file):
    truth = list(csv.reader((shared / "sheets" / folder / "TRUTH.csv").open(encoding="utf-8", newline="")))[1:]
    sheet = read(file, (shared / "sheets" / folder / file).read_bytes())
    assert sheet.problems == ()
    assert [row.cells[:2] for row in sheet.rows] == [tuple(row[:2]) for row in truth]
    assert [row.cells[2].zfill(13) for row in sheet.rows] == [row[2].zfill(13) for row in truth]


@pytest.mark.parametrize("folder", DIRTY)
def test_dirty_files_are_refused_or_reported_by_line(shared, folder):
    truth = json.loads((shared / "sheets" / folder / "TRUTH.json").read_text("utf-8"))

    def content(file):
        return (shared / "sheets" / folder / file).read_bytes()

    ragged = [line for line, why in truth["row_errors.csv"]["bad_lines"] if why in ("too few cells", "too many cells")]
    assert [p.line for p in read("row_errors.csv", content("row_errors.csv")).problems] == ragged
    assert [p.line for p in read("x.csv", content("csv_injection.csv")).problems] == [21]
    assert "1,100,000 characters" in read("x.csv", content("one_giant_cell.csv")).problems[0].text
    assert len(read("x.csv", content("truncated_in_character.csv")).problems) == 1
    assert "opens in line 2" in refusal("x.csv", content("unclosed_quote.csv"))
    assert "a web page" in refusal("x.csv", content("html_login_page_named.csv"))
    assert "no rows below" in refusal("x.csv", content("header_only.csv"))
    assert "is empty" in refusal("x.csv", content("empty.csv"))
    assert "NUL" in refusal("x.csv", content("nul_bytes.csv"))
    formulas = read("x.xlsx", content("price_formulas_uncached.xlsx"))
    assert len(formulas) == truth["price_formulas_uncached.xlsx"]["rows"]
    assert all(row.cells[3].startswith("=") for row in formulas.rows)
    became_dates = read("x.xlsx", content("sku_became_dates_hidden_sheet.xlsx"))
    assert "EVIL" not in {row.cells[0] for row in became_dates.rows}
    assert (3, became_dates.columns[0]) in became_dates.dates


def test_every_hostile_file_is_a_sheet_or_a_sentence(shared):
    files = [f for folder in ("hostile_generated", "sheets") for f in (shared / folder).rglob("*") if f.is_file()]
    assert len(files) > 150
    answers = {file.name: answer(file.name, file.read_bytes()) for file in files}
    assert {name for name, said in answers.items() if said and "Nothing was read" not in said} == set()
    assert answers["xlsx_6000_entries.xlsx"] == ""
    assert "would unpack to 400 MB" in answers["xlsx_one_cell_400MB.xlsx"]
    assert "would unpack to 244 MB" in answers["xlsx_zip_bomb_4M_rows_300MB.xlsx"]
    assert "more than 500 columns in line 1048576" in answers["xlsx_dimension_lies_XFD1048576.xlsx"]
