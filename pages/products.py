"""Products: the library. Find, correct, and prepare what is to be listed."""

import streamlit as st

from lib import products
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
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

with st.container(horizontal=True):
    st.page_link("pages/import_products.py", label="Import a file", icon=":material/upload_file:")
    st.page_link("pages/ean_generator.py", label="Give codes", icon=":material/barcode:")
