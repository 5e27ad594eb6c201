"""Paste anything: any number of order numbers, SKUs, ASINs, EANs and tracking numbers; and what became of each of them."""

import streamlit as st

from lib.orders import pasted_lists
from lib.orders.orders import Filter
from lib.orders.pasted_lists import Answer
from lib.ui import criteria, page

FIELD, SHUT = "orders:pasted", "orders:paste"
SHORT = 300
"""Characters of numbers that still stand in the address; of longer lists only the key does."""
SHOWN = 8


def box() -> None:
    """The field behind the button Paste."""
    popover = st.popover("Paste", icon=":material/content_paste_search:", key=SHUT, on_change="rerun")
    with popover, st.form("orders:paste:form", border=False):
        st.text_area("Numbers", key=FIELD, height=220, width=360,
                     placeholder="Orders, SKUs, ASINs, EANs, tracking: any number of them, separated anyhow")  # fmt: skip
        st.form_submit_button("Find these", icon=":material/search:", type="primary", on_click=_find)


def _find() -> None:
    """Look for what was pasted: a short list stands in the address, of a long one only its key."""
    typed = st.session_state.get(FIELD) or ""
    short = " ".join(typed.split())
    kept = page.attempt(pasted_lists.keep, typed) if len(short) > SHORT else ""
    if kept is None:
        return
    criteria.stand("o_numbers", "" if kept else short)
    criteria.stand("o_paste", kept)
    st.session_state[SHUT] = False


def answer(wanted: Filter) -> None:
    """How many were asked for, found, pasted twice and not found, with the lists."""
    if not (wanted.numbers.strip() or wanted.paste):
        return
    tell(page.read(pasted_lists.answer, wanted), "order")


def tell(told: Answer, what: str) -> None:
    """How many were asked for and found, and those that no `what` has, to be copied or downloaded."""
    if not told.asked:
        st.warning("This pasted list is not kept any more. Paste it again.", icon=":material/content_paste_off:")
        return
    parts = [f"{told.asked:,} asked", f"{told.found:,} found"]
    if told.duplicates:
        parts.append(f"{len(told.duplicates):,} twice: {_some(told.duplicates)}")
    if told.missing:
        parts.append(f"not found: {len(told.missing):,}")
    (st.warning if told.missing else st.info)(page.plain(", ".join(parts)), icon=":material/content_paste_search:")
    if told.missing:
        with st.expander(f"The {len(told.missing):,} that no {what} has", icon=":material/search_off:"):
            st.code("\n".join(told.missing), language=None, height=min(400, 36 + 20 * len(told.missing)))
            st.download_button("Download (TXT)", "\r\n".join(told.missing) + "\r\n", "not-found.txt", "text/plain", on_click="ignore",
                               icon=":material/download:", key=f"{what}s:missing")  # fmt: skip


def _some(found: tuple[str, ...]) -> str:
    return ", ".join(found[:SHOWN]) + (" …" if len(found) > SHOWN else "")
