"""The laboratory of prices: try a ratio on the whole library, see what it would do, save it, apply it, undo it.

Everything is drawn in one fragment, so that a moved slider draws the laboratory anew and nothing else. What is tried is kept in the
session, by experiment, until it is discarded: other screens, filters and experiments in between lose nothing.
"""

from typing import Any

import streamlit as st

from lib import stores as store_accounts
from lib.prices import price_looks
from lib.prices.price_book import Book
from lib.prices.price_draft import Scope
from lib.prices.price_looks import Library, Look
from lib.products import categories
from lib.ui import page
from lib.ui.prices import lab_bar, lab_reverse, lab_rules, lab_strip, lab_view
from lib.ui.prices.lab_bench import Bench, Lab
from lib.ui.prices.lab_desk import Desk
from lib.words import Source

LISTED, SAVED = "listed", "saved"
AGAINST = {LISTED: "Listed prices", SAVED: "Saved rules, whole library"}
TRACK = 74
"""Pixels of a twelfth of the screen at least: where they do not fit, what would happen stands below what is tried."""
KEPT = 4
"""Looks that a session remembers, the last ones used: going back to a value costs nothing."""


def lab_of() -> Lab:
    found: Lab = st.session_state.setdefault("lab", Lab())
    return found


@st.fragment
def show() -> None:
    """The whole tab."""
    lab, known = lab_of(), page.read(price_looks.library)
    lab_bar.arrive(lab)
    bench, currencies = lab.bench, known.currencies
    draft = bench.read(known.book, lambda source: currencies.get(source, "CNY"), known.pairs)
    bar, strip = st.container(), st.container()
    scope, compare, currency = _filters(known)
    grid = st.grid(12, min_column_width=TRACK, gap="small")
    left, right = grid.cell(column_span=5), grid.cell(column_span=7)
    tried = price_looks.tried(known, draft)
    look = _look(lab, known, tried, scope, compare, currency)
    with right:  # what is waited for is sent first
        picked = _would(look, known, tried, scope, compare)
    with left:
        _tried(bench, known, currencies)
    with bar:
        lab_bar.show(lab, draft, scope, known)
    with strip:
        saved = _look(lab, known, known.book, scope, LISTED, currency)
        lab_strip.show(lab, Desk(bench, known, tried, draft, look, saved, scope, compare, picked.listings))
    if known.book.stores:
        with left:
            lab_reverse.show(bench, known, tried, scope, picked.subject)
    bench.drawn = bench.saved


def _filters(known: Library) -> tuple[Scope, Any, str | None]:
    """Which listings are looked at, the same fields as above the prices; what they are compared with; which currency is drawn."""
    with page.filters():
        scope = Scope(
            text=page.search("r_text", "SKU or words of the title"),
            stores=page.choose("r_store", "Store", page.read(store_accounts.names), width=136),
            categories=page.choose("r_category", "Category", page.read(categories.names_by_id), width=136),
            sources=page.choose("r_source", "Source", Source, width=136),
        )
        compare = st.selectbox("Compare with", list(AGAINST), format_func=AGAINST.__getitem__, key="r_against", width=180,
                               bind="query-params")  # fmt: skip
        sold = sorted({t.currency for n, t in known.book.stores.items() if not scope.stores or n in scope.stores})
        currency = None
        if len(sold) > 1:
            currency = st.selectbox(
                "Charts in", sold, None, key="r_currency", bind="query-params", placeholder="Most", width=96
            )
    return scope, compare if compare in AGAINST else LISTED, currency if currency in sold else None


def _tried(bench: Bench, known: Library, currencies: Any) -> None:
    rules, stores, rates = st.tabs(["Rules", "Stores", "Rates"])
    with rules:
        lab_rules.rules(bench, known.book, lambda source: currencies.get(source, "CNY"))
    with stores:
        lab_rules.stores(bench, known.book)
    with rates:
        lab_rules.rates(bench, known.book)


def _look(lab: Lab, known: Library, book: Book, scope: Scope, compare: Any, currency: str | None) -> Look:
    """Taken once for the same prices, rules and filter."""
    key = (known.columns.mark, known.book.mark, book.mark, scope, compare, currency)
    found = lab.looks.pop(key, None) or page.read(price_looks.take, known, book, scope, compare, currency)
    lab.looks[key] = found
    while len(lab.looks) > KEPT:
        del lab.looks[next(iter(lab.looks))]
    return found


def _would(look: Look, known: Library, tried: Book, scope: Scope, compare: Any) -> lab_view.Picked:
    """What would happen; or what to do first."""
    if not len(known.columns.product_ids):
        st.info(
            "The library is empty. Import products first (Import), then their prices can be tried here.",
            icon=":material/inventory_2:",
        )
    elif not look.preview.total and not len(known.columns.listing_ids):
        st.info("Nothing is listed yet. Compare with “Saved rules, whole library” to see what every product would sell for, or list "
                "products in stores (Products, New Product).", icon=":material/storefront:")  # fmt: skip
    elif not look.preview.total:
        st.info("No price matches the filter. Take a filter away.", icon=":material/search_off:")
    else:
        lab_view.figures(look, compare)
        return lab_view.details(look, known, tried, scope, compare)
    return lab_view.Picked()
