"""The rows of somebody else's file as orders, by a mapping: each cell becomes a value, or a sentence that says why it cannot.

Amounts are kept to 1/10,000; a price with more decimals is rounded there, half up, and the row says so.
"""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import chain
from typing import Any

from db.vocabulary import CURRENCIES, OrderStatus
from lib import countries
from lib.amazon.words import CANCELED, STATUSES
from lib.channels import ChannelBuyer
from lib.orders.order_mappings import BUYER, FIELDS, Mapping
from lib.orders.told_orders import Row, ToldFile, gather, odd_rows
from lib.orders.told_rows import ASIN, LONGEST_NUMBER, LONGEST_SKU, LONGEST_TITLE, RowReader, Wrong
from lib.problems import Problem, Refused
from lib.tables.matching import plain
from lib.tables.sheet import Sheet

MOST_PIECES = 1_000_000
STEP = Decimal("0.0001")
LARGEST = Decimal(10) ** 12
SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
KIND = "Orders by mapping"


def read(sheet: Sheet, mapping: Mapping) -> ToldFile:
    """All orders of the file; Refused while a column that is needed is not chosen or not in the file."""
    if mapping.missing:
        raise Refused(f"Not chosen yet: {', '.join(mapping.missing)}. Nothing was read.")
    if gone := sorted(column for column in mapping.columns.values() if column not in sheet.columns):
        raise Refused(f"The file has no column {', '.join(gone)}. Nothing was read: choose the columns again.")
    gaps = frozenset() if mapping.columns.get("shipped_at") else frozenset({"shipped_at"})
    found = ToldFile(KIND, notes=sheet.notes, gaps=gaps, rows=len(sheet) + len(sheet.problems))
    at = sheet.columns.index(mapping.columns["number"])
    gather(chain(odd_rows(sheet, at), Reader(sheet, mapping).rows()), found)
    for order in found.orders:
        living = [line.values for line in order.lines if not line.values["canceled"]]
        paid = [values["price"] + (values.get("shipping") or 0) for values in living if values.get("price") is not None]
        order.values["total"] = sum(paid, Decimal(0)) if paid and len(paid) == len(living) else None
    return found


class Reader(RowReader):
    """Reads the rows of one file."""

    number = "number"

    def __init__(self, sheet: Sheet, mapping: Mapping):
        super().__init__(sheet, {name: sheet.columns.index(column) for name, column in mapping.columns.items()})
        self.mapping = mapping

    def _problem(self, line: int, name: str, why: str) -> Problem:
        value = None if name in BUYER or self.at.keys() & set(BUYER) else self.cell(name)[:80]
        return Problem(why, line=line, field=self.mapping.columns.get(name, FIELDS.get(name, name)), value=value)

    def _understand(self, found: Row) -> None:
        if not found.number:
            raise Wrong("number", "There is no order number.")
        if len(found.number) > LONGEST_NUMBER or CONTROL.search(found.number):
            raise Wrong("number", f"An order number is one line of at most {LONGEST_NUMBER} letters.")
        is_canceled = bool(self.mapping.cancels) and found.number.startswith(self.mapping.cancels)
        found.order = self._order(is_canceled)
        found.values = self._line(found, is_canceled)
        found.item = self._text("item", LONGEST_NUMBER) or None
        if found.item and found.item.startswith("~"):
            raise Wrong("item", "The number of a line does not begin with ~.")
        found.buyer = self._buyer()

    def _order(self, is_canceled: bool) -> dict[str, Any]:
        bought = self._moment("bought_at")
        if bought is None:
            raise Wrong("bought_at", "There is no date of the order.")
        status = OrderStatus.CANCELED if is_canceled else self._status()
        currency = (self.cell("currency") or self.mapping.currency).upper() or None
        if currency and currency not in CURRENCIES:
            raise Wrong("currency", f"Not one of the currencies {', '.join(CURRENCIES)}.")
        values: dict[str, Any] = {
            "status": status, "bought_at": bought, "currency": currency, "country": countries.code(self.cell("country")),
            **{name: self._moment(name) for name in ("paid_at", "ship_by", "shipped_at")},
        }  # fmt: skip
        if status is OrderStatus.SHIPPED and values["shipped_at"] is None:
            values["shipped_at"] = bought  # without it a buyer would never be forgotten
        return values

    def _status(self) -> OrderStatus:
        said = plain(self.cell("status"))
        if not said:
            return OrderStatus(self.mapping.status)
        words = {plain(term.label): term for term in OrderStatus} | {plain(term.value): term for term in OrderStatus}
        if (found := words.get(said) or STATUSES.get(said)) is None:
            raise Wrong("status", f"Not one of {', '.join(term.label for term in OrderStatus)}.")
        return found

    def _moment(self, name: str) -> datetime | None:
        found: datetime | None = self._read(name, moment, self.mapping.dates)
        return found

    # The line

    def _line(self, found: Row, is_canceled: bool) -> dict[str, Any]:
        sku = self._text("sku", LONGEST_SKU)
        if not sku:
            raise Wrong("sku", "There is no SKU.")
        asin = self.cell("asin").upper()
        if asin and not ASIN.fullmatch(asin):
            raise Wrong("asin", "An ASIN is 10 letters and digits.")
        quantity = self._quantity()
        is_return = quantity < 0 and not is_canceled
        if is_return and self.mapping.returns == "refuse":
            raise Wrong("quantity", "A quantity below 0 is a return, and no order.")
        is_dead = is_canceled or is_return or plain(self.cell("status")) in CANCELED
        if is_canceled:
            self._warn(found, "number", f"Taken as canceled: its number begins with {self.mapping.cancels}.")
        elif is_return:
            self._warn(found, "quantity", "Taken as canceled: a quantity below 0 is a return.")
        values: dict[str, Any] = {
            "sku": sku,
            "quantity": abs(quantity),
            "asin": asin or None,
            "title": self.cell("title")[:LONGEST_TITLE] or None,
        }
        values |= {"canceled": is_dead, **{name: self._amount(found, name) for name in ("price", "shipping", "tax")}}
        if self.mapping.per_piece and values["price"] is not None:
            values["price"] = self._to_the_step(found, "price", values["price"] * abs(quantity))
        return values

    def _quantity(self) -> int:
        cell = self.cell("quantity")
        if not re.fullmatch(r"-?\d{1,9}(?:\.0+)?", cell, re.ASCII):
            raise Wrong("quantity", "Not a whole number of pieces." if cell else "There is no quantity.")
        pieces = int(cell.partition(".")[0])
        if pieces == 0 or abs(pieces) > MOST_PIECES:
            raise Wrong("quantity", f"A quantity is between 1 and {MOST_PIECES:,}.")
        return pieces

    def _amount(self, found: Row, name: str) -> Decimal | None:
        exact: Decimal | None = self._read(name, amount, self.mapping.decimal)
        # The price of a piece is rounded once, when it has become that of the line.
        if exact is None or (name == "price" and self.mapping.per_piece):
            return exact
        return self._to_the_step(found, name, exact)

    def _to_the_step(self, found: Row, name: str, exact: Decimal) -> Decimal:
        kept = exact.quantize(STEP, ROUND_HALF_UP)
        if kept >= LARGEST:
            raise Wrong(name, "An amount has at most 12 digits before the point.")
        if kept != exact:
            self._warn(found, name, f"Rounded to {kept}: an amount is kept to four decimals.")
        return kept

    def _text(self, name: str, most: int) -> str:
        cell = self.cell(name)
        if len(cell) > most or CONTROL.search(cell):
            raise Wrong(name, f"One line of at most {most} letters can be kept.")
        return cell

    def _buyer(self) -> ChannelBuyer | None:
        said = {name: self.cell(name)[:500] for name in BUYER}
        return ChannelBuyer(country=countries.code(self.cell("country")) or "", **said) if any(said.values()) else None


@lru_cache(50_000)
def moment(cell: str, dates: str) -> datetime:
    """A date, with its time where there is one, in UTC unless it says another zone. ValueError is a sentence."""
    text = cell
    if (found := SLASHED.fullmatch(cell)) is not None:
        day, month = (found[2], found[1]) if dates == "mdy" else (found[1], found[2])
        text = f"{found[3]}-{month.zfill(2)}-{day.zfill(2)}T{(found[4] or '00:00').zfill(5)}"
    if (dates == "iso") != (found is None):
        raise ValueError("Not a date as was chosen for this file.")
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("Not a date as was chosen for this file.") from None
    read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    if not 1995 <= read.year < 2100:
        raise ValueError(f"{read.year} cannot be the year of an order.")
    return read


@lru_cache(50_000)
def amount(cell: str, decimal: str) -> Decimal:
    """'957.5775' or '957,5775', by the sign that the file has before decimals. ValueError is a sentence."""
    text = cell.strip("$€£¥ ")
    if not re.fullmatch(rf"\d{{1,15}}(?:{re.escape(decimal)}\d{{1,15}})?", text, re.ASCII):
        why = (
            "An amount is not below 0."
            if text.startswith("-")
            else f"Not an amount as was chosen for this file: 1234{decimal}50."
        )
        raise ValueError(why)
    return Decimal(text.replace(decimal, "."))
