"""The kernel prices many products at once exactly as the formula prices one, and as plain Decimals do.

CARAVAN_FULL=1 compares all 1,000,000 products in 10 stores instead of a part of them: some minutes.
"""

import os
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, localcontext
from decimal import Decimal as D

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.money import decimals
from lib.prices.exact_line import LARGEST, Line
from lib.prices.formula import LIMIT, Rate, Rule, StoreTerms, Tier, price
from lib.prices.formula_kernel import BLOCK, amounts, at_cost, in_store, ladders, staged


def tier(threshold, percent, fine):
    return Tier(D(threshold), D(percent), D(fine))


def store(percent="100", fine="0", currency="CNY", ending=None):
    return StoreTerms("S", currency, D(percent), D(fine), ending)


def minor(amount, currency):
    return -1 if amount is None else int(amount.scaleb(decimals(currency)))


def modelled(units, tiers, terms, rate):
    """What the formula says to costs in 1/10,000 yuan, in minor units."""
    found = (price(D(n).scaleb(-4), "CNY", Rule("Kitchen", "1688", tuple(tiers)), terms, rate) for n in units)
    return [minor(one.amount, terms.currency) for one in found]


TIERS = (tier(100, 150, 5), tier(0, 200, 10), tier(500, 130, 0))  # out of order on purpose
US = store("120", "2")
YEN = Rate("CNY/JPY", D("21"))


# The golden values


def test_the_golden_values():
    units = np.array([100, 500_000, 999_900, 1_000_000, 4_999_900, 5_000_000, 12_000_000, -1])
    assert amounts(units, "CNY", TIERS, US, None).tolist() == [1402, 13400, 25398, 18800, 90798, 78200, 187400, -1]
    assert amounts(np.array([1_280_000]), "CNY", [tier(0, 150, 5)], US, None).tolist() == [23840]
    assert amounts(np.array([26_750]), "CNY", (), store(), None).tolist() == [268]
    yen = amounts(np.array([1_280_000]), "CNY", [tier(0, 150, 5)], store("120", currency="JPY"), YEN)
    assert yen.tolist() == [4964]


def test_the_golden_values_with_an_ending():
    units = np.array([1_280_000, -1])
    one = [tier(0, 150, 5)]
    assert amounts(units, "CNY", one, replace(US, ending=".99"), None).tolist() == [23899, -1]
    assert amounts(units, "CNY", one, replace(US, ending="9.99"), None).tolist() == [23999, -1]
    assert amounts(units, "CNY", one, store("120", "0", "JPY", "80"), YEN).tolist() == [4980, -1]
    assert amounts(units, "CNY", one, store("120", "0", "JPY", ".99"), YEN).tolist() == [4964, -1]
    assert amounts(np.array([0, 40]), "CNY", (), store(ending=".99"), None).tolist() == [-1, -1]


# The same answers as the formula

rounded = st.sampled_from([D(100), D(150), D("133.33"), D(0), D("-50"), D(10) ** 9])
percents = st.one_of(st.integers(1, 100_000).map(lambda n: D(n).scaleb(-2)), rounded)
fines = st.one_of(
    st.integers(-1_000_000, 1_000_000).map(lambda n: D(n).scaleb(-4)),
    st.sampled_from([D("-99999999999999.9999"), D("99999999999999.9999")]),
)
costs = st.one_of(
    st.integers(-1, 100),
    st.integers(0, 20_000_000),
    st.integers(0, 10**18 + 1),
    st.integers(10**18 - 100, 10**18 + 1),
    st.integers(2**63 - 9, 2**63 - 1),
)
thresholds = st.one_of(
    st.integers(0, 20_000_000).map(lambda n: D(n).scaleb(-4)), st.sampled_from([D(0), D(100), LIMIT, D("0.00001")])
)
tiers = st.lists(st.builds(Tier, thresholds, percents, fines), max_size=6)
rates = st.one_of(
    st.none(),
    st.integers(1, 10**12).map(lambda n: Rate("CNY/CNY", D(n).scaleb(-8))),
    st.integers(1, 10**12).map(lambda n: Rate("CNY/CNY", D(n).scaleb(-3))),
)
endings = st.sampled_from([None, "", ".99", ".00", "9.95", "80", "0", "999999", ".950", "9.999", "abc"])
terms = st.builds(StoreTerms, st.just("S"), st.sampled_from(["CNY", "USD", "JPY", "KWD"]), percents, fines, endings)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(costs, st.integers(0, 3)), max_size=20), st.lists(tiers, min_size=4, max_size=4), terms, rates
)
@example([(10**18 - 1, 0)], [[]] * 4, store(ending=".99"), None)
@example([(10**18 - 5_000, 0), (10**18 - 100_000, 0)], [[]] * 4, store(ending="0"), None)
@example([(1_280_000, 1)], [[], [tier(5, 120, 1)], [], []], store("50", "-4.9999", "JPY", "80"), Rate("", D("21.3")))
def test_the_kernel_answers_as_the_formula(rows, rules, terms, rate):
    rate = rate and Rate(f"CNY/{terms.currency}", rate.value)
    units, rule = [unit for unit, _ in rows], [number for _, number in rows]
    stages = staged(np.array(units, dtype=np.int64), np.array(rule, dtype=np.int32), ladders(rules))
    model = [modelled([unit], rules[number], terms, rate)[0] for unit, number in rows]
    assert in_store(stages, terms, rate, "CNY").tolist() == model


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Tier, thresholds, percents, fines), min_size=1, max_size=6), endings)
def test_the_kernel_agrees_at_every_threshold(tiers, ending):
    units = [int(step.threshold * 10_000) + near for step in tiers for near in (-1, 0, 1)]
    found = amounts(np.array(units), "CNY", tiers, replace(US, ending=ending), None)
    assert found.tolist() == modelled(units, tiers, replace(US, ending=ending), None)


@settings(max_examples=200, deadline=None)
@given(st.lists(costs, max_size=20), st.lists(percents.filter(lambda n: n > 0), max_size=1), terms, rates)
def test_below_cost_is_what_the_formula_calls_so(units, percent, terms, rate):
    rate = rate and Rate(f"CNY/{terms.currency}", rate.value)
    array, steps = np.array(units, dtype=np.int64), tuple(tier(0, number, 0) for number in percent)
    found = amounts(array, "CNY", steps, terms, rate) < at_cost(array, "CNY", terms.currency, rate)
    priced = [price(D(n).scaleb(-4), "CNY", Rule("Kitchen", "1688", steps), terms, rate) for n in units]
    usable = [one.amount is not None for one in priced]
    assert found[usable].tolist() == [one.below_cost for one in priced if one.amount is not None]


def test_at_cost_is_rounded_up():
    units = np.array([-1, 0, 50_000, 50_001, 10**18])
    assert at_cost(units, "CNY", "CNY", None).tolist() == [-1, -1, 500, 501, -1]
    assert at_cost(units, "CNY", "JPY", YEN).tolist() == [-1, -1, 105, 106, -1]
    assert at_cost(units, "CNY", "USD", YEN).tolist() == [-1] * 5
    assert at_cost(np.array([5 * 10**12]), "CNY", "USD", Rate("CNY/USD", D(10) ** 9)).tolist() == [LARGEST]


# No price


def test_no_price_without_a_rate():
    units = np.array([10_000, 20_000])
    assert amounts(units, "CNY", (), store(currency="USD"), None).tolist() == [-1, -1]
    assert amounts(units, "CNY", (), store(currency="USD"), YEN).tolist() == [-1, -1]
    assert amounts(units, "CNY", (), store(currency="JPY"), Rate("CNY/JPY", D("NaN"))).tolist() == [-1, -1]
    assert amounts(units, "CNY", (), store("NaN"), None).tolist() == [-1, -1]
    assert amounts(units, "CNY", (), store("100", "Infinity"), None).tolist() == [-1, -1]


def test_nothing_to_price():
    none = np.array([], dtype=np.int64)
    assert amounts(none, "CNY", TIERS, US, None).tolist() == []
    assert in_store(staged(none, none, ladders([])), US, None, "CNY").tolist() == []
    assert amounts(np.array([-1, -5]), "CNY", TIERS, US, None).tolist() == [-1, -1]


@pytest.mark.parametrize("rule", [-1, 2])
def test_a_rule_that_is_not_there_is_an_error(rule):
    with pytest.raises(IndexError, match="not in the ladders"):
        staged(np.array([1, 1]), np.array([0, rule]), ladders([(), TIERS]))


def test_what_64_bits_cannot_hold():
    units = np.array([10**18 - 1, 10**18 - 100, 10**18, 2**63 - 1])
    assert amounts(units, "CNY", (), store(), None).tolist() == [-1, 10**16 - 1, -1, -1]
    assert amounts(units, "CNY", (), store("0.01"), None).tolist() == [10**12, 10**12, -1, -1]
    huge = [tier(0, "133.33", 0)]
    assert amounts(units, "CNY", huge, store("0.01"), None).tolist() == [1333300000000, 1333300000000, -1, -1]


# Some of the rows


def test_some_of_the_rows():
    units = np.array([500_000, -1, 1_280_000, 10**18 - 100, 26_750] * 20_000)
    stages = staged(units, np.tile([0, 1, 1, 0, 0], 20_000), ladders([(), [tier(0, "150.01", 5)]]))
    every = in_store(stages, US, None, "CNY")
    assert every[:5].tolist() == [6200, -1, 23842, -1, 521]
    assert len(stages.large) == 20_000
    rows = np.arange(0, len(units), 7, dtype=np.int32)
    for some in (rows, rows[::-1], slice(3, 99_990), units > 600_000):
        assert (in_store(stages, US, None, "CNY", some) == every[some]).all()
        assert (in_store(stages.take(some), US, None, "CNY") == every[some]).all()
    assert in_store(stages, US, None, "CNY", rows[:0]).tolist() == []


def test_rows_that_were_set_apart_keep_their_stage():
    units = np.array([5_000_000, 9 * 10**17, -1, 8 * 10**17, 26_750])
    stages = staged(units, np.zeros(5, dtype=np.int32), ladders([[tier(0, "133.33", "0.0001")]]))
    assert (len(stages.large), stages.kinds.tolist()) == (2, [0, 2, 1, 2, 0])
    cheap = store("0.5", ending=".99")
    expected = modelled(units.tolist(), [tier(0, "133.33", "0.0001")], cheap, None)
    assert expected == [399, 59998500000099, -1, 53332000000099, 99]
    assert in_store(stages.take(slice(1, 5)), cheap, None, "CNY").tolist() == expected[1:]
    assert in_store(stages, cheap, None, "CNY", np.array([3, 0, 1])).tolist() == [expected[n] for n in (3, 0, 1)]


def test_blocks_leave_no_row_out():
    for count in (1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 5):
        units = np.arange(count) * 100
        assert (amounts(units, "CNY", (), store("200", "0.01"), None) == 2 * np.arange(count) + 1).all()


@pytest.mark.parametrize(
    ("percent", "terms", "rate"),
    [
        ("150", store("120.5", "2.35", "USD"), Rate("CNY/USD", D("0.1398"))),
        ("133.33", store("115.33", "2.35", "USD"), Rate("CNY/USD", D("0.13987653"))),
        ("133.33", store("115.33", "-0.7", "JPY"), Rate("CNY/JPY", D("21.12345679"))),
        ("133.33", store("115.33", "0.0001", "KWD"), Rate("CNY/KWD", D("0.04312349"))),
    ],
)
def test_ordinary_costs_need_no_python_integers(percent, terms, rate, monkeypatch):
    units = np.array([1_280_000, 1, 100_000_001, 123_456_789_012])
    steps = [tier(0, percent, "10.0003"), tier("99.9999", "150.01", 5)]
    expected = modelled(units.tolist(), steps, terms, rate)
    monkeypatch.setattr(Line, "with_python", lambda *_: pytest.fail("calculated one by one"))
    assert amounts(units, "CNY", steps, terms, rate).tolist() == expected
    assert min(expected) > 0


# A million products in ten stores

FULL = bool(os.environ.get("CARAVAN_FULL"))
PRODUCTS, PART, RULES = 1_000_000, 50_000, 400
STORES = [
    (store("120", "2"), "1"),
    (store("115.5", "-0.35", "USD", ".99"), "0.14031379"),
    (store("108.25", "1.5", "EUR", "9.95"), "0.12934471"),
    (store("133.33", "0.0001", "GBP"), "0.11052"),
    (store("115.33", "12", "JPY", "80"), "21.12345679"),
    (store("97", "-3", "JPY"), "21.15"),
    (store("110", "0.125", "KWD", ".950"), "0.04312349"),
    (store("101.01", "0", "BHD"), "0.05287713"),
    (store("140", "100", "INR", "999.00"), "12.4501"),
    (store("50", "-200", "MXN"), "2.631"),
]


EDGES = [0, 1, 499_999, 999_900, 1_000_000, 4_999_900, 5_000_000, 5_000_001, 12_000_000, 30_000_000]


def library(random):
    """Costs in 1/10,000 and the rules they follow: in fen and finer, at thresholds, missing, and near the limit."""
    units = random.integers(1, 60_000, PRODUCTS) * 100
    for share, odd in (
        (0.2, random.integers(0, 30_000_000, PRODUCTS)),
        (0.05, random.choice(EDGES, PRODUCTS)),
        (0.03, np.full(PRODUCTS, -1)),
        (0.002, random.integers(10**17, 10**18 + 5, PRODUCTS)),
    ):
        units = np.where(random.random(PRODUCTS) < share, odd, units)
    return units, random.integers(0, RULES, PRODUCTS)


def rulebook(random):
    """Rules of 0 to 6 tiers in any order, some without a tier at 0."""
    return [[one_tier(random, start) for start in some_starts(random)] for _ in range(RULES)]


def some_starts(random):
    return random.choice([0, 1, 50, 100, 500, 1200, 3000], random.integers(0, 7), replace=False).tolist()


def one_tier(random, start):
    percent, fine = random.integers(5_000, 30_000), random.integers(-2_000, 900_000)
    return tier(start, D(int(percent)).scaleb(-2), D(int(fine)).scaleb(-4))


def plain_model(cost, steps, terms, fx):
    """The formula of the trade, nothing but Decimals. `steps` run from the highest threshold down."""
    percent, fine = next((percent, fine) for start, percent, fine in steps if start <= cost)
    unit = D(1).scaleb(-decimals(terms.currency))
    exact = (cost * percent * D("0.01") + fine) * fx * terms.percent * D("0.01") + terms.fine
    if not 0 < exact < LIMIT or not (amount := exact.quantize(unit, ROUND_HALF_UP)):
        return -1
    if terms.ending:
        every = D(10) ** len(terms.ending.partition(".")[0])
        last = D(terms.ending)
        amount = ((amount - last) / every).to_integral_value(ROUND_CEILING) * every + last
    return int(amount / unit) if amount < LIMIT else -1


@pytest.mark.timeout(3600 if FULL else 180)
def test_a_million_products_in_ten_stores():
    random = np.random.default_rng(20251123)
    (units, rule), rules = library(random), rulebook(random)
    stages = staged(units, rule, ladders(rules))
    part = slice(0, PRODUCTS if FULL else PART)
    falling = [sorted((*tiers, tier(0, 100, 0)), key=lambda one: -one.threshold) for tiers in rules]
    steps = [[(one.threshold, one.percent, one.fine) for one in tiers] for tiers in falling]
    products = [
        (D(unit).scaleb(-4), steps[n]) for unit, n in zip(units[part].tolist(), rule[part].tolist(), strict=True)
    ]
    compared = priced = 0
    for terms, fx in STORES:
        found = in_store(stages, terms, Rate(f"CNY/{terms.currency}", D(fx)), "CNY")
        assert found.min() == -1
        assert ((found > 0) | (found == -1)).all()
        with localcontext(prec=60):
            model = [plain_model(cost, one, terms, D(fx)) if 0 <= cost < LIMIT else -1 for cost, one in products]
        wrong = np.flatnonzero(found[part] != np.array(model))
        assert [(terms, products[n], found[n], model[n]) for n in wrong[:3]] == []
        compared += len(model)
        priced += int((found[part] > 0).sum())
    print(f"{compared:,} prices compared, {priced:,} of them above zero.")
    assert (compared, priced > compared * 0.8) == (10 * (part.stop - part.start), True)
