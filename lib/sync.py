"""Conversations with the marketplaces, in three beats: read what is ours, talk, write the answer.

Only this file takes both a session and a channel in its hands, and never at the same time: while it talks no transaction is open. One
conversation at a time goes on in the whole installation.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import history
from db.locks import alone
from db.models import Store
from db.session import SYSTEM, Actor, reading, transaction
from lib import channels, offers_out
from lib.channels import Channel, ChannelError, Parcel, State, Submission
from lib.codes import catalogue, ean
from lib.counted import counted
from lib.jobs import Progress, job
from lib.orders import orders_in, parcels_out
from lib.prices import prices_out
from lib.products import uploads

log = logging.getLogger(__name__)
SECONDS_OF_PATIENCE = 120
MOST_BATCHES, MOST_PAGES, MOST_QUESTIONS = 100, 100, 100
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


Thing = channels.Operation | Parcel


class Desk(Protocol):
    """What keeps the books of one kind of thing that is sent: listings (uploads.py), prices, offers, parcels (…_out.py)."""

    def unanswered(self, session: Session) -> list[uploads.Open]: ...
    def sent(self, session: Session, store_id: int, key: str) -> Sequence[Thing]: ...
    def answered(self, session: Session, store_id: int, key: str, outcomes: Mapping[str, channels.Outcome]) -> int: ...


class Queue(Desk, Protocol):
    """A desk that needs to know nothing from the marketplace before it sends."""

    def waiting(self, session: Session) -> list[int]: ...
    def take(self, session: Session, store_id: int) -> tuple[str, Sequence[Thing]]: ...


DESKS: tuple[Desk, ...] = (uploads, prices_out, offers_out, parcels_out)


def accounts(ids: Iterable[int] | None = None) -> list[Account]:
    """The active stores, or those of them that are named."""
    with reading() as session:
        query = select(Store).where(Store.active).order_by(Store.id)
        found = session.scalars(query if ids is None else query.where(Store.id.in_(list(ids))))
        return [Account(store.id, store.name, store.currency, store.channel.value) for store in found]


# The steps, each returning the line that says what it did. One store that fails never stops the others.


def send_listings() -> str:
    """Ask the catalogues about the codes of the listings that are in the queue, and send those that may go."""
    with reading() as session:
        stores = accounts(uploads.waiting(session))
    return f"{counted(_each(stores, _send_checked), 'listing')} sent"


def _send_checked(account: Account) -> int:
    """What is known to be free goes, also when the catalogue has stopped answering; the rest waits for the next run."""
    with reading() as session:
        questions = catalogue.questions(session, account.id, MOST_QUESTIONS)
    troubles = (ask_catalogue(account, codes)[1] for codes in questions)
    trouble = next(filter(None, troubles), None)
    count = _send(account, uploads, "listing")
    if trouble and not count:
        raise trouble
    if trouble:
        log.warning("%s: %s", account.name, trouble)
    return count


def ask_catalogue(account: Account, codes: Sequence[str]) -> tuple[int, ChannelError | None]:
    """One question: how many of these codes were answered, and why none was. What is no code is under no item, and not asked about."""
    answers: catalogue.Answers
    sound, trouble = [code for code in codes if ean.is_valid(code)], None
    try:
        found = account.channel.find_catalog(sound) if sound else {}
        answers = {code: found.get(code) if code in sound else () for code in codes}
    except ChannelError as error:
        answers, trouble = dict.fromkeys(sound), error
    with transaction(SYSTEM, "sync.check_codes") as session:
        return catalogue.write(session, account.id, answers), trouble


def send_prices() -> str:
    """Send new prices of listings that are up already."""
    return _send_all(prices_out, "price")


def _send_all(desk: Queue, noun: str) -> str:
    with reading() as session:
        stores = accounts(desk.waiting(session))
    return f"{counted(_each(stores, lambda account: _send(account, desk, noun)), noun)} sent"


def _send(account: Account, desk: Queue, noun: str) -> int:
    count = 0
    for _ in range(MOST_BATCHES):
        with transaction(SYSTEM, f"sync.send_{noun}s") as session:
            key, operations = desk.take(session, account.id)
            history.say(session, f"{counted(len(operations), noun)} sent to {account.name}.")
        if not operations:
            break
        _write(account, desk, _hand_over(account, operations, key))
        count += len(operations)
    return count


def _hand_over(account: Account, things: Sequence[Thing], key: str) -> Submission:
    """What is sent under one key is of one kind."""
    parcels = [thing for thing in things if isinstance(thing, Parcel)]
    operations = [thing for thing in things if not isinstance(thing, Parcel)]
    return account.channel.ship(parcels, key) if parcels else account.channel.submit(operations, key)


def send_parcels() -> str:
    """Tell which parcels have left."""
    return _send_all(parcels_out, "parcel")


def push_offers() -> str:
    """Look at the items of the co-sell offers that wait, and send those that may be made."""
    with reading() as session:
        stores = accounts(offers_out.waiting(session))
    return f"{counted(_each(stores, _push), 'offer')} sent"


def _push(account: Account) -> int:
    with reading() as session:
        asins = offers_out.asins(session, account.id)
    channel = account.channel
    looks = {asin: _look(channel, asin) for asin in asins}
    with transaction(SYSTEM, "sync.push_offers") as session:
        key, operations = offers_out.take(session, account.id, looks)
        history.say(session, f"{counted(len(operations), 'offer')} sent to {account.name}.")
    if operations:
        _write(account, offers_out, channel.submit(operations, key))
    return len(operations)


def _look(channel: Channel, asin: str) -> offers_out.Look:
    """One item that is not answered never holds up the others."""
    try:
        return offers_out.Look(channel.item(asin), channel.restrictions(asin))
    except ChannelError as error:
        return offers_out.Look(trouble=str(error))


def read_answers() -> str:
    """Ask what has become of what was sent; what the marketplace has never heard of is sent again, under its old key."""
    keys: dict[int, list[tuple[Desk, str]]] = {}
    with reading() as session:
        for desk in DESKS:
            for one in desk.unanswered(session):
                keys.setdefault(one.store_id, []).append((desk, one.key))
    count = _each(accounts(keys), lambda account: _ask_all(account, keys[account.id]))
    return f"{counted(count, 'answer')} read"


def _ask_all(account: Account, keys: Sequence[tuple[Desk, str]]) -> int:
    mine = {desk: [key for other, key in keys if other is desk] for desk in DESKS}
    return sum(_ask(account, desk, found) for desk, found in mine.items() if found)


def _ask(account: Account, desk: Desk, keys: Sequence[str]) -> int:
    submissions = account.channel.poll(keys)
    count = sum(_write(account, desk, submission) for submission in submissions.values())
    for key in keys:
        known = submissions[key].outcomes if key in submissions else {}
        with reading() as session:
            lost = [o for o in desk.sent(session, account.id, key) if _is_unheard(known.get(_mark(o)))]
        if lost:
            count += _write(account, desk, _hand_over(account, lost, key))
    return count


def _mark(thing: Thing) -> str:
    """By what the marketplace names it in its answers."""
    return thing.reference if isinstance(thing, Parcel) else thing.sku


def _is_unheard(outcome: channels.Outcome | None) -> bool:
    return outcome is None or outcome.state is State.UNKNOWN


def _write(account: Account, desk: Desk, submission: Submission) -> int:
    with transaction(SYSTEM, "sync.read_answers") as session:
        count = desk.answered(session, account.id, submission.key, submission.outcomes)
        history.say(session, f"{counted(count, 'answer')} from {account.name}.")
    return count


def pull_orders() -> str:
    """Read new and changed orders, and where to go on next time, in one transaction for each page."""
    return f"{counted(_each(accounts(), _pull), 'order')} new or changed"


def _pull(account: Account) -> int:
    count = 0
    with reading() as session:
        cursor = session.get_one(Store, account.id).cursor
    for _ in range(MOST_PAGES):
        page = account.channel.orders(cursor)
        if page.orders or page.cursor != cursor:
            with transaction(SYSTEM, "sync.pull_orders") as session:
                count += (received := orders_in.receive(session, account.id, page.orders))
                history.say(session, f"{counted(received, 'order')} new or changed in {account.name}.")
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
    ("prices out", send_prices),
    ("offers out", push_offers),
    ("parcels out", send_parcels),
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
