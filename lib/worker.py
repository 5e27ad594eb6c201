"""The worker: does the long jobs, and looks around every quarter of a minute. `make run` starts it and ends it.

    python -m lib.worker

A mistake in one piece of work is logged and never ends the worker.
"""

import importlib
import importlib.util
import logging
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from huey import crontab
from huey.consumer import Consumer, Scheduler
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import ChangeSet, Job, NightlyRun
from db.session import SYSTEM, Actor, reading, transaction
from lib import incoming_files, jobs, lifeline, made_files, modules, outages, queue, sync
from lib.jobs import Progress, job
from lib.people import attempt
from lib.problems import Refused

log = logging.getLogger(__name__)
AT_ONCE, SECONDS_BETWEEN_LOOKS, SECONDS_TO_END = 2, 15, 7
HOUR_OF_THE_NIGHT = 2
_looking = threading.Lock()


def main() -> int:
    logging.basicConfig(format="%(asctime)s worker %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    learn()
    made = queue.open()
    # A look that has waited until the next one is due is left out.
    made.periodic_task(crontab(), expires=SECONDS_BETWEEN_LOOKS)(look_around)
    Looking(made, workers=AT_ONCE, max_delay=0.5, graceful_signal="TERM", shutdown_timeout=SECONDS_TO_END).run()
    return 0


def learn() -> None:
    """Load every module of lib: those that have jobs say so while they are loaded."""
    for name in modules.places().values():
        try:
            importlib.import_module(name)
        except Exception:
            log.exception("%s cannot be loaded; its jobs will not be done", name)


class Often(Scheduler):  # type: ignore[misc]
    periodic_task_seconds = SECONDS_BETWEEN_LOOKS


class Looking(Consumer):  # type: ignore[misc]
    """Huey's consumer, that also tells the work in hand when it has to end."""

    scheduler_class = Often

    def stop(self, graceful: bool = False) -> None:
        attempt.ending.set()
        super().stop(graceful)


# What it looks for


def look_around() -> None:
    """Once every quarter of a minute, and when the worker starts; never two at a time."""
    if not _looking.acquire(blocking=False):
        return
    try:
        for step in STEPS:
            _carefully(step)
    finally:
        _looking.release()


def _carefully(step: Callable[[], Any]) -> None:
    try:
        step()
    except Exception as error:
        if text := outages.sentence(error):
            log.warning("%s: %s", step.__name__, text)
        else:
            log.exception("%s failed; it is tried again soon", step.__name__)


def take_up() -> None:
    """Ring for every job that waits, those of workers that are gone included. Who comes too late finds it taken."""
    with transaction(SYSTEM, "jobs.sweep") as session:
        waiting = jobs.sweep(session)
    if waiting and queue.open().pending_count() < AT_ONCE:
        for number in waiting:
            queue.tell(number)


def tidy_uploads() -> None:
    with reading() as session:
        incoming_files.forget_abandoned(session)


def tidy_made_files() -> None:
    made_files.tidy()


def talk_to_marketplaces() -> None:
    """Send listings, read answers, pull orders, so that the screens move on their own."""
    sync.poll()


def start_the_night() -> None:
    """The nightly job, once a night; a night that was missed is caught up when the worker is there again."""
    if importlib.util.find_spec("nightly") is None:
        return
    with reading() as session:
        if not is_due(session, datetime.now().astimezone()):
            return
    with transaction(SYSTEM, "jobs.night") as session:
        jobs.start(session, "nightly", once="nightly")


STEPS = (take_up, tidy_uploads, tidy_made_files, talk_to_marketplaces, start_the_night)


def is_due(session: Session, at: datetime) -> bool:
    """Nobody has begun the nightly work since the last 02:00 on this machine's clock, and there was work before it."""
    night = at.replace(hour=HOUR_OF_THE_NIGHT, minute=0, second=0, microsecond=0)
    if night > at:
        night -= timedelta(days=1)
    first = session.scalar(select(func.min(ChangeSet.at)))
    if first is None or first >= night:
        return False
    ran = select(NightlyRun.id).where(NightlyRun.started_at >= night, NightlyRun.actor == SYSTEM.name)
    begun = select(Job.id).where(Job.kind == "nightly", Job.created_at >= night)
    return session.scalar(ran.limit(1)) is None and session.scalar(begun.limit(1)) is None


@job("nightly")
def night(actor: Actor, arguments: dict[str, Any], progress: Progress) -> str:
    """A program of its own, so that whatever it needs ends with it."""
    program = lifeline.start("nightly")
    try:
        while program.poll() is None:
            progress(0, 0, "The nightly job is running.")
            time.sleep(0.2)
    finally:
        lifeline.end(program)
    if program.returncode:
        raise Refused("The nightly job could not do everything. Image Sync has a line for each step.")
    return "The nightly job has run."


if __name__ == "__main__":
    from lib.worker import main as run  # so that this module is there once, under its name

    sys.exit(run())
