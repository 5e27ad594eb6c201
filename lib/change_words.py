"""A change in words: commands, tables, fields and values as people call them. Whatever is about a buyer is not in the history at all."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import history as book
from db.frames import MANY, Page
from db.models import Change, Listing, ListingPrice, PriceMove, PriceRun
from db.models.base import Exact
from db.vocabulary import Term
from lib.command_words import WORDS

NAMED_BY = ("sku", "seller_sku", "path", "number", "username", "name", "code", "asin")
"""What a row is called by: the first of these columns that it has."""
HIDDEN = {"request"}
_TABLES = {"customer_order": "Order", "cosell_offer": "Co-sell offer", "change_set": "Change"}
Names = Mapping[tuple[str, int], str]


@dataclass(frozen=True)
class Cell:
    """One cell: where it is, what it was and what it became; "" is empty."""

    table: str
    row: str
    field: str
    before: str
    after: str


# In words


def command(name: str) -> str:
    """ "orders.follow" is "Orders: work follows the facts"; without words of its own, "sign_in.leave" is "Sign in: leave"."""
    noun, _, verb = name.partition(".")
    return WORDS.get(name) or f"{_plain(noun).capitalize()}: {_plain(verb)}".removesuffix(": ")


def table(name: str) -> str:
    return _TABLES.get(name) or _plain(name).capitalize()


def field(name: str) -> str:
    return _plain(name.removesuffix("_id")).capitalize()


def problem(text: str) -> str:
    """A sentence of db/history.py with its table and field in words."""
    name, _, rest = text.partition(" ")
    return f"{table(name)} {re.sub(r': ([a-z_]+) (has|cannot)', lambda m: f': {_plain(m[1])} {m[2]}', rest)}"


def value(column: Any, stored: Any) -> str:
    """A value as people write it. `stored` is as db/history.py unpacks it."""
    if stored is None:
        return ""
    if isinstance(stored, Term):
        return stored.label
    if isinstance(stored, bool):
        return "yes" if stored else "no"
    if isinstance(stored, Decimal):
        return _amount(stored, column.type.places if isinstance(column.type, Exact) else 0)
    if isinstance(stored, datetime):
        return f"{stored:%Y-%m-%d %H:%M} UTC"
    return stored.isoformat() if isinstance(stored, date) else str(stored)


def _amount(amount: Decimal, places: int) -> str:
    """Money shows two decimals at least, percentages and rates only those they have."""
    exact = f"{amount.normalize():f}"
    decimals = len(exact.partition(".")[2])
    return f"{amount:.2f}" if places == 4 and decimals < 2 else exact


def _plain(name: str) -> str:
    return name.replace("_", " ")


# Cell by cell


def cells(session: Session, number: int, page: Page) -> pd.DataFrame:
    """One page of a change set, a row a cell. A row that was added or deleted is shown with all its cells."""
    if (run := _run(session, number)) is not None:
        return _moves(session, run.id, page)
    query = (
        select(Change).where(Change.set_id == number).order_by(Change.id)
        .limit(page.size).offset((page.number - 1) * page.size)
    )  # fmt: skip
    changes = list(session.scalars(query))
    names = _names(session, changes)
    rows = [
        (change.id * 1_000 + place, *vars(cell).values())
        for change in changes
        for place, cell in enumerate(_cells(change, names))
    ]
    return pd.DataFrame(rows, columns=["id", "table", "row", "field", "before", "after"], dtype=object).set_index("id")


def count(session: Session, number: int) -> int:
    """How many cells or rows a set changed, to 10,001."""
    if number in (found := moved(session, [number])):
        return found[number]
    capped = select(Change.id).where(Change.set_id == number).limit(MANY + 1).subquery()
    return session.scalar(select(func.count()).select_from(capped)) or 0


def moved(session: Session, numbers: Iterable[int]) -> dict[int, int]:
    """How many prices the sets moved that are price runs, each to 10,001."""
    runs = session.execute(select(PriceRun.set_id, PriceRun.counts).where(PriceRun.set_id.in_(numbers)))
    return {number: min(counts.get("moves", 0), MANY + 1) for number, counts in runs}


def _run(session: Session, number: int) -> PriceRun | None:
    return session.scalars(select(PriceRun).where(PriceRun.set_id == number)).first()


def _moves(session: Session, run_id: int, page: Page) -> pd.DataFrame:
    """One page of the prices that a run moved."""
    query = (
        select(PriceMove.listing_id, Listing.seller_sku, PriceMove.before, PriceMove.after)
        .outerjoin(Listing, Listing.id == PriceMove.listing_id)
        .where(PriceMove.run_id == run_id).order_by(PriceMove.listing_id)
        .limit(page.size).offset((page.number - 1) * page.size)
    )  # fmt: skip
    price = ListingPrice.__table__.columns["price"]
    about = table(ListingPrice.__tablename__)
    rows = [
        (number, about, sku or f"#{number}", field("price"), value(price, before), value(price, after))
        for number, sku, before, after in session.execute(query)
    ]
    return pd.DataFrame(rows, columns=["id", "table", "row", "field", "before", "after"], dtype=object).set_index("id")


def _cells(change: Change, names: Names) -> Iterable[Cell]:
    columns = book.columns(book.MODELS[change.table])
    about = (table(change.table), names.get((change.table, change.row_id), f"#{change.row_id}"))
    if change.field is not None:
        if change.field in columns:
            column = columns[change.field]
            told = (_told(column, book.unpacked(column, text), names) for text in (change.before, change.after))
            yield Cell(*about, field(change.field), *told)
        return
    added = change.after is not None
    yield Cell(*about, "the whole row", "" if added else "was there", "added" if added else "deleted")
    for name, stored in json.loads(change.after or change.before or "{}").items():
        if name in columns and name not in HIDDEN:
            text = _told(columns[name], book.unpacked(columns[name], json.dumps(stored)), names)
            yield Cell(*about, field(name), *(("", text) if added else (text, "")))


def _told(column: Any, stored: Any, names: Names) -> str:
    for key in column.foreign_keys:
        if stored is not None:
            return names.get((key.column.table.name, stored), f"#{stored}")
    return value(column, stored)


def _names(session: Session, changes: Iterable[Change]) -> dict[tuple[str, int], str]:
    """What the rows are called that changed or that their cells point to: a query a table."""
    wanted: dict[str, set[int]] = defaultdict(set)
    names: dict[tuple[str, int], str] = {}
    for change in changes:
        wanted[change.table].add(change.row_id)
        columns = book.columns(book.MODELS[change.table])
        for text in (change.before, change.after):
            held: Any = json.loads(text) if text is not None else {}
            row: dict[str, Any] = held if change.field is None else {change.field: held}
            if change.field is None and (called := next((row[n] for n in NAMED_BY if row.get(n)), None)):
                names[change.table, change.row_id] = str(called)
            for name, stored in row.items():
                for key in columns[name].foreign_keys if name in columns and stored else ():
                    wanted[key.column.table.name].add(stored)
    for name, ids in wanted.items():
        names |= _called(session, name, ids)
    return names


def _called(session: Session, name: str, ids: set[int]) -> dict[tuple[str, int], str]:
    # A price has the number of its listing, and is called as that.
    model = book.MODELS[Listing.__tablename__ if name == ListingPrice.__tablename__ else name]
    columns = model.__table__.columns
    by = next((columns[n] for n in NAMED_BY if n in columns), None)
    if by is None:
        return {}
    found = session.execute(select(columns["id"], by).where(columns["id"].in_(ids), by.is_not(None)))
    return {(name, number): str(called) for number, called in found}
