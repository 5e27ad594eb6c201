"""What has changed between two prices of the same product in the same store, step by step, and how much of the difference each step is.

The inputs go over from then to now one at a time, in the order of the formula: source price, rule, rate, store. After each the price is
worked out and rounded anew, so what the steps add is the whole difference, to the last digit. What the store's ending lifts comes last.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from lib.money import round_half_up
from lib.prices.formula import EXACT, NO_RULE, TIER, Price, Rate, Rule, StoreTerms, Tier, amount_text, plain, price

WORDS = {
    "source price": {"en": "source price {} -> {}", "zh": "货源价 {} -> {}"},
    "rule": {"en": "rule {} -> {}", "zh": "规则 {} -> {}"},
    "ratio": {"en": "tier ratio {}% -> {}%", "zh": "阶梯比例 {}% -> {}%"},
    "fine": {"en": "tier fine {} -> {}", "zh": "阶梯微调 {} -> {}"},
    "rate": {"en": "rate {} -> {}", "zh": "汇率 {} -> {}"},
    "store ratio": {"en": "store ratio {}% -> {}%", "zh": "店铺比例 {}% -> {}%"},
    "store fine": {"en": "store fine {} -> {}", "zh": "店铺微调 {} -> {}"},
    "ending": {"en": "ending {} -> {}", "zh": "尾数 {} -> {}"},
    "lift": {"en": "up to the ending {1}", "zh": "进位至尾数 {1}"},
    "currency": {"en": "store currency {} -> {}", "zh": "店铺币种 {} -> {}"},
}
NONE = {"en": "none", "zh": "无"}
ADDS = {"en": "{}: {}", "zh": "{}：{}"}
TOGETHER = {"en": "together {} -> {}: {}", "zh": "合计 {} -> {}：{}"}
SAME = {
    "en": "Nothing that this price is made from has changed since.",
    "zh": "此后，构成该价格的各项均未变化。",
}


@dataclass(frozen=True)
class Inputs:
    """All that a price is made from; of the rule, the tier that prices it."""

    cost: Decimal | None
    currency: str | None
    rule: Rule | None
    tier: Tier | None
    rate: Rate | None
    terms: StoreTerms
    stopped: bool
    """Whether it went no further than to the source price."""

    @classmethod
    def of(cls, made: Price) -> "Inputs":
        stopped = made.tier is None and made.why != "no rate"
        return cls(made.cost, made.cost_currency, made.rule, made.tier, made.rate, made.terms, stopped)

    @property
    def fx(self) -> Decimal | None:
        """None when there was no rate."""
        if self.rate is not None:
            return self.rate.value
        return Decimal(1) if self.currency == self.terms.currency else None

    @property
    def rounded(self) -> Decimal | None:
        """What comes of them before the ending; also where that is not above zero and so no price."""
        if self.tier is None:
            return None
        alone = Rule("", "", (replace(self.tier, threshold=Decimal(0)),))
        exact = price(self.cost, self.currency, alone, self.terms, self.rate).exact
        return None if exact is None else round_half_up(exact, self.terms.currency)


@dataclass(frozen=True)
class Step:
    """One thing that has changed, in both languages, and what it adds to the price; None where that cannot be said."""

    en: str
    zh: str
    adds: Decimal | None = None

    def said(self, language: str, currency: str) -> str:
        """'tier ratio 150% -> 160%: +15.36 USD'."""
        words = self.zh if language == "zh" else self.en
        return words if self.adds is None else ADDS[language].format(words, signed(self.adds, currency))


def steps(then: Price, now: Price) -> tuple[Step, ...]:
    """What has changed. Their `adds`, in the store's currency, are together exactly now.amount - then.amount.

    Without a price then or now, or when the store has changed its currency, no step says what it adds.
    """
    old, new = Inputs.of(then), Inputs.of(now)
    countable = then.amount is not None and now.amount is not None and then.currency == now.currency
    found, at = [], old.rounded
    for words, state in _turns(old, new):
        after = state.rounded if countable else None
        found.append(replace(words, adds=_minus(after, at)))
        at = after
    with localcontext(EXACT):
        lift = _minus(_lift(now), _lift(then)) if countable else None
    if old.terms.ending != new.terms.ending or lift:
        kind = "lift" if old.terms.ending == new.terms.ending else "ending"
        found.append(replace(_say(kind, *_both(old.terms.ending, new.terms.ending)), adds=lift))
    return tuple(found)


def lines(changed: tuple[Step, ...], then: Price, now: Price, language: str = "en") -> str:
    """The difference as text to copy: a line a step, and the whole of it."""
    if not changed:
        return SAME[language]
    told = [step.said(language, now.currency) for step in changed]
    if then.amount is not None and now.amount is not None and then.currency == now.currency:
        ends = (amount_text(amount, now.currency) for amount in (then.amount, now.amount))
        told.append(TOGETHER[language].format(*ends, signed(now.amount - then.amount, now.currency)))
    return "\n".join(told)


def signed(amount: Decimal, currency: str) -> str:
    """'+15.36 USD', '-0.40 USD'."""
    return f"{'-' if amount < 0 else '+'}{amount_text(amount.copy_abs(), currency)} {currency}"


# One after the other


def _turns(old: Inputs, new: Inputs) -> Iterator[tuple[Step, Inputs]]:
    """Each input that differs, and the inputs once it has gone over too; at the end they are the new ones, but for the ending."""
    state = old
    if (old.cost, old.currency) != (new.cost, new.currency):
        state = replace(state, cost=new.cost, currency=new.currency)
        if old.currency != new.currency:  # one rate is no use for the other currency
            state = replace(state, rate=new.rate)
        yield _say("source price", *_costs(old, new)), state
    for words, tier in _tiers(old, new):
        state = replace(state, rule=new.rule, tier=tier)
        yield words, state
    if old.currency == new.currency and not (old.stopped or new.stopped) and old.fx != new.fx:
        state = replace(state, rate=new.rate)
        yield _say("rate", *_both(_rate(old), _rate(new))), state
    yield from _stores(old, new, state)


def _tiers(old: Inputs, new: Inputs) -> Iterator[tuple[Step, Tier | None]]:
    """Another rule or tier is one step; the same tier with other numbers one for each of them."""
    was, now = old.tier, new.tier
    if _rule_of(old) != _rule_of(new) or (was and now and old.rule and was.threshold != now.threshold):
        yield _say("rule", _rule(old), _rule(new)), now
        return
    if was is None or now is None:
        return
    if was.percent != now.percent:
        yield _say("ratio", *_both(plain(was.percent), plain(now.percent))), replace(was, percent=now.percent)
    if was.fine != now.fine:
        yield _say("fine", *_both(_fine(was.fine, old.currency), _fine(now.fine, new.currency))), now


def _stores(old: Inputs, new: Inputs, state: Inputs) -> Iterator[tuple[Step, Inputs]]:
    was, now = old.terms, new.terms
    if was.currency != now.currency:
        state = replace(state, rate=new.rate, terms=replace(state.terms, currency=now.currency))
        yield _say("currency", *_both(was.currency, now.currency)), state
    if was.percent != now.percent:
        state = replace(state, terms=replace(state.terms, percent=now.percent))
        yield _say("store ratio", *_both(plain(was.percent), plain(now.percent))), state
    if was.fine != now.fine:
        state = replace(state, terms=replace(state.terms, fine=now.fine))
        yield _say("store fine", *_both(_fine(was.fine, was.currency), _fine(now.fine, now.currency))), state


def _rule_of(inputs: Inputs) -> tuple[str, str] | None:
    return (inputs.rule.category, inputs.rule.source) if inputs.rule else None


def _lift(made: Price) -> Decimal | None:
    return _minus(made.amount, made.rounded)


def _minus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


# In words: each pair is what it was and what it is, in English and in Chinese


Pair = dict[str, str]


def _say(kind: str, was: Pair, now: Pair) -> Step:
    en, zh = (WORDS[kind][language].format(was[language], now[language]) for language in ("en", "zh"))
    return Step(en, zh)


def _both(was: str | None, now: str | None) -> tuple[Pair, Pair]:
    return dict(NONE) if was is None else _pair(was), dict(NONE) if now is None else _pair(now)


def _pair(text: str) -> Pair:
    return {"en": text, "zh": text}


def _costs(old: Inputs, new: Inputs) -> tuple[Pair, Pair]:
    """The currency only where it has changed."""

    def told(inputs: Inputs) -> str | None:
        if inputs.cost is None:
            return None
        amount = amount_text(inputs.cost, inputs.currency or "")
        return f"{amount} {inputs.currency or ''}".strip() if old.currency != new.currency else amount

    return _both(told(old), told(new))


def _rule(inputs: Inputs) -> Pair:
    """'1688 / Kitchen, tier >= 100, 150% + 5.00'."""
    rule, tier = inputs.rule, inputs.tier
    if rule is None:
        return dict(NO_RULE)
    if tier is None:
        return _pair(f"{rule.source} / {rule.category}")
    prices = f"{plain(tier.percent)}% {_fine(tier.fine, inputs.currency)}"
    named = {
        language: words.format(rule.source, rule.category, plain(tier.threshold)) for language, words in TIER.items()
    }
    return {"en": f"{named['en']}, {prices}", "zh": f"{named['zh']}，{prices}"}


def _fine(amount: Decimal, currency: str | None) -> str:
    return f"{'-' if amount < 0 else '+'} {amount_text(amount.copy_abs(), currency or '')}"


def _rate(inputs: Inputs) -> str | None:
    """'0.1381 [2026-11-01]'; None when there was no rate."""
    if inputs.rate is None or inputs.rate.day is None:
        return None if inputs.fx is None else plain(inputs.fx)
    return f"{plain(inputs.rate.value)} [{inputs.rate.day.isoformat()}]"
