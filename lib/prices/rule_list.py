"""Price rules as wholes: which there are, a row each; one copied to others, switched off and on again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from db import frames, rule_versions
from db.frames import Page
from db.models import Category, PriceRuleVersion, PriceTier
from db.pasted import numbered
from db.vocabulary import Source
from lib.commands import command
from lib.counted import agreeing
from lib.prices import price_versions, rule_tiers
from lib.prices.formula import Tier
from lib.prices.price_draft import RuleKey, shifted
from lib.problems import Problem, Refused
from lib.rights import Right

NO_POINTS = Decimal(0)
MOST = 500
"""Rules that one command touches."""


@dataclass(frozen=True)
class Filter:
    """Rules of these categories (not of those below them) and sources; `active`: only those in force."""

    categories: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()
    active: bool = False


FIRST, IS_ACTIVE = func.min(PriceTier.id), func.max(case((PriceTier.active, 1), else_=0))
SORTS = {"category": Category.path, "source": PriceTier.source}


def matching(wanted: Filter) -> Select[Any]:
    """A row a rule; its id is that of its oldest tier."""
    rule: list[Any] = [PriceTier.category_id, PriceTier.source, Category.path]
    query: Select[Any] = select(FIRST.label("id"), *rule).join(Category, Category.id == PriceTier.category_id)
    query = query.group_by(*rule)
    if wanted.categories:
        query = query.where(PriceTier.category_id.in_(wanted.categories))
    if wanted.sources:
        query = query.where(PriceTier.source.in_(wanted.sources))
    return query.having(IS_ACTIVE == 1) if wanted.active else query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), FIRST)


def rules(session: Session, wanted: Filter | None = None, page: Page | None = None) -> pd.DataFrame:
    """A row a rule: category, source, category_id, tiers in words, active, version, changed_at, changed_by.

    A rule that is switched off shows the tiers that it had. Without a page, the first 500 by category.
    """
    wanted, page = wanted or Filter(), page or Page(size=MOST, sort="category", descending=False)
    first = SORTS.get(page.sort, Category.path)
    order = (first.desc() if page.descending else first.asc(), Category.path, PriceTier.source)
    query = matching(wanted).order_by(*order).limit(page.size).offset((page.number - 1) * page.size)
    found = {row.id: ((row.category_id, row.source), row.path) for row in session.execute(query)}
    tiers = _tiers(session, [key for key, _ in found.values()])
    changed = _newest(session, [key for key, _ in found.values()])
    cells = [(path, key[1], key[0], *tiers[key], *changed.get(key, (None,) * 3)) for key, path in found.values()]
    names = ["category", "source", "category_id", "tiers", "active", "version", "changed_at", "changed_by"]
    return pd.DataFrame(cells, columns=names, index=pd.Index(list(found), name="id"), dtype=object)


def _tiers(session: Session, keys: Sequence[RuleKey]) -> dict[RuleKey, tuple[str, bool]]:
    """The tiers of each rule in words, and whether it is in force."""
    query = select(PriceTier).where(PriceTier.category_id.in_(select(numbered({c for c, _ in keys}).c.id)))
    by_rule: dict[RuleKey, list[PriceTier]] = {}
    for tier in session.scalars(query):
        by_rule.setdefault((tier.category_id, tier.source), []).append(tier)
    return {
        key: (rule_tiers.in_words(rule_tiers.in_force(held) or map(rule_tiers.plain_tier, held)), any(t.active for t in held))
        for key, held in by_rule.items()
    }  # fmt: skip


def _newest(session: Session, keys: Sequence[RuleKey]) -> dict[RuleKey, tuple[int, Any, str]]:
    """The number of the newest version of each rule, when and by whom."""
    of_all = rule_versions.newest_of_all(session)
    ids = numbered(of_all[key][0] for key in keys if key in of_all)
    rows = session.scalars(select(PriceRuleVersion).join(ids, ids.c.id == PriceRuleVersion.id))
    return {(row.category_id, row.source): (row.number, row.at, row.actor) for row in rows}


# Commands


@command(Right.PRICES)
def copy(
    session: Session,
    from_key: RuleKey,
    to_keys: Iterable[RuleKey],
    factor_points: Decimal = NO_POINTS,
    replace: bool = False,
    confirmed: bool = False,
) -> str:
    """Give other categories or sources the tiers of this rule, all ratios moved by so many percentage points.

    One that has a rule already, in force or not, keeps it unless `replace`. Warnings have to be confirmed.
    """
    targets = list(dict.fromkeys(key for key in to_keys if key != from_key))
    _refuse_many(targets, "Choose the categories and sources that shall have this rule too.")
    if not factor_points.is_finite():
        raise Refused("The ratios are moved by a number of points, such as 5 or -2.5. Nothing was saved.")
    rows = rule_tiers.rows(session, [from_key, *targets])
    names = _named(session, [from_key, *targets])
    tiers = shifted(rule_tiers.in_force(rows[from_key]), factor_points)
    if not tiers:
        raise Refused(f"{names[from_key]} has no tier in force: there is nothing to copy. Nothing was saved.")
    if not replace and (taken := [names[key] for key in targets if rows[key]]):
        text = f"{rule_tiers.listed(taken)} {agreeing(len(taken), 'has a rule', 'have rules')} already."
        raise Refused(f"{text} Nothing was saved: leave that out, or replace what is there.")
    warned = rule_tiers.judge({names[key]: tiers for key in targets}, confirmed)
    for key in targets:
        rule_tiers.replace_all(session, key, rows[key], [(tier, True) for tier in tiers])
    moved = f", all ratios {factor_points:+f} points" if factor_points else ""
    to = rule_tiers.listed(names[key] for key in targets)
    return f"{names[from_key]} copied to {to}{moved}.{rule_tiers.in_spite(warned)} {rule_tiers.UNCHANGED}"


@command(Right.PRICES)
def disable(session: Session, *keys: RuleKey) -> str:
    """Switch rules off: the next rule above prices what they did, or none does. The tiers stay as they are."""
    _refuse_many(keys, "Choose the rules that shall be switched off.")
    rows, names = rule_tiers.rows(session, keys), _named(session, keys)
    if off := [names[key] for key, held in rows.items() if not rule_tiers.in_force(held)]:
        raise Refused(f"{rule_tiers.listed(off)}: not in force anyway. Nothing was changed.")
    for held in rows.values():
        rule_tiers.switch(held, on=False)
    return f"Switched off: {rule_tiers.listed(names[key] for key in rows)}. {rule_tiers.UNCHANGED}"


@command(Right.PRICES)
def enable(session: Session, *keys: RuleKey, confirmed: bool = False) -> str:
    """Switch rules on again, with the tiers that were in force last. Warnings have to be confirmed."""
    _refuse_many(keys, "Choose the rules that shall be switched on.")
    rows, names = rule_tiers.rows(session, keys), _named(session, keys)
    if wrong := [names[key] for key, held in rows.items() if not held or rule_tiers.in_force(held)]:
        raise Refused(f"{rule_tiers.listed(wrong)}: in force already, or without tiers. Nothing was changed.")
    again = {key: _last_in_force(session, key, held) for key, held in rows.items()}
    tiers = {names[key]: [rule_tiers.plain_tier(tier) for tier in held] for key, held in again.items()}
    warned = rule_tiers.judge(tiers, confirmed)
    for held in again.values():
        rule_tiers.switch(held, on=True)
    on = rule_tiers.listed(names[key] for key in rows)
    return f"Switched on: {on}.{rule_tiers.in_spite(warned)} {rule_tiers.UNCHANGED}"


def _last_in_force(session: Session, key: RuleKey, held: list[PriceTier]) -> list[PriceTier]:
    """The tiers of the rule that were in force before it was switched off; all of them when none was."""
    tiers: Sequence[Tier] = next((v.tiers for v in price_versions.versions(session, key) if v.tiers), ())
    thresholds = {tier.threshold for tier in tiers}
    return [tier for tier in held if tier.threshold in thresholds] or held


def _refuse_many(keys: Sequence[RuleKey], otherwise: str) -> None:
    if not keys:
        raise Refused(otherwise)
    if len(keys) > MOST:
        raise Refused(f"At most {MOST} rules at once. Nothing was changed: choose fewer.")


def _named(session: Session, keys: Iterable[RuleKey]) -> dict[RuleKey, str]:
    """What the rules are called; refused when a category is gone."""
    wanted = list(keys)
    names = rule_tiers.names(session, wanted)
    gone = [key for key in wanted if key not in names]
    if gone:
        raise Refused(*(Problem(f"The category #{key[0]} is gone. Nothing was changed.") for key in gone[:5]))
    return names
