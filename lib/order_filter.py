"""Which orders: any combination of criteria.

Criteria of different kinds must all hold; of several values of one kind, any.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, select, text, true, union
from sqlalchemy.orm import Session

from db import search
from db.models import Order, OrderLine, Product, Purchase, PurchaseLine, Store, now
from db.pasted import parts, pasted
from db.vocabulary import OrderStatus, PurchaseStatus, Term, WorkStatus

SOON = timedelta(hours=48)
MOST_ENTRIES = 100_000
OPEN = (OrderStatus.PENDING, OrderStatus.UNSHIPPED, OrderStatus.PARTLY_SHIPPED)


class Dates(Term):
    """Which of an order's dates a range is about."""

    BOUGHT = "bought", "Bought"
    PAID = "paid", "Paid"
    SHIP_BY = "ship_by", "Ship by"
    SHIPPED = "shipped", "Shipped"


_DATES = {
    Dates.BOUGHT: Order.bought_at,
    Dates.PAID: Order.paid_at,
    Dates.SHIP_BY: Order.ship_by,
    Dates.SHIPPED: Order.shipped_at,
}


@dataclass(frozen=True)
class Filter:
    """What to show. Days are whole days in UTC, both ends included."""

    text: str = ""
    """Words of a product, or numbers: of orders, SKUs, ASINs, platform orders, tracking."""
    numbers: str = ""
    """A pasted list of such numbers, of any length."""
    stores: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    work: str | None = None
    dates: str = Dates.BOUGHT
    since: date | None = None
    until: date | None = None
    bought: bool | None = None
    tracked: bool | None = None
    unlinked: bool = False
    late: bool = False
    soon: bool = False


def entries(text: str) -> tuple[str, ...]:
    """The numbers of a pasted list, each once, in its order: cut at blanks, commas, semicolons and new lines."""
    return tuple(dict.fromkeys(entry for entry in re.split(r"[\s,;，；、]+", text) if entry))[:MOST_ENTRIES]


def matching(wanted: Filter) -> Select[Any]:
    query = select(Order)
    for clause in _clauses(wanted):
        query = query.where(clause)
    return query


def missing(session: Session, numbers: str) -> list[str]:
    """The entries of a pasted list that no order has."""
    asked = entries(numbers)
    if not asked:
        return []
    wanted = _either_case(asked)
    known: set[str] = set()
    for column in _NUMBERED:
        known |= set(session.scalars(select(column).where(column.in_(wanted)).distinct()))
    for several in session.scalars(select(Purchase.tracking).where(Purchase.id.in_(among_several(wanted)))):
        known |= set((several or "").split(", "))
    return [entry for entry in asked if entry not in known and entry.upper() not in known]


# How the clauses are made


def _clauses(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    if wanted.text.strip():
        yield Order.id.in_(_worded(wanted.text))
    if wanted.numbers.strip():
        yield Order.id.in_(_numbered(entries(wanted.numbers)))
    if wanted.stores:
        yield Order.store_id.in_(select(Store.id).where(Store.name.in_(wanted.stores)))
    if wanted.countries:
        yield Order.country.in_(wanted.countries)
    if wanted.statuses:
        yield Order.status.in_(wanted.statuses)
    if wanted.work:
        yield Order.work_status == wanted.work
    yield from _dated(wanted)
    yield from _facts(wanted)


def _dated(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    column = _DATES[Dates(wanted.dates)]
    if wanted.since:
        yield column >= datetime.combine(wanted.since, time(), UTC)
    if wanted.until:
        yield column <= datetime.combine(wanted.until, time.max, UTC)


def _facts(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    served = (
        select(OrderLine.id).join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(OrderLine.order_id == Order.id, Purchase.status != PurchaseStatus.CANCELED)
    )  # fmt: skip
    if wanted.bought is not None:
        yield served.exists() if wanted.bought else ~served.exists()
    if wanted.tracked is not None:
        tracked = served.where(func.coalesce(Purchase.tracking, "") != "").exists()
        yield tracked if wanted.tracked else ~tracked
    if wanted.unlinked:
        yield Order.id.in_(
            select(OrderLine.order_id).where(OrderLine.product_id.is_(None), OrderLine.canceled.is_(False))
        )
    if wanted.late or wanted.soon:
        yield Order.status.in_(OPEN) & Order.work_status.not_in((WorkStatus.SHIPPED, WorkStatus.CLOSED))
        late, soon = Order.ship_by < now(), Order.ship_by.between(now(), now() + SOON)
        yield late | soon if wanted.late and wanted.soon else late if wanted.late else soon


_NUMBERED = (Order.number, OrderLine.sku, OrderLine.asin, Purchase.number, Purchase.tracking)
SEVERAL_TRACKINGS = text("purchase.tracking LIKE '%, %'")
"""Purchases with more than one tracking number: few, and in an index of their own."""


def _numbered(numbers: Sequence[str]) -> CompoundSelect[Any]:
    """The ids of orders that have one of the numbers anywhere; each way through its own index."""
    wanted = _either_case(numbers)
    served = (
        select(OrderLine.order_id).join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
    )  # fmt: skip
    return union(
        select(Order.id).where(Order.number.in_(wanted)),
        select(OrderLine.order_id).where(OrderLine.sku.in_(wanted)),
        select(OrderLine.order_id).where(OrderLine.asin.in_(wanted)),
        served.where(Purchase.number.in_(wanted)),
        served.where(Purchase.tracking.in_(wanted)),
        served.where(Purchase.id.in_(among_several(wanted))),
    )


def _either_case(numbers: Sequence[str]) -> Select[Any]:
    """As typed, and in capitals: SKUs, ASINs and tracking are often typed small."""
    return pasted([*numbers, *(n.upper() for n in numbers if n.upper() != n)])


def among_several(numbers: Select[Any]) -> Select[Any]:
    """The ids of purchases that have one of the numbers among their several tracking numbers."""
    each = parts(Purchase.__table__.c.tracking)
    return select(Purchase.id).join(each, true()).where(SEVERAL_TRACKINGS, each.c.value.in_(numbers))


def _worded(text: str) -> CompoundSelect[Any]:
    """Orders by a number, or by the words of a product they are about."""
    about = select(OrderLine.order_id).where(OrderLine.product_id.in_(select(Product.id).where(search.matching(text))))
    return union(*_numbered(entries(text)).selects, about)
