"""The criteria of a list as its fields show them and its address says them: what is asked for now, and how to show another address."""

from collections.abc import Iterable

import streamlit as st

from lib.orders import order_links
from lib.orders.order_links import Query, Screen
from lib.ui import page


def current(screen: Screen) -> Query:
    """What is asked for now: by the fields, or by the address where they are still to be drawn."""
    fresh = arrived(screen)
    asked = {key: _asked(screen, key, fresh) for key in _keys(screen)}
    return {key: typed for key, typed in asked.items() if typed}


def _asked(screen: Screen, key: str, fresh: bool) -> list[str]:
    part = screen.part(key)
    if fresh or key not in st.session_state or (part and part.loose):
        return st.query_params.get_all(key)
    return order_links.said(screen, key, st.session_state[key])


def _keys(screen: Screen) -> Iterable[str]:
    return [*(part.key for part in screen.parts), *filter(None, [screen.days]), *screen.also]


def narrowed(screen: Screen) -> bool:
    """Whether anything is asked for."""
    return bool(order_links.canonical(screen, current(screen)))


def show(screen: Screen, query: Query) -> None:
    """Let the fields, and with them the address, show these criteria and no others. For callbacks: before the fields are drawn."""
    st.session_state.pop(f"{screen.name}:rubbish", None)
    for key, value in order_links.state(screen, query).items():
        part = screen.part(key)
        if part is not None and (part.loose or part.by_value):
            stand(key, str(value or ""))
        if part is None or not part.loose:
            st.session_state[key] = (value or page.ALL) if part and part.by_value else value
    for key, rest in screen.also.items():
        st.session_state[key] = [rest, *query.get(key, ())][-1]


def stand(key: str, value: str) -> None:
    """Let something that is no field stand in the address, or take it out."""
    st.query_params.pop(key, None)
    if value:
        st.query_params[key] = value


def arrived(screen: Screen) -> bool:
    """Whether somebody has just come to the screen, so that the address alone counts."""
    return bool(st.session_state.get(f"{screen.name}:visit") != st.session_state["visit"])


def take(screen: Screen, query: Query, problems: Iterable[str] = ()) -> None:
    """Begin with these criteria, and say what the address asks for that nobody understands.

    The fields know an address only in the words that they write themselves: if it has others, it is written anew first.
    """
    ours = [key for key in st.query_params if key in _keys(screen) or key.startswith(screen.prefix)]
    address = {key: st.query_params.get_all(key) for key in ours if key != screen.view}
    canon = order_links.canonical(screen, query)
    show(screen, canon)
    st.session_state[f"{screen.name}:visit"] = st.session_state["visit"]
    st.session_state[f"{screen.name}:rubbish"] = (*problems, *order_links.read(screen, address).problems)
    if address != canon:
        for key in address:
            st.query_params.pop(key, None)
        st.query_params.update(canon)
        st.rerun()


def rubbish(screen: Screen) -> None:
    """What was left out of the address when somebody came, until they change something."""
    for problem in st.session_state.get(f"{screen.name}:rubbish", ()):
        st.warning(page.plain(problem), icon=":material/link_off:")


def chips(screen: Screen) -> None:
    """What narrows the list, each with a way to take it away."""
    found = order_links.chips(screen, current(screen))
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"{screen.name}_chips"):
        st.caption("Only", width="content")
        for chip in found:
            st.button(page.plain(chip.text), key=f"{screen.name}:chip:{chip.keys[0]}", icon=":material/close:", icon_position="right",
                      help="Take this away", on_click=_drop, args=(screen.name, chip.keys))  # fmt: skip
        st.button("Clear all", key=f"{screen.name}:clear", type="tertiary", on_click=clear, args=(screen.name,))


def _drop(name: str, keys: tuple[str, ...]) -> None:
    screen = order_links.SCREENS[name]
    show(screen, {key: typed for key, typed in current(screen).items() if key not in keys})


def clear(name: str) -> None:
    """All of the list again."""
    screen = order_links.SCREENS[name]
    show(screen, {})
    st.query_params.pop(screen.view, None)
