"""Co-sell: our offers on items that others have put on the marketplace."""

import streamlit as st

from lib import cosell, stores
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.words import OfferStatus

page.open("Co-sell")

names = page.read(stores.names)

COLUMNS = [
    c.choice("store", "Store", names.values()),
    c.text("asin", "ASIN", required=True, most=10, help="10 capital letters and digits, from the item's page"),
    c.text("sku", "SKU", required=True, most=80),
    c.choice("status", "Status", OfferStatus, locked=True),
    c.money("price", "Price", help="Typed here: no rule makes the price of an offer, so it has no formula"),
    c.text("currency", "Currency", locked=True),
    c.number("quantity", "Quantity"),
    c.money("floor", "Floor", help="The price never goes below"),
    c.flag("confirmed", "Confirmed", help="Same brand, same item, and we may sell it"),
    c.text("issue", "Issue", locked=True, width=260),
    c.text("product", "Product", most=80, help="SKU in the library; may be linked later, when an order has come"),
    c.number("orders", "Orders", locked=True),
    c.text("asin_brand", "Its brand", locked=True),
    c.text("asin_title", "Its title", locked=True, width=240),
    c.moment("pushed_at", "Pushed"),
    c.moment("updated_at", "Changed"),
]

status = page.tabs("s_status", cosell.counts, OfferStatus)
with page.filters():
    wanted = cosell.Filter(
        text=page.search("s_text", "SKU or ASIN"),
        stores=page.choose("s_store", "Store", names),
        status=status,
        unlinked=page.toggle("s_unlinked", "Has orders, no product"),
    )

st.caption("Update saves what is typed and pushes it to the marketplace, once it has a price and is confirmed.")
view = grid.edit(
    "offers", cosell.table, cosell.count, wanted, COLUMNS, save=cosell.update, verb="Update",
    check=cosell.check, right=Right.OFFERS, sorts=cosell.SORTS, add=True, delete=True,
)  # fmt: skip
if page.button("Push ticked", needs=Right.OFFERS, disabled=not view.picked, help="Send them again as they are saved"):
    page.perform(cosell.push, view.picked)
