"""The ledger of codes: what we hold, in which state, on which product; and the lists to take away."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import barcode
import pandas as pd
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from db import frames
from db.frames import Page
from db.models import Code, CodeRun, Product, now
from db.vocabulary import CodeState, CodeType, LibraryState, Licence
from lib import ean
from lib.changes import locked
from lib.code_series import Series, notice
from lib.commands import command
from lib.problems import Refused
from lib.rights import Right
from lib.tables import writing

MOST_IN_A_LIST = 200_000
SORTS = {
    "id": Code.id,
    "code": Code.gtin14,
    "state": Code.state,
    "sku": Product.sku,
    "reserved_at": Code.reserved_at,
    "assigned_at": Code.assigned_at,
    "exposed_at": Code.exposed_at,
}
HEADINGS = ("Code", "Type", "Licence", "State", "SKU", "Run")
SYMBOLS = {
    CodeType.EAN13: "ean13",
    CodeType.ISBN: "ean13",
    CodeType.UPCA: "upca",
    CodeType.EAN8: "ean8",
    CodeType.GTIN14: "itf",
}


@dataclass(frozen=True)
class Filter:
    """`text` is the beginning of a code as it is printed, or a SKU."""

    text: str = ""
    state: CodeState | None = None
    types: tuple[CodeType, ...] = ()
    licences: tuple[Licence, ...] = ()
    runs: tuple[int, ...] = ()


def matching(wanted: Filter) -> Select[Any]:
    query = select(Code.id).outerjoin(Product, Product.id == Code.product_id)
    if wanted.text:
        query = query.where(_named(wanted.text))
    if wanted.state is not None:
        query = query.where(Code.state == wanted.state)
    if wanted.types:
        query = query.where(Code.type.in_(wanted.types))
    if wanted.licences:
        query = query.where(Code.licence.in_(wanted.licences))
    if wanted.runs:
        query = query.where(Code.run_id.in_(wanted.runs))
    return query


def _named(text: str) -> Any:
    """The twin is found too, and a code is found by its first digits; both by ranges that an index serves."""
    digits = ean.compact(text)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 14):
        return Product.sku == text
    begins = [("0" * zeros + digits) for zeros in (0, 1, 2, 6) if zeros + len(digits) <= 14]
    return or_(Product.sku == text, *(Code.gtin14.between(b.ljust(14, "0"), b.ljust(14, "9")) for b in begins))


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Code.id)


def counts(session: Session) -> dict[str, int]:
    """How many codes are in each state, each counted to 10,000."""
    return {state.value: count(session, Filter(state=state)) for state in CodeState}


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    first = SORTS.get(page.sort, Code.id)
    order = (first.desc(), Code.id.desc()) if page.descending else (first.asc(), Code.id.asc())
    ids = frames.page_of(matching(wanted), Code.id, order, page)
    query = matching(wanted).outerjoin(CodeRun, CodeRun.id == Code.run_id).with_only_columns(
        Code.id, Code.code, Code.type, Code.licence, Code.state, Product.sku, Code.product_id, Code.run_id, Code.reserved_by,
        Code.reserved_at, Code.assigned_at, Code.exposed_at, Code.retired_at, CodeRun.type.label("made_as"), CodeRun.prefix,
    )  # fmt: skip
    found = frames.frame(session, query.where(Code.id.in_(ids)).order_by(*order))
    notes = [_note(*row) for row in zip(found["licence"], found["made_as"], found["prefix"], strict=True)]
    return found.drop(columns=["made_as", "prefix"]).assign(note=pd.Series(notes, found.index, dtype=object))


def _note(licence: str, type: str | None, prefix: str | None) -> str | None:
    """What has to be said of a code wherever it is shown or downloaded."""
    return notice(Series(CodeType(type), prefix)) if licence == Licence.GENERATED and type and prefix else None


def runs(session: Session, most: int = 50) -> dict[int, str]:
    """The newest runs, number -> what was made, for a choice."""
    newest = session.scalars(select(CodeRun).order_by(CodeRun.id.desc()).limit(most))
    return {
        run.id: f"Run {run.id}: {run.quantity:,} {run.type.label} {run.prefix}, {run.actor}, {run.at:%Y-%m-%d}"
        for run in newest
    }


# Lists to take away


def list_as(session: Session, kind: str, wanted: Filter) -> bytes:
    """The list as "txt", "csv" or "xlsx"."""
    return {"txt": txt, "csv": csv, "xlsx": xlsx}[kind](session, wanted)


def txt(session: Session, wanted: Filter) -> bytes:
    """A code a line, after what has to be said of them."""
    heads = [f"# {said}" for said in _notices(session, wanted)]
    return "\r\n".join([*heads, *(row[0] for row in _rows(session, wanted)), ""]).encode()


def csv(session: Session, wanted: Filter) -> bytes:
    """With what has to be said of the codes in the line above the headings."""
    heads, rows = _notices(session, wanted), _rows(session, wanted)
    return (
        writing.csv([*([said] for said in heads[1:]), HEADINGS, *rows], [heads[0]])
        if heads
        else writing.csv(rows, HEADINGS)
    )


def xlsx(session: Session, wanted: Filter) -> bytes:
    """A workbook cannot have a line above its headings: what has to be said stands in a column of its own."""
    heads = " ".join(_notices(session, wanted))
    rows = [(*row, heads if row[2] == Licence.GENERATED.label else "") for row in _rows(session, wanted)]
    return writing.xlsx(rows, [*HEADINGS, "Note"], sheet="codes")


def _rows(session: Session, wanted: Filter) -> list[tuple[Any, ...]]:
    columns = (Code.code, Code.type, Code.licence, Code.state, Product.sku, Code.run_id)
    query = matching(wanted).with_only_columns(*columns).order_by(Code.id).limit(MOST_IN_A_LIST)
    return [(row[0], *(term.label for term in row[1:4]), row[4], row[5]) for row in session.execute(query)]


def _notices(session: Session, wanted: Filter) -> list[str]:
    """What has to be said of the unlicensed codes of a list, once for each prefix."""
    query = (
        matching(wanted)
        .join(CodeRun, CodeRun.id == Code.run_id)
        .where(Code.licence == Licence.GENERATED)
        .with_only_columns(CodeRun.type, CodeRun.prefix)
        .order_by(CodeRun.prefix)
        .distinct()
    )
    said = (notice(Series(row.type, row.prefix)) for row in session.execute(query))
    return list(dict.fromkeys(filter(None, said)))


def picture(session: Session, code_id: int) -> str:
    """The barcode of one code as SVG."""
    row = session.get_one(Code, code_id)
    return drawn(row.code, row.type)


def drawn(code: str, type: CodeType) -> str:
    """The drawing program would correct a wrong check digit in silence, so we look first."""
    if text := ean.problem(code):
        raise Refused(f"{text} Nothing was drawn.")
    stream = BytesIO()
    symbol = barcode.get(SYMBOLS[type], code)
    if symbol.get_fullcode() != code:
        raise Refused(f"{code} would be drawn as {symbol.get_fullcode()}. Nothing was drawn.")
    symbol.write(stream)
    return stream.getvalue().decode()


# Commands


@command(Right.CODES)
def release(session: Session, ids: Sequence[int]) -> str:
    """Give reserved codes back: they may be drawn again one day. Only those on no product."""
    rows = locked(session, Code, ids).values()
    if kept := [row.code for row in rows if row.state is not CodeState.RESERVED]:
        raise Refused(f"{_some(kept)} cannot be released: only reserved codes can. Nothing was released.")
    for row in rows:
        session.delete(row)
    return f"{len(rows):,} codes released."


@command(Right.CODES)
def retire(session: Session, ids: Sequence[int]) -> str:
    """Never use these codes again. A code goes off a deleted product with it; one on a product that lives stays."""
    rows = locked(session, Code, ids)
    on = locked(session, Product, {row.product_id for row in rows.values() if row.product_id is not None})
    if living := [f"{row.code} ({on[row.product_id].sku})" for row in rows.values()
                  if row.product_id is not None and on[row.product_id].state != LibraryState.DELETED]:  # fmt: skip
        raise Refused(f"{_some(living)} is on a product. Delete the product first. Nothing was retired.")
    for row in rows.values():
        row.state, row.retired_at = CodeState.RETIRED, row.retired_at or now()
        if row.product_id is not None:
            on[row.product_id].ean = None
    return f"{len(rows):,} codes retired: they will never be used again."


def _some(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
