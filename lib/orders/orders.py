"""Orders: the list of what customers bought, and what a person may write on it. What buyers are called is never read here."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db.frames import Page, frame
from db.models import CosellOffer, Order, OrderLine, Product, Purchase, PurchaseLine, Store
from db.pasted import numbered, pasted
from db.vocabulary import PurchaseStatus, WorkStatus
from lib.changes import Changes, apply
from lib.commands import command
from lib.counted import counted
from lib.orders import work
from lib.orders.order_filter import Dates, Filter, matching
from lib.orders.order_pages import SORTS, around, count, counts, order, page
from lib.orders.pasted_lists import missing
from lib.problems import Problem, Refused
from lib.rights import Right

__all__ = [
    "SORTS",
    "Dates",
    "Filter",
    "around",
    "check",
    "count",
    "countries",
    "counts",
    "find",
    "follow",
    "in_work",
    "link_line",
    "matching",
    "missing",
    "number_of",
    "save",
    "store_names",
    "table",
    "tags",
]  # fmt: skip
MOST_TAGS = 2_000


# Rules


def check(changes: Changes) -> list[Problem]:
    return [
        Problem(f"“{WorkStatus(edit.new).label}” follows from what was bought and sent. By hand: Exception or Closed.",
                edit.id, edit.field, value=edit.new)
        for edit in changes.edits if edit.field == "work_status" and edit.new not in work.BY_HAND
    ]  # fmt: skip


def _tags_in(typed: str | None) -> list[str]:
    """The tags of a text, each once: cut at commas and semicolons, and without blanks around them."""
    tags = (" ".join(tag.split()) for tag in re.split(r"[,;，；、\n]+", typed or ""))
    return list({tag.casefold(): tag for tag in reversed([tag for tag in tags if tag])}.values())[::-1]


def _tidy(typed: str | None) -> str | None:
    return ", ".join(_tags_in(typed)) or None


def in_work(wanted: Filter, status: str | None) -> Filter:
    """The same criteria, within one work status."""
    return replace(wanted, work=status)


# Reading


def table(session: Session, wanted: Filter, where: Page) -> pd.DataFrame:
    """One page of the list, a row an order, with its lines and its purchases summed up."""
    ids = numbered(page(session, wanted, where))
    query = (
        select(
            Order.id, Order.number, Store.name.label("store"), Order.country, Order.status, Order.work_status,
            Order.bought_at, Order.ship_by, Order.total, Order.currency, Order.note, Order.tags,
        )
        .join(ids, ids.c.id == Order.id)
        .join(Store, Store.id == Order.store_id)
        .order_by(*order(where))
    )  # fmt: skip
    found = frame(session, query)
    summed = {"picture": None, "items": "", "quantity": 0, "tracking": None}
    about = {number: dict(summed) for number in found.index}
    _sum_lines(session, select(ids.c.id), about)
    _sum_tracking(session, select(ids.c.id), about)
    for name in summed:
        found[name] = pd.Series([cells[name] for cells in about.values()], index=found.index, dtype=object)
    return found


def _sum_lines(session: Session, ids: Select[Any], about: dict[int, dict[str, Any]]) -> None:
    query = (
        select(OrderLine.order_id, OrderLine.sku, OrderLine.quantity, Product.picture)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id.in_(ids))
        .order_by(OrderLine.id)
    )
    for order_id, sku, quantity, picture in session.execute(query):
        row = about[order_id]
        row["items"] += f"{', ' if row['items'] else ''}{sku} × {quantity}"
        row["quantity"] += quantity
        row["picture"] = row["picture"] or picture


def _sum_tracking(session: Session, ids: Select[Any], about: dict[int, dict[str, Any]]) -> None:
    query = (
        select(OrderLine.order_id, Purchase.tracking)
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(OrderLine.order_id.in_(ids), Purchase.status != PurchaseStatus.CANCELED, Purchase.tracking.is_not(None))
        .distinct()
    )
    for order_id, tracking in session.execute(query):
        about[order_id]["tracking"] = ", ".join(filter(None, (about[order_id]["tracking"], tracking)))


def store_names(session: Session) -> tuple[str, ...]:
    return tuple(session.scalars(select(Store.name).order_by(Store.name)))


def countries(session: Session) -> tuple[str, ...]:
    """The countries that the stores sell to; a list of all orders' countries would read all orders."""
    return tuple(session.scalars(select(Store.marketplace).distinct().order_by(Store.marketplace)))


def tags(session: Session) -> tuple[str, ...]:
    """Every tag that some order has. Found by steps in the index of what has been typed, 2,000 at most."""
    found: set[str] = set()
    last, steps = "", 0
    while (typed := session.scalar(select(func.min(Order.tags)).where(Order.tags > last))) and steps < MOST_TAGS:
        found |= set(_tags_in(typed))
        last, steps = typed, steps + 1
    return tuple(sorted(found, key=str.casefold))


def find(session: Session, reference: str) -> int | None:
    """The id of the order that a link names by its id or its number."""
    number = session.scalar(select(Order.id).where(Order.number.in_(pasted([reference]))).limit(1))
    if number is None and reference.isascii() and reference.isdigit() and len(reference) < 10:
        number = session.scalar(select(Order.id).where(Order.id == int(reference)))
    return number


def number_of(session: Session, picked: Sequence[int]) -> str | None:
    """The number of the one order that is ticked; None when there is not exactly one."""
    return session.scalar(select(Order.number).where(Order.id == picked[0])) if len(picked) == 1 else None


# Commands


@command(Right.ORDERS)
def save(session: Session, changes: Changes) -> str:
    """Write notes, tags, and the two work statuses that are set by hand."""
    if problems := check(changes):
        raise Refused(*problems)
    tidy = [replace(edit, new=_tidy(edit.new)) if edit.field == "tags" else edit for edit in changes.edits]
    rows = apply(session, Order, tidy, ("note", "tags", "work_status"))
    return f"{counted(len(rows), 'order')} changed."


@command(Right.ORDERS)
def follow(session: Session, order_id: int) -> str:
    """Let the work status follow the facts again, after a person had set it."""
    order = session.get(Order, order_id)
    if order is None:
        raise Refused("This order does not exist any more. Nothing was changed.")
    order.work_status = WorkStatus.TO_PURCHASE
    work.follow(session, [order_id])
    return f"Order {order.number} is “{order.work_status.label}”."


@command(Right.ORDERS)
def link_line(session: Session, line_id: int, sku: str) -> str:
    """Say which product of the library a line is about; the co-sell offer it came by learns it too, if it had none."""
    line = session.get(OrderLine, line_id, with_for_update=True)
    product = session.scalar(select(Product).where(Product.sku == sku.strip()))
    if line is None:
        raise Refused("This line does not exist any more. Nothing was changed.")
    if product is None:
        raise Refused(f"The library has no product with the SKU {sku.strip() or 'that is empty'}. Nothing was changed.")
    line.product_id = product.id
    order = session.get_one(Order, line.order_id)
    work.follow(session, [order.id])
    product.last_order_at = max(product.last_order_at or order.bought_at, order.bought_at)
    offer = session.get(CosellOffer, line.offer_id) if line.offer_id else None
    if offer is None or offer.product_id is not None:
        return f"{line.sku} in order {order.number} is linked to {product.sku}."
    offer.product_id = product.id
    return f"{line.sku} in order {order.number} is linked to {product.sku}, and so is its co-sell offer."
