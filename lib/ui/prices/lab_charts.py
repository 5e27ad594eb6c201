"""The charts of the laboratory. They get bins, never rows; colours that are seen well on light and on dark."""

from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from lib.counted import counted
from lib.prices.price_pictures import Changes, Histogram, Scatter
from lib.ui.charts import DOWN, UP, WHOLE

BEFORE, LINE = "#8b9a94", "rgba(128,140,136,.6)"
NOW = ("Now", BEFORE, "rgba(139,154,148,.34)")
TRIED = ("Tried", WHOLE, "rgba(30,138,116,.30)")
HEIGHT = 250
PLAIN: dict[str, Any] = {"title": None, "zeroline": False}
LEGEND: dict[str, Any] = {"orientation": "h", "y": 1.16, "x": 0, "font": {"size": 12}}


def _draw(key: str, alt: str, data: list[dict[str, Any]], height: int = HEIGHT, top: int = 6, **layout: Any) -> None:
    """Made in one go: plotly looks at each part once."""
    about = {"height": height, "margin": {"l": 0, "r": 6, "t": top, "b": 0}, "hovermode": "closest", "bargap": 0.06, "dragmode": False,
             "legend": LEGEND, "font": {"size": 12}}  # fmt: skip
    st.plotly_chart(go.Figure(data, about | layout), key=key, config={"displayModeBar": False}, alt=alt)


def histogram(found: Histogram, currency: str, *, key: str) -> None:
    """How many prices lie where, now and tried; the last bar has no upper end."""
    edges = [float(edge) for edge in found.edges]
    if not edges:
        st.caption("There is no price to draw.")
        return
    step = edges[1] - edges[0] if len(edges) > 1 else 1.0
    told = [f"{low:,.10g} to {low + step:,.10g} {currency}" for low in edges]
    if len(edges) > 1:
        told[-1] = f"from {edges[-1]:,.10g} {currency} up"
    data = [
        {
            "type": "scatter", "x": [*edges, edges[-1] + step], "y": [*counts, counts[-1]], "name": name, "mode": "lines",
            "fill": "tozeroy", "fillcolor": fill, "line": {"shape": "hv", "color": colour, "width": 1.6},
            "customdata": [*told, told[-1]], "hovertemplate": "%{customdata}: %{y:,}<extra>" + name + "</extra>",
        }
        for (name, colour, fill), counts in ((NOW, found.before), (TRIED, found.after))
    ]  # fmt: skip
    _draw(
        key, "Histogram of prices now and tried", data, top=26, xaxis=PLAIN, yaxis=_count(*found.before, *found.after)
    )


def scatter(found: Scatter, currency: str, *, key: str) -> None:
    """Old price against new one: a marker for each cell, its area by how many prices lie there. On the line nothing moves."""
    if not found.cells:
        st.caption("No listing has a price before and after.")
        return
    olds, news = ([float(low * high) ** 0.5 for low, high in pairwise(edges)] for edges in (found.olds, found.news))
    cells = [(olds[x], news[y], count) for x, y, count in found.cells]
    cells.sort(key=lambda cell: _way(cell[0], cell[1]) != BEFORE)  # what moves is drawn above what stays
    x, y, counts = [cell[0] for cell in cells], [cell[1] for cell in cells], [cell[2] for cell in cells]
    most, ends = max(counts) ** 0.5, [min(*x, *y) * 0.8, max(*x, *y) * 1.25]
    data: list[dict[str, Any]] = [
        {"type": "scatter", "x": ends, "y": ends, "mode": "lines", "line": {"color": LINE, "width": 1.2, "dash": "dot"},
         "hoverinfo": "skip"},
        {"type": "scatter", "x": x, "y": y, "mode": "markers", "customdata": [counted(count, "price") for count in counts],
         "marker": {"color": [_way(*cell[:2]) for cell in cells], "opacity": 0.75, "line": {"width": 0},
                    "size": [4 + 14 * count**0.5 / most for count in counts]},
         "hovertemplate": "%{customdata} around<br>%{x:,.4~g} → %{y:,.4~g} " + currency + "<extra></extra>"},
    ]  # fmt: skip
    logs = PLAIN | {"type": "log", "nticks": 6, "tickformat": "~s"}
    _draw(key, "Old price against new price", data, showlegend=False, xaxis=logs, yaxis=logs)


def _way(old: float, new: float) -> str:
    """Cells are some percent wide: what stays in the same one is on the line."""
    return UP if new > old * 1.001 else DOWN if new < old * 0.999 else BEFORE


def changes(found: Changes, *, key: str) -> None:
    """By how many percent prices move; those that stay are not in it."""
    bars = list(pairwise(found.edges))
    counts, colours = list(found.counts), [UP if low >= 0 else DOWN for low, _ in bars]
    told = [f"{low:+} % to {high:+} %" for low, high in bars]
    x = [(low + high) / 2 for low, high in bars]
    if found.above:
        last, wide = found.edges[-1], (bars[-1][1] - bars[-1][0]) if bars else 1
        x, counts, colours = [*x, last + wide], [*counts, found.above], [*colours, UP]
        told.append(f"{last:+} % and more")
    if not counts:
        st.caption("No price moves.")
        return
    said = [f"{bar}: {counted(count, 'price')}" for bar, count in zip(told, counts, strict=True)]
    bar = {"type": "bar", "x": x, "y": counts, "marker": {"color": colours, "line": {"width": 0}}, "customdata": said,
           "hovertemplate": "%{customdata}<extra></extra>"}  # fmt: skip
    _draw(
        key,
        "How far prices move",
        [bar],
        150,
        xaxis=PLAIN | {"ticksuffix": " %", "range": _around(x)},
        yaxis=_count(*counts),
    )


def _count(*counts: int) -> dict[str, Any]:
    """There are no half prices."""
    steps = {"dtick": 1} if max(counts) < 6 else {"nticks": 5, "tickformat": "~s"}
    return {"title": None, "rangemode": "tozero", **steps}


def _around(x: list[float]) -> list[float]:
    """A change of nothing is always in sight, and a single bar does not fill the picture."""
    low, high = min(*x, 0.0), max(*x, 0.0)
    room = max((high - low) * 0.04, 2.0)
    return [low - room, high + room]
