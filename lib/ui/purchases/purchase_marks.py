"""Marks for the forwarding warehouse: on which sheet, what the code says, a live picture of the first one, and the PDF."""

import base64
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from lib.codes import labels
from lib.counted import counted
from lib.problems import Refused
from lib.purchases import marks
from lib.purchases.marks import SIZES, Mark
from lib.ui import page

PIXELS, WIDEST = 6.0, 460
"""Of a millimetre of the picture; and how wide it is at most."""
EACH = {True: "Each order line", False: "Each purchase"}
CODES = {True: "Order number", False: "Purchase number"}


@st.dialog("Marks", width="large")
def make(picked: tuple[int, ...]) -> None:
    """The marks of these purchases."""
    left, right = st.columns(2)
    with left:
        key = st.selectbox("Sheet or roll", list(SIZES), format_func=lambda key: SIZES[key].name, key="marks layout")
        layout = SIZES[key]
        each = st.segmented_control(
            "A mark for", list(EACH), format_func=EACH.__getitem__, default=True, key="marks each", required=True
        )
        code = st.segmented_control("The code says", list(CODES), format_func=CODES.__getitem__, default=True, key="marks code",
                                    required=True, help="A mark for several orders always says the purchase number")  # fmt: skip
        with st.container(horizontal=True):
            copies = int(st.number_input("Copies of each", value=1, step=1, key="marks copies", width=130) or 0)
            place = 1
            if layout.per_page > 1:
                place = int(st.number_input(f"Begin at place (1 to {layout.per_page})", value=1, step=1, key=f"marks place {key}",
                                            width=190) or 0)  # fmt: skip
    found = page.read(marks.marks_of, picked, each_line=bool(each), by_order=bool(code))
    with right:
        _look(found, key)
    _download(found, key, copies, place - 1)


def _look(found: list[Mark], key: str) -> None:
    if not found:
        st.info("Nothing to print: these purchases were canceled.")
        return
    layout = SIZES[key]
    st.markdown(f"**The first of {len(found):,}** · {layout.width:g} × {layout.height:g} mm")
    source = base64.b64encode(marks.picture(found[0], layout)).decode()
    wide = int(min(WIDEST, layout.width * PIXELS))
    st.html(f'<img alt="Mark" src="data:image/png;base64,{source}" '
            f'style="width:{wide}px;max-width:100%;border:1px solid rgba(128,128,128,.35);border-radius:4px">')  # fmt: skip
    if not labels.embeds_chinese():
        st.caption("This machine has no Chinese font to put into the PDF: the program that prints it uses its own, and the picture here "
                   "leaves Chinese out.")  # fmt: skip


def _download(found: list[Mark], key: str, copies: int, skip: int) -> None:
    """The PDF, or why there is none."""
    try:
        marks.refuse(len(found), SIZES[key], skip, copies)
    except Refused as refusal:
        page.complain(refusal)
        return
    made = partial(marks.pdf, found, SIZES[key], skip=skip, copies=copies)
    name = f"marks-{datetime.now(UTC):%Y-%m-%d}.pdf"
    many = len(found) * copies
    st.download_button(f"PDF with {counted(many, 'mark')}", made, name, "application/pdf", key="marks pdf", type="primary",
                       on_click="ignore", icon=":material/print:")  # fmt: skip
