"""The order that is open beside the list: ticked, named by the address, or the next one; and what is done for several at once."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from db.frames import Page
from lib.orders import orders
from lib.orders.orders import Filter
from lib.purchases import buying
from lib.rights import Right
from lib.ui import criteria, page
from lib.ui.columns import Column
from lib.ui.orders import order_panel
from lib.ui.purchases import buying_form
from lib.ui.sheet import Sheet, View, sheet_of

NAME, OPEN = "orders", "order"
PICKED, SHOWN, BUYING, TURN, MOVED, SEEN = (
    f"orders:{what}" for what in ("picked", "shown", "buying", "turn", "moved", "seen")
)
FORM = "buy:orders"
NARROW = ("number", "work_status", "ship_by", "items", "total", "store")
"""The columns that have room beside an open order."""
SHARES = (0.42, 0.58)
IN_SIGHT = 13
"""Rows of the list that are seen without scrolling in it."""
STAYS = """<style>
[data-testid=stLayoutWrapper]:has(> .st-key-order_list) { position: sticky; top: 1rem }
@media (max-width: 1279px) {
  [data-testid=stMainBlockContainer] { padding: 2.5rem 1.25rem }
  .st-key-o_store, .st-key-o_status, .st-key-orders-view, .st-key-orders-views { display: none }
  .st-key-orders_sort { max-width: 8.25rem }
  .st-key-orders-refresh p { display: none }
}
</style>"""
"""The list stays in sight while the order beside it is read to its end. A narrow screen is for the two of them: the fields that are least
used step back until the order is closed; what they ask for still stands in the line below."""


def opened(columns: Sequence[Column]) -> tuple[int, str] | None:
    """The id and number of the order that is open now: the one that was ticked last, else the one that the address names."""
    sheet = sheet_of(NAME)
    if turn := st.session_state.pop(TURN, 0):
        st.session_state[f"{NAME}_page"] = int(st.session_state.get(f"{NAME}_page") or 1) + turn
    if sheet.rows and sheet.key in st.session_state:
        by_name = {column.name: column for column in columns if page.may(Right.ORDERS)}
        sheet.live = sheet.kept.with_editor(sheet.rows, st.session_state[sheet.key], by_name)
    if st.session_state.get(SEEN) != st.session_state["visit"] and OPEN not in st.query_params:
        st.session_state[PICKED] = ()  # somebody has come back: the one that is still ticked opens again
    st.session_state[SEEN] = st.session_state["visit"]
    _ticked(sheet)
    here = _named()
    _tick_along(sheet, here)
    if here is not None and st.session_state.get(SHOWN) != here[0] and not sheet.live.picked:
        sheet.pick(here[0])  # a link has opened it: it is ticked as if somebody had
        sheet.live = sheet.kept
    st.session_state[PICKED] = tuple(sheet.live.picked)
    st.session_state[MOVED] = here is not None and st.session_state.get(SHOWN) not in (None, here[0])
    st.session_state[SHOWN] = here and here[0]
    return here


def _ticked(sheet: Sheet) -> None:
    """One more tick opens that order; the open one's tick taken away opens another that is ticked, or none."""
    picked, before = tuple(sheet.live.picked), st.session_state.get(PICKED, ())
    more = [number for number in picked if number not in before]
    if len(more) == 1:
        go(page.read(orders.number_of, more))
    elif st.session_state.get(SHOWN) in set(before) - set(picked):
        go(page.read(orders.number_of, picked[-1:]))


def _named() -> tuple[int, str] | None:
    if not (reference := st.query_params.get(OPEN)):
        return None
    number = page.read(orders.find, reference)
    name = page.read(orders.number_of, [number]) if number else None
    if number is None or name is None:
        st.warning(f"There is no order {page.plain(reference[:60])}.")
        return None
    return number, name


def _tick_along(sheet: Sheet, here: tuple[int, str] | None) -> None:
    """The one tick goes along to the next order, and away when the order is closed."""
    if tuple(sheet.live.picked) == (st.session_state.get(SHOWN),) and (
        here is None or here[0] not in sheet.live.picked
    ):
        sheet.pick(*([here[0]] if here else []))
        sheet.live = sheet.kept


def go(number: str | None) -> None:
    """Let the address name this order, or none."""
    criteria.stand(OPEN, number or "")


def halves(open_: bool) -> tuple[Any, Any]:
    """The place of the list, and of the order beside it when one is open."""
    if not open_:
        return st.container(), None
    st.html(STAYS)
    left, right = st.columns(SHARES, gap="medium")
    return left.container(key="order_list"), right


def panel(here: tuple[int, str], wanted: Filter) -> None:
    """The order that is open, with the way to the ones before and after it in the list."""
    sheet = sheet_of(NAME)
    where = sheet.where[1] if sheet.where else Page()
    before, after = page.read(orders.around, wanted, where, here[0])
    if st.session_state.get(MOVED):
        _turn_along(sheet, here[1], before, after)
    order_panel.show(here[0], before, after)


def _turn_along(sheet: Sheet, number: str, before: str | None, after: str | None) -> None:
    """The step from the last order of a page leads to the next page, and from the first to the one before."""
    seen = {row["number"] for row in sheet.rows or ()}
    if number in seen or not seen & {before, after}:
        return
    st.session_state[TURN] = 1 if before in seen else -1
    st.rerun()


def place(view: View, here: tuple[int, str] | None) -> None:
    """Where the order that is open stands in the list, unless its ticked row is in sight."""
    if here is None:
        return
    at = next((at for at, row in enumerate(view.rows, start=1) if row["id"] == here[0]), None)
    if at is None:
        st.caption(page.plain(f"{here[1]} is open. It is not on this page of the list."))
    elif at > IN_SIGHT:
        st.caption(page.plain(f"{here[1]} is open: row {at} of this page."))


def several(view: View) -> None:
    """What can be done for all that are ticked."""
    if len(view.picked) > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            if page.button(f"Add purchase for {len(view.picked):,} orders", needs=Right.PURCHASES, primary=True, key="orders:buy",
                           icon=":material/add_shopping_cart:"):  # fmt: skip
                st.session_state[BUYING] = view.picked
            st.button("Untick all", key="orders:untick", type="tertiary", on_click=untick)
    if st.session_state.get(BUYING):
        _buy()


def untick() -> None:
    """No row is ticked any more; what is open stays open."""
    sheet = sheet_of(NAME)
    sheet.pick()
    sheet.live = sheet.kept
    st.session_state[PICKED] = ()


def _shut() -> None:
    st.session_state.pop(BUYING, None)
    buying_form.close(FORM)


@st.dialog("Add purchase", width=820, position="right", icon=":material/add_shopping_cart:", on_dismiss=_shut)
def _buy() -> None:
    lines = page.read(buying.lines_of, st.session_state[BUYING])
    if not lines:
        st.info("Nothing is left to buy for these orders.")
        return
    if said := buying_form.fill_in(lines, FORM):
        st.session_state.pop(BUYING, None)
        page.announce(said)
