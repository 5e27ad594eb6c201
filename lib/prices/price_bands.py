"""Which costs a rule treats strangely: bands of source prices, exact to the currency's smallest unit.

An inversion is a band that sells below a cheaper item; a loss is a band that sells below what it costs. Only for tiers
without errors. What is said about them is in `formula_check`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal, localcontext
from itertools import pairwise

from lib.money import decimals
from lib.prices.formula import CENT, EXACT, LIMIT, PLAIN, Tier, stage


@dataclass(frozen=True)
class Span:
    """A tier with the first and the last cost that it prices, both in whole smallest units; none when `last` is lower.

    `row` is the position of the tier as given, and that behind the last for the tier at 0 that is always there.
    """

    row: int
    tier: Tier
    first: Decimal
    last: Decimal


@dataclass(frozen=True)
class Inversion:
    """Every cost from `first` to `last` sells for less than a cheaper item that costs `cheaper`.

    `first_becomes` and `cheaper_becomes` are what the category stage makes of the two, `row` is the tier of `first`.
    """

    first: Decimal
    last: Decimal
    cheaper: Decimal
    first_becomes: Decimal
    cheaper_becomes: Decimal
    row: int


@dataclass(frozen=True)
class Loss:
    """Every cost of this tier from `first` to `last` becomes less than itself; up to `nothing_to` not even above zero."""

    row: int
    first: Decimal
    last: Decimal
    first_becomes: Decimal
    nothing_to: Decimal | None


def unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-decimals(currency))


def highest(currency: str) -> Decimal:
    """No cost is above it: a band that ends here has no end."""
    with localcontext(EXACT):
        return LIMIT - unit(currency)


def spans(tiers: Sequence[Tier], currency: str) -> list[Span]:
    """The tiers low to high, the one at 0 that is always there among them."""
    steps = sorted(enumerate(tiers), key=lambda step: step[1].threshold)
    if not steps or steps[0][1].threshold > 0:
        steps.insert(0, (len(steps), PLAIN))
    with localcontext(EXACT):
        starts = [Decimal(tier.threshold).quantize(unit(currency), ROUND_CEILING) for _, tier in steps] + [LIMIT]
        return [
            Span(row, tier, first, after - unit(currency))
            for (row, tier), (first, after) in zip(steps, pairwise(starts), strict=True)
        ]


def inversions(tiers: Sequence[Tier], currency: str = "CNY") -> list[Inversion]:
    """The cost bands, low to high, in which the category stage comes out below that of some cheaper cost."""
    found: list[Inversion] = []
    dearest: tuple[Decimal, Decimal] | None = None  # the highest result so far and its cost
    for span in _priced(tiers, currency):
        becomes = stage(span.first, span.tier)
        if dearest and becomes < dearest[0]:
            end = min(span.last, _last_cost(span.tier, dearest[0], currency, below=True))
            if found and found[-1].cheaper == dearest[1] and found[-1].last + unit(currency) == span.first:
                found[-1] = replace(found[-1], last=end)
            else:
                found.append(Inversion(span.first, end, dearest[1], becomes, dearest[0], span.row))
        top = (stage(span.last, span.tier), span.last)
        dearest = max(dearest or top, top, key=lambda result: result[0])
    return found


def losses(tiers: Sequence[Tier], currency: str = "CNY") -> list[Loss]:
    """The costs above 0, low to high and tier by tier, that the category stage brings below what they are."""
    found = (_loss(span, currency) for span in _priced(tiers, currency))
    return [loss for loss in found if loss]


def _priced(tiers: Sequence[Tier], currency: str) -> Iterator[Span]:
    return (span for span in spans(tiers, currency) if span.first <= span.last)


def _loss(span: Span, currency: str) -> Loss | None:
    tier, first, last = span.tier, max(span.first, unit(currency)), span.last
    if tier.percent > 100:
        gain = Tier(tier.threshold, tier.percent - 100, tier.fine)
        last = min(last, _last_cost(gain, Decimal(0), currency, below=True))
    elif tier.percent < 100:
        taken = Tier(tier.threshold, 100 - tier.percent, -tier.fine)
        first = max(first, _last_cost(taken, Decimal(0), currency, below=False) + unit(currency))
    elif tier.fine >= 0:
        return None
    if first > last:
        return None
    becomes = stage(first, tier)
    nothing = min(last, _last_cost(tier, Decimal(0), currency, below=False)) if becomes <= 0 else None
    return Loss(span.row, first, last, becomes, nothing)


def _last_cost(tier: Tier, amount: Decimal, currency: str, below: bool) -> Decimal:
    """The highest cost that the tier brings below the amount, or, where `below` is false, not above it."""
    with localcontext(EXACT):
        cost = ((amount - tier.fine) / (tier.percent * CENT)).quantize(unit(currency), ROUND_CEILING)
        while (result := stage(cost, tier)) > amount or (below and result == amount):
            cost -= unit(currency)
    return cost
