"""The queue of prices that are to be sent: which listings need it, and what is taken out again because it is stale.

    push(session, scope or ids)      a few thousand at once; more of them as a job, in lots, so that nobody waits for long

Only listings that are up get a price alone; the others bring it along with their upload. Where the marketplace has the price already,
nothing is queued.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, text, union, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from db import frames, history
from db.frames import MANY
from db.models import Listing, ListingPrice, PricePush, Store, now
from db.session import Actor, reading, transaction
from db.vocabulary import ListingStatus, PushState
from lib import jobs, pricing, rights
from lib.commands import command
from lib.jobs import Canceled, Progress, job
from lib.price_draft import Scope, scope_from_json, scope_to_json
from lib.problems import Refused
from lib.rights import Right
from lib.uploads import UP

EVERYTHING = Scope()
AT_ONCE = 20_000
"""Prices that are queued while the person waits; more of them are a job."""
LOT = 30_000
"""How many listings one transaction of the job looks at: other writers wait no longer than that takes."""
MOST_PICKED = 10_000
MOST_LET_GO = 50_000
"""How many stale prices one transaction takes out of the queue."""
LET_GO = "Not sent: before it left, the listing got another price or was taken down."
NOTHING = "No price has to be sent: the marketplace has them, or they are on their way."

IS_UP = Listing.status.in_(UP)
DIFFERS = and_(ListingPrice.price.is_not(None), ListingPrice.price.is_distinct_from(ListingPrice.pushed))
"""The listing's price is not the one that the marketplace has taken last."""
STALE = or_(Listing.status.not_in(UP), ListingPrice.price.is_distinct_from(PricePush.price))
"""The listing has moved on since the price was queued."""


@command(Right.PRICES)
def push(session: Session, wanted: Scope | Sequence[int]) -> str:
    """Let the prices of these listings (a scope, or the ids of picked ones) be sent where the marketplace has others."""
    scope = wanted if isinstance(wanted, Scope) else picked(wanted)
    which = ids(scope)
    if not _are_many(session, which):
        return queue(session, which)
    kept = scope_to_json(scope)
    digest = hashlib.sha256(json.dumps(kept).encode()).hexdigest()
    jobs.start(session, "push", once=f"push {digest}", scope=kept)
    said = f"More than {AT_ONCE:,} prices have to be sent. They are put into the queue now, and sent as they come."
    history.note(session)
    return said


def picked(listing_ids: Sequence[int]) -> Scope:
    if not listing_ids:
        raise Refused("Tick at least one listing. Nothing was sent.")
    return Scope(listings=tuple(listing_ids))


def ids(scope: Scope) -> Select[Any] | None:
    """The ids of the listings of a scope, to be used in a WHERE; None for all there are."""
    if (many := len(scope.listings)) > MOST_PICKED:
        raise Refused(f"At most {MOST_PICKED:,} listings are picked at once, not {many:,}. Nothing was sent.")
    return None if scope == EVERYTHING else pricing.matching(pricing.Filter.of(scope))


def queue(session: Session, which: Select[Any] | None) -> str:
    """Queue a price for each of these listings that needs it, set-based. Returns the sentence about it; refuses too many."""
    session.flush()
    if _are_many(session, which):
        raise Refused(
            f"More than {AT_ONCE:,} prices have to be sent: choose fewer here, or send them from Pricing. Nothing was sent."
        )
    at = now()
    _put(session, which, at)
    counts = _queued(session, at, *in_state(PushState.QUEUED))
    if counts:
        history.note(session)
        jobs.start(session, "sync", once="sync")
    return f"{_waits(counts)} {_not_up(session, which)}".strip()


@job("push")
def work(actor: Actor, arguments: dict[str, Any], progress: Progress) -> str:
    """In lots of their own transactions: the first are on their way while the last are not queued yet."""
    rights.require(actor, Right.PRICES)
    which, at = ids(scope_from_json(arguments["scope"])), now()
    with reading() as session:
        last = session.scalar(select(func.max(Listing.id))) or 0
    try:
        for first in range(1, last + 1, LOT):
            progress(first - 1, last, "Prices are put into the queue.")
            with transaction(actor, "price_queue.push") as session:
                _put(session, which, at, (first, first + LOT - 1))
    except Canceled:
        with reading() as session:
            return f"Stopped. {_waits(_queued(session, at, *in_state(PushState.QUEUED)))}"
    with transaction(actor, "price_queue.push") as session:
        said = f"{_waits(_queued(session, at))} {_not_up(session, which)}".strip()
        jobs.start(session, "sync", once="sync")
        progress.finish(session, said)
    return said


# What goes in


Lot = tuple[int, int]
"""From this id of a listing to that one."""


def _put(session: Session, which: Select[Any] | None, at: datetime, lot: Lot | None = None) -> None:
    """What waits with another price is replaced; what waits at this price stays in its place in the queue."""
    which = which if which is None else which.where(*_within(Listing.id, lot))
    let_go(session, *_within(PricePush.listing_id, lot), *among(PricePush.listing_id, which))
    table = PricePush.__table__.c
    rows = _going(which, lot).with_only_columns(
        Listing.id, Listing.store_id, ListingPrice.price, Store.currency, literal(PushState.QUEUED, table.state.type),
        literal(session.info["actor"].name), literal(at, table.at.type),
    ).order_by(Listing.id)  # fmt: skip
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(PricePush)
    names = ["listing_id", "store_id", "price", "currency", "state", "actor", "at"]
    put = insert.from_select(names, rows, include_defaults=False)
    newer = {name: put.excluded[name] for name in ("price", "actor", "at")}
    session.execute(
        put.on_conflict_do_update(index_elements=["listing_id"], index_where=text("state = 'queued'"), set_=newer)
    )


def _are_many(session: Session, which: Select[Any] | None) -> bool:
    return frames.count(session, _going(which), Listing.id, AT_ONCE) > AT_ONCE


def _within(column: Any, lot: Lot | None) -> tuple[ColumnElement[bool], ...]:
    return () if lot is None else (column.between(*lot),)


def _going(which: Select[Any] | None, lot: Lot | None = None) -> Select[Any]:
    """The listings whose price is another one on the marketplace, or is about to be: what was sent without an answer may be taken."""
    priced, there = aliased(ListingPrice), aliased(ListingPrice)
    on_its_way = select(PricePush.listing_id).join(priced, priced.id == PricePush.listing_id)
    on_its_way = on_its_way.where(*in_state(PushState.SENT))
    same, other = (on_its_way.where(so) for so in (priced.price == PricePush.price, priced.price != PricePush.price))
    differing = select(there.id).where(there.price.is_not(None), there.price.is_distinct_from(there.pushed))
    needed = union(differing.where(there.id.not_in(same), *_within(there.id, lot)), other)
    query = (
        select(Listing.id).join(ListingPrice, ListingPrice.id == Listing.id).join(Store, Store.id == Listing.store_id)
    )
    return query.where(
        Store.active, IS_UP, Listing.id.in_(needed), *_within(Listing.id, lot), *among(Listing.id, which)
    )


# What is said


def _queued(session: Session, at: datetime, *which: ColumnElement[bool]) -> dict[str, int]:
    """How many prices were queued at this moment, by the name of the store."""
    query = select(Store.name, func.count().label("prices")).join(PricePush, PricePush.store_id == Store.id)
    query = query.where(PricePush.at == at, *which).group_by(Store.name).order_by(Store.name)
    return {row.name: row.prices for row in session.execute(query)}


def _waits(counts: dict[str, int]) -> str:
    if not counts:
        return NOTHING
    waits = "1 price waits" if (count := sum(counts.values())) == 1 else f"{count:,} prices wait"
    return f"{waits} to be sent to {', '.join(counts)}."


def _not_up(session: Session, which: Select[Any] | None) -> str:
    later = (*UP, ListingStatus.DELETED)
    query = select(Listing.id).where(Listing.status.not_in(later), *among(Listing.id, which))
    count = frames.count(session, query, Listing.id)
    many = f"More than {MANY:,}" if count > MANY else f"{count:,}"
    one = "1 listing is not up yet: its price goes with the upload."
    return one if count == 1 else f"{many} listings are not up yet: their price goes with the upload." if count else ""


# What goes out again


def let_go(session: Session, *which: ColumnElement[bool]) -> None:
    """Take prices out of the queue that their listings do not have any more."""
    stale = pushes(PricePush.id).where(*in_state(PushState.QUEUED), STALE, *which).order_by(PricePush.id)
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


def among(column: Any, which: Select[Any] | None) -> tuple[ColumnElement[bool], ...]:
    return () if which is None else (column.in_(which.correlate(None)),)
