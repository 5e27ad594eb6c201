"""For which order lines how many pieces are bought and what one costs: plain fields for one line, a small table for several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import streamlit as st

from lib import buying, money
from lib.buying import Form, Piece
from lib.buying_lines import Proposal
from lib.ui import page, pictures
from lib.words import CURRENCIES, FreightBy

WIDTHS = (0.35, 0.6, 3.2, 1.1, 1.5, 2.2)


@dataclass
class Rows:
    """What stands in the fields: the form so far, or the sentences that say what is missing in it."""

    form: Form | None = None
    missing: list[str] = field(default_factory=list)
    ticked: list[Proposal] = field(default_factory=list)
    places: Mapping[int, Any] = field(default_factory=dict)
    """Where the margin of each line is to be drawn."""


def currency_key(key: str) -> str:
    return f"{key}:currency"


def fill_in(lines: Sequence[Proposal], key: str, edition: int) -> Rows:
    """The lines, the freight and the currency. `edition` goes up when the lines were read again: their pieces are proposed anew."""
    proposed = lines[0].cost_currency if lines[0].cost_currency in CURRENCIES else CURRENCIES[0]
    currency = st.session_state.get(currency_key(key)) or proposed
    rows = Rows()
    if len(lines) > 1:
        pieces = _table(lines, key, edition, currency, rows)
        below = st.container(horizontal=True, vertical_alignment="top")
    else:
        below = st.container(horizontal=True, vertical_alignment="top")
        pieces = _plain(lines[0], key, edition, currency, below, rows)
    shared: FreightBy | None = FreightBy.PIECES
    with below:
        freight = _amount("Freight", "0", currency, f"{key}:freight", rows)
        if len(lines) > 1:
            shared = st.selectbox("Freight is shared", list(FreightBy), key=f"{key}:shared", width=150,
                                  format_func=lambda term: term.label)  # fmt: skip
        st.selectbox("Currency", CURRENCIES, CURRENCIES.index(proposed), key=currency_key(key), width=110)
    if not pieces and not rows.missing:
        rows.missing.append("Tick a line.")
    if not rows.missing and freight is not None:
        first = pieces[0].unit_cost or Decimal(0)
        rows.form = Form(tuple(pieces), first, freight, shared or FreightBy.PIECES, currency)
    return rows


def _plain(line: Proposal, key: str, edition: int, currency: str, where: Any, rows: Rows) -> list[Piece]:
    rows.ticked = [line]
    st.text(f"{line.sku} · {line.title}"[:160])
    st.caption(page.plain(f"Order {line.order} · {line.ordered} ordered · {line.purchased} bought"))
    with where:
        pieces = _pieces("Quantity", line, f"{key}:{line.line_id}:{edition}:pieces", edition, rows)
        cost = _amount("Unit cost", _known(line, currency), currency, f"{key}:{line.line_id}:{currency}:cost", rows)
    return [] if pieces is None or cost is None else [Piece(line.line_id, pieces, cost)]


def _table(lines: Sequence[Proposal], key: str, edition: int, currency: str, rows: Rows) -> list[Piece]:
    """A row a line. The cost of a product stands once; its other lines cost the same unless something is typed there."""
    found: list[Piece] = []
    costs: dict[int | None, Decimal | None] = {}
    places = {}
    with st.container(border=True, gap="xsmall"):
        for cell, word in zip(st.columns(WIDTHS), ("", "", "Line", "Pieces", "Unit cost", "Margin"), strict=True):
            cell.caption(word)
        for line in lines:
            cells = st.columns(WIDTHS, vertical_alignment="center")
            places[line.line_id] = cells[5]
            ticked = _about(line, lines, cells, f"{key}:{line.line_id}:{edition}")
            of_row = Rows()
            with cells[3]:
                name = f"{key}:{line.line_id}:{edition}:pieces"
                pieces = _pieces(f"Pieces of {line.sku} for {line.order}", line, name, edition, of_row, hidden=True)
            with cells[4]:
                name, above = f"{key}:{line.line_id}:{currency}:cost", costs.get(line.product_id)
                label = f"Unit cost of {line.sku} for {line.order}"
                if line.product_id is not None and line.product_id in costs:
                    cost = _same(label, above, currency, name, of_row)
                else:
                    cost = _amount(label, _known(line, currency), currency, name, of_row, hidden=True)
                    costs[line.product_id] = cost
            if ticked:
                rows.ticked.append(line)
                rows.missing += of_row.missing
                found += [] if pieces is None or cost is None else [Piece(line.line_id, pieces, cost)]
    rows.places = places
    return found


def _about(line: Proposal, lines: Sequence[Proposal], cells: Sequence[Any], key: str) -> bool:
    """Which line it is; whether it is ticked. One purchase is on one website: lines of another one begin unticked."""
    wanted = line.site == lines[0].site and (line.open > 0 or not any(one.open for one in lines))
    ticked = cells[0].checkbox(
        f"Buy {line.sku} for {line.order}", wanted, key=f"{key}:buy", label_visibility="collapsed"
    )
    with cells[1]:
        pictures.large(line.picture, 40)
    site = f" · {line.site.label}" if any(one.site != line.site for one in lines) else ""
    cells[2].markdown(f"{page.plain(f'{line.sku} · {line.title}'[:80])}  \n"
                      f":small[:gray[{page.plain(f'{line.order} · {line.ordered} ordered · {line.purchased} bought{site}')}]]")  # fmt: skip
    return bool(ticked)


def _known(line: Proposal, currency: str) -> str:
    """The product's source price, where it is in this currency."""
    return (
        money.text(line.cost, currency).split()[0] if line.cost is not None and line.cost_currency == currency else ""
    )


def _pieces(label: str, line: Proposal, key: str, edition: int, rows: Rows, *, hidden: bool = False) -> int | None:
    """How many, as typed. What is all bought is proposed once more only where nobody has just been faster."""
    proposed = str(line.open or 1) if line.open or not edition else ""
    typed = st.text_input(label, proposed, key=key, max_chars=12, live="300ms", width="stretch" if hidden else 100,
                          label_visibility="collapsed" if hidden else "visible")  # fmt: skip
    try:
        return buying.whole(typed or "")
    except ValueError as why:
        _say(f"{label}: {why}", rows)
        return None


def _amount(label: str, proposed: str, currency: str, key: str, rows: Rows, *, hidden: bool = False) -> Decimal | None:
    """An amount as it is typed; None, with the reason, while it is none."""
    typed = _field(label, proposed, key, hidden=hidden)
    if not typed.strip():
        _say(f"{label} is missing.", rows)
        return None
    return _parsed(label, typed, currency, rows)


def _same(label: str, above: Decimal | None, currency: str, key: str, rows: Rows) -> Decimal | None:
    """The cost of a product that stands in a row above: empty means the same."""
    typed = _field(label, "", key, hidden=True, placeholder="the same")
    if typed.strip():
        return _parsed(label, typed, currency, rows)
    if above is None:
        rows.missing.append(f"{label} is missing.")
    return above


def _field(label: str, proposed: str, key: str, *, hidden: bool, placeholder: str = "") -> str:
    return st.text_input(
        label, proposed, key=key, max_chars=40, live="300ms", width="stretch" if hidden else 130,
        label_visibility="collapsed" if hidden else "visible", placeholder=placeholder,
    ) or ""  # fmt: skip


def _parsed(label: str, typed: str, currency: str, rows: Rows) -> Decimal | None:
    try:
        amount = money.parse(typed, currency)
    except ValueError as why:
        _say(f"{label}: {why}", rows)
        return None
    if amount < 0:
        _say(f"{label} cannot be negative.", rows)
        return None
    return amount


def _say(sentence: str, rows: Rows) -> None:
    """What is wrong, under its field."""
    rows.missing.append(sentence)
    st.caption(f":red[{page.plain(sentence)}]")
