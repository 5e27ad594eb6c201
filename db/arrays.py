"""Query results as arrays of integers: what is calculated with by the million.

The database itself puts the rows of a block together, a value a column, so that no row becomes an object on its way.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, false, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

BLOCK = 100_000


def columns(session: Session, query: Select[Any], key: Any = None) -> list[NDArray[np.int64]]:
    """The columns of a query, each an array, in the order of the first one, which is unique.

    Every column is an integer of at most 64 bits and never NULL; ValueError when one is. With a `key`, the query's first column and a
    number of rows of its table, it is read in blocks; without one in one go.
    """
    if key is None:
        return _block(session, query)
    parts = [_block(session, query.where(false()))]
    start = session.scalar(select(func.min(key)))
    while start is not None:
        parts.append(_block(session, query.where(key >= start, key < start + BLOCK)))
        start = session.scalar(select(func.min(key)).where(key >= start + BLOCK))
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _block(session: Session, query: Select[Any]) -> list[NDArray[np.int64]]:
    packed = [_Packed(column) for column in query.selected_columns]
    found = [_unpacked(value) for value in session.execute(query.with_only_columns(*packed)).one()]
    if len({len(column) for column in found}) > 1:
        raise ValueError(f"a column of {[column.name for column in query.selected_columns]} is without a number")
    if (np.diff(found[0]) > 0).all():
        return found
    order = np.argsort(found[0])
    return [column[order] for column in found]


class _Packed(FunctionElement[Any]):
    """All values of a column in one: as text on SQLite, as bytes on PostgreSQL."""

    inherit_cache = True
    name = "packed"


@compiles(_Packed, "sqlite")
def _as_text(element: Any, compiler: Any, **kw: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **kw)})"


@compiles(_Packed, "postgresql")
def _as_bytes(element: Any, compiler: Any, **kw: Any) -> str:
    return f"string_agg(int8send(CAST({compiler.process(element.clauses, **kw)} AS BIGINT)), ''::bytea)"


def _unpacked(value: str | bytes | None) -> NDArray[np.int64]:
    if not value:
        return np.empty(0, dtype=np.int64)
    if isinstance(value, str):
        return np.fromstring(value, dtype=np.int64, sep=",")
    return np.frombuffer(value, dtype=">i8").astype(np.int64)
