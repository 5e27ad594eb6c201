"""Purchases: what is written on them, and the verbs for many of them at once. Which and how they are listed: see purchase_filter.py.

Whatever is written, the work status of the orders that a purchase serves follows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Purchase, PurchaseLine, now
from db.vocabulary import Payment, PurchaseStatus, Transport
from lib.changes import Changes, Edit, apply, locked
from lib.commands import command
from lib.counted import counted
from lib.orders import work
from lib.problems import Problem, Refused
from lib.purchases import purchase_freight, purchase_status
from lib.purchases.purchase_filter import Filter, answer, count, counts, in_status, matching
from lib.purchases.purchase_list import SORTS, operators, orders_of, table, warehouses
from lib.purchases.purchase_status import called
from lib.rights import Right

__all__ = [
    "SORTS",
    "Filter",
    "answer",
    "arrived",
    "cancel",
    "check",
    "close_short",
    "count",
    "counts",
    "forwarded",
    "in_status",
    "matching",
    "operators",
    "orders_of",
    "paid",
    "partly_arrived",
    "relabelled",
    "save",
    "table",
    "warehouses",
]
EDITABLE = (
    "number", "tracking", "status", "quantity", "arrived_quantity", "unit_cost", "freight", "freight_by", "operator", "contact",
    "transport", "remark", "payment",
)  # fmt: skip
SHARED_BY = {"unit_cost", "freight", "freight_by", "quantity"}
"""What the shares of the freight follow from."""
MOST = 5_000
"""Purchases that one verb changes at once."""
Which = Sequence[int] | Filter
"""Ids of purchases, or all that match."""


# Rules


def check(changes: Changes) -> list[Problem]:
    problems = []
    for edit in changes.edits:
        if edit.field in ("unit_cost", "freight") and (edit.new is None or edit.new < 0):
            problems.append(Problem("A cost is 0 or more.", edit.id, edit.field, value=edit.new))
        if edit.field == "operator" and not edit.new:
            problems.append(Problem("A purchase needs its operator.", edit.id, edit.field))
        if edit.field == "quantity" and (edit.new is None or not 1 <= edit.new <= 1_000_000):
            problems.append(Problem("The pieces are from 1 to 1,000,000.", edit.id, edit.field, value=edit.new))
        if edit.field == "arrived_quantity" and (edit.new is None or edit.new < 0):
            problems.append(Problem("The arrived pieces are 0 or more.", edit.id, edit.field, value=edit.new))
        if edit.field == "transport" and (unknown := set((edit.new or "").split(",")) - {"", *Transport}):
            known = ", ".join(Transport)
            text = f"{', '.join(sorted(unknown))} is not a transport attribute. Known, with commas between: {known}."
            problems.append(Problem(text, edit.id, edit.field, value=edit.new))
    return problems


# What is typed into the list


@command(Right.PURCHASES)
def save(session: Session, changes: Changes) -> str:
    """Write what was typed into the list; dates, status and the shares of the freight follow."""
    if problems := check(changes):
        raise Refused(*problems)
    rows = {row.id: row for row in apply(session, Purchase, changes.edits, EDITABLE)}
    at = now()
    typed = sorted(
        changes.edits, key=lambda edit: EDITABLE.index(edit.field) if edit.field != "status" else len(EDITABLE)
    )
    problems = [
        Problem(f"Purchase {called(rows[edit.id])} {why}. Nothing was changed.", edit.id, edit.field, value=edit.new)
        for edit in typed
        if (why := _follow_from(rows[edit.id], edit, at))
    ]
    problems += _move_pieces(session, rows, [edit for edit in typed if edit.field == "quantity"], at)
    if problems:
        raise Refused(*problems)
    for number in {edit.id for edit in typed if edit.field in SHARED_BY}:
        purchase_freight.reshare(session, rows[number])
    _follow(session, rows)
    return f"{counted(len(rows), 'purchase')} changed."


def _follow_from(row: Purchase, edit: Edit, at: datetime) -> str | None:
    """Write what goes by a rule, and let what depends on a typed cell follow. Why it cannot be, or None."""
    if edit.field == "tracking":
        purchase_status.note_tracking(row, edit.new, at)
        return None if len(row.tracking or "") <= 500 else "has room for 500 characters of tracking numbers"
    if edit.field == "payment":
        purchase_status.note_payment(row, Payment(edit.new), at)
    if edit.field == "arrived_quantity":
        return purchase_status.arrive(row, edit.new, at)
    if edit.field == "status":
        return purchase_status.set_by_hand(row, PurchaseStatus(edit.new), at)
    return None


def _move_pieces(session: Session, rows: Mapping[int, Purchase], edits: Sequence[Edit], at: datetime) -> list[Problem]:
    """The pieces of a purchase are those of the order line it serves; of several lines nobody can say whose change."""
    problems = []
    for edit in edits:
        row = rows[edit.id]
        lines = session.scalars(select(PurchaseLine).where(PurchaseLine.purchase_id == row.id)).all()
        why = None
        if len(lines) > 1:
            why = f"serves {len(lines)} order lines: cancel it and buy again with other pieces"
        elif row.arrived_quantity > row.quantity:
            why = f"has {counted(row.arrived_quantity, 'arrived piece')} already"
        elif row.status not in purchase_status.BY_HAND:
            why = purchase_status.arrive(row, row.arrived_quantity, at)
        if why:
            problems.append(Problem(f"Purchase {called(row)} {why}. Nothing was changed.", row.id, "quantity"))
        for line in lines:
            line.quantity = row.quantity
    return problems


# Verbs


@command(Right.PURCHASES)
def arrived(session: Session, which: Which) -> str:
    """All of it is here: at our own place, or at the forwarding warehouse when it is transshipped."""
    at = now()

    def arrive(purchase: Purchase) -> str | None:
        if purchase.status in purchase_status.ENDED:
            return f"is {purchase.status.label.lower()}"
        return purchase_status.arrive(purchase, purchase.quantity, at)

    return f"{_each(session, which, arrive)} arrived."


@command(Right.PURCHASES)
def partly_arrived(session: Session, pieces: Mapping[int, int]) -> str:
    """So many pieces of each purchase (by its id) are here now, those that came earlier counted."""
    at = now()
    return f"{_each(session, tuple(pieces), lambda p: purchase_status.arrive(p, pieces[p.id], at))} counted."


@command(Right.PURCHASES)
def close_short(session: Session, which: Which) -> str:
    """The rest will not come: the order lines are to be bought again for the pieces that are missing."""
    at = now()
    return f"{_each(session, which, lambda p: purchase_status.close_short(p, at))} closed short."


@command(Right.PURCHASES)
def paid(session: Session, which: Which) -> str:
    """The money has left."""
    at = now()
    return f"{_each(session, which, lambda p: purchase_status.pay(p, at))} paid."


@command(Right.PURCHASES)
def relabelled(session: Session, which: Which) -> str:
    """The forwarding warehouse has put the labels on."""
    at = now()
    return f"{_each(session, which, lambda p: purchase_status.relabel(p, at))} relabelled."


@command(Right.PURCHASES)
def forwarded(session: Session, which: Which) -> str:
    """The forwarding warehouse has sent it on."""
    at = now()
    return f"{_each(session, which, lambda p: purchase_status.forward(p, at))} forwarded."


@command(Right.PURCHASES)
def cancel(session: Session, which: Which) -> str:
    """Not bought after all: its order lines are to be bought again, and what was paid is to come back."""
    return f"{_each(session, which, purchase_status.cancel)} canceled."


def _each(session: Session, which: Which, change: Callable[[Purchase], str | None]) -> str:
    """Change all of them or none: each that cannot be is named with the reason."""
    rows = locked(session, Purchase, _ids(session, which))
    problems = [
        Problem(f"Purchase {called(row)} {why}. Nothing was changed.", row.id)
        for row in rows.values()
        if (why := change(row))
    ]
    if problems:
        raise Refused(*problems)
    _follow(session, rows)
    return counted(len(rows), "purchase")


def _ids(session: Session, which: Which) -> Sequence[int]:
    if isinstance(which, Filter):
        which = list(session.scalars(matching(which).limit(MOST + 1)))
        if not which:
            raise Refused("No purchase matches. Nothing was changed.")
    if not which:
        raise Refused("Tick the purchases first. Nothing was changed.")
    if len(which) > MOST:
        raise Refused(f"At most {MOST:,} purchases are changed at once. Narrow the filter. Nothing was changed.")
    return which


def _follow(session: Session, ids: Iterable[int]) -> None:
    """Let the work status of the orders that these purchases serve follow."""
    session.flush()
    orders = orders_of(session, ids)
    for start in range(0, len(orders), 1_000):
        work.follow(session, orders[start : start + 1_000])
