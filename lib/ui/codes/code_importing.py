"""The part of the EAN Generator where codes come in from outside: the list, what it would do, and the button."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from lib.codes import code_imports, code_lists, code_reports
from lib.codes.code_reports import GOOD, REFUSED, Outcome, Report
from lib.counted import counted
from lib.problems import Refused
from lib.rights import Right
from lib.ui import page
from lib.words import Licence

KINDS = ["csv", "tsv", "txt", "xlsx"]
FILE, PASTED = "File", "Pasted"
ROWS_SHOWN, KEPT = 1_000, "code import report"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def desk() -> None:
    """The whole of it: choose a list and what it is, see the verdict of each row, take the good ones."""
    source, name = _source()
    licence, prefix = _licence()
    if source is None:
        st.session_state.pop(KEPT, None)
        st.caption(
            f"At most {code_lists.MOST:,} codes at once: a column EAN or GTIN, and SKU where a code is for a product; "
            "or codes alone, however they are separated. Wrong codes are named and never repaired."
        )
        return
    gives = st.session_state.get("code import gives", True)
    if (report := _looked(source, licence, prefix, gives)) is None:
        return
    _show(report)
    _take(report, name)


# What is given


def _source() -> tuple[tuple[str, bytes] | str | None, str]:
    """The list, or None until there is one, and what people shall call it."""
    way = st.segmented_control(
        "Codes from", [FILE, PASTED], default=FILE, key="code import way", required=True, label_visibility="collapsed"
    )
    if way == PASTED:
        text = st.text_area(
            "Codes", key="code import text", height=160, max_chars=code_lists.MOST_LETTERS,
            placeholder="4006381333931, 036000291452 …", help="A code a line, or separated by blanks, commas or semicolons",
        )  # fmt: skip
        name = st.text_input("Call it", code_lists.PASTED, key="code import name", max_chars=200, width=320)
        return (text if (text or "").strip() else None), name or code_lists.PASTED
    file = st.file_uploader(
        "A list of codes", type=KINDS, key="code import file", max_upload_size=code_lists.MOST_BYTES // 2**20,
        help="CSV or text in any usual encoding and with any separator, or an Excel workbook (.xlsx)",
    )  # fmt: skip
    return ((file.name, file.getvalue()), file.name) if file else (None, "")


def _licence() -> tuple[Licence, str]:
    with page.filters():
        licence = st.segmented_control(
            "These codes are", list(code_imports.LICENCES), default=Licence.BOUGHT, key="code import licence",
            format_func=lambda term: term.label, required=True,
        )  # fmt: skip
        if licence is not Licence.LICENSED:
            return Licence.BOUGHT, ""
        known = page.read(code_imports.own_prefixes)
        prefix = st.text_input(
            "Prefix that GS1 has given you", next(iter(known), ""), key="code import prefix", max_chars=20, width=220
        )
    return Licence.LICENSED, prefix or ""


def _looked(source: tuple[str, bytes] | str, licence: Licence, prefix: str, gives: bool) -> Report | None:
    """The report, made once for the same list and choices until something is saved; None when it is refused and the page says why."""
    key = (hash(source), licence, prefix, gives, st.session_state.get("fresh", 0))
    there: tuple[Any, Report] | None = st.session_state.get(KEPT)
    if there is None or there[0] != key:
        st.session_state.pop(KEPT, None)
        with st.spinner("Looking at each code…"):
            try:
                there = (key, page.read(code_imports.look, source, licence, prefix, gives))
            except Refused as refusal:
                page.complain(refusal)
                return None
        st.session_state[KEPT] = there
    return there[1]


# What it would do


def _show(report: Report) -> None:
    st.caption(page.plain(" ".join((counted(len(report.rows), "code") + ".", *report.listed.notes))))
    if report.listed.names_products:
        st.toggle("Give each code to the product that its row names", True, key="code import gives")
    for place, (outcome, count) in zip(st.columns(len(Outcome)), report.counts.items(), strict=True):
        place.metric(outcome.label, f"{count:,}", border=True, help=outcome.meaning)
    with page.filters():
        outcomes = st.multiselect(
            "What happens", [o for o, count in report.counts.items() if count], key="code import outcomes",
            format_func=lambda outcome: outcome.label, placeholder="All", width=260,
        )  # fmt: skip
        words = sorted({str(row.verdict) for row in report.rows})
        verdicts = st.multiselect("Verdict", words, key="code import verdicts", placeholder="All", width=360)
    rows = [
        row
        for row in report.rows
        if (not outcomes or row.outcome in outcomes) and (not verdicts or str(row.verdict) in verdicts)
    ]
    table = pd.DataFrame(code_reports.lines(rows[:ROWS_SHOWN]), columns=list(code_reports.COLUMNS), dtype=object)
    st.dataframe(table, hide_index=True, height=min(38 + 35 * max(len(table), 1), 420), key="code import rows")
    if len(rows) > ROWS_SHOWN:
        st.caption(f"The first {ROWS_SHOWN:,} of {len(rows):,} rows. The report has all.")
    _downloads(report)


def _downloads(report: Report) -> None:
    kinds: tuple[tuple[str, Callable[[Report], bytes], str, str], ...] = (
        ("Report (XLSX)", code_reports.xlsx, "codes-report.xlsx", XLSX),
        ("Report (CSV)", code_reports.csv, "codes-report.csv", "text/csv"),
    )
    with st.container(horizontal=True):
        for label, make, file, mime in kinds:
            st.download_button(
                label, partial(make, report), file, mime, key=f"code import {file}", on_click="ignore", icon=":material/download:"
            )  # fmt: skip


def _take(report: Report, name: str) -> None:
    good, refused = (sum(report.counts[outcome] for outcome in which) for which in (GOOD, REFUSED))
    only = False
    if refused and good:
        label = f"Leave out the {counted(refused, 'row')} that cannot be taken"
        only = st.checkbox(label, key="code import only", help="Otherwise nothing is taken until the list is right")
    label = f"Take {counted(good, 'code')}" if good else "0 new codes"
    blocked = not good or (bool(refused) and not only)
    if page.button(label, needs=Right.CODES, primary=True, disabled=blocked, icon=":material/inventory_2:"):
        page.perform(code_imports.take, report, name, only)
