"""Captured: what was taken from the platforms, a card each. Fill in the details and take it into the library, or straight into stores."""

import streamlit as st

from lib.products import captured, listings, products
from lib.rights import Right
from lib.ui import page, pictures
from lib.words import CURRENCIES, Source, Transport

page.open("Captured", note="Product images: click a card, fill in the details, and upload it to the product library.")


def close() -> None:
    st.query_params.pop("c_item", None)


@st.dialog("Product details", width="medium", position="right", on_dismiss=close)
def fill_in(number: int, item: captured.Details) -> None:
    categories, stores = page.read(products.category_names), page.read(listings.stores)
    sku = st.text_input("SKU", item.sku, max_chars=80, key=f"sku{number}")
    title_zh = st.text_input("中文名称", item.title_zh or "", max_chars=500, key=f"zh{number}")
    title_en = st.text_input("Title", item.title_en or "", max_chars=500, key=f"en{number}")
    category = st.selectbox("Category", categories, key=f"category{number}", format_func=categories.__getitem__,
                            index=[*categories].index(item.category_id) if item.category_id in categories else None)  # fmt: skip
    with st.container(horizontal=True):
        price = st.text_input("Source price", item.price, key=f"price{number}")
        currency = st.selectbox("Currency", CURRENCIES, CURRENCIES.index(item.currency), key=f"currency{number}")
        grams = st.number_input("Weight (g)", 0, 10**7, item.weight_grams, key=f"grams{number}")
    brand = st.text_input("Brand", item.brand or "", max_chars=200, key=f"brand{number}")
    marks = item.transport.split(",") if item.transport else []
    transport = st.pills("Transport", [*Transport.labels()], format_func=Transport.labels().get, selection_mode="multi",
                         default=marks, key=f"transport{number}")  # fmt: skip
    description = st.text_area("Description", item.description or "", key=f"description{number}")
    chosen = st.multiselect("Stores for New Product", stores, format_func=stores.__getitem__, key=f"stores{number}")
    give_code = st.checkbox("Give it a reserved code if it has none", True, key=f"code{number}")
    filled = captured.form(sku=sku, title_zh=title_zh, title_en=title_en, category_id=category, price=price, currency=currency,
                           weight_grams=grams, brand=brand, transport=transport, description=description, known=item)  # fmt: skip
    for problem in filled.problems:
        st.error(page.plain(problem.text))
    with st.container(horizontal=True):
        if page.button("Upload to product library", needs=Right.PRODUCTS, disabled=bool(filled.problems)):
            page.perform(captured.upload, number, filled.details)
        if page.button("New Product", needs=Right.LISTINGS, primary=True, disabled=bool(filled.problems) or not chosen,
                       help="Into the library and on sale in the chosen stores, in one step"):  # fmt: skip
            page.perform(captured.new_product, number, filled.details, chosen, give_code)


with page.filters():
    wanted = captured.Filter(page.search("c_text", "Words of the title"), page.choose("c_source", "Source", Source))
    total = page.read(captured.count, wanted)
    pages = max(1, -(-total // captured.CARDS))
    number = int(st.number_input("Page", 1, pages, key="c_page", width=120) or 1) if pages > 1 else 1
if not total:
    st.info("Nothing captured matches. Take a filter away.", icon=":material/search_off:")

asked = st.query_params.get("c_item", "")
columns = st.columns(4)
for place, card in enumerate(page.read(captured.cards, wanted, number)):
    with columns[place % 4], st.container(border=True):
        pictures.large(card.picture)
        st.text(card.title)
        with st.container(horizontal=True, vertical_alignment="center"):
            page.badge(card.source)
            st.caption(page.plain(f"{card.price:.2f} {card.currency}" if card.price else "no price"))
        if page.button("Fill in", key=f"card{card.id}", icon=":material/edit:"):
            asked = st.query_params["c_item"] = str(card.id)

if item := page.read(captured.details, asked):
    fill_in(int(asked), item)
elif asked:
    close()
