"""Parcels: what has left for the buyer, with which carrier, at what cost; and whether the marketplace knows.

A parcel holds pieces of an order's lines, never more than were ordered. It can be changed or taken away until the marketplace is told
(lib/orders/parcels_out.py by itself, lib/orders/confirmation_files.py by a file).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Change, Order, OrderLine, Shipment, ShipmentLine, Store, now
from db.pasted import numbered
from db.vocabulary import CURRENCIES, OrderStatus, ShipmentState
from lib import channels
from lib.commands import command
from lib.counted import agreeing, counted
from lib.orders import work
from lib.orders.carriers import CODES, OTHER
from lib.orders.parcels import (
    CHANGEABLE,
    Outgoing,
    Parcel,
    Piece,
    Sent,
    as_form,
    called,
    obstacle,
    of_order,
    pieces_left,
)
from lib.prices import price_book
from lib.problems import Refused
from lib.rights import Right

__all__ = ["Outgoing", "Parcel", "Piece", "Sent", "edit", "of_order", "remove", "ship"]
NONE_MADE, NOT_CHANGED = "No parcel was made.", "The parcel was not changed."
_LONGEST = {"carrier_name": 100, "tracking": 80, "method": 60}


def _wrong(parcel: Parcel, order: Order) -> list[str]:
    """What is wrong with the form itself."""
    problems = [
        f"The {name.replace('_', ' ')} is longer than {most} characters."
        for name, most in _LONGEST.items()
        if len(getattr(parcel, name)) > most
    ]
    if parcel.carrier not in CODES:
        problems.append(f"“{parcel.carrier}” is none of Amazon's carriers: choose Other, and name it.")
    if parcel.carrier == OTHER and not parcel.carrier_name.strip():
        problems.append("The carrier Other needs a name.")
    if parcel.currency not in CURRENCIES:
        problems.append(f"{parcel.currency} is not a currency that Caravan knows.")
    if parcel.cost is not None and not (parcel.cost.is_finite() and 0 <= parcel.cost < 10**9):
        problems.append("The cost must be 0 or more, and less than a billion.")
    elif parcel.cost is not None and parcel.cost != round(parcel.cost, 4):
        problems.append("An amount has at most 4 decimals.")
    if parcel.shipped_at and parcel.shipped_at > now():
        problems.append(f"{parcel.shipped_at:%Y-%m-%d} is in the future: a parcel is written down when it has left.")
    if parcel.shipped_at and parcel.shipped_at.date() < order.bought_at.date():
        problems.append(f"Order {order.number} was bought on {order.bought_at:%Y-%m-%d}: it cannot have left before.")
    return problems


# Commands


@command(Right.ORDERS)
def ship(session: Session, request: str, parcel: Parcel) -> str:
    """Write down a parcel that has left, and let the work status follow.

    `request` is the form's own key: a second call with it makes nothing and says so. Refuses what cannot be right.
    """
    order = _locked(session, parcel.order_id, NONE_MADE)
    if session.scalar(select(Shipment.id).where(Shipment.request == request)):
        return "This parcel has been made already, once."
    _refuse([why] if (why := obstacle(order)) else _wrong(parcel, order), NONE_MADE)
    pieces = _held(session, order, parcel, NONE_MADE)
    row = Shipment(request=request, order_id=order.id, state=_first_state(session, order, parcel.tell))
    _fill(session, row, parcel, order)
    session.add(row)
    session.flush()
    session.add_all(
        ShipmentLine(shipment_id=row.id, order_line_id=line_id, quantity=count)
        for line_id, count in sorted(pieces.items())
    )
    work.follow(session, [order.id])
    count = sum(pieces.values())
    told = {ShipmentState.QUEUED: " The marketplace is told with the next run.", ShipmentState.CONFIRMED: ""}
    return (
        f"{_name(row)} of order {order.number}: {counted(count, 'piece')}."
        f"{told.get(row.state, ' The marketplace has not been told.')}"
    )


@command(Right.ORDERS)
def edit(session: Session, shipment_id: int, seen: Parcel, parcel: Parcel) -> str:
    """Change a parcel that the marketplace does not know yet. `seen` is what the form was opened with: refused when it is not so now."""
    order = _locked(session, parcel.order_id, NOT_CHANGED)
    row = _changeable(session, shipment_id, order, NOT_CHANGED)
    lines = session.scalars(select(ShipmentLine).where(ShipmentLine.shipment_id == row.id)).all()
    if as_form(row, [(line.order_line_id, line.quantity) for line in lines]) != seen:
        raise Refused(f"Somebody else has changed this parcel meanwhile. {NOT_CHANGED} Open it again.")
    _refuse([why] if (why := obstacle(order)) else _wrong(parcel, order), NOT_CHANGED)
    pieces = _held(session, order, parcel, NOT_CHANGED, row.id)
    for line in lines:
        if line.order_line_id in pieces:
            line.quantity = pieces.pop(line.order_line_id)
        else:
            session.delete(line)
    session.add_all(
        ShipmentLine(shipment_id=row.id, order_line_id=n, quantity=count) for n, count in sorted(pieces.items())
    )
    _fill(session, row, parcel, order)
    row.state, row.problem, row.submission = _first_state(session, order, parcel.tell), None, None
    work.follow(session, [order.id])
    return f"{_name(row)} of order {order.number} was changed."


@command(Right.ORDERS)
def remove(session: Session, order_id: int, shipment_id: int) -> str:
    """Take a parcel away that has not left after all, while the marketplace does not know of it."""
    order = _locked(session, order_id, "Nothing was taken away.")
    row = _changeable(session, shipment_id, order, "Nothing was taken away.")
    for line in session.scalars(select(ShipmentLine).where(ShipmentLine.shipment_id == row.id)):
        session.delete(line)
    session.flush()
    session.delete(row)
    work.follow(session, [order.id])
    return f"{_name(row)} of order {order.number} was taken away: its pieces are still here."


def _locked(session: Session, order_id: int, so: str) -> Order:
    """The order, kept from other writers: of two people who send the same pieces the second sees what the first has sent."""
    order = session.scalar(select(Order).where(Order.id == order_id).with_for_update())
    if order is None:
        raise Refused(f"This order does not exist any more. {so}")
    return order


def _changeable(session: Session, shipment_id: int, order: Order, so: str) -> Shipment:
    row = session.scalar(
        select(Shipment).where(Shipment.id == shipment_id, Shipment.order_id == order.id).with_for_update()
    )
    if row is None:
        raise Refused(f"Somebody has taken this parcel away meanwhile. {so}")
    if row.state not in CHANGEABLE:
        raise Refused(f"{_name(row)} of order {order.number} is “{row.state.label}”: {row.state.meaning}. {so}")
    return row


def _refuse(problems: Sequence[str], so: str) -> None:
    if problems:
        raise Refused(*(f"{problem} {so}" for problem in problems))


def _held(session: Session, order: Order, parcel: Parcel, so: str, but: int = 0) -> dict[int, int]:
    """What the parcel holds, by line. Refused when it is more than is still here, and when there is nothing in it."""
    lines = {
        line.id: line
        for line in session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id))
    }
    left = pieces_left(session, lines, but)
    still_here = {n: line.quantity - left.get(n, 0) for n, line in lines.items() if not line.canceled}
    pieces = dict(parcel.pieces) or {n: count for n, count in still_here.items() if count > 0}
    _refuse(_wrong_pieces(order, parcel, pieces, lines, left), so)
    return pieces


def _wrong_pieces(
    order: Order, parcel: Parcel, pieces: Mapping[int, int], lines: Mapping[int, OrderLine], left: Mapping[int, int]
) -> list[str]:
    if not pieces:
        return [f"All pieces of order {order.number} have left already."]
    if len(pieces) < len(parcel.pieces) or not pieces.keys() <= lines.keys():
        return [f"A parcel holds lines of its order, each once; order {order.number} has changed. Open it again."]
    problems = []
    for line_id, count in pieces.items():
        line, gone = lines[line_id], left.get(line_id, 0)
        if line.canceled:
            problems.append(f"Line {line.sku} of order {order.number} has been canceled.")
        elif count < 1:
            problems.append(f"{count} of {line.sku} is no quantity: 1 or more, or leave the line out.")
        elif count > line.quantity - gone:
            problems.append(
                f"{line.sku}: {line.quantity} ordered, {gone} of them have left already; {count} more cannot leave."
            )
    return problems


def _first_state(session: Session, order: Order, tell: bool) -> ShipmentState:
    if order.status == OrderStatus.SHIPPED:
        return ShipmentState.CONFIRMED  # the marketplace knows that all has left: there is nothing to tell
    if not tell:
        return ShipmentState.DRAFT
    refuse_untold_stores(session, [order.id])
    return ShipmentState.QUEUED


def refuse_untold_stores(session: Session, order_ids: Sequence[int]) -> None:
    """Refuse when Caravan does not talk to the marketplace of one of these orders."""
    query = select(Store).join(Order, Order.store_id == Store.id).where(Order.id.in_(order_ids)).order_by(Store.name)
    if silent := sorted(
        {store.name for store in session.scalars(query) if store.channel.value not in channels.TALKED_TO}
    ):
        raise Refused(
            f"Caravan does not talk to {', '.join(silent)} itself. Nothing was changed: make a confirmation file."
        )


def _fill(session: Session, row: Shipment, parcel: Parcel, order: Order) -> None:
    for name in _LONGEST:
        setattr(row, name, " ".join(getattr(parcel, name).split()))
    row.carrier, row.shipped_at = parcel.carrier, parcel.shipped_at or now()
    row.carrier_name = row.carrier_name if row.carrier == OTHER else ""
    row.cost, row.currency, row.fx = parcel.cost, parcel.currency, _rate(session, parcel.currency, order.currency)


def _rate(session: Session, currency: str, into: str) -> Decimal | None:
    """What one unit is worth in the order's currency today; None where there is no rate."""
    if currency == into:
        return Decimal(1)
    rate = price_book.newest_rates(session, [into]).get((currency, into))
    return rate.value if rate else None


def _name(row: Shipment) -> str:
    return f"Parcel {called(row.carrier, row.carrier_name)} {row.tracking}".rstrip()


# What an undo may not do


def touched(session: Session, set_id: int) -> set[int]:
    """The parcels that a change set has touched. Refused when it would take something back that the marketplace was told."""
    query = select(Change).where(Change.set_id == set_id, Change.table.in_(("shipment", "shipment_line")))
    found, contents = set[int](), set[int]()
    of_lines = select(Change.row_id).where(Change.set_id == set_id, Change.table == "shipment_line")
    held = select(ShipmentLine.id, ShipmentLine.shipment_id).where(ShipmentLine.id.in_(of_lines))
    lines = {row.id: row.shipment_id for row in session.execute(held)}
    for change in session.scalars(query):
        row = json.loads(change.after or change.before or "{}") if change.field is None else {}
        number = change.row_id if change.table == "shipment" else row.get("shipment_id") or lines.get(change.row_id, 0)
        found.add(number)
        contents |= {number} if change.field not in ("state", "problem") else set()
    for parcel in session.scalars(select(Shipment).where(Shipment.id.in_(select(numbered(found).c.id)))):
        is_asked = parcel.state is ShipmentState.QUEUED and parcel.submission is not None
        is_known = parcel.state in (ShipmentState.IN_FILE, ShipmentState.CONFIRMED) and parcel.id in contents
        if is_asked or is_known:
            raise Refused(f"{_name(parcel)} is “{parcel.state.label}”: {parcel.state.meaning}. Nothing was changed.")
    return found


def keep_right(session: Session, shipment_ids: Collection[int]) -> None:
    """Refuse what an undo has made of these parcels when one has become empty, or more has left than was ordered."""
    if not shipment_ids:
        return
    session.flush()
    mine = select(numbered(shipment_ids).c.id)
    held = select(ShipmentLine.id).where(ShipmentLine.shipment_id == Shipment.id)
    empty = session.scalar(select(Shipment).where(Shipment.id.in_(mine), ~held.exists()).limit(1))
    if empty is not None:
        raise Refused(f"{_name(empty)} has been changed since, and nothing would be left in it. Nothing was changed.")
    lines = session.scalars(select(ShipmentLine.order_line_id).where(ShipmentLine.shipment_id.in_(mine))).all()
    left = pieces_left(session, lines)
    for line in session.scalars(
        select(OrderLine).where(OrderLine.id.in_(select(numbered(lines).c.id))).order_by(OrderLine.id)
    ):
        if left[line.id] > line.quantity:
            ordered = f"{line.quantity} {agreeing(line.quantity, 'was', 'were')} ordered"
            raise Refused(f"{line.sku}: {left[line.id]} would have left, and {ordered}. Nothing was changed.")
