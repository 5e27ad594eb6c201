"""The price formula, defined once.

    final = round_half_up( (source price x category% + category fine) x fx x store% + store fine, store currency)

A rule belongs to one category and one source. Its tiers are read from the highest threshold down: the first that the
source price reaches prices the whole amount. Everything is exact until the one rounding at the end. A ratio is a
percentage: 150 is one and a half times, 1.5 is 1.5 %. A store whose prices end alike (".99") sells for the next price
up that ends so; its floor changes no price, it only marks the prices below it. What a rule must not say, and what it
should not, is in `formula_check`; the same formula for a million prices at once in `formula_kernel`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, localcontext
from typing import Any

from lib.money import decimals, round_half_up
from lib.prices.price_ending import lifted, repeats

EXACT = Context(
    prec=120
)  # more digits than cost, two ratios, a rate and two fines can have together: nothing is lost on the way
LIMIT = Decimal(10) ** 14  # neither a cost nor a price reaches it; below it 1/10,000 of a unit fits the database
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Tier:
    """From a source price of `threshold` on: x `percent` % + `fine`, both amounts in the currency of the source."""

    threshold: Decimal
    percent: Decimal
    fine: Decimal


PLAIN = Tier(Decimal(0), Decimal(100), Decimal(0))


@dataclass(frozen=True)
class Rule:
    """How one category of one source is priced."""

    category: str
    source: str
    tiers: tuple[Tier, ...]
    id: int | None = None
    version: int | None = None


@dataclass(frozen=True)
class StoreTerms:
    """What a store adds: x `percent` % + `fine`, in the store's currency; `ending` is how its prices end, such as ".99".

    A price below `floor` stays what it is and is marked. An ending that the currency cannot have changes nothing
    (`formula_check.ending_error` refuses it before it is saved).
    """

    name: str
    currency: str
    percent: Decimal
    fine: Decimal
    ending: str | None = None
    floor: Decimal | None = None


@dataclass(frozen=True)
class Rate:
    """One unit of the first currency of the pair "CNY/USD" is `value` units of the second, as of `day`."""

    pair: str
    value: Decimal
    day: date | None = None


@dataclass(frozen=True)
class Price:
    """A price with all that led to it. Without an amount, `flag` says why and what to do.

    `exact` is the result before the one rounding, `rounded` after it, `amount` with the store's ending.
    """

    amount: Decimal | None
    currency: str
    cost: Decimal | None
    cost_currency: str | None
    terms: StoreTerms
    rule: Rule | None = None
    tier: Tier | None = None
    stage: Decimal | None = None
    rate: Rate | None = None
    exact: Decimal | None = None
    rounded: Decimal | None = None
    why: str | None = None

    @property
    def formula(self) -> str:
        return explain(self)

    @property
    def flag(self) -> str | None:
        return _flag(self, "en")

    @property
    def below_floor(self) -> bool:
        floor = self.terms.floor
        return self.amount is not None and floor is not None and self.amount < floor

    @property
    def below_cost(self) -> bool:
        """Whether it sells for less than the piece costs, exactly, in the store's currency."""
        if self.amount is None or self.cost is None:
            return False
        with localcontext(EXACT):
            return self.amount < self.cost * (self.rate.value if self.rate else 1)


def nearest(rules: Iterable[Rule], category_path: Sequence[str], source: str) -> Rule | None:
    """The rule of the product's own category or its nearest ancestor, among those of this source only.

    `category_path` runs from the root to the product's own category, each named as `Rule.category` names it.
    """
    by_category = {rule.category: rule for rule in rules if rule.source == source}
    return next((by_category[name] for name in reversed(category_path) if name in by_category), None)


def ladder(tiers: Iterable[Tier]) -> list[Tier]:
    """The tiers from high to low; the last starts at 0 (100 % + 0 where the rule does not say)."""
    steps = sorted(tiers, key=lambda tier: tier.threshold, reverse=True)
    return steps if steps and steps[-1].threshold <= 0 else [*steps, PLAIN]


def category_stage(price: Decimal, rule: Rule | None) -> tuple[Decimal, Tier]:
    """The exact amount after the category's rule and the tier that made it. `price` is 0 or more."""
    tier = next(tier for tier in ladder(rule.tiers if rule else ()) if tier.threshold <= price)
    return stage(price, tier), tier


def stage(cost: Decimal, tier: Tier) -> Decimal:
    """cost x category% + category fine, not rounded."""
    with localcontext(EXACT):
        return cost * tier.percent * CENT + tier.fine


def exchange(source_currency: str, store_currency: str, rate: Rate | None) -> Decimal | None:
    """What one unit of the source is worth in the store: 1 in the same currency, None when no usable rate is known."""
    if source_currency == store_currency:
        return Decimal(1)
    if rate is None or rate.pair != f"{source_currency}/{store_currency}":
        return None
    return rate.value if rate.value.is_finite() and rate.value > 0 else None


def price(
    source_price: Decimal | None, source_currency: str | None, rule: Rule | None, terms: StoreTerms, rate: Rate | None
) -> Price:
    """The price of one product in one store. A missing or unusable amount never raises: `flag` says it."""

    def result(amount: Decimal | None = None, **more: Any) -> Price:
        return Price(amount, terms.currency, source_price, source_currency, terms, rule, **more)

    if source_price is None or not source_currency:
        return result(why="no cost" if source_price is None else "no currency")
    if not (source_price.is_finite() and 0 <= source_price < LIMIT):
        return result(why="bad cost")
    fx = exchange(source_currency, terms.currency, rate)
    if fx is None:
        return result(why="no rate")
    staged, tier = category_stage(source_price, rule)
    with localcontext(EXACT):
        exact = staged * fx * terms.percent * CENT + terms.fine
    used = None if source_currency == terms.currency else rate
    steps: dict[str, Any] = {"tier": tier, "stage": staged, "rate": used, "exact": exact if exact.is_finite() else None}
    return result(**steps, **_settled(exact, terms))


def _settled(exact: Decimal, terms: StoreTerms) -> dict[str, Any]:
    """The exact result as it is asked for: rounded, then with the ending; or why not."""
    if not exact.is_finite() or exact >= LIMIT:
        return {"why": "too large"}
    rounded = round_half_up(exact, terms.currency) if exact > 0 else exact
    if rounded <= 0:
        return {"why": "not above zero"}
    amount = lifted(rounded, terms.ending, terms.currency)
    return {"amount": amount, "rounded": rounded} if amount < LIMIT else {"why": "too large"}


# The words. The English lines are stored with each upload: a change here makes old and new formulas differ for nothing.

FORMULA = {
    "en": "{cost} {currency} [{rule}] x {percent}% {fine} = {stage}"
    " -> x fx {fx} -> x {store_percent}% [store {store}] {store_fine} = {exact}",
    "zh": "{cost} {currency} [{rule}] × {percent}% {fine} = {stage}"
    " -> × 汇率 {fx} -> × {store_percent}% [店铺 {store}] {store_fine} = {exact}",
}
TIER = {"en": "{} / {}, tier >= {}", "zh": "{} / {}，阶梯 >= {}"}
NO_RULE = {"en": "no rule", "zh": "无规则"}
ROUNDED = {"en": " rounded to {}", "zh": "，四舍五入为 {}"}
ENDED = {"en": " -> ending {} = {}", "zh": "，尾数 {} = {}"}
FLAGS = {
    "no cost": {
        "en": "No price: the product has no source price. Enter the source price.",
        "zh": "无价格：商品没有货源价。请填写货源价。",
    },
    "no currency": {
        "en": "No price: the source price has no currency. Enter the currency of the source price.",
        "zh": "无价格：货源价没有币种。请填写货源价的币种。",
    },
    "bad cost": {
        "en": "No price: the source price {cost} is not an amount from 0 to below 100,000,000,000,000. Correct it.",
        "zh": "无价格：货源价 {cost} 不是 0 至 100,000,000,000,000 之间的金额。请更正。",
    },
    "no rate": {
        "en": "No price: there is no exchange rate {cost_currency}/{currency}. Enter the rate and price again.",
        "zh": "无价格：没有 {cost_currency}/{currency} 汇率。请填写汇率后重新定价。",
    },
    "too large": {
        "en": "No price: the result is too large to be a price. Check the percentages and the exchange rate.",
        "zh": "无价格：结果过大，不能作为价格。请检查比例和汇率。",
    },
    "not above zero": {
        "en": "No price: the result {exact} is not above zero. Check the fine adjustments of the rule and the store.",
        "zh": "无价格：结果 {exact} 不大于零。请检查规则和店铺的微调金额。",
    },
}


def explain(price: Price, language: str = "en") -> str:
    """The whole formula on one line, as stored with an upload; without a price also why. In "en" or "zh"."""
    flag = _flag(price, language)
    if price.tier is None or price.stage is None or price.exact is None:
        return flag or ""
    line = FORMULA[language].format(**_steps(price, price.tier, price.stage, price.exact, language))
    if price.rounded is not None and price.rounded != price.exact:
        line += ROUNDED[language].format(amount_text(price.rounded, price.currency))
    if price.amount is not None and repeats(price.terms.ending, price.currency):
        line += ENDED[language].format(price.terms.ending, amount_text(price.amount, price.currency))
    return f"{line}. {flag}" if flag else line


def _steps(price: Price, tier: Tier, stage: Decimal, exact: Decimal, language: str) -> dict[str, str]:
    cost, terms, currency = price.cost or Decimal(0), price.terms, price.cost_currency or ""
    rule = price.rule
    return {
        "cost": amount_text(cost, currency),
        "currency": currency,
        "rule": TIER[language].format(rule.source, rule.category, plain(tier.threshold)) if rule else NO_RULE[language],
        "percent": plain(tier.percent),
        "fine": _signed(tier.fine, currency),
        "stage": amount_text(stage, currency),
        "fx": _rate_text(price.rate),
        "store_percent": plain(terms.percent),
        "store": terms.name,
        "store_fine": _signed(terms.fine, terms.currency),
        "exact": amount_text(exact, terms.currency),
    }


def _flag(price: Price, language: str) -> str | None:
    if price.why is None:
        return None
    exact = "" if price.exact is None else amount_text(price.exact, price.currency)
    return FLAGS[price.why][language].format(
        cost=price.cost, cost_currency=price.cost_currency, currency=price.currency, exact=exact
    )


def _rate_text(rate: Rate | None) -> str:
    if rate is None:
        return "1"
    return (
        f"{plain(rate.value)} [{rate.pair} {rate.day.isoformat()}]"
        if rate.day
        else f"{plain(rate.value)} [{rate.pair}]"
    )


def _signed(fine: Decimal, currency: str) -> str:
    return f"{'-' if fine < 0 else '+'} {amount_text(fine.copy_abs(), currency)}"


def plain(number: Decimal) -> str:
    """All its digits, no needless zero, no exponent: 150, 1.5."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def amount_text(amount: Decimal, currency: str) -> str:
    """All its digits, and at least as many decimals as the currency has: 5.00, 754.985."""
    whole, _, fraction = plain(amount).partition(".")
    fraction = fraction.ljust(decimals(currency), "0")
    return f"{whole}.{fraction}" if fraction else whole
