"""What orders earn, read for many at once; the rules are in lib/orders/order_profit.py."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Product, Shipment, ShipmentLine, Store
from db.vocabulary import OrderStatus
from lib.orders.order_profit import Goods, LineMoney, OrderMoney, Sent, Sold, Spent, line_money, order_money
from lib.prices import price_book
from lib.prices.formula import Rate
from lib.purchases import arrivals
from lib.purchases.freight import shares

__all__ = ["LineMoney", "OrderMoney", "money_of"]

Rates = Mapping[tuple[str, str], Rate]


def money_of(session: Session, order_ids: Iterable[int]) -> dict[int, OrderMoney]:
    """The money of these orders, in five queries; a thousand at most. Those that do not exist are left out."""
    ids = sorted(set(order_ids))
    about = (
        select(Order.id, Order.status, Order.currency, Order.is_sale, Order.fulfilment, Store.fee_percent)
        .join(Store, Store.id == Order.store_id).where(Order.id.in_(ids)).order_by(Order.id)
    )  # fmt: skip
    orders = {row.id: row for row in session.execute(about)}
    rates = price_book.newest_rates(session, {order.currency for order in orders.values()}) if orders else {}
    lines = _lines(session, orders, rates)
    goods = _goods(session, orders, rates)
    sent, parcels = _sent(session, orders, rates, lines)
    found = {}
    for order in orders.values():
        each = [
            line_money(sold, goods[sold.id], sent[sold.id], order.fee_percent, order.currency, is_sale=order.is_sale)
            for sold in lines[order.id]
        ]
        unsent = _unsent(order, parcels, any(line.bought for line in each))
        found[order.id] = order_money(order.id, order.currency, each, is_sale=order.is_sale, unsent=unsent)
    return found


def _unsent(order: Any, parcels: set[int], is_bought: bool) -> str:
    if order.id in parcels or order.fulfilment != "seller" or (order.status == OrderStatus.CANCELED and not is_bought):
        return ""
    if order.status == OrderStatus.SHIPPED:
        return "What sending it abroad cost is not written down."
    return (
        "" if order.status == OrderStatus.CANCELED else "It has not been sent yet: the freight abroad is still missing."
    )


def _lines(session: Session, orders: Mapping[int, Any], rates: Rates) -> dict[int, list[Sold]]:
    query = (
        select(OrderLine, Product.source_price, Product.currency)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id.in_(orders)).order_by(OrderLine.id)
    )  # fmt: skip
    found = defaultdict(list)
    for line, cost, currency in session.execute(query):
        order = orders[line.order_id]
        source = None if cost is None else Spent(cost, currency, *_rate(rates, currency, order.currency))
        is_dead = line.canceled or order.status == OrderStatus.CANCELED
        found[line.order_id].append(
            Sold(line.id, line.sku, line.quantity, line.price, line.shipping, line.tax, line.fee, is_dead, source)
        )
    return found


def _rate(rates: Rates, currency: str, wanted: str, of_its_day: Decimal | None = None) -> tuple[Decimal | None, bool]:
    """What one unit is worth: by the rate of its day where that is known, else by today's, which is said."""
    if currency == wanted:
        return Decimal(1), False
    if of_its_day is not None:
        return of_its_day, False
    newest = rates.get((currency, wanted))
    return (newest.value, True) if newest else (None, False)


def _goods(session: Session, orders: Mapping[int, Any], rates: Rates) -> dict[int, list[Goods]]:
    """By line: what was bought for it and not canceled. What will not come after all is paid for unless the seller owes it back."""
    found = defaultdict(list)
    for one in arrivals.bought(session, OrderLine.order_id.in_(orders)):
        rate = _rate(rates, one.currency, orders[one.order_id].currency, one.fx)
        cost, freight = Spent(one.cost, one.currency, *rate), Spent(one.freight, one.currency, *rate)
        found[one.line_id].append(Goods(one.pieces, cost, freight))
    return found


def _sent(
    session: Session, orders: Mapping[int, Any], rates: Rates, lines: Mapping[int, Sequence[Sold]]
) -> tuple[dict[int, list[Sent]], set[int]]:
    """By line: its part of each parcel, by pieces; and which orders have a parcel. One that names no line is for all lines."""
    query = (
        select(Shipment, ShipmentLine.order_line_id, ShipmentLine.quantity)
        .outerjoin(ShipmentLine, ShipmentLine.shipment_id == Shipment.id)
        .where(Shipment.order_id.in_(orders)).order_by(Shipment.id, ShipmentLine.id)
    )  # fmt: skip
    parcels: dict[int, tuple[Shipment, dict[int, int]]] = {}
    for parcel, line_id, pieces in session.execute(query):
        held = parcels.setdefault(parcel.id, (parcel, {}))[1]
        if line_id is not None:
            held[line_id] = pieces
    found = defaultdict(list)
    for parcel, held in parcels.values():
        held = held or {sold.id: sold.quantity for sold in lines[parcel.order_id]}
        rate = _rate(rates, parcel.currency, orders[parcel.order_id].currency, parcel.fx)
        parts = shares(parcel.cost or Decimal(0), list(held.values()), parcel.currency)
        for line_id, part in zip(held, parts, strict=True):
            found[line_id].append(
                Sent(parcel.tracking, None if parcel.cost is None else Spent(part, parcel.currency, *rate))
            )
    return found, {parcel.order_id for parcel, _ in parcels.values()}
