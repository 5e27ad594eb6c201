"""Tracking numbers from a list, with a verdict for each row before anything is written; and tracking that is on the wrong purchase."""

from collections import Counter

import pandas as pd
import streamlit as st

from lib.counted import counted
from lib.problems import Refused
from lib.purchases import tracking_lists
from lib.purchases.tracking_lists import WRITES, Row, Verdict
from lib.rights import Right
from lib.ui import page

MOST_SHOWN = 500


@st.dialog("Paste tracking", width="large")
def paste() -> None:
    """Two columns: the number of a purchase, of the order it serves, or #12; and the tracking number. More columns, more numbers."""
    st.caption(
        "Copy two columns in Excel and paste them here: purchase number, tracking. An order's number will do too, or #12 for "
        "our own. Several rows for one purchase are several parcels."
    )
    text = st.text_area(
        "List", key="tracking list", height=150, placeholder="26047719001\tSF1234567890", label_visibility="collapsed"
    )
    taken = st.toggle(
        "Also those that stand on another purchase",
        key="tracking taken",
        help="One parcel may hold what two purchases bought",
    )
    if not (text or "").strip():
        return
    try:
        rows = page.read(tracking_lists.judged, text or "", taken)
    except Refused as refusal:
        page.complain(refusal)
        return
    _summary(rows)
    _table(rows)
    writes = sum(row.verdict in WRITES for row in rows)
    if page.button(f"Set {counted(writes, 'tracking number')}", needs=Right.PURCHASES, primary=True, disabled=not writes,
                   key="tracking now"):  # fmt: skip
        page.perform(tracking_lists.put, text or "", rows, taken)


def _summary(rows: list[Row]) -> None:
    found = Counter(row.verdict for row in rows)
    with st.container(horizontal=True, gap="small"):
        for verdict in Verdict:
            if found[verdict]:
                st.badge(f"{verdict.label} {found[verdict]:,}", color=verdict.colour, help=verdict.meaning)  # type: ignore[arg-type]


def _table(rows: list[Row]) -> None:
    """Those that need a look first."""
    order = list(Verdict)
    shown = sorted(rows, key=lambda row: (row.verdict.colour != "red", order.index(row.verdict), row.line))[:MOST_SHOWN]
    cells = [(row.line, row.number, row.tracking, row.verdict.label, row.said) for row in shown]
    st.dataframe(
        pd.DataFrame(cells, columns=["Row", "Purchase", "Tracking", "Verdict", "Why"]),
        hide_index=True, height=min(320, 38 + 35 * len(cells)), alt="tracking rows",
    )  # fmt: skip
    if len(rows) > len(shown):
        st.caption(f"The first {MOST_SHOWN} of {len(rows):,} rows, those with a problem before the others.")


@st.dialog("Move tracking")
def move(purchase_id: int) -> None:
    """Take tracking from this purchase to the one that it belongs to."""
    numbers = page.read(tracking_lists.numbers_of, purchase_id)
    if not numbers:
        st.info("This purchase has no tracking number.")
        return
    chosen = st.multiselect("Tracking numbers", numbers, default=numbers, key="move numbers")
    to = st.text_input("To the purchase", key="move to", placeholder="Purchase number, order number, or #12")
    if page.button(
        "Move", needs=Right.PURCHASES, primary=True, disabled=not (chosen and (to or "").strip()), key="move now"
    ):
        page.perform(tracking_lists.move, purchase_id, to or "", chosen)
