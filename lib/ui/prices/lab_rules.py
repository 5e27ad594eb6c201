"""The left side of the laboratory: what is tried. Tiers beside the saved ones, a slider for all ratios, what is wrong; stores; rates."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import streamlit as st

from lib.counted import agreeing
from lib.prices import price_rules, rule_tiers
from lib.prices.formula import PLAIN, plain
from lib.prices.formula_check import Finding
from lib.prices.price_book import Book
from lib.prices.price_draft import RuleKey, Tiers
from lib.problems import Problem
from lib.ui import page
from lib.ui.prices.lab_bench import RATES, STORES, Bench
from lib.ui.prices.lab_ladder import MOST_POINTS, TIERS, Ladder, asked_points
from lib.ui.prices.lab_saved import rule_name, versions, words_of
from lib.words import Source

EVERY = "every rule"
PICKED = "lab rule"
LOOKS = {"error": ("red", "block"), "warning": ("orange", "warning"), "note": ("gray", "info")}
MOST_SAID = 8


def rules(bench: Bench, book: Book, currency_of: Callable[[Source], str]) -> None:
    """Pick a rule and change its numbers."""
    keys = sorted({*bench.saved.rules, *bench.rules, *bench.start.rules}, key=lambda key: rule_name(book, key))
    if st.session_state.get(PICKED) not in (EVERY, *keys):
        st.session_state[PICKED] = keys[0] if keys else EVERY
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        key = st.selectbox(
            "Rule", [EVERY, *keys], key=PICKED, persist_state="session",
            format_func=lambda k: f"{_all(len(keys)).capitalize()} at once" if k == EVERY else rule_name(book, k),
        )  # fmt: skip
        _new_rule(bench, book)
    if key == EVERY or key not in keys:
        _every(bench, len(keys))
    else:
        _one(bench, book, key, currency_of(key[1]))


def _all(many: int) -> str:
    return agreeing(many, "the 1 rule", f"all {many:,} rules")


def _every(bench: Bench, many: int) -> None:
    if not many:
        st.info("There is no rule yet: every price is 100 % of the source price. Make one with “New rule”.")
        return
    st.caption(f"Moves the ratios of {_all(many)}, also of those that you have changed one by one.")
    _points(f"{bench.name} every", bench.everywhere, bench.move)


def _one(bench: Bench, book: Book, key: RuleKey, currency: str) -> None:
    saved = bench.saved.rules.get(key)
    ladder = bench.ladder(key, saved)
    name = ladder.table.name
    ladder.read(currency)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _version(key, versions(book).get(key), saved is not None)
        st.space("stretch")
        page.follow(f"off {name}", ladder.is_off)
        st.toggle("Switched off", key=f"off {name}", on_change=ladder.flip, help="As if there were no such rule")
    if ladder.base != saved:
        _decide(bench, key, ladder, saved)
    ladder.table.draw(TIERS, "Tiers tried", ladder.said(saved))
    if not ladder.is_off:
        _points(name, ladder.points, ladder.move)
    if bench.everywhere:
        st.caption(f"All rules are moved by {bench.everywhere:+f} points as well; see “All rules at once”.")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Add tier", icon=":material/add:", key=f"add {name}", on_click=ladder.add,
                  help="Begins with the ratio of the highest tier, so it changes nothing until you type")  # fmt: skip
        st.button("As saved", icon=":material/restart_alt:", key=f"reset {name}", on_click=bench.forget, args=(key,),
                  disabled=not ladder.is_tried)  # fmt: skip
    _findings(ladder, currency)


def _decide(bench: Bench, key: RuleKey, ladder: Ladder, saved: Tiers | None) -> None:
    theirs = rule_tiers.in_words(saved) if saved else "switched off"
    st.warning(
        page.plain(f"Somebody has changed this rule meanwhile: {theirs}. Yours is kept, not saved."),
        icon=":material/group:",
    )
    with st.container(horizontal=True, horizontal_alignment="right"):  # away from the tools that hang over the table
        st.button("Keep mine", key=f"mine {ladder.table.name}", on_click=ladder.keep, args=(saved,))
        st.button("Take theirs", key=f"theirs {ladder.table.name}", on_click=bench.forget, args=(key,))


def _version(key: RuleKey, version: int | None, is_saved: bool) -> None:
    if not is_saved:
        st.badge("New, not saved", icon=":material/science:", color="blue")
        return
    st.badge(f"v{version}" if version else "Saved", icon=":material/verified:", color="green")
    if found := page.read(price_rules.versions, key):
        st.caption(page.plain(f"saved {found[0].at:%Y-%m-%d} by {found[0].actor}"), width="content")


def _new_rule(bench: Bench, book: Book) -> None:
    with st.popover("New rule", icon=":material/add:"):
        paths = {number: path[-1] for number, path in sorted(book.paths.items(), key=lambda one: one[1][-1])}
        if not paths:
            st.caption("A rule belongs to a category, and there is none yet. Import products with categories first.")
            return
        category: Any = st.selectbox("Category", list(paths), format_func=paths.__getitem__, key="lab new category")
        source: Any = st.selectbox("Source", list(Source), format_func=lambda s: s.label, key="lab new source")
        there = (category, source) in {*bench.saved.rules, *bench.rules}
        st.button("Try it", type="primary", key="lab new", on_click=_begin, args=(bench, (category, source)), disabled=there,
                  help="There is one already: pick it" if there else None)  # fmt: skip


def _begin(bench: Bench, key: RuleKey) -> None:
    """A new rule changes the nearest one above it for its products; it begins as 100 % + 0."""
    ladder = bench.ladder(key, None)
    ladder.good = ladder.good or (PLAIN,)
    st.session_state[PICKED] = key


# The slider


def _points(name: str, now: Decimal, move: Callable[[Decimal], None]) -> None:
    """A slider, and a field for what lies between its steps.

    The field empties itself: two fields that follow each other would undo what is done quickly, one behind the other.
    """
    slider, field, most = f"slide {name}", f"points {name}", float(MOST_POINTS)
    page.follow(slider, float(now))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.slider(
            "All ratios, in points",
            -most,
            most,
            step=0.5,
            format="%+.1f",
            key=slider,
            on_change=_slid,
            args=(slider, move),
        )
        st.number_input("Exactly", -most, most, None, 0.01, "%.2f", key=field, on_change=_typed, args=(field, slider, move),
                        placeholder=f"{now:+.2f}", width=136)  # fmt: skip


def _slid(slider: str, move: Callable[[Decimal], None]) -> None:
    move(asked_points(st.session_state.get(slider)))


def _typed(field: str, slider: str, move: Callable[[Decimal], None]) -> None:
    if st.session_state.get(field) is not None:
        points = asked_points(st.session_state[field])
        move(points)
        st.session_state[slider], st.session_state[field] = float(points), None


# What is wrong


def _findings(ladder: Ladder, currency: str) -> None:
    for problem in ladder.problems:
        _say(Finding(**vars(problem), severity="error"), None)
    rows = ladder.kept_rows()
    for one in ladder.findings[:MOST_SAID]:
        starts = rows[one.row]["threshold"] if one.row is not None and one.row < len(rows) else None
        _say(one, None if starts is None else f"From {plain(starts)}")
    if (more := len(ladder.findings) - MOST_SAID) > 0:
        st.caption(f"… and {more} more.")
    if ladder.has_errors:
        st.caption("The preview shows the last tiers that were right; nothing can be saved until this is put right.")
    elif not ladder.findings:
        st.caption(f":material/check: Nothing looks wrong: a dearer item never sells below a cheaper one ({currency}).")


def _say(one: Finding | Problem, about: str | None) -> None:
    colour, icon = LOOKS[getattr(one, "severity", "error")]
    name = f"**{page.plain(about)}** · " if about else ""
    st.markdown(f":{colour}[:material/{icon}: {name}{page.plain(one.text)}]")


# Stores and rates


def stores(bench: Bench, book: Book) -> None:
    """What each store adds, how its prices end and its floor."""
    if not book.stores or bench.stores is None:
        st.info("There is no store yet. An admin opens one under Accounts, Store accounts.")
        return
    bench.stores.draw(
        STORES, "Stores tried", {number: {"now": words_of(terms)} for number, terms in book.stores.items()}
    )
    _said(bench, {terms.name for terms in book.stores.values()})


def rates(bench: Bench, book: Book) -> None:
    """What one unit of one currency is in another; also those that are missing."""
    if bench.rates is None or not bench.rates.rows:
        st.info("All sources and stores have the same currency: no rate is needed.")
        return
    there = {rate.pair: rate for rate in book.rates.values()}
    now = {row["id"]: there.get(row["pair"]) for row in bench.rates.rows}
    said = {
        n: {"now": rate and rate.value, "day": f"{rate.day}" if rate and rate.day else "missing"}
        for n, rate in now.items()
    }
    bench.rates.draw(RATES, "Rates tried", said)
    _said(bench, {row["pair"] for row in bench.rates.rows})


def _said(bench: Bench, names: set[str]) -> None:
    for name, problem in bench.problems:
        if name in names:
            _say(problem, name)
