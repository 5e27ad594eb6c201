"""Conversations with the marketplaces, in three beats: read what is ours, talk, write the answer.

Only this file takes both a session and a channel in its hands, and never at the same time: while it talks no transaction is open. One
conversation at a time goes on in the whole installation.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from db.locks import alone
from db.models import Store
from db.session import SYSTEM, Actor, reading, transaction
from lib import channels, orders_in, uploads
from lib.channels import Channel, ChannelError, State, Submission
from lib.jobs import Progress, job

log = logging.getLogger(__name__)
SECONDS_OF_PATIENCE = 120
MOST_BATCHES, MOST_PAGES = 100, 100
"""How much one run does for one store; the rest waits for the next."""


@dataclass(frozen=True)
class Account:
    """A store as the channels know it."""

    id: int
    name: str
    currency: str
    kind: str

    @property
    def channel(self) -> Channel:
        return channels.of(self.kind, self.name, self.currency)


def accounts(ids: Iterable[int] | None = None) -> list[Account]:
    """The active stores, or those of them that are named."""
    with reading() as session:
        query = select(Store).where(Store.active).order_by(Store.id)
        found = session.scalars(query if ids is None else query.where(Store.id.in_(list(ids))))
        return [Account(store.id, store.name, store.currency, store.channel.value) for store in found]


# The steps, each returning the line that says what it did. One store that fails never stops the others.


def send_listings() -> str:
    """Send what is in the queue."""
    with reading() as session:
        stores = accounts(uploads.waiting(session))
    return f"{_each(stores, _send)} listings sent"


def _send(account: Account) -> int:
    count = 0
    for _ in range(MOST_BATCHES):
        with transaction(SYSTEM, "sync.send_listings") as session:
            key, operations = uploads.take(session, account.id)
        if not operations:
            break
        submission = account.channel.submit(operations, key)
        _write(account, submission)
        count += len(operations)
    return count


def read_answers() -> str:
    """Ask what has become of what was sent; what the marketplace has never heard of is sent again, under its old key."""
    with reading() as session:
        waiting = uploads.unanswered(session)
    keys: dict[int, list[str]] = {}
    for one in waiting:
        keys.setdefault(one.store_id, []).append(one.key)
    return f"{_each(accounts(keys), lambda account: _ask(account, keys[account.id]))} answers read"


def _ask(account: Account, keys: Sequence[str]) -> int:
    submissions = account.channel.poll(keys)
    count = sum(_write(account, submission) for submission in submissions.values())
    for key in keys:
        known = submissions[key].outcomes if key in submissions else {}
        with reading() as session:
            lost = [o for o in uploads.sent(session, account.id, key) if _is_unheard(known.get(o.sku))]
        if lost:
            count += _write(account, account.channel.submit(lost, key))
    return count


def _is_unheard(outcome: channels.Outcome | None) -> bool:
    return outcome is None or outcome.state is State.UNKNOWN


def _write(account: Account, submission: Submission) -> int:
    with transaction(SYSTEM, "sync.read_answers") as session:
        return uploads.answered(session, account.id, submission.key, submission.outcomes)


def pull_orders() -> str:
    """Read new and changed orders, and where to go on next time, in one transaction for each page."""
    return f"{_each(accounts(), _pull)} orders new or changed"


def _pull(account: Account) -> int:
    count = 0
    with reading() as session:
        cursor = session.get_one(Store, account.id).cursor
    for _ in range(MOST_PAGES):
        page = account.channel.orders(cursor)
        if page.orders or page.cursor != cursor:
            with transaction(SYSTEM, "sync.pull_orders") as session:
                count += orders_in.receive(session, account.id, page.orders)
                session.get_one(Store, account.id).cursor = page.cursor
        cursor = page.cursor
        if page.is_last:
            break
    return count


def _each(stores: Iterable[Account], step: Callable[[Account], int]) -> int:
    """The sum of what the step did for all stores; raises ChannelError at the end, naming the stores that failed."""
    count, failed = 0, []
    for store in stores:
        try:
            count += step(store)
        except ChannelError as error:
            failed.append(f"{store.name}: {error}")
    if failed:
        raise ChannelError(f"{count} done; {' '.join(failed)} It is tried again with the next run.")
    return count


STEPS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("listings out", send_listings),
    ("answers in", read_answers),
    ("orders in", pull_orders),
)


def poll() -> list[str]:
    """All steps once, a line for each; nothing when a conversation goes on already."""
    lines = []
    with alone("sync") as free:
        for name, step in STEPS if free else ():
            try:
                lines.append(f"{name}: {step()}")
            except ChannelError as error:
                log.warning("%s: %s", name, error)
                lines.append(f"{name}: {error}")
    return lines


def in_turn(step: Callable[[], str]) -> str:
    """One step, as soon as the conversation that may be going on has ended. Raises ChannelError when that takes too long."""
    with alone("sync", SECONDS_OF_PATIENCE) as free:
        if not free:
            raise ChannelError(
                "Another conversation with the marketplaces is still going on. Nothing was begun; try again."
            )
        return step()


@job("sync")
def work(actor: Actor, arguments: dict[str, object], progress: Progress) -> str:
    """At once instead of with the next look of the worker."""
    return "; ".join(poll()) or "The marketplaces are being talked to already."
