"""Contact us, on the screen: for people who are signed in, for strangers, and for whoever met an error."""

import streamlit as st

from db.session import Actor
from lib import articles, support
from lib.problems import Refused
from lib.ui import entrance, people
from lib.ui.escape import plain

HERE = "pages/support.py"


def form(actor: Actor | None, error_id: str) -> None:
    """A message to the admins, with the page and the error it is about."""
    about = st.query_params.get("article", "")
    with st.form("contact", enter_to_submit=False):
        st.subheader("Contact us", anchor=False)
        if error_id:
            st.caption(f"About the error {plain(error_id)}. Say what you did just before.")
        text = st.text_area("What happened, or what do you need?", max_chars=support.MOST_LETTERS, height=160)
        label = "How can we answer you?" if actor is None else "How can we answer you? (if not here)"
        reply_to = st.text_input(label, max_chars=200, autocomplete="email")
        if st.form_submit_button("Send", type="primary"):
            _send(actor, text or "", reply_to or "", about, error_id)


def stranger(error_id: str) -> None:
    """The same for somebody who is not signed in."""
    with entrance.card():
        form(None, error_id)
        st.page_link("pages/login.py", label="Back to the sign-in", icon=":material/arrow_back:")


def _send(actor: Actor | None, text: str, reply_to: str, about: str, error_id: str) -> None:
    try:
        said = support.write(actor, text, reply_to, about, error_id, people.address())
        st.success(said, icon=":material/check_circle:")
    except Refused as refusal:
        st.error(str(refusal), icon=":material/block:")


def article(name: str) -> None:
    """One article, and the way to all others."""
    known = articles.titles()
    with st.container(horizontal=True, gap="small"):
        for other, title in known.items():
            st.page_link(HERE, label=title, query_params={"article": other}, disabled=other == name)
    if name in known:
        for part in articles.parts(name):
            st.markdown(part) if isinstance(part, str) else st.image(str(part[0]), caption=part[1])
    elif known:
        st.info("There is no article of that name. Choose one above.")


def help_about(page: str) -> None:
    """The way from a screen to its article and to us."""
    st.page_link(
        HERE, label="Help and contact", icon=":material/support_agent:", query_params={"article": articles.about(page)}
    )
