"""EAN Generator: make product codes, give them to products, and keep account of every one."""

import streamlit as st

from lib import code_series, codeless, codes, ledger
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.words import CodeState, CodeType, Licence, Source

page.open("EAN Generator")

CODES = [
    c.text("code", "Code", locked=True, pinned=True),
    c.choice("type", "Type", CodeType, locked=True),
    c.choice("state", "State", CodeState, locked=True),
    c.choice("licence", "Licence", Licence, locked=True),
    c.text("sku", "Product", locked=True),
    c.number("run_id", "Run", locked=True),
    *(c.moment(f"{what}_at", what.capitalize()) for what in ("reserved", "assigned", "exposed")),
    c.text("note", "Note", locked=True, width=240),
]
PRODUCTS = [
    c.text("sku", "SKU", locked=True, pinned=True),
    *(c.text(name, label, locked=True, width=240) for name, label in (("title_zh", "中文名称"), ("title_en", "Title"))),
    c.text("category", "Category", locked=True),
    c.choice("source", "Source", Source, locked=True),
    c.moment("updated_at", "Updated"),
]

make, give, account = st.tabs(["New codes", "Give to products", "Ledger"], key="e_tab", bind="query-params")
runs = page.read(ledger.runs)
if make.open:
    with make:
        with page.filters():
            type = CodeType(st.selectbox("Type", code_series.TYPES, key="e_type", width=140))
            prefix = (st.text_input("Prefix", "910", key="e_prefix", max_chars=12, width=140) or "").strip()
            quantity = int(st.number_input("Quantity", 1, codes.MOST, 100, key="e_quantity", width=140) or 1)
            own = st.checkbox("GS1 has given us this prefix", key="e_own")
        wrong, said = code_series.problem(type, prefix), code_series.said(type, prefix, own)
        if wrong or said:
            st.warning(page.plain(wrong or said), icon=":material/gavel:")
        read = st.checkbox("I have read this", key=f"e_read_{len(runs) and max(runs)}") if said else True
        with st.container(horizontal=True):
            test = page.button("Test code", disabled=bool(wrong))
            if page.button("Reserve", needs=Right.CODES, primary=True, disabled=bool(wrong) or not read):
                page.perform(codes.reserve, type, prefix, quantity, acknowledged=read, own=own)
        if test:
            st.code("\n".join(page.read(codes.preview, type, prefix, quantity)), language=None, height=320)
if give.open:
    with give:
        with page.filters():
            text = page.search("e_product", "SKU or words of the title")
            lacking = codeless.Filter(text, page.choose("e_source", "Source", Source))
            run = page.pick("e_run", "From run", runs, width=320)
        view = grid.show("codeless", codeless.table, codeless.count, lacking, PRODUCTS, sorts=codeless.SORTS)
        with st.container(horizontal=True):
            ticked, every = f"Assign to {len(view.picked)} ticked", f"Assign to all {page.many(view.total)}"
            if page.button(ticked, needs=Right.CODES, disabled=not view.picked, primary=True):
                page.perform(codes.assign, view.picked, run)
            if page.button(every, needs=Right.CODES, disabled=not view.total):
                page.perform(codes.assign_missing, lacking, run)
if account.open:
    with account:
        state = page.tabs("e_state", ledger.counts, CodeState)
        with page.filters():
            wanted = ledger.Filter(
                page.search("e_text", "Code or SKU"), state, page.choose("e_types", "Type", CodeType),
                page.choose("e_licences", "Licence", Licence), page.choose("e_runs", "Run", runs),
            )  # fmt: skip
        view = grid.show("ledger", ledger.table, ledger.count, wanted, CODES, sorts=ledger.SORTS)
        with st.container(horizontal=True):
            for kind in ("txt", "csv", "xlsx"):
                st.download_button(f"List ({kind.upper()})", lambda kind=kind: page.read(ledger.list_as, kind, wanted), f"codes.{kind}",
                                   on_click="ignore", icon=":material/download:")  # fmt: skip
            for label, verb in (("Release ticked", ledger.release), ("Retire ticked", ledger.retire)):
                if page.button(label, needs=Right.CODES, disabled=not view.picked, help=verb.__doc__):
                    page.perform(verb, view.picked)
        if len(view.picked) == 1:
            st.image(page.read(ledger.picture, view.picked[0]), width=320)
