"""How the prices of a store end: at ".99" 238.40 becomes 238.99, at "9.99" 231.00 becomes 239.99, at "80" 4964 yen 4980.

An ending only ever lifts a price, to the next one that ends so; one that the currency cannot have changes nothing.
"""

import re
from decimal import Decimal, localcontext

from lib.money import decimals

SHAPE = re.compile(r"(?=.*\d)(?P<whole>\d*)(?:\.(?P<decimals>\d+))?", re.ASCII)
LONGEST = 6


def repeats(ending: str | None, currency: str) -> tuple[Decimal, Decimal] | None:
    """An ending as an amount and after how much it comes again: ".99" 0.99 and 1, "9.99" 9.99 and 10, "80" 80 and 100.

    None without an ending, and for one that the currency cannot have.
    """
    found = SHAPE.fullmatch(ending) if ending and len(ending) <= LONGEST else None
    if found is None or len(found["decimals"] or "") not in (0, decimals(currency)):
        return None
    return Decimal(found[0]), Decimal(10) ** len(found["whole"])


def lifted(amount: Decimal, ending: str | None, currency: str) -> Decimal:
    """The lowest price that ends so and is not below the amount."""
    found = repeats(ending, currency)
    if found is None:
        return amount
    last, every = found
    with localcontext(prec=60):
        missing = (last - amount) % every
        return amount + (missing if missing >= 0 else missing + every)  # Decimal's % has the sign of what is divided
