"""Saved views above the fields of a list: open one, see whether it was changed since, save what is asked for now."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from lib import rights, views
from lib.orders import order_links
from lib.orders.order_links import SCREENS, Screen
from lib.ui import criteria, page
from lib.views import TEAM, View

WIDTH = 140
GONE = "This link names a saved view that is gone, or is a colleague's own."


def bar(name: str) -> None:
    """The views of the list "orders" or "purchase": a choice, and a button for what can be done with them."""
    screen = SCREENS[name]
    found = {view.id: view for view in page.read(views.of_screen, st.session_state["me"], name)}
    here = _arrive(screen, found)
    key = f"{name}:view"
    page.follow(key, here.id if here else None)
    st.selectbox("View", list(found), index=None, key=key, placeholder="All" if found else "None saved yet", width=WIDTH,
                 format_func=lambda number: _called(found.get(number)), on_change=_open, args=(name,), disabled=not found)  # fmt: skip
    changed = here is not None and _text(screen) != here.query
    shut = f"{name}:views"
    if st.session_state.pop(f"{shut}:done", False):
        st.session_state[shut] = False
    popover = st.popover("Changed" if changed else "Save view", key=shut, on_change="rerun",
                         icon=":material/bookmark_heart:" if here else ":material/bookmark_add:")  # fmt: skip
    if popover.open:
        with popover:
            if here is not None:
                _of(screen, here, changed)
            _save(screen)


def _arrive(screen: Screen, found: dict[int, View]) -> View | None:
    """The view that the address names. A link that names nothing else opens it."""
    asked = st.query_params.get(screen.view, "")
    here = next((view for number, view in found.items() if str(number) == asked), None)
    gone = [GONE] if asked and here is None else []
    if gone:
        st.query_params.pop(screen.view, None)
    if criteria.arrived(screen):
        criteria.take(
            screen, here.criteria if here and not criteria.narrowed(screen) else criteria.current(screen), gone
        )
    criteria.rubbish(screen)
    return here


def _called(view: View | None) -> str:
    return "" if view is None else f"{view.name} · team" if view.is_shared else view.name


def _text(screen: Screen) -> str:
    """What is asked for now, said as a view says it."""
    return order_links.text(order_links.canonical(screen, criteria.current(screen)))


def _open(name: str) -> None:
    """Show the view that was chosen; none chosen is all of the list."""
    chosen = st.session_state[f"{name}:view"]
    view = None if chosen is None else page.read(views.find, st.session_state["me"], name, str(chosen))
    if view is None:
        criteria.clear(name)
        return
    criteria.show(SCREENS[name], view.criteria)
    criteria.stand(SCREENS[name].view, str(view.id))


def _of(screen: Screen, view: View, changed: bool) -> None:
    """What can be done with the view that is open."""
    st.markdown(f"**{page.plain(view.name)}**{' · changed since it was opened' if changed else ''}")
    if not view.is_mine:
        st.caption(page.plain(f"{view.owner}'s view for the team; {view.owner} or an admin may change it."))
    with st.container(horizontal=True):
        st.button("Back to it", key=f"{screen.name}:view:back", disabled=not changed, icon=":material/undo:",
                  on_click=criteria.show, args=(screen, view.criteria))  # fmt: skip
        if st.button("Update", key=f"{screen.name}:view:update", disabled=not (changed and view.is_mine), icon=":material/save:",
                     help="The view gets what is asked for now"):  # fmt: skip
            _do(screen, views.overwrite, view.id, view.query, criteria.current(screen))
        if st.button("Delete", key=f"{screen.name}:view:delete", disabled=not view.is_mine, icon=":material/delete:"):
            _do(screen, views.delete, view.id, leave=True)
    if view.is_mine:
        _rename(screen, view)
    st.divider()


def _do(screen: Screen, command: Callable[..., str], *args: Any, leave: bool = False) -> None:
    """Run a command; when it is done, close the popover, leave the view if it is gone, and say what was done."""
    said = page.attempt(command, *args)
    if said is None:
        return
    if leave:
        st.query_params.pop(screen.view, None)
    st.session_state[f"{screen.name}:views:done"] = True
    page.announce(said)


def _rename(screen: Screen, view: View) -> None:
    key = f"{screen.name}:view:{view.id}"
    with st.form(f"{key}:form", border=False):
        name = st.text_input("Name", view.name, max_chars=views.LONGEST_NAME, key=f"{key}:name")
        shared, queue = _flags(screen, key, view.is_shared, view.is_queue)
        if st.form_submit_button("Save name", key=f"{key}:save"):
            _do(screen, views.rename, view.id, name or "", shared, queue)


def _save(screen: Screen) -> None:
    """Keep what is asked for now as a view of its own."""
    key = f"{screen.name}:view:new"
    with st.form(f"{key}:form", border=False):
        name = st.text_input(
            "Save what is shown now as", max_chars=views.LONGEST_NAME, key=f"{key}:name", placeholder="Name of the view"
        )
        shared, queue = _flags(screen, key, False, False)
        if st.form_submit_button("Save view", icon=":material/bookmark_add:", key=f"{key}:save"):
            _keep(screen, name or "", shared, queue)


def _flags(screen: Screen, key: str, shared: bool, queue: bool) -> tuple[bool, bool]:
    allowed = page.may(TEAM[screen.name])
    team = st.checkbox("For the whole team", shared, key=f"{key}:team", disabled=not allowed,
                       help=None if allowed else f"For the role {rights.who(TEAM[screen.name])}")  # fmt: skip
    return team, st.checkbox("Count it on Home", queue, key=f"{key}:home")


def _keep(screen: Screen, name: str, shared: bool, queue: bool) -> None:
    query = criteria.current(screen)
    said = page.attempt(views.save, screen.name, name, query, shared, queue)
    if said is None:
        return
    mine = page.read(views.of_screen, st.session_state["me"], screen.name)
    made = next((view for view in mine if view.name == " ".join(name.split()) and view.is_shared == shared), None)
    if made is not None:
        criteria.stand(screen.view, str(made.id))
    st.session_state[f"{screen.name}:views:done"] = True
    page.announce(said)
