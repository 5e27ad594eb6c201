"""The tiers of whole price rules: read, judged, told in words and written together, so that there is never half a rule."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Category, PriceTier
from db.pasted import numbered
from db.vocabulary import Source
from lib.counted import counted
from lib.prices import formula_check
from lib.prices.formula import Tier, amount_text, plain
from lib.prices.price_draft import RuleKey, Tiers
from lib.problems import Problem, Refused

CONFIRM = "Nothing was saved. Correct it, or turn on “Save in spite of warnings” and save again."
UNCHANGED = "No price of a listing has changed."
MOST_NAMED = 5
CURRENCY = "CNY"
"""What amounts of a rule are written in; they are compared with source prices as bare numbers, whatever these are in."""
Rows = dict[RuleKey, list[PriceTier]]
Look = Callable[[Sequence[Tier]], list[Problem]]


def rows(session: Session, keys: Iterable[RuleKey]) -> Rows:
    """All tiers of these rules, low to high, also those switched off; kept from other writers until the transaction ends."""
    wanted = list(dict.fromkeys(keys))
    of_them = select(numbered({category_id for category_id, _ in wanted}).c.id)
    query = select(PriceTier).where(PriceTier.category_id.in_(of_them)).order_by(PriceTier.id)
    session.scalars(query.with_for_update()).all()
    # Whoever adds a tier to one of these categories waits from here on; what was added until now is read.
    session.scalars(select(Category.id).where(Category.id.in_(of_them)).order_by(Category.id).with_for_update()).all()
    found: Rows = {key: [] for key in wanted}
    for tier in session.scalars(query.execution_options(populate_existing=True)):
        if (tier.category_id, tier.source) in found:
            found[tier.category_id, tier.source].append(tier)
    return {key: sorted(held, key=lambda tier: tier.threshold) for key, held in found.items()}


def names(session: Session, keys: Iterable[RuleKey]) -> dict[RuleKey, str]:
    """What these rules are called, "1688 / Men"; without those whose category is gone."""
    wanted = list(keys)
    of_them = select(numbered({category_id for category_id, _ in wanted}).c.id)
    paths = {
        row.id: row.path for row in session.execute(select(Category.id, Category.path).where(Category.id.in_(of_them)))
    }
    return {key: called(key[1], paths[key[0]]) for key in wanted if key[0] in paths}


def called(source: Source, path: str) -> str:
    return f"{source.label} / {path}"


def plain_tier(tier: PriceTier) -> Tier:
    return Tier(tier.threshold, tier.percent, tier.fine)


def in_force(held: Iterable[PriceTier]) -> Tiers:
    return tuple(plain_tier(tier) for tier in held if tier.active)


# In words


def in_words(tiers: Iterable[Tier]) -> str:
    """From the highest threshold down: "≥100: 150 % + 5.00; ≥0: 200 % + 10.00"."""
    return "; ".join(one_in_words(tier) for tier in sorted(tiers, key=lambda tier: tier.threshold, reverse=True))


def one_in_words(tier: Tier) -> str:
    sign = "-" if tier.fine < 0 else "+"
    return f"≥{plain(tier.threshold)}: {plain(tier.percent)} % {sign} {amount_text(abs(tier.fine), CURRENCY)}"


def listed(found: Iterable[str]) -> str:
    """Names in a sentence, the first of them: "A, B and 3 more"."""
    every = list(found)
    if len(every) <= MOST_NAMED:
        return " and ".join(part for part in (", ".join(every[:-1]), *every[-1:]) if part)
    return f"{', '.join(every[:MOST_NAMED])} and {len(every) - MOST_NAMED:,} more"


# Judging


def judge(
    rules: Mapping[str, Sequence[Tier]],
    confirmed: bool,
    ids: Mapping[str, Sequence[int]] | None = None,
    further: Sequence[Problem] = (),
) -> int:
    """Refuse rules with errors, and those with warnings unless they are confirmed. Returns how many warnings there were.

    `rules` are tiers by the name of the rule, `ids` the rows that they stand in; `further` are warnings of something else.
    """
    if errors := _all(rules, formula_check.errors, ids or {}):
        raise Refused(*errors)
    warnings = [*_all(rules, formula_check.warnings, ids or {}), *further]
    if warnings and not confirmed:
        raise Refused(*warnings, Problem(CONFIRM))
    return len(warnings)


def _all(rules: Mapping[str, Sequence[Tier]], look: Look, ids: Mapping[str, Sequence[int]]) -> list[Problem]:
    return [problem for name, tiers in rules.items() for problem in told(name, tiers, look, ids.get(name))]


def told(name: str, tiers: Sequence[Tier], look: Look, ids: Sequence[int] | None = None) -> list[Problem]:
    """What the linter says, with the name of the rule; `row` is the row of the tier, where it is known."""
    return [
        replace(
            problem, text=f"{name}: {problem.text}", row=None if not ids or problem.row is None else ids[problem.row]
        )
        for problem in look(tiers)
    ]


def in_spite(warned: int) -> str:
    return f" In spite of {counted(warned, 'warning')}." if warned else ""


# Writing


def write(session: Session, key: RuleKey, held: Sequence[PriceTier], tiers: Sequence[Tier]) -> None:
    """Put these tiers in force and no other. A tier that is switched off stays so, unless one of these is at its threshold."""
    parked = [(plain_tier(tier), False) for tier in held if not tier.active]
    new = {tier.threshold for tier in tiers}
    replace_all(
        session, key, held, [*((tier, True) for tier in tiers), *(p for p in parked if p[0].threshold not in new)]
    )


def switch(held: Iterable[PriceTier], on: bool) -> None:
    for tier in held:
        tier.active = on


def replace_all(session: Session, key: RuleKey, held: Sequence[PriceTier], steps: Iterable[tuple[Tier, bool]]) -> None:
    """Make a rule consist of these tiers, each in force or not. What stays as it is leaves no trace in the history."""
    there = {tier.threshold: tier for tier in held}
    for step, active in steps:
        row = there.pop(step.threshold, None)
        if row is None:
            row = PriceTier(category_id=key[0], source=key[1], threshold=step.threshold)
            session.add(row)
        row.percent, row.fine, row.active = step.percent, step.fine, active
    for row in there.values():
        session.delete(row)
