"""The lines of a file of price rules: each cell becomes a value, or a sentence that says why it cannot; and lines become whole rules."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from functools import cache

from db.vocabulary import Source
from lib import money
from lib.prices import formula_check
from lib.prices.formula import Tier, plain
from lib.prices.price_draft import RuleKey
from lib.problems import Refused
from lib.products import import_rows
from lib.tables.matching import match, values
from lib.tables.matching import plain as bare
from lib.tables.sheet import BLANK, Sheet

COLUMNS = {
    "category": "Category",
    "source": "Source",
    "threshold": "From",
    "percent": "Percent",
    "fine": "Fine",
    "active": "Active",
}
MAY_MISS = {"fine", "active"}
NAMES = {
    "category": "category | category path | categories | 类目 | 分类 | 商品类目 | 商品分类 | 品类 | 类别",
    "source": "source | source platform | platform | purchase website | 来源 | 平台 | 来源平台 | 货源 | 货源平台 | 采购平台",
    "threshold": "from | from source price | from price | threshold | 起始价 | 起始价格 | 起价 | 起点 | 阈值",
    "percent": "percent | percentage | ratio | 比例 | 百分比 | 比率",
    "fine": "fine | fine adjustment | adjustment | 微调 | 微调金额 | 加价",
    "active": "active | enabled | in force | 启用 | 是否启用 | 有效",
}
YES = {"yes", "y", "true", "1", "on", "active", "是", "启用", "有效", "开", "真"}
NO = {"no", "n", "false", "0", "off", "inactive", "否", "停用", "无效", "关", "禁用", "假"}
NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,2}|\.\d{4,20})?", re.ASCII)
LIKE_NUMBER = re.compile(r"-? ?[\d.,'’ ]+", re.ASCII)
MOST_ROWS = 20_000
MOST_SUGGESTED, NEAREST = 20, 3
LONGEST_SHOWN = 60


@dataclass
class Line:
    """One line: the rule it belongs to, as far as it can be told, its tier, and why it stays out."""

    line: int
    category: str
    source: str
    category_id: int | None = None
    of_source: Source | None = None
    tier: Tier | None = None
    active: bool = True
    written: str = ""
    wrong: list[str] = field(default_factory=list)

    @property
    def key(self) -> RuleKey | None:
        return (self.category_id, self.of_source) if self.category_id is not None and self.of_source else None


def read(sheet: Sheet, known: Mapping[str, int]) -> list[Line]:
    """The lines of the file, `known` being the ids of the categories by path. A rule of which one line is wrong is wrong in all."""
    if len(sheet) > MOST_ROWS:
        raise Refused(
            f"A file of price rules has at most {MOST_ROWS:,} rows, this one has {len(sheet):,}. Nothing was read."
        )
    matching = match(sheet.columns, {name: said.split(" | ") for name, said in NAMES.items()}, sheet.rows[:300])
    if missing := [COLUMNS[name] for name in COLUMNS if name not in matching.chosen and name not in MAY_MISS]:
        raise Refused(
            f"No column is called {' or '.join(missing)}. Nothing was read: name the columns {', '.join(COLUMNS.values())}."
        )
    reader = Reader(known)
    lines = [reader.line(number, cells) for number, cells in values(sheet, matching)]
    for of_rule in by_rule(lines).values():
        _look_at(of_rule)
    if sheet.problems:
        _leave_out(lines, f"line {sheet.problems[0].line} cannot be read and may be of this rule")
    _leave_halves_out(lines)
    return lines


def written(number: Decimal) -> str:
    """A number as it stands in a file: 1.1250, since 1.125 could be read as 1125."""
    text = plain(number)
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text


class Reader:
    """Reads lines, knowing the categories that there are."""

    def __init__(self, known: Mapping[str, int]):
        self.known = known
        self.folded = {path.casefold(): path for path in known}
        self.suggested: dict[str, str] = {}

    def line(self, number: int, cells: Mapping[str, str]) -> Line:
        given = {name: cell.strip(BLANK) for name, cell in cells.items()}
        found = Line(number, given["category"], given["source"])
        found.written = " | ".join(_short(given.get(name, "")) for name in ("threshold", "percent", "fine"))
        found.category_id, found.of_source = self._category(found), self._source(found)
        found.tier = self._tier(found, given)
        found.active = self._active(found, given.get("active", ""))
        return found

    def _category(self, found: Line) -> int | None:
        cell = found.category
        if not cell:
            found.wrong.append("There is no category in this line.")
            return None
        for path in (cell, import_rows.category(cell)[0], self.folded.get(cell.casefold(), "")):
            if path in self.known:
                found.category = path
                return self.known[path]
        found.wrong.append(f"There is no category “{_short(cell)}”.{self._nearest(cell)}")
        return None

    def _nearest(self, cell: str) -> str:
        """The names that look like it; not for more than some, for each takes a while."""
        if cell not in self.suggested and len(self.suggested) < MOST_SUGGESTED:
            near = get_close_matches(cell[:200].casefold(), self.folded, NEAREST)
            said = ", ".join(self.folded[path] for path in near)
            self.suggested[cell] = f" Did you mean {said}?" if said else " No name is like it."
        return self.suggested.get(cell, "") + " Make the category first, or correct its name."

    def _source(self, found: Line) -> Source | None:
        source = sources().get(bare(found.source))
        if source is None:
            what = f"“{_short(found.source)}” is not a source" if found.source else "There is no source in this line"
            found.wrong.append(f"{what}: write one of {', '.join(Source.labels().values())}.")
        else:
            found.source = source.label
        return source

    def _tier(self, found: Line, given: Mapping[str, str]) -> Tier | None:
        numbers = {}
        for name in ("threshold", "percent", "fine"):
            cell = given.get(name, "") or ("0" if name == "fine" else "")
            try:
                numbers[name] = number(cell, COLUMNS[name], name == "percent")
            except ValueError as wrong:
                found.wrong.append(str(wrong))
        return Tier(**numbers) if len(numbers) == 3 else None

    def _active(self, found: Line, cell: str) -> bool:
        said = unicodedata.normalize("NFKC", cell).casefold()
        if said and said not in YES | NO:
            found.wrong.append(f"Active: “{_short(cell)}” is neither yes nor no.")
        return said not in NO


def number(cell: str, name: str, is_percent: bool = False) -> Decimal:
    """What a cell says: 150, 150 %, １５０, 1,234.50. Raises ValueError with a sentence; 1,234 could be two numbers."""
    text = unicodedata.normalize("NFKC", cell[:200]).replace("\u2212", "-").strip().removeprefix("+").strip()
    if is_percent:
        text = text.removesuffix("%").strip()
    if not text:
        raise ValueError(f"{name} is empty. Enter a number such as {'150' if is_percent else '0'}.")
    if NUMBER.fullmatch(text):
        return Decimal(text)
    if not LIKE_NUMBER.fullmatch(text):
        raise ValueError(
            f"{name}: “{_short(cell)}” is not a number. Write digits, such as {'150' if is_percent else '100'}."
        )
    try:
        return money.parse(text)
    except ValueError as wrong:
        raise ValueError(f"{name}: {wrong}") from None


@cache
def sources() -> dict[str, Source]:
    """The sources as people write them: by their names, by their sites, and in Chinese."""
    said = import_rows.words(Source)
    return {bare(source.meaning): source for source in Source} | {
        name: term for name, term in said.items() if isinstance(term, Source)
    }


def _short(cell: str) -> str:
    return cell if len(cell) <= LONGEST_SHOWN else cell[: LONGEST_SHOWN - 1] + "…"


# Whole rules


def by_rule(lines: Iterable[Line]) -> dict[RuleKey, list[Line]]:
    """The lines of each rule, in the order of the file."""
    found: dict[RuleKey, list[Line]] = {}
    for line in lines:
        if line.key is not None:
            found.setdefault(line.key, []).append(line)
    return found


def _look_at(of_rule: Sequence[Line]) -> None:
    """What a rule as a whole says against its lines: a threshold given twice, more tiers than there may be."""
    tiers = [line.tier for line in of_rule if line.tier is not None]
    if len(tiers) == len(of_rule):
        for problem in formula_check.errors(tiers):
            of_rule[problem.row or 0].wrong.append(problem.text)


def _leave_halves_out(lines: Sequence[Line]) -> None:
    """A line that is wrong keeps its whole rule out; one of which nobody can tell the rule, each that it may belong to."""
    rules = by_rule(lines)
    above: list[Line] = []
    for line in lines:
        if line.key is not None:
            above = rules[line.key]
        elif line.category_id is not None:
            same = [other for key, held in rules.items() if key[0] == line.category_id for other in held]
            _leave_out([*same, *([] if line.source else above)], f"line {line.line} may be of it")
        elif not line.category:
            _leave_out(above, f"line {line.line} may be of it")
    for of_rule in rules.values():
        if bad := next((line for line in of_rule if line.wrong), None):
            _leave_out(of_rule, f"line {bad.line} is wrong")


def _leave_out(lines: Iterable[Line], why: str) -> None:
    for line in lines:
        if not line.wrong:
            line.wrong.append(f"Left out with its whole rule: {why}.")
