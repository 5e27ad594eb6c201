"""Measures Caravan on a large company: `make bench`, or `make bench ARGS=--small` for a quick look, `ARGS="--topic pricing"` for a part.

Makes 1,000,000 products (3,000,000 listings, 1,000,000 orders) on SQLite and on a PostgreSQL of its own, and prints tables.
Times depend on the machine and on who else is busy on it: what counts are the ratios, which are measured turn by turn.
"""

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import django
import psycopg
import streamlit

from bench import company, pages, queries
from bench.queries import Case
from bench.tables import both, p50, short, table
from db import session
from db.upgrade import upgrade
from tests import postgres

HERE = Path(__file__).parent
REPORT = HERE.parent / "docs" / "benchmarks.md"
SMALL, LARGE = 50_000, 1_000_000
LEAST, PATIENCE = 5, 20.0
"""What takes its time is asked for less often: no more after so many rounds and seconds."""
ENGINES = ("SQLite", "PostgreSQL")


def main() -> None:
    asked = _asked()
    many = asked.rows or (SMALL if asked.small else LARGE)
    engines = ENGINES if asked.engine == "both" else (asked.engine,)
    for topic in TOPICS if asked.topic == "all" else (asked.topic,):
        said = [_machine()]
        for part in TOPICS[topic](many, engines, asked.rounds):
            print(part, flush=True)
            said.append(part)
        said.append(f"Load of the machine at the end: {_load()}.\n")
        print(said[0], said[-1], sep="\n")
        if asked.write:
            _write(topic, "\n".join(said))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--topic", choices=(*TOPICS, "all"), default="all", help="what is measured (all)")
    parser.add_argument("--small", action="store_true", help=f"{SMALL:,} products instead of {LARGE:,}")
    parser.add_argument("--rows", type=int, help="any other number of products, or of orders")
    parser.add_argument("--rounds", type=int, default=20, help="how often each thing is asked for (20)")
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    return parser.parse_args()


def _write(topic: str, tables: str) -> None:
    """Put the tables between the two marks of their topic."""
    begin, end = f"<!-- {topic}: written by `make bench` -->\n", f"<!-- end of {topic} -->"
    before, _, rest = REPORT.read_text(encoding="utf-8").partition(begin)
    REPORT.write_text(f"{before}{begin}\n{tables}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


# What is measured


def _library(many: int, engines: tuple[str, ...], rounds: int) -> Iterator[str]:
    yield f"{many:,} products, {3 * many:,} listings, {many:,} orders.\n"
    for engine in engines:
        with _database(engine):
            yield from _measured(engine, many, rounds, 20_000 if many < LARGE else 100_000)


def _pricing(many: int, engines: tuple[str, ...], rounds: int) -> Iterator[str]:
    from bench import pricing_apply, pricing_kernel, pricing_preview  # they ask here for a database

    yield from pricing_kernel.run()
    yield from pricing_preview.run((many // 10, many), engines)
    yield from pricing_apply.run(many, engines)


def _codes(many: int, engines: tuple[str, ...], rounds: int) -> Iterator[str]:
    from bench import barcodes, codes

    yield from codes.run(5 * many, engines)
    yield from barcodes.run()


def _orders(many: int, engines: tuple[str, ...], rounds: int) -> Iterator[str]:
    from bench import orders

    yield from orders.run(many, engines, rounds)


def _order_files(many: int, engines: tuple[str, ...], rounds: int) -> Iterator[str]:
    from bench import order_files

    yield from order_files.run((0, many), engines)


TOPICS: dict[str, Callable[[int, tuple[str, ...], int], Iterator[str]]] = {
    "library": _library, "pricing": _pricing, "codes": _codes, "orders": _orders,
    "order-files": _order_files,
}  # fmt: skip


@contextmanager
def _database(engine: str) -> Iterator[None]:
    """An empty folder and an empty database for the time of the block, known to the programs that are started in it."""
    folder = HERE / "var" / engine.lower()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["CARAVAN_DATA"] = str(folder)
    os.environ.pop("DATABASE_URL", None)
    try:
        if engine == "SQLite":
            yield
            return
        with postgres.running() as reached:
            with psycopg.connect(f"{reached} dbname=postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE caravan")
            host = dict(word.split("=", 1) for word in reached.split())["host"]
            os.environ["DATABASE_URL"] = f"postgresql+psycopg://caravan@/caravan?host={host}"
            yield
            session.forget_engine()
    finally:
        session.forget_engine()
        shutil.rmtree(folder, ignore_errors=True)


def _measured(engine: str, many: int, rounds: int, rows: int) -> Iterator[str]:
    start = time.monotonic()
    upgrade()
    company.load(many)
    yield f"### {engine}\n\nLoaded in {time.monotonic() - start:.0f} s.\n"
    cookie = pages.signed_in()
    cases = queries.cases(many)
    yield _screens(cases, rounds, cookie)
    yield _queries(cases, rounds)
    yield _import(rows)
    yield f"Memory of one open Products page: {pages.memory(20, cookie):.1f} MB (goal: under 30), the mean of 20.\n"


# The tables


def _screens(cases: list[Case], rounds: int, cookie: str) -> str:
    rows = []
    for case, spent in pages.reruns(cases, rounds, cookie):
        page, bare, plain = spent["page"], spent["bare"], spent["plain"]
        rows.append(
            (
                case.name,
                both(page),
                both(bare),
                f"{p50(page) / p50(bare):.1f}",
                both(plain),
                f"{p50(page) / p50(plain):.2f}",
                f"{case.goal:.1f}",
            )
        )
    heads = (
        "Products page, whole rerun, ms p50 / p95",
        "Caravan",
        "bare, served alike",
        "ratio",
        "bare, `streamlit run`",
        "ratio",
        "goal",
    )
    return table("The Products page against a page with nothing on it", heads, rows)


def _queries(cases: list[Case], rounds: int) -> str:
    admin = subprocess.Popen(
        [sys.executable, "-m", "bench.django_admin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    rows = []
    try:
        for case in cases:
            print(f"  query: {case.name}", file=sys.stderr, flush=True)
            ours, request, sql = [], [], []
            begin = time.monotonic()
            for number in range(rounds + 2):
                if number > LEAST + 2 and time.monotonic() - begin > PATIENCE:
                    break
                took, theirs = _one_reading(case), _one_request(admin, f"product/?{case.django}")
                if number >= 2:
                    ours.append(took)
                    request.append(theirs["request"])
                    sql.append(theirs["sql"])
            rows.append(
                (
                    case.name,
                    both(ours),
                    both(request),
                    both(sql),
                    f"{p50(request) / p50(ours):.0f}",
                    f"{p50(sql) / p50(ours):.1f}",
                )
            )
    finally:
        admin.communicate()
    heads = (
        "Query work of the page, ms p50 / p95",
        "Caravan",
        "Django admin, request",
        "of it waiting for SQL",
        "request / ours",
        "SQL / ours",
    )
    return table("The same list in Django's admin", heads, rows)


def _one_reading(case: Case) -> float:
    start = time.perf_counter()
    with session.reading() as reading:
        queries.work(case)(reading)
    return (time.perf_counter() - start) * 1000


def _one_request(admin: Any, asked: str) -> dict[str, float]:
    admin.stdin.write(quote(asked, safe="/?=&,") + "\n")
    admin.stdin.flush()
    answer: dict[str, float] = json.loads(admin.stdout.readline())
    return answer


def _import(rows: int) -> str:
    done = subprocess.run([sys.executable, "-m", "bench.importing", str(rows)], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    parts = [f"{found['seconds'][name]:.1f}" for name in ("read", "compare", "write")]
    total = sum(found["seconds"].values())
    heads = ("rows", "file, MB", "read, s", "compare, s", "write with history, s", "together, s", "peak, MB")
    row = (f"{rows:,}", f"{found['bytes'] / 2**20:.1f}", *parts, f"{total:.1f}", short(found["peak"]))
    return table("Import of new products (goal for 100,000: under 20 s and 1,000 MB)", heads, [row])


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    server = subprocess.run(
        [postgres.binaries() / "postgres", "--version"], capture_output=True, text=True
    ).stdout.split()[2]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}; "
        f"Python {platform.python_version()}, Streamlit {streamlit.__version__}, SQLite {sqlite3.sqlite_version}, PostgreSQL {server}, "
        f"Django {django.__version__}. Load of the machine at the start: {_load()}.\n"
    )


def _load() -> str:
    return " ".join(f"{one:.1f}" for one in os.getloadavg())


if __name__ == "__main__":
    main()
