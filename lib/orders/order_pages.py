"""How many orders a filter finds, which of them are on a page, and what comes before and after one: quick in a million.

Most of what a filter asks are facts of few values. Which combinations of them match is asked of one order each; the index on their texts
then gives all the others without a look at an order. Up to 10,000 orders are found whole and then put in order; more than that are walked
in order until the page is full.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false, func, select
from sqlalchemy.orm import Session

from db import frames, search
from db.frames import MANY, Counts, Page, counted
from db.models import Order, OrderLine, Product
from db.order_facts import BY_DATE, BY_FACTS, BY_ID, BY_TAGS, ORDER_FACTS, examples
from db.pasted import numbered
from db.vocabulary import WorkStatus
from lib.orders.order_filter import Filter, Words, is_told, matching, of_facts, of_ranges, of_rows, of_words

SORTS = {"bought_at": Order.bought_at, "ship_by": Order.ship_by, "number": Order.number, "total": Order.total}
_INDICES = {
    "bought_at": BY_DATE,
    "ship_by": "ix_customer_order_ship_by_id",
    "number": "ix_customer_order_number",
    "total": "ix_customer_order_total_id",
    "paid_at": "ix_customer_order_paid_at_id",
    "shipped_at": "ix_customer_order_shipped_at_id",
}
BY_WORDS = BY_ID
"""Numbers and words lead to the ids of orders; their facts are beside them in this index."""
NEAR, DEEP, SORTABLE, SORTING = 200, 5_000, 200_000, 3
"""Up to a page that begins after so many orders, words are looked for in the products of each; a list of all products that have them takes
longer. Pages that begin after so many orders are sorted, not walked, when no more than so many match, and when that is the shorter way: an
order takes so many times as long to sort as to walk past."""
NARROW, COMMON, SOME = 20_000, 100_000, 1_000
"""A range with no more orders than that is read whole. Words that more order lines have are looked for in each order, and no work status
is counted further then than to a thousand."""
Clauses = Sequence[ColumnElement[bool]]
T = TypeVar("T")


def count(session: Session, wanted: Filter) -> int:
    """How many match; 10,001 means more than 10,000."""
    if _is_indexed(session, wanted):
        return _once(session, ("number", wanted), lambda: frames.count(session, _all(session, wanted), Order.id))
    if wanted == Filter(text=wanted.text) and _are_plenty(session, wanted):
        return MANY + 1
    found = _few(session, wanted)
    return MANY + 1 if found is None else len(found)


def counts(session: Session, wanted: Filter) -> Counts:
    """How many match in each work status: each counted to 10,001 at most, of words that very many products have to 1,001."""
    wanted = replace(wanted, work=None)
    numbers = Counts({status.value: 0 for status in WorkStatus})
    kinds = defaultdict(list)
    for facts, status in _kinds(session, wanted):
        kinds[status.value].append(facts)
    if not kinds:
        return numbers
    if _way(session, wanted) != BY_FACTS:
        statuses = {facts: status.value for facts, status in _kinds(session, wanted)}
        query = _all(session, wanted).with_only_columns(ORDER_FACTS, func.count()).group_by(ORDER_FACTS)
        for facts, number in session.execute(query):
            numbers[statuses[facts]] += number
        return Counts({status: min(number, MANY + 1) for status, number in numbers.items()})
    words, most = tuple(of_words(wanted, Words.LISTED)), SOME if wanted.text.strip() else MANY
    each = [counted(_alike(session, wanted, facts, words), Order.id, most).label(name) for name, facts in kinds.items()]
    return Counts(numbers | dict(session.execute(select(*each)).one()._mapping), most)


def page(session: Session, wanted: Filter, where: Page) -> list[int]:
    """The ids on a page, in order."""
    begin, number = (where.number - 1) * where.size, count(session, wanted)
    if begin >= number <= MANY:
        return []
    if number > MANY:
        query = _walk(session, wanted, where, begin).order_by(*order(where))
    elif _is_indexed(session, wanted):
        query = _sorted(_all(session, wanted), where)
    else:
        query = _among(_few(session, wanted) or ()).order_by(*order(where))
    return list(session.scalars(query.limit(where.size).offset(begin)))


def around(session: Session, wanted: Filter, where: Page, order_id: int) -> tuple[str | None, str | None]:
    """The numbers of the orders before and after one in the list's order; also where the list does not have that order any more."""
    here = session.get(Order, order_id)
    if here is None:
        return None, None
    found = _few(session, wanted) if count(session, wanted) <= MANY else None
    if found is None:
        before, after = (_next(session, wanted, where, here, is_after) for is_after in (False, True))
    else:
        ids = list(session.scalars(_among([*found, order_id]).order_by(*order(where))))
        place = ids.index(order_id)
        before, after = (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)
    rows = session.execute(select(Order.id, Order.number).where(Order.id.in_([before, after])))
    names = {row.id: row.number for row in rows}
    return names.get(before or 0), names.get(after or 0)


def order(where: Page, found: Any = Order) -> Sequence[Any]:
    column = SORTS.get(where.sort, Order.bought_at)
    return frames.order(where, {}, getattr(found, column.key), found.id)


# Which ones


def _few(session: Session, wanted: Filter) -> list[int] | None:
    """The ids of all that match, in no order; None when they are more than 10,000."""

    def found() -> list[int] | None:
        ids = list(session.scalars(_all(session, wanted).with_only_columns(Order.id).limit(MANY + 1)))
        return ids if len(ids) <= MANY else None

    return _once(session, ("few", wanted), found)


def _is_indexed(session: Session, wanted: Filter) -> bool:
    """Does one index answer all that is asked, so that asking again is quicker than taking the ids along?"""
    return not wanted.text.strip() and _way(session, wanted) == BY_FACTS


def _once(session: Session, name: Any, look: Callable[[], T]) -> T:
    """A session that only reads looks for the same but once."""
    if not session.info.get("reading"):
        return look()
    known: dict[Any, T] = session.info.setdefault("orders", {})
    if name not in known:
        known[name] = look()
    return known[name]


def _kinds(session: Session, wanted: Filter) -> list[tuple[str, WorkStatus]]:
    """The combinations of facts that match, each with its work status."""

    def found() -> list[tuple[str, WorkStatus]]:
        among = Order.id.in_(select(numbered(examples(session)).c.id))
        rows = session.execute(select(ORDER_FACTS, Order.work_status).where(among, *of_facts(wanted)))
        return [(facts, status) for facts, status in rows]

    return _once(session, ("kinds", wanted), found)


def _all(session: Session, wanted: Filter) -> Select[Any]:
    """All that match, by the way that leads past the fewest others."""
    return _alike(session, wanted, [facts for facts, _ in _kinds(session, wanted)])


def _alike(session: Session, wanted: Filter, facts: Sequence[str], words: Clauses | None = None) -> Select[Any]:
    """The orders with these facts, and whatever else is wanted of them. Questions that share `words` make the list of products once."""
    if not facts:
        return select(Order).where(false())
    way = _way(session, wanted)
    if words is None:
        words = tuple(of_words(wanted, Words.LEAD if way == BY_WORDS else Words.LISTED))
    query = select(Order).where(*words, *of_rows(wanted))
    return _by(way, query if _is_any(session, facts) else query.where(ORDER_FACTS.in_(facts)))


def _is_any(session: Session, facts: Sequence[str]) -> bool:
    return len(facts) == len(examples(session))


def _way(session: Session, wanted: Filter) -> str:
    """By which index the orders are found: that of the facts, unless something else that is asked leaves few of them."""
    return _once(session, ("way", replace(wanted, work=None)), lambda: _shortest(session, wanted))


def _shortest(session: Session, wanted: Filter) -> str:
    if wanted.numbers.strip() or wanted.paste or (wanted.text.strip() and not _is_common(session, wanted.text)):
        return BY_WORDS
    if wanted.parcels and not is_told(wanted):
        return BY_WORDS
    if wanted.tags:
        return BY_TAGS
    for column, clauses in of_ranges(wanted).items():
        index = f"ix_customer_order_{column}_id"
        within = _by(index, select(Order).where(*clauses))
        if index in _INDICES.values() and (session.scalar(select(counted(within, Order.id, NARROW))) or 0) <= NARROW:
            return index
    return BY_FACTS


def _is_common(session: Session, text: str) -> bool:
    """Have more order lines these words than COMMON? Reckoned by the products that have them, for lines take long to count."""
    products, lines = (session.scalar(select(func.max(each.id))) or 1 for each in (Product, OrderLine))
    most = COMMON * products // lines
    return search.hits(session, text, most) > most


def _sorted(query: Select[Any], where: Page) -> Select[Any]:
    """A few found first and then put in order: left to itself PostgreSQL walks all orders there are, for they lie in order."""
    few = query.with_only_columns(Order.id, SORTS.get(where.sort, Order.bought_at)).limit(MANY + 1).subquery()
    return select(few.c.id).order_by(*order(where, few.c))


def _are_plenty(session: Session, wanted: Filter) -> bool:
    """Do the first lines that have common words already belong to more than 10,000 orders? Quicker than to look into order by order."""

    def look() -> bool:
        lines = (
            select(OrderLine.order_id)
            .where(OrderLine.product_id.in_(search.listed(wanted.text)))
            .limit(2 * MANY)
            .subquery()
        )
        return (session.scalar(select(func.count(lines.c.order_id.distinct()))) or 0) > MANY

    return _way(session, wanted) == BY_FACTS and _once(session, ("plenty", wanted), look)


def _among(ids: Sequence[int]) -> Select[Any]:
    return select(Order.id).where(Order.id.in_(select(numbered(ids).c.id)))


def _walk(session: Session, wanted: Filter, where: Page, begin: int, *beyond: ColumnElement[bool]) -> Select[Any]:
    """The ids of all that match, so that a page of them in this order is soon full."""
    if wanted.numbers.strip() or wanted.paste:
        return matching(wanted).with_only_columns(Order.id).where(*beyond)
    facts = [facts for facts, _ in _kinds(session, wanted)]
    if begin > DEEP:
        found = _alike(session, wanted, facts)
        most = min(SORTABLE, math.isqrt(begin * (session.scalar(select(func.max(Order.id))) or 1) // SORTING))
        if (session.scalar(select(counted(found, Order.id, most))) or 0) <= most:
            return found.with_only_columns(Order.id)
    words = of_words(wanted, Words.READ if begin < NEAR else Words.LISTED)
    query = select(Order.id).where(*beyond, *words, *of_rows(wanted))
    if not _is_any(session, facts):
        query = query.where(ORDER_FACTS.in_(facts))
    return _by(_INDICES.get(where.sort, BY_DATE), query)


def _by(index: str, query: Select[Any]) -> Select[Any]:
    """SQLite gathers no statistics: it has to be told by which index."""
    return query.with_hint(Order, f"INDEXED BY {index}", "sqlite")


# Before and after


def _next(session: Session, wanted: Filter, where: Page, here: Order, is_after: bool) -> int | None:
    """The nearest id on one side, by steps in the index: first among those with the same value, then beyond it."""
    rises = is_after != where.descending
    direction = order(Page(sort=where.sort, descending=not rises))
    for part in _beyond(session, where, here, rises):
        walk = _walk(session, wanted, where, 0, part)
        found: int | None = session.scalar(walk.order_by(*direction).limit(1))
        if found is not None:
            return found
    return None


def _beyond(session: Session, where: Page, here: Order, rises: bool) -> Iterator[ColumnElement[bool]]:
    """What lies on one side of an order, nearest first. Orders without a value are the lowest in SQLite, the highest in PostgreSQL."""
    column = SORTS.get(where.sort, Order.bought_at)
    value = getattr(here, column.key)
    nulls_come = rises == (session.get_bind().dialect.name != "sqlite")
    yield (column.is_(None) if value is None else column == value) & (
        Order.id > here.id if rises else Order.id < here.id
    )
    if value is not None:
        yield column > value if rises else column < value
    elif not nulls_come:
        yield column.is_not(None)
    if value is not None and nulls_come:
        yield column.is_(None)
