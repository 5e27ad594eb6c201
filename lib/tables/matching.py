"""Which column of a sheet is which field of ours. What nobody recognises is named, never dropped in silence."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lib.tables.sheet import Row, Sheet

IN_BRACKETS = re.compile(r"[(\[（【](?P<unit>[^)\]）】]*)[)\]）】]\s*$")
FAMILY = "*"


@dataclass(frozen=True)
class Matching:
    """`chosen` is the column of each recognised field, `unknown` the columns that are kept out.

    `further` are columns of the same family, whose cells count where the chosen one is empty: a title in English first,
    else in another language. `notes` are sentences about choices that a person should know of.
    """

    chosen: Mapping[str, str]
    unknown: tuple[str, ...] = ()
    further: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def by_hand(self, columns: Iterable[str], chosen: Mapping[str, str | None]) -> "Matching":
        """The same after a person has chosen: a column for a field, or None for no column."""
        mine = {name: column for name, column in {**self.chosen, **chosen}.items() if column}
        further = {name: more for name, more in self.further.items() if mine.get(name) == self.chosen.get(name)}
        used = set(mine.values()).union(*further.values())
        return Matching(mine, tuple(c for c in columns if c not in used), further)


def plain(column: str) -> str:
    """The name without what people write differently: case, spaces, underscores, signs, full-width letters."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", column).casefold() if letter.isalnum())


def unit(column: str) -> str:
    """What stands in brackets at the end: 'kg' for 'Weight (kg)', '元' for '价格（元）'; empty when nothing does."""
    found = IN_BRACKETS.search(column)
    return found["unit"].strip() if found else ""


def match(columns: Sequence[str], fields: Mapping[str, Sequence[str]], sample: Sequence[Row] = ()) -> Matching:
    """The column of each field, by its aliases: the first alias that a column bears wins; a column serves one field.

    An alias that ends in * means a family of columns ('product_name_*'). A column without any value in the sample
    stands behind one that has some.
    """
    blank = {column for at, column in enumerate(columns) if sample and not any(row.cells[at].strip() for row in sample)}
    chosen: dict[str, str] = {}
    further: dict[str, tuple[str, ...]] = {}
    used: set[str] = set()
    for name, aliases in fields.items():
        found = [c for alias in aliases for c in _bearing(columns, alias) if c not in used]
        found = sorted(dict.fromkeys(found), key=blank.__contains__)
        if found:
            chosen[name] = found[0]
            family = {c for alias in aliases if alias.endswith(FAMILY) for c in _bearing(columns, alias)}
            if found[0] in family:
                further[name] = tuple(c for c in found[1:] if c in family)
            used.update((found[0], *further.get(name, ())))
    return Matching(chosen, tuple(c for c in columns if c not in used), further)


def _bearing(columns: Sequence[str], alias: str) -> list[str]:
    wanted = plain(alias)
    if alias.endswith(FAMILY):
        return [column for column in columns if plain(column).startswith(wanted)]
    exact = [column for column in columns if plain(column) == wanted]
    return exact or [column for column in columns if plain(IN_BRACKETS.sub("", column)) == wanted]


def values(sheet: Sheet, matching: Matching) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row as its line and the text of each recognised field."""
    places = {
        name: [sheet.columns.index(c) for c in (column, *matching.further.get(name, ()))]
        for name, column in matching.chosen.items()
    }
    single = [(name, at[0]) for name, at in places.items() if len(at) == 1]
    several = [(name, at) for name, at in places.items() if len(at) > 1]
    for line, cells in sheet.rows:
        found = {name: cells[at] for name, at in single}
        for name, at in several:
            found[name] = next((cells[i] for i in at if cells[i].strip()), "")
        yield line, found
