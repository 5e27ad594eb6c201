"""The past of prices: the runs that moved them, and the price of one listing over time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from db import frames, history
from db.frames import Page
from db.models import Category, Change, ChangeSet, ListingPrice, PriceMove, PriceRuleVersion, PriceRun
from db.vocabulary import RunKind, RunState

SORTS = {"at": PriceRun.id, "state": PriceRun.state, "kind": PriceRun.kind, "actor": PriceRun.actor}
NUMBERS = ("moves", "up", "down", "first", "none", "locked", "changed", "back", "gone")
"""What a run remembers: prices moved, up, down, given for the first time; without a price to get, locked; of an undo also those left
because they were changed since, were back already, or are gone."""


@dataclass(frozen=True)
class Filter:
    states: tuple[RunState, ...] = ()
    kinds: tuple[RunKind, ...] = ()
    people: tuple[str, ...] = ()


def matching(wanted: Filter) -> Select[Any]:
    query = select(PriceRun.id)
    for column, chosen in ((PriceRun.state, wanted.states), (PriceRun.kind, wanted.kinds), (PriceRun.actor, wanted.people)):  # fmt: skip
        if chosen:
            query = query.where(column.in_(chosen))
    return query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), PriceRun.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """A row a run: what it did, in numbers; `undone` names the last run that took (some of) it back, `undoes` the run that it took back."""
    first = SORTS.get(page.sort, PriceRun.id)
    order = (first.desc() if page.descending else first.asc(), PriceRun.id.desc())
    undo = aliased(PriceRun)
    undone = select(undo.id).where(undo.undoes_id == PriceRun.id, undo.state == RunState.APPLIED)
    query = (
        select(
            PriceRun.id, PriceRun.state, PriceRun.kind, PriceRun.title, PriceRun.actor, PriceRun.reason, PriceRun.created_at,
            PriceRun.applied_at, PriceRun.set_id, PriceRun.undoes_id.label("undoes"), PriceRun.counts,
            undone.order_by(undo.id.desc()).limit(1).scalar_subquery().label("undone"),
        )
        .where(PriceRun.id.in_(frames.page_of(matching(wanted), PriceRun.id, order, page)))
        .order_by(*order)
    )  # fmt: skip
    found = frames.frame(session, query)
    counts = found.pop("counts")
    numbers = {name: pd.Series([c.get(name, 0) for c in counts], found.index, dtype=object) for name in NUMBERS}
    return found.assign(**numbers)


# The price of one listing


@dataclass(frozen=True)
class PriceEvent:
    """A price that a listing got: from, to, by whom, and how. `rule_version` is "1688 / Men v3" when a rule gave it."""

    at: datetime
    before: Decimal | None
    after: Decimal | None
    actor: str
    what: str
    rule_version: str = ""
    run_id: int | None = None


def history_of(session: Session, listing_id: int, most: int = 50) -> list[PriceEvent]:
    """What happened to the price of a listing, newest first."""
    events = [*_by_runs(session, listing_id, most), *_by_changes(session, listing_id, most)]
    return [event for _, event in sorted(events, key=lambda one: one[0], reverse=True)][:most]


def _by_runs(session: Session, listing_id: int, most: int) -> Iterator[tuple[int, PriceEvent]]:
    query = (
        select(PriceRun, PriceMove, PriceRuleVersion, Category.path)
        .join(PriceMove, (PriceMove.run_id == PriceRun.id) & (PriceMove.listing_id == listing_id))
        .outerjoin(PriceRuleVersion, PriceRuleVersion.id == PriceMove.version_id)
        .outerjoin(Category, Category.id == PriceRuleVersion.category_id)
        .where(PriceRun.state == RunState.APPLIED)
        .order_by(PriceRun.id.desc())
        .limit(most)
    )
    for run, move, rule, path in session.execute(query):
        what = f"run #{run.id}" if run.kind is RunKind.APPLY else f"undo of run #{run.undoes_id}"
        version = f"{rule.source.label} / {path} v{rule.number}" if rule else ""
        at = run.applied_at or run.created_at
        yield run.set_id or 0, PriceEvent(at, move.before, move.after, run.actor, what, version, run.id)


def _by_changes(session: Session, listing_id: int, most: int) -> Iterator[tuple[int, PriceEvent]]:
    query = (
        select(Change, ChangeSet)
        .join(ChangeSet, ChangeSet.id == Change.set_id)
        .where(Change.table == ListingPrice.__tablename__, Change.row_id == listing_id)
        .where(or_(Change.field == "price", Change.field.is_(None)))
        .order_by(Change.id.desc())
        .limit(most)
    )
    for change, made in session.execute(query):
        before, after = (_price(change, text) for text in (change.before, change.after))
        if before != after:
            what = f"undo of change #{made.undoes_id}" if made.undoes_id else "by hand" if change.field else "with the listing"  # fmt: skip
            yield made.id, PriceEvent(made.at, before, after, made.actor, what)


def _price(change: Change, text: str | None) -> Decimal | None:
    """Out of one cell, or of a whole row that was added or deleted."""
    if text is not None and change.field is None:
        text = json.dumps(json.loads(text).get("price"))
    price: Decimal | None = history.unpacked(ListingPrice.__table__.columns["price"], text)
    return price
