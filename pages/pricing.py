"""Pricing: try a ratio on the whole library, see it, save it, apply it, push it; and the price of each listing with its whole formula."""

import streamlit as st

from lib import stores
from lib.products import categories
from lib.ui import page
from lib.ui.jobs import jobs_panel
from lib.ui.prices import lab, price_tabs, rule_desk, run_desk

page.open("Pricing")
names, tree = page.read(stores.names), page.read(categories.names_by_id)

TABS = ["Laboratory", "Prices", "Rules", "Stores", "Exchange rates", "Runs"]
tried, listed, rules, terms, rates, runs = st.tabs(TABS, key="r_tab", bind="query-params")
if tried.open:
    with tried:
        jobs_panel("prices")
        lab.show()
if listed.open:
    with listed:
        price_tabs.prices(names, tree)
if rules.open:
    with rules:
        rule_desk.show(tree)
if terms.open:
    with terms:
        price_tabs.terms()
if rates.open:
    with rates:
        price_tabs.rates()
if runs.open:
    with runs:
        jobs_panel("prices")
        run_desk.show()
