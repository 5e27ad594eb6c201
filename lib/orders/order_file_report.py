"""What a file of orders would do, in the words and tables of the screen, and row by row to take away. Nothing of a buyer is in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from db.vocabulary import Term
from lib.orders.order_files import Changed, Plan
from lib.orders.order_items import is_weak
from lib.problems import Problem
from lib.tables import writing

SHOWN = 200
COLUMNS = ("line", "order", "sku", "outcome", "fields", "reason")
WORDS = {
    "item": "number of the line",
    "canceled": "canceled",
    "is_sale": "is a sale",
    "product_id": "product",
    "offer_id": "co-sell offer",
}


@dataclass(frozen=True)
class Preview:
    """`size` orders would be written; `mark` tells this plan from any other. The tables hold the first rows of each kind only."""

    kind: str
    said: str
    size: int
    rows: int
    mark: str
    counts: dict[str, int]
    notes: tuple[str, ...]
    new: pd.DataFrame
    changed: pd.DataFrame
    refused: pd.DataFrame
    warnings: pd.DataFrame
    is_job: bool = False
    """Whether there are too many to wait for."""


def preview(found: Plan, rows: int, notes: tuple[str, ...]) -> Preview:
    counts = {
        "New": len(found.new),
        "Changed": len(found.changed),
        "Unchanged": len(found.unchanged),
        "Left out": len(found.left_out),
    }
    return Preview(
        found.kind, str(found), len(found), rows, found.mark(), counts, notes,
        _new(found), _changed(found), _problems(found.refused), _problems(found.warnings),
    )  # fmt: skip


def _new(found: Plan) -> pd.DataFrame:
    rows = [
        {"Line": line.line, "Order": one.told.number, "Status": one.told.values["status"].label,
         "Bought": f"{one.told.values['bought_at']:%Y-%m-%d %H:%M}", "SKU": line.sku, "Title": line.values.get("title") or "",
         "Pieces": line.quantity, "Price": _word(line.values.get("price")), "Currency": one.currency,
         "Remark": _remark(one.told.values.get("is_sale") is False, bool(line.values.get("canceled")), is_weak(line.item))}
        for one in found.new[:SHOWN]
        for line in one.told.lines
    ]  # fmt: skip
    return pd.DataFrame(rows[:SHOWN], dtype=object)


def _remark(is_sent_only: bool, is_canceled: bool, has_no_number: bool) -> str:
    said = {"no sale, only sent": is_sent_only, "canceled": is_canceled, "line without a number": has_no_number}
    return ", ".join(text for text, is_so in said.items() if is_so)


def _changed(found: Plan) -> pd.DataFrame:
    rows = [row for one in found.changed[:SHOWN] for row in _cells(one)]
    return pd.DataFrame(rows[: 2 * SHOWN], columns=["Line", "Order", "Field", "Before", "After"], dtype=object)


def _cells(one: Changed) -> Iterator[dict[str, Any]]:
    about = {"Line": one.told.lines[0].line, "Order": one.told.number}
    every = [one.cells, *one.lines.values()]
    for name, (before, after) in (cell for cells in every for cell in cells.items() if cell[0] != "told_at"):
        yield {**about, "Field": _field(name), "Before": _word(before), "After": _word(after)}
    for line in one.added:
        yield {**about, "Line": line.line, "Field": "new line", "Before": "", "After": f"{line.sku} × {line.quantity}"}
    if one.names_buyer:
        yield {**about, "Field": "buyer", "Before": "", "After": "sealed, not shown"}


def _field(name: str) -> str:
    return WORDS.get(name, name.replace("_", " "))


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.label if isinstance(value, Term) else str(value)


def _problems(problems: list[Problem]) -> pd.DataFrame:
    rows = [(p.line, p.field or "", "" if p.value is None else str(p.value), p.text) for p in problems[:SHOWN]]
    return pd.DataFrame(rows, columns=["Line", "Column", "Value", "Reason"], dtype=object)


# Row by row


def csv(found: Plan) -> bytes:
    return writing.csv(outcomes(found), COLUMNS)


def xlsx(found: Plan) -> bytes:
    return writing.xlsx(outcomes(found), COLUMNS, "Orders")


def outcomes(found: Plan) -> Iterator[tuple[int, str, str, str, str, str]]:
    """What becomes of each row: (line, order, SKU, outcome, field, reason), by line. Nothing of a buyer is in it."""
    rows = [(line.line, one.told.number, line.sku, "new", "", "") for one in found.new for line in one.told.lines]
    for one in found.changed:
        what = ", ".join(_field(name) for name in changed_fields(one))
        rows += [(line.line, one.told.number, line.sku, "changed", what, "") for line in one.told.lines]
    rows += [(line.line, told.number, line.sku, "unchanged", "", "") for told in found.unchanged for line in told.lines]
    wrong = {problem.line: problem for problem in found.refused}
    for number, (lines, first) in found.left_out.items():
        reason = f"Line {first} of the same order is refused, and an order comes whole or not at all."
        rows += [(line, number, "", "left out", "", reason) for line in lines if line not in wrong]
    number_of = {line: number for number, (lines, _) in found.left_out.items() for line in lines}
    rows += [(p.line or 0, number_of.get(p.line or 0, ""), "", "refused", p.field or "", p.text) for p in found.refused]
    return iter(sorted(rows))


def changed_fields(one: Changed) -> list[str]:
    """The names of what changes in an order, each once."""
    names = [*one.cells, *(name for cells in one.lines.values() for name in cells)]
    names += [*(["new line"] if one.added else []), *(["buyer"] if one.names_buyer else [])]
    return list(dict.fromkeys(name for name in names if name != "told_at"))
