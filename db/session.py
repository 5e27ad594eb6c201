"""Sessions and transactions. Nothing else in the program commits.

with reading() as session: ...                                  look at things; it cannot write
with transaction(actor, "products.save") as session: ...        all of it is saved with its history, or none of it
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

from db import history, price_moves, rule_versions, search, storable
from db.vocabulary import Role

PATIENCE = 15_000
"""Milliseconds that a writer waits for another one to finish."""
PRAGMAS = (
    f"busy_timeout = {PATIENCE}",
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "cache_size = -65536",
    "temp_store = MEMORY",
    "secure_delete = ON",  # what is erased is overwritten, on whatever SQLite this runs
    "mmap_size = 1073741824",
)


@dataclass(frozen=True)
class Actor:
    """Whoever does something: a person who is signed in, or the program itself at night."""

    id: int | None
    name: str
    role: Role


SYSTEM = Actor(None, "caravan", Role.ADMIN)

_writing: ContextVar[bool] = ContextVar("writing", default=False)


def folder() -> Path:
    """Where the database, the pictures and the keys are: CARAVAN_DATA, or var/ beside the program."""
    return Path(os.environ.get("CARAVAN_DATA") or Path(__file__).parents[1] / "var")


def url() -> str:
    return os.environ.get("DATABASE_URL") or f"sqlite:///{folder() / 'caravan.db'}"


def engine() -> Engine:
    return _engine(url())


@cache
def _engine(address: str) -> Engine:
    # Without the values: a statement that fails would write them into the log, and names are among them.
    made = create_engine(
        address, pool_pre_ping=not address.startswith("sqlite"), pool_size=10, max_overflow=20, hide_parameters=True
    )
    if made.dialect.name == "sqlite":
        made.dialect.statement_compiler = _HeedsHints
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        if made.url.database and not made.url.database.startswith((":", "file:")):
            _watch_file(made, Path(made.url.database))
    elif made.dialect.name == "postgresql":
        event.listen(made, "connect", _prepare_postgresql)
    return made


class _HeedsHints(SQLiteCompiler):
    """A query may name the index it goes by: `.with_hint(Order, "INDEXED BY ...", "sqlite")`. SQLAlchemy itself drops that."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text


def forget_engine() -> None:
    """Close all connections and read the settings again at the next use."""
    if _engine.cache_info().currsize:
        engine().dispose()
    _engine.cache_clear()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """The driver opens transactions late and commits savepoints early; we say BEGIN ourselves."""
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


class DatabaseGone(Exception):
    """The file of the database was there, and is not any more."""


def _watch_file(made: Engine, file: Path) -> None:
    """A connection holds on to a file that was deleted or replaced: what it writes there, nobody would ever see."""
    seen: set[tuple[int, int]] = set()

    def identity() -> tuple[int, int]:
        try:
            found = file.stat()
        except FileNotFoundError:
            raise DatabaseGone(str(file)) from None
        return found.st_dev, found.st_ino

    def before(*_: Any) -> None:
        if seen:
            identity()  # SQLite would make an empty one in its place

    def opened(_connection: Any, record: Any) -> None:
        record.info["file"] = identity()
        seen.add(record.info["file"])

    def taken(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["file"] != identity():
            raise DisconnectionError("the file of the database has been replaced")

    for moment, act in (("do_connect", before), ("connect", opened), ("checkout", taken)):
        event.listen(made, moment, act)


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """The server itself would wait for a lock for ever, and compile questions for longer than most of them take."""
    connection.execute(f"SET lock_timeout = {PATIENCE}")
    connection.execute("SET jit = off")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    """Writers queue at the start, so that none fails halfway because another was faster."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


@contextmanager
def reading() -> Iterator[Session]:
    """A session to look at things with. It never writes."""
    with _as_writer(False), Session(engine(), autoflush=False, expire_on_commit=False) as session:
        session.info["reading"] = True
        yield session


@contextmanager
def transaction(actor: Actor, command: str, reason: str = "") -> Iterator[Session]:
    """One unit of work: all of it is saved, together with its change set, or none of it."""
    with _as_writer(True), Session(engine(), expire_on_commit=False) as session, session.begin():
        session.info.update(actor=actor, command=command, reason=reason)
        yield session


@contextmanager
def schema_change() -> Iterator[Connection]:
    """A connection for migrations: two programs that start together do not both create the tables."""
    with _as_writer(True), engine().begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20260001)")
        yield connection


@contextmanager
def _as_writer(writes: bool) -> Iterator[None]:
    token = _writing.set(writes)
    try:
        yield
    finally:
        _writing.reset(token)


def writing() -> bool:
    """Is a transaction open right now?"""
    return _writing.get()


history.watch(Session)
rule_versions.watch(Session)
price_moves.watch(Session)
search.watch()
storable.watch(Session)
