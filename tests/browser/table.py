"""A screen with two tables, to try on it that tests type and press as a person does. Served by test_grid.py alone."""

from datetime import date

import pandas as pd
import streamlit as st

column = st.column_config
lamps = pd.DataFrame(
    {
        "sku": [f"0{number:03}" for number in range(60)],
        "title": ["台灯 Lamp"] * 60,
        "price": [1.10 + number for number in range(60)],
        "status": ["draft"] * 60,
        "active": [False] * 60,
        "since": [date(2026, 1, 1)] * 60,
        **{f"note {number}": [""] * 60 for number in range(12)},
    },
    index=range(100, 160),
)
st.data_editor(
    lamps,
    key="products",
    alt="Products",
    hide_index=True,
    column_config={
        "status": column.SelectboxColumn(options=["draft", "active", "retired"]),
        "price": column.NumberColumn("Price", format="%.2f"),
    },
)

chosen = st.dataframe(
    lamps[["sku", "title"]].head(5).assign(action="Open"),
    alt="Orders",
    hide_index=True,
    selection_mode="multi-row",
    on_select="rerun",
    column_config={"action": column.ButtonColumn("Action", key="pressed")},
)
st.text(f"chosen {chosen.selection.rows}")
st.text(f"pressed {st.session_state.get('pressed')}")
