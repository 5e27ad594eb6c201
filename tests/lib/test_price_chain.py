"""The steps of a chain add up to the price, to the last digit."""

from decimal import Decimal as D

from lib.prices.formula import Rate, Rule, StoreTerms, Tier, price
from lib.prices.price_chain import chain

RULE = Rule("Kitchen", "1688", (Tier(D(0), D(200), D(10)), Tier(D(100), D(150), D(5))))


def steps(cost, store, rate=None, currency="CNY"):
    return [(step.name, step.adds) for step in chain(price(cost, currency, RULE, store, rate))]


def test_each_step_of_the_golden_price():
    found = steps(D(128), StoreTerms("CN-01", "CNY", D(120), D(2)))
    assert found == [
        ("Source price", D(128)),
        ("Category rule", D(69)),
        ("Store 120 %", D("39.4")),
        ("Store fine", D(2)),
    ]
    assert sum(adds for _, adds in found) == D("238.40")


def test_another_currency_and_the_rounding_are_steps_too():
    found = steps(D("99.99"), StoreTerms("JP-01", "JPY", D(120), D(0)), Rate("CNY/JPY", D(21)))
    assert sum(adds for _, adds in found) == D(5291)
    assert found[-1] == ("Rounding", D("-0.496"))


def test_an_ending_is_the_last_step():
    found = steps(D("99.99"), StoreTerms("JP-01", "JPY", D(120), D(0), "80"), Rate("CNY/JPY", D(21)))
    assert found[-2:] == [("Rounding", D("-0.496")), ("Ending 80", D(89))]
    assert sum(adds for _, adds in found) == D(5380)
    assert [name for name, _ in steps(D(128), StoreTerms("CN-01", "CNY", D(120), D("2.59"), ".99"))][-1] == "Store fine"


def test_no_price_no_steps():
    assert steps(None, StoreTerms("US-01", "USD", D(120), D(2))) == []
    assert steps(D(5), StoreTerms("US-01", "USD", D(120), D(2))) == []
