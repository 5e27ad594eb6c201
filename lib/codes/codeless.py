"""Products of the library that have no code yet. What is only captured or deleted needs none."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db import frames, search
from db.frames import Page
from db.models import Category, Product
from db.vocabulary import LibraryState, Source

SORTS = {
    "updated_at": Product.updated_at,
    "created_at": Product.created_at,
    "sku": Product.sku,
    "source": Product.source,
}


@dataclass(frozen=True)
class Filter:
    text: str = ""
    sources: tuple[Source, ...] = ()


def matching(wanted: Filter) -> Select[Any]:
    in_library = Product.state.in_((LibraryState.DRAFT, LibraryState.READY))
    query = select(Product.id).where(Product.ean.is_(None), in_library)
    if wanted.text:
        query = query.where(search.matching(wanted.text))
    if wanted.sources:
        query = query.where(Product.source.in_(wanted.sources))
    return query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Product.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    order = frames.order(page, SORTS, Product.updated_at, Product.id)
    ids = frames.page_of(matching(wanted), Product.id, order, page).subquery()
    query = (
        select(
            Product.id, Product.sku, Product.title_zh, Product.title_en,
            Category.path.label("category"), Product.source, Product.state, Product.updated_at, Product.created_at,
        )
        .join(ids, ids.c.id == Product.id)
        .outerjoin(Category, Category.id == Product.category_id)
        .order_by(*order)
    )  # fmt: skip
    return frames.frame(session, query)
