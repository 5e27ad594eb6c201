"""Opening one order among a million: `python -m bench.order_detail` (`--orders 100000` for a quick look).

What the panel beside the list reads for an order is measured part by part and whole, each order once, so that nothing is read twice.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import select

from bench import __main__ as bench
from bench import trade
from bench.tables import both, table
from db.models import Order
from db.session import reading
from db.upgrade import upgrade
from lib.orders import link_guesses, order_detail, order_money, parcels
from lib.purchases import legs

ORDERS, PRODUCTS, SAMPLE, SEED = 1_000_000, 1_000_000, 300, 20_260_005
GOAL = 150


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench.order_detail")
    asked.add_argument("--orders", type=int, default=ORDERS)
    asked.add_argument("--engine", choices=(*bench.ENGINES, "both"), default="both")
    given = asked.parse_args()
    for part in run(given.orders, bench.ENGINES if given.engine == "both" else (given.engine,)):
        print(part, flush=True)


def run(orders: int = ORDERS, engines: Sequence[str] = bench.ENGINES) -> Iterator[str]:
    """One table: each part of the panel, and all of it."""
    rows: list[Sequence[str]] = []
    for name in engines:
        with bench._database(name):
            upgrade()
            trade.load(orders, min(orders, PRODUCTS))
            rows += [(name, *row) for row in _measured(orders)]
    heads = ("database", "read for one order", "ms p50 / p95")
    yield table(f"An order beside the list, of {orders:,} (goal: {GOAL} ms over a bare rerun)", heads, rows)


def _measured(orders: int) -> Iterator[tuple[str, str]]:
    chance = random.Random(SEED)
    picked = chance.sample(range(1, orders + 1), SAMPLE)
    _times(_whole, picked[:20])
    yield "what it is, its lines, purchases, history", both(_times(order_detail.detail, picked))
    yield "its money", both(_times(_money, picked))
    yield "the legs of its journey", both(_times(legs.legs, picked))
    yield "its parcels", both(_times(parcels.of_order, picked))
    yield "all four", both(_times(_whole, chance.sample(range(1, orders + 1), SAMPLE)))
    unlinked = _unlinked()
    yield "guesses for a line without a product", both(_times(_guesses, unlinked))
    thousand = [chance.sample(range(1, orders + 1), 1_000) for _ in range(5)]
    yield "the money of 1,000 orders at once", both(_times(order_money.money_of, thousand))


def _times(read: Callable[..., Any], wanted: Sequence[Any]) -> list[float]:
    """Milliseconds for each, every time with a session of its own as a screen has it."""
    took = []
    for one in wanted:
        start = time.perf_counter()
        with reading() as session:
            read(session, one)
        took.append((time.perf_counter() - start) * 1000)
    return took


def _money(session: Any, order_id: int) -> Any:
    return order_money.money_of(session, [order_id])


def _whole(session: Any, order_id: int) -> None:
    order_detail.detail(session, order_id)
    _money(session, order_id)
    legs.legs(session, order_id)
    parcels.of_order(session, order_id)


def _guesses(session: Any, order_id: int) -> None:
    for line in order_detail.detail(session, order_id).lines:  # type: ignore[union-attr]
        if line.product is None:
            link_guesses.guesses(session, line.id)


def _unlinked() -> list[int]:
    with reading() as session:
        return list(session.scalars(select(Order.id).where(Order.is_unlinked).order_by(Order.id.desc()).limit(100)))


if __name__ == "__main__":
    main()
