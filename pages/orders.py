"""Orders: what customers bought, and what is still to do for it."""

import streamlit as st

from lib import orders
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, order_drawer, page
from lib.words import OrderStatus, WorkStatus

page.open("Orders")

COLUMNS = [
    c.picture("picture"),
    c.text("number", "Order", locked=True, pinned=True),
    c.text("store", "Store", locked=True),
    c.choice("work_status", "Work", WorkStatus, width=160, help="Follows from the facts. By hand: Exception or Closed"),
    c.choice("status", "Marketplace", OrderStatus, locked=True),
    c.text("items", "Items", locked=True, width=240),
    c.number("quantity", "Pieces", locked=True),
    c.money("total", "Total", locked=True, currency="currency"),
    c.text("currency", "Currency", locked=True),
    c.text("country", "Country", locked=True),
    c.moment("bought_at", "Bought"),
    c.moment("ship_by", "Ship by"),
    c.text("tracking", "Tracking", locked=True),
    c.text("note", "Note", width=200),
    c.text("tags", "Tags", most=200),
]
YES_NO = {True: "Yes", False: "No"}
MORE = ("o_numbers", "o_status", "o_country", "o_bought", "o_tracked", "o_dates", "o_since", "o_until")

tabs = st.container()
with page.filters():
    text = page.search("o_text", "Order, SKU, ASIN, tracking or words")
    stores = page.choose("o_store", "Store", page.read(orders.store_names))
    unlinked = page.toggle("o_unlinked", "Unlinked lines")
    late = page.toggle("o_late", "Late")
    soon = page.toggle("o_soon", "Ship by soon", "Within 48 hours")
    active = sum(key in st.query_params for key in MORE)
    with st.popover(f"More ({active})" if active else "More", icon=":material/tune:", key="o_more"):
        numbers = st.text_area("Any of these numbers", key="o_numbers", bind="query-params", height=140,
                               placeholder="A pasted list: orders, SKUs, ASINs, platform orders, tracking")  # fmt: skip
        statuses = page.choose("o_status", "Marketplace status", OrderStatus, width=320)
        countries = page.choose("o_country", "Country", page.read(orders.countries), width=320)
        with st.container(horizontal=True):
            bought = page.pick("o_bought", "Has a purchase", YES_NO, width=152)
            tracked = page.pick("o_tracked", "Has tracking", YES_NO, width=152)
        dates = st.selectbox(
            "Which date", list(orders.Dates), key="o_dates", format_func=lambda d: d.label, bind="query-params"
        )
        with st.container(horizontal=True):
            since = st.date_input("From", None, key="o_since", bind="query-params", width=152)
            until = st.date_input("To", None, key="o_until", bind="query-params", width=152)
wanted = orders.Filter(
    text, numbers or "", stores, countries, statuses, None, dates, since, until, bought, tracked, unlinked, late, soon
)
with tabs:
    wanted = orders.in_work(wanted, page.tabs("o_work", orders.counts, WorkStatus, wanted))
if missing := page.read(orders.missing, wanted.numbers):
    st.warning(
        page.plain(f"Not found: {len(missing):,} ({', '.join(missing[:10])}{' …' if len(missing) > 10 else ''})")
    )

view = grid.edit(
    "orders", orders.table, orders.count, wanted, COLUMNS,
    save=orders.save, check=orders.check, right=Right.ORDERS, sorts=orders.SORTS,
)  # fmt: skip
number = page.read(orders.number_of, view.picked)
with st.container(horizontal=True, vertical_alignment="center"):
    if page.button("Open", disabled=number is None, icon=":material/open_in_new:", help="Tick one order first"):
        order_drawer.open(number)
    if page.button("Add purchase", needs=Right.PURCHASES, disabled=number is None, icon=":material/add_shopping_cart:"):
        order_drawer.open(number, buy=True)
order_drawer.asked()
