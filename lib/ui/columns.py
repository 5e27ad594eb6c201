"""The columns of a grid: how a cell looks, and how what was typed into it becomes a value again.

The browser checks nothing that counts: every value is parsed here, and a sentence says what is wrong with it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from db.storable import NO_LETTER
from db.vocabulary import Term
from lib import money as amounts

LONGEST = 2_000


@dataclass(frozen=True)
class Column:
    """One column: `config` draws it, `show` turns the stored value into the cell, `parse` turns the cell into the value."""

    name: str
    label: str
    config: Callable[[], Any]
    parse: Callable[[Any], Any] = lambda raw: raw
    show: Callable[[Any], Any] = lambda value: value
    kind: str = "object"
    locked: bool = False
    required: bool = False
    help: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    first: Any = None
    """What stands in the form for a new row before anybody types."""
    currency: str = ""
    """The column that says what a locked amount is in; it is then written with the decimals of that currency."""

    def cell(self, row: Mapping[str, Any]) -> Any:
        """What stands in the cell of a row that was read."""
        value = row[self.name]
        if not self.currency or value is None:
            return self.show(value)
        return amounts.text(value, row[self.currency] or "").strip().partition(" ")[0]

    def value(self, raw: Any) -> Any:
        """The value behind a cell; raises ValueError with a sentence."""
        if raw is None or raw == "":
            if self.required:
                raise ValueError(f"{self.label} must not be empty")
            return None
        return self.parse(raw)

    def written(self, value: Any) -> Any:
        """The value as it stands in a downloaded file."""
        return self.words.get(str(value), value) if self.words and value is not None else value


def text(name: str, label: str, *, locked: bool = False, required: bool = False, width: Any = None, help: str | None = None,
         most: int = LONGEST, pinned: bool = False) -> Column:  # fmt: skip
    """Words, numbers of orders, codes: kept exactly as they are, but for blanks at the ends."""

    def parse(raw: Any) -> str | None:
        if not isinstance(raw, str):
            raise ValueError(f"{label} must be a text")
        typed = raw.strip()
        if NO_LETTER.search(typed):
            raise ValueError(f"{label} contains a character that cannot be stored; type it again")
        if len(typed) > most:
            raise ValueError(f"{label} is longer than {most:,} characters")
        return typed or None

    def config() -> Any:
        return st.column_config.TextColumn(label, width=width, help=help, disabled=locked, pinned=pinned)

    return Column(name, label, config, parse, kind="str", locked=locked, required=required, help=help)


def number(
    name: str, label: str, *, locked: bool = False, required: bool = False, least: int = 0, help: str | None = None
) -> Column:
    """A whole number."""

    def parse(raw: Any) -> int:
        whole = _decimal(raw, label)
        if whole != whole.to_integral_value() or whole < least or whole > 2_000_000_000:
            raise ValueError(f"{label} must be a whole number from {least:,} up")
        return int(whole)

    def config() -> Any:
        return st.column_config.NumberColumn(label, format="localized", help=help, disabled=locked)

    return Column(name, label, config, parse, kind="Int64", locked=locked, required=required, help=help)


def money(
    name: str,
    label: str,
    *,
    locked: bool = False,
    required: bool = False,
    negative: bool = False,
    help: str | None = None,
    currency: str = "",
) -> Column:
    """An amount; `currency` is the column beside it that says in what. Locked, 1718 JPY has no decimals and 16.02 USD two."""
    if locked and currency:
        return Column(name, label, lambda: st.column_config.TextColumn(label, help=help, disabled=True, alignment="right"),
                      kind="str", locked=True, help=help, currency=currency)  # fmt: skip
    return _decimals(name, label, 4, "%.2f", locked, required, negative, help)


def percent(name: str, label: str, *, locked: bool = False, required: bool = False, help: str | None = None) -> Column:
    """150 means 150 %."""
    return _decimals(name, label, 2, "%.2f %%", locked, required, False, help)


def rate(name: str, label: str, *, locked: bool = False, required: bool = False, help: str | None = None) -> Column:
    """A rate of exchange."""
    return _decimals(name, label, 8, "%.8g", locked, required, False, help)


def _decimals(
    name: str, label: str, places: int, shape: str, locked: bool, required: bool, negative: bool, help: str | None
) -> Column:
    def parse(raw: Any) -> Decimal:
        amount = _decimal(raw, label)
        if amount < 0 and not negative:
            raise ValueError(f"{label} cannot be negative")
        if amount.copy_abs() >= 10**12:
            raise ValueError(f"{label} is too large")
        if amount != round(amount, places):
            raise ValueError(f"{label} may have {places} decimals at most")
        return amount

    def config() -> Any:
        return st.column_config.NumberColumn(label, format=shape, help=help, disabled=locked)

    def show(value: Any) -> float | None:
        return None if value is None else float(value)

    return Column(name, label, config, parse, show, "float64", locked, required, help)


def _decimal(raw: Any, label: str) -> Decimal:
    """The exact number that was typed: what JSON carries is the shortest text of it."""
    try:
        typed = Decimal(str(raw))
    except InvalidOperation:
        raise ValueError(f"{label} must be a number") from None
    if not typed.is_finite() or isinstance(raw, bool):
        raise ValueError(f"{label} must be a number")
    return typed


def choice(name: str, label: str, options: type[Term] | Iterable[str], *, locked: bool = False, required: bool = True,
           help: str | None = None, width: Any = None) -> Column:  # fmt: skip
    """One word of a closed list, shown by its label."""
    words = options.labels() if isinstance(options, type) else {str(option): str(option) for option in options}
    longest = max(map(len, words.values()), default=0)
    fitting = min(max(24 + 7 * longest, (26 if locked else 52) + 7 * len(label)), 160)
    make: Callable[[Any], Any] = options if isinstance(options, type) else str

    def parse(raw: Any) -> Any:
        if str(raw) not in words:
            raise ValueError(f"{label}: “{NO_LETTER.sub('', str(raw)[:80])}” is not one of the choices")
        return make(str(raw))

    def config() -> Any:
        return st.column_config.SelectboxColumn(
            label,
            options=list(words),
            format_func=lambda v: words.get(str(v), str(v)),
            disabled=locked,
            help=help,
            width=width or fitting,
        )

    def show(value: Any) -> str | None:
        return None if value is None else str(value)

    return Column(name, label, config, parse, show, "str", locked, required, help, words)


def flag(name: str, label: str, *, locked: bool = False, help: str | None = None, first: bool = False) -> Column:
    """Yes or no; `first` is what a new row begins with."""

    def config() -> Any:
        return st.column_config.CheckboxColumn(label, disabled=locked, help=help)

    def parse(raw: Any) -> bool:
        if not isinstance(raw, bool):
            raise ValueError(f"{label} must be yes or no")
        return raw

    return Column(name, label, config, parse, bool, "bool", locked, False, help, first=first)


def picture(name: str, label: str = "Picture") -> Column:
    """A thumbnail from the pictures folder; a click enlarges it."""

    def config() -> Any:
        return st.column_config.ImageColumn(label, width=60)

    def show(value: Any) -> str | None:
        return f"/pictures/{value}" if value else None

    return Column(name, label, config, show=show, kind="str", locked=True)


def moment(name: str, label: str, *, help: str | None = None) -> Column:
    """A point in time, in the reader's own zone."""

    def config() -> Any:
        return st.column_config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm", disabled=True, help=help, width=136)

    def show(value: datetime | None) -> datetime | None:
        return None if value is None else value.astimezone(zone()).replace(tzinfo=None)

    return Column(name, label, config, show=show, kind="datetime64[us]", locked=True)


def day(name: str, label: str, *, locked: bool = False, required: bool = False, help: str | None = None) -> Column:
    """A day of the calendar."""

    def parse(raw: Any) -> date:
        try:
            return date.fromisoformat(str(raw)[:10])
        except ValueError:
            raise ValueError(f"{label} must be a day, as in 2026-01-31") from None

    def config() -> Any:
        return st.column_config.DateColumn(label, format="YYYY-MM-DD", disabled=locked, help=help)

    return Column(name, label, config, parse, kind="object", locked=locked, required=required, help=help)


def link(name: str, label: str, *, shown: str | None = None) -> Column:
    """An address that opens in a new tab."""

    def config() -> Any:
        return st.column_config.LinkColumn(label, display_text=shown, disabled=True)

    return Column(name, label, config, kind="str", locked=True)


def zone() -> ZoneInfo:
    """Where the reader's clock is; UTC where the browser does not tell."""
    name = st.context.timezone
    try:
        return ZoneInfo(name) if isinstance(name, str) else ZoneInfo("UTC")
    except (KeyError, ValueError):
        return ZoneInfo("UTC")
