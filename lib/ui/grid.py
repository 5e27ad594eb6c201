"""The editable grid, the same on every screen: pages and sorts in the database, keeps what was typed, saves all or nothing.

The browser's editor reports edits by row position. So the rows stay as they were read until they are saved, discarded, filtered or turned
over (a new "edition"), and what was typed is kept beside it by row id.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from db.frames import MANY, Page
from db.storable import NO_LETTER
from lib import rights
from lib.changes import Changes
from lib.problems import Problem
from lib.rights import Right
from lib.ui import adding, download, page, saving
from lib.ui.columns import Column
from lib.ui.drafts import PICK
from lib.ui.sheet import Sheet, View, sheet_of

Loader = Callable[..., pd.DataFrame]
Counter = Callable[..., int]
Sorts = Mapping[str, Any]
SIZE = 50
ROW_HEIGHT = 35
ROWS_SEEN = 14
UNSHOWN = {"id": "Added", "at": "Time"}
"""What a sort is called whose column the grid does not show."""


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
    verb: str = "Save",
    seen: Sequence[str] = (),
    downloads: bool = True,
) -> View:
    """Show the rows of `table` that are wanted; let those who may change them, and save with `save(session, changes)`.

    `verb` is the word on the button where saving does more than that. `seen` names the columns that have room, where not all have.
    A screen that has its own way to take its list away has no `downloads`.
    """
    sheet = sheet_of(name)
    open_to_me = page.may(right)
    by_name = {column.name: column for column in columns if open_to_me}
    where, summary = _toolbar(sheet, table, wanted, columns, sorts or {}, size, by_name if add else {}, save, downloads)
    _read(sheet, table, count, wanted, where)
    summary.markdown(f"**{page.many(sheet.total)}** found")
    _draw(sheet, columns, by_name, seen)
    sheet.live = sheet.kept.with_editor(sheet.rows or [], st.session_state.get(sheet.key), by_name)
    changes, problems = sheet.live.changes(by_name)
    problems += check(changes) if changes else []
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if open_to_me:
            saving.bar(sheet, save if delete else None, verb)
        else:
            st.caption(f"You can look; {rights.who(right)} may change this.", width="content")
        st.space("stretch")
        _turner(sheet, size)
    saving.complaints(sheet, problems)
    if sheet.save_asked is not None:
        saving.save(sheet, changes, problems, save)
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
    downloads: bool = True,
) -> View:
    """The same without typing: rows can be ticked, sorted, turned over and, unless the screen has its own way, downloaded."""
    sheet = sheet_of(name)
    where, summary = _toolbar(sheet, table, wanted, columns, sorts or {}, size, {}, None, downloads)
    _read(sheet, table, count, wanted, where)
    summary.markdown(f"**{page.many(sheet.total)}** found")
    _draw(sheet, columns, {})
    sheet.live = sheet.kept.with_editor(sheet.rows or [], st.session_state.get(sheet.key), {})
    _turner(sheet, size)
    return View(tuple(sheet.live.picked), sheet.total, rows=tuple(sheet.rows or ()))


# The rows


def _read(sheet: Sheet, table: Loader, count: Counter, wanted: Any, where: Page) -> None:
    place = (wanted, where, st.session_state.get("fresh", 0))
    came_back = sheet.rows is not None and sheet.key not in st.session_state and not sheet.renewed
    sheet.renewed = False
    if (sheet.where is not None and sheet.where != place) or came_back:
        sheet.turn()
    sheet.where = place
    if sheet.rows is None:
        sheet.total, frame = page.read(lambda session: (count(session, wanted), table(session, wanted, where)))
        sheet.rows = [
            {"id": int(number), **cells} for number, cells in zip(frame.index, frame.to_dict("records"), strict=True)
        ]


def _draw(
    sheet: Sheet, columns: Sequence[Column], open_columns: Mapping[str, Column], seen: Sequence[str] = ()
) -> None:
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
        height=min(ROW_HEIGHT * (len(rows) + 1) + 3, ROW_HEIGHT * ROWS_SEEN),
        row_height=ROW_HEIGHT,
        placeholder="",
        column_order=[PICK, *seen] if seen else None,
        disabled=[column.name for column in columns if column.locked or column.name not in open_columns],
        column_config={PICK: st.column_config.CheckboxColumn(PICK, width=36, pinned=True, help="Tick rows for the buttons below"),
                       **{column.name: column.config() for column in columns}},
    )  # fmt: skip


def _cell(sheet: Sheet, row: Mapping[str, Any], column: Column) -> Any:
    typed = sheet.kept.cells.get(row["id"], {})
    if column.name not in typed:
        return column.cell(row)
    try:
        return column.show(column.value(typed[column.name]))
    except ValueError:
        raw = typed[column.name]
        return NO_LETTER.sub("", raw) if isinstance(raw, str) and column.kind in ("str", "object") else None


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
    downloads: bool = True,
) -> tuple[Page, Any]:
    """How many, and the buttons; returns which page is wanted and the place for the count, which is known only later."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        summary = st.empty()
        st.space("stretch")
        if addable and st.button("Add", key=f"{sheet.name}:add", icon=":material/add:"):
            adding.add(sheet.name, addable, save)
        where = Page(_number(sheet, wanted), size, *_sorting(sheet, sorts, columns))
        st.button("Refresh", key=f"{sheet.name}:refresh", icon=":material/refresh:", on_click=page.refresh,
                  help="Read the rows again; what you have typed stays")  # fmt: skip
        if downloads:
            download.menu(sheet.name, table, wanted, where, columns)
    return where, summary


def _number(sheet: Sheet, wanted: Any) -> int:
    """The page asked for; a new filter begins at page 1."""
    key = f"{sheet.name}_page"
    if sheet.where is not None and sheet.where[0] != wanted:
        st.session_state[key] = 1
    if key not in st.session_state:  # the page turner stands below the rows: it reads the address too late for them
        asked = st.query_params.get(key, "")
        st.session_state[key] = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
    return max(1, int(st.session_state.get(key) or 1))


def _sorting(sheet: Sheet, sorts: Sorts, columns: Sequence[Column]) -> tuple[str, bool]:
    if not sorts:
        return "", True
    labels = {name: name.removesuffix("_at").replace("_", " ").capitalize() for name in sorts}
    labels |= UNSHOWN | {column.name: column.label for column in columns}
    options = {f"{labels[name]} {arrow}": (name, arrow == "↓") for name in sorts for arrow in "↓↑"}
    chosen = st.selectbox(
        "Sort", list(options), key=f"{sheet.name}_sort", label_visibility="collapsed", width=190, bind="query-params"
    )
    return options.get(chosen, next(iter(options.values())))


# Below


def _turner(sheet: Sheet, size: int) -> None:
    """Which page of how many; past ten thousand rows there is always a next one until a page is empty."""
    key = f"{sheet.name}_page"
    here = max(1, int(st.session_state.get(key) or 1))
    last = -(-sheet.total // size)
    if sheet.total > MANY:
        last = max(last, here + (50 if sheet.rows else 0))
    if last > 1 or here > 1:
        st.pagination(max(last, here), key=key, bind="query-params")
