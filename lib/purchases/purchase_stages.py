"""The way of bought goods, in stages: ordered, in transit, arrived, relabelled, forwarded; since when, and when that is too long."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, case, func, or_, text

from db.models import Purchase, now
from db.models.purchases import GONE_ON, ON_THE_WAY, OPEN, UNTRACKED, WAITING_THERE
from db.vocabulary import PurchaseStatus, Term

UNTRACKED_AT_MOST = timedelta(hours=48)
"""From the purchase until its tracking is known."""
ON_THE_WAY_AT_MOST = timedelta(days=7)
"""From the tracking until it arrives."""
AT_WAREHOUSE_AT_MOST = timedelta(days=5)
"""From the arrival at the forwarding warehouse until it is forwarded."""


class Stage(Term):
    ORDERED = "ordered", "Ordered", "gray", "bought; no tracking number yet"
    IN_TRANSIT = "in_transit", "In transit", "blue", "on its way inside China"
    ARRIVED = "arrived", "Arrived", "violet", "here, or at the forwarding warehouse"
    RELABELLED = "relabelled", "Relabelled", "orange", "the forwarding warehouse has put the labels on"
    FORWARDED = "forwarded", "Forwarded", "green", "the forwarding warehouse has sent it on"


class Underway(Protocol):
    """What of a purchase its stage follows from; a Purchase is one."""

    @property
    def status(self) -> PurchaseStatus: ...
    @property
    def transshipped(self) -> bool: ...
    @property
    def tracking(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def tracked_at(self) -> datetime | None: ...
    @property
    def arrived_at(self) -> datetime | None: ...
    @property
    def relabelled_at(self) -> datetime | None: ...
    @property
    def forwarded_at(self) -> datetime | None: ...


# Rules


def stage_of(purchase: Underway) -> Stage | None:
    """Where the goods are; None when none will come."""
    if purchase.status == PurchaseStatus.CANCELED:
        return None
    if purchase.forwarded_at:
        return Stage.FORWARDED
    if purchase.relabelled_at:
        return Stage.RELABELLED
    if purchase.arrived_at:
        return Stage.ARRIVED
    if purchase.status == PurchaseStatus.CLOSED_SHORT:
        return None
    return Stage.IN_TRANSIT if purchase.tracking else Stage.ORDERED


def since(purchase: Underway) -> datetime | None:
    """When its stage has begun; None when it has none."""
    begun: Mapping[Stage | None, datetime | None] = {
        Stage.ORDERED: purchase.created_at,
        Stage.IN_TRANSIT: purchase.tracked_at or purchase.created_at,
        Stage.ARRIVED: purchase.arrived_at,
        Stage.RELABELLED: purchase.relabelled_at,
        Stage.FORWARDED: purchase.forwarded_at,
    }
    return begun.get(stage_of(purchase))


def age_days(purchase: Underway, at: datetime) -> int | None:
    """Whole days in its stage; None when it has none, or has done the last one."""
    begun = since(purchase)
    return None if begun is None or is_done(purchase) else max(0, (at - begun).days)


def is_done(purchase: Underway) -> bool:
    """Nothing is left to wait for: it is here, or the forwarding warehouse has sent it on."""
    stage = stage_of(purchase)
    return stage == Stage.FORWARDED or (stage == Stage.ARRIVED and not purchase.transshipped)


def is_stuck(purchase: Underway, at: datetime) -> bool:
    """Longer in its stage than goods usually are."""
    stage, begun = stage_of(purchase), since(purchase)
    if stage is None or begun is None or is_done(purchase):
        return False
    if stage == Stage.ORDERED:
        return at - begun > UNTRACKED_AT_MOST
    if stage == Stage.IN_TRANSIT:
        return at - begun > ON_THE_WAY_AT_MOST
    return at - (purchase.arrived_at or begun) > AT_WAREHOUSE_AT_MOST


# The same, in the words of the database


def that(condition: str) -> ColumnElement[bool]:
    """A condition in the very words of the index that answers it."""
    return text(condition)  # type: ignore[return-value]


IS_STAGE: Mapping[Stage, ColumnElement[bool]] = {
    Stage.ORDERED: and_(that(UNTRACKED), Purchase.arrived_at.is_(None)),
    Stage.IN_TRANSIT: and_(Purchase.tracking.is_not(None), Purchase.arrived_at.is_(None), that(OPEN)),
    Stage.ARRIVED: and_(
        Purchase.arrived_at.is_not(None), Purchase.relabelled_at.is_(None), Purchase.forwarded_at.is_(None),
        Purchase.status != PurchaseStatus.CANCELED,
    ),
    Stage.RELABELLED: and_(that(WAITING_THERE), Purchase.relabelled_at.is_not(None)),
    Stage.FORWARDED: and_(that(GONE_ON), Purchase.status != PurchaseStatus.CANCELED),
}  # fmt: skip
"""By stage: the purchases that are in it."""

IN_STAGE: ColumnElement[Any] = case(
    (Purchase.status == PurchaseStatus.CANCELED, None),
    (Purchase.forwarded_at.is_not(None), Stage.FORWARDED.value),
    (Purchase.relabelled_at.is_not(None), Stage.RELABELLED.value),
    (Purchase.arrived_at.is_not(None), Stage.ARRIVED.value),
    (Purchase.status == PurchaseStatus.CLOSED_SHORT, None),
    (Purchase.tracking.is_not(None), Stage.IN_TRANSIT.value),
    else_=Stage.ORDERED.value,
)
"""The stage of a purchase, as `stage_of`."""
BEGUN: ColumnElement[Any] = case(
    (Purchase.forwarded_at.is_not(None), Purchase.forwarded_at),
    (Purchase.relabelled_at.is_not(None), Purchase.relabelled_at),
    (Purchase.arrived_at.is_not(None), Purchase.arrived_at),
    (Purchase.tracking.is_not(None), func.coalesce(Purchase.tracked_at, Purchase.created_at)),
    else_=Purchase.created_at,
)
"""Since when it is in it, as `since`."""


def late_tracking(at: datetime | None = None) -> ColumnElement[bool]:
    """Bought more than 48 hours ago, still open, and no tracking."""
    return and_(that(UNTRACKED), Purchase.created_at < (at or now()) - UNTRACKED_AT_MOST)


def stuck(at: datetime | None = None) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Two kinds of parcels that stay too long, each answered by its own index: on the way, and at a warehouse."""
    moment = at or now()
    return (
        and_(that(ON_THE_WAY), Purchase.tracked_at < moment - ON_THE_WAY_AT_MOST),
        and_(that(WAITING_THERE), Purchase.arrived_at < moment - AT_WAREHOUSE_AT_MOST),
    )


def in_any(stages: tuple[Stage, ...]) -> ColumnElement[bool]:
    return or_(*(IS_STAGE[Stage(stage)] for stage in stages))
