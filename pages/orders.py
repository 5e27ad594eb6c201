"""Orders: what customers bought, and what is still to do for it. The list, and beside it the order that is open."""

import streamlit as st

from lib.orders import orders
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.ui.orders import order_list, order_list_fields, order_list_paste, shipping
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

wanted = order_list_fields.ask()
order_list_paste.answer(wanted)
here = order_list.opened(COLUMNS)
left, right = order_list.halves(here is not None)
with left:
    view = grid.edit(
        "orders", orders.table, orders.count, wanted, COLUMNS,
        save=orders.save, check=orders.check, right=Right.ORDERS, sorts=orders.SORTS, seen=order_list.NARROW if here else (),
        downloads=False,  # the bar below takes away more: the ticked ones, lines, buyers
    )  # fmt: skip
    order_list.place(view, here)
    order_list.several(view)
    shipping.bar(view, wanted)
    st.page_link("pages/import_orders.py", label="Import a file of orders", icon=":material/upload_file:")
if here is not None:
    with right:
        order_list.panel(here, wanted)
