"""The Labels tab of the EAN Generator: which codes, on which sheet, a live picture of one label, and the PDF."""

import base64

import streamlit as st

from lib.codes import code_files, labels, ledger
from lib.codes.code_files import FileKind, Printing
from lib.codes.label_layouts import LAYOUTS, Layout
from lib.codes.labels import Label
from lib.codes.ledger import Filter
from lib.counted import agreeing, counted
from lib.problems import Refused
from lib.ui import page
from lib.ui.codes import codes_downloads, codes_ledger, codes_runs
from lib.ui.codes.codes_downloads import CHOSEN

SOURCES = RUN, FOUND, TICKED = "A run", "What a filter finds", "Ticked in the ledger"
TITLES = {"zh": "中文", "en": "English", "": "No title"}
EXAMPLE = Label("9100000000008", "EAN-13", "SKU-001", "陶瓷茶壶 Ceramic teapot")
HALF = 430
PIXELS, WIDEST = 6.5, 320
"""Of a millimetre of the picture; and how wide it is at most."""
FRAME, SHEET_HIGH = "max-width:100%;border:1px solid rgba(128,128,128,.35);border-radius:4px", 200


def show() -> None:
    """Which codes on the left, what they look like on the right."""
    wanted = _source()
    count = page.read(ledger.count, wanted) if wanted else 0
    grid = st.grid(2, min_column_width=HALF, gap="small")
    with grid.cell(), st.container(border=True):
        layout, printing = _printing()
        _make(wanted, count, layout, printing)
    with grid.cell(), st.container(border=True):
        _look(wanted if count else None, count, layout, printing)
    if wanted:
        codes_runs.notice(wanted, count)


# Which codes


def _source() -> Filter | None:
    """What is to be printed; None until something is chosen."""
    chosen, ticked = st.session_state.get("labels of"), codes_ledger.picked()
    sources = [*([CHOSEN] if chosen else []), RUN, FOUND, *([TICKED] if ticked else [])]
    if st.session_state.get("labels source") not in sources:
        st.session_state["labels source"] = sources[0]
    way = st.segmented_control("Labels for", sources, key="labels source", required=True)
    if way == CHOSEN and isinstance(chosen, Filter):
        st.caption(_called(chosen))
        return chosen
    if way == TICKED:
        return Filter(codes=ticked)
    if way == FOUND:
        return codes_ledger.fields()
    runs = codes_ledger.runs()
    if "e_labels_run" not in st.session_state and "e_labels_run" not in st.query_params and runs:
        st.session_state["e_labels_run"] = max(runs)
    run = page.pick("e_labels_run", "Run", runs, width=420)
    return Filter(runs=(run,)) if run is not None else None


def _called(wanted: Filter) -> str:
    if wanted.codes:
        return counted(len(wanted.codes), "code that was ticked", "codes that were ticked")
    return (
        f"Run {wanted.runs[0]}" if wanted == Filter(runs=wanted.runs) and wanted.runs else "Codes that the filter found"
    )


# On which sheet


def _printing() -> tuple[Layout, Printing]:
    key = st.selectbox("Sheet or roll", list(LAYOUTS), format_func=lambda key: LAYOUTS[key].name, key="labels layout")
    layout = LAYOUTS[key]
    with st.container(horizontal=True):
        copies = st.number_input("Copies of each", value=1, step=1, key="labels copies", width=130)
        place = 1
        if layout.per_page > 1:
            place = st.number_input(f"Begin at place (1 to {layout.per_page})", value=1, step=1, key=f"labels place {key}", width=190,
                                    help="On a sheet of which some labels are used up, counted row by row")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.segmented_control(
            "Title", list(TITLES), default="zh", format_func=TITLES.__getitem__, key="labels title", required=True
        )
        sku = st.toggle("SKU", True, key="labels sku")
    return layout, Printing(key, int(copies or 0), int(place or 0) - 1, title or "", sku)


def _make(wanted: Filter | None, count: int, layout: Layout, printing: Printing) -> None:
    """How many sheets that is, or why it is nothing; and the button."""
    wrong = _wrong(wanted, count, layout, printing)
    if wrong:
        st.markdown(f":{'gray' if not count else 'red'}[{page.plain(wrong)}]")
    else:
        st.markdown(_so_many(count * printing.copies, layout, printing.skip))
    can = wanted is not None and not wrong
    if page.button("Make PDF", primary=True, disabled=not can, icon=":material/print:", key="labels make") and wanted:
        codes_downloads.make_file(FileKind.LABELS, wanted, printing)


def _so_many(number: int, layout: Layout, skip: int) -> str:
    many = f"**{number:,}** {agreeing(number, 'label', 'labels')}"
    if layout.per_page == 1:
        return f"{many} from the roll"
    sheets = -(-(number + skip) // layout.per_page)
    return f"{many} on **{sheets:,}** {agreeing(sheets, 'sheet', 'sheets')}"


def _wrong(wanted: Filter | None, count: int, layout: Layout, printing: Printing) -> str | None:
    if not wanted or not count:
        return "Choose codes first." if not wanted else "There is no code here."
    if printing.copies < 1:
        return "Say how many copies: 1 or more."
    if count > code_files.MOST or count * printing.copies > labels.MOST:
        return (
            f"At most {labels.MOST:,} labels are made at once, copies counted. Narrow the filter or take fewer copies."
        )
    if not 0 <= printing.skip < layout.per_page:
        return f"This sheet has the places 1 to {layout.per_page}."
    return None


# How it looks


def _look(wanted: Filter | None, count: int, layout: Layout, printing: Printing) -> None:
    label = EXAMPLE
    if wanted:
        label = page.read(code_files.labels_of, wanted, printing, 1)[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**The first label**" if wanted else "**An example**")
        st.caption(f"{layout.width:g} × {layout.height:g} mm", width="content")
    try:
        drawn = labels.picture(label, layout)
    except Refused as refusal:
        st.error(page.plain(refusal))
    else:
        _show(drawn, layout, printing.skip, count * printing.copies)
    if not labels.embeds_chinese():
        st.caption("This machine has no Chinese font to put into the PDF: the program that shows or prints it uses its own, and the "
                   "picture here leaves Chinese out.")  # fmt: skip


def _show(drawn: bytes, layout: Layout, skip: int, count: int) -> None:
    """The label, and the sheet beside it. In the page itself: a picture behind an address could be fetched by whoever learns of it."""
    wide = int(min(WIDEST, layout.width * PIXELS))
    pictures = [f'<img alt="Label" src="{_source_of(drawn, "png")}" style="width:{wide}px;{FRAME}">']
    if layout.per_page > 1:
        sheet = _source_of(_sheet(layout, skip, count).encode(), "svg+xml")
        pictures.append(f'<img alt="First sheet" src="{sheet}" style="height:{SHEET_HIGH}px">')
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:24px;align-items:flex-start">{"".join(pictures)}</div>')


def _source_of(picture: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _sheet(layout: Layout, skip: int, count: int) -> str:
    """The first sheet from above: places that are used up, that are printed and that stay free."""
    wide, high = layout.page
    places = []
    for place in range(layout.per_page):
        left, top = layout.corner(place)
        fill = "rgba(128,128,128,.28)" if place < skip else "rgba(37,149,125,.5)" if place < skip + count else "none"
        places.append(
            f'<rect x="{left + 1:.1f}" y="{top + 1:.1f}" width="{layout.width - 2:.1f}" height="{layout.height - 2:.1f}" rx="2" '
            f'fill="{fill}" stroke="rgba(128,128,128,.5)"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}">'
        f'<rect width="{wide:g}" height="{high:g}" rx="3" fill="none" stroke="rgba(128,128,128,.6)" stroke-width="1.5"/>'
        f"{''.join(places)}</svg>"
    )
