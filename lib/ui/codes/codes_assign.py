"""The Assign tab of the EAN Generator: products that have no code, and reserved codes for them."""

import streamlit as st

from lib.codes import codeless, codes
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.ui.codes import codes_ledger
from lib.words import Source

ASSIGNED = "codes assigned"
PRODUCTS = [
    c.text("sku", "SKU", locked=True, pinned=True),
    *(c.text(name, label, locked=True, width=240) for name, label in (("title_zh", "中文名称"), ("title_en", "Title"))),
    c.text("category", "Category", locked=True),
    c.choice("source", "Source", Source, locked=True),
    c.moment("updated_at", "Updated"),
]


def show() -> None:
    """The list, the run that the codes come from, and the two buttons."""
    _done()
    with page.filters():
        text = page.search("e_product", "SKU or words of the title")
        lacking = codeless.Filter(text, page.choose("e_source", "Source", Source))
        run = page.pick("e_from", "Codes of run", codes_ledger.runs(), width=320)
    view = grid.show("codeless", codeless.table, codeless.count, lacking, PRODUCTS, sorts=codeless.SORTS)
    with st.container(horizontal=True):
        ticked = f"Assign to {len(view.picked):,} ticked"
        if page.button(ticked, needs=Right.CODES, disabled=not view.picked, primary=True, icon=":material/barcode:"):
            _assign(codes.assign, view.picked, run)
        if page.button(f"Assign to all {page.many(view.total)}", needs=Right.CODES, disabled=not view.total):
            _assign(codes.assign_missing, lacking, run)
    st.caption("Each product gets a reserved EAN-13 or UPC-A, the oldest first. A product that has a code keeps it.")


def _assign(command: object, *args: object) -> None:
    news = page.attempt(command, *args)  # type: ignore[arg-type]
    if news is not None:
        st.session_state[ASSIGNED] = True
        page.announce(news)


def _done() -> None:
    """The way on, after codes were assigned in this tab."""
    if st.session_state.get(ASSIGNED):
        with st.container(horizontal=True):
            st.page_link("pages/products.py", label="List them in stores", icon=":material/storefront:",
                         query_params={"p_state": "ready"}, help="They stand first there: tick them")  # fmt: skip
            st.page_link("pages/ean_generator.py", label="See their codes", icon=":material/table_rows:",
                         query_params={"e_tab": "Ledger", "e_state": "assigned", "ledger_sort": "Assigned ↓"})  # fmt: skip
