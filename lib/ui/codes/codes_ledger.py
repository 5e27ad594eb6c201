"""The Ledger tab of the EAN Generator: every code ever held, in which state, on which product, and its barcode."""

from collections.abc import Mapping

import streamlit as st

from lib import stores
from lib.codes import code_exports, code_files, ledger
from lib.codes.ledger import Filter
from lib.counted import agreeing
from lib.problems import Refused
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.ui.codes import codes_downloads, doctor
from lib.ui.sheet import View, sheet_of
from lib.words import CodeState, CodeType, Licence

NAME = "ledger"
CODES = [
    c.text("code", "Code", locked=True, pinned=True),
    c.choice("type", "Type", CodeType, locked=True),
    c.choice("state", "State", CodeState, locked=True),
    c.choice("licence", "Licence", Licence, locked=True),
    c.text("sku", "Product", locked=True),
    c.text("title_zh", "中文名称", locked=True, width=160),
    c.text("title_en", "Title", locked=True, width=160),
    c.text("stores", "Stores", locked=True),
    c.text(
        "gtin14", "GTIN-14", locked=True, help="The form in which it is unique: a UPC and its EAN twin have the same"
    ),
    c.number("run_id", "Run", locked=True),
    c.text("reserved_by", "Reserved by", locked=True),
    *(c.moment(f"{state}_at", state.label) for state in CodeState),
    c.text("note", "Note", locked=True, width=240),
]


def show() -> None:
    """The list, what may be done with the ticked codes, and the barcode of the last one."""
    wanted, above = fields(), st.container()
    view = grid.show(NAME, ledger.table, ledger.count, wanted, CODES, sorts=ledger.SORTS, downloads=False)
    with above:
        _take_away(view, wanted)
    _verbs(view, wanted)
    if view.picked:
        _picture(view.picked[-1])


def fields() -> Filter:
    """What narrows the list; the same fields choose what labels are printed of."""
    state = page.tabs("e_state", ledger.counts, CodeState)
    with page.filters():
        return Filter(
            page.search("e_text", "Code or SKU"), state, page.choose("e_types", "Type", CodeType),
            page.choose("e_licences", "Licence", Licence), page.choose("e_runs", "Run", runs(), width=220),
            stores=page.choose("e_stores", "Store", list(page.read(stores.names).values())),
        )  # fmt: skip


def runs() -> Mapping[int, str]:
    """The newest runs, and those that are chosen already, however old."""
    newest = page.read(ledger.runs)
    chosen = [number for number in st.session_state.get("e_runs", ()) if isinstance(number, int)]
    return newest | {number: f"Run {number}" for number in chosen if number not in newest}


def picked() -> tuple[int, ...]:
    """The codes that are ticked in the list."""
    return tuple(sheet_of(NAME).live.picked)


def open_run(number: int) -> None:
    """Go to this list with the codes of one run."""
    for key in ("e_text", "e_types", "e_licences", "e_stores", "e_state"):
        st.session_state.pop(key, None)
        st.query_params.pop(key, None)
    st.session_state["e_runs"], st.session_state["e_tab"] = [number], "Ledger"


def _take_away(view: View, wanted: Filter) -> None:
    """The ticked codes, or all that the filter finds."""
    if view.picked:
        codes_downloads.offer(
            NAME, Filter(codes=view.picked), len(view.picked), "picked-codes", f"{len(view.picked):,} ticked"
        )
    else:
        codes_downloads.offer(NAME, wanted, view.total, "codes", f"All {page.many(view.total)}")
    if not view.picked and view.total > code_files.MOST:
        st.caption(
            f"A list has the first {code_exports.MOST:,} codes; barcodes and labels are made of {code_files.MOST:,} at most."
        )


def _verbs(view: View, wanted: Filter) -> None:
    with st.container(horizontal=True):
        for label, icon, verb in (("Release", "lock_open", ledger.release), ("Retire", "block", ledger.retire)):
            ticked = f"{label} {len(view.picked):,} ticked" if view.picked else f"{label} ticked"
            if page.button(ticked, needs=Right.CODES, disabled=not view.picked, help=(verb.__doc__ or "").partition("\n")[0],
                           key=f"ledger {label}", icon=f":material/{icon}:"):  # fmt: skip
                page.perform(verb, view.picked)
        st.button("Doctor", key="ledger doctor", icon=":material/stethoscope:", disabled=not view.picked, on_click=_examine,
                  args=([row["code"] for row in view.rows if row["id"] in view.picked],),
                  help="Are the pictures of the ticked ones mixed up?")  # fmt: skip
        is_open = wanted.state is CodeState.RESERVED and view.total
        every = f"Release all {page.many(view.total)}…"
        if is_open and page.button(every, needs=Right.CODES, key="ledger release every", icon=":material/lock_open:"):
            _release_all(wanted, view.total)


def _examine(codes: list[str]) -> None:
    st.session_state[doctor.KEY], st.session_state["e_tab"] = " ".join(codes), "Doctor"


@st.dialog("Release codes", icon=":material/lock_open:")
def _release_all(wanted: Filter, count: int) -> None:
    one, more = "code that the filter finds leaves the ledger. It", "codes that the filter finds leave the ledger. They"
    st.markdown(f"**{page.many(count)}** reserved {agreeing(count, one, more)} may be drawn again one day.")
    if page.button("Release", needs=Right.CODES, primary=True, key="ledger release all"):
        page.perform(ledger.release, wanted)


def _picture(number: int) -> None:
    """Its bars, as they would be printed; or why it has none."""
    try:
        drawn = page.read(code_exports.picture, number)
    except Refused as refusal:
        st.caption(page.plain(refusal))
    else:
        st.image(drawn, width=220)
