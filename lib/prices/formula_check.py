"""What is wrong, or probably not meant, in the tiers of a price rule: said beside them while they are typed.

Errors refuse the rule. Warnings ask for a confirmation: a ratio that looks like a slip, costs that sell for less than
themselves, and inversions, where an item that costs more sells for less than one that costs less. Notes only say what
will happen. The bands of costs are found in `price_bands`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from lib.money import decimals
from lib.prices.formula import LIMIT, StoreTerms, Tier, amount_text, plain
from lib.prices.price_bands import Inversion, Loss, Span, highest, inversions, losses, spans
from lib.prices.price_ending import LONGEST, SHAPE, repeats
from lib.problems import Problem

MOST_TIERS = 50
MOST_PERCENT = 100_000
LOW, HIGH = 50, 1000  # a percentage outside of these has to be confirmed
PLACES = {"threshold": 4, "percent": 2, "fine": 4}  # decimals that the database keeps
NAMES = {
    "threshold": "The threshold",
    "percent": "The percentage",
    "fine": "The fine adjustment",
    "floor": "The lowest price",
}
LONGEST_SHOWN = 30  # digits of what somebody typed

Severity = Literal["error", "warning", "note"]
ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Finding(Problem):
    """A problem and how bad it is: an error refuses, a warning has to be confirmed, a note only says what happens.

    `row` is the position of the tier as given, None where it is about the table.
    """

    severity: Severity = "error"


# A rule


def lint(tiers: Sequence[Tier], currency: str = "CNY") -> list[Finding]:
    """All there is to say, tier by tier as given, the worst first. Never raises, whatever somebody has typed so far.

    Bands are in the currency's smallest unit, and said only when no tier has an error: they depend on all of them.
    """
    refused = errors(tiers)
    if not refused:
        said = [*_as("warning", warnings(tiers, currency or "CNY")), *_as("note", notes(tiers, currency or "CNY"))]
    elif len(tiers) > MOST_TIERS:
        said = []
    else:
        wrong = {problem.row for problem in refused}
        said = _as("warning", (problem for problem in _odd_ratios(tiers) if problem.row not in wrong))
    found = [*_as("error", refused), *said]
    return sorted(found, key=lambda one: (-1 if one.row is None else one.row, ORDER[one.severity]))


def _as(severity: Severity, problems: Iterable[Problem]) -> list[Finding]:
    return [Finding(**vars(problem), severity=severity) for problem in problems]


def errors(tiers: Sequence[Tier]) -> list[Problem]:
    """What refuses the rule: no tier, no number, a percentage of 0 or less, a threshold below 0 or given twice."""
    if not tiers:
        return [Problem("There is no tier. Enter one from 0, or switch the rule off.")]
    if len(tiers) > MOST_TIERS:
        return [Problem(f"A rule has at most {MOST_TIERS} tiers, this one has {len(tiers)}. Remove some.")]
    found = [problem for row, tier in enumerate(tiers) for problem in _tier_errors(row, tier)]
    return [*found, *_repeated(tiers)]


def warnings(tiers: Sequence[Tier], currency: str = "CNY") -> list[Problem]:
    """What somebody has to confirm. Only for tiers without errors; bands are in the currency's smallest unit."""
    lost = [_lost(found, tiers[found.row], currency) for found in losses(tiers, currency)]
    inverted = [_inverted(found, currency) for found in inversions(tiers, currency)]
    return [*_odd_ratios(tiers), *(problem for problem in lost if problem), *inverted]


def notes(tiers: Sequence[Tier], currency: str = "CNY") -> list[Problem]:
    """What nobody has to confirm: no tier at 0, and tiers so close that no cost lies in one. Only for tiers without errors."""
    every = spans(tiers, currency)
    found = [_unused(span, after, currency) for span, after in pairwise(every) if span.last < span.first]
    if every[0].row == len(tiers):
        text = f"There is no tier at 0: below {amount_text(every[1].tier.threshold, currency)} it is 100 % + 0."
        found.append(Problem(text, row=every[1].row, field="threshold", value=every[1].tier.threshold))
    return found


# The terms of a store


def terms_errors(terms: StoreTerms) -> list[Problem]:
    """The same for what a store adds, how its prices end and its lowest price; and a store without a currency."""
    if not terms.currency or not isinstance(terms.currency, str):
        return [Problem("The store has no currency. Choose its marketplace.", field="currency", value=terms.currency)]
    given = [("percent", terms.percent, PLACES["percent"]), ("fine", terms.fine, PLACES["fine"])]
    if terms.floor is not None:
        given.append(("floor", terms.floor, decimals(terms.currency)))
    found = [
        Problem(text, field=name, value=value) for name, value, most in given if (text := _error(name, value, most))
    ]
    is_text = terms.ending is None or isinstance(terms.ending, str)
    text = ending_error(terms.ending, terms.currency) if is_text else "The ending is not text. Write .99, for example."
    return [*found, Problem(text, field="ending", value=terms.ending)] if text else found


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


# One number


def _tier_errors(row: int, tier: Tier) -> Iterator[Problem]:
    for field, places in PLACES.items():
        value = getattr(tier, field)
        if text := _error(field, value, places):
            yield Problem(text, row=row, field=field, value=value)


def _error(field: str, value: object, places: int) -> str | None:
    name = NAMES[field]
    if not _is_number(value):
        empty = value is None or (isinstance(value, str) and not value.strip())
        shown = "is missing" if empty else f"{str(value)[:40]!r} is not a number"
        return f"{name} {shown}. Enter a number such as {'150' if field == 'percent' else '5.00'}."
    number = Decimal(value)  # type: ignore[arg-type]
    if not -LIMIT < number < LIMIT:
        return f"{name} is too large. Enter less than 100,000,000,000,000."
    return _out_of_range(field, number) or _too_exact(name, number, places)


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Decimal | int) and Decimal(value).is_finite()


def _out_of_range(field: str, number: Decimal) -> str | None:
    named = f"{NAMES[field]} {_shown(number)}"
    if field == "percent" and number <= 0:
        return f"{named} must be above 0: 100 is the original price, 150 one and a half times."
    if field == "percent" and number > MOST_PERCENT:
        return f"{named} is above {MOST_PERCENT:,}, a thousand times the price. 150 is one and a half times."
    if field == "threshold" and number < 0:
        return f"{named} is below 0. Enter the lowest source price of the tier, 0 or more."
    if field == "floor" and number < 0:
        return f"{named} is below 0. Enter 0 or more, or leave it empty."
    return None


def _too_exact(name: str, number: Decimal, places: int) -> str | None:
    if number == number.quantize(Decimal(1).scaleb(-places)):
        return None
    most = f"more than {places} decimals" if places else "decimals, its currency has none"
    return f"{name} {_shown(number)} has {most}. Round it."


def _shown(number: Decimal) -> str:
    """As typed, unless it would fill the screen: 1E-999999 has a million digits."""
    text = str(number)
    return (
        plain(number)
        if abs(number.adjusted()) < LONGEST_SHOWN and len(text) <= LONGEST_SHOWN
        else text[:LONGEST_SHOWN] + "…"
    )


def _repeated(tiers: Sequence[Tier]) -> Iterator[Problem]:
    seen: set[Decimal] = set()
    for row, tier in enumerate(tiers):
        if _error("threshold", tier.threshold, PLACES["threshold"]):
            continue
        if tier.threshold in seen:
            text = f"The threshold {plain(Decimal(tier.threshold))} is given twice. Remove one of the two tiers."
            yield Problem(text, row=row, field="threshold", value=tier.threshold)
        seen.add(tier.threshold)


def _odd_ratios(tiers: Sequence[Tier]) -> Iterator[Problem]:
    for row, tier in enumerate(tiers):
        if text := _odd_ratio(tier.percent, "source price"):
            yield Problem(text, row=row, field="percent", value=tier.percent)


def _odd_ratio(percent: Decimal, of: str) -> str | None:
    """None, too, for what is no percentage at all: that is an error."""
    if _error("percent", percent, PLACES["percent"]) or LOW <= percent <= HIGH:
        return None
    percent = Decimal(percent)
    meant = percent * 100 if percent < 10 else percent + 100 if percent < LOW else percent / 10
    while meant > HIGH:
        meant /= 10
    return f"{plain(percent)} means {plain(percent)} % of the {of}: did you mean {plain(meant)} %?"


# Bands of costs


def _lost(found: Loss, tier: Tier, currency: str) -> Problem | None:
    """Below 50 % is asked about as a slip already: then only what the fine adjustment takes altogether is said."""
    nothing = found.nothing_to
    if nothing is not None and (nothing == found.last or tier.percent < LOW):
        band = _band(found.first, nothing, currency)
        text = f"{band} come to zero or less: the fine adjustment takes all of the price."
        return Problem(text, row=found.row, field="fine", value=tier.fine)
    if tier.percent < LOW:
        return None
    field = "percent" if tier.percent < 100 else "fine"
    text = f"{_band(found.first, found.last, currency)} sell below what they cost: {_why(found, tier, currency)}."
    return Problem(text, row=found.row, field=field, value=getattr(tier, field))


def _why(found: Loss, tier: Tier, currency: str) -> str:
    first, becomes = amount_text(found.first, currency), amount_text(found.first_becomes, currency)
    why = f"{first} becomes {becomes}"
    if tier.percent >= 100:
        why = f"the fine adjustment {amount_text(tier.fine, currency)} eats the margin, {why}"
    if found.nothing_to is None:
        return why
    return f"{why}, and up to {amount_text(found.nothing_to, currency)} nothing is left"


def _inverted(found: Inversion, currency: str) -> Problem:
    cheaper, becomes = amount_text(found.cheaper, currency), amount_text(found.cheaper_becomes, currency)
    first, only = amount_text(found.first, currency), amount_text(found.first_becomes, currency)
    text = (
        f"{_band(found.first, found.last, currency)} sell below an item of {cheaper}:"
        f" {cheaper} becomes {becomes}, {first} only {only}."
    )
    return Problem(text, row=found.row, field="threshold", value=found.first)


def _unused(span: Span, after: Span, currency: str) -> Problem:
    threshold, ends = amount_text(span.tier.threshold, currency), amount_text(after.tier.threshold, currency)
    text = f"No cost lies in the tier from {threshold}: the next begins at {ends}. Remove one of the two tiers."
    return Problem(text, row=span.row, field="threshold", value=span.tier.threshold)


def _band(first: Decimal, last: Decimal, currency: str) -> str:
    to = "up" if last == highest(currency) else f"to {amount_text(last, currency)}"
    return f"Costs from {amount_text(first, currency)} {to}"
