"""One order beside the list: what it is, its buyer, lines, money, purchases, parcels, notes and what happened; and Add purchase.

The buttons and keys that lead to the next order and the previous one run the page anew; all else in here runs alone.
"""

from collections.abc import Callable

import streamlit as st

from lib.orders import order_detail, order_money
from lib.orders.order_detail import Detail
from lib.purchases import buying
from lib.ui import page
from lib.ui.orders import order_acts, order_buyer, order_head, order_lines, order_notes, order_parcels, order_profit
from lib.ui.orders.order_acts import BUYING, PRICE
from lib.ui.orders.order_acts import close as close
from lib.ui.orders.order_acts import open as open
from lib.ui.prices import why
from lib.ui.purchases import buying_form

GONE = "This order does not exist any more."


def show(order_id: int, before: str | None = None, after: str | None = None) -> None:
    """Draw an order where the caller stands. `before` and `after` are the numbers of its neighbours in the list."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _step("Previous", before, "K", ":material/keyboard_arrow_up:")
        _step("Next", after, "J", ":material/keyboard_arrow_down:")
        st.space("stretch")
        st.button("Close", key="order:close", type="tertiary", icon=":material/close:", on_click=close)
    _order(order_id)


def _step(label: str, number: str | None, key: str, icon: str) -> None:
    st.button(
        label, key=f"order:{label.lower()}", icon=icon, shortcut=key, disabled=number is None, on_click=order_acts.go, args=(number,),
        help=f"Key {key}, while nothing is being typed" if number else "There is none in this list",
    )  # fmt: skip


@st.fragment
def _order(order_id: int) -> None:
    order = page.read(order_detail.detail, order_id)
    if order is None:
        st.warning(GONE)
        return
    order_acts.tell()
    order_head.show(order)
    if (asked_for := st.session_state.get(PRICE)) and asked_for[0] == order.id:
        _instead("Why this price?", lambda: why.of_line(asked_for[1]))
    elif _is_buying(order.id):
        _instead("Add purchase", lambda: _buy(order))
    else:
        _whole(order)


def _whole(order: Detail) -> None:
    money = page.read(order_money.money_of, [order.id])[order.id]
    order_buyer.show(order)
    order_lines.show(order, money)
    order_profit.show(order, money)
    order_parcels.journey(order)
    order_parcels.purchases(order)
    order_parcels.sent(order)
    order_notes.show(order)
    order_notes.timeline(order)


def _instead(title: str, draw: Callable[[], None]) -> None:
    """Something else in place of the order, and the way back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**")
        st.space("stretch")
        st.button(
            "Back to the order",
            key="order:back",
            on_click=order_acts.look,
            icon=":material/arrow_back:",
            type="tertiary",
        )
    draw()


def _is_buying(order_id: int) -> bool:
    """A form that was left open for another order is closed."""
    if (opened := st.session_state.get(BUYING)) is None:
        return False
    if opened != order_id:
        order_acts.look()
    return bool(opened == order_id)


def _buy(order: Detail) -> None:
    if said := buying_form.fill_in(page.read(buying.lines_of, [order.id]), order_acts.form_of(order.id)):
        order_acts.look()
        order_acts.again(said)
