"""Set-based writes of many rows, with their history, in the same transaction. The only place that may go past the session."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from typing import cast as cast_type

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db import copying, history, search
from db.models import Base, Change, Product, now
from db.pasted import pasted

CHUNK = 5_000
MANY = 200
"""From so many rows on a change goes by COPY where there is one; fewer are not worth a table to pass them through."""
PLAIN = re.compile(r"[0-9A-Za-z .-]*")
"""Characters that are the same in JSON as outside of it."""


def add(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows, each with its entry in the history. Every row has the same keys, and carries its `id`."""
    session.flush()
    number = history.set_id(session)
    for start in range(0, len(rows), CHUNK):
        chunk = [_complete(model, row) for row in rows[start : start + CHUNK]]
        copying.add(session.connection(), _table(model), chunk)
        _record(session, [
            {"set_id": number, "table": model.__tablename__, "row_id": row["id"], "field": None, "before": None,
             "after": history.packed_row(model, row)}
            for row in chunk
        ])  # fmt: skip
    return len(rows)


def _record(session: Session, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write entries of the history."""
    if entries:
        copying.add(session.connection(), _table(Change), entries)


def _table(model: type[Base]) -> Table:
    return cast_type(Table, model.__table__)


def add_new(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], unique: str) -> set[int]:
    """The same for rows that may be there already by their column `unique`: those are left out. Returns the ids that were written."""
    session.flush()
    number, written = history.set_id(session), set[int]()
    dialect = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    table = _table(model)
    statement = dialect(table).on_conflict_do_nothing(index_elements=[unique]).returning(table.c.id)
    for start in range(0, len(rows), CHUNK):
        chunk = [_complete(model, row) for row in rows[start : start + CHUNK]]
        new = set(session.connection().scalars(statement, chunk))
        entries = [
            {"set_id": number, "table": model.__tablename__, "row_id": row["id"], "field": None, "before": None,
             "after": history.packed_row(model, row)}
            for row in chunk if row["id"] in new
        ]  # fmt: skip
        _record(session, entries)
        written |= new
    return written


def add_alike(
    session: Session,
    model: type[Base],
    unique: str,
    values: Sequence[str],
    alike: Mapping[str, Any],
    made: Mapping[str, Callable[[ColumnElement[str]], ColumnElement[str]]] | None = None,
) -> int:
    """Insert a row for each value of its column `unique`; all else is `alike`, or `made` from that value by the database.

    Nothing of it travels through Python row by row, the history neither. Values that are there already are left out; returns how many
    were written. Values are plain characters; sort them, so that two who do this never wait for each other in a circle.
    """
    if not PLAIN.fullmatch("".join(values)):
        raise ValueError(f"{model.__tablename__}.{unique} takes plain characters only here")
    session.flush()
    number, table, connection = history.set_id(session), _table(model), session.connection()
    on_sqlite, made = connection.dialect.name == "sqlite", made or {}
    given = pasted(values).subquery().c.value
    cells = {unique: given} | {name: make(given) for name, make in made.items()}
    cells |= {name: literal(value, table.c[name].type) for name, value in alike.items()}
    dialect = sqlite.insert if on_sqlite else postgresql.insert
    # SQLite would take the ON of the conflict for that of a join if nothing stood between.
    fill = dialect(table).from_select(list(cells), select(*cells.values()).where(true()))
    fill = fill.on_conflict_do_nothing(index_elements=[unique])
    new: Any = table
    if on_sqlite:
        ours = table.c.id >= next_id(session, model, len(values))  # nobody else writes meanwhile
        connection.execute(fill)
    else:
        new, ours = fill.returning(table.c.id, *(table.c[name] for name in (unique, *made))).cte("new"), true()
    whole = _packed_alike(model, alike, {name: new.c[name] for name in (unique, *made)})
    entries = select(literal(number), literal(model.__tablename__), new.c.id, whole).where(ours)
    names = ["set_id", "table", "row_id", "after"]
    written = insert(_table(Change)).from_select(names, entries).execution_options(preserve_rowcount=True)
    return connection.execute(written).rowcount


def _packed_alike(
    model: type[Base], alike: Mapping[str, Any], varying: Mapping[str, ColumnElement[str]]
) -> ColumnElement[str]:
    """What history.packed_row would say of each row, put together by the database."""
    mark = secrets.token_hex(16)
    text = history.packed_row(model, {**alike, **{name: f"{mark}{name}{mark}" for name in varying}})
    pieces = text.split(mark)
    parts = [varying[piece] if place % 2 else literal(piece, Text) for place, piece in enumerate(pieces)]
    whole: ColumnElement[str] = parts[0]
    for part in parts[1:]:
        whole = whole.concat(part)
    return whole


def remove(session: Session, model: type[Base], ids: Sequence[int]) -> int:
    """Delete rows, each with what it was in the history. The caller has locked them. Returns how many there were."""
    session.flush()
    number, table, gone = history.set_id(session), _table(model), 0
    for start in range(0, len(ids), CHUNK):
        chunk = table.c.id.in_(ids[start : start + CHUNK])
        rows = session.connection().execute(select(table).where(chunk).order_by(table.c.id)).mappings().all()
        _record(session, [
            {"set_id": number, "table": model.__tablename__, "row_id": row["id"], "field": None,
             "before": history.packed_row(model, dict(row)), "after": None}
            for row in rows
        ])  # fmt: skip
        session.connection().execute(delete(table).where(chunk))
        gone += len(rows)
    session.expire_all()
    return gone


def next_id(session: Session, model: type[Base], count: int) -> int:
    """The first of `count` ids in a row that nobody else will get."""
    if session.get_bind().dialect.name != "postgresql":
        used = "SELECT max(seq) FROM sqlite_sequence WHERE name = ?"  # also by rows that are gone
        return (session.connection().exec_driver_sql(used, (model.__tablename__,)).scalar() or 0) + 1
    draw = (
        f"SELECT min(n), max(n) FROM (SELECT nextval(pg_get_serial_sequence('{model.__tablename__}', 'id')) AS n "
        f"FROM generate_series(1, {int(count)})) AS s"
    )
    for _ in range(1_000):
        lowest, highest = session.connection().exec_driver_sql(draw).one()
        if highest - lowest + 1 == count:  # else somebody has drawn in between: leave these and draw again
            return int(lowest)
    raise RuntimeError(f"{count} ids in a row could not be had")


def change(
    session: Session, model: type[Base], edits: Sequence[tuple[int, Mapping[str, tuple[Any, Any]]]], stamps: bool = True
) -> int:
    """Write (id, {field: (before, after)}) to many rows; the caller has seen that `before` is what is there.

    With `stamps` the rows count as changed now; without, they keep their place in the lists.
    """
    session.flush()
    number = history.set_id(session)
    table = _table(model)
    by_fields: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    entries = []
    for row_id, cells in edits:
        row = {"id": row_id, **{name: new for name, (_, new) in cells.items()}}
        by_fields.setdefault(tuple(sorted(cells)), []).append(row)
        entries += [
            {"set_id": number, "table": model.__tablename__, "row_id": row_id, "field": name,
             "before": history.packed(table.c[name], old), "after": history.packed(table.c[name], new)}
            for name, (old, new) in cells.items() if not table.c[name].info.get("quiet")
        ]  # fmt: skip
    stamp = {"updated_at": now() if stamps else None} if "updated_at" in table.c else {}
    for fields, rows in by_fields.items():
        for start in range(0, len(rows), CHUNK):
            _update(session, table, fields, rows[start : start + CHUNK], stamp)
    for start in range(0, len(entries), CHUNK):
        _record(session, entries[start : start + CHUNK])
    session.expire_all()
    return len(edits)


def _update(
    session: Session,
    table: Table,
    fields: Sequence[str],
    rows: list[dict[str, Any]],
    stamp: Mapping[str, datetime | None],
) -> None:
    """Put `fields` of each of the rows, and `stamp`, into those with their id. A stamp of None leaves what is there."""
    connection = session.connection()
    if connection.dialect.name == "postgresql" and len(rows) >= MANY:
        copying.change(connection, table, rows, {name: value for name, value in stamp.items() if value is not None})
        return
    cells: dict[str, Any] = {name: bindparam(name) for name in fields}
    cells |= {name: table.c[name] if value is None else value for name, value in stamp.items()}
    given = [{"_id": row["id"], **{name: row[name] for name in fields}} for row in rows]
    connection.execute(update(table).where(table.c.id == bindparam("_id")).values(cells), given)


def put(session: Session, model: type[Base], ids: Select[Any], field: str, value: Any) -> int:
    """Put one value into one column of all the rows that `ids` selects. Returns how many differed before.

    The history is written first, by the database itself: the rows never travel through Python.
    """
    session.flush()
    number = history.set_id(session)
    table = _table(model)
    column = table.c[field]
    rows = table.c.id.in_(ids) & column.is_distinct_from(value)
    entries = select(
        literal(number), literal(model.__tablename__), table.c.id, literal(field),
        _as_json(session, column), literal(history.packed(column, value), Text),
    ).where(rows)  # fmt: skip
    names = ["set_id", "table", "row_id", "field", "before", "after"]
    session.connection().execute(insert(_table(Change)).from_select(names, entries))
    stamp = {"updated_at": now()} if "updated_at" in table.c else {}
    written = session.connection().execute(update(table).where(rows).values({field: value} | stamp))
    session.expire_all()
    return written.rowcount


def _as_json(session: Session, column: Any) -> ColumnElement[str]:
    """The JSON of a column's stored value, NULL for NULL, made by the database."""
    if session.get_bind().dialect.name == "sqlite":
        return case(
            (
                column.is_not(None),
                func.json_quote(type_coerce(column, column.type.impl if hasattr(column.type, "impl") else column.type)),
            )
        )
    return cast(func.to_json(column), Text)


@cache
def _with_defaults(model: type[Base]) -> tuple[Any, ...]:
    return tuple(column for column in _table(model).columns if column.default is not None)


def _complete(model: type[Base], row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what the table itself would have filled in, and with its search text."""
    whole = dict(row)
    for column in _with_defaults(model):
        if column.name not in whole:
            whole[column.name] = column.default.arg(None) if column.default.is_callable else column.default.arg
    if model is Product:
        whole["search_text"] = search.tokens(*(whole.get(name) for name in search.SEARCHED))
    return whole
