"""The Warehouses tab: forwarding warehouses to be typed into, added, and taken away while nothing has gone there."""

import streamlit as st

from lib.purchases import warehouses
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page

COLUMNS = [
    c.text("name", "Name", required=True, most=100, pinned=True),
    c.text("address", "Address", width=380, most=500),
    c.text("inbound_code", "Inbound code", most=60, help="What the warehouse knows us by; it stands on every mark"),
    c.text("contact", "Contact", width=200, most=200),
    c.flag("active", "In use", first=True, help="Whether new purchases may go there"),
    c.flag("is_used", "Has purchases", locked=True, help="Such a warehouse cannot be deleted"),
]


def show() -> None:
    with page.filters():
        wanted = page.search("w_text", "Name, address, code or contact")
    st.caption(
        "The address and the inbound code stand on the marks. A warehouse with purchases cannot be deleted: take “In use” away."
    )
    grid.edit("warehouses", warehouses.table, warehouses.count, wanted, COLUMNS, save=warehouses.save, check=warehouses.check,
              right=Right.PURCHASES, add=True, delete=True)  # fmt: skip
