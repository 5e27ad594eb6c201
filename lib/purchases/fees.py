"""What the marketplace keeps of a sale: the amount that it has told, and until then the store's percentage."""

from dataclasses import dataclass
from decimal import Decimal

from lib.money import round_half_up


@dataclass(frozen=True)
class Fee:
    amount: Decimal
    is_estimate: bool


def fee(
    price: Decimal | None, shipping: Decimal | None, told: Decimal | None, percent: Decimal, currency: str
) -> Fee | None:
    """Of a whole order line, in the order's currency: of what the buyer pays for it and for its shipping, without tax.

    None while the price is not known and nothing has been told.
    """
    if told is not None:
        return Fee(told, is_estimate=False)
    if price is None:
        return None
    return Fee(round_half_up((price + (shipping or 0)) * percent / 100, currency), is_estimate=True)
