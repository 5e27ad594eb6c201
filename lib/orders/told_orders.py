"""Orders as a file tells them, before they are compared with ours: only what it says, and in which line.

A row that cannot be understood keeps its whole order out, for half an order would be bought and sent half.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from db.vocabulary import OrderStatus
from lib.channels import ChannelBuyer
from lib.orders.order_items import weak_item
from lib.problems import Problem
from lib.tables.sheet import BLANK, Sheet

ELSEWHERE = "Non-Amazon"
"""Where an order was sold that the marketplace only sends out for us."""

JOINED: dict[str, Callable[[Any, Any], Any]] = {
    "bought_at": min, "paid_at": min, "ship_by": min, "told_at": max, "shipped_at": max,
    "status": lambda one, other: one if one == other else OrderStatus.PARTLY_SHIPPED,
}  # fmt: skip
"""What is true of an order whose rows say different things; of all else the first row's word counts."""


@dataclass(slots=True)
class Row:
    """One row as it was understood: `order` and `values` hold what it says of the order and of the line, `buyer` who has bought.

    `market` is a country, ELSEWHERE, or "" where the file does not say where it was sold. `item` is None where it has no number.
    """

    line: int
    number: str = ""
    market: str = ""
    order: dict[str, Any] = field(default_factory=dict)
    item: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    gaps: set[str] = field(default_factory=set)
    buyer: ChannelBuyer | None = field(default=None, repr=False)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class ToldLine:
    """`values` are further columns of an OrderLine; `gaps` those that only fill what is empty."""

    line: int
    item: str
    sku: str
    quantity: int
    values: dict[str, Any]
    gaps: set[str] = field(default_factory=set)


@dataclass(slots=True)
class ToldOrder:
    """`values` are columns of an Order; what the file does not say is not among them, or None."""

    number: str
    market: str
    values: dict[str, Any]
    lines: list[ToldLine]
    buyer: ChannelBuyer | None = field(default=None, repr=False)


@dataclass
class ToldFile:
    """All that a file tells. `gaps` are fields that it knows less well than others: they only fill what is empty.

    `left_out` are the lines of orders that stay out, by the order's number, with the line that is wrong in them.
    """

    kind: str
    rows: int = 0
    orders: list[ToldOrder] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    left_out: dict[str, tuple[list[int], int]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_amazon: bool = False
    """Its order numbers are one of a kind, whatever store they are in."""
    gaps: frozenset[str] = frozenset()

    @property
    def markets(self) -> tuple[str, ...]:
        """Where the orders were sold, the most frequent one first."""
        return tuple(name for name, _ in Counter(order.market for order in self.orders).most_common())


def gather(rows: Iterable[Row], found: ToldFile, one_status: bool = True) -> ToldFile:
    """Put the rows together into the orders of `found`. With `one_status`, rows of an order that differ in it contradict each other."""
    orders: dict[str, ToldOrder] = {}
    items: dict[tuple[str, str], int] = {}
    wrong: dict[str, int] = {}
    outside: dict[str, list[int]] = {}
    for row in rows:
        order = orders.get(row.number)
        problems = row.problems or _contradictions(row, order, items, one_status)
        found.refused += problems
        found.warnings += row.warnings
        if problems:
            if row.number:
                wrong.setdefault(row.number, row.line)
                outside.setdefault(row.number, []).append(row.line)
            continue
        if order is None:
            order = orders[row.number] = ToldOrder(row.number, row.market, dict(row.order), [], row.buyer)
        else:
            _join(order, row)
        values = dict(row.values)
        order.lines.append(
            ToldLine(row.line, row.item or "", values.pop("sku"), values.pop("quantity"), values, row.gaps)
        )
    for number, first in wrong.items():
        lines = [line.line for line in orders.pop(number).lines] if number in orders else []
        found.left_out[number] = (sorted({*lines, *outside[number]}), first)
    found.orders = list(orders.values())
    _number_lines(found)
    return found


def _contradictions(
    row: Row, order: ToldOrder | None, items: dict[tuple[str, str], int], one_status: bool
) -> list[Problem]:
    """Why this row cannot stand beside the earlier ones of its order."""
    if row.item and (first := items.setdefault((row.number, row.item), row.line)) != row.line:
        return [Problem(f"Line {first} has the same number of the order's line.", line=row.line, field="order-item-id")]
    if order is None:
        return []
    first = order.lines[0].line
    if row.market != order.market:
        text = f"Line {first} of the same order was sold on {order.market or 'no named marketplace'}, this one on {row.market or 'none'}."
        return [Problem(text, line=row.line, field="sales-channel")]
    said, before = row.order.get("status"), order.values.get("status")
    if one_status and said != before:
        text = f"Line {first} says that this order is {_label(before)}, this row that it is {_label(said)}."
        return [Problem(text, line=row.line, field="order-status")]
    return []


def _label(status: OrderStatus | None) -> str:
    return f"“{status.label}”" if status else "nothing"


def _join(order: ToldOrder, row: Row) -> None:
    for name, value in row.order.items():
        before = order.values.get(name)
        if before is None:
            order.values[name] = value
        elif value is not None and name in JOINED:
            order.values[name] = JOINED[name](before, value)
    order.buyer = order.buyer or row.buyer


def odd_rows(sheet: Sheet, at: int) -> Iterator[Row]:
    """The lines that do not fit the headings, each with the order that it seems to be of: the number stands in column `at`.

    What no sound row has there may be no number: behind a line break in an address it is the rest of the address.
    """
    known = {row.cells[at].strip(BLANK)[:60] for row in sheet.rows} if sheet.problems else set()
    for problem in sheet.problems:
        cells = sheet.odd.get(problem.line or 0, ())
        number = cells[at].strip(BLANK)[:60] if at < len(cells) else ""
        yield Row(problem.line or 0, number if number in known else "", problems=[replace(problem, value=None)])


def _number_lines(found: ToldFile) -> None:
    """Lines without a number get a weak one, by their SKU."""
    for order in found.orders:
        places = Counter[str]()
        for line in order.lines:
            if not line.item:
                places[line.sku] += 1
                line.item = weak_item(line.sku, places[line.sku])
                if places[line.sku] > 1:
                    text = f"Order {order.number} has this SKU more than once: each row was taken as a line of its own."
                    found.warnings.append(Problem(text, line=line.line, field="sku"))
