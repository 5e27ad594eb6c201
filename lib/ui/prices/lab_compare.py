"""Experiments beside each other: what each of them would do to the same prices."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import pandas as pd
import streamlit as st

from lib.prices import price_looks
from lib.prices.formula import EXACT
from lib.prices.price_draft import Draft, Scope
from lib.prices.price_experiments import Kept
from lib.prices.price_looks import Library
from lib.prices.price_preview import Margin, Preview
from lib.ui import page

MOST = 4
SAVED, MINE = "As saved", "My draft"


@st.dialog("Compare experiments", width="large")
def show(there: Mapping[int, Kept], draft: Draft, known: Library, scope: Scope) -> None:
    """Two to four of them and what is saved, a column each; the numbers are those of the preview."""
    names = {number: f"{kept.name} · {kept.owner}" for number, kept in there.items()} | ({0: MINE} if draft else {})
    chosen = st.multiselect("Experiments", list(names), [*names][:2], format_func=names.__getitem__, max_selections=MOST,
                            key="lab compared")  # fmt: skip
    if not chosen:
        st.caption("Keep what you try as an experiment; then it can be compared with another one.")
        return
    drafts = {SAVED: Draft()} | {names[n]: there[n].draft if n else draft for n in chosen[:MOST] if n in names}
    looks = {
        name: page.read(price_looks.take, known, price_looks.tried(known, tried), scope).preview
        for name, tried in drafts.items()
    }
    table = pd.DataFrame({name: figures(found) for name, found in looks.items()})
    columns: dict[str, Any] = {name: st.column_config.TextColumn(name, alignment="right") for name in looks}
    columns["_index"] = st.column_config.TextColumn("", width=120)
    st.dataframe(table, key="lab comparison", alt="Comparison", column_config=columns, height=38 + 35 * len(table))
    st.caption("Against the prices that listings have now, for the filter above.")


def figures(found: Preview) -> dict[str, str]:
    counts = {
        "Up": found.up, "Down": found.down, "Stay": found.same, "First price": found.first, "No price": found.none, "Locked": found.locked,
        "Below floor": found.below_floor, "Below cost": found.below_cost,
    }  # fmt: skip
    told = {name: f"{count:,}" for name, count in counts.items()}
    told |= {
        "Moved": f"{found.moved_share} %",
        "Biggest move": f"{found.most_change} %",
        "Mean change": _mean(found),
    }
    for margin in found.margins:
        told[f"Margin {margin.currency}"] = _margin(margin)
    return told


def _mean(found: Preview) -> str:
    """Over all stores, each by how many prices it compares."""
    shares = [
        (share.mean_change, share.up + share.down + share.same)
        for share in found.by_store
        if share.mean_change is not None
    ]
    many = sum(count for _, count in shares)
    if not many:
        return "–"
    return f"{sum((mean * count for mean, count in shares), Decimal(0)) / many:+.2f} %"


def _margin(margin: Margin) -> str:
    if margin.revenue_after <= 0:
        return "–"
    with localcontext(EXACT):
        return f"{(margin.revenue_after - margin.cost_after) * 100 / margin.revenue_after:.2f} %"
