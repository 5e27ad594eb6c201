"""What somebody has typed and not saved yet: plain values by row id, so that no filter, page or failed save loses them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.changes import Changes, Edit
from lib.problems import Problem
from lib.ui.columns import Column

PICK = "✓"
Row = Mapping[str, Any]


@dataclass
class Draft:
    """Typed cells by row id, the rows as they were when first touched, and the rows that are ticked."""

    cells: dict[int, dict[str, Any]] = field(default_factory=dict)
    seen: dict[int, Row] = field(default_factory=dict)
    picked: dict[int, None] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(cells) for cells in self.cells.values())

    def with_editor(
        self, rows: Sequence[Row], state: Mapping[str, Any] | None, columns: Mapping[str, Column]
    ) -> "Draft":
        """This draft and what the browser's editor holds. The editor speaks in row positions; only known, open columns count."""
        made = Draft({i: dict(cells) for i, cells in self.cells.items()}, dict(self.seen), dict(self.picked))
        for position, cells in ((state or {}).get("edited_rows") or {}).items():
            if re.fullmatch("[0-9]{1,6}", str(position)) and int(position) < len(rows) and isinstance(cells, Mapping):
                made._take(rows[int(position)], cells, columns)
        return made

    def _take(self, row: Row, cells: Mapping[str, Any], columns: Mapping[str, Column]) -> None:
        number = row["id"]
        for name, raw in cells.items():
            if name == PICK:
                self.picked.pop(number, None)
                if raw:
                    self.picked[number] = None
            elif name in columns and not columns[name].locked:
                self._type(number, row, columns[name], raw)

    def _type(self, number: int, row: Row, column: Column, raw: Any) -> None:
        self.seen.setdefault(number, row)
        typed = self.cells.setdefault(number, {})
        if _same(column, raw, self.seen[number][column.name]):
            typed.pop(column.name, None)
        else:
            typed[column.name] = raw
        if not typed:
            del self.cells[number], self.seen[number]

    def changes(self, columns: Mapping[str, Column]) -> tuple[Changes, list[Problem]]:
        """The edits whose cells can be read, and a problem for each that cannot."""
        edits, problems = [], []
        for number, typed in self.cells.items():
            for name, raw in typed.items():
                try:
                    edits.append(Edit(number, name, self.seen[number][name], columns[name].value(raw)))
                except ValueError as why:
                    problems.append(Problem(f"{why}.", number, name, value=raw))
        return Changes(tuple(edits)), problems

    def drop(self, number: int, name: str) -> None:
        """Take theirs: forget what was typed into one cell."""
        self.cells.get(number, {}).pop(name, None)
        if not self.cells.get(number):
            self.cells.pop(number, None)
            self.seen.pop(number, None)

    def rebase(self, number: int, name: str, theirs: Any) -> None:
        """Keep mine: what is there now counts as seen."""
        if number in self.seen:
            self.seen[number] = {**self.seen[number], name: theirs}


def _same(column: Column, raw: Any, seen: Any) -> bool:
    try:
        return bool(column.value(raw) == seen)
    except ValueError:
        return False
