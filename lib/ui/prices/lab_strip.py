"""Three things that are easily taken for one, always in sight: what is saved, what is applied, what is pushed; and the button for each."""

import time
from typing import Any

import streamlit as st

from lib import rights
from lib.counted import agreeing, counted
from lib.prices import price_moved, price_rules, price_runs, prices_out
from lib.prices.price_moved import Run
from lib.rights import Right
from lib.ui import page
from lib.ui.prices import lab_apply
from lib.ui.prices.lab_bench import Bench, Lab
from lib.ui.prices.lab_desk import Desk
from lib.ui.saving import LATE_EDIT_SECONDS
from lib.words import PushState

SECONDS = 10
"""So long a count of what is not pushed holds."""


def show(lab: Lab, desk: Desk) -> None:
    """The three side by side."""
    with st.container(border=True):
        first, second, third = st.columns([3, 4, 3], gap="medium")
        with first:
            _saved(desk)
        with second:
            _applied(desk)
        with third:
            _pushed(lab, desk)


def head(number: int, word: str, colour: Any, icon: str) -> None:
    """The number and the state; what can be done about it stands at the right."""
    st.badge(f"{number} {word}", color=colour, icon=f":material/{icon}:")
    st.space("stretch")


def row() -> Any:
    return st.container(horizontal=True, vertical_alignment="center", gap="small")


# Saved


def _saved(desk: Desk) -> None:
    bench, draft = desk.bench, desk.draft
    wrong = "Correct what is marked red first" if bench.has_errors else None
    why = f"For the role {rights.who(Right.PRICES)}" if not page.may(Right.PRICES) else wrong
    with row():
        head(1, *(("Not saved", "orange", "science") if draft else ("Saved", "green", "check_circle")))
        st.button("Save rules", key="lab save", icon=":material/save:", type="primary" if draft else "secondary", help=why,
                  disabled=not draft or bool(why), on_click=bench.ask_to_save)  # fmt: skip
    st.caption(f"{draft} tried. Saving changes no price." if draft else "What you see is what is saved.")
    if bench.save_asked is not None:
        _once_all_has_arrived(bench)
        if told := desk.warnings:
            _mean_it(desk, told)
        else:
            _save(desk)


def _once_all_has_arrived(bench: Bench) -> None:
    """A cell that was typed just before the click is still on its way: the run that carries it takes over here, and still saves."""
    time.sleep(max(0.0, LATE_EDIT_SECONDS - (time.monotonic() - (bench.save_asked or 0.0))))
    st.empty()
    bench.save_asked = None


@st.dialog("Save in spite of warnings?", width="medium")
def _mean_it(desk: Desk, told: list[str]) -> None:
    for text in told[:10]:
        st.warning(page.plain(text), icon=":material/warning:")
    if len(told) > 10:
        st.caption(f"… and {len(told) - 10} more.")
    if page.button("I mean it: save", needs=Right.PRICES, primary=True, key="lab save meant"):
        _save(desk, confirmed=True)


def _save(desk: Desk, confirmed: bool = False) -> None:
    bench, draft = desk.bench, desk.draft
    news = page.attempt(price_rules.save_draft, draft, bench.seen(draft), confirmed=confirmed)
    if news is not None:
        bench.clear(draft)
        page.announce(news)


# Applied


def _applied(desk: Desk) -> None:
    """How many prices are not what the saved rules give; the last run and its way back."""
    count, wrong = desk.look.count, _obstacle(desk)
    label = f"{'Save and apply' if desk.draft else 'Apply'} {count:,}…" if count and not wrong else "Apply…"
    run = page.read(price_moved.latest)
    with row():
        head(
            2, *(("Not applied", "orange", "difference") if desk.saved.count else ("Applied", "green", "check_circle"))
        )
        if run and _undo(run):
            page.perform(price_runs.undo, run.id)
        if page.button(label, needs=Right.PRICES, disabled=bool(wrong), help=wrong, icon=":material/sell:", key="lab apply",
                       primary=not wrong and not desk.draft):  # fmt: skip
            lab_apply.show(desk)
    many = desk.saved.count
    of = f"{many:,} of {counted(desk.saved.preview.total, 'price')}"
    st.caption(
        f"{of} {agreeing(many, 'differs', 'differ')} from the saved rules."
        if many
        else "Each price is what the saved rules give, or locked."
    )


def _undo(run: Run) -> bool:
    """The way back from the last run, while it is fresh."""
    may = page.may(Right.PRICES)
    told = (
        f"{counted(run.moves, 'price')}, by {run.actor} at {run.applied_at:%H:%M} UTC"
        if may
        else f"For the role {rights.who(Right.PRICES)}"
    )
    return st.button(
        f"Undo run #{run.id}",
        key="lab undo",
        type="tertiary",
        icon=":material/undo:",
        disabled=not may,
        help=page.plain(told),
    )


def _obstacle(desk: Desk) -> str | None:
    if desk.bench.has_errors:
        return "Correct what is marked red first"
    if desk.compare != "listed":
        return "Compare with the listed prices first: only what is previewed is applied"
    return None if desk.look.count else "No price would move"


# Pushed


def _pushed(lab: Lab, desk: Desk) -> None:
    waiting, going, refused = _counted_pushes(lab, desk)
    with row():
        if waiting:
            head(3, "Not pushed", "orange", "cloud_off")
        else:
            head(3, *(("On their way", "blue", "cloud_upload") if going else ("Pushed", "green", "cloud_done")))
        label = f"Push {page.many(waiting)}" if waiting else "Push"
        if page.button(label, needs=Right.PRICES, disabled=not waiting, icon=":material/upload:", key="lab push"):
            lab.pushes = None
            page.perform(prices_out.push, desk.scope)
    told = [
        f"{page.many(waiting)} {agreeing(waiting, 'live price is', 'live prices are')} not on the marketplaces."
        if waiting
        else "The marketplaces have every live price.",
        f"{page.many(going)} on {agreeing(going, 'its', 'their')} way." if going else "",
        f"{page.many(refused)} refused: see Prices." if refused else "",
    ]
    st.caption(" ".join(filter(None, told)))


def _counted_pushes(lab: Lab, desk: Desk) -> tuple[int, int, int]:
    """How many live prices the marketplaces do not have, are on their way, were refused; not counted at each move of a slider."""
    key = (desk.known.columns.mark, desk.scope, st.session_state.get("fresh"))
    if lab.pushes is None or lab.pushes[0] != key or time.monotonic() > lab.pushes[1] + SECONDS:
        states = page.read(prices_out.lately)
        going = states.get(PushState.QUEUED, 0) + states.get(PushState.SENT, 0)
        refused = states.get(PushState.REFUSED, 0)
        lab.pushes = (key, time.monotonic(), (page.read(prices_out.unpushed, desk.scope), going, refused))
    return lab.pushes[2]
