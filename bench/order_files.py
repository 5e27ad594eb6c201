"""Brings Amazon's order reports in and says what that took: `python -m bench.order_files`, or with another number of lines behind it.

On a database of its own of each kind, with stores, products and listings to link to: new orders, the same file again, and the same
orders a day later. Each as the job does it: opened, read, compared, written with its history.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy import insert

from bench.tables import table
from db import session
from db.models import Listing, Product, Store
from db.session import SYSTEM
from db.upgrade import upgrade
from lib import commands
from lib.orders import order_files, order_uploads
from lib.orders.order_uploads import Choice
from tests import postgres

LINES, PRODUCTS, GOAL = 100_000, 20_000, 30
CHOICE = Choice({"DE": 1})
FIRST = datetime(2026, 9, 1, tzinfo=UTC)
ALL = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel order-"
    "channel ship-service-level product-name sku asin item-status quantity currency item-price item-tax shipping-price shipping-"
    "tax gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city ship-state ship-postal-code ship-"
    "country promotion-ids is-business-order purchase-order-number price-designation"
)
NEW = (
    "order-id order-item-id purchase-date payments-date buyer-email buyer-name buyer-phone-number sku product-name quantity-"
    "purchased currency item-price item-tax shipping-price shipping-tax item-promotion-discount ship-service-level recipient-name "
    "ship-address-1 ship-city ship-postal-code ship-country sales-channel"
)


def main(lines: int) -> None:
    rows = []
    for engine in ("SQLite", "PostgreSQL"):
        with _database(engine):
            _stock()
            for name, content in _files(lines):
                print(f"  {engine}: {name}", file=sys.stderr, flush=True)
                rows.append((engine, name, f"{len(content) / 2**20:.0f}", *_brought_in(content)))
    heads = (
        "on",
        f"{lines:,} lines",
        "MB",
        "read, s",
        "preview, s",
        "compare again and write, s",
        "job, s",
        "of it at work here, s",
    )
    print(table(f"Orders from Amazon's files (goal for the job of new orders: {GOAL} s)", heads, rows))
    print(
        f"{os.cpu_count()} cores. Load of the machine at the end: {' '.join(f'{one:.1f}' for one in os.getloadavg())}."
    )


def _brought_in(content: bytes) -> tuple[str, ...]:
    """Seconds of reading, of comparing for the screen, of the transaction, and of the job, which reads and writes: passed and worked."""
    start, worked = time.perf_counter(), time.process_time()
    told = order_uploads.told(order_uploads.opened("orders.txt", content), CHOICE)
    read, worked = time.perf_counter(), time.process_time() - worked
    with session.reading() as looking:
        found = order_files.plan(looking, told, CHOICE.stores)
    compared = time.perf_counter()
    if found.refused:
        raise RuntimeError(f"{found}: {found.refused[:3]}")
    if not found:
        return (
            f"{read - start:.1f}",
            f"{compared - read:.1f}",
            "nothing to write",
            f"{compared - start:.1f}",
            f"{worked:.1f}",
        )
    worked -= time.process_time()
    commands.perform(SYSTEM, order_files.commit, told, CHOICE.stores, found.mark())
    written, worked = time.perf_counter() - compared, worked + time.process_time()
    seconds = (read - start, compared - read, written, read - start + written, worked)
    return tuple(f"{one:.1f}" for one in seconds)


# What is brought in


def _files(lines: int) -> Iterator[tuple[str, bytes]]:
    first = _all_orders(lines, "Unshipped", 0)
    yield "All Orders, all new", first
    yield "the same file again", first
    yield "All Orders, all shipped a day later", _all_orders(lines, "Shipped", 1)
    yield "New Orders with buyers, all new", _new_orders(lines)


def _all_orders(lines: int, status: str, days: int) -> bytes:
    rows = [ALL.split()]
    for number, (order, at) in enumerate(_orders(lines, 302)):
        sku = f"SKU-{number * 7 % (PRODUCTS + 1000):06d}"
        told = at + timedelta(hours=1, days=days)
        rows.append([order, "", at.isoformat(), told.isoformat(), status, "Merchant", "Amazon.de", "", "Standard", f"Flasche {number} blau",
                     sku, f"B{number % PRODUCTS:09d}", status, str(1 + number % 3), "EUR", f"{10 + number % 90}.{number % 100:02d}", "1.60",
                     "3.99", "0.64", "", "", "", "", "Berlin", "", "10115", "DE", "", "false", "", ""])  # fmt: skip
    return "\n".join("\t".join(row) for row in rows).encode()


def _new_orders(lines: int) -> bytes:
    rows = [NEW.split()]
    for number, (order, at) in enumerate(_orders(lines, 303)):
        rows.append([order, f"{number:014d}", at.isoformat(), at.isoformat(), f"b{number}@example.com", f"Buyer {number}", "030 1",
                     f"SKU-{number * 7 % PRODUCTS:06d}", f"Flasche {number} blau", "1", "EUR", "19.99", "3.19", "0.00", "0.00", "", "",
                     f"Buyer {number}", f"Weg {number}", "Berlin", "10115", "DE", "Amazon.de"])  # fmt: skip
    return "\n".join("\t".join(row) for row in rows).encode()


def _orders(lines: int, prefix: int) -> Iterator[tuple[str, datetime]]:
    """Seven orders for ten lines."""
    chance = random.Random(lines)
    order, at = 0, FIRST
    for _ in range(lines):
        if chance.random() < 0.7:
            order, at = order + 1, at + timedelta(seconds=50)
        yield f"{prefix}-{order // 10_000_000:07d}-{order % 10_000_000:07d}", at


def _stock() -> None:
    with session.engine().begin() as connection:
        connection.execute(insert(Store), [{"id": 1, "name": "Berlin", "marketplace": "DE", "currency": "EUR"}])
        goods = [
            {"id": n, "sku": f"SKU-{n:06d}", "title_en": f"Bottle {n}", "search_text": f"bottle {n}"}
            for n in range(1, PRODUCTS + 1)
        ]
        connection.execute(insert(Product), goods)
        here = [
            {"id": n, "product_id": n, "store_id": 1, "seller_sku": f"SKU-{n:06d}", "asin": f"B{n:09d}"}
            for n in range(1, PRODUCTS + 1)
        ]
        connection.execute(insert(Listing), here)


@contextmanager
def _database(engine: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CARAVAN_DATA"] = folder
        os.environ.pop("DATABASE_URL", None)
        if engine == "SQLite":
            os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'caravan.db'}"
            with _empty():
                yield
            return
        with postgres.running() as reached:
            with psycopg.connect(f"{reached} dbname=postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE caravan")
            host = quote(dict(part.split("=", 1) for part in reached.split())["host"], safe="")
            os.environ["DATABASE_URL"] = f"postgresql+psycopg://caravan@/caravan?host={host}"
            with _empty():
                yield


@contextmanager
def _empty() -> Iterator[None]:
    session.forget_engine()
    upgrade()
    yield
    session.forget_engine()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)
