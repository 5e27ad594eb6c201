"""Shares of one amount add up to it, and each is within a cent of what its weight asks for."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.purchases.fees import Fee, fee
from lib.purchases.freight import shares


@pytest.mark.parametrize(
    ("total", "weights", "currency", "expected"),
    [
        ("10", [1, 1, 1], "CNY", ["3.34", "3.33", "3.33"]),
        ("10", [2, 1], "CNY", ["6.67", "3.33"]),
        ("0.02", [1, 1, 1], "CNY", ["0.01", "0.01", "0"]),
        ("100", [1, 1, 1], "JPY", ["34", "33", "33"]),
        ("10", [0, 0], "CNY", ["5", "5"]),
        ("10", [0, 3], "CNY", ["0", "10"]),
        ("8.005", [1, 1], "CNY", ["4.005", "4"]),
        ("0", [3, 4], "CNY", ["0", "0"]),
        ("7", [5], "CNY", ["7"]),
        ("7", [], "CNY", []),
    ],
)
def test_shares(total, weights, currency, expected):
    assert shares(Decimal(total), weights, currency) == [Decimal(share) for share in expected]


@given(
    st.decimals(0, 10**8, places=2),
    st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=50),
    st.sampled_from(["CNY", "JPY", "KWD"]),
)
def test_nothing_is_lost_and_nobody_pays_for_another(total, weights, currency):
    got = shares(total, weights, currency)
    assert sum(got) == total
    whole = sum(weights)
    for share, weight in zip(got, weights, strict=True):
        wanted = total * weight / whole if whole else total / len(weights)
        assert abs(share - wanted) <= (2 if currency == "JPY" else Decimal("0.02"))


def test_the_fee_is_what_was_told_else_a_share_of_price_and_shipping():
    percent = Decimal("15")
    assert fee(Decimal("19.99"), Decimal("4.01"), None, percent, "USD") == Fee(Decimal("3.60"), is_estimate=True)
    assert fee(Decimal("19.99"), None, Decimal("3.10"), percent, "USD") == Fee(Decimal("3.10"), is_estimate=False)
    assert fee(Decimal("999"), None, None, percent, "JPY") == Fee(Decimal("150"), is_estimate=True)
    assert fee(None, Decimal("4"), None, percent, "USD") is None
