"""Orders as they come in from the marketplaces: new ones are added, known ones follow, the same twice changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from db import bulk
from db.models import CosellOffer, Listing, Order, OrderLine, Product, Store
from db.pasted import numbered, pasted
from db.vocabulary import OrderStatus, WorkStatus
from lib.channels import ChannelLine, ChannelOrder
from lib.orders import buyers, work
from lib.orders.order_items import is_weak, paired

RANK = {status: place for place, status in enumerate(OrderStatus)}
"""A marketplace never goes back in this list; what arrives late and says so is old news."""

FOLLOWS = ("status", "bought_at", "paid_at", "ship_by", "shipped_at", "currency", "total", "fulfilment")
LINE_FOLLOWS = ("sku", "asin", "title", "quantity", "price", "shipping", "tax", "canceled")


def receive(session: Session, store_id: int, orders: Sequence[ChannelOrder]) -> int:
    """Write the orders of a store; returns how many were new or changed. Some hundreds at most."""
    if not orders:
        return 0
    known = _known(session, store_id, [order.number for order in orders])
    links = Links(session, store_id, [(line.sku, line.asin) for order in orders for line in order.lines])
    touched = []
    for told in orders:
        order = known.get(told.number)
        if order is not None and _is_old(order, told):
            continue
        is_new = order is None
        if order is None:
            order = known[told.number] = _begin(session, store_id, told)
        changed = _follow(order, told) | _receive_buyer(order, told) | _receive_lines(session, order, told.lines, links)
        if is_new or changed:
            touched.append(order.id)
    date_products(session, _last_ordered(session, touched))
    work.follow(session, touched)
    return len(touched)


def _known(session: Session, store_id: int, numbers: Sequence[str]) -> dict[str, Order]:
    query = select(Order).where(Order.store_id == store_id, Order.number.in_(numbers)).with_for_update()
    return {order.number: order for order in session.scalars(query)}


def _is_old(order: Order, told: ChannelOrder) -> bool:
    return RANK[OrderStatus(told.status)] < RANK[order.status]


def _begin(session: Session, store_id: int, told: ChannelOrder) -> Order:
    order = Order(store_id=store_id, number=told.number, status=OrderStatus(told.status), bought_at=told.bought_at,
                  currency=told.currency, work_status=WorkStatus.TO_PURCHASE)  # fmt: skip
    for name in FOLLOWS:
        setattr(order, name, _told(told, name))
    session.add(order)
    session.flush()
    return order


def _follow(order: Order, told: ChannelOrder) -> bool:
    return _set(order, {name: _told(told, name) for name in FOLLOWS})


def _told(told: ChannelOrder, name: str) -> Any:
    return OrderStatus(told.status) if name == "status" else getattr(told, name)


def _set(row: Any, values: dict[str, Any]) -> bool:
    """Write what differs; whether anything did."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def _receive_buyer(order: Order, told: ChannelOrder) -> bool:
    """Seal the buyer at once. A buyer who was erased stays erased."""
    if told.buyer is None or order.buyer_erased_at is not None:
        return False
    if order.buyer_sealed is not None and buyers.is_sealed_in(told.buyer, order.buyer_sealed):
        return False
    order.buyer_sealed, order.buyer_masked = buyers.seal(told.buyer), buyers.masked(told.buyer)
    order.country = told.buyer.country
    return True


def _receive_lines(session: Session, order: Order, told: Sequence[ChannelLine], links: "Links") -> bool:
    """A line that a file has brought without its number gets it now, in place."""
    known = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)).all()
    changed = False
    for one, line in zip(told, paired(told, known), strict=True):
        values = {name: getattr(one, "is_canceled" if name == "canceled" else name) for name in LINE_FOLLOWS}
        if line is None:
            line = OrderLine(order_id=order.id, item=one.item, **values)
            line.product_id, line.offer_id = links.of(one.sku, one.asin)
            session.add(line)
            changed = True
        else:
            changed |= _set(line, values | ({"item": one.item} if is_weak(line.item) else {}))
            if line.product_id is None and line.offer_id is None:
                line.product_id, line.offer_id = links.of(one.sku, one.asin)
                changed |= line.product_id is not None or line.offer_id is not None
    return changed


class Links:
    """Which product, and which co-sell offer, a line is about: by the SKU of a listing, else its ASIN, else an offer.

    Knows the lines (SKU, ASIN) that it was made for; some thousands at most.
    """

    def __init__(self, session: Session, store_id: int, lines: Iterable[tuple[str, str | None]]):
        given = set(lines)
        skus, asins = sorted({sku for sku, _ in given}), sorted({asin for _, asin in given if asin})
        self.by_sku = _each(session, store_id, skus, Listing.product_id, Listing.store_id, Listing.seller_sku)
        listed = select(Listing.asin, Listing.product_id, Listing.store_id).where(Listing.asin.in_(pasted(asins)))
        rows = session.execute(listed.order_by(Listing.id))
        self.by_asin = {row.asin: row.product_id for row in rows if row.store_id == store_id}
        offer = func.max(CosellOffer.id)
        by_sku = _each(session, store_id, skus, offer, CosellOffer.store_id, CosellOffer.sku)
        by_asin = _each(session, store_id, asins, offer, CosellOffer.store_id, CosellOffer.asin)
        ids = numbered({*by_sku.values(), *by_asin.values()})
        offers = select(CosellOffer.id, CosellOffer.product_id).join(ids, ids.c.id == CosellOffer.id)
        known = {row.id: row for row in session.execute(offers)}
        self.offers = {sku: known[number] for sku, number in by_sku.items()}
        self.offers_of = {asin: known[number] for asin, number in by_asin.items()}

    def of(self, sku: str, asin: str | None) -> tuple[int | None, int | None]:
        """(product id, offer id); each None where there is none."""
        if sku in self.by_sku:
            return self.by_sku[sku], None
        if sku in self.offers:
            return self.offers[sku].product_id, self.offers[sku].id
        if asin in self.by_asin:
            return self.by_asin[asin], None
        offer = self.offers_of.get(asin or "")
        return (offer.product_id, offer.id) if offer else (None, None)


def _each(session: Session, store_id: int, names: Sequence[str], what: Any, store: Any, name: Any) -> dict[str, int]:
    """For each name that a row of the store has, what is asked of that row.

    Name by name, and the store as a row of its own: of a store that is new and already full PostgreSQL knows nothing for a minute. It would
    think it empty, and go through all of it with the whole list in hand.
    """
    asked = pasted(names).subquery()
    found = select(what).where(store == Store.id, name == asked.c.value).correlate(Store, asked).scalar_subquery()
    query = select(asked.c.value, found.label("found")).join_from(Store, asked, true()).where(Store.id == store_id)
    return {row.value: row.found for row in session.execute(query) if row.found is not None}


def _last_ordered(session: Session, order_ids: Sequence[int]) -> dict[int, datetime]:
    """When each product of these orders was ordered last, in those that were not canceled."""
    session.flush()
    query = (
        select(OrderLine.product_id, func.max(Order.bought_at))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.id.in_(order_ids), Order.status != OrderStatus.CANCELED, OrderLine.product_id.is_not(None))
        .group_by(OrderLine.product_id)
    )
    return {number: bought for number, bought in session.execute(query) if number is not None}


def date_products(session: Session, ordered: Mapping[int, datetime]) -> None:
    """Remember on each product when it was last ordered; that is no change of the product, so it keeps its place in the lists."""
    ids = numbered(sorted(ordered))
    query = select(Product.id, Product.last_order_at).join(ids, ids.c.id == Product.id).with_for_update(of=Product)
    edits = [
        (number, {"last_order_at": (last, ordered[number])})
        for number, last in session.execute(query.order_by(Product.id))
        if last is None or last < ordered[number]
    ]
    if edits:
        bulk.change(session, Product, edits, stamps=False)
