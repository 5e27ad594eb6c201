"""What lies on the bench of the laboratory: a draft, and how it is being typed.

Nothing here is saved. What is wrong in a table is left out of the draft until it is put right: the preview then shows the last that was.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from lib.prices import exchange_rates, formula_check
from lib.prices.formula import StoreTerms
from lib.prices.formula_check import Finding
from lib.prices.price_book import Book
from lib.prices.price_draft import Draft, RuleKey, Tiers, draft_to_json, shifted
from lib.prices.price_looks import Look
from lib.problems import Problem
from lib.ui import columns as c
from lib.ui.prices.lab_ladder import NONE, Ladder
from lib.ui.prices.lab_saved import saved_all
from lib.ui.prices.trial import Row, Trial, slim
from lib.words import Source

STORES = [
    slim(c.text("name", "Store", locked=True), width=76),
    slim(c.text("now", "Now", locked=True), width=96),
    slim(c.percent("percent", "Store %", required=True), "%", width=62),
    slim(c.money("fine", "Fine", required=True, negative=True), "+", width=56),
    slim(c.text("ending", "Ending", most=8), width=82, help="How its prices end, such as .99; empty for none"),
    slim(c.money("floor", "Floor"), width=72, help="Prices below it are marked, not changed"),
]
RATES = [
    slim(c.text("pair", "Pair", locked=True), width=110, help="One unit of the first is so many of the second"),
    slim(c.text("day", "As of", locked=True), width=104),
    slim(c.rate("now", "Now", locked=True), width=100),
    slim(c.rate("rate", "Tried"), width=100),
]


TERMS = ("percent", "fine", "ending", "floor")
Told = tuple[str, Problem]
"""Of which store or pair, and what."""


@dataclass
class Bench:
    """A draft that is being tried, table by table."""

    name: str
    start: Draft = field(default_factory=Draft)
    """What was put on the bench: tables that nobody has opened say this."""
    kept: Draft = field(default_factory=Draft)
    """The same as the experiment keeps it."""
    experiment: int | None = None
    drawn: Draft = field(default_factory=Draft)
    """All that was saved when the screen was drawn last."""
    everywhere: Decimal = NONE
    """All ratios of all rules by so many points."""
    rules: dict[RuleKey, Ladder] = field(default_factory=dict)
    stores: Trial | None = None
    rates: Trial | None = None
    good_stores: dict[int, StoreTerms] = field(default_factory=dict)
    good_rates: dict[str, Decimal] = field(default_factory=dict)
    problems: list[Told] = field(default_factory=list)
    saved: Draft = field(default_factory=Draft)
    made: Draft = field(default_factory=Draft)
    serial: int = 0
    save_asked: float | None = None

    def ladder(self, key: RuleKey, saved: Tiers | None) -> Ladder:
        """Made when it is first opened; and anew when others are saved and nothing was typed."""
        held = self.rules.get(key)
        if held is None or (held.base != saved and not held.is_tried):
            self.serial += 1
            tried = self.start.rules.get(key, saved)
            self.rules[key] = Ladder.of(f"{self.name} tiers {self.serial}", tried, saved)
        return self.rules[key]

    def try_ratio(self, key: RuleKey, saved: Tiers | None, threshold: Decimal | None, ratio: Decimal) -> None:
        """Put a ratio into one tier of a rule, or into all of them where none is named."""
        self.ladder(key, saved).set_ratio(threshold, ratio - self.everywhere)

    def ask_to_save(self) -> None:
        self.save_asked = time.monotonic()

    def clear(self, saved: Draft) -> None:
        """The draft has been saved. An experiment goes on saying what it said."""
        self.put(saved if self.experiment else Draft())

    def put(self, draft: Draft) -> None:
        """Another draft on the bench; every table begins anew."""
        self.start, self.everywhere, self.serial = draft, NONE, self.serial + 1
        self.rules, self.stores, self.rates, self.good_stores, self.good_rates = {}, None, None, {}, {}

    def forget(self, key: RuleKey) -> None:
        """The rule as it is saved."""
        self.rules.pop(key, None)
        self.start = self.start.with_rule(key, None, None)

    def move(self, points: Decimal) -> None:
        self.everywhere = points

    # What is tried

    def read(self, book: Book, currency_of: Callable[[Source], str], pairs: Iterable[str]) -> Draft:
        """Take what the browser says; the draft that comes of it."""
        self.saved = saved_all(book)
        for key in list(self.rules):
            self.ladder(key, self.saved.rules.get(key)).read(currency_of(key[1]))
        self.problems = [*self._read_stores(book), *self._read_rates(pairs)]
        self.made = self.draft()
        return self.made

    def draft(self) -> Draft:
        """What is tried now, as far as it is right."""
        tried = {**self.start.rules, **{key: ladder.tiers for key, ladder in self.rules.items()}}
        made, saved = Draft(), self.saved
        for key in saved.rules.keys() | tried.keys():
            tiers = tried.get(key, saved.rules.get(key))
            moved = shifted(tiers, self.everywhere) if tiers and self.everywhere else tiers
            if tiers is not None or key in saved.rules:
                made = made.with_rule(key, moved, saved.rules.get(key))
        for number, terms in {**self.start.stores, **self.good_stores}.items():
            if (there := saved.stores.get(number)) is not None:
                made = made.with_store(number, replace(terms, name=there.name, currency=there.currency), there)
        for pair, value in {**self.start.rates, **self.good_rates}.items():
            made = made.with_rate(pair, value, saved.rates.get(pair))
        return made

    def seen(self, draft: Draft) -> str:
        """What stood beside the draft on the screen, for the command that saves it."""
        bases = {key: ladder.base for key, ladder in self.rules.items()}
        beside = Draft(
            {key: bases.get(key, self.drawn.rules.get(key)) for key in draft.rules},
            {number: self.drawn.stores[number] for number in draft.stores if number in self.drawn.stores},
            {pair: self.drawn.rates[pair] for pair in draft.rates if pair in self.drawn.rates},
        )
        return json.dumps(draft_to_json(beside))

    @property
    def title(self) -> str:
        """What a run that applies it is called."""
        return f"Experiment {self.experiment}" if self.experiment else "Laboratory"

    @property
    def has_errors(self) -> bool:
        wrong = any(ladder.has_errors and not ladder.is_off for ladder in self.rules.values())
        return wrong or any(getattr(problem, "severity", "error") == "error" for _, problem in self.problems)

    def _read_stores(self, book: Book) -> list[Told]:
        there = book.stores
        if self.stores is None or {row["id"] for row in self.stores.rows} != set(there):
            rows = [_store_row(number, self.start.stores.get(number, terms), terms) for number, terms in there.items()]
            self.stores = Trial(f"{self.name} stores {self.serial}", rows)
        told: list[Told] = [(there[p.row].name, p) for p in self.stores.read(STORES) if p.row in there]
        for row in self.stores.typed:
            terms = replace(there[row["id"]], **{name: row[name] for name in TERMS})
            if wrong := formula_check.terms_errors(terms):
                told += [(terms.name, problem) for problem in wrong]
            else:
                self.good_stores[row["id"]] = terms
                asks = formula_check.terms_warnings(terms) if terms != there[row["id"]] else []
                told += [(terms.name, Finding(**vars(problem), severity="warning")) for problem in asks]
        return told

    def _read_rates(self, wanted: Iterable[str]) -> list[Told]:
        """Of the pairs that there are, and of those that are needed."""
        pairs = sorted({*self.saved.rates, *wanted, *self.start.rates})
        if self.rates is None or [row["pair"] for row in self.rates.rows] != pairs:
            now = {**self.saved.rates, **self.start.rates}
            self.rates = Trial(
                f"{self.name} rates {self.serial}",
                [{"id": n, "pair": p, "rate": now.get(p)} for n, p in enumerate(pairs)],
            )
        told: list[Told] = [(pairs[problem.row or 0], problem) for problem in self.rates.read(RATES)]
        for row in self.rates.typed:
            if row["rate"] is None and row["pair"] not in self.saved.rates:
                continue
            if text := exchange_rates.value_error(row["rate"]):
                told.append((row["pair"], Problem(text, row["id"], "rate")))
            else:
                self.good_rates[row["pair"]] = row["rate"]
        return told


@dataclass
class Lab:
    """What somebody is trying in this tab: a bench for each experiment that was opened, and one (0) for the draft of no name."""

    benches: dict[int, Bench] = field(default_factory=dict)
    at: int = 0
    looks: dict[Any, Look] = field(default_factory=dict)
    pushes: tuple[Any, float, tuple[int, int, int]] | None = None
    link: str | None = None
    """What the address said when it was looked at last."""
    complaint: str = ""

    @property
    def bench(self) -> Bench:
        if self.at not in self.benches:
            self.begin(self.at, Draft())
        return self.benches[self.at]

    def begin(self, number: int, draft: Draft) -> bool:
        """Whether the experiment was not on a bench yet."""
        self.at = number
        if number in self.benches:
            return False
        self.benches[number] = Bench(f"lab {number}", draft, draft, number or None)
        return True


def _store_row(number: int, tried: StoreTerms, saved: StoreTerms) -> Row:
    return {"id": number, "name": saved.name, **{name: getattr(tried, name) for name in TERMS}}
