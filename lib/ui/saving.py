"""Saving what was typed into a grid: all of it or nothing, and no cell lost on the way."""

import time
from collections.abc import Callable

import streamlit as st

from lib import commands, outages
from lib.changes import Changes
from lib.counted import counted
from lib.problems import Problem, Refused
from lib.ui import page
from lib.ui.drafts import Draft
from lib.ui.sheet import Sheet, sheet_of

LATE_EDIT_SECONDS = 0.35
"""The browser keeps a cell for 130 ms before it sends it; a Save pressed within that time must wait for it."""

SLOW_EDIT_SECONDS = 1.5
"""A Save of nothing was hardly meant so: on a busy machine the cell may still be on its way."""


def bar(sheet: Sheet, delete: Callable[..., str] | None, verb: str) -> None:
    """Save, Discard and Delete, with how much is waiting."""
    typed, picked = len(sheet.live), len(sheet.live.picked)
    elsewhere = len(set(sheet.live.cells) - {row["id"] for row in sheet.rows or []})
    st.button(verb, key=f"{sheet.name}:save", type="primary", icon=":material/save:", shortcut="Ctrl+S",
              on_click=_ask_to_save, args=(sheet.name,))  # fmt: skip
    st.button(
        "Discard", key=f"{sheet.name}:discard", disabled=not (typed or picked), on_click=_discard, args=(sheet.name,)
    )
    if delete:
        label = f"Delete {picked} ticked" if picked else "Delete ticked"
        if st.button(label, key=f"{sheet.name}:delete", disabled=not picked, icon=":material/delete:"):
            _delete(sheet, delete)
    said = [
        f"{typed} unsaved" if typed else "",
        f"{counted(elsewhere, 'row')} of them not on this page" if elsewhere else "",
        f"{picked} ticked" if picked else "",
    ]
    st.caption(" · ".join(filter(None, said)) or "Nothing unsaved", width="content")


def complaints(sheet: Sheet, problems: list[Problem]) -> None:
    """What is wrong with what is typed now, and what the last save was refused for."""
    for problem in problems[:10]:
        st.warning(page.plain(_about(sheet, problem)), icon=":material/edit_note:")
    _show_refusal(sheet)


def _show_refusal(sheet: Sheet) -> None:
    """What the last save was refused for; conflicts can be decided here, all at once."""
    if not sheet.problems:
        return
    for problem in sheet.problems[:10]:
        st.error(page.plain(_about(sheet, problem)), icon=":material/block:")
    if len(sheet.problems) > 10:
        st.caption(f"… and {len(sheet.problems) - 10:,} more.")
    if any(problem.conflict for problem in sheet.problems):
        with st.container(horizontal=True):
            st.button("Keep mine", key=f"{sheet.name}:mine", on_click=_decide, args=(sheet.name, True))
            st.button("Take theirs", key=f"{sheet.name}:theirs", on_click=_decide, args=(sheet.name, False))


def _about(sheet: Sheet, problem: Problem) -> str:
    """The sentence with the row it is about, by the name that people call it."""
    row = sheet.live.seen.get(problem.row or 0) or next((r for r in sheet.rows or [] if r["id"] == problem.row), None)
    name = next((str(row[n]) for n in ("sku", "number", "name", "asin", "code") if row and row.get(n)), None)
    return f"{name}: {problem.text}" if name else problem.text


# What the buttons do


def _ask_to_save(name: str) -> None:
    """Only note it: a cell that was typed just before the click is still on its way."""
    sheet_of(name).save_asked = time.monotonic()


def _discard(name: str) -> None:
    sheet = sheet_of(name)
    sheet.live, sheet.problems = Draft(), []
    sheet.turn()


def _decide(name: str, mine: bool) -> None:
    sheet = sheet_of(name)
    for problem in sheet.problems:
        if problem.conflict and problem.row is not None and problem.field is not None:
            if mine:
                sheet.live.rebase(problem.row, problem.field, problem.theirs)
            else:
                sheet.live.drop(problem.row, problem.field)
    sheet.problems = []
    sheet.turn()


def _delete(sheet: Sheet, save: Callable[..., str]) -> None:
    picked = tuple(sheet.live.picked)
    news = page.attempt(save, Changes(deleted=picked))
    if news is not None:
        for number in picked:
            sheet.live.picked.pop(number, None)
            sheet.live.cells.pop(number, None)
            sheet.live.seen.pop(number, None)
        page.announce(f"{news} The way back is in History.")


def save(sheet: Sheet, changes: Changes, problems: list[Problem], save: Callable[..., str]) -> None:
    """Save once the last cell has arrived. From the commit to the bookkeeping nothing may interrupt: only plain values in between."""
    until = (sheet.save_asked or 0.0) + (LATE_EDIT_SECONDS if changes else SLOW_EDIT_SECONDS)
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LATE_EDIT_SECONDS))
        st.empty()  # if a late cell has arrived, the run that carries it takes over here, and the request to save is still standing
    sheet.save_asked = None
    if problems:
        st.error("Nothing was saved. Correct what is marked above first.")
        return
    if not changes:
        st.info("There is nothing to save.")
        return
    news = _attempt(sheet, save, changes)
    if news is None:
        sheet.turn()
        st.rerun()
    sheet.live, sheet.problems = Draft(picked=sheet.live.picked), []
    sheet.turn()
    page.announce(news)


def _attempt(sheet: Sheet, save: Callable[..., str], changes: Changes) -> str | None:
    try:
        return commands.perform(page.actor(), save, changes)
    except Refused as refusal:
        sheet.problems = refusal.problems
    except Exception as error:
        if (text := outages.sentence(error)) is None:
            raise
        sheet.problems = [Problem(f"{text} What you have typed is kept.")]
    return None
