"""The trade of the company of a first start: what is on sale, what was ordered, and how far each purchase has come.

It goes the way of real trade (records of uploads, answers, orders received) and only plays the marketplace's part itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import (
    CosellOffer,
    DemoCatalogue,
    DemoItem,
    DemoOrder,
    ExchangeRate,
    Listing,
    Order,
    OrderLine,
    Product,
    Purchase,
    PurchaseLine,
    Store,
    Warehouse,
)
from db.seed_goods import LIVE
from db.vocabulary import ListingStatus, OfferStatus, Payment, PurchaseStatus
from lib.channels import NewListing, Outcome, State
from lib.channels import demo_script as script
from lib.codes import ean
from lib.orders import orders_in, work
from lib.prices import pricing
from lib.products import uploads

REFUSED = "BED-2002"
FREIGHT = Decimal("6.00")


class Past(NamedTuple):
    """What became of one order: how many days ago it was bought, its status, and how far the purchase for it has come."""

    days: float
    status: str
    bought: str = ""


ORDERS = (
    Past(0.2, "unshipped"), Past(4.5, "unshipped"), Past(1.1, "unshipped"), Past(2.2, "unshipped"),
    Past(1.5, "unshipped", "ordered"), Past(0.05, "pending"), Past(2.5, "unshipped", "tracked"), Past(3.4, "unshipped", "tracked"),
    Past(4.2, "unshipped", "transshipped"), Past(5.1, "unshipped", "relabelled"), Past(6.3, "unshipped", "arrived"),
    Past(9.0, "shipped", "arrived"), Past(14.0, "shipped", "arrived"), Past(47.0, "shipped", "arrived"),
    Past(3.0, "canceled", "ordered"), Past(8.0, "canceled"), Past(0.9, "unshipped"), Past(2.9, "unshipped", "half"),
)  # fmt: skip
"""One after the other for the items on sale, two for each."""


def trade(session: Session, stores: Mapping[str, Store], products: Mapping[str, Product], moment: datetime) -> None:
    for name, skus in LIVE.items():
        _list(session, stores[name], [products[sku] for sku in skus], moment)
    _list(session, stores["US-01"], [products[REFUSED]], moment)
    _offer(session, stores["US-01"], products, moment)
    session.flush()
    pasts = iter(ORDERS)
    for store in stores.values():
        _order(session, store, pasts, moment)
    session.flush()
    _buy(session, moment)


# On sale


def _list(session: Session, store: Store, goods: Sequence[Product], moment: datetime) -> None:
    """List goods as a person would, and answer as the marketplace would."""
    prices = pricing.quote(session, goods, store)
    session.add_all(
        Listing(product_id=product.id, store_id=store.id, seller_sku=product.sku, code=product.ean, quantity=25,
                price=prices[product.id].amount, status=ListingStatus.QUEUED)
        for product in goods
    )  # fmt: skip
    session.flush()
    key, operations = uploads.take(session, store.id, is_asked=False)
    uploads.answered(session, store.id, key, {o.sku: _answer(session, store, o, key, moment) for o in operations})
    session.flush()


def _answer(session: Session, store: Store, sent: NewListing, key: str, moment: datetime) -> Outcome:
    rows = session.scalars(select(DemoCatalogue).where(DemoCatalogue.gtin14 == ean.gtin14(sent.code or "")))
    words = {name: str(v) if isinstance(v, Decimal) else v for name, v in asdict(sent).items()} | {"kind": "NewListing"}
    known = [script.Known(row.asin, row.brand, row.gated) for row in rows]
    asin, issues = script.judged(words, known, brand_is_gated=False)
    is_live = sent.sku != REFUSED
    if is_live and asin is None:
        asin = script.new_asin(ean.gtin14(sent.code or ""))
        session.add(DemoCatalogue(asin=asin, gtin14=ean.gtin14(sent.code or ""), brand=sent.brand, title=sent.title))
    session.add(
        DemoItem(account=store.name, sku=sent.sku, asin=asin, sent=words, price=sent.price, currency=sent.currency,
                 quantity=sent.quantity, submission=key, submitted_at=moment, answers_at=moment,
                 live=is_live, issues=[asdict(issue) for issue in issues])
    )  # fmt: skip
    session.flush()
    return Outcome(State.LIVE if is_live else State.REFUSED, asin, tuple(issues))


def _offer(session: Session, store: Store, products: Mapping[str, Product], moment: datetime) -> None:
    """Two co-sell offers on sale, one of them without a product of ours, and one not sent yet."""
    offers = (
        ("B0CCAMP123", "COSELL-LANTERN", None, "18.90", OfferStatus.ACTIVE),
        ("B0CDESK456", "COSELL-CABLE", products["PHN-4003"].id, "9.90", OfferStatus.ACTIVE),
        ("B07N4M94X4", "COSELL-MAT", None, "14.50", OfferStatus.DRAFT),
    )
    for asin, sku, product_id, price, status in offers:
        item = session.scalars(select(DemoCatalogue).where(DemoCatalogue.asin == asin)).one()
        is_live = status is OfferStatus.ACTIVE
        session.add(
            CosellOffer(store_id=store.id, asin=asin, product_id=product_id, sku=sku, price=Decimal(price), quantity=12,
                        floor=Decimal(price) - 2, confirmed=is_live, asin_title=item.title, asin_brand=item.brand, status=status)
        )  # fmt: skip
        if is_live:
            sent = {
                "kind": "CosellOffer",
                "sku": sku,
                "asin": asin,
                "price": price,
                "currency": store.currency,
                "quantity": 12,
            }
            session.add(
                DemoItem(account=store.name, sku=sku, asin=asin, sent=sent, price=Decimal(price), currency=store.currency,
                         quantity=12, submission=f"{store.name}-{sku}", submitted_at=moment, answers_at=moment, live=True)
            )  # fmt: skip


# Ordered


def _order(session: Session, store: Store, pasts: Iterator[Past], moment: datetime) -> None:
    """Two past orders for each item that was on sale then, placed on the marketplace and received from it."""
    live = select(DemoItem).where(DemoItem.account == store.name, DemoItem.live).order_by(DemoItem.id)
    told = []
    for item in session.scalars(live).all():
        scenes = range(1) if item.sent["kind"] == "CosellOffer" else range(2)
        for place, past in zip(scenes, pasts, strict=False):
            number = script.order_number(store.name, item.sku, place)
            body = _body(item, number, past, moment)
            session.add(DemoOrder(account=store.name, number=number, body=body, updated_at=moment))
            told.append(script.told(number, body))
    orders_in.receive(session, store.id, told)


def _body(item: DemoItem, number: str, past: Past, moment: datetime) -> dict[str, Any]:
    thing = script.Thing(item.sku, item.asin, item.sent.get("title"), item.price or Decimal(0))
    placed = moment - timedelta(days=past.days)
    body = script.order_body(number, script.Scene(timedelta(0), past.status), placed, item.currency, [thing])
    if past.bought == "half":
        body["lines"][0] |= {"quantity": 2, "price": str(thing.price * 2)}
    if past.status == "shipped":
        body["shipped_at"] = (placed + timedelta(days=4)).isoformat()
    return body


# Bought


def _buy(session: Session, moment: datetime) -> None:
    """The purchases behind the past orders."""
    kinds = {past.days: past.bought for past in ORDERS}
    warehouse = session.scalars(select(Warehouse.id).order_by(Warehouse.id)).first()
    rates = {row.quote: row.rate for row in session.scalars(select(ExchangeRate))}
    query = select(Order, OrderLine, Product).join(OrderLine, OrderLine.order_id == Order.id)
    rows = session.execute(query.join(Product, Product.id == OrderLine.product_id).order_by(Order.id)).all()
    for order, line, product in rows:
        kind = kinds.get(round((moment - order.bought_at) / timedelta(days=1), 3), "")
        if not kind:
            continue
        purchase = _purchase(order, line, product, kind, warehouse, rates[order.currency])
        session.add(purchase)
        session.flush()
        session.add(
            PurchaseLine(
                purchase_id=purchase.id, order_line_id=line.id, quantity=purchase.quantity, freight=purchase.freight
            )
        )
    session.flush()
    work.follow(session, [order.id for order, _, _ in rows])


def _purchase(
    order: Order, line: OrderLine, product: Product, kind: str, warehouse: int | None, rate: Decimal
) -> Purchase:
    at = order.bought_at + timedelta(hours=6)
    is_transshipped = kind in ("transshipped", "relabelled")
    has_arrived = is_transshipped or kind == "arrived"
    pieces, tracked = 1 if kind == "half" else line.quantity, has_arrived or kind == "tracked"
    return Purchase(
        request=f"setup-{line.id}", unit_cost=product.source_price or Decimal(1), cost_before=product.source_price,
        freight=FREIGHT, currency="CNY", fx=rate, quantity=pieces, arrived_quantity=pieces if has_arrived else 0,
        operator="setup", number=f"26{line.id:02d}7719{order.id:04d}",
        tracking=f"YT{7400000000 + line.id}" if tracked else None, tracked_at=at + timedelta(hours=20) if tracked else None,
        payment=Payment.PAID, paid_at=at, transport=product.transport,
        site=product.source, transshipped=is_transshipped, warehouse_id=warehouse if is_transshipped else None,
        status=PurchaseStatus.ARRIVED if has_arrived else PurchaseStatus.ORDERED,
        arrived_at=at + timedelta(days=2) if has_arrived else None,
        relabelled_at=at + timedelta(days=2, hours=5) if kind == "relabelled" else None, created_at=at,
    )  # fmt: skip
