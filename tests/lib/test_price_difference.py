"""What has changed between two prices: in words, and how much of the difference each step is, to the last digit."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.prices import price_basis, price_difference
from lib.prices.formula import Price, Rate, Rule, StoreTerms, Tier, price

KITCHEN = Rule("Kitchen", "1688", (Tier(D(100), D(150), D(5)), Tier(D(500), D(130), D(0))), 1, 1)
RATE = Rate("CNY/USD", D("0.1381"), date(2026, 11, 1))
US = StoreTerms("US-01", "USD", D(120), D(2))
CHINA = StoreTerms("CN-01", "CNY", D(120), D(2))


def at(
    cost: str | None = "128",
    rule: Rule | None = KITCHEN,
    terms: StoreTerms = US,
    rate: Rate | None = RATE,
    currency: str = "CNY",
) -> Price:
    return price(None if cost is None else D(cost), currency, rule, terms, rate)


def ratio(percent: str, fine: str = "5") -> Rule:
    return replace(KITCHEN, tiers=(Tier(D(100), D(percent), D(fine)), KITCHEN.tiers[1]), version=2)


THEN = at()
"""197.00 CNY x 0.1381 x 120% + 2.00 = 34.64684, rounded to 34.65."""


@pytest.mark.parametrize(
    ("now", "english", "chinese"),
    [
        (at(rule=ratio("160")), "tier ratio 150% -> 160%: +2.12 USD", "阶梯比例 150% -> 160%：+2.12 USD"),
        (at(rule=ratio("150", "-1.5")), "tier fine + 5.00 -> - 1.50: -1.08 USD", "阶梯微调 + 5.00 -> - 1.50：-1.08 USD"),
        (at("131"), "source price 128.00 -> 131.00: +0.74 USD", "货源价 128.00 -> 131.00：+0.74 USD"),
        (
            at(rate=Rate("CNY/USD", D("0.1402"), date(2026, 11, 20))),
            "rate 0.1381 [2026-11-01] -> 0.1402 [2026-11-20]: +0.49 USD",
            "汇率 0.1381 [2026-11-01] -> 0.1402 [2026-11-20]：+0.49 USD",
        ),
        (
            at(rule=None),
            "rule 1688 / Kitchen, tier >= 100, 150% + 5.00 -> no rule: -11.44 USD",
            "规则 1688 / Kitchen，阶梯 >= 100，150% + 5.00 -> 无规则：-11.44 USD",
        ),
        (at(terms=replace(US, percent=D(125))), "store ratio 120% -> 125%: +1.36 USD", "店铺比例 120% -> 125%：+1.36 USD"),
        (at(terms=replace(US, fine=D(-3))), "store fine + 2.00 -> - 3.00: -5.00 USD", "店铺微调 + 2.00 -> - 3.00：-5.00 USD"),
        (at(terms=replace(US, ending=".99")), "ending none -> .99: +0.34 USD", "尾数 无 -> .99：+0.34 USD"),
    ],
)  # fmt: skip
def test_one_thing_that_has_changed_is_the_whole_difference(now: Price, english: str, chinese: str) -> None:
    changed = price_difference.steps(THEN, now)
    [step] = changed
    assert now.amount is not None
    assert step.adds == now.amount - D("34.65")
    assert (step.said("en", "USD"), step.said("zh", "USD")) == (english, chinese)
    whole = f"34.65 -> {now.amount}: {english.rpartition(': ')[2]}"
    assert price_difference.lines(changed, THEN, now) == f"{english}\ntogether {whole}"
    assert price_difference.lines(changed, THEN, now, "zh") == f"{chinese}\n合计 {whole.replace(': ', '：')}"


def test_all_at_once_is_told_in_the_order_of_the_formula() -> None:
    now = price(
        D(600), "CNY", KITCHEN, replace(US, percent=D(110), fine=D(0), ending=".99"), Rate("CNY/USD", D("0.14"))
    )
    changed = price_difference.steps(THEN, now)
    assert price_difference.lines(changed, THEN, now) == (
        "source price 128.00 -> 600.00: +117.33 USD\n"
        "rule 1688 / Kitchen, tier >= 100, 150% + 5.00 -> 1688 / Kitchen, tier >= 500, 130% + 0.00: -20.72 USD\n"
        "rate 0.1381 [2026-11-01] -> 0.14: +1.78 USD\n"
        "store ratio 120% -> 110%: -10.92 USD\n"
        "store fine + 2.00 -> + 0.00: -2.00 USD\n"
        "ending none -> .99: +0.87 USD\n"
        "together 34.65 -> 120.99: +86.34 USD"
    )


def test_another_currency_of_the_source_takes_its_rate_along() -> None:
    now = at("18", currency="USD", rate=None, rule=replace(KITCHEN, tiers=(Tier(D(0), D(150), D(5)),)))
    first, second = price_difference.steps(THEN, now)
    assert first.en == "source price 128.00 CNY -> 18.00 USD"
    assert second.en == "rule 1688 / Kitchen, tier >= 100, 150% + 5.00 -> 1688 / Kitchen, tier >= 0, 150% + 5.00"
    assert now.amount is not None
    assert first.adds == now.amount - D("34.65")
    assert second.adds == 0


def test_an_ending_lifts_another_way_when_the_price_below_it_moves() -> None:
    ends = replace(US, ending=".99")
    changed = price_difference.steps(at(terms=ends), at("129", terms=ends))
    assert [(step.en, step.adds) for step in changed] == [
        ("source price 128.00 -> 129.00", D("0.25")),
        ("up to the ending .99", D("-0.25")),
    ]
    assert changed[1].zh == "进位至尾数 .99"


@pytest.mark.parametrize(
    ("now", "english"),
    [
        (at(None), "source price 128.00 -> none"),
        (at(rate=None), "rate 0.1381 [2026-11-01] -> none"),
        (at(terms=replace(US, fine=D(-90))), "store fine + 2.00 -> - 90.00"),
        (at(terms=CHINA, rate=None), "store currency USD -> CNY"),
    ],
)
def test_without_a_price_on_both_sides_nothing_is_said_to_add_anything(now: Price, english: str) -> None:
    changed = price_difference.steps(THEN, now)
    assert english in [step.en for step in changed]
    assert {step.adds for step in changed} == {None}
    assert "together" not in price_difference.lines(changed, THEN, now)


def test_nothing_has_changed_is_said() -> None:
    later = at(rate=Rate("CNY/USD", D("0.1381"), date(2026, 11, 20)), rule=ratio("150"), terms=replace(US, floor=D(9)))
    assert price_difference.steps(THEN, later) == ()
    assert price_difference.lines((), THEN, later) == "Nothing that this price is made from has changed since."
    assert price_difference.lines((), THEN, later, "zh") == "此后，构成该价格的各项均未变化。"


def test_a_step_that_would_have_had_no_price_in_between_still_counts() -> None:
    dear, cheap = at("900", None, replace(CHINA, fine=D(-700))), at("0.01", None, replace(CHINA, fine=D(200)))
    changed = price_difference.steps(dear, cheap)
    assert [step.adds for step in changed] == [D("-1079.99"), D("900.00")]
    assert (dear.amount, cheap.amount) == (D("380.00"), D("200.01"))


# To the last digit

amounts = st.decimals(D("0.0001"), D("99999.9999"), places=4)
fines = st.decimals(D("-500"), D("500"), places=4)
percents = st.decimals(D("0.01"), D("999"), places=2)


@st.composite
def prices(draw: st.DrawFn, currency: str) -> Price:
    source = draw(st.sampled_from(["CNY", "USD", "JPY"]))
    tiers = tuple(Tier(D(t), draw(percents), draw(fines)) for t in draw(st.sets(st.sampled_from([0, 10, 100, 5000]))))
    rule = draw(st.none() | st.sampled_from([Rule("Men", "1688", tiers), Rule("Men / Shirts", "1688", tiers)]))
    ending = draw(st.sampled_from([None, ".99", "9.95"] if currency == "USD" else [None, "80", "5"]))
    terms = StoreTerms("S", currency, draw(percents), draw(fines), ending)
    rate = Rate(f"{source}/{currency}", draw(st.decimals(D("0.00000001"), D(200), places=8)))
    return price(draw(st.none() | amounts), source, rule, terms, rate)


pairs = st.sampled_from(["USD", "JPY"]).flatmap(lambda currency: st.tuples(prices(currency), prices(currency)))


@given(pairs)
@settings(deadline=None)
def test_what_the_steps_add_is_the_whole_difference(pair: tuple[Price, Price]) -> None:
    then, now = pair
    kept = price_basis.restored(price_basis.kept(then))
    assert (kept.amount, kept.exact, kept.stage, kept.tier) == (then.amount, then.exact, then.stage, then.tier)
    changed = price_difference.steps(kept, now)
    assert [s.en for s in changed] == [s.en for s in price_difference.steps(then, now)]
    if then.amount is None or now.amount is None:
        assert {step.adds for step in changed} <= {None}
    else:
        assert sum((step.adds or D(0) for step in changed), D(0)) == now.amount - then.amount
        assert None not in {step.adds for step in changed}


@given(prices("USD"))
def test_a_price_comes_back_from_what_is_kept_and_differs_in_nothing(made: Price) -> None:
    assert price_difference.steps(price_basis.restored(price_basis.kept(made)), made) == ()
