"""Paste anything: any number of order numbers, SKUs, ASINs, EANs and tracking numbers; and what became of each of them."""

from lib.orders import pasted_lists
from lib.orders.orders import Filter
from lib.ui import criteria, page, pasting

SHORT = 300
"""Characters of numbers that still stand in the address; of longer lists only the key does."""


def box() -> None:
    """The field behind the button Paste."""
    pasting.box("orders", "Orders, SKUs, ASINs, EANs, tracking: any number of them, separated anyhow", _stand)


def _stand(typed: str) -> bool:
    """A short list stands in the address, of a long one only its key."""
    short = " ".join(typed.split())
    kept = pasting.keep(typed) if len(short) > SHORT else ""
    if kept is None:
        return False
    criteria.stand("o_numbers", "" if kept else short)
    criteria.stand("o_paste", kept)
    return True


def answer(wanted: Filter) -> None:
    """How many were asked for, found, pasted twice and not found, with the lists."""
    if wanted.numbers.strip() or wanted.paste:
        pasting.tell(page.read(pasted_lists.answer, wanted), "order")
