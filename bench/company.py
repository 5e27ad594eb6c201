"""A company of any size, always the same one: products with Chinese and English titles, three listings for each, orders.

The rows are loaded without the program's history, with the indices built afterwards: only what is measured later has to go its usual way.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Connection, insert

from db import search, session
from db.models import Category, Store
from db.vocabulary import LibraryState, SalesStatus, Source

SEED = 20_260_001
STORES = ((1, "Aurora US", "US", "USD"), (2, "Borealis DE", "DE", "EUR"), (3, "Cirrus JP", "JP", "JPY"))
FIRST_DAY = datetime(2023, 1, 1, tzinfo=UTC)
DAYS = 1_000

COMMON = "cotton"
"""In one English title of five."""
COMMON_ZH = "纯棉"
"""In one Chinese title of ten; RARE_ZH in one of some hundreds."""
RARE_ZH = "羊毛被"

KINDS = (
    ("shirt", "衬衫"), ("dress", "连衣裙"), ("jacket", "夹克"), ("trousers", "长裤"), ("quilt", "羊毛被"), ("pillow", "枕头"),
    ("lamp", "台灯"), ("kettle", "电水壶"), ("mug", "马克杯"), ("backpack", "双肩包"), ("wallet", "钱包"), ("toy car", "玩具车"),
    ("puzzle", "拼图"), ("notebook", "笔记本"), ("pen", "钢笔"), ("cable", "数据线"), ("charger", "充电器"), ("speaker", "音箱"),
    ("headphones", "耳机"), ("keyboard", "键盘"), ("yoga mat", "瑜伽垫"), ("dumbbell", "哑铃"), ("tent", "帐篷"), ("bottle", "水瓶"),
    ("towel", "毛巾"), ("curtain", "窗帘"), ("carpet", "地毯"), ("chair", "椅子"), ("desk", "书桌"), ("mirror", "镜子"),
)  # fmt: skip
WORDS = (
    ("soft", "柔软"), ("large", "大号"), ("small", "小号"), ("black", "黑色"), ("white", "白色"), ("red", "红色"), ("blue", "蓝色"),
    ("green", "绿色"), ("grey", "灰色"), ("summer", "夏季"), ("winter", "冬季"), ("new", "新款"), ("portable", "便携"),
    ("waterproof", "防水"), ("wooden", "实木"), ("steel", "不锈钢"), ("glass", "玻璃"), ("leather", "真皮"), ("silk", "真丝"),
    ("men", "男士"), ("women", "女士"), ("children", "儿童"), ("baby", "婴儿"), ("home", "家用"), ("office", "办公"), ("outdoor", "户外"),
    ("travel", "旅行"), ("foldable", "折叠"), ("thick", "加厚"), ("light", "轻便"), ("warm", "保暖"), ("fashion", "时尚"),
)  # fmt: skip
SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "si", "to", "vu", "wex", "yo", "zan", "dri", "fel", "gor", "hul")
STATES = ((LibraryState.READY, 45), (LibraryState.CAPTURED, 30), (LibraryState.DRAFT, 20), (LibraryState.DELETED, 5))
BRANDS = ("Lumen", "Northway", "Kaya", "Oriel", "Pinto", "云端", "悦木")


def rare_word(number: int) -> str:
    """A made-up word; each of 65,536 is in about fifteen titles of a million."""
    return "".join(SYLLABLES[number >> shift & 15] for shift in (0, 4, 8, 12))


def load(products: int, *, orders: bool = True) -> None:
    """Fill the empty, migrated database that DATABASE_URL or CARAVAN_DATA names; with an order for each product, or none."""
    with session.engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]
        later = without_indices(connection, FILLED if orders else FILLED[:3])
        connection.execute(insert(Category), categories())
        connection.execute(
            insert(Store),
            [dict(zip(("id", "name", "marketplace", "currency"), store, strict=True)) for store in STORES],
        )
        connection.commit()
        raw: Any = connection.connection.dbapi_connection
        _fill(connection, raw, "product", _products(products))
        for statement in (LISTINGS, PRICES, *((ORDERS, LINES) if orders else ()), *later):
            raw.execute(statement)
            raw.commit()
        settle(connection, (*FILLED, "category", "store"))
        connection.invalidate()


def categories() -> list[dict[str, Any]]:
    """300 in a tree of three levels."""
    rows: list[dict[str, Any]] = []
    for top in range(10):
        root = _category(rows, None, KINDS[top][0].title())
        for middle in range(4):
            branch = _category(rows, root, WORDS[middle + top * 2][0].title())
            for low in range(6):
                _category(rows, branch, f"{KINDS[10 + low + top][0].title()} {low + 1}")
    return rows[:300]


def _category(rows: list[dict[str, Any]], above: dict[str, Any] | None, name: str) -> dict[str, Any]:
    path = f"{above['path']} / {name}" if above else name
    rows.append({"id": len(rows) + 1, "parent_id": above["id"] if above else None, "name": name, "path": path})
    return rows[-1]


def _products(many: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(SEED)
    states, sources, statuses = (
        _deck(STATES),
        _deck([(s, 9 - i) for i, s in enumerate(Source)]),
        _deck([(s, 8 - i) for i, s in enumerate(SalesStatus)]),
    )
    leaves = len(categories())
    for number in range(1, many + 1):
        english, chinese, kind = titles(chance)
        created = FIRST_DAY + timedelta(seconds=chance.random() * DAYS * 86_400)
        sku = f"{kind[:2].upper()}{number * 7_919 % 10_000_019:08d}-{'SML'[number % 3]}"
        ean = f"69{chance.randrange(10**11):011d}" if chance.random() < 0.7 else None
        brand = chance.choice(BRANDS)
        yield {
            "id": number, "sku": sku, "ean": ean, "title_zh": chinese, "title_en": english, "brand": brand,
            "category_id": min(int(chance.random() ** 1.5 * leaves), leaves - 1) + 1, "source": chance.choice(sources).value,
            "source_price": chance.randrange(100, 900_00) * 100, "currency": "CNY", "weight_grams": chance.randrange(20, 5_000),
            "transport": "general", "state": chance.choice(states).value, "sales_status": chance.choice(statuses).value, "tags": None,
            "picture": f"{chance.getrandbits(64):016x}.webp" if chance.random() < 0.8 else None, "created_at": created,
            "updated_at": created + timedelta(seconds=chance.random() ** 3 * 90 * 86_400),
            "last_order_at": created + timedelta(days=chance.random() * 60) if chance.random() < 0.3 else None,
            "search_text": search.tokens(sku, ean, chinese, english, brand),
        }  # fmt: skip


def titles(chance: random.Random) -> tuple[str, str, str]:
    """An English and a Chinese title that mean about the same, with one word that hardly another title has."""
    kind, kind_zh = KINDS[min(int(chance.expovariate(0.12)), len(KINDS) - 1)]
    picked = [WORDS[int(chance.random() ** 1.4 * len(WORDS))] for _ in range(chance.randrange(2, 5))]
    model = rare_word(chance.getrandbits(16))
    english = [COMMON] if chance.random() < 0.2 else []
    chinese = [COMMON_ZH] if chance.random() < 0.1 else []
    english += [word for word, _ in picked]
    chinese += [word for _, word in picked]
    return f"{' '.join(english)} {kind} {model}".capitalize(), f"{''.join(chinese)}{kind_zh}{model.upper()}", kind


def _deck(weights: Any) -> list[Any]:
    return [value for value, weight in weights for _ in range(weight)]


# Loading


def _fill(connection: Connection, raw: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    """SQLite by its own driver, PostgreSQL by COPY."""
    first = next(rows)
    names = ", ".join(first)
    every = chain([first], rows)
    if connection.dialect.name == "sqlite":
        raw.execute("BEGIN")
        marks = ", ".join("?" * len(first))
        raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", (_as_text(row) for row in every))
        raw.execute("COMMIT")
    else:
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in every:
                copy.write_row(tuple(row.values()))


def _as_text(row: dict[str, Any]) -> tuple[Any, ...]:
    """Times as SQLAlchemy writes them into SQLite."""
    return tuple(str(v)[:19] + f".{v.microsecond:06d}" if isinstance(v, datetime) else v for v in row.values())


LISTINGS = """
INSERT INTO listing (id, product_id, store_id, seller_sku, code, asin, quantity, status, created_at, updated_at)
SELECT (p.id - 1) * 3 + s.id, p.id, s.id, p.sku, p.ean, 'B' || (100000000 + p.id * 3 + s.id), p.id % 50,
       CASE (p.id * 7 + s.id) % 10 WHEN 0 THEN 'failed' WHEN 1 THEN 'not_uploaded' WHEN 2 THEN 'inactive' ELSE 'active' END,
       p.created_at, p.updated_at
FROM product p CROSS JOIN store s
"""
PRICES = """
INSERT INTO listing_price (id, price, locked)
SELECT l.id, p.source_price * 2, l.id % 1000 = 0 FROM listing l JOIN product p ON p.id = l.product_id
"""
ORDERS = """
INSERT INTO customer_order (id, store_id, number, status, work_status, fulfilment, bought_at, paid_at, currency, total, country,
                            received_at, updated_at)
SELECT p.id, s.id, '250-' || (1000000 + p.id) || '-' || (2000000 + p.id),
       CASE p.id % 5 WHEN 0 THEN 'unshipped' WHEN 1 THEN 'pending' ELSE 'shipped' END,
       CASE p.id % 5 WHEN 0 THEN 'to_purchase' WHEN 1 THEN 'in_transit' WHEN 2 THEN 'purchased' ELSE 'closed' END,
       'seller', p.updated_at, p.updated_at, s.currency, p.source_price * 2, s.marketplace, p.updated_at, p.updated_at
FROM product p JOIN store s ON s.id = 1 + p.id % 3
"""
LINES = """
INSERT INTO order_line (id, order_id, item, sku, title, quantity, price, product_id, canceled)
SELECT p.id, p.id, '1', p.sku, p.title_en, 1 + p.id % 3, p.source_price * 2, p.id, false FROM product p
"""
FILLED = ("product", "listing", "listing_price", "customer_order", "order_line")


def without_indices(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Take away what slows the loading of these tables; returns what brings it back."""
    run = connection.exec_driver_sql
    named = "('" + "', '".join(tables) + "')"
    if connection.dialect.name == "sqlite":
        found = run(
            f"SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql > '' AND tbl_name IN {named}"
        ).all()
        for kind, name, _ in found:
            run(f"DROP {kind} {name}")
        words = ["INSERT INTO product_search(product_search) VALUES ('rebuild')"] if "product" in tables else []
        return [sql for _, _, sql in found] + words
    run("SET session_replication_role = replica")
    found = run(
        f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN {named} AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ).all()
    for name, _ in found:
        run(f"DROP INDEX {name}")
    return [sql for _, sql in found]


def settle(connection: Connection, tables: Sequence[str]) -> None:
    """What a database does by itself: PostgreSQL gathers statistics and marks what everybody sees, SQLite empties its log."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        raw: Any = connection.connection.dbapi_connection
        raw.autocommit = True
        for table in tables:
            raw.execute(f"VACUUM (ANALYZE) {table}")
            if table != "listing_price":  # its numbers are those of the listings
                raw.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
