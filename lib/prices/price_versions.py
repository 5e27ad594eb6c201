"""Versions of price rules: what a rule said, since when, whose change it was; and the way back to an earlier one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Category, PriceRuleVersion
from db.pasted import numbered
from lib.commands import command
from lib.prices import rule_tiers
from lib.prices.formula import Tier
from lib.prices.price_draft import RuleKey, Tiers
from lib.problems import Refused
from lib.rights import Right

MOST = 200
OFF = "switched off"


@dataclass(frozen=True)
class Version:
    """One version of one rule. Without tiers it was switched off; `changed` says what became different by it."""

    id: int
    number: int
    at: datetime
    actor: str
    tiers: Tiers
    changed: str
    set_id: int | None

    @property
    def words(self) -> str:
        return rule_tiers.in_words(self.tiers) or OFF


def versions(session: Session, key: RuleKey) -> list[Version]:
    """The versions of a rule, newest first; the last 200 of them."""
    category_id, source = key
    query = (
        select(PriceRuleVersion)
        .where(PriceRuleVersion.category_id == category_id, PriceRuleVersion.source == source)
        .order_by(PriceRuleVersion.number.desc())
        .limit(MOST + 1)
    )
    found = list(session.scalars(query))
    return [_told(this, before) for this, before in zip(found, [*found[1:], None], strict=False)][:MOST]


def _told(this: PriceRuleVersion, before: PriceRuleVersion | None) -> Version:
    tiers = unpacked(this.tiers)
    changed = difference(unpacked(before.tiers), tiers) if before else "the first"
    return Version(this.id, this.number, this.at, this.actor, tiers, changed, this.set_id)


def unpacked(kept: Iterable[Sequence[str]]) -> Tiers:
    """The tiers of a version as they were saved, low to high."""
    return tuple(Tier(*(Decimal(number) for number in tier)) for tier in kept)


def difference(before: Sequence[Tier], after: Sequence[Tier]) -> str:
    """What became different, from the highest threshold down: "≥100: 150 % + 5.00 → 160 % + 5.00; ≥500 taken away"."""
    if not after:
        return OFF
    if not before:
        return "switched on"
    return "; ".join(_differences(before, after)) or "nothing"


def _differences(before: Sequence[Tier], after: Sequence[Tier]) -> Iterator[str]:
    was, is_now = ({tier.threshold: tier for tier in tiers} for tiers in (before, after))
    for threshold in sorted(was.keys() | is_now.keys(), reverse=True):
        old, new = was.get(threshold), is_now.get(threshold)
        if old is None and new is not None:
            yield f"{rule_tiers.one_in_words(new)} added"
        elif new is None and old is not None:
            yield f"{rule_tiers.one_in_words(old)} taken away"
        elif old is not None and new is not None and old != new:
            yield f"{rule_tiers.one_in_words(old)} → {rule_tiers.one_in_words(new).partition(': ')[2]}"


def named(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """What versions are called, by their id: "1688 / Men v3"."""
    wanted = numbered({number for number in ids if number is not None})
    query = (
        select(PriceRuleVersion.id, PriceRuleVersion.source, PriceRuleVersion.number, Category.path)
        .join(wanted, wanted.c.id == PriceRuleVersion.id)
        .join(Category, Category.id == PriceRuleVersion.category_id)
    )
    return {row.id: f"{rule_tiers.called(row.source, row.path)} v{row.number}" for row in session.execute(query)}


@command(Right.PRICES)
def restore(session: Session, version_id: int, confirmed: bool = False) -> str:
    """Let a rule say again what it said in that version; that makes a new version. Warnings have to be confirmed."""
    version = session.get(PriceRuleVersion, version_id)
    if version is None:
        raise Refused("That version is gone, and its category with it. Nothing was changed.")
    key = (version.category_id, version.source)
    held, name = rule_tiers.rows(session, [key])[key], rule_tiers.names(session, [key])[key]
    tiers = unpacked(version.tiers)
    if rule_tiers.in_force(held) == tiers:
        raise Refused(f"{name} says already what it said in version {version.number}. Nothing was changed.")
    warned = rule_tiers.judge({name: tiers}, confirmed) if tiers else 0
    if tiers:
        rule_tiers.write(session, key, held, tiers)
    else:
        rule_tiers.switch(held, on=False)
    said = rule_tiers.in_words(tiers) or OFF
    return (
        f"{name} is again as in version {version.number}: {said}.{rule_tiers.in_spite(warned)} {rule_tiers.UNCHANGED}"
    )
