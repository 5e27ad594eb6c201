"""The queue that tells the worker which job to look at: a file beside the database, or Redis for several machines."""

import logging
from functools import cache
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey

from db.session import folder
from lib import settings

log = logging.getLogger(__name__)
SECONDS_TO_WAIT = 15


def open() -> Huey:
    """The queue of this installation, the same for all who ask."""
    return _bell().huey


def tell(number: int) -> None:
    """Say that a job waits. When that fails the job is not lost: the worker looks into the table again and again."""
    try:
        _bell()(number)
    except Exception:
        log.exception("job %s waits until the worker looks for it: the queue could not be written", number)


def _bell() -> Any:
    redis = settings.redis_url()
    return _redis(redis) if redis else _file(str(folder() / "queue.db"))


@cache
def _file(name: str) -> Any:
    folder().mkdir(parents=True, exist_ok=True)
    return _in(SqliteHuey("caravan", filename=name, results=False, timeout=SECONDS_TO_WAIT))


@cache
def _redis(address: str) -> Any:
    return _in(RedisHuey("caravan", url=address, results=False))


def _in(made: Huey) -> Any:
    return made.task(name="work")(_work)


def _work(number: int) -> None:
    from lib.people import attempt

    attempt.work_off(number)
