"""The demo marketplace's parcels: what a seller says has left, how it is judged, and what it makes of the order.

A parcel is taken at once and judged a while later, as a real marketplace does it. A part of lib/channels/demo.py, which opens the
transactions; nobody else may use it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import DemoOrder, DemoParcel
from lib import settings
from lib.channels import Issue, Outcome, Parcel, Severity, State
from lib.channels.demo_script import error

TOLERANCE = timedelta(minutes=10)
"""How far our clock may be ahead of the marketplace's."""


def take(session: Session, account: str, parcels: Sequence[Parcel], key: str, moment: datetime) -> dict[str, Outcome]:
    """Write down what is told. What was told already, under this key or another, stays as it was, unless it was refused."""
    known = {
        row.reference: row
        for row in session.scalars(
            select(DemoParcel).where(
                DemoParcel.account == account, DemoParcel.reference.in_([parcel.reference for parcel in parcels])
            )
        )
    }
    outcomes = {}
    for parcel in parcels:
        row = known.get(parcel.reference)
        if row is None:
            row = DemoParcel(account=account, reference=parcel.reference, taken=False)
            session.add(row)
        if row.submission != key and not row.taken:
            row.number, row.sent, row.submission = parcel.order, _written(parcel), key
            row.answers_at = moment + timedelta(seconds=settings.demo_delay_seconds())
            row.issues = [asdict(issue) for issue in faults(row.sent, moment)]
        row.submission = key
        outcomes[parcel.reference] = outcome(row)
    return outcomes


def answered(session: Session, account: str, keys: Sequence[str], moment: datetime) -> list[DemoParcel]:
    """Judge the parcels of this account whose time has come; those that were told under these keys."""
    session.flush()
    waits = DemoParcel.taken.is_(False) & (DemoParcel.answers_at <= moment)
    query = select(DemoParcel).where(DemoParcel.account == account, waits | DemoParcel.submission.in_(keys))
    rows = session.scalars(query.order_by(DemoParcel.id)).all()
    for row in rows:
        if not row.taken and not row.issues and row.answers_at <= moment:
            _judge(session, row, moment)
    return [row for row in rows if row.submission in keys]


def _judge(session: Session, row: DemoParcel, moment: datetime) -> None:
    which = select(DemoOrder).where(DemoOrder.account == row.account, DemoOrder.number == row.number)
    order = session.scalar(which.with_for_update())
    row.issues = [asdict(issue) for issue in judged(row.sent, order.body if order else None)]
    row.taken = not row.issues
    if order is not None and row.taken:
        order.body, order.updated_at = after(order.body, row.sent), moment


def outcome(row: DemoParcel) -> Outcome:
    issues = tuple(Issue(one["code"], Severity(one["severity"]), one["message"]) for one in row.issues)
    return Outcome(State.LIVE if row.taken else State.REFUSED if issues else State.ACCEPTED, None, issues)


def _written(parcel: Parcel) -> dict[str, Any]:
    return {
        **asdict(parcel),
        "items": [list(item) for item in parcel.items],
        "shipped_at": parcel.shipped_at.isoformat(),
    }


# Judging. Pure


def faults(sent: Mapping[str, Any], moment: datetime) -> list[Issue]:
    """What is wrong with the form itself: said at once, before anybody looks at the order."""

    def found() -> Iterator[Issue]:
        if not sent["carrier"].strip():
            yield error("DEMO-CARRIER", "carrierCode is required but not supplied.")
        if sent["carrier"] == "Other" and not sent["carrier_name"].strip():
            yield error("DEMO-CARRIER", "carrierName is required when carrierCode is Other.")
        if not sent["items"] or any(pieces < 1 for _, pieces in sent["items"]):
            yield error("DEMO-ITEMS", "orderItems: each parcel has at least one piece of an item.")
        if datetime.fromisoformat(sent["shipped_at"]) > moment + TOLERANCE:
            yield error("DEMO-DATE", "shipDate lies in the future.")

    return list(found())


def judged(sent: Mapping[str, Any], body: Mapping[str, Any] | None) -> list[Issue]:
    """What is wrong with a well-formed parcel, given its order; `body` is None when there is no such order."""
    if body is None:
        return [error("DEMO-ORDER", f"There is no order {sent['order']} here.")]
    if body["status"] in ("pending", "canceled"):
        return [error("DEMO-ORDER", f"Order {sent['order']} is {body['status']}: it cannot be shipped.")]
    if datetime.fromisoformat(sent["shipped_at"]).date() < datetime.fromisoformat(body["bought_at"]).date():
        return [error("DEMO-DATE", "shipDate lies before the purchase.")]
    left = open_pieces(body)
    return [
        error("DEMO-ITEMS", f"orderItems: {pieces} of item {item}, and {left.get(item, 0)} of it wait to be shipped.")
        for item, pieces in sent["items"]
        if pieces > left.get(item, 0)
    ]


def open_pieces(body: Mapping[str, Any]) -> dict[str, int]:
    """By item: how many pieces have not been shipped."""
    if body["status"] == "shipped":
        return {}
    gone = body.get("shipped", {})
    return {line["item"]: line["quantity"] - gone.get(line["item"], 0) for line in body["lines"]}


def after(body: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """The order with this parcel: shipped when nothing waits any more, partly shipped before."""
    gone = dict(body.get("shipped", {}))
    for item, pieces in sent["items"]:
        gone[item] = gone.get(item, 0) + pieces
    made = {**body, "shipped": gone, "turn": ""}
    if any(open_pieces({**made, "status": "unshipped"}).values()):
        return {**made, "status": "partly_shipped"}
    return {**made, "status": "shipped", "shipped_at": sent["shipped_at"]}
