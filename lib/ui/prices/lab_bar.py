"""The bar of the laboratory: which experiment lies on the bench; keep it, name it, share it by a link, discard what was tried."""

from typing import Any

import streamlit as st

from lib.prices import price_experiments
from lib.prices.price_draft import Draft, Scope
from lib.prices.price_experiments import Kept
from lib.prices.price_looks import Library
from lib.rights import Right
from lib.ui import page
from lib.ui.prices import lab_compare
from lib.ui.prices.lab_bench import Lab

LINK, CHOSEN = "r_lab", "lab experiment"
FIELDS = {"stores": "r_store", "categories": "r_category", "sources": "r_source", "text": "r_text"}
"""Where each part of a scope stands on the screen."""


def arrive(lab: Lab) -> None:
    """Open the experiment that the address names, once."""
    asked = st.query_params.get(LINK)
    if asked is None or asked == lab.link:
        return
    lab.link = asked
    kept = page.read(price_experiments.find, asked, page.actor())
    if kept is None:
        st.query_params.pop(LINK, None)
        lab.link, lab.complaint = None, price_experiments.GONE
    else:
        _put_on(lab, kept)


def show(lab: Lab, draft: Draft, scope: Scope, known: Library) -> None:
    """Everything beside each other; wraps where there is little room."""
    there = {kept.id: kept for kept in page.read(price_experiments.mine_and_shared, page.actor())}
    if lab.at and lab.at not in there and (found := page.read(price_experiments.find, lab.at, page.actor())):
        there[found.id] = found  # an admin may see what is kept private
    lab.at = lab.at if lab.at in there else 0
    kept = there.get(lab.at)
    page.follow(CHOSEN, lab.at)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.selectbox("Experiment", [0, *there], format_func=lambda n: _called(there.get(n)), key=CHOSEN, width=300,
                     label_visibility="collapsed", on_change=_chosen, args=(lab,))  # fmt: skip
        if kept and kept.owner == page.actor().name:
            _keep_again(lab, kept, draft, scope)
        _keep_as(lab, draft, scope)
        if kept:
            _own(lab, kept)
        _link(kept)
        if page.button("Compare…", icon=":material/compare:", disabled=not there, key="lab compare",
                       help=None if there else "There is no experiment yet"):  # fmt: skip
            lab_compare.show(there, draft if lab.at == 0 else Draft(), known, scope)
        st.space("stretch")
        st.button("Discard draft", icon=":material/ink_eraser:", key="lab discard", on_click=_discard, args=(lab, kept),
                  disabled=not draft if kept is None else draft == kept.draft)  # fmt: skip
    if lab.complaint:
        st.warning(page.plain(lab.complaint), icon=":material/link_off:")
        lab.complaint = ""
    if kept and (kept.note or not kept.is_whole):
        st.caption(page.plain(kept.note if kept.is_whole else "What was kept here cannot be read any more. Delete it."))


def _keep_again(lab: Lab, kept: Kept, draft: Draft, scope: Scope) -> None:
    if page.button("Keep", needs=Right.PRICES, icon=":material/bookmark:", key="lab keep", disabled=not draft or draft == kept.draft,
                   help="Into this experiment, in place of what was in it"):  # fmt: skip
        page.perform(price_experiments.save, kept.id, draft, scope)


def _called(kept: Kept | None) -> str:
    if kept is None:
        return "My draft"
    return f"{kept.name} · {kept.owner}" + ("" if kept.is_shared else " · private")


def _chosen(lab: Lab) -> None:
    number = st.session_state[CHOSEN]
    kept = page.read(price_experiments.find, number, page.actor()) if number else None
    if kept is None:
        lab.at, lab.link = 0, None
        st.query_params.pop(LINK, None)
    else:
        _put_on(lab, kept)


def _begin(lab: Lab, kept: Kept) -> bool:
    lab.link = st.query_params[LINK] = str(kept.id)
    return lab.begin(kept.id, kept.draft)


def _put_on(lab: Lab, kept: Kept) -> None:
    """On the bench as it was kept; what I have changed in it since I opened it first is still there."""
    if _begin(lab, kept):
        for part, field in FIELDS.items():
            value = getattr(kept.scope, part)
            st.session_state[field] = list(value) if isinstance(value, tuple) else value


def _discard(lab: Lab, kept: Kept | None) -> None:
    lab.bench.put(kept.draft if kept else Draft())


# Popovers


def _keep_as(lab: Lab, draft: Draft, scope: Scope) -> None:
    with st.popover(
        "Keep as…", icon=":material/bookmark_add:", disabled=not draft, help=None if draft else "Nothing is tried yet"
    ):
        name = st.text_input("Name", key="lab keep name", max_chars=price_experiments.LONGEST_NAME)
        note = st.text_area("Note", key="lab keep note", max_chars=price_experiments.LONGEST_NOTE, height=80)
        shared = st.toggle("Everybody can see it", True, key="lab keep shared")
        if page.button("Keep", needs=Right.PRICES, primary=True, disabled=not name.strip(), key="lab keep as"):
            _keep(lab, name, draft, scope, note, shared)


def _keep(lab: Lab, name: str, draft: Draft, scope: Scope, note: str, shared: bool) -> None:
    """And go on with it, on a bench of its own."""
    news = page.attempt(price_experiments.keep, name, draft, scope, note, shared=shared)
    if news is not None:
        kept = page.read(price_experiments.own, name, page.actor())
        lab.bench.put(lab.bench.kept)
        if kept:
            _begin(lab, kept)
        page.announce(news)


def _own(lab: Lab, kept: Kept) -> None:
    """What its owner, or an admin, may do with it."""
    me = page.actor()
    if kept.owner != me.name and me.role.value != "admin":
        return
    with st.popover("", icon=":material/more_horiz:", help="Rename, share, delete"):
        name = st.text_input("Name", kept.name, key=f"lab name {kept.id}", max_chars=price_experiments.LONGEST_NAME)
        note = st.text_area(
            "Note", kept.note, key=f"lab note {kept.id}", max_chars=price_experiments.LONGEST_NOTE, height=80
        )
        with st.container(horizontal=True):
            _verb("Rename", price_experiments.rename, kept.id, name, note)
            _verb("Keep to myself" if kept.is_shared else "Share", price_experiments.share, kept.id, not kept.is_shared)
            _verb("Delete", price_experiments.delete, kept.id)


def _verb(label: str, command: Any, *args: Any) -> None:
    if page.button(label, needs=Right.PRICES, key=f"lab {label}"):
        page.perform(command, *args)


def _link(kept: Kept | None) -> None:
    with st.popover(
        "Link", icon=":material/link:", disabled=kept is None, help=None if kept else "Keep it as an experiment first"
    ):
        if kept:
            st.caption(
                "Whoever opens this sees the experiment."
                if kept.is_shared
                else "Only you and admins can open it: it is not shared."
            )
            here = st.context.url.partition("?")[0] if isinstance(st.context.url, str) else "/pricing"
            st.code(f"{here}?r_tab=Laboratory&{LINK}={kept.id}", language=None, wrap_lines=True)
