"""The goods of an order on their way: what was bought for it, the legs of the journey, and the parcels to the buyer."""

from typing import Any

import streamlit as st

from lib import money
from lib.counted import counted
from lib.orders.order_detail import Detail
from lib.purchases import legs
from lib.purchases.legs import Kind, Leg, State
from lib.ui import page
from lib.ui.orders import shipping

ICONS = {
    Kind.ORDER: ":material/receipt_long:",
    Kind.PURCHASE: ":material/shopping_cart:",
    Kind.PARCEL: ":material/local_shipping:",
    Kind.WAREHOUSE: ":material/warehouse:",
    Kind.INTERNATIONAL: ":material/flight:",
}


def journey(order: Detail) -> None:
    """Each leg of the goods: done, now, stuck or still ahead. An order that nothing was bought for has no journey yet."""
    found = page.read(legs.legs, order.id)
    if len(found) < 2:
        return
    with st.container(border=True, gap="small"):
        st.markdown("**On its way**")
        for leg in found:
            _leg(leg)


def _leg(leg: Leg) -> None:
    colour: Any = leg.state.colour
    age = "" if leg.age_days is None else f" {leg.age_days} d"
    at = f"{leg.at:%Y-%m-%d}" if leg.at else "" if leg.state == State.AHEAD else "day not known"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(
            f"{leg.kind.label}{age}", color=colour, icon=ICONS[leg.kind], help=f"{leg.state.label}: {leg.state.meaning}"
        )
        st.caption(page.plain(" · ".join(filter(None, (at, leg.title, leg.detail)))))


def purchases(order: Detail) -> None:
    if not order.purchases:
        return
    with st.container(border=True, gap="small"):
        st.markdown("**Purchases**")
        for bought in order.purchases:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                page.badge(bought.status)
                page.badge(bought.payment)
                page.badge(bought.site)
                st.page_link("pages/purchase.py", label=bought.number or f"Purchase {bought.id}", icon=":material/shopping_cart:",
                             query_params={"b_text": bought.number or order.number}, width="content")  # fmt: skip
            pieces = counted(bought.quantity, "piece")
            facts = [pieces, money.text(bought.total, bought.currency), bought.operator, bought.tracking or "no tracking yet",
                     bought.warehouse, bought.remark]  # fmt: skip
            st.caption(page.plain(" · ".join(filter(None, facts))))


def sent(order: Detail) -> None:
    """The parcels that have left for the buyer, what can be done with each, and the form for what is still here."""
    with st.container(border=True, gap="small"):
        st.markdown("**Parcels**")
        shipping.show(order.id)
