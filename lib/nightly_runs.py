"""Nightly runs: the steps of the night, each told in one line; two runs never overlap, and a step that fails never stops the next."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.locks import alone
from db.models import NightlyItem, NightlyRun, now
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import PictureRoute
from lib import jobs, outages, sync
from lib.channels import ChannelError
from lib.commands import command
from lib.counted import counted
from lib.jobs import Progress, job
from lib.orders import buyers, order_weighing, pasted_lists
from lib.problems import Refused
from lib.products import images, pictures
from lib.products.images import Outcome, Pick
from lib.rights import Right

log = logging.getLogger(__name__)
MOST_ITEMS, MOST_ROUNDS = 200_000, 1_000
NO_FILE = "no picture of it lies in the incoming folder"


class AlreadyRunning(Exception):
    """Another run is at work; nothing was begun."""


@dataclass(frozen=True)
class Night:
    """What a step is told: whose run it is, which, whether to change nothing, and how to say how far it is."""

    actor: Actor
    run_id: int
    is_dry: bool
    last_run: datetime | None
    progress: Callable[[int, int, str], None]


@dataclass(frozen=True)
class Line:
    """What one step did."""

    step: str
    succeeded: bool
    text: str

    def __str__(self) -> str:
        return f"{'ok    ' if self.succeeded else 'FAILED'} {self.step}: {self.text}"


# The steps


def orders_in(night: Night) -> str:
    return "would be read from all stores" if night.is_dry else sync.in_turn(sync.pull_orders)


def listings_out(night: Night) -> str:
    if night.is_dry:
        return "listings, prices, offers and parcels that wait would be sent"
    steps = (sync.send_listings, sync.send_prices, sync.push_offers, sync.send_parcels, sync.read_answers)
    return ", ".join(sync.in_turn(step) for step in steps)


def pictures_in(night: Night) -> str:
    """Look at each product of tonight; an error with one never stops the others."""
    files, since = images.incoming(), images.limits(now(), night.last_run)
    counts = dict.fromkeys(Outcome, 0)
    after = 0
    while sum(counts.values()) < MOST_ITEMS:
        with reading() as session:
            some = images.picks(session, since, after)
        if not some:
            break
        idle = [pick for pick in some if pick.skipped or images.file_of(pick.sku, files) is None]
        counts[Outcome.SKIPPED] += _skip(night, idle)
        for pick in some:
            if pick not in idle:
                counts[_look_at(night, pick, files)] += 1
        after = some[-1].id
        night.progress(sum(counts.values()), 0, "Looking at pictures.")
    said = ", ".join(f"{number} {outcome.value}" for outcome, number in counts.items() if number)
    return f"{counted(sum(counts.values()), 'product')}: {said}" if said else "no product is due"


def _skip(night: Night, some: Sequence[Pick]) -> int:
    """Write down why nothing was done for these."""
    if some and not night.is_dry:
        with transaction(night.actor, "nightly.images") as session:
            session.add_all(_item(night, pick, Outcome.SKIPPED, pick.skipped or NO_FILE) for pick in some)
    return len(some)


def _item(night: Night, pick: Pick, outcome: Outcome, why: str) -> NightlyItem:
    reasons = ", ".join(pick.reasons)
    return NightlyItem(run_id=night.run_id, product_id=pick.id, reasons=reasons, outcome=outcome.value, why=why[:500])


def _look_at(night: Night, pick: Pick, files: Mapping[str, Path]) -> Outcome:
    name, why = _read(files[images.file_name(pick.sku)], pictures.name_of if night.is_dry else pictures.keep)
    changed = Outcome.UNCHANGED if name == pick.picture else Outcome.UPDATED
    outcome = Outcome.FAILED if name is None else changed
    return outcome if night.is_dry else _write(night, pick, outcome, name, why)


def _read(file: Path, named: Callable[[bytes], str]) -> tuple[str | None, str]:
    """The name of the picture in the file, or why there is none."""
    try:
        return named(images.content(file)), ""
    except Refused as refusal:
        return None, str(refusal)
    except OSError as error:
        return None, f"{file.name} cannot be read: {error.strerror}"


def _write(night: Night, pick: Pick, outcome: Outcome, name: str | None, why: str) -> Outcome:
    with transaction(night.actor, "nightly.images") as session:
        if outcome is Outcome.FAILED:
            why = f"{why} (try {images.tries(session, pick.id) + 1})"
        if name is not None:
            outcome = images.put(session, pick.id, name, PictureRoute.NIGHTLY)
        session.add(_item(night, pick, outcome, why))
    return outcome


def erase_buyers(night: Night) -> str:
    with reading() as session:
        due = buyers.to_erase(session)
    if night.is_dry:
        return f"the buyers of {counted(due, 'order')} would be erased"
    count = 0
    for _ in range(MOST_ROUNDS):
        with transaction(night.actor, "nightly.erase_buyers") as session:
            erased = buyers.erase_old(session)
            pasted_lists.purge(session)
        count += erased
        if not erased:
            break
    return f"the buyers of {counted(count, 'order')} were erased"


def weigh_orders(night: Night) -> str:
    """Mark the orders that lose money by today's rates, prices and fees, and unmark those that do not any more."""
    count = order_weighing.weigh(night.actor, "nightly.weigh_orders", night.progress, night.is_dry)
    return order_weighing.said(count, night.is_dry)


STEPS: dict[str, Callable[[Night], str]] = {
    "orders": orders_in,
    "listings": listings_out,
    "images": pictures_in,
    "margins": weigh_orders,
    "buyers": erase_buyers,
}


# Running


def run(
    actor: Actor = SYSTEM,
    steps: Sequence[str] = (),
    is_dry: bool = False,
    progress: Callable[[int, int, str], None] = lambda done, total, said: None,
) -> Iterator[Line]:
    """Run the named steps, or all; gives out the line of each as soon as it is done. Raises AlreadyRunning."""
    with alone("nightly") as free:
        if not free:
            raise AlreadyRunning
        night = Night(actor, 0 if is_dry else _begin(actor), is_dry, _last_images(), progress)
        lines: list[Line] = []
        for name in steps or STEPS:
            lines.append(_carefully(name, night))
            yield lines[-1]
        _finish(night, lines)


def _begin(actor: Actor) -> int:
    with transaction(actor, "nightly.begin") as session:
        made = NightlyRun(actor=actor.name, lines=[])
        session.add(made)
        session.flush()
        return made.id


def _last_images() -> datetime | None:
    """When the images were last looked at to the end."""
    with reading() as session:
        runs = session.scalars(select(NightlyRun).order_by(NightlyRun.id.desc()).limit(100))
        good = str(Line("images", True, ""))
        return next((run.started_at for run in runs if any(line.startswith(good) for line in run.lines)), None)


def _carefully(name: str, night: Night) -> Line:
    try:
        return Line(name, True, STEPS[name](night))
    except (Refused, ChannelError) as error:
        return Line(name, False, str(error))
    except (jobs.Canceled, jobs.Interrupted):
        raise
    except Exception as error:
        log.exception("the nightly step %s failed", name)
        return Line(name, False, outages.sentence(error) or "A mistake of ours; the log has the details.")


def _finish(night: Night, lines: Sequence[Line]) -> None:
    if night.is_dry:
        return
    with transaction(night.actor, "nightly.finish") as session:
        found = session.get_one(NightlyRun, night.run_id)
        found.finished_at, found.succeeded = now(), all(line.succeeded for line in lines)
        found.lines = [str(line) for line in lines]


@job("images")
def work(actor: Actor, arguments: dict[str, object], progress: Progress) -> str:
    """The image step alone, now."""
    try:
        lines = list(run(actor, ["images"], bool(arguments.get("is_dry")), progress))
    except AlreadyRunning:
        raise Refused("A run is at work already. Nothing was begun; look again in a minute.") from None
    if not all(line.succeeded for line in lines):
        raise Refused(*(line.text for line in lines))
    return "; ".join(line.text for line in lines)


@command(Right.IMAGES)
def start(session: Session, is_dry: bool = False) -> str:
    """Have the images looked at now instead of tonight; as a dry run only say what would be done."""
    jobs.start(session, "images", once="images", is_dry=is_dry)
    return "The dry run has been started." if is_dry else "The images are being looked at."


# Looking back


def lately(session: Session, most: int = 10) -> list[NightlyRun]:
    """The last runs, newest first."""
    return list(session.scalars(select(NightlyRun).order_by(NightlyRun.id.desc()).limit(most)))
