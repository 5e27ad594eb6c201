"""The legs of goods from left to right: each with its date and how long the goods have been there, red where that is too long."""

from collections.abc import Sequence

import streamlit as st

from lib.purchases.legs import Kind, Leg, State
from lib.ui import page

ICONS = {
    "order": "receipt_long",
    "purchase": "shopping_cart",
    "parcel": "package_2",
    "warehouse": "warehouse",
    "international": "flight",
}


def draw(legs: Sequence[Leg]) -> None:
    """A box for each leg; nothing when there is none."""
    if not legs:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="top"):
        for leg in legs:
            with st.container(border=True, width=204, gap="xsmall"):
                _leg(leg)


def _leg(leg: Leg) -> None:
    colour = leg.state.colour
    age = f" · {leg.age_days} d" if leg.age_days is not None else ""
    st.markdown(f":{colour}[:material/{ICONS[leg.kind.value]}: **{leg.kind.label}**]")
    if leg.kind == Kind.ORDER:
        st.page_link("pages/orders.py", label=page.plain(leg.title), query_params={"order": leg.title}, width="content")
    else:
        st.markdown(page.plain(leg.title) if leg.state != State.AHEAD else f":gray[{page.plain(leg.title)}]")
    st.badge(f"{leg.state.label}{age}", color=colour)  # type: ignore[arg-type]
    said = " · ".join(filter(None, (f"{leg.at:%Y-%m-%d}" if leg.at else "", leg.detail)))
    if said:
        st.caption(page.plain(said))
