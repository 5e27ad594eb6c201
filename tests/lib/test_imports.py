"""Import of products: seen first, exact, all of it or nothing, and the same file again changes nothing."""

import csv
import json
import os
import time
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db import history
from db.models import Category, Change, ChangeSet, Code, Job, Person, Product
from db.session import Actor, reading, transaction
from db.vocabulary import (
    CodeState,
    CodeType,
    JobState,
    LibraryState,
    Licence,
    PersonState,
    PictureRoute,
    Role,
    SalesStatus,
    Source,
)
from lib import commands, incoming_files, settings
from lib.codes import ean
from lib.people import attempt
from lib.problems import Refused
from lib.products import import_files, import_preview, import_rows, imports, products
from lib.products.import_files import Choice
from lib.products.import_rows import category, without_markup

A, B, C = ean.numbered("690123", [1, 2, 3])


def sheet(*lines):
    return "\n".join(lines).encode()


def compare(content, choice=None, name="p.csv"):
    with reading() as session:
        return import_files.compare(session, name, content, choice or Choice())[2]


def bring_in(actor, content, choice=None, name="p.csv"):
    choice = choice or Choice()
    return commands.perform(actor, import_files.bring_in, name, content, choice, compare(content, choice, name).mark())


def stored(*fields):
    with reading() as session:
        return [
            tuple(row) for row in session.execute(select(*(getattr(Product, f) for f in fields)).order_by(Product.sku))
        ]


def refused(content, choice=None):
    """(line, column, value, reason) of what stays out."""
    return [(p.line, p.field, p.value, p.text) for p in compare(content, choice).refused]


def first(content, choice=None):
    """The values of the first new product."""
    return compare(content, choice).new[0].values


@pytest.fixture
def alice(database, acting):
    return acting("alice")


# What is compared


def test_new_changed_unchanged_and_refused_are_told_apart(alice):
    bring_in(alice, sheet("sku,title,price", "A-1,Chair,10", "A-2,Lamp,20"))
    found = compare(sheet("sku,title,price", "A-1,Chair,10", "A-2,Lamp,25", "A-3,Desk,30", "A-4,Bed,abc"))
    assert str(found) == "1 new, 1 changed, 1 unchanged, 1 refused"
    assert found.changed[0].cells == {"source_price": (Decimal(20), Decimal(25))}
    assert (found.changed[0].line, found.changed[0].sku) == (3, "A-2")
    assert [(p.line, p.field, p.value) for p in found.refused] == [(5, "price", "abc")]


def test_looking_writes_nothing(alice):
    compare(sheet("sku,title,category", "A-1,Chair,Home/Chairs"))
    with reading() as session:
        assert [session.scalar(select(func.count()).select_from(t)) for t in (Product, Category, ChangeSet)] == [
            0,
            0,
            0,
        ]


def test_what_is_brought_in_is_what_stood_in_the_file(alice):
    said = bring_in(
        alice,
        sheet(
            "sku,ean,title,category,price,brand,image",
            f'007,{A},"Chair, blue",Home/Chairs,"1,299.50",Acme,http://x.example/a.jpg',
        ),
        Choice(source=Source.TAOBAO, state=LibraryState.READY),
    )
    assert said == "1 new, 0 changed, 0 unchanged, 0 refused."
    assert stored(
        "sku", "ean", "title_en", "title_zh", "source_price", "currency", "brand", "source", "state", "picture_url", "picture_route"
    ) == [("007", A, "Chair, blue", None, Decimal("1299.50"), "CNY", "Acme", Source.TAOBAO, LibraryState.READY,
           "http://x.example/a.jpg", PictureRoute.IMPORT)]  # fmt: skip


def test_the_same_file_again_is_0_changes(alice):
    content = sheet(
        "sku,ean,title,category,price,weight (g),image", f"A-1,{A},Chair,Home > Chairs,10.50,500,http://x.example/a.jpg"
    )
    bring_in(alice, content)
    found = compare(content)
    assert str(found) == "0 new, 0 changed, 1 unchanged, 0 refused"
    with pytest.raises(Refused, match="^0 changes"):
        bring_in(alice, content)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(ChangeSet)) == 1


def test_a_column_or_cell_that_is_missing_leaves_the_library_as_it_is(alice):
    bring_in(alice, sheet("sku,title,price,brand,remark", "A-1,Chair,10,Acme,mind the legs"))
    bring_in(alice, sheet("sku,title,price", "A-1,,12"))
    assert stored("title_en", "source_price", "brand", "remark") == [("Chair", Decimal(12), "Acme", "mind the legs")]


def test_names_a_column_that_a_product_lacks(alice):
    assert compare(sheet("sku,title,stock,colour", "A-1,Chair,3,blue")).kept_out == ("stock", "colour")


def test_without_a_column_of_skus_nothing_is_read(alice):
    with pytest.raises(Refused, match="No column is chosen as the SKU"):
        compare(sheet("sku,title", "A-1,Chair"), Choice({"sku": None}))


def test_columns_can_be_chosen_by_hand(alice):
    content = sheet("sku,title,what it costs,title2", "A-1,Chair,10,椅子")
    values = first(content, Choice({"source_price": "what it costs", "title_zh": "title2"}))
    assert (values["source_price"], values["title_zh"], values["title_en"]) == (Decimal(10), "椅子", "Chair")


def test_a_choice_is_known_again_by_its_mark(alice):
    content = sheet("sku,title,price", "A-1,Chair,10")
    assert compare(content).mark() == compare(content).mark()
    assert compare(content).mark() != compare(content, Choice(currency="USD")).mark()


# Cells


def test_a_sku_is_exact_text(alice):
    bring_in(alice, sheet("sku,title", " 0012 ,a", "12,b", "ab,c", "AB,d"))
    assert sorted(sku for (sku,) in stored("sku")) == ["0012", "12", "AB", "ab"]


def test_a_row_needs_a_sku_that_is_its_own(alice):
    found = refused(sheet("sku,title", ",Chair", "A-1,Lamp", "A-1,Desk", f"{'x' * 81},Bed", "1.2E+11,Sofa"))
    assert found == [
        (2, "sku", "", "There is no SKU, by which a product is known."),
        (4, "sku", "A-1", "Line 3 has the same SKU: the later row is left out."),
        (5, "sku", "x" * 79 + "…", "81 characters; at most 80 can be kept."),
        (6, "sku", "1.2E+11", "A spreadsheet has shortened this SKU; its digits are lost. Format it as text."),
    ]


def test_a_text_that_is_too_long_is_refused_and_never_cut(alice):
    assert refused(sheet("sku,title", f"A-1,{'x' * 501}"))[0][3] == "501 characters; at most 500 can be kept."


def test_a_formula_is_a_text(alice):
    bring_in(alice, sheet("sku,title", "A-1,=cmd|' /C calc'!A0", "A-2,@SUM(1)"))
    assert stored("title_en") == [("=cmd|' /C calc'!A0",), ("@SUM(1)",)]


def test_a_nul_byte_is_refused_with_its_line(alice):
    assert refused(b"sku,title\nA-1,Cha\0ir\nA-2,Lamp") == [
        (2, None, None, "Line 2 holds a NUL byte, which no text has.")
    ]


def test_half_a_letter_cannot_be_stored(alice):
    reader_row = import_rows.Read(1)
    content = import_files.read("p.csv", sheet("sku,title", "A-1,Chair"))
    reader = import_rows.Reader(content, import_files.matched(content, Choice()), import_rows.Defaults())
    reader._take(reader_row, "title_en", "a\ud800")
    assert reader_row.problems[0].text == "A character in it cannot be stored: the file is damaged there."


@pytest.mark.parametrize(
    ("cell", "currency", "amount"),
    [
        ("12.50", "CNY", "12.50"),
        ("1 299,00", "CNY", "1299"),
        ("€12", "EUR", "12"),
        ("128元", "CNY", "128"),
        ("USD 9.99", "USD", "9.99"),
    ],
)
def test_an_amount_brings_its_currency(alice, cell, currency, amount):
    values = first(sheet("sku;title;price", f"A-1;Chair;{cell}"))
    assert (values["source_price"], values["currency"]) == (Decimal(amount), currency)


def test_a_column_of_currencies_counts_and_must_agree_with_the_amount(alice):
    found = compare(sheet("sku,title,price,currency", "A-1,a,10,usd", "A-2,b,€10,USD", "A-3,c,10,DOGE", "A-4,d,10,"))
    assert [new.values["currency"] for new in found.new] == ["USD", "CNY"]
    assert [(p.line, p.field) for p in found.refused] == [(3, "price"), (4, "currency")]


@pytest.mark.parametrize("cell", ["0", "-5", "NaN", "1e309", "inf", "=A1*2", "N/A", "1.234"])
def test_what_is_no_price_is_refused(alice, cell):
    assert [
        (line, column, value) for line, column, value, _ in refused(sheet("sku,title,price", f"A-1,Chair,{cell}"))
    ] == [(2, "price", cell)]


@pytest.mark.parametrize(
    ("column", "cell", "unit", "grams"),
    [("weight (kg)", "1.2", "", 1200), ("weight (g)", "350", "", 350), ("weight", "1.5 kg", "", 1500), ("weight", "2", "500", 1000),
     ("weight", "1", "", None), ("重量（斤）", "3", "", 1500)],
)  # fmt: skip
def test_a_weight_needs_its_unit(alice, column, cell, unit, grams):
    assert first(sheet(f"sku,title,{column}", f"A-1,Chair,{cell}"), Choice(grams=unit)).get("weight_grams") == grams


@pytest.mark.parametrize("cell", ["heavy", "1 stone", "-3", "0", "1e9 kg", "9999999999", " " * 50 + "1" * 50])
def test_what_is_no_weight_is_refused(alice, cell):
    assert len(refused(sheet("sku,title,weight (g)", f'A-1,Chair,"{cell}"'))) == 1


def test_words_of_the_lists_are_known_in_both_languages(alice):
    found = compare(
        sheet(
            "sku,title,source,sales status", "A-1,a,淘宝,正常销售", "A-2,b,1688,Sell after order", "A-3,c,Moon,normal"
        )
    )
    assert [(new.values["source"], new.values["sales_status"]) for new in found.new] == [
        (Source.TAOBAO, SalesStatus.NORMAL), (Source.ALIBABA, SalesStatus.AFTER_ORDER),
    ]  # fmt: skip
    assert found.refused[0].text.startswith("Not one of 1688, Taobao")


def test_a_title_goes_where_its_language_belongs(alice):
    found = compare(sheet("sku,name", "A-1,羊毛被", "A-2,Quilt", "A-3,空调被 Quilt"))
    assert [(n.values.get("title_zh"), n.values.get("title_en")) for n in found.new] == [
        ("羊毛被", None), (None, "Quilt"), ("空调被 Quilt", None),
    ]  # fmt: skip


def test_a_ready_product_needs_a_title(alice):
    bring_in(alice, sheet("sku,title,price", "A-1,,5", "A-2,Chair,5"), Choice(state=LibraryState.READY))
    assert stored("state") == [(LibraryState.DRAFT,), (LibraryState.READY,)]


@pytest.mark.parametrize(
    ("cell", "path"),
    [
        ("Default Category/Men/Tops/Hoodies & Sweatshirts,Default Category/Collections/Eco Friendly,Default Category",
         "Men / Tops / Hoodies & Sweatshirts"),
        ("Men > Tops", "Men / Tops"), ("家居 / 床品", "家居 / 床品"), ("Home, Garden", "Home, Garden"), ("Default Category", ""),
    ],
)  # fmt: skip
def test_paths_of_categories(cell, path):
    assert category(cell) == (path, None)


def test_of_a_list_of_categories_the_first_counts():
    assert category("en:groceries, Surgelés", is_list=True) == ("en:groceries", None)
    assert category("/".join("abcdefghijklmnop"))[1] == "A category has at most 12 levels, this one has 16."


def test_categories_are_made_with_all_above_them_in_the_same_change_set(alice):
    bring_in(alice, sheet("sku,title,category", "A-1,a,Men/Tops", "A-2,b,Men", "A-3,c,"))
    with reading() as session:
        found = session.execute(
            select(Product.sku, Category.path).outerjoin(Category, Category.id == Product.category_id)
        )
        assert {row.sku: row.path for row in found} == {"A-1": "Men / Tops", "A-2": "Men", "A-3": None}
        assert session.scalar(select(func.count()).select_from(ChangeSet)) == 1


def test_html_becomes_lines():
    assert (
        without_markup("<p>Warm &amp; soft.<br/>Dry</p><script>alert('<b>')</script><p>End</p>")
        == "Warm & soft.\nDry\nEnd"
    )
    assert without_markup("a < b and c > d") == "a < b and c > d"


@pytest.mark.parametrize(
    "text", ["<script>" * 9_000, "<p>" + "<" * 90_000, "<p>" + " " * 90_000 + "x", "<p>" + "\n \t" * 30_000]
)
def test_markup_made_to_be_slow_is_not(text):
    began = time.process_time()
    without_markup(text)
    assert time.process_time() - began < 2


# Codes


def test_codes_are_held_in_the_ledger_as_the_makers(alice):
    bring_in(alice, sheet("sku,ean,title", f"A-1,{A},Chair", "A-2,96385074,Gum"))
    with reading() as session:
        found = session.execute(
            select(Code.code, Code.type, Code.licence, Code.state, Product.sku).join(
                Product, Product.id == Code.product_id
            )
        )
        assert sorted(tuple(row) for row in found) == [
            (A, CodeType.EAN13, Licence.MAKER, CodeState.ASSIGNED, "A-1"),
            ("96385074", CodeType.EAN8, Licence.MAKER, CodeState.ASSIGNED, "A-2"),
        ]


def test_a_code_that_is_wrong_refuses_its_row(alice):
    wrong = A[:-1] + str((int(A[-1]) + 1) % 10)
    found = refused(sheet("sku,ean,title", f"A-1,{wrong},a", "A-2,12345,b", "A-3,6.90E+12,c", f"A-4,{A}.0,d"))
    assert [(line, column, value) for line, column, value, _ in found] == [
        (2, "ean", wrong), (3, "ean", "12345"), (4, "ean", "6.90E+12"), (5, "ean", f"{A}.0"),
    ]  # fmt: skip


def test_an_in_store_number_is_left_out_and_the_product_taken(alice):
    code = ean.numbered("20", [7])[0]
    found = compare(sheet("sku,ean,title", f"A-1,{code},Cheese"))
    assert "ean" not in found.new[0].values
    assert [(w.line, w.field, w.value) for w in found.warnings] == [(2, "ean", code)]


def test_the_same_code_twice_in_a_file_is_refused_with_the_first_line(alice):
    upc = "036000291452"
    found = refused(sheet("sku,ean,title", f"A-1,{upc},a", f"A-2,0{upc},b"))
    assert found == [(3, "ean", f"0{upc}".zfill(14), "Line 2 has the same code: the later row is left out.")]


def test_a_code_of_another_product_is_refused(alice):
    bring_in(alice, sheet("sku,ean,title", f"A-1,{A},Chair"))
    assert refused(sheet("sku,ean,title", f"A-2,{A},Lamp"))[0][3].startswith(
        "The code (or its UPC/EAN twin) belongs to A-1."
    )


def test_a_retired_code_is_never_used_again(alice, given):
    given(Code(gtin14=A.zfill(14), code=A, type=CodeType.EAN13, licence=Licence.GENERATED, state=CodeState.RETIRED))
    assert refused(sheet("sku,ean,title", f"A-2,{A},Lamp"))[0][3].startswith(
        "The code (or its UPC/EAN twin) is retired."
    )


def test_a_code_that_we_have_reserved_goes_to_the_product_that_brings_it(alice, given):
    given(Code(gtin14=A.zfill(14), code=A, type=CodeType.EAN13, licence=Licence.GENERATED, state=CodeState.RESERVED))
    bring_in(alice, sheet("sku,ean,title", f"A-2,{A},Lamp"))
    with reading() as session:
        assert session.execute(select(Code.state, Code.product_id)).one()[0] is CodeState.ASSIGNED


def test_a_product_keeps_its_code(alice):
    bring_in(alice, sheet("sku,ean,title", f"A-1,{A},Chair"))
    found = compare(sheet("sku,ean,title", f"A-1,{B},Chair"))
    assert (found.unchanged, len(found.changed)) == (1, 0)
    assert found.warnings[0].text.startswith(f"The product has the code {A} and keeps it")


def test_a_zero_that_a_spreadsheet_cut_is_put_back_with_a_notice(alice):
    upc = "036000291452"
    found = compare(sheet("sku,ean,title", f"A-1,{A},a", f"A-2,{B},b", f"A-3,{upc},c"))
    assert found.new[2].values["ean"] == f"0{upc}"
    assert found.warnings[0].text.startswith(f"Taken as 0{upc}")
    assert first(sheet("sku,upc,title", f"A-3,{upc},c"))["ean"] == upc


# Writing


def test_the_history_has_every_cell_and_undo_takes_it_back(alice):
    bring_in(alice, sheet("sku,title,price,category", "A-1,Chair,10,Home"))
    bring_in(alice, sheet("sku,title,price,category", "A-1,Armchair,12,Home/Chairs"))
    with reading() as session:
        number = session.scalar(select(func.max(ChangeSet.id)))
        changes = {(c.table, c.field) for c in session.scalars(select(Change).where(Change.set_id == number))}
        assert session.get(ChangeSet, number).summary == "0 new, 1 changed, 0 unchanged, 0 refused."
    assert changes == {
        ("product", "title_en"),
        ("product", "source_price"),
        ("product", "category_id"),
        ("category", None),
    }
    with transaction(alice, "history.undo") as session:
        history.undo(session, number)
    assert stored("title_en", "source_price") == [("Chair", Decimal(10))]


def test_what_was_brought_in_is_found_by_its_new_words(alice):
    bring_in(alice, sheet("sku,title,name_zh", "A-1,Chair,椅子"))
    bring_in(alice, sheet("sku,title", "A-1,Armchair"))
    with reading() as session:
        for text, count in {"armchair": 1, "椅子": 1, "chair": 0}.items():
            assert products.count(session, products.Filter(text=text)) == count, text


def test_who_may_not_change_products_may_not_import(database, acting):
    content = sheet("sku,title", "A-1,Chair")
    with pytest.raises(Refused, match="may not change products"):
        bring_in(acting("charlie"), content)
    assert stored("sku") == []


def test_bob_was_faster(alice, acting):
    """The plan was shown to alice; bob has changed one of its rows since."""
    bring_in(alice, sheet("sku,title,price", "A-1,Chair,10", "A-2,Lamp,20"))
    plan = compare(sheet("sku,title,price", "A-1,Chair,11", "A-2,Lamp,21", "A-3,Desk,30"))
    bring_in(acting("bob"), sheet("sku,price", "A-2,99"))
    with pytest.raises(Refused, match="changed since the preview") as refusal:
        commands.perform(alice, imports.commit, plan)
    assert [p.line for p in refusal.value.problems] == [None, 3]
    assert stored("source_price") == [(Decimal(10),), (Decimal(99),)]


def test_bob_has_added_the_same_sku(alice, acting):
    plan = compare(sheet("sku,title", "A-1,Chair", "A-2,Lamp"))
    bring_in(acting("bob"), sheet("sku,title", "A-2,Lamp"))
    with pytest.raises(Refused, match="A-2 has been added by somebody else"):
        commands.perform(alice, imports.commit, plan)
    assert stored("sku") == [("A-2",)]


def test_what_was_shown_is_what_is_done(alice, acting):
    content = sheet("sku,title", "A-1,Chair", "A-2,Lamp")
    mark = compare(content).mark()
    bring_in(acting("bob"), sheet("sku,title", "A-2,Lamp"))
    with pytest.raises(Refused, match="changed since the preview"):
        commands.perform(alice, import_files.bring_in, "p.csv", content, Choice(), mark)


def test_a_file_that_is_too_large_is_refused(alice, monkeypatch):
    monkeypatch.setattr(import_files, "MOST_BYTES", 2**20)
    with pytest.raises(Refused, match="larger than 1 MB"):
        compare(sheet("sku,title", f"A-1,{'x' * 2**20}"))


def test_a_deleted_product_stays_out_of_the_library(alice):
    bring_in(alice, sheet("sku,title", "A-1,Chair"))
    with transaction(alice, "products.save") as session:
        session.scalars(select(Product)).one().state = LibraryState.DELETED
    found = compare(sheet("sku,title", "A-1,Armchair"))
    assert found.warnings[0].text.startswith("This product was taken out of the library")


# As a job


@pytest.fixture
def signed_in(given):
    person = given(Person(username="alice", role=Role.ADMIN, state=PersonState.ACTIVE, password_hash="x"))[0]
    return Actor(person.id, "alice", Role.ADMIN)


def start(actor, content, choice=None):
    choice = choice or Choice()
    commands.perform(actor, import_files.start, "p.csv", content, choice, compare(content, choice).mark())
    with reading() as session:
        return session.scalar(select(func.max(Job.id)))


def ended(number):
    with reading() as session:
        found = session.get(Job, number)
        return found.state, found.message


MANY = sheet("sku,title,price", *(f"A-{i},Chair {i},{i + 1}" for i in range(2_500)))


def test_a_large_file_is_a_job_and_its_file_goes_when_it_is_done(signed_in):
    number = start(signed_in, MANY, Choice(source=Source.JD, state=LibraryState.READY))
    assert [path.name for path in settings.uploads().iterdir()] == [import_files.keep(MANY)]
    attempt.work_off(number)
    assert ended(number) == (JobState.DONE, "2,500 new, 0 changed, 0 unchanged, 0 refused.")
    assert list(settings.uploads().iterdir()) == []
    assert set(stored("source", "state")) == {(Source.JD, LibraryState.READY)}
    with reading() as session:
        assert session.scalars(select(ChangeSet.actor).where(ChangeSet.command == "imports.commit")).all() == ["alice"]


def test_a_double_click_is_one_import(signed_in):
    assert start(signed_in, MANY) == start(signed_in, MANY)


def test_a_job_does_what_was_shown_or_nothing(signed_in):
    number = start(signed_in, MANY)
    bring_in(signed_in, sheet("sku,title", "A-7,Table"))
    attempt.work_off(number)
    assert ended(number)[0] is JobState.FAILED
    assert ended(number)[1].startswith("The library has changed since the preview")
    assert stored("sku") == [("A-7",)]
    assert list(settings.uploads().iterdir()) == []


def test_a_job_that_is_stopped_while_it_reads_has_written_nothing(signed_in, monkeypatch):
    number = start(signed_in, MANY)

    def stop_in_the_middle(self, done, total, message=""):
        if done >= 1_000:
            raise import_files.jobs.Canceled

    monkeypatch.setattr(attempt.Attempt, "__call__", stop_in_the_middle)
    attempt.work_off(number)
    assert ended(number) == (JobState.CANCELED, "Stopped. Nothing was saved.")
    assert stored("sku") == []


def test_files_that_nobody_needs_go_after_a_day(signed_in):
    number = start(signed_in, MANY)
    old, young = settings.uploads() / "old", settings.uploads() / "young"
    for path in (old, young, settings.uploads() / import_files.keep(MANY)):
        path.touch()
        if path is not young:
            os.utime(path, (time.time() - 2 * 86_400,) * 2)
    with reading() as session:
        incoming_files.forget_abandoned(session)
    assert sorted(path.name for path in settings.uploads().iterdir()) == sorted(["young", import_files.keep(MANY)])
    assert number


# What the screen shows


def test_the_preview_in_words_and_tables(alice):
    bring_in(alice, sheet("sku,title,price", "A-1,Chair,10"))
    content = sheet("sku,title,price,stock", "A-1,Armchair,10,1", "A-2,Lamp,20,2", "A-3,Desk,x,3")
    with reading() as session:
        shown = import_preview.preview(session, "p.csv", content, Choice())
    assert shown.counts == {"New": 1, "Changed": 1, "Unchanged": 0, "Refused": 1}
    assert (shown.size, shown.is_job, shown.kept_out) == (2, False, ("stock",))
    assert shown.changed.to_dict("records") == [
        {"Line": 2, "SKU": "A-1", "Field": "Title", "Before": "Chair", "After": "Armchair"}
    ]
    assert shown.refused.to_dict("records") == [
        {"Line": 4, "Column": "price", "Value": "x", "Reason": "'x' is not an amount: write it as 1234.50."}
    ]
    assert shown.new.to_dict("records") == [
        {"Line": 3, "SKU": "A-2", "Title": "Lamp", "Source price": "20", "Currency": "CNY"}
    ]


def test_the_report_of_refused_rows_is_a_safe_file(alice):
    found = import_files.report("p.csv", sheet("sku,title,price", "A-1,Chair,=1+1"), Choice()).decode("utf-8-sig")
    assert list(csv.reader(found.splitlines())) == [
        ["line", "column", "value", "reason"], ["2", "price", "'=1+1", "''=1+1' is not an amount: write it as 1234.50."],
    ]  # fmt: skip


# Other people's files


def shared_file(shared, *names):
    path = shared.joinpath(*names)
    if not path.is_file():
        pytest.skip(f"left out: ../shared/data/{'/'.join(names)} is not here")
    return path.read_bytes()


def test_239_chinese_goods(alice, shared):
    content = shared_file(shared, "catalogues", "litemall_goods_zh.csv")
    assert bring_in(alice, content) == "239 new, 0 changed, 0 unchanged, 0 refused."
    assert sum(price for (price,) in stored("source_price")) == Decimal("99828.10")
    assert all(title for (title,) in stored("title_zh"))
    assert str(compare(content)) == "0 new, 0 changed, 239 unchanged, 0 refused"


def test_1994_rows_of_a_shop(alice, shared):
    content = shared_file(shared, "catalogues", "magento_configurable_products.csv")
    assert bring_in(alice, content) == "1,994 new, 0 changed, 0 unchanged, 0 refused."
    assert sum(price for (price,) in stored("source_price")) == Decimal("89931.34")
    assert not any("<" in (text or "") for (text,) in stored("description"))
    with reading() as session:
        assert "Men / Tops / Hoodies & Sweatshirts" in set(session.scalars(select(Category.path)))
    assert str(compare(content)) == "0 new, 0 changed, 1,994 unchanged, 0 refused"


def test_1309_rows_with_real_codes_agree_with_their_verdicts(alice, shared):
    content = shared_file(shared, "catalogues", "off_export_a.csv")
    verdicts = dict(list(csv.reader(shared_file(shared, "codes", "off_codes_a.csv").decode().splitlines()))[1:])
    assert bring_in(alice, content) == "1,295 new, 0 changed, 0 unchanged, 14 refused."
    taken = dict(stored("sku", "ean"))
    assert set(verdicts) - set(taken) == {code for code, said in verdicts.items() if not said.startswith("ok")}
    assert {sku for sku, code in taken.items() if code == sku} == {
        c for c, said in verdicts.items() if said in ("ok", "ok EAN-8")
    }
    assert {sku for sku, code in taken.items() if code is None} == {
        c for c, said in verdicts.items() if "restricted" in said
    }
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Code)) == 1_251
    assert str(compare(content)) == "0 new, 0 changed, 1,295 unchanged, 14 refused"


DIRTY = ("dirty_from_off", "dirty_from_litemall")
# Files whose header line is damaged, or that are no table: refused as a whole, or with every row.
NO_PRODUCT = {"html_login_page_named.csv", "empty.csv", "header_only.csv", "nul_bytes.csv", "unclosed_quote.csv", "one_giant_cell.csv",
              "price_formulas_uncached.xlsx"}  # fmt: skip
# Digits that no product has: the quantity is a matter of listings, so "quantity not whole" is not ours to refuse.
NOT_OURS = "quantity not whole"


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("folder", DIRTY)
def test_dirty_files_bring_in_what_is_true_or_nothing(alice, shared, folder):
    expected = json.loads(shared_file(shared, "sheets", folder, "TRUTH.json"))
    rows = csv.DictReader(shared_file(shared, "sheets", folder, "TRUTH.csv").decode("utf-8-sig").splitlines())
    truth = {row["sku"]: row for row in rows}
    for name, said in expected.items():
        content = shared_file(shared, "sheets", folder, name)
        try:
            found = compare(content, name=name)
        except Refused:
            assert name in NO_PRODUCT or (folder, name) == (DIRTY[1], "semicolon_decimal_comma_cp1252.csv"), name
            continue
        if name in NO_PRODUCT:
            assert (len(found), bool(found.refused)) == (0, True), name
        for new in found.new:
            row = truth[new.values["sku"]]
            factor = 1000 if name == "price_euro_thousands.csv" and list(truth).index(row["sku"]) % 5 == 0 else 1
            assert new.values.get("ean", row["ean"]) == row["ean"], (name, new)
            assert new.values.get("source_price", Decimal(row["price"])) == Decimal(row["price"]) * factor, (name, new)
        if name == "row_errors.csv":
            assert {p.line for p in found.refused} == {line for line, why in said["bad_lines"] if why != NOT_OURS}
        if name == "ean_scientific.csv":
            assert not any("ean" in new.values for new in found.new)
