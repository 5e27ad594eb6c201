"""The buyer of an order: masked, shown to those who may for this one look, and written down that they have looked."""

import streamlit as st

from lib.channels import ChannelBuyer
from lib.orders import buyers
from lib.orders.order_detail import Detail
from lib.rights import Right
from lib.ui import page


def show(order: Detail) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(order.buyer)
            st.space("stretch")
            pressed = page.button("Reveal", needs=Right.BUYERS, disabled=not order.has_buyer, icon=":material/visibility:",
                                  key="order:reveal", help="Your name and the time go into the history")  # fmt: skip
        if order.buyer_note:
            st.caption(order.buyer_note)
        # Drawn in this run and kept nowhere: the next run of the panel shows the mask again.
        seen: list[ChannelBuyer] = []
        if pressed and page.attempt(buyers.reveal, order.id, seen.append):
            for value in filter(None, vars(seen[0]).values()):
                st.text(value if isinstance(value, str) else ", ".join(map(str, value)))
