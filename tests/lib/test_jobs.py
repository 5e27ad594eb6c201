"""Jobs: once on a double click, taken up again after a crash, stopped when asked, and never half done."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from db.models import Category, ChangeSet, Job, NightlyRun, Person, Product
from db.models.base import now
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import JobState, PersonState, Role
from lib import commands, jobs, lifeline, queue, settings, worker
from lib.people import attempt
from lib.problems import Refused
from lib.products import import_files
from lib.products.import_files import Choice

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def alice(given):
    person = given(Person(username="alice", role=Role.ADMIN, state=PersonState.ACTIVE, password_hash="x"))[0]
    return Actor(person.id, "alice", Role.ADMIN)


@pytest.fixture
def kind(monkeypatch):
    """Register work for one test: kind("greet", function)."""

    def register(name, function):
        monkeypatch.setitem(jobs.JOBS, name, function)

    return register


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(attempt, "SECONDS_BETWEEN_NEWS", 0.02)
    monkeypatch.setattr(attempt, "SECONDS_BETWEEN_BEATS", 0.02)
    attempt.ending.clear()
    yield
    attempt.ending.clear()


def start(actor, kind, once=None, **arguments):
    with transaction(actor, "tests.start") as session:
        return jobs.start(session, kind, once or kind, **arguments)


def look(number):
    with reading() as session:
        return session.get(Job, number)


def make_category(actor, arguments, progress):
    with transaction(actor, "tests.work") as session:
        session.add(Category(name=arguments["name"], path=arguments["name"]))
        session.flush()
        progress.finish(session, "One category made.")
    return "One category made."


def categories():
    with reading() as session:
        return list(session.scalars(select(Category.path)))


def test_a_job_does_its_work_and_says_what_it_did(alice, kind):
    kind("make", make_category)
    number = start(alice, "make", name="Tops")
    assert (look(number).state, look(number).actor, look(number).arguments) == (
        JobState.QUEUED,
        "alice",
        {"name": "Tops"},
    )
    attempt.work_off(number)
    found = look(number)
    assert (found.state, found.message, found.tries) == (JobState.DONE, "One category made.", 1)
    assert found.finished_at is not None
    assert categories() == ["Tops"]


def test_a_double_click_is_one_job_and_the_next_click_after_its_end_another(alice, kind):
    kind("make", make_category)
    first = start(alice, "make", "import 7", name="Tops")
    assert start(alice, "make", "import 7", name="Tops") == first
    assert start(alice, "make", "import 8", name="Men") != first
    attempt.work_off(first)
    assert start(alice, "make", "import 7", name="Tops") != first


def test_two_clicks_at_the_same_moment_are_one_job(alice, kind):
    kind("make", make_category)
    found, gate = [], threading.Barrier(2)

    def click():
        gate.wait()
        found.append(start(alice, "make", name="Tops"))

    clicks = [threading.Thread(target=click) for _ in range(2)]
    [click.start() for click in clicks]
    [click.join() for click in clicks]
    assert len(found) == 2
    assert len(set(found)) == 1


def test_the_same_message_twice_does_the_work_once(alice, kind):
    kind("make", make_category)
    number = start(alice, "make", name="Tops")
    attempt.work_off(number)
    attempt.work_off(number)
    assert look(number).tries == 1


def test_the_worker_hears_of_a_job_when_it_is_committed_and_not_before(alice, monkeypatch):
    heard = []
    monkeypatch.setattr(queue, "tell", heard.append)
    with transaction(alice, "tests.start") as session:
        number = jobs.start(session, "make", "make")
        with session.begin_nested():
            session.add(Category(name="Men", path="Men"))
        assert heard == []
    assert heard == [number]


def test_a_click_that_was_rolled_back_leaves_no_job(alice, monkeypatch):
    def fail():
        with transaction(alice, "tests.start") as session:
            jobs.start(session, "make", "make")
            raise Refused("Not today.")

    with pytest.raises(Refused):
        fail()
    with reading() as session:
        assert session.scalars(select(Job)).all() == []


def test_a_queue_that_cannot_be_written_loses_no_job(alice, kind, monkeypatch):
    kind("make", make_category)

    def no_disk(*_):
        raise OSError("no disk")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "_bell", no_disk)
        number = start(alice, "make", name="Tops")
    worker.take_up()
    assert [task.args for task in queue.open().pending()] == [(number,)]


def test_a_refusal_is_told_in_its_own_words(alice, kind):
    def refuse(actor, arguments, progress):
        raise Refused("The file is gone. Nothing was imported.")

    kind("refuse", refuse)
    number = start(alice, "refuse")
    attempt.work_off(number)
    assert (look(number).state, look(number).message) == (JobState.FAILED, "The file is gone. Nothing was imported.")


def test_a_mistake_has_a_number_and_the_log_the_rest(alice, kind, caplog):
    def fail(actor, arguments, progress):
        raise ZeroDivisionError("secret detail")

    kind("fail", fail)
    number = start(alice, "fail")
    attempt.work_off(number)
    message = look(number).message
    assert look(number).state is JobState.FAILED
    assert "secret detail" not in message
    name = message.split("(error ")[1].split(")")[0]
    assert name in caplog.text
    assert "secret detail" in caplog.text


def test_a_kind_that_nobody_knows_fails_in_a_sentence(alice):
    number = start(alice, "dance")
    attempt.work_off(number)
    assert look(number).message == "This Caravan does not know how to do “dance”. Nothing was changed."


def test_canceling_stops_the_work_and_keeps_nothing(alice, kind):
    running = threading.Event()

    def work(actor, arguments, progress):
        for step in range(1_000):
            progress(step, 1_000, "Counting")
            running.set()
            time.sleep(0.01)
        return make_category(actor, {"name": "Tops"}, progress)

    kind("slow", work)
    number = start(alice, "slow")
    thread = threading.Thread(target=attempt.work_off, args=(number,))
    thread.start()
    assert running.wait(5)
    assert commands.perform(alice, jobs.cancel, number) == "It stops at its next step; nothing half done is kept."
    thread.join(10)
    found = look(number)
    assert (found.state, found.message, found.total) == (JobState.CANCELED, "Stopped. Nothing was saved.", 1_000)
    assert categories() == []


def test_a_waiting_job_is_canceled_at_once(alice, kind):
    kind("make", make_category)
    number = start(alice, "make", name="Tops")
    assert commands.perform(alice, jobs.cancel, number) == "Stopped before it began."
    attempt.work_off(number)
    assert look(number).state is JobState.CANCELED
    assert categories() == []


def test_only_who_started_it_and_admins_may_stop_it(alice, acting):
    number = start(alice, "make", name="Tops")
    with pytest.raises(Refused, match="alice has started this"):
        commands.perform(acting("charlie"), jobs.cancel, number)
    assert look(number).state is JobState.QUEUED
    commands.perform(acting("bob"), jobs.cancel, number)
    assert look(number).state is JobState.CANCELED


def test_a_job_that_has_ended_cannot_be_stopped(alice, kind):
    kind("make", make_category)
    number = start(alice, "make", name="Tops")
    attempt.work_off(number)
    with pytest.raises(Refused, match="has ended already"):
        commands.perform(alice, jobs.cancel, number)


def age(number, **values):
    with transaction(SYSTEM, "tests.age") as session:
        session.execute(update(Job).where(Job.id == number).values(**values))


def test_a_job_whose_worker_is_gone_is_taken_up_again(alice):
    number = start(alice, "make", name="Tops")
    with transaction(SYSTEM, "tests.claim") as session:
        jobs.claim(session, number)
    with transaction(SYSTEM, "tests.sweep") as session:
        assert jobs.sweep(session) == []
        assert jobs.sweep(session, now() + jobs.STALE + timedelta(seconds=1)) == [number]
    assert (look(number).state, look(number).tries) == (JobState.QUEUED, 1)


def test_after_three_tries_it_has_failed(alice):
    number = start(alice, "make", name="Tops")
    age(number, state=JobState.RUNNING, tries=3, beat_at=now() - timedelta(minutes=5))
    with transaction(SYSTEM, "tests.sweep") as session:
        assert jobs.sweep(session) == []
    assert look(number).state is JobState.FAILED
    assert look(number).message.startswith("The program ended 3 times")


def test_a_worker_that_was_thought_gone_cannot_do_the_work_twice(alice, kind):
    """It wakes up in the middle, after another worker has taken the job: its transaction is rolled back."""

    def sleepy(actor, arguments, progress):
        age(number, tries=2)
        return make_category(actor, arguments, progress)

    kind("make", sleepy)
    number = start(alice, "make", name="Tops")
    attempt.work_off(number)
    assert categories() == []
    assert (look(number).state, look(number).tries) == (JobState.RUNNING, 2)


def test_a_worker_that_has_to_end_gives_its_job_back(alice, kind):
    def work(actor, arguments, progress):
        attempt.ending.set()
        progress(1, 2)
        return "never"

    kind("slow", work)
    number = start(alice, "slow")
    attempt.work_off(number)
    assert (look(number).state, look(number).tries) == (JobState.QUEUED, 0)


def test_who_may_not_sign_in_any_more_gets_no_work_done(alice, kind):
    kind("make", make_category)
    number = start(alice, "make", name="Tops")
    with transaction(SYSTEM, "tests.block") as session:
        session.get(Person, alice.id).state = PersonState.BLOCKED
    attempt.work_off(number)
    assert (look(number).state, categories()) == (JobState.FAILED, [])


def test_the_role_of_today_counts(alice, kind):
    seen = []
    kind("who", lambda actor, arguments, progress: seen.append(actor) or "seen")
    number = start(alice, "who")
    with transaction(SYSTEM, "tests.demote") as session:
        session.get(Person, alice.id).role = Role.VIEWER
    attempt.work_off(number)
    assert seen == [Actor(alice.id, "alice", Role.VIEWER)]


def test_lists_of_what_runs_and_of_what_has_ended_lately(alice, kind):
    kind("make", make_category)
    done, waits = start(alice, "make", "1", name="Tops"), start(alice, "make", "2", name="Men")
    attempt.work_off(done)
    with reading() as session:
        assert [job.id for job in jobs.live(session)] == [waits]
        assert jobs.live(session, "import") == []
        assert [job.id for job in jobs.lately(session, "alice", "make")] == [done]
        assert jobs.lately(session, "bob") == []


# The queue and the worker


def test_redis_is_used_when_it_is_named_and_says_when_its_package_is_missing(monkeypatch):
    monkeypatch.setenv("CARAVAN_REDIS", "redis://127.0.0.1:1/0")
    assert settings.redis_url() == "redis://127.0.0.1:1/0"
    try:
        import redis  # noqa: F401
    except ImportError:
        with pytest.raises(Exception, match="pip install redis"):
            queue.open()
    else:
        assert type(queue.open()).__name__ == "RedisHuey"


def at(text):
    return datetime.fromisoformat(text).astimezone()


def test_the_night_begins_at_two_and_a_missed_one_is_caught_up(given):
    given(ChangeSet(at=at("2026-03-02T12:00"), actor="alice", command="products.save"))

    def due(moment):
        with reading() as session:
            return worker.is_due(session, at(moment))

    assert not due("2026-03-03T01:59")
    assert due("2026-03-03T02:00")
    assert due("2026-03-03T15:00")
    given(NightlyRun(actor="alice", started_at=at("2026-03-03T09:00")))
    assert due("2026-03-03T15:00")
    given(NightlyRun(actor="caravan", started_at=at("2026-03-03T15:00")))
    assert not due("2026-03-03T15:01")
    assert not due("2026-03-04T01:59")
    assert due("2026-03-04T02:00")


def test_a_night_that_has_failed_is_not_begun_again_and_again(given):
    given(ChangeSet(at=at("2026-03-02T12:00"), actor="alice", command="products.save"))
    given(
        Job(kind="nightly", once="nightly", actor="caravan", state=JobState.FAILED, created_at=at("2026-03-03T02:00"))
    )
    with reading() as session:
        assert not worker.is_due(session, at("2026-03-03T02:01"))
        assert worker.is_due(session, at("2026-03-04T02:01"))


def test_a_mistake_in_one_look_does_not_keep_the_others_from_being_taken(database, monkeypatch, caplog):
    seen = []

    def fails():
        raise ZeroDivisionError

    monkeypatch.setattr(worker, "STEPS", (fails, lambda: seen.append(1)))
    worker.look_around()
    assert seen == [1]
    assert "fails failed" in caplog.text


@pytest.fixture
def real_worker(database, tmp_path):
    """Start a worker as `make run` does; ended with the test."""
    started = []

    def run():
        log = (tmp_path / "worker.log").open("ab")
        environment = {**os.environ, "CARAVAN_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)}
        started.append(lifeline.start("lib.worker", environment=environment, log=log))
        return started[-1]

    yield run
    for program in started:
        lifeline.end(program, seconds=9)


def wait_until(number, *states, seconds=30):
    deadline = time.monotonic() + seconds
    while look(number).state not in states and time.monotonic() < deadline:
        time.sleep(0.1)
    return look(number).state


def test_a_real_worker_takes_up_what_waits_and_ends_when_asked(alice, real_worker, tmp_path):
    number = start(alice, "import", file="0" * 64, name="p.csv", choice={}, mark="")
    program = real_worker()
    assert wait_until(number, JobState.FAILED) is JobState.FAILED, (tmp_path / "worker.log").read_text()
    assert look(number).message == "The uploaded file is gone. Nothing was imported: upload it again."
    program.send_signal(signal.SIGTERM)
    assert program.wait(10) == 0


def test_a_real_worker_takes_up_an_import_whose_worker_was_killed(alice, real_worker, tmp_path):
    content = b"sku,title\n007,Lamp\n"
    with reading() as session:
        mark = import_files.compare(session, "p.csv", content, Choice())[2].mark()
    commands.perform(alice, import_files.start, "p.csv", content, Choice(), mark)
    with reading() as session:
        number = session.scalars(select(Job.id)).one()
    age(number, state=JobState.RUNNING, tries=1, beat_at=now() - timedelta(minutes=5))
    real_worker()
    assert wait_until(number, JobState.DONE) is JobState.DONE, (tmp_path / "worker.log").read_text()
    assert (look(number).message, look(number).tries) == ("1 new, 0 changed, 0 unchanged, 0 refused.", 2)
    with reading() as session:
        assert session.scalars(select(Product.sku)).all() == ["007"]


def test_a_real_worker_ends_with_the_program_that_started_it(alice, tmp_path):
    keeper = "import time; from lib import lifeline; p = lifeline.start('lib.worker'); print(p.pid, flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", keeper], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    worker_id = int(parent.stdout.readline())
    time.sleep(1)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 15
    while Path(f"/proc/{worker_id}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{worker_id}").exists()
