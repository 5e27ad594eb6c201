"""Which orders lose money, weighed again by night: rates, source prices, fees and freight change without anybody touching the order."""

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.models import Order, now
from db.vocabulary import WorkStatus
from lib.orders import order_money

MOST = 500
"""Orders weighed in one go."""
LATELY = timedelta(days=60)
"""For so long after it was bought an order is weighed although nothing is left to do for it."""
DONE = (WorkStatus.SHIPPED, WorkStatus.CLOSED)


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
