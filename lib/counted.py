"""How many, in a sentence: "1 order was", "1,200 orders were", and the first few names of many."""

from collections.abc import Sequence


def counted(many: int, noun: str, nouns: str = "") -> str:
    """ "1 order", "1,200 orders". `nouns` is the plural where an s is not enough: "boxes", and with a verb "orders were"."""
    return f"{many:,} {agreeing(many, noun, nouns or f'{noun}s')}"


def agreeing(many: int, one: str, more: str) -> str:
    """The words that go with a number that stands elsewhere: "is" with 1, "are" with 0 and 2."""
    return one if many == 1 else more


def some(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are: "a, b and 1,200 more"."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
