"""The Purchases tab: what narrows the list, the grid that is typed into, and the verbs for what is ticked or for all that match."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from lib import change_words
from lib.counted import agreeing
from lib.orders.order_links import SCREENS
from lib.purchases import legs, purchases
from lib.purchases.purchase_stages import Stage
from lib.purchases.purchases import Filter
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import criteria, grid, page, views
from lib.ui.purchases import legs_line, purchase_marks, purchase_paste, purchase_tracking
from lib.ui.sheet import View
from lib.words import FreightBy, Payment, PurchaseStatus, Source

NAME = "purchases"
SCREEN = SCREENS["purchase"]
MORE = ("b_operator", "b_payments", "b_warehouses", "b_statuses", "b_since", "b_until", "b_untracked", "b_transshipped")
COLUMNS = [
    c.picture("picture"),
    c.text("number", "Platform order", most=80, pinned=True),
    c.choice("status", "Status", PurchaseStatus, help="Follows from the arrived pieces; four of them are set by hand"),
    c.text("tracking", "Domestic tracking", width=200, most=450, help="Several with commas between"),
    c.text("orders", "For orders", locked=True, width=180),
    c.text("items", "Items", locked=True, width=200),
    c.number("quantity", "Pieces", required=True, least=1),
    c.number("arrived_quantity", "Arrived pieces", required=True),
    c.money("unit_cost", "Unit cost", required=True),
    c.money("cost_before", "Expected", locked=True, currency="currency", help="What one piece was expected to cost"),
    c.money("freight", "Freight", required=True),
    c.choice("freight_by", "Shared", FreightBy, help="How the freight is shared among the order lines"),
    c.money("total", "Total", locked=True, currency="currency"),
    c.text("currency", "Currency", locked=True),
    c.choice("payment", "Payment", Payment),
    c.choice("stage", "Stage", Stage, locked=True),
    c.number("age", "Days in it", locked=True),
    c.choice("site", "Site", Source, locked=True),
    c.text("operator", "Operator", required=True, most=60),
    c.text("contact", "Contact", most=200),
    c.text("transport", "Transport", most=200, help="general, battery, magnetic, liquid, powder, cosmetics, oversized, branded"),
    c.flag("transshipped", "Transshipped", locked=True),
    c.text("warehouse", "Warehouse", locked=True),
    c.moment("paid_at", "Paid"),
    c.moment("arrived_at", "Arrived"),
    c.moment("relabelled_at", "Relabelled"),
    c.moment("forwarded_at", "Forwarded"),
    c.text("remark", "Remark", width=200),
    c.text("reason", "Bought at a loss because", locked=True),
    c.moment("created_at", "Bought"),
]  # fmt: skip


class Verb(NamedTuple):
    label: str
    command: Callable[..., str]
    icon: str
    meaning: str


VERBS = (
    Verb("Arrived", purchases.arrived, "inventory", "All of it is here, or at the forwarding warehouse"),
    Verb("Closed short", purchases.close_short, "production_quantity_limits", "The rest will not come: it is to be bought again"),
    Verb("Paid", purchases.paid, "payments", "The money has left"),
    Verb("Relabelled", purchases.relabelled, "new_label", "The forwarding warehouse has put the labels on"),
    Verb("Forwarded", purchases.forwarded, "local_shipping", "The forwarding warehouse has sent it on"),
    Verb("Cancel", purchases.cancel, "cancel", "Not bought after all; what was paid becomes “Refund due”"),
)  # fmt: skip
MOST_COUNTED = 20
"""Purchases whose pieces are counted in one dialog."""


def show() -> None:
    """The list and what can be done with it."""
    tabs = st.container()
    wanted = _fields()
    criteria.chips(SCREEN)
    purchase_paste.answer(wanted)
    with tabs:
        wanted = purchases.in_status(wanted, page.tabs("b_status", purchases.counts, PurchaseStatus, wanted))
    view = grid.edit(
        NAME, purchases.table, purchases.count, wanted, COLUMNS,
        save=purchases.save, check=purchases.check, right=Right.PURCHASES, sorts=purchases.SORTS,
    )  # fmt: skip
    _verbs(view, wanted)
    _tools(view)
    if len(view.picked) == 1:
        legs_line.draw(page.read(legs.of_purchase, view.picked[0]))


def _fields() -> Filter:
    """What narrows the list."""
    with page.filters():
        views.bar("purchase")
        text = page.search("b_text", "Order, tracking, SKU or words")
        purchase_paste.box()
        sites = page.choose("b_site", "Site", Source, width=136)
        stages = page.choose("b_stages", "Stage", Stage, width=136)
        active = sum(key in st.query_params for key in MORE)
        with st.popover(f"More ({active})" if active else "More", icon=":material/tune:", key="purchase_more"):
            statuses = page.choose("b_statuses", "Status", PurchaseStatus, width=320)
            payments = page.choose("b_payments", "Payment", Payment, width=320)
            operators = page.choose("b_operator", "Operator", page.read(purchases.operators), width=320)
            warehouses = page.choose(
                "b_warehouses", "Warehouse", list(page.read(purchases.warehouses).values()), width=320
            )
            with st.container(horizontal=True):
                since = st.date_input("Bought from", None, key="b_since", bind="query-params", width=152)
                until = st.date_input("To", None, key="b_until", bind="query-params", width=152)
            untracked = page.toggle("b_untracked", "Without tracking")
            transshipped = page.toggle("b_transshipped", "Transshipped")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        late = page.toggle("b_late_tracking", "No tracking after 48 h", "Bought more than 48 hours ago, and open")
        stuck = page.toggle(
            "b_stuck", "Stuck", "On the way for more than 7 days, or at the forwarding warehouse for more than 5"
        )
        vain = page.toggle("b_vain", "Canceled but bought", "An order line that it serves was canceled")
        drift = page.toggle(
            "b_drift",
            "Price drift",
            "Of the last 30 days, more than 10 % away from the price expected or from the source's now",
        )
        losing = page.toggle("b_losing", "Losing money", "It serves an order that loses money")
    return Filter(
        text, None, statuses, sites, operators, warehouses, payments, stages, since, until,
        untracked, late, stuck, vain, drift, losing, transshipped, st.query_params.get("b_paste", ""),
    )  # fmt: skip


# Verbs


def _verbs(view: View, wanted: Filter) -> None:
    """For the ticked purchases; for all that match after a question."""
    ticked, every = f"{len(view.picked):,} ticked", f"All {page.many(view.total)} that match"
    if st.session_state.get("purchase_scope") not in (ticked, every):
        st.session_state["purchase_scope"] = ticked
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        scope = st.segmented_control(
            "For", [ticked, every], key="purchase_scope", required=True, label_visibility="collapsed"
        )
        is_every = scope == every
        for verb in VERBS:
            nothing = not view.total if is_every else not view.picked
            pressed = page.button(
                verb.label, needs=Right.PURCHASES, disabled=nothing, icon=f":material/{verb.icon}:", help=verb.meaning
            )
            if pressed and is_every:
                _ask(verb, wanted, view.total)
            elif pressed:
                page.perform(verb.command, view.picked)


@st.dialog("For all of them?")
def _ask(verb: Verb, wanted: Filter, total: int) -> None:
    st.markdown(f"**{verb.label}**: {verb.meaning}.")
    which = agreeing(total, "the **1** purchase that matches", f"all **{page.many(total)}** purchases that match")
    st.markdown(f"This is for {which} the filter, on whatever page. One that cannot be stops all.")
    if page.button(f"{verb.label}: {page.many(total)}", needs=Right.PURCHASES, primary=True, key="purchase every"):
        page.perform(verb.command, wanted)


def _tools(view: View) -> None:
    """What needs a little more than a press."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if page.button("Partly arrived…", needs=Right.PURCHASES, disabled=not 0 < len(view.picked) <= MOST_COUNTED,
                       icon=":material/rule:", help=f"Count the pieces of 1 to {MOST_COUNTED} ticked purchases"):  # fmt: skip
            _count_pieces([row for row in view.rows if row["id"] in view.picked])
        if page.button("Paste tracking…", needs=Right.PURCHASES, icon=":material/content_paste:",
                       help="Two columns from Excel: purchase number, tracking"):  # fmt: skip
            purchase_tracking.paste()
        if page.button("Move tracking…", needs=Right.PURCHASES, disabled=len(view.picked) != 1, icon=":material/move_up:",
                       help="Tick the one purchase whose tracking belongs to another"):  # fmt: skip
            purchase_tracking.move(view.picked[0])
        if page.button(
            "Marks…", disabled=not view.picked, icon=":material/print:", help="Print the marks of the ticked purchases"
        ):
            purchase_marks.make(view.picked)
        st.space("stretch")
        st.page_link(
            "pages/history.py", label="Undo in History", icon=":material/history:",
            query_params={"h_table": change_words.table("purchase")},
        )  # fmt: skip


@st.dialog("How many pieces are here?")
def _count_pieces(rows: Sequence[Mapping[str, Any]]) -> None:
    st.caption("All that have come so far, those of earlier parcels counted.")
    counted: dict[int, int] = {}
    for row in rows:
        name = page.plain(f"{row['number'] or '#' + str(row['id'])} · of {row['quantity']} · {row['items']}")
        typed = st.number_input(name, 0, row["quantity"], row["arrived_quantity"], 1, key=f"pieces {row['id']}")
        counted[row["id"]] = int(typed or 0)
    if page.button("Count", needs=Right.PURCHASES, primary=True, key="pieces now"):
        page.perform(purchases.partly_arrived, counted)
