"""Forwarding warehouses: where transshipped goods go first, with the address and the inbound code that stand on each parcel."""

from typing import Any

import pandas as pd
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from db.frames import Page, frame
from db.models import Purchase, Warehouse
from lib.changes import Changes, apply, locked
from lib.commands import command
from lib.problems import Problem, Refused
from lib.rights import Right

FIELDS = {"name": 100, "address": 500, "inbound_code": 60, "contact": 200}
"""What is written on a warehouse, with the most characters of each."""


def check(changes: Changes) -> list[Problem]:
    """What is wrong with what was typed, cell by cell."""
    return [
        Problem("A warehouse needs a name.", edit.id, edit.field)
        for edit in changes.edits
        if edit.field == "name" and not edit.new
    ]


# Reading


def matching(wanted: str) -> Select[Any]:
    """Warehouses that have this text anywhere; "" is all."""
    query = select(Warehouse.id)
    columns = (Warehouse.name, Warehouse.address, Warehouse.inbound_code, Warehouse.contact)
    return query.where(or_(*(column.icontains(wanted, autoescape=True) for column in columns))) if wanted else query


def count(session: Session, wanted: str) -> int:
    return session.scalar(select(func.count()).select_from(matching(wanted).subquery())) or 0


def table(session: Session, wanted: str, page: Page) -> pd.DataFrame:
    """One page of warehouses by name, and whether any purchase goes there."""
    used = select(Purchase.id).where(Purchase.warehouse_id == Warehouse.id).exists()
    query = (
        select(
            Warehouse.id, Warehouse.name, Warehouse.address, Warehouse.inbound_code, Warehouse.contact, Warehouse.active,
            used.label("is_used"),
        )
        .where(Warehouse.id.in_(matching(wanted)))
        .order_by(Warehouse.name)
        .limit(page.size)
        .offset((page.number - 1) * page.size)
    )  # fmt: skip
    return frame(session, query)


# Command


@command(Right.PURCHASES)
def save(session: Session, changes: Changes) -> str:
    """Add warehouses, change them, and take away those that no purchase has ever gone to."""
    if problems := check(changes):
        raise Refused(*problems)
    edits = [edit if edit.new is not None else type(edit)(edit.id, edit.field, edit.old, "") for edit in changes.edits]
    apply(session, Warehouse, edits, (*FIELDS, "active"))
    session.add_all(_made(session, dict(values)) for values in changes.added)
    for row in locked(session, Warehouse, changes.deleted).values():
        if session.scalar(select(Purchase.id).where(Purchase.warehouse_id == row.id).limit(1)):
            raise Refused(
                Problem(f"{row.name} has purchases. Take “In use” away instead. Nothing was changed.", row.id)
            )
        session.delete(row)
    session.flush()
    return f"Warehouses: {changes}."


def _made(session: Session, values: dict[str, object]) -> Warehouse:
    name = str(values.get("name") or "").strip()
    if not name:
        raise Refused("A warehouse needs a name. Nothing was changed.")
    if session.scalar(select(Warehouse.id).where(Warehouse.name == name)):
        raise Refused(f"There is a warehouse {name} already. Nothing was changed.")
    texts = {field: str(values.get(field) or "") for field in FIELDS}
    return Warehouse(**texts | {"name": name}, active=bool(values.get("active", True)))
