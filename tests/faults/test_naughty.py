"""Strange texts in every field that people type into: kept exactly on both databases, found again, exported safe, or refused."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.frames import Page
from db.models import ChangeSet, CosellOffer, Order, Product, Purchase
from db.session import reading
from lib import cosell
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.orders import orders
from lib.problems import Refused
from lib.products import products
from lib.purchases import buying, purchases
from lib.tables import reading as tables
from lib.tables import writing
from lib.ui import columns as c
from tests.faults.naughty import KEPT, NEVER
from tests.lib import trade

PRODUCT = {"title_zh": 500, "title_en": 500, "brand": 200, "tags": 500, "remark": 2_000, "source_url": 1_000}
ALL = Page(size=1_000)


def counted(*models):
    with reading() as session:
        return [session.scalar(select(func.count()).select_from(model)) for model in (*models, ChangeSet)]


@pytest.fixture
def alice(database, acting):
    return acting("alice")


# Products


def test_products_keep_every_text_and_give_it_back(alice):
    added = tuple({"sku": f"{n} {text}"[:80], **dict.fromkeys(PRODUCT, text)} for n, text in enumerate(KEPT))
    perform(alice, products.save, Changes(added=added))
    with reading() as session:
        shown = products.table(session, products.Filter(), ALL).set_index("sku")
    assert {row["sku"] for row in added} == set(shown.index)
    for row in added:
        assert {field: shown.loc[row["sku"], field] for field in PRODUCT} == {field: row[field] for field in PRODUCT}


def test_a_text_typed_over_another_is_kept_and_comes_back_by_undo(alice, given):
    [lamp] = given(Product(sku="A", title_en="Lamp"))
    seen = "Lamp"
    for text in KEPT:
        perform(alice, products.save, Changes((Edit(lamp.id, "title_en", seen, text),)))
        seen = text
        with reading() as session:
            assert session.get(Product, lamp.id).title_en == text


def test_products_are_found_by_their_sku_whatever_it_is(alice):
    added = tuple({"sku": f"{text}{n}"[:80], "title_en": "x"} for n, text in enumerate(KEPT) if text.strip() == text)
    perform(alice, products.save, Changes(added=added))
    missing = []
    with reading() as session:
        for row in added:
            found = products.table(session, products.Filter(text=row["sku"]), ALL)
            if row["sku"] not in set(found["sku"]):
                missing.append(row["sku"])
    assert missing == []


def test_products_refuse_what_no_text_can_be(alice, given):
    [lamp] = given(Product(sku="A", title_en="Lamp"))
    before = counted(Product)
    for field, text in (
        (f, t) for f, most in {"sku": 80, **PRODUCT}.items() for t in (NEVER[0], NEVER[2], "x" * (most + 1))
    ):
        with pytest.raises(Refused, match="Nothing was saved") as adding:
            perform(alice, products.save, Changes(added=({"sku": "NEW", "title_en": "x", field: text},)))
        with pytest.raises(Refused, match="Nothing was saved") as typing:
            perform(alice, products.save, Changes((Edit(lamp.id, field, getattr(lamp, field), text),)))
        assert adding.value.problems[0].field == typing.value.problems[0].field == field
        assert typing.value.problems[0].row == lamp.id
    assert counted(Product) == before


def test_looking_for_what_no_text_can_be_finds_nothing(alice, given):
    given(Product(sku="A", title_en="Lamp"))
    for text in NEVER:
        with reading() as session:
            assert products.count(session, products.Filter(text=f"{text}zzz")) == 0
            assert orders.count(session, orders.Filter(text=text, numbers=text)) == 0
            assert "A1" in orders.missing(session, f"A1,{text}")
            assert purchases.count(session, purchases.Filter(text=text)) == 0


def test_a_category_that_is_gone_is_said_and_not_left_empty(alice, given):
    [lamp] = given(Product(sku="A", title_en="Lamp"))
    before = counted(Product)
    with pytest.raises(Refused, match="no category"):
        perform(alice, products.save, Changes((Edit(lamp.id, "category", None, "Gone"),)))
    with pytest.raises(Refused, match="no category"):
        perform(alice, products.save, Changes(added=({"sku": "B", "category": "Gone"},)))
    assert counted(Product) == before


# Orders, purchases, offers


@pytest.fixture
def company(database):
    trade.company()
    trade.order(1, trade.line())


def test_a_note_is_kept_exactly_or_refused(company, alice):
    seen = None
    for text in KEPT:
        perform(alice, orders.save, Changes((Edit(1, "note", seen, text),)))
        assert trade.one(Order, 1).note == text
        seen = text
    before = counted(Order)
    for text in (*NEVER, "x" * 2_001):
        with pytest.raises(Refused, match="Nothing was saved"):
            perform(alice, orders.save, Changes((Edit(1, "note", seen, text),)))
    assert counted(Order) == before


def test_tags_are_cut_and_each_is_kept_exactly_but_for_blanks(company, alice):
    seen = None
    for text in KEPT:
        perform(alice, orders.save, Changes((Edit(1, "tags", seen, text),)))
        seen = trade.one(Order, 1).tags
        tags = [" ".join(tag.split()) for tag in re.split("[,;，；、\n]", text)]
        assert seen == ", ".join(dict.fromkeys(tag for tag in tags if tag))
    for text in (*NEVER, "x" * 201):
        with pytest.raises(Refused, match="Nothing was saved"):
            perform(alice, orders.save, Changes((Edit(1, "tags", seen, text),)))
    assert trade.one(Order, 1).tags == seen


def test_a_purchase_keeps_every_text_or_is_not_made(company, alice):
    fields, cheap = (
        {"operator": 60, "contact": 200, "number": 80, "remark": 2_000, "reason": 500},
        {"unit_cost": Decimal(1)},
    )
    for n, text in enumerate(KEPT):
        perform(
            alice,
            buying.create,
            f"request {n}",
            trade.form((10, 1), **{f: text[:most] for f, most in fields.items()} | cheap),
        )
        made = trade.all_of(Purchase)[-1]
        for field, most in fields.items():
            assert getattr(made, field) == text[:most].strip()
    before = counted(Purchase)
    for field, most in {**fields, "tracking": 450}.items():
        for text in (*NEVER, "x" * (most + 1)):
            if field == "tracking" and len(text) < 450:
                continue  # what is no letter is a blank between two numbers there
            with pytest.raises(Refused, match="Nothing was saved|No purchase was made"):
                perform(alice, buying.create, "another", trade.form((10, 1), **{field: text}))
    assert counted(Purchase) == before


def test_a_purchase_refuses_amounts_that_are_none(company, alice):
    before, wrong = counted(Purchase), ("1e400", "1e999999999", "NaN", "sNaN", "Infinity", "-1", "0.00001", "1e12")
    for field, amount in ((f, a) for f in ("unit_cost", "freight") for a in wrong):
        with pytest.raises(Refused, match="No purchase was made"):
            perform(alice, buying.create, "request", trade.form((10, 1), **{field: Decimal(amount)}))
    assert counted(Purchase) == before


def test_an_offer_keeps_every_sku_or_is_refused(company, alice):
    offer = {"store": "Berlin", "asin": "B08HJKL2M9"}
    for n, text in enumerate(KEPT):
        perform(alice, cosell.save, Changes(added=({**offer, "sku": f"{n}{text}"[:80]},)))
    assert [o.sku for o in trade.all_of(CosellOffer)] == [f"{n}{text}"[:80] for n, text in enumerate(KEPT)]
    before = counted(CosellOffer)
    for text in (*NEVER, "x" * 81):
        for values in (
            {"sku": text},
            {"sku": "B", "product": text},
            {"sku": "B", "store": text},
            {"sku": "B", "asin": text},
        ):
            with pytest.raises(Refused):
                perform(alice, cosell.save, Changes(added=({**offer, **values},)))
    assert counted(CosellOffer) == before


def test_a_cell_that_was_emptied_and_may_not_be_is_refused(company, alice):
    perform(alice, cosell.save, Changes(added=({"store": "Berlin", "asin": "B08HJKL2M9", "sku": "A", "quantity": 3},)))
    [offer] = trade.all_of(CosellOffer)
    before = counted(CosellOffer)
    for field in ("quantity", "confirmed", "sku", "asin", "store"):
        seen = "Berlin" if field == "store" else getattr(offer, field)
        with pytest.raises(Refused):
            perform(alice, cosell.save, Changes((Edit(offer.id, field, seen, None),)))
    for field, seen in (("sku", "MH01"), ("currency", "CNY"), ("state", "draft"), ("source", "alibaba")):
        with pytest.raises(Refused):
            perform(alice, products.save, Changes((Edit(1, field, seen, None),)))
    assert counted(CosellOffer) == before


def test_a_number_that_is_too_large_for_its_column_is_refused(company, alice):
    before = counted(Product)
    for size in (2**31, 2**63, 10**400):
        with pytest.raises(Refused, match="Nothing was saved"):
            perform(alice, products.save, Changes((Edit(1, "weight_grams", None, size),)))
    assert counted(Product) == before


def test_a_line_is_linked_to_a_sku_or_to_none(company, alice):
    before = counted(Order)
    for text in (*NEVER, *KEPT, "", "x" * 100_000):
        with pytest.raises(Refused, match="Nothing was"):
            perform(alice, orders.link_line, 10, text)
    assert counted(Order) == before


@pytest.mark.parametrize(("screen", "key"), [
    ("products", "p_text"), ("orders", "o_text"), ("orders", "o_numbers"), ("purchase", "b_text"), ("cosell", "s_text"),
    ("listings", "l_text"), ("history", "h_text"),
])  # fmt: skip
@pytest.mark.only("postgresql")
def test_an_address_with_what_no_text_can_be_opens_its_screen(company, open_page, screen, key):
    at = open_page(screen, **{key: "a\0b", f"{screen}_page": "9" * 30})
    assert [e.value for e in (*at.exception, *at.error)] == []
    assert at.title


# Through the columns of the grid and out again


def test_a_column_of_text_takes_all_of_them():
    column = c.text("title", "Title")
    assert [column.value(text) for text in KEPT] == [text.strip() or None for text in KEPT]
    for text in NEVER:
        with pytest.raises(ValueError, match="Title contains a character that cannot be stored"):
            column.value(text)


def test_exported_files_are_safe_and_equal_when_read_again():
    """No cell begins like a formula where a spreadsheet program would run it."""
    rows = [(f"S{n}", text) for n, text in enumerate(KEPT)]
    made = writing.csv(rows, ["sku", "title"])
    cells = {row.cells[0]: row.cells[1] for row in tables.read("p.csv", made).rows}
    assert cells == dict(rows)
    for line in made.decode("utf-8-sig").split('"S')[1:]:
        cell = line.split('","', 1)[1]
        assert cell[0] not in "=+@\t\r＝" or cell.startswith('""')
    book = tables.read("p.xlsx", writing.xlsx(rows, ["sku", "title"]))
    kept = {row.cells[0]: row.cells[1] for row in book.rows}
    assert kept == {sku: text.replace("\ufffe\uffff", "") for sku, text in rows}
