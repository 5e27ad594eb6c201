"""Which purchases: any combination of criteria.

Criteria of different kinds must all hold; of several values of one kind, any.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, or_, select, type_coerce, union
from sqlalchemy.orm import Session

from db import search
from db.frames import MANY
from db.frames import count as count_of
from db.models import Order, OrderLine, Product, Purchase, PurchaseLine, Warehouse, now
from db.models.purchases import UNTRACKED
from db.pasted import pasted
from db.vocabulary import OrderStatus, Payment, PurchaseStatus
from lib.orders import pasted_lists
from lib.orders.order_numbers import Numbers, among_several, either_case, entries, kept
from lib.orders.pasted_lists import Answer
from lib.purchases import purchase_stages
from lib.purchases.purchase_stages import Stage, that

DRIFT_PERCENT = 10
"""A price has drifted when it is further than this from what was expected."""
DRIFT_DAYS = 30
"""For so long after a purchase the drift of its price is news."""

QUEUES = ("late_tracking", "stuck", "vain", "drift", "losing")
"""The criteria behind which work waits."""


@dataclass(frozen=True)
class Filter:
    """All that is named must hold; within one field any of the values will do. Days are whole days in UTC, both ends included."""

    text: str = ""
    """Numbers of platform orders, of our orders, tracking, SKUs, as many as are pasted; or words of a product."""
    status: str | None = None
    """The tab."""
    statuses: tuple[PurchaseStatus, ...] = ()
    sites: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()
    """By their names."""
    payments: tuple[Payment, ...] = ()
    stages: tuple[Stage, ...] = ()
    since: date | None = None
    """Bought on this day or later."""
    until: date | None = None
    without_tracking: bool = False
    late_tracking: bool = False
    """Bought more than 48 hours ago and no tracking yet."""
    stuck: bool = False
    """On the way for more than 7 days, or at the forwarding warehouse for more than 5."""
    vain: bool = False
    """An order line it serves was canceled."""
    drift: bool = False
    """Its unit cost is more than 10 % away from what was expected, or from the product's source price now."""
    losing: bool = False
    """It serves an order that loses money."""
    transshipped: bool = False
    paste: str = ""
    """The key of a pasted list of numbers."""


def in_status(wanted: Filter, status: str | None) -> Filter:
    """The same criteria, within one status."""
    return replace(wanted, status=status)


def matching(wanted: Filter) -> Select[Any]:
    query = select(Purchase.id)
    for clause in (*_chosen(wanted), *_queued(wanted)):
        query = query.where(clause)
    return query


def count(session: Session, wanted: Filter) -> int:
    """How many match; 10,001 means more than 10,000."""
    return count_of(session, matching(wanted), Purchase.id)


def counts(session: Session, wanted: Filter) -> dict[str, int]:
    """How many match in each status, each counted to 10,001 at most."""
    base = matching(replace(wanted, status=None))
    if wanted.text or wanted.paste or any(getattr(wanted, name) for name in QUEUES):
        # What these find is few, but found with effort: once, not once for each status.
        grouped = base.with_only_columns(Purchase.status, func.count()).group_by(Purchase.status)
        found = {status.value: min(number, MANY + 1) for status, number in session.execute(grouped)}
        return {status.value: found.get(status.value, 0) for status in PurchaseStatus}
    numbers = [
        select(func.count()).select_from(base.where(Purchase.status == status).limit(MANY + 1).subquery())
        .scalar_subquery().label(status.value)
        for status in PurchaseStatus
    ]  # fmt: skip
    return {name: int(number) for name, number in session.execute(select(*numbers)).one()._mapping.items()}


# How the clauses are made


def _chosen(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    if wanted.text:
        yield Purchase.id.in_(_worded(wanted.text))
    if wanted.paste:
        yield Purchase.id.in_(union(*_numbered(kept(wanted.paste))))
    if wanted.status:
        yield Purchase.status == wanted.status
    columns: tuple[tuple[Any, Sequence[Any]], ...] = (
        (Purchase.status, wanted.statuses),
        (Purchase.site, wanted.sites),
        (Purchase.operator, wanted.operators),
        (Purchase.payment, wanted.payments),
    )
    for column, values in columns:
        if values:
            yield column.in_(values)
    if wanted.warehouses:
        yield Purchase.warehouse_id.in_(select(Warehouse.id).where(Warehouse.name.in_(wanted.warehouses)))
    if wanted.stages:
        yield purchase_stages.in_any(wanted.stages)
    if wanted.since:
        yield Purchase.created_at >= datetime.combine(wanted.since, time(), UTC)
    if wanted.until:
        yield Purchase.created_at <= datetime.combine(wanted.until, time.max, UTC)
    if wanted.transshipped:
        yield Purchase.transshipped.is_(True)


def _queued(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    if wanted.without_tracking:
        yield that(UNTRACKED)
    if wanted.late_tracking:
        yield purchase_stages.late_tracking()
    if wanted.stuck:
        yield Purchase.id.in_(union(*(select(Purchase.id).where(kind) for kind in purchase_stages.stuck())))
    if wanted.vain:
        dead = or_(OrderLine.canceled.is_(True), Order.status == OrderStatus.CANCELED)
        yield _standing() & Purchase.id.in_(_serving().where(that("customer_order.is_canceled_bought"), dead))
    if wanted.losing:
        yield _standing() & Purchase.id.in_(_serving().where(that("customer_order.is_losing")))
    if wanted.drift:
        yield from _drifted()


def _standing() -> ColumnElement[bool]:
    return Purchase.status != PurchaseStatus.CANCELED


def _serving() -> Select[Any]:
    return (
        select(PurchaseLine.purchase_id)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
    )


def _drifted() -> Iterable[ColumnElement[bool]]:
    """Amounts are compared in their smallest steps, which are whole numbers in the database."""
    yield _standing()
    yield Purchase.created_at >= now() - timedelta(days=DRIFT_DAYS)
    now_elsewhere = (
        select(PurchaseLine.id)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(
            PurchaseLine.purchase_id == Purchase.id,
            Product.currency == Purchase.currency,
            _is_far(func.coalesce(PurchaseLine.unit_cost, Purchase.unit_cost), Product.source_price),
        )
    )
    yield or_(_is_far(Purchase.unit_cost, Purchase.cost_before), now_elsewhere.exists())


def _is_far(cost: Any, expected: Any) -> ColumnElement[bool]:
    steps, most = type_coerce(cost, BigInteger), type_coerce(expected, BigInteger)
    return (most > 0) & (func.abs(steps - most) * 100 > most * DRIFT_PERCENT)


def _worded(text: str) -> Any:
    by_words = _serving().where(OrderLine.product_id.in_(select(Product.id).where(search.matching(text))))
    return union(*_numbered(pasted(entries(text))), by_words)


def _numbered(numbers: Numbers) -> Sequence[Select[Any]]:
    """The ids of purchases that have one of the numbers anywhere; small letters are as good as capitals."""
    wanted, served = either_case(numbers), _serving()
    return (
        select(Purchase.id).where(Purchase.number.in_(wanted)),
        select(Purchase.id).where(Purchase.tracking.in_(wanted)),
        among_several(wanted),
        served.where(Order.number.in_(wanted)),
        served.where(OrderLine.sku.in_(wanted)),
    )


def answer(session: Session, wanted: Filter) -> Answer:
    """What became of the numbers of the pasted list, in all purchases, whatever else is asked."""
    numbers = either_case(kept(wanted.paste))
    found: set[str] = set()
    for column in (Purchase.number, Purchase.tracking):
        found |= set(session.scalars(select(column).where(column.in_(numbers)).distinct()))
    for column in (Order.number, OrderLine.sku):
        found |= set(session.scalars(_serving().with_only_columns(column).where(column.in_(numbers)).distinct()))
    for several in session.scalars(select(Purchase.tracking).where(Purchase.id.in_(among_several(numbers)))):
        found |= set((several or "").split(", "))
    return pasted_lists.told(pasted_lists.numbers(session, wanted.paste), found)
