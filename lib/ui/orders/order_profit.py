"""The money of an order: what it brings, what it costs, what is left of it, and why something is an estimate or not known."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import plotly.graph_objects as go
import streamlit as st

from lib import money
from lib.money import round_half_up
from lib.orders.order_detail import Detail
from lib.orders.order_money import OrderMoney
from lib.orders.order_profit import Profit
from lib.ui import page
from lib.ui.charts import DOWN, UP, WHOLE

LOSS = "#b3372f"
ABOUT = "≈ "
"""Before an amount that is an estimate."""


class Step(NamedTuple):
    """One bar: what it adds, or takes away."""

    name: str
    adds: Decimal
    is_estimate: bool = False


def show(order: Detail, earned: OrderMoney) -> None:
    with st.container(border=True):
        st.markdown("**Money**")
        with st.container(horizontal=True, gap="large"):
            _profit("Profit expected", earned.expected)
            _profit("Profit actual", earned.actual)
        _paid(earned)
        steps = chain(earned)
        if earned.expected.amount is not None and steps:
            _waterfall(steps, earned.expected, f"order:money:{order.id}")
        else:
            _known(steps, earned)
        with st.container(gap=None):
            _why(earned)
        if len(earned.lines) > 1:
            _each(order, earned)


def _profit(label: str, profit: Profit) -> None:
    if profit.amount is None:
        st.metric(label, "–", help=page.plain(" ".join(profit.why)), width="content")
        return
    text = page.plain(f"{ABOUT if profit.is_estimate else ''}{money.text(profit.amount, profit.currency)}")
    st.metric(label, f":{'red' if profit.amount < 0 else 'green'}[{text}]", width="content")


def _paid(earned: OrderMoney) -> None:
    """What the buyer pays, with the tax that is neither ours nor in the profit."""
    parts = (("items", "price"), ("shipping", "shipping"), ("tax", "tax"))
    told = [f"{name} {_text(earned.total(part), earned.currency)}" for name, part in parts]
    st.caption(page.plain(f"The buyer pays: {', '.join(told)} {earned.currency}; the tax is not ours"))


def chain(earned: OrderMoney) -> list[Step]:
    """From what the buyer pays to what is left: the parts that are known and are not 0."""
    fee_is_told = not any(line.fee and line.fee.is_estimate and line.fee.amount for line in earned.lines)
    told: Sequence[tuple[str, str, int, bool]] = (
        ("Items", "price", 1, False),
        ("Shipping", "shipping", 1, False),
        ("Fee", "fee", -1, not fee_is_told),
        ("Goods", "goods", -1, False),
        ("Freight", "freight", -1, False),
        ("To buy", "rest", -1, True),
        ("Abroad", "abroad", -1, False),
    )
    parts = ((name, earned.total(part), sign, guessed) for name, part, sign, guessed in told)
    return [Step(name, amount * sign, guessed) for name, amount, sign, guessed in parts if amount]


def _waterfall(steps: Sequence[Step], profit: Profit, key: str) -> None:
    left = Step("Left", profit.exact or Decimal(0), profit.is_estimate)
    figure = go.Figure(
        go.Waterfall(
            x=[*(step.name for step in steps), left.name],
            y=[*(float(step.adds) for step in steps), 0],
            measure=[*("relative" for _ in steps), "total"],
            text=[_amount(step, profit.currency) for step in (*steps, left)],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": UP}},
            decreasing={"marker": {"color": DOWN}},
            totals={"marker": {"color": LOSS if left.adds < 0 else WHOLE}},
            connector={"line": {"width": 1, "color": "rgba(128,128,128,.5)"}},
        )
    )
    figure.update_layout(
        height=240, margin={"l": 0, "r": 0, "t": 28, "b": 0}, showlegend=False, yaxis={"visible": False},
        xaxis={"tickangle": 0},
    )  # fmt: skip
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})


def _amount(step: Step, currency: str) -> str:
    amount = round_half_up(step.adds, currency)
    return f"{ABOUT if step.is_estimate else ''}{amount:,f}"


def _known(steps: Sequence[Step], earned: OrderMoney) -> None:
    """Without a profit there is no chart: the parts that are known, as a line."""
    if steps:
        known = " · ".join(f"{step.name} {_amount(step, earned.currency)}" for step in steps)
        st.caption(page.plain(f"Known so far, in {earned.currency}: {known}"))


def _why(earned: OrderMoney) -> None:
    """Each reason once: first what is not known, then what is an estimate."""
    if earned.expected.amount is None:
        for text in earned.expected.why:
            st.caption(f":material/help: {page.plain(text)}")
    estimates = dict.fromkeys(
        why for profit in (earned.expected, earned.actual) if profit.is_estimate for why in profit.why
    )
    for text in estimates:
        st.caption(f":material/info: {page.plain(text)}")


def _each(order: Detail, earned: OrderMoney) -> None:
    skus = {line.id: line.sku for line in order.lines}
    rows = [
        {
            "SKU": skus[line.line_id],
            "Income": _text(None if line.price is None else line.price + line.shipping, line.currency),
            "Fee": _text(line.fee and line.fee.amount, line.currency),
            "Bought": _text(line.goods, line.currency),
            "Freight": _text(line.freight, line.currency),
            "To buy": _text(line.rest, line.currency),
            "Abroad": _text(line.abroad, line.currency),
            "Expected": _text(line.expected.amount, line.currency),
            "Actual": _text(line.actual.amount, line.currency),
        }
        for line in earned.lines
    ]
    with st.expander("Line by line", icon=":material/table_rows:"):
        st.dataframe(rows, hide_index=True, width="stretch", key=f"order:lines:{order.id}", alt="What each line earns")


def _text(amount: Any, currency: str) -> str:
    return "–" if amount is None else f"{round_half_up(amount, currency):,f}"
