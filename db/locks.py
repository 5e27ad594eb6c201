"""Work that must not be done twice at the same time, by whatever program on whatever machine.

The lock ends with the program that holds it, however that ends.
"""

import fcntl
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from sqlalchemy import func, select

from db.session import engine, folder

SECONDS_BETWEEN_TRIES = 0.2


@contextmanager
def alone(name: str, patience: float = 0) -> Iterator[bool]:
    """Whether we are the only one who does this now: True holds the lock until the end, False means somebody else does it.

    `patience` is how many seconds to wait for somebody else to finish.
    """
    folder().mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + patience
    with (folder() / f"{name}.lock").open("w") as file:
        if not _got(lambda: _lock(file), deadline):
            yield False
        elif engine().dialect.name != "postgresql":
            yield True
        else:
            with _everywhere(name, deadline) as free:
                yield free


def _got(attempt: Callable[[], bool], deadline: float) -> bool:
    while not attempt():
        if time.monotonic() >= deadline:
            return False
        time.sleep(SECONDS_BETWEEN_TRIES)
    return True


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _everywhere(name: str, deadline: float) -> Iterator[bool]:
    """The same among several machines that share one PostgreSQL."""
    number = zlib.crc32(f"caravan {name}".encode())
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        free = _got(lambda: bool(connection.scalar(select(func.pg_try_advisory_lock(number)))), deadline)
        try:
            yield free
        finally:
            if free:
                connection.scalar(select(func.pg_advisory_unlock(number)))
