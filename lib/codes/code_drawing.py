"""Drawing new codes out of a series: which come next, how many are left, and writing them down so that nobody else can.

The counter says where a series goes on; the ledger's unique column decides. A code that somebody holds already is passed over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from db import bulk
from db.models import ChangeSet, Code, CodeCounter, CodeRun
from db.pasted import pasted
from db.vocabulary import CodeState
from lib.codes import ean
from lib.codes.code_series import Series, checked, written

STEP = 10_000
SCARCE = 10
"""When less than one code in so many is free, the free ones are looked for instead of drawn."""
MOST_TRIES = 100
TURN = "turn"
"""The counter that all who draw wait for: prefixes overlap, and two runs must not wait for each other's codes in a circle."""


@dataclass(frozen=True)
class Left:
    """How many codes a type and prefix have, how many of them somebody holds or held, and how many can still be drawn."""

    capacity: int
    held: int

    @property
    def left(self) -> int:
        return self.capacity - self.held


def left(session: Session, series: Series) -> Left:
    """Counted exactly, which takes a second among ten millions: once for each state of the ledger."""
    newest = session.scalar(select(func.max(Code.id))), session.scalar(select(func.max(ChangeSet.id)))
    key = (str(session.get_bind().engine.url), series.key)
    if _COUNTED.get(key, (None, 0))[0] != newest:
        _COUNTED.pop(next(iter(_COUNTED), key) if len(_COUNTED) >= MOST_COUNTED else key, None)
        _COUNTED[key] = newest, held(session, series)
    return Left(series.capacity, _COUNTED[key][1])


MOST_COUNTED = 100
_COUNTED: dict[tuple[str, str], tuple[Any, int]] = {}


def held(session: Session, series: Series) -> int:
    """How many codes of the series are in the ledger."""
    return session.scalar(select(func.count()).select_from(Code).where(Code.gtin14.between(*series.bounds))) or 0


def room(session: Session, series: Series, wanted: int) -> int:
    """At least how many codes can be drawn; exactly how many when that is less than `wanted`, or few.

    The highest id is never less than the number of codes, so that counting is rarely needed.
    """
    surely = series.capacity - (session.scalar(select(func.max(Code.id))) or 0)
    if surely >= wanted and not _is_scarce(series, surely):
        return surely
    return series.capacity - held(session, series)


def _is_scarce(series: Series, room: int) -> bool:
    return room * SCARCE < series.capacity


def counter(session: Session, series: Series) -> CodeCounter:
    """The counter of the series, ours alone until the transaction ends."""
    _locked(session, TURN)
    return _locked(session, series.key)


def _locked(session: Session, key: str) -> CodeCounter:
    dialect = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(dialect(CodeCounter).values(series=key, drawn=0).on_conflict_do_nothing())
    return session.scalars(select(CodeCounter).where(CodeCounter.series == key).with_for_update()).one()


def coming(session: Session, series: Series, wanted: int) -> list[str]:
    """The codes that `draw` would write now, in the order of their numbers; fewer when there are no more."""
    drawn = session.scalar(select(CodeCounter.drawn).where(CodeCounter.series == series.key)) or 0
    return sorted(_free(session, series, drawn, wanted, room(session, series, wanted))[0])


def draw(session: Session, series: Series, at: CodeCounter, run: CodeRun, room: int) -> int:
    """Write `run.quantity` codes into the ledger. Returns how many there were: fewer only when the series has no more."""
    done = 0
    if not _is_scarce(series, room):  # nearly all are free: the ledger itself leaves out those that are not
        codes = series.codes(at.drawn, min(run.quantity, series.capacity), _seed(session))
        at.drawn += len(codes)
        done = _write(session, series, codes, run)
    for _ in range(MOST_TRIES):
        if done == run.quantity:
            break
        codes, at.drawn = _free(session, series, at.drawn, run.quantity - done, room)
        if not codes:
            break
        done += _write(session, series, codes, run)
    return done


def _write(session: Session, series: Series, codes: Sequence[str], run: CodeRun) -> int:
    """In the order of their numbers; those that somebody holds are left out."""
    alike = {"type": run.type, "licence": run.licence, "state": CodeState.RESERVED, "run_id": run.id,
             "reserved_by": run.actor, "reserved_at": run.at}  # fmt: skip
    zeros = 14 - ean.LENGTHS[series.type.value]
    made = {"code": lambda gtin: func.substr(gtin, zeros + 1)}
    return bulk.add_alike(session, Code, "gtin14", sorted("0" * zeros + code for code in codes), alike, made)


def _free(session: Session, series: Series, drawn: int, wanted: int, room: int) -> tuple[list[str], int]:
    """The next `wanted` codes that nobody holds, and how far the counter is then. Fewer only when the series has no more."""
    if _is_scarce(series, room):
        return _last(session, series, wanted), drawn
    seed, found, looked, step = _seed(session), list[str](), 0, wanted
    while len(found) < wanted and looked < series.capacity:
        step = min(step, series.capacity - looked)
        codes = series.codes(drawn, step, seed)
        taken = known(session, [code.zfill(14) for code in codes])
        for position, code in enumerate(codes, 1):
            if code.zfill(14) not in taken:
                found.append(code)
            if len(found) == wanted:
                return found, drawn + position
        drawn, looked, step = drawn + step, looked + step, min(2 * step, STEP)
    return found, drawn


def _last(session: Session, series: Series, wanted: int) -> list[str]:
    """The lowest codes that nobody holds: the database finds the gaps between those that somebody does."""
    lowest, highest = (int(bound[:-1]) for bound in series.bounds)
    body = cast(func.substr(Code.gtin14, 1, 13), BigInteger)
    following = func.lead(body).over(order_by=Code.gtin14).label("next")
    there = select(body.label("body"), following).where(Code.gtin14.between(*series.bounds)).subquery()
    gaps = select(there.c.body, func.coalesce(there.c.next, highest + 1)).where(
        func.coalesce(there.c.next, highest + 1) > there.c.body + 1
    )
    first = session.scalar(select(func.min(Code.gtin14)).where(Code.gtin14.between(*series.bounds)))
    found = list(range(lowest, min(int(first[:-1]) if first else highest + 1, lowest + wanted)))
    for before, after in session.execute(gaps.order_by(there.c.body).limit(wanted)):
        found += range(before + 1, min(after, before + 1 + wanted))
    bodies = np.array(found[:wanted], dtype=np.int64)
    return written(checked(bodies), series.type)


def _seed(session: Session) -> int:
    """The moment at which this company's history began: another one in each installation, and always the same in ours."""
    began = session.scalar(select(ChangeSet.at).order_by(ChangeSet.id).limit(1))
    return int(began.timestamp() * 1_000_000) if began else 0


def known(session: Session, gtins: Iterable[str]) -> dict[str, Any]:
    """What the ledger has of these numbers, by their GTIN-14."""
    columns = select(Code.gtin14, Code.id, Code.state, Code.product_id, Code.assigned_at)
    return {row.gtin14: row for row in session.execute(columns.where(Code.gtin14.in_(pasted(gtins))))}
