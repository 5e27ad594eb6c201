"""The history: who changed which cell, from what to what, by which command; and the way back.

Written by the session itself in the same transaction, so no command can forget it. Bulk statements, which slip past the session, are
refused unless they come from db/bulk.py, which writes their history itself.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import event, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, object_session

from db.models import Base, Change, ChangeSet, Code, Listing, ListingPrice
from db.models.base import Exact, Moment
from db.pasted import pasted

MODELS: dict[str, type[Base]] = {m.class_.__tablename__: m.class_ for m in Base.registry.mappers}
CHUNK = 500
_json = json.JSONEncoder(ensure_ascii=False).encode


def watch(session_class: type[Session]) -> None:
    event.listen(session_class, "before_flush", _refuse_writing_while_reading)
    event.listen(session_class, "after_flush", _record)
    event.listen(session_class, "do_orm_execute", _refuse_unrecorded)


# What is written


def set_id(session: Session) -> int:
    """The change set of this transaction; made when the first change is written."""
    if "set_id" not in session.info:
        actor = session.info["actor"]
        made = session.execute(
            insert(ChangeSet)
            .values(
                actor=actor.name,
                command=session.info["command"],
                reason=session.info.get("reason", ""),
                undoes_id=session.info.get("undoes"),
            )
            .returning(ChangeSet.id)
        )
        session.info["set_id"] = made.scalar_one()
    return int(session.info["set_id"])


def say(session: Session, summary: str) -> None:
    """Keep the sentence that the person was told beside the change set, if there is one."""
    session.flush()
    if "set_id" in session.info:
        session.execute(update(ChangeSet).where(ChangeSet.id == session.info["set_id"]).values(summary=summary[:1000]))


def note(session: Session) -> int:
    """Make a change set even though no cell changes: that something was looked at, sent or revealed."""
    return set_id(session)


@cache
def columns(model: type[Base]) -> dict[str, Any]:
    """The columns of a table that have a history: no secrets, nothing that follows from others."""
    return {
        name: column
        for name, column in model.__table__.columns.items()
        if not column.info.get("quiet") and not column.primary_key
    }


def packed(column: Any, value: Any) -> str | None:
    """JSON of a value as the column stores it; None for NULL."""
    return None if value is None else _json(_stored(column, value))


def _stored(column: Any, value: Any) -> Any:
    if isinstance(column.type, Exact):
        return int(Decimal(value).scaleb(column.type.places))
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def unpacked(column: Any, text: str | None) -> Any:
    return None if text is None else _loaded(column, json.loads(text))


def _loaded(column: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Exact):
        return Decimal(value).scaleb(-column.type.places)
    if isinstance(column.type, Moment):
        return datetime.fromisoformat(value)
    if column.type.python_type is date:
        return date.fromisoformat(value)
    return column.type.terms(value) if hasattr(column.type, "terms") else value


def packed_row(model: type[Base], values: dict[str, Any]) -> str:
    """A whole row, for rows that are added or deleted."""
    return _json({n: _stored(c, v) for n, c in columns(model).items() if (v := values.get(n)) is not None})


def _record(session: Session, _context: UOWTransaction) -> None:
    added, gone = session.new, session.deleted  # each is made anew when it is asked for
    entries = [
        entry
        for row in [*added, *session.dirty, *gone]
        if row.historied
        for entry in _entries(row, is_whole=row in added or row in gone, is_added=row in added)
    ]
    if entries:
        number = set_id(session)
        session.execute(insert(Change), [{"set_id": number, **entry} for entry in entries])


def _entries(row: Any, is_whole: bool, is_added: bool) -> Iterator[dict[str, Any]]:
    model: Any = type(row)
    about = {"table": model.__tablename__, "row_id": row.id}
    if is_whole:
        whole = packed_row(model, {name: getattr(row, name) for name in columns(model)})
        yield {**about, "field": None, "before": None if is_added else whole, "after": whole if is_added else None}
        return
    state = inspect(row)
    for name, column in columns(model).items():
        change = state.attrs[name].history
        if change.has_changes():
            before = packed(column, change.deleted[0] if change.deleted else None)
            after = packed(column, change.added[0] if change.added else None)
            if before != after:
                yield {**about, "field": name, "before": before, "after": after}


def _refuse_writing_while_reading(session: Session, _context: Any, _instances: Any) -> None:
    if session.info.get("reading"):
        raise RuntimeError("this session only reads")


def _refuse_unrecorded(state: ORMExecuteState) -> None:
    if state.is_select or state.bind_mapper is None or not state.bind_mapper.class_.historied:
        return
    if not state.execution_options.get("recorded"):
        raise RuntimeError("this statement would change rows without history; use db/bulk.py")


# The way back


@dataclass
class Undone:
    """What an undo did: how many cells or rows it restored, and what it left alone because it has changed since."""

    restored: int = 0
    left: list[str] = field(default_factory=list)


def undo(session: Session, number: int) -> Undone:
    """Take back a change set, last change first; restores only what nobody has changed since.

    Raises LookupError when there is no such change set, ValueError when it has been undone already.
    """
    if session.get(ChangeSet, number) is None:
        raise LookupError(number)
    if session.scalar(select(ChangeSet.id).where(ChangeSet.undoes_id == number).limit(1)):
        raise ValueError(number)
    session.info["undoes"] = number
    outcome = Undone()
    for batch in _backwards(session, number):
        _take_back(session, batch, outcome)
        session.flush()
        session.expunge_all()
    return outcome


def _backwards(session: Session, number: int) -> Iterator[list[Change]]:
    last: int | None = None
    while True:
        query = select(Change).where(Change.set_id == number).order_by(Change.id.desc()).limit(CHUNK)
        batch = list(session.scalars(query if last is None else query.where(Change.id < last)))
        if not batch:
            return
        last = batch[-1].id
        yield batch


def _take_back(session: Session, batch: Iterable[Change], outcome: Undone) -> None:
    batch = list(batch)
    wanted: dict[str, set[int]] = defaultdict(set)
    for change in batch:
        wanted[change.table].add(change.row_id)
    rows = {
        (table, row.id): row  # type: ignore[attr-defined]
        for table, ids in wanted.items()
        for row in session.scalars(select(MODELS[table]).where(MODELS[table].id.in_(ids)))  # type: ignore[attr-defined]
    }
    kept = _sent(session, batch)
    for change in batch:
        if problem := kept.get(change.id) or _take_one_back(session, change, rows.get((change.table, change.row_id))):
            outcome.left.append(problem)
        else:
            outcome.restored += 1


def _sent(session: Session, batch: list[Change]) -> dict[int, str]:
    """Why some changes stay: a code that a marketplace has seen belongs to its product for ever, whatever is taken back.

    Such a code neither comes off a product nor back onto one, and a listing under which it was sent keeps it.
    """
    cells = {("product", "ean"): ("before", "after"), ("listing", "code"): ("after",)}
    numbers = {
        change.id: {str(json.loads(value)).zfill(14) for side in sides if (value := getattr(change, side))}
        for change in batch
        if (sides := cells.get((change.table, change.field or "")))
    }
    ids = [change.row_id for change in batch if change.table == "code"]
    seen = select(Code.id, Code.gtin14, Code.code).where(Code.exposed_at.is_not(None))
    wanted = Code.id.in_(ids) | Code.gtin14.in_(pasted(set().union(*numbers.values())))
    rows = session.execute(seen.where(wanted)).all()
    by_id, by_form = {row.id: row.code for row in rows}, {row.gtin14: row.code for row in rows}
    of = {change.id: by_id.get(change.row_id) for change in batch if change.table == "code"}
    of |= {
        number: next((by_form[form] for form in sorted(forms) if form in by_form), None)
        for number, forms in numbers.items()
    }
    return {number: f"code {code} was sent to a marketplace: it stays" for number, code in of.items() if code}


def _take_one_back(session: Session, change: Change, row: Any) -> str | None:
    """Undo one change; the sentence that says why not, if it cannot be."""
    model = MODELS[change.table]
    name = f"{change.table} {_called(row) or change.row_id}"
    if row is None and (change.field is not None or change.after is not None):
        return f"{name} does not exist any more"
    if change.field is not None:
        column = columns(model)[change.field]
        if packed(column, getattr(row, change.field)) != change.after:
            return f"{name}: {change.field} has been changed since"
        setattr(row, change.field, unpacked(column, change.before))
        return _flush_alone(session, row, f"{name}: {change.field} cannot go back, another row needs it as it is")
    if change.after is not None:
        if packed_row(model, _as_known_then(row, model, json.loads(change.after))) != change.after:
            return f"{name} has been changed since it was added"
        return _delete_alone(session, row, f"{name} is in use by now")
    if row is not None:
        return f"{name} is there again already"
    before = json.loads(change.before or "{}")
    values = {n: _loaded(c, before.get(n)) for n, c in columns(model).items() if n in before}
    again = model(id=change.row_id, **values)
    try:
        with session.begin_nested():
            session.add(again)
            session.flush()
    except IntegrityError:
        return f"{name} cannot come back: another row has taken its place"
    return None


def _as_known_then(row: Any, model: type[Base], then: Mapping[str, Any]) -> dict[str, Any]:
    """The row without the columns that came later and hold what they began with."""
    values = {name: (getattr(row, name), getattr(c.default, "arg", None)) for name, c in columns(model).items()}
    return {name: value for name, (value, beginning) in values.items() if name in then or value != beginning}


def _called(row: Any) -> str | None:
    if isinstance(row, ListingPrice):
        row = object_session(row).get(Listing, row.id)  # type: ignore[union-attr]
    names = ("sku", "seller_sku", "number", "name", "code", "asin")
    return next((str(value) for n in names if (value := getattr(row, n, None))), None)


def _flush_alone(session: Session, row: Any, otherwise: str) -> str | None:
    """Only columns that others depend on can be refused by the database; the rest may wait for the batch."""
    touched = [c for c in row.__table__.columns if c.unique or c.foreign_keys]
    if not any(inspect(row).attrs[c.name].history.has_changes() for c in touched):
        return None
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        session.refresh(row)
        return otherwise
    return None


def _delete_alone(session: Session, row: Any, otherwise: str) -> str | None:
    try:
        with session.begin_nested():
            session.delete(row)
            session.flush()
    except IntegrityError:
        return otherwise
    return None
