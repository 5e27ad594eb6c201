"""The file of an import: read, shown, and, when it is large, kept until its job is done."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from db.session import Actor, reading
from db.vocabulary import LibraryState, Source
from lib import commands, incoming_files, jobs
from lib.commands import command
from lib.counted import counted
from lib.jobs import Progress, job
from lib.problems import Problem, Refused
from lib.products import imports
from lib.products.import_rows import Defaults
from lib.products.imports import Plan
from lib.rights import Right
from lib.tables import reading as tables
from lib.tables import writing
from lib.tables.matching import Matching
from lib.tables.products import match_products
from lib.tables.sheet import Sheet

MOST_BYTES = 20 * 1024 * 1024
AT_ONCE = 2_000
"""Rows that change; more than these are a job."""
REPORT = ("line", "column", "value", "reason")


@dataclass(frozen=True)
class Choice:
    """What a person has chosen for a file: a column for a field, or None for no column; and what holds for all its rows."""

    columns: dict[str, str | None] = field(default_factory=dict)
    source: Source = Source.OTHER
    currency: str = "CNY"
    state: LibraryState = LibraryState.DRAFT
    grams: str = ""
    """What one unit of weight is, in grams; empty when the file says it, or nobody does."""

    @property
    def defaults(self) -> Defaults:
        return Defaults(self.source, self.currency, self.state, Decimal(self.grams) if self.grams else None)


def read(name: str, content: bytes) -> Sheet:
    if len(content) > MOST_BYTES:
        raise Refused(
            f"{name[:80]} is larger than {MOST_BYTES // 2**20} MB. Nothing was read: split it into several files."
        )
    return tables.read(name, content)


def matched(sheet: Sheet, choice: Choice) -> Matching:
    """What is recognised, and what a person has chosen instead."""
    found = match_products(sheet)
    return replace(found.by_hand(sheet.columns, choice.columns), notes=found.notes) if choice.columns else found


def compare(session: Session, name: str, content: bytes, choice: Choice) -> tuple[Sheet, Matching, Plan]:
    sheet = read(name, content)
    matching = matched(sheet, choice)
    return sheet, matching, imports.plan(session, sheet, matching, choice.defaults)


def report(name: str, content: bytes, choice: Choice) -> bytes:
    """The rows that stay out, and why, as a CSV file."""
    with reading() as session:
        _, _, found = compare(session, name, content, choice)
    return writing.csv(lines(found.refused), REPORT)


def lines(problems: Sequence[Problem]) -> list[tuple[Any, ...]]:
    return [(p.line, p.field or "", "" if p.value is None else str(p.value), p.text) for p in problems]


# Bringing it in


@command(Right.PRODUCTS)
def bring_in(session: Session, name: str, content: bytes, choice: Choice, mark: str) -> str:
    """Import what was previewed; `mark` is that of the plan that was shown."""
    _, _, found = compare(session, name, content, choice)
    return imports.commit(session, _as_shown(found, mark))


@command(Right.PRODUCTS)
def start(session: Session, name: str, content: bytes, choice: Choice, mark: str) -> str:
    """The same as a job, which goes on when the page is closed. The same file twice is one job."""
    file = keep(content)
    said = {**asdict(choice), "source": choice.source.value, "state": choice.state.value}
    jobs.start(session, "import", once=f"import {file}", file=file, name=name[:80], choice=said, mark=mark)
    return f"{name[:80]} is being imported. It goes on when you leave this page."


def _as_shown(found: Plan, mark: str) -> Plan:
    if found and found.mark() != mark:
        raise Refused("The library has changed since the preview. Nothing was imported: look at it again.")
    return found


@job("import")
def work(actor: Actor, arguments: dict[str, Any], progress: Progress) -> str:
    progress(0, 0, "Reading the file")
    with incoming_files.handed_over(arguments["file"]) as content:
        sheet = read(arguments["name"], content)
        said = arguments["choice"]
        choice = Choice(**{**said, "source": Source(said["source"]), "state": LibraryState(said["state"])})
        with reading() as session:
            found = imports.plan(session, sheet, matched(sheet, choice), choice.defaults, progress)
        progress(len(sheet), len(sheet), f"Saving {counted(len(found), 'product')}")
        return commands.perform(actor, imports.commit, _as_shown(found, arguments["mark"]), progress.finish)


def keep(content: bytes) -> str:
    """Put a file where the worker finds it. Returns its name there, which is the hash of what it holds."""
    return incoming_files.put(sha256(content).hexdigest(), content)
