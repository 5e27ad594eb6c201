"""Changing many rows at once: the ticked ones, or all that match the filter. It says which before it does."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from lib.ui import page
from lib.ui.sheet import View
from lib.words import Term

Fields = Mapping[str, tuple[str, type[Term]]]


@st.dialog("Change many", width="medium")
def change(view: View, wanted: Any, fields: Fields, put: Callable[..., str]) -> None:
    """Put one value into one column with `put(session, wanted or ids, field, value)`."""
    everything = f"All {page.many(view.total)} that match the filter"
    options = [f"The {len(view.picked)} ticked", everything] if view.picked else [everything]
    which = st.radio("Which rows?", options, key="many:which")
    field = st.selectbox("What?", list(fields), format_func=lambda name: fields[name][0], key="many:field")
    value = st.selectbox("To", list(fields[field][1]), format_func=lambda term: term.label, key=f"many:{field}")
    if page.button("Change", primary=True, key="many:now"):
        page.perform(put, wanted if which == everything else view.picked, field, value)
