"""Passwords: what is a good one, and how it is kept so that nobody can read it.

The rules and the hash (bcrypt) are streamlit-authenticator's. Longer ones than it knows are taken too: a sentence is easy to keep
in mind and hard to guess.
"""

import hashlib
import secrets
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from lib.problems import Refused


def _piece(name: str) -> Any:
    """A module of streamlit-authenticator alone: the package as a whole would bring the screens along."""
    package = find_spec("streamlit_authenticator")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("streamlit_authenticator")
    file = Path(package.submodule_search_locations[0]) / "utilities" / f"{name}.py"
    spec = spec_from_file_location(f"streamlit_authenticator_{name}", file)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(str(file))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Hasher, Validator = _piece("hasher").Hasher, _piece("validator").Validator

MOST_BYTES = 72
"""bcrypt reads no more; what stands behind would not count, so it is refused."""

RULE = (
    "8 to 20 characters with a small letter, a capital letter, a digit and a sign such as ! or #; "
    "or a whole sentence of more than 20 characters."
)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


class Rules(Validator):  # type: ignore[misc, valid-type]
    """The package's rules, with room for a sentence."""

    def validate_password(self, password: str) -> bool:
        return bool(super().validate_password(password)) or (len(password) > 20 and _fits(password))

    def diagnose_password(self, password: str) -> str:
        return f"Choose a password of {RULE}"


def _fits(password: str) -> bool:
    return password.isprintable() and len(password.encode()) <= MOST_BYTES


def check(password: str, repeated: str) -> None:
    """Raises Refused with the rule that a new password breaks."""
    if password.strip() != repeated.strip():
        raise Refused("The two passwords differ. Type the same twice.")
    if not Rules().validate_password(password.strip()):
        raise Refused(f"Choose a password of {RULE}")


def keep(password: str) -> str:
    """The hash to store. Takes a quarter of a second, on purpose: call it outside a transaction."""
    return str(Hasher.hash(password.strip()))


def matches(password: str, kept: str | None) -> bool:
    """Is it this password? Takes the same time when there is nobody to compare with (None)."""
    password = password.strip()  # as the package's forms do
    fits = _fits(password)
    same = Hasher.check_pw(password if fits else "", kept or _nobodys())
    return bool(same and fits and kept is not None)


@cache
def _nobodys() -> str:
    return keep(secrets.token_urlsafe(24))


def prepare() -> None:
    """Do once, at the start, what the first stranger would otherwise wait for."""
    _nobodys()


def new() -> str:
    """A one-time password that follows the rules and can be read out: kq3m-x7wd-9hvt-A2."""
    return f"{code().lower()}-{secrets.choice('ABCDEFGHKLMNPQRSTUVWXYZ')}{secrets.choice('23456789')}"


def code() -> str:
    """A one-time code to read out: three groups of four, about 60 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)).upper()


def digest(token: str) -> str:
    """What is stored of a token, a ticket or a code: enough to know it again, useless to whoever reads it."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Something that nobody can guess, for a cookie or a ticket."""
    return secrets.token_urlsafe(32)
