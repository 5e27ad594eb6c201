"""Backwards: which ratio gives this price, or this margin; and the answer put into what is tried."""

from decimal import Decimal, InvalidOperation

import streamlit as st

from lib.prices import price_looks, price_reverse, price_subjects
from lib.prices.price_book import Book
from lib.prices.price_draft import RuleKey, Scope
from lib.prices.price_looks import Library
from lib.prices.price_reverse import Answer
from lib.prices.price_subjects import Subject
from lib.ui import page
from lib.ui.prices.lab_bench import Bench
from lib.ui.prices.lab_rules import PICKED
from lib.ui.prices.lab_saved import key_of, rule_name

PRICE, MARGIN, RULE = "Price", "Margin %", "Margin % of its rule"


def show(bench: Bench, known: Library, tried: Book, scope: Scope, picked: Subject | None) -> None:
    """A question about one product in one store, or about all that a rule prices; `tried` is the book with the draft in it."""
    book = known.book
    with st.popover("What ratio gives…", icon=":material/calculate:"):
        if not book.stores:
            st.caption("There is no store yet.")
            return
        sku = st.text_input(
            "SKU", picked.sku if picked else "", key=f"reverse sku {picked.sku if picked else ''}", max_chars=80
        )
        stores = {number: terms.name for number, terms in book.stores.items()}
        at = [*stores].index(picked.store_id) if picked and picked.store_id in stores else 0
        store = st.selectbox("Store", list(stores), at, format_func=stores.__getitem__, key=f"reverse store {at}")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            what = st.segmented_control(
                "Wanted", [PRICE, MARGIN, RULE], default=PRICE, key="reverse what", required=True
            )
            typed = st.text_input("Amount", key="reverse amount", max_chars=20, width=120, label_visibility="collapsed",
                                  placeholder=tried.stores[store].currency if what == PRICE else "30")  # fmt: skip
        subject = picked if picked and sku == picked.sku else page.read(price_subjects.of_sku, sku) if sku else None
        if not sku or not typed:
            st.caption("Name a product and what you want; the answer is a ratio of the tier that prices it.")
        elif subject is None:
            st.warning(page.plain(f"There is no product {sku}."))
        elif (wanted := _number(typed)) is None:
            st.warning(page.plain(f"{typed} is not a number. Write 199.99, for example."))
        else:
            _answer(bench, known, tried, scope, subject, store, what or PRICE, wanted)


def _number(typed: str) -> Decimal | None:
    try:
        number = Decimal(typed.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _answer(
    bench: Bench, known: Library, tried: Book, scope: Scope, subject: Subject, store: int, what: str, wanted: Decimal
) -> None:
    book, rule = known.book, tried.rule(subject.category_id, subject.source)
    key = key_of(book, rule.category, subject.source) if rule else None
    if what == RULE:
        if key is None:
            st.warning("No rule prices this product. Make one for its category with “New rule” first.")
            return
        gains = page.read(price_looks.gains, known, tried, key, scope)
        found = price_reverse.ratio_for_category(wanted, gains)
    else:
        terms = tried.stores[store]
        rate = tried.rates.get((subject.currency, terms.currency))
        ask = price_reverse.ratio_for_price if what == PRICE else price_reverse.ratio_for_margin
        found = ask(wanted, subject.source_price, subject.currency, rule, terms, rate)
    st.text(found.sentence)
    _offer(bench, book, key, found)


def _offer(bench: Bench, book: Book, key: RuleKey | None, found: Answer) -> None:
    """The ratio, or the nearest two, one click away from being tried."""
    nearest = [point[0] for point in (found.below, found.above) if point]
    ratios = [found.ratio] if found.exact and found.ratio is not None else nearest
    if key is None:
        if ratios:
            st.caption(
                "No rule prices this product. Make one for its category with “New rule”, then try the ratio there."
            )
        return
    st.caption(page.plain(f"It goes into the rule {rule_name(book, key)}."))
    with st.container(horizontal=True):
        for ratio in dict.fromkeys(ratios):
            st.button(f"Try {ratio.normalize():f} %", key=f"reverse try {ratio}", icon=":material/science:", type="primary",
                      on_click=_try, args=(bench, key, found, ratio))  # fmt: skip


def _try(bench: Bench, key: RuleKey, found: Answer, ratio: Decimal) -> None:
    """Put the ratio into the tier that it is for, or all of the rule's, and that rule in front."""
    bench.try_ratio(key, bench.saved.rules.get(key), found.threshold, ratio)
    st.session_state[PICKED] = key
