"""Shipping confirmations as files: which parcels are in one, and what becomes of them.

Seller Central takes a file for each account, so each store gets its own; Japan's has its own layout (lib/amazon/confirmation.py). What is
written into a file is "In a file" until the marketplace says that the order was shipped, or somebody says that it was not uploaded.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import history
from db.models import MadeFile, Order, OrderLine, Shipment, Store, now
from db.pasted import numbered
from db.vocabulary import ShipmentState
from lib import made_files
from lib.amazon.confirmation import NotInJapanese, Sent, is_japanese, written
from lib.commands import command
from lib.counted import agreeing, counted
from lib.orders.carriers import OTHER
from lib.orders.order_filter import Filter
from lib.orders.order_items import is_weak
from lib.orders.parcels_out import MOST, held, untold
from lib.problems import Refused
from lib.rights import Right

KIND = "confirmation"
NO_FILE = "No file was made."
_WORDS = {"carrier-name": "The carrier", "tracking-number": "The tracking", "ship-method": "The method"}


@command(Right.ORDERS)
def make(session: Session, wanted: Filter | None = None, picked: Sequence[int] = ()) -> str:
    """A file for each store of what is not told yet: of the picked orders, else of all that match. They wait to be fetched for a week.

    All or nothing: a letter that Japan's files cannot hold, or a line whose number nobody knows, is named before anything is written.
    """
    parcels = _waiting(session, wanted, picked)
    if not parcels:
        raise Refused(f"There is no parcel here that the marketplace has not been told of. {NO_FILE}")
    if len(parcels) > MOST:
        raise Refused(f"A file has at most {MOST:,} parcels, and here are more. {NO_FILE} Narrow the filter.")
    stores = [(store, list(group)) for store, group in groupby(parcels, lambda parcel: parcel[2])]
    contents = _contents(session, stores)
    for (store, group), content in zip(stores, contents, strict=True):
        name = _name(store, history.set_id(session))
        with made_files.whole_or_not() as path:
            path.write_bytes(content)
            made_files.keep(session, made_files.whole(path), name, KIND)
        for row, _, _ in group:
            row.state, row.problem, row.submission = ShipmentState.IN_FILE, None, name
    return _said(stores)


def _waiting(session: Session, wanted: Filter | None, picked: Sequence[int]) -> list[tuple[Shipment, str, Store]]:
    query = untold(wanted, picked).join(Store, Store.id == Order.store_id).add_columns(Order.number, Store)
    query = query.order_by(Store.name, Order.bought_at, Shipment.id).limit(MOST + 1).with_for_update(of=Shipment)
    return [(row, number, store) for row, number, store in session.execute(query)]


def _contents(session: Session, stores: Sequence[tuple[Store, list[Any]]]) -> list[bytes]:
    """The files, store by store; refused with all that keeps one from being written."""
    made, problems = [], []
    for store, group in stores:
        lines, wrong = _lines(session, group)
        problems += wrong
        try:
            made.append(written(lines, store.marketplace))
        except NotInJapanese as error:
            what = _WORDS.get(error.column, error.column)
            problems.append(
                f"{what} of order {error.order} has “{error.letter}”, which a file for Japan cannot hold. Change the parcel."
            )
    if problems:
        raise Refused(*(f"{problem} {NO_FILE}" for problem in problems))
    return made


def _lines(session: Session, group: Sequence[tuple[Shipment, str, Store]]) -> tuple[list[Sent], list[str]]:
    items = held(session, [row.id for row, _, _ in group])
    whole = _whole(session, {row.order_id for row, _, _ in group})
    lines, problems = [], []
    for row, number, _ in group:
        about = (
            row.shipped_at,
            row.carrier,
            row.carrier_name if row.carrier == OTHER else "",
            row.tracking,
            row.method,
        )
        if not any(is_weak(item) for item, _, _ in items[row.id]):
            lines += [Sent(number, item, pieces, *about) for item, pieces, _ in items[row.id]]
        elif {line_id: pieces for _, pieces, line_id in items[row.id]} == whole[row.order_id]:
            lines.append(Sent(number, "", None, *about))  # without a line it is the whole order
        else:
            problems.append(
                f"Amazon's numbers of the lines of order {number} are not known, and this parcel holds only a part of it. "
                "Bring in the report “New orders” first, which has them."
            )
    return lines, problems


def _whole(session: Session, order_ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """By order: the pieces of each line that is not canceled."""
    found: dict[int, dict[int, int]] = {n: {} for n in order_ids}
    query = select(OrderLine.order_id, OrderLine.id, OrderLine.quantity).where(
        OrderLine.order_id.in_(select(numbered(found).c.id)), OrderLine.canceled.is_(False)
    )
    for order_id, line_id, quantity in session.execute(query):
        found[order_id][line_id] = quantity
    return found


def _name(store: Store, number: int) -> str:
    plain = re.sub(r"[^\w-]+", "-", store.name)
    return f"confirmation-{plain}-{now():%Y-%m-%d}-{number}.txt"[-60:]


def _said(stores: Sequence[tuple[Store, list[Any]]]) -> str:
    def one(store: Store, group: Sequence[Any]) -> str:
        layout = ", in Japan's layout" if is_japanese(store.marketplace) else ""
        return f"{store.name} ({counted(len(group), 'parcel')}{layout})"

    files = counted(len(stores), "file", "files, for Seller Central takes one for each account,")
    return f"{files} made: {', '.join(one(*pair) for pair in stores)}. Download, and upload in Seller Central."


@command(Right.ORDERS)
def not_uploaded(session: Session, file_id: int) -> str:
    """The file was not uploaded after all: its parcels are not told again, as far as the marketplace has not said otherwise since."""
    found = session.get(MadeFile, file_id)
    if found is None or found.kind != KIND:
        raise Refused("This file is not there any more. Nothing was changed: History takes back what wrote it.")
    mine = Shipment.submission == found.name
    rows = session.scalars(
        select(Shipment).where(mine, Shipment.state == ShipmentState.IN_FILE).with_for_update()
    ).all()
    if not rows:
        raise Refused(f"No parcel waits for {found.name} any more. Nothing was changed.")
    for row in rows:
        row.state = ShipmentState.DRAFT
    return f"{counted(len(rows), 'parcel')} of {found.name} {agreeing(len(rows), 'is', 'are')} not told again."
