"""Purchase: what was bought, on which site, for which orders, and where the goods are."""

import streamlit as st

from lib import purchases
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.words import PurchaseStatus, Source

page.open("Purchase", note="Purchases are made from an order: Orders, Open, Add purchase.")

COLUMNS = [
    c.picture("picture"),
    c.text("number", "Platform order", most=80, pinned=True),
    c.choice("site", "Site", Source, locked=True),
    c.choice("status", "Status", PurchaseStatus),
    c.text("orders", "For orders", locked=True, width=180),
    c.text("items", "Items", locked=True, width=200),
    c.number("quantity", "Pieces", locked=True),
    c.money("unit_cost", "Unit cost", required=True),
    c.money("freight", "Freight", required=True),
    c.money("total", "Total", locked=True, currency="currency"),
    c.text("currency", "Currency", locked=True),
    c.text("tracking", "Domestic tracking", width=200, most=450, help="Several with commas between"),
    c.text("operator", "Operator", required=True, most=60),
    c.text("contact", "Contact", most=200),
    c.text(
        "transport",
        "Transport",
        most=200,
        help="general, battery, magnetic, liquid, powder, cosmetics, oversized, branded",
    ),
    c.flag("transshipped", "Transshipped", locked=True),
    c.text("warehouse", "Warehouse", locked=True),
    c.moment("arrived_at", "Arrived"),
    c.moment("relabelled_at", "Relabelled"),
    c.moment("forwarded_at", "Forwarded"),
    c.text("remark", "Remark", width=200),
    c.moment("created_at", "Bought"),
]

tabs = st.container()
with page.filters():
    wanted = purchases.Filter(
        text=page.search("b_text", "Order, tracking, SKU or words"),
        sites=page.choose("b_site", "Site", Source),
        operators=page.choose("b_operator", "Operator", page.read(purchases.operators)),
        without_tracking=page.toggle("b_untracked", "Without tracking"),
        transshipped=page.toggle("b_transshipped", "Transshipped"),
    )
with tabs:
    wanted = purchases.in_status(wanted, page.tabs("b_status", purchases.counts, PurchaseStatus, wanted))

view = grid.edit(
    "purchases", purchases.table, purchases.count, wanted, COLUMNS,
    save=purchases.save, check=purchases.check, right=Right.PURCHASES, sorts=purchases.SORTS,
)  # fmt: skip

VERBS = {
    "Arrived": (purchases.arrived, "inventory", "All of it is here, or at the forwarding warehouse"),
    "Relabelled": (purchases.relabelled, "new_label", "The forwarding warehouse has put the labels on"),
    "Forwarded": (purchases.forwarded, "local_shipping", "The forwarding warehouse has sent it on"),
    "Cancel": (purchases.cancel, "cancel", "Not bought after all; the way back is in History"),
}
with st.container(horizontal=True, vertical_alignment="center"):
    for label, (command, icon, meaning) in VERBS.items():
        if page.button(label, needs=Right.PURCHASES, disabled=not view.picked, icon=f":material/{icon}:", help=meaning):
            page.perform(command, view.picked)
    st.space("stretch")
    st.page_link(
        "pages/history.py", label="Undo in History", icon=":material/history:", query_params={"h_table": "purchase"}
    )
