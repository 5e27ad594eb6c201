"""Many rows at once are written exactly as one by one: same values, same history, same refusals, on both databases."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from db import bulk
from db.models import Change, ExchangeRate, Order, OrderFileMapping, OrderLine, Product, Store
from db.session import SYSTEM, reading, transaction
from db.vocabulary import OrderStatus, SalesStatus, WorkStatus
from lib import constraints
from lib.commands import command, perform
from lib.problems import Refused
from lib.rights import Right

ODD = 'tab\there "quotes" \\N \\. back\\slash\nnew line\r, semicolon; 羊毛被 é 🛏 \x01 \x7f '
MONDAY = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
MANY = bulk.MANY + 50


def add(model, *rows):
    with transaction(SYSTEM, "tests.add") as session:
        return bulk.add(session, model, rows)


def change(model, edits, stamps=True):
    with transaction(SYSTEM, "tests.change") as session:
        return bulk.change(session, model, edits, stamps)


def all_of(model):
    with reading() as session:
        return session.scalars(select(model).order_by(model.id)).all()


def entries(table):
    with reading() as session:
        query = select(Change).where(Change.table == table).order_by(Change.id)
        return [(one.row_id, one.field, one.before, one.after) for one in session.scalars(query)]


def products(count, **values):
    return [{"id": n, "sku": f"P{n}", "source_price": None, "remark": None, **values} for n in range(1, count + 1)]


@pytest.fixture
def store(given):
    given(Store(id=1, name="Berlin", marketplace="DE", currency="EUR"))


def order(number, **values):
    return {
        "id": number, "store_id": 1, "number": f"N{number}", "status": OrderStatus.UNSHIPPED, "bought_at": MONDAY, "currency": "EUR",
        "total": None, "buyer_sealed": None, "note": None, **values,
    }  # fmt: skip


def test_odd_characters_and_nothing_arrive_as_they_are(database):
    assert (
        add(
            Product,
            {"id": 1, "sku": "A", "remark": ODD},
            {"id": 2, "sku": "B", "remark": None},
            {"id": 3, "sku": "C", "remark": ""},
        )
        == 3
    )
    assert [row.remark for row in all_of(Product)] == [ODD, None, ""]
    told = [json.loads(after) for _, _, _, after in entries("product")]
    assert [row.get("remark") for row in told] == [ODD, None, ""]


def test_money_moments_words_and_bytes_keep_their_kind(store):
    add(Order, order(1, total=Decimal("12.3400"), buyer_sealed=b"\x00\xff\\x41\n"), order(2, total=Decimal("-0.0001")))
    one, other = all_of(Order)
    assert (one.total, other.total) == (Decimal("12.34"), Decimal("-0.0001"))
    assert (one.buyer_sealed, other.buyer_sealed) == (b"\x00\xff\\x41\n", None)
    assert (one.bought_at, one.status, one.work_status) == (MONDAY, OrderStatus.UNSHIPPED, WorkStatus.TO_PURCHASE)
    assert (one.is_sale, one.has_purchase) == (True, False)
    first = json.loads(entries("customer_order")[0][3])
    assert (first["total"], first["status"], first["number"]) == (123400, "unshipped", "N1")
    assert "buyer_sealed" not in first


def test_days_rates_and_json_keep_their_kind(database):
    add(ExchangeRate, {"id": 1, "base": "CNY", "quote": "EUR", "day": date(2026, 3, 1), "rate": Decimal("0.12500001")})
    [rate] = all_of(ExchangeRate)
    assert (rate.day, rate.rate) == (date(2026, 3, 1), Decimal("0.12500001"))
    mapping = {"columns": {ODD: [1, 2.5, None, True]}, "empty": {}}
    with transaction(SYSTEM, "tests.add") as session:
        bulk.add(session, OrderFileMapping, [{"id": 1, "signature": "h", "name": "x", "mapping": mapping}])
    [kept] = all_of(OrderFileMapping)
    assert kept.mapping == mapping


def test_more_decimals_than_the_column_has_are_refused_and_nothing_is_there(store):
    with pytest.raises((ValueError, StatementError), match="more than 4 decimals"):
        add(Order, order(1), order(2, total=Decimal("0.00001")))
    assert all_of(Order) == []
    assert entries("customer_order") == []


@command(Right.PRODUCTS)
def bring_in(session, rows):
    bulk.add(session, Product, rows)
    return "Done."


def test_a_second_row_of_one_sku_is_refused_with_its_sentence_and_nothing_is_there(given, acting):
    given(Product(id=1, sku="P1"))
    before = entries("product")
    with pytest.raises(
        Refused, match="This SKU is already used by another product. Choose another one. Nothing was saved."
    ):
        perform(acting("alice"), bring_in, [{"id": 2, "sku": "NEW"}, {"id": 3, "sku": "P1"}])
    assert [row.sku for row in all_of(Product)] == ["P1"]
    assert entries("product") == before


def test_a_row_of_nothing_is_refused_as_that(store):
    with pytest.raises(IntegrityError) as refused:
        add(OrderLine, {"id": 1, "order_id": 99, "item": "1", "sku": "A", "quantity": 1})
    assert (
        constraints.sentence(refused.value)
        == "Something else still needs this: delete or unlink that first. Nothing was saved."
    )
    assert all_of(OrderLine) == []


def test_what_cannot_be_stored_is_refused_and_nobody_is_named(store, database, acting):
    if not database.startswith("postgresql"):
        pytest.skip("SQLite keeps such texts; db/storable.py and the readers of files refuse them before")
    for bad in ("Ada\0Lovelace", "Ada " * 2_000):
        with pytest.raises(DataError) as refused:
            add(Order, order(1), order(2, note=bad))
        assert "Ada" not in str(refused.value)
        with pytest.raises(Refused, match="has a character that cannot be stored"):
            perform(acting("alice"), bring_in, [{"id": 1, "sku": "A"}, {"id": 2, "sku": bad}])
    assert all_of(Order) == []
    assert all_of(Product) == []


def test_many_changes_at_once_are_those_of_one_by_one(database):
    add(Product, *products(MANY, remark="old"))
    few, many = [1, 2], range(3, MANY + 1)
    for ids in (few, many):
        values = {number: (ODD if number % 2 else None, Decimal(number) / 10_000) for number in ids}
        cells = [
            (number, {"remark": ("old", words), "source_price": (None, price), "sales_status": (SalesStatus.NORMAL, SalesStatus.TRIAL)})
            for number, (words, price) in values.items()
        ]  # fmt: skip
        assert change(Product, cells) == len(cells)
    found = {row.id: (row.remark, row.source_price, row.sales_status) for row in all_of(Product)}
    assert found == {n: (ODD if n % 2 else None, Decimal(n) / 10_000, SalesStatus.TRIAL) for n in range(1, MANY + 1)}
    told = [one for one in entries("product") if one[1] is not None]
    assert len(told) == 3 * MANY
    for number in (1, MANY):
        mine = {field: (before, after) for row, field, before, after in told if row == number}
        words = json.dumps(ODD, ensure_ascii=False) if number % 2 else None
        assert mine == {
            "remark": ('"old"', words),
            "source_price": (None, str(number)),
            "sales_status": ('"normal"', '"trial"'),
        }


@pytest.mark.parametrize("count", [3, MANY])
def test_rows_count_as_changed_now_unless_they_are_to_keep_their_place(database, count):
    add(Product, *products(count, updated_at=datetime(2020, 1, 1, tzinfo=UTC)))
    change(Product, [(n, {"last_order_at": (None, MONDAY)}) for n in range(1, count + 1)], stamps=False)
    assert {row.updated_at for row in all_of(Product)} == {datetime(2020, 1, 1, tzinfo=UTC)}
    assert {row.last_order_at for row in all_of(Product)} == {MONDAY}
    change(Product, [(n, {"remark": (None, "x")}) for n in range(1, count + 1)])
    assert min(row.updated_at for row in all_of(Product)) > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("count", [3, MANY])
def test_one_change_that_cannot_be_takes_all_others_with_it(database, count):
    add(Product, *products(count))
    before = entries("product")
    cells = [(n, {"sku": (f"P{n}", f"Q{n}" if n < count else "Q1")}) for n in range(1, count + 1)]
    with pytest.raises(IntegrityError) as refused:
        change(Product, cells)
    assert (
        constraints.sentence(refused.value)
        == "This SKU is already used by another product. Choose another one. Nothing was saved."
    )
    assert [row.sku for row in all_of(Product)] == [f"P{n}" for n in range(1, count + 1)]
    assert entries("product") == before


def test_the_connection_is_as_good_as_new_after_a_refusal(given):
    given(Product(id=1, sku="P1"))
    for _ in range(3):
        with pytest.raises(IntegrityError):
            add(Product, {"id": 2, "sku": "P1"})
    with reading() as session:
        assert session.scalar(text("SELECT count(*) FROM product")) == 1
    assert add(Product, {"id": 2, "sku": "P2"}) == 1
