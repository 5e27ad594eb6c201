"""Stores: our seller accounts, each on one marketplace, with what it adds to a price, how its prices end and their floor."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from db import frames
from db.frames import Page
from db.models import CosellOffer, Listing, Order, Store
from db.vocabulary import ChannelKind
from lib import changes as grid_changes
from lib.changes import Changes
from lib.commands import command
from lib.orders import order_weighing
from lib.prices import formula_check
from lib.prices.formula import StoreTerms
from lib.prices.price_book import terms_of
from lib.prices.price_rules import CONFIRM
from lib.problems import Problem, Refused
from lib.rights import Right

MARKETPLACES = {
    "AE": "AED", "AU": "AUD", "BE": "EUR", "CA": "CAD", "CN": "CNY", "DE": "EUR", "ES": "EUR", "FR": "EUR", "GB": "GBP", "IE": "EUR",
    "IT": "EUR", "JP": "JPY", "MX": "MXN", "NL": "EUR", "PL": "PLN", "SA": "SAR", "SE": "SEK", "SG": "SGD", "US": "USD",
}  # fmt: skip
"""The marketplaces by country, each with the currency that it pays in."""

TERMS = ("percent", "fine", "ending", "floor", "active")
FEE = "fee_percent"
"""What the marketplace keeps of a sale, from 0 to 100 %; it changes no price, but what an order leaves."""
WITH_EACH_PLACES = ("CNY", "JPY", "KWD")  # of 2, 0 and 3 decimals: all that our currencies have
ACCOUNT = ("name", "marketplace", "channel")
SORTS = {"name": Store.name, "marketplace": Store.marketplace, "currency": Store.currency, "percent": Store.percent}


@dataclass(frozen=True)
class Filter:
    active_only: bool = False


def check(changes: Changes) -> list[Problem]:
    """What is wrong with typed terms, cell by cell. Whether the store's own currency can have them is said when they are saved."""
    return [
        replace(problem, row=edit.id)
        for edit in changes.edits
        if edit.field in (*TERMS, FEE)
        for problem in (_wrong_fee(edit.new) if edit.field == FEE else _wrong_in_any_currency(edit.field, edit.new))
    ]


def _wrong_fee(value: Any) -> list[Problem]:
    is_share = isinstance(value, Decimal) and value.is_finite() and 0 <= value <= 100 and value == round(value, 2)
    return (
        [] if is_share else [Problem("The fee is from 0 to 100 %, with two decimals at most.", field=FEE, value=value)]
    )


def _wrong_in_any_currency(field: str, value: Any) -> list[Problem]:
    plain = StoreTerms("", "", Decimal(100), Decimal(0))
    if field == "active":
        return []
    found = [
        formula_check.terms_errors(replace(plain, currency=currency, **{field: value})) for currency in WITH_EACH_PLACES
    ]
    return found[0] if all(found) else []


def matching(wanted: Filter) -> Select[Any]:
    query = select(Store.id)
    return query.where(Store.active) if wanted.active_only else query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Store.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    first = SORTS.get(page.sort, Store.name)
    order = (first.desc() if page.descending else first.asc(), Store.id)
    query = matching(wanted).with_only_columns(
        Store.id, Store.name, Store.marketplace, Store.currency, Store.channel, Store.percent, Store.fine, Store.ending,
        Store.floor, Store.active, Store.fee_percent,
    )  # fmt: skip
    page_of_them = query.where(Store.id.in_(frames.page_of(matching(wanted), Store.id, order, page)))
    return frames.frame(session, page_of_them.order_by(*order))


def names(session: Session) -> dict[int, str]:
    """The stores that are in use, id -> name, for filters."""
    query = select(Store.id, Store.name).where(Store.active).order_by(Store.name)
    return {row.id: row.name for row in session.execute(query)}


@command(Right.PRICES)
def save_terms(session: Session, changes: Changes) -> str:
    """Save what a store adds to its prices, how they end and their floor; refused when it looks like a slip."""
    return _save_terms(session, changes, confirmed=False)


@command(Right.PRICES)
def save_terms_confirmed(session: Session, changes: Changes) -> str:
    """Save what a store adds to its prices, of which somebody has read the warnings and means them."""
    return _save_terms(session, changes, confirmed=True)


def _save_terms(session: Session, changes: Changes, confirmed: bool) -> str:
    if wrong := [problem for edit in changes.edits if edit.field == FEE for problem in _wrong_fee(edit.new)]:
        raise Refused(*wrong, Problem("Nothing was saved."))
    with session.no_autoflush:
        touched = grid_changes.apply(session, Store, changes.edits, (*TERMS, FEE))
        for store in touched:
            store.ending = store.ending or None
        problems = _of_terms(touched, formula_check.terms_errors)
        warnings = [] if problems or confirmed else _of_terms(touched, formula_check.terms_warnings)
    if problems:
        raise Refused(*problems)
    if warnings:
        raise Refused(*warnings, Problem(CONFIRM))
    if any(edit.field == FEE for edit in changes.edits):
        order_weighing.soon(session)
    return f"Stores: {changes}. No price of a listing has changed."


def _of_terms(stores: Iterable[Store], look: Any) -> list[Problem]:
    return [
        replace(problem, row=store.id, text=f"{store.name}: {problem.text}")
        for store in stores
        for problem in look(terms_of(store))
    ]


@command(Right.COMPANY)
def save(session: Session, changes: Changes) -> str:
    """Open, rename or close store accounts. The currency follows from the marketplace."""
    _refuse_moving(session, changes)
    touched = grid_changes.apply(session, Store, changes.edits, ACCOUNT)
    for store in touched:
        store.currency = _currency(store.marketplace)
    if problems := _of_terms(touched, formula_check.terms_errors):
        raise Refused(*problems)
    for values in changes.added:
        if not (values.get("name") or "").strip():
            raise Refused("A store needs a name. Nothing was added.")
        given = {name: values[name] for name in ACCOUNT if values.get(name) is not None}
        session.add(Store(**{"channel": ChannelKind.DEMO, **given, "currency": _currency(values.get("marketplace"))}))
    for store in grid_changes.locked(session, Store, changes.deleted).values():
        session.delete(store)
    session.flush()
    return f"Stores: {changes}."


def _currency(marketplace: str | None) -> str:
    if marketplace not in MARKETPLACES:
        raise Refused(f"{marketplace or 'Nothing'} is not a marketplace that Caravan knows. Nothing was saved.")
    return MARKETPLACES[marketplace]


def _refuse_moving(session: Session, changes: Changes) -> None:
    """A store with listings or orders stays where it is: their amounts are in its currency."""
    moving = {edit.id for edit in changes.edits if edit.field == "marketplace"}
    used = [exists().where(model.store_id == Store.id) for model in (Listing, Order, CosellOffer)]
    for store in session.execute(select(Store.id, Store.name).where(Store.id.in_(moving), used[0] | used[1] | used[2])):
        text = (
            f"{store.name} has listings, orders or offers already: its marketplace cannot change. Open another store."
        )
        raise Refused(Problem(f"{text} Nothing was saved.", store.id, "marketplace"))
