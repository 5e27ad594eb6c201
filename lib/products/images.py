"""Pictures of products: which ones the nightly job looks at and why, and what it does with them.

It picks by any of three rules: A has a listing, was created long ago and has no picture; B its pictures were changed by SKU image
publishing in the last 7 days; C it was ordered in the last 90 days and is sold normally, after the order, or restricted. Pictures are
taken from the folder `incoming` of the data folder, where they lie as <SKU>.jpg, .png or .webp.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from db import frames
from db.frames import Page
from db.models import Listing, NightlyItem, Product, now
from db.session import folder
from db.vocabulary import LibraryState, PictureRoute, SalesStatus, Term
from lib.commands import command
from lib.problems import Refused
from lib.products import pictures
from lib.rights import Right

LONG_AGO, PUBLISHED_LATELY, ORDERED_LATELY = timedelta(days=7), timedelta(days=7), timedelta(days=90)
SOLD = (SalesStatus.NORMAL, SalesStatus.AFTER_ORDER, SalesStatus.RESTRICTED)
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
MOST_FILES = 100_000
SORTS = {"sku": Product.sku, "updated_at": Product.updated_at, "picture_changed_at": Product.picture_changed_at}


class Rule(Term):
    """Why a product is picked."""

    A = "A", "A no picture", "orange", "has a listing, was created more than 7 days ago and has no picture"
    B = "B", "B published", "blue", "changed on SKU image publishing in the last 7 days"
    C = "C", "C ordered", "green", "ordered in the last 90 days, and sold normally, after the order, or restricted"


class Outcome(Term):
    """How it ended for one product."""

    UPDATED = "updated", "Updated", "green", "shows another picture now"
    UNCHANGED = "unchanged", "Unchanged", "gray", "the same picture again"
    SKIPPED = "skipped", "Skipped", "gray", "left out, with the reason"
    FAILED = "failed", "Failed", "red", "could not be read, with the reason"


@dataclass(frozen=True)
class Filter:
    text: str = ""
    rules: tuple[str, ...] = ()
    with_skipped: bool = True


@dataclass(frozen=True)
class Since:
    """The three limits of a run; a missed night is caught up, for B reaches back to the last run."""

    created: datetime
    published: datetime
    ordered: datetime


def limits(moment: datetime, last_run: datetime | None = None) -> Since:
    reach = min(moment, last_run or moment)
    return Since(moment - LONG_AGO, max(reach, moment - ORDERED_LATELY) - PUBLISHED_LATELY, moment - ORDERED_LATELY)


# Reading


def _clauses(since: Since) -> Mapping[Rule, Any]:
    listed = exists().where(Listing.product_id == Product.id)
    return {
        Rule.A: and_(Product.picture.is_(None), Product.created_at <= since.created, listed),
        Rule.B: and_(Product.picture_route == PictureRoute.PUBLISHING, Product.picture_changed_at >= since.published),
        Rule.C: and_(Product.last_order_at >= since.ordered, Product.sales_status.in_(SOLD)),
    }


def matching(wanted: Filter, since: Since | None = None) -> Select[Any]:
    """Products that the next run would look at, and with `with_skipped` also those it would leave out."""
    clauses = _clauses(since or limits(now()))
    chosen = [clauses[Rule(rule)] for rule in wanted.rules] or list(clauses.values())
    query = select(Product.id).where(or_(*chosen))
    if not wanted.with_skipped:
        query = query.where(Product.state != LibraryState.DELETED, Product.sales_status != SalesStatus.STOPPED)
    if wanted.text:
        query = query.where(Product.sku.icontains(wanted.text, autoescape=True))
    return query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Product.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """What the next run would look at: index `id`; `reasons` as "A, C", `skipped` with the reason if it would be left out."""
    since = limits(now())
    ids = frames.page_of(matching(wanted, since), Product.id, _order(page), page).subquery()
    columns = (Product.id, Product.picture, Product.sku, Product.title_zh, Product.title_en, Product.sales_status, Product.state,
               Product.picture_changed_at, Product.last_order_at, Product.created_at)  # fmt: skip
    rules = [clause.label(rule.value) for rule, clause in _clauses(since).items()]
    found = frames.frame(session, select(*columns, *rules).join(ids, ids.c.id == Product.id).order_by(*_order(page)))
    found["reasons"] = [", ".join(rule.value for rule in Rule if row[rule.value]) for _, row in found.iterrows()]
    found["skipped"] = [left_out(row["state"], row["sales_status"]) for _, row in found.iterrows()]
    files = incoming()
    found["incoming"] = [files[file_name(sku)].name if file_name(sku) in files else None for sku in found["sku"]]
    return found.drop(columns=[rule.value for rule in Rule])


def _order(page: Page) -> Sequence[Any]:
    return frames.order(page, SORTS, Product.sku, Product.id)


def left_out(state: LibraryState, sales_status: SalesStatus) -> str | None:
    """Why a picked product is not looked at after all."""
    if state == LibraryState.DELETED:
        return "the product is deleted"
    return "the product is not sold any more" if sales_status == SalesStatus.STOPPED else None


@dataclass(frozen=True)
class Pick:
    """One product of a run, with all its reasons."""

    id: int
    sku: str
    picture: str | None
    reasons: tuple[str, ...]
    skipped: str | None


def picks(session: Session, since: Since, after: int = 0, most: int = 500) -> list[Pick]:
    """The next products of a run, in the order of their ids."""
    clauses = _clauses(since)
    query = select(
        Product.id,
        Product.sku,
        Product.picture,
        Product.state,
        Product.sales_status,
        *(clause.label(r.value) for r, clause in clauses.items()),
    )
    rows = session.execute(query.where(or_(*clauses.values()), Product.id > after).order_by(Product.id).limit(most))
    return [
        Pick(
            row.id,
            row.sku,
            row.picture,
            tuple(rule.value for rule in Rule if row._mapping[rule.value]),
            left_out(row.state, row.sales_status),
        )
        for row in rows
    ]


# Files


def incoming() -> dict[str, Path]:
    """The pictures that wait, by SKU in small letters; a stroke in a SKU is an underscore in the file's name."""
    place = folder() / "incoming"
    if not place.is_dir():
        return {}
    with os.scandir(place) as entries:
        files = (Path(entry.path) for entry, _ in zip(entries, range(MOST_FILES), strict=False) if entry.is_file())
        return {file.stem.casefold(): file for file in sorted(files) if file.suffix.casefold() in ENDINGS}


def file_name(sku: str) -> str:
    """What a picture of this SKU is called in the incoming folder, without its ending."""
    return sku.replace("/", "_").replace("\\", "_").casefold()


def file_of(sku: str, files: Mapping[str, Path]) -> Path | None:
    return files.get(file_name(sku))


def content(file: Path) -> bytes:
    """The bytes of a file, not more than a picture may have and one."""
    with file.open("rb") as opened:
        return opened.read(pictures.MOST_BYTES + 1)


# Writing


def put(session: Session, product_id: int, name: str, route: PictureRoute) -> Outcome:
    """Show this picture from now on; the one that is shown already changes nothing."""
    product = session.get(Product, product_id, with_for_update=True)
    if product is None:
        raise Refused("This product does not exist any more. Nothing was changed.")
    if product.picture == name:
        return Outcome.UNCHANGED
    product.picture, product.picture_changed_at, product.picture_route = name, now(), route
    return Outcome.UPDATED


@command(Right.IMAGES)
def publish(session: Session, product_id: int, file_name: str, given: bytes) -> str:
    """SKU image publishing: give a product its picture by hand."""
    outcome = put(session, product_id, pictures.keep(given), PictureRoute.PUBLISHING)
    sku = session.scalar(select(Product.sku).where(Product.id == product_id))
    if outcome is Outcome.UNCHANGED:
        return f"{sku} shows this very picture already; nothing was changed."
    return f"{sku} shows {file_name[:100]} now."


def tries(session: Session, product_id: int) -> int:
    """How many times in a row the picture of this product has failed until now."""
    last_good = select(func.max(NightlyItem.id)).where(
        NightlyItem.product_id == product_id, NightlyItem.outcome != Outcome.FAILED.value
    )
    failed = select(func.count()).where(
        NightlyItem.product_id == product_id, NightlyItem.outcome == Outcome.FAILED.value
    )
    return session.scalar(failed.where(NightlyItem.id > func.coalesce(last_good.scalar_subquery(), 0))) or 0


def items(session: Session, run_id: int, most: int = 500) -> list[dict[str, str]]:
    """What a run did, a line for each product."""
    query = select(Product.sku, NightlyItem.reasons, NightlyItem.outcome, NightlyItem.why)
    query = query.join(Product, Product.id == NightlyItem.product_id).where(NightlyItem.run_id == run_id)
    return [
        {"SKU": row.sku, "Reasons": row.reasons, "Outcome": Outcome(row.outcome).label, "Why": row.why}
        for row in session.execute(query.order_by(NightlyItem.id).limit(most))
    ]
