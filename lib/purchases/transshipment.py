"""Transshipment: what is on its way to each forwarding warehouse, waits there or has been sent on, and since when.

The dates of the stages can be typed: none in the future, and none before the stage before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.frames import Page
from db.models import Purchase, now
from db.models.purchases import GONE_ON, UNDER_WAY
from db.vocabulary import PurchaseStatus
from lib.changes import Changes, Edit, conflict, locked
from lib.commands import command
from lib.counted import counted
from lib.orders import work
from lib.problems import Problem, Refused
from lib.purchases import purchase_list, purchase_stages, purchase_status
from lib.purchases.purchase_filter import Filter
from lib.purchases.purchase_stages import BEGUN, IN_STAGE, Stage, that
from lib.purchases.purchase_status import called
from lib.rights import Right

DAYS: Mapping[str, str] = {
    "bought_on": "created_at",
    "tracked_on": "tracked_at",
    "arrived_on": "arrived_at",
    "relabelled_on": "relabelled_at",
    "forwarded_on": "forwarded_at",
}
"""The day of each stage, in their order, and the column that keeps the moment. The first cannot be typed."""
SORTS = {"bought_on": Purchase.created_at, "number": Purchase.number, "arrived_on": Purchase.arrived_at}
CALLED = dict(zip(DAYS, ("bought", "in transit", "arrived", "relabelled", "forwarded"), strict=True))
FORWARDED_DAYS = 7
"""What was forwarded is counted for so many days."""


@dataclass(frozen=True)
class Stop:
    """How many purchases are in one stage at one warehouse."""

    warehouse_id: int
    stage: Stage
    count: int
    oldest_days: int
    """How long the oldest of them has been in the stage."""
    is_stuck: bool
    """At least one of them has been there too long."""


# Reading


def board(session: Session) -> list[Stop]:
    """Every warehouse with its stages; of the last one what was forwarded within 7 days."""
    at = now()
    since = func.min(BEGUN, type_=Purchase.created_at.type)
    arrived = func.min(Purchase.arrived_at, type_=Purchase.created_at.type)
    under_way = (
        select(Purchase.warehouse_id, IN_STAGE, func.count(), since, arrived)
        .where(that(UNDER_WAY), Purchase.warehouse_id.is_not(None), or_(
            Purchase.status != PurchaseStatus.CLOSED_SHORT, Purchase.arrived_at.is_not(None)))
        .group_by(Purchase.warehouse_id, IN_STAGE)
    )  # fmt: skip
    found = [
        Stop(warehouse, Stage(stage), count, (at - oldest).days, _is_late(Stage(stage), oldest, first, at))
        for warehouse, stage, count, oldest, first in session.execute(under_way)
        if warehouse and oldest
    ]
    gone = (
        select(Purchase.warehouse_id, func.count(), func.min(Purchase.forwarded_at, type_=Purchase.created_at.type))
        .where(that(GONE_ON), Purchase.forwarded_at >= at - timedelta(days=FORWARDED_DAYS),
               Purchase.warehouse_id.is_not(None))
        .group_by(Purchase.warehouse_id)
    )  # fmt: skip
    found += [
        Stop(w, Stage.FORWARDED, count, (at - oldest).days, False)
        for w, count, oldest in session.execute(gone)
        if w and oldest
    ]
    order = list(Stage)
    return sorted(found, key=lambda stop: (stop.warehouse_id, order.index(stop.stage)))


def _is_late(stage: Stage, oldest: datetime, first_arrival: datetime | None, at: datetime) -> bool:
    if stage == Stage.ORDERED:
        return at - oldest > purchase_stages.UNTRACKED_AT_MOST
    if stage == Stage.IN_TRANSIT:
        return at - oldest > purchase_stages.ON_THE_WAY_AT_MOST
    return at - (first_arrival or oldest) > purchase_stages.AT_WAREHOUSE_AT_MOST


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """One page of transshipped purchases, with the day of each stage."""
    sorted_by = replace(page, sort=DAYS.get(page.sort, page.sort))
    found = purchase_list.table(session, replace(wanted, transshipped=True), sorted_by)
    for day, column in DAYS.items():
        found[day] = pd.Series([_day(moment) for moment in found[column]], index=found.index, dtype=object)
    return found


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(UTC).date() if moment else None


# Command


@command(Right.PURCHASES)
def set_days(session: Session, changes: Changes) -> str:
    """Write the days of stages. An arrival makes all of it arrived; an empty day takes the stage back."""
    at = now()
    rows = locked(session, Purchase, {edit.id for edit in changes.edits})
    problems: list[Problem] = []
    for edit in sorted(changes.edits, key=_turn):
        row = rows.get(edit.id)
        if row is None:
            problems.append(Problem("This purchase does not exist any more.", edit.id, edit.field))
        elif _day(getattr(row, DAYS[edit.field])) != edit.old:
            problems.append(conflict(edit, _day(getattr(row, DAYS[edit.field]))))
        elif why := _put(row, edit, at):
            problems.append(_refusal(row, edit, why))
    problems += [_refusal(rows[edit.id], edit, why) for edit in changes.edits
                 if edit.id in rows and (why := _out_of_order(rows[edit.id]))]  # fmt: skip
    if problems:
        raise Refused(*dict.fromkeys(problems))
    session.flush()
    work.follow(session, purchase_list.orders_of(session, rows))
    return f"{counted(len(rows), 'purchase')} changed."


def _turn(edit: Edit) -> tuple[bool, int]:
    """Stages are taken back from the last one, then reached from the first one."""
    place = list(DAYS).index(edit.field)
    return edit.new is not None, place if edit.new else -place


def _refusal(row: Purchase, edit: Edit, why: str) -> Problem:
    return Problem(f"Purchase {called(row)} {why}. Nothing was changed.", row.id, edit.field, value=edit.new)


def _put(row: Purchase, edit: Edit, at: datetime) -> str | None:
    """Write one day; why it cannot be, or None."""
    column = DAYS[edit.field]
    if column == "created_at":
        raise ValueError("The day of a purchase is not editable")
    if edit.new is not None and edit.new > at.date():
        return f"cannot be {CALLED[edit.field]} on {edit.new}, which lies in the future"
    if edit.new is not None and row.status == PurchaseStatus.CANCELED:
        return "is canceled"
    moment = _moment(row, edit, at) if edit.new else None
    if column == "tracked_at":
        if bool(moment) != bool(row.tracking):
            return "has no tracking number yet" if moment else "has a tracking number: take that away instead"
        row.tracked_at = moment
        return None
    if column == "arrived_at":
        return _arrive(row, moment)
    if moment and not row.transshipped:
        return "is not transshipped"
    setattr(row, column, moment)
    return None


def _arrive(row: Purchase, moment: datetime | None) -> str | None:
    """Some of a purchase that was closed short is all of it; else all pieces arrive with the day, or none without it."""
    is_short = row.status == PurchaseStatus.CLOSED_SHORT and row.arrived_quantity
    if moment is None and (row.relabelled_at or row.forwarded_at):
        return "was relabelled or forwarded: take those days back first, or in the same go"
    why = None if moment and is_short else purchase_status.arrive(row, row.quantity if moment else 0, moment or now())
    if moment and not why:
        row.arrived_at = moment
    return why


def _moment(row: Purchase, edit: Edit, at: datetime) -> datetime:
    """Noon of that day, but not later than now and not before the stage before on the same day."""
    moment = min(datetime.combine(edit.new, time(12), UTC), at)
    names = list(DAYS)
    earlier = [getattr(row, DAYS[name]) for name in names[: names.index(edit.field)]]
    same_day = [before for before in earlier if before and before.astimezone(UTC).date() == edit.new]
    latest: datetime = max([moment, *same_day])
    return latest


def _out_of_order(row: Purchase) -> str | None:
    """Which stage lies on a day before that of a stage before it, or stands without its arrival; None when all is well."""
    if (row.relabelled_at or row.forwarded_at) and not row.arrived_at:
        return "has not arrived at its warehouse"
    last: tuple[str, date] | None = None
    for name, column in DAYS.items():
        day = _day(getattr(row, column))
        if day and last and day < last[1]:
            return f"cannot be {CALLED[name]} on {day}: it was {CALLED[last[0]]} on {last[1]}"
        last = (name, day) if day else last
    return None
