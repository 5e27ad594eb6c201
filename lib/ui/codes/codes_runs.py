"""The Runs tab of the EAN Generator: every run of codes, what has become of it, and the way back."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from db.frames import Page
from lib.codes import code_exports, code_runs, ledger
from lib.codes.code_files import MOST
from lib.codes.ledger import Filter
from lib.counted import agreeing, counted
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.ui.codes import codes_downloads, codes_ledger
from lib.words import CodeRunKind, CodeState, CodeType, Licence

LINK = "e_run"
Run = Mapping[str, Any]
RUNS = [
    c.number("run", "Run", locked=True),
    c.moment("at", "At"),
    c.text("actor", "Who", locked=True),
    c.choice("kind", "Kind", CodeRunKind, locked=True),
    c.choice("type", "Type", CodeType, locked=True),
    c.text("prefix", "Prefix", locked=True),
    c.choice("licence", "Licence", Licence, locked=True),
    c.number("quantity", "Codes", locked=True),
    *(c.number(state.value, state.label, locked=True, help=state.meaning) for state in CodeState),
    c.moment("undone_at", "Taken back"),
    c.text("name", "Name", locked=True, width=200),
]


def show() -> None:
    """The runs, and the one that is ticked or named by the address."""
    with page.filters():
        wanted = code_runs.Filter(
            page.search("e_run_text", "Number, prefix or name"),
            page.choose("e_run_kind", "Kind", CodeRunKind, width=130), page.choose("e_run_type", "Type", CodeType, width=130),
            page.choose("e_run_licence", "Licence", Licence, width=140),
            page.choose("e_run_who", "Who", page.read(code_runs.actors), width=130),
            page.toggle("e_run_standing", "Not taken back"),
        )  # fmt: skip
    view = grid.show("code runs", _table, code_runs.count, wanted, RUNS, sorts=code_runs.SORTS)
    run = find(view.picked[-1] if view.picked else st.query_params.get(LINK, ""))
    if run is None:
        st.caption("Tick a run to download its codes, to release what is left of it, or to take it back.")
    else:
        with st.container(border=True):
            card(run, "run")
            notice(Filter(runs=(run["id"],)), _held(run))
            _back(run)


def _table(session: Any, wanted: code_runs.Filter, where: Page) -> Any:
    found = code_runs.table(session, wanted, where)
    return found.assign(run=found.index)


def find(number: int | str) -> Run | None:
    """The run with this number; None when there is none."""
    text = str(number)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    found = page.read(code_runs.table, code_runs.Filter(text), Page(1, 50, "id", True))
    return {"id": int(text), **found.loc[int(text)].to_dict()} if int(text) in found.index else None


def newest(actor: str) -> Run | None:
    """The last run of somebody that was not taken back."""
    found = page.read(code_runs.table, code_runs.Filter(actors=(actor,), standing=True), Page(1, 1, "id", True))
    return {"id": int(found.index[0]), **found.iloc[0].to_dict()} if len(found) else None


# One run


def card(run: Run, key: str) -> None:
    """What it is, what has become of its codes, and the buttons that take them away."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Run {run['id']}", anchor=False, width="content")
        page.badge(CodeRunKind(run["kind"]))
        page.badge(Licence(run["licence"]))
        st.space("stretch")
        st.button("Show codes", key=f"{key} codes", icon=":material/table_rows:", on_click=codes_ledger.open_run,
                  args=(run["id"],), type="tertiary")  # fmt: skip
    st.caption(page.plain(_said(run)))
    with st.container(horizontal=True, gap="medium"):
        for state in CodeState:
            number = f"{run[state.value]:,}"
            st.metric(
                state.label, number if run[state.value] else f":gray[{number}]", help=state.meaning, width="content"
            )
    codes_downloads.offer(f"{key} {run['id']}", Filter(runs=(run["id"],)), _held(run), f"run-{run['id']}")


def _held(run: Run) -> int:
    return int(sum(run[state.value] for state in CodeState))


def notice(wanted: Filter, count: int) -> None:
    """What has to be said of these codes, beside where they are taken away."""
    for line in page.read(code_exports.notices, wanted) if 0 < count <= MOST else ():
        st.caption(f":orange[:material/gavel:] {page.plain(line)}")


def _said(run: Run) -> str:
    prefix = f" with prefix {run['prefix']}" if run["prefix"] else ""
    name = f" · {run['name']}" if run["name"] else ""
    back = f" · taken back {run['undone_at']:%Y-%m-%d %H:%M} UTC" if run["undone_at"] else ""
    codes = counted(run["quantity"], f"{CodeType(run['type']).label} code")
    return f"{codes}{prefix}{name} · {run['actor']} · {run['at']:%Y-%m-%d %H:%M} UTC{back}"


def _back(run: Run) -> None:
    """Taking it back, or only what is left of it."""
    reserved, is_undone = run[CodeState.RESERVED.value], bool(run["undone_at"])
    with st.container(horizontal=True):
        label = f"Release {reserved:,} reserved"
        if page.button(label, needs=Right.CODES, disabled=not reserved, key="run release", icon=":material/lock_open:",
                       help="They may be drawn again one day. What is assigned or exposed stays."):  # fmt: skip
            page.perform(ledger.release, Filter(runs=(run["id"],)))
        if page.button(f"Undo run {run['id']}…", needs=Right.CODES, disabled=is_undone, key="run undo", icon=":material/undo:",
                       help="As long as no marketplace has seen one of its codes"):  # fmt: skip
            _undo(run)


@st.dialog("Take a run back", icon=":material/undo:")
def _undo(run: Run) -> None:
    held, given = _held(run), run[CodeState.ASSIGNED.value]
    leave = agreeing(
        held, f"The **1** code of run {run['id']} leaves", f"All **{held:,}** codes of run {run['id']} leave"
    )
    st.markdown(f"{leave} the ledger.")
    if given:
        on = agreeing(given, "is on a product, which then has no code", "are on products, which then have no code")
        st.warning(f"{given:,} {on}.", icon=":material/inventory_2:")
    if page.button("Take back", needs=Right.CODES, primary=True, key="run undo now"):
        page.perform(code_runs.undo, run["id"])
