"""The list of orders, question by question, beside Django's admin over the same table; pasted lists; the orders around one.

Each of ours is asked as the page asks it: the counts of the tabs with one session, the number found and the rows with another.
Django's admin has no such tabs: it is compared with the number found and the rows. "At best" is the quickest of the rounds.
What loading has left in memory is put aside first: the collector would look through it in the middle of a question.
"""

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench import __main__ as bench
from bench import company, order_detail, pages, trade
from bench.tables import both, p50, p95, short, table
from db.frames import Page
from db.models import OrderLine
from db.session import SYSTEM, reading
from db.upgrade import upgrade
from lib.commands import perform
from lib.orders import orders, pasted_lists
from lib.orders.order_filter import Dates, Filter

GOAL, PASTE_GOAL, TIMES = 250, 1_000, 10
"""Milliseconds, and how many times as long Django's admin should take."""
PASTED = 10_000
DJANGO_ROUNDS, DJANGO_PATIENCE = 4, 4.0
"""Django's admin takes seconds: it is asked no more often than that, and not again after so many seconds."""
NEIGHBOURS = ("newest first", "store", "not bought yet", "sorted by total", "text: a word of one product in five")


@dataclass(frozen=True)
class Case:
    """One way to look at the orders: as our filter and as the address of Django's list; None where it has no such filter."""

    name: str
    wanted: Filter
    django: str | None
    page: int = 1
    sort: str = "bought_at"

    @property
    def place(self) -> Page:
        return Page(self.page, sort=self.sort)


def run(many: int, engines: Sequence[str], rounds: int) -> Iterator[str]:
    """A table of questions, one of pasted lists, one of neighbours and two of an order that is opened, for each engine."""
    yield f"{many:,} orders with {many * 13 // 10:,} lines, {many // 10:,} products, twelve stores.\n"
    for engine in engines:
        with bench._database(engine):
            start = time.monotonic()
            upgrade()
            trade.load(many, many // 10)
            gc.collect()
            gc.freeze()
            yield f"### {engine}\n\nLoaded in {time.monotonic() - start:.0f} s.\n"
            yield _questions(many, rounds)
            yield _pastes(many, min(rounds, 10))
            yield _around(many, rounds)
            yield order_detail.parts(many)
            yield order_detail.screen(rounds, pages.signed_in())


def cases(many: int) -> list[Case]:
    """From the list as it opens to the rarest word; what differs from the defaults is in each case's name."""
    today = date.today()
    middle, number = many // 100, trade.number(many * 7 // 9)
    year, month = today - timedelta(400), today - timedelta(370)
    narrow = Filter(
        stores=("Aurora US", "Store 12 US"), statuses=("shipped", "canceled"), fulfilment="seller", bought=True, tracked=False,
        dates=Dates.PAID, since=today - timedelta(700), currency="USD", least=Decimal(100),
    )  # fmt: skip
    return [
        Case("newest first", Filter(), ""),
        Case("store", Filter(stores=("Aurora US",)), "store__id__exact=1"),
        Case("marketplace status", Filter(statuses=("canceled",)), "status__exact=canceled"),
        Case("to be purchased", Filter(work="to_purchase"), "work_status__exact=to_purchase"),
        Case("not bought yet", Filter(bought=False), "has_purchase__exact=0"),
        Case("unlinked", Filter(unlinked=True), "is_unlinked__exact=1"),
        Case("canceled but bought", Filter(vain=True), "is_canceled_bought__exact=1"),
        Case("late", Filter(late=True), "status__in=pending,unshipped,partly_shipped&" + _until("ship_by", datetime.now(UTC))),
        Case("bought in a month", Filter(since=year, until=month), _days("bought_at", year, month)),
        Case("paid in a month", Filter(dates=Dates.PAID, since=year, until=month), _days("paid_at", year, month)),
        Case("paid in the first 400 days", Filter(dates=Dates.PAID, until=today - timedelta(600)),
             _until("paid_at", _end(today - timedelta(600)))),
        Case("shipped, in days of which there are none", Filter(dates=Dates.SHIPPED, since=today + timedelta(400)),
             f"shipped_at__gte={_begin(today + timedelta(400))}"),
        Case("EUR, 480 or more", Filter(currency="EUR", least=Decimal(480)), "currency__exact=EUR&total__gte=4800000"),
        Case("tag of few orders", Filter(tags=("museum",)), "tags__contains=museum"),
        Case("tag of many orders", Filter(tags=("gift",)), "tags__contains=gift"),
        Case("seller + losing + tag", Filter(fulfilment="seller", losing=True, tags=("urgent",)),
             "fulfilment__exact=seller&is_losing__exact=1&tags__contains=urgent"),
        Case("eight criteria", narrow,
             "store__id__in=1,12&status__in=shipped,canceled&fulfilment__exact=seller&has_purchase__exact=1&has_tracking__exact=0"
             f"&paid_at__gte={_begin(today - timedelta(700))}&currency__exact=USD&total__gte=1000000"),
        Case("nothing found: shipped, below 1", Filter(statuses=("shipped",), fulfilment="seller", most=Decimal(1)),
             "status__exact=shipped&fulfilment__exact=seller&total__lte=10000"),
        Case(f"page {middle:,}", Filter(), f"p={middle}", page=middle),
        Case(f"store, page {middle // 10:,}", Filter(stores=("Aurora US",)), f"store__id__exact=1&p={middle // 10}", page=middle // 10),
        Case("sorted by total", Filter(), "o=-8", sort="total"),
        Case("losing, sorted by total", Filter(losing=True), "is_losing__exact=1&o=-8", sort="total"),
        Case("canceled, sorted by ship by", Filter(statuses=("canceled",)), "status__exact=canceled&o=-7", sort="ship_by"),
        Case("text: an order's number", Filter(text=number), f"q={number}"),
        Case("text: a rare word", Filter(text=company.rare_word(0x1234)), f"q={company.rare_word(0x1234)}"),
        Case("text: a word of one product in twenty", Filter(text="kettle"), "q=kettle"),
        Case("text: a word of one product in five", Filter(text=company.COMMON), f"q={company.COMMON}"),
        Case("text: the same, and canceled", Filter(text=company.COMMON, statuses=("canceled",)),
             f"status__exact=canceled&q={company.COMMON}"),
        Case("text: the same, and late", Filter(text=company.COMMON, late=True),
             "status__in=pending,unshipped,partly_shipped&" + _until("ship_by", datetime.now(UTC)) + f"&q={company.COMMON}"),
        Case("text: two Chinese characters", Filter(text=company.COMMON_ZH), f"q={company.COMMON_ZH}"),
    ]  # fmt: skip


def _begin(day: date) -> str:
    return f"{day} 00:00:00+00:00"


def _end(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, UTC)


def _until(column: str, moment: datetime) -> str:
    return f"{column}__lte={moment}"


def _days(column: str, first: date, last: date) -> str:
    return f"{column}__gte={_begin(first)}&{_until(column, _end(last))}"


# The tables


def _questions(many: int, rounds: int) -> str:
    rows, slowest, least = list[Sequence[str]](), 0.0, 0.0
    with _admin() as admin:
        for case in cases(many):
            print(f"  orders: {case.name}", file=sys.stderr, flush=True)
            tabs, listed, whole = _ours(case, rounds)
            request = _theirs(admin, case)
            times = p50(request) / p50(listed)
            slowest, least = max(slowest, p95(whole)), min(least or times, times)
            rows.append((
                case.name, both(listed), both(tabs), _bold(both(whole), p95(whole) > GOAL), short(min(whole)), both(request),
                _bold(f"{times:,.0f}", times < TIMES),
            ))  # fmt: skip
    heads = ("Orders, ms p50 / p95", "number found and page", "counts of the tabs", "together", "at best", "Django admin, request",
             "times our page")  # fmt: skip
    goal = f"goals: together {GOAL} ms at p95, Django at least {TIMES} times; what misses its goal is bold"
    return (
        table(f"The list of orders ({goal})", heads, rows)
        + f"\nThe slowest p95 is {short(slowest)} ms, the least ratio {least:,.1f}.\n"
    )


def _ours(case: Case, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of the tabs' counts, of the number and the page, and of all together."""
    tabs, listed = list[float](), list[float]()
    for round in range(rounds + 1):
        found = _ms(lambda: _read(orders.counts, case.wanted))
        shown = _ms(lambda: _read(_listed, case.wanted, case.place))
        if round:
            tabs.append(found)
            listed.append(shown)
    return tabs, listed, [sum(pair) for pair in zip(tabs, listed, strict=True)]


def _theirs(admin: Any, case: Case) -> list[float]:
    begin, took = time.monotonic(), list[float]()
    while len(took) < DJANGO_ROUNDS and (not took or time.monotonic() - begin < DJANGO_PATIENCE):
        took.append(bench._one_request(admin, f"order/?{case.django}")["request"])
    return took[1:] or took


@contextmanager
def _admin() -> Iterator[Any]:
    command = [sys.executable, "-m", "bench.django_admin"]
    admin = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield admin
    finally:
        admin.communicate()


def _pastes(many: int, rounds: int) -> str:
    """Lists of 10,000: the first look at a list, as the page takes it, and how long it takes to keep it before."""
    rows = list[Sequence[str]]()
    for name, numbers in _lists(many):
        rows.append((name, *_paste("\n".join(numbers), rounds)))
    heads = (
        f"{PASTED:,} numbers pasted, ms p50 / p95",
        "found",
        "keep the list",
        "list and tabs, first",
        "again",
        "answer",
        "all, at worst",
    )
    return table(f"Pasted lists (goal: {PASTE_GOAL:,} ms for all of it)", heads, rows)


def _paste(text: str, rounds: int) -> tuple[str, ...]:
    keep = [_ms(lambda: perform(SYSTEM, pasted_lists.keep, text)) for _ in range(rounds)]
    wanted = Filter(paste=perform(SYSTEM, pasted_lists.keep, text))
    first = _looked(wanted)
    again = [_looked(wanted) for _ in range(rounds)]
    answer = [_ms(lambda: _read(pasted_lists.answer, wanted)) for _ in range(rounds)]
    found = _read(pasted_lists.answer, wanted).found
    whole = p95(keep) + max(first, p95(again)) + p95(answer)
    return f"{found:,}", both(keep), short(first), both(again), both(answer), _bold(short(whole), whole > PASTE_GOAL)


def _lists(many: int) -> Iterator[tuple[str, list[str]]]:
    step = max(1, many // PASTED - 3)  # not round: every hundredth order would be alike
    spread = [1 + i * step for i in range(PASTED)]
    yield "numbers of orders", [trade.number(order) for order in spread]
    kinds: tuple[Callable[[int], str], ...] = (
        trade.number, lambda i: f"SF{7_000_000_000 + i}", lambda i: f"1688{3_000_000_000 + i}", lambda i: f"lx{400_000_000 + i}cn",
        lambda i: f"nobody-{i}",
    )  # fmt: skip
    yield "orders, tracking, purchases, parcels, unknown", [kinds[i % 5](order) for i, order in enumerate(spread)]
    with reading() as session:
        skus = list(
            session.scalars(select(OrderLine.sku).where(OrderLine.id.in_([2 * order for order in spread[:100]])))
        )
    yield "orders, and SKUs that many orders have", skus + [trade.number(order) for order in spread[len(skus) :]]


def _looked(wanted: Filter) -> float:
    return _ms(lambda: _read(orders.counts, wanted)) + _ms(lambda: _read(_listed, wanted, Page()))


def _listed(session: Session, wanted: Filter, place: Page) -> None:
    """As a grid reads its rows."""
    orders.count(session, wanted)
    orders.table(session, wanted, place)


def _around(many: int, rounds: int) -> str:
    """The numbers of the orders before and after the one that is open."""
    rows = list[Sequence[str]]()
    for case in cases(many):
        if case.name in NEIGHBOURS:
            rows.append((case.name, both(_neighbours(case, rounds))))
    return table("The orders before and after one", ("within", "ms p50 / p95"), rows)


def _neighbours(case: Case, rounds: int) -> list[float]:
    ids = _read(orders.table, case.wanted, case.place).index
    middle = int(ids[len(ids) // 2])
    return [_ms(lambda: _read(orders.around, case.wanted, case.place, middle)) for _ in range(rounds)]


def _read(function: Callable[..., Any], *args: Any) -> Any:
    with reading() as session:
        return function(session, *args)


def _ms(way: Callable[[], Any]) -> float:
    start = time.perf_counter()
    way()
    return (time.perf_counter() - start) * 1000


def _bold(text: str, misses: bool) -> str:
    return f"**{text}**" if misses else text
