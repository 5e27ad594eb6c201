"""The way in: sign in, register, choose a new password. Calm, and the same on every page that a stranger opens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from lib.people import accounts, passwords, resets, sign_in
from lib.problems import Refused
from lib.ui.authenticator import ERRORS, Forms

LOGO = str(Path(__file__).parents[2] / "docs" / "images" / "caravan.svg")
SIGN_IN, REGISTER, FORGOT = "Sign in", "Register", "Forgot password"
NO_COOKIE = "You could not be signed in: this browser got no cookie from us. Sign in once more."
SERVED_BY_ITSELF = "Streamlit was started by itself and can sign nobody in. End it, and start Caravan with “make run”."


def address() -> str:
    """Where this browser is, as far as we know; for counting failures."""
    known = st.context.ip_address
    return known if isinstance(known, str) else "here"


@contextmanager
def card() -> Iterator[None]:
    """A narrow column in the middle, under the logo."""
    with st.container(horizontal_alignment="center"), st.container(width=430, gap="small"):
        st.space("large")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.image(LOGO, width=52)
            with st.container(gap=None):
                st.header("Caravan", anchor=False)
                st.caption("From the catalogue to the bought order.")
        yield


def wait() -> None:
    with card():
        st.skeleton(height=220)


def ask() -> str | None:
    """The forms for strangers; the ticket of somebody who has just given the right password."""
    with card():
        if not sign_in.gives_cookies:
            st.warning(SERVED_BY_ITSELF, icon=":material/terminal:")
            return None
        if st.session_state.pop("sign_in_failed", False):
            st.warning(NO_COOKIE)
        choices = [SIGN_IN, REGISTER, FORGOT]
        chosen = st.segmented_control(
            "What would you like to do?", choices, default=SIGN_IN, required=True, label_visibility="collapsed",
            key="entrance", width="stretch",
        )  # fmt: skip
        forms: dict[str, Callable[[], str | None]] = {SIGN_IN: _sign_in, REGISTER: _register, FORGOT: _forgot}
        ticket = forms[chosen or SIGN_IN]()
        st.page_link("pages/support.py", label="Something else? Contact us", icon=":material/support_agent:")
    return ticket


def _sign_in() -> str | None:
    tickets: list[str] = []
    forms = Forms(enter=lambda name, password: tickets.append(sign_in.enter(name, password, address())))
    try:
        forms.sign_in()
    except ERRORS as error:
        st.error(str(error), icon=":material/block:")
    return tickets[0] if tickets else None


def _register() -> None:
    with st.form("register", enter_to_submit=False):
        st.subheader("Register", anchor=False)
        st.caption("A name, an e-mail address, or both.")
        username = st.text_input("Name", max_chars=20, autocomplete="username")
        email = st.text_input("E-mail", max_chars=200, autocomplete="email")
        password, repeated = _new_password()
        if st.form_submit_button("Register", type="primary"):
            _say(lambda: accounts.register(username, email, password, repeated, address()))


def _forgot() -> None:
    with st.form("forgot", border=True):
        st.subheader("Forgot password", anchor=False)
        name = st.text_input("Name or e-mail", max_chars=200, autocomplete="username")
        if st.form_submit_button("Ask for a one-time code", type="primary"):
            _say(lambda: resets.ask(name, address()))
    with st.form("redeem", border=True, enter_to_submit=False):
        st.caption("You have a code already?")
        code = st.text_input("One-time code", max_chars=30, autocomplete="one-time-code", key="redeem_code")
        whose = st.text_input("Your name or e-mail", max_chars=200, autocomplete="username")
        password, repeated = _new_password()
        if st.form_submit_button("Set the new password"):
            _say(lambda: resets.redeem(whose, code, password, repeated, address()))


def _new_password() -> tuple[str, str]:
    """Two boxes for a new password: what was typed in each."""
    first = st.text_input(
        "New password", type="password", max_chars=72, help=passwords.RULE, autocomplete="new-password"
    )
    again = st.text_input("The same again", type="password", max_chars=72, autocomplete="new-password")
    return first or "", again or ""


def _say(action: Callable[[], str]) -> bool:
    """Do it and show its sentence, or why it was refused."""
    try:
        st.success(action(), icon=":material/check_circle:")
    except Refused as refusal:
        st.error(str(refusal), icon=":material/block:")
        return False
    return True


def choose_password(token: str) -> None:
    """For somebody who signed in with a one-time password."""
    with card(), st.form("choose", enter_to_submit=False):
        st.subheader("Choose your own password", anchor=False)
        st.caption("The one you signed in with was good once.")
        password, repeated = _new_password()
        if st.form_submit_button("Go on", type="primary") and _say(lambda: resets.choose(token, password, repeated)):
            st.rerun()


def change_password(token: str) -> None:
    """For somebody who is signed in: the package's form."""
    forms = Forms(change=lambda current, new: _discard(resets.change(token, current, new, address())))
    try:
        if forms.change_password():
            st.success("Your password was changed. All other browsers were signed out.", icon=":material/check_circle:")
    except ERRORS as error:
        st.error(str(error), icon=":material/block:")


def _discard(sentence: str) -> None:
    """The form says it in its own place."""
