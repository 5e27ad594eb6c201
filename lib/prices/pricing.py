"""Prices: what a product costs in a store today, and why.

Nothing is stored here. A price is worked out from the rule of the product's category and source, the newest rate of exchange and the
store's own terms; saving a rule changes no listing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db import frames, search
from db.frames import Page
from db.models import Category, Listing, ListingPrice, Product, Store, UploadDetail, now
from db.vocabulary import Source
from lib import changes as grid_changes
from lib.changes import Changes
from lib.commands import command
from lib.counted import counted
from lib.money import decimals
from lib.prices.formula import Price, StoreTerms, explain
from lib.prices.price_book import Book as Book
from lib.prices.price_book import Priced, Selling
from lib.prices.price_chain import chain
from lib.prices.price_draft import Scope
from lib.problems import Problem, Refused
from lib.products import categories
from lib.rights import Right


def quote(session: Session, products: Iterable[Priced], store: Selling) -> dict[int, Price]:
    """Today's price of each product in the store, by product id, with all that led to it. Four queries, however many there are.

    A price that cannot be made has no amount and says why (`Price.flag`); this never raises.
    """
    products = list(products)
    book = Book.read(session, products, [store.currency])
    return {product.id: book.price(product, store) for product in products}


# The price of each listing


@dataclass(frozen=True)
class Filter:
    """Listings whose prices are wanted. A category stands for everything below it too."""

    text: str = ""
    stores: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()
    listings: tuple[int, ...] = ()
    """Picked ones; none means all that the rest allows."""
    unpushed: bool = False
    """Only those whose price the marketplace does not have."""

    @classmethod
    def of(cls, scope: Scope) -> "Filter":
        return cls(scope.text, scope.stores, scope.categories, scope.sources, scope.listings)


SORTS = {
    "updated_at": Listing.updated_at,
    "sku": Listing.seller_sku,
    "store": Store.name,
    "category": Category.path,
    "source": Product.source,
    "source_price": Product.source_price,
    "live": ListingPrice.price,
}


def matching(wanted: Filter) -> Select[Any]:
    query = (
        select(Listing.id)
        .join(Product, Product.id == Listing.product_id)
        .join(Store, Store.id == Listing.store_id)
        .outerjoin(ListingPrice, ListingPrice.id == Listing.id)
        .outerjoin(Category, Category.id == Product.category_id)
    )
    if wanted.text:
        query = query.where(search.matching(wanted.text))
    if wanted.stores:
        query = query.where(Listing.store_id.in_(wanted.stores))
    if wanted.categories:
        query = query.where(Product.category_id.in_(categories.below(wanted.categories)))
    if wanted.sources:
        query = query.where(Product.source.in_(wanted.sources))
    if wanted.listings:
        query = query.where(Listing.id.in_(wanted.listings))
    if wanted.unpushed:
        there = ListingPrice.price.is_not(None) & ListingPrice.price.is_distinct_from(ListingPrice.pushed)
        query = query.where(there)
    return query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Listing.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """A row a listing: `live` is the price it has, `today` the one the rules would give, with `formula` and `formula_zh`.

    `sent` is the formula that was stored with its last upload; `differs` says whether today's price is another one.
    """
    ids = frames.page_of(matching(wanted), Listing.id, _order(page), page)
    sent = select(UploadDetail.formula).where(UploadDetail.listing_id == Listing.id).order_by(UploadDetail.id.desc())
    query = (
        matching(wanted)
        .with_only_columns(
            Listing.id, Listing.seller_sku.label("sku"), func.coalesce(Product.title_zh, Product.title_en).label("title"),
            Store.name.label("store"), Category.path.label("category"), Product.category_id, Product.source,
            Product.source_price, Product.currency, ListingPrice.price.label("live"), ListingPrice.locked,
            ListingPrice.pushed, Store.currency.label("store_currency"), Store.percent, Store.fine, Store.ending, Store.floor,
            Listing.status, Listing.updated_at,
            sent.limit(1).scalar_subquery().label("sent"),
        )
        .where(Listing.id.in_(ids))
        .order_by(*_order(page))
    )  # fmt: skip
    return _with_prices(session, frames.frame(session, query))


def _with_prices(session: Session, listings: pd.DataFrame) -> pd.DataFrame:
    rows: list[Any] = list(listings.itertuples())
    book = Book.read(session, rows, {row.store_currency for row in rows})
    prices = [book.price(row, _terms(row)) for row in rows]
    found = {
        "today": [price.amount for price in prices],
        "differs": [price.amount != row.live for price, row in zip(prices, rows, strict=True)],
        "formula": [explain(price) for price in prices],
        "formula_zh": [explain(price, "zh") for price in prices],
        "steps": [chain(price) for price in prices],
    }
    return listings.assign(**{name: pd.Series(cells, listings.index, dtype=object) for name, cells in found.items()})


def _terms(row: Any) -> StoreTerms:
    return StoreTerms(row.store, row.store_currency, row.percent, row.fine, row.ending, row.floor)


def _order(page: Page) -> tuple[Any, Any]:
    return frames.order(page, SORTS, Listing.updated_at, Listing.id)


# Prices typed by hand


SHOWN_AS = {"live": "price", "locked": "price_locked"}
"""What the grid calls them, and the listing."""


def check_prices(changes: Changes) -> list[Problem]:
    return [
        Problem("The price must be above 0.", edit.id, "live", value=edit.new)
        for edit in changes.edits
        if edit.field == "live" and (edit.new is None or edit.new <= 0)
    ]


@command(Right.PRICES)
def save_prices(session: Session, changes: Changes) -> str:
    """Write typed prices of listings, and keep prices from being moved by runs, or let them be moved again."""
    if problems := [*check_prices(changes), *_too_exact(session, changes)]:
        raise Refused(*problems)
    edits = [replace(edit, field=SHOWN_AS[edit.field]) for edit in changes.edits if edit.field in SHOWN_AS]
    try:
        rows = grid_changes.apply(session, Listing, edits, SHOWN_AS.values())
    except Refused as refusal:
        named = {stored: shown for shown, stored in SHOWN_AS.items()}
        raise Refused(*(replace(p, field=named.get(p.field or "", p.field)) for p in refusal.problems)) from refusal
    for row in rows:
        row.updated_at = now()
    return f"{counted(len(rows), 'listing')} changed here. Push the prices to change them on the marketplace."


def _too_exact(session: Session, changes: Changes) -> Iterator[Problem]:
    """Prices that their store's currency cannot pay."""
    typed: dict[int, Decimal] = {edit.id: edit.new for edit in changes.edits if edit.field == "live"}
    query = select(Listing.id, Store.currency).join(Store, Store.id == Listing.store_id).where(Listing.id.in_(typed))
    for row in session.execute(query):
        places = decimals(row.currency)
        if typed[row.id] != round(typed[row.id], places):
            text = f"A price in {row.currency} has {places or 'no'} decimals. Round {typed[row.id]:f}."
            yield Problem(text, row.id, "live", value=typed[row.id])
