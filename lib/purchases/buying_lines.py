"""What can be bought: order lines with what they bring, what was bought for them before, and what the form proposes for them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Product, Purchase, PurchaseLine, Store
from db.vocabulary import OrderStatus, PurchaseStatus, Source, WorkStatus
from lib.prices import price_book
from lib.purchases import arrivals
from lib.purchases.arrivals import Bought
from lib.purchases.fees import Fee, fee

MOST_LINES = 200


@dataclass(frozen=True)
class Before:
    """What one piece has cost until now, and who says so."""

    cost: Decimal
    currency: str
    where: str


@dataclass(frozen=True)
class Proposal:
    """An order line that can be bought for, with what the form proposes. Amounts are of the whole line, in `currency`."""

    line_id: int
    order_id: int
    order: str
    sku: str
    title: str
    ordered: int
    purchased: int
    price: Decimal | None
    shipping: Decimal | None
    fee: Fee | None
    currency: str
    spent: Decimal | None
    """What earlier purchases of this line cost; None where the rate of one is not known."""
    cost: Decimal | None
    """Of one piece, in `cost_currency`, as the library has it."""
    cost_currency: str
    before: Before | None
    """What one piece cost in the last purchase of this product, else in the library."""
    transport: tuple[str, ...]
    site: Source
    status: OrderStatus
    fulfilment: str
    ship_by: datetime | None
    product_id: int | None = None
    weight: int | None = None
    """Grams of one piece."""
    picture: str | None = None
    source_url: str | None = None
    """Where it is bought, a page of the web; None where the library has no such address."""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """What one unit of each currency is worth in `currency` today."""

    @property
    def open(self) -> int:
        return max(0, self.ordered - self.purchased)


def lines_of(session: Session, order_ids: Iterable[int]) -> list[int]:
    """The lines of these orders that something is still to be bought for; if that is none, all that can be bought for."""
    found = _proposals(session, OrderLine.order_id.in_(list(order_ids)))
    return [line.line_id for line in found if line.open] or [line.line_id for line in found]


def proposals(session: Session, order_id: int) -> list[Proposal]:
    """The lines of an order that something can be bought for."""
    return _proposals(session, OrderLine.order_id == order_id)


def lines(session: Session, line_ids: Iterable[int]) -> list[Proposal]:
    """Those of these lines that can be bought for, in the order they are named; what was canceled or deleted is left out."""
    wanted = list(dict.fromkeys(line_ids))
    found = {line.line_id: line for line in _proposals(session, OrderLine.id.in_(wanted))}
    return [found[number] for number in wanted if number in found]


def others(session: Session, line_ids: Sequence[int], most: int = 20) -> list[Proposal]:
    """Lines of other orders that wait for one of the same products, oldest first: they can be bought together."""
    products = select(OrderLine.product_id).where(OrderLine.id.in_(line_ids), OrderLine.product_id.is_not(None))
    waits = Order.work_status.in_((WorkStatus.TO_PURCHASE, WorkStatus.PARTLY_PURCHASED))
    same = OrderLine.product_id.in_(products) & OrderLine.id.not_in(line_ids) & waits
    return [line for line in _proposals(session, same, most) if line.open]


def _proposals(session: Session, which: ColumnElement[bool], most: int = MOST_LINES) -> list[Proposal]:
    query = (
        select(OrderLine, Order, Product, Store.fee_percent)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Store, Store.id == Order.store_id)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(which, OrderLine.canceled.is_(False), Order.status != OrderStatus.CANCELED, Order.is_sale.is_(True))
        .order_by(Order.bought_at, OrderLine.id)
        .limit(most)
    )
    rows = list(session.execute(query))
    newest = price_book.newest_rates(session, {order.currency for _, order, _, _ in rows}) if rows else {}
    bought = _bought(session, [line.id for line, _, _, _ in rows])
    last = _last(session, {product.id for _, _, product, _ in rows if product})
    found = []
    for line, order, product, percent in rows:
        worth = {base: rate.value for (base, quote), rate in newest.items() if quote == order.currency}
        worth[order.currency] = Decimal(1)
        found.append(
            Proposal(
                line_id=line.id, order_id=order.id, order=order.number, ordered=line.quantity,
                price=line.price, shipping=line.shipping, currency=order.currency,
                fee=fee(line.price, line.shipping, line.fee, percent, order.currency),
                purchased=sum(one.pieces for one in bought.get(line.id, [])),
                spent=_spent(bought.get(line.id, []), order.currency, worth), rates=worth,
                status=order.status, fulfilment=order.fulfilment, ship_by=order.ship_by,
                **_about(line, product), before=_before(product, last),
            )
        )  # fmt: skip
    return found


def _about(line: OrderLine, product: Product | None) -> dict[str, Any]:
    """What the library knows of the line's product; of a line without one, what the marketplace told."""
    if product is None:
        return {
            "sku": line.sku, "title": line.title or "", "cost": None, "cost_currency": "CNY",
            "transport": (), "site": Source.OTHER,
        }  # fmt: skip
    return {
        "sku": product.sku, "title": product.title_zh or line.title or product.title_en or "",
        "cost": product.source_price, "cost_currency": product.currency,
        "transport": tuple(filter(None, (product.transport or "").split(","))), "site": product.source,
        "product_id": product.id, "weight": product.weight_grams, "picture": product.picture,
        "source_url": _page(product.source_url),
    }  # fmt: skip


def _page(address: str | None) -> str | None:
    """An address that a browser may open. What was typed may be anything."""
    typed = (address or "").strip()
    return typed if re.fullmatch(r"https?://[^\s<>\[\]\"'\\\x00-\x1f]+", typed, re.IGNORECASE) else None


# What was bought before


def _bought(session: Session, line_ids: Sequence[int]) -> dict[int, list[Bought]]:
    """By line: what purchases that were not canceled have brought or still bring for it."""
    found: dict[int, list[Bought]] = {}
    for one in arrivals.bought(session, OrderLine.id.in_(line_ids)):
        found.setdefault(one.line_id, []).append(one)
    return found


def _spent(bought: Sequence[Bought], currency: str, worth: Mapping[str, Decimal]) -> Decimal | None:
    """What was paid, at the rate of its day, else at today's; None where neither is known."""
    total = Decimal(0)
    for one in bought:
        rate = worth.get(one.currency) if one.fx is None or one.currency == currency else one.fx
        if rate is None:
            return None
        total += (one.cost + one.freight) * rate
    return total


def _last(session: Session, products: set[int]) -> dict[int, Before]:
    """What one piece cost in the last purchase of each product, if there was one."""
    if not products:
        return {}
    newest = (
        select(func.max(PurchaseLine.id))
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(OrderLine.product_id.in_(products), Purchase.status != PurchaseStatus.CANCELED)
        .group_by(OrderLine.product_id)
    )
    query = (
        select(
            OrderLine.product_id, Purchase.id, Purchase.number, Purchase.currency,
            func.coalesce(PurchaseLine.unit_cost, Purchase.unit_cost).label("cost"),
        )
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(PurchaseLine.id.in_(newest))
    )  # fmt: skip
    return {
        row.product_id: Before(row.cost, row.currency, f"the last purchase, {row.number or row.id}")
        for row in session.execute(query)
    }


def _before(product: Product | None, last: Mapping[int, Before]) -> Before | None:
    if product is None:
        return None
    if product.id in last or product.source_price is None:
        return last.get(product.id)
    return Before(product.source_price, product.currency, "the library")
