"""What is wrong, or probably not meant, in the tiers of a price rule: said before it is saved.

Errors refuse the rule. Warnings ask for a confirmation: a ratio that looks like a slip, costs that sell for nothing,
and inversions, where an item that costs more sells for less than one that costs less.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal, localcontext
from itertools import pairwise

from lib.formula import CENT, EXACT, LIMIT, StoreTerms, Tier, amount_text, ladder, plain, stage
from lib.money import decimals
from lib.price_ending import LONGEST, SHAPE, repeats
from lib.problems import Problem

MOST_TIERS = 50
LOW, HIGH = 50, 1000  # a percentage outside of these has to be confirmed
PLACES = {"threshold": 4, "percent": 2, "fine": 4}  # decimals that the database keeps
NAMES = {"threshold": "The threshold", "percent": "The percentage", "fine": "The fine adjustment"}


@dataclass(frozen=True)
class Inversion:
    """Every cost from `first` to `last` sells for less than a cheaper item that costs `cheaper`.

    `first_becomes` and `cheaper_becomes` are what the category stage makes of the two.
    """

    first: Decimal
    last: Decimal
    cheaper: Decimal
    first_becomes: Decimal
    cheaper_becomes: Decimal


def check_rule(tiers: Sequence[Tier], currency: str = "CNY") -> list[Problem]:
    """The errors, or when there are none the warnings. `row` of a problem is the position of its tier as given."""
    return errors(tiers) or warnings(tiers, currency)


def errors(tiers: Sequence[Tier]) -> list[Problem]:
    """What refuses the rule: no number, a percentage of 0 or less, a threshold below 0 or given twice."""
    if len(tiers) > MOST_TIERS:
        return [Problem(f"A rule has at most {MOST_TIERS} tiers, this one has {len(tiers)}. Remove some.")]
    found = [problem for row, tier in enumerate(tiers) for problem in _tier_errors(row, tier)]
    return found or list(_repeated(tiers))


def warnings(tiers: Sequence[Tier], currency: str = "CNY") -> list[Problem]:
    """What somebody has to confirm. Only for tiers without errors; bands are in the currency's smallest unit."""
    inverted = [_inverted(found, currency) for found in inversions(tiers, currency)]
    return [*_odd_ratios(tiers), *_below_zero(tiers, currency), *inverted]


def terms_errors(terms: StoreTerms) -> list[Problem]:
    """The same for the percentage and the fine adjustment of a store."""
    given = (("percent", terms.percent), ("fine", terms.fine))
    return [Problem(text, field=field, value=value) for field, value in given if (text := _error(field, value))]


def terms_warnings(terms: StoreTerms) -> list[Problem]:
    text = _odd_ratio(terms.percent, "price")
    return [Problem(text, field="percent", value=terms.percent)] if text else []


def ending_error(ending: str | None, currency: str) -> str | None:
    """What is wrong with how prices shall end; none at all, None or "", is fine."""
    if not ending or repeats(ending, currency):
        return None
    written, places = f"The ending {ending[:20]!r}", decimals(currency)
    if len(ending) > LONGEST:
        return f"{written} is too long. Write at most {LONGEST} characters, such as .99 or 80."
    if not SHAPE.fullmatch(ending):
        return f"{written} is not a number. Write digits with at most one point, such as .99, 9.99 or 80."
    if not places:
        return f"{written} has decimals, {currency} has none. Write whole digits, such as 80."
    return f"{written} must have the {places} decimals of {currency}, or none. Write .{'9' * places}, for example."


def inversions(tiers: Sequence[Tier], currency: str = "CNY") -> list[Inversion]:
    """The cost bands, low to high, in which the category stage comes out below that of some cheaper cost."""
    found: list[Inversion] = []
    dearest: tuple[Decimal, Decimal] | None = None  # the highest result so far and its cost
    for tier, first, last in _spans(tiers, currency):
        becomes = stage(first, tier)
        if dearest and becomes < dearest[0]:
            end = min(last, _last_cost(tier, dearest[0], currency, below=True))
            if found and found[-1].cheaper == dearest[1] and found[-1].last + _unit(currency) == first:
                found[-1] = replace(found[-1], last=end)
            else:
                found.append(Inversion(first, end, dearest[1], becomes, dearest[0]))
        top = (stage(last, tier), last)
        dearest = max(dearest or top, top, key=lambda result: result[0])
    return found


def _tier_errors(row: int, tier: Tier) -> Iterator[Problem]:
    for field in PLACES:
        value = getattr(tier, field)
        if text := _error(field, value):
            yield Problem(text, row=row, field=field, value=value)


def _error(field: str, value: object) -> str | None:
    name = NAMES[field]
    if isinstance(value, bool) or not isinstance(value, Decimal | int) or not Decimal(value).is_finite():
        shown = "is missing" if value is None or value == "" else f"{str(value)[:40]!r} is not a number"
        return f"{name} {shown}. Enter a number such as {'150' if field == 'percent' else '5.00'}."
    number = Decimal(value)
    if field == "percent" and number <= 0:
        return f"{name} {plain(number)} must be above 0: 100 is the original price, 150 one and a half times."
    if field == "threshold" and number < 0:
        return f"{name} {plain(number)} is below 0. Enter the lowest source price of the tier, 0 or more."
    if abs(number) >= LIMIT:
        return f"{name} is too large. Enter less than 100,000,000,000,000."
    if number != round(number, PLACES[field]):
        return f"{name} {plain(number)} has more than {PLACES[field]} decimals. Round it."
    return None


def _repeated(tiers: Sequence[Tier]) -> Iterator[Problem]:
    seen: set[Decimal] = set()
    for row, tier in enumerate(tiers):
        if tier.threshold in seen:
            text = f"The threshold {plain(Decimal(tier.threshold))} is given twice. Remove one of the two tiers."
            yield Problem(text, row=row, field="threshold", value=tier.threshold)
        seen.add(tier.threshold)


def _odd_ratios(tiers: Sequence[Tier]) -> Iterator[Problem]:
    for row, tier in enumerate(tiers):
        if text := _odd_ratio(tier.percent, "source price"):
            yield Problem(text, row=row, field="percent", value=tier.percent)


def _odd_ratio(percent: Decimal, of: str) -> str | None:
    percent = Decimal(percent)
    if LOW <= percent <= HIGH:
        return None
    meant = percent * 100 if percent < 10 else percent + 100 if percent < LOW else percent / 10
    while meant > HIGH:
        meant /= 10
    return f"{plain(percent)} means {plain(percent)} % of the {of}: did you mean {plain(meant)} %?"


def _below_zero(tiers: Sequence[Tier], currency: str) -> Iterator[Problem]:
    for tier, first, last in _spans(tiers, currency):
        first = max(first, _unit(currency))
        if first <= last and stage(first, tier) <= 0:
            end = min(last, _last_cost(tier, Decimal(0), currency, below=False))
            band = _band(first, end, currency)
            text = f"{band} come to zero or less: the fine adjustment takes all of the price."
            yield Problem(text, field="fine", value=tier.fine)


def _inverted(found: Inversion, currency: str) -> Problem:
    cheaper, becomes = amount_text(found.cheaper, currency), amount_text(found.cheaper_becomes, currency)
    first, only = amount_text(found.first, currency), amount_text(found.first_becomes, currency)
    text = (
        f"{_band(found.first, found.last, currency)} sell below an item of {cheaper}:"
        f" {cheaper} becomes {becomes}, {first} only {only}."
    )
    return Problem(text, field="threshold", value=found.first)


def _band(first: Decimal, last: Decimal, currency: str) -> str:
    return f"Costs from {amount_text(first, currency)} to {amount_text(last, currency)}"


def _spans(tiers: Sequence[Tier], currency: str) -> list[tuple[Tier, Decimal, Decimal]]:
    """Each tier, low to high, with the first and last cost in whole smallest units that it prices."""
    unit = _unit(currency)
    steps = ladder(tiers)[::-1]
    with localcontext(EXACT):
        starts = [Decimal(tier.threshold).quantize(unit, ROUND_CEILING) for tier in steps] + [LIMIT]
        spans = [(tier, first, after - unit) for tier, (first, after) in zip(steps, pairwise(starts), strict=True)]
    return [span for span in spans if span[1] <= span[2]]


def _last_cost(tier: Tier, amount: Decimal, currency: str, below: bool) -> Decimal:
    """The highest cost that the tier brings below the amount, or, where `below` is false, not above it."""
    unit = _unit(currency)
    with localcontext(EXACT):
        cost = ((amount - tier.fine) / (tier.percent * CENT)).quantize(unit, ROUND_CEILING)
        while (result := stage(cost, tier)) > amount or (below and result == amount):
            cost -= unit
    return cost


def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-decimals(currency))
