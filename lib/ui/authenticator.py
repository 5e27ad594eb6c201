"""The forms and rules of streamlit-authenticator over our own people.

Its forms are used as they are. What stands behind them is replaced: its list of people (a dictionary), its cookie (readable by
scripts, good after the sign-out) and its sessions.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit_authenticator.controllers import AuthenticationController
from streamlit_authenticator.models import AuthenticationModel
from streamlit_authenticator.utilities import LoginError, ResetError
from streamlit_authenticator.views import Authenticate

from lib.people import passwords
from lib.problems import Refused

ERRORS = (LoginError, ResetError)
"""What the package's forms raise with a sentence for the person. Anything else is a mistake."""
PRIMARY = "background: #0f6b5c; border-color: #0f6b5c; color: #fff"


class _People(AuthenticationModel):  # type: ignore[misc]
    """Asks our functions where the package asks its dictionary. Its constructor, which needs one, is left out."""

    def __init__(self, enter: Callable[[str, str], None], change: Callable[[str, str], None]):
        self.enter, self.change = enter, change

    def login(self, username: str | None = None, password: str | None = None, *_: Any, **__: Any) -> bool:
        if not (username and password):
            raise LoginError("Type your name and your password.")
        self._ask(LoginError, self.enter, username, password)
        return True

    def reset_password(self, username: str, password: str, new_password: str, callback: Any = None) -> bool:
        self._ask(ResetError, self.change, password, new_password)
        return True

    def _ask(self, error: type[Exception], function: Callable[[str, str], None], first: str, second: str) -> None:
        try:
            function(first, second)
        except Refused as refusal:
            raise error(str(refusal)) from refusal


class _Controller(AuthenticationController):  # type: ignore[misc]
    def __init__(self, people: _People):
        self.validator, self.authentication_model = passwords.Rules(), people


class _NoCookie:
    """The cookie is set by our own route."""

    def get_cookie(self) -> None: ...
    def set_cookie(self) -> None: ...
    def delete_cookie(self) -> None: ...


def _nothing(first: str, second: str) -> None:
    raise NotImplementedError


class Forms(Authenticate):  # type: ignore[misc]
    """`enter(name, password)` and `change(current, new)` do it or raise Refused."""

    def __init__(
        self, enter: Callable[[str, str], None] = _nothing, change: Callable[[str, str], None] = _nothing
    ) -> None:
        self.path = self.api_key = None
        self.attrs = {"login_sleep_time": 0, "password_instructions": passwords.RULE}
        self.cookie_controller = _NoCookie()
        self.authentication_controller = _Controller(_People(enter, change))

    def _emphasis(self, key: str) -> st.delta_generator.DeltaGenerator:
        """Their button is the one that matters on the screen, which the package cannot say."""
        st.html(f"<style>.st-key-{key} [data-testid=stFormSubmitButton] button {{{PRIMARY}}}</style>")
        return st.container(key=key)

    def sign_in(self) -> None:
        st.session_state["authentication_status"] = None
        words = {"Form name": "Sign in", "Username": "Name or e-mail", "Password": "Password", "Login": "Sign in"}
        with self._emphasis("way_in"):
            self.login(fields=words, key="sign_in")

    def change_password(self) -> bool:
        st.session_state["authentication_status"] = True
        words = {"Form name": "Change password", "Reset": "Change password"}
        with self._emphasis("way_of_passwords"):
            return bool(self.reset_password("", fields=words, clear_on_submit=False, key="change_password"))
