"""One page of purchases as it is shown: what each costs in all, which orders it serves, where its goods are and since when."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.frames import Page, different, order, page_of
from db.models import Order, OrderLine, Product, Purchase, PurchaseLine, Warehouse, now
from db.pasted import numbered
from lib.purchases import purchase_stages
from lib.purchases.purchase_filter import Filter, matching

SORTS = {"created_at": Purchase.created_at, "number": Purchase.number, "arrived_at": Purchase.arrived_at}
SHOWN = (
    "number", "site", "status", "quantity", "arrived_quantity", "unit_cost", "cost_before", "freight", "freight_by", "currency",
    "payment", "paid_at", "operator", "contact", "tracking", "tracked_at", "transport", "transshipped", "arrived_at",
    "relabelled_at", "forwarded_at", "remark", "reason", "created_at",
)  # fmt: skip

FOLLOWING = ("warehouse", "total", "stage", "age", "is_stuck", "picture", "orders", "items")


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """One page of the list, a row a purchase. `total` is what its lines cost each at its own price, and the freight."""
    ids = numbered(session.scalars(page_of(matching(wanted), Purchase.id, order_of(page), page)))
    query = (
        select(Purchase, Warehouse.name)
        .join(ids, ids.c.id == Purchase.id)
        .outerjoin(Warehouse, Warehouse.id == Purchase.warehouse_id)
        .order_by(*order_of(page))
    )
    found = list(session.execute(query))
    served = _served(session, select(ids.c.id), [purchase.id for purchase, _ in found])
    at = now()
    rows = []
    for purchase, warehouse in found:
        lines = served[purchase.id]
        rows.append(
            {name: getattr(purchase, name) for name in SHOWN}
            | {
                "warehouse": warehouse,
                "total": _total(purchase, lines),
                "stage": purchase_stages.stage_of(purchase),
                "age": purchase_stages.age_days(purchase, at),
                "is_stuck": purchase_stages.is_stuck(purchase, at),
                "picture": next((line.picture for line in lines if line.picture), None),
                "orders": ", ".join(dict.fromkeys(line.number for line in lines)),
                "items": ", ".join(f"{line.sku} × {line.quantity}" for line in lines),
            }
        )
    index = pd.Index([purchase.id for purchase, _ in found], name="id")
    return pd.DataFrame(rows, columns=[*SHOWN, *FOLLOWING], index=index, dtype=object)


def _total(purchase: Purchase, lines: Sequence[Any]) -> Decimal:
    if not lines:
        return purchase.unit_cost * purchase.quantity + purchase.freight
    costs = (purchase.unit_cost if line.unit_cost is None else line.unit_cost for line in lines)
    return sum((cost * line.quantity for cost, line in zip(costs, lines, strict=True)), purchase.freight)


def _served(session: Session, which: Select[Any], ids: Sequence[int]) -> dict[int, list[Any]]:
    query = (
        select(
            PurchaseLine.purchase_id, PurchaseLine.quantity, PurchaseLine.unit_cost, OrderLine.sku, Order.number, Product.picture
        )
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(PurchaseLine.purchase_id.in_(which))
        .order_by(PurchaseLine.id)
    )  # fmt: skip
    found: dict[int, list[Any]] = {number: [] for number in ids}
    for row in session.execute(query):
        found[row.purchase_id].append(row)
    return found


def order_of(page: Page) -> Sequence[Any]:
    return order(page, SORTS, Purchase.created_at, Purchase.id)


def warehouses(session: Session) -> dict[int, str]:
    """The names of all forwarding warehouses, in use or not."""
    return {row.id: row.name for row in session.execute(select(Warehouse.id, Warehouse.name).order_by(Warehouse.name))}


def operators(session: Session) -> tuple[str, ...]:
    """Who has ever bought something."""
    return tuple(different(session, Purchase.operator))


def orders_of(session: Session, ids: Iterable[int]) -> list[int]:
    """The orders that these purchases serve."""
    query = (
        select(OrderLine.order_id)
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .where(PurchaseLine.purchase_id.in_(list(ids)))
        .distinct()
        .order_by(OrderLine.order_id)
    )
    return list(session.scalars(query))
