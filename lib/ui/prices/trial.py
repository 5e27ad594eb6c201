"""A small table in which numbers are tried: a few rows, typed over and never saved as they stand.

The browser's editor reports edits by row position and forgets them when it is not drawn. So the rows stay as they were drawn (an
"edition"), what was typed is read beside them, and when the table is drawn anew it begins with what was typed.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import streamlit as st

from lib.problems import Problem
from lib.ui.columns import Column
from lib.ui.drafts import Draft as Typed
from lib.ui.grid import ROW_HEIGHT

log = logging.getLogger(__name__)
Row = dict[str, Any]
ROWS_SEEN = 9


@dataclass
class Trial:
    """The rows as they were drawn, and as they are with what has been typed since. Each row has an `id`."""

    name: str
    rows: list[Row]
    edition: int = 0
    typed: list[Row] = field(default_factory=list)
    is_drawn: bool = False

    @property
    def key(self) -> str:
        return f"{self.name}#{self.edition}"

    def read(self, columns: Sequence[Column]) -> list[Problem]:
        """Take what the browser says into `typed`; what cannot be read is left as it was, with a problem for each."""
        if self.is_drawn and self.key not in st.session_state:
            self.turn()
        live = Typed().with_editor(self.rows, st.session_state.get(self.key), {c.name: c for c in columns})
        changes, problems = live.changes({c.name: c for c in columns})
        self.typed = [dict(row) for row in self.rows]
        by_id = {row["id"]: row for row in self.typed}
        for edit in changes.edits:
            by_id[edit.id][edit.field] = edit.new
        return problems

    def turn(self) -> None:
        """Draw the table anew, with what was typed."""
        self.rows, self.edition, self.is_drawn = self.typed or self.rows, self.edition + 1, False

    @property
    def is_touched(self) -> bool:
        return bool((st.session_state.get(self.key) or {}).get("edited_rows"))

    def draw(self, columns: Sequence[Column], alt: str, said: Mapping[int, Row] | None = None) -> None:
        """The editor; `said` adds by row what stands in locked columns now."""
        try:
            self._draw(columns, alt, said or {})
        except Exception:  # the editor itself stumbles over a message that no browser of ours sends
            log.warning("What was sent for the table %r was no edit of it.", self.name)
            self.turn()
            self._draw(columns, alt, said or {})
        self.is_drawn = True

    def _draw(self, columns: Sequence[Column], alt: str, said: Mapping[int, Row]) -> None:
        rows = [{**row, **said.get(row["id"], {})} for row in self.rows]
        cells = {c.name: pd.Series([c.cell(row) for row in rows], dtype=c.kind).array for c in columns}
        st.data_editor(
            pd.DataFrame(cells, index=pd.Index([row["id"] for row in rows], name="id")),
            key=self.key,
            alt=alt,
            num_rows="fixed",
            hide_index=True,
            row_height=ROW_HEIGHT,
            height=min(ROW_HEIGHT * (len(rows) + 1) + 3, ROW_HEIGHT * ROWS_SEEN),
            placeholder="",
            disabled=[c.name for c in columns if c.locked],
            column_config={c.name: c.config() for c in columns},
        )


def slim(column: Column, label: str | None = None, *, width: int | None = None, help: str | None = None) -> Column:
    """A column for numbers between other numbers: narrow, and with all the digits that were typed, no more."""
    label = label or column.label

    def config() -> Any:
        if column.kind == "bool":
            return st.column_config.CheckboxColumn(label, width=width, help=help, disabled=column.locked)
        if column.kind == "str":
            return st.column_config.TextColumn(label, width=width, help=help, disabled=column.locked)
        return st.column_config.NumberColumn(label, width=width, help=help, disabled=column.locked, format="%.12g")

    return replace(column, config=config)
