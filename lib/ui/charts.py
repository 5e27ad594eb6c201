"""Charts in the colours of the theme."""

from decimal import Decimal

import plotly.graph_objects as go
import streamlit as st

from lib import money
from lib.prices.price_chain import Step

WHOLE, UP, DOWN = "#1e8a74", "#7fc0b2", "#c0653f"  # seen well on light and on dark


def waterfall(steps: tuple[Step, ...], currency: str, *, key: str) -> None:
    """The chain of a price: each step up or down, and the price at the end."""
    if not steps:
        return
    figure = go.Figure(
        go.Waterfall(
            x=[*(step.name for step in steps), "Price"],
            y=[*(float(step.adds) for step in steps), 0],
            measure=["absolute", *("relative" for _ in steps[1:]), "total"],
            text=[
                *(_told(step.adds) for step in steps),
                money.text(sum((step.adds for step in steps), Decimal(0)), currency),
            ],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": UP}},
            decreasing={"marker": {"color": DOWN}},
            totals={"marker": {"color": WHOLE}},
            connector={"line": {"width": 1, "color": "rgba(128,128,128,.5)"}},
        )
    )
    figure.update_layout(
        height=260, margin={"l": 0, "r": 0, "t": 24, "b": 0}, showlegend=False, yaxis={"visible": False}
    )
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})


def _told(adds: Decimal) -> str:
    return f"{adds:+.2f}" if abs(adds) >= Decimal("0.005") else "under a cent"
