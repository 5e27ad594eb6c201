"""What every screen does: ask who you are, read, run commands, and say what happened."""

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from db.frames import MANY
from db.session import Actor, reading
from db.storable import NO_LETTER
from db.vocabulary import Term
from lib import commands, outages, rights
from lib.problems import Refused
from lib.rights import Right
from lib.ui import news, people
from lib.ui.escape import plain as plain

log = logging.getLogger(__name__)
T = TypeVar("T")
ALL = "all"


def open(title: str, right: Right = Right.LOOK, *, note: str | None = None) -> Actor:
    """Start a screen: for people who are signed in and may see it; with the news of the last click."""
    news.begin()
    actor = people.current()
    if actor is None:
        people.sign_in_here()
        st.stop()
    if st.session_state.get("page") != title:
        st.session_state["visit"] = st.session_state.get("visit", 0) + 1
        news.forget()
    st.session_state["page"], st.session_state["me"] = title, actor
    st.title(title, anchor=False)
    if note:
        st.caption(note)
    if not rights.may(actor, right):
        st.info(
            f"{title} is for the role {rights.who(right)}; yours is {actor.role.label}. Ask an admin if you need it."
        )
        st.stop()
    news.show()
    return actor


def actor() -> Actor:
    """Who is signed in, looked up again: between two clicks somebody may have been signed out."""
    found = people.current()
    if found is None:
        people.sign_in_here()
        st.stop()
    return found


def may(right: Right) -> bool:
    """For what to show; the command asks again, and looks up who is asking."""
    return rights.may(st.session_state["me"], right)


def read(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Look something up: `function(session, *args)`."""
    with reading() as session:
        return function(session, *args, **kwargs)


def perform(command: Callable[..., str], *args: Any, reason: str = "", **kwargs: Any) -> None:
    """Run a command as the person who is signed in; say what it says, and start the page afresh.

    When it refuses, its sentences are shown and everything that was typed stays.
    """
    if (said := attempt(command, *args, reason=reason, **kwargs)) is not None:
        announce(said)


def attempt(
    command: Callable[..., str], *args: Any, reason: str = "", who: Actor | None = None, **kwargs: Any
) -> str | None:
    """Run a command; its sentence, or None when it was refused and the page has said why. `who` was looked up in this run already."""
    news.forget()
    try:
        return commands.perform(who or actor(), command, *args, reason=reason, **kwargs)
    except Refused as refusal:
        complain(refusal)
    except Exception as error:
        if (text := outages.sentence(error)) is None:
            raise
        log.warning("%s: %s", getattr(command, "command", command), text)
        st.error(text)
    return None


def announce(said: str) -> None:
    """Show a sentence at the top of the next run, which starts now with fresh rows."""
    news.tell(said)
    refresh()
    st.rerun()


def refresh() -> None:
    """Let every grid read its rows again; what was typed stays."""
    st.session_state["fresh"] = st.session_state.get("fresh", 0) + 1


def complain(refusal: Refused, most: int = 10) -> None:
    """The sentences of a refusal, the first ones whole and the rest counted."""
    for problem in refusal.problems[:most]:
        st.error(plain(problem.text), icon=":material/block:")
    if len(refusal.problems) > most:
        st.caption(f"… and {len(refusal.problems) - most:,} more.")


def once(name: str) -> str:
    """A key for one use of a form: the same until `used(name)`, so that a double click is one request."""
    return str(st.session_state.setdefault(f"once:{name}", secrets.token_hex(16)))


def used(name: str) -> None:
    st.session_state.pop(f"once:{name}", None)


# What stands above a grid


def filters() -> Any:
    """A row for the fields that narrow a list."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap="small")


def search(key: str, placeholder: str) -> str:
    """A search box; waits until the typing stops."""
    typed = st.text_input(
        "Search", key=key, type="search", placeholder=placeholder, live="300ms", bind="query-params", width=280
    )
    return NO_LETTER.sub("", typed or "").strip()[:2_000]


def choose(
    key: str, label: str, options: type[Term] | Mapping[Any, str] | Iterable[Any], *, width: int = 160
) -> tuple[Any, ...]:
    """Any number of choices; none means all. In the address they stand by their labels."""
    words = _words(options)
    chosen = st.multiselect(
        label, list(words), format_func=lambda v: words[v], key=key, placeholder="All", bind="query-params", width=width
    )
    return tuple(chosen)


def pick(key: str, label: str, options: type[Term] | Mapping[Any, str] | Iterable[Any], *, width: int = 160) -> Any:
    """One choice or none."""
    words = _words(options)
    return st.selectbox(
        label,
        list(words),
        index=None,
        format_func=lambda v: words[v],
        key=key,
        placeholder="Any",
        bind="query-params",
        width=width,
    )


def toggle(key: str, label: str, help: str | None = None) -> bool:
    return st.toggle(label, key=key, help=help, bind="query-params")


def tabs(key: str, counts: Callable[..., Mapping[Any, int]], words: type[Term], *args: Any) -> Any:
    """One tab for each word of a list, with how many there are; None is all of them. In the address stands the stored value."""
    numbers = read(counts, *args)
    most = getattr(numbers, "most", MANY)
    values = [ALL, *(term.value for term in words)]
    asked = st.query_params.get(key)
    if key not in st.session_state:
        st.session_state[key] = asked if asked in values else ALL

    def label(value: str) -> str:
        return (
            f"All {many(sum(numbers.values()), most)}"
            if value == ALL
            else f"{words(value).label} {many(numbers.get(value, 0), most)}"
        )

    def remember() -> None:
        st.query_params.pop(key, None)
        if st.session_state[key] not in (ALL, None):
            st.query_params[key] = st.session_state[key]

    chosen = st.segmented_control(
        "Status", values, format_func=label, key=key, required=True, on_change=remember, label_visibility="collapsed"
    )
    return None if chosen in (ALL, None) else words(chosen)


def many(count: int, most: int = MANY) -> str:
    """How many, as people read it: 1,234 or 10,000+."""
    return f"{most:,}+" if count > most else f"{count:,}"


def button(label: str, *, needs: Right | None = None, disabled: bool = False, primary: bool = False, key: str | None = None,
           icon: str | None = None, help: str | None = None) -> bool:  # fmt: skip
    """A verb. Grey, with the reason, for a role that may not."""
    allowed = needs is None or may(needs)
    if not allowed and needs is not None:
        help = f"For the role {rights.who(needs)}"
    kind: Any = "primary" if primary else "secondary"
    return st.button(label, key=key, type=kind, disabled=disabled or not allowed, icon=icon, help=help)


def badge(term: Term) -> None:
    colour: Any = term.colour
    st.badge(term.label, color=colour, help=term.meaning or None)


def _words(options: type[Term] | Mapping[Any, str] | Iterable[Any]) -> Mapping[Any, str]:
    if isinstance(options, type):
        return options.labels()
    return options if isinstance(options, Mapping) else {option: str(option) for option in _sequence(options)}


def _sequence(options: Iterable[Any]) -> Sequence[Any]:
    return options if isinstance(options, Sequence) else list(options)


def follow(key: str, value: Any) -> None:
    """Let a field show this value. Only where it shows another one: what is typed while a run goes on is not overwritten."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def tick(key: str, label: str, options: Mapping[Any, str]) -> tuple[Any, ...]:
    """Any number of choices that all begin chosen, as buttons beside each other."""
    chosen = st.pills(
        label, list(options), selection_mode="multi", format_func=lambda v: options[v], default=list(options), key=key
    )
    return tuple(chosen)
