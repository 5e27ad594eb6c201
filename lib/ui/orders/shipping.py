"""Sending to the buyer: the parcels of an order and the form for one more; and for the list, confirmation files and exports."""

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

import streamlit as st

from db.models import now
from lib import made_files, money
from lib.orders import confirmation_files, order_exports, parcels_out, shipments
from lib.orders.carriers import CODES, OTHER, USUAL
from lib.orders.order_exports import Format, Wish
from lib.orders.order_filter import Filter
from lib.orders.parcels import Outgoing, Parcel, Sent
from lib.rights import Right
from lib.ui import page
from lib.ui.jobs import jobs_panel
from lib.ui.sheet import View, sheet_of
from lib.words import CURRENCIES, ShipmentState

# One order


def show(order_id: int) -> None:
    """The parcels of an order, what can be done with each, and the form for what is still here."""
    order = page.read(shipments.of_order, order_id)
    if order is None:
        return
    for sent in order.parcels:
        _parcel(order, sent)
    if order.obstacle:
        st.caption(page.plain(order.obstacle))
    elif any(piece.open for piece in order.pieces):
        with st.expander("Ship", icon=":material/local_shipping:"):
            _form(order)


def _parcel(order: Outgoing, sent: Sent) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        page.badge(sent.state)
        when = f"{sent.parcel.shipped_at:%Y-%m-%d}" if sent.parcel.shipped_at else ""
        st.caption(
            page.plain(" · ".join(filter(None, (sent.carrier, sent.parcel.tracking, when, sent.items, sent.problem))))
        )
        if (
            sent.is_changeable
            and order.can_tell
            and page.button(
                "Tell the marketplace", needs=Right.ORDERS, key=f"ship:tell:{sent.id}", icon=":material/send:"
            )
        ):
            page.perform(parcels_out.tell, parcel=sent.id)
        if sent.is_changeable and page.button(
            "Take away", needs=Right.ORDERS, key=f"ship:away:{sent.id}", icon=":material/delete:"
        ):
            page.perform(shipments.remove, order.order_id, sent.id)
        is_queued = sent.state is ShipmentState.QUEUED and sent.submission is None
        if is_queued and page.button("Do not tell yet", needs=Right.ORDERS, key=f"ship:wait:{sent.id}"):
            page.perform(parcels_out.withdraw, sent.id)


def _form(order: Outgoing) -> None:
    key = f"ship:{order.order_id}"
    pieces = []
    for piece in order.pieces:
        if piece.open:
            label = f"{piece.sku}: {piece.open} of {piece.ordered} still here"
            pieces.append(
                (piece.line_id, int(st.number_input(label, 0, piece.open, piece.open, key=f"{key}:{piece.line_id}")))
            )
    with st.container(horizontal=True, vertical_alignment="top"):
        usual = USUAL.get(order.marketplace, OTHER)
        carrier = st.selectbox("Carrier", CODES, CODES.index(usual), key=f"{key}:carrier", width=180)
        name = (
            st.text_input("Name of the carrier", key=f"{key}:name", max_chars=100, width=200)
            if carrier == OTHER
            else ""
        )
        tracking = st.text_input("Tracking", key=f"{key}:tracking", max_chars=80, width=220)
        method = st.text_input("Method", key=f"{key}:method", max_chars=60, width=140)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input("Left on", "today", max_value="today", key=f"{key}:day", width=150)
        typed = st.text_input("Freight abroad", key=f"{key}:cost", max_chars=40, width=140)
        currency = st.selectbox("Currency", CURRENCIES, CURRENCIES.index("CNY"), key=f"{key}:currency", width=110)
    tell = st.toggle("Tell the marketplace", value=True, key=f"{key}:tell") if order.can_tell else False
    cost, wrong = _amount(typed or "", currency)
    if wrong:
        st.caption(f":red[{page.plain(wrong)}]")
    going = tuple((line_id, count) for line_id, count in pieces if count)
    if page.button("Ship", needs=Right.ORDERS, primary=True, key=f"{key}:now", icon=":material/local_shipping:",
                   disabled=bool(wrong) or not going):  # fmt: skip
        parcel = Parcel(
            order.order_id, going, carrier, name or "", tracking or "", method or "", _moment(day), cost, currency, tell
        )
        said = page.attempt(shipments.ship, page.once(key), parcel)
        if said is not None:
            page.used(key)
            page.announce(said)


def _amount(typed: str, currency: str) -> tuple[Decimal | None, str]:
    """What was typed, and why it is no amount."""
    if not typed.strip():
        return None, ""
    try:
        return money.parse(typed, currency), ""
    except ValueError as why:
        return None, str(why)


def _moment(day: Any) -> datetime | None:
    """Today is now; another day is its noon in UTC, which is that day nearly everywhere."""
    return None if day is None or day >= now().date() else datetime.combine(day, time(12), UTC)


# The list


def bar(view: View, wanted: Filter) -> None:
    """For the ticked orders, else for all that match: tell, a confirmation file, an export; and the files that are ready."""
    picked = tuple(view.picked)
    of = f"{len(picked):,} ticked" if picked else f"all {page.many(view.total)}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover(f"Ship and confirm: {of}", icon=":material/local_shipping:", disabled=not view.total):
            st.caption("What has left and the marketplace has not been told of.")
            if page.button("Tell the marketplaces", needs=Right.ORDERS, key="ship:tell", icon=":material/send:"):
                page.perform(parcels_out.tell, wanted, picked)
            if page.button("Confirmation file", needs=Right.ORDERS, key="ship:file", icon=":material/description:"):
                page.perform(confirmation_files.make, wanted, picked)
        with st.popover(f"Export: {of}", icon=":material/download:", disabled=not view.total):
            _export(wanted, picked, len(picked) or view.total)
    jobs_panel(order_exports.KIND, tells_success=False)
    _files()


def _export(wanted: Filter, picked: tuple[int, ...], count: int) -> None:
    lines = st.toggle("A row for each line", key="export:lines")
    named = page.may(Right.BUYERS) and st.toggle(
        "With buyers", key="export:buyers", help="Your name and the number go into the history"
    )
    where = sheet_of("orders").where
    sort = {"sort": where[1].sort or "bought_at", "descending": where[1].descending} if where else {}
    for format in Format:
        wish = Wish(wanted, picked, format, lines, **sort)
        if count > order_exports.AT_ONCE and not named:
            if st.button(format.label, key=f"export:{format}:job", help="Made in the background") and page.attempt(
                order_exports.start, wish
            ):
                st.rerun()
        else:
            make = _with_buyers if named else partial(page.read, order_exports.content)
            st.download_button(
                format.label, partial(make, wish), wish.name, key=f"export:{format}:{named}", on_click="ignore"
            )


def _with_buyers(wish: Wish) -> bytes:
    taken: list[bytes] = []
    page.attempt(order_exports.with_buyers, replace(wish), taken.append)
    return taken[0] if taken else b""


def _files() -> None:
    """What was made in the last days, to be fetched; a confirmation that was not uploaded is taken back here."""
    me = page.actor()
    files = page.read(made_files.mine, me, (confirmation_files.KIND, order_exports.KIND))
    if not files:
        return
    with st.expander(f"Files of the last {made_files.KEPT.days} days: {len(files)}", icon=":material/folder_open:"):
        for file in files:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{file.name} · {made_files.written_size(file.bytes)}")
                st.download_button("Download", partial(page.read, made_files.content, file.id, me), file.name,
                                   key=f"ship:fetch:{file.id}", on_click="ignore", icon=":material/download:")  # fmt: skip
                if file.kind == confirmation_files.KIND and page.button(
                    "Not uploaded after all", needs=Right.ORDERS, key=f"ship:back:{file.id}"
                ):
                    page.perform(confirmation_files.not_uploaded, file.id)
