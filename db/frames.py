"""Query results as dataframes, indexed by primary key: what the grids show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Executable, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

MANY = 10_000
"""Counts stop here: an exact count of a million costs more than the page."""


@dataclass(frozen=True)
class Page:
    """Which rows to show: `number` counts from 1; `sort` names a column of the table's `sorts`."""

    number: int = 1
    size: int = 50
    sort: str = ""
    descending: bool = True


class Counts(dict[str, int]):
    """How many there are of each kind, each counted to `most`: one more than that means more."""

    def __init__(self, numbers: Mapping[str, int], most: int = MANY):
        super().__init__(numbers)
        self.most = most


def frame(session: Session, query: Executable) -> pd.DataFrame:
    """The rows of a query whose first column is called `id`; values stay the objects they are (Decimal, datetime, Term)."""
    answer = session.execute(query)
    names = list(answer.keys())[1:]
    rows = answer.all()
    cells = np.empty((len(rows), len(names)), dtype=object)
    for number, row in enumerate(rows):
        cells[number] = row[1:]
    # One block of objects: letting pandas guess each column's kind takes as long as the query.
    return pd.DataFrame(cells, columns=names, index=pd.Index([row[0] for row in rows], name="id"), dtype=object)


def order(page: Page, sorts: Mapping[str, Any], otherwise: Any, key: Any) -> tuple[Any, Any]:
    """By the column of `sorts` that the page names, else by `otherwise`; rows that have the same there by their key."""
    column = sorts.get(page.sort, otherwise)
    return (column.desc(), key.desc()) if page.descending else (column.asc(), key.asc())


def page_of(query: Select[Any], key: Any, order: Sequence[Any], page: Page) -> Select[Any]:
    """The ids of one page, in order. Deep pages stay quick because only the ids are walked."""
    return (
        query.with_only_columns(key)
        .order_by(None)
        .order_by(*order)
        .limit(page.size)
        .offset((page.number - 1) * page.size)
    )


def count(session: Session, query: Select[Any], key: Any, most: int = MANY) -> int:
    """How many rows match, but not more than `most` + 1."""
    return session.scalar(select(counted(query, key, most))) or 0


def counted(query: Select[Any], key: Any, most: int = MANY) -> ScalarSelect[int]:
    """The same as part of a larger question."""
    found = query.with_only_columns(key).order_by(None).limit(most + 1).subquery()
    return select(func.count()).select_from(found).scalar_subquery()


def different(session: Session, column: Any, most: int = 200) -> Iterator[Any]:
    """The values of an indexed column, in order: each found by one step in the index instead of reading all rows."""
    last = session.scalar(select(func.min(column)))
    for _ in range(most):
        if last is None:
            return
        yield last
        last = session.scalar(select(func.min(column)).where(column > last))
