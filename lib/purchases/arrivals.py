"""What a purchase brings for each order line: all it was bought for, or only what has come where the rest will not come."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.models import OrderLine, Purchase, PurchaseLine
from db.vocabulary import Payment, PurchaseStatus


class Part(Protocol):
    """A purchase's line, with the status of the purchase; a row of a query is one."""

    @property
    def id(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def purchase_id(self) -> int: ...
    @property
    def status(self) -> PurchaseStatus: ...


class Bought(NamedTuple):
    """What one purchase brings for an order line, what that costs, and its part of the freight; in the purchase's currency."""

    order_id: int
    line_id: int
    pieces: int
    cost: Decimal
    freight: Decimal
    currency: str
    fx: Decimal | None
    """The rate of its day into the currency of the order."""


def shared(arrived: int, pieces: Sequence[int]) -> list[int]:
    """How many of the arrived pieces each line gets: the lines are filled in their order."""
    given = []
    for wanted in pieces:
        given.append(min(wanted, max(arrived, 0)))
        arrived -= given[-1]
    return given


def brought(session: Session, purchase_ids: Sequence[int]) -> dict[int, int]:
    """By the id of each PurchaseLine of these purchases: the pieces that came or may still come.

    Nothing of a canceled purchase; of one that was closed short what has arrived, filled into its lines in their order.
    """
    query = (
        select(
            PurchaseLine.id, PurchaseLine.quantity, Purchase.id.label("purchase"), Purchase.status, Purchase.arrived_quantity
        )
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(Purchase.id.in_(purchase_ids))
        .order_by(Purchase.id, PurchaseLine.id)
    )  # fmt: skip
    found: dict[int, int] = {}
    left: dict[int, int] = {}
    for row in session.execute(query):
        if row.status == PurchaseStatus.CANCELED:
            found[row.id] = 0
        elif row.status == PurchaseStatus.CLOSED_SHORT:
            here = left.get(row.purchase, row.arrived_quantity)
            [found[row.id]] = shared(here, [row.quantity])
            left[row.purchase] = here - found[row.id]
        else:
            found[row.id] = row.quantity
    return found


def of_parts(session: Session, parts: Iterable[Part]) -> dict[int, int]:
    """The same for lines that were read already: the database is asked only for the purchases that were closed short."""
    known = list(parts)
    short = {part.purchase_id for part in known if part.status == PurchaseStatus.CLOSED_SHORT}
    came = brought(session, sorted(short)) if short else {}
    return {
        part.id: 0 if part.status == PurchaseStatus.CANCELED else came.get(part.id, part.quantity) for part in known
    }


def paid_for(ordered: int, came: int, payment: Payment) -> int:
    """The pieces whose cost is lost to us: what will not come is paid for too, unless the seller owes or has given it back."""
    return came if payment in (Payment.REFUND_DUE, Payment.REFUNDED) else ordered


def bought(session: Session, which: ColumnElement[bool]) -> list[Bought]:
    """What purchases that were not canceled brought or still bring for these order lines, and what was paid for it."""
    query = (
        select(
            OrderLine.order_id, PurchaseLine.order_line_id, PurchaseLine.id, PurchaseLine.quantity, PurchaseLine.freight,
            PurchaseLine.purchase_id, Purchase.status, Purchase.payment, Purchase.currency,
            func.coalesce(PurchaseLine.unit_cost, Purchase.unit_cost).label("unit_cost"),
            func.coalesce(PurchaseLine.fx, Purchase.fx).label("fx"),
        )
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(which, Purchase.status != PurchaseStatus.CANCELED)
        .order_by(PurchaseLine.id)
    )  # fmt: skip
    rows = session.execute(query).all()
    came = of_parts(session, rows)
    return [
        Bought(
            row.order_id, row.order_line_id, came[row.id], row.unit_cost * paid_for(row.quantity, came[row.id], row.payment),
            row.freight, row.currency, row.fx,
        )
        for row in rows
    ]  # fmt: skip
