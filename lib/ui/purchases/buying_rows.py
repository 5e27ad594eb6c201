"""For which order lines how many pieces are bought and what one costs: plain fields for one line, a small table for several."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import streamlit as st

from lib import money
from lib.purchases import buying
from lib.purchases.buying import Form, Piece
from lib.purchases.buying_lines import Proposal
from lib.ui import page, pictures
from lib.words import CURRENCIES, FreightBy, Source


@dataclass
class Rows:
    """What stands in the fields: the form so far, or the sentences that say what is missing in it."""

    form: Form | None = None
    missing: list[str] = field(default_factory=list)
    ticked: list[Proposal] = field(default_factory=list)
    places: Mapping[int, Any] = field(default_factory=dict)
    """Where the margin of each line is to be drawn."""
    quiet: bool = False
    """Of a row that is not ticked nothing is said."""


def first_field(lines: Sequence[Proposal]) -> str:
    """What the field is called in which most forms begin."""
    main = _main(lines)
    return "Unit cost" if len(lines) == 1 else _cost_of(main)


def _cost_of(line: Proposal) -> str:
    return f"Unit cost of {line.sku} for {line.order}"


def currency_key(key: str) -> str:
    return f"{key}:currency"


def fill_in(lines: Sequence[Proposal], key: str, edition: int) -> Rows:
    """The lines, the freight and the currency. `edition` goes up when the lines were read again: their pieces are proposed anew."""
    main = _main(lines)
    proposed = main.cost_currency if main.cost_currency in CURRENCIES else CURRENCIES[0]
    currency = st.session_state.get(currency_key(key)) or proposed
    rows = Rows()
    if len(lines) > 1:
        pieces = _table(lines, key, edition, currency, rows)
        below = st.container(horizontal=True, vertical_alignment="top")
    else:
        _heading(lines[0])
        below = st.container(horizontal=True, vertical_alignment="top")
        pieces = _plain(lines[0], key, edition, currency, below, rows)
    shared: FreightBy | None = FreightBy.PIECES
    with below:
        with _place(130):
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


def _main(lines: Sequence[Proposal]) -> Proposal:
    """The first line of the website that most of them are from, rather a known one: one purchase is on one website."""
    sites = Counter(line.site for line in lines)
    return max(lines, key=lambda line: (sites[line.site], line.site != Source.OTHER))


def _heading(line: Proposal) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if line.picture:
            with st.container(width=56):
                pictures.large(line.picture, 48)
        with st.container(gap=None):
            st.text(_named(line))
            st.caption(page.plain(f"Order {line.order} · {_counted(line)}") + _source(line))


def _named(line: Proposal) -> str:
    return " · ".join(filter(None, (line.sku, line.title)))[:120]


def _source(line: Proposal) -> str:
    """Where it is bought, a click away."""
    return f" · [{page.plain(line.site.label)} :material/open_in_new:](<{line.source_url}>)" if line.source_url else ""


def _counted(line: Proposal) -> str:
    return f"{line.ordered} ordered" + (f" · {line.purchased} bought" if line.purchased else "")


def _plain(line: Proposal, key: str, edition: int, currency: str, where: Any, rows: Rows) -> list[Piece]:
    rows.ticked = [line]
    with where:
        with _place(130):
            cost = _amount("Unit cost", _known(line, currency), currency, f"{key}:{line.line_id}:{currency}:cost", rows)
        with _place(100):
            pieces = _pieces("Quantity", line, f"{key}:{line.line_id}:{edition}:pieces", edition, rows)
    return [] if pieces is None or cost is None else [Piece(line.line_id, pieces, cost)]


def _table(lines: Sequence[Proposal], key: str, edition: int, currency: str, rows: Rows) -> list[Piece]:
    """A row a line. The cost of a product stands once; its other lines cost the same unless something is typed there."""
    found: list[Piece] = []
    costs: dict[int | None, Decimal | None] = {}
    places = {}
    with st.container(border=True, gap="small"):
        for line in lines:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                ticked = _about(line, lines, f"{key}:{line.line_id}:{edition}")
                fields = st.container(horizontal=True, vertical_alignment="center", gap="small", width=344)
            of_row = Rows(quiet=not ticked)
            name, label = f"{key}:{line.line_id}:{edition}:pieces", f"Pieces of {line.sku} for {line.order}"
            with _cell(fields, 60, "Pieces" if line is lines[0] else ""):
                pieces = _pieces(label, line, name, edition, of_row, hidden=True)
            name, label = f"{key}:{line.line_id}:{currency}:cost", _cost_of(line)
            with _cell(fields, 96, "Unit cost" if line is lines[0] else ""):
                if line.product_id is not None and line.product_id in costs:
                    cost = _same(label, costs[line.product_id], currency, name, of_row)
                else:
                    cost = _amount(label, _known(line, currency), currency, name, of_row, hidden=True)
                    costs[line.product_id] = cost
            places[line.line_id] = fields.container(width=156)
            if ticked:
                rows.ticked.append(line)
                rows.missing += of_row.missing
                found += [] if pieces is None or cost is None else [Piece(line.line_id, pieces, cost)]
        if len({line.site for line in lines}) > 1:
            st.caption("One purchase is on one website: lines of other ones begin unticked.")
    rows.places = places
    return found


def _place(width: int) -> Any:
    """A field with room below it for what is wrong: its neighbours stay where they are."""
    return st.container(width=width, gap="xxsmall")


def _cell(fields: Any, width: int, heading: str) -> Any:
    """A place of a row; only the first row has headings above its fields."""
    cell = fields.container(width=width, gap="xxsmall")
    if heading:
        cell.caption(heading)
    return cell


def _about(line: Proposal, lines: Sequence[Proposal], key: str) -> bool:
    """Which line it is; whether it is ticked. One purchase is on one website: lines of another one begin unticked."""
    wanted = line.site == _main(lines).site and (line.open > 0 or not any(one.open for one in lines))
    ticked = st.checkbox(
        f"Buy {line.sku} for {line.order}", wanted, key=f"{key}:buy", label_visibility="collapsed", width="content"
    )
    with st.container(width=36):
        if line.picture:
            pictures.large(line.picture, 36)
        else:
            st.html("<span></span>")  # its place, so that the rows stand below each other
    several = any(one.site != line.site for one in lines)
    site = f" · {line.site.label}" if several and not line.source_url else ""
    about = page.plain(f"{line.order} · {_counted(line)}{site}")
    with st.container(width="stretch"):
        st.markdown(f"{page.plain(_named(line))}  \n:small[:gray[{about}]{_source(line)}]")
    return bool(ticked)


def _known(line: Proposal, currency: str) -> str:
    """The product's source price, where it is in this currency."""
    return (
        money.text(line.cost, currency).split()[0] if line.cost is not None and line.cost_currency == currency else ""
    )


def _pieces(label: str, line: Proposal, key: str, edition: int, rows: Rows, *, hidden: bool = False) -> int | None:
    """How many, as typed. What is all bought is proposed once more only where nobody has just been faster."""
    proposed = str(line.open or 1) if line.open or not edition else ""
    typed = st.text_input(label, proposed, key=key, max_chars=12, live="300ms",
                          label_visibility="collapsed" if hidden else "visible")  # fmt: skip
    try:
        return buying.whole(typed or "")
    except ValueError as why:
        _say(label, str(why), rows, hidden)
        return None


def _amount(label: str, proposed: str, currency: str, key: str, rows: Rows, *, hidden: bool = False) -> Decimal | None:
    """An amount as it is typed; None, with the reason, while it is none."""
    typed = _field(label, proposed, key, hidden=hidden)
    if not typed.strip():
        _say(label, "is missing.", rows, hidden)
        return None
    return _parsed(label, typed, currency, rows, hidden)


def _same(label: str, above: Decimal | None, currency: str, key: str, rows: Rows) -> Decimal | None:
    """The cost of a product that stands in a row above: empty means the same."""
    typed = _field(label, "", key, hidden=True, placeholder="the same")
    if typed.strip():
        return _parsed(label, typed, currency, rows, hidden=True)
    if above is None:
        rows.missing.append(f"{label} is missing.")
    return above


def _field(label: str, proposed: str, key: str, *, hidden: bool, placeholder: str = "") -> str:
    return st.text_input(
        label, proposed, key=key, max_chars=40, live="300ms",
        label_visibility="collapsed" if hidden else "visible", placeholder=placeholder,
    ) or ""  # fmt: skip


def _parsed(label: str, typed: str, currency: str, rows: Rows, hidden: bool) -> Decimal | None:
    try:
        amount = money.parse(typed, currency)
    except ValueError as why:
        _say(label, str(why), rows, hidden)
        return None
    if amount < 0:
        _say(label, "cannot be negative.", rows, hidden)
        return None
    return amount


def _say(label: str, why: str, rows: Rows, hidden: bool) -> None:
    """What is wrong, under its field, in few words where it stands in the table."""
    whole = f"{label} {why}" if why.startswith(("is ", "cannot ")) else f"{label}: {why}"
    rows.missing.append(whole)
    if not rows.quiet:
        st.caption(f":red[{page.plain(why[:1].upper() + why[1:] if hidden else whole)}]")
