"""The moves of a price run: prepared in pieces that nobody sees, and made the listings' prices all at the same moment.

Set-based: the rows never become objects. The moves are the history of these prices, so that nothing of it is in `change`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from typing import cast as cast_type

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    delete,
    event,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.models import Change, ChangeSet, Listing, ListingPrice, PriceMove, PriceRun
from db.pasted import numbered

CHUNK = 50_000
"""Moves that are prepared in one transaction: 0.1 s, in which nobody else can write on SQLite."""
LONGEST_WAIT = "900ms"
"""How long a hand-typed price waits for a run on PostgreSQL; less than that database takes to look for deadlocks."""
COLUMNS = ("run_id", "listing_id", "before", "after", "version_id")
Row = tuple[int, int, int | None, int | None, int | None]
"""As COLUMNS; prices as integers of 1/10,000."""

_move, _price = cast_type(Table, PriceMove.__table__), cast_type(Table, ListingPrice.__table__)
_listing = cast_type(Table, Listing.__table__)


def watch(session_class: type[Session]) -> None:
    event.listen(session_class, "before_flush", _wait_little)


def _wait_little(session: Session, _context: Any, _instances: Any) -> None:
    """Whoever types a price that a run is just writing is told so at once; on SQLite writers queue anyhow."""
    if any(isinstance(row, ListingPrice) for row in [*session.dirty, *session.deleted]):
        hurry(session)


def hurry(session: Session) -> None:
    """From here on this transaction waits less than a second for rows that others hold."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")


def hold(session: Session, listing_ids: Iterable[int]) -> None:
    """Keep the prices of these listings from other writers, so that what is compared now is what is written over."""
    ids = sorted(listing_ids)
    if ids:
        hurry(session)
        session.execute(select(_price.c.id).where(_price.c.id.in_(ids)).order_by(_price.c.id).with_for_update())


# Preparing


def stage(session: Session, rows: Sequence[Row]) -> int:
    """Write moves of a run: a chunk of them, in the order of their listings. Returns how many."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        marks = ", ".join("?" * len(COLUMNS))
        connection.exec_driver_sql(
            f"INSERT INTO price_move ({', '.join(COLUMNS)}) VALUES ({marks})", cast_type(Any, rows)
        )
        return len(rows)
    driver: Any = connection.connection
    with driver.cursor() as cursor, cursor.copy(f"COPY price_move ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    return len(rows)


def stage_back(session: Session, run_id: int, of: int, after: int, until: int, listings: Sequence[int] = ()) -> int:
    """Write moves that take those of the run `of` back, for its listings above `after` up to `until`. Returns how many.

    Only where the price is still the one that the run gave, and is not locked.
    """
    back = select(literal(run_id), _move.c.listing_id, _move.c.after, _move.c.before, null())
    back = back.join(_price, _price.c.id == _move.c.listing_id).where(
        _of(of, listings),
        _move.c.listing_id > after,
        _move.c.listing_id <= until,
        _price.c.id > after,
        _price.c.id <= until,  # or PostgreSQL would read all prices for each piece
        _is_given,
        ~_price.c.locked,
    )
    return _run(session, insert(_move).from_select(list(COLUMNS), back))


def piece(session: Session, run_id: int, after: int, most: int = CHUNK, listings: Sequence[int] = ()) -> int | None:
    """The last of the next `most` listings of a run above `after`; None when there is none."""
    next_ones = (
        select(_move.c.listing_id)
        .where(_of(run_id, listings), _move.c.listing_id > after)
        .order_by(_move.c.listing_id)
        .limit(most)
    )
    last: int | None = session.scalar(select(func.max(next_ones.subquery().c.listing_id)))
    return last


def settle(session: Session) -> None:
    """Let PostgreSQL count what has been written, or it would look up each of a million listings on its own."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("ANALYZE price_move")


def forget(session: Session, run_id: int, most: int = CHUNK) -> int:
    """Delete some moves of a run that came to nothing. Returns how many; 0 when all are gone."""
    some = select(_move.c.listing_id).where(_move.c.run_id == run_id).order_by(_move.c.listing_id).limit(most)
    gone = delete(_move).where(_move.c.run_id == run_id, _move.c.listing_id.in_(some.scalar_subquery()))
    return _run(session, gone)


# The moment


@dataclass(frozen=True)
class Checked:
    """Every move of a run found its price when these were the newest change and change set."""

    change: int
    set: int


def check(session: Session, run_id: int) -> Checked | None:
    """Compare before the moment, while others may write; None when some price is not what the run has found.

    Only for SQLite, where it halves the time in which nobody else can write. PostgreSQL compares row by row as it writes.
    """
    if session.get_bind().dialect.name != "sqlite":
        return None
    newest = [session.scalar(select(func.max(one.id))) or 0 for one in (Change, ChangeSet)]
    listed = select(_listing.c.id).where(_listing.c.id == _move.c.listing_id).exists()
    stray = or_(~_is_found, func.coalesce(_price.c.locked, false()), _price.c.id.is_(None) & ~listed)
    query = select(_move.c.listing_id).select_from(_beside()).where(_move.c.run_id == run_id, stray)
    return Checked(*newest) if session.execute(query.limit(1)).first() is None else None


def _is_still_so(session: Session, checked: Checked) -> bool:
    """Whoever changes a price or deletes a listing leaves an entry in the history, or is a run."""
    prices = (Change.table == _price.name) | ((Change.table == _listing.name) & Change.field.is_(None))
    changed = select(Change.id).where(Change.id > checked.change, prices)
    moved = select(PriceRun.id).where(PriceRun.set_id > checked.set)
    return not session.scalar(select(changed.exists() | moved.exists()))


def switch(session: Session, run_id: int, checked: Checked | None = None) -> int:
    """Make the moves of a run the prices of their listings. Returns how many could be.

    A price that is not what its move found, is locked by now, or whose listing is gone, stays: the caller compares the numbers
    and takes all of it back when one is missing.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL jit = off")
        connection.exec_driver_sql("SET LOCAL work_mem = '128MB'")
        moved = _move_found(session, run_id, postgresql.insert(_price))
    elif checked and _is_still_so(session, checked):
        put = sqlite.insert(_price).from_select(["id", "price", "locked"], _all(run_id))
        moved = _run(session, put.on_conflict_do_update(index_elements=["id"], set_={"price": put.excluded.price}))
    else:
        moved = _move_found(session, run_id, sqlite.insert(_price))
    session.expire_all()
    return moved


def _all(run_id: int) -> Select[Any]:
    return select(_move.c.listing_id, _move.c.after, false()).where(_move.c.run_id == run_id)


def _move_found(session: Session, run_id: int, put: postgresql.Insert | sqlite.Insert) -> int:
    """Row by row, where the price is the one that the move found."""
    here = (_move.c.run_id == run_id, _move.c.listing_id == _price.c.id)
    moved = _run(session, update(_price).values(price=_move.c.after).where(*here, _is_found, ~_price.c.locked))
    first = put.from_select(["id", "price", "locked"], _unpriced(run_id))
    return moved + _run(session, first.on_conflict_do_nothing())


def _unpriced(run_id: int) -> Select[Any]:
    """The first prices of listings that have no row for one yet."""
    priced = select(_price.c.id).where(_price.c.id == _move.c.listing_id)
    query = _all(run_id).join(_listing, _listing.c.id == _move.c.listing_id)
    return query.where(_move.c.before.is_(None), ~priced.exists())


# Looking


@dataclass(frozen=True)
class Tally:
    """The moves of a run: how many, and which way they go."""

    moves: int = 0
    up: int = 0
    down: int = 0
    first: int = 0
    none: int = 0


def tally(session: Session, run_id: int) -> Tally:
    before, after = _move.c.before, _move.c.after
    ways = (after > before, after < before, before.is_(None), after.is_(None))
    query = select(func.count(), *(_number(way) for way in ways)).where(_move.c.run_id == run_id)
    return Tally(*session.execute(query).one())


@dataclass(frozen=True)
class Left:
    """What an undo leaves alone, by the reason: it is back already, locked, changed since, or its listing is gone."""

    back: int = 0
    locked: int = 0
    changed: int = 0
    gone: int = 0


def left(session: Session, of: int, listings: Sequence[int] = ()) -> Left:
    """Of the moves of a run, those that cannot be taken back."""
    missing = _price.c.id.is_(None)
    back = and_(_is_found, ~missing)
    others = (back, and_(_price.c.locked, ~back), and_(~_is_given, ~back, ~_price.c.locked), missing)
    query = select(*(_number(reason) for reason in others)).select_from(_beside()).where(_of(of, listings))
    return Left(*session.execute(query).one())


def named_left(session: Session, of: int, listings: Sequence[int] = (), most: int = 20) -> list[tuple[str, bool]]:
    """The SKUs of the first of those that are locked or were changed since, each with whether it is locked."""
    stays = or_(_price.c.locked, ~_is_given)
    query = select(_listing.c.seller_sku, _price.c.locked).select_from(
        _beside().join(_listing, _listing.c.id == _move.c.listing_id)
    )
    found = session.execute(query.where(_of(of, listings), stays, ~_is_found).order_by(_move.c.listing_id).limit(most))
    return [(row.seller_sku, row.locked) for row in found]


def strays(session: Session, run_id: int, most: int = 20) -> list[str]:
    """The SKUs of the first listings whose price is neither what the run has found nor what it gives, or which are locked or gone."""
    given = and_(~func.coalesce(_price.c.locked, false()), or_(_is_found, _is_given))
    name = func.coalesce(_listing.c.seller_sku, "a listing that was deleted")
    query = select(name).select_from(_beside().outerjoin(_listing, _listing.c.id == _move.c.listing_id))
    query = query.where(_move.c.run_id == run_id, or_(~given, _listing.c.id.is_(None)))
    return list(session.scalars(query.order_by(_move.c.listing_id).limit(most)))


_is_found = _price.c.price.is_not_distinct_from(_move.c.before)
_is_given = _price.c.price.is_not_distinct_from(_move.c.after)


def _run(session: Session, statement: Any) -> int:
    """How many rows a statement has written."""
    return session.connection().execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def _beside() -> Any:
    return _move.outerjoin(_price, _price.c.id == _move.c.listing_id)


def _of(run_id: int, listings: Sequence[int]) -> ColumnElement[bool]:
    mine = _move.c.run_id == run_id
    return mine & _move.c.listing_id.in_(select(numbered(listings).c.id)) if listings else mine


def _number(condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
