"""What a column can hold, said before the database is asked: SQLite would keep what PostgreSQL refuses, and differently."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, Integer, String, event, inspect
from sqlalchemy.orm import Session, UOWTransaction

from db.models import Base

NO_LETTER = re.compile("[\0\ud800-\udfff]")
"""NUL and halves of letters: no database has them in a text."""
LARGEST, LARGEST_BIG = 2**31 - 1, 2**63 - 1


class Unstorable(ValueError):
    """A value that its column cannot hold; `why` is a sentence about it."""

    def __init__(self, row: int | None, field: str, why: str):
        super().__init__(why)
        self.row, self.field, self.why = row, field, why


def watch(factory: Any) -> None:
    """Look at everything that is written row by row, before it is."""
    event.listen(factory, "before_flush", _look)


def problem(kind: Any, value: Any) -> str | None:
    """Why a column of this kind cannot hold the value; None when it can."""
    if isinstance(kind, String) and isinstance(value, str):
        if NO_LETTER.search(value):
            return "contains a character that cannot be stored; type it again"
        if kind.length is not None and len(value) > kind.length:
            return f"is longer than {kind.length:,} characters"
    if isinstance(kind, Integer) and isinstance(value, int):
        most = LARGEST_BIG if isinstance(kind, BigInteger) else LARGEST
        return f"must be a number up to {most:,}" if abs(value) > most else None
    return None


def _look(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    for row in (*session.new, *session.dirty):
        known = row.id if inspect(row).persistent else None
        for name, column, value in _written(row):
            emptied = known is not None and value is None and not column.nullable
            if why := "must not be empty" if emptied else problem(column.type, value):
                raise Unstorable(known, name, f"{name.replace('_', ' ').capitalize()} {why}")


def _written(row: Base) -> Iterator[tuple[str, Any, Any]]:
    state = inspect(row)
    for attribute in state.mapper.column_attrs:
        if attribute.key in state.dict and state.attrs[attribute.key].history.added:
            yield attribute.key, attribute.columns[0], state.dict[attribute.key]
