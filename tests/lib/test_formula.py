"""The price formula: the golden values, what has no price, how prices end, and its words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest

from lib.money import round_half_up
from lib.prices.formula import (
    Rate,
    Rule,
    StoreTerms,
    Tier,
    amount_text,
    category_stage,
    explain,
    ladder,
    nearest,
    plain,
    price,
)
from lib.prices.formula_check import ending_error


def tier(threshold, percent, fine):
    return Tier(D(threshold), D(percent), D(fine))


def ruled(*tiers, category="Kitchen", source="1688"):
    return Rule(category, source, tiers)


def store(percent="100", fine="0", currency="CNY", name="US-01"):
    return StoreTerms(name, currency, D(percent), D(fine))


TIERS = (tier(100, 150, 5), tier(0, 200, 10), tier(500, 130, 0))  # out of order on purpose
TABLE = ruled(*TIERS)
US = store("120", "2")
YEN = Rate("CNY/JPY", D("21"), date(2025, 11, 23))


# Golden values


def test_one_tier_and_a_store():
    assert price(D("128"), "CNY", ruled(tier(0, 150, 5)), US, None).amount == D("238.40")


@pytest.mark.parametrize(
    ("cost", "stage", "amount"),
    [
        ("0.01", "10.02", "14.02"),
        ("50", "110.00", "134.00"),
        ("99.99", "209.98", "253.98"),
        ("100", "155.00", "188.00"),
        ("499.99", "754.99", "907.98"),
        ("500", "650.00", "782.00"),
        ("1200", "1560.00", "1874.00"),
    ],
)
def test_both_rows_of_the_table(cost, stage, amount):
    found = price(D(cost), "CNY", TABLE, US, None)
    assert round_half_up(category_stage(D(cost), TABLE)[0], "CNY") == D(stage)
    assert str(found.amount) == amount
    assert found.flag is None


def test_half_a_cent_goes_up():
    assert str(price(D("2.675"), "CNY", None, store(), None).amount) == "2.68"
    assert str(price(D("2.665"), "CNY", None, store(), None).amount) == "2.67"


def test_yen_have_no_decimals():
    found = price(D("128"), "CNY", ruled(tier(0, 150, 5)), store("120", currency="JPY", name="JP-01"), YEN)
    assert str(found.amount) == "4964"
    assert found.rate == YEN


def test_rounded_once_at_the_end():
    # The stage is 754.985; rounded to 754.99 on the way the price would be 2264.97.
    assert price(D("499.99"), "CNY", TABLE, store("300"), None).amount == D("2264.96")


def test_nothing_is_lost_in_28_digits():
    rule, terms = ruled(tier(0, "150.01", "0.0001")), store("120.01", "0.0003", "USD")
    found = price(D("99999999999.9999"), "CNY", rule, terms, Rate("CNY/USD", D("3.00000001")))
    assert found.exact == D("540081004800.27012994899639982999")


def test_a_tier_at_zero_is_always_there():
    only = ruled(tier(100, 150, 5))
    assert category_stage(D("99.99"), only) == (D("99.99"), tier(0, 100, 0))
    assert category_stage(D("100"), only) == (D("155"), tier(100, 150, 5))
    assert [step.threshold for step in ladder(TIERS)] == [500, 100, 0]


# No price


@pytest.mark.parametrize(
    ("cost", "currency", "terms", "rate", "flag"),
    [
        (None, "CNY", US, None, "No price: the product has no source price. Enter the source price."),
        (D("5"), None, US, None, "No price: the source price has no currency. Enter the currency of the source price."),
        (D("-0.01"), "CNY", US, None, "the source price -0.01 is not an amount"),
        (D("NaN"), "CNY", US, None, "the source price NaN is not an amount"),
        (D("Infinity"), "CNY", US, None, "the source price Infinity is not an amount"),
        (D("100000000000000"), "CNY", US, None, "the source price 100000000000000 is not an amount"),
        (D("5"), "CNY", store(currency="USD"), None, "No price: there is no exchange rate CNY/USD."),
        (D("5"), "CNY", store(currency="USD"), YEN, "No price: there is no exchange rate CNY/USD."),
        (D("5"), "CNY", store(currency="JPY"), Rate("CNY/JPY", D(0)), "there is no exchange rate CNY/JPY."),
        (D("5"), "CNY", store(currency="JPY"), Rate("CNY/JPY", D("NaN")), "there is no exchange rate CNY/JPY."),
        (D("5"), "CNY", store("100", "-5.01"), None, "No price: the result -0.01 is not above zero."),
        (D("5"), "CNY", store("100", "-5"), None, "No price: the result 0.00 is not above zero."),
        (D("5"), "CNY", store("100", "-4.996"), None, "No price: the result 0.004 is not above zero."),
        (D("0"), "CNY", store(), None, "No price: the result 0.00 is not above zero."),
        (D("99999999999999"), "CNY", store("200"), None, "No price: the result is too large to be a price."),
        (D("99999999999999.995"), "CNY", store(), None, "No price: the result is too large to be a price."),
        (D("5"), "CNY", store("NaN"), None, "No price: the result is too large to be a price."),
    ],
)
def test_no_price_without_a_reason(cost, currency, terms, rate, flag):
    found = price(cost, currency, None, terms, rate)
    assert found.amount is None
    assert flag in found.flag
    assert found.flag in found.formula
    assert explain(found, "zh").count("无价格") == 1


def test_a_rate_is_not_used_within_one_currency():
    found = price(D("5"), "CNY", None, store(), Rate("CNY/CNY", D("7")))
    assert (found.amount, found.rate) == (D("5"), None)


# How the prices of a store end, and its floor


def ended(cost, ending, currency="CNY", **more):
    return price(D(cost), currency, None, StoreTerms("S", currency, D(100), D(0), ending, **more), None)


@pytest.mark.parametrize(
    ("cost", "currency", "ending", "amount"),
    [
        ("238.40", "CNY", ".99", "238.99"),
        ("238.99", "CNY", ".99", "238.99"),
        ("238.992", "CNY", ".99", "238.99"),
        ("238.995", "CNY", ".99", "239.99"),
        ("239", "CNY", ".00", "239.00"),
        ("239.01", "CNY", ".00", "240.00"),
        ("0.01", "CNY", ".00", "1.00"),
        ("231.00", "CNY", "9.99", "239.99"),
        ("0.02", "CNY", "9.99", "9.99"),
        ("9.99", "CNY", "9.99", "9.99"),
        ("10", "CNY", "9.99", "19.99"),
        ("231.00", "CNY", "80", "280.00"),
        ("280.01", "CNY", "80", "380.00"),
        ("4964", "JPY", "80", "4980"),
        ("4981", "JPY", "80", "5080"),
        ("1.2", "KWD", ".950", "1.950"),
        ("1", "CNY", "990.00", "990.00"),
        ("238.40", "CNY", None, "238.40"),
        ("238.40", "CNY", "", "238.40"),
        ("99999999999998.5", "CNY", ".99", "99999999999998.99"),
    ],
)
def test_a_price_ends_as_the_store_wants(cost, currency, ending, amount):
    assert str(ended(cost, ending, currency).amount) == amount


def test_an_ending_makes_no_price_where_there_is_none():
    assert (ended("0", ".99").amount, ended("0.004", ".99").amount) == (None, None)
    assert "is not above zero" in ended("0.004", ".99").flag
    assert "is too large" in ended("99999999999999.99", "9.50").flag
    assert ended("99999999999999.99", "9.50").amount is None
    assert ended("99999999999999.99", ".99").amount == D("99999999999999.99")


WRONG_ENDINGS = {
    "9.": "is not a number",
    ".": "is not a number",
    "-.99": "is not a number",
    "1.2.3": "is not a number",
    ".९९": "is not a number",
    " .99": "is not a number",
    "1E2": "is not a number",
    "1000.99": "is too long",
    ".9": "must have the 2 decimals of CNY, or none. Write .99, for example",
    ".999": "must have the 2 decimals of CNY",
}


@pytest.mark.parametrize("ending", WRONG_ENDINGS)
def test_an_ending_that_cannot_be_is_refused_and_changes_nothing(ending):
    assert WRONG_ENDINGS[ending] in ending_error(ending, "CNY")
    found = ended("238.40", ending)
    assert (found.amount, "ending" in found.formula) == (D("238.40"), False)


def test_yen_have_no_ending_with_decimals():
    assert ending_error(".99", "JPY") == "The ending '.99' has decimals, JPY has none. Write whole digits, such as 80."
    assert ended("4964", ".99", "JPY").amount == D("4964")
    assert [ending_error(fine, "JPY") for fine in (None, "", "0", "80", "999999")] == [None] * 5
    assert [ending_error(fine, "KWD") for fine in (".950", "50", "9.999")] == [None] * 3


def test_below_the_floor_is_marked_and_changes_nothing():
    low, at = ended("9.99", None, floor=D("10")), ended("10", None, floor=D("10"))
    assert [(found.amount, found.below_floor) for found in (low, at)] == [(D("9.99"), True), (D("10"), False)]
    assert ended("9.99", "0.00", floor=D("10")).below_floor is False
    assert ended("0", None, floor=D("10")).below_floor is False
    assert ended("9.99", None).below_floor is False


def test_below_what_it_costs_is_marked_to_the_last_digit():
    assert [ended(cost, None).below_cost for cost in ("5.004", "5.005", "5")] == [True, False, False]
    assert ended("0.004", None).below_cost is False
    terms = store("50", currency="JPY")
    assert price(D(2), "CNY", ruled(tier(0, 200, 0)), terms, YEN).below_cost is False
    assert price(D(2), "CNY", ruled(tier(0, "199.99", 0)), terms, Rate("CNY/JPY", D("21.3"))).below_cost is False  # 43
    assert price(D(2), "CNY", ruled(tier(0, "197", 0)), terms, Rate("CNY/JPY", D("21.3"))).below_cost is True  # 42


# Its words


def test_the_formula_is_one_stable_line():
    found = price(D("128"), "CNY", ruled(tier(100, "150.00", 5)), store("120.0000", "2"), None)
    assert found.formula == (
        "128.00 CNY [1688 / Kitchen, tier >= 100] x 150% + 5.00 = 197.00"
        " -> x fx 1 -> x 120% [store US-01] + 2.00 = 238.40"
    )
    assert explain(found, "zh") == (
        "128.00 CNY [1688 / Kitchen，阶梯 >= 100] × 150% + 5.00 = 197.00"
        " -> × 汇率 1 -> × 120% [店铺 US-01] + 2.00 = 238.40"
    )


def test_the_formula_names_the_ending():
    found = price(D("128"), "CNY", ruled(tier(100, 150, 5)), replace(US, ending=".99"), None)
    assert found.formula.endswith("x 120% [store US-01] + 2.00 = 238.40 -> ending .99 = 238.99")
    assert explain(found, "zh").endswith("× 120% [店铺 US-01] + 2.00 = 238.40，尾数 .99 = 238.99")
    assert ended("238.992", ".99").formula.endswith("= 238.992 rounded to 238.99 -> ending .99 = 238.99")


def test_the_formula_names_the_rate_and_the_rounding():
    terms = store("120", "-0.5", "JPY", "JP-01")
    found = price(
        D("128.0000"), "CNY", ruled(tier(0, "1.5", "-0.25")), terms, Rate("CNY/JPY", D("21.12500000"), YEN.day)
    )
    assert found.formula == (
        "128.00 CNY [1688 / Kitchen, tier >= 0] x 1.5% - 0.25 = 1.67"
        " -> x fx 21.125 [CNY/JPY 2025-11-23] -> x 120% [store JP-01] - 0.5 = 41.8345 rounded to 42"
    )
    assert explain(found, "zh").endswith("[店铺 JP-01] - 0.5 = 41.8345，四舍五入为 42")


def test_the_formula_says_that_there_is_no_rule():
    assert price(D("9.9"), "CNY", None, US, None).formula == (
        "9.90 CNY [no rule] x 100% + 0.00 = 9.90 -> x fx 1 -> x 120% [store US-01] + 2.00 = 13.88"
    )


def test_a_refused_result_shows_its_formula():
    assert price(D("5"), "CNY", None, store("100", "-6"), None).formula == (
        "5.00 CNY [no rule] x 100% + 0.00 = 5.00 -> x fx 1 -> x 100% [store US-01] - 6.00 = -1.00."
        " No price: the result -1.00 is not above zero. Check the fine adjustments of the rule and the store."
    )


def test_numbers_in_words():
    assert [plain(D(n)) for n in ("150.00", "1.50", "1E+3", "0.00", "100")] == ["150", "1.5", "1000", "0", "100"]
    assert amount_text(D("754.985"), "CNY") == "754.985"
    assert amount_text(D("5"), "KWD") == "5.000"
    assert amount_text(D("4964.0"), "JPY") == "4964"


# Which rule

KITCHEN, HOME, OTHER = ruled(category="Kitchen"), ruled(category="Home"), ruled(category="Pans", source="Taobao")


def test_the_nearest_ancestor_wins():
    assert nearest([HOME, KITCHEN], ["Home", "Kitchen", "Pans"], "1688") is KITCHEN
    assert nearest([HOME, KITCHEN], ["Home", "Garden"], "1688") is HOME
    assert nearest([HOME, KITCHEN], ["Toys"], "1688") is None
    assert nearest([HOME, KITCHEN], [], "1688") is None


def test_a_rule_never_acts_on_another_source():
    path = ["Home", "Kitchen", "Pans"]
    assert nearest([OTHER, HOME], path, "1688") is HOME
    assert nearest([OTHER], path, "1688") is None
    assert nearest([OTHER, HOME, KITCHEN], path, "AliExpress") is None
