"""Which ratio gives a price or a margin: the answer, put into the formula, gives it, or its neighbours stand around it."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.prices.formula import Rate, Rule, StoreTerms, Tier, price
from lib.prices.price_reverse import ratio_for_category, ratio_for_margin, ratio_for_price


def tier(threshold, percent, fine=0):
    return Tier(D(threshold), D(percent), D(fine))


def terms(percent="120", fine="2", currency="CNY", **more):
    return StoreTerms("US-01", currency, D(percent), D(fine), **more)


KITCHEN = Rule("Kitchen", "1688", (tier(100, 150, 5), tier(0, 200, 10), tier(500, 130)))
US = terms()
NINES = terms(ending=".99")
YEN = Rate("CNY/JPY", D(21))


def for_price(wanted, cost="128", rule=KITCHEN, store=US, rate=None, currency="CNY"):
    return ratio_for_price(D(wanted), None if cost is None else D(cost), currency, rule, store, rate)


def for_margin(wanted, cost="128", rule=KITCHEN, store=US, rate=None):
    return ratio_for_margin(D(wanted), None if cost is None else D(cost), "CNY", rule, store, rate)


# A price


def test_the_price_of_the_domain_is_found_backwards():
    found = for_price("238.40")
    assert (found.ratio, found.gives, found.exact, found.threshold) == (D(150), D("238.40"), True, D(100))
    assert found.sentence == "150 % in the tier from 100.00 gives 238.40 CNY."
    assert (found.below, found.above) == (None, None)


@pytest.mark.parametrize(
    ("cost", "amount", "ratio", "threshold"),
    [
        ("50", "134.00", "200", 0),
        ("99.99", "253.98", "200", 0),
        ("500", "782.00", "130", 500),
        ("1200", "1874", "130", 500),
    ],
)
def test_the_ratio_is_that_of_the_tier_that_prices_the_cost(cost, amount, ratio, threshold):
    found = for_price(amount, cost)
    assert (found.ratio, found.threshold) == (D(ratio), D(threshold))


def test_of_several_ratios_it_is_the_present_or_the_roundest():
    odd, three = Rule("K", "1688", (tier(0, "98.76", 0),)), terms("100", "3")
    assert for_price("3.20", "0.20", odd, three).ratio == D("98.76")
    assert for_price("3.30", "0.20", odd, three).ratio == D(150)
    assert for_price("0.04", "0.03", None, terms("100", "0")).ratio == D(120)
    assert for_price("14", "0").ratio == D(200)  # what costs nothing sells for the fine adjustments, at any ratio


def test_between_two_steps_the_nearest_are_said():
    found = for_price("238.41")
    assert (found.ratio, found.gives, found.exact) == (D("150.01"), D("238.42"), False)
    assert (found.below, found.above) == ((D("150.00"), D("238.40")), (D("150.01"), D("238.42")))
    assert found.sentence == (
        "No ratio gives exactly 238.41 CNY: in the tier from 100.00, 150 % gives 238.40 CNY and 150.01 % gives 238.42 CNY."
    )
    assert for_price("238.404").ratio == D(150)


def test_an_ending_is_reached_only_where_prices_end_so():
    assert for_price("238.99", store=NINES).ratio == D(150)
    found = for_price("238.10", store=NINES)
    assert (found.ratio, found.below, found.above) == (
        D("149.73"), (D("149.73"), D("237.99")), (D("149.74"), D("238.99")),
    )  # fmt: skip
    assert found.sentence.endswith("149.74 % gives 238.99 CNY. Prices of this store end in .99.")


def test_a_price_in_another_currency():
    found = for_price("4964", rule=Rule("K", "1688", (tier(0, 150, 5),)), store=terms("120", "0", "JPY"), rate=YEN)
    assert (found.ratio, found.sentence) == (D(150), "150 % in the tier from 0.00 gives 4964 JPY.")


def test_without_a_tier_for_the_cost_one_is_needed():
    text = "150 % in a new tier from 0 gives 75.00 CNY."
    only = Rule("K", "1688", (tier(100, 150, 5),))
    for rule in (None, only, replace(only, tiers=())):
        found = for_price("75", "50", rule, terms("100", "0"))
        assert (found.ratio, found.threshold, found.sentence) == (D(150), D(0), text)


def test_below_the_floor_or_the_cost_is_said():
    found = for_price("120", "128", None, terms("100", "0", floor=D(130)))
    assert found.ratio == D("93.75")
    assert found.sentence.endswith(
        " gives 120.00 CNY. That is below the lowest price of the store and below what the product costs."
    )


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"wanted": "1"}, "No ratio gives as little as 1.00 CNY, because the fine adjustments alone are above it:"
                          " even 0.01 % gives 8.02 CNY."),
        ({"wanted": "8"}, "No ratio gives as little as 8.00 CNY: even 0.01 % gives 8.02 CNY."),
        ({"wanted": "153608.01"}, "No ratio gives as much as 153608.01 CNY: even 100000 % gives 153608.00 CNY."),
        ({"wanted": "5", "cost": "0", "rule": None, "store": terms("100", "0")}, "No ratio gives a price. Check the"),
        ({"wanted": "0"}, "Enter a price above 0"),
        ({"wanted": "-5"}, "Enter a price above 0"),
        ({"wanted": "NaN"}, "Enter a price above 0"),
        ({"wanted": "Infinity"}, "Enter a price above 0"),
        ({"wanted": "9E+99999999"}, "Enter a price above 0"),
        ({"wanted": "1.00001"}, "Enter a price above 0 with at most 4 decimals."),
        ({"wanted": "5", "cost": None}, "No price: the product has no source price."),
        ({"wanted": "5", "cost": "NaN"}, "No price: the source price NaN is not an amount"),
        ({"wanted": "5", "currency": None}, "No price: the source price has no currency."),
        ({"wanted": "5", "store": terms(currency="JPY")}, "No price: there is no exchange rate CNY/JPY."),
        ({"wanted": "5", "store": terms("0")}, "The percentage 0 must be above 0"),
        ({"wanted": "5", "store": terms("NaN")}, "The percentage 'NaN' is not a number."),
        ({"wanted": "5", "rule": Rule("K", "1688", (tier(0, 100), tier(0, 200)))}, "The threshold 0 is given twice."),
        ({"wanted": "5", "rule": Rule("K", "1688", (tier("NaN", 100),))}, "The threshold 'NaN' is not a number."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_sentence(asked, text):
    found = for_price(**asked)
    assert (found.ratio, found.gives, found.exact) == (None, None, False)
    assert found.sentence.startswith(text)


rules = st.builds(
    lambda percent, fine: Rule("K", "1688", (Tier(D(0), percent, fine),)),
    st.integers(1, 10**7).map(lambda n: D(n).scaleb(-2)),
    st.integers(-(10**5), 10**5).map(lambda n: D(n).scaleb(-4)),
)
costs = st.integers(0, 10**8).map(lambda n: D(n).scaleb(-4))
stores = st.builds(
    lambda currency, ending, percent, fine: terms(
        D(percent).scaleb(-2), D(fine).scaleb(-4), currency, ending=ending if currency == "CNY" else None
    ),
    st.sampled_from(["CNY", "JPY", "KWD"]), st.sampled_from([None, ".99", "9.99", "5"]), st.integers(100, 10**5),
    st.integers(-(10**5), 10**5),
)  # fmt: skip
rates = st.integers(10**5, 10**10).map(lambda n: D(n).scaleb(-8))


def forward(cost, rule, store, rate, ratio):
    tiers = tuple(replace(one, percent=ratio) for one in rule.tiers)
    return price(cost, "CNY", replace(rule, tiers=tiers), store, rate).amount


@settings(max_examples=300, deadline=None)
@given(costs, rules, stores, rates)
def test_a_price_that_the_formula_makes_is_found_again(cost, rule, store, rate):
    rate = Rate(f"CNY/{store.currency}", rate)
    made = price(cost, "CNY", rule, store, rate).amount
    if made is not None:
        found = ratio_for_price(made, cost, "CNY", rule, store, rate)
        assert (found.exact, found.gives) == (True, made)
        assert forward(cost, rule, store, rate, found.ratio) == made
        assert found.ratio == rule.tiers[0].percent


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 10**9).map(lambda n: D(n).scaleb(-2)), costs, rules, stores, rates)
def test_the_answer_gives_the_price_or_stands_beside_it(wanted, cost, rule, store, rate):
    rate = Rate(f"CNY/{store.currency}", rate)
    found = ratio_for_price(wanted, cost, "CNY", rule, store, rate)
    if found.exact:
        assert forward(cost, rule, store, rate, found.ratio) == wanted
        assert D("0.01") <= found.ratio <= 100_000
        return
    for point in filter(None, (found.below, found.above)):
        assert forward(cost, rule, store, rate, point[0]) == point[1]
    assert found.below is None or found.below[1] < wanted
    assert found.above is None or found.above[1] > wanted
    if found.below and found.above:
        assert found.above[0] - found.below[0] == D("0.01")
        assert found.ratio in (found.below[0], found.above[0])
    elif found.below:
        assert found.below[0] == 100_000
    elif found.above:  # there is nothing lower: it is the smallest ratio, or the one below it makes no price
        assert found.above[0] == D("0.01") or forward(cost, rule, store, rate, found.above[0] - D("0.01")) is None


# A margin


def test_the_margin_of_a_product_is_reached_by_the_smallest_ratio():
    found = for_margin("30")
    assert (found.ratio, found.gives, found.exact, found.threshold) == (D("113.84"), D("30.00"), False, D(100))
    assert (found.below, found.above) == ((D("113.83"), D("29.99")), (D("113.84"), D("30.00")))
    assert found.sentence == (
        "113.84 % in the tier from 100.00 gives a margin of 30.00 %, 113.83 % gives 29.99 %. The price is 182.86 CNY."
    )


def test_a_margin_that_is_met_to_the_cent_is_exact():
    found = for_margin("50", "100", None, terms("100", "0"))
    assert (found.ratio, found.gives, found.exact) == (D(200), D("50.00"), True)
    assert found.sentence == "200 % in a new tier from 0 gives a margin of 50.00 %. The price is 200.00 CNY."
    assert for_margin("0", "100", None, terms("100", "0")).ratio == D(100)
    half = for_margin("50", "100", None, terms("100", "0", "JPY"), YEN)
    assert (half.ratio, half.exact) == (D("199.98"), True)  # 4199.58 yen are 4200


def test_a_loss_can_be_asked_for_and_is_named():
    found = for_margin("-100", "100", None, terms("100", "0"))
    assert (found.ratio, found.gives) == (D(50), D("-100.00"))
    assert found.sentence.endswith("The price is 50.00 CNY. That is below what the product costs.")


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"wanted": "99.99"}, "No ratio gives a margin of 99.99 %: even 100000 % gives 99.91 %."),
        ({"wanted": "100"}, "Enter a margin below 100 % with at most 2 decimals."),
        ({"wanted": "NaN"}, "Enter a margin below 100 %"),
        ({"wanted": "-Infinity"}, "Enter a margin below 100 %"),
        ({"wanted": "30.001"}, "Enter a margin below 100 % with at most 2 decimals."),
        ({"wanted": "30", "cost": None}, "No price: the product has no source price."),
        ({"wanted": "30", "store": terms(currency="JPY")}, "No price: there is no exchange rate CNY/JPY."),
        ({"wanted": "30", "cost": "0", "rule": None, "store": terms("100", "0")}, "No ratio gives a price, so there"),
        (
            {"wanted": "95", "cost": "1e13", "rule": None, "store": terms("100", "0")},
            "No ratio gives a margin of 95 %: even 999.99 % gives 89.99 %.",
        ),
    ],
)
def test_a_margin_out_of_reach_is_a_sentence(asked, text):
    found = for_margin(**asked)
    assert (found.ratio, found.gives, found.exact) == (None, None, False)
    assert found.sentence.startswith(text)


@settings(max_examples=300, deadline=None)
@given(st.integers(-20_000, 9_999).map(lambda n: D(n).scaleb(-2)), costs, rules, stores, rates)
def test_the_smallest_ratio_reaches_the_margin_and_the_step_below_does_not(wanted, cost, rule, store, rate):
    rate = Rate(f"CNY/{store.currency}", rate)
    worth = cost if store.currency == "CNY" else cost * rate.value

    def reached(ratio):
        made = forward(cost, rule, store, rate, ratio)
        return made is not None and (made - worth) * 100 >= wanted * made

    found = ratio_for_margin(wanted, cost, "CNY", rule, store, rate)
    if found.ratio is None:
        made = forward(cost, rule, store, rate, D(100_000))
        assert made is None or not reached(D(100_000))
        return
    assert reached(found.ratio)
    assert found.gives >= wanted
    assert found.ratio == D("0.01") or not reached(found.ratio - D("0.01"))
    assert found.below is None or found.below[1] < wanted


# A category


def gains_of(costs, store=US, asked=None):
    def gains(ratio):
        if asked is not None:
            asked.append(ratio)
        made = [forward(cost, Rule("K", "1688", (tier(0, 100),)), store, None, ratio) or D(0) for cost in costs]
        return sum(made, D(0)), sum(costs, D(0))

    return gains


SHELF = [D(n) / 100 for n in range(199, 9_999, 97)]


@pytest.mark.parametrize("wanted", ["30", "0", "-50", "70", "95.5", "-1000"])
@pytest.mark.parametrize("store", [US, NINES, terms("100", "-3")])
def test_a_category_takes_the_smallest_ratio_that_reaches_the_margin(wanted, store):
    asked = []
    found = ratio_for_category(D(wanted), gains_of(SHELF, store, asked))
    margins = []
    for ratio in (found.ratio, found.ratio - D("0.01")):
        revenue, cost = gains_of(SHELF, store)(ratio) if ratio else (D(0), D(0))
        margins.append((revenue - cost) / revenue * 100 if revenue else D("-Infinity"))
    assert margins[0] >= D(wanted) > margins[1]
    assert len(asked) == len(set(asked)) <= 30
    assert found.threshold is None


def test_the_margin_of_a_category_in_words():
    found = ratio_for_category(D(30), gains_of(SHELF))
    assert found.sentence == (
        f"{found.ratio} % for all of them gives a margin of {found.gives} %, {found.below[0]} % gives {found.below[1]} %."
    )
    assert (found.gives, found.below[1]) == (D("30.00"), D("29.99"))


def test_a_category_without_prices_has_no_margin():
    found = ratio_for_category(D(30), lambda ratio: (D(0), D(0)))
    assert (found.ratio, found.sentence) == (
        None, "No ratio gives a price, so there is no margin. Check source prices, fine adjustments and rates.",
    )  # fmt: skip
    text = "No ratio gives a margin of 99.99 %: even 100000 % gives 99.90 %."
    assert ratio_for_category(D("99.99"), lambda ratio: (ratio, D(100))).sentence == text


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**7), st.integers(-10_000, 9_999))
def test_a_category_is_asked_a_bounded_number_of_times(step, wanted):
    asked = []

    def gains(ratio):  # all of a sudden: the worst for a guess
        asked.append(ratio)
        return (D(10**9) if ratio * 100 >= step else D("0.01")) + ratio, D(10)

    found = ratio_for_category(D(wanted).scaleb(-2), gains)
    assert found.ratio is not None
    assert len(asked) <= 60
