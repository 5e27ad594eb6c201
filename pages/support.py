"""Help and contact: the articles for people who are signed in, and a way to reach us for everybody."""

import streamlit as st

from lib import articles, support
from lib.rights import Right
from lib.ui import contact, page, people

actor = people.current()
error_id = st.query_params.get("error", "")[:20]

if actor is None:
    contact.stranger(error_id)
    st.stop()

page.open("Help and contact")
left, right = st.columns([3, 2], gap="large")
with left:
    contact.article(st.query_params.get("article", articles.FIRST))
with right:
    contact.form(actor, error_id)
    if page.may(Right.PEOPLE) and (messages := page.read(support.unanswered)):
        st.subheader("Messages that wait for an answer", anchor=False)
        for message in messages:
            with st.container(border=True):
                st.caption(
                    page.plain(f"{message.id}. {message.sender} · {message.at:%d %b %H:%M} UTC · {message.about}")
                )
                st.text(message.text)
                if page.button("Answered", key=f"answered_{message.id}"):
                    page.perform(support.answer, message.id)
