"""Clearing codes of deleted products, so that they can be uploaded again under a fresh one: the cure for mixed-up pictures."""

import streamlit as st

from lib.codes import code_clearing
from lib.codes.code_clearing import Clearable, CodeGroup, Filter
from lib.counted import agreeing
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.ui.sheet import View
from lib.words import CodeState

PRODUCTS = [
    c.text("sku", "SKU", locked=True, pinned=True),
    c.text("ean", "Code", locked=True),
    c.choice("state", "Its state", CodeState, locked=True),
    c.moment("exposed_at", "Exposed"),
    *(c.text(name, label, locked=True, width=240) for name, label in (("title_zh", "中文名称"), ("title_en", "Title"))),
    c.moment("updated_at", "Updated"),
]


def show() -> None:
    """Which type, how many products and exposed codes that would be, and the button."""
    found = page.read(code_clearing.clearing)
    with st.container(border=True):
        st.markdown("**Clear codes of deleted products**")
        st.caption(
            "Pictures mixed up on Amazon? Its code belongs to another item there. Delete the product, clear its code here, then give "
            "it a fresh one and upload it again. A cleared code is retired for ever; the records of what was sent stay. Not sure? Ask the "
            "Doctor first: a second ASIN for one product is forbidden."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            group = _group(found)
            here = found[group]
            st.space("stretch")
            if page.button(
                f"Clear {here.products:,}…" if here.products else "Clear…", needs=Right.CODES, icon=":material/mop:",
                disabled=not here.products, key="clear",
            ):  # fmt: skip
                _confirm(group, here)
        st.markdown(_said(group, here))
        if here.products:
            with st.expander("Which products"):
                _which(group)


def _group(found: dict[CodeGroup, Clearable]) -> CodeGroup:
    chosen = st.segmented_control(
        "Code type to clear", list(CodeGroup), default=CodeGroup.EAN, key="e_clear", required=True,
        format_func=lambda group: f"{group.label} {found[group].products:,}", help="Of products in the status Deleted",
    )  # fmt: skip
    return CodeGroup(chosen or CodeGroup.EAN)


def _said(group: CodeGroup, here: Clearable) -> str:
    what = "a code" if group is CodeGroup.ALL else f"an {group.label}" if group is not CodeGroup.UPC else "a UPC"
    if not here.products:
        return f":gray[No deleted product has {what}.]"
    have = f"**{here.products:,}** {agreeing(here.products, 'deleted product has', 'deleted products have')}"
    seen = (
        f":orange[**{here.exposed:,}** of these codes exposed]"
        if here.exposed
        else "no marketplace has seen one of them"
    )
    return f"{have} {what} · {seen}"


@st.dialog("Clear codes", icon=":material/mop:")
def _confirm(group: CodeGroup, here: Clearable) -> None:
    st.markdown(_said(group, here))
    st.markdown(
        "- Each code goes off its product and is retired: nobody ever gets it again.\n"
        "- The listings of these products lose their code and ASIN, and can be uploaded anew.\n"
        "- What was uploaded, and what the marketplace answered, stays in the records."
    )
    if here.exposed:
        st.warning("Codes that a marketplace has seen cannot be brought back by undoing this.", icon=":material/gavel:")
    if page.button("Clear", needs=Right.CODES, primary=True, key="clear now"):
        page.perform(code_clearing.clear, Filter(group))


def _which(group: CodeGroup) -> None:
    wanted = Filter(group, page.search("e_clear_text", "SKU or words of the title"))
    view: View = grid.show(
        "clearable", code_clearing.table, code_clearing.count, wanted, PRODUCTS, sorts=code_clearing.SORTS, size=20
    )
    ticked = f"Clear {len(view.picked):,} ticked" if view.picked else "Clear ticked"
    if page.button(ticked, needs=Right.CODES, disabled=not view.picked, key="clear ticked", icon=":material/mop:"):
        page.perform(code_clearing.clear, view.picked, group)
