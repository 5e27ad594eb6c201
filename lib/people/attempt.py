"""One attempt at a job: with a sign of life every few seconds, and an end that is always written down."""

import logging
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from db.models import Job
from db.session import SYSTEM, reading, transaction
from db.vocabulary import JobState
from lib import jobs, outages
from lib.jobs import Canceled, Interrupted
from lib.problems import Refused

log = logging.getLogger(__name__)
SECONDS_BETWEEN_NEWS, SECONDS_BETWEEN_BEATS = 0.5, 2.0

ending = threading.Event()
"""Set when the worker has to end: every attempt stops at its next step, and its job waits for the next worker."""


def work_off(number: int) -> None:
    """Do this job, if it still waits."""
    with transaction(SYSTEM, "jobs.claim") as session:
        found = jobs.claim(session, number)
    if found is None:
        return
    attempt = Attempt(found.id, found.tries)
    with attempt.alive():
        state, message = _try(found, attempt)
    with transaction(SYSTEM, "jobs.end") as session:
        if state is JobState.QUEUED:
            jobs.give_back(session, found.id, found.tries)
        else:
            jobs.end(session, found.id, found.tries, state, message)


def _try(found: Job, attempt: "Attempt") -> tuple[JobState, str]:
    try:
        with reading() as session:
            actor = jobs.actor(session, found)
        if found.kind not in jobs.JOBS:
            raise Refused(f"This Caravan does not know how to do “{found.kind}”. Nothing was changed.")
        return JobState.DONE, jobs.JOBS[found.kind](actor, dict(found.arguments), attempt)
    except Canceled:
        return JobState.CANCELED, "Stopped. Nothing was saved."
    except Interrupted:
        return JobState.QUEUED, ""
    except Refused as refusal:
        return JobState.FAILED, "\n".join(problem.text for problem in refusal.problems[:20])
    except Exception as error:
        return JobState.FAILED, outages.sentence(error) or _mistake(found, error)


def _mistake(found: Job, error: Exception) -> str:
    name = secrets.token_hex(4)
    log.error("error %s in job %s (%s)", name, found.id, found.kind, exc_info=error)
    return f"Something went wrong in Caravan (error {name}). Nothing was saved. Tell an admin this number: the log has the rest."


class Attempt:
    """What the work says how far it is to. A thread of its own writes it down, so that the work never waits for that."""

    def __init__(self, number: int, tries: int):
        self.number, self.tries = number, tries
        self._said: dict[str, Any] = {}
        self._written: dict[str, Any] = {}
        self._is_canceled, self._is_over = threading.Event(), threading.Event()

    def __call__(self, done: int, total: int, message: str = "") -> None:
        self._said = {"done": done, "total": total, "message": message[: jobs.LONGEST_MESSAGE]}
        if self._is_canceled.is_set():
            raise Canceled
        if ending.is_set():
            raise Interrupted

    def finish(self, session: Session, said: str) -> None:
        if self._is_canceled.is_set() or not jobs.end(session, self.number, self.tries, JobState.DONE, said):
            raise Canceled

    @contextmanager
    def alive(self) -> Iterator[None]:
        beating = threading.Thread(target=self._beat, name=f"job {self.number}", daemon=True)
        beating.start()
        try:
            yield
        finally:
            self._is_over.set()
            beating.join()

    def _beat(self) -> None:
        last = time.monotonic()
        while not self._is_over.wait(SECONDS_BETWEEN_NEWS):
            said = self._said
            if said == self._written and time.monotonic() - last < SECONDS_BETWEEN_BEATS:
                continue
            last = time.monotonic()
            try:
                with transaction(SYSTEM, "jobs.beat") as session:
                    if not jobs.beat(session, self.number, self.tries, **said):
                        self._is_canceled.set()
                self._written = said
            except Exception as error:
                log.warning("no sign of life of job %s: %s", self.number, outages.sentence(error) or error)
