"""The parts of the import screen: the file, what its columns mean, and what it would do to the library."""

from functools import partial
from typing import Any

import streamlit as st

from lib.counted import counted
from lib.products import import_files, import_preview
from lib.products.import_files import Choice
from lib.products.import_preview import FIELDS, Preview, Recognised
from lib.ui import given_file, page
from lib.ui.given_file import Upload, kept
from lib.words import CURRENCIES, LibraryState, Source

KINDS = ["csv", "tsv", "txt", "xlsx"]
UNITS = {
    "": "Leave weights out",
    "1": "Grams",
    "1000": "Kilograms",
    "500": "斤 (500 g)",
    "453.59237": "Pounds",
    "28.3495": "Ounces",
}
STATES = (LibraryState.CAPTURED, LibraryState.DRAFT, LibraryState.READY)


def upload() -> Upload | None:
    return given_file.upload(
        "A file of products", KINDS, "import file", import_files.MOST_BYTES,
        "CSV in any usual encoding and with any separator, or an Excel workbook (.xlsx)",
    )  # fmt: skip


def choose(file: Upload) -> Choice | None:
    """What each column means and what holds for the whole file; None when the file is no table, and the page says why."""
    found = kept("import recognised", (file.id,), lambda: import_preview.recognise(file.name, file.content))
    if found is None:
        return None
    st.caption(page.plain(" ".join((f"{counted(found.rows, 'row')}.", *found.notes))))
    defaults = _defaults()
    with st.expander(f"Columns: {len(found.chosen)} of {len(found.columns)} recognised", icon=":material/view_column:"):
        chosen, grams = _columns(file, found)
    return Choice(chosen, **defaults, grams=grams)


def _defaults() -> dict[str, Any]:
    with st.container(horizontal=True):
        return {
            "source": st.selectbox(
                "Source of new products", list(Source), list(Source).index(Source.OTHER), format_func=lambda s: s.label,
                key="import source", width=220, help="Where the file does not say it. Price rules belong to a source."),
            "currency": st.selectbox(
                "Currency of prices", CURRENCIES, key="import currency", width=180, help="Where the file does not say it."),
            "state": st.selectbox(
                "New products are", STATES, 1, format_func=lambda s: s.label, key="import state", width=180,
                help="Ready ones can be listed at once; products without a title stay drafts."),
        }  # fmt: skip


def _columns(file: Upload, found: Recognised) -> tuple[dict[str, str | None], str]:
    """What a person has chosen otherwise than was recognised; and what one unit of weight is."""
    by_hand: dict[str, str | None] = {}
    places = st.columns(4)
    for at, (field, label) in enumerate(FIELDS.items()):
        guessed = found.chosen.get(field)
        chosen = places[at % 4].selectbox(
            label, found.columns, found.columns.index(guessed) if guessed else None, key=f"import {field} {file.id}",
            format_func=lambda column: f"{column}: {found.samples[column]}" if found.samples[column] else column,
            placeholder="No column", disabled=False,
        )  # fmt: skip
        if chosen != guessed:
            by_hand[field] = chosen
    weight = by_hand.get("weight_grams", found.chosen.get("weight_grams"))
    if found.says_its_unit(weight):
        return by_hand, ""
    unit = st.selectbox(
        f"{page.plain(weight)} does not say its unit",
        list(UNITS),
        key="import unit",
        format_func=UNITS.__getitem__,
        width=240,
    )
    return by_hand, unit


def preview(file: Upload, choice: Choice) -> Preview | None:
    """What would happen; None when it is refused, and the page says why."""
    key = (file.id, repr(choice), st.session_state.get("fresh", 0))
    return kept("import preview", key, lambda: page.read(import_preview.preview, file.name, file.content, choice))


def show(file: Upload, choice: Choice, found: Preview) -> None:
    """The counts, and the first rows of each kind."""
    given_file.counts(found.counts)
    if found.categories:
        first = ", ".join(found.categories[:5]) + (" …" if len(found.categories) > 5 else "")
        st.caption(page.plain(f"{counted(len(found.categories), 'category', 'categories')} will be made: {first}"))
    if found.kept_out:
        names = ", ".join(found.kept_out[:30]) + (
            f" and {len(found.kept_out) - 30} more" if len(found.kept_out) > 30 else ""
        )
        st.caption(page.plain(f"Kept out, because a product has nothing like it: {names}."))
    given_file.tables(found, "import table", import_preview.SHOWN, partial(_report, file, choice))


def _report(file: Upload, choice: Choice) -> None:
    """Made when it is asked for: all refused rows, however many."""
    st.download_button(
        "All refused rows (CSV)", lambda: import_files.report(file.name, file.content, choice), "refused-rows.csv",
        key="import report", on_click="ignore", icon=":material/download:",
    )  # fmt: skip
