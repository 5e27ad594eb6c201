"""What an admin does for one person: let in, refuse, hand over a one-time code; and how registration works."""

import streamlit as st

from lib.people import accounts, passwords, resets
from lib.people.accounts import Registration, Waiting
from lib.ui import page
from lib.words import Role


def waiting(person: Waiting) -> None:
    """Somebody at the door, with the role they get."""
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        with st.container(gap=None):
            st.markdown(f":material/person_add: **{page.plain(person.name or person.username)}** waits to be let in")
            known_as = " · ".join(dict.fromkeys(filter(None, [person.username, person.email])))
            st.text(f"{known_as} · since {person.since:%d %b %H:%M} UTC")
        roles = Role.labels()
        role = st.selectbox("As", list(roles), format_func=roles.__getitem__, key=f"as_{person.id}", width=180)
        if page.button("Let in", primary=True, key=f"let_in_{person.id}"):
            page.perform(accounts.approve, person.id, Role(role))
        if page.button("Refuse", key=f"refuse_{person.id}"):
            page.perform(accounts.block, person.id)


def forgotten(request: resets.Request) -> None:
    """Somebody who needs a new password."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            st.markdown(f":material/key: **{page.plain(request.username)}** has forgotten the password")
            st.caption(
                f"Asked {request.asked_at:%d %b %H:%M} UTC" + (" · has a code already" if request.has_code else "")
            )
        if page.button("Make a one-time code", key=f"code_{request.person_id}"):
            hand_over(request.person_id)


@st.dialog("One-time code")
def hand_over(person_id: int) -> None:
    """Shown once, kept nowhere: make sure who asks before you say it."""
    st.write("Say it only to that person, and only when you are sure who asks. It replaces an earlier code.")
    if st.button("Make the code", type="primary"):
        code = passwords.code()
        if said := page.attempt(resets.hand_over, person_id, code):
            st.success(page.plain(said))
            st.code(code, language=None)
            st.caption("They type it under “Forgot password”, with a new password of their own. It is not shown again.")


def registration(mode: Registration) -> None:
    """How people come to us."""
    words = Registration.labels()
    chosen = st.selectbox(
        "Registration", list(words), list(words).index(mode.value), format_func=words.__getitem__, width=280
    )
    if chosen != mode.value and page.button("Save the choice", primary=True):
        page.perform(accounts.set_registration, Registration(chosen))
