"""Backwards: which ratio gives this price, or this margin, for a product or a whole category.

The ratio is that of the category's tier, in the steps that the database keeps (0.01 %). It is found by asking the formula
itself, so that the answer put into it gives what is said here, whatever the formula does with endings and rounding.

A margin is what is left of a price when the piece is paid for: (price - source price x fx) / price x 100.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from functools import cache

from lib.money import text as money_text
from lib.prices import formula, formula_check
from lib.prices.formula import CENT, EXACT, LIMIT, Rate, Rule, StoreTerms, Tier, amount_text, exchange, plain

MOST = formula_check.MOST_PERCENT * 100  # steps of 0.01 %
ONE, TWO = 100_00, 200_00  # 100 % and 200 %, in steps
ROUND = (100_00, 50_00, 10_00, 5_00, 1_00, 50, 10, 5, 1)  # ratios are multiples of these where they can be, best first
TOO_LARGE, NONE = Decimal("Infinity"), Decimal(0)  # a result that is too large for a price, and one not above zero

Point = tuple[Decimal, Decimal]
"""A ratio and the price or margin that it gives; or revenue and cost."""


@dataclass(frozen=True)
class Answer:
    """A ratio and the price or the margin (cut to 1/100 %) that it gives. Without a ratio `sentence` says why there is none.

    Unless it is exact, `below` and `above` are the nearest ratios with what they give, as far as there are any.
    `threshold` names the tier that the ratio belongs to: 0 where it is still to be made, None for a category.
    """

    ratio: Decimal | None
    gives: Decimal | None
    exact: bool
    sentence: str
    below: Point | None = None
    above: Point | None = None
    threshold: Decimal | None = None


@dataclass(frozen=True)
class Asked:
    """A product in a store, to be priced at any ratio of its tier."""

    cost: Decimal
    currency: str
    tier: Tier
    place: str
    terms: StoreTerms
    rate: Rate | None

    def price(self, steps: int) -> formula.Price:
        tier = replace(self.tier, threshold=Decimal(0), percent=_ratio(steps))
        return formula.price(self.cost, self.currency, Rule("", "", (tier,)), self.terms, self.rate)

    def amount(self, steps: int) -> Decimal:
        found = self.price(steps)
        if found.amount is None:
            return TOO_LARGE if found.why == "too large" else NONE
        return found.amount

    def text(self, amount: Decimal) -> str:
        return money_text(amount, self.terms.currency)

    def warning(self, steps: int) -> str:
        found = self.price(steps)
        below = ["the lowest price of the store"] * found.below_floor + ["what the product costs"] * found.below_cost
        return f" That is below {' and below '.join(below)}." if below else ""


# Questions


def ratio_for_price(
    wanted: Decimal,
    cost: Decimal | None,
    source_currency: str | None,
    rule: Rule | None,
    terms: StoreTerms,
    rate: Rate | None,
) -> Answer:
    """The ratio that makes exactly `wanted`, in the store's currency, of this cost; where none does, the nearer of two.

    It takes the place of the ratio in the tier that prices this cost; that tier's fine adjustment, store and rate stay.
    Of several that do, it is the present one, else the roundest.
    """
    asked = _asked(cost, source_currency, rule, terms, rate)
    if isinstance(asked, str):
        return _impossible(asked)
    if not (_is_number(wanted, 4) and wanted > 0):
        return _impossible("Enter a price above 0 with at most 4 decimals.")
    first = _first(lambda steps: asked.amount(steps) >= wanted)
    if first is None or asked.amount(first) != wanted:
        return _around(asked, wanted, first)
    after = _first(lambda steps: asked.amount(steps) > wanted, first)
    steps = _roundest(first, (after or MOST + 1) - 1, int(asked.tier.percent * 100))
    text = f"{_percent(steps)} {asked.place} gives {asked.text(wanted)}.{asked.warning(steps)}"
    return Answer(_ratio(steps), wanted, True, text, threshold=asked.tier.threshold)


def ratio_for_margin(
    margin_percent: Decimal,
    cost: Decimal | None,
    source_currency: str | None,
    rule: Rule | None,
    terms: StoreTerms,
    rate: Rate | None,
) -> Answer:
    """The smallest ratio whose price reaches the margin, (price - cost x fx) / price x 100, for this cost in this store."""
    asked = _asked(cost, source_currency, rule, terms, rate)
    if isinstance(asked, str):
        return _impossible(asked)
    with localcontext(EXACT):
        worth = asked.cost * (exchange(asked.currency, terms.currency, rate) or 0)
    answer, steps = _smallest(margin_percent, lambda steps: (asked.amount(steps), worth), asked.place)
    if steps is None:
        return answer
    text = f"{answer.sentence} The price is {asked.text(asked.amount(steps))}.{asked.warning(steps)}"
    return replace(answer, sentence=text, threshold=asked.tier.threshold)


def ratio_for_category(margin_percent: Decimal, gains: Callable[[Decimal], Point]) -> Answer:
    """The smallest ratio whose total margin, (revenue - cost) / revenue x 100, reaches the one that is wanted.

    `gains` says revenue and cost of all products at a ratio, in one currency. The margin has to grow with the ratio: the
    cost is that of every product, also of one that has no price at so low a ratio. It is asked at most 60 times, seldom
    more than 10.
    """

    @cache
    def at(steps: int) -> Point:
        return gains(_ratio(steps))

    return _smallest(margin_percent, at, "for all of them")[0]


def _asked(
    cost: Decimal | None, currency: str | None, rule: Rule | None, terms: StoreTerms, rate: Rate | None
) -> Asked | str:
    """The product, or why it has no price at any ratio."""
    tiers = rule.tiers if rule else ()
    wrong = (formula_check.errors(tiers) if tiers else []) + formula_check.terms_errors(terms)
    if wrong:
        return wrong[0].text
    found = formula.price(cost, currency, rule, terms, rate)
    if cost is None or not currency or found.tier is None:
        return found.flag or ""
    starts = amount_text(found.tier.threshold, currency)
    place = f"in the tier from {starts}" if found.tier in tiers else "in a new tier from 0"
    return Asked(cost, currency, found.tier, place, terms, rate)


# Answers


def _impossible(sentence: str) -> Answer:
    return Answer(None, None, False, sentence)


def _around(asked: Asked, wanted: Decimal, first: int | None) -> Answer:
    """No ratio gives it: the last that stays below it and `first`, the first that does not."""
    last = (first or MOST + 1) - 1
    lower, upper = asked.amount(last) if last else NONE, asked.amount(first) if first else TOO_LARGE
    below = (_ratio(last), lower) if lower > 0 else None
    above = (_ratio(first), upper) if first and upper < TOO_LARGE else None
    if above is None or first == 1:
        return replace(_impossible(_beyond(asked, wanted, below, above)), below=below, above=above)
    near = above if below is None or above[1] - wanted <= wanted - below[1] else below
    gives = [f"{plain(ratio)} % gives {asked.text(amount)}" for ratio, amount in filter(None, (below, above))]
    ends = f" Prices of this store end in {asked.terms.ending}." if asked.terms.ending else ""
    text = f"No ratio gives exactly {asked.text(wanted)}: {asked.place}, {' and '.join(gives)}.{ends}"
    return Answer(*near, False, text, below, above, asked.tier.threshold)


def _beyond(asked: Asked, wanted: Decimal, below: Point | None, above: Point | None) -> str:
    """Why no ratio comes near."""
    if above:
        fine = asked.amount(0) > wanted
        why = ", because the fine adjustments alone are above it" if fine else ""
        return f"No ratio gives as little as {asked.text(wanted)}{why}: even 0.01 % gives {asked.text(above[1])}."
    if below:
        return f"No ratio gives as much as {asked.text(wanted)}: even {plain(below[0])} % gives {asked.text(below[1])}."
    return "No ratio gives a price. Check the source price and the fine adjustments of the rule and the store."


def _smallest(wanted: Decimal, gains: Callable[[int], Point], place: str) -> tuple[Answer, int | None]:
    """The answer and its ratio in steps. `gains` says revenue and cost at so many steps."""
    if not (_is_number(wanted, 2) and wanted < 100):
        return _impossible("Enter a margin below 100 % with at most 2 decimals."), None
    first = _first(lambda steps: _reaches(gains(steps), wanted), _guess(wanted, gains))
    if first is None or gains(first)[0] == TOO_LARGE:
        return _impossible(_short(wanted, gains, (first or MOST + 1) - 1)), None
    before = gains(first - 1) if first > 1 else (NONE, NONE)
    below = (_ratio(first - 1), _margin(before)) if before[0] > 0 else None
    above = (_ratio(first), _margin(gains(first)))
    text = f"{_percent(first)} {place} gives a margin of {above[1]} %"
    if _reaches(gains(first), wanted, exactly=True):
        return Answer(*above, True, f"{text}."), first
    less = f", {plain(below[0])} % gives {below[1]} %" if below else ""
    return Answer(*above, False, f"{text}{less}.", below, above), first


def _short(wanted: Decimal, gains: Callable[[int], Point], last: int) -> str:
    if not last or gains(last)[0] <= 0:
        return "No ratio gives a price, so there is no margin. Check source prices, fine adjustments and rates."
    return f"No ratio gives a margin of {plain(wanted)} %: even {_percent(last)} gives {_margin(gains(last))} %."


# Ratios in steps of 0.01 %


def _first(reaches: Callable[[int], bool], guess: int = ONE) -> int | None:
    """The smallest ratio that reaches it, None when the largest does not: in leaps from the guess, then by halves."""
    low, high, leap = 0, MOST + 1, 1
    while high - low > 1:
        at = guess if low < guess < high else (low + high) // 2
        if reaches(at):
            high, guess = at, at - leap
        else:
            low, guess = at, at + leap
        leap *= 2
    return high if high <= MOST else None


def _guess(wanted: Decimal, gains: Callable[[int], Point]) -> int:
    """Where the margin would be reached if revenue grew in a straight line, as without rounding and endings it does."""
    (one, _), (two, cost) = gains(ONE), gains(TWO)
    if not 0 < one < two < TOO_LARGE:
        return ONE
    with localcontext(EXACT):
        needed = cost / (1 - wanted * CENT)
        steps = int((ONE + (needed - one) * (TWO - ONE) / (two - one)).to_integral_value(ROUND_CEILING))
    return min(max(steps, 1), MOST)


def _reaches(gained: Point, margin: Decimal, exactly: bool = False) -> bool:
    revenue, cost = gained
    if revenue <= 0 or revenue == TOO_LARGE:
        return revenue > 0
    with localcontext(EXACT):
        left, wanted = (revenue - cost) * 100, margin * revenue
    return left == wanted if exactly else left >= wanted


def _margin(gained: Point) -> Decimal:
    """Cut, not rounded: what does not reach a margin must not read as if it did."""
    revenue, cost = gained
    with localcontext(EXACT):
        return ((revenue - cost) * 100 / revenue).quantize(CENT, ROUND_FLOOR)


def _roundest(first: int, last: int, now: int) -> int:
    """Of the ratios from first to last the one of now, or the one that people would write: 150 sooner than 149.97."""
    if first <= now <= last:
        return now
    multiples = (-(-first // size) * size for size in ROUND)
    return next(steps for steps in multiples if steps <= last)


def _ratio(steps: int) -> Decimal:
    return Decimal(steps).scaleb(-2)


def _percent(steps: int) -> str:
    return f"{plain(_ratio(steps))} %"


def _is_number(value: object, places: int) -> bool:
    return isinstance(value, Decimal) and value.is_finite() and -LIMIT < value < LIMIT and value == round(value, places)
