"""Sending to the buyer: the parcels of an order and the form for one more; and for the list, confirmation files and downloads."""

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

import streamlit as st

from db.models import now
from lib import commands, made_files, money
from lib.orders import confirmation_files, order_exports, parcels_out, shipments
from lib.orders.carriers import CODES, OTHER, USUAL
from lib.orders.order_exports import Format, Wish
from lib.orders.order_filter import Filter
from lib.orders.parcels import Outgoing, Parcel, Sent
from lib.people import sign_in
from lib.problems import Refused
from lib.rights import Right
from lib.ui import page, people
from lib.ui.jobs import jobs_panel
from lib.ui.orders import order_acts
from lib.ui.sheet import View, sheet_of
from lib.words import CURRENCIES, ShipmentState

# One order

CHANGING = "ship:change"
"""Which parcel's form is open, and the parcel as it was then: (id, Parcel)."""


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
            _new(order)


def _parcel(order: Outgoing, sent: Sent) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        page.badge(sent.state)
        when = f"{sent.parcel.shipped_at:%Y-%m-%d}" if sent.parcel.shipped_at else ""
        st.caption(
            page.plain(" · ".join(filter(None, (sent.carrier, sent.parcel.tracking, when, sent.items, sent.problem))))
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        act = _acts(order, sent)
    if act is not None:
        order_acts.do(*act)
    changing, seen = st.session_state.get(CHANGING, (None, None))
    if changing == sent.id:
        with st.container(border=True, gap="small"):
            _change(order, sent, seen)


def _acts(order: Outgoing, sent: Sent) -> tuple[Any, ...] | None:
    """The buttons of a parcel; the command whose button was pressed, with what it takes."""
    if sent.is_changeable:
        if order.can_tell and page.button(
            "Tell the marketplace", needs=Right.ORDERS, key=f"ship:tell:{sent.id}", icon=":material/send:"
        ):
            return parcels_out.tell, None, (), sent.id
        if page.button("Change", needs=Right.ORDERS, key=f"ship:open:{sent.id}", icon=":material/edit:"):
            st.session_state[CHANGING] = sent.id, sent.parcel
        if page.button("Take away", needs=Right.ORDERS, key=f"ship:away:{sent.id}", icon=":material/delete:"):
            return shipments.remove, order.order_id, sent.id
    is_queued = sent.state is ShipmentState.QUEUED and sent.submission is None
    if is_queued and page.button("Do not tell yet", needs=Right.ORDERS, key=f"ship:wait:{sent.id}"):
        return parcels_out.withdraw, sent.id
    return None


def _new(order: Outgoing) -> None:
    """The form for what is still here."""
    key = f"ship:{order.order_id}"
    parcel = _form(order, key, Parcel(order.order_id, carrier=USUAL.get(order.marketplace, OTHER), tell=True), new=True)
    if page.button("Ship", needs=Right.ORDERS, primary=True, key=f"{key}:now", icon=":material/local_shipping:",
                   disabled=parcel is None):  # fmt: skip
        said = page.attempt(shipments.ship, page.once(key), parcel)
        if said is not None:
            page.used(key)
            order_acts.again(said)


def _change(order: Outgoing, sent: Sent, seen: Parcel) -> None:
    """The same form for a parcel that is here already. What was refused is told again unless somebody says otherwise."""
    key = f"ship:{order.order_id}:{sent.id}"
    parcel = _form(order, key, replace(seen, tell=sent.state is ShipmentState.REFUSED))
    with st.container(horizontal=True):
        if page.button("Save the parcel", needs=Right.ORDERS, primary=True, key=f"{key}:save", icon=":material/save:",
                       disabled=parcel is None):  # fmt: skip
            said = page.attempt(shipments.edit, sent.id, seen, parcel)
            if said is not None:
                _leave()
                order_acts.again(said)
        st.button("Leave it as it is", key=f"{key}:leave", type="tertiary", on_click=_leave)


def _leave() -> None:
    st.session_state.pop(CHANGING, None)


def _form(order: Outgoing, key: str, parcel: Parcel, new: bool = False) -> Parcel | None:
    """The fields, filled in as `parcel` is; None while what they hold cannot be a parcel."""
    pieces = _pieces(order, key, None if new else dict(parcel.pieces))
    with st.container(horizontal=True, vertical_alignment="top"):
        carrier = st.selectbox("Carrier", CODES, CODES.index(parcel.carrier), key=f"{key}:carrier", width=180)
        name = ""
        if carrier == OTHER:
            name = st.text_input(
                "Name of the carrier", parcel.carrier_name, key=f"{key}:name", max_chars=100, width=200
            )
        tracking = st.text_input("Tracking", parcel.tracking, key=f"{key}:tracking", max_chars=80, width=220)
        method = st.text_input("Method", parcel.method, key=f"{key}:method", max_chars=60, width=140)
    left_on = parcel.shipped_at.date() if parcel.shipped_at else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input("Left on", left_on or "today", max_value="today", key=f"{key}:day", width=150)
        typed = st.text_input(
            "Freight abroad",
            "" if parcel.cost is None else f"{parcel.cost:f}",
            key=f"{key}:cost",
            max_chars=40,
            width=140,
        )
        currency = st.selectbox(
            "Currency", CURRENCIES, CURRENCIES.index(parcel.currency), key=f"{key}:currency", width=110
        )
    tell = st.toggle("Tell the marketplace", parcel.tell, key=f"{key}:tell") if order.can_tell else False
    cost, wrong = _amount(typed or "", currency)
    if wrong:
        st.caption(f":red[{page.plain(wrong)}]")
    if wrong or not pieces:
        return None
    when = parcel.shipped_at if left_on and day == left_on else _moment(day)
    return Parcel(order.order_id, pieces, carrier, name or "", tracking or "", method or "", when, cost, currency, tell)


def _pieces(order: Outgoing, key: str, held: dict[int, int] | None) -> tuple[tuple[int, int], ...]:
    """How many pieces of each line: of a new parcel all that are still here, else what it holds and could hold."""
    going = []
    for piece in order.pieces:
        inside = (held or {}).get(piece.line_id, 0)
        if most := piece.open + inside:
            label = f"{piece.sku}: {most} of {piece.ordered} {'still here' if held is None else 'can be in it'}"
            count = st.number_input(label, 0, most, most if held is None else inside, key=f"{key}:{piece.line_id}")
            going.append((piece.line_id, int(count)))
    return tuple((line_id, count) for line_id, count in going if count)


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
    """For the ticked orders, else for all that match: tell, a confirmation file, a download; and the files that are ready."""
    picked = tuple(view.picked)
    of = f"{len(picked):,} ticked" if picked else f"all {page.many(view.total)}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover(f"Ship and confirm: {of}", icon=":material/local_shipping:", disabled=not view.total):
            st.caption("What has left and the marketplace has not been told of.")
            if page.button("Tell the marketplaces", needs=Right.ORDERS, key="ship:tell", icon=":material/send:"):
                page.perform(parcels_out.tell, wanted, picked)
            if page.button("Confirmation file", needs=Right.ORDERS, key="ship:file", icon=":material/description:"):
                page.perform(confirmation_files.make, wanted, picked)
        with st.popover(f"Download: {of}", icon=":material/download:", disabled=not view.total):
            _download(wanted, picked, len(picked) or view.total)
    jobs_panel(order_exports.KIND, tells_success=False)
    _files()


def _download(wanted: Filter, picked: tuple[int, ...], count: int) -> None:
    """The list as a file. A long one is made in the background, and never has buyers in it: such a list lies in no file of ours."""
    is_long = count > order_exports.AT_ONCE
    lines = st.toggle("A row for each line", key="export:lines")
    about = "Your name and the number go into the history"
    named = page.may(Right.BUYERS) and st.toggle(
        "With buyers", key="export:buyers", disabled=is_long,
        help=f"For at most {order_exports.AT_ONCE:,} orders" if is_long else about,
    ) and not is_long  # fmt: skip
    where = sheet_of("orders").where
    sort = {"sort": where[1].sort or "bought_at", "descending": where[1].descending} if where else {}
    for format in Format:
        wish = Wish(wanted, picked, format, lines, **sort)
        if is_long:
            if st.button(f"{format.label}, in the background", key=f"export:{format}:job", width="stretch"):
                page.perform(order_exports.start, wish)
            continue
        make = partial(_with_buyers, people.token()) if named else partial(page.read, order_exports.content)
        st.download_button(format.label, partial(make, wish), wish.name, key=f"export:{format}:{named}", on_click="ignore",
                           icon=":material/table:", width="stretch")  # fmt: skip


def _with_buyers(token: str, wish: Wish) -> bytes:
    """Made when it is asked for, outside of any run: who asks is looked up once more then."""
    asks = page.read(sign_in.person, token)
    if asks is None or asks.must_change:
        raise Refused("Sign in again. Nothing was exported.")
    taken: list[bytes] = []
    commands.perform(sign_in.actor(asks), order_exports.with_buyers, wish, taken.append)
    return taken[0]


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
