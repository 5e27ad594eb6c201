"""What a price was made from, kept with an upload: each number as text, so that it can be compared with today to the last digit."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from lib.prices.formula import Price, Rate, Rule, StoreTerms, Tier, plain, price


def kept(made: Price) -> dict[str, Any]:
    """The inputs of a price, the tier that it took and what came of them; ready for JSON."""
    rule, tier, terms = made.rule, made.tier, made.terms
    return {
        "cost": _text(made.cost),
        "currency": made.cost_currency,
        "rule": None if rule is None else {"category": rule.category, "source": rule.source, "version": rule.version},
        "tier": None if tier is None else [plain(tier.threshold), plain(tier.percent), plain(tier.fine)],
        "rate": _kept_rate(made.rate),
        "store": {
            "name": terms.name, "currency": terms.currency, "percent": plain(terms.percent), "fine": plain(terms.fine),
            "ending": terms.ending, "floor": _text(terms.floor),
        },
        "amount": _text(made.amount),
    }  # fmt: skip


def restored(kept: Mapping[str, Any]) -> Price:
    """The price again, with every step. Of the rule it knows the one tier that priced it."""
    tier = Tier(*map(Decimal, kept["tier"])) if kept["tier"] else None
    rule = kept["rule"] and Rule(kept["rule"]["category"], kept["rule"]["source"], _alone(tier), None, kept["rule"]["version"])  # fmt: skip
    made = price(_number(kept["cost"]), kept["currency"], rule, _terms(kept["store"]), _rate(kept["rate"]))
    return replace(made, tier=tier) if made.tier else made


def _alone(tier: Tier | None) -> tuple[Tier, ...]:
    """As the tier for every source price."""
    return (replace(tier, threshold=Decimal(0)),) if tier else ()


def _terms(kept: Mapping[str, Any]) -> StoreTerms:
    percent, fine = Decimal(kept["percent"]), Decimal(kept["fine"])
    return StoreTerms(kept["name"], kept["currency"], percent, fine, kept["ending"], _number(kept["floor"]))


def _kept_rate(rate: Rate | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    return {"pair": rate.pair, "value": plain(rate.value), "day": rate.day.isoformat() if rate.day else None}


def _rate(kept: Mapping[str, Any] | None) -> Rate | None:
    if kept is None:
        return None
    return Rate(kept["pair"], Decimal(kept["value"]), date.fromisoformat(kept["day"]) if kept["day"] else None)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)
