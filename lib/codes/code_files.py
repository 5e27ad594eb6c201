"""Files of codes that take a while: barcodes in a zip, and labels as a PDF. A job makes them, and who asked fetches them later.

    start(session, what, wanted, printing)      a job for them: the codes of a run, of a filter, or picked ones

How they are kept and fetched is in lib/made_files.py.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from db.models import Code, Product
from db.session import Actor, reading
from db.vocabulary import CodeState, CodeType, Licence, Term
from lib import jobs, made_files
from lib.codes import barcode_symbols, barcodes, code_exports, labels, ledger
from lib.codes.label_layouts import LAYOUTS
from lib.codes.labels import Label
from lib.codes.ledger import Filter
from lib.commands import command
from lib.counted import agreeing, counted
from lib.jobs import Progress, job
from lib.problems import Refused
from lib.rights import Right

KIND = "code files"
MOST = barcodes.MOST
MOST_AT_ONCE = 4
"""Files that are being made for one person."""


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
    once = made_files.same(KIND, arguments, asks.name)
    going_on = [found.once for found in jobs.live(session, KIND) if found.actor == asks.name]
    if len(going_on) >= MOST_AT_ONCE and once not in going_on:
        raise Refused(
            f"{MOST_AT_ONCE} files are being made for you already. Nothing was started: wait for one of them."
        )
    jobs.start(session, KIND, once=once, **arguments)
    return f"{stem(wanted, what, printing)} is being made of {counted(number, 'code')}. It goes on when you leave this page."


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
            f"{counted(count, 'code')} in {counted(printing.copies, 'copy', 'copies')} {agreeing(count, 'is', 'are')} "
            f"{count * printing.copies:,} labels, and a file has 1 to {labels.MOST:,}. Nothing was made."
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
    with made_files.whole_or_not() as path:
        if what is FileKind.LABELS:
            sheet = LAYOUTS[printing.layout]
            path.write_bytes(
                labels.pdf([_label(row, printing) for row in rows], sheet, told, printing.skip, printing.copies)
            )
        else:
            _zip(path, what, rows, said, told)
        return made_files.finish(actor, "code_files.work", path, name, what, counted(len(rows), "code"), progress)


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
        f"{counted(count, 'barcode')} as {what.label}. Each file is named by its code.",
        "Print them in their own size (100 %), black on white, with the white margins that they have; between 80 % and 200 % they can "
        "be scanned.",
        *said,
    ]
    return "\r\n\r\n".join([*lines, ""]).encode()
