"""Add purchase: the ten items, with the total and the margin of the line while they are typed."""

from decimal import Decimal

import streamlit as st

from lib import buying, money, purchases
from lib.buying import Form, Proposal
from lib.rights import Right
from lib.ui import page
from lib.words import CURRENCIES, Source, Transport


def fill_in(order_id: int, line_id: int | None) -> str | None:
    """The form for a line of an order; the sentence of the purchase when it has been made."""
    lines = {line.line_id: line for line in page.read(buying.proposals, order_id)}
    if not lines:
        st.info("Nothing can be bought for this order: it has no line that is not canceled.")
        return None
    first = line_id if line_id in lines else next((n for n, line in lines.items() if line.open), next(iter(lines)))
    number = st.selectbox(
        "Line", list(lines), index=list(lines).index(first), key=f"buy:{order_id}:line", disabled=len(lines) == 1,
        format_func=lambda n: f"{lines[n].sku} · {lines[n].title}"[:120],
    )  # fmt: skip
    line = lines[number]
    others = {other.line_id: other for other in page.read(buying.others, number)}
    form = _typed(line, others, f"buy:{number}")
    if form is not None:
        _result(line, form)
        for caution in page.read(buying.cautions, [line, *others.values()], form):
            st.warning(page.plain(caution), icon=":material/warning:")
    if page.button(
        "Create purchase order",
        needs=Right.PURCHASES,
        primary=True,
        disabled=form is None,
        icon=":material/shopping_cart:",
    ):
        return page.attempt(buying.create, page.once(f"purchase:{order_id}"), form)
    return None


def _typed(line: Proposal, others: dict[int, Proposal], key: str) -> Form | None:
    """What stands in the fields; None while an amount cannot be read."""
    with st.container(horizontal=True, vertical_alignment="top"):
        currency = st.selectbox("Currency", CURRENCIES, _place(line.cost_currency), key=f"{key}:currency", width=110)
        known = money.text(line.cost, line.cost_currency).split()[0] if line.cost is not None else ""
        cost = _amount("Unit cost", known, currency, f"{key}:cost")
        freight = _amount("Freight", "0", currency, f"{key}:freight")
        quantity = st.number_input(
            "Quantity", 1, buying.MOST_PIECES, max(1, line.open), key=f"{key}:quantity", width=140,
            help=f"{line.ordered} ordered, {line.purchased} bought already",
        )  # fmt: skip
    also: list[int] = []
    if others:
        also = st.multiselect("Also for these orders, which wait for the same product", list(others), key=f"{key}:also",
                              format_func=lambda n: f"{others[n].order} · {others[n].open} pieces")  # fmt: skip
    with st.container(horizontal=True):
        operator = st.text_input("Operator", page.actor().name, max_chars=60, key=f"{key}:operator")
        contact = st.text_input("Contact", max_chars=200, key=f"{key}:contact", placeholder="Seller, telephone, 旺旺")
    with st.container(horizontal=True):
        site = st.selectbox("Website", list(Source), list(Source).index(line.site), key=f"{key}:site", width=160,
                            format_func=lambda term: term.label)  # fmt: skip
        ordered = st.text_input("Platform order number", max_chars=80, key=f"{key}:number", live="300ms")
        tracking = st.text_input(
            "Domestic tracking", max_chars=450, key=f"{key}:tracking", placeholder="May come later; several with commas"
        )
    transport = st.pills("Transport attributes", list(Transport), selection_mode="multi", key=f"{key}:transport",
                         default=[t for t in Transport if t in line.transport], format_func=lambda term: term.label)  # fmt: skip
    transshipped = st.checkbox("Transshipment: the goods go to a forwarding warehouse first", key=f"{key}:transshipped")
    warehouse = _warehouse(key) if transshipped else None
    remark = st.text_area("Remark", max_chars=2_000, key=f"{key}:remark", height=68)
    if cost is None or freight is None:
        return None
    pieces = ((line.line_id, int(quantity)), *((other, others[other].open) for other in also))
    return Form(
        pieces=pieces, unit_cost=cost, freight=freight, currency=currency, operator=operator, contact=contact, number=ordered,
        tracking=tracking, transport=tuple(term.value for term in transport), site=site or Source.OTHER, transshipped=transshipped,
        warehouse_id=warehouse, remark=remark,
    )  # fmt: skip


def _place(currency: str) -> int:
    return CURRENCIES.index(currency) if currency in CURRENCIES else 0


def _amount(label: str, proposed: str, currency: str, key: str) -> Decimal | None:
    """An amount as it is typed; None, with the reason, while it is none."""
    typed = st.text_input(label, proposed, key=key, max_chars=40, live="300ms", width=150)
    if not (typed or "").strip():
        st.caption(f":red[{label} is missing]")
        return None
    try:
        return money.parse(typed, currency)
    except ValueError as why:
        st.caption(f":red[{page.plain(why)}]")
        return None


def _warehouse(key: str) -> int | None:
    known = page.read(purchases.warehouses)
    chosen: int | None = st.selectbox("Forwarding warehouse", list(known), index=0 if len(known) == 1 else None, key=f"{key}:warehouse",
                                      format_func=known.__getitem__, placeholder="Which one?")  # fmt: skip
    return chosen


def _result(line: Proposal, form: Form) -> None:
    """What it costs, and what is left of the line's price."""
    left = buying.margin(line, form)
    with st.container(horizontal=True, border=True):
        st.metric("Total", money.text(form.total, form.currency), help=f"{form.quantity} pieces and freight")
        if line.price is not None:
            st.metric("Price of the line", money.text(line.price, line.currency))
        if left is None:
            why = (
                "the line has no price"
                if line.price is None
                else f"there is no rate from {form.currency} to {line.currency}"
            )
            st.metric("Margin of the line", "–", help=f"Not known: {why}.")
        else:
            st.metric(
                "Margin of the line",
                f":{'red' if left < 0 else 'green'}[{page.plain(money.text(left, line.currency))}]",
            )
