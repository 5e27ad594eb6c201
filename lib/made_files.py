"""Files that Caravan has made, to be fetched by who asked for them: lists, labels, confirmations for the marketplace.

    with made_files.whole_or_not() as path: ...     a place to write one, empty again when the work does not come to its end
    keep(session, path, name, kind)                 its row, in the transaction of the work
    finish(actor, command, path, ...)               the same for a job, which ends with it
    mine(session, person, kinds), content(...)      fetching it
    tidy()                                          letting go of what is old

A file lies under a name that says nothing, is written whole or not at all, and goes after a week.
"""

import json
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import MadeFile, now
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import Role
from lib import settings
from lib.commands import command
from lib.jobs import Progress
from lib.problems import Refused
from lib.rights import Right

KEPT = timedelta(days=7)
MOST_BYTES = 2**30
"""All that is kept together: when it is more, the oldest go first."""
SECONDS_UNNAMED = 3_600
"""A file that no row names is half a file of work that has ended; it may be of work that goes on."""


# Making one


@contextmanager
def whole_or_not() -> Iterator[Path]:
    """A place for a new file that is empty again when the work does not come to its end."""
    folder = settings.made()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}.part"
    try:
        yield path
    except BaseException:
        for half in (path, path.with_suffix("")):
            half.unlink(missing_ok=True)  # it would fill what is left of the disk
        raise


def whole(path: Path) -> Path:
    """Give a file that is written to its end the name under which it stays."""
    return path.replace(path.with_suffix(""))


def keep(session: Session, path: Path, name: str, kind: str, job_id: int | None = None) -> MadeFile:
    """The row of a whole file, for who asks now."""
    row = MadeFile(
        job_id=job_id, kind=kind, name=name, path=path.name, bytes=path.stat().st_size, actor=session.info["actor"].name
    )
    session.add(row)
    return row


def finish(actor: Actor, command: str, path: Path, name: str, kind: str, holds: str, progress: Progress) -> str:
    """The end of a job that makes a file: its row and the end of the job in one transaction.

    A job that was stopped, or taken by another worker, leaves no file. `holds` is what is in it, as in "5 codes". Returns the sentence.
    """
    path = whole(path)
    said = f"{name} is made: {holds}, {written_size(path.stat().st_size)}."
    with transaction(actor, command) as session:
        keep(session, path, name, kind, progress.number)
        progress.finish(session, said)
    return said


def same(kind: str, arguments: Mapping[str, Any], person: str) -> str:
    """Words that are the same when somebody asks for the same file again: twice at once is one job."""
    mark = sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:32]
    return f"{kind} {mark} {person}"[:120]


def written_size(size: int) -> str:
    """As people read it: 12 kB, 1.4 MB."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{-(-size // 1000):,} kB"


# Fetching it


def mine(session: Session, person: Actor, kinds: Collection[str] = (), most: int = 20) -> list[MadeFile]:
    """What this person may fetch, newest first; of these kinds, or of all."""
    query = select(MadeFile).order_by(MadeFile.id.desc()).limit(most)
    if kinds:
        query = query.where(MadeFile.kind.in_([str(kind) for kind in kinds]))
    return list(session.scalars(query if person.role is Role.ADMIN else query.where(MadeFile.actor == person.name)))


def content(session: Session, number: int, person: Actor) -> bytes:
    """The file. Refused for who has not asked for it, and when it is gone."""
    found = _own(session, number, person)
    try:
        return (settings.made() / Path(found.path).name).read_bytes()
    except FileNotFoundError:
        raise Refused(f"{found.name} is gone: files are kept for {KEPT.days} days. Make it again.") from None


@command(Right.LOOK)
def forget(session: Session, number: int) -> str:
    """Throw a made file away."""
    found = _own(session, number, session.info["actor"])
    session.delete(found)
    return f"{found.name} was thrown away."


def _own(session: Session, number: int, person: Actor) -> MadeFile:
    found = session.get(MadeFile, number)
    if found is None or (found.actor != person.name and person.role is not Role.ADMIN):
        raise Refused("This file is not there any more, or somebody else has asked for it.")
    return found


# Tidying


def tidy() -> None:
    """Let go of files that are older than a week, of the oldest when all are too much, and of what no row names."""
    with reading() as session:
        rows = session.execute(
            select(MadeFile.id, MadeFile.path, MadeFile.bytes, MadeFile.made_at).order_by(MadeFile.id.desc())
        ).all()
    kept, total = set[str](), 0
    for row in rows:
        total += row.bytes
        if row.made_at > now() - KEPT and total <= MOST_BYTES:
            kept.add(row.path)
    gone = [row for row in rows if row.path not in kept]
    if gone:
        with transaction(SYSTEM, "made_files.tidy") as session:
            session.execute(delete(MadeFile).where(MadeFile.id.in_([row.id for row in gone])))
    _unlink(kept, {row.path for row in gone})


def _unlink(kept: set[str], gone: set[str]) -> None:
    for path in settings.made().glob("*"):
        is_unnamed = path.name not in kept and path.stat().st_mtime < time.time() - SECONDS_UNNAMED
        if path.name in gone or is_unnamed:
            path.unlink(missing_ok=True)
