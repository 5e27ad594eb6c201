"""The rows of Amazon's order reports as orders: each cell becomes a value, or a sentence that says why it cannot.

`item-price` is for the whole line; what a promotion has taken off is taken off here too. A blank cell says nothing: it empties no field.
"""

import re
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from db.vocabulary import CURRENCIES, OrderStatus
from lib.amazon import cells
from lib.amazon.reports import ALL_ORDERS, MONEY, NEW_ORDERS, UNSHIPPED, Kind, country, key
from lib.amazon.words import CANCELED, FULFILMENT, STATUSES
from lib.channels import ChannelBuyer
from lib.orders.told_orders import ELSEWHERE, Row, ToldFile, gather, odd_rows
from lib.orders.told_rows import ASIN, LONGEST_SKU, LONGEST_TITLE, RowReader, Wrong
from lib.problems import Problem
from lib.tables.sheet import Sheet

NUMBER = re.compile(r"[A-Z0-9]{3}-\d{7}-\d{7}", re.ASCII)
SENT_FOR_OTHERS = re.compile(r"S\d\d-", re.ASCII)
ITEM = re.compile(r"\d{14,20}", re.ASCII)
LOST_LETTER = re.compile(r"\w\?\w")
TAX_ON_TOP = ("USD", "CAD")
"""Where a price does not hold its tax, the buyer pays it beside."""


def read(sheet: Sheet, kind: Kind) -> ToldFile:
    """All orders that a report tells of; a row that cannot be understood keeps its order out and is named with its line."""
    keys = [key(column) for column in sheet.columns]
    without_discounts = "item-promotion-discount" not in keys
    gaps = {"shipped_at"} | (MONEY if without_discounts else frozenset())
    found = ToldFile(
        kind.name, is_amazon=True, notes=sheet.notes, gaps=frozenset(gaps), rows=len(sheet) + len(sheet.problems)
    )
    reader = Reader(sheet, kind, keys)
    gather(chain(odd_rows(sheet, keys.index("order-id")), reader.rows()), found, one_status=kind is not UNSHIPPED)
    if kind is not UNSHIPPED:
        for order in found.orders:
            order.values["total"] = _total(order.values.get("currency"), [line.values for line in order.lines])
    for order in found.orders:
        for line in order.lines:
            line.values.pop("extra", None)
    return found


def _total(currency: str | None, lines: list[dict[str, Any]]) -> Decimal | None:
    """What the buyer pays; None while the price of a line is not known."""
    living = [line for line in lines if not line["canceled"]]
    if not living or any(line.get("price") is None for line in living):
        return None
    paid = sum(((line["price"] or 0) + (line.get("shipping") or 0) + line["extra"] for line in living), Decimal(0))
    return (
        paid + sum((line.get("tax") or Decimal(0) for line in living), Decimal(0)) if currency in TAX_ON_TOP else paid
    )


class Reader(RowReader):
    """Reads the rows of one report."""

    number = "order-id"

    def __init__(self, sheet: Sheet, kind: Kind, keys: list[str]):
        super().__init__(sheet, {name: place for place, name in enumerate(keys)})
        self.kind = kind
        self.seen: dict[str, int] = {}
        self.before = ""
        """The order of the row above."""

    def _problem(self, line: int, name: str, why: str) -> Problem:
        # Where a report names buyers, a row that has slipped sideways may hold one in any cell.
        value = None if self.kind.has_buyers else self.cell(name)[:80]
        return Problem(why, line=line, field=name, value=value)

    def _understand(self, found: Row) -> None:
        if not NUMBER.fullmatch(found.number):
            cut = found.number and self.before.startswith(found.number)
            found.number = self.before if cut else ""
            raise Wrong("order-id", "Not an order number of Amazon's, as 302-1234567-1234567 is.")
        self.before = found.number
        if (first := self._copied(found)) is not None:
            raise Wrong(
                "order-id",
                f"The same as line {first}, cell by cell: a row that was copied, or a line without its number.",
            )
        found.market = self._market(found.number)
        found.order = self._order(found)
        found.values = self._line(found)
        found.item = self._item()
        if self.kind.has_buyers:
            found.buyer = self._buyer()
            if found.buyer is not None:
                found.order["country"] = found.buyer.country or None

    def _copied(self, found: Row) -> int | None:
        """The line that is equal to this one. Rows with numbers of their lines are told apart by those."""
        if self.cell("order-item-id"):
            return None
        first = self.seen.setdefault("\0".join(self.row), found.line)
        return None if first == found.line else first

    # The order

    def _market(self, number: str) -> str:
        channel = self.cell("sales-channel")
        if SENT_FOR_OTHERS.match(number) or channel.casefold().startswith("non-amazon"):
            return ELSEWHERE
        if not channel:
            return ""
        if (found := country(channel)) is None:
            raise Wrong("sales-channel", "Not a marketplace that Caravan knows.")
        return found

    def _order(self, found: Row) -> dict[str, Any]:
        bought = self._moment("purchase-date")
        if bought is None:
            raise Wrong("purchase-date", "There is no date of the order.")
        status = self._status()
        told = self._moment("last-updated-date")
        values: dict[str, Any] = {
            "status": status, "bought_at": bought, "told_at": told, "paid_at": self._moment("payments-date"),
            "ship_by": self._moment("promise-date"), "fulfilment": self._fulfilment(), "is_sale": found.market != ELSEWHERE,
            "currency": self._currency(), "country": self._country(), "total": None,
        }  # fmt: skip
        if status is OrderStatus.SHIPPED:
            values["shipped_at"] = told  # no report says it; without it a buyer would never be forgotten
        return values

    def _status(self) -> OrderStatus:
        if self.kind is NEW_ORDERS:
            return OrderStatus.UNSHIPPED
        if self.kind is UNSHIPPED:
            return OrderStatus.PARTLY_SHIPPED if self._quantity("quantity-shipped", 0) else OrderStatus.UNSHIPPED
        said = self.cell("order-status")
        word, _, further = said.casefold().replace(" ", "").partition("-")
        if word not in STATUSES or (further and word not in ("shipped", "pending")):
            raise Wrong(
                "order-status", "Not a status of Amazon's: Pending, Unshipped, Partially Shipped, Shipped, Cancelled."
            )
        return STATUSES[word]

    def _fulfilment(self) -> str | None:
        if self.kind is not ALL_ORDERS:
            return "seller"
        said = self.cell("fulfillment-channel")
        if said and said.casefold() not in FULFILMENT:
            raise Wrong("fulfillment-channel", "Neither Merchant nor Amazon.")
        return FULFILMENT[said.casefold()] if said else None

    def _currency(self) -> str | None:
        said = self.cell("currency").upper()
        if said and said not in CURRENCIES:
            raise Wrong("currency", f"Not one of the currencies {', '.join(CURRENCIES)}.")
        return said or None

    def _country(self) -> str | None:
        said = self.cell("ship-country").upper()
        return said if len(said) == 2 and said.isascii() and said.isalpha() else None

    def _moment(self, column: str) -> datetime | None:
        found: datetime | None = self._read(column, cells.moment)
        return found

    # The line

    def _line(self, found: Row) -> dict[str, Any]:
        sku = self.cell("sku")
        if not sku:
            raise Wrong("sku", "There is no SKU.")
        if len(sku) > LONGEST_SKU:
            raise Wrong("sku", f"A SKU has at most {LONGEST_SKU} letters.")
        asin = self.cell("asin").upper()
        if asin and not ASIN.fullmatch(asin):
            raise Wrong("asin", "An ASIN is 10 letters and digits.")
        canceled = self.cell("item-status").casefold() in CANCELED or found.order["status"] is OrderStatus.CANCELED
        quantity = self._quantity(self.kind.quantity)
        if quantity == 0 and not canceled:
            raise Wrong(self.kind.quantity, "A quantity of 0, and the line is not canceled.")
        if quantity == 0:
            found.gaps.add("quantity")  # how many pieces it was once is worth more
        return {
            "sku": sku,
            "quantity": quantity,
            "asin": asin or None,
            "title": self._title(found),
            "canceled": canceled,
            **self._money(found),
        }

    def _quantity(self, column: str, blank: int | None = None) -> int:
        if not self.cell(column) and blank is not None:
            return blank
        if not self.cell(column):
            raise Wrong(column, "There is no quantity.")
        return int(self._read(column, cells.quantity))

    def _title(self, found: Row) -> str | None:
        title = self.cell("product-name")
        if LOST_LETTER.search(title):
            text = "Amazon has put “?” in place of letters of the title. A title that is there already stays as it is."
            self._warn(found, "product-name", text)
            found.gaps.add("title")
        return title[:LONGEST_TITLE] or None

    def _money(self, found: Row) -> dict[str, Any]:
        """Amounts of the line; a blank one says nothing. `extra` is what the buyer paid for wrapping."""
        price = self._less("item-price", "item-promotion-discount", found)
        shipping = self._less("shipping-price", "ship-promotion-discount", found)
        taxes = [self._amount(name, found) for name in ("item-tax", "shipping-tax", "gift-wrap-tax")]
        tax = (
            sum((amount for amount in taxes if amount is not None), Decimal(0))
            if any(t is not None for t in taxes)
            else None
        )
        extra = self._amount("gift-wrap-price", found) or Decimal(0)
        return {"price": price, "shipping": shipping, "tax": tax, "extra": extra}

    def _less(self, column: str, discount: str, found: Row) -> Decimal | None:
        amount = self._amount(column, found)
        less = self._amount(discount, found, is_discount=True)
        if amount is None or less is None:
            return amount
        if less > amount:
            raise Wrong(discount, "More is taken off than the price.")
        return amount - less

    def _amount(self, column: str, found: Row, is_discount: bool = False) -> Decimal | None:
        cell = self.cell(column)
        if not cell:
            return None
        currency = found.order["currency"]
        if currency is None:
            raise Wrong("currency", f"There is an amount in {column}, and no currency.")
        return self._read_amount(column, cell.removeprefix("-") if is_discount else cell, currency)

    def _read_amount(self, column: str, cell: str, currency: str) -> Decimal:
        try:
            return cells.amount(cell, currency)
        except ValueError as wrong:
            raise Wrong(column, wrong) from None

    def _item(self) -> str | None:
        item = self.cell("order-item-id")
        if item and not ITEM.fullmatch(item):
            raise Wrong(
                "order-item-id",
                "Amazon's numbers of lines have 14 digits: a spreadsheet has cut zeros or shortened it.",
            )
        return item or None

    # The buyer

    def _buyer(self) -> ChannelBuyer | None:
        name = self.cell("recipient-name") or self.cell("buyer-name")
        address = "\n".join(filter(None, (self.cell(f"ship-address-{n}") for n in (1, 2, 3))))
        city, state = self.cell("ship-city"), self.cell("ship-state")
        email = self.cell("buyer-email")
        if not (name or address or city or email):
            return None
        return ChannelBuyer(
            name, city, self._country() or "", address="\n".join(filter(None, (address, state))), postcode=self.cell("ship-postal-code"),
            telephone=self.cell("ship-phone-number") or self.cell("buyer-phone-number"), email=email,
        )  # fmt: skip
