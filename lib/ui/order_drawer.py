"""One order at the right side of the screen: buyer, lines, money, purchases, what happened, and Add purchase."""

from typing import Any

import streamlit as st

from lib import buyers, buying_lines, money, order_detail, orders, rights, work
from lib.changes import Changes, Edit
from lib.channels import ChannelBuyer
from lib.order_detail import Detail, Line
from lib.rights import Right
from lib.ui import buying_form, page, pictures, why
from lib.words import WorkStatus

BUYING, PRICE, NEWS = "order:buying", "order:price", "order:news"


def asked() -> None:
    """Open the order that the address names (?order=its id or number)."""
    if not (reference := st.query_params.get("order")):
        return
    order_id = page.read(orders.find, reference)
    number = page.read(orders.number_of, [order_id]) if order_id else None
    if order_id is None or number is None:
        st.warning(f"There is no order {page.plain(reference[:60])}.")
        return
    title = f"Order {page.plain(number)}"
    st.dialog(title, width=820, position="right", on_dismiss=close, icon=":material/receipt_long:")(_drawer)(order_id)


def open(number: str, buy: bool = False) -> None:
    """Open an order, on its Add purchase form if wanted."""
    st.query_params["order"] = number
    _buy(None) if buy else _look()
    st.rerun()


def close() -> None:
    st.query_params.pop("order", None)
    _look()


def _look() -> None:
    st.session_state.pop(BUYING, None)
    st.session_state.pop(PRICE, None)


def _ask(line_id: int) -> None:
    st.session_state[PRICE] = line_id


def _buy(line_id: int | None) -> None:
    """A form that is opened anew is a new request, whatever became of the last one."""
    for key in [key for key in st.session_state if str(key).startswith("once:purchase:")]:
        page.used(str(key).removeprefix("once:"))
    st.session_state[BUYING] = (line_id,)


def _drawer(order_id: int) -> None:
    order = page.read(order_detail.detail, order_id)
    if order is None:
        st.warning("This order does not exist any more.")
        return
    _head(order)
    if (asked_for := st.session_state.get(PRICE)) is not None:
        _back("Why this price?")
        why.of_line(asked_for)
        return
    if st.session_state.get(BUYING) is not None:
        _back("Add purchase")
        if said := buying_form.fill_in(page.read(buying_lines.lines_of, [order.id]), f"buy:{order.id}"):
            _look()
            _again(said)
        return
    _buyer(order)
    _lines(order)
    _purchases(order)
    _by_hand(order)
    _timeline(order)


def _back(title: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**")
        st.space("stretch")
        st.button("Back to the order", on_click=_look, icon=":material/arrow_back:", type="tertiary")


def _again(said: str) -> None:
    """Read everything again and say what was done, here where the person looks."""
    page.refresh()
    st.session_state[NEWS] = said
    st.rerun()


def _do(command: Any, *args: Any) -> None:
    if said := page.attempt(command, *args):
        _again(said)


def _head(order: Detail) -> None:
    if news := st.session_state.pop(NEWS, None):
        st.success(page.plain(news), icon=":material/check_circle:")
        st.toast(page.plain(news), icon=":material/check_circle:")  # the drawer may be scrolled down
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        page.badge(order.work_status)
        page.badge(order.status)
    total = money.text(order.total, order.currency) if order.total is not None else "total not known"
    due = f" · ship by {order.ship_by:%Y-%m-%d %H:%M} UTC" if order.ship_by else ""
    st.caption(
        page.plain(
            f"{order.store} · {order.country or order.marketplace} · {total} · bought {order.bought_at:%Y-%m-%d %H:%M} UTC{due}"
        )
    )


def _buyer(order: Detail) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(order.buyer)
            st.space("stretch")
            pressed = page.button("Reveal", needs=Right.BUYERS, disabled=not order.has_buyer, icon=":material/visibility:",
                                  help="Your name and the time go into the history")  # fmt: skip
        if order.buyer_note:
            st.caption(order.buyer_note)
        seen: list[ChannelBuyer] = []
        if pressed and page.attempt(buyers.reveal, order.id, seen.append):
            for value in filter(None, vars(seen[0]).values()):
                st.text(value if isinstance(value, str) else ", ".join(map(str, value)))


def _lines(order: Detail) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Lines**")
        st.space("stretch")
        allowed = page.may(Right.PURCHASES)
        st.button("Add purchase", key="order:buy", type="primary", icon=":material/add_shopping_cart:", on_click=_buy, args=(None,),
                  disabled=not allowed, help=None if allowed else f"For the role {rights.who(Right.PURCHASES)}")  # fmt: skip
    for line in order.lines:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(width=76):
                pictures.large(line.picture, 64)
            with st.container(gap=None):
                st.text(line.title or line.sku)
                st.caption(page.plain(_about(line, order.currency)))
                if line.product is None:
                    _link(line)
            if line.product is not None:
                st.button("Price", key=f"price:{line.id}", type="tertiary", icon=why.ICON, on_click=_ask, args=(line.id,),
                          help="Why our price in this store is what it is")  # fmt: skip


def _about(line: Line, currency: str) -> str:
    price = money.text(line.price, currency) if line.price is not None else "no price"
    facts = [f"{line.sku} × {line.quantity}", price, f"{line.purchased} of {line.quantity} bought", line.asin]
    facts += [
        "canceled" if line.canceled else None,
        f"product {line.product}" if line.product else "not linked to a product",
    ]
    return " · ".join(filter(None, facts))


def _link(line: Line) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sku = st.text_input("SKU of the product", key=f"link:{line.id}", max_chars=80, label_visibility="collapsed",
                            placeholder="SKU of the product", width=220)  # fmt: skip
        if page.button("Link", needs=Right.ORDERS, key=f"link:{line.id}:now", icon=":material/link:", disabled=not sku):
            _do(orders.link_line, line.id, sku)


def _purchases(order: Detail) -> None:
    if not order.purchases:
        return
    st.markdown("**Purchases**")
    for bought in order.purchases:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            page.badge(bought.site)
            page.badge(bought.status)
            total = money.text(bought.total, bought.currency)
            facts = [bought.number or "no number yet", f"{bought.quantity} piece{'s' * (bought.quantity != 1)}", total, bought.operator,
                     bought.tracking or "no tracking yet", bought.warehouse, bought.remark]  # fmt: skip
            st.caption(page.plain(" · ".join(filter(None, facts))))


def _by_hand(order: Detail) -> None:
    """Note and tags; and taking the order out of the queue, or letting it back in."""
    with st.expander("Note, tags, exception", icon=":material/edit_note:"):
        note = st.text_area("Note", order.note or "", max_chars=2_000, key=f"note:{order.id}", height=80) or None
        tags = st.text_input("Tags", order.tags or "", max_chars=200, key=f"tags:{order.id}") or None
        old, new = {"note": order.note, "tags": order.tags}, {"note": note, "tags": tags}
        edits = tuple(Edit(order.id, name, old[name], new[name]) for name in old if old[name] != new[name])
        with st.container(horizontal=True):
            if page.button("Save", needs=Right.ORDERS, disabled=not edits, key="order:save"):
                _do(orders.save, Changes(edits))
            if order.work_status in work.BY_HAND:
                if page.button(
                    "Let it follow the facts", needs=Right.ORDERS, help="Work out again what is still to do"
                ):
                    _do(orders.follow, order.id)
            else:
                for status in (WorkStatus.EXCEPTION, WorkStatus.CLOSED):
                    if page.button(status.label, needs=Right.ORDERS, help=status.meaning, key=f"order:{status}"):
                        _do(orders.save, Changes((Edit(order.id, "work_status", order.work_status, status),)))


def _timeline(order: Detail) -> None:
    with st.expander("What has happened", expanded=True, icon=":material/history:"), st.container(gap=None):
        for event in reversed(order.events):
            st.caption(page.plain(f"{event.at:%Y-%m-%d %H:%M} · {event.who or 'marketplace'} · {event.text}"))
