"""Parcels on their way to the marketplace's knowledge: which wait to be told, which were told, and what it has answered.

A parcel has one mark of its own for ever: told again under it, it is the same parcel, so what is asked twice is never doubled.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from db import history
from db.models import Order, OrderLine, Shipment, ShipmentLine, Store
from db.pasted import numbered
from db.vocabulary import OrderStatus, ShipmentState
from lib.channels import MOST_OPERATIONS, TALKED_TO, Outcome, State
from lib.channels import Parcel as Told
from lib.commands import command
from lib.counted import agreeing, counted
from lib.orders.order_filter import Filter, matching
from lib.orders.parcels import CHANGEABLE
from lib.problems import Refused
from lib.products.uploads import Open, line
from lib.rights import Right

STATES = {State.LIVE: ShipmentState.CONFIRMED, State.REFUSED: ShipmentState.REFUSED}
MOST = 20_000
"""Parcels that are told, or written into files, in one go."""


# Asking for it


def untold(wanted: Filter | None = None, picked: Sequence[int] = ()) -> Select[Any]:
    """Parcels that the marketplace does not know: of the picked orders, else of all that match. Canceled orders have none to tell."""
    ids = select(numbered(picked).c.id) if picked or wanted is None else matching(wanted).with_only_columns(Order.id)
    return (
        select(Shipment)
        .join(Order, Order.id == Shipment.order_id)
        .where(Shipment.state.in_(CHANGEABLE), Order.status != OrderStatus.CANCELED, Order.id.in_(ids))
    )


@command(Right.ORDERS)
def tell(session: Session, wanted: Filter | None = None, picked: Sequence[int] = (), parcel: int = 0) -> str:
    """Put what is not told yet into the queue: one parcel, those of the picked orders, or of all that match."""
    query = select(Shipment).where(Shipment.id == parcel) if parcel else untold(wanted, picked)
    rows = session.scalars(query.order_by(Shipment.id).limit(MOST).with_for_update(of=Shipment)).all()
    going = [row for row in rows if row.state in CHANGEABLE]
    silent = _silent(session, going)
    ours = [row for row in going if row.order_id not in silent]
    others = len(going) - len(ours)
    go = agreeing(others, "goes", "go")
    by_file = f" {others:,} of stores that Caravan does not talk to {go} by a confirmation file."
    if not ours:
        raise Refused(f"There is no parcel to tell here.{by_file if going else ''} Nothing was changed.")
    for row in ours:
        row.state, row.problem, row.submission = ShipmentState.QUEUED, None, None
    told = f"The marketplace is told of {counted(len(ours), 'parcel')} with the next run."
    return told + (by_file if others else "")


def _silent(session: Session, rows: Iterable[Shipment]) -> set[int]:
    """The orders among these whose store is not talked to."""
    ids = select(numbered({row.order_id for row in rows}).c.id)
    query = select(Order.id, Store.channel).join(Store, Store.id == Order.store_id).where(Order.id.in_(ids))
    return {order_id for order_id, channel in session.execute(query) if channel.value not in TALKED_TO}


@command(Right.ORDERS)
def withdraw(session: Session, parcel: int) -> str:
    """Take a parcel out of the queue again, as long as it has not been told."""
    row = session.scalar(select(Shipment).where(Shipment.id == parcel).with_for_update())
    if row is None or row.state is not ShipmentState.QUEUED or row.submission is not None:
        raise Refused("The marketplace has been told of this parcel already. Nothing was changed.")
    row.state = ShipmentState.DRAFT
    return "The parcel waits here; the marketplace is not told."


# Telling


def waiting(session: Session) -> list[int]:
    """The stores that have parcels in the queue."""
    query = select(Order.store_id).join(Shipment, Shipment.order_id == Order.id).where(*_WAITS)
    return list(session.scalars(query.distinct().order_by(Order.store_id)))


def take(session: Session, store_id: int, most: int = MOST_OPERATIONS) -> tuple[str, list[Told]]:
    """Take parcels of a store out of the queue: the key and what is to be told."""
    query = _of_store(store_id).where(*_WAITS).order_by(Shipment.id).limit(most)
    rows = session.scalars(query.with_for_update(of=Shipment, skip_locked=True)).all()
    if not rows:
        return "", []
    key = f"{session.get_one(Store, store_id).name[:30]}-parcels-{history.set_id(session)}"
    for row in rows:
        row.submission = key
    session.flush()
    return key, sent(session, store_id, key)


def unanswered(session: Session) -> list[Open]:
    query = select(Order.store_id, Shipment.submission).join(Shipment, Shipment.order_id == Order.id).where(*_TOLD)
    return [Open(row.store_id, row.submission) for row in session.execute(query.distinct()) if row.submission]


def sent(session: Session, store_id: int, key: str) -> list[Told]:
    """What was told under a key and is not answered yet, word for word: nobody can change a parcel meanwhile."""
    rows = session.execute(
        _of_store(store_id).add_columns(Order.number).where(*_TOLD, Shipment.submission == key)
    ).all()
    items = held(session, [row.id for row, _ in rows])
    return [
        Told(
            reference(row), number, tuple((item, pieces) for item, pieces, _ in items[row.id]), row.carrier, row.carrier_name,
            row.tracking, row.method, row.shipped_at,
        )
        for row, number in rows
    ]  # fmt: skip


def reference(row: Shipment) -> str:
    """A parcel's own mark. Amazon takes digits only."""
    return str(row.id)


def held(session: Session, shipment_ids: Iterable[int]) -> dict[int, list[tuple[str, int, int]]]:
    """By parcel: (the marketplace's number of the line, pieces, order line)."""
    found: dict[int, list[tuple[str, int, int]]] = {n: [] for n in shipment_ids}
    query = (
        select(ShipmentLine.shipment_id, OrderLine.item, ShipmentLine.quantity, OrderLine.id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .where(ShipmentLine.shipment_id.in_(select(numbered(found).c.id)))
        .order_by(ShipmentLine.id)
    )
    for shipment_id, item, pieces, line_id in session.execute(query):
        found[shipment_id].append((item, pieces, line_id))
    return found


# Answers


def answered(session: Session, store_id: int, key: str, outcomes: Mapping[str, Outcome]) -> int:
    """Write what the marketplace said; returns of how many parcels it said something for good."""
    query = _of_store(store_id).where(*_TOLD, Shipment.submission == key).with_for_update(of=Shipment)
    news = 0
    for row in session.scalars(query).all():
        outcome = outcomes.get(reference(row))
        if outcome is not None and outcome.state in STATES:
            row.state, row.problem = STATES[outcome.state], (line(outcome.issues) or "")[:500] or None
            news += 1
    return news


def _of_store(store_id: int) -> Select[Any]:
    return (
        select(Shipment)
        .join(Order, Order.id == Shipment.order_id)
        .where(Order.store_id == store_id)
        .order_by(Shipment.id)
    )


_WAITS: tuple[ColumnElement[bool], ...] = (Shipment.state == ShipmentState.QUEUED, Shipment.submission.is_(None))
_TOLD: tuple[ColumnElement[bool], ...] = (Shipment.state == ShipmentState.QUEUED, Shipment.submission.is_not(None))
