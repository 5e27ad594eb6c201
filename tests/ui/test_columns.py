"""Cells: what stands in them is what the person means."""

from decimal import Decimal

from lib.ui import columns as c


def test_a_locked_amount_has_the_decimals_of_its_currency():
    total = c.money("total", "Total", locked=True, currency="currency")
    assert total.cell({"total": Decimal("1718.0000"), "currency": "JPY"}) == "1718"
    assert total.cell({"total": Decimal("16.0200"), "currency": "USD"}) == "16.02"
    assert total.cell({"total": Decimal("5.6"), "currency": "USD"}) == "5.60"
    assert total.cell({"total": Decimal("5.6"), "currency": None}) == "5.60"
    assert total.cell({"total": None, "currency": "USD"}) is None


def test_an_amount_that_is_typed_stays_a_number():
    assert c.money("price", "Price", currency="currency").cell({"price": Decimal("859")}) == 859.0
