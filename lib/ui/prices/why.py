"""Why this price? The drawer beside every price: what it is and who set it, the formulas of then and today, the difference, the history."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import streamlit as st

from lib import money
from lib.prices import price_reasons
from lib.prices.price_chain import chain
from lib.prices.price_history import PriceEvent
from lib.prices.price_reasons import Reason
from lib.ui import charts, page
from lib.words import PushState

KEY = "why"
"""In the address: the id of a listing, or "p" and that of a product."""
LANGUAGES = ("en", "zh")
ICON = ":material/help:"
Badge = tuple[str, Any, str]
"""Words, colour, icon."""
MOST_RUNS = 5
GONE = "This listing does not exist any more."


def price(listing_id: int) -> None:
    """Open the drawer for the price of a listing."""
    st.query_params[KEY] = str(listing_id)
    _dialog(lambda: of_listing(listing_id))


def product(product_id: int) -> None:
    """Open the drawer for the prices of a product: one store after the other, first where it is listed."""
    st.query_params[KEY] = f"p{product_id}"
    _dialog(lambda: _of_product(product_id))


def offer(listing_id: int | None) -> None:
    """The button beside a list of listings, and the drawer that the address names."""
    _offer(listing_id, price)


def offer_product(product_id: int | None) -> None:
    """The same beside a list of products."""
    _offer(product_id, product)


def _offer(number: int | None, open_one: Callable[[int], None]) -> None:
    """Pressed, the button comes first; else what the address names is opened."""
    pressed = page.button(
        "Why this price?", disabled=number is None, icon=ICON, help="Tick one first" if number is None else None
    )
    if pressed and number is not None:
        open_one(number)
    elif reference := st.query_params.get(KEY):
        asked(reference)


def asked(reference: str) -> None:
    """Open what a link names; a sentence when that is nothing."""
    digits = reference.removeprefix("p")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        st.warning(f"There is no price {page.plain(reference[:60])}.")
        return
    (product if reference.startswith("p") else price)(int(digits))


def _dialog(show: Callable[[], None]) -> None:
    st.dialog("Why this price?", width=820, position="right", on_dismiss=close, icon=ICON)(show)()


def close() -> None:
    st.query_params.pop(KEY, None)


def _of_product(product_id: int) -> None:
    stores = page.read(price_reasons.stores_of, product_id)
    if not stores:
        st.info("There is no store yet: without one there is no price.")
        return
    store = st.selectbox(
        "Store", list(stores), format_func=lambda n: stores[n], key=f"why:store:{product_id}", width=320
    )
    shown(page.read(price_reasons.of_product, product_id, store))


# What is in it, for other drawers too


def of_listing(listing_id: int) -> None:
    """Why a listing has its price."""
    shown(page.read(price_reasons.of, listing_id))


def of_line(line_id: int) -> None:
    """Why the product of a line of an order is sold at its price in the order's store."""
    shown(page.read(price_reasons.sold, line_id))


def shown(reason: Reason | None) -> None:
    """All about one price."""
    if reason is None:
        st.info(GONE)
        return
    st.markdown(f"**{page.plain(reason.sku)}** in **{page.plain(reason.store)}**")
    if reason.title:
        st.caption(page.plain(reason.title))
    _states(reason)
    st.text(" ".join(price_reasons.sentences(reason)))
    _then(reason)
    _today(reason)
    _difference(reason)
    _history(reason)


def _states(reason: Reason) -> None:
    """Saved, applied, pushed: three things, and which of them has happened."""
    facts: tuple[tuple[str, Decimal | None, Badge], ...] = (
        ("Price now", reason.price, _applied(reason)),
        ("By the rules today", reason.today.amount, ("Saved", "blue", "rule")),
        ("On the marketplace", reason.pushed, _pushed(reason)),
    )
    with st.container(horizontal=True, gap="large"):
        for label, amount, (words, colour, icon) in facts:
            with st.container(width="content", gap="xxsmall"):
                st.metric(label, "none" if amount is None else money.text(amount, reason.currency), width="content")
                st.badge(words, color=colour, icon=f":material/{icon}:")
    if reason.push_issue and not reason.is_pushed:
        st.caption(f"The marketplace said: {page.plain(reason.push_issue)}")


def _applied(reason: Reason) -> Badge:
    if reason.listing_id is None:
        return "Not listed", "gray", "remove"
    if reason.is_applied:
        return "Applied", "green", "check"
    if reason.is_locked:
        return "Locked, not applied", "gray", "lock"
    return "Not applied", "orange", "difference"


def _pushed(reason: Reason) -> Badge:
    if reason.push in (PushState.QUEUED, PushState.SENT):
        return reason.push.label, "blue", "schedule"
    if reason.is_pushed:
        return "Pushed", "green", "check"
    if reason.push == PushState.REFUSED:
        return "Refused", "red", "block"
    return ("Not there yet", "gray", "remove") if reason.pushed is None else ("Not pushed", "orange", "difference")


def _then(reason: Reason) -> None:
    if reason.listing_id is None:
        return
    st.markdown("**Formula of the last upload**")
    if (sent := reason.sent) is None:
        st.caption("Nothing has been uploaded yet.")
        return
    amount = "no price" if sent.price is None else money.text(sent.price, sent.currency)
    st.caption(page.plain(f"{amount} · sent {_at(sent.at)} by {sent.actor}"))
    _texts(sent.formula, sent.formula_zh)


def _today(reason: Reason) -> None:
    st.markdown("**Formula today**")
    _texts(*(reason.formula(language) for language in LANGUAGES))
    charts.waterfall(chain(reason.today), reason.currency, key="why:chain")


def _difference(reason: Reason) -> None:
    if reason.sent is None:
        return
    st.markdown("**What has changed from then to today**")
    if reason.difference is None:
        st.caption("This upload is older than the record of what its price was made from: compare the two formulas.")
        return
    _texts(*(reason.difference_text(language) for language in LANGUAGES))
    if reason.difference:
        st.caption(
            "Each line is what that one step adds when all above it have changed already; together they are the difference."
        )


def _texts(*texts: str) -> None:
    """To copy: English, then Chinese."""
    for text in filter(None, texts):
        st.code(text, language=None, wrap_lines=True)


def _history(reason: Reason) -> None:
    if reason.listing_id is None:
        return
    st.markdown("**History of this price**")
    if not reason.history:
        st.caption("Nothing is written down about this price.")
        return
    rows = [_row(event, reason.currency) for event in reason.history]
    st.dataframe(rows, hide_index=True, width="stretch", key="why:history", alt="History of this price")
    runs = list(dict.fromkeys(event.run_id for event in reason.history if event.run_id))
    with st.container(horizontal=True):
        for run in runs[:MOST_RUNS]:
            st.page_link(
                "pages/pricing.py",
                label=f"Run #{run}",
                icon=":material/history:",
                query_params={"r_tab": "Runs", "r_run": str(run)},
            )


def _row(event: PriceEvent, currency: str) -> dict[str, str]:
    before, after = ("" if amount is None else money.text(amount, currency) for amount in (event.before, event.after))
    when = f"{event.at:%Y-%m-%d %H:%M}"
    return {
        "When (UTC)": when,
        "From": before,
        "To": after,
        "By": event.actor,
        "How": event.what,
        "Rule": event.rule_version,
    }


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
