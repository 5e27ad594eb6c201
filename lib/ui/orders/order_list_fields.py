"""The fields above the list of orders: the most used in a row, all others behind More, and what they ask for in words."""

from datetime import date
from typing import Any

import streamlit as st

from lib.orders import order_links, orders
from lib.orders.order_links import FULFILMENT, ORDERS, RANGES
from lib.orders.orders import Filter
from lib.ui import criteria, page, views
from lib.ui.orders import order_list_paste
from lib.words import CURRENCIES, OrderStatus, ShipmentState, WorkStatus

YES_NO = {True: "Yes", False: "No"}
MORE = ("o_country", "o_works", "o_dates", "o_since", "o_until", "o_days", "o_fulfilment", "o_bought", "o_tracked", "o_vain",
        "o_losing", "o_currency", "o_least", "o_most", "o_tags", "o_parcels")  # fmt: skip
HALF = 152
FIRST, LAST = date(1995, 1, 1), date(2099, 12, 31)


def ask() -> Filter:
    """Draw the fields; what they ask for."""
    tabs = st.container()
    with page.filters():
        views.bar("orders")
        page.search("o_text", "Order, SKU, ASIN, EAN, tracking, words")
        page.choose("o_store", "Store", page.read(orders.store_names), width=130)
        page.choose("o_status", "Marketplace status", OrderStatus, width=144)
        order_list_paste.box()
        _more()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        page.toggle("o_late", "Late")
        page.toggle("o_soon", "Ship by soon", "Within 48 hours")
        page.toggle("o_unlinked", "Unlinked lines")
        criteria.chips(ORDERS)
    answer = order_links.read(ORDERS, criteria.current(ORDERS))
    with tabs:
        wanted = orders.in_work(answer.wanted, page.tabs("o_work", orders.counts, WorkStatus, answer.wanted))
    for problem in answer.problems:
        st.warning(page.plain(problem))
    return wanted


def _more() -> None:
    active = sum(bool(typed) for key, typed in criteria.current(ORDERS).items() if key in MORE)
    with st.popover(f"More ({active})" if active else "More", icon=":material/tune:", key="o_more"):
        with st.container(horizontal=True):
            page.choose("o_works", "Work statuses", WorkStatus, width=HALF)
            page.choose("o_country", "Country", page.read(orders.countries), width=HALF)
        _days()
        with st.container(horizontal=True):
            page.pick("o_bought", "Has a purchase", YES_NO, width=HALF)
            page.pick("o_tracked", "Has tracking", YES_NO, width=HALF)
        with st.container(horizontal=True):
            page.toggle("o_vain", "Canceled but bought")
            page.toggle("o_losing", "Losing money")
        with st.container(horizontal=True):
            page.pick("o_currency", "Currency", CURRENCIES, width=96)
            _amount("o_least", "At least")
            _amount("o_most", "At most")
        with st.container(horizontal=True):
            page.pick("o_fulfilment", "Sent by", FULFILMENT, width=HALF)
            page.choose("o_parcels", "Parcels to the buyer", ShipmentState, width=HALF)
        st.multiselect("Tags", [], key="o_tags", accept_new_options=True, bind="query-params", placeholder="Any of these",
                       width=2 * HALF + 16)  # fmt: skip


def _days() -> None:
    """Which date, and its days: a range that goes on moving, or two days."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = orders.Dates.labels()
        st.selectbox(
            "Which date", list(words), key="o_dates", format_func=words.__getitem__, bind="query-params", width=HALF
        )
        st.pills(
            "Days",
            list(RANGES),
            key="o_days",
            format_func=RANGES.__getitem__,
            bind="query-params",
            label_visibility="collapsed",
        )
    moving: Any = st.session_state.get("o_days")
    with st.container(horizontal=True):
        for key, label in (("o_since", "From"), ("o_until", "To")):
            st.date_input(label, None, FIRST, LAST, key=key, bind="query-params", width=HALF, format="YYYY-MM-DD",
                          disabled=moving is not None)  # fmt: skip


def _amount(key: str, label: str) -> None:
    st.text_input(label, key=key, bind="query-params", width=104, max_chars=20, placeholder="Any")
