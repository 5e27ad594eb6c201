"""The freight of a purchase, shared among the order lines it serves so that the shares add up to it to the last cent."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import OrderLine, Product, Purchase, PurchaseLine
from db.vocabulary import FreightBy
from lib.purchases.freight import shares


def weights(
    way: FreightBy, pieces: Sequence[int], costs: Sequence[Decimal], grams: Sequence[int | None]
) -> list[Decimal]:
    """What each line counts: `pieces` of it at `costs` a piece, `grams` a piece. By pieces where not every weight is known."""
    if way == FreightBy.LINES:
        return [Decimal(1)] * len(pieces)
    if way == FreightBy.COST:
        return [cost * count for cost, count in zip(costs, pieces, strict=True)]
    if way == FreightBy.WEIGHT and all(grams):
        return [Decimal(gram or 0) * count for gram, count in zip(grams, pieces, strict=True)]
    return [Decimal(count) for count in pieces]


def reshare(session: Session, purchase: Purchase) -> None:
    """Give each line of the purchase its share of the freight as it is now."""
    query = (
        select(PurchaseLine, Product.weight_grams)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(PurchaseLine.purchase_id == purchase.id)
        .order_by(PurchaseLine.id)
    )
    rows = list(session.execute(query))
    counted = weights(
        purchase.freight_by,
        [line.quantity for line, _ in rows],
        [line.unit_cost if line.unit_cost is not None else purchase.unit_cost for line, _ in rows],
        [grams for _, grams in rows],
    )
    for (line, _), share in zip(rows, shares(purchase.freight, counted, purchase.currency), strict=True):
        line.freight = share
