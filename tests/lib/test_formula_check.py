"""What is said about the tiers of a rule and the terms of a store while they are typed: each band is exact to the cent."""

from decimal import Decimal as D

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lib.money import decimals
from lib.prices.formula import PLAIN, Rule, StoreTerms, Tier, category_stage
from lib.prices.formula_check import errors, inversions, lint, terms_errors, terms_warnings, warnings
from lib.prices.price_bands import losses


def tier(threshold, percent, fine=0):
    return Tier(D(threshold), D(percent), D(fine))


def ruled(*tiers):
    return Rule("Kitchen", "1688", tiers)


def store(percent="100", fine="0", currency="CNY", **more):
    return StoreTerms("US-01", currency, D(percent), D(fine), **more)


def said(tiers, currency="CNY"):
    return [(found.severity, found.row, found.field, found.text) for found in lint(tiers, currency)]


TIERS = (tier(100, 150, 5), tier(0, 200, 10), tier(500, 130, 0))  # out of order on purpose

# What refuses, and what looks like a slip


@pytest.mark.parametrize(
    ("given_tier", "field", "text"),
    [
        (Tier(D(0), D(0), D(0)), "percent", "The percentage 0 must be above 0: 100 is the original price"),
        (Tier(D(0), D("-150"), D(0)), "percent", "The percentage -150 must be above 0"),
        (Tier(D(0), "one and a half", D(0)), "percent", "The percentage 'one and a half' is not a number."),
        (Tier(D(0), None, D(0)), "percent", "The percentage is missing. Enter a number such as 150."),
        (Tier(D(0), D("NaN"), D(0)), "percent", "The percentage 'NaN' is not a number."),
        (Tier(D(0), 1.5, D(0)), "percent", "The percentage '1.5' is not a number."),
        (Tier(D(0), D("150.005"), D(0)), "percent", "The percentage 150.005 has more than 2 decimals."),
        (Tier(D("-1"), D(150), D(0)), "threshold", "The threshold -1 is below 0."),
        (Tier("100", D(150), D(0)), "threshold", "The threshold '100' is not a number."),
        (Tier(D("1E+14"), D(150), D(0)), "threshold", "The threshold is too large."),
        (Tier(D(0), D(150), D("Infinity")), "fine", "The fine adjustment 'Infinity' is not a number."),
    ],
)
def test_an_impossible_tier_is_refused(given_tier, field, text):
    found = errors([tier(7, 150, 0), given_tier])
    assert [(problem.row, problem.field) for problem in found] == [(1, field)]
    assert found[0].text.startswith(text)
    assert found[0].value is getattr(given_tier, field)
    assert errors([tier(7, 150, 0), given_tier]) == found


def test_a_threshold_given_twice_is_refused():
    found = errors([tier(100, 150, 0), tier(0, 150, 0), tier("100.00", 160, 0)])
    assert [(problem.row, problem.text) for problem in found] == [
        (2, "The threshold 100 is given twice. Remove one of the two tiers.")
    ]


def test_a_rule_has_a_bounded_number_of_tiers():
    assert errors([tier(n, 150, 0) for n in range(50)]) == []
    assert errors([tier(n, 150, 0) for n in range(51)])[0].text.startswith("A rule has at most 50 tiers")


@pytest.mark.parametrize(
    ("percent", "meant"),
    [
        ("1.5", "150"),
        ("0.5", "50"),
        ("30", "130"),
        ("49.99", "149.99"),
        ("1500", "150"),
        ("15000", "150"),
        ("20000", "200"),
    ],
)
def test_an_unlikely_percentage_has_to_be_confirmed(percent, meant):
    text = f"{percent} means {percent} % of the source price: did you mean {meant} %?"
    assert [(found.row, found.field, found.text) for found in warnings([tier(0, percent, 0)])] == [(0, "percent", text)]
    assert terms_warnings(store(percent))[0].text == text.replace("source price", "price")


def test_a_likely_percentage_has_not():
    assert [warnings([tier(0, percent, 0)]) for percent in ("100", "150", "1000")] == [[], [], []]
    assert terms_warnings(store("1000")) == terms_errors(store("50")) == []
    assert terms_errors(store("0"))[0].field == "percent"


def test_the_inverted_bands_are_named_to_the_cent():
    assert [found.text for found in warnings(TIERS)] == [
        "Costs from 100.00 to 136.65 sell below an item of 99.99: 99.99 becomes 209.98, 100.00 only 155.00.",
        "Costs from 500.00 to 580.75 sell below an item of 499.99: 499.99 becomes 754.985, 500.00 only 650.00.",
    ]
    assert errors(TIERS) == []


def test_an_inversion_across_a_whole_tier_is_one_band():
    found = inversions([tier(0, 300, 0), tier(100, 150, 0), tier(120, 140, 0)])
    assert [(band.first, band.last, band.cheaper) for band in found] == [(D(100), D("214.26"), D("99.99"))]


def test_selling_for_the_same_is_no_inversion():
    assert inversions([tier(0, 200, 0), tier(100, 100, "99.98")]) == []
    assert [band.last for band in inversions([tier(0, 200, 0), tier(100, 100, "99.97")])] == [D("100.00")]


# Sold below what it costs


@pytest.mark.parametrize(
    ("given_tier", "field", "text"),
    [
        (tier(0, 150, "-3"), "fine",
         "Costs from 0.01 to 5.99 sell below what they cost: the fine adjustment -3.00 eats the margin,"
         " 0.01 becomes -2.985, and up to 2.00 nothing is left."),
        (tier(0, 100, "-3"), "fine",
         "Costs from 0.01 up sell below what they cost: the fine adjustment -3.00 eats the margin,"
         " 0.01 becomes -2.99, and up to 3.00 nothing is left."),
        (tier(0, 100, "-0.009"), "fine",
         "Costs from 0.01 up sell below what they cost: the fine adjustment -0.009 eats the margin,"
         " 0.01 becomes 0.001."),
        (tier(0, 150, "-0.01"), "fine",
         "Costs from 0.01 to 0.01 sell below what they cost: the fine adjustment -0.01 eats the margin,"
         " 0.01 becomes 0.005."),
        (tier(0, 200, "-0.02"), "fine",
         "Costs from 0.01 to 0.01 come to zero or less: the fine adjustment takes all of the price."),
        (tier(0, 98, 5), "percent", "Costs from 250.01 up sell below what they cost: 250.01 becomes 250.0098."),
        (tier(0, 98, "-1"), "percent",
         "Costs from 0.01 up sell below what they cost: 0.01 becomes -0.9902, and up to 1.02 nothing is left."),
        (tier(0, 30, "-3"), "fine",
         "Costs from 0.01 to 10.00 come to zero or less: the fine adjustment takes all of the price."),
    ],
)  # fmt: skip
def test_what_sells_below_what_it_costs_is_named_to_the_cent(given_tier, field, text):
    found = [problem for problem in warnings([given_tier]) if "did you mean" not in problem.text]
    assert [(problem.row, problem.field, problem.text) for problem in found] == [(0, field, text)]
    assert found[0].value is getattr(given_tier, field)


def test_what_sells_for_what_it_costs_is_no_loss():
    assert losses([tier(0, 150, "-0.005")]) == []  # 0.01 becomes 0.01
    assert losses([tier(0, 100, 0)]) == losses([tier(0, 100, 5)]) == losses([]) == []
    assert losses([tier(0, 98, 5), tier("250.01", 100, 0)]) == []


def test_a_loss_ends_where_its_tier_ends():
    found = losses([tier(0, 150, "-3"), tier(4, 150, 0), tier(9, 90, 0), tier(20, 100, 0)])
    assert [(band.row, band.first, band.last) for band in found] == [
        (0, D("0.01"), D("3.99")),
        (2, D("9.00"), D("19.99")),
    ]


few_tiers = st.lists(
    st.builds(Tier, st.integers(0, 300).map(lambda n: D(n)), st.integers(50, 300).map(D), st.integers(-20, 50).map(D)),
    max_size=4,
    unique_by=lambda step: step.threshold,
)


@settings(max_examples=60, deadline=None)
@given(few_tiers)
def test_the_bands_are_those_that_counting_finds(tiers):
    counted, dearest = set(), None
    for cost in range(700):  # in yen, the unit is one
        found = category_stage(D(cost), ruled(*tiers))[0]
        if dearest is not None and found < dearest:
            counted.add(cost)
        dearest = found if dearest is None else max(dearest, found)
    named = {n for band in inversions(tiers, "JPY") for n in range(int(band.first), min(int(band.last), 699) + 1)}
    assert named == counted


def unit_of(currency):
    return D(1).scaleb(-decimals(currency))


def band_of(bands, cost):
    return any(band.first <= cost <= band.last for band in bands)


def counted(tiers, currency, most):
    """Which of the costs from 0 on are inverted, and which sell below what they cost: by looking at every one."""
    inverted, lost, dearest, rule = [], [], None, ruled(*tiers)
    for n in range(most):
        cost = D(n) * unit_of(currency)
        found = category_stage(cost, rule)[0]
        if dearest is not None and found < dearest:
            inverted.append(cost)
        if cost and found < cost:
            lost.append(cost)
        dearest = found if dearest is None else max(dearest, found)
    return inverted, lost


@pytest.mark.parametrize(
    "tiers",
    [
        (tier(10, 150, "0.5"), tier(0, 200, 1), tier(50, 130, 0)),
        (tier("0", "137.5", "-1.25"), tier("7.005", "90.01", "0.3333"), tier("12.34", "101", "-0.2")),
        (tier("3", "99.99", "0.0001"), tier("3.001", "250", "0"), tier("3.004", "66.6", "2"), tier("20", "50", "9")),
    ],
)
@pytest.mark.parametrize("currency", ["CNY", "JPY", "KWD"])
def test_every_cost_of_a_range_is_in_a_band_or_rightly_not(tiers, currency):
    most = 60_000
    inverted, lost = counted(tiers, currency, most)
    for bands, wrong in ((inversions(tiers, currency), set(inverted)), (losses(tiers, currency), set(lost))):
        costs = (D(n) * unit_of(currency) for n in range(most))
        assert [cost for cost in costs if band_of(bands, cost) != (cost in wrong)] == []
    assert inverted or lost


any_tiers = st.lists(
    st.builds(
        Tier,
        st.integers(0, 10**8).map(lambda n: D(n).scaleb(-4)),
        st.integers(1, 10**7).map(lambda n: D(n).scaleb(-2))
        | st.integers(8_000, 12_000).map(lambda n: D(n).scaleb(-2)),
        st.integers(-(10**7), 10**7).map(lambda n: D(n).scaleb(-4)),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda step: step.threshold,
)


@settings(max_examples=300, deadline=None)
@given(any_tiers, st.sampled_from(["CNY", "JPY", "KWD"]))
def test_the_edges_of_a_loss_are_exact(tiers, currency):
    rule, unit = ruled(*tiers), unit_of(currency)
    bands = losses(tiers, currency)
    for band in bands:
        assert 0 < band.first <= band.last
        for cost in (band.first, band.last):
            assert category_stage(cost, rule)[0] < cost
        for cost in (band.first - unit, band.last + unit):
            outside = not band_of(bands, cost) and 0 < cost < D(10) ** 14
            assert not outside or category_stage(cost, rule)[0] >= cost
        if band.nothing_to is not None:
            assert category_stage(band.nothing_to, rule)[0] <= 0
            assert band.nothing_to == band.last or category_stage(band.nothing_to + unit, rule)[0] > 0


@settings(max_examples=300, deadline=None)
@given(any_tiers, st.sampled_from(["CNY", "JPY", "KWD"]), st.data())
def test_a_cost_is_lost_or_inverted_exactly_when_a_band_holds_it(tiers, currency, data):
    rule, unit = ruled(*tiers), unit_of(currency)
    edges = [edge for band in inversions(tiers, currency) for edge in (band.first, band.last)]
    near = [step.threshold.quantize(unit) for step in tiers] + edges + [D(0), D(10_000)]
    cost = data.draw(st.sampled_from(near)) + data.draw(st.integers(-3, 3)) * unit
    assume(0 <= cost < D(10) ** 14)
    becomes = category_stage(cost, rule)[0]
    assert band_of(losses(tiers, currency), cost) == (cost > 0 and becomes < cost)
    # Within a tier a dearer cost never sells for less: the highest results below this cost stand where tiers end.
    ends = [end for step in tiers for end in (_before(step.threshold, unit),) if 0 <= end < cost]
    dearest = max((category_stage(end, rule)[0] for end in ends), default=None)
    assert band_of(inversions(tiers, currency), cost) == (dearest is not None and becomes < dearest)


def _before(threshold, unit):
    """The last whole cost below the threshold."""
    whole = threshold - threshold % unit
    return whole if whole < threshold else whole - unit


# All of it together, while somebody types


def test_all_that_is_said_stands_by_its_tier():
    tiers = [tier(500, 130), tier("100.004", 150, 5), tier("100.001", 1500), tier(20, 200, 10)]
    assert said(tiers) == [
        ("warning", 0, "threshold",
         "Costs from 500.00 to 580.75 sell below an item of 499.99: 499.99 becomes 754.985, 500.00 only 650.00."),
        ("warning", 1, "threshold",
         "Costs from 100.01 to 136.66 sell below an item of 100.00: 100.00 becomes 210.00, 100.01 only 155.015."),
        ("warning", 2, "percent", "1500 means 1500 % of the source price: did you mean 150 %?"),
        ("note", 2, "threshold",
         "No cost lies in the tier from 100.001: the next begins at 100.004. Remove one of the two tiers."),
        ("note", 3, "threshold", "There is no tier at 0: below 20.00 it is 100 % + 0."),
    ]  # fmt: skip


def test_a_note_needs_no_confirmation():
    tiers = [tier("100.001", 150), tier("100.004", 150), tier(200, 150)]
    assert [found.severity for found in lint(tiers)] == ["note", "note"]
    assert errors(tiers) == warnings(tiers) == []


def test_a_tier_at_zero_is_missed_only_where_there_is_none():
    assert said([PLAIN]) == said([tier(0, 150), Tier(D(7), 150, 0)]) == []
    assert [text for *_, text in said([tier("0.005", 150)])] == ["There is no tier at 0: below 0.005 it is 100 % + 0."]


def test_no_tier_at_all_is_an_error_of_the_table():
    assert said([]) == [("error", None, None, "There is no tier. Enter one from 0, or switch the rule off.")]


def test_beside_an_error_the_other_tiers_keep_what_is_said_of_them_alone():
    found = said([tier(0, "1.5"), Tier(D(100), None, D(0)), tier(0, 150), tier("0.00", 98)])
    assert [(severity, row, field) for severity, row, field, _ in found] == [
        ("warning", 0, "percent"), ("error", 1, "percent"), ("error", 2, "threshold"), ("error", 3, "threshold"),
    ]  # fmt: skip


def test_a_percentage_a_thousand_times_too_large_is_refused():
    text = "The percentage 1000000000 is above 100,000, a thousand times the price. 150 is one and a half times."
    assert said([tier(0, "1e9")]) == [("error", 0, "percent", text)]
    assert terms_errors(store("1e9"))[0].text == text
    assert errors([tier(0, 100_000)]) == []


junk = st.one_of(
    st.none(), st.booleans(), st.text(max_size=8), st.floats(), st.integers(), st.binary(max_size=3), st.dates(),
    st.decimals(), st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.sampled_from([
        D("sNaN"), D("-Infinity"), D("1E-999999"), D("-1E-999999"), D("1E+999999"), D("9E+99999999"), D("-9E+99999999"),
        D("0E+99"), D("1." + "1" * 500), 10**5000, -(10**5000), pd.NA, pd.NaT, np.float64("nan"), np.int64(5),
    ]),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.builds(Tier, junk, junk, junk), max_size=4), st.sampled_from(["CNY", "JPY", "???", "", None]))
def test_whatever_is_typed_is_answered_in_short_sentences(tiers, currency):
    found = lint(tiers, currency)
    assert sorted(p.text for p in found if p.severity == "error") == sorted(p.text for p in errors(tiers))
    assert all(0 < len(problem.text) < 250 for problem in found)
    assert all(problem.row is not None for problem in found) or not tiers


@settings(max_examples=300, deadline=None)
@given(st.builds(StoreTerms, st.just("S"), st.sampled_from(["CNY", "JPY", "", None, 5]), junk, junk, junk, junk))
def test_whatever_is_typed_for_a_store_is_answered_too(terms):
    assert all(0 < len(problem.text) < 250 for problem in [*terms_errors(terms), *terms_warnings(terms)])


# What a store adds


@pytest.mark.parametrize(
    ("terms", "field", "text"),
    [
        (store("-1"), "percent", "The percentage -1 must be above 0: 100 is the original price"),
        (store(fine="0.00001"), "fine", "The fine adjustment 0.00001 has more than 4 decimals. Round it."),
        (store(floor=D("-0.01")), "floor", "The lowest price -0.01 is below 0. Enter 0 or more, or leave it empty."),
        (store(floor=D("9.999")), "floor", "The lowest price 9.999 has more than 2 decimals. Round it."),
        (store(floor=D("0.5"), currency="JPY"), "floor", "The lowest price 0.5 has decimals, its currency has none."),
        (store(floor="ten"), "floor", "The lowest price 'ten' is not a number. Enter a number such as 5.00."),
        (store(ending=".999"), "ending", "The ending '.999' must have the 2 decimals of CNY, or none."),
        (store(ending=".99", currency="JPY"), "ending", "The ending '.99' has decimals, JPY has none."),
        (store(currency=""), "currency", "The store has no currency. Choose its marketplace."),
    ],
)
def test_impossible_terms_are_refused(terms, field, text):
    found = terms_errors(terms)
    assert [(problem.field, problem.value) for problem in found] == [(field, getattr(terms, field))]
    assert found[0].text.startswith(text)


def test_possible_terms_are_not():
    assert terms_errors(store("50", "-5", ending=".99", floor=D(0))) == []
    assert terms_errors(store(ending="80", floor=D(5), currency="JPY")) == terms_errors(store(ending="")) == []
