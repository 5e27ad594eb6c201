"""Files of codes that take a while: barcodes in a zip, and labels as a PDF. A job makes them, and who asked fetches them later.

    start(session, what, wanted, printing)      a job for them: the codes of a run, of a filter, or picked ones
    mine(session, person)                       what is ready to be fetched
    content(session, number, person)            the file itself, for who asked for it, and for admins

A file lies under a name that says nothing, is written whole or not at all, and goes after a week.
"""

import json
import secrets
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Code, MadeFile, Product, now
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import CodeState, CodeType, Licence, Role, Term
from lib import barcode_symbols, barcodes, code_exports, jobs, labels, ledger, settings
from lib.commands import command
from lib.jobs import Progress, job
from lib.label_layouts import LAYOUTS
from lib.labels import Label
from lib.ledger import Filter
from lib.problems import Refused
from lib.rights import Right

KIND = "code files"
MOST = barcodes.MOST
MOST_AT_ONCE = 4
"""Files that are being made for one person."""
KEPT = timedelta(days=7)
MOST_BYTES = 2**30
"""All that is kept together: when it is more, the oldest go first."""
SECONDS_UNNAMED = 3_600
"""A file that no row names is half a file of work that has ended; it may be of work that goes on."""


class FileKind(Term):
    SVG = "svg", "SVG", "blue", "barcodes as drawings that stay sharp in any size, in a zip"
    PNG = "png", "PNG", "blue", "barcodes as pictures of 300 dots an inch, in a zip"
    LABELS = "labels", "Labels", "green", "a PDF to print on sheets or on a roll"


@dataclass(frozen=True)
class Printing:
    """How labels are printed. `title` is the language that comes first: zh, en, or nothing for no title."""

    layout: str = "a4_3x8"
    copies: int = 1
    skip: int = 0
    """Places of the first sheet that are used up."""
    title: str = "zh"
    sku: bool = True


# Asking for a file


@command(Right.LOOK)
def start(session: Session, what: FileKind, wanted: Filter, printing: Printing | None = None) -> str:
    """A job that makes this file. The same file twice at once is one job. Wrong codes are refused before anything is made."""
    asks, printing = session.info["actor"], printing or Printing()
    number = len(_checked(session, what, wanted, printing))
    arguments = {"what": what, "wanted": asdict(wanted), "printing": asdict(printing)}
    mark = sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:32]
    once = f"{KIND} {mark} {asks.name}"[:120]
    going_on = [found.once for found in jobs.live(session, KIND) if found.actor == asks.name]
    if len(going_on) >= MOST_AT_ONCE and once not in going_on:
        raise Refused(
            f"{MOST_AT_ONCE} files are being made for you already. Nothing was started: wait for one of them."
        )
    jobs.start(session, KIND, once=once, **arguments)
    codes = f"{number:,} code{'s' if number > 1 else ''}"
    return f"{stem(wanted, what, printing)} is being made of {codes}. It goes on when you leave this page."


def stem(wanted: Filter, what: FileKind, printing: Printing) -> str:
    """What the file is called: run-7-barcodes-svg.zip."""
    if wanted == Filter(runs=wanted.runs) and len(wanted.runs) == 1:
        of = f"run-{wanted.runs[0]}"
    else:
        of = "picked-codes" if wanted.codes else "codes"
    return f"{of}-labels-{printing.layout}.pdf" if what is FileKind.LABELS else f"{of}-barcodes-{what}.zip"


def labels_of(session: Session, wanted: Filter, printing: Printing, most: int = MOST) -> list[Label]:
    """The labels of these codes, in the order of reserving."""
    return [_label(row, printing) for row in _codes(session, wanted, most)]


def _label(row: Any, printing: Printing) -> Label:
    first, second = (row.title_en, row.title_zh) if printing.title == "en" else (row.title_zh, row.title_en)
    title = (first or second or "") if printing.title else ""
    return Label(row.code, row.type.value, (row.sku or "") if printing.sku else "", title)


def _codes(session: Session, wanted: Filter, most: int) -> Sequence[Any]:
    columns = (Code.code, Code.type, Product.sku, Product.title_zh, Product.title_en)
    query = ledger.matching(wanted).outerjoin(Product, Product.id == Code.product_id).with_only_columns(*columns)
    return session.execute(query.order_by(Code.id).limit(most)).all()


def _checked(session: Session, what: FileKind, wanted: Filter, printing: Printing) -> Sequence[Any]:
    rows = _codes(session, wanted, MOST + 1)
    if not rows:
        raise Refused("There is no code here. Nothing was made.")
    if len(rows) > MOST:
        raise Refused(f"A file has at most {MOST:,} codes, and here are more. Nothing was made: narrow the filter.")
    barcode_symbols.all_right([(row.code, row.type.value) for row in rows], MOST, what.label)
    if what is FileKind.LABELS:
        _check_printing(len(rows), printing)
    return rows


def _check_printing(count: int, printing: Printing) -> None:
    layout = LAYOUTS.get(printing.layout)
    if layout is None:
        raise Refused("There is no such sheet of labels. Nothing was made: choose one of the list.")
    if not 0 <= printing.skip < layout.per_page:
        raise Refused(f"This sheet has {layout.per_page} places. Nothing was made: begin at one of them.")
    if not 1 <= printing.copies <= labels.MOST or count * printing.copies > labels.MOST:
        raise Refused(
            f"{count:,} codes in {printing.copies:,} copies are {count * printing.copies:,} labels, and a file has 1 to "
            f"{labels.MOST:,}. Nothing was made."
        )


# Making it


@job(KIND)
def work(actor: Actor, arguments: dict[str, Any], progress: Progress) -> str:
    what, wanted = FileKind(arguments["what"]), _filter(arguments["wanted"])
    printing = Printing(**arguments["printing"])
    name = stem(wanted, what, printing)

    def told(done: int, total: int) -> None:
        progress(done, total, name)

    told(0, 0)
    with reading() as session:
        rows = _checked(session, what, wanted, printing)
        said = code_exports.notices(session, wanted)
    with _whole_or_not() as path:
        if what is FileKind.LABELS:
            sheet = LAYOUTS[printing.layout]
            path.write_bytes(
                labels.pdf([_label(row, printing) for row in rows], sheet, told, printing.skip, printing.copies)
            )
        else:
            _zip(path, what, rows, said, told)
        return _keep(actor, name, what, path, len(rows), progress)


def _filter(said: dict[str, Any]) -> Filter:
    words: dict[str, type[Term]] = {"types": CodeType, "licences": Licence}
    lists = {name: tuple(map(words.get(name, lambda entry: entry), said[name]))
             for name in ("types", "licences", "runs", "products", "stores", "codes")}  # fmt: skip
    return Filter(said["text"], CodeState(said["state"]) if said["state"] else None, **lists)


def _zip(path: Path, what: FileKind, rows: Sequence[Any], said: Sequence[str], told: barcodes.Progress) -> None:
    with path.open("wb") as out:
        count = barcodes.zipped(
            [(row.code, row.type.value) for row in rows], "svg" if what is FileKind.SVG else "png", out, told
        )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.txt", _readme(count, what, said))


def _readme(count: int, what: FileKind, said: Sequence[str]) -> bytes:
    lines = [
        f"{count:,} barcodes as {what.label}. Each file is named by its code.",
        "Print them in their own size (100 %), black on white, with the white margins that they have; between 80 % and 200 % they can "
        "be scanned.",
        *said,
    ]
    return "\r\n\r\n".join([*lines, ""]).encode()


@contextmanager
def _whole_or_not() -> Iterator[Path]:
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


def _keep(actor: Actor, name: str, what: FileKind, path: Path, codes: int, progress: Progress) -> str:
    """The row and the end of the job in one transaction: a job that was stopped, or taken by another worker, leaves no file."""
    whole = path.replace(path.with_suffix(""))
    size = whole.stat().st_size
    said = f"{name} is made: {codes:,} codes, {written_size(size)}."
    with transaction(actor, "code_files.work") as session:
        session.add(
            MadeFile(job_id=progress.number, kind=what, name=name, path=whole.name, bytes=size, actor=actor.name)
        )
        progress.finish(session, said)
    return said


def written_size(size: int) -> str:
    """As people read it: 12 kB, 1.4 MB."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{-(-size // 1000):,} kB"


# Fetching it


def mine(session: Session, person: Actor, most: int = 20) -> list[MadeFile]:
    """What this person may fetch, newest first."""
    query = select(MadeFile).order_by(MadeFile.id.desc()).limit(most)
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
        with transaction(SYSTEM, "code_files.tidy") as session:
            session.execute(delete(MadeFile).where(MadeFile.id.in_([row.id for row in gone])))
    _unlink(kept, {row.path for row in gone})


def _unlink(kept: set[str], gone: set[str]) -> None:
    for path in settings.made().glob("*"):
        is_unnamed = path.name not in kept and path.stat().st_mtime < time.time() - SECONDS_UNNAMED
        if path.name in gone or is_unnamed:
            path.unlink(missing_ok=True)
