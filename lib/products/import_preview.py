"""What an import would do, in the words and tables of the screen. Holds the first rows of each kind only, whatever the file's size."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from db.vocabulary import Term
from lib.problems import Problem
from lib.products import import_files
from lib.products.import_files import Choice
from lib.products.imports import Plan
from lib.tables.products import grams_per_unit, match_products

SHOWN = 200
FIELDS = {
    "sku": "SKU", "ean": "EAN", "title_zh": "中文名称", "title_en": "Title", "category": "Category", "source_price": "Source price",
    "currency": "Currency", "brand": "Brand", "source": "Source", "source_url": "Source link", "weight_grams": "Weight",
    "sales_status": "Sales status", "description": "Description", "picture": "Picture", "tags": "Tags", "remark": "Remark",
}  # fmt: skip


@dataclass(frozen=True)
class Recognised:
    """The columns of a file, each with a sample, and which of them were recognised as which field."""

    columns: tuple[str, ...]
    samples: dict[str, str]
    chosen: dict[str, str]
    notes: tuple[str, ...]
    rows: int

    def says_its_unit(self, column: str | None) -> bool:
        return column is None or grams_per_unit(column) is not None


@dataclass(frozen=True)
class Preview:
    """`size` rows would be written; `said` is the sentence, `mark` tells this plan from any other."""

    said: str
    size: int
    counts: dict[str, int]
    mark: str
    kept_out: tuple[str, ...]
    categories: tuple[str, ...]
    new: pd.DataFrame
    changed: pd.DataFrame
    refused: pd.DataFrame
    warnings: pd.DataFrame

    @property
    def is_job(self) -> bool:
        return self.size > import_files.AT_ONCE


def recognise(name: str, content: bytes) -> Recognised:
    """Read a file and its headings; refused, in a sentence, when it is no table."""
    sheet = import_files.read(name, content)
    found = match_products(sheet)
    samples = {column: _sample(row.cells[at] for row in sheet.rows[:100]) for at, column in enumerate(sheet.columns)}
    return Recognised(sheet.columns, samples, dict(found.chosen), (*sheet.notes, *found.notes), len(sheet))


def _sample(cells: Iterable[str]) -> str:
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    return first if len(first) <= 40 else first[:39] + "…"


def preview(session: Session, name: str, content: bytes, choice: Choice) -> Preview:
    """What this file would do; nothing is written."""
    _, matching, found = import_files.compare(session, name, content, choice)
    counts = {"New": len(found.new), "Changed": len(found.changed), "Unchanged": found.unchanged,
              "Refused": len({problem.line for problem in found.refused})}  # fmt: skip
    return Preview(
        str(found), len(found), counts, found.mark(), matching.unknown, found.categories,
        _new(found), _changed(found), _problems(found.refused), _problems(found.warnings),
    )  # fmt: skip


def _new(found: Plan) -> pd.DataFrame:
    rows = [{"picture": new.values.get("picture_url"), **new.values, "line": new.line} for new in found.new[:SHOWN]]
    names = ["line", *(name for name in FIELDS if any(row.get(name) is not None for row in rows))]
    shown = [{FIELDS.get(name, "Line"): _word(row.get(name)) for name in names} for row in rows]
    return pd.DataFrame(shown, dtype=object)


def _changed(found: Plan) -> pd.DataFrame:
    cells = [
        {"Line": changed.line, "SKU": changed.sku, "Field": FIELDS.get(name.removesuffix("_url"), FIELDS.get(name, name)),
         "Before": _word(before), "After": _word(after)}
        for changed in found.changed[:SHOWN]
        for name, (before, after) in changed.cells.items()
    ]  # fmt: skip
    return pd.DataFrame(cells[: SHOWN * 2], dtype=object)


def _problems(problems: list[Problem]) -> pd.DataFrame:
    return pd.DataFrame(
        import_files.lines(problems[:SHOWN]), columns=["Line", "Column", "Value", "Reason"], dtype=object
    )


def _word(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, int):
        return value
    return value.label if isinstance(value, Term) else str(value)
