"""The rest of a purchase: its number and tracking, where it is bought and by whom, what marks it needs, and where it goes first."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib.purchases import buying
from lib.purchases.buying_lines import Proposal
from lib.ui import page
from lib.words import Source, Transport


def fill_in(lines: Sequence[Proposal], key: str) -> dict[str, Any]:
    """What stands in the fields, by the names that Form has for them. `lines` propose website and transport attributes."""
    found: dict[str, Any] = {}
    with st.container(horizontal=True):
        found["number"] = st.text_input("Platform order number", max_chars=80, key=f"{key}:number", live="300ms") or ""
        found["tracking"] = st.text_input(
            "Domestic tracking", max_chars=450, key=f"{key}:tracking", placeholder="May come later; several with commas"
        ) or ""  # fmt: skip
        site = st.selectbox("Website", list(Source), list(Source).index(lines[0].site), key=f"{key}:site", width=140,
                            format_func=lambda term: term.label)  # fmt: skip
        found["site"] = site or Source.OTHER
    found["transport"] = _transport(lines, f"{key}:transport")
    found |= _transshipment(key)
    with st.container(horizontal=True):
        found["operator"] = st.text_input("Operator", page.actor().name, max_chars=60, key=f"{key}:operator") or ""
        found["contact"] = (
            st.text_input("Contact", max_chars=200, key=f"{key}:contact", placeholder="Seller, telephone, 旺旺") or ""
        )
        payment = st.segmented_control("Payment", buying.PAYMENTS, default=buying.PAYMENTS[0], key=f"{key}:payment", required=True,
                                       format_func=lambda term: term.label)  # fmt: skip
        found["payment"] = payment or buying.PAYMENTS[0]
    found["remark"] = st.text_input("Remark", max_chars=2_000, key=f"{key}:remark") or ""
    return found


def _transport(lines: Sequence[Proposal], key: str) -> tuple[str, ...]:
    """The marks that the goods need. A product brings its own when its first line comes in; what a person takes away stays away."""
    known = {word for line in lines for word in line.transport}
    proposed: set[str] = st.session_state.get(f"{key} proposed", set()) if key in st.session_state else set()
    if key not in st.session_state or known - proposed:
        chosen = st.session_state.get(key) or ()
        st.session_state[key] = [term for term in Transport if term in chosen or term in known - proposed]
    st.session_state[f"{key} proposed"] = proposed | known
    marks = st.pills("Transport attributes", list(Transport), selection_mode="multi", key=key,
                     format_func=lambda term: term.label)  # fmt: skip
    return tuple(term.value for term in marks)


def _transshipment(key: str) -> dict[str, Any]:
    ticked = st.checkbox("Transshipment: the goods go to a forwarding warehouse first", key=f"{key}:transshipped")
    if not ticked:
        return {"transshipped": False, "warehouse_id": None}
    known = page.read(buying.warehouses)
    chosen = st.selectbox("Forwarding warehouse", list(known), index=0 if len(known) == 1 else None, key=f"{key}:warehouse",
                          format_func=known.__getitem__, placeholder="Which one?")  # fmt: skip
    return {"transshipped": True, "warehouse_id": chosen}
