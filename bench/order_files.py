"""Brings Amazon's order reports in and says what that took: `python -m bench.order_files`, or `... PostgreSQL 50000`.

On a database of its own of each kind, empty and with 1,000,000 orders (or as many as are named), with a store, products and listings to
link to: new orders, the same file again, the same orders a day later. Each as the job does it: opened, read, compared, written with its
history.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy import func, insert, select

from bench import trade
from bench.importing import peak
from bench.tables import short, table
from db import session
from db.models import Listing, Product, Store
from db.session import SYSTEM
from db.upgrade import upgrade
from lib import commands
from lib.orders import order_files, order_uploads
from lib.orders.order_uploads import Choice
from tests import postgres

LINES, PRODUCTS, GOAL = 100_000, 20_000, 30
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


CASES = (
    "All Orders, all new",
    "the same file again",
    "All Orders, all shipped a day later",
    "New Orders with buyers, all new",
)


def run(here: Sequence[int], engines: Sequence[str], lines: int = LINES) -> Iterator[str]:
    """A table for each engine and each number of orders that are here already."""
    for engine in engines:
        for orders in here:
            with _database(engine):
                if orders:
                    trade.load(orders, PRODUCTS)
                store = _stock()
                print(f"  {engine}, {orders:,} orders: loaded", file=sys.stderr, flush=True)
                rows = [_measured(case, store, lines) for case in range(len(CASES))]
            heads = (f"{engine}, {lines:,} lines", *HEADS)
            title = f"Amazon's reports into {orders:,} orders (goal for the job: {GOAL} s and 1,000 MB)"
            yield table(title, heads, rows)


HEADS = (
    "read, s",
    "preview, s",
    "compare again and write, s",
    "job, s",
    "lines/s",
    "of it at work here, s",
    "peak, MB",
)


def _measured(case: int, store: int, lines: int) -> tuple[str, ...]:
    """In a process of its own, so that the peak is its own."""
    asked = [sys.executable, "-m", "bench.order_files", "one", str(case), str(store), str(lines)]
    done = subprocess.run(asked, stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    print(f"  {CASES[case]}: {found}", file=sys.stderr, flush=True)
    return (CASES[case], *found)


def one(case: int, store: int, lines: int) -> tuple[str, ...]:
    """Seconds of reading, of comparing for the screen, of the transaction, and of the job, which reads and writes: passed and worked."""
    content = _file(case, lines)
    choice = Choice({"DE": store})
    start, worked = time.perf_counter(), time.process_time()
    told = order_uploads.told(order_uploads.opened("orders.txt", content), choice)
    read, worked = time.perf_counter() - start, time.process_time() - worked
    start = time.perf_counter()
    with session.reading() as looking:
        found = order_files.plan(looking, told, choice.stores)
    compared = time.perf_counter() - start
    if found.refused or bool(found) == (case == 1):
        raise RuntimeError(f"{found}: {found.refused[:3]}")
    if not found:
        return (f"{read:.1f}", f"{compared:.1f}", "nothing to write", "", "", "", short(peak()))
    mark = found.mark()
    del found  # the job has another plan than the screen
    start, worked = time.perf_counter(), worked - time.process_time()
    commands.perform(SYSTEM, order_files.commit, told, choice.stores, mark)
    written, worked = time.perf_counter() - start, worked + time.process_time()
    job = read + written
    seconds = [f"{seconds:.1f}" for seconds in (read, compared, written, job)]
    return (*seconds, f"{lines / job:,.0f}", f"{worked:.1f}", short(peak()))


# What is brought in


def _file(case: int, lines: int) -> bytes:
    if case == 3:
        return _new_orders(lines)
    return _all_orders(lines, *(("Shipped", 1) if case == 2 else ("Unshipped", 0)))


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


def _stock() -> int:
    """A store, with products and listings that the files name; returns the store."""
    with session.engine().begin() as connection:
        store = (connection.scalar(select(func.max(Store.id))) or 0) + 1
        connection.execute(insert(Store), [{"id": store, "name": "Files", "marketplace": "DE", "currency": "EUR"}])
        first = (connection.scalar(select(func.max(Product.id))) or 0) + 1
        goods = [
            {"id": first + n, "sku": f"SKU-{n:06d}", "title_en": f"Bottle {n}", "search_text": f"bottle {n}"}
            for n in range(PRODUCTS)
        ]
        connection.execute(insert(Product), goods)
        listings = (connection.scalar(select(func.max(Listing.id))) or 0) + 1
        here = [
            {
                "id": listings + n,
                "product_id": first + n,
                "store_id": store,
                "seller_sku": f"SKU-{n:06d}",
                "asin": f"B{n:09d}",
            }
            for n in range(PRODUCTS)
        ]
        connection.execute(insert(Listing), here)
    return store


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


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        json.dump(one(*(int(word) for word in sys.argv[2:])), sys.stdout)
        return
    words = [word for word in sys.argv[1:] if not word.isdigit()]
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    for part in run(numbers or (0, 1_000_000), words or ("SQLite", "PostgreSQL")):
        print(part)
    print(
        f"{os.cpu_count()} cores. Load of the machine at the end: {' '.join(f'{one:.1f}' for one in os.getloadavg())}."
    )


if __name__ == "__main__":
    main()
