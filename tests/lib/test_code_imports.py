"""Codes from outside: a verdict for each row, all good rows or nothing, the same list again is 0 new."""

import csv
import io
import json
import pickle
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import xlsxwriter
from sqlalchemy import func, insert, select

from db import history
from db.models import Change, ChangeSet, Code, CodeRun, Product
from db.session import Actor, reading, transaction
from db.vocabulary import CodeRunKind, CodeState, CodeType, LibraryState, Licence, Role
from lib.codes import code_imports, code_lists, code_reports, code_runs, codeless, codes, ean, ledger
from lib.codes.code_reports import Outcome, Report
from lib.codes.code_verdicts import Verdict
from lib.commands import perform
from lib.problems import Refused
from lib.products import products
from lib.tables import reading as tables
from tests.faults.naughty import KEPT, NEVER

LILY = Actor(3, "lily", Role.LISTER)
CHARLIE = Actor(8, "charlie", Role.VIEWER)
A, B, C, D, E = ean.numbered("4006381", range(5))
UPC = "036000291452"
ALL = (Outcome.NEW, Outcome.GIVEN, Outcome.HELD, Outcome.TWICE, Outcome.TAKEN, Outcome.WRONG)


def look(source, licence=Licence.BOUGHT, prefix=None, gives=True) -> Report:
    with reading() as session:
        return code_imports.look(session, source, licence, prefix, gives)


def take(source, actor=LILY, name=None, good_only=False, **more) -> str:
    report = source if isinstance(source, Report) else look(source, **more)
    return perform(actor, code_imports.take, report, name, good_only)


def rows(source, **more):
    return [(row.line, row.code, row.outcome, row.text) for row in look(source, **more).rows]


def table(*lines, name="GS1 order 4711.csv"):
    return name, "\n".join(lines).encode()


def book(*cells):
    """A workbook as people make it: its numbers are shown as 9.1E+12."""
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream)
    page, short = made.add_worksheet(), made.add_format({"num_format": "0.0E+00"})
    for at, row in enumerate(cells):
        for column, value in enumerate(row):
            page.write(at, column, value, short)
    made.close()
    return "codes.xlsx", stream.getvalue()


def given_to(*skus, **more):
    with transaction(LILY, "test") as session:
        made = [Product(sku=sku, **more) for sku in skus]
        session.add_all(made)
        session.flush()
        return [product.id for product in made]


def ledger_rows(*fields):
    with reading() as session:
        return [
            tuple(row) for row in session.execute(select(*(getattr(Code, f) for f in fields)).order_by(Code.gtin14))
        ]


def held():
    return [code for (code,) in ledger_rows("code")]


def product_codes():
    with reading() as session:
        return dict(session.execute(select(Product.sku, Product.ean).order_by(Product.sku)).all())


def sets():
    with reading() as session:
        return session.scalar(select(func.count()).select_from(ChangeSet))


# Reading lists


def givens(source):
    return [entry.given for entry in code_lists.read(source).entries]


@pytest.mark.parametrize(
    "text",
    [
        f"{A}\n{UPC}\n{B}",
        f"{A}\r\n\r\n{UPC}\r\n{B}\r\n",
        f"{A} {UPC}  {B}",
        f"{A},{UPC};{B}",
        f"{A}\t{UPC}\t{B}",
        f"{A}，{UPC}；{B}。",
        f"{A}、{UPC}\u3000{B}",
        f"EAN\n{A}\n{UPC}\n{B}",
        f"条码\n{A}\n{UPC}\n{B}",
        f"# codes, of run 3\n{A}\n{UPC}\n{B}",
        f'"{A}","{UPC}","{B}"',
        f"\ufeff{A}|{UPC}|{B}",
    ],
)
def test_pasted_codes_are_separated_anyhow(text):
    assert givens(text) == [A, UPC, B]
    assert givens(("codes.txt", text.encode())) == [A, UPC, B]


def test_a_pasted_code_that_is_printed_in_groups_is_one():
    assert givens("4 006381 333931, 978-0-471-11709-4\n4006381333931 036000291452") == [
        "4 006381 333931", "978-0-471-11709-4", "4006381333931", "036000291452",
    ]  # fmt: skip
    assert givens("9,1E+12; 9.1E+12") == ["9.1E+12", "9.1E+12"]
    assert [entry.line for entry in code_lists.read("\n1\n\n2 3").entries] == [2, 4, 4]


def test_a_pasted_piece_of_a_spreadsheet_is_a_table():
    found = code_lists.read(f"EAN\tSKU\n{A}\tA-1\n{B}\t\n")
    assert [(e.line, e.given, e.sku) for e in found.entries] == [(2, A, "A-1"), (3, B, "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_in_any_encoding_and_separator(encoding, separator):
    text = "\r\n".join(
        separator.join(row) for row in [("商品编码", "条码", "品名"), ("A-1", UPC, "羊毛被"), ("A-2", A, "保暖鞋")]
    )
    found = code_lists.read(("a.csv", text.encode(encoding)))
    assert [(e.line, e.given, e.sku) for e in found.entries] == [(2, UPC, "A-1"), (3, A, "A-2")]


@pytest.mark.parametrize(
    "lines",
    [
        ("Nummer", A, B),
        (A, B),
        ("Our codes", A, B),
        ("Code;Name", f"{A};x", f"{B};y"),
        ("Code;Barcode", f"SKU-1;{A}", f"SKU-2;{B}"),
        ("Name;Number;Price", f"x;{A};1", f"y;{B};2"),
        (f"{A};x", f"{B};y"),
        ("x,Product ID", f"1,{A}", f"2,{B}"),
        ("a sentence over the table,,", "x,EAN,y", f"1,{A},2", f"3,{B},4"),
    ],
)
def test_the_column_of_codes_is_found(lines):
    assert givens(table(*lines)) == [A, B]


def test_a_table_without_codes_is_refused():
    with pytest.raises(
        Refused, match="^GS1 order 4711.csv has no column of codes among name, price. Nothing was read: call one"
    ):
        code_lists.read(table("name,price", "x,1"))
    with pytest.raises(Refused, match="no rows below"):
        code_lists.read(table("EAN"))
    with pytest.raises(Refused, match="has no code in it. Nothing was read"):
        code_lists.read(table("EAN,SKU", ",A-1"))
    for nothing in ("", " \n,;\t", "# only a remark"):
        with pytest.raises(Refused, match="^Pasted list has no code in it. Nothing was read"):
            code_lists.read(nothing)


def test_a_blank_before_a_code_may_have_been_a_digit_unless_the_whole_column_has_it():
    assert givens(table("EAN,x", f" {A},1", f"{B} ,2", f"\t{C},3")) == [f" {A}", B, C]
    assert givens(table("x,EAN", f"1, {A}", f"2, {B}", f"3,{C}")) == [A, B, C]


def test_a_workbook_keeps_what_its_cells_hold(database):
    found = look(
        book(
            ("GTIN", "Product"),
            (9100000000008.0, ""),
            ("9.1E+12", ""),
            (36000291452, ""),
            ("９１０００００００００１５", ""),
            ("=A2+1", ""),
        )
    )
    assert [(row.given, row.word) for row in found.rows] == [
        ("9100000000008", "ok"),
        ("9.1E+12", "spreadsheet"),
        ("36000291452", "length 11"),
        ("９１０００００００００１５", "ok"),
        ("=A2+1", "not digits"),
    ]
    assert givens(book((float(A),), (float(B),))) == [A, B]


def test_limits_are_sentences():
    with pytest.raises(Refused, match="^Pasted list has more than 10,000 codes. Nothing was read: split it"):
        code_lists.read("1\n" * 10_001)
    assert len(code_lists.read("1\n" * 10_000).entries) == 10_000
    with pytest.raises(Refused, match="^a.txt has more than 10,000 codes"):
        code_lists.read(("a.txt", f"{A}\n".encode() * 100_000))
    with pytest.raises(Refused, match="^The file has more than 10,000 rows. Nothing was read: split it"):
        code_lists.read(("a.csv", f"EAN,x\n{f'{A},1' + chr(10)}".encode() + f"{A},1\n".encode() * 100_000))
    with pytest.raises(
        Refused, match=r"^The pasted text has 1,000,001 characters, and 1,000,000 can be read\. Nothing was read"
    ):
        code_lists.read("1" * 1_000_001)
    with pytest.raises(Refused, match="^a.csv is larger than 10 MB. Nothing was read"):
        code_lists.read(("a.csv", b"x" * (10 * 2**20 + 1)))


def good_of(source):
    """The good rows of what may be no list at all; then it was refused with a sentence."""
    try:
        return look(source).good
    except Refused as refused:
        return () if "Nothing was read" in str(refused) else str(refused)


@pytest.mark.parametrize(
    "content",
    [b"1" * 2**20, b"1" * 2**20 + b"x,EAN\n1,2\n", b"x" * 2**20, b"1 " * 2**19, b"\0" * 1000, b"PK\x03\x04", b"%PDF-1.4", b"\xff\xfe\x00",
     b"<html>", b'{"a": 1}', b"\xff\xd8\xff", b"1" * 40_000 + b"x;EAN\n1;2\n"],
)  # fmt: skip
def test_what_is_no_list_ends_soon(database, content):
    began = time.perf_counter()
    assert good_of(("a.csv", content)) == ()
    assert time.perf_counter() - began < 5


def test_naughty_texts_are_verdicts(database):
    cells = [text.replace('"', '""') for text in KEPT if "\r" not in text and text != "0123456789012"]
    listed = "x", "\n".join(["EAN,SKU", *(f'"{text}","{text}"' for text in cells)]).encode()
    found = look(listed)
    assert (found.good, len(found.rows)) == ((), len(cells))
    assert [good_of(text) for text in (*cells, *NEVER)] == [()] * len((*cells, *NEVER))
    assert [row.cells[1] for row in tables.read("r.csv", code_reports.csv(found)).rows][:3] == list(KEPT[:3])
    assert tables.read("r.xlsx", code_reports.xlsx(found)).columns == code_reports.COLUMNS


def test_a_broken_line_is_a_row_of_the_report(database):
    assert [(r.line, r.outcome, r.verdict, r.text) for r in look(table("EAN,SKU", f"{A},", B, f"{C},x,y")).rows] == [
        (2, Outcome.NEW, Verdict.OK, ""),
        (3, Outcome.WRONG, Verdict.UNREAD, "Line 3 has 1 cell instead of 2: too few."),
        (
            4,
            Outcome.WRONG,
            Verdict.UNREAD,
            "Line 4 has 3 cells instead of 2: too many. A text with the separator in it needs quotes.",
        ),
    ]


# Looking


def test_looking_writes_nothing(database):
    look(f"{A} {B}")
    assert (held(), sets()) == ([], 0)


def test_each_row_has_its_verdict(database):
    found = rows(
        f"{A}\n4006381333932\n9.1E+12\n2000000000008\n9783161484100\n9771234567003\n9900000000004\n0000000000000\n{UPC}\n0{UPC}\n{A}"
    )
    assert found == [
        (1, A, Outcome.NEW, ""),
        (2, "", Outcome.WRONG, "4006381333932 ends in 2, but its check digit would be 1: a digit is wrong."),
        (3, "", Outcome.WRONG, "9.1E+12 is a code that a spreadsheet has shortened; its digits are lost. Format the column as text."),
        (4, "2000000000008", Outcome.NEW,
         "2000000000008 begins with 20, which GS1 leaves to each shop: it can be held as an internal number only."),
        (5, "9783161484100", Outcome.NEW, "9783161484100 begins with 978: it belongs to a book, and goes to no other product."),
        (6, "9771234567003", Outcome.WRONG, "9771234567003 begins with 977: it belongs to a magazine (ISSN), not to a product."),
        (7, "9900000000004", Outcome.WRONG, "9900000000004 begins with 99: it is for coupons, not for a product."),
        (8, "", Outcome.WRONG, "A code of zeros only stands for no code."),
        (9, UPC, Outcome.NEW, ""),
        (10, f"0{UPC}", Outcome.TWICE, f"Stands in line 9 already as {UPC}, its UPC/EAN twin."),
        (11, A, Outcome.TWICE, "Stands in line 1 already."),
    ]  # fmt: skip
    assert look(f"{A} {A} x").counts == dict(zip(ALL, (1, 0, 0, 1, 0, 1), strict=True))


def test_what_is_held_already_is_named_with_its_product_state_and_run(database):
    perform(LILY, codes.reserve, CodeType.EAN13, "910", 1, acknowledged=True)
    [mine] = held()
    [one, two] = given_to("ONE", "TWO")
    with transaction(LILY, "test") as session:
        assert codes.hold_many(session, [codes.Hold(UPC, one), codes.Hold(A, two)]) == []
        codes.expose(session, [A])
    assert rows(f"{mine} 0{UPC} {A}") == [
        (1, mine, Outcome.HELD, "Held already on no product: reserved, unlicensed, generated, run 1."),
        (1, f"0{UPC}", Outcome.HELD, f"Held already as {UPC}, its UPC/EAN twin, by ONE: assigned, maker's code."),
        (1, A, Outcome.HELD, "Held already by TWO: exposed, maker's code."),
    ]
    given_to("THREE")
    assert rows(table("EAN,SKU", f"0{UPC},THREE")) == [
        (2, f"0{UPC}", Outcome.TAKEN, f"Held already as {UPC}, its UPC/EAN twin, by ONE: assigned, maker's code.")
    ]


def test_who_may_have_a_code_of_the_list(database):
    given_to("A-1", "A-2", "A-3")
    given_to("HAS", ean=E)
    given_to("GONE", state=LibraryState.DELETED)
    found = rows(
        table("EAN;SKU", f"{A};A-1", f"{A};A-2", f"{B};A-1", f"{C};HAS", f"{D};GONE", f"{E};NOBODY", "2000000000008;A-3",
              "19100000000012;A-3", f"{UPC};A-3", f"{A};")
    )  # fmt: skip
    assert found == [
        (2, A, Outcome.GIVEN, "New, for A-1."),
        (3, A, Outcome.TAKEN, "Line 2 gives it to A-1. A code belongs to one product."),
        (4, B, Outcome.WRONG, f"A-1 gets {A} in line 2. A product has one code."),
        (5, C, Outcome.WRONG, f"HAS has the code {E} and keeps it: a new one would make a second item on the marketplace."),
        (6, D, Outcome.WRONG, "GONE is deleted: it gets no code."),
        (7, E, Outcome.WRONG, "No product has the SKU NOBODY."),
        (8, "2000000000008", Outcome.WRONG,
         "2000000000008 begins with 20, which GS1 leaves to each shop: it can be held as an internal number only. It cannot go to A-3."),
        (9, "19100000000012", Outcome.WRONG, "19100000000012 is the number of a carton and cannot go to A-3."),
        (10, UPC, Outcome.GIVEN, "New, for A-3."),
        (11, A, Outcome.TWICE, "Stands in line 2 already."),
    ]  # fmt: skip
    ignoring = look(table("EAN;SKU", f"{A};A-1", f"{A};A-2", f"{B};NOBODY"), gives=False)
    assert [row.outcome for row in ignoring.rows] == [Outcome.NEW, Outcome.TWICE, Outcome.NEW]


def test_codes_that_are_not_under_our_prefix_are_refused(database):
    assert rows(f"{A} {UPC} 91000002", licence=Licence.LICENSED, prefix=" 4006381 ") == [
        (1, A, Outcome.NEW, ""),
        (1, UPC, Outcome.WRONG, f"{UPC} is not under the prefix 4006381, which is what GS1 has given you."),
        (1, "91000002", Outcome.WRONG, "91000002 is not under the prefix 4006381, which is what GS1 has given you."),
    ]
    for prefix, sentence in (
        ("", "Say which prefix GS1 has given you"),
        ("400", "A prefix from GS1 has 4 to 12 digits"),
        ("2912", "to no company"),
    ):
        with pytest.raises(Refused, match=f"{sentence}.*Nothing was read.$"):
            look(A, licence=Licence.LICENSED, prefix=prefix)
    with pytest.raises(
        Refused, match="^A list of codes is bought or under a licensed prefix, not internal. Nothing was read.$"
    ):
        look(A, licence=Licence.INTERNAL)


# Taking


def test_a_bought_list_is_one_run_of_codes_that_are_free_to_give(database):
    assert take(table("EAN", A, B, UPC)) == "Run 1: 3 new codes of GS1 order 4711.csv held."
    fields = ("code", "gtin14", "type", "licence", "state", "product_id", "run_id", "reserved_by", "assigned_at")
    assert ledger_rows(*fields) == [
        (UPC, f"00{UPC}", CodeType.UPCA, Licence.BOUGHT, CodeState.RESERVED, None, 1, "lily", None),
        (A, f"0{A}", CodeType.EAN13, Licence.BOUGHT, CodeState.RESERVED, None, 1, "lily", None),
        (B, f"0{B}", CodeType.EAN13, Licence.BOUGHT, CodeState.RESERVED, None, 1, "lily", None),
    ]
    with reading() as session:
        run = session.scalars(select(CodeRun)).one()
        assert (run.kind, run.licence, run.name, run.quantity, run.type, run.prefix, run.actor, run.undone_at) == (
            CodeRunKind.IMPORTED, Licence.BOUGHT, "GS1 order 4711.csv", 3, CodeType.EAN13, "", "lily", None,
        )  # fmt: skip
        assert session.scalar(select(func.count()).select_from(Change).where(Change.table == "code")) == 3
        assert session.scalar(select(ChangeSet.summary)) == "Run 1: 3 new codes of GS1 order 4711.csv held."
    [number] = given_to("A-1")
    perform(LILY, codes.assign, [number])
    assert product_codes()["A-1"] in (A, B, UPC)


def test_each_kind_of_code_is_held_as_what_it_is(database):
    assert take(f"2000000000008 9783161484100 19100000000012 91000002 00{UPC} {A}", name=" Mixed\n\0 ") == (
        "Run 1: 6 new codes of Mixed held."
    )
    assert ledger_rows("code", "type", "licence") == [
        ("91000002", CodeType.EAN8, Licence.BOUGHT),
        (f"0{UPC}", CodeType.EAN13, Licence.BOUGHT),
        ("2000000000008", CodeType.EAN13, Licence.INTERNAL),
        (A, CodeType.EAN13, Licence.BOUGHT),
        ("9783161484100", CodeType.ISBN, Licence.BOUGHT),
        ("19100000000012", CodeType.GTIN14, Licence.BOUGHT),
    ]


def test_codes_of_our_prefix_are_licensed_and_the_prefix_is_remembered(database):
    take(f"{A} {B}", licence=Licence.LICENSED, prefix="4006381", name="From GS1")
    assert ledger_rows("licence") == [(Licence.LICENSED,)] * 2
    perform(LILY, codes.reserve, CodeType.EAN13, "5901234", 1, own=True)
    take(UPC)
    with reading() as session:
        assert session.scalars(select(CodeRun.prefix).order_by(CodeRun.id)).all() == ["4006381", "5901234", ""]
        assert code_imports.own_prefixes(session) == {"5901234": "Run 2", "4006381": "Run 1: From GS1"}


def test_codes_go_to_the_products_that_the_list_names(database):
    one, two = given_to("A-1", "A-2", title_en="Lamp")
    assert take(table("SKU,EAN", f"A-1,{A}", f"A-2,{UPC}", f",{B}")) == (
        "Run 1: 3 new codes of GS1 order 4711.csv held. 2 products got their codes from it."
    )
    assert product_codes() == {"A-1": A, "A-2": UPC}
    assert ledger_rows("code", "state", "product_id") == [
        (UPC, CodeState.ASSIGNED, two),
        (A, CodeState.ASSIGNED, one),
        (B, CodeState.RESERVED, None),
    ]
    with reading() as session:
        assert products.count(session, products.Filter(text=UPC)) == 1
        assert codeless.count(session, codeless.Filter()) == 0
        assert session.scalars(select(Code.assigned_at).where(Code.code == A)).one() is not None


def test_codes_held_already_go_to_their_products_too(database):
    take(f"{UPC} {A}")
    [one] = given_to("A-1")
    listed = table("SKU,EAN", f"A-1,0{UPC}")
    assert rows(listed) == [
        (
            2,
            UPC,
            Outcome.GIVEN,
            f"Goes to A-1. Held already as {UPC}, its UPC/EAN twin, on no product: reserved, bought, run 1.",
        )
    ]
    assert take(listed) == "0 new codes of GS1 order 4711.csv. 1 product got its code from it."
    assert product_codes() == {"A-1": UPC}
    assert ledger_rows("code", "state", "product_id", "run_id") == [
        (UPC, CodeState.ASSIGNED, one, 1),
        (A, CodeState.RESERVED, None, 1),
    ]
    assert take(listed) == "0 new: the 1 code that can be held is held already."


def test_rows_that_are_refused_stop_all_unless_they_are_left_out(database):
    listed = f"{A} {B} {B} 4006381333932 x"
    with pytest.raises(Refused) as refused:
        take(listed)
    assert [p.text for p in refused.value.problems] == [
        "2 of 5 rows cannot be taken. Nothing was taken: correct the list, or take the good rows only.",
        "Line 1: 4006381333932 ends in 2, but its check digit would be 1: a digit is wrong.",
        "Line 1: 'x' is not a code: only digits are.",
    ]
    assert (held(), sets()) == ([], 0)
    assert take(listed, good_only=True) == ("Run 1: 2 new codes of Pasted list held. 1 twice in the list, 2 left out.")
    assert held() == [A, B]
    with pytest.raises(
        Refused, match="^No row of this list can be taken. Nothing was taken.; Line 1: 'x' is not a code"
    ):
        take("x y", good_only=True)


def test_the_same_list_again_is_0_new(database):
    listed = table("EAN", A, B)
    report = look(listed)
    take(report)
    before = sets()
    assert take(report) == "0 new: all 2 codes that can be held are held already."
    assert take(listed) == "0 new: all 2 codes that can be held are held already."
    assert (held(), sets()) == ([A, B], before)
    assert take(table("EAN", A, B, C)) == "Run 2: 1 new code of GS1 order 4711.csv held. 2 held already."


def test_bob_was_faster_and_nothing_is_taken(database):
    [one] = given_to("A-1")
    report, given = look(f"{A} {B}"), look(table("EAN,SKU", f"{C},A-1", f"{D},"))
    take(B, actor=Actor(4, "bob", Role.ADMIN))
    with pytest.raises(Refused) as refused:
        take(report)
    assert [p.text for p in refused.value.problems] == [
        code_imports.CHANGED, "Line 1: Held already on no product: reserved, bought, run 1.",
    ]  # fmt: skip
    assert held() == [B]
    perform(LILY, codes.assign, [one])
    with pytest.raises(Refused, match=f"look at it again.; Line 2: A-1 has the code {B} and keeps it"):
        take(given)
    assert (held(), product_codes()) == ([B], {"A-1": B})
    with transaction(LILY, "test") as session:
        session.get_one(Product, one).state = LibraryState.DELETED


@pytest.mark.only("postgresql")
def test_bob_is_faster_by_a_blink(database, monkeypatch):
    """Between the last look and the writing, which only PostgreSQL lets happen."""
    write = code_imports._add

    def after_bob(*args):
        monkeypatch.setattr(code_imports, "_add", write)
        take(B, actor=Actor(4, "bob", Role.ADMIN))
        write(*args)

    monkeypatch.setattr(code_imports, "_add", after_bob)
    with pytest.raises(Refused) as refused:
        take(f"{A}\n{B}")
    assert [p.text for p in refused.value.problems] == [
        code_imports.CHANGED, f"Line 2: {B} has just been taken by somebody else.",
    ]  # fmt: skip
    assert ledger_rows("code", "reserved_by") == [(B, "bob")]


def test_a_code_that_is_used_up_goes_to_no_product(database):
    given_to("A-1")
    take(f"{A} {B}")
    with transaction(LILY, "test") as session:
        codes.expose(session, [A])
        session.scalars(select(Code).where(Code.code == B)).one().state = CodeState.RETIRED
    assert rows(table("EAN,SKU", f"{A},A-1", f"{B},A-1")) == [
        (2, A, Outcome.TAKEN, "Held already on no product: exposed, bought, run 1."),
        (3, B, Outcome.TAKEN, "Held already on no product: retired, bought, run 1."),
    ]


def test_charlie_may_look_and_not_take(database):
    report = look(A)
    with pytest.raises(Refused, match="Lister or Admin may"):
        take(report, actor=CHARLIE)
    assert (held(), sets()) == ([], 0)


def test_many_at_once_hold_each_code_once_and_nothing_half(database):
    """Six people bring lists that overlap; each list is taken whole or refused whole."""
    all_codes, start = ean.numbered("4006381", range(600)), Barrier(6)
    lists = [all_codes[100 * n : 100 * n + 150] for n in range(5)] + [all_codes[:150]]
    reports = [look("\n".join(one)) for one in lists]

    def press(worker):
        start.wait()
        try:
            return take(reports[worker], actor=Actor(worker, f"w{worker}", Role.LISTER))
        except Refused as refused:
            return str(refused)

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(press, range(6)))
    there = set(held())
    done = [one for one, text in zip(lists, said, strict=True) if text.startswith("Run ")]
    assert there == set().union(*done)
    assert len(there) == sum(map(len, done))
    assert all(text.startswith(("Run ", code_imports.CHANGED, "0 new: all 150")) for text in said)
    assert done


def test_a_list_is_taken_back_through_history(database):
    given_to("A-1")
    take(C)
    take(table("EAN,SKU", f"{A},A-1", f"{B},"))
    with reading() as session:
        number = session.scalars(
            select(ChangeSet.id).where(ChangeSet.command == "code_imports.take").order_by(ChangeSet.id.desc())
        ).first()
    with transaction(LILY, "history.undo") as session:
        assert history.undo(session, number).left == []
    assert (held(), product_codes()) == ([C], {"A-1": None})
    with reading() as session:
        assert session.scalars(select(CodeRun.id)).all() == [1]
        assert products.count(session, products.Filter(text=A)) == 0
        assert codeless.count(session, codeless.Filter()) == 1


def test_a_code_that_was_sent_stays_when_its_list_is_taken_back(database):
    given_to("A-1")
    take(table("EAN,SKU", f"{A},A-1", f"{B},"))
    with transaction(LILY, "test") as session:
        number = session.scalars(select(ChangeSet.id).where(ChangeSet.command == "code_imports.take")).one()
        codes.expose(session, [A])
    with transaction(LILY, "history.undo") as session:
        assert f"code {A} was sent to a marketplace: it stays" in history.undo(session, number).left
    assert (held(), product_codes()) == ([A], {"A-1": A})


def test_a_list_is_taken_back_by_its_run(database):
    given_to("A-1")
    take(table("EAN,SKU", f"{A},A-1", f"{B},"))
    perform(LILY, code_runs.undo, 1)
    assert (held(), product_codes()) == ([], {"A-1": None})
    with reading() as session:
        assert session.scalars(select(CodeRun.undone_at)).one() is not None
        assert code_imports.own_prefixes(session) == {}
    assert take(table("EAN,SKU", f"{A},A-1", f"{B},")).startswith("Run 2: 2 new codes")


def test_codes_of_a_list_are_not_drawn_by_reserve(database):
    take(" ".join(ean.numbered("91000000000", range(7))))
    perform(LILY, codes.reserve, CodeType.EAN13, "91000000000", 3, acknowledged=True)
    assert sorted(held()) == sorted(ean.numbered("91000000000", range(10)))
    with reading() as session:
        assert list(ledger.runs(session)) == [2, 1]


def test_the_vectors_and_real_codes_as_lists(database, shared):
    vectors = look(("v.csv", (shared / "codes" / "gtin_vectors.csv").read_bytes()))
    expected = list(csv.DictReader((shared / "codes" / "gtin_vectors.csv").open(encoding="utf-8")))
    assert [bool(row.code) for row in vectors.rows] == [line["expected"] == "valid" for line in expected]
    real = look(("off.csv", (shared / "codes" / "off_codes_a.csv").read_bytes()))
    assert Counter(row.word for row in real.rows)["ok"] == 1227
    assert (len(real.rows), len(real.refused)) == (1309, 14)
    assert take(real, good_only=True).startswith(f"Run 1: {len(real.good):,} new codes of off.csv held.")
    assert len(held()) == len(real.good) == len({row.code.zfill(14) for row in real.rows if row.code})
    assert {code for code, licence in ledger_rows("code", "licence") if licence is Licence.INTERNAL} == {
        row.code for row in real.good if row.verdict is Verdict.RESTRICTED
    }


# The report to take away


def test_the_report_has_every_row(database):
    given_to("=A-1")
    report = look(table("EAN,SKU", f"{UPC},=A-1", "9.1E+12,"))
    lines = code_reports.csv(report).decode("utf-8-sig").split("\r\n")
    assert lines == [
        '"Line","Given","Code","Verdict","What happens","Why","SKU"',
        f'"2","{UPC}","{UPC}","ok","To its product","New, for =A-1.","\'=A-1"',
        '"3","9.1E+12","","spreadsheet","Wrong","9.1E+12 is a code that a spreadsheet has shortened; its digits are lost. '
        'Format the column as text.",""',
        "",
    ]
    sheet = tables.read("r.xlsx", code_reports.xlsx(report))
    assert sheet.columns == code_reports.COLUMNS
    assert [row.cells[1:4] for row in sheet.rows] == [(UPC, UPC, "ok"), ("9.1E+12", "", "spreadsheet")]


# Speed


def fill(session, count):
    """Codes that are held already, without history: only their number matters here."""
    rows = (
        {
            "id": n,
            "gtin14": f"0{code}",
            "code": code,
            "type": CodeType.EAN13,
            "licence": Licence.BOUGHT,
            "state": CodeState.RETIRED,
        }
        for n, code in enumerate(ean.numbered("500000", range(count)), 1)
    )
    session.connection().execute(insert(Code.__table__), list(rows))


def test_ten_thousand_are_looked_at_and_taken_soon(database):
    with transaction(LILY, "test") as session:
        fill(session, 20_000)
        if session.get_bind().dialect.name == "postgresql":
            session.connection().exec_driver_sql("SELECT setval(pg_get_serial_sequence('code', 'id'), 100000)")
    listed = "\n".join(ean.numbered("4006381", range(5_000)) + ean.numbered("500000", range(5_000)))
    began = time.perf_counter()
    report = look(listed)
    assert time.perf_counter() - began < 3
    assert report.counts == dict(zip(ALL, (5_000, 0, 5_000, 0, 0, 0), strict=True))
    assert pickle.loads(pickle.dumps(report)) == report
    assert take(report) == "Run 1: 5,000 new codes of Pasted list held. 5,000 held already."
    assert len(set(held())) == 25_000


def test_the_history_of_a_row_is_whole(database):
    take(A)
    with reading() as session:
        after = session.scalars(select(Change.after).where(Change.table == "code")).one()
    assert {key: json.loads(after)[key] for key in ("code", "gtin14", "licence", "state", "run_id", "reserved_by")} == {
        "code": A, "gtin14": f"0{A}", "licence": "bought", "state": "reserved", "run_id": 1, "reserved_by": "lily",
    }  # fmt: skip
