"""Pricing: the rules that make prices, and the price of each listing with its whole formula."""

import streamlit as st

from lib import categories, price_rules, pricing, stores
from lib.rights import Right
from lib.ui import charts, grid, page
from lib.ui import columns as c
from lib.words import CURRENCIES, ChannelKind, ListingStatus, Source

page.open("Pricing")
names, tree = page.read(stores.names), page.read(categories.names_by_id)
PRICES = [
    c.text("sku", "SKU", locked=True, pinned=True),
    c.text("store", "Store", locked=True),
    *(c.money(name, label, locked=True, currency="store_currency") for name, label in
      (("today", "Today by the rules"), ("live", "Price now"))),
    c.text("store_currency", "Currency", locked=True), c.flag("differs", "Differs", locked=True),
    *(c.text(name, label, locked=True, width=width) for name, label, width in
      (("formula", "Formula today", 460), ("formula_zh", "公式", 240), ("sent", "Formula of the last upload", 240))),
    c.choice("source", "Source", Source, locked=True),
    c.money("source_price", "Source price", locked=True, currency="currency"),
    c.text("currency", "Of source", locked=True),
    *(c.text(name, name.capitalize(), locked=True, width=160) for name in ("category", "title")),
    c.choice("status", "Status", ListingStatus, locked=True),
]  # fmt: skip
RULES = [
    c.choice("category", "Category", tree.values(), width=240), c.choice("source", "Source", Source),
    c.money("threshold", "From source price", help="The highest threshold that the source price reaches prices the whole amount"),
    c.percent("percent", "Percent", help="150 is one and a half times; 1.5 is 1.5 %"),
    c.money("fine", "Fine", negative=True, help="Added to the price, in the currency of the source"),
    c.flag("active", "Active", first=True), c.moment("updated_at", "Changed"),
]  # fmt: skip
TERMS = [
    *(c.text(name, label, locked=True) for name, label in (("name", "Store"), ("currency", "Currency"))),
    c.percent("percent", "Percent"), c.flag("active", "Active"),
    c.money("fine", "Fine", negative=True, help="Added to the price, in the store's currency"),
]  # fmt: skip
ACCOUNTS = [
    c.text("name", "Store", required=True, most=40), c.choice("marketplace", "Marketplace", stores.MARKETPLACES),
    c.text("currency", "Currency", locked=True), c.choice("channel", "Channel", ChannelKind),
]  # fmt: skip
RATES = [
    *(c.choice(name, label, CURRENCIES) for name, label in (("base", "One"), ("quote", "is in"))),
    c.rate("rate", "Rate", required=True), c.day("day", "Day", required=True),
]  # fmt: skip

TABS = ["Prices", "Rules", "Store percentages", "Exchange rates", "Store accounts"]
listed, rules, terms, rates, accounts = st.tabs(TABS, key="r_tab", bind="query-params")
if listed.open:
    with listed, page.filters():
        wanted = pricing.Filter(
            page.search("r_text", "SKU or words of the title"), page.choose("r_store", "Store", names),
            page.choose("r_category", "Category", tree), page.choose("r_source", "Source", Source),
        )  # fmt: skip
    with listed:
        view = grid.show("prices", pricing.table, pricing.count, wanted, PRICES, sorts=pricing.SORTS)
        for row in (row for row in view.rows if row["id"] in view.picked):
            st.code(f"{row['sku']}\n{row['formula']}\n{row['formula_zh']}", language=None, wrap_lines=True)
            charts.waterfall(row["steps"], row["store_currency"], key=f"why{row['id']}")
if rules.open:
    with rules, page.filters():
        tiers = price_rules.Filter(page.choose("r_category", "Category", tree), page.choose("r_source", "Source", Source))  # fmt: skip
        meant = page.toggle("r_meant", "Save in spite of warnings")
    with rules:
        grid.edit("tiers", price_rules.table, price_rules.count, tiers, RULES, check=price_rules.check, right=Right.PRICES, add=True,
                  save=price_rules.save_confirmed if meant else price_rules.save, sorts=price_rules.SORTS, delete=True)  # fmt: skip
if terms.open:
    with terms:
        meant = page.toggle("r_meant", "Save in spite of warnings")
        grid.edit("terms", stores.table, stores.count, stores.Filter(), TERMS, check=stores.check, right=Right.PRICES,
                  save=stores.save_terms_confirmed if meant else stores.save_terms, sorts=stores.SORTS)  # fmt: skip
if rates.open:
    with rates:
        grid.edit("rates", price_rules.table_of_rates, price_rules.count_rates, price_rules.RateFilter(), RATES, add=True, delete=True,
                  save=price_rules.save_rates, check=price_rules.check_rates, right=Right.PRICES, sorts=price_rules.RATE_SORTS)  # fmt: skip
if accounts.open:
    with accounts:
        grid.edit("accounts_of_stores", stores.table, stores.count, stores.Filter(), ACCOUNTS, save=stores.save, right=Right.COMPANY,
                  sorts=stores.SORTS, add=True, delete=True)  # fmt: skip
