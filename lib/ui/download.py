"""Downloads of exactly what a list shows: the same filter, the same order, the same columns, all pages."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from db.frames import Page
from db.session import reading
from lib.tables import writing
from lib.ui.columns import Column

MOST_ROWS = 200_000


def menu(name: str, table: Callable[..., Any], wanted: Any, where: Page, columns: Sequence[Column]) -> None:
    """Two buttons in a popover. The file is made when it is asked for, not before."""
    shown = [column for column in columns if column.name != "picture"]

    def rows() -> list[tuple[Any, ...]]:
        with reading() as session:
            frame = table(session, wanted, replace(where, number=1, size=MOST_ROWS))
        return [tuple(column.written(row[column.name]) for column in shown) for row in frame.to_dict("records")]

    def csv() -> bytes:
        return writing.csv(rows(), [column.label for column in shown])

    def xlsx() -> bytes:
        return writing.xlsx(rows(), [column.label for column in shown], sheet=name)

    stem = f"{name}-{datetime.now(UTC):%Y-%m-%d}"
    with st.popover("Download", icon=":material/download:"):
        st.caption(f"All rows that match, in this order ({MOST_ROWS:,} at most).")
        st.download_button(
            "Excel (XLSX)",
            xlsx,
            f"{stem}.xlsx",
            key=f"{name}:xlsx",
            on_click="ignore",
            icon=":material/table:",
            width="stretch",
        )
        st.download_button(
            "CSV",
            csv,
            f"{stem}.csv",
            key=f"{name}:csv",
            on_click="ignore",
            icon=":material/description:",
            width="stretch",
        )
