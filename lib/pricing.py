"""Prices: what a product costs in a store today, and why.

Nothing is stored here. A price is worked out from the rule of the product's category and source, the newest rate of exchange and the
store's own terms; saving a rule changes no listing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db import frames, search
from db.frames import Page
from db.models import Category, Listing, ListingPrice, Product, Store, UploadDetail
from db.vocabulary import Source
from lib import categories
from lib.formula import Price, StoreTerms, explain
from lib.price_book import Book as Book
from lib.price_book import Priced, Selling
from lib.price_chain import chain
from lib.price_draft import Scope


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
    column = SORTS.get(page.sort, Listing.updated_at)
    return (column.desc(), Listing.id.desc()) if page.descending else (column.asc(), Listing.id.asc())
