"""The Rules tab of Pricing: the rules as wholes with their versions; copied, switched off, taken back; and their tiers to type in."""

from collections.abc import Mapping
from decimal import Decimal

import streamlit as st

from lib.prices import price_rules, rule_list, rule_tiers
from lib.prices.price_draft import RuleKey
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.ui.prices import rule_files
from lib.ui.sheet import View
from lib.words import Source

RULES = [
    c.text("category", "Category", locked=True, width=240, pinned=True),
    c.choice("source", "Source", Source, locked=True),
    c.text("tiers", "Tiers, highest first", locked=True, width=420),
    c.flag("active", "In force", locked=True),
    c.number("version", "Version", locked=True),
    c.moment("changed_at", "Saved"),
    c.text("changed_by", "By", locked=True),
]
TIERS = [
    c.text("category", "Category"),
    c.choice("source", "Source", Source),
    c.money("threshold", "From source price", help="The highest threshold that the source price reaches prices the whole amount"),
    c.percent("percent", "Percent", help="150 is one and a half times; 1.5 is 1.5 %"),
    c.money("fine", "Fine", negative=True, help="Added to the price, in the currency of the source"),
    c.flag("active", "Active", first=True),
    c.moment("updated_at", "Changed"),
]  # fmt: skip


def show(tree: Mapping[int, str]) -> None:
    """Both lists, narrowed by the same two fields."""
    with page.filters():
        chosen = page.choose("r_category", "Category", tree), page.choose("r_source", "Source", Source)
    view = grid.show("rules", rule_list.rules, rule_list.count, rule_list.Filter(*chosen), RULES, sorts=rule_list.SORTS)
    _verbs(view, tree)
    st.markdown("**Tiers**")
    meant = page.toggle("r_meant", "Save in spite of warnings")
    columns = [c.choice("category", "Category", tree.values(), width=240), *TIERS[1:]]
    grid.edit("tiers", price_rules.table, price_rules.count, price_rules.Filter(*chosen), columns, check=price_rules.check,
              right=Right.PRICES, add=True, save=price_rules.save_confirmed if meant else price_rules.save,
              sorts=price_rules.SORTS, delete=True)  # fmt: skip


def _verbs(view: View, tree: Mapping[int, str]) -> None:
    """What can be done with the ticked rules."""
    ticked: list[RuleKey] = [
        (row["category_id"], Source(row["source"])) for row in view.rows if row["id"] in view.picked
    ]
    one = ticked[0] if len(ticked) == 1 else None
    with st.container(horizontal=True):
        if page.button("Copy to…", needs=Right.PRICES, disabled=one is None, icon=":material/content_copy:") and one:
            _copy(one, tree)
        if page.button("Switch off", needs=Right.PRICES, disabled=not ticked, icon=":material/toggle_off:"):
            page.perform(price_rules.disable, *ticked)
        if page.button("Switch on", needs=Right.PRICES, disabled=not ticked, icon=":material/toggle_on:"):
            page.perform(price_rules.enable, *ticked)
        if page.button("Versions", disabled=one is None, icon=":material/history:") and one:
            _versions(one, tree)
        st.space("stretch")
        rule_files.show()


@st.dialog("Copy a rule", width="medium")
def _copy(key: RuleKey, tree: Mapping[int, str]) -> None:
    st.markdown(f"**{page.plain(rule_tiers.called(key[1], tree.get(key[0], '?')))}** goes to")
    categories = st.multiselect("Categories", list(tree), format_func=tree.__getitem__, key="copy categories")
    sources = st.multiselect("Sources", list(Source), [key[1]], format_func=lambda s: s.label, key="copy sources")
    points = st.number_input("All ratios moved by points", -50.0, 1000.0, 0.0, 0.5, key="copy points")
    replace = st.toggle("Replace the rules that are there", key="copy replace")
    meant = st.toggle("Save in spite of warnings", key="copy meant")
    targets = [(category, Source(source)) for category in categories or [key[0]] for source in sources]
    if page.button("Copy", needs=Right.PRICES, primary=True, key="copy now", disabled=not sources):
        page.perform(price_rules.copy, key, targets, Decimal(str(points)), replace=replace, confirmed=meant)


@st.dialog("Versions", width="large")
def _versions(key: RuleKey, tree: Mapping[int, str]) -> None:
    """What the rule said, since when, by whom; and the way back."""
    st.markdown(f"**{page.plain(rule_tiers.called(key[1], tree.get(key[0], '?')))}**")
    meant = st.toggle("Save in spite of warnings", key="restore meant")
    found = page.read(price_rules.versions, key)
    if not found:
        st.info("No version is kept of this rule yet.")
        return
    for version in found[:30]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap=None):
                st.markdown(f"**v{version.number}** · {version.at:%Y-%m-%d %H:%M} UTC · {page.plain(version.actor)}")
                st.text(version.words)
                st.caption(page.plain(version.changed))
            if version is not found[0] and page.button(
                "Restore", needs=Right.PRICES, key=f"restore {version.id}", icon=":material/undo:"
            ):
                page.perform(price_rules.restore, version.id, confirmed=meant)
    if len(found) > 30:
        st.caption(f"… and {len(found) - 30} older ones.")
