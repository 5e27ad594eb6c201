"""The number of an order line where the marketplace's own is not told: weak, by its shape, until the true one comes.

A weak number is made of the SKU and of which of the order's lines with that SKU it is. It is upgraded in place, never doubled.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Protocol, TypeVar

WEAK = "~"
LONGEST_SKU = 40


class Item(Protocol):
    """What of a line tells it from others."""

    @property
    def item(self) -> str: ...
    @property
    def sku(self) -> str: ...
    @property
    def quantity(self) -> int: ...


T = TypeVar("T", bound=Item)
K = TypeVar("K", bound=Item)


def weak_item(sku: str, place: int) -> str:
    """The number of the `place`-th line of an order with this SKU, counted from 1.

    >>> weak_item("FL-500-BL", 2)
    '~2~FL-500-BL'
    """
    short = sku if len(sku) <= LONGEST_SKU else f"{sku[: LONGEST_SKU - 9]}~{sha256(sku.encode()).hexdigest()[:8]}"
    return f"{WEAK}{place}~{short}"


def is_weak(item: str) -> bool:
    """Whether the number is ours: the marketplace does not know it, and it belongs into no file for it."""
    return item.startswith(WEAK)


def paired(told: Sequence[T], known: Sequence[K]) -> list[K | None]:
    """For each line that is told, the line of the same order that we have; None where it is new.

    By the marketplace's number. Where one of the two has none: by SKU, those with the same quantity first.
    """
    found: list[K | None] = [None] * len(told)
    free = dict(enumerate(known))
    for are_same in PASSES:
        for at, one in enumerate(told):
            if (
                found[at] is None
                and (match := next((n for n, line in free.items() if are_same(one, line)), None)) is not None
            ):
                found[at] = free.pop(match)
        if not free:
            break
    return found


def free_item(item: str, sku: str, taken: set[str]) -> str:
    """The number of a new line; a weak one is counted on where the order has that already."""
    place = 1
    while item in taken and is_weak(item):
        item, place = weak_item(sku, place), place + 1
    return item


def _may_be_same(told: Item, known: Item) -> bool:
    return told.sku == known.sku and (is_weak(told.item) or is_weak(known.item))


PASSES: tuple[Callable[[Item, Item], bool], ...] = (
    lambda told, known: told.item == known.item and (not is_weak(told.item) or told.quantity == known.quantity),
    lambda told, known: _may_be_same(told, known) and told.quantity == known.quantity,
    lambda told, known: told.item == known.item,
    _may_be_same,
)
