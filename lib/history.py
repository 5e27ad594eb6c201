"""History: every change ever made, by whom and with which command, in words; and the way back.

A change set is one click. Undoing it restores what nobody has changed since and names the rest; an undo can be undone too.
"""

import importlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from db import history as book
from db.frames import MANY, Page, different, frame, page_of
from db.frames import count as count_of
from db.models import Change, ChangeSet, ListingPrice, OrderLine, Person, PriceRun, PurchaseLine, Shipment
from lib import change_words, modules, rights
from lib.commands import COMMANDS, command
from lib.orders import order_weighing, shipments, work
from lib.people import accounts
from lib.prices import price_runs
from lib.problems import Refused
from lib.rights import Right

SORTS = {"at": ChangeSet.id}
MOST_NAMED, CHUNK = 20, 1_000


@dataclass(frozen=True)
class Filter:
    """All that is named must hold. Days are whole days in UTC, both ends included."""

    people: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Entry:
    """One change set, and what may be done with it."""

    id: int
    at: datetime
    actor: str
    command: str
    summary: str
    reason: str
    cells: int
    undone_by: int | None
    undoes: int | None
    right: Right
    """Who may undo it: whoever may do it."""


# Reading


def matching(wanted: Filter) -> Select[Any]:
    query = select(ChangeSet.id)
    if wanted.people:
        query = query.where(ChangeSet.actor.in_(wanted.people))
    if wanted.commands:
        query = query.where(ChangeSet.command.in_(wanted.commands))
    if wanted.tables:
        query = query.where(_touches(wanted.tables))
    if wanted.since:
        query = query.where(ChangeSet.at >= datetime.combine(wanted.since, time(), UTC))
    if wanted.until:
        query = query.where(ChangeSet.at <= datetime.combine(wanted.until, time.max, UTC))
    return query


def _touches(tables: tuple[str, ...]) -> ColumnElement[bool]:
    changed = select(Change.id).where(Change.set_id == ChangeSet.id, Change.table.in_(tables)).exists()
    if ListingPrice.__tablename__ not in tables:
        return changed
    return changed | select(PriceRun.id).where(PriceRun.set_id == ChangeSet.id).exists()


def count(session: Session, wanted: Filter) -> int:
    """How many match; 10,001 means more than 10,000."""
    return count_of(session, matching(wanted), ChangeSet.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """One page of change sets, newest first unless asked otherwise."""
    order = ChangeSet.id.desc() if page.descending else ChangeSet.id.asc()
    ids = page_of(matching(wanted), ChangeSet.id, (order,), page).subquery()
    query = (
        select(ChangeSet.id, ChangeSet.at, ChangeSet.actor, ChangeSet.command, ChangeSet.summary, ChangeSet.reason)
        .join(ids, ids.c.id == ChangeSet.id)
        .order_by(order)
    )
    found = frame(session, query)
    numbers = [int(number) for number in found.index]
    cells, undone = _cells(session, numbers), _undone(session, numbers)
    found["number"] = pd.Series([f"#{n}" for n in numbers], index=found.index, dtype=object)
    found["command"] = [change_words.command(name) for name in found["command"]]
    found["cells"] = pd.Series([cells.get(n, 0) for n in numbers], index=found.index, dtype=object)
    found["undone"] = pd.Series(
        [f"undone by #{undone[n]}" if n in undone else None for n in numbers], index=found.index, dtype=object
    )
    return found


def _cells(session: Session, numbers: list[int]) -> dict[int, int]:
    """How many cells or rows each set changed, each counted to 10,001."""
    counts: dict[int, int] = {}
    for start in range(0, len(numbers), 100):
        capped = [
            select(literal(n), func.count()).select_from(
                select(Change.id).where(Change.set_id == n).limit(MANY + 1).subquery()
            )
            for n in numbers[start : start + 100]
        ]
        counts |= {row[0]: row[1] for row in session.execute(union_all(*capped))}
        counts |= change_words.moved(session, numbers[start : start + 100])
    return counts


def _undone(session: Session, numbers: list[int]) -> dict[int, int]:
    undone: dict[int, int] = {}
    for start in range(0, len(numbers), CHUNK):
        among = ChangeSet.undoes_id.in_(numbers[start : start + CHUNK])
        for by, number in session.execute(select(ChangeSet.id, ChangeSet.undoes_id).where(among)):
            if number is not None:
                undone[number] = by
    return undone


def entry(session: Session, number: int) -> Entry | None:
    """One change set by its number; None when there is no such one."""
    found = session.get(ChangeSet, number)
    if found is None:
        return None
    return Entry(
        found.id, found.at, found.actor, change_words.command(found.command), found.summary, found.reason,
        _cells(session, [number])[number], _undone(session, [number]).get(number), found.undoes_id, right_of(session, found),
    )  # fmt: skip


def find(session: Session, reference: int | str | None) -> Entry | None:
    """The change set of a ticked row, or the one that a link names."""
    number = str(reference or "").removeprefix("#")
    return entry(session, int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None


def people(session: Session) -> tuple[str, ...]:
    return tuple(different(session, ChangeSet.actor))


def commands(session: Session) -> dict[str, str]:
    """The commands that have ever been used, by their words."""
    return {name: change_words.command(name) for name in different(session, ChangeSet.command)}


def tables(session: Session) -> dict[str, str]:
    return {name: change_words.table(name) for name, model in sorted(book.MODELS.items()) if model.historied}


# Undoing


def right_of(session: Session, found: ChangeSet) -> Right:
    """Whoever may do it may undo it; what no command of ours has done, only an admin."""
    while found.undoes_id is not None:
        found = session.get_one(ChangeSet, found.undoes_id)
    module = found.command.partition(".")[0]
    if (place := modules.places().get(module)) is not None:
        importlib.import_module(place)
    known = COMMANDS.get(found.command)
    return known.right if known else Right.COMPANY


@command(Right.LOOK)
def undo(session: Session, number: int) -> str:
    """Take a change set back, as far as nobody has changed the same cells since; the rest is named."""
    found = session.get(ChangeSet, number, with_for_update=True)
    if found is None:
        raise Refused(f"There is no change #{number}. Nothing was changed.")
    needed = right_of(session, found)
    if needed == Right.LOOK and found.actor != session.info["actor"].name:
        needed = Right.COMPANY  # what anybody may do for himself, a saved view say, nobody else takes back
    rights.require(session.info["actor"], needed)
    if (run := session.scalar(select(PriceRun.id).where(PriceRun.set_id == number))) is not None:
        return price_runs.undo(session, run)
    if not _cells(session, [number])[number]:
        raise Refused(f"Change #{number} changed no cell: there is nothing to undo.")
    parcels = shipments.touched(session, number)
    before = _orders(session, number)
    try:
        outcome = book.undo(session, number)
    except ValueError:
        raise Refused(f"Change #{number} has been undone already. To get it back, undo the undo.") from None
    if not outcome.restored:
        raise Refused(f"Nothing was changed. {_named(outcome.left)}")
    if session.scalar(select(Change.id).where(Change.set_id == number, Change.table == Person.__tablename__).limit(1)):
        accounts.keep_an_admin(session)
    shipments.keep_right(session, parcels)
    orders = sorted(before | _orders(session, number))
    for start in range(0, len(orders), CHUNK):
        work.follow(session, orders[start : start + CHUNK])
    if order_weighing.is_due_after(session, number):
        order_weighing.soon(session)
    # A work status that had moved on is not left alone: it has just followed from what was restored.
    left = [text for text in outcome.left if not (orders and text.endswith(": work_status has been changed since"))]
    return f"#{number} undone: {outcome.restored:,} restored. {_named(left)}".rstrip()


def _named(left: list[str]) -> str:
    """What stays as it is, and why; the first of them by name."""
    named = "; ".join(change_words.problem(text) for text in left[:MOST_NAMED])
    more = f"; and {len(left) - MOST_NAMED:,} more" if len(left) > MOST_NAMED else ""
    return f"{len(left):,} left alone: {named}{more}." if left else ""


_SERVED = {
    "purchase": (PurchaseLine.purchase_id, PurchaseLine.order_line_id),
    "purchase_line": (PurchaseLine.id, PurchaseLine.order_line_id),
    "shipment": (Shipment.id, Shipment.order_id),
}
"""By table: the column that holds its number, and the one that leads to the order."""


def _orders(session: Session, number: int) -> set[int]:
    """The orders whose work status follows from what a change set has touched; not those whose status alone was set by hand."""
    orders, lines = set[int](), set[int]()
    touched: dict[str, set[int]] = {"purchase": set(), "purchase_line": set(), "shipment": set()}
    parts = ("customer_order", "order_line", *touched)
    query = select(Change).where(Change.set_id == number, Change.table.in_(parts)).execution_options(yield_per=CHUNK)
    for change in session.scalars(query):
        row = json.loads(change.after or change.before or "{}") if change.field is None else {}
        if change.table == "customer_order" and change.field not in (None, "work_status", "note", "tags"):
            orders.add(change.row_id)
        elif change.table == "order_line":
            lines.add(change.row_id)
        elif change.table in touched:
            touched[change.table].add(change.row_id)
        lines |= {row["order_line_id"]} if "order_line_id" in row else set()
        orders |= {row["order_id"]} if change.table == "shipment" and "order_id" in row else set()
    for name, ids in touched.items():
        for chunk in _chunks(ids):
            column, wanted = _SERVED[name]
            (orders if name == "shipment" else lines).update(session.scalars(select(wanted).where(column.in_(chunk))))
    for chunk in _chunks(lines):
        orders |= set(session.scalars(select(OrderLine.order_id).where(OrderLine.id.in_(chunk))))
    return orders


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
