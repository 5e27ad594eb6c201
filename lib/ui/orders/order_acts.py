"""What can be done with the order beside the list: open it, go to the next one, run a command and say there what it said."""

from typing import Any

import streamlit as st

from lib.ui import news, page
from lib.ui.purchases import buying_form

BUYING, PRICE, HERE = "order:buying", "order:price", "order"
"""The id of the order that is bought for; (order, line) whose price is asked about; where the last command's sentence is said."""


def open(number: str, buy: bool = False, order_id: int | None = None) -> None:
    """Open an order by its number, on its Add purchase form if wanted, and run the page anew."""
    go(number)
    if buy and order_id is not None:
        st.session_state[BUYING] = order_id
    st.rerun()


def go(number: str | None) -> None:
    """Let the address name this order; for the callback of a button."""
    look()
    if number:
        st.query_params["order"] = number


def close() -> None:
    """No order is open any more."""
    look()
    st.query_params.pop("order", None)


def look() -> None:
    """Back to the order itself: no form, no price, and what was done is read."""
    news.forget()
    if (opened := st.session_state.pop(BUYING, None)) is not None:
        buying_form.close(form_of(opened))
    st.session_state.pop(PRICE, None)


def form_of(order_id: int) -> str:
    """The key of the order's purchase form."""
    return f"order:{order_id}"


def buy(order_id: int) -> None:
    st.session_state[BUYING] = order_id


def ask(order_id: int, line_id: int) -> None:
    st.session_state[PRICE] = (order_id, line_id)


def do(command: Any, *args: Any) -> None:
    """Run a command; when it has worked, read everything again."""
    if said := page.attempt(command, *args):
        again(said)


def again(said: str) -> None:
    """Read everything again, the list too, and say what was done, here where the person looks."""
    page.refresh()
    news.tell(said, HERE)
    st.rerun()


def tell() -> None:
    """The sentence of the last command."""
    if said := news.show(HERE):
        st.toast(page.plain(said), icon=":material/check_circle:")  # the panel may be scrolled down
