"""Many rows at once: by COPY into PostgreSQL, by one prepared statement into SQLite, without the compiler's work for each row.

What is refused is refused by the same errors as any other statement, and then nothing of it is there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

_numbers = count(1)


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns as the first one."""
    if not rows:
        return
    names = list(rows[0])
    if connection.dialect.name == "postgresql":
        _copy(connection, table, table.name, names, rows)
        return
    cells = list(zip(names, _writers(connection, table, names), strict=True))
    statement = (
        f"INSERT INTO {_quoted(table.name)} ({', '.join(map(_quoted, names))}) VALUES ({', '.join('?' * len(names))})"
    )
    connection.exec_driver_sql(statement, [tuple(write(row[name]) for name, write in cells) for row in rows])


def change(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], stamp: Mapping[str, Any]) -> None:
    """Put the cells of each row into the row of the table that has its `id`, and `stamp` into all of these. PostgreSQL only."""
    names = list(rows[0])
    cells = [name for name in names if name != "id"]
    passing = f"caravan_cells_{next(_numbers)}"
    listed = ", ".join(_quoted(name) for name in names)
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {passing} ON COMMIT DROP AS SELECT {listed} FROM {_quoted(table.name)} WITH NO DATA"
    )
    _copy(connection, table, passing, names, rows)
    put = [f"{_quoted(name)} = passing.{_quoted(name)}" for name in cells]
    put += [f"{_quoted(name)} = %({name})s" for name in stamp]
    connection.exec_driver_sql(
        f"UPDATE {_quoted(table.name)} SET {', '.join(put)} FROM {passing} AS passing WHERE {_quoted(table.name)}.id = passing.id",
        {name: write(value) for name, write, value in _written(connection, table, stamp)},
    )
    connection.exec_driver_sql(f"DROP TABLE {passing}")


def _written(connection: Connection, table: Table, cells: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    writers = _writers(connection, table, list(cells))
    for (name, value), write in zip(cells.items(), writers, strict=True):
        yield name, write, value


def _copy(
    connection: Connection, table: Table, into: str, names: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> None:
    """`into` has columns of the kinds that `table` has."""
    statement = f"COPY {_quoted(into)} ({', '.join(_quoted(name) for name in names)}) FROM STDIN"
    cells = list(zip(names, _writers(connection, table, names), strict=True))
    driver: Any = connection.connection
    with _told(connection, statement), driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([write(row[name]) for name, write in cells])


def _writers(connection: Connection, table: Table, names: Sequence[str]) -> list[Callable[[Any], Any]]:
    """For each column what makes of a value what the driver is given: the very thing that a statement would give it."""
    kinds = (table.c[name].type.dialect_impl(connection.dialect) for name in names)
    return [kind.bind_processor(connection.dialect) or _as_it_is for kind in kinds]


def _as_it_is(value: Any) -> Any:
    return value


@contextmanager
def _told(connection: Connection, statement: str) -> Iterator[None]:
    """The driver's errors as those that all other statements raise, but without the values: the server says which row it was, and a
    name may stand there."""
    try:
        yield
    except psycopg.Error as error:
        bare = type(error)(error.diag.message_primary or str(error))
        raise DBAPIError.instance(
            statement, None, bare, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from None


def _quoted(name: str) -> str:
    return f'"{name}"'
