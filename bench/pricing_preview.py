"""What a changed ratio would do to every price: `python -m bench.pricing_preview` (`--products 100000` for a quick look).

The measuring runs in a program of its own, so that its memory is that of the library alone. In three stores everything is listed; the
other seven are there for the preview of a company that has listed nothing.
"""

import argparse
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from bench import __main__ as bench
from bench import company, pages, pricing_screen
from bench.tables import both, table
from db.models import Category, ExchangeRate, Listing, PriceTier, Product, Store
from db.session import SYSTEM, reading, transaction
from db.upgrade import upgrade
from db.vocabulary import Source
from lib.prices import price_columns
from lib.prices.formula import Tier
from lib.prices.price_book import Book
from lib.prices.price_draft import Draft, Scope
from lib.prices.price_gains import gains
from lib.prices.price_preview import look, rows_in

SIZES = (100_000, 1_000_000)
RATES = {"USD": "0.1403", "EUR": "0.1293", "JPY": "21.1512", "GBP": "0.1105", "CAD": "0.1975", "KWD": "0.0431"}
MORE_STORES = (("GB", "GBP"), ("CA", "CAD"), ("FR", "EUR"), ("IT", "EUR"), ("ES", "EUR"), ("US", "USD"), ("SA", "KWD"))
TIERS = (("0", 210, 10), ("100", 160, 5), ("500", 135, 0))
ROUNDS, FEW = 25, 9
TRIED = (1, Source.ALIBABA)
UNLISTED = count(40_000)


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench.pricing_preview")
    asked.add_argument("--products", type=int, action="append")
    asked.add_argument("--engine", choices=(*bench.ENGINES, "both"), default="both")
    asked.add_argument("--part", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.part:
        json.dump(_measured(), sys.stdout)
        return
    for part in run(given.products or SIZES, bench.ENGINES if given.engine == "both" else (given.engine,)):
        print(part, flush=True)


def run(sizes: Any = SIZES, engines: tuple[str, ...] = bench.ENGINES) -> Iterator[str]:
    """One table."""
    columns = []
    for products in sizes:
        for engine in engines:
            with bench._database(engine):
                upgrade()
                company.load(products)
                _rules()
                program = [sys.executable, "-m", "bench.pricing_preview", "--part"]
                found = json.loads(subprocess.run(program, stdout=subprocess.PIPE, check=True).stdout)
                found |= pricing_screen.measured(ROUNDS, pages.signed_in())
                columns.append((f"{products:,}, {engine}", found))
    heads = ["ms p50 / p95, where nothing else is said", *(name for name, _ in columns)]
    rows = [[name, *(found[name] for _, found in columns)] for name in columns[0][1]]
    yield table("The preview of all prices; of so many products, each listed in three stores", heads, rows)


def _rules() -> None:
    """A rule for two categories of five from six sources of eight, rates, and seven stores more."""
    chance = random.Random(company.SEED)
    with transaction(SYSTEM, "bench.rules") as session:
        for currency, rate in RATES.items():
            session.add(ExchangeRate(base="CNY", quote=currency, day=date(2026, 1, 1), rate=Decimal(rate)))
        for place, (country, currency) in enumerate(MORE_STORES):
            name = f"Store {place + 4}"
            session.add(Store(name=name, marketplace=country, currency=currency, percent=Decimal(112), ending=".99"))
        for category in session.query(Category):
            for source in list(Source)[:6] if category.id == 1 or chance.random() < 0.4 else ():
                session.add_all(
                    PriceTier(category_id=category.id, source=source, threshold=Decimal(threshold), fine=Decimal(fine),
                              percent=Decimal(percent + chance.randrange(40)))
                    for threshold, percent, fine in TIERS
                )  # fmt: skip


# In the program of its own


def _measured() -> dict[str, str]:
    said: dict[str, str] = {}
    before = _held()
    with _Peak() as peak, reading() as session:
        seconds = _spent(lambda: price_columns.current(session)) / 1000
    said["read the library, seconds"] = f"{seconds:.1f}"
    said["memory of it / at most while reading, MB"] = f"{_held() - before:.0f} / {peak.most - before:.0f}"
    said["look, nothing changed"] = both([_look() for _ in range(ROUNDS)])
    said["look, a cost was changed"] = both([_look(_change_cost) for _ in range(FEW)])
    said["look, a product was added"] = both([_look(_add_product) for _ in range(FEW)])
    said["look, a listing was added"] = both([_look(_add_listing) for _ in range(FEW)])
    said |= _previews()
    said["memory of the program at the end, MB"] = f"{_held():.0f}"
    return said


def _previews() -> dict[str, str]:
    with reading() as session:
        columns, book = price_columns.current(session), Book.whole(session)
        scopes = {"one category": Scope(categories=(1,)), "a word": Scope(text=company.COMMON)}
        chosen = {name: rows_in(session, columns, scope) for name, scope in scopes.items()}
        word = both([_spent(lambda: rows_in(session, columns, scopes["a word"])) for _ in range(FEW)])
    tried = [_tried(book, step) for step in range(ROUNDS)]
    few = tried[:FEW]
    return {
        "preview, every listing": both([_spent(lambda book=book: look(columns, book)) for book in tried]),
        **{f"preview, {name}": both([_spent(lambda b=b, r=r: look(columns, b, r)) for b in tried]) for name, r in chosen.items()},
        "which products have a common word": word,
        "preview of the library in ten stores": both(
            [_spent(lambda b=b: look(columns, b, compare="saved", saved_book=book)) for b in few]
        ),
        "what one ratio earns": both([_spent(_earning(columns, book, step)) for step in range(FEW)]),
    }  # fmt: skip


def _tried(book: Book, step: int) -> Book:
    """The book with another ratio, as a slider that is moved would have it."""
    ratio = Decimal(150) + Decimal(step) / 4
    tiers = tuple(Tier(Decimal(threshold), ratio, Decimal(fine)) for threshold, _, fine in TIERS)
    return book.drafted(Draft(rules={TRIED: tiers}))


def _earning(columns: price_columns.Columns, book: Book, step: int) -> Callable[[], Any]:
    at = gains(columns, book, TRIED)
    return lambda: at(Decimal(150 + step))


def _look(change: Callable[[], None] | None = None) -> float:
    if change:
        change()
    with reading() as session:
        session.connection()
        return _spent(lambda: price_columns.current(session))


def _change_cost() -> None:
    with transaction(SYSTEM, "bench.cell") as session:
        product = session.get_one(Product, random.randrange(1, 50_000))
        product.source_price = (product.source_price or Decimal(0)) + 1


def _add_product() -> None:
    with transaction(SYSTEM, "bench.product") as session:
        session.add(Product(sku=f"BENCH-{time.monotonic_ns()}", source_price=Decimal(30)))


def _add_listing() -> None:
    """Of a product in the middle, in a store where nothing is listed yet."""
    with transaction(SYSTEM, "bench.listing") as session:
        number = next(UNLISTED)
        session.add(Listing(product_id=number, store_id=4, seller_sku=f"BENCH-{number}", price=Decimal(30)))


def _spent(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def _held() -> float:
    """MB that are the program's own: without the file of the database, which SQLite reads as if it were memory."""
    return int(Path("/proc/self/status").read_text().partition("RssAnon:")[2].split()[0]) / 2**10


class _Peak:
    """The most that was held meanwhile."""

    def __enter__(self) -> "_Peak":
        self.most, self.on = _held(), True
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()
        return self

    def _watch(self) -> None:
        while self.on:
            self.most = max(self.most, _held())
            time.sleep(0.005)

    def __exit__(self, *_: Any) -> None:
        self.on = False
        self.watcher.join()


if __name__ == "__main__":
    main()
