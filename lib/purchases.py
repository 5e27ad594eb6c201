"""Purchases: what was bought on which site for which order lines, where the goods are, and what a new one would earn."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, func, select, type_coerce, union
from sqlalchemy.orm import Session

from db import search
from db.frames import MANY, Page, different, frame, page_of
from db.frames import count as count_of
from db.models import Order, OrderLine, Product, Purchase, PurchaseLine, Warehouse, now
from db.models.base import money
from db.pasted import numbered, pasted
from db.vocabulary import PurchaseStatus, Transport
from lib import work
from lib.buying import trackings
from lib.changes import Changes, apply, locked
from lib.commands import command
from lib.order_filter import among_several, entries
from lib.problems import Problem, Refused
from lib.rights import Right

EDITABLE = ("number", "tracking", "status", "unit_cost", "freight", "operator", "contact", "transport", "remark")
SORTS = {"created_at": Purchase.created_at, "number": Purchase.number, "arrived_at": Purchase.arrived_at}


@dataclass(frozen=True)
class Filter:
    """All that is named must hold; within one field any of the values will do."""

    text: str = ""
    """Numbers of platform orders, of our orders, tracking, SKUs; or words of a product."""
    status: str | None = None
    sites: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    without_tracking: bool = False
    transshipped: bool = False


# Rules


def check(changes: Changes) -> list[Problem]:
    problems = []
    for edit in changes.edits:
        if edit.field in ("unit_cost", "freight") and (edit.new is None or edit.new < 0):
            problems.append(Problem("A cost is 0 or more.", edit.id, edit.field, value=edit.new))
        if edit.field == "operator" and not edit.new:
            problems.append(Problem("A purchase needs its operator.", edit.id, edit.field))
        if edit.field == "transport" and (unknown := set((edit.new or "").split(",")) - {"", *Transport}):
            known = ", ".join(Transport)
            text = f"{', '.join(sorted(unknown))} is not a transport attribute. Known, with commas between: {known}."
            problems.append(Problem(text, edit.id, edit.field, value=edit.new))
    return problems


def in_status(wanted: Filter, status: str | None) -> Filter:
    """The same criteria, within one status."""
    return replace(wanted, status=status)


# Reading


def matching(wanted: Filter) -> Select[Any]:
    query = select(Purchase.id)
    for clause in _clauses(wanted):
        query = query.where(clause)
    return query


def _clauses(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    if wanted.text:
        yield Purchase.id.in_(_worded(wanted.text))
    if wanted.status:
        yield Purchase.status == wanted.status
    if wanted.sites:
        yield Purchase.site.in_(wanted.sites)
    if wanted.operators:
        yield Purchase.operator.in_(wanted.operators)
    if wanted.without_tracking:
        yield Purchase.tracking.is_(None) & Purchase.status.not_in(_ENDED)
    if wanted.transshipped:
        yield Purchase.transshipped.is_(True)


def _worded(text: str) -> Any:
    wanted = pasted(entries(text))
    served = (
        select(PurchaseLine.purchase_id)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
    )
    return union(
        select(Purchase.id).where(Purchase.number.in_(wanted)),
        select(Purchase.id).where(Purchase.tracking.in_(wanted)),
        among_several(wanted),
        served.where(Order.number.in_(wanted)),
        served.where(OrderLine.sku.in_(wanted)),
        served.where(OrderLine.product_id.in_(select(Product.id).where(search.matching(text)))),
    )


def count(session: Session, wanted: Filter) -> int:
    """How many match; 10,001 means more than 10,000."""
    return count_of(session, matching(wanted), Purchase.id)


def counts(session: Session, wanted: Filter) -> dict[str, int]:
    """How many match in each status, each counted to 10,001 at most."""
    base = matching(replace(wanted, status=None))
    numbers = [
        select(func.count()).select_from(base.where(Purchase.status == status).limit(MANY + 1).subquery())
        .scalar_subquery().label(status.value)
        for status in PurchaseStatus
    ]  # fmt: skip
    return {name: int(number) for name, number in session.execute(select(*numbers)).one()._mapping.items()}


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """One page of the list, a row a purchase, with the orders it serves."""
    ids = numbered(session.scalars(page_of(matching(wanted), Purchase.id, _order(page), page)))
    total = type_coerce(Purchase.unit_cost * Purchase.quantity + Purchase.freight, money())
    query = (
        select(
            Purchase.id, Purchase.number, Purchase.site, Purchase.status, Purchase.quantity, Purchase.unit_cost,
            Purchase.freight, total.label("total"), Purchase.currency, Purchase.operator, Purchase.contact, Purchase.tracking,
            Purchase.transport, Purchase.transshipped, Warehouse.name.label("warehouse"), Purchase.arrived_at,
            Purchase.relabelled_at, Purchase.forwarded_at, Purchase.remark, Purchase.created_at,
        )
        .join(ids, ids.c.id == Purchase.id)
        .outerjoin(Warehouse, Warehouse.id == Purchase.warehouse_id)
        .order_by(*_order(page))
    )  # fmt: skip
    found = frame(session, query)
    about: dict[int, dict[str, Any]] = {number: {"picture": None, "orders": {}, "items": []} for number in found.index}
    for row in session.execute(_served().where(PurchaseLine.purchase_id.in_(select(ids.c.id)))):
        about[row.purchase_id]["picture"] = about[row.purchase_id]["picture"] or row.picture
        about[row.purchase_id]["orders"][row.number] = None
        about[row.purchase_id]["items"].append(f"{row.sku} × {row.quantity}")
    for name in ("picture", "orders", "items"):
        cells = [c[name] if name == "picture" else ", ".join(c[name]) for c in about.values()]
        found[name] = pd.Series(cells, index=found.index, dtype=object)
    return found


def _served() -> Any:
    return (
        select(PurchaseLine.purchase_id, PurchaseLine.quantity, OrderLine.sku, Order.number, Product.picture)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .order_by(PurchaseLine.id)
    )


def _order(page: Page) -> Sequence[Any]:
    column = SORTS.get(page.sort, Purchase.created_at)
    return (column.desc(), Purchase.id.desc()) if page.descending else (column, Purchase.id)


def warehouses(session: Session) -> dict[int, str]:
    return {row.id: row.name for row in session.execute(select(Warehouse.id, Warehouse.name).order_by(Warehouse.name))}


def operators(session: Session) -> tuple[str, ...]:
    """Who has ever bought something."""
    return tuple(different(session, Purchase.operator))


# Commands


@command(Right.PURCHASES)
def save(session: Session, changes: Changes) -> str:
    """Write what was typed into the list; the orders' work status follows."""
    if problems := check(changes):
        raise Refused(*problems)
    rows = apply(session, Purchase, changes.edits, EDITABLE)
    for row in rows:
        row.tracking = trackings(row.tracking)
        if row.status == PurchaseStatus.ARRIVED and row.arrived_at is None:
            row.arrived_at = now()
    _follow(session, [row.id for row in rows])
    return f"{len(rows)} purchases changed."


_ENDED = (PurchaseStatus.CANCELED, PurchaseStatus.CLOSED_SHORT)


@command(Right.PURCHASES)
def arrived(session: Session, ids: Sequence[int]) -> str:
    """All of it is here: at our own place, or at the forwarding warehouse when it is transshipped."""

    def arrive(purchase: Purchase) -> str | None:
        if purchase.status in _ENDED:
            return f"is {purchase.status.label.lower()}"
        purchase.status, purchase.arrived_at = PurchaseStatus.ARRIVED, purchase.arrived_at or now()
        return None

    return f"{_each(session, ids, arrive)} arrived."


@command(Right.PURCHASES)
def relabelled(session: Session, ids: Sequence[int]) -> str:
    """The forwarding warehouse has put the labels on."""

    def relabel(purchase: Purchase) -> str | None:
        if problem := _not_at_a_warehouse(purchase):
            return problem
        purchase.relabelled_at = purchase.relabelled_at or now()
        return None

    return f"{_each(session, ids, relabel)} relabelled."


@command(Right.PURCHASES)
def forwarded(session: Session, ids: Sequence[int]) -> str:
    """The forwarding warehouse has sent it on."""

    def forward(purchase: Purchase) -> str | None:
        if problem := _not_at_a_warehouse(purchase):
            return problem
        purchase.forwarded_at = purchase.forwarded_at or now()
        return None

    return f"{_each(session, ids, forward)} forwarded."


@command(Right.PURCHASES)
def cancel(session: Session, ids: Sequence[int]) -> str:
    """Not bought after all: its order lines are to be bought again."""

    def drop(purchase: Purchase) -> str | None:
        if purchase.forwarded_at is not None:
            return "has been forwarded already"
        purchase.status = PurchaseStatus.CANCELED
        return None

    return f"{_each(session, ids, drop)} canceled."


def _not_at_a_warehouse(purchase: Purchase) -> str | None:
    if not purchase.transshipped:
        return "is not transshipped"
    if purchase.status != PurchaseStatus.ARRIVED:
        return "has not arrived at its warehouse"
    return None


def _each(session: Session, ids: Sequence[int], change: Callable[[Purchase], str | None]) -> str:
    """Change all of them or none: each that cannot be is named with the reason."""
    if not ids:
        raise Refused("Tick the purchases first. Nothing was changed.")
    rows = locked(session, Purchase, ids)
    problems = [
        Problem(f"Purchase {row.number or row.id} {why}. Nothing was changed.", row.id)
        for row in rows.values()
        if (why := change(row))
    ]
    if problems:
        raise Refused(*problems)
    _follow(session, ids)
    return f"{len(rows)} purchase{'s' if len(rows) != 1 else ''}"


def _follow(session: Session, ids: Iterable[int]) -> None:
    """Let the work status of the orders that these purchases serve follow."""
    session.flush()
    work.follow(session, orders_of(session, ids))


def orders_of(session: Session, ids: Iterable[int]) -> list[int]:
    """The orders that these purchases serve."""
    query = (
        select(OrderLine.order_id)
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .where(PurchaseLine.purchase_id.in_(list(ids)))
        .distinct()
        .order_by(OrderLine.order_id)
    )
    return list(session.scalars(query))
