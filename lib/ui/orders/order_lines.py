"""The lines of an order: what was ordered, how much of it is bought and sent, what it earns, and which product of the library it is."""

from typing import Any

import streamlit as st

from lib import money, rights
from lib.orders import link_guesses, orders
from lib.orders.link_guesses import Guess
from lib.orders.order_detail import Detail, Line
from lib.orders.order_money import LineMoney, OrderMoney
from lib.rights import Right
from lib.ui import page, pictures
from lib.ui.orders import order_acts
from lib.ui.prices import why


def show(order: Detail, earned: OrderMoney) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Lines**")
        st.space("stretch")
        allowed = page.may(Right.PURCHASES)
        st.button("Add purchase", key="order:buy", type="primary", icon=":material/add_shopping_cart:",
                  on_click=order_acts.buy, args=(order.id,), disabled=not allowed,
                  help=None if allowed else f"For the role {rights.who(Right.PURCHASES)}")  # fmt: skip
    by_line = {line.line_id: line for line in earned.lines}
    for line in order.lines:
        with st.container(border=True, gap="small"):
            _line(order, line, by_line[line.id])
            if line.product is None and not line.canceled:
                _link(line)


def _line(order: Detail, line: Line, earned: LineMoney) -> None:
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        with st.container(width=72):
            pictures.large(line.picture, 64)
        with st.container(gap=None, width="stretch"):
            st.text(line.title or line.title_zh or line.sku)
            if line.title_zh and line.title:
                st.text(line.title_zh)
            st.caption(page.plain(" · ".join(filter(None, (line.sku, line.asin)))))
            st.caption(page.plain(_told(line, order.currency, earned)))
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _pieces(line)
                _product(order, line)


def _told(line: Line, currency: str, earned: LineMoney) -> str:
    price = "price not told yet" if line.price is None else money.text(line.price, currency)
    profit = earned.expected if earned.actual.amount is None or earned.to_buy else earned.actual
    if profit.amount is None:
        return f"{line.quantity} × {price}" if line.quantity == 1 else f"{line.quantity} for {price}"
    left = f"{'about ' if profit.is_estimate else ''}{money.text(profit.amount, currency)} left"
    return f"{line.quantity} for {price} · {left}"


def _pieces(line: Line) -> None:
    if line.canceled:
        st.badge("Canceled", color="red")
    st.badge(f"{line.purchased} of {line.quantity} bought", color=_colour(line))
    if line.sent:
        st.badge(f"{line.sent} of {line.quantity} sent", color="green" if line.sent >= line.quantity else "orange")


def _colour(line: Line) -> Any:
    """Red is what was bought for a line that is not wanted any more."""
    if line.canceled and line.purchased:
        return "red"
    return "green" if line.purchased >= line.quantity else "orange" if line.purchased else "gray"


def _product(order: Detail, line: Line) -> None:
    if line.product is None:
        st.badge("Not linked", color="orange", icon=":material/link_off:")
        return
    st.page_link("pages/products.py", label=line.product, icon=":material/inventory_2:", query_params={"p_text": line.product},
                 help="The product in the library", width="content")  # fmt: skip
    st.button("Price", key=f"price:{line.id}", type="tertiary", icon=why.ICON, on_click=order_acts.ask, args=(order.id, line.id),
              help="Why our price in this store is what it is")  # fmt: skip
    allowed = page.may(Right.ORDERS)
    if st.button("Unlink", key=f"unlink:{line.id}", type="tertiary", icon=":material/link_off:", disabled=not allowed,
                 help="It is not this product" if allowed else f"For the role {rights.who(Right.ORDERS)}"):  # fmt: skip
        order_acts.do(link_guesses.unlink, line.id)


# A line without a product


def _link(line: Line) -> None:
    """Look for the product; until something is typed, the likeliest ones stand there."""
    wanted = st.text_input(
        "Which product is it?", key=f"link:{line.id}", max_chars=80, live="300ms", placeholder="SKU, code or words",
        icon=":material/search:",
    )  # fmt: skip
    found = (
        page.read(link_guesses.found, wanted) if (wanted or "").strip() else page.read(link_guesses.guesses, line.id)
    )
    if not found:
        st.caption(
            "No product of the library is like it." if wanted else "Nothing in the library looks like it: search above."
        )
    for guess in found:
        _guess(line, guess)


def _guess(line: Line, guess: Guess) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width=44):
            pictures.large(guess.picture, 40)
        with st.container(gap=None, width="stretch"):
            st.text(f"{guess.sku} · {guess.title}"[:140])
            if guess.why:
                st.caption(page.plain(guess.why))
        if page.button("Link", needs=Right.ORDERS, key=f"link:{line.id}:{guess.product_id}", icon=":material/link:"):
            order_acts.do(orders.link_line, line.id, guess.sku)
