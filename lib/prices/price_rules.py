"""Price rules and rates of exchange: what people type to make prices. Saving them changes no price of any listing.

A rule is all tiers of one category and source together. What looks like a slip is refused once, in words; whoever means it saves it
again in spite of the warnings.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from db import frames
from db.frames import Page
from db.models import Category, ExchangeRate, PriceTier
from db.vocabulary import Source
from lib import changes as grid_changes
from lib.changes import Changes
from lib.commands import command
from lib.orders import order_weighing
from lib.prices import exchange_rates, formula_check, rule_tiers
from lib.prices.draft_saving import save_draft as save_draft
from lib.prices.draft_saving import seen as seen
from lib.prices.formula import PLAIN, Tier
from lib.prices.price_versions import named as named
from lib.prices.price_versions import restore as restore
from lib.prices.price_versions import versions as versions
from lib.prices.rule_list import copy as copy
from lib.prices.rule_list import disable as disable
from lib.prices.rule_list import enable as enable
from lib.prices.rule_list import rules as rules
from lib.prices.rule_tiers import CONFIRM as CONFIRM
from lib.problems import Problem, Refused
from lib.products import categories
from lib.rights import Right

EDITABLE = ("category", "source", "threshold", "percent", "fine", "active")
AMOUNTS = ("threshold", "percent", "fine")
SORTS = {
    "category": Category.path,
    "source": PriceTier.source,
    "threshold": PriceTier.threshold,
    "percent": PriceTier.percent,
    "updated_at": PriceTier.updated_at,
}
RATE_SORTS = {"day": ExchangeRate.day, "base": ExchangeRate.base, "quote": ExchangeRate.quote}


@dataclass(frozen=True)
class Filter:
    """Tiers of these categories (not of those below them) and sources."""

    categories: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class RateFilter:
    """Rates from and to these currencies."""

    bases: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


# Rules


def check(changes: Changes) -> list[Problem]:
    """What is wrong with the typed numbers, cell by cell. What a rule as a whole says is checked when it is saved."""
    return [
        problem for edit in changes.edits if edit.field in AMOUNTS for problem in _cell(edit.id, edit.field, edit.new)
    ]


def _cell(row: int, field: str, value: Any) -> Iterator[Problem]:
    for problem in formula_check.errors([replace(PLAIN, **{field: value})]):
        yield replace(problem, row=row)


def check_rates(changes: Changes) -> list[Problem]:
    return [
        Problem(text, edit.id, "rate", value=edit.new)
        for edit in changes.edits
        if edit.field == "rate" and (text := exchange_rates.value_error(edit.new))
    ]


# Reading


def matching(wanted: Filter) -> Select[Any]:
    query = select(PriceTier.id).join(Category, Category.id == PriceTier.category_id)
    if wanted.categories:
        query = query.where(PriceTier.category_id.in_(wanted.categories))
    if wanted.sources:
        query = query.where(PriceTier.source.in_(wanted.sources))
    return query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), PriceTier.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """The tiers, those of one rule together from low to high."""
    first = SORTS.get(page.sort, Category.path)
    order = (
        first.desc() if page.descending else first.asc(),
        Category.path,
        PriceTier.source,
        PriceTier.threshold,
        PriceTier.id,
    )
    query = matching(wanted).with_only_columns(
        PriceTier.id, Category.path.label("category"), PriceTier.source, PriceTier.threshold, PriceTier.percent,
        PriceTier.fine, PriceTier.active, PriceTier.updated_at,
    )  # fmt: skip
    page_of_them = query.where(PriceTier.id.in_(frames.page_of(matching(wanted), PriceTier.id, order, page)))
    return frames.frame(session, page_of_them.order_by(*order))


def matching_rates(wanted: RateFilter) -> Select[Any]:
    query = select(ExchangeRate.id)
    if wanted.bases:
        query = query.where(ExchangeRate.base.in_(wanted.bases))
    if wanted.quotes:
        query = query.where(ExchangeRate.quote.in_(wanted.quotes))
    return query


def count_rates(session: Session, wanted: RateFilter) -> int:
    return frames.count(session, matching_rates(wanted), ExchangeRate.id)


def table_of_rates(session: Session, wanted: RateFilter, page: Page) -> pd.DataFrame:
    first = RATE_SORTS.get(page.sort, ExchangeRate.day)
    order = (first.desc() if page.descending else first.asc(), ExchangeRate.id.desc())
    query = matching_rates(wanted).with_only_columns(
        ExchangeRate.id, ExchangeRate.base, ExchangeRate.quote, ExchangeRate.day, ExchangeRate.rate
    )
    page_of_them = query.where(
        ExchangeRate.id.in_(frames.page_of(matching_rates(wanted), ExchangeRate.id, order, page))
    )
    return frames.frame(session, page_of_them.order_by(*order))


# Commands


@command(Right.PRICES)
def save(session: Session, changes: Changes) -> str:
    """Save tiers; refused when a rule has errors, or looks as if it were not meant."""
    return _save(session, changes, confirmed=False)


@command(Right.PRICES)
def save_confirmed(session: Session, changes: Changes) -> str:
    """Save tiers of which somebody has read the warnings and means them."""
    return _save(session, changes, confirmed=True)


def _save(session: Session, changes: Changes, confirmed: bool) -> str:
    known = categories.paths(session)
    rows = grid_changes.locked(session, PriceTier, {edit.id for edit in changes.edits} | set(changes.deleted))
    rules = {(tier.category_id, tier.source) for tier in rows.values()}
    with session.no_autoflush:
        touched = grid_changes.apply(session, PriceTier, changes.edits, EDITABLE, {"category": known.get})
        added = [PriceTier(**_new(values, known)) for values in changes.added]
        _refuse_errors([*touched, *added])
    session.add_all(added)
    for row_id in changes.deleted:
        if row_id in rows:
            session.delete(rows[row_id])
    session.flush()
    rules |= {(tier.category_id, tier.source) for tier in [*touched, *added]}
    warned = _look_at(session, rules, confirmed)
    return f"Price rules: {changes}.{rule_tiers.in_spite(warned)} {rule_tiers.UNCHANGED}"


def _new(values: Mapping[str, Any], known: Mapping[str, int]) -> dict[str, Any]:
    category = known.get(values.get("category") or "")
    if category is None or not values.get("source"):
        raise Refused("A tier needs a category and a source. Nothing was added.")
    given = {name: getattr(PLAIN, name) if values.get(name) is None else values[name] for name in AMOUNTS}
    return {**given, "category_id": category, "source": values["source"], "active": values.get("active") is not False}


def _refuse_errors(tiers: Iterable[PriceTier]) -> None:
    problems = [
        replace(problem, row=tier.id)
        for tier in tiers
        for problem in formula_check.errors([Tier(tier.threshold, tier.percent, tier.fine)])
    ]
    if problems:
        raise Refused(*problems)


def _look_at(session: Session, rules: set[tuple[int, Source]], confirmed: bool) -> int:
    """Refuse a rule with errors; refuse one with warnings unless they are confirmed. Returns how many warnings there were."""
    if not rules:
        return 0
    query = (
        select(PriceTier, Category.path)
        .join(Category)
        .where(PriceTier.active, tuple_(PriceTier.category_id, PriceTier.source).in_([(c, str(s)) for c, s in rules]))
        .order_by(PriceTier.threshold)
    )
    by_rule: dict[str, list[PriceTier]] = {}
    for tier, path in session.execute(query):
        by_rule.setdefault(rule_tiers.called(tier.source, path), []).append(tier)
    tiers = {name: [rule_tiers.plain_tier(tier) for tier in held] for name, held in by_rule.items()}
    return rule_tiers.judge(tiers, confirmed, ids={name: [tier.id for tier in held] for name, held in by_rule.items()})


@command(Right.PRICES)
def save_rates(session: Session, changes: Changes) -> str:
    """Save rates of exchange. The newest of a pair is the one that prices are made with."""
    with session.no_autoflush:
        touched = grid_changes.apply(session, ExchangeRate, changes.edits, ("base", "quote", "day", "rate"))
        added = [
            ExchangeRate(**{n: values.get(n) for n in ("base", "quote", "day", "rate")}) for values in changes.added
        ]
        problems = [
            Problem(text, rate.id)
            for rate in [*touched, *added]
            if (text := exchange_rates.error(rate.base, rate.quote, rate.day, rate.rate))
        ]
    if problems:
        raise Refused(*problems)
    session.add_all(added)
    for rate in grid_changes.locked(session, ExchangeRate, changes.deleted).values():
        session.delete(rate)
    session.flush()
    order_weighing.soon(session)
    return f"Exchange rates: {changes}. No price of a listing has changed."
