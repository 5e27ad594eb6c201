"""The Transshipment tab: a board of warehouses and stages, and the purchases behind it, with the days of their stages to be typed."""

import streamlit as st

from lib.purchases import legs, purchases, transshipment
from lib.purchases.purchase_filter import Filter
from lib.purchases.purchase_stages import Stage
from lib.purchases.transshipment import Stop
from lib.rights import Right
from lib.ui import columns as c
from lib.ui import grid, page
from lib.ui.purchases import legs_line, purchase_marks
from lib.words import PurchaseStatus

NAME = "transshipment"
COLUMNS = [
    c.text("number", "Platform order", locked=True, pinned=True),
    c.text("warehouse", "Warehouse", locked=True),
    c.choice("stage", "Stage", Stage, locked=True),
    c.number("age", "Days in it", locked=True),
    c.flag(
        "is_stuck",
        "Stuck",
        locked=True,
        help="No tracking for 48 hours, on the way for 7 days, or at the warehouse for 5",
    ),
    c.text("orders", "For orders", locked=True, width=180),
    c.text("items", "Items", locked=True, width=200),
    c.text("tracking", "Domestic tracking", locked=True, width=160),
    c.day("bought_on", "Bought", locked=True),
    c.day("tracked_on", "In transit", help="Since when its tracking is known"),
    c.day("arrived_on", "Arrived", help="A day here says that all of it has arrived"),
    c.day("relabelled_on", "Relabelled"),
    c.day("forwarded_on", "Forwarded"),
    c.choice("status", "Status", PurchaseStatus, locked=True),
]
VERBS = (
    ("Arrived", purchases.arrived, "inventory", "All of it is at the forwarding warehouse"),
    ("Relabelled", purchases.relabelled, "new_label", "The forwarding warehouse has put the labels on"),
    ("Forwarded", purchases.forwarded, "local_shipping", "The forwarding warehouse has sent it on"),
)


def show() -> None:
    """The board above, the purchases below."""
    names = page.read(purchases.warehouses)
    _board(page.read(transshipment.board), names)
    with page.filters():
        wanted = Filter(
            text=page.search("t_text", "Order, tracking, SKU or words"),
            warehouses=page.choose("t_warehouse", "Warehouse", list(names.values())),
            stages=page.choose("t_stage", "Stage", Stage),
            stuck=page.toggle("t_stuck", "Stuck"),
            transshipped=True,
        )
    view = grid.edit(NAME, transshipment.table, purchases.count, wanted, COLUMNS, save=transshipment.set_days,
                     right=Right.PURCHASES, sorts=transshipment.SORTS)  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, command, icon, meaning in VERBS:
            if page.button(
                label,
                needs=Right.PURCHASES,
                disabled=not view.picked,
                icon=f":material/{icon}:",
                help=meaning,
                key=f"t {label}",
            ):
                page.perform(command, view.picked)
        if page.button(
            "Marks…",
            disabled=not view.picked,
            icon=":material/print:",
            help="Print the marks of the ticked",
            key="t marks",
        ):
            purchase_marks.make(view.picked)
    if len(view.picked) == 1:
        legs_line.draw(page.read(legs.of_purchase, view.picked[0]))


def _board(stops: list[Stop], names: dict[int, str]) -> None:
    """A row a warehouse, a column a stage: how many, and how long the oldest has been there."""
    if not stops:
        st.caption("Nothing is on its way to a forwarding warehouse.")
        return
    found = {(stop.warehouse_id, stop.stage): stop for stop in stops}
    lines = ["| Warehouse | " + " | ".join(_heading(stage) for stage in Stage) + " |", "|---|" + "---|" * len(Stage)]
    for number, name in names.items():
        if any(stop.warehouse_id == number for stop in stops):
            cells = (_cell(found.get((number, stage))) for stage in Stage)
            lines.append(f"| **{page.plain(name)}** | " + " | ".join(cells) + " |")
    st.markdown("\n".join(lines))


def _heading(stage: Stage) -> str:
    return f"{stage.label}, {transshipment.FORWARDED_DAYS} days" if stage == Stage.FORWARDED else stage.label


def _cell(stop: Stop | None) -> str:
    if stop is None:
        return ":gray[–]"
    if stop.stage == Stage.FORWARDED:
        return f"**{stop.count:,}**"
    oldest = f"oldest {stop.oldest_days} d"
    return f"**{stop.count:,}** · " + (f":red[{oldest}]" if stop.is_stuck else f":gray[{oldest}]")
