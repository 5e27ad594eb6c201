"""Paste numbers to look for: of purchases, orders, parcels, SKUs, any number of them; and what became of each."""

from lib.purchases import purchases
from lib.purchases.purchases import Filter
from lib.ui import criteria, page, pasting


def box() -> None:
    """The field behind the button Paste."""
    pasting.box("purchases", "Purchases, orders, tracking, SKUs: any number of them, separated anyhow", _stand)


def _stand(typed: str) -> bool:
    """Of any list only its key stands in the address."""
    kept = pasting.keep(typed)
    if kept is None:
        return False
    criteria.stand("b_paste", kept)
    return True


def answer(wanted: Filter) -> None:
    """How many were asked for, found, pasted twice and not found, with the lists."""
    if wanted.paste:
        pasting.tell(page.read(purchases.answer, wanted), "purchase")
