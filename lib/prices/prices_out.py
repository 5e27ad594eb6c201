"""Prices on their way: new prices of listings that are up already, sent without anything else of the listing, and what came of it.

Saved and applied are our own doing; pushed is what the marketplace has taken (`ListingPrice.pushed`). A push is a row of its own: what
leaves is what the row says, and what has to be sent again is sent word for word. A price that the listing does not have any more never
leaves, and a listing has at most one price on its way, so that no older one can overtake a newer one. price_queue.py fills the queue.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from db import frames
from db.frames import Page
from db.models import Listing, ListingPrice, PricePush, Store, now
from db.vocabulary import PushState
from lib.channels import MOST_OPERATIONS, Outcome, SetPrice, State
from lib.prices.price_draft import Scope
from lib.prices.price_queue import EVERYTHING, ON_SALE, STALE, THERE, differing, ids, in_state, let_go, push, pushes
from lib.products.uploads import Open, line

__all__ = [
    "answered", "count_refused", "lately", "push", "refused", "sent", "take", "unanswered", "unpushed", "waiting",
]  # fmt: skip
STATES = {State.LIVE: PushState.TAKEN, State.REFUSED: PushState.REFUSED}
SORTS = {"at": PricePush.id, "sku": Listing.seller_sku, "store": Store.name, "price": PricePush.price}


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
        let_go(session, PricePush.store_id == store_id)
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
        pushes(PricePush, Listing.seller_sku, STALE)
        .where(PricePush.store_id == store_id, PricePush.state == PushState.QUEUED, ~on_its_way.exists())
        .order_by(PricePush.id)
        .limit(most)
        .with_for_update(of=PricePush, skip_locked=True)
    )


def _operation(one: PricePush, sku: str) -> SetPrice:
    return SetPrice(sku, one.price, one.currency)


# Answers


def unanswered(session: Session) -> list[Open]:
    query = select(PricePush.store_id, PricePush.submission).where(*in_state(PushState.SENT)).distinct()
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
    query = pushes(*columns).where(PricePush.store_id == store_id, PricePush.state == PushState.SENT)
    return query.where(PricePush.submission == key).order_by(PricePush.id)


# Looking


def unpushed(session: Session, scope: Scope = EVERYTHING) -> int:
    """How many listings that are up have a price that the marketplace has not taken, counted to 10,000."""
    if scope == EVERYTHING:  # one after the other, until there are enough
        return frames.count(session, differing().join(Listing, Listing.id == THERE.id).where(ON_SALE), Listing.id)
    return frames.count(session, ids(scope).where(ON_SALE, Listing.id.in_(differing())), Listing.id)


def lately(session: Session) -> dict[PushState, int]:
    """How many prices wait, were sent and not answered, and were refused, each counted to 10,000."""
    found = {state: select(PricePush.id).where(*in_state(state)) for state in (PushState.QUEUED, PushState.SENT)}
    found[PushState.REFUSED] = _refused(EVERYTHING)
    return {state: frames.count(session, query, PricePush.id) for state, query in found.items()}


def count_refused(session: Session, scope: Scope) -> int:
    return frames.count(session, _refused(scope), PricePush.id)


def refused(session: Session, scope: Scope, page: Page) -> pd.DataFrame:
    """The prices that the marketplace has refused last, with what it said; index: the id of the push."""
    chosen = frames.page_of(_refused(scope), PricePush.id, _order(page), page)
    query = pushes(
        PricePush.id, PricePush.listing_id, Listing.seller_sku.label("sku"), Store.name.label("store"), PricePush.price,
        ListingPrice.pushed, PricePush.currency, PricePush.issue, PricePush.actor, PricePush.at, PricePush.answered_at,
    )  # fmt: skip
    return frames.frame(session, _with_store(query).where(PricePush.id.in_(chosen)).order_by(*_order(page)))


def _refused(scope: Scope) -> Select[Any]:
    """Those after which nothing newer was sent, and whose listing still has another price than the marketplace."""
    later = aliased(PricePush)
    newer = select(later.id).where(later.listing_id == PricePush.listing_id, later.id > PricePush.id)
    query = _with_store(pushes(PricePush.id)).where(
        *in_state(PushState.REFUSED), PricePush.listing_id.in_(differing()), ~newer.exists()
    )
    return query if scope == EVERYTHING else query.where(PricePush.listing_id.in_(ids(scope)))


def _with_store(query: Select[Any]) -> Select[Any]:
    return query.join(Store, Store.id == PricePush.store_id)


def _order(page: Page) -> Sequence[Any]:
    return frames.order(page, SORTS, PricePush.id, PricePush.id)
