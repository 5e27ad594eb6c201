"""A table as it stood in the file: names of columns, rows of text with their lines, and what was wrong elsewhere."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, dropwhile, islice
from typing import NamedTuple, overload

from lib.counted import agreeing, counted
from lib.problems import Problem, Refused
from lib.tables.apostrophe import unshielded

MOST_ROWS, MOST_COLUMNS, MOST_PROBLEMS, LONGEST_CELL = 200_000, 500, 1_000, 100_000
BLANK = "\0 \t\r\n\u00a0\u3000"
VALUE = re.compile(r"[-\d.,:/% ]*\d[-\d.,:/% ]*")
TOTALS = {"total", "totals", "grand total", "sum", "subtotal", "合计", "总计", "小计", "共计"}


class Record(NamedTuple):
    """One line of the file, before anybody knows what it means. `errors` and `dates` are the places of such cells."""

    line: int
    cells: Sequence[str]
    errors: Sequence[int] = ()
    dates: Sequence[int] = ()


class Row(NamedTuple):
    line: int
    cells: tuple[str, ...]


class Rows(Sequence[Row]):
    """The rows, each kept as one string: a sheet of seven million cells as single strings would be 400 MB."""

    def __init__(self) -> None:
        self._lines = array("L")
        self._packed: list[str] = []

    def add(self, line: int, packed: str) -> None:
        self._lines.append(line)
        self._packed.append(packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[Row]:
        for line, packed in zip(self._lines, self._packed, strict=True):
            yield Row(line, tuple(packed.split("\0")))

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        return Row(self._lines[at], tuple(self._packed[at].split("\0")))


@dataclass(frozen=True)
class Sheet:
    """What a file said. `line` is where a row begins in the file, counted from 1 as editors and spreadsheets do.

    `problems` are the lines that are not among `rows`, with the reason; `notes` are sentences about the whole file.
    `dates` are the cells (line, column) that a spreadsheet program holds as dates: an SKU there was 3-1 once.
    """

    columns: tuple[str, ...]
    rows: Rows
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    dates: frozenset[tuple[int, str]] = frozenset()
    odd: Mapping[int, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """The cells of the lines that `problems` are about, as far as there are any: whoever reads them must not trust their columns."""

    def __len__(self) -> int:
        return len(self.rows)


class Nameless(Refused):
    """The table has no line with the names of its columns; it can be read with `has_names=False`."""


def build(
    records: Iterable[Record],
    notes: Iterable[str] = (),
    is_grid: bool = False,
    has_names: bool = True,
    most_rows: int | None = None,
) -> Sheet:
    """The sheet that these records make; Refused when they make none.

    In a grid (a workbook) a missing cell is an empty one and a cell beyond the last heading stands aside. In a text
    file both mean that the line's cells may stand under the wrong headings, so the line becomes a problem. A table
    without names gets numbers instead: "column 1" and so on.
    """
    header, others, above = _header(iter(records) if has_names else _numbered(iter(records)))
    columns = _columns(header)
    table = _Table(columns, is_grid, most_rows or MOST_ROWS)
    for record in others:
        table.take(record)
    if not table.rows and not table.problems:
        raise Refused(
            f"The file has the names of columns in line {header.line} and no rows below. Nothing was read: fill it in."
        )
    said = (*notes, *above, *table.notes())
    return Sheet(columns, table.rows, tuple(table.problems), said, frozenset(table.dates), table.odd)


def _numbered(records: Iterator[Record]) -> Iterator[Record]:
    first = list(islice(records, 40))
    names = [f"column {at}" for at in range(1, max((len(record.cells) for record in first), default=0) + 1)]
    return chain([Record(0, names)], first, records)


def _header(records: Iterator[Record]) -> tuple[Record, Iterator[Record], list[str]]:
    """The line with the names: below titles and groups, which fill less than half of the columns that follow."""
    first = list(islice(dropwhile(lambda record: not _filled(record), records), 40))
    if not first:
        raise Refused("The file is empty. Nothing was read: choose the file that holds your table.")
    widest = max(_filled(r) for r in first)
    at = next((i for i, r in enumerate(first[:20]) if _filled(r) > 0.4 * widest), 0)
    above = [f"The names of the columns are in line {first[at].line}; the lines above were left out."] if at else []
    return first[at], chain(first[at + 1 :], records), above


def _filled(record: Record) -> int:
    return sum(1 for cell in record.cells if cell.strip(BLANK))


def _columns(header: Record) -> tuple[str, ...]:
    names = [" ".join(cell.replace("\0", " ").split()) for cell in header.cells]
    if len(names) > MOST_COLUMNS:
        raise Refused(f"The file has {len(names)} columns; at most {MOST_COLUMNS} can be read. Nothing was read.")
    if any("\0" in cell for cell in header.cells):
        raise Refused(
            f"Line {header.line} holds a NUL byte: the file is damaged or no table. Nothing was read: export it anew."
        )
    values = [name for name in names if VALUE.fullmatch(name[:200])]  # whose time grows with the square of the length
    if len(values) > len(names) / 2 or len(values) != len(set(values)):
        raise Nameless(
            f"Line {header.line} holds values, not the names of columns. "
            "Nothing was read: put a line with the names (SKU, EAN, title ...) above."
        )
    columns = tuple(name[:200] or f"column {i}" for i, name in enumerate(names, 1))
    twice = sorted(name for name, count in Counter(columns).items() if count > 1)
    if twice:
        raise Refused(f"More than one column is called {', '.join(twice)}. Nothing was read: rename or remove one.")
    return columns


class _Table:
    """Sorts records into rows and problems, and counts what was left out."""

    def __init__(self, columns: tuple[str, ...], is_grid: bool, most_rows: int):
        self.columns, self.width, self.is_grid, self.most_rows = columns, len(columns), is_grid, most_rows
        self.rows, self.problems = Rows(), list[Problem]()
        self.dates: set[tuple[int, str]] = set()
        self.odd: dict[int, tuple[str, ...]] = {}
        self.blank, self.totals, self.aside = 0, list[int](), list[int]()

    def take(self, record: Record) -> None:
        line, cells = record.line, record.cells
        packed = "\0".join(cells)
        if not packed.strip(BLANK):
            self.blank += 1
        elif cells[0].strip(" :：\t").casefold() in TOTALS and _filled(record) <= self.width / 2:
            self.totals.append(line)
        elif wrong := self._wrong(record, packed):
            self._report(wrong)
            self.odd[line] = tuple(cell[:200] for cell in cells[: self.width])
        else:
            self._keep(record, packed)

    def _wrong(self, record: Record, packed: str) -> Problem | None:
        """What keeps this line from being a row, if anything does."""
        line, cells = record.line, record.cells
        if packed.count("\0") != len(cells) - 1:
            return Problem(f"Line {line} holds a NUL byte, which no text has.", line=line)
        if not self.is_grid and len(cells) != self.width:
            if len(cells) < self.width:
                return Problem(
                    f"Line {line} has {counted(len(cells), 'cell')} instead of {self.width}: too few.", line=line
                )
            if any(cell.strip(BLANK) for cell in cells[self.width :]):
                return Problem(
                    f"Line {line} has {len(cells)} cells instead of {self.width}: too many. "
                    "A text with the separator in it needs quotes.",
                    line=line,
                )
        for at in record.errors:
            if at < self.width:
                text = f"Line {line}, {self.columns[at]}: the spreadsheet holds the error {cells[at]} there."
                return Problem(text, line=line, field=self.columns[at], value=cells[at])
        if len(packed) > LONGEST_CELL:
            return self._too_long(line, cells)
        return None

    def _too_long(self, line: int, cells: Sequence[str]) -> Problem | None:
        for column, cell in zip(self.columns, cells, strict=False):
            if len(cell) > LONGEST_CELL:
                text = f"Line {line}, {column}: {len(cell):,} characters; at most {LONGEST_CELL:,} can be read."
                return Problem(text, line=line, field=column, value=cell[:40] + "…")
        return None

    def _report(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) > MOST_PROBLEMS:
            raise Refused(
                f"More than {MOST_PROBLEMS} lines do not fit the names of the columns. Nothing was read. The first:",
                *self.problems[:20],
            )

    def _keep(self, record: Record, packed: str) -> None:
        cells = record.cells
        if len(cells) > self.width:
            if any(cell.strip(BLANK) for cell in cells[self.width :]):
                self.aside.append(record.line)
            packed = "\0".join(cells[: self.width])
        elif len(cells) < self.width:
            packed += "\0" * (self.width - len(cells))
        if len(self.rows) >= self.most_rows:
            raise Refused(
                f"The file has more than {self.most_rows:,} rows. Nothing was read: split it into several files."
            )
        self.rows.add(record.line, packed if self.is_grid else unshielded(packed))
        self.dates.update((record.line, self.columns[at]) for at in record.dates if at < self.width)

    def notes(self) -> Iterator[str]:
        if self.blank:
            yield f"{counted(self.blank, 'blank line was', 'blank lines were')} left out."
        if self.totals:
            yield f"Left out, for a total is no row: {_lines(self.totals)}."
        if self.aside:
            yield f"Left out, cells beyond the last named column: {_lines(self.aside)}."


def _lines(lines: list[int]) -> str:
    more = f" and {len(lines) - 5} more" if len(lines) > 5 else ""
    return f"{agreeing(len(lines), 'line', 'lines')} {', '.join(map(str, lines[:5]))}{more}"
