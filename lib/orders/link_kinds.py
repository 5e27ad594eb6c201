"""How one criterion stands in the address of a list, by the kind of value it holds: words, yes or no, a day, an amount."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, get_args, get_origin

from db.storable import NO_LETTER

Words = Mapping[str, str]
LONGEST = 2_000


@dataclass(frozen=True)
class Part:
    """One criterion: its field in the filter, its key in the address, what it is called, and its words where they are a closed list."""

    name: str
    key: str
    label: str
    words: Words | None = None
    by_value: bool = False
    """Whether the address holds the stored value and not the label: the tabs do."""
    loose: bool = False
    """Whether no field of the screen holds it: it stands in the address alone."""


@dataclass(frozen=True)
class Kind:
    read: Callable[[Sequence[str]], Any]
    """Raises ValueError with half a sentence."""
    write: Callable[[Any], list[str]] = lambda value: [str(value)]
    shown: Callable[[Any], Any] = lambda value: str(value) if isinstance(value, str) else value
    """As a field of the screen holds it: the plain text of a word."""


def kind_of(part: Part, hint: Any) -> Kind:
    """How a criterion of this type is read and written; `hint` is the type of its field."""
    if get_origin(hint) is tuple:
        made = get_args(hint)[0]
        return Kind(
            lambda typed: _several(part, made, typed), lambda values: [_told(part, value) for value in values], list
        )
    if hint == (bool | None):
        return Kind(_yes_no, lambda value: ["Yes" if value else "No"])
    if hint is bool:
        return Kind(lambda typed: bool(_yes_no(typed)), lambda value: ["true"])
    if hint == (date | None):
        return Kind(_day, lambda value: [value.isoformat()])
    if hint == (Decimal | None):
        return Kind(_amount, lambda value: [f"{value:f}"], lambda value: "" if value is None else f"{value:f}")
    if part.words is not None:
        return Kind(lambda typed: _word(part, one(typed)), lambda value: [_told(part, value)])
    return Kind(lambda typed: _text(one(typed)))


def _plain(values: Sequence[Any]) -> list[Any]:
    return [str(value) if isinstance(value, str) else value for value in values]


def one(typed: Sequence[str]) -> str:
    return typed[-1].strip() if typed else ""


def _text(typed: str) -> str:
    return NO_LETTER.sub("", typed)[:LONGEST]


def _several(part: Part, made: Callable[[str], Any], typed: Sequence[str]) -> tuple[Any, ...]:
    words = dict.fromkeys(_word(part, value) for value in map(str.strip, typed) if value)
    if made is int and not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise ValueError(f"“{short(', '.join(words))}” is not one of the choices")
    return tuple(map(made, words))


def _word(part: Part, typed: str) -> str:
    """A word by its label or by the value that is stored."""
    if part.words is None:
        return _text(typed)
    for value, label in part.words.items():
        if typed.casefold() in (value.casefold(), label.casefold()):
            return value
    raise ValueError(f"“{short(typed)}” is not one of the choices")


def _told(part: Part, value: str) -> str:
    return str(value) if part.words is None or part.by_value else part.words.get(str(value), str(value))


def _yes_no(typed: Sequence[str]) -> bool:
    word = one(typed).casefold()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise ValueError(f"“{short(word)}” is neither yes nor no")


def _day(typed: Sequence[str]) -> date:
    try:
        return date.fromisoformat(one(typed))
    except ValueError:
        raise ValueError(f"“{short(one(typed))}” is no day as in 2026-01-31") from None


def _amount(typed: Sequence[str]) -> Decimal:
    try:
        amount = Decimal(one(typed))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount.copy_abs() >= 10**12 or amount != round(amount, 4):
        raise ValueError(f"“{short(one(typed))}” is no amount as in 12.50")
    return amount


def short(typed: str, most: int = 40) -> str:
    return typed if len(typed) <= most else f"{typed[:most]}…"
