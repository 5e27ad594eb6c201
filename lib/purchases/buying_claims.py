"""Who has the purchase form of an order line open just now, so that a second person is told before they fill it in.

A claim stops nobody: what was bought meanwhile is looked at again when the purchase is made.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from db.models import BuyingClaim, Order, OrderLine, now
from lib.changes import locked
from lib.commands import command
from lib.rights import Right

LASTS = timedelta(minutes=3)
"""Without being renewed; an open form renews it each minute, so that a closed window is forgotten soon."""
RENEWED = timedelta(minutes=1)


@dataclass(frozen=True)
class Claim:
    """Somebody else's open form: who, since when, and for which orders."""

    actor: str
    since: datetime
    orders: tuple[str, ...]


@command(Right.PURCHASES)
def claim(session: Session, line_ids: Sequence[int]) -> str:
    """Claim the lines that nobody else has a claim on, and renew one's own."""
    mine, at = session.info["actor"].name, now()
    # The lines are locked first, so that of two people at once the second sees the claim of the first.
    lines = locked(session, OrderLine, line_ids)
    held = {one.order_line_id: one for one in session.scalars(_of(line_ids))}
    for number in lines:
        found = held.get(number)
        if found is None:
            session.add(BuyingClaim(order_line_id=number, actor=mine, at=at, until=at + LASTS))
        elif found.actor == mine or found.until <= at:
            found.at = found.at if found.actor == mine and found.until > at else at
            found.actor, found.until = mine, at + LASTS
    return "The form is open."


@command(Right.PURCHASES)
def release(session: Session, line_ids: Sequence[int]) -> str:
    """End one's own claims on these lines."""
    end(session, line_ids)
    return "The form is closed."


def end(session: Session, line_ids: Iterable[int]) -> None:
    mine = BuyingClaim.actor == session.info["actor"].name
    session.execute(delete(BuyingClaim).where(BuyingClaim.order_line_id.in_(list(line_ids)), mine))


def is_due(session: Session, line_ids: Sequence[int], mine: str) -> bool:
    """Whether a line has no claim, or one that has ended; or one of mine that is to be renewed."""
    held = {one.order_line_id: one for one in session.scalars(_of(line_ids))}
    return any(
        one is None or one.until <= now() or (one.actor == mine and one.until <= now() + LASTS - RENEWED)
        for one in (held.get(number) for number in line_ids)
    )


def of_others(session: Session, line_ids: Sequence[int], mine: str) -> list[Claim]:
    """Who else has a form open for one of these lines, the first one first."""
    query = (
        select(BuyingClaim.actor, BuyingClaim.at, Order.number)
        .join(OrderLine, OrderLine.id == BuyingClaim.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(BuyingClaim.order_line_id.in_(line_ids), BuyingClaim.actor != mine, BuyingClaim.until > now())
        .order_by(BuyingClaim.at, Order.id)
    )
    found: dict[str, Claim] = {}
    for actor, at, order in session.execute(query):
        known = found.setdefault(actor, Claim(actor, at, ()))
        found[actor] = Claim(actor, known.since, tuple(dict.fromkeys((*known.orders, order))))
    return list(found.values())


def _of(line_ids: Sequence[int]) -> Select[BuyingClaim]:
    return select(BuyingClaim).where(BuyingClaim.order_line_id.in_(line_ids))
