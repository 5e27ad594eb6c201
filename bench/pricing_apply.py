"""A million prices applied and taken back: `python -m bench.pricing_apply` (`--products 100000` for a quick look).

The worker's part runs in a program of its own, so that its memory is that of the run alone. Meanwhile two others save every 50 ms: one
the remark of a product, one a price of the very listings that are being priced (and takes it back, or the run would be refused).
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench import __main__ as bench
from bench import company
from bench.tables import table
from db import price_moves
from db.models import Category, ExchangeRate, Job, Listing, ListingPrice, Person, PriceTier, Product
from db.session import SYSTEM, Actor, reading, transaction
from db.upgrade import upgrade
from db.vocabulary import PersonState, Role, Source
from lib.commands import perform
from lib.outages import sentence
from lib.people import attempt
from lib.prices import price_proposal, price_runs, price_staging
from lib.prices.price_draft import Scope

RATES = {"USD": "0.1403", "EUR": "0.1293", "JPY": "21.1512"}
SCOPE = Scope(stores=(1,))
SECONDS_BETWEEN_SAVES = 0.05
STEPS: tuple[tuple[Any, str, str], ...] = (
    (price_proposal, "make", "work out"),
    (price_staging, "_prepare", "prepare"),
    (price_moves, "tally", "count"),
    (price_moves, "check", "compare"),
    (price_staging, "_switch", "switch"),
)


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench.pricing_apply")
    asked.add_argument("--products", type=int, default=1_000_000)
    asked.add_argument("--engine", choices=(*bench.ENGINES, "both"), default="both")
    asked.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.part:
        json.dump(PARTS[given.part](), sys.stdout)
        return
    for part in run(given.products, bench.ENGINES if given.engine == "both" else (given.engine,)):
        print(part, flush=True)


def run(products: int, engines: tuple[str, ...] = bench.ENGINES) -> Iterator[str]:
    """One table."""
    rows = []
    for engine in engines:
        with bench._database(engine):
            upgrade()
            company.load(products)
            _rules()
            for doing in ("apply", "undo"):
                asked = _program(doing)
                rows.append([engine, *_measured(doing, asked["count"])])
    said = f"Prices of one store of three applied, and taken back: {products:,} of {products * 3:,}"
    heads = ["database", "", "prices", "seconds", *(label for _, _, label in STEPS), "rest", "peak MB", "second writer waits, s",
             "at the same prices, s"]  # fmt: skip
    yield table(said, heads, rows)


def _rules() -> None:
    with transaction(SYSTEM, "bench.rules") as session:
        session.add(Person(username="alice", role=Role.ADMIN, state=PersonState.ACTIVE, password_hash="x"))
        for currency, rate in RATES.items():
            session.add(ExchangeRate(base="CNY", quote=currency, day=date(2026, 1, 1), rate=Decimal(rate)))
        for category in session.scalars(select(Category.id).where(Category.parent_id.is_(None))):
            for source in Source:
                session.add_all([_tier(category, source, *tier) for tier in ((0, 190), (100, 170), (500, 150))])


def _tier(category: int, source: Source, threshold: int, percent: int) -> PriceTier:
    return PriceTier(
        category_id=category, source=source, threshold=Decimal(threshold), percent=Decimal(percent), fine=Decimal(5)
    )


def _measured(doing: str, count: int) -> list[str]:
    others = [_begin("remark"), _begin("price")]
    time.sleep(2)
    done = _program("work")
    waits = []
    for other in others:
        said, _ = other.communicate(input=b"end\n", timeout=60)
        waits.append(json.loads(said)["longest"])
    if done["state"] != "done":
        raise RuntimeError(done["message"])
    steps = done["steps"]
    rest = done["seconds"] - sum(steps.values())
    seconds = [f"{spent:.1f}" for spent in (*(steps.get(label, 0) for _, _, label in STEPS), rest)]
    longest = [f"{wait:.2f}" for wait in waits]
    return [doing, f"{count:,}", f"**{done['seconds']:.1f}**", *seconds, f"{done['peak']:,.0f}", *longest]


def _program(part: str) -> Any:
    done = subprocess.run(_command(part), stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def _begin(part: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_command(part), stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _command(part: str) -> list[str]:
    return [sys.executable, "-m", "bench.pricing_apply", "--part", part]


# The programs


def _alice() -> Actor:
    with reading() as session:
        return Actor(session.scalars(select(Person.id).where(Person.username == "alice")).one(), "alice", Role.ADMIN)


def _apply() -> dict[str, Any]:
    """What a person does: look, and click."""
    with reading() as session:
        seen = price_proposal.make(session, SCOPE)
    perform(_alice(), price_runs.apply, SCOPE, seen.digest, "bench", overrule=True, previewed=seen.count)
    return {"count": seen.count}


def _undo() -> dict[str, Any]:
    perform(_alice(), price_runs.undo, 1)
    with reading() as session:
        return {"count": session.get_one(price_runs.PriceRun, 1).counts["moves"]}


def _work() -> dict[str, Any]:
    """What the worker does."""
    spent: dict[str, float] = {}
    for module, name, label in STEPS:
        setattr(module, name, _timed(spent, label, getattr(module, name)))
    with reading() as session:
        number = session.scalars(select(Job.id).order_by(Job.id.desc()).limit(1)).one()
    memory = _Memory()
    memory.start()
    start = time.perf_counter()
    attempt.work_off(number)
    seconds = time.perf_counter() - start
    memory.is_over.set()
    with reading() as session:
        found = session.get_one(Job, number)
    return {"seconds": seconds, "steps": spent, "peak": memory.most, "state": found.state, "message": found.message}


class _Memory(threading.Thread):
    """The most MB that this program has had of its own, without the file of the database that SQLite maps."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most, self.is_over = 0.0, threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(0.01):
            status = Path("/proc/self/status").read_text()
            self.most = max(self.most, int(status.partition("RssAnon:")[2].split()[0]) / 2**10)


def _timed(spent: dict[str, float], label: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return work(*args, **kwargs)
        finally:
            spent[label] = spent.get(label, 0) + time.perf_counter() - start

    return timed


def _saving(save: Callable[[int], None]) -> dict[str, Any]:
    """Save again and again until told to end."""
    os.set_blocking(sys.stdin.fileno(), False)
    longest, times, refused = 0.0, 0, 0
    while not sys.stdin.buffer.read(1):
        start = time.perf_counter()
        try:
            save(times)
        except Exception as error:
            if not sentence(error):
                raise
            refused += 1
        longest, times = max(longest, time.perf_counter() - start), times + 1
        time.sleep(SECONDS_BETWEEN_SAVES)
    return {"longest": longest, "times": times, "refused": refused}


def _remark(times: int) -> None:
    with transaction(SYSTEM, "bench.remark") as session:
        session.get_one(Product, 7).remark = f"again {times}"


class _Back(Exception):
    """Nothing of this is to be kept."""


def _price(times: int) -> None:
    with contextlib.suppress(_Back), transaction(SYSTEM, "bench.price") as session:
        listing = session.scalars(select(Listing.id).where(Listing.store_id == 1).offset(1 + times % 50).limit(1)).one()
        session.get_one(ListingPrice, listing).price = Decimal(times + 1)
        session.flush()
        raise _Back


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "apply": _apply, "undo": _undo, "work": _work,
    "remark": lambda: _saving(_remark), "price": lambda: _saving(_price),
}  # fmt: skip


if __name__ == "__main__":
    main()
