"""The breaker stops what goes too far, to the last digit, and says by how much."""

from decimal import Decimal as D

import pytest

from db.models import PriceLimits
from db.session import reading
from lib.commands import perform
from lib.prices import price_breaker
from lib.prices.price_breaker import Farthest, Figures, Limits, judge
from lib.problems import Refused


def said(figures, limits=Limits()):  # noqa: B008
    return [problem.text for problem in judge(figures, limits)]


def mug(before, after, currency="USD"):
    return Farthest("MUG in US-01", D(before), D(after), currency)


def test_nothing_is_said_when_nothing_goes_too_far():
    assert said(Figures(prices=0, moved=0)) == []
    assert said(Figures(prices=10, moved=5, farthest=mug(10, 13))) == []


def test_just_the_limit_is_allowed_and_a_hair_more_is_not():
    assert said(Figures(1_000_000, 500_000)) == []
    assert said(Figures(1_000_000, 500_001)) == [
        "50.01 % of all prices would move (500,001 of 1,000,000); the breaker allows 50 %."
    ]
    assert said(Figures(10, 1, mug("100", "130"))) == []
    assert said(Figures(10, 1, mug("100", "130.0001"))) == [
        "MUG in US-01 would move by 30.01 %, from 100.00 USD to 130.0001 USD; the breaker allows 30 %."
    ]


def test_a_fall_is_as_far_as_a_rise_and_from_nothing_any_way_is_too_far():
    assert said(Figures(10, 1, mug("10", "5"))) == [
        "MUG in US-01 would move by 50 %, from 10.00 USD to 5.00 USD; the breaker allows 30 %."
    ]
    assert said(Figures(10, 1, mug("0", "4964", "JPY"))) == [
        "MUG in US-01 would move from 0 JPY to 4964 JPY; the breaker allows 30 %."
    ]


def test_prices_below_floor_or_cost_stop_a_run_whatever_the_limits_are():
    found = said(Figures(10, 1, below_floor=1, below_cost=1_234), Limits(D(100), D(1000)))
    assert found == [
        "1 price would be below the floor of its store.",
        "1,234 prices would be below what the goods cost.",
    ]


def test_all_causes_are_said():
    assert len(said(Figures(4, 3, mug(1, 2), 1, 1))) == 4


def test_an_admin_sets_the_limits_and_nobody_else(database, acting):
    with reading() as session:
        assert price_breaker.limits(session) == Limits(D(50), D(30))
    words = perform(acting("alice"), price_breaker.save_limits, D("12.5"), D(5))
    assert words == "The breaker allows 12.5 % of all prices to move, and any of them by 5 %."
    perform(acting("bob"), price_breaker.save_limits, D("12.5"), D(6))
    for who, most in (
        ("petra", D(90)),
        ("alice", D("-1")),
        ("alice", D("1.001")),
        ("alice", D("NaN")),
        ("alice", D("1e9")),
    ):
        with pytest.raises(Refused):
            perform(acting(who), price_breaker.save_limits, D(1), most)
    with reading() as session:
        assert price_breaker.limits(session) == Limits(D("12.5"), D(6))
        assert session.query(PriceLimits).count() == 1
