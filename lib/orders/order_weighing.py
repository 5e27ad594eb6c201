"""Which orders lose money, weighed again by night and when a rate or a fee was changed: nobody touches the orders themselves then."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from db.models import Change, ExchangeRate, Order, Store, now
from db.session import Actor, reading, transaction
from db.vocabulary import WorkStatus
from lib import jobs
from lib.counted import agreeing, counted
from lib.jobs import Progress, job
from lib.orders import order_money
from lib.orders.work import follow

MOST = 500
"""Orders weighed in one go."""
LATELY = timedelta(days=60)
"""For so long after it was bought an order is weighed although nothing is left to do for it."""
DONE = (WorkStatus.SHIPPED, WorkStatus.CLOSED)
JOB = "weigh"
MOST_ROUNDS = 10_000


def soon(session: Session) -> None:
    """Weigh in the background when this transaction has changed a rate or a fee. A job that is at it already has looked at some before."""
    jobs.start(session, JOB, once=f"{JOB} {secrets.token_hex(8)}")


def is_due_after(session: Session, change_set: int) -> bool:
    """Whether a change set has touched a rate or a fee."""
    fee = and_(Change.table == Store.__tablename__, Change.field == Store.fee_percent.key)
    what = or_(Change.table == ExchangeRate.__tablename__, fee)
    return session.scalar(select(Change.id).where(Change.set_id == change_set, what).limit(1)) is not None


@job(JOB)
def work_off(actor: Actor, _arguments: dict[str, Any], progress: Progress) -> str:
    return said(weigh(actor, "orders.weigh", progress))


def said(count: int, is_dry: bool = False) -> str:
    marked = "would be marked" if is_dry else "marked"
    lose = agreeing(count, "loses money now, or does so no more", "lose money now, or do so no more")
    return f"{counted(count, 'order')} {marked} that {lose}"


def weigh(actor: Actor, command: str, progress: Callable[[int, int, str], Any], is_dry: bool = False) -> int:
    """Mark the orders that lose money by today's rates, prices and fees, and unmark those that do not any more; how many."""
    after: int | None = 0
    count = 0
    for _ in range(MOST_ROUNDS):
        with reading() as session:
            after, unlike = weighed(session, after or 0)
        if after is None:
            break
        if unlike and not is_dry:
            with transaction(actor, command) as session:
                follow(session, unlike)
        count += len(unlike)
        progress(count, 0, "Weighing orders.")
    return count


def weighed(session: Session, after: int = 0) -> tuple[int | None, list[int]]:
    """Weigh the next orders with purchases whose id is higher: those that are open, and those of the last 60 days.

    Returns the last id looked at, None when there is none left; and those whose mark says something else than what they earn now.
    """
    query = (
        select(Order.id, Order.is_losing)
        .where(
            Order.id > after, Order.has_purchase, or_(Order.work_status.not_in(DONE), Order.bought_at >= now() - LATELY)
        )
        .order_by(Order.id)
        .limit(MOST)
    )
    marked = {row.id: row.is_losing for row in session.execute(query)}
    if not marked:
        return None, []
    money = order_money.money_of(session, marked)
    return max(marked), [number for number, is_losing in marked.items() if money[number].is_losing != is_losing]
