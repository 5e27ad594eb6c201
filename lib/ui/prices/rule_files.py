"""Price rules out as a file, and in again: what each line would do, then all of it at once."""

from functools import partial
from typing import Any

import streamlit as st

from lib.counted import counted
from lib.prices import price_rule_files
from lib.prices.price_rule_files import Report
from lib.problems import Refused
from lib.rights import Right
from lib.ui import page

MOST_MEGABYTES = 5
WIDTHS: dict[str, Any] = {
    "Line": st.column_config.NumberColumn(width=60),
    "Why": st.column_config.TextColumn(width=420),
}


def show() -> None:
    """Two popovers beside each other."""
    with st.popover("Download rules", icon=":material/download:"):
        for kind, make in (("XLSX", price_rule_files.xlsx), ("CSV", price_rule_files.csv)):
            st.download_button(kind, partial(page.read, make), f"price-rules.{kind.lower()}", on_click="ignore",
                               key=f"rules {kind}", icon=":material/table:", width="stretch")  # fmt: skip
    if page.button("Upload rules…", needs=Right.PRICES, icon=":material/upload_file:"):
        _upload()


@st.dialog("Price rules from a file", width="large")
def _upload() -> None:
    file = st.file_uploader("A file of rules", type=["csv", "xlsx"], key="rules file", max_upload_size=MOST_MEGABYTES,
                            help="A line a tier, as downloaded here. A rule that the file names is replaced as a whole.")  # fmt: skip
    if file is None:
        return
    try:
        found: Report = page.read(price_rule_files.look, file.name, file.getvalue())
    except Refused as refusal:
        page.complain(refusal)
        return
    for place, (name, count) in zip(st.columns(len(found.counts)), found.counts.items(), strict=True):
        place.metric(name, f"{count:,}")
    for note in found.notes:
        st.caption(page.plain(note))
    st.dataframe(
        found.table,
        hide_index=True,
        height=260,
        key="rules report",
        alt="What each line would do",
        column_config=WIDTHS,
    )
    st.download_button("Report (CSV)", partial(price_rule_files.report, found), "price-rules-report.csv", on_click="ignore",
                       key="rules report file", icon=":material/download:")  # fmt: skip
    for text in found.warnings[:5]:
        st.warning(page.plain(text), icon=":material/warning:")
    meant = st.toggle("Save in spite of warnings", key="rules meant") if found.warnings else False
    if page.button(
        f"Take over {counted(len(found.rules), 'rule')}",
        needs=Right.PRICES,
        primary=True,
        key="rules take",
        disabled=not found,
    ):
        page.perform(price_rule_files.take, found, confirmed=meant)
