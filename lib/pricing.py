"""Prices: what a product costs in a store today, and why.

Nothing is stored here. A price is worked out from the rule of the product's category and source, the newest rate of exchange and the
store's own terms; saving a rule changes no listing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import pandas as pd
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db import frames, search
from db.frames import Page
from db.models import Category, ExchangeRate, Listing, ListingPrice, PriceTier, Product, Store, UploadDetail
from db.vocabulary import Source
from lib import categories
from lib.formula import Price, Rate, Rule, StoreTerms, Tier, explain, nearest, price
from lib.price_chain import chain


class Priced(Protocol):
    """What the price of a product depends on; a Product, or a row with these columns."""

    @property
    def id(self) -> int: ...
    @property
    def category_id(self) -> int | None: ...
    @property
    def source(self) -> Source: ...
    @property
    def source_price(self) -> Decimal | None: ...
    @property
    def currency(self) -> str: ...


class Selling(Protocol):
    """What a store adds; a Store, or a row with these columns."""

    @property
    def name(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def percent(self) -> Decimal: ...
    @property
    def fine(self) -> Decimal: ...


def quote(session: Session, products: Iterable[Priced], store: Selling) -> dict[int, Price]:
    """Today's price of each product in the store, by product id, with all that led to it. Three queries, however many there are.

    A price that cannot be made has no amount and says why (`Price.flag`); this never raises.
    """
    products = list(products)
    book = Book.read(session, products, [store.currency])
    return {product.id: book.price(product, store) for product in products}


@dataclass(frozen=True)
class Book:
    """All that prices of some products are made from, read once."""

    paths: dict[int, list[str]]
    rules: dict[Source, list[Rule]]
    rates: dict[tuple[str, str], Rate]
    _nearest: dict[tuple[int | None, Source], Rule | None] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, products: Iterable[Priced], currencies: Iterable[str]) -> "Book":
        products = list(products)
        wanted = {int(p.category_id) for p in products if p.category_id is not None}
        paths = (
            session.execute(select(Category.id, Category.path).where(Category.id.in_(wanted))).all() if wanted else []
        )
        return cls(
            paths={row.id: categories.lineage(row.path) for row in paths},
            rules=active_rules(session, {p.source for p in products}),
            rates=newest_rates(session, currencies),
        )

    def price(self, product: Priced, store: Selling) -> Price:
        terms = StoreTerms(store.name, store.currency, store.percent, store.fine)
        rate = self.rates.get((product.currency, store.currency))
        return price(
            product.source_price, product.currency, self.rule(product.category_id, product.source), terms, rate
        )

    def rule(self, category_id: int | None, source: Source) -> Rule | None:
        """The rule of the category or its nearest ancestor, of this source and no other."""
        key = (category_id, source)
        if key not in self._nearest:
            path = self.paths.get(category_id, []) if category_id is not None else []
            self._nearest[key] = nearest(self.rules.get(source, []), path, str(source))
        return self._nearest[key]


def active_rules(session: Session, sources: Iterable[Source] | None = None) -> dict[Source, list[Rule]]:
    """The price rules in force, by source. A rule is all the active tiers of one category and source."""
    query = (
        select(Category.path, PriceTier.source, PriceTier.threshold, PriceTier.percent, PriceTier.fine)
        .join(Category, Category.id == PriceTier.category_id)
        .where(PriceTier.active)
        .order_by(Category.path, PriceTier.source, PriceTier.threshold)
    )
    if sources is not None:
        query = query.where(PriceTier.source.in_(list(sources)))
    tiers: dict[tuple[Source, str], list[Tier]] = {}
    for row in session.execute(query):
        tiers.setdefault((row.source, row.path), []).append(Tier(row.threshold, row.percent, row.fine))
    rules: dict[Source, list[Rule]] = {}
    for (source, path), steps in tiers.items():
        rules.setdefault(source, []).append(Rule(path, source.value, tuple(steps)))
    return rules


def newest_rates(session: Session, currencies: Iterable[str]) -> dict[tuple[str, str], Rate]:
    """The newest rate of each pair into these currencies. Only the pair itself: a reciprocal would not be exact."""
    newest = (
        select(ExchangeRate.base, ExchangeRate.quote, func.max(ExchangeRate.day).label("day"))
        .where(ExchangeRate.quote.in_(set(currencies)))
        .group_by(ExchangeRate.base, ExchangeRate.quote)
        .subquery()
    )
    same = (
        (ExchangeRate.base == newest.c.base)
        & (ExchangeRate.quote == newest.c.quote)
        & (ExchangeRate.day == newest.c.day)
    )
    return {
        (row.base, row.quote): Rate(f"{row.base}/{row.quote}", row.rate, row.day)
        for row in session.scalars(select(ExchangeRate).join(newest, same))
    }


# The price of each listing


@dataclass(frozen=True)
class Filter:
    """Listings whose prices are wanted. A category stands for everything below it too."""

    text: str = ""
    stores: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()


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
            Product.source_price, Product.currency, ListingPrice.price.label("live"), ListingPrice.locked, ListingPrice.pushed, Store.currency.label("store_currency"),
            Store.percent, Store.fine, Listing.status, Listing.updated_at, sent.limit(1).scalar_subquery().label("sent"),
        )
        .where(Listing.id.in_(ids))
        .order_by(*_order(page))
    )  # fmt: skip
    return _with_prices(session, frames.frame(session, query))


def _with_prices(session: Session, listings: pd.DataFrame) -> pd.DataFrame:
    rows: list[Any] = list(listings.itertuples())
    book = Book.read(session, rows, {row.store_currency for row in rows})
    prices = [book.price(row, StoreTerms(row.store, row.store_currency, row.percent, row.fine)) for row in rows]
    found = {
        "today": [price.amount for price in prices],
        "differs": [price.amount != row.live for price, row in zip(prices, rows, strict=True)],
        "formula": [explain(price) for price in prices],
        "formula_zh": [explain(price, "zh") for price in prices],
        "steps": [chain(price) for price in prices],
    }
    return listings.assign(**{name: pd.Series(cells, listings.index, dtype=object) for name, cells in found.items()})


def _order(page: Page) -> tuple[Any, Any]:
    column = SORTS.get(page.sort, Listing.updated_at)
    return (column.desc(), Listing.id.desc()) if page.descending else (column.asc(), Listing.id.asc())
