"""How a run of prices is written: prepared in pieces that nobody sees, then made the listings' prices in one short transaction.

    at_once(session, writing)                      some prices, in the transaction of the click
    by_and_by(actor, writing, progress)            a million of them, in transactions of its own; nothing, or all of it

What was prepared and came to nothing is swept away when the next run begins.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db import history, price_moves
from db.models import PriceRun, now
from db.price_moves import CHUNK, Checked, Row, Tally
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import RunState
from lib.jobs import Progress
from lib.problems import Refused

PAUSE = 0.03
"""Seconds between two pieces, so that who waits to write on SQLite comes in between."""
Piece = Callable[[Session], int]
"""Writes some moves and says how many."""


class Moves(Protocol):
    """Prices to be written: for each listing what is there and what is to be, in 1/10,000, -1 for none."""

    @property
    def listing_ids(self) -> NDArray[Any]: ...
    @property
    def before(self) -> NDArray[Any]: ...
    @property
    def after(self) -> NDArray[Any]: ...
    @property
    def versions(self) -> NDArray[Any]: ...


@dataclass(frozen=True)
class Writing:
    """A run that is to be written. `about` are the columns of its PriceRun, `pieces` makes its moves for the run's number.

    `tell` gives the counts to keep and the sentence to say, or refuses, when all is prepared; `check` refuses in the last
    transaction when something has changed meanwhile. `undoes` is the change set that is taken back as a whole.
    """

    command: str
    about: dict[str, Any]
    total: int
    pieces: Callable[[Session, int], Iterator[Piece]]
    tell: Callable[[Session, int, Tally], tuple[dict[str, int], str]]
    check: Callable[[Session, int], None] | None = None
    undoes: int | None = None


def pieces_of(moves: Moves, _session: Session, run_id: int) -> Iterator[Piece]:
    """The moves in the order of their listings; without those that change nothing, and those to no price at all."""
    moving = np.flatnonzero((moves.after >= 0) & (moves.after != moves.before))
    ordered = moving[np.argsort(moves.listing_ids[moving], kind="stable")]
    for start in range(0, len(ordered), CHUNK):
        yield partial(price_moves.stage, rows=_rows(moves, ordered[start : start + CHUNK], run_id))


def _rows(moves: Moves, places: NDArray[Any], run_id: int) -> list[Row]:
    ids, before, after, versions = (
        column[places].tolist() for column in (moves.listing_ids, moves.before, moves.after, moves.versions)
    )
    return [
        (run_id, number, was if was >= 0 else None, becomes, version if version >= 0 else None)
        for number, was, becomes, version in zip(ids, before, after, versions, strict=True)
    ]


def pieces_back(of: int, listings: Sequence[int], session: Session, run_id: int) -> Iterator[Piece]:
    """What takes the run `of` back, for all or for picked listings."""
    last, pieces = 0, []
    while (until := price_moves.piece(session, of, last, CHUNK, listings)) is not None:
        pieces.append(partial(price_moves.stage_back, run_id=run_id, of=of, after=last, until=until, listings=listings))
        last = until
    return iter(pieces)


# All in one transaction


def at_once(session: Session, writing: Writing) -> str:
    """For some thousands of prices at most."""
    run_id = _begin(session, writing)
    for piece in list(writing.pieces(session, run_id)):
        piece(session)
    counts, said = writing.tell(session, run_id, price_moves.tally(session, run_id))
    price_moves.hurry(session)
    _switch(session, run_id, writing, counts)
    return said


def _begin(session: Session, writing: Writing) -> int:
    run = PriceRun(actor=session.info["actor"].name, **writing.about)
    session.add(run)
    session.flush()
    return run.id


def _switch(
    session: Session, run_id: int, writing: Writing, counts: dict[str, int], checked: Checked | None = None
) -> None:
    """The moment. Refuses, with nothing changed, when one of the prices is not what the run has found."""
    if writing.undoes is not None:
        session.info["undoes"] = writing.undoes
    if writing.check:
        writing.check(session, run_id)
    if price_moves.switch(session, run_id, checked) != counts["moves"]:
        raise Refused(_strayed(price_moves.strays(session, run_id)))
    run = session.get_one(PriceRun, run_id)
    run.state, run.set_id, run.applied_at = RunState.APPLIED, history.note(session), now()
    run.counts = counts


def _strayed(skus: Sequence[str]) -> str:
    named = f" ({', '.join(skus[:5])}{' …' if len(skus) > 5 else ''})" if skus else ""
    return f"Prices were changed or locked by somebody else meanwhile{named}. No price was changed: preview again."


# In pieces


def by_and_by(actor: Actor, writing: Writing, progress: Progress) -> str:
    """For any number. Whatever ends it before the last transaction leaves all prices as they were."""
    with transaction(actor, writing.command) as session:
        run_id = _begin(session, writing)
    try:
        _prepare(actor, run_id, writing, progress)
        with reading() as session:
            counts, said = writing.tell(session, run_id, price_moves.tally(session, run_id))
            checked = price_moves.check(session, run_id)
        progress(writing.total, writing.total, "Making them the prices")
        with transaction(actor, writing.command, writing.about.get("reason", "")) as session:
            _switch(session, run_id, writing, counts, checked)
            history.say(session, said)
            progress.finish(session, said)
    except BaseException:
        with contextlib.suppress(SQLAlchemyError):  # else the next run does it
            drop(run_id)
        raise
    return said


def _prepare(actor: Actor, run_id: int, writing: Writing, progress: Progress) -> None:
    with reading() as session:
        pieces = writing.pieces(session, run_id)
    done = 0
    for piece in pieces:
        with transaction(actor, writing.command) as session:
            done += piece(session)
        progress(done, writing.total, "Preparing the prices")
        time.sleep(PAUSE)
    with transaction(actor, writing.command) as session:
        price_moves.settle(session)


# What came to nothing


def sweep() -> None:
    """Clear away runs that ended in the middle. Only while nobody else writes prices in pieces."""
    with reading() as session:
        unfinished = session.scalars(select(PriceRun.id).where(PriceRun.state == RunState.STAGING).limit(100)).all()
    for run_id in unfinished:
        drop(run_id)


def drop(run_id: int) -> None:
    """Delete the moves of a run that has not become prices, piece by piece, and say that it was stopped."""
    gone = 1
    while gone:
        with transaction(SYSTEM, "price_runs.drop") as session:
            run = session.get_one(PriceRun, run_id, with_for_update=True)
            if run.state is RunState.APPLIED:
                return
            gone = price_moves.forget(session, run_id)
            if not gone:
                run.state = RunState.STOPPED
        time.sleep(PAUSE)
