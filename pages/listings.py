"""Listings: what is on sale in which store, what was sent for it, at which price and why, and what the marketplace answered."""

import streamlit as st

from lib.products import listings
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page, upload
from lib.ui.prices import why
from lib.words import ListingStatus

page.open("Listings")

COLUMNS = [
    c.picture("picture"),
    c.text("sku", "SKU", locked=True, pinned=True),
    c.text("store", "Store", locked=True),
    c.choice("status", "Status", ListingStatus, locked=True),
    c.money("price", "Price", required=True),
    c.money("pushed", "On the marketplace", locked=True, help="The price that the marketplace has taken last"),
    c.text("currency", "Currency", locked=True),
    c.number("quantity", "Quantity", required=True),
    c.text("issue", "What the marketplace said", locked=True, width=300),
    c.text("asin", "ASIN", locked=True),
    c.text("code", "Code", locked=True),
    c.text("title_zh", "中文名称", locked=True, width=200),
    c.text("title_en", "Title", locked=True, width=200),
    c.moment("updated_at", "Updated"),
]


state = page.tabs("l_status", listings.counts, ListingStatus)
with page.filters():
    wanted = listings.Filter(
        text=page.search("l_text", "SKU, ASIN, EAN or words of the title"),
        status=state,
        stores=page.choose("l_store", "Store", page.read(listings.store_names)),
        with_issue=page.toggle("l_issue", "With complaint"),
        without_price=page.toggle("l_no_price", "Without price"),
        price_differs=page.toggle("l_differs", "Other price there", help="On sale at another price than the one here"),
    )
view = grid.edit(
    "listings", listings.table, listings.count, wanted, COLUMNS,
    save=listings.save, check=listings.check, right=Right.LISTINGS, sorts=listings.SORTS,
)  # fmt: skip


@st.dialog("Send prices")
def send_prices() -> None:
    st.caption("The marketplace gets the prices that differ there, and nothing else of these listings.")
    everything = f"All {page.many(view.total)} that match the filter"
    options = [f"The {len(view.picked)} ticked", everything] if view.picked else [everything]
    which = st.radio("Which listings?", options)
    if page.button("Send", primary=True):
        page.perform(listings.send_prices, wanted if which == everything else view.picked)


asked = st.query_params.get("l_item", "")
with st.container(horizontal=True):
    if page.button("Upload details", icon=":material/receipt:", disabled=len(view.picked) != 1):
        asked = st.query_params["l_item"] = str(view.picked[0])
    if page.button("Send again", needs=Right.LISTINGS, icon=":material/upload:", disabled=not view.picked):
        page.perform(listings.send_again, view.picked)
    if page.button("Send prices", needs=Right.LISTINGS, icon=":material/sell:", disabled=not view.total):
        send_prices()
    if not asked:
        why.offer(view.picked[0] if len(view.picked) == 1 else None)
if asked:
    upload.details(asked)
