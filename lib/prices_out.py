"""Prices on their way: new prices of listings that are up already, sent without anything else of the listing, and what came of it.

Saved and applied are our own doing; pushed is what the marketplace has taken (`ListingPrice.pushed`). A push is a row of its own: what
leaves is what the row says, and what has to be sent again is sent word for word. A price that the listing does not have any more never
leaves, and a listing has at most one price on its way, so that no older one can overtake a newer one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from db import frames, history
from db.frames import MANY, Page
from db.models import Listing, ListingPrice, PricePush, Store, now
from db.vocabulary import ListingStatus, PushState
from lib import jobs, pricing
from lib.channels import MOST_OPERATIONS, Outcome, SetPrice, State
from lib.commands import command
from lib.price_draft import Scope
from lib.problems import Refused
from lib.rights import Right
from lib.uploads import UP, Open, line

EVERYTHING = Scope()
STATES = {State.LIVE: PushState.TAKEN, State.REFUSED: PushState.REFUSED}
MOST_PICKED = 10_000
MOST_LET_GO = 50_000
"""How many stale prices one transaction takes out of the queue."""
LET_GO = "Not sent: before it left, the listing got another price or was taken down."
SORTS = {"at": PricePush.id, "sku": Listing.seller_sku, "store": Store.name, "price": PricePush.price}

IS_UP = Listing.status.in_(UP)
DIFFERS = and_(ListingPrice.price.is_not(None), ListingPrice.price.is_distinct_from(ListingPrice.pushed))
"""The listing's price is not the one that the marketplace has taken last."""
_STALE = or_(Listing.status.not_in(UP), ListingPrice.price.is_distinct_from(PricePush.price))


# Into the queue


@command(Right.PRICES)
def push(session: Session, wanted: Scope | Sequence[int]) -> str:
    """Let the prices of these listings (a scope, or the ids of picked ones) be sent where the marketplace has others."""
    return queue(session, ids(wanted) if isinstance(wanted, Scope) else picked(wanted))


def ids(scope: Scope) -> Select[Any] | None:
    """The ids of the listings of a scope, to be used in a WHERE; None for all there are."""
    if (many := len(scope.listings)) > MOST_PICKED:
        raise Refused(f"At most {MOST_PICKED:,} listings are picked at once, not {many:,}. Nothing was sent.")
    return None if scope == EVERYTHING else pricing.matching(pricing.Filter.of(scope))


def picked(listing_ids: Sequence[int]) -> Select[Any] | None:
    if not listing_ids:
        raise Refused("Tick at least one listing. Nothing was sent.")
    return ids(Scope(listings=tuple(listing_ids)))


def queue(session: Session, which: Select[Any] | None) -> str:
    """Queue one price for each of these listings that is up and whose price is another one there. Returns the sentence about it.

    Set-based. What waits already with another price is replaced.
    """
    session.flush()
    at = now()
    _let_go(session, *_among(PricePush.listing_id, which))
    _insert(session, which, at)
    counts, later = _queued(session, at), _not_up(session, which)
    if not counts:
        return f"No price has to be sent: the marketplace has them, or they are on their way. {later}".strip()
    history.note(session)
    jobs.start(session, "sync", once="sync")
    waits = "1 price waits" if (count := sum(counts.values())) == 1 else f"{count:,} prices wait"
    return f"{waits} to be sent to {', '.join(counts)}. {later}".strip()


def _among(column: Any, which: Select[Any] | None) -> tuple[ColumnElement[bool], ...]:
    return () if which is None else (column.in_(which.correlate(None)),)


def _insert(session: Session, which: Select[Any] | None, at: datetime) -> None:
    """What waits already at this price stays in its place in the queue."""
    table = PricePush.__table__.c
    rows = (
        select(Listing.id, Listing.store_id, ListingPrice.price, Store.currency, literal(PushState.QUEUED, table.state.type),
               literal(session.info["actor"].name), literal(at, table.at.type))
        .join(ListingPrice, ListingPrice.id == Listing.id)
        .join(Store, Store.id == Listing.store_id)
        .where(Store.active, IS_UP, _has_to_go(), *_among(Listing.id, which))
        .order_by(Listing.id)
    )  # fmt: skip
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(PricePush)
    names = ["listing_id", "store_id", "price", "currency", "state", "actor", "at"]
    put = insert.from_select(names, rows, include_defaults=False)
    newer = {name: put.excluded[name] for name in ("price", "actor", "at")}
    put = put.on_conflict_do_update(index_elements=["listing_id"], index_where=text("state = 'queued'"), set_=newer)
    session.execute(put)


def _has_to_go() -> ColumnElement[bool]:
    """The marketplace has another price, or is about to have: one that was sent and is not answered yet may still be taken."""
    priced = aliased(ListingPrice)
    on_its_way = (
        select(PricePush.listing_id).join(priced, priced.id == PricePush.listing_id).where(*_all(PushState.SENT))
    )
    same, other = (
        on_its_way.where(is_so) for is_so in (priced.price == PricePush.price, priced.price != PricePush.price)
    )
    return or_(and_(DIFFERS, Listing.id.not_in(same)), Listing.id.in_(other))


def _queued(session: Session, at: datetime) -> dict[str, int]:
    """How many prices were queued at this moment, by the name of the store."""
    query = select(Store.name, func.count().label("prices")).join(PricePush, PricePush.store_id == Store.id)
    query = query.where(*_all(PushState.QUEUED), PricePush.at == at, PricePush.actor == session.info["actor"].name)
    return {row.name: row.prices for row in session.execute(query.group_by(Store.name).order_by(Store.name))}


def _not_up(session: Session, which: Select[Any] | None) -> str:
    later = (*UP, ListingStatus.DELETED)
    query = select(Listing.id).where(Listing.status.not_in(later), *_among(Listing.id, which))
    count = frames.count(session, query, Listing.id)
    many = f"More than {MANY:,}" if count > MANY else f"{count:,}"
    one = "1 listing is not up yet: its price goes with the upload."
    return one if count == 1 else f"{many} listings are not up yet: their price goes with the upload." if count else ""


# Sending


def waiting(session: Session) -> list[int]:
    """The stores that have prices in the queue."""
    there = select(PricePush.id).where(PricePush.store_id == Store.id, PricePush.state == PushState.QUEUED)
    return list(session.scalars(select(Store.id).where(there.exists()).order_by(Store.id)))


def take(session: Session, store_id: int, most: int = MOST_OPERATIONS) -> tuple[str, list[SetPrice]]:
    """Take prices of a store out of the queue: the key and what is to be sent.

    A listing whose last price is not answered yet waits until it is.
    """
    rows = session.execute(_next(store_id, most)).all()
    if any(is_stale for _, _, is_stale in rows):
        _let_go(session, PricePush.store_id == store_id)
        rows = session.execute(_next(store_id, most)).all()
    going = [(push, sku) for push, sku, is_stale in rows if not is_stale]
    if not going:
        return "", []
    key = f"{session.get_one(Store, store_id).name}-prices-{going[0][0].id}"[:60]
    for one, _ in going:
        one.state, one.submission = PushState.SENT, key
    return key, [_operation(one, sku) for one, sku in going]


def _next(store_id: int, most: int) -> Select[Any]:
    """The oldest in the queue: the push, its SKU, and whether the listing has moved on meanwhile."""
    before = aliased(PricePush)
    on_its_way = select(before.id).where(before.listing_id == PricePush.listing_id, before.state == PushState.SENT)
    return (
        _pushes(PricePush, Listing.seller_sku, _STALE)
        .where(PricePush.store_id == store_id, PricePush.state == PushState.QUEUED, ~on_its_way.exists())
        .order_by(PricePush.id)
        .limit(most)
        .with_for_update(of=PricePush, skip_locked=True)
    )


def _pushes(*columns: Any) -> Select[Any]:
    query = select(*columns).select_from(PricePush).join(Listing, Listing.id == PricePush.listing_id)
    return query.outerjoin(ListingPrice, ListingPrice.id == Listing.id)


def _let_go(session: Session, *which: ColumnElement[bool]) -> None:
    """Take prices out of the queue that their listings do not have any more."""
    stale = (
        _pushes(PricePush.id).where(*_all(PushState.QUEUED), _STALE, *which).order_by(PricePush.id).limit(MOST_LET_GO)
    )
    gone = {"state": PushState.REPLACED, "issue": LET_GO}
    put = update(PricePush).where(PricePush.id.in_(stale.correlate(None))).values(gone)
    session.execute(put, execution_options={"synchronize_session": False})


def _operation(one: PricePush, sku: str) -> SetPrice:
    return SetPrice(sku, one.price, one.currency)


# Answers


def unanswered(session: Session) -> list[Open]:
    query = select(PricePush.store_id, PricePush.submission).where(*_all(PushState.SENT)).distinct()
    return [Open(row.store_id, row.submission) for row in session.execute(query) if row.submission]


def sent(session: Session, store_id: int, key: str) -> list[SetPrice]:
    """What was sent under a key and is not answered yet, word for word."""
    return [_operation(one, sku) for one, sku in session.execute(_under(store_id, key, PricePush, Listing.seller_sku))]


def answered(session: Session, store_id: int, key: str, outcomes: Mapping[str, Outcome]) -> int:
    """Write what the marketplace said; returns for how many prices it said something for good."""
    query = _under(store_id, key, PricePush, Listing.seller_sku, ListingPrice).with_for_update(of=PricePush)
    count = 0
    for one, sku, price in session.execute(query).all():
        outcome = outcomes.get(sku)
        if outcome is None or outcome.state not in STATES:
            continue
        count += 1
        one.state, one.issue, one.answered_at = STATES[outcome.state], line(outcome.issues), now()
        if price is not None and one.state is PushState.TAKEN:
            price.pushed = one.price
    return count


def _under(store_id: int, key: str, *columns: Any) -> Select[Any]:
    query = _pushes(*columns).where(PricePush.store_id == store_id, PricePush.state == PushState.SENT)
    return query.where(PricePush.submission == key).order_by(PricePush.id)


def _all(state: PushState) -> tuple[ColumnElement[bool], ...]:
    """In whichever store; the index begins with the store."""
    return PricePush.store_id.in_(select(Store.id)), PricePush.state == state


# Looking


def unpushed(session: Session, scope: Scope = EVERYTHING) -> int:
    """How many listings that are up have a price that the marketplace has not taken, counted to 10,000."""
    differing = select(ListingPrice.id).where(DIFFERS)
    query = pricing.matching(pricing.Filter.of(scope)).where(Store.active, IS_UP, Listing.id.in_(differing))
    return frames.count(session, query, Listing.id)


def lately(session: Session) -> dict[PushState, int]:
    """How many prices wait, were sent and not answered, and were refused, each counted to 10,000."""
    found = {state: select(PricePush.id).where(*_all(state)) for state in (PushState.QUEUED, PushState.SENT)}
    found[PushState.REFUSED] = _refused(EVERYTHING)
    return {state: frames.count(session, query, PricePush.id) for state, query in found.items()}


def count_refused(session: Session, scope: Scope) -> int:
    return frames.count(session, _refused(scope), PricePush.id)


def refused(session: Session, scope: Scope, page: Page) -> pd.DataFrame:
    """The prices that the marketplace has refused last, with what it said; index: the id of the push."""
    chosen = frames.page_of(_refused(scope), PricePush.id, _order(page), page)
    query = _pushes(
        PricePush.id, PricePush.listing_id, Listing.seller_sku.label("sku"), Store.name.label("store"), PricePush.price,
        ListingPrice.pushed, PricePush.currency, PricePush.issue, PricePush.actor, PricePush.at, PricePush.answered_at,
    )  # fmt: skip
    return frames.frame(session, _with_store(query).where(PricePush.id.in_(chosen)).order_by(*_order(page)))


def _refused(scope: Scope) -> Select[Any]:
    """Those after which nothing newer was sent, and whose listing still has another price than the marketplace."""
    later = aliased(PricePush)
    newer = select(later.id).where(later.listing_id == PricePush.listing_id, later.id > PricePush.id)
    query = _with_store(_pushes(PricePush.id)).where(*_all(PushState.REFUSED), DIFFERS, ~newer.exists())
    return query.where(*_among(PricePush.listing_id, ids(scope)))


def _with_store(query: Select[Any]) -> Select[Any]:
    return query.join(Store, Store.id == PricePush.store_id)


def _order(page: Page) -> Sequence[Any]:
    column: Any = SORTS.get(page.sort, PricePush.id)
    return (column.desc(), PricePush.id.desc()) if page.descending else (column.asc(), PricePush.id.asc())
