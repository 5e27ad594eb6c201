"""The right side of the laboratory: what would happen to the prices, before anything is saved."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from lib import money
from lib.counted import agreeing, counted
from lib.prices import price_looks, price_subjects
from lib.prices.formula import explain
from lib.prices.price_book import Book
from lib.prices.price_chain import chain
from lib.prices.price_draft import Scope
from lib.prices.price_looks import Library, Look, Low
from lib.prices.price_pictures import Mover
from lib.prices.price_preview import Preview, Share
from lib.prices.price_subjects import Subject
from lib.ui import charts, page
from lib.ui.prices import lab_charts

CHARTS, MOVERS, STORES, CATEGORIES, LOW = "Charts", "Biggest movers", "By store", "By category", "Below floor or cost"
WHY_NONE = {
    "no cost": "without a source price", "no currency": "whose source price has no currency",
    "bad cost": "with a source price that cannot be", "no rate": "for which a rate of exchange is missing",
    "not above zero": "that would come to zero or less", "too large": "that would be too large",
}  # fmt: skip


def figures(look: Look, compare: str) -> None:
    """The numbers, and what they are about."""
    found = look.preview
    listed = (
        agreeing(found.total, "listed price", "listed prices")
        if compare == "listed"
        else agreeing(found.total, "price of a product in a store", "prices of products in stores")
        + ", listed there or not"
    )
    st.caption(f"**{found.total:,}** {listed}, as of {look.at:%H:%M:%S} UTC")
    first = [("Up", found.up, "green"), ("Down", found.down, "orange"), ("Stay", found.same, None), ("No price", found.none, "red"),
             ("Locked", found.locked, None)]  # fmt: skip
    second = [
        ("Below floor", found.below_floor, "red"),
        ("Below cost", found.below_cost, "red"),
        ("First price", found.first, "green"),
    ]
    with st.container(border=True), st.grid(5, min_column_width=104, gap="small"):
        for label, count, colour in (*first, *second):
            st.metric(label, _coloured(f"{count:,}", colour if count else None))
        st.metric("Moved", _percent(found.moved_share))
        st.metric("Biggest move", _percent(found.most_change))
    if found.reasons:
        told = ", ".join(f"{count:,} {WHY_NONE.get(why, why)}" for why, count in found.reasons.items())
        st.caption(f"No price: {told}.")


def _coloured(text: str, colour: str | None) -> str:
    return f":{colour}[{text}]" if colour else text


def _percent(number: Decimal) -> str:
    return f"{number:,.0f} %" if number >= 1_000 else f"{number.normalize():f} %"


@dataclass(frozen=True)
class Picked:
    """What is ticked in a table: the listings, and the one whose chain is shown."""

    listings: tuple[int, ...] = ()
    subject: Subject | None = None


def details(look: Look, known: Library, tried: Book, scope: Scope, compare: str) -> Picked:
    """One of the views, and what is ticked in it."""
    views = [CHARTS, MOVERS, STORES, CATEGORIES, *([LOW] if compare == "listed" else [])]
    if st.session_state.get("lab view") not in views:
        st.session_state["lab view"] = CHARTS
    view = st.segmented_control("View", views, key="lab view", label_visibility="collapsed", required=True,
                                persist_state="session")  # fmt: skip
    found = look.preview
    if view == MOVERS:
        return _movers(found, known, tried)
    if view == LOW:
        return _low(page.read(price_looks.low, known, tried, scope), found, known, tried)
    if view == STORES:
        _shares("Store", found.by_store)
    elif view == CATEGORIES:
        _shares("Category", found.by_category)
    else:
        _charts(found, known.book)
    return Picked()


def _charts(found: Preview, book: Book) -> None:
    grid = st.grid(2, min_column_width=260, gap="small")
    with grid.cell():
        st.markdown(f"**Prices now and tried**, {found.currency}")
        lab_charts.histogram(found.histogram, found.currency, key="lab histogram")
    with grid.cell():
        st.markdown(f"**Old price → new price**, {found.currency}")
        lab_charts.scatter(found.scatter, found.currency, key="lab scatter")
    if told := _elsewhere(found, book):
        st.caption(told)
    st.markdown("**How far prices move**")
    lab_charts.changes(found.changes, key="lab changes")


def _elsewhere(found: Preview, book: Book) -> str:
    """Of which moves there is nothing in the two charts."""
    moves = Counter[str]()
    for share in found.by_store:
        if share.id is not None and (currency := book.stores[share.id].currency) != found.currency:
            moves[currency] += share.up + share.down + share.first
    currencies = ", ".join(sorted(currency for currency, count in moves.items() if count))
    drawn = f"in {currencies}, not drawn above: choose the currency under “Charts in”."
    return f"{counted(moves.total(), 'price moves', 'prices move')} {drawn}" if currencies else ""


def _shares(name: str, shares: Sequence[Share]) -> None:
    """A row a store or category, those with the most moves first."""
    rows = [
        {name: share.name or "No category", "Prices": share.total, "Up": share.up, "Down": share.down, "Stay": share.same,
         "First": share.first, "None": share.none, "Locked": share.locked,
         "Mean change": None if share.mean_change is None else float(share.mean_change)}
        for share in sorted(shares, key=lambda share: -share.up - share.down)[:500]
    ]  # fmt: skip
    if not rows:
        st.caption("There is nothing to show.")
        return
    numbers = {n: st.column_config.NumberColumn(n, format="localized") for n in list(rows[0])[1:-1]}
    numbers["Mean change"] = st.column_config.NumberColumn("Mean change", format="%+.2f %%")
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=numbers, key=f"lab by {name}", alt=f"By {name.lower()}",
                 height=min(38 + 35 * len(rows), 480))  # fmt: skip


# Movers, and what is too low: a table, and the chain of the picked row


def _movers(found: Preview, known: Library, tried: Book) -> Picked:
    by = st.segmented_control("By", ["By percent", f"By amount in {found.currency}"], key="lab by", default="By percent",
                              label_visibility="collapsed", required=True)  # fmt: skip
    movers = found.far if by == "By percent" else found.dearest
    if not movers:
        st.info("No price moves.", icon=":material/check:")
        return Picked()
    names = _named(movers)
    rows = [
        _row(names.get(_key(m)), known, m.store_id, m.before, m.after, m.currency) | {"Change": float(m.percent)}
        for m in movers
    ]
    places = _table(rows, "Biggest movers", {"Change": st.column_config.NumberColumn("Change", format="%+.2f %%")})
    ticked = tuple(number for place in places if (number := movers[place].listing_id) is not None)
    last = movers[places[-1]] if places else None
    return _shown(ticked, names.get(_key(last)) if last else None, last.store_id if last else 0, known, tried)


def _low(lows: Sequence[Low], found: Preview, known: Library, tried: Book) -> Picked:
    if not lows:
        st.info("No price would be below the floor of its store or below what it costs.", icon=":material/check:")
        return Picked()
    rest = f"; the first {len(lows)}" if found.below_floor + found.below_cost > len(lows) else ""
    st.caption(f"{found.below_floor:,} below the floor, {found.below_cost:,} below cost{rest}.")
    names = page.read(price_subjects.of_listings, [one.listing_id for one in lows])
    rows = [
        _row(names.get(one.listing_id), known, one.store_id, one.before, one.after, known.book.stores[one.store_id].currency)
        | {"Below": " and ".join(["floor"] * one.below_floor + ["cost"] * one.below_cost)}
        for one in lows
    ]  # fmt: skip
    places = _table(rows, "Below floor or cost", {})
    last = lows[places[-1]] if places else None
    ticked = tuple(lows[place].listing_id for place in places)
    return _shown(ticked, names.get(last.listing_id) if last else None, last.store_id if last else 0, known, tried)


def _shown(ticked: tuple[int, ...], subject: Subject | None, store: int, known: Library, tried: Book) -> Picked:
    if subject is None:
        st.caption("Tick a row to see how its price comes about; ticked ones can be applied alone.")
    else:
        _chain(subject, store, known.book, tried)
    return Picked(ticked, subject)


def _key(mover: Mover) -> tuple[int | None, int]:
    return mover.listing_id, mover.product_id


def _named(movers: Sequence[Mover]) -> dict[tuple[int | None, int], Subject]:
    listed = page.read(price_subjects.of_listings, [m.listing_id for m in movers if m.listing_id is not None])
    others = page.read(price_subjects.of_products, [m.product_id for m in movers if m.listing_id is None])
    found = {
        _key(m): listed.get(m.listing_id) if m.listing_id is not None else others.get(m.product_id) for m in movers
    }
    return {key: subject for key, subject in found.items() if subject is not None}


def _row(
    subject: Subject | None, known: Library, store: int, before: Decimal | None, after: Decimal, currency: str
) -> dict[str, Any]:
    return {
        "SKU": subject.sku if subject else "gone", "Title": subject.title if subject else "", "Store": known.book.stores[store].name,
        "Now": "" if before is None else money.text(before, currency), "Tried": money.text(after, currency),
    }  # fmt: skip


def _table(rows: list[dict[str, Any]], name: str, config: dict[str, Any]) -> list[int]:
    """Which rows are ticked, of those that there are; in the order of the ticking."""
    columns = {
        "SKU": st.column_config.TextColumn("SKU", pinned=True),
        "Title": st.column_config.TextColumn("Title", width=170),
        **{n: st.column_config.TextColumn(n, alignment="right") for n in ("Now", "Tried")},
    }
    event: Any = st.dataframe(pd.DataFrame(rows), hide_index=True, on_select="rerun", selection_mode="multi-row", key=f"lab {name}",
                              alt=name, column_config=columns | config, height=min(38 + 35 * len(rows), 300))  # fmt: skip
    return [n for n in event.selection.rows if isinstance(n, int) and 0 <= n < len(rows)]


def _chain(subject: Subject, store: int, saved: Book, tried: Book) -> None:
    """How the price comes about, now by the saved rules and as it is tried; to copy."""
    st.text(f"{subject.sku}  {subject.title}")
    now, then = (book.price(subject, book.stores[store]) for book in (saved, tried))
    charts.waterfall(chain(then), then.currency, key="lab chain")
    for label, made in (("As saved", now), ("As tried", then)):
        if label == "As saved" or explain(now) != explain(then):
            st.caption(label)
            st.code(f"{explain(made)}\n{explain(made, 'zh')}", language=None, wrap_lines=True)
