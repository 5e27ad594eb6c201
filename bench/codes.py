"""Codes with millions held: `python -m bench.codes` (`--most 100000` for a quick look).

The ledger is filled in runs, as people fill it, so that its indices have the shape that they would have; only the history of these
codes is left out. Reserving is measured whole: check digits, ledger, history, commit. Beside it stands what one would write first: draw
a number, ask whether somebody holds it, add it with the ORM.
"""

import argparse
import contextlib
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import func, insert, select

from bench import __main__ as bench
from bench.tables import both, p50, short, table
from db import history
from db.frames import Page
from db.models import Code, CodeCounter, CodeRun, now
from db.session import SYSTEM, Actor, engine, reading, transaction
from db.upgrade import upgrade
from db.vocabulary import CodeState, CodeType, Licence, Role
from lib.codes import code_drawing, code_series, codes, ean, ledger
from lib.codes.code_series import Series
from lib.codes.ledger import Filter
from lib.commands import perform
from lib.problems import Refused

PREFIX, QUANTITY, MOST = "910", 10_000, 5_000_000
ROUNDS, SAMPLE = 15, 500
PROCESSES, RUNS = 8, 5
SERIES = Series(CodeType.EAN13, PREFIX)
LOT = 100_000


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench.codes")
    asked.add_argument("--most", type=int, default=MOST)
    asked.add_argument("--engine", choices=(*bench.ENGINES, "both"), default="both")
    given = asked.parse_args()
    for part in run(given.most, bench.ENGINES if given.engine == "both" else (given.engine,)):
        print(part, flush=True)


def run(most: int = MOST, engines: Sequence[str] = bench.ENGINES) -> Iterator[str]:
    """Four tables: with no code held, with a fifth of `most`, and with as many."""
    reserved, together, looked = list[Sequence[str]](), list[Sequence[str]](), list[Sequence[str]]()
    for name in engines:
        with bench._database(name):
            _begin()
            for there in (0, most // 5, most):
                _fill(there)
                reserved.append((name, f"{there:,}", *_reserving()))
            looked += [(name, *row) for row in _looking()]
            together.append((name, f"{most:,}", *_at_once()))
    heads = ("database", "codes held", "ms p50 / p95", "select, then add by the ORM, ms", "times ours")
    yield table(f"Reserve {QUANTITY:,} codes, history included (goal: 200 ms)", heads, reserved)
    heads = ("database", "codes held", "s", "in one process, s", "ratio", "codes", "twice", "errors")
    yield table(
        f"{PROCESSES} processes x {RUNS} runs x {QUANTITY:,} at once (goal: 3 times one process)", heads, together
    )
    yield table(f"The ledger of {most:,} codes and what was reserved", ("database", "", "ms p50 / p95"), looked)
    yield table("Check digits", (f"{QUANTITY:,} codes", "ms p50 / p95"), _check_digits())


# The ledger


def _begin() -> None:
    upgrade()
    with transaction(SYSTEM, "bench.begin") as session:
        history.note(session)


def _fill(wanted: int) -> None:
    """Runs of the series until so many codes are held."""
    with reading() as session:
        seed, there = code_drawing._seed(session), session.scalar(select(func.count()).select_from(Code)) or 0
    while there < wanted:
        lot = min(LOT, wanted - there)
        with transaction(SYSTEM, "bench.fill") as session:
            counter = code_drawing.counter(session, SERIES)
            run = CodeRun(actor="lily", type=SERIES.type, prefix=PREFIX, quantity=lot, licence=Licence.GENERATED)
            session.add(run)
            session.flush()
            _write(session.connection(), sorted(SERIES.codes(counter.drawn, lot, seed)), run)
            counter.drawn += lot
        there += lot
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE code")


def _write(connection: Any, numbers: list[str], run: CodeRun) -> None:
    alike = {"type": run.type, "licence": run.licence, "state": CodeState.RESERVED, "run_id": run.id, "reserved_by": run.actor,
             "reserved_at": run.at}  # fmt: skip
    statement = insert(Code.__table__).values(alike)
    if connection.dialect.name == "sqlite":
        connection.execute(statement, [{"gtin14": code.zfill(14), "code": code, **alike} for code in numbers])
        return
    names = ("gtin14", "code", *alike)
    cells = [getattr(value, "value", value) for value in alike.values()]
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY code ({', '.join(names)}) FROM STDIN") as copy:
        for code in numbers:
            copy.write_row((code.zfill(14), code, *cells))


# Reserving


def _reserving() -> tuple[str, str, str]:
    times = [_ms(_reserve) for _ in range(ROUNDS + 1)][1:]
    naive = _ms(_naive) * QUANTITY / SAMPLE
    return both(times), short(naive), f"{naive / p50(times):,.0f}"


def _reserve(worker: int = 1) -> str:
    actor = Actor(worker, f"w{worker}", Role.LISTER)
    return perform(actor, codes.reserve, SERIES.type, PREFIX, QUANTITY, acknowledged=True)


class _TakenBack(Exception):
    """So that the codes are free again, for the series comes to them one day."""


def _naive() -> None:
    """What one would write first; all of it but the commit."""
    chance, found = random.Random(), 0
    with contextlib.suppress(_TakenBack), transaction(SYSTEM, "bench.naive") as session:
        while found < SAMPLE:
            [code] = ean.numbered(PREFIX, [chance.randrange(SERIES.capacity)])
            if session.scalar(select(Code.id).where(Code.gtin14 == code.zfill(14))) is None:
                session.add(
                    Code(gtin14=code.zfill(14), code=code, type=SERIES.type, licence=Licence.GENERATED, state=CodeState.RESERVED,
                         reserved_by="lily", reserved_at=now())
                )  # fmt: skip
                found += 1
        session.flush()
        raise _TakenBack


def _at_once() -> tuple[str, ...]:
    alone = _ms(lambda: [_reserve() for _ in range(PROCESSES * RUNS)]) / 1000
    way = multiprocessing.get_context("spawn")
    start, said = way.Barrier(PROCESSES + 1), way.Queue()
    programs = [way.Process(target=_press, args=(worker, start, said)) for worker in range(PROCESSES)]
    for program in programs:
        program.start()
    start.wait()
    began = time.perf_counter()
    answers = [said.get() for _ in range(PROCESSES * RUNS)]
    together = time.perf_counter() - began
    for program in programs:
        program.join()
    errors = [answer for answer in answers if not answer.startswith("Run ")]
    found, different = _of_runs([int(answer.split(":")[0][4:]) for answer in answers if answer not in errors])
    return (
        f"{together:.1f}", f"{alone:.1f}", f"{together / alone:.2f}", f"{found:,}", f"{found - different:,}", str(len(errors))
    )  # fmt: skip


def _press(worker: int, start: Any, said: Any) -> None:
    with reading() as session:
        session.scalar(select(CodeCounter.id))  # what a program that has been running for a while has behind it
    start.wait()
    for _ in range(RUNS):
        try:
            said.put(_reserve(worker))
        except (Refused, Exception) as error:
            said.put(f"{type(error).__name__}: {error}")


def _of_runs(numbers: Sequence[int]) -> tuple[int, int]:
    counts = select(func.count(Code.gtin14), func.count(Code.gtin14.distinct())).where(Code.run_id.in_(numbers))
    with reading() as session:
        found, different = session.execute(counts).one()
    return found, different


# Looking


def _looking() -> Iterator[tuple[str, str]]:
    """Among the codes are some hundred that a filter has to find: bought, retired, of another type."""
    perform(SYSTEM, codes.reserve, CodeType.UPCA, "614141", 300, own=True)
    with reading() as session:
        one = session.scalar(select(Code.code).order_by(Code.id.desc()).limit(1)) or ""
        yield "codes left, the first time", short(_ms(lambda: codes.left(session, SERIES.type, PREFIX)))
        yield "codes left, asked again", _times(lambda: codes.left(session, SERIES.type, PREFIX))
        for name, wanted in (
            ("newest", Filter()),
            ("reserved", Filter(state=CodeState.RESERVED)),
            ("one code", Filter(text=one)),
            ("prefix", Filter(text=PREFIX)),
            ("a run", Filter(runs=(1,))),
            ("a rare licence", Filter(licences=(Licence.LICENSED,))),
            ("a rare type, reserved", Filter(state=CodeState.RESERVED, types=(CodeType.UPCA,))),
            ("nothing", Filter(state=CodeState.RETIRED, licences=(Licence.BOUGHT,))),
        ):
            yield f"list and count, {name}", _times(lambda wanted=wanted: _list(session, wanted))


def _list(session: Any, wanted: Filter) -> None:
    ledger.count(session, wanted)
    ledger.table(session, wanted, Page())


def _check_digits() -> Iterator[tuple[str, str]]:
    bodies = np.random.default_rng(1).integers(0, 10**12, QUANTITY)
    texts = [f"{body:012d}" for body in bodies.tolist()]
    ways = {
        "Caravan, in bulk": lambda: code_series.checked(bodies),
        "one by one": lambda: [ean.check_digit(t) for t in texts],
    }
    assert [str(code % 10) for code in ways["Caravan, in bulk"]().tolist()] == ways["one by one"]()
    for name, way in ways.items():
        yield name, _times(way)


def _times(way: Callable[[], Any]) -> str:
    return both([_ms(way) for _ in range(ROUNDS)])


def _ms(way: Callable[[], Any]) -> float:
    start = time.perf_counter()
    way()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
