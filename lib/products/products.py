"""Products: the library of everything we sell or may sell, one row each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from db import bulk, frames, search
from db.frames import Page
from db.models import Category, Product
from db.vocabulary import CURRENCIES, LibraryState, SalesStatus, Source
from lib import changes as grid_changes
from lib.changes import Changes
from lib.commands import command
from lib.counted import counted
from lib.problems import Problem, Refused
from lib.rights import Right

EDITABLE = (
    "title_zh", "title_en", "category", "brand", "source", "source_url", "source_price", "currency", "weight_grams", "transport",
    "state", "sales_status", "tags", "remark", "sku",
)  # fmt: skip
SORTS = {
    "updated_at": Product.updated_at,
    "created_at": Product.created_at,
    "sku": Product.sku,
    "title_zh": Product.title_zh,
    "title_en": Product.title_en,
    "category": Category.path,
    "source": Product.source,
    "source_price": Product.source_price,
    "sales_status": Product.sales_status,
    "state": Product.state,
    "ean": Product.ean,
    "last_order_at": Product.last_order_at,
}

IN_LIBRARY = (LibraryState.DRAFT, LibraryState.READY)


@dataclass(frozen=True)
class Filter:
    """All that is named must hold; within one field any of the values will do."""

    text: str = ""
    state: LibraryState | None = None
    sales_status: tuple[SalesStatus, ...] = ()
    categories: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()
    without_code: bool = False
    without_picture: bool = False


# Rules


def check(changes: Changes) -> list[Problem]:
    """Everything wrong with these changes that can be seen without looking in the database."""
    problems = []
    for edit in changes.edits:
        if edit.field == "source_price" and edit.new is not None and edit.new <= 0:
            problems.append(
                Problem("The price must be above 0. Leave it empty when it is not known.", edit.id, edit.field)
            )
        if edit.field == "state" and edit.new == LibraryState.CAPTURED:
            problems.append(
                Problem("A product does not go back to Captured once it is in the library.", edit.id, edit.field)
            )
    return problems


# Reading


def matching(wanted: Filter) -> Select[Any]:
    return _narrowed(wanted, search.matching(wanted.text) if wanted.text else None)


def _narrowed(wanted: Filter, words: ColumnElement[bool] | None) -> Select[Any]:
    query = select(Product.id)
    if words is not None:
        query = query.where(words)
    if wanted.state is not None:
        query = query.where(Product.state == wanted.state)
    elif wanted.without_code or wanted.without_picture:
        query = query.where(Product.state.in_(IN_LIBRARY))  # what is deleted or only captured lacks nothing
    if wanted.sales_status:
        query = query.where(Product.sales_status.in_(wanted.sales_status))
    if wanted.categories:
        query = query.where(Product.category_id.in_(wanted.categories))
    if wanted.sources:
        query = query.where(Product.source.in_(wanted.sources))
    if wanted.without_code:
        query = query.where(Product.ean.is_(None))
    if wanted.without_picture:
        query = query.where(Product.picture.is_(None))
    return query


def count(session: Session, wanted: Filter) -> int:
    if not wanted.text or search.hits(session, wanted.text) <= frames.MANY:
        return frames.count(session, matching(wanted), Product.id)
    others = replace(wanted, text="")
    if others == Filter():
        return search.hits(session, wanted.text)
    if frames.count(session, matching(others), Product.id) <= frames.MANY:
        return frames.count(session, _narrowed(wanted, search.having(wanted.text)), Product.id)
    return search.hits_among(session, matching(others), wanted.text)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """The rows of one page: index `id`; money as Decimal, times with their zone."""
    ids = frames.page_of(
        _sortable(_quickly(session, wanted, page.size), page), Product.id, _order(page), page
    ).subquery()
    query = (
        select(
            Product.id, Product.picture, Product.sku, Product.ean, Product.title_zh, Product.title_en,
            Category.path.label("category"), Product.brand, Product.source, Product.source_price, Product.currency,
            Product.weight_grams, Product.transport, Product.state, Product.sales_status, Product.tags, Product.remark,
            Product.source_url, Product.last_order_at, Product.updated_at, Product.created_at,
        )
        .join(ids, ids.c.id == Product.id)
        .outerjoin(Category, Category.id == Product.category_id)
        .order_by(*_order(page))
    )  # fmt: skip
    return frames.frame(session, query)


def _quickly(session: Session, wanted: Filter, size: int) -> Select[Any]:
    """The same as `matching`, written so that the first rows come soon also for words that many products have."""
    if wanted.text and search.are_common(session, wanted.text, size):
        return _narrowed(wanted, search.having(wanted.text))
    return matching(wanted)


def _sortable(query: Select[Any], page: Page) -> Select[Any]:
    by_category = page.sort == "category"
    return query.outerjoin(Category, Category.id == Product.category_id) if by_category else query


def _order(page: Page) -> tuple[Any, Any]:
    return frames.order(page, SORTS, Product.updated_at, Product.id)


def counts(session: Session) -> Mapping[str, int]:
    """How many products are in each state of the library, each counted to 10,000."""
    return dict(session.execute(_COUNTS).mappings().one())


def category_names(session: Session) -> dict[int, str]:
    """All categories by their full names."""
    return {row.id: row.path for row in session.execute(select(Category.id, Category.path).order_by(Category.path))}


_COUNTS = select(
    *(frames.counted(matching(Filter(state=state)), Product.id).label(state.value) for state in LibraryState)
)


# Commands


@command(Right.PRODUCTS)
def save(session: Session, changes: Changes) -> str:
    """Write what was typed, add what was added, and take what was ticked out of the library."""
    if problems := check(changes):
        raise Refused(*problems)
    to_id = _ids_of_categories(session, changes)
    touched = grid_changes.apply(session, Product, changes.edits, EDITABLE, {"category": to_id.get})
    for product in touched:
        _complete(product)
    session.add_all(Product(**_new(values, to_id)) for values in changes.added)
    if changes.deleted:
        _delete(session, changes.deleted)
    session.flush()
    return f"Products: {changes}."


def _ids_of_categories(session: Session, changes: Changes) -> dict[str, int]:
    names = {e.new for e in changes.edits if e.field == "category"} | {
        e.old for e in changes.edits if e.field == "category"
    }
    names |= {values.get("category") for values in changes.added}
    found = select(Category.path, Category.id).where(Category.path.in_([n for n in names if n]))
    known = {row.path: row.id for row in session.execute(found)}
    given = {e.new for e in changes.edits if e.field == "category"} | {row.get("category") for row in changes.added}
    if gone := sorted(name for name in given if name and name not in known):
        raise Refused(f"There is no category {', '.join(gone[:5])} any more. Nothing was saved.")
    return known


def _complete(product: Product) -> None:
    """Ready means it can be listed: a title is the least of it."""
    if product.state == LibraryState.READY and not (product.title_zh or product.title_en):
        raise Refused(Problem("A product needs a title before it is Ready. Nothing was saved.", product.id, "state"))


def _new(values: Mapping[str, Any], to_id: Mapping[str, int]) -> dict[str, Any]:
    given = {
        name: value for name, value in values.items() if value is not None and name in EDITABLE and name != "category"
    }
    if not given.get("sku"):
        raise Refused("A product needs a SKU. Nothing was added.")
    if given.get("currency", "CNY") not in CURRENCIES:
        raise Refused(f"{given['currency']} is not a currency that Caravan knows. Nothing was added.")
    category = values.get("category")
    return given | ({"category_id": to_id[category]} if category else {})


def _delete(session: Session, ids: Iterable[int]) -> None:
    for product in grid_changes.locked(session, Product, ids).values():
        product.state = LibraryState.DELETED


@command(Right.PRODUCTS)
def put(session: Session, wanted: Filter | tuple[int, ...], field: str, value: Any) -> str:
    """Put one value into one column of the ticked rows, or of all rows of a filter."""
    if field not in ("sales_status", "state", "source", "category", "currency"):
        raise ValueError(field)
    if value == LibraryState.CAPTURED:
        raise Refused("A product does not go back to Captured once it is in the library. Nothing was changed.")
    ids = matching(wanted) if isinstance(wanted, Filter) else select(Product.id).where(Product.id.in_(wanted))
    changed = bulk.put(session, Product, ids, "category_id" if field == "category" else field, value)
    return f"{counted(changed, 'product')} changed."
