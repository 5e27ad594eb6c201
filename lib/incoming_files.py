"""Uploaded files that wait for their job: put where the worker finds them, handed over once, gone with the job."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from lib import jobs, settings
from lib.jobs import Interrupted
from lib.problems import Refused

SECONDS_KEPT = 24 * 60 * 60
KINDS = ("import", "import orders")
"""Jobs whose files wait here."""


def put(name: str, content: bytes) -> str:
    """Keep a file under this name, whole or not at all. Returns the name."""
    folder = settings.uploads()
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{name}.{os.getpid()}"
    try:
        fresh.write_bytes(content)
        fresh.replace(folder / name)
    except OSError:
        fresh.unlink(missing_ok=True)  # half a file would fill what is left of the disk
        raise
    return name


def drop(name: str) -> None:
    (settings.uploads() / name).unlink(missing_ok=True)


@contextmanager
def handed_over(name: str) -> Iterator[bytes]:
    """What the file holds, for the job that it waited for; gone afterwards, however the job ends, unless another worker goes on."""
    try:
        try:
            content = (settings.uploads() / name).read_bytes()
        except FileNotFoundError:
            raise Refused("The uploaded file is gone. Nothing was imported: upload it again.") from None
        yield content
    except Interrupted:
        raise  # the next worker needs the file
    except BaseException:
        drop(name)
        raise
    drop(name)


def forget_abandoned(session: Session) -> None:
    """Remove the files of jobs that ended without doing so, a day later."""
    needed = {found.arguments.get("file") for kind in KINDS for found in jobs.live(session, kind)}
    for path in settings.uploads().glob("*"):
        if path.name not in needed and path.stat().st_mtime < time.time() - SECONDS_KEPT:
            path.unlink(missing_ok=True)
