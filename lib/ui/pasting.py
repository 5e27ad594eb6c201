"""Paste numbers above a list: the field behind the button Paste, and what became of each number."""

from collections.abc import Callable

import streamlit as st

from lib.orders import pasted_lists
from lib.orders.pasted_lists import Answer
from lib.ui import page

SHOWN = 8


def box(name: str, placeholder: str, stand: Callable[[str], bool]) -> None:
    """The field behind the button. `stand` puts what was typed into the address, and says whether it could."""
    popover = st.popover("Paste", icon=":material/content_paste_search:", key=f"{name}:paste", on_change="rerun")
    with popover, st.form(f"{name}:paste:form", border=False):
        st.text_area("Numbers", key=f"{name}:pasted", height=220, width=360, placeholder=placeholder)
        st.form_submit_button(
            "Find these", icon=":material/search:", type="primary", on_click=_find, args=(name, stand)
        )


def _find(name: str, stand: Callable[[str], bool]) -> None:
    if stand(st.session_state.get(f"{name}:pasted") or ""):
        st.session_state[f"{name}:paste"] = False


def keep(typed: str) -> str | None:
    """The key of the list, which stands in the address for it; None where it was refused, and the page says why."""
    return page.attempt(pasted_lists.keep, typed)


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
