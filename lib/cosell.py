"""Co-sell: our offers on items that somebody else has put on the marketplace.

An offer is saved as it is typed. Update also pushes it, once somebody has confirmed that it is the same brand and the same item and that
we may sell it; what is not complete stays a draft. The product of our own may be linked later, when an order has come.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from db import frames
from db.frames import Page
from db.models import CosellOffer, Listing, OrderLine, Product, Store
from db.vocabulary import OfferStatus
from lib import changes as grid_changes
from lib import jobs
from lib.changes import Changes
from lib.commands import command
from lib.counted import counted
from lib.money import decimals, round_half_up
from lib.problems import Problem, Refused
from lib.rights import Right

ASIN = re.compile("[A-Z0-9]{10}")
EDITABLE = ("store", "asin", "product", "sku", "price", "quantity", "floor", "confirmed")
PLACE = ("store", "asin", "sku")
SORTS = {
    "updated_at": CosellOffer.updated_at,
    "asin": CosellOffer.asin,
    "sku": CosellOffer.sku,
    "store": Store.name,
    "price": CosellOffer.price,
    "quantity": CosellOffer.quantity,
    "status": CosellOffer.status,
    "pushed_at": CosellOffer.pushed_at,
}
_ORDERED = select(OrderLine.offer_id).where(OrderLine.offer_id.is_not(None))


@dataclass(frozen=True)
class Filter:
    """`text` is a SKU or an ASIN; `unlinked`: has orders, but no product."""

    text: str = ""
    stores: tuple[int, ...] = ()
    status: OfferStatus | None = None
    unlinked: bool = False


# Rules


def check(changes: Changes) -> list[Problem]:
    """What is wrong in the typed cells. Currencies, floors and repeats are looked at when it is saved."""
    return [problem for edit in changes.edits if (problem := _cell(edit.id, edit.field, edit.new))]


def _cell(row: int | None, field: str, value: Any) -> Problem | None:
    if field == "asin" and not ASIN.fullmatch(value or ""):
        return Problem("An ASIN is 10 capital letters and digits, for example B08HJKL2M9.", row, field, value=value)
    if field == "price" and value is not None and value <= 0:
        return Problem("The price must be above 0.", row, field, value=value)
    if field == "sku" and not (value or "").strip():
        return Problem("An offer needs a SKU of its own.", row, field)
    return None


def problems_of(offer: CosellOffer, currency: str) -> list[Problem]:
    """What refuses an offer, also as a draft."""
    cells = (("asin", offer.asin), ("sku", offer.sku), ("price", offer.price))
    found = [problem for field, value in cells if (problem := _cell(offer.id, field, value))]
    for field, amount in (("price", offer.price), ("floor", offer.floor)):
        if amount is not None and amount != round_half_up(amount, currency):
            text = f"{currency} has {decimals(currency)} decimals; {amount.normalize():f} has more."
            found.append(Problem(text, offer.id, field, value=amount))
    if offer.floor is not None and offer.price is not None and offer.price < offer.floor:
        text = f"The price {offer.price.normalize():f} is below the floor {offer.floor.normalize():f}."
        found.append(Problem(text, offer.id, "price", value=offer.price))
    return found


def missing(offer: CosellOffer) -> list[str]:
    """What keeps an offer from being pushed."""
    there = {"a price": offer.price, "“same brand, same item, I may sell it” confirmed": offer.confirmed}
    return [name for name, given in there.items() if not given]


# Reading


def matching(wanted: Filter) -> Select[Any]:
    query = select(CosellOffer.id).join(Store, Store.id == CosellOffer.store_id)
    if wanted.text:
        query = query.where(or_(CosellOffer.sku == wanted.text, CosellOffer.asin == wanted.text.upper()))
    if wanted.stores:
        query = query.where(CosellOffer.store_id.in_(wanted.stores))
    if wanted.status is not None:
        query = query.where(CosellOffer.status == wanted.status)
    if wanted.unlinked:
        query = query.where(CosellOffer.product_id.is_(None), CosellOffer.id.in_(_ORDERED))
    return query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), CosellOffer.id)


def counts(session: Session) -> dict[str, int]:
    """How many offers are in each status, each counted to 10,000."""
    return {status.value: count(session, Filter(status=status)) for status in OfferStatus}


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    order = frames.order(page, SORTS, CosellOffer.updated_at, CosellOffer.id)
    ids = frames.page_of(matching(wanted), CosellOffer.id, order, page)
    lines = select(func.count(OrderLine.id)).where(OrderLine.offer_id == CosellOffer.id).scalar_subquery()
    query = matching(wanted).outerjoin(Product, Product.id == CosellOffer.product_id).with_only_columns(
        CosellOffer.id, Store.name.label("store"), CosellOffer.asin, CosellOffer.sku, Product.sku.label("product"),
        CosellOffer.price, Store.currency, CosellOffer.quantity, CosellOffer.floor, CosellOffer.confirmed, CosellOffer.status,
        CosellOffer.issue, CosellOffer.asin_brand, CosellOffer.asin_title, lines.label("orders"), CosellOffer.pushed_at,
        CosellOffer.updated_at,
    )  # fmt: skip
    return frames.frame(session, query.where(CosellOffer.id.in_(ids)).order_by(*order))


# Commands


@command(Right.OFFERS)
def save(session: Session, changes: Changes) -> str:
    """Save offers without telling the marketplace."""
    offers = _save(session, changes)
    return f"Offers: {changes}.{_repeats(session, offers)}"


@command(Right.OFFERS)
def update(session: Session, changes: Changes) -> str:
    """Save offers and push those that are complete and confirmed; the others stay as they are, and are named."""
    offers = _save(session, changes)
    ready = [offer for offer in offers if not missing(offer)]
    _mark(session, ready)
    waits = [f"{offer.sku} needs {' and '.join(missing(offer))}" for offer in offers if missing(offer)]
    pushed = f" {len(ready):,} will be pushed." if ready else ""
    stays = f" Not pushed: {'; '.join(waits[:5])}{' …' if len(waits) > 5 else ''}." if waits else ""
    return f"Offers: {changes}.{pushed}{stays}{_repeats(session, offers)}"


@command(Right.OFFERS)
def push(session: Session, ids: Sequence[int]) -> str:
    """Push offers as they are saved. All of them, or none."""
    offers = list(grid_changes.locked(session, CosellOffer, ids).values())
    problems = [
        Problem(f"{o.sku} needs {' and '.join(missing(o))}. Nothing was pushed.", o.id) for o in offers if missing(o)
    ]
    if problems or not offers:
        raise Refused(*problems or [Problem("There is no such offer any more. Nothing was pushed.")])
    _mark(session, offers)
    return f"{counted(len(offers), 'offer')} will be pushed.{_repeats(session, offers)}"


def _mark(session: Session, offers: Iterable[CosellOffer]) -> None:
    """Pushing without a submission means: waits to be sent. A paused offer is looked at afresh."""
    for offer in offers:
        if offer.status is OfferStatus.PAUSED:
            offer.asin_title = offer.asin_brand = None
        offer.status, offer.submission, offer.issue = OfferStatus.PUSHING, None, None
    session.flush()
    jobs.start(session, "sync", once="sync")


def _save(session: Session, changes: Changes) -> list[CosellOffer]:
    """Write what was typed, added and deleted; the offers that were touched and still are."""
    stores = {store.name: store for store in session.scalars(select(Store))}
    to_id: dict[str, Any] = {"store": {name: store.id for name, store in stores.items()}.get,
                             "product": _products(session, changes).get}  # fmt: skip
    with session.no_autoflush:
        touched = grid_changes.apply(session, CosellOffer, changes.edits, EDITABLE, to_id)
        if any(offer.store_id is None for offer in touched):
            raise Refused("An offer needs a store. Nothing was saved.")
        _refuse_moving(touched, changes)
        added = [_new(values, to_id) for values in changes.added]
        _refuse_wrong(session, [*touched, *added], {store.id: store.currency for store in stores.values()})
    session.add_all(added)
    for offer in grid_changes.locked(session, CosellOffer, changes.deleted).values():
        if offer.status is not OfferStatus.DRAFT and offer.status is not OfferStatus.REFUSED:
            raise Refused(
                f"{offer.sku} is on the marketplace. Set its quantity to 0 and update it. Nothing was deleted."
            )
        session.delete(offer)
    session.flush()
    return [*touched, *added]


def _products(session: Session, changes: Changes) -> dict[str | None, int | None]:
    """Product ids by SKU; refused for a SKU that is not in the library."""
    typed = {e.new for e in changes.edits if e.field == "product"} | {values.get("product") for values in changes.added}
    seen = {e.old for e in changes.edits if e.field == "product"}
    found = session.execute(
        select(Product.sku, Product.id).where(Product.sku.in_([sku for sku in typed | seen if sku]))
    )
    known: dict[str | None, int | None] = {None: None} | {row.sku: row.id for row in found}
    if unknown := sorted(sku for sku in typed if sku and sku not in known):
        raise Refused(f"There is no product with the SKU {', '.join(unknown[:5])}. Nothing was saved.")
    return known


def _new(values: Mapping[str, Any], to_id: Mapping[str, Any]) -> CosellOffer:
    store_id = to_id["store"](values.get("store"))
    if store_id is None:
        raise Refused("An offer needs a store. Nothing was added.")
    return CosellOffer(
        store_id=store_id, asin=(values.get("asin") or "").upper(), sku=values.get("sku") or "", price=values.get("price"),
        product_id=to_id["product"](values.get("product")), quantity=values.get("quantity") or 0, floor=values.get("floor"),
        confirmed=bool(values.get("confirmed")),
    )  # fmt: skip


def _refuse_moving(offers: Iterable[CosellOffer], changes: Changes) -> None:
    """On the marketplace an offer is known by its store, ASIN and SKU."""
    moved = {edit.id for edit in changes.edits if edit.field in PLACE}
    text = "This offer is on the marketplace under its store, ASIN and SKU: they cannot change. Add another offer."
    if fixed := [
        Problem(f"{text} Nothing was saved.", o.id) for o in offers if o.id in moved and o.pushed_at is not None
    ]:
        raise Refused(*fixed)


def _refuse_wrong(session: Session, offers: Sequence[CosellOffer], currencies: Mapping[int, str]) -> None:
    problems = [problem for offer in offers for problem in problems_of(offer, currencies[offer.store_id])]
    places = {(offer.store_id, offer.sku) for offer in offers}
    listed = select(Listing.store_id, Listing.seller_sku).where(Listing.seller_sku.in_({sku for _, sku in places}))
    for row in session.execute(listed):
        if (row.store_id, row.seller_sku) in places:
            problems.append(Problem(f"{row.seller_sku} is the SKU of a listing in that store. Choose another one."))
    if problems:
        raise Refused(*problems)


def _repeats(session: Session, offers: Iterable[CosellOffer]) -> str:
    """A warning for an ASIN that one store offers more than once."""
    places = {(offer.store_id, offer.asin) for offer in offers}
    query = (
        select(Store.name, CosellOffer.store_id, CosellOffer.asin)
        .join(Store, Store.id == CosellOffer.store_id)
        .where(CosellOffer.asin.in_({asin for _, asin in places}))
        .group_by(Store.name, CosellOffer.store_id, CosellOffer.asin)
        .having(func.count() > 1)
    )
    twice = [f"{row.asin} in {row.name}" for row in session.execute(query) if (row.store_id, row.asin) in places]
    return f" Mind: offered more than once: {', '.join(sorted(twice))}." if twice else ""
