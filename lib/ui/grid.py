"""The editable grid, the same on every screen: pages and sorts in the database, keeps what was typed, saves all or nothing.

The browser's editor reports edits by row position. So the rows stay as they were read until they are saved, discarded, filtered or turned
over (a new "edition"), and what was typed is kept beside it by row id.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from db.frames import MANY, Page
from lib.changes import Changes
from lib.problems import Problem, Refused
from lib.rights import Right
from lib.ui import download, page
from lib.ui.columns import Column
from lib.ui.drafts import PICK, Draft

Loader = Callable[..., pd.DataFrame]
Counter = Callable[..., int]
Sorts = Mapping[str, Any]
SIZE = 50
LATE_EDIT_SECONDS = 0.35
"""The browser keeps a cell for 130 ms before it sends it; a Save pressed within that time must wait for it."""


@dataclass(frozen=True)
class View:
    """What the grid shows after this run: which rows are ticked, how many match, and what is typed and not saved."""

    picked: tuple[int, ...] = ()
    total: int = 0
    changes: Changes = field(default_factory=Changes)
    rows: tuple[Mapping[str, Any], ...] = ()


@dataclass
class Sheet:
    """The rows that somebody is looking at, kept as they were read."""

    name: str
    edition: int = 0
    where: Any = None
    rows: list[dict[str, Any]] | None = None
    total: int = 0
    kept: Draft = field(default_factory=Draft)
    live: Draft = field(default_factory=Draft)
    problems: list[Problem] = field(default_factory=list)
    save_asked: float | None = None

    @property
    def key(self) -> str:
        return f"{self.name}#{self.edition}"

    def turn(self) -> None:
        """Keep what is typed and read the rows again."""
        self.kept, self.rows, self.edition = self.live, None, self.edition + 1


def edit(
    name: str,
    table: Loader,
    count: Counter,
    wanted: Any,
    columns: Sequence[Column],
    *,
    save: Callable[..., str],
    right: Right,
    check: Callable[[Changes], list[Problem]] = lambda changes: [],
    sorts: Sorts | None = None,
    add: bool = False,
    delete: bool = False,
    size: int = SIZE,
) -> View:
    """Show the rows of `table` that are wanted; let those who may change them, and save with `save(session, changes)`."""
    sheet = _sheet(name)
    open_to_me = page.may(right)
    by_name = {column.name: column for column in columns if open_to_me}
    where, summary = _toolbar(sheet, table, wanted, columns, sorts or {}, size, by_name if add else {}, save)
    _read(sheet, table, count, wanted, where)
    summary.markdown(f"**{page.many(sheet.total)}** found")
    _draw(sheet, columns, by_name)
    sheet.live = sheet.kept.with_editor(sheet.rows or [], st.session_state.get(sheet.key), by_name)
    changes, problems = sheet.live.changes(by_name)
    problems += check(changes) if changes else []
    _foot(sheet, size)
    if not open_to_me:
        st.caption(f"You can look; {page.rights.who(right)} may change this.")
    else:
        _bar(sheet, changes, problems, save if delete else None)
    if sheet.save_asked is not None:
        _save(sheet, changes, problems, save)
    return View(tuple(sheet.live.picked), sheet.total, changes, tuple(sheet.rows or ()))


def show(
    name: str,
    table: Loader,
    count: Counter,
    wanted: Any,
    columns: Sequence[Column],
    *,
    sorts: Sorts | None = None,
    size: int = SIZE,
) -> View:
    """The same without typing: rows can be ticked, sorted, turned over and downloaded."""
    sheet = _sheet(name)
    where, summary = _toolbar(sheet, table, wanted, columns, sorts or {}, size, {}, None)
    _read(sheet, table, count, wanted, where)
    summary.markdown(f"**{page.many(sheet.total)}** found")
    _draw(sheet, columns, {})
    sheet.live = sheet.kept.with_editor(sheet.rows or [], st.session_state.get(sheet.key), {})
    _foot(sheet, size)
    return View(tuple(sheet.live.picked), sheet.total, rows=tuple(sheet.rows or ()))


# The rows


def _sheet(name: str) -> Sheet:
    found: Sheet = st.session_state.setdefault(f"sheet:{name}", Sheet(name))
    return found


def _read(sheet: Sheet, table: Loader, count: Counter, wanted: Any, where: Page) -> None:
    place = (wanted, where, st.session_state.get("fresh", 0))
    came_back = sheet.rows is not None and sheet.key not in st.session_state
    if (sheet.where is not None and sheet.where != place) or came_back:
        sheet.turn()
    sheet.where = place
    if sheet.rows is None:
        sheet.total, frame = page.read(lambda session: (count(session, wanted), table(session, wanted, where)))
        sheet.rows = [
            {"id": int(number), **cells} for number, cells in zip(frame.index, frame.to_dict("records"), strict=True)
        ]


def _draw(sheet: Sheet, columns: Sequence[Column], open_columns: Mapping[str, Column]) -> None:
    rows = sheet.rows or []
    if not rows:
        st.info("Nothing here matches. Take a filter away, or go back to page 1.", icon=":material/search_off:")
        return
    cells: dict[str, Any] = {PICK: pd.array([row["id"] in sheet.kept.picked for row in rows], dtype="bool")}
    for column in columns:
        cells[column.name] = pd.Series([_cell(sheet, row, column) for row in rows], dtype=column.kind).array
    frame = pd.DataFrame(cells, index=pd.Index([row["id"] for row in rows], name="id"))
    st.data_editor(
        frame,
        key=sheet.key,
        alt=sheet.name,
        num_rows="fixed",
        hide_index=True,
        height=min(36 * (len(rows) + 1) + 3, 36 * 17),
        row_height=36,
        disabled=[column.name for column in columns if column.locked or column.name not in open_columns],
        column_config={PICK: st.column_config.CheckboxColumn(PICK, width=36, pinned=True, help="Tick rows for the buttons below"),
                       **{column.name: column.config() for column in columns}},
    )  # fmt: skip


def _cell(sheet: Sheet, row: Mapping[str, Any], column: Column) -> Any:
    typed = sheet.kept.cells.get(row["id"], {})
    if column.name not in typed:
        return column.show(row[column.name])
    try:
        return column.show(column.value(typed[column.name]))
    except ValueError:
        return typed[column.name] if column.kind in ("str", "object") else None


# Above


def _toolbar(
    sheet: Sheet,
    table: Loader,
    wanted: Any,
    columns: Sequence[Column],
    sorts: Sorts,
    size: int,
    addable: Mapping[str, Column],
    save: Any,
) -> tuple[Page, Any]:
    """How many, and the buttons; returns which page is wanted and the place for the count, which is known only later."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        summary = st.empty()
        st.space("stretch")
        if addable and st.button("Add", key=f"{sheet.name}:add", icon=":material/add:"):
            _add(sheet.name, addable, save)
        where = Page(_number(sheet, wanted), size, *_sorting(sheet, sorts, columns))
        st.button("Refresh", key=f"{sheet.name}:refresh", icon=":material/refresh:", on_click=page.refresh,
                  help="Read the rows again; what you have typed stays")  # fmt: skip
        download.menu(sheet.name, table, wanted, where, columns)
    return where, summary


def _number(sheet: Sheet, wanted: Any) -> int:
    """The page asked for; a new filter begins at page 1."""
    key = f"{sheet.name}_page"
    if sheet.where is not None and sheet.where[0] != wanted:
        st.session_state[key] = 1
    return max(1, int(st.session_state.get(key) or 1))


def _sorting(sheet: Sheet, sorts: Sorts, columns: Sequence[Column]) -> tuple[str, bool]:
    if not sorts:
        return "", True
    labels = {column.name: column.label for column in columns}
    options = {
        f"{labels.get(name, name.replace('_', ' ').capitalize())} {arrow}": (name, arrow == "↓")
        for name in sorts
        for arrow in "↓↑"
    }
    chosen = st.selectbox(
        "Sort", list(options), key=f"{sheet.name}_sort", label_visibility="collapsed", width=190, bind="query-params"
    )
    return options.get(chosen, next(iter(options.values())))


@st.dialog("Add", width="medium")
def _add(name: str, columns: Mapping[str, Column], save: Callable[..., str]) -> None:
    """A form with a field for each open column."""
    typed = {column.name: _field(f"{name}:add", column) for column in columns.values() if not column.locked}
    if not st.button("Add", type="primary", key=f"{name}:add:now"):
        return
    values, problems = {}, []
    for key, raw in typed.items():
        try:
            values[key] = columns[key].value(raw)
        except ValueError as why:
            problems.append(Problem(f"{why}."))
    if problems:
        page.complain(Refused(*problems))
    else:
        page.perform(save, Changes(added=(values,)))


def _field(prefix: str, column: Column) -> Any:
    key, label = f"{prefix}:{column.name}", column.label + (" *" if column.required else "")
    if column.words:
        return st.selectbox(
            label,
            list(column.words),
            index=0 if column.required else None,
            format_func=lambda v: column.words[v],
            key=key,
            help=column.help,
        )
    if column.kind == "bool":
        return st.toggle(label, key=key, help=column.help)
    return st.text_input(label, key=key, help=column.help)


# Below


def _foot(sheet: Sheet, size: int) -> None:
    """Which page of how many; past ten thousand rows there is always a next one until a page is empty."""
    key = f"{sheet.name}_page"
    here = max(1, int(st.session_state.get(key) or 1))
    last = -(-sheet.total // size)
    if sheet.total > MANY:
        last = max(last, here + (50 if sheet.rows else 0))
    if last > 1 or here > 1:
        st.pagination(max(last, here), key=key, bind="query-params")


def _bar(sheet: Sheet, changes: Changes, problems: list[Problem], delete: Callable[..., str] | None) -> None:
    typed, picked = len(sheet.live), len(sheet.live.picked)
    elsewhere = len(set(sheet.live.cells) - {row["id"] for row in sheet.rows or []})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Save", key=f"{sheet.name}:save", type="primary", icon=":material/save:", shortcut="Ctrl+S", on_click=_ask_to_save,
                  args=(sheet.name,))  # fmt: skip
        st.button(
            "Discard",
            key=f"{sheet.name}:discard",
            disabled=not typed and not picked,
            on_click=_discard,
            args=(sheet.name,),
        )
        if delete and st.button(f"Delete {picked} ticked" if picked else "Delete ticked", key=f"{sheet.name}:delete", disabled=not picked,
                                icon=":material/delete:"):  # fmt: skip
            _delete(sheet, delete)
        said = [f"{typed} unsaved" if typed else "", f"{elsewhere} of them in rows not on this page" if elsewhere else "",
                f"{picked} ticked" if picked else ""]  # fmt: skip
        st.caption(" · ".join(filter(None, said)) or "Nothing unsaved")
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
    _sheet(name).save_asked = time.monotonic()


def _discard(name: str) -> None:
    sheet = _sheet(name)
    sheet.live, sheet.problems = Draft(), []
    sheet.turn()


def _decide(name: str, mine: bool) -> None:
    sheet = _sheet(name)
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


def _save(sheet: Sheet, changes: Changes, problems: list[Problem], save: Callable[..., str]) -> None:
    """Save once the last cell has arrived. From the commit to the bookkeeping nothing may interrupt: only plain values in between."""
    time.sleep(max(0.0, LATE_EDIT_SECONDS - (time.monotonic() - (sheet.save_asked or 0.0))))
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
        return page.commands.perform(page.actor(), save, changes)
    except Refused as refusal:
        sheet.problems = refusal.problems
    except Exception as error:
        if (text := page.outages.sentence(error)) is None:
            raise
        sheet.problems = [Problem(f"{text} What you have typed is kept.")]
    return None
