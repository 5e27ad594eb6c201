"""The trade of a large company: orders with their lines, purchases and parcels, made where they are kept, from nothing but their numbers.

Of every hundred orders five are open, about six were canceled, and for about sixty something was bought; what an order is said to be
(its work status, has a purchase, has tracking ...) is what its purchases say.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from bench import company
from db import session
from db.models import Store

MARKETS = (("US", "USD"), ("DE", "EUR"), ("JP", "JPY"), ("GB", "GBP"), ("FR", "EUR"), ("CA", "CAD"))
STORES = 12
DAYS = 1_000
TABLES = ("customer_order", "order_line", "purchase", "purchase_line", "shipment", "shipment_line")
TAGS = (
    "CASE WHEN n.i % 50 = 0 THEN 'gift' WHEN n.i % 1999 = 0 THEN 'gift, urgent' WHEN n.i % 99991 = 0 THEN 'museum' END"
)


def load(orders: int, products: int) -> None:
    """Fill an empty, migrated database with products and their trade."""
    company.load(products, orders=False)
    with session.engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]
        connection.execute(insert(Store), [_store(number) for number in range(len(company.STORES) + 1, STORES + 1)])
        connection.commit()
        later = company.without_indices(connection, TABLES)
        raw: Any = connection.connection.dbapi_connection
        for statement in (*statements(connection.dialect.name, orders, products), *later):
            raw.execute(statement)
            raw.commit()
        company.settle(connection, TABLES)
        connection.invalidate()


def _store(number: int) -> dict[str, Any]:
    market, currency = MARKETS[number % len(MARKETS)]
    return {"id": number, "name": f"Store {number:02d} {market}", "marketplace": market, "currency": currency}


def number(order: int) -> str:
    """What the marketplace calls the order with this id."""
    return f"{250 + order % 3}-{1_000_000 + order * 7_919 % 9_000_000:07d}-{1_000_000 + order:07d}"


def statements(dialect: str, orders: int, products: int) -> tuple[str, ...]:
    """SQL that fills the six tables, in the words of one engine."""
    if dialect == "sqlite":
        moment = "(strftime('%Y-%m-%d %H:%M:%S', {}, 'unixepoch') || '.000000')"
        blob = "zeroblob(200)"
    else:
        moment, blob = "to_timestamp({})", "decode(repeat('5a', 200), 'hex')"
    said = {
        "rows": f"WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {orders})",
        "bought": "b.at", "blob": blob, "products": products,
        "begin": int(datetime.now(UTC).timestamp()) - DAYS * 86_400 - 40_000, "step": f"{DAYS * 86_400 / orders:.6f}",
        "number": "CAST(250 + i % 3 AS TEXT) || '-' || CAST(1000000 + i * 7919 % 9000000 AS TEXT) || '-' || CAST(1000000 + i AS TEXT)",
        "tags": TAGS.replace("n.i", "i"), "open": orders - orders // 20,
    }  # fmt: skip
    for name, seconds in (("bought_at", 0), ("paid_at", 3_600), ("ship_by", 3 * 86_400), ("shipped_at", 2 * 86_400),
                          ("made_at", 7_200)):  # fmt: skip
        said[name] = moment.format(f"at + {seconds}")
    for name, rule in RULES.items():
        said[name] = f"({rule})"
    return tuple(
        statement.format(**said)
        for statement in (ORDERS, LINES, SECOND_LINES, PURCHASES, PURCHASE_LINES, PARCELS, PACKED)
    )


RULES = {
    "is_seller": "o.fulfilment = 'seller'",
    "bought_for": "fulfilment = 'seller' AND (status = 'shipped' OR (status = 'canceled' AND i % 11 = 0) "
    "OR (status <> 'canceled' AND i % 2 = 0))",
    "tracked": "i % 40 <> 0 AND (status = 'shipped' OR i % 3 <> 0)",
    "losing": "i % 53 = 0",
    "unlinked": "i % 97 = 0 AND status <> 'canceled'",
}
ORDERS = """
INSERT INTO customer_order (id, store_id, number, status, work_status, fulfilment, bought_at, paid_at, ship_by, shipped_at, currency,
    total, country, is_sale, buyer_sealed, tags, has_purchase, has_tracking, is_unlinked, is_canceled_bought, is_losing, received_at,
    updated_at)
{rows},
placed AS (
    SELECT i, CAST({begin} + i * {step} AS BIGINT) + i * 7919 % 40000 AS at, 1 + (i * 31 % 101) * (i * 17 % 103) % 12 AS store,
        CASE WHEN i * 13 % 100 < 28 THEN 'amazon' ELSE 'seller' END AS fulfilment,
        CASE WHEN i * 7 % 103 < 6 THEN 'canceled' WHEN i <= {open} THEN 'shipped' WHEN i % 20 = 0 THEN 'partly_shipped'
             WHEN i % 7 = 0 THEN 'pending' ELSE 'unshipped' END AS status
    FROM n
),
served AS (SELECT placed.*, {bought_for} AS bought, {tracked} AS sent FROM placed)
SELECT i, store, {number}, status,
    CASE WHEN status = 'shipped' THEN 'shipped' WHEN status = 'canceled' AND bought THEN 'exception'
         WHEN status = 'canceled' OR fulfilment = 'amazon' THEN 'closed' WHEN NOT bought THEN 'to_purchase'
         WHEN NOT sent THEN 'purchased' WHEN i % 5 = 0 THEN 'ready_to_ship' WHEN i % 5 = 1 THEN 'at_transshipment' ELSE 'in_transit' END,
    fulfilment, {bought_at}, {paid_at}, {ship_by}, CASE WHEN status = 'shipped' THEN {shipped_at} END, s.currency,
    (1000 + i * 104729 % 49000) * 100, s.marketplace, true, {blob}, {tags}, bought, bought AND sent, {unlinked},
    bought AND status = 'canceled', bought AND {losing}, {bought_at}, {bought_at}
FROM served JOIN store s ON s.id = store
"""
_LINE = """
INSERT INTO order_line (id, order_id, item, sku, asin, title, quantity, price, product_id, canceled)
SELECT {line}, o.id, '{item}', p.sku, 'B0' || (10000000 + p.id), p.title_en, 1 + o.id % 3, o.total {share},
       {product}, o.status = 'canceled'
FROM customer_order o
JOIN product p ON p.id = 1 + (CAST(o.id AS BIGINT) * {seed} % 65537) * (CAST(o.id AS BIGINT) * 7919 % 10007) * {{products}} / 655828759
{where}
"""
LINES = _LINE.format(
    line="o.id * 2",
    item="1",
    share="",
    product="CASE WHEN o.is_unlinked THEN NULL ELSE p.id END",
    seed=48271,
    where="",
)
SECOND_LINES = _LINE.format(
    line="o.id * 2 + 1",
    item="2",
    share="* 0 + 100000",
    product="p.id",
    seed=16807,
    where="WHERE o.id % 10 IN (0, 3, 6)",
)
PURCHASES = """
INSERT INTO purchase (id, request, unit_cost, freight, freight_by, currency, fx, quantity, operator, number, tracking, site, transshipped,
    payment, arrived_quantity, status, created_at, updated_at)
SELECT o.id, 'bench-' || o.id, CASE WHEN o.is_losing THEN o.total * 20 ELSE o.total / 2 END, 0, 'pieces', 'CNY', 14000000, 1, 'oscar',
    '1688' || (3000000000 + o.id), CASE WHEN NOT o.has_tracking THEN NULL WHEN o.id % 200 = 1
        THEN 'SF' || (7000000000 + o.id) || ', SF' || (8000000000 + o.id) ELSE 'SF' || (7000000000 + o.id) END,
    '1688', false, 'paid', 0, CASE WHEN o.status = 'shipped' THEN 'arrived' ELSE 'ordered' END, o.bought_at, o.bought_at
FROM customer_order o WHERE o.has_purchase
"""
PURCHASE_LINES = """
INSERT INTO purchase_line (id, purchase_id, order_line_id, quantity, freight)
SELECT l.id, l.order_id, l.id, l.quantity, 0 FROM order_line l JOIN customer_order o ON o.id = l.order_id WHERE o.has_purchase
"""
PARCELS = """
INSERT INTO shipment (id, order_id, request, carrier, carrier_name, tracking, method, shipped_at, currency, state, created_at)
SELECT o.id, o.id, 'bench-' || o.id, 'Other', '4PX', 'LX' || (400000000 + o.id) || 'CN', '', o.shipped_at, 'CNY', 'confirmed', o.shipped_at
FROM customer_order o WHERE o.status = 'shipped' AND o.fulfilment = 'seller'
"""
PACKED = """
INSERT INTO shipment_line (id, shipment_id, order_line_id, quantity)
SELECT l.id, l.order_id, l.id, l.quantity FROM order_line l JOIN shipment s ON s.id = l.order_id
"""
