"""A draft: rules, store terms and rates that somebody tries and has not saved; and which listings it is tried on.

What a draft does not name is as it is saved. It is kept as JSON with an experiment, with each number as text, so that nothing is lost.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from db.vocabulary import Source
from lib.counted import counted
from lib.prices.formula import StoreTerms, Tier, plain

RuleKey = tuple[int, Source]
"""The category's id and the source: what a rule belongs to."""
Tiers = tuple[Tier, ...]
PAIR = re.compile("[A-Z]{3}/[A-Z]{3}")
LONGEST_NUMBER = 40
BROKEN = (KeyError, TypeError, AttributeError, ValueError, InvalidOperation)


@dataclass(frozen=True)
class Draft:
    """What is tried. A rule whose tiers are None is switched off; one with no saved rule behind it is new."""

    rules: Mapping[RuleKey, Tiers | None] = field(default_factory=dict)
    stores: Mapping[int, StoreTerms] = field(default_factory=dict)
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """By pair: one unit of the first currency of "CNY/USD" is so many of the second."""

    def __bool__(self) -> bool:
        return bool(self.rules or self.stores or self.rates)

    def __str__(self) -> str:
        """What is tried, in a few words: "2 rules, 1 store"."""
        parts = ((len(self.rules), "rule"), (len(self.stores), "store"), (len(self.rates), "rate"))
        return ", ".join(counted(number, what) for number, what in parts if number)

    def with_rule(self, key: RuleKey, tiers: Tiers | None, saved: Tiers | None) -> "Draft":
        """The draft with this rule tried; taken out again when it says what is saved."""
        return replace(self, rules=_put(self.rules, key, tiers, saved))

    def with_store(self, store_id: int, terms: StoreTerms, saved: StoreTerms) -> "Draft":
        return replace(self, stores=_put(self.stores, store_id, terms, saved))

    def with_rate(self, pair: str, value: Decimal, saved: Decimal | None) -> "Draft":
        return replace(self, rates=_put(self.rates, pair, value, saved))


def _put(held: Mapping[Any, Any], key: Any, value: Any, saved: Any) -> dict[Any, Any]:
    others = {name: kept for name, kept in held.items() if name != key}
    return others if value == saved else {**others, key: value}


@dataclass(frozen=True)
class Scope:
    """The listings that are looked at. A category stands for everything below it too; nothing named means all."""

    stores: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()
    text: str = ""
    listings: tuple[int, ...] = ()
    """Picked ones; none means all that the rest allows."""


def shifted(tiers: Sequence[Tier], points: Decimal) -> Tiers:
    """All ratios up or down by so many percentage points; none falls below 0.01."""
    return tuple(replace(tier, percent=max(tier.percent + points, Decimal("0.01"))) for tier in tiers)


# As JSON


def draft_to_json(draft: Draft) -> dict[str, Any]:
    return {
        "rules": [
            {
                "category": category,
                "source": str(source),
                "tiers": None if tiers is None else [[plain(t.threshold), plain(t.percent), plain(t.fine)] for t in tiers],
            }
            for (category, source), tiers in sorted(draft.rules.items())
        ],
        "stores": [
            {
                "store": number, "name": terms.name, "currency": terms.currency, "percent": plain(terms.percent),
                "fine": plain(terms.fine), "ending": terms.ending, "floor": None if terms.floor is None else plain(terms.floor),
            }
            for number, terms in sorted(draft.stores.items())
        ],
        "rates": {pair: plain(value) for pair, value in sorted(draft.rates.items())},
    }  # fmt: skip


def draft_from_json(kept: Mapping[str, Any]) -> Draft:
    """Raises ValueError for what draft_to_json has not written."""
    try:
        rules = [
            (int(rule["category"]), Source(rule["source"]), _tiers(rule["tiers"])) for rule in kept.get("rules", [])
        ]
        stores = [(int(store["store"]), _terms(store)) for store in kept.get("stores", [])]
        draft = Draft(
            {(category, source): tiers for category, source, tiers in rules}, dict(stores),
            {_pair(pair): _number(value) for pair, value in kept.get("rates", {}).items()},
        )  # fmt: skip
    except BROKEN as error:
        raise ValueError("this is not a draft") from error
    if len(draft.rules) != len(rules) or len(draft.stores) != len(stores):
        raise ValueError("this is not a draft: it says two things about one rule or store")
    return draft


def _tiers(kept: Sequence[Sequence[str]] | None) -> Tiers | None:
    return None if kept is None else tuple(Tier(*(_number(text) for text in tier)) for tier in kept)


def _terms(kept: Mapping[str, Any]) -> StoreTerms:
    floor = None if kept["floor"] is None else _number(kept["floor"])
    return StoreTerms(
        kept["name"], kept["currency"], _number(kept["percent"]), _number(kept["fine"]), kept["ending"], floor
    )


def _number(text: Any) -> Decimal:
    number = Decimal(str(text)) if len(str(text)) <= LONGEST_NUMBER else Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > LONGEST_NUMBER:
        raise ValueError("this is not a number of ours")
    return number


def _pair(text: str) -> str:
    if not PAIR.fullmatch(text):
        raise ValueError("this is not a pair of currencies")
    return text


def scope_to_json(scope: Scope) -> dict[str, Any]:
    return {
        "stores": list(scope.stores), "categories": list(scope.categories), "sources": [str(s) for s in scope.sources],
        "text": scope.text, "listings": list(scope.listings),
    }  # fmt: skip


def scope_from_json(kept: Mapping[str, Any]) -> Scope:
    """Raises ValueError for what scope_to_json has not written."""
    try:
        return Scope(
            tuple(int(n) for n in kept.get("stores", [])), tuple(int(n) for n in kept.get("categories", [])),
            tuple(Source(s) for s in kept.get("sources", [])), str(kept.get("text", "")),
            tuple(int(n) for n in kept.get("listings", [])),
        )  # fmt: skip
    except BROKEN as error:
        raise ValueError("this is not a scope") from error
