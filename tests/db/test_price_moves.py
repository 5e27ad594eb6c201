"""Moves of prices in the database: prepared unseen, switched together, taken back where nothing has changed since."""

import threading
import time
from decimal import Decimal as D

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from db import history, price_moves
from db.models import Change, Listing, ListingPrice, PriceMove, PriceRun, Product, Store
from db.price_moves import Left, Tally
from db.session import SYSTEM, reading, transaction

CHEAP, DEAR, LOCKED, NEW, BARE = 1, 2, 3, 4, 5
MOVES = [
    (7, CHEAP, 100_000, 120_000, 3),
    (7, DEAR, 900_000, 850_000, None),
    (7, NEW, None, 55_500, 3),
    (7, BARE, None, 10_000, 3),
]


@pytest.fixture
def shop(given):
    """Five listings: at 10, at 90, locked at 5, without a price, and without a row for one. Two runs."""
    given(Store(id=1, name="US", marketplace="US", currency="USD"))
    given(*[Product(id=n, sku=f"P{n}") for n in range(1, 6)])
    given(*[Listing(id=n, product_id=n, store_id=1, seller_sku=f"P{n}") for n in range(1, 6)])
    given(
        ListingPrice(id=CHEAP, price=D(10)), ListingPrice(id=DEAR, price=D(90)),
        ListingPrice(id=LOCKED, price=D(5), locked=True), ListingPrice(id=NEW),
    )  # fmt: skip
    given(PriceRun(id=7, actor="alice"), PriceRun(id=8, actor="alice"))


def do(function, *args):
    with transaction(SYSTEM, "tests.moves") as session:
        return function(session, *args)


def look(function, *args):
    with reading() as session:
        return function(session, *args)


def prices():
    with reading() as session:
        return dict(session.execute(select(ListingPrice.id, ListingPrice.price).order_by(ListingPrice.id)).all())


def moves(run_id):
    with reading() as session:
        query = select(PriceMove.listing_id, PriceMove.before, PriceMove.after, PriceMove.version_id)
        return [tuple(row) for row in session.execute(query.where(PriceMove.run_id == run_id).order_by("listing_id"))]


def set_price(number, price, **more):
    with transaction(SYSTEM, "tests.set") as session:
        row = session.get_one(ListingPrice, number)
        row.price = price
        for name, value in more.items():
            setattr(row, name, value)


BEFORE = {CHEAP: D(10), DEAR: D(90), LOCKED: D(5), NEW: None}
AFTER = {CHEAP: D(12), DEAR: D(85), LOCKED: D(5), NEW: D("5.55"), BARE: D(1)}


def test_what_is_prepared_changes_no_price_and_the_switch_changes_all(shop):
    do(price_moves.stage, MOVES)
    assert prices() == BEFORE
    assert look(price_moves.tally, 7) == Tally(moves=4, up=1, down=1, first=2, none=0)
    assert do(price_moves.switch, 7) == 4
    assert prices() == AFTER
    assert moves(7) == [(1, D(10), D(12), 3), (2, D(90), D(85), None), (4, None, D("5.55"), 3), (5, None, D(1), 3)]
    with reading() as session:
        assert session.get(ListingPrice, BARE).locked is False


def test_the_moves_are_the_history_and_nothing_else_is_written(shop):
    with reading() as session:
        before = len(session.scalars(select(Change)).all())
    do(price_moves.stage, MOVES)
    do(price_moves.switch, 7)
    with reading() as session:
        assert len(session.scalars(select(Change)).all()) == before


@pytest.mark.parametrize(
    ("move", "name"),
    [
        ((7, CHEAP, 99_000, 120_000, None), "P1"),
        ((7, CHEAP, None, 120_000, None), "P1"),
        ((7, LOCKED, 50_000, 60_000, None), "P3"),
        ((7, BARE, 50_000, 60_000, None), "P5"),
        ((7, 999, None, 60_000, None), "a listing that was deleted"),
        ((7, 999, 50_000, 60_000, None), "a listing that was deleted"),
    ],
)
def test_a_price_that_is_not_what_the_move_found_stays_and_is_named(shop, move, name):
    do(price_moves.stage, [move])
    assert look(price_moves.strays, 7) == [name]
    assert look(price_moves.check, 7) is None
    assert do(price_moves.switch, 7) == 0
    assert prices() == BEFORE


def test_strays_are_the_same_before_and_after_the_switch(shop):
    do(price_moves.stage, MOVES)
    set_price(DEAR, D(91))
    assert look(price_moves.strays, 7) == ["P2"]
    assert do(price_moves.switch, 7) == 3
    assert look(price_moves.strays, 7) == ["P2"]


@pytest.mark.only("sqlite")
def test_what_was_compared_before_is_not_compared_again_unless_somebody_has_written(shop, monkeypatch):
    do(price_moves.stage, MOVES)
    checked = look(price_moves.check, 7)
    assert checked is not None
    with transaction(SYSTEM, "tests.remark") as session:
        session.get_one(Product, CHEAP).remark = "nothing to do with prices"
    monkeypatch.setattr(price_moves, "_move_found", lambda *_: 0)
    with transaction(SYSTEM, "tests.switch") as session:
        assert price_moves.switch(session, 7, checked) == 4
    assert prices() == AFTER
    with reading() as session:
        assert session.get(ListingPrice, BARE).locked is False


@pytest.mark.parametrize("act", ["type", "lock", "delete", "run"])
def test_whoever_writes_a_price_after_the_comparison_is_noticed(shop, act):
    do(price_moves.stage, MOVES)
    checked = look(price_moves.check, 7)
    if act == "type":
        set_price(DEAR, D(91))
    elif act == "lock":
        set_price(DEAR, D(90), locked=True)
    elif act == "delete":
        with transaction(SYSTEM, "tests.delete") as session:
            session.delete(session.get_one(Listing, DEAR))
    else:
        do(price_moves.stage, [(8, DEAR, 900_000, 1, None)])
        with transaction(SYSTEM, "tests.run") as session:
            assert price_moves.switch(session, 8) == 1
            session.get_one(PriceRun, 8).set_id = history.note(session)
    with transaction(SYSTEM, "tests.switch") as session:
        assert price_moves.switch(session, 7, checked) == 3
    assert DEAR not in prices() or prices()[DEAR] != D(85)
    assert look(price_moves.check, 7) is None


def test_a_run_is_taken_back_where_its_price_is_still_there(shop):
    do(price_moves.stage, MOVES)
    do(price_moves.switch, 7)
    set_price(DEAR, D(99))
    set_price(NEW, D("5.55"), locked=True)
    assert do(price_moves.stage_back, 8, 7, 0, 5) == 2
    assert moves(8) == [(CHEAP, D(12), D(10), None), (BARE, D(1), None, None)]
    assert look(price_moves.left, 7) == Left(back=0, locked=1, changed=1, gone=0)
    assert look(price_moves.named_left, 7) == [("P2", False), ("P4", True)]
    assert do(price_moves.switch, 8) == 2
    assert prices() == AFTER | {CHEAP: D(10), DEAR: D(99), BARE: None}
    assert look(price_moves.left, 7) == Left(back=2, locked=1, changed=1, gone=0)


def test_picked_listings_and_pieces_are_taken_back_alone(shop):
    do(price_moves.stage, MOVES)
    do(price_moves.switch, 7)
    assert [look(price_moves.piece, 7, 0, 3), look(price_moves.piece, 7, 4, 3), look(price_moves.piece, 7, 5, 3)] == [
        4,
        5,
        None,
    ]
    assert do(price_moves.stage_back, 8, 7, 0, 4, (DEAR, BARE)) == 1
    assert do(price_moves.stage_back, 8, 7, 4, 5, (DEAR, BARE)) == 1
    assert [move[0] for move in moves(8)] == [DEAR, BARE]
    assert look(price_moves.left, 7, (DEAR,)) == Left()


def test_a_deleted_listing_is_counted_as_gone(shop):
    do(price_moves.stage, MOVES)
    do(price_moves.switch, 7)
    with transaction(SYSTEM, "tests.delete") as session:
        session.delete(session.get_one(Listing, DEAR))
    assert look(price_moves.left, 7) == Left(gone=1)
    assert do(price_moves.stage_back, 8, 7, 0, 5) == 3


def test_moves_that_came_to_nothing_are_deleted_piece_by_piece(shop):
    do(price_moves.stage, [*MOVES, (8, CHEAP, 1, 2, None)])
    assert [do(price_moves.forget, 7, 3), do(price_moves.forget, 7, 3), do(price_moves.forget, 7, 3)] == [3, 1, 0]
    assert (moves(7), len(moves(8))) == ([], 1)


def test_a_chunk_of_moves_is_written_as_it_is(shop):
    rows = [(7, n, None if n % 7 == 0 else n * 10_000, n * 20_000, None if n % 2 else n) for n in range(1, 20_001)]
    do(price_moves.stage, rows)
    do(price_moves.settle)
    assert [(n, b and int(b * 10_000), int(a * 10_000), v) for n, b, a, v in moves(7)] == [row[1:] for row in rows]


@pytest.mark.only("postgresql")
def test_a_price_that_is_being_switched_is_refused_quickly_and_others_are_free(shop):
    """Somebody who types a price does not wait for a million others."""
    do(price_moves.stage, MOVES)
    with transaction(SYSTEM, "tests.switch") as session:
        price_moves.switch(session, 7)
        waited = []

        def save(number, price):
            start = time.perf_counter()
            try:
                set_price(number, price)
                waited.append((number, "saved"))
            except OperationalError as error:
                waited.append((number, error.orig.sqlstate, 0.5 < time.perf_counter() - start < 3))

        for number in (LOCKED, DEAR):
            other = threading.Thread(target=save, args=(number, D(7)))
            other.start()
            other.join(20)
        assert waited == [(LOCKED, "saved"), (DEAR, "55P03", True)]
    assert prices() == AFTER | {LOCKED: D(7)}
