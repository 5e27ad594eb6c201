"""Which orders: any combination of criteria.

Criteria of different kinds must all hold; of several values of one kind, any.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, union

from db import search
from db.models import Order, OrderLine, Product, Shipment, Store, now
from db.vocabulary import OrderStatus, ShipmentState, Term, WorkStatus
from lib.orders.order_numbers import among_several, entries, holding, kept, typed

__all__ = [
    "SOON",
    "Dates",
    "Filter",
    "Words",
    "among_several",
    "entries",
    "matching",
    "of_facts",
    "of_ranges",
    "of_rows",
    "of_words",
]

SOON = timedelta(hours=48)
MOST_MONEY = Decimal(10**12)
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
    """Words of a product, or numbers: of orders, SKUs, ASINs, EANs and UPCs, platform orders, tracking."""
    numbers: str = ""
    """A short list of such numbers, separated anyhow."""
    stores: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    work: str | None = None
    """The one work status whose tab is open; `works` narrows to several."""
    dates: str = Dates.BOUGHT
    since: date | None = None
    until: date | None = None
    bought: bool | None = None
    tracked: bool | None = None
    unlinked: bool = False
    late: bool = False
    soon: bool = False
    paste: str = ""
    """The key of a long list of numbers, see lib/orders/pasted_lists.py."""
    works: tuple[str, ...] = ()
    fulfilment: str | None = None
    """Who ships: seller or amazon."""
    vain: bool = False
    """Canceled, all of it or a line, after something was bought for it."""
    losing: bool = False
    currency: str | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    """The order's total, both ends included."""
    tags: tuple[str, ...] = ()
    parcels: tuple[str, ...] = ()
    """The states of its parcels to the buyer: one of them is in one of these."""


def matching(wanted: Filter) -> Select[Any]:
    return select(Order).where(*of_words(wanted), *of_facts(wanted), *of_rows(wanted))


def of_facts(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    """What is asked of facts that have few values: see db/order_facts.py, which has to know each column that is named here."""
    if wanted.stores:
        yield Order.store_id.in_(select(Store.id).where(Store.name.in_(wanted.stores)))
    several = ((Order.country, wanted.countries), (Order.status, wanted.statuses), (Order.work_status, wanted.works))
    yield from (column.in_(values) for column, values in several if values)
    words = ((Order.work_status, wanted.work), (Order.fulfilment, wanted.fulfilment), (Order.currency, wanted.currency))
    yield from (column == word for column, word in words if word)
    answers = ((Order.has_purchase, wanted.bought), (Order.has_tracking, wanted.tracked))
    yield from (column.is_(answer) for column, answer in answers if answer is not None)
    alarms = (
        (Order.is_unlinked, wanted.unlinked),
        (Order.is_canceled_bought, wanted.vain),
        (Order.is_losing, wanted.losing),
    )
    yield from (column.is_(True) for column, rings in alarms if rings)
    if wanted.late or wanted.soon:
        yield Order.status.in_(OPEN)
        yield Order.work_status.not_in((WorkStatus.SHIPPED, WorkStatus.CLOSED))


def of_rows(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    """What is asked of dates, amounts and tags, which may differ from order to order."""
    for clauses in of_ranges(wanted).values():
        yield from clauses
    if wanted.tags:
        listed = literal(",").concat(func.replace(Order.tags, ", ", ",")).concat(",")
        yield Order.tags.is_not(None)
        yield or_(*(func.replace(listed, f",{tag},", "") != listed for tag in wanted.tags))
    if wanted.parcels:
        inside = select(Shipment.order_id).where(Shipment.state.in_(wanted.parcels))
        yield inside.where(Shipment.order_id == Order.id).exists() if is_told(wanted) else Order.id.in_(inside)


def is_told(wanted: Filter) -> bool:
    """Whether parcels are wanted that nobody waits for any more: sooner or later nearly every order has one."""
    return ShipmentState.CONFIRMED in wanted.parcels


def of_ranges(wanted: Filter) -> dict[str, list[ColumnElement[bool]]]:
    """Of each column that has to lie within a range, what is asked."""
    asked: dict[str, list[ColumnElement[bool]]] = defaultdict(list)
    date, due, total = _DATES[Dates(wanted.dates)], asked[Order.ship_by.key], asked[Order.total.key]
    if wanted.since:
        asked[date.key].append(date >= datetime.combine(wanted.since, time(), UTC))
    if wanted.until:
        asked[date.key].append(date <= datetime.combine(wanted.until, time.max, UTC))
    if wanted.late or wanted.soon:
        due.append(Order.ship_by <= now() + SOON if wanted.soon else Order.ship_by < now())
    if wanted.soon and not wanted.late:
        due.append(Order.ship_by >= now())
    if wanted.least is not None:
        total.append(Order.total >= _storable(wanted.least, ROUND_CEILING))
    if wanted.most is not None:
        total.append(Order.total <= _storable(wanted.most, ROUND_FLOOR))
    return {name: clauses for name, clauses in asked.items() if clauses}


class Words(Enum):
    """How the words of products find orders."""

    LEAD = "they lead to their orders"
    LISTED = "each order is looked for in the list of products that have them"
    READ = "each order's products are read"


def of_words(wanted: Filter, words: Words = Words.LEAD) -> Iterable[ColumnElement[bool]]:
    """What is asked of numbers and words, which lead to orders by other tables.

    Words so common that no list of their orders should be made are looked for in each order instead.
    """
    if wanted.text.strip():
        numbers = holding(typed(entries(wanted.text)))
        if words == Words.LEAD:
            lines = select(OrderLine.order_id).where(search.matching(wanted.text, OrderLine.product_id))
            yield Order.id.in_(union(*numbers.selects, lines))
        else:
            yield _has(wanted.text, words) | Order.id.in_(numbers)
    if wanted.numbers.strip():
        yield Order.id.in_(holding(typed(entries(wanted.numbers))))
    if wanted.paste:
        yield Order.id.in_(holding(kept(wanted.paste)))


def _has(text: str, words: Words) -> ColumnElement[bool]:
    """As a value of each order: PostgreSQL would make a join of EXISTS, and look through all the lines there are."""
    line = select(literal(True)).where(OrderLine.order_id == Order.id).limit(1)
    if words == Words.READ:
        line = line.join_from(OrderLine, Product).where(search.having(text))
    else:
        # Plus nothing: SQLite would else try each product that has the words for each order.
        line = line.where((OrderLine.product_id + 0).in_(search.listed(text)).is_(True))
    return line.scalar_subquery().is_not(None)


def _storable(amount: Decimal, rounding: str) -> Decimal:
    """The nearest amount within the range that a column can hold: no total has more than four decimals."""
    if not amount.is_finite() or abs(amount) > MOST_MONEY:
        amount = MOST_MONEY.copy_sign(amount)
    return amount.quantize(Decimal("0.0001"), rounding)
