"""The price book: the rules, store terms and rates that prices are made from, as they are saved or as a draft would have them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import rule_versions
from db.models import Category, ExchangeRate, PriceTier, Store
from db.vocabulary import Source
from lib.prices.formula import Price, Rate, Rule, StoreTerms, Tier, nearest, plain, price
from lib.prices.price_draft import Draft
from lib.products import categories


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
    @property
    def ending(self) -> str | None: ...
    @property
    def floor(self) -> Decimal | None: ...


@dataclass(frozen=True)
class Book:
    """All that prices are made from, read once; either for some products, or the whole of it."""

    paths: dict[int, list[str]]
    """The category and all above it, root first, by the category's id."""
    rules: dict[Source, list[Rule]]
    rates: dict[tuple[str, str], Rate]
    stores: dict[int, StoreTerms] = field(default_factory=dict)
    """The terms of the active stores; only in a whole book."""
    _nearest: dict[tuple[int | None, Source], Rule | None] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, session: Session, products: Iterable[Priced], currencies: Iterable[str]) -> "Book":
        """What the prices of these products in stores of these currencies are made from."""
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

    @classmethod
    def whole(cls, session: Session) -> "Book":
        """Everything: all categories, all rules with their versions, the active stores, the newest rates into their currencies."""
        stores = {
            store.id: terms_of(store) for store in session.scalars(select(Store).where(Store.active).order_by(Store.id))
        }
        return cls(
            paths={row.id: categories.lineage(row.path) for row in session.execute(select(Category.id, Category.path))},
            rules=active_rules(session),
            rates=newest_rates(session, {terms.currency for terms in stores.values()}),
            stores=stores,
        )

    def drafted(self, draft: Draft) -> "Book":
        """The book as it would be with this draft. A rule for a category that is gone is left out."""
        rules = {source: {rule.category: rule for rule in held} for source, held in self.rules.items()}
        for (category_id, source), tiers in draft.rules.items():
            if not (path := self.paths.get(category_id)):
                continue
            of_source = rules.setdefault(source, {})
            saved = of_source.pop(path[-1], None)
            if tiers is not None:
                same = saved is not None and set(saved.tiers) == set(tiers)
                of_source[path[-1]] = saved if same and saved else Rule(path[-1], source.value, tiers)
        tried = {pair: Rate(pair, value) for pair, value in draft.rates.items()}
        return replace(
            self,
            rules={source: list(held.values()) for source, held in rules.items()},
            stores={n: draft.stores.get(n, terms) for n, terms in self.stores.items()},
            rates=self.rates | {_pair(pair): rate for pair, rate in tried.items()},
            _nearest={},
        )

    @cached_property
    def mark(self) -> str:
        """The same as long as nothing that prices are made from has changed."""
        told = {
            "rules": sorted(
                [r.source, r.category, r.id or 0, [[plain(t.threshold), plain(t.percent), plain(t.fine)] for t in r.tiers]]
                for held in self.rules.values() for r in held
            ),
            "stores": [
                [number, *(plain(value) if isinstance(value, Decimal) else value for value in astuple(terms))]
                for number, terms in sorted(self.stores.items())
            ],
            "rates": sorted([*pair, plain(rate.value)] for pair, rate in self.rates.items()),
            "paths": sorted((number, path[-1]) for number, path in self.paths.items()),
        }  # fmt: skip
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def price(self, product: Priced, store: Selling) -> Price:
        rate = self.rates.get((product.currency, store.currency))
        rule = self.rule(product.category_id, product.source)
        return price(product.source_price, product.currency, rule, terms_of(store), rate)

    def rule(self, category_id: int | None, source: Source) -> Rule | None:
        """The rule of the category or its nearest ancestor, of this source and no other."""
        key = (category_id, source)
        if key not in self._nearest:
            path = self.paths.get(category_id, []) if category_id is not None else []
            self._nearest[key] = nearest(self.rules.get(source, []), path, str(source))
        return self._nearest[key]


def terms_of(store: Selling) -> StoreTerms:
    return StoreTerms(store.name, store.currency, store.percent, store.fine, store.ending, store.floor)


def _pair(pair: str) -> tuple[str, str]:
    base, _, quote = pair.partition("/")
    return base, quote


def active_rules(session: Session, sources: Iterable[Source] | None = None) -> dict[Source, list[Rule]]:
    """The price rules in force, by source, each with the id and number of its version: all active tiers of a category and source."""
    query = (
        select(
            Category.path,
            PriceTier.category_id,
            PriceTier.source,
            PriceTier.threshold,
            PriceTier.percent,
            PriceTier.fine,
        )
        .join(Category, Category.id == PriceTier.category_id)
        .where(PriceTier.active)
        .order_by(Category.path, PriceTier.source, PriceTier.threshold)
    )
    if sources is not None:
        query = query.where(PriceTier.source.in_(list(sources)))
    tiers: dict[tuple[Source, str, int], list[Tier]] = {}
    for row in session.execute(query):
        tiers.setdefault((row.source, row.path, row.category_id), []).append(Tier(row.threshold, row.percent, row.fine))
    versions = rule_versions.newest_of_all(session) if tiers else {}
    rules: dict[Source, list[Rule]] = {}
    for (source, path, category_id), steps in tiers.items():
        number, version = versions.get((category_id, source), (None, None))
        rules.setdefault(source, []).append(Rule(path, source.value, tuple(steps), number, version))
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
