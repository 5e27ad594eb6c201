"""What a purchase brings for each order line: all it was bought for, or only what has come where the rest will not come."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Purchase, PurchaseLine
from db.vocabulary import PurchaseStatus


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
