"""Work that must not be done twice at the same time, by whatever program on whatever machine.

The lock ends with the program that holds it, however that ends.
"""

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from db.session import engine, folder


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether we are the only one who does this now: True holds the lock until the end, False means somebody else does it."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        if engine().dialect.name != "postgresql":
            yield True
            return
        with _everywhere(name) as free:
            yield free


@contextmanager
def _everywhere(name: str) -> Iterator[bool]:
    """The same among several machines that share one PostgreSQL."""
    number = zlib.crc32(f"caravan {name}".encode())
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        free = bool(connection.scalar(select(func.pg_try_advisory_lock(number))))
        try:
            yield free
        finally:
            if free:
                connection.scalar(select(func.pg_advisory_unlock(number)))
