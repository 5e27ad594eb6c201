"""The queue of prices that are to be sent: which listings need it, and what is taken out again because it is stale.

    push(session, scope or ids)      a few thousand at once; more of them as a job, in lots, so that nobody waits for long

Only listings that are up get a price alone; the others bring it along with their upload. Where the marketplace has the price already,
nothing is queued.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, literal_column, or_, select, text, union, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from db import frames, history
from db.frames import MANY
from db.models import Listing, ListingPrice, PricePush, Store, now
from db.session import Actor, reading, transaction
from db.vocabulary import ListingStatus, PushState
from lib import jobs, rights
from lib.commands import command
from lib.counted import agreeing, counted
from lib.jobs import Canceled, Progress, job
from lib.prices import pricing
from lib.prices.price_draft import Scope, scope_from_json, scope_to_json
from lib.problems import Refused
from lib.products.uploads import UP
from lib.rights import Right

EVERYTHING = Scope()
AT_ONCE = 20_000
"""Prices that are queued while the person waits; more of them are a job."""
LOT = 10_000
"""How many one transaction of the job queues: other writers wait no longer than that takes."""
MOST_PICKED = 10_000
MOST_LET_GO = 50_000
"""How many stale prices one transaction takes out of the queue."""
LET_GO = "Not sent: before it left, the listing got another price or was taken down."

THERE, _store = aliased(ListingPrice), aliased(Store)
ON_SALE = and_(
    Listing.status.not_in([status for status in ListingStatus if status not in UP]),
    Listing.store_id.not_in(select(_store.id).where(~_store.active)),
)
"""The listing is up. Said by what it is not: SQLite would else walk an index of all that are up, to find the few that are wanted."""
_LATER = [status for status in ListingStatus if status not in (*UP, ListingStatus.DELETED)]
STALE = or_(Listing.status.not_in(UP), ListingPrice.price.is_distinct_from(PricePush.price))
"""The listing has moved on since the price was queued."""
_WAITS = PricePush.state == literal_column("'queued'")
"""Word for word as in the index of what waits, by listing."""


@command(Right.PRICES)
def push(session: Session, wanted: Scope | Sequence[int]) -> str:
    """Let the prices of these listings (a scope, or the ids of picked ones) be sent where the marketplace has others."""
    scope = wanted if isinstance(wanted, Scope) else picked(wanted)
    which = ids(scope)
    if len(needed := _needed(session, which)) <= AT_ONCE:
        return _queue(session, which, needed)
    kept = scope_to_json(scope)
    digest = hashlib.sha256(json.dumps(kept).encode()).hexdigest()
    history.note(session)
    jobs.start(session, "push", once=f"push {digest}", scope=kept)
    return f"More than {AT_ONCE:,} prices have to be sent. They are put into the queue now, and sent as they come."


def picked(listing_ids: Sequence[int]) -> Scope:
    if not listing_ids:
        raise Refused("Tick at least one listing. Nothing was sent.")
    return Scope(listings=tuple(listing_ids))


def ids(scope: Scope) -> Select[Any]:
    """The ids of the listings of a scope, to which more conditions can be added."""
    if (many := len(scope.listings)) > MOST_PICKED:
        raise Refused(f"At most {MOST_PICKED:,} listings are picked at once, not {many:,}. Nothing was sent.")
    return select(Listing.id) if scope == EVERYTHING else pricing.matching(pricing.Filter.of(scope))


def queue(session: Session, which: Select[Any]) -> str:
    """Queue a price for each of these listings that needs it. Returns the sentence about it; refuses too many."""
    if len(needed := _needed(session, which)) > AT_ONCE:
        raise Refused(
            f"More than {AT_ONCE:,} prices have to be sent: choose fewer here, or send them from Pricing. Nothing was sent."
        )
    return _queue(session, which, needed)


def _queue(session: Session, which: Select[Any], needed: Sequence[int]) -> str:
    at = now()
    for lot in _lots(needed):
        _put(session, lot, at)
    if needed:
        history.note(session)
        jobs.start(session, "sync", once="sync")
    return _said(session, which, PricePush.at == at, *in_state(PushState.QUEUED))


@job("push")
def work(actor: Actor, arguments: dict[str, Any], progress: Progress) -> str:
    """In lots of their own transactions: the first are on their way while the last are not queued yet."""
    rights.require(actor, Right.PRICES)
    which, at = ids(scope_from_json(arguments["scope"])), now()
    with reading() as session:
        needed = _needed(session, which, None)
    done = 0
    try:
        for lot in _lots(needed):
            progress(done, len(needed), "Prices are put into the queue.")
            with transaction(actor, "price_queue.push") as session:
                _put(session, lot, at)
            done += len(lot)
    except Canceled:
        put = agreeing(done, "was put into the queue before, and is", "were put into the queue before, and are")
        return f"Stopped. {done:,} of {counted(len(needed), 'price')} {put} sent."
    with reading() as session:
        said = _said(session, which, PricePush.at == at)
    with transaction(actor, "price_queue.push") as session:
        jobs.start(session, "sync", once="sync")
        progress.finish(session, said)
    return said


# What goes in


def _needed(session: Session, which: Select[Any], most: int | None = AT_ONCE + 1) -> Sequence[int]:
    """The listings whose price is another one on the marketplace, or is about to be: what was sent without an answer may be taken."""
    priced = aliased(ListingPrice)
    on_its_way = select(PricePush.listing_id).join(priced, priced.id == PricePush.listing_id)
    on_its_way = on_its_way.where(*in_state(PushState.SENT))
    same, other = (on_its_way.where(so) for so in (priced.price == PricePush.price, priced.price != PricePush.price))
    needed = union(differing().where(THERE.id.not_in(same)), other)
    return sorted(session.scalars(which.where(ON_SALE, Listing.id.in_(needed)).limit(most)))


def differing() -> Select[Any]:
    """The listings whose price is not the one that the marketplace has taken last."""
    return select(THERE.id).where(THERE.price.is_not(None), THERE.price.is_distinct_from(THERE.pushed))


def _lots(needed: Sequence[int]) -> Iterator[Sequence[int]]:
    return (needed[start : start + LOT] for start in range(0, len(needed), LOT))


def _put(session: Session, lot: Sequence[int], at: datetime) -> None:
    """One price waits for a listing: the one that it has now, in the place in the queue that it had."""
    table = PricePush.__table__.c
    currency = select(Store.currency).where(Store.id == Listing.store_id).scalar_subquery()
    rows = (
        select(Listing.id, Listing.store_id, ListingPrice.price, currency, literal(PushState.QUEUED, table.state.type),
               literal(session.info["actor"].name), literal(at, table.at.type))
        .join(ListingPrice, ListingPrice.id == Listing.id)
        .where(Listing.id.in_(lot), ON_SALE, ListingPrice.price.is_not(None))
        .order_by(Listing.id)
    )  # fmt: skip
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(PricePush)
    names = ["listing_id", "store_id", "price", "currency", "state", "actor", "at"]
    put = insert.from_select(names, rows, include_defaults=False)
    newer = {name: put.excluded[name] for name in ("price", "actor", "at")}
    session.execute(
        put.on_conflict_do_update(index_elements=["listing_id"], index_where=text("state = 'queued'"), set_=newer)
    )


# What is said


def _said(session: Session, which: Select[Any], *queued: ColumnElement[bool]) -> str:
    """About what was queued just now, and about what was not."""
    query = select(Store.name, func.count().label("prices")).join(PricePush, PricePush.store_id == Store.id)
    rows = session.execute(query.where(*queued).group_by(Store.name).order_by(Store.name)).all()
    later = frames.count(session, which.where(Listing.status.in_(_LATER)), Listing.id)
    return f"{_waits({row.name: row.prices for row in rows})} {_not_up(later)}".strip()


def _waits(counts: dict[str, int]) -> str:
    if not counts:
        return "No price has to be sent: the marketplace has them, or they are on their way."
    return f"{counted(sum(counts.values()), 'price waits', 'prices wait')} to be sent to {', '.join(counts)}."


def _not_up(count: int) -> str:
    if not count:
        return ""
    many = f"More than {MANY:,}" if count > MANY else f"{count:,}"
    return f"{many} {agreeing(count, 'listing is not up yet: its', 'listings are not up yet: their')} price goes with the upload."


# What goes out again


def let_go(session: Session, *which: ColumnElement[bool]) -> None:
    """Take prices out of the queue that their listings do not have any more."""
    stale = pushes(PricePush.id).where(_WAITS, STALE, *which)
    gone = {"state": PushState.REPLACED, "issue": LET_GO}
    put = update(PricePush).where(PricePush.id.in_(stale.limit(MOST_LET_GO).correlate(None))).values(gone)
    session.execute(put, execution_options={"synchronize_session": False})


def pushes(*columns: Any) -> Select[Any]:
    """Pushes with their listings and the prices that those have now."""
    query = select(*columns).select_from(PricePush).join(Listing, Listing.id == PricePush.listing_id)
    return query.outerjoin(ListingPrice, ListingPrice.id == Listing.id)


def in_state(state: PushState) -> tuple[ColumnElement[bool], ...]:
    """In whichever store; the index begins with the store."""
    return PricePush.store_id.in_(select(Store.id)), PricePush.state == state
