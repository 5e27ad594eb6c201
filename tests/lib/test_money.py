"""Amounts as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import money


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("128", "128"),
        ("128.00", "128.00"),
        ("0.01", "0.01"),
        (".5", "0.5"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1.557.440,00", "1557440.00"),
        ("1,234,567", "1234567"),
        ("1 234,50", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("12,5", "12.5"),
        ("12,50", "12.50"),
        ("0,125", "0.125"),
        ("1234.567", "1234.567"),
        ("１２８．５０", "128.50"),
        ("¥1,557.44", "1557.44"),
        ("￥896.66", "896.66"),
        ("$2356.15", "2356.15"),
        ("1,630.25 €", "1630.25"),
        ("USD 73.00", "73.00"),
        ("128.00 CNY", "128.00"),
        ("128元", "128"),
        ("-5.10", "-5.10"),
        ("\u22125", "-5"),
        ("999999999999.9999", "999999999999.9999"),
        ("128.000000", "128"),
    ],
)
def test_amounts_are_read_exactly(written, amount):
    assert money.parse(written) == Decimal(amount)


@pytest.mark.parametrize(
    "written",
    [
        "abc",
        "NaN",
        "sNaN",
        "inf",
        "-Infinity",
        "1e9",
        "1E+2",
        "0x10",
        "1_000",
        "٣",
        "12²",
        "12-15",
        "--5",
        "128 pcs",
        "=1+1",
        "1.2.3",
        "1,23,456.00",
        "1,2345",
        "1,234 5",
        ".",
        ",",
        "¥",
        "CNY",
        "-",
        "5 5",
        "12\n13",
        "#N/A",
        "9" * 300,
    ],
)
def test_what_is_no_amount_is_refused_with_its_own_words(written):
    with pytest.raises(ValueError, match=r"is not an amount: write it as 1234\.50") as refusal:
        money.parse(written)
    assert repr(written[:40]) in str(refusal.value)


@pytest.mark.parametrize("written", ["1,234", "1.234", "¥12,345", "999.999 EUR"])
def test_a_factor_of_a_thousand_is_not_guessed(written):
    with pytest.raises(ValueError, match="write which of them"):
        money.parse(written)


def test_a_point_before_three_digits_is_plain_where_the_currency_has_three():
    assert money.parse("1.234", "KWD") == money.parse("1.234 KWD") == Decimal("1.234")
    with pytest.raises(ValueError, match=r"can be 1234 or 1\.2340"):
        money.parse("1,234", "KWD")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("  ", "There is no amount."),
        ("1234567890123", "at most 12 digits before the point"),
        ("1.23456", "at most 4 decimals"),
        ("99 USD EUR", "names two currencies"),
    ],
)
def test_amounts_out_of_bounds(written, sentence):
    with pytest.raises(ValueError, match=sentence):
        money.parse(written)


def test_an_amount_in_another_currency_is_refused():
    assert money.parse("128.00 CNY", "CNY") == money.parse("¥128", "CNY") == Decimal(128)
    with pytest.raises(ValueError, match="is in USD, but must be in CNY"):
        money.parse("USD 128", "CNY")


@pytest.mark.parametrize(
    ("written", "currency"),
    [
        ("128.00 CNY", "CNY"),
        ("128元", "CNY"),
        ("usd 5", "USD"),
        ("HK$5", "HKD"),
        ("¥5", None),
        ("5", None),
        ("abc", None),
    ],
)
def test_the_currency_that_is_named(written, currency):
    assert money.named_currency(written) == currency


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("2.675", "CNY", "2.68"),
        ("-2.675", "CNY", "-2.68"),
        ("4963.5", "JPY", "4964"),
        ("4963.4999", "KRW", "4963"),
        ("0.0005", "KWD", "0.001"),
        ("0.0005", "BHD", "0.001"),
        ("1" + "0" * 30 + ".005", "EUR", "1" + "0" * 30 + ".01"),
    ],
)
def test_rounding_is_half_up_to_the_places_of_the_currency(amount, currency, rounded):
    assert str(money.round_half_up(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("128", "CNY", "128.00 CNY"),
        ("4964", "JPY", "4964 JPY"),
        ("1.5", "KWD", "1.500 KWD"),
        ("2.675", "CNY", "2.675 CNY"),
        ("1E+3", "CNY", "1000.00 CNY"),
        ("0E-7", "CNY", "0.00 CNY"),
    ],
)
def test_text_of_an_amount(amount, currency, text):
    assert money.text(Decimal(amount), currency) == text


@given(st.decimals(-(10**12) + 1, 10**12 - 1, places=2), st.sampled_from(["CNY", "USD", "JPY"]))
def test_what_is_written_is_read_back(amount, currency):
    assert money.parse(money.text(amount, currency), currency) == amount


@given(st.text() | st.from_regex(r"[-¥$]?[0-9., ]{1,20}( CNY)?", fullmatch=True))
def test_any_text_is_an_amount_or_a_sentence(text):
    try:
        answer = money.parse(text)
    except ValueError as refusal:
        answer = refusal
    assert answer.is_finite() if isinstance(answer, Decimal) else str(answer).endswith(".")
