"""What a purchase costs and what it leaves, beside the lines while they are typed; a loss asks for its reason."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from lib import money
from lib.counted import counted
from lib.purchases import buying_margin
from lib.purchases.buying_lines import Proposal
from lib.purchases.buying_margin import Form, Margin
from lib.ui import page


def show(lines: Sequence[Proposal], form: Form, places: Mapping[int, Any], key: str) -> str:
    """Draw the margin of each line into its place, and of all below; the reason for a loss, "" where none is asked for or typed."""
    each = buying_margin.margins(lines, form)
    freight, unlike = buying_margin.shares(lines, form)
    for margin in each:
        if margin.line_id in places:
            places[margin.line_id].markdown(_of_a_line(margin, form, freight[margin.line_id]))
    with st.container(border=True):
        _together(each, form)
        if unlike:
            st.caption(f":orange[{page.plain(unlike)}]")
        if not any(margin.is_loss for margin in each):
            return ""
        return (
            st.text_input(
                "Reason for buying at a loss", key=f"{key}:reason", max_chars=500, live="300ms",
                placeholder="It is stored with the purchase, which then waits for review",
            ) or ""
        )  # fmt: skip


def _of_a_line(margin: Margin, form: Form, freight: Decimal) -> str:
    said = [f":{margin.colour}[**{page.plain(_left(margin))}**]"]
    if form.freight:
        said.append(f":small[:gray[freight {page.plain(money.text(freight, form.currency))}]]")
    if margin.left is not None:
        said.append(f":small[:gray[break-even {page.plain(_break_even(margin, form))}]]")
    return "  \n".join(said)


def _together(each: Sequence[Margin], form: Form) -> None:
    one = each[0] if len(each) == 1 else None
    totals = [one] if one else buying_margin.totals(each)
    with st.container(horizontal=True):
        st.metric("Total", money.text(form.total, form.currency), width="content",
                  help=f"{counted(form.quantity, 'piece')} and freight")  # fmt: skip
        for margin in totals:
            label = "Margin" if len(totals) == 1 else f"Margin in {margin.currency}"
            st.metric(label, f":{margin.colour}[{page.plain(_left(margin))}]", width="content")
        if one and one.left is not None:
            st.metric("Break-even unit cost", _break_even(one, form), width="content",
                      help="With this unit cost nothing is lost")  # fmt: skip
    for margin in totals:
        st.caption(page.plain(_sum(margin)))


def _left(margin: Margin) -> str:
    if margin.left is None:
        return "not known"
    share = f" · {margin.percent} %" if margin.percent is not None else ""
    return f"{money.text(margin.left, margin.currency)}{share}"


def _break_even(margin: Margin, form: Form) -> str:
    return "none" if margin.break_even is None else money.text(margin.break_even, form.currency)


def _sum(margin: Margin) -> str:
    """The calculation as a sentence, or why there is none."""
    if margin.why:
        return f"Margin not known: {'; '.join(margin.why)}."
    if margin.income is None or margin.fee is None:
        return "Margin not known."
    fee = f"{'fee, an estimate' if margin.fee.is_estimate else 'fee'}"
    parts = [
        (margin.fee.amount, fee), (margin.spent, "spent before"), (margin.cost, "this cost"), (margin.freight, "freight"),
        (margin.rest, "still to buy"),
    ]  # fmt: skip
    taken = "".join(f" − {_rounded(part, margin.currency)} {what}" for part, what in parts if part)
    return f"{_rounded(margin.income, margin.currency)} income{taken}, in {margin.currency}"


def _rounded(amount: Decimal, currency: str) -> str:
    return money.text(money.round_half_up(amount, currency), currency).split()[0]
