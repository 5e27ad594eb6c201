"""Jobs: long work that goes on when the tab is closed, is taken up again after a restart, and runs once on a double click.

    @job("import")
    def work(actor, arguments, progress) -> str: ...

The row in the table `job` is the truth, and is written in the transaction of the click; the queue only says "look at job 7" so that
nobody waits. A message that is lost, or comes twice, does no harm: `sweep` finds what waits, and `claim` gives a job to one worker.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Select, event, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, SessionTransaction

from db.models import Job, Person
from db.models.base import now
from db.session import SYSTEM, Actor
from db.vocabulary import JobState, PersonState, Role
from lib import queue
from lib.commands import command
from lib.problems import Refused
from lib.rights import Right

LIVE = (JobState.QUEUED, JobState.RUNNING)
MOST_TRIES = 3
STALE = timedelta(seconds=45)
"""Without a sign of life for so long, its worker is gone. Longer than a writer waits for another one."""
SHOWN = timedelta(minutes=15)
LONGEST_MESSAGE = 1000


class Progress(Protocol):
    """What a piece of work is given to say how far it is."""

    @property
    def number(self) -> int:
        """The job's."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Say how far it is. Raises Canceled when somebody asked for it, Interrupted when the worker has to end."""

    def finish(self, session: Session, said: str) -> None:
        """Mark the job done in the transaction that does its work: a crash after it cannot make the work happen again."""


Work = Callable[[Actor, dict[str, Any], Progress], str]
JOBS: dict[str, Work] = {}


class Canceled(Exception):
    """A person has stopped the job. Raised inside the work, so that its transaction is never begun or is rolled back."""


class Interrupted(Exception):
    """The worker has to end; the job goes back to the queue."""


def job(kind: str) -> Callable[[Work], Work]:
    """Make a function the work of this kind of job. It computes first, and writes in one transaction at its end."""

    def register(function: Work) -> Work:
        JOBS[kind] = function
        return function

    return register


# Starting and stopping


def start(session: Session, kind: str, once: str, **arguments: Any) -> int:
    """The id of a new job, or of the one that waits or runs under the same words `once`."""
    asks = session.info["actor"]
    for _ in range(3):
        if (found := session.scalar(_live(once))) is not None:
            return found
        made = Job(kind=kind, once=once, arguments=arguments, actor_id=asks.id, actor=asks.name)
        try:
            with session.begin_nested():
                session.add(made)
                session.flush()
        except IntegrityError:  # somebody was faster, and may be done already
            continue
        if not event.contains(session, "after_transaction_end", _ring):
            event.listen(session, "after_transaction_end", _ring)
        session.info.setdefault("rings", []).append(made.id)
        return made.id
    raise Refused("This is being started by somebody else right now. Nothing was started; try again in a moment.")


def _ring(session: Session, ended: SessionTransaction) -> None:
    """When all is committed, not before: the worker would find nothing. After a rollback it finds nothing either."""
    if ended.parent is None:
        for number in session.info.pop("rings", []):
            queue.tell(number)


def _live(once: str) -> Select[int]:
    return select(Job.id).where(Job.once == once, Job.state.in_(LIVE))


@command(Right.LOOK)
def cancel(session: Session, number: int) -> str:
    """Stop a job: at once when it waits, at its next step when it runs. For who started it, and for admins."""
    found = session.get(Job, number, with_for_update=True)
    asks = session.info["actor"]
    if found is None or found.state not in LIVE:
        raise Refused("This job has ended already. Nothing was changed.")
    if asks.role is not Role.ADMIN and asks.name != found.actor:
        raise Refused(f"{found.actor} has started this; {found.actor} or an admin may stop it. It goes on.")
    if found.state is JobState.RUNNING:
        found.cancel_asked = True
        return "It stops at its next step; nothing half done is kept."
    found.state, found.finished_at, found.message = JobState.CANCELED, now(), "Stopped before it began."
    return found.message


# Looking


def live(session: Session, kind: str | None = None) -> list[Job]:
    """What waits or runs, oldest first."""
    query = select(Job).where(Job.state.in_(LIVE)).order_by(Job.id).limit(20)
    return list(session.scalars(query if kind is None else query.where(Job.kind == kind)))


def lately(session: Session, actor: str, kind: str | None = None) -> list[Job]:
    """What this person had done in the last quarter of an hour, newest first."""
    query = select(Job).where(Job.actor == actor, Job.state.not_in(LIVE), Job.finished_at > now() - SHOWN)
    query = query.order_by(Job.id.desc()).limit(5)
    return list(session.scalars(query if kind is None else query.where(Job.kind == kind)))


# What the worker does with the table


def claim(session: Session, number: int) -> Job | None:
    """The job, now ours and running; None when it does not wait any more."""
    taken = session.execute(
        update(Job)
        .where(Job.id == number, Job.state == JobState.QUEUED)
        .values(state=JobState.RUNNING, tries=Job.tries + 1, beat_at=now(), done=0, total=0, message="")
    )
    return session.get(Job, number) if _hit(taken) else None


def actor(session: Session, found: Job) -> Actor:
    """Who has started it, with the role of today. Refused when they may not sign in any more."""
    if found.actor_id is None and found.actor == SYSTEM.name:
        return SYSTEM
    person = session.get(Person, found.actor_id) if found.actor_id is not None else None
    if person is None or person.state is not PersonState.ACTIVE:
        raise Refused(f"{found.actor} may not sign in any more, so the job was not done. Nothing was changed.")
    return Actor(person.id, found.actor, person.role)


def beat(session: Session, number: int, tries: int, **said: Any) -> bool:
    """A sign of life, with how far it is. False when somebody asked to cancel, or the job is no longer ours."""
    ours = _ours(number, tries)
    session.execute(update(Job).where(*ours).values(beat_at=now(), **said))
    return session.scalar(select(Job.cancel_asked).where(*ours)) is False


def end(session: Session, number: int, tries: int, state: JobState, message: str) -> bool:
    """How it ended. False when the job is no longer ours: what this transaction has written must not be kept then."""
    values: dict[str, Any] = {"state": state, "message": message[:LONGEST_MESSAGE], "finished_at": now()}
    return _hit(session.execute(update(Job).where(*_ours(number, tries)).values(values)))


def give_back(session: Session, number: int, tries: int) -> None:
    """The worker has to end: the job waits again, and this try does not count."""
    session.execute(update(Job).where(*_ours(number, tries)).values(state=JobState.QUEUED, tries=tries - 1))


def sweep(session: Session, at: datetime | None = None) -> list[int]:
    """Take back the jobs of workers that are gone; the ids of all that waits. After three tries a job has failed."""
    gone = (Job.state == JobState.RUNNING, Job.beat_at < (at or now()) - STALE)
    given_up = f"The program ended {MOST_TRIES} times in the middle of this. Nothing was kept; ask an admin to look at the log."
    failed = {"state": JobState.FAILED, "message": given_up, "finished_at": now()}
    stopped = {"state": JobState.CANCELED, "message": "Stopped.", "finished_at": now()}
    for which, values in ((Job.cancel_asked, stopped), (Job.tries >= MOST_TRIES, failed), (true(), _AGAIN)):
        session.execute(update(Job).where(*gone, which).values(values))
    return list(session.scalars(select(Job.id).where(Job.state == JobState.QUEUED).order_by(Job.id).limit(100)))


_AGAIN: Mapping[str, Any] = {"state": JobState.QUEUED, "message": "Taken up again after the program had ended."}


def _ours(number: int, tries: int) -> tuple[Any, ...]:
    """A worker that was thought gone, and comes back, finds that the number of tries has moved on."""
    return Job.id == number, Job.state == JobState.RUNNING, Job.tries == tries


def _hit(result: Any) -> bool:
    return int(result.rowcount) == 1
