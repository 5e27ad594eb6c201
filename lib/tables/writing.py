"""Downloads: exactly what is shown, as CSV or as an Excel workbook, safe to open and equal when read again.

Codes and SKUs are text. A workbook says so: it is the way into Excel. In CSV nothing can say so, and Excel reads '0123'
as 123 there; we write the plain digits all the same, for every other program keeps them. Only lists of codes, which people
open in Excel, write ="0123" (see `Digits`), and beside them there is always one in plain text.
"""

import io
import re
from collections.abc import Iterable, Sequence
from csv import QUOTE_ALL, writer
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from unicodedata import east_asian_width

import xlsxwriter

from lib.problems import Refused
from lib.tables.apostrophe import FORMULA, shielded

MOST_ROWS, LONGEST_CELL, NARROWEST, WIDEST = 1_048_575, 32_767, 8, 60
EXACT_DIGITS = 15  # a workbook's numbers hold no more
NO_LETTERS, NOT_IN_XML = re.compile("[\0\ud800-\udfff]"), re.compile("[\ufffe\uffff]")


class Digits(str):
    """Digits that a spreadsheet must not take for a number: in a CSV file Excel shows 9100000000008 as 9.1E+12, ="9100000000008" whole."""


def csv(rows: Iterable[Sequence[Any]], columns: Sequence[str]) -> bytes:
    """The table as UTF-8 with the mark that lets Excel show Chinese; cells that begin like a formula are shielded."""
    stream = io.StringIO(newline="")
    out = writer(stream, lineterminator="\r\n", quoting=QUOTE_ALL)  # no separator inside a cell misleads
    out.writerow([shielded(text(column)) for column in columns])
    out.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if isinstance(value, Digits) and value.isascii() and value.isdigit():
        return f'="{value}"'
    return shielded(text(value))


def xlsx(
    rows: Iterable[Sequence[Any]],
    columns: Sequence[str],
    sheet: str = "Sheet1",
    above: Sequence[str] = (),
    in_memory: bool = False,
) -> bytes:
    """The table as a workbook: text stays text, a Decimal or int is a number with its own decimals; `above` are lines over it.

    While it is made its rows lie in a file of the system, unless `in_memory` forbids it: what must be read by nobody lies on no disk.
    Refused when a text or the table is longer than a workbook can hold.
    """
    stream = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(stream, {"constant_memory": not in_memory, "in_memory": in_memory, **as_text})
    try:
        page = _Page(book, book.add_worksheet(sheet), [NOT_IN_XML.sub("", text(column)) for column in columns], above)
        for at, row in enumerate(rows, page.head + 1):
            page.write(at, row)
        page.finish()
    finally:
        book.close()  # else the file it keeps its rows in would stay behind
    return stream.getvalue()


class _Page:
    """One sheet while it is written, row after row; the widths follow from what came by."""

    def __init__(self, book: Any, page: Any, columns: list[str], above: Sequence[str] = ()):
        self.book, self.page, self.columns = book, page, columns
        self.head = len(above)
        """The line of the headings, counted from 0."""
        self.widths, self.last = [NARROWEST] * len(columns), self.head
        self.formats: dict[str, Any] = {}
        for at, line in enumerate(above):
            self._write_text(at, 0, line)
        bold = book.add_format({"bold": True, "bottom": 1})
        for at, column in enumerate(columns):
            page.write_string(self.head, at, column, bold)
            self._widen(at, column + "   ")

    def write(self, row_number: int, row: Sequence[Any]) -> None:
        if row_number > MOST_ROWS:
            raise Refused(
                f"A workbook holds {MOST_ROWS:,} rows, and there are more. Nothing was written: take the CSV."
            )
        self.last = row_number
        for at, value in enumerate(row):
            shown = text(value)
            if not shown:
                continue
            if row_number < 1000:
                self._widen(at, shown)
            if _is_number(value):
                self.page.write_number(row_number, at, value, self._number(value))
            else:
                self._write_text(row_number, at, shown)

    def _write_text(self, row_number: int, at: int, shown: str) -> None:
        shown = NOT_IN_XML.sub("", shown)
        if len(shown) > LONGEST_CELL:
            raise Refused(
                f"{self.columns[at]} in row {row_number} has {len(shown):,} characters, and a workbook's cell holds "
                f"{LONGEST_CELL:,}. Nothing was written: take the CSV."
            )
        self.page.write_string(row_number, at, shown, self._text(FORMULA.match(shown) is not None))

    def finish(self) -> None:
        for at, width in enumerate(self.widths):
            self.page.set_column(at, at, width)
        self.page.freeze_panes(self.head + 1, 0)
        if self.columns:
            self.page.autofilter(self.head, 0, self.last, len(self.columns) - 1)

    def _widen(self, at: int, shown: str) -> None:
        width = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in shown[:WIDEST]) + 1
        if at < len(self.widths):
            self.widths[at] = max(self.widths[at], min(width, WIDEST))

    def _number(self, value: Decimal | int) -> Any:
        places = -int(value.as_tuple().exponent) if isinstance(value, Decimal) else 0
        code = "0." + "0" * places if places > 0 else "0"
        return self._format(code, {"num_format": code})

    def _text(self, is_like_formula: bool) -> Any:
        """The format of text; where a formula seems to begin, Excel is told to keep it a text when it is edited."""
        return self._format(f"@{is_like_formula}", {"num_format": "@", "quote_prefix": is_like_formula})

    def _format(self, key: str, properties: dict[str, Any]) -> Any:
        if key not in self.formats:
            self.formats[key] = self.book.add_format(properties)
        return self.formats[key]


def _is_number(value: Any) -> bool:
    """Whether a workbook can hold it as a number without losing a digit."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return len(Decimal(value).as_tuple().digits) <= EXACT_DIGITS and abs(Decimal(value).adjusted()) <= EXACT_DIGITS


def text(value: Any) -> str:
    """A value as it is read again: '' for nothing, plain digits for an amount, UTC for a moment.

    What can be in no file (NUL, half a surrogate pair) is left out, in a workbook also the two letters that are none.
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, str):
        return NO_LETTERS.sub("", value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else ""
    if isinstance(value, float):
        return "" if value != value else repr(value)
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else str(value)
