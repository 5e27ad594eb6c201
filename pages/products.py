"""Products: the library. Find, correct, and prepare what is to be listed."""

import streamlit as st

from lib.products import listings, products
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, many, page
from lib.ui.prices import why
from lib.words import CURRENCIES, LibraryState, SalesStatus, Source

page.open("Products")

categories = page.read(products.category_names)

COLUMNS = [
    c.picture("picture"),
    c.text("sku", "SKU", required=True, most=80, pinned=True),
    c.text("title_zh", "中文名称", width=240, most=500),
    c.text("title_en", "Title", width=240, most=500),
    c.choice("category", "Category", categories.values(), required=False, width=180),
    c.choice("source", "Source", Source),
    c.money("source_price", "Source price", help="What one piece costs at the source"),
    c.choice("currency", "Currency", CURRENCIES),
    c.choice("sales_status", "Sales status", SalesStatus),
    c.choice("state", "Library", LibraryState),
    c.text("ean", "EAN", locked=True, help="Codes are assigned on EAN Generator; a code never changes by typing"),
    c.text("brand", "Brand", most=200),
    c.number("weight_grams", "Weight (g)"),
    c.text("tags", "Tags", most=500),
    c.text("remark", "Remark"),
    c.moment("last_order_at", "Last order"),
    c.moment("updated_at", "Updated"),
    c.moment("created_at", "Created"),
]
FIELDS = {
    "sales_status": ("Sales status", SalesStatus),
    "source": ("Source", Source),
    "state": ("Library", LibraryState),
}

state = page.tabs("p_state", products.counts, LibraryState)
with page.filters():
    wanted = products.Filter(
        text=page.search("p_text", "SKU, EAN or words of the title"),
        state=state,
        sales_status=page.choose("p_status", "Sales status", SalesStatus),
        categories=page.choose("p_category", "Category", categories),
        sources=page.choose("p_source", "Source", Source),
        without_code=page.toggle("p_no_code", "Without code"),
        without_picture=page.toggle("p_no_picture", "Without picture"),
    )

view = grid.edit(
    "products", products.table, products.count, wanted, COLUMNS,
    save=products.save, check=products.check, right=Right.PRODUCTS, sorts=products.SORTS, add=True, delete=True,
)  # fmt: skip


@st.dialog("List in stores", width="medium")
def list_in_stores() -> None:
    st.caption(f"{len(view.picked)} ticked, at today's prices. They are sent to the marketplace with the next run.")
    stores = page.tick("p_stores", "Stores", page.read(listings.stores))
    quantity = st.number_input("Quantity in each store", 0, 1_000_000, 10)
    leave_out = st.toggle(
        "Leave out what cannot be listed", help="Otherwise nothing is listed when one of them cannot be"
    )
    if page.button("List", primary=True, disabled=not stores):
        page.perform(listings.create, view.picked, stores, quantity, leave_out)


with st.container(horizontal=True, vertical_alignment="center"):
    if page.button("List in stores", needs=Right.LISTINGS, disabled=not view.picked, icon=":material/storefront:"):
        list_in_stores()
    if page.button("Change many", needs=Right.PRODUCTS, disabled=not view.total, icon=":material/edit_square:"):
        many.change(view, wanted, FIELDS, products.put)
    why.offer_product(view.picked[0] if len(view.picked) == 1 else None)
    st.page_link("pages/import_products.py", label="Import a file", icon=":material/upload_file:")
    st.page_link("pages/ean_generator.py", label="Give codes", icon=":material/barcode:")
