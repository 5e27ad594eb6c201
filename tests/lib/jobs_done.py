"""Jobs that wait, done as the worker would do them, for tests of what becomes of them."""

from sqlalchemy import Row, select

from db.models import Job
from db.session import reading
from db.vocabulary import JobState
from lib.people import attempt


def work_off() -> Row[tuple[JobState, str]]:
    """Do what waits. How the newest job has ended, and what it said: its `state` and `message`."""
    with reading() as session:
        waiting = session.scalars(select(Job.id).where(Job.state == JobState.QUEUED).order_by(Job.id)).all()
    for number in waiting:
        attempt.work_off(number)
    with reading() as session:
        return session.execute(select(Job.state, Job.message).order_by(Job.id.desc()).limit(1)).one()
