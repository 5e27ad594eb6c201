"""The file of an import of orders: told what it is, read, shown, and, when it is large, kept sealed until its job is done.

Amazon's reports name buyers. The file is therefore never written to the disk as it is: what waits for a job is sealed with the key of
the buyers, and is gone with the job.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Job, Store
from db.session import Actor, reading
from lib import commands, incoming_files, jobs
from lib.amazon import orders as amazon_orders
from lib.amazon import reports, text
from lib.commands import command
from lib.jobs import Progress, job
from lib.orders import buyers, order_file_report, order_files, order_mapping_rows, order_mappings
from lib.orders.order_file_report import Preview
from lib.orders.told_orders import ELSEWHERE, ToldFile
from lib.problems import Refused
from lib.rights import Right
from lib.tables import reading as tables
from lib.tables.sheet import Sheet

MOST_BYTES = 64 * 1024 * 1024
AT_ONCE = 1_000
"""Orders that are new or change; more than these are a job."""
JOB = "import orders"


@dataclass(frozen=True)
class Choice:
    """What a person has chosen: into which store the orders of each market go, and what the columns of an unknown file mean."""

    stores: dict[str, int] = field(default_factory=dict)
    mapping: order_mappings.Mapping | None = None

    def kept(self) -> dict[str, Any]:
        """As a job carries it."""
        return {"stores": self.stores, "mapping": asdict(self.mapping) if self.mapping else None}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Choice":
        return cls(kept["stores"], order_mappings.of(kept["mapping"]) if kept["mapping"] else None)


@dataclass(frozen=True)
class Opened:
    """A table, and which of Amazon's reports it is; None where a person has to say what its columns mean."""

    name: str
    sheet: Sheet = field(repr=False)
    kind: reports.Kind | None


@dataclass(frozen=True)
class Looked:
    """What the screen asks about a file. `stores` are the guesses, by market; `mapping` is remembered or guessed."""

    kind: str | None
    rows: int
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    stores: dict[str, int | None]
    mapping: order_mappings.Mapping | None
    is_remembered: bool = False


# Reading


def opened(name: str, content: bytes) -> Opened:
    """The table in a file. Refused with a sentence when there is none, or when it is one of Amazon's with a column missing."""
    name = name.strip()[:80] or "The file"
    if len(content) > MOST_BYTES:
        raise Refused(f"{name} is larger than {MOST_BYTES // 2**20} MB. Nothing was read: split it into several files.")
    if reports.recognise(text.header(content)):
        sheet = text.read(name, content)
        return Opened(name, sheet, reports.recognise(sheet.columns))
    sheet = tables.read(name, content)
    return Opened(name, sheet, reports.recognise(sheet.columns))


def told(file: Opened, choice: Choice) -> ToldFile:
    """The orders that the file tells of."""
    if file.kind is not None:
        return amazon_orders.read(file.sheet, file.kind)
    if choice.mapping is None:
        raise Refused(f"{file.name} is none of Amazon's reports: choose what its columns mean. Nothing was read.")
    return order_mapping_rows.read(file.sheet, choice.mapping)


def stores_of(choice: Choice) -> Mapping[str, int]:
    return {"": choice.mapping.store_id} if choice.mapping and choice.mapping.store_id else choice.stores


def look(session: Session, name: str, content: bytes) -> Looked:
    """What a file is, and what is guessed about it."""
    file = opened(name, content)
    rows = len(file.sheet) + len(file.sheet.problems)
    if file.kind is not None:
        found = amazon_orders.read(file.sheet, file.kind)
        return Looked(file.kind.name, rows, file.sheet.columns, file.sheet.notes, guessed(session, found), None)
    known = order_mappings.remembered(session, file.sheet.columns)
    mapping = known or replace(order_mappings.guess(file.sheet), store_id=_only_store(session))
    return Looked(None, rows, file.sheet.columns, file.sheet.notes, {}, mapping, known is not None)


def guessed(session: Session, found: ToldFile) -> dict[str, int | None]:
    """The store for each market: the only one that sells there. Where the file says no market, the country that it is sent to counts."""
    there: dict[str, list[int]] = {}
    for number, market in session.execute(select(Store.id, Store.marketplace).where(Store.active).order_by(Store.id)):
        there.setdefault(market, []).append(number)
    only = {market: numbers[0] for market, numbers in there.items() if len(numbers) == 1}
    chosen: dict[str, int | None] = {market: only.get(market) for market in found.markets}
    countries = Counter(order.values.get("country") for order in found.orders if not order.market).most_common(1)
    usual = next((store for store in chosen.values() if store is not None), None) or _only_store(session)
    for market in ("", ELSEWHERE):
        if market in chosen:
            chosen[market] = (only.get(countries[0][0] or "") if countries and not market else None) or usual
    return chosen


def _only_store(session: Session) -> int | None:
    numbers = session.scalars(select(Store.id).where(Store.active).limit(2)).all()
    return numbers[0] if len(numbers) == 1 else None


def stores(session: Session) -> dict[int, tuple[str, str]]:
    """Name and currency of each store that is open, by its id."""
    query = select(Store.id, Store.name, Store.currency).where(Store.active).order_by(Store.name)
    return {number: (name, currency) for number, name, currency in session.execute(query)}


def preview(session: Session, name: str, content: bytes, choice: Choice) -> Preview:
    """What this file would do; nothing is written."""
    found = told(opened(name, content), choice)
    shown = order_file_report.preview(order_files.plan(session, found, stores_of(choice)), found.rows, found.notes)
    return replace(shown, is_job=shown.size > AT_ONCE)


def report(name: str, content: bytes, choice: Choice, make: Callable[[order_files.Plan], bytes]) -> bytes:
    """Each row of the file with what becomes of it; `make` is one of lib/orders/order_file_report.py."""
    with reading() as session:
        return make(order_files.plan(session, told(opened(name, content), choice), stores_of(choice)))


# Bringing it in


@command(Right.ORDERS)
def bring_in(session: Session, name: str, content: bytes, choice: Choice, mark: str) -> str:
    """Import what was previewed; `mark` is that of the plan that was shown."""
    file = opened(name, content)
    return order_files.commit(session, told(file, choice), stores_of(choice), mark, and_then=_remember(file, choice))


@command(Right.ORDERS)
def start(session: Session, name: str, content: bytes, choice: Choice, mark: str) -> str:
    """The same as a job, which goes on when the page is closed. The same file twice is one job."""
    once = f"{JOB} {mark}"
    file = keep(content)
    number = jobs.start(session, JOB, once=once, file=file, name=name[:80], choice=choice.kept(), mark=mark)
    if session.get_one(Job, number).arguments["file"] != file:
        incoming_files.drop(file)
    return f"{name[:80]} is being imported. It goes on when you leave this page."


def _remember(file: Opened, choice: Choice) -> Callable[[Session, str], None]:
    def remember(session: Session, said: str) -> None:
        if choice.mapping is not None:
            order_mappings.keep(session, file.sheet.columns, file.name, choice.mapping)

    return remember


@job(JOB)
def work(actor: Actor, arguments: dict[str, Any], progress: Progress) -> str:
    progress(0, 0, "Reading the file")
    with incoming_files.handed_over(arguments["file"]) as kept:
        choice = Choice.of(arguments["choice"])
        file = opened(arguments["name"], buyers.opened_file(kept))

        def end(session: Session, said: str) -> None:
            _remember(file, choice)(session, said)
            progress.finish(session, said)

        found, mark = told(file, choice), arguments["mark"]
        return commands.perform(actor, order_files.commit, found, stores_of(choice), mark, step=progress, and_then=end)


def keep(content: bytes) -> str:
    """Put a file, sealed, where the worker finds it. Returns its name there, which says nothing of what it holds."""
    return incoming_files.put(f"orders-{secrets.token_hex(16)}", buyers.seal_file(content))
