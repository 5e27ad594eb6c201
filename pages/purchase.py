"""Purchase: what was bought, on which site, for which orders, and where the goods are."""

import streamlit as st

from lib.ui import page
from lib.ui.purchases import purchase_desk, purchase_stages, warehouses

page.open("Purchase", note="Purchases are made from orders: Orders, Add purchase.")

TABS = {"Purchases": purchase_desk.show, "Transshipment": purchase_stages.show, "Warehouses": warehouses.show}
for tab, show in zip(st.tabs(list(TABS), key="desk", bind="query-params"), TABS.values(), strict=True):
    if tab.open:
        with tab:
            show()
