"""The Runs tab of Pricing: every run that moved prices, what it moved, and the way back; and how far a run may go by itself."""

from decimal import Decimal

import streamlit as st

from lib.counted import counted
from lib.prices import price_breaker, price_history, price_moved, price_runs
from lib.prices.price_moved import Run
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.words import RunKind, RunState

LINK = "r_run"
RUNS = [
    c.moment("applied_at", "Applied"),
    c.choice("kind", "What", RunKind, locked=True),
    c.choice("state", "State", RunState, locked=True),
    c.text("actor", "Who", locked=True),
    *(c.number(name, name.capitalize(), locked=True) for name in ("moves", "up", "down", "first", "locked")),
    c.number("undone", "Undone by run", locked=True),
    c.text("title", "Title", locked=True, width=180),
    c.text("reason", "Why past the breaker", locked=True, width=240),
    c.moment("created_at", "Begun"),
]
MOVES = [
    c.text("sku", "SKU", locked=True, pinned=True),
    c.text("store", "Store", locked=True),
    *(c.money(name, label, locked=True, currency="currency")
      for name, label in (("before", "From"), ("after", "To"), ("live", "Price now"))),
    c.text("currency", "Currency", locked=True),
    c.text("rule", "By rule", locked=True, width=320),
]  # fmt: skip


def show() -> None:
    """The runs, and the one that is ticked or named by the address."""
    with page.filters():
        wanted = price_history.Filter(page.choose("r_state", "State", RunState), page.choose("r_kind", "What", RunKind))
        _limits()
    view = grid.show("runs", price_history.table, price_history.count, wanted, RUNS, sorts=price_history.SORTS)
    run = page.read(price_moved.find, view.picked[-1] if view.picked else st.query_params.get(LINK))
    if run is None:
        st.caption("Tick a run to see which prices it moved, and to take it back as a whole or in part.")
    else:
        with st.container(border=True):
            _one(run)


def _one(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Run #{run.id}", anchor=False, width="content")
        page.badge(run.kind)
        page.badge(run.state)
        st.caption(
            page.plain(f"{counted(run.moves, 'price')} · {run.actor} · {run.title}".rstrip(" ·")), width="content"
        )
    if run.undone_by:
        st.caption(f"Taken back, or a part of it, by run #{run.undone_by}.")
    view = grid.show(f"moves {run.id}", price_moved.table, price_moved.count, run.id, MOVES)
    is_applied = run.state is RunState.APPLIED
    with st.container(horizontal=True):
        if page.button(
            f"Undo run #{run.id}", needs=Right.PRICES, icon=":material/undo:", disabled=not is_applied, primary=True
        ):
            page.perform(price_runs.undo, run.id)
        ticked = f"Undo {len(view.picked)} ticked" if view.picked else "Undo ticked"
        if page.button(ticked, needs=Right.PRICES, icon=":material/undo:", disabled=not (is_applied and view.picked)):
            page.perform(price_runs.undo, run.id, view.picked)


def _limits() -> None:
    """The breaker: for everybody to see, for admins to set."""
    now = page.read(price_breaker.limits)
    with st.popover("Breaker", icon=":material/electrical_services:"):
        st.caption("A run that goes further stops until an admin says why it may.")
        moved = st.text_input(
            "At most so many of all prices move, %", f"{now.most_moved.normalize():f}", key="limit moved", max_chars=12
        )
        change = st.text_input(
            "No price moves by more than, %", f"{now.most_change.normalize():f}", key="limit change", max_chars=12
        )
        typed = [_percent(text) for text in (moved, change)]
        if None in typed:
            st.warning("A limit is a number, such as 30.")
        if page.button("Set", needs=Right.COMPANY, key="limit set", disabled=None in typed):
            page.perform(price_breaker.save_limits, *typed)


def _percent(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except ArithmeticError:
        return None
    return number if number.is_finite() else None
