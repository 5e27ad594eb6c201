"""The tabs of Pricing beside the laboratory: the price of each listing, the rules, what stores add, and rates of exchange."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from lib import stores
from lib.prices import price_looks, price_rules, prices_out, pricing
from lib.prices.price_draft import Scope
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.ui.prices import lab_apply, why
from lib.ui.prices.trial import slim
from lib.words import CURRENCIES, ListingStatus, Source

NOBODY = (0,)
"""The ids of no listing."""
PRICES = [
    c.text("sku", "SKU", locked=True, pinned=True),
    c.text("store", "Store", locked=True),
    c.money(
        "live", "Price now", required=True, help="Typed here it is the price at once; the marketplace gets it by Push"
    ),
    c.money("today", "Today by the rules", locked=True, currency="store_currency"),
    c.text("store_currency", "Currency", locked=True),
    c.flag("differs", "Differs", locked=True, help="The rules give another price today than the listing has"),
    c.flag("locked", "Locked", help="No run moves a locked price; a person may still type another one"),
    c.money("pushed", "On the marketplace", locked=True, currency="store_currency"),
    c.text("title", "Title", locked=True, width=200),
    c.choice("source", "Source", Source, locked=True),
    c.money("source_price", "Source price", locked=True, currency="currency"),
    c.text("currency", "Of source", locked=True),
    c.text("category", "Category", locked=True, width=160),
    c.choice("status", "Status", ListingStatus, locked=True),
    c.text("formula", "Formula today", locked=True, width=460),
    c.text("formula_zh", "公式", locked=True, width=240),
    c.text("sent", "Formula of the last upload", locked=True, width=240),
    c.moment("updated_at", "Updated"),
]
REFUSED = [
    c.text("sku", "SKU", locked=True, pinned=True),
    c.text("store", "Store", locked=True),
    *(c.money(name, label, locked=True, currency="currency") for name, label in (("price", "Refused"), ("pushed", "On the marketplace"))),
    c.text("currency", "Currency", locked=True),
    c.text("issue", "What the marketplace said", locked=True, width=420),
    c.text("actor", "Sent by", locked=True),
    c.moment("answered_at", "Answered"),
]  # fmt: skip
TERMS = [
    c.text("name", "Store", locked=True, pinned=True),
    c.text("currency", "Currency", locked=True),
    c.percent("percent", "Percent", help="150 is one and a half times; 1.5 is 1.5 %"),
    c.money("fine", "Fine", negative=True, help="Added to the price, in the store's currency"),
    c.text("ending", "Ending", most=8, help="How its prices end: .99 makes 238.40 to 238.99, 9.99 to 239.99; 80 makes 4964 yen to 4980"),
    c.money("floor", "Floor", help="The lowest price. It changes none: what is below is marked, and stops a run"),
    c.percent("fee_percent", "Fee", required=True,
              help="What the marketplace keeps of a sale, until it has told the amount. It changes no price, but what orders leave"),
    c.flag("active", "Active"),
]  # fmt: skip
RATES = [
    *(c.choice(name, label, CURRENCIES) for name, label in (("base", "One"), ("quote", "is in"))),
    slim(c.rate("rate", "Rate", required=True), width=120),
    c.day("day", "Day", required=True),
]


def terms() -> None:
    """What each store adds to its prices, how they end, and its floor."""
    meant = page.toggle("r_meant", "Save in spite of warnings")
    grid.edit("terms", stores.table, stores.count, stores.Filter(), TERMS, check=stores.check, right=Right.PRICES,
              save=stores.save_terms_confirmed if meant else stores.save_terms, sorts=stores.SORTS)  # fmt: skip


def rates() -> None:
    """Rates by pair and day; the newest of a pair is the one that prices are made with."""
    with page.filters():
        wanted = price_rules.RateFilter(
            page.choose("r_base", "From", CURRENCIES), page.choose("r_quote", "To", CURRENCIES)
        )
    grid.edit("rates", price_rules.table_of_rates, price_rules.count_rates, wanted, RATES, add=True, delete=True,
              save=price_rules.save_rates, check=price_rules.check_rates, right=Right.PRICES, sorts=price_rules.RATE_SORTS)  # fmt: skip


def prices(names: Mapping[int, str], tree: Mapping[int, str]) -> None:
    """The price of each listing: now, by the rules, on the marketplace."""
    with page.filters():
        scope = Scope(
            text=page.search("r_text", "SKU or words of the title"), stores=page.choose("r_store", "Store", names, width=136),
            categories=page.choose("r_category", "Category", tree, width=136), sources=page.choose("r_source", "Source", Source, width=136),
        )  # fmt: skip
        differs = page.toggle("r_differs", "Differs from the rules")
        unpushed = page.toggle("r_unpushed", "Not pushed")
    wanted = replace(pricing.Filter.of(scope), unpushed=unpushed)
    if differs:
        wanted = _differing(wanted, scope)
    view = grid.edit("prices", pricing.table, pricing.count, wanted, PRICES, save=pricing.save_prices, check=pricing.check_prices,
                     right=Right.PRICES, sorts=pricing.SORTS)  # fmt: skip
    with st.container(horizontal=True):
        if page.button("Use today's price", needs=Right.PRICES, disabled=not view.picked, icon=":material/sell:",
                       help="What the saved rules give, for the ticked listings"):  # fmt: skip
            lab_apply.ticked(view.picked)
        if page.button("Push", needs=Right.PRICES, disabled=not view.picked, icon=":material/upload:",
                       help="Send the prices of the ticked listings to the marketplace"):  # fmt: skip
            page.perform(prices_out.push, view.picked)
        why.offer(view.picked[-1] if view.picked else None)
    _refused(scope)


def _refused(scope: Scope) -> None:
    """What the marketplaces have refused last, with their words."""
    if many := page.read(prices_out.count_refused, scope):
        with st.expander(f"{page.many(many)} refused by the marketplace", icon=":material/block:"):
            grid.show("refused", prices_out.refused, prices_out.count_refused, scope, REFUSED, sorts=prices_out.SORTS)


def _differing(wanted: pricing.Filter, scope: Scope) -> pricing.Filter:
    """Only those whose price is not what the saved rules give; the first ten thousand of them."""
    found, total = page.read(price_looks.differing, scope)
    if total > len(found):
        st.caption(f"{total:,} differ; the first {len(found):,} are shown.")
    return replace(wanted, listings=found or NOBODY)
