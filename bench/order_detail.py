"""Opening one order among a million: what is read for it, part by part and whole, and the whole page as a browser asks for it.

Each order is opened once, so that nothing is read twice. Beside it stand the page without an order and a page with nothing on it.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import select

from bench import pages
from bench.client import Client
from bench.tables import both, p50, p95, short, table
from db.models import Order
from db.session import reading
from lib.orders import link_guesses, order_detail, order_money, parcels
from lib.purchases import legs

SAMPLE, SEED = 300, 20_260_005
GOAL = 150


def parts(orders: int) -> str:
    """What the panel beside the list reads."""
    rows = list(_measured(orders))
    return table(f"An order beside the list, of {orders:,}: what is read", ("read for one order", "ms p50 / p95"), rows)


def screen(rounds: int, cookie: str) -> str:
    """Whole reruns of the page, turn by turn with a bare one: the list alone, and with the next order opened."""
    with pages.program("serve") as (ours, _), pages.program("bench.bare") as (alike, _):
        alone, beside, bare = (
            Client(ours, "orders", "", cookie),
            Client(ours, "orders", _first(), cookie),
            Client(alike),
        )
        spent: dict[str, list[float]] = {"nothing": [], "the list": [], "the list, and one more order opened": []}
        for number in range(rounds + 2):
            took = (bare.rerun("refresh"), alone.rerun(), _next(beside))
            for times, one in zip(spent.values(), took, strict=True) if number >= 2 else ():
                times.append(one)
        for tab in (alone, beside, bare):
            tab.close()
    least = p50(spent["nothing"])
    rows = [
        (name, both(times), short(max(0, p50(times) - least)), short(max(0, p95(times) - least)))
        for name, times in spent.items()
    ]
    heads = ("whole rerun", "ms p50 / p95", "p50 over a bare rerun", "p95 over it")
    return table(f"The Orders page (goal: an order opened in {GOAL} ms over a bare rerun)", heads, rows)


def _next(tab: Client) -> float:
    before = tab.query
    took = tab.rerun("order:next")
    if tab.query == before or "order=" not in tab.query:
        raise RuntimeError(f"The next order was not opened: the address says {tab.query}")
    return took


def _first() -> str:
    """The address of an order in the middle of the first page."""
    with reading() as session:
        number = session.scalars(
            select(Order.number).order_by(Order.bought_at.desc(), Order.id.desc()).offset(5).limit(1)
        ).one()
    return f"order={number}"


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
