"""The library as integers: read whole, and kept up to date by what the history tells, exactly as if it were read anew."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, select, update

from db import arrays, bulk
from db.models import Category, Change, ChangeSet, Listing, ListingPrice, PriceMove, PriceRun, Product, Store, now
from db.session import SYSTEM, engine, reading, transaction
from db.vocabulary import LibraryState, RunState, Source
from lib import history
from lib.changes import Changes, Edit
from lib.prices import price_arrays, price_columns
from lib.prices.price_arrays import NONE, UNUSABLE, Columns, Group
from lib.products import listings, products
from tests.lib import shop
from tests.lib.shop import LAMP, LILY, MUG, do, put

A, B, C, ELSE = 11, 12, 13, 10_000


@pytest.fixture
def company(database: str) -> Iterator[None]:
    """Four products of one category, and three listings: two of the mug, one of the lamp with a locked price."""
    price_columns.forget()
    shop.company()
    put(
        Listing(id=A, product_id=MUG, store_id=1, seller_sku="MUG", price=D("35.7")),
        Listing(id=B, product_id=MUG, store_id=2, seller_sku="MUG"),
        Listing(id=C, product_id=LAMP, store_id=1, seller_sku="LAMP", price=D("5.0001")),
    )
    with transaction(SYSTEM, "test") as session:
        session.get_one(ListingPrice, C).locked = True
        bulk.next_id(session, Product, 100)  # those of the shop were given by hand
    yield
    price_columns.forget()


def now_and_anew() -> tuple[Columns, Columns]:
    with reading() as session:
        return price_columns.current(session), price_columns.read(session)


def plain(columns: Columns) -> dict[str, Any]:
    """All that columns say, whatever number a group happens to have."""
    told = {f.name: getattr(columns, f.name) for f in fields(columns)}
    groups = [columns.group_keys[number] for number in told.pop("groups")]
    del told["group_keys"], told["mark"]
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in told.items()} | {
        "groups": groups
    }


def assert_current() -> Columns:
    kept, anew = now_and_anew()
    assert plain(kept) == plain(anew)
    for field in fields(kept):
        ours, theirs = getattr(kept, field.name), getattr(anew, field.name)
        assert type(ours) is type(theirs), field.name
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None), field.name
    return kept


def test_the_whole_library_as_integers(company: None) -> None:
    put(
        Product(id=7, sku="LOST", currency="XAU", source=Source.JD, source_price=D("-0.5"), state=LibraryState.CAPTURED)
    )
    with reading() as session:
        found = price_columns.read(session)
    kitchen = Group(1, Source.ALIBABA, "CNY")
    assert found.product_ids.tolist() == [1, 2, 3, 4, 7]
    assert found.costs.tolist() == [1_280_000, 200_000, 500_000, NONE, UNUSABLE]
    assert [found.group_keys[number] for number in found.groups] == [*[kitchen] * 4, Group(None, Source.JD, "XAU")]
    assert found.in_library.tolist() == [True, True, True, True, False]
    assert (found.store_ids, found.bounds) == ((1, 2), (0, 2, 3))
    assert found.listing_ids.tolist() == [A, C, B]
    assert found.products.tolist() == [0, 1, 0]
    assert found.live.tolist() == [357_000, 50_001, NONE]
    assert found.locked.tolist() == [False, True, False]
    assert found.listing_ids[found.by_id].tolist() == [A, B, C]
    assert found.rows_of([C, 5, ELSE, B]).tolist() == [2, 1]
    assert found.rows_of([]).tolist() == []
    assert found.categories.tolist() == [found.category_ids.index(c) for c in (1, 1, 1, 1, None)]


def test_a_company_that_has_nothing_yet(database: str) -> None:
    price_columns.forget()
    with reading() as session:
        found = price_columns.current(session)
    assert (found.product_ids.size, found.listing_ids.size, found.store_ids, found.bounds) == (0, 0, (), (0,))
    assert found.rows_of([1]).tolist() == []
    put(Product(id=1, sku="FIRST"))
    assert assert_current().product_ids.tolist() == [1]
    put(Store(id=1, name="S", marketplace="US", currency="USD"))
    put(Listing(id=4, product_id=1, store_id=1, seller_sku="FIRST", price=D(1)))
    assert assert_current().live.tolist() == [10_000]


def edit(model: type[Any], number: int, **values: Any) -> Callable[[], None]:
    def change() -> None:
        with transaction(SYSTEM, "test") as session:
            for name, value in values.items():
                setattr(session.get_one(model, number), name, value)

    return change


def delete(model: type[Any], *numbers: int) -> Callable[[], None]:
    def change() -> None:
        with transaction(SYSTEM, "test") as session:
            for number in numbers:
                session.delete(session.get_one(model, number))

    return change


def imported() -> None:
    with transaction(SYSTEM, "test") as session:
        first = bulk.next_id(session, Product, 3)
        bulk.add(
            session,
            Product,
            [{"id": first + n, "sku": f"NEW{n}", "source_price": D(n), "currency": "CNY"} for n in range(3)],
        )
        bulk.change(session, Product, [(LAMP, {"source_price": (D(20), D(21))}), (MUG, {"title_en": ("Mug", "Cup")})])


def created() -> None:
    with transaction(SYSTEM, "test") as session:
        session.get_one(Product, LAMP).title_en = "Lamp"
    do(LILY, listings.create, [LAMP], [2])


def applied(kind_of_price: str = "9.99", of: tuple[int, ...] = (A, B)) -> int:
    """A run as it becomes visible: its moves first, then the prices and its state all at once."""
    with transaction(SYSTEM, "prices.stage") as session:
        session.add(run := PriceRun(actor="alice"))
        session.flush()
        session.add_all(PriceMove(run_id=run.id, listing_id=number, after=D(kind_of_price)) for number in of)
        number = run.id
    with transaction(SYSTEM, "prices.apply") as session:
        prices = ListingPrice.__table__
        moved = select(PriceMove.listing_id).where(PriceMove.run_id == number)
        session.connection().execute(update(prices).where(prices.c.id.in_(moved)).values(price=D(kind_of_price)))
        session.get_one(PriceRun, number).state = RunState.APPLIED
    return number


def undone() -> None:
    with reading() as session:
        last = session.scalar(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(1))
    do(SYSTEM, history.undo, last)


def added_by_hand() -> None:
    do(LILY, products.save, Changes(added=({"sku": "HAND", "source_price": D("1.5"), "source": Source.JD},)))


def in_bulk() -> None:
    do(LILY, products.put, products.Filter(), "source", Source.TAOBAO)


def a_price_by_hand() -> None:
    do(LILY, listings.save, Changes((Edit(A, "price", D("35.7"), D("36.1")),)))


def many_at_once() -> None:
    a_price_by_hand()
    applied()
    imported()
    delete(Listing, C)()
    edit(Product, 3, state=LibraryState.DELETED)()


CHANGES = {
    "a cost": edit(Product, MUG, source_price=D("99.5")),
    "no cost": edit(Product, MUG, source_price=None),
    "a currency": edit(Product, MUG, currency="USD"),
    "a currency that is not ours": edit(Product, MUG, currency="XAU"),
    "a source": edit(Product, LAMP, source=Source.TMALL),
    "a category": edit(Product, LAMP, category_id=None),
    "out of the library": edit(Product, LAMP, state=LibraryState.DELETED),
    "one value for all": in_bulk,
    "an import": imported,
    "a product by hand": added_by_hand,
    "a product that goes": delete(Product, 3),
    "a product that goes with its listing": delete(Listing, C),
    "new listings": created,
    "a listing that goes": delete(Listing, A),
    "all listings that go": delete(Listing, A, B, C),
    "a listing of another product": edit(Listing, C, product_id=3),
    "a listing in another store": edit(Listing, C, store_id=2),
    "a price by hand": a_price_by_hand,
    "no price": edit(Listing, A, price=None),
    "a lock": edit(ListingPrice, A, locked=True),
    "a price row that goes": delete(ListingPrice, A),
    "a run": applied,
    "an undo": undone,
    "much": many_at_once,
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_changes_what_prices_are_made_of_is_noticed(company: None, name: str) -> None:
    before, _ = now_and_anew()
    told = plain(before)
    CHANGES[name]()
    after = assert_current()
    assert plain(after) != told, "the test changes nothing"
    assert plain(before) == told, "who holds the old columns goes on with them"
    assert after.mark != before.mark
    assert assert_current() is after


@pytest.mark.parametrize("name", ["a cost", "new listings", "a run", "much"])
def test_many_changes_are_read_anew(company: None, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_columns, "MOST_ROWS", 0)
    monkeypatch.setattr(price_columns, "MOST_RUNS", 1)
    now_and_anew()
    CHANGES[name]()
    assert_current()


def test_what_prices_do_not_depend_on_changes_nothing(company: None) -> None:
    before, _ = now_and_anew()
    edit(Product, MUG, title_en="Cup", remark="x")()
    put(Category(id=9, name="Garden", path="Garden"))
    edit(Listing, A, quantity=3)()
    with reading() as session:
        assert price_columns.current(session) is before


def test_a_look_that_finds_nothing_new_takes_two_questions(company: None) -> None:
    now_and_anew()
    asked: list[str] = []
    with reading() as session:
        session.connection()
        event.listen(engine(), "before_cursor_execute", lambda *args: asked.append(args[2]))
        price_columns.current(session)
    assert len(asked) == 2


def test_a_run_that_is_only_prepared_changes_nothing(company: None) -> None:
    before, _ = now_and_anew()
    put(run := PriceRun(actor="alice"))
    put(PriceMove(run_id=run.id, listing_id=A, after=D(1)))
    assert assert_current() is before


def test_a_set_that_is_committed_late_is_noticed(company: None) -> None:
    """Its number and its time are lower than those of sets that were seen before it."""
    now_and_anew()
    edit(Product, LAMP, source_price=D(3))()
    assert_current()
    with transaction(SYSTEM, "test") as session:
        session.add(ChangeSet(id=-1, actor="bob", command="test", at=now() - timedelta(minutes=20)))
        session.flush()
        session.add(
            Change(set_id=-1, table="product", row_id=MUG, field="source_price", before="1280000", after="20000")
        )
        table = Product.__table__
        session.connection().execute(update(table).where(table.c.id == MUG).values(source_price=D(2)))
    assert assert_current().costs.tolist()[:2] == [20_000, 30_000]


def test_after_a_long_silence_it_still_knows(company: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_columns, "now", lambda: datetime.now(UTC) - timedelta(hours=9))
    now_and_anew()
    monkeypatch.setattr(price_columns, "now", now)
    edit(Product, MUG, source_price=D(2))()
    assert assert_current().costs[0] == 20_000


def test_what_may_be_taken_back_is_shown_to_its_writer_alone(company: None) -> None:
    shared, _ = now_and_anew()
    with transaction(SYSTEM, "test") as session:
        session.get_one(Product, MUG).source_price = D(7)
        session.flush()
        assert price_columns.current(session).costs[0] == 70_000
        session.rollback()
    with reading() as session:
        assert price_columns.current(session) is shared
    assert shared.costs[0] == 1_280_000


def test_everybody_has_the_same_copy(company: None) -> None:
    seen: list[Columns] = []

    def look() -> None:
        with reading() as session:
            seen.append(price_columns.current(session))

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    assert len({id(columns) for columns in seen}) == 1


def test_what_the_history_does_not_know_is_forgotten(company: None) -> None:
    before, _ = now_and_anew()
    with transaction(SYSTEM, "test") as session:
        table = Product.__table__
        session.connection().execute(update(table).where(table.c.id == MUG).values(source_price=D(4)))
    with reading() as session:
        assert price_columns.current(session) is before
    price_columns.forget()
    assert assert_current().costs[0] == 40_000


@pytest.mark.only("sqlite")
def test_a_backup_that_was_put_in_place_is_another_library(company: None, database: str, tmp_path: Path) -> None:
    before, _ = now_and_anew()
    file, other = Path(database.removeprefix("sqlite:///")), tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM INTO ?", (str(other),))
    with closing(sqlite3.connect(other, isolation_level=None)) as connection:
        connection.execute("UPDATE product SET source_price = 70000 WHERE id = ?", (MUG,))
    for name in (f"{file}-wal", f"{file}-shm"):
        Path(name).unlink(missing_ok=True)
    other.replace(file)
    assert assert_current().costs[0] == 70_000
    assert before.costs[0] == 1_280_000
    assert len([key for key in price_columns._copies if str(file) in str(key[0])]) == 1


def test_in_blocks_and_in_pieces_it_is_the_same(company: None, monkeypatch: pytest.MonkeyPatch) -> None:
    put(*(Product(id=number, sku=f"P{number}", source_price=D(number)) for number in (50, 51, 52, 400, 100_000)))
    with reading() as session:
        whole = plain(price_columns.read(session))
        monkeypatch.setattr(arrays, "BLOCK", 2)
        monkeypatch.setattr(price_arrays, "ASKED", 2)
        assert plain(price_columns.read(session)) == whole
        some = price_arrays.products(session, [400, 50, 51, 999])
        assert (some.ids.tolist(), some.costs.tolist()) == ([50, 51, 400], [500_000, 510_000, 4_000_000])


def test_a_column_without_a_number_is_said(company: None) -> None:
    with reading() as session, pytest.raises(ValueError, match="without a number"):
        arrays.columns(session, select(Product.id, Product.parent_id), Product.id)
