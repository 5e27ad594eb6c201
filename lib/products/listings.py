"""Listings: which product is on sale in which store, at which price, and what the marketplace said about it.

Creating a listing only puts it into the queue; lib/products/uploads.py prepares what is sent, and lib/sync.py does the talking.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from db import frames, price_moves, search
from db.frames import MANY, Page
from db.models import CosellOffer, Listing, ListingPrice, Product, Store, now
from db.vocabulary import LibraryState, ListingStatus
from lib import changes as grid_changes
from lib import jobs
from lib.changes import Changes
from lib.commands import command
from lib.counted import counted
from lib.prices import price_queue, pricing
from lib.prices.formula import Price
from lib.problems import Problem, Refused
from lib.rights import Right

WORDS = ListingStatus
SORTS = {
    "updated_at": Listing.updated_at,
    "sku": Listing.seller_sku,
    "store": Store.name,
    "status": Listing.status,
    "price": ListingPrice.price,
    "asin": Listing.asin,
}
MOST = 1_000
"""How many products can be listed at once."""

AGAIN = (
    ListingStatus.NOT_UPLOADED,
    ListingStatus.ACTIVE,
    ListingStatus.WARNING,
    ListingStatus.FAILED,
    ListingStatus.INACTIVE,
)
"""From these a listing can be sent (again)."""


@dataclass(frozen=True)
class Filter:
    text: str = ""
    status: ListingStatus | None = None
    stores: tuple[str, ...] = ()
    with_issue: bool = False
    without_price: bool = False
    price_differs: bool = False
    """It is up, and the marketplace has taken another price."""


# Rules


def check(changes: Changes) -> list[Problem]:
    return [
        Problem("The price must be above 0.", edit.id, edit.field)
        for edit in changes.edits
        if edit.field == "price" and (edit.new is None or edit.new <= 0)
    ]


def obstacles(product: Product, price: Price | None) -> Iterator[str]:
    """What keeps a product from being listed in any store, each in a few words."""
    if product.state == LibraryState.DELETED:
        yield "it is deleted"
    if not (product.title_en or product.title_zh):
        yield "it has no title"
    if not product.ean:
        yield "it has no product code (EAN Generator gives one)"
    if price is not None and price.amount is None:
        yield (price.flag or "it has no price").rstrip(".")


# Reading


def matching(wanted: Filter) -> Select[Any]:
    query = select(Listing.id)
    if wanted.text:
        words = search.matching(wanted.text)
        found = select(Product.id).where(words)
        named = wanted.text.strip().upper()
        query = query.where(
            or_(Listing.product_id.in_(found), Listing.asin == named, Listing.seller_sku == wanted.text.strip())
        )
    if wanted.status is not None:
        query = query.where(Listing.status == wanted.status)
    if wanted.stores:
        query = query.where(Listing.store_id.in_(select(Store.id).where(Store.name.in_(wanted.stores))))
    if wanted.with_issue:
        query = query.where(Listing.issue.is_not(None))
    if wanted.without_price:
        priced = select(ListingPrice.id).where(ListingPrice.id == Listing.id, ListingPrice.price.is_not(None))
        query = query.where(~priced.exists())
    if wanted.price_differs:
        query = query.where(price_queue.ON_SALE, Listing.id.in_(price_queue.differing()))
    return query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Listing.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """The rows of one page: index `id`; money as Decimal, times with their zone."""
    query = matching(wanted)
    if (
        wanted.price_differs and count(session, wanted) <= MANY
    ):  # these few first: else all are walked in order to find them
        query = select(Listing.id).where(Listing.id.in_(session.scalars(query).all()))
    if page.sort == "store":
        query = query.join(Store, Store.id == Listing.store_id)
    if page.sort == "price":
        query = query.outerjoin(ListingPrice, ListingPrice.id == Listing.id)
    ids = frames.page_of(query, Listing.id, _order(page), page).subquery()
    shown = (
        select(
            Listing.id, Product.picture, Listing.seller_sku.label("sku"), Product.title_zh, Product.title_en,
            Store.name.label("store"), Listing.status, ListingPrice.price, ListingPrice.pushed, Store.currency, Listing.quantity,
            Listing.code, Listing.asin, Listing.issue, Listing.updated_at,
        )
        .join(ids, ids.c.id == Listing.id)
        .join(Product, Product.id == Listing.product_id)
        .join(Store, Store.id == Listing.store_id)
        .outerjoin(ListingPrice, ListingPrice.id == Listing.id)
        .order_by(*_order(page))
    )  # fmt: skip
    return frames.frame(session, shown)


def _order(page: Page) -> Sequence[Any]:
    return frames.order(page, SORTS, Listing.updated_at, Listing.id)


def counts(session: Session, wanted: Filter | None = None) -> Mapping[str, int]:
    """How many listings have each status, each counted to 10,000."""
    found = {}
    for status in ListingStatus:
        ids = select(Listing.id).where(Listing.status == status).limit(MANY + 1).subquery()
        found[status.value] = session.scalar(select(func.count()).select_from(ids)) or 0
    return found


def store_names(session: Session) -> tuple[str, ...]:
    """The stores that something can be listed in."""
    return tuple(session.scalars(select(Store.name).where(Store.active).order_by(Store.name)))


def stores(session: Session) -> dict[int, str]:
    """The same by id, with the marketplace's country: US-01 (US, USD)."""
    found = session.scalars(select(Store).where(Store.active).order_by(Store.name))
    return {store.id: f"{store.name} ({store.marketplace}, {store.currency})" for store in found}


# Commands


@command(Right.LISTINGS)
def create(
    session: Session,
    product_ids: Sequence[int],
    store_ids: Sequence[int],
    quantity: int = 10,
    leave_out: bool = False,
) -> str:
    """Put products on sale in stores, at today's prices; they are sent with the next run.

    Refuses with a reason for each product and store; with `leave_out` only when none at all can be listed.
    """
    if not product_ids or not store_ids:
        raise Refused("Choose at least one product and one store. Nothing was listed.")
    if len(product_ids) > MOST:
        raise Refused(f"At most {MOST:,} products are listed at once, not {len(product_ids):,}. Nothing was listed.")
    if not 0 <= quantity <= 1_000_000:
        raise Refused("The quantity must be from 0 to 1,000,000. Nothing was listed.")
    products = list(grid_changes.locked(session, Product, product_ids).values())
    chosen = session.scalars(select(Store).where(Store.id.in_(store_ids), Store.active).order_by(Store.name)).all()
    problems: list[Problem] = []
    made: list[Listing] = []
    for store in chosen:
        _prepare(session, products, store, quantity, made, problems)
    if not made or (problems and not leave_out):
        raise Refused(
            *(problems or (Problem("None of these products or stores exists any more. Nothing was listed."),))
        )
    session.add_all(made)
    session.flush()
    jobs.start(session, "sync", once="sync")
    left = f" {len(problems)} left out: {problems[0].text}" if problems else ""
    return f"{counted(len(made), 'listing waits', 'listings wait')} to be sent to {', '.join(store.name for store in chosen)}.{left}"


def _prepare(
    session: Session,
    products: Sequence[Product],
    store: Store,
    quantity: int,
    made: list[Listing],
    problems: list[Problem],
) -> None:
    """The listings of one store; what cannot be listed there goes to `problems`."""
    prices = pricing.quote(session, products, store)
    taken = _taken(session, products, store)
    for product in products:
        reasons = list(obstacles(product, prices.get(product.id)))
        if reason := taken.get(product.sku):
            reasons.append(reason)
        if reasons:
            problems.append(
                Problem(f"{product.sku} was not listed in {store.name}: {'; '.join(reasons)}.", product.id, "sku")
            )
        else:
            made.append(_listing(product, store, prices[product.id].amount, quantity))


def _taken(session: Session, products: Sequence[Product], store: Store) -> dict[str, str]:
    """Why a SKU is not free in the store, by SKU."""
    skus, ids = [p.sku for p in products], [p.id for p in products]
    by_id = {p.id: p.sku for p in products}
    taken = {}
    offers = select(CosellOffer.sku).where(CosellOffer.store_id == store.id, CosellOffer.sku.in_(skus))
    for sku in session.scalars(offers):
        taken[sku] = "a co-sell offer uses this SKU there"
    there = select(Listing).where(
        Listing.store_id == store.id, or_(Listing.product_id.in_(ids), Listing.seller_sku.in_(skus))
    )
    for listing in session.scalars(there):
        taken[by_id.get(listing.product_id, listing.seller_sku)] = "it is listed there already"
    return taken


def _listing(product: Product, store: Store, price: Decimal | None, quantity: int) -> Listing:
    return Listing(
        product_id=product.id, store_id=store.id, seller_sku=product.sku, code=product.ean, price=price,
        quantity=quantity, status=ListingStatus.QUEUED,
    )  # fmt: skip


@command(Right.LISTINGS)
def save(session: Session, changes: Changes) -> str:
    """Write typed prices and quantities. Nothing of it reaches the marketplace before it is sent."""
    if problems := check(changes):
        raise Refused(*problems)
    price_moves.hold(session, {edit.id for edit in changes.edits if edit.field == "price"})
    rows = grid_changes.apply(session, Listing, changes.edits, ("price", "quantity"))
    for row in rows:
        row.updated_at = now()
    return f"{counted(len(rows), 'listing')} changed here. “Send prices” takes new prices to the marketplace, “Send again” everything."


@command(Right.LISTINGS)
def send_prices(session: Session, which: Filter | Sequence[int]) -> str:
    """Let the prices of listings, ticked or all that match, be sent where the marketplace has others, and nothing else of them."""
    chosen = matching(which) if isinstance(which, Filter) else price_queue.ids(price_queue.picked(which))
    return price_queue.queue(session, chosen)


@command(Right.LISTINGS)
def send_again(session: Session, listing_ids: Sequence[int]) -> str:
    """Put listings back into the queue, with the product's code and details as they are now."""
    rows = grid_changes.locked(session, Listing, listing_ids[:MOST])
    busy = [row for row in rows.values() if row.status not in AGAIN]
    if busy or not rows:
        names = ", ".join(row.seller_sku for row in busy[:5])
        raise Refused(
            f"{names}: on its way already, or deleted. Nothing was sent; leave it out." if busy
            else "These listings do not exist any more. Nothing was sent."
        )  # fmt: skip
    codes = _codes(session, rows.values())
    for row in rows.values():
        row.status, row.issue, row.code = ListingStatus.QUEUED, None, codes[row.product_id]
        row.updated_at = now()
    jobs.start(session, "sync", once="sync")
    return f"{counted(len(rows), 'listing waits', 'listings wait')} to be sent."


def _codes(session: Session, rows: Any) -> dict[int, str | None]:
    found = session.execute(select(Product.id, Product.ean).where(Product.id.in_({row.product_id for row in rows})))
    return {row.id: row.ean for row in found}
