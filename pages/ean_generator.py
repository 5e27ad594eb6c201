"""EAN Generator: make product codes, give them to products, print them, keep account of every one, and mend mixed-up ones."""

import streamlit as st

from lib.ui import page
from lib.ui.codes import (
    code_importing,
    codes_assign,
    codes_downloads,
    codes_generate,
    codes_labels,
    codes_ledger,
    codes_runs,
    doctor,
)

page.open("EAN Generator")
codes_downloads.panel()

TABS = {
    "Generate": codes_generate.show,
    "Assign": codes_assign.show,
    "Ledger": codes_ledger.show,
    "Runs": codes_runs.show,
    "Import": code_importing.desk,
    "Labels": codes_labels.show,
    "Doctor": doctor.show,
}
for tab, show in zip(st.tabs(list(TABS), key="e_tab", bind="query-params"), TABS.values(), strict=True):
    if tab.open:
        with tab:
            show()
codes_downloads.shelf()
