"""The head of an order: its number to copy, where it comes from, both statuses, how long it still has, and what it is worth."""

from typing import Any
from urllib.parse import quote, urlsplit

import streamlit as st

from db.models import now
from lib import money
from lib.orders import order_detail
from lib.orders.order_detail import Detail
from lib.ui import page


def show(order: Detail) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.code(order.number, language=None, width="content")
        with st.popover("Link", icon=":material/link:", type="tertiary"):
            st.caption("Opens this order, for everybody who may sign in")
            st.code(link(order.number), language=None, wrap_lines=True)
        st.space("stretch")
        st.markdown(f"**{page.plain(_total(order))}**", width="content")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        page.badge(order.work_status)
        page.badge(order.status)
        _due(order)
    where = (
        order.marketplace
        if order.country in (None, order.marketplace)
        else f"{order.marketplace}, sent to {order.country}"
    )
    sent = " · sent by Amazon" if order.fulfilment == "amazon" else ""
    st.caption(page.plain(f"{order.store} · {where} · bought {order.bought_at:%Y-%m-%d %H:%M} UTC{sent}"))


def _total(order: Detail) -> str:
    return "total not told yet" if order.total is None else money.text(order.total, order.currency)


def _due(order: Detail) -> None:
    due = order_detail.due(order.ship_by, order.status, order.work_status, order.is_told, now())
    if due is None or order.ship_by is None:
        if order.shipped_at:
            st.caption(f"shipped {order.shipped_at:%Y-%m-%d}", width="content")
        return
    colour: Any = "red" if due.is_late else "orange" if due.is_soon else "green"
    st.badge(
        due.text, color=colour, icon=":material/timer:", help=f"Must be shipped by {order.ship_by:%Y-%m-%d %H:%M} UTC"
    )


def link(number: str) -> str:
    """The address of an order, whole where the browser has told where we are."""
    here = urlsplit(st.context.url or "")
    base = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    return f"{base}/orders?order={quote(number)}"
