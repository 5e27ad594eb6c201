"""Runs of codes: each press of Reserve and each list that was brought in, what has become of its codes, and taking a run back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from db import bulk, frames
from db.frames import Page
from db.models import Code, CodeRun, now
from db.vocabulary import CodeRunKind, CodeState, CodeType, Licence
from lib.codes import code_removal
from lib.commands import command
from lib.counted import counted, some
from lib.problems import Refused
from lib.rights import Right

SORTS = {
    "id": CodeRun.id,
    "at": CodeRun.at,
    "actor": CodeRun.actor,
    "type": CodeRun.type,
    "prefix": CodeRun.prefix,
    "quantity": CodeRun.quantity,
}
CHANGING = "Codes of this run are being given to products right now. Nothing was changed; try again in a moment."


@dataclass(frozen=True)
class Filter:
    """`text` is the number of a run, the beginning of its prefix or a part of its name."""

    text: str = ""
    kinds: tuple[CodeRunKind, ...] = ()
    types: tuple[CodeType, ...] = ()
    licences: tuple[Licence, ...] = ()
    actors: tuple[str, ...] = ()
    standing: bool = False
    """Only runs that were not taken back."""


def matching(wanted: Filter) -> Select[Any]:
    query = select(CodeRun.id)
    if text := wanted.text.strip():
        named = [CodeRun.prefix.startswith(text, autoescape=True), CodeRun.name.icontains(text, autoescape=True)]
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        query = query.where(or_(*named, CodeRun.id == int(text)) if is_number else or_(*named))
    lists = ((CodeRun.kind, wanted.kinds), (CodeRun.type, wanted.types), (CodeRun.licence, wanted.licences))
    for column, values in (*lists, (CodeRun.actor, wanted.actors)):
        if values:
            query = query.where(column.in_(values))
    return query.where(CodeRun.undone_at.is_(None)) if wanted.standing else query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), CodeRun.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """The runs of one page, the newest first, each with how many of its codes are in which state now."""
    order = frames.order(page, SORTS, CodeRun.id, CodeRun.id)
    ids = frames.page_of(matching(wanted), CodeRun.id, order, page).subquery()
    query = select(
        CodeRun.id, CodeRun.at, CodeRun.actor, CodeRun.kind, CodeRun.type, CodeRun.prefix, CodeRun.licence, CodeRun.name,
        CodeRun.quantity, CodeRun.undone_at,
    ).join(ids, ids.c.id == CodeRun.id).order_by(*order)  # fmt: skip
    found = frames.frame(session, query)
    states = _states(session, [int(number) for number in found.index])
    return found.assign(
        **{state.value: [states.get((number, state), 0) for number in found.index] for state in CodeState}
    )


def _states(session: Session, run_ids: Sequence[int]) -> dict[tuple[int, CodeState], int]:
    query = select(Code.run_id, Code.state, func.count()).where(Code.run_id.in_(run_ids))
    return {(run, state): many for run, state, many in session.execute(query.group_by(Code.run_id, Code.state)) if run}


def actors(session: Session) -> list[str]:
    """Who has made runs, for a choice."""
    return list(session.scalars(select(CodeRun.actor).distinct().order_by(CodeRun.actor).limit(200)))


@command(Right.CODES)
def undo(session: Session, run_id: int) -> str:
    """Take a run back as long as no marketplace has seen one of its codes: they come off their products and out of the ledger.

    They may be drawn again one day. What was retired stays retired.
    """
    run = session.get(CodeRun, run_id, with_for_update=True)
    if run is None or run.undone_at is not None:
        gone = "does not exist" if run is None else f"was taken back on {run.undone_at:%Y-%m-%d %H:%M} UTC"
        raise Refused(f"Run {run_id} {gone}. Nothing was changed.")
    products = _products(session, run_id)
    rows = _codes(session, run_id)
    _refuse_exposed(run_id, rows)
    leaving = [row for row in rows if row.state is not CodeState.RETIRED]
    if {row.product_id for row in leaving} - {None, *(product.id for product in products)}:
        raise Refused(CHANGING)
    off = _off_products(session, products, {(row.product_id, row.gtin14) for row in leaving})
    bulk.remove(session, Code, [row.id for row in leaving])
    run.undone_at = now()
    return _said(run_id, len(leaving), off, len(rows) - len(leaving))


def _products(session: Session, run_id: int) -> Sequence[Any]:
    """Before the codes, as everybody does who changes both: else two would wait for each other in a circle."""
    ids = session.scalars(select(Code.product_id).where(Code.run_id == run_id, Code.product_id.is_not(None))).all()
    return code_removal.products(session, [number for number in ids if number is not None])


def _codes(session: Session, run_id: int) -> Sequence[Any]:
    query = select(Code.id, Code.gtin14, Code.code, Code.state, Code.product_id, Code.exposed_at)
    return session.execute(query.where(Code.run_id == run_id).order_by(Code.id).with_for_update()).all()


def _refuse_exposed(run_id: int, rows: Sequence[Any]) -> None:
    if seen := [row.code for row in rows if row.exposed_at is not None]:
        raise Refused(
            f"A marketplace has seen {len(seen):,} of the {counted(len(rows), 'code')} of run {run_id} ({some(seen)}): they belong to "
            "their products for ever. Nothing was changed. What is still reserved can be released."
        )


def _off_products(session: Session, products: Sequence[Any], leaving: set[tuple[int | None, str]]) -> int:
    """Products that show a code of the run show none; how many these were."""
    showing = [row for row in products if row.ean and (row.id, row.ean.zfill(14)) in leaving]
    code_removal.take_off(session, showing)
    code_removal.empty_listings(session, [row.id for row in showing], forget=False)
    return len(showing)


def _said(run_id: int, gone: int, off: int, retired: int) -> str:
    said = [f"Run {run_id} was taken back: {counted(gone, 'code')} no longer held."]
    if off:
        said.append(f"{counted(off, 'product has', 'products have')} no code now.")
    if retired:
        said.append(f"{counted(retired, 'code stays', 'codes stay')} retired.")
    return " ".join(said)
