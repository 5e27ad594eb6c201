"""Reading a file of orders row by row: a cell becomes a value, or a sentence that says why it cannot, and then the row is named."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from lib.orders.told_orders import Row
from lib.problems import Problem
from lib.tables.sheet import BLANK, Sheet

ASIN = re.compile(r"[A-Z0-9]{10}", re.ASCII)
LONGEST_NUMBER, LONGEST_SKU, LONGEST_TITLE = 60, 80, 500


class Wrong(ValueError):
    """A cell that cannot be what its column says."""

    def __init__(self, column: str, why: object):
        super().__init__(str(why))
        self.column = column


class RowReader(ABC):
    """Reads the rows of one file, knowing by `at` in which place each of its columns is."""

    number: ClassVar[str]
    """The column with the numbers of the orders."""

    def __init__(self, sheet: Sheet, at: Mapping[str, int]):
        self.sheet, self.at = sheet, at
        self.row: tuple[str, ...] = ()

    def cell(self, name: str) -> str:
        """The cell of this row without blanks around it; "" for a column that the file does not have."""
        place = self.at.get(name)
        return "" if place is None else self.row[place].strip(BLANK)

    def rows(self) -> Iterator[Row]:
        """Each row of the file, understood or with its problem."""
        for line, row in self.sheet.rows:
            self.row = row
            found = Row(line, number=self.cell(self.number))
            try:
                self._understand(found)
            except Wrong as wrong:
                found.number = found.number[:LONGEST_NUMBER]
                found.problems.append(self._problem(line, wrong.column, str(wrong)))
            yield found

    @abstractmethod
    def _understand(self, found: Row) -> None:
        """Fill `found` from the cells of this row; Wrong at the first that cannot be."""

    @abstractmethod
    def _problem(self, line: int, name: str, why: str) -> Problem:
        """The sentence, with the cell where that shows nothing of a buyer."""

    def _warn(self, found: Row, name: str, what: str) -> None:
        found.warnings.append(self._problem(found.line, name, what))

    def _read(self, name: str, reader: Callable[..., Any], *more: Any) -> Any:
        """The value of a cell; None when it is blank. Wrong with what the reader says against it."""
        cell = self.cell(name)
        if not cell:
            return None
        try:
            return reader(cell, *more)
        except ValueError as wrong:
            raise Wrong(name, wrong) from None
