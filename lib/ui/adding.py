"""The form behind a grid's Add button: a field for each column that can be typed into."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from lib.changes import Changes
from lib.problems import Problem, Refused
from lib.ui import page
from lib.ui.columns import Column


@st.dialog("Add", width="medium")
def add(name: str, columns: Mapping[str, Column], save: Callable[..., str]) -> None:
    """A form with a field for each open column."""
    typed = {column.name: _field(f"{name}:add", column) for column in columns.values() if not column.locked}
    if not st.button("Add", type="primary", key=f"{name}:add:now"):
        return
    values, problems = {}, []
    for key, raw in typed.items():
        try:
            values[key] = columns[key].value(raw)
        except ValueError as why:
            problems.append(Problem(f"{why}."))
    if problems:
        page.complain(Refused(*problems))
    else:
        page.perform(save, Changes(added=(values,)))


def _field(prefix: str, column: Column) -> Any:
    key, label = f"{prefix}:{column.name}", column.label + (" *" if column.required else "")
    if column.words:
        return st.selectbox(
            label,
            list(column.words),
            index=0 if column.required else None,
            format_func=lambda v: column.words[v],
            key=key,
            help=column.help,
        )
    if column.kind == "bool":
        return st.toggle(label, bool(column.first), key=key, help=column.help)
    return st.text_input(label, key=key, help=column.help)
