"""What people write on an order, the two work statuses that are set by hand, and what has happened to it."""

import streamlit as st

from lib.changes import Changes, Edit
from lib.orders import orders, work
from lib.orders.order_detail import Detail
from lib.rights import Right
from lib.ui import page
from lib.ui.orders.order_acts import do
from lib.words import WorkStatus

MOST = 2_000


def show(order: Detail) -> None:
    with st.container(border=True, gap="small"):
        st.markdown("**Notes**")
        if order.note:
            st.text(order.note)
        _quick(order)
        if order.tags:
            with st.container(horizontal=True, gap="small"):
                for tag in filter(None, (tag.strip() for tag in order.tags.split(","))):
                    st.badge(page.plain(tag), color="gray", icon=":material/sell:")
        with st.expander("Note, tags, exception", icon=":material/edit_note:"):
            _words(order)
            _by_hand(order)


def _quick(order: Detail) -> None:
    """One line, and Enter saves it below what is noted already."""
    allowed = page.may(Right.ORDERS)
    form = st.form(f"order:quick:{order.id}", clear_on_submit=True, border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input("Add a note", key=f"quick:{order.id}", max_chars=500, placeholder="A note; Enter saves it",
                             label_visibility="collapsed", disabled=not allowed)  # fmt: skip
        pressed = st.form_submit_button("Add", disabled=not allowed, icon=":material/add_comment:")
    if pressed and (text or "").strip():
        note = "\n".join(filter(None, (order.note, (text or "").strip())))
        if len(note) > MOST:
            st.error(f"The notes of an order have at most {MOST:,} characters. Nothing was saved.")
            return
        do(orders.save, Changes((Edit(order.id, "note", order.note, note),)))


def _words(order: Detail) -> None:
    note = (
        st.text_area("Note", order.note or "", max_chars=MOST, key=f"note:{order.id}:{hash(order.note)}", height=90)
        or None
    )
    tags = (
        st.text_input("Tags, with commas", order.tags or "", max_chars=200, key=f"tags:{order.id}:{hash(order.tags)}")
        or None
    )
    old, new = {"note": order.note, "tags": order.tags}, {"note": note, "tags": tags}
    edits = tuple(Edit(order.id, name, old[name], new[name]) for name in old if old[name] != new[name])
    if page.button("Save", needs=Right.ORDERS, disabled=not edits, key="order:save"):
        do(orders.save, Changes(edits))


def _by_hand(order: Detail) -> None:
    """Take the order out of the queue, or let it back in."""
    with st.container(horizontal=True):
        if order.work_status in work.BY_HAND:
            if page.button("Let it follow the facts", needs=Right.ORDERS, help="Work out again what is still to do"):
                do(orders.follow, order.id)
            return
        for status in (WorkStatus.EXCEPTION, WorkStatus.CLOSED):
            if page.button(status.label, needs=Right.ORDERS, help=status.meaning, key=f"order:{status}"):
                do(orders.save, Changes((Edit(order.id, "work_status", order.work_status, status),)))


def timeline(order: Detail) -> None:
    with st.expander("What has happened", expanded=True, icon=":material/history:"), st.container(gap=None):
        for event in reversed(order.events):
            st.caption(page.plain(f"{event.at:%Y-%m-%d %H:%M} · {event.who or 'marketplace'} · {event.text}"))
