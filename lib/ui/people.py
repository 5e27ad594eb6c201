"""Who is at the screen: known by the cookie of this browser, looked up in the database in each run.

What a session remembers is never believed: a session can be resumed by whoever knows its id, a cookie cannot be read by scripts.
"""

import streamlit as st

from db.session import Actor, reading
from lib import sign_in

COOKIE = "caravan"


def token() -> str:
    """The token that this browser brought when it connected; "" for none."""
    return _text(st.context.cookies.get(COOKIE))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def current() -> Actor | None:
    """Who is signed in here, now; None for a stranger, and for somebody who has to choose a new password first."""
    with reading() as session:
        found = sign_in.person(session, token())
    person = found.id if found else None
    if st.session_state.get("person", person) != person:
        st.session_state.clear()
    if found is None:
        return None
    st.session_state["person"] = found.id
    return None if found.must_change else sign_in.actor(found)


def sign_in_here() -> None:
    """What a stranger sees instead of a page."""
    st.info("Please sign in.")
