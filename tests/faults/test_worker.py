"""The worker dies in the middle of an import: it is taken up again, and every row is there once."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from db.models import Change, ChangeSet, Job, Person, Product
from db.models.base import now
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import JobState, PersonState, Role
from lib import commands, jobs, lifeline, settings
from lib.people import attempt
from lib.products import import_files
from lib.products.import_files import Choice

ROOT = Path(__file__).resolve().parents[2]
ROWS = 3_000
CONTENT = "\n".join(["sku,title,price", *(f"A-{n},Chair {n},{n + 1}" for n in range(ROWS))]).encode()


@pytest.fixture
def alice(given):
    [person] = given(Person(username="alice", role=Role.ADMIN, state=PersonState.ACTIVE, password_hash="x"))
    return Actor(person.id, "alice", Role.ADMIN)


def start(actor):
    with reading() as session:
        mark = import_files.compare(session, "p.csv", CONTENT, Choice())[2].mark()
    commands.perform(actor, import_files.start, "p.csv", CONTENT, Choice(), mark)
    with reading() as session:
        return session.scalar(select(func.max(Job.id)))


def look(number):
    with reading() as session:
        return session.get(Job, number)


def counted():
    """Products, imports in the history, and rows in it."""
    with reading() as session:
        imports = select(func.count()).select_from(ChangeSet).where(ChangeSet.command == "imports.commit")
        added = select(func.count()).select_from(Change).where(Change.table == "product")
        return session.scalar(select(func.count()).select_from(Product)), session.scalar(imports), session.scalar(added)


def until(true, log, seconds=30):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def forget_the_dead(number):
    """As if three quarters of a minute had gone by."""
    with transaction(SYSTEM, "tests.age") as session:
        session.execute(update(Job).where(Job.id == number).values(beat_at=now() - timedelta(minutes=5)))


def test_a_worker_that_is_killed_in_the_middle(alice, tmp_path):
    number, log = start(alice), tmp_path / "worker.log"
    environment = {**os.environ, "CARAVAN_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with log.open("ab") as said:
        first = lifeline.start("lib.worker", environment=environment, log=said)
        try:
            until(lambda: look(number).state is JobState.RUNNING, log)
            first.send_signal(signal.SIGKILL)
            first.wait(10)
            assert counted() == (0, 0, 0), "nothing of it is there before all of it is"
            assert look(number).state is JobState.RUNNING
            forget_the_dead(number)
            second = lifeline.start("lib.worker", environment=environment, log=said)
            try:
                until(lambda: look(number).state not in jobs.LIVE, log)
            finally:
                lifeline.end(second, seconds=9)
        finally:
            lifeline.end(first, seconds=9)
    found = look(number)
    assert (found.state, found.message, found.tries) == (
        JobState.DONE,
        "3,000 new, 0 changed, 0 unchanged, 0 refused.",
        2,
    )
    assert counted() == (ROWS, 1, ROWS)
    assert list(settings.uploads().iterdir()) == []


def test_a_job_that_is_stopped_leaves_nothing(alice, monkeypatch):
    """Stopped at the last moment, when every row is written and not yet committed."""
    monkeypatch.setattr(attempt, "SECONDS_BETWEEN_NEWS", 0.01)
    number, finish = start(alice), attempt.Attempt.finish

    def stopped(self, session, said):
        assert session.scalar(select(func.count()).select_from(Product)) == ROWS
        self._is_canceled.set()
        finish(self, session, said)

    monkeypatch.setattr(attempt.Attempt, "finish", stopped)
    attempt.work_off(number)
    assert (look(number).state, look(number).message) == (JobState.CANCELED, "Stopped. Nothing was saved.")
    assert counted() == (0, 0, 0)
    assert list(settings.uploads().iterdir()) == []
