"""Who is at the screen: known by the cookie of this browser, looked up in the database in each run.

What a session remembers is never believed: a session can be resumed by whoever knows its id, a cookie cannot be read by scripts.
"""

import secrets

import streamlit as st

from db.session import Actor, reading, transaction
from lib.people import sign_in
from lib.ui import entrance
from lib.ui.entrance import address as address
from lib.ui.escape import plain

# The browser itself fetches the cookie: a script of this page could not set one that scripts cannot read.
_cookie = st.components.v2.component(
    "cookie",
    js="""
let last = null;
export default function (component) {
  const asked = component.data;
  if (!asked || last === asked.id) return;
  last = asked.id;
  const body = JSON.stringify({ ticket: asked.ticket });
  fetch(asked.route, { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body })
    .then((answer) => (answer.ok ? location.reload() : component.setTriggerValue("refused", answer.status)))
    .catch(() => component.setTriggerValue("refused", 0));
}""",
)


def token() -> str:
    """The token that this browser brought when it connected; "" for none."""
    brought = st.context.cookies.get(sign_in.COOKIE)
    return brought if isinstance(brought, str) else ""


def current() -> Actor | None:
    """Who is signed in here, now; None for a stranger, and for somebody who has to choose a new password first."""
    with reading() as session:
        found = sign_in.person(session, token())
    known = found.id if found else None
    if st.session_state.get("person", known) != known:
        st.session_state.clear()
    if found is None:
        return None
    st.session_state["person"] = found.id
    return None if found.must_change else sign_in.actor(found)


def sign_in_here() -> None:
    """What a stranger sees instead of a page: the way in, which leads back to this page."""
    if _on_the_way():
        return entrance.wait()
    with reading() as session:
        found = sign_in.person(session, token())
    if found is not None and found.must_change:
        return entrance.choose_password(token())
    if ticket := entrance.ask():
        st.session_state["ticket"] = ticket
        st.rerun()


def _on_the_way() -> bool:
    return "ticket" in st.session_state or "leaving" in st.session_state


def exchange_cookie() -> None:
    """Take a new sign-in to the browser's cookie, or the cookie away. Once in each run, before the page."""
    if not _on_the_way():
        return
    ticket = st.session_state.get("ticket", "")
    route = "/auth/cookie" if ticket else "/auth/drop"
    known_as = ticket or st.session_state["leaving"]
    _cookie(data={"id": known_as, "route": route, "ticket": ticket}, key="cookie", on_refused_change=_refused)


def _refused() -> None:
    """The ticket was a minute old, or our route did not answer."""
    for name in ("ticket", "leaving"):
        st.session_state.pop(name, None)
    st.session_state["sign_in_failed"] = True


def sign_out() -> None:
    """End the sign-in of this browser."""
    sign_in.leave(token())
    _forget()


def sign_out_everywhere() -> None:
    """End the sign-ins of this person in all browsers."""
    actor = current()
    if actor is not None and actor.id is not None:
        with transaction(actor, "sign_in.leave_everywhere") as session:
            sign_in.leave_everywhere(session, actor.id)
    _forget()


def _forget() -> None:
    st.session_state.clear()
    st.session_state["leaving"] = secrets.token_hex(8)


def change_password() -> None:
    """The form to change one's own password."""
    entrance.change_password(token())


def badge() -> None:
    """Who is signed in, at the side of each page, and the way out."""
    actor = current()
    if actor is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.page_link("pages/login.py", label=plain(actor.name), icon=":material/account_circle:")
        colour: object = actor.role.colour
        st.badge(actor.role.label, color=colour, help=actor.role.meaning)  # type: ignore[arg-type]
    st.button("Sign out", icon=":material/logout:", on_click=sign_out, width="stretch", key="sign_out")
