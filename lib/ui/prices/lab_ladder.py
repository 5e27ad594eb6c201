"""One rule on the bench of the laboratory: its tiers as they are typed, and by how many points all its ratios are moved."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lib.prices import formula_check
from lib.prices.formula import PLAIN, Tier
from lib.prices.formula_check import Finding
from lib.prices.price_draft import Tiers
from lib.problems import Problem
from lib.ui import columns as c
from lib.ui.prices.trial import Row, Trial, slim

NONE, MOST_POINTS = Decimal(0), Decimal(50)

TIERS = [
    slim(c.money("threshold", "From", required=True), width=84, help="The highest one that the source price reaches prices all of it"),
    slim(c.percent("now_percent", "Ratio now", locked=True), "% now", width=64),
    slim(c.money("percent", "Ratio", required=True, negative=True), "% tried", width=88,
         help="150 is one and a half times; 1.5 is 1.5 %"),
    slim(c.money("now_fine", "Fine now", locked=True), "+ now", width=58),
    slim(c.money("fine", "Fine", required=True, negative=True), "+ tried", width=82,
         help="Added to the price, in the currency of the source"),
    slim(c.flag("drop", "Remove"), "✕", width=44, help="Tick to take the tier away"),
]  # fmt: skip


@dataclass
class Ladder:
    """One rule: its tiers as they are typed, and by how many points all its ratios are moved."""

    table: Trial
    base: Tiers | None = None
    """The saved tiers that it was typed beside: when others are saved meanwhile, somebody has to decide."""
    points: Decimal = NONE
    is_off: bool = False
    good: Tiers | None = None
    """The last tiers that had no error: what is previewed."""
    problems: list[Problem] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, tried: Tiers | None, saved: Tiers | None) -> "Ladder":
        """A rule that is switched off in the draft keeps the saved tiers in sight."""
        tiers = tried if tried is not None else saved or (PLAIN,)
        rows = [_row(number, tier, tier.threshold) for number, tier in enumerate(reversed(tiers), start=1)]
        return cls(Trial(name, rows), saved, is_off=tried is None and saved is not None, good=tried)

    def read(self, currency: str) -> None:
        """Take what is typed; judge it."""
        self.problems = self.table.read(TIERS)
        tiers = [Tier(row["threshold"], row["percent"], row["fine"]) for row in self.kept_rows()]
        self.findings = formula_check.lint(tiers, currency)
        if not self.problems and all(one.severity != "error" for one in self.findings):
            self.good = tuple(sorted(tiers, key=lambda tier: tier.threshold))

    def kept_rows(self) -> list[Row]:
        return [row for row in self.table.typed if not row["drop"]]

    @property
    def tiers(self) -> Tiers | None:
        return None if self.is_off else self.good

    @property
    def is_tried(self) -> bool:
        return self.tiers != self.base or self.has_errors

    @property
    def has_errors(self) -> bool:
        return bool(self.problems) or any(one.severity == "error" for one in self.findings)

    def move(self, points: Decimal) -> None:
        """All ratios by so many points from where they were typed."""
        self.table.read(TIERS)
        if self.table.is_touched:
            self.table.turn()
        for row in self.table.rows:
            row["percent"] += points - self.points
        self.points = points

    def flip(self) -> None:
        self.is_off = not self.is_off

    def keep(self, saved: Tiers | None) -> None:
        """Go on with mine, although others are saved now."""
        self.base = saved

    def add(self) -> None:
        """One tier more above the others. With the ratio of the highest it changes nothing until somebody types."""
        rows = self.table.typed or self.table.rows
        top = max(rows, key=lambda row: row["threshold"])
        start = top["threshold"] * 2 or Decimal(100)
        self.table.typed = [
            _row(max(row["id"] for row in rows) + 1, Tier(start, top["percent"], top["fine"]), None),
            *sorted(rows, key=lambda row: -row["threshold"]),
        ]
        self.table.turn()

    def set_ratio(self, threshold: Decimal | None, ratio: Decimal) -> None:
        rows = [dict(row) for row in self.table.typed or self.table.rows]
        meant = [row for row in rows if threshold is None or row["threshold"] == threshold]
        for row in meant:
            row.update(percent=ratio, drop=False)
        if not meant and threshold is not None:
            rows.append(_row(max(row["id"] for row in rows) + 1, Tier(threshold, ratio, NONE), None))
        self.table.typed, self.is_off = rows, False
        self.table.turn()

    def said(self, saved: Tiers | None) -> dict[int, Row]:
        """What stands in the locked columns: the saved tier that each row began as."""
        there = {tier.threshold: tier for tier in saved or ()}
        was = {row["id"]: there.get(row["home"]) for row in self.table.rows}
        return {n: {"now_percent": t and t.percent, "now_fine": t and t.fine} for n, t in was.items()}


def _row(number: int, tier: Tier, home: Decimal | None) -> Row:
    return {"id": number, "threshold": tier.threshold, "percent": tier.percent, "fine": tier.fine, "drop": False, "home": home}  # fmt: skip


def asked_points(raw: Any) -> Decimal:
    """What a slider or a field says, whatever it says: from −50 to +50 points, in steps of 0.01."""
    try:
        points = Decimal(str(raw))
    except ArithmeticError:
        return NONE
    return max(-MOST_POINTS, min(MOST_POINTS, round(points, 2))) if points.is_finite() else NONE
