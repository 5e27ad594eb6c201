"""Clearing codes of deleted products, so that they can be uploaded again under a fresh one: the cure for mixed-up pictures.

The code goes off the product and is retired: also one that was never sent anywhere, for it may stand on a parcel or in somebody's
file. The listings of the product lose their code and their ASIN and can be queued anew. What was uploaded, and what the
marketplace answered, stays in the records for ever.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from db import bulk, frames, search
from db.frames import Page
from db.models import Code, Product, now
from db.vocabulary import CodeState, LibraryState, Term
from lib.codes import code_removal, codes, ean
from lib.codes.code_drawing import known
from lib.codes.codes import Hold
from lib.commands import command
from lib.counted import counted, some
from lib.problems import Refused
from lib.rights import Right

MOST = 20_000
"""Products that are cleared at once: no other writer should wait longer than for these."""
SORTS = {"updated_at": Product.updated_at, "sku": Product.sku, "ean": Product.ean}


class CodeGroup(Term):
    """Which codes to clear. A 13-digit number that is written with a zero before a UPC is an EAN."""

    EAN = "EAN", "EAN", "blue", "EAN-13 and EAN-8"
    UPC = "UPC", "UPC", "blue", "12 digits"
    ISBN = "ISBN", "ISBN", "gray", "books: 978 and 979"
    ALL = "all", "All", "red", "every code, GTIN-14 and misspelt ones too"


@dataclass(frozen=True)
class Filter:
    """Deleted products that have a code of this group; `text` as in the library."""

    group: CodeGroup = CodeGroup.ALL
    text: str = ""


@dataclass(frozen=True)
class Clearable:
    """Deleted products that hold a code, and how many of these codes a marketplace has seen."""

    products: int = 0
    exposed: int = 0


# Looking first


def matching(wanted: Filter) -> Select[Any]:
    query = select(Product.id).where(Product.state == LibraryState.DELETED, Product.ean.is_not(None))
    if wanted.group is not CodeGroup.ALL:
        query = query.where(_group == wanted.group.value)
    return query.where(search.matching(wanted.text)) if wanted.text else query


def _is_book() -> ColumnElement[bool]:
    return and_(func.length(Product.ean) == 13, or_(Product.ean.like("978%"), Product.ean.like("979%")))


_group = case(
    (_is_book(), CodeGroup.ISBN.value),
    (func.length(Product.ean).in_((8, 13)), CodeGroup.EAN.value),
    (func.length(Product.ean) == 12, CodeGroup.UPC.value),
    else_="",
)
_HELD = and_(
    Code.product_id == Product.id,
    Code.gtin14 == func.substr(literal("000000").concat(Product.ean), func.length(Product.ean) - 7),
)
"""The ledger's row of the code that the product shows."""


def clearing(session: Session, text: str = "") -> dict[CodeGroup, Clearable]:
    """What each group would clear now."""
    found = matching(Filter(text=text)).outerjoin(Code, and_(_HELD, Code.exposed_at.is_not(None)))
    each = found.with_only_columns(_group.label("name"), Code.id.label("seen")).subquery()
    query = select(each.c.name, func.count(), func.count(each.c.seen)).group_by(each.c.name)
    by_name = {name: Clearable(many, exposed) for name, many, exposed in session.execute(query)}
    whole = Clearable(sum(one.products for one in by_name.values()), sum(one.exposed for one in by_name.values()))
    return {group: by_name.get(group.value, Clearable()) for group in CodeGroup} | {CodeGroup.ALL: whole}


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Product.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """The deleted products of one page, with the code each holds and its state in the ledger."""
    order = frames.order(page, SORTS, Product.updated_at, Product.id)
    ids = frames.page_of(matching(wanted), Product.id, order, page).subquery()
    query = (
        select(Product.id, Product.sku, Product.title_zh, Product.title_en, Product.ean, Code.state, Code.exposed_at,
               Product.updated_at)
        .join(ids, ids.c.id == Product.id)
        .outerjoin(Code, _HELD)
        .order_by(*order)
    )  # fmt: skip
    return frames.frame(session, query)


# Clearing


@command(Right.CODES)
def clear(session: Session, which: Filter | Sequence[int], group: CodeGroup = CodeGroup.ALL) -> str:
    """Take codes of a group off deleted products, ticked ones or all of a filter (which brings its own group).

    Refused when a ticked product is not deleted. What is on its way to a marketplace is left out. One change set: taking it back
    restores all but the codes that a marketplace has seen.
    """
    ids, more = _named(session, which)
    rows = code_removal.products(session, ids)
    if living := [row.sku for row in rows if row.state is not LibraryState.DELETED]:
        raise Refused(f"{some(living)}: not deleted. Only deleted products are cleared. Nothing was cleared.")
    having = _having(session, rows, which.group if isinstance(which, Filter) else group)
    sent = code_removal.on_their_way(session, [row.id for row in having])
    chosen = [row for row in having if row.id not in sent]
    waiting = some([row.sku for row in having if row.id in sent])
    if not chosen:
        way = f"{waiting}: on the way to a marketplace. Wait for the answer." if sent else "None has such a code."
        raise Refused(f"{way} Nothing was cleared.")
    said = [_retired(session, chosen), *_taken_off(session, chosen)]
    if sent:
        said.append(f"Left out, on the way to a marketplace: {waiting}.")
    if more:
        said.append(f"Others remain, for at most {MOST:,} products are cleared at once: do it again.")
    return " ".join(said)


def _named(session: Session, which: Filter | Sequence[int]) -> tuple[Sequence[int], bool]:
    """The products, and whether a filter finds more than can be cleared at once."""
    if isinstance(which, Filter):
        ids = session.scalars(matching(which).order_by(Product.id).limit(MOST + 1)).all()
        return ids[:MOST], len(ids) > MOST
    if len(which) > MOST:
        raise Refused(f"At most {MOST:,} products are cleared at once, and more were named. Nothing was cleared.")
    return which, False


def _having(session: Session, rows: Sequence[Any], group: CodeGroup) -> list[Any]:
    """Those of the products that have a code of the group."""
    found = matching(Filter(group)).where(code_removal.among(Product.id, [row.id for row in rows]))
    wanted = set(session.scalars(found))
    return [row for row in rows if row.id in wanted]


def _retired(session: Session, rows: Sequence[Any]) -> str:
    """The codes of these products, never to be used again; those that the ledger had not known are known from now on."""
    codes.hold_many(session, [Hold(row.ean, row.id) for row in rows if ean.is_valid(row.ean)])
    at, product_ids = now(), {row.id for row in rows}
    theirs = known(session, [ean.gtin14(row.ean) for row in rows if ean.is_valid(row.ean)]).values()
    found = [row for row in theirs if row.product_id in product_ids and row.state is not CodeState.RETIRED]
    bulk.change(session, Code, [
        (row.id, {"state": (row.state, CodeState.RETIRED), "retired_at": (None, at)}) for row in found
    ])  # fmt: skip
    seen = sum(row.state is CodeState.EXPOSED for row in found)
    return f"{counted(len(found), 'code')} retired for ever, {seen:,} seen by a marketplace."


def _taken_off(session: Session, rows: Sequence[Any]) -> Iterator[str]:
    code_removal.take_off(session, rows)
    anew, up = code_removal.empty_listings(session, [row.id for row in rows], forget=True)
    yield f"{counted(len(rows), 'deleted product has', 'deleted products have')} no code now."
    if anew:
        sale = f", {up:,} on sale until now: take that off sale on the marketplace too" if up else ""
        yield f"{counted(anew, 'listing')} can be uploaded anew{sale}."
