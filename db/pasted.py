"""A pasted list of any length inside a query: one parameter, however many entries.

Order.number.in_(pasted(("111-1", "111-2")))
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    TableValuedAlias,
    Text,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

NO_LETTER = re.compile("[\0\ud800-\udfff]")


def pasted(entries: Iterable[str]) -> Select[tuple[str]]:
    """The entries as rows of one column; without those that no database could hold."""
    return _rows(literal(array(entries), Text))


def array(entries: Iterable[str]) -> str:
    """The entries as a JSON array; without those that no database could hold."""
    return json.dumps([entry for entry in entries if not NO_LETTER.search(entry)])


def listed(array: ColumnElement[Any]) -> Select[tuple[str]]:
    """The entries of a JSON array that the database holds, as rows of one column; none when it is NULL."""
    return _rows(array)


def numbered(ids: Iterable[int]) -> Subquery:
    """Ids that are known already, as a table to join; its column is `id`."""
    rows = _rows(literal(json.dumps(list(ids)), Text)).subquery()
    return select(cast(rows.c.value, Integer).label("id")).subquery()


def parts(listed: ColumnElement[Any], separator: str = ", ") -> TableValuedAlias:
    """The parts of a text that lists several, as rows beside the row that holds it: join it on `true()`."""
    safe = func.replace(func.replace(listed, "\\", "\\\\"), '"', '\\"')
    array = literal('["').concat(func.replace(safe, separator, '","')).concat('"]')
    return _Rows(array).table_valued(column("value", Text))


def _rows(array: ColumnElement[Any]) -> Select[tuple[str]]:
    rows = _Rows(array).table_valued(column("value", Text))
    return select(rows.c.value)


class _Rows(FunctionElement[Any]):
    inherit_cache = True
    name = "pasted_rows"


@compiles(_Rows, "sqlite")
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_Rows, "postgresql")
def _postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"jsonb_array_elements_text(CAST({compiler.process(element.clauses, **kw)} AS jsonb))"
