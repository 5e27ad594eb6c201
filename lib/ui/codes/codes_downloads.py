"""Taking codes away: lists at once, barcodes and labels by a job, and the files that are ready to be fetched."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from db.models import MadeFile, now
from db.session import Actor
from lib import jobs, made_files
from lib.codes import code_exports, code_files
from lib.codes.code_files import FileKind
from lib.codes.ledger import Filter
from lib.ui import page
from lib.ui.jobs import jobs_panel

PUT_AWAY = "code files put away"
HINTS = {
    "txt": "Digits only, a code a line: for other programs",
    "csv": "For Excel, which shows every digit of it",
    "xlsx": "A workbook; every code is text",
}
MOST_SHOWN = 3


def panel() -> None:
    """What is being made, and what has just been made, ready to be fetched; nothing when there is neither."""
    jobs_panel(code_files.KIND, tells_success=False)
    me, away = page.actor(), _put_away()
    ready = [
        file
        for file in page.read(made_files.mine, me, tuple(FileKind))
        if file.actor == me.name and file.id not in away
    ]
    fresh = [file for file in ready if file.made_at > now() - jobs.SHOWN][:MOST_SHOWN]
    if fresh:
        with st.container(border=True, gap="xsmall"):
            for file in fresh:
                _ready(file, me)


def shelf() -> None:
    """All files of the last days, for who has asked for them; admins see those of everybody."""
    me = page.actor()
    if files := page.read(made_files.mine, me, tuple(FileKind)):
        with st.expander(f"Files of the last {made_files.KEPT.days} days: {len(files)}", icon=":material/folder_zip:"):
            for file in files:
                _kept(file, me)


def offer(key: str, wanted: Filter, count: int, name: str, what: str = "") -> None:
    """The buttons that take these codes away; `name` is what a list is called when it is saved, `what` stands before the buttons."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f":material/download: **{what}**" if what else ":material/download:", width="content")
        for kind, make in code_exports.LISTS.items():
            st.download_button(
                kind.upper(), partial(page.read, make, wanted), f"{name}.{kind}", key=f"{key} {kind}", on_click="ignore",
                disabled=not count, help=HINTS[kind],
            )  # fmt: skip
        is_much = count > code_files.MOST
        for of in (FileKind.SVG, FileKind.PNG):
            hint = (
                f"At most {code_files.MOST:,} codes in a file: narrow the filter"
                if is_much
                else of.meaning.replace("barcodes", "Barcodes", 1)
            )
            if st.button(f"{of.label} zip", key=f"{key} {of}", help=hint,
                         disabled=is_much or not count):  # fmt: skip
                make_file(of, wanted)
        st.button("Labels…", key=f"{key} labels", disabled=is_much or not count,
                  on_click=print_labels, args=(wanted,), help="Choose the sheet and see a label first")  # fmt: skip


def print_labels(wanted: Filter) -> None:
    """Go to the tab of the labels with these codes."""
    st.session_state["labels of"], st.session_state["labels source"] = wanted, CHOSEN
    st.session_state["e_tab"] = "Labels"


CHOSEN = "Chosen before"
"""What the tab of the labels calls codes that were chosen on another one."""


def make_file(what: FileKind, wanted: Filter, printing: code_files.Printing | None = None) -> None:
    """Start the job; its progress is then seen at the top of the screen."""
    if page.attempt(code_files.start, what, wanted, printing) is not None:
        st.rerun()


# Files


def _put_away() -> set[int]:
    found: set[int] = st.session_state.setdefault(PUT_AWAY, set())
    return found


def _ready(file: MadeFile, me: Actor) -> None:
    """One line that stays until it is put away."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":green[:material/check_circle:] **{page.plain(file.name)}** · {made_files.written_size(file.bytes)}"
        )
        st.space("stretch")
        _fetch(file, me, "ready")
        if st.button(
            "", key=f"file away {file.id}", icon=":material/close:", type="tertiary", help="Put away; it stays below"
        ):
            _put_away().add(file.id)
            st.rerun()


def _kept(file: MadeFile, me: Actor) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        who = "" if file.actor == me.name else f" · {file.actor}"
        st.markdown(
            page.plain(f"{file.name} · {made_files.written_size(file.bytes)} · {file.made_at:%Y-%m-%d %H:%M} UTC{who}")
        )
        st.space("stretch")
        _fetch(file, me, "kept")
        if st.button("", key=f"file forget {file.id}", icon=":material/delete:", type="tertiary", help="Throw away"):
            page.perform(made_files.forget, file.id)


def _fetch(file: MadeFile, me: Actor, place: str) -> None:
    """Read from the disk when it is asked for, not before."""
    read: Callable[[], bytes] = partial(page.read, made_files.content, file.id, me)
    kind = "application/pdf" if file.name.endswith(".pdf") else "application/zip"
    st.download_button("Download", read, file.name, kind, key=f"file {place} {file.id}", on_click="ignore",
                       type="primary" if place == "ready" else "secondary", icon=":material/download:")  # fmt: skip
