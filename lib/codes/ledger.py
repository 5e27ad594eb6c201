"""The ledger of codes: what we hold, in which state, on which product. Lists to take away: lib/codes/code_exports.py."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import Session

from db import bulk, frames
from db.frames import Page
from db.models import Code, CodeRun, Listing, Product, Store, now
from db.pasted import numbered
from db.vocabulary import CodeState, CodeType, LibraryState, Licence
from lib.changes import locked
from lib.codes import ean
from lib.codes.code_series import Series, notice
from lib.commands import command
from lib.counted import agreeing, counted, some
from lib.problems import Refused
from lib.rights import Right

MOST_RELEASED = 100_000
SORTS = {
    "id": Code.id,
    "code": Code.gtin14,
    "state": Code.state,
    "sku": Product.sku,
    "assigned_at": Code.assigned_at,
    "exposed_at": Code.exposed_at,
    "retired_at": Code.retired_at,
}
"""The order of `id` is that of reserving."""


@dataclass(frozen=True)
class Filter:
    """`text` is the beginning of a code as it is printed, or a SKU; `stores` are names: codes of what is listed there."""

    text: str = ""
    state: CodeState | None = None
    types: tuple[CodeType, ...] = ()
    licences: tuple[Licence, ...] = ()
    runs: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    stores: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    """Picked ones, by id."""


def matching(wanted: Filter) -> Select[Any]:
    """The ids of codes, by conditions that each have an index."""
    query = select(Code.id)
    if wanted.text:
        query = query.where(_named(wanted.text))
    if wanted.state is not None:
        query = query.where(Code.state == wanted.state)
    if wanted.types or wanted.licences:
        query = query.where(*_of_kind(wanted))
    if wanted.runs:
        query = query.where(Code.run_id.in_(wanted.runs))
    if wanted.products:
        query = query.where(Code.product_id.in_(wanted.products))
    if wanted.codes:
        query = query.where(Code.id.in_(select(numbered(wanted.codes).c.id)))
    if wanted.state is CodeState.RESERVED and (wanted.products or wanted.stores):
        # What is on a product is not reserved any more: nothing to look for among millions.
        query = query.where(false())
    if wanted.stores:
        there = select(Listing.product_id).join(Store, Store.id == Listing.store_id)
        query = query.where(Code.product_id.in_(there.where(Store.name.in_(wanted.stores))))
    return query


def _of_kind(wanted: Filter) -> list[ColumnElement[bool]]:
    """Every column of the index is named, so that it is used whatever is asked: some dozen places in it are looked at."""
    state = [] if wanted.state is not None else [Code.state.in_(tuple(CodeState))]
    return [Code.licence.in_(wanted.licences or tuple(Licence)), Code.type.in_(wanted.types or tuple(CodeType)), *state]


def _named(text: str) -> ColumnElement[bool]:
    """The twin is found too, and a code is found by its first digits."""
    of_product = Code.product_id == select(Product.id).where(Product.sku == text).scalar_subquery()
    digits = ean.compact(text)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 14):
        return of_product
    begins = [("0" * zeros + digits) for zeros in (0, 1, 2, 6) if zeros + len(digits) <= 14]
    return or_(of_product, *(Code.gtin14.between(b.ljust(14, "0"), b.ljust(14, "9")) for b in begins))


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Code.id)


def counts(session: Session) -> dict[str, int]:
    """How many codes are in each state, each counted to 10,000."""
    return {state.value: count(session, Filter(state=state)) for state in CodeState}


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """The codes of one page: index `id`; `stores` are the names of those that list the product; `note` what has to be said of the code."""
    order = frames.order(page, SORTS, Code.id, Code.id)
    ids = frames.page_of(_walked(session, wanted, page), Code.id, order, page).subquery()
    query = (
        select(
            Code.id, Code.code, Code.type, Code.gtin14, Code.licence, Code.state, Product.sku, Product.title_zh, Product.title_en,
            Code.product_id, Code.run_id, Code.reserved_by, Code.reserved_at, Code.assigned_at, Code.exposed_at, Code.retired_at,
            CodeRun.type.label("made_as"), CodeRun.prefix,
        )
        .join(ids, ids.c.id == Code.id)
        .outerjoin(Product, Product.id == Code.product_id)
        .outerjoin(CodeRun, CodeRun.id == Code.run_id)
        .order_by(*order)
    )  # fmt: skip
    found = frames.frame(session, query)
    notes = [_note(*row) for row in zip(found["licence"], found["made_as"], found["prefix"], strict=True)]
    stores = _stores(session, {int(number) for number in found["product_id"] if number is not None})
    listed = [stores.get(number) for number in found["product_id"]]
    made = {"stores": pd.Series(listed, found.index, dtype=object), "note": pd.Series(notes, found.index, dtype=object)}
    return found.drop(columns=["made_as", "prefix"]).assign(**made)


def _walked(session: Session, wanted: Filter, page: Page) -> Select[Any]:
    """Few are looked up first and then sorted; among very many the first page is soon found by walking in order."""
    query = matching(wanted)
    if wanted != Filter(state=wanted.state) and count(session, wanted) <= frames.MANY:
        query = select(Code.id).where(Code.id.in_(select(numbered(session.scalars(query)).c.id)))
    return query.outerjoin(Product, Product.id == Code.product_id) if page.sort == "sku" else query


def _stores(session: Session, product_ids: set[int]) -> dict[Any, str]:
    """The names of the stores that list each of these products."""
    query = select(Listing.product_id, Store.name).join(Store, Store.id == Listing.store_id)
    names: dict[Any, list[str]] = {}
    for product, name in session.execute(query.where(Listing.product_id.in_(product_ids)).order_by(Store.name)):
        names.setdefault(product, []).append(name)
    return {product: ", ".join(listed) for product, listed in names.items()}


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


# Commands


@command(Right.CODES)
def release(session: Session, which: Filter | Sequence[int]) -> str:
    """Give reserved codes back: they may be drawn again one day. Only those on no product.

    Ticked ones are refused when another one is among them; of a filter (a run, say) the reserved ones go and the others stay.
    """
    if isinstance(which, Filter):
        which = _reserved(session, which)
    query = select(Code.id, Code.code, Code.state).where(Code.id.in_(select(numbered(which).c.id)))
    rows = session.execute(query.order_by(Code.id).with_for_update(of=Code)).all()
    if kept := [row.code for row in rows if row.state is not CodeState.RESERVED]:
        raise Refused(f"{some(kept)} cannot be released: only reserved codes can. Nothing was released.")
    bulk.remove(session, Code, [row.id for row in rows])
    return f"{counted(len(rows), 'code')} released."


def _reserved(session: Session, wanted: Filter) -> Sequence[int]:
    if wanted.state not in (None, CodeState.RESERVED):
        raise Refused("Only reserved codes can be released, and none is here. Nothing was released.")
    ids = session.scalars(matching(replace(wanted, state=CodeState.RESERVED)).limit(MOST_RELEASED + 1)).all()
    if not ids or len(ids) > MOST_RELEASED:
        many = f"More than {MOST_RELEASED:,} are reserved here" if ids else "No code is reserved here"
        raise Refused(f"{many}. Nothing was released.{' Narrow the filter.' if ids else ''}")
    return ids


@command(Right.CODES)
def retire(session: Session, ids: Sequence[int]) -> str:
    """Never use these codes again. A code goes off a deleted product with it; one on a product that lives stays."""
    holders = session.scalars(select(Code.product_id).where(Code.id.in_(ids), Code.product_id.is_not(None)))
    on = locked(
        session, Product, {number for number in holders if number}
    )  # first these, then the codes: as everybody does who changes both
    rows = locked(session, Code, ids)
    if {row.product_id for row in rows.values()} - {None, *on}:
        raise Refused("These codes are being given to products right now. Nothing was retired; try again in a moment.")
    if living := [f"{row.code} ({on[row.product_id].sku})" for row in rows.values()
                  if row.product_id is not None and on[row.product_id].state != LibraryState.DELETED]:  # fmt: skip
        so = agreeing(len(living), "is on a product. Delete the product first.", "are on products. Delete these first.")
        raise Refused(f"{some(living)} {so} Nothing was retired.")
    for row in rows.values():
        row.state, row.retired_at = CodeState.RETIRED, row.retired_at or now()
        if row.product_id is not None:
            on[row.product_id].ean = None
    return f"{counted(len(rows), 'code')} retired: {agreeing(len(rows), 'it', 'they')} will never be used again."
