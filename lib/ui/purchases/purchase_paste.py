"""Paste numbers to look for: of purchases, orders, parcels, SKUs, any number of them; and what became of each."""

import streamlit as st

from lib.orders import pasted_lists
from lib.purchases import purchases
from lib.purchases.purchases import Filter
from lib.ui import criteria, page
from lib.ui.orders import order_list_paste

FIELD, SHUT = "purchases:pasted", "purchases:paste"


def box() -> None:
    """The field behind the button Paste."""
    popover = st.popover("Paste", icon=":material/content_paste_search:", key=SHUT, on_change="rerun")
    with popover, st.form("purchases:paste:form", border=False):
        st.text_area("Numbers", key=FIELD, height=220, width=360,
                     placeholder="Purchases, orders, tracking, SKUs: any number of them, separated anyhow")  # fmt: skip
        st.form_submit_button("Find these", icon=":material/search:", type="primary", on_click=_find)


def _find() -> None:
    """Keep the list; only its key stands in the address."""
    key = page.attempt(pasted_lists.keep, st.session_state.get(FIELD) or "")
    if key is not None:
        criteria.stand("b_paste", key)
        st.session_state[SHUT] = False


def answer(wanted: Filter) -> None:
    """How many were asked for, found, pasted twice and not found, with the lists."""
    if wanted.paste:
        order_list_paste.tell(page.read(purchases.answer, wanted), "purchase")
