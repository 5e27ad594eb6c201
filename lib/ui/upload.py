"""What was sent for a listing, at which price and why, and what was answered."""

import streamlit as st

from lib import money
from lib.channels import Severity
from lib.prices.formula import Price
from lib.products import uploads
from lib.ui import page
from lib.ui.prices import why


def _close() -> None:
    st.query_params.pop("l_item", None)


@st.dialog("Upload details", width=820, position="right", on_dismiss=_close)
def details(reference: str) -> None:
    """All uploads of the listing that a link names by its id, newest first, with today's formula where it differs; and why its price."""
    known = page.read(uploads.today, reference)
    if known is None:
        st.info("This listing does not exist any more.")
        return
    number, name, today = known
    records, reason = st.tabs(["Uploads", "Why this price?"], key="upload:tab", on_change="rerun")
    if records.open:
        with records:
            _records(number, name, today)
    if reason.open:
        with reason:
            why.of_listing(number)


def _records(number: int, name: str, today: Price) -> None:
    sent = page.read(uploads.of, number)
    st.markdown(f"**{page.plain(name)}**")
    if not sent:
        st.info("Nothing has been sent yet.")
    if not sent or sent[0].price != today.amount:
        st.text(f"Today: {today.formula}")
    for one in sent:
        with st.container(border=True):
            _show(one)


def _show(one: uploads.Upload) -> None:
    """One upload as it was: the record is never changed afterwards."""
    st.caption(page.plain(f"Sent {one.at:%Y-%m-%d %H:%M} UTC by {one.actor}"))
    with st.container(horizontal=True):
        st.metric("Price", money.text(one.price, one.currency) if one.price else "none", width="content")
        st.metric("Code", one.code or "none", width="content")
    st.text(one.formula)
    st.text(one.formula_zh)
    for answer in one.answers:
        with st.container(horizontal=True, vertical_alignment="center"):
            page.badge(answer.status)
            st.text(f"{answer.at:%Y-%m-%d %H:%M} UTC  {answer.asin or ''}")
        for issue in answer.issues:
            (st.error if issue.severity is Severity.ERROR else st.warning)(page.plain(issue))
    with st.expander("What was sent"):
        st.json(dict(one.sent))
