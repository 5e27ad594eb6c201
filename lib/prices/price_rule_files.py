"""Price rules as files: all of them out as CSV or XLSX, and in again with a report of what each line would do.

    found = look(session, name, content)      what would be new, changed, the same, taken away or refused; writes nothing
    take(session, found)                      all of that, or nothing when a rule was changed since

A rule that the file names is replaced as a whole; the others stay.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import rule_versions
from db.models import Category, PriceTier
from db.vocabulary import Term
from lib.commands import command
from lib.prices import formula_check, price_versions, rule_tiers
from lib.prices.formula import Tier
from lib.prices.price_draft import RuleKey
from lib.prices.price_rule_rows import COLUMNS, Line, by_rule, read, written
from lib.problems import Problem, Refused
from lib.products import categories
from lib.rights import Right
from lib.tables import reading, writing

Steps = tuple[tuple[Tier, bool], ...]
"""The tiers of a rule, low to high, each with whether it is in force."""
SHOWN, FLUSHED = 2_000, 50
MOST_SAID = 50
REPORT = ("Line", "Rule", "Tier", "What", "Why")


class What(Term):
    NEW = "new", "New", "blue", "the tier is added"
    CHANGED = "changed", "Changed", "orange", "the tier says something else"
    SAME = "same", "Same", "gray", "nothing changes"
    GONE = "gone", "Taken away", "orange", "the file names the rule without this tier"
    REFUSED = "refused", "Refused", "red", "the whole rule stays as it is"


@dataclass(frozen=True)
class Told:
    """What one line would do. A tier that is taken away stands in no line."""

    line: int | None
    rule: str
    tier: str
    what: What
    why: str = ""


@dataclass(frozen=True)
class Report:
    """What a file would do. `rules` are those that would be different, `seen` what they say now; `warnings` ask to be confirmed."""

    name: str
    rows: tuple[Told, ...]
    rules: Mapping[RuleKey, Steps]
    seen: Mapping[RuleKey, Steps]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules)

    @property
    def counts(self) -> dict[str, int]:
        """Lines by what they would do, in the order of the words."""
        found = Counter(row.what for row in self.rows)
        return {what.label: found[what] for what in What}

    def __str__(self) -> str:
        new = sum(1 for key in self.rules if not self.seen[key])
        lines = sum(1 for row in self.rows if row.what is What.REFUSED)
        return f"rules: {new:,} new, {len(self.rules) - new:,} changed; lines refused: {lines:,}"

    @property
    def table(self) -> pd.DataFrame:
        """The first 2,000 lines for the screen, what is refused first."""
        rows = sorted(self.rows, key=lambda row: row.what is not What.REFUSED)[:SHOWN]
        cells = [(row.line, row.rule, row.tier, row.what.label, row.why) for row in rows]
        return pd.DataFrame(cells, columns=list(REPORT), dtype=object)


# Out


def csv(session: Session) -> bytes:
    """All rules, a line a tier, as CSV."""
    return writing.csv(_out(session), list(COLUMNS.values()))


def xlsx(session: Session) -> bytes:
    """The same as a workbook in which everything is text, so that Excel changes nothing."""
    return writing.xlsx(_out(session), list(COLUMNS.values()), "Price rules")


def _out(session: Session) -> Iterator[tuple[str, ...]]:
    query = select(PriceTier, Category.path).join(Category, Category.id == PriceTier.category_id)
    for tier, path in session.execute(query.order_by(Category.path, PriceTier.source, PriceTier.threshold)):
        numbers = (written(number) for number in (tier.threshold, tier.percent, tier.fine))
        yield (path, tier.source.label, *numbers, "yes" if tier.active else "no")


def report(found: Report) -> bytes:
    """The whole report as CSV."""
    return writing.csv(((r.line, r.rule, r.tier, r.what.label, r.why) for r in found.rows), REPORT)


# In


def look(session: Session, name: str, content: bytes) -> Report:
    """What this file would do, line by line; nothing is written. Refused when it is no table of price rules."""
    sheet = reading.read(name, content)
    lines = read(sheet, categories.paths(session))
    rules = by_rule(lines)
    good = {key: of_rule for key, of_rule in rules.items() if not any(line.wrong for line in of_rule)}
    there, names = _steps(session), rule_tiers.names(session, rules)
    new = {key: _in_order(of_rule) for key, of_rule in good.items()}
    differ = {key: steps for key, steps in new.items() if steps != there.get(key, ())}
    told = [*(_refused(line, names) for line in lines if line.wrong), *_unread(sheet.problems)]
    for key, of_rule in good.items():
        told += _compared(names[key], of_rule, there.get(key, ()))
    told.sort(key=lambda row: (row.line is None, row.line or 0))
    warnings = tuple(_warnings({names[key]: steps for key, steps in differ.items()}))
    seen = {key: there.get(key, ()) for key in differ}
    return Report(name.strip()[:80] or "The file", tuple(told), differ, seen, warnings, sheet.notes)


def _steps(session: Session) -> dict[RuleKey, Steps]:
    query = select(PriceTier).order_by(PriceTier.category_id, PriceTier.source, PriceTier.threshold)
    found: dict[RuleKey, list[tuple[Tier, bool]]] = {}
    for tier in session.scalars(query):
        found.setdefault((tier.category_id, tier.source), []).append((rule_tiers.plain_tier(tier), tier.active))
    return {key: tuple(steps) for key, steps in found.items()}


def _in_order(of_rule: Sequence[Line]) -> Steps:
    steps = [(line.tier, line.active) for line in of_rule if line.tier is not None]
    return tuple(sorted(steps, key=lambda step: step[0].threshold))


def _refused(line: Line, names: Mapping[RuleKey, str]) -> Told:
    name = names[line.key] if line.key else f"{line.source[:60] or '?'} / {line.category[:200] or '?'}"
    return Told(line.line, name, line.written, What.REFUSED, " ".join(line.wrong))


def _unread(problems: Sequence[Problem]) -> Iterator[Told]:
    for problem in problems:
        yield Told(problem.line, "", "", What.REFUSED, problem.text)


def _compared(name: str, of_rule: Sequence[Line], there: Steps) -> Iterator[Told]:
    before = {tier.threshold: (tier, active) for tier, active in there}
    for line in of_rule:
        if line.tier is None:
            continue
        was, step = before.pop(line.tier.threshold, None), (line.tier, line.active)
        what = What.NEW if was is None else What.SAME if was == step else What.CHANGED
        yield Told(line.line, name, _words(step), what, f"was {_words(was)}" if was and was != step else "")
    for step in before.values():
        yield Told(None, name, _words(step), What.GONE, "The file names this rule without this tier.")


def _words(step: tuple[Tier, bool]) -> str:
    return rule_tiers.one_in_words(step[0]) + ("" if step[1] else ", off")


def _warnings(rules: Mapping[str, Steps]) -> Iterator[str]:
    for name, steps in rules.items():
        tiers = [tier for tier, active in steps if active]
        if tiers:
            yield from (problem.text for problem in rule_tiers.told(name, tiers, formula_check.warnings))


# Taking over


@command(Right.PRICES)
def take(session: Session, found: Report, confirmed: bool = False) -> str:
    """Write what was looked at: all of it, or nothing when one of the rules has been changed since. Warnings are confirmed first."""
    if not found:
        raise Refused("0 changes: each rule is as the file has it, or was refused. Nothing was taken over.")
    rows = rule_tiers.rows(session, found.rules)
    names = rule_tiers.names(session, found.rules)
    if problems := list(_changed_since(session, found, rows, names)):
        raise Refused(*problems[:MOST_SAID])
    judged = {names[key]: [tier for tier, active in steps if active] for key, steps in found.rules.items()}
    warned = rule_tiers.judge({name: tiers for name, tiers in judged.items() if tiers}, confirmed)
    for at, (key, steps) in enumerate(found.rules.items(), 1):
        rule_tiers.replace_all(session, key, rows[key], steps)
        if at % FLUSHED == 0:
            session.flush()  # the session walks through all that is new for each row that it writes
    return f"{found.name}: {found}.{rule_tiers.in_spite(warned)} {rule_tiers.UNCHANGED}"


def _changed_since(
    session: Session, found: Report, rows: rule_tiers.Rows, names: Mapping[RuleKey, str]
) -> Iterator[Problem]:
    again = "Nothing was taken over: look at the file again."
    for key, seen in found.seen.items():
        if key not in names:
            yield Problem(f"The category of a rule ({key[1].label} / #{key[0]}) is gone. {again}")
        elif (is_now := tuple((rule_tiers.plain_tier(tier), tier.active) for tier in rows[key])) != seen:
            said = rule_tiers.in_words(rule_tiers.in_force(rows[key])) or price_versions.OFF
            who = _last(session, key, seen, is_now)
            yield Problem(f"{who} has changed the rule {names[key]} meanwhile to {said}. {again}")


def _last(session: Session, key: RuleKey, seen: Steps, is_now: Steps) -> str:
    """Who made the newest version; tiers that are not in force make none."""
    version = rule_versions.newest(session, *key)
    differs = [step for step in seen if step[1]] != [step for step in is_now if step[1]]
    return version.actor if version and differs else "Somebody"
