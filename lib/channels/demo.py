"""The demo marketplace: a place to practise on, inside this installation.

It answers like a real one: accepted now, live or refused after a while, one bad item never spoils the others, and orders come in for what
is live. Its books are the demo_ tables, which nobody but this file may touch; it opens its own short transactions and so, like a network,
must not be talked to while one of ours is open. What it decides is in demo_script.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from db.models import DemoCatalogue, DemoItem, DemoOrder
from db.models import now as clock
from db.session import SYSTEM, reading, transaction
from lib import settings
from lib.channels import (
    MOST_CODES,
    MOST_OPERATIONS,
    CatalogMatch,
    Issue,
    Operation,
    OrderPage,
    Outcome,
    Parcel,
    Rejected,
    Restriction,
    SetPrice,
    Severity,
    State,
    Submission,
    Throttled,
    demo_parcels,
)
from lib.channels import demo_script as script
from lib.codes import ean

BUSY_ASIN = "B0THROTTLE"
"""Asking whether this item may be sold always meets a marketplace that is too busy to answer."""

PAGE = 50
MOST_ITEMS = 500
"""Only the newest so many live items of an account get orders."""


class Demo:
    """One store account on the demo marketplace."""

    def __init__(self, account: str, currency: str, now: Callable[[], datetime] = clock):
        self.account, self.currency, self.now = account, currency, now

    # The catalogue

    def find_catalog(self, codes: Sequence[str]) -> Mapping[str, tuple[CatalogMatch, ...]]:
        if len(codes) > MOST_CODES:
            raise Rejected(f"{len(codes)} codes in one question; at most {MOST_CODES} are answered.")
        with reading() as session:
            return {
                code: tuple(_match(row) for row in _by_code(session, code)) if ean.is_valid(code) else ()
                for code in codes
            }

    def item(self, asin: str) -> CatalogMatch | None:
        with reading() as session:
            row = session.scalar(select(DemoCatalogue).where(DemoCatalogue.asin == asin))
            return _match(row) if row else None

    def restrictions(self, asin: str) -> tuple[Restriction, ...]:
        if asin == BUSY_ASIN:
            raise Throttled("The demo marketplace is busy with this item. Ask again in a minute.", 60)
        with reading() as session:
            row = session.scalar(select(DemoCatalogue).where(DemoCatalogue.asin == asin))
        if row is None:
            return (Restriction("ASIN_NOT_FOUND", f"There is no item with the ASIN {asin} on this marketplace."),)
        if row.gated:
            return (Restriction("APPROVAL_REQUIRED", f"You need an approval to sell {row.brand}."),)
        return ()

    # Listings and offers

    def submit(self, operations: Sequence[Operation], key: str) -> Submission:
        if len(operations) > MOST_OPERATIONS:
            raise Rejected(f"{len(operations)} operations in one submission; at most {MOST_OPERATIONS} are taken.")
        with transaction(SYSTEM, "demo.submit") as session:
            there = {item.sku: item for item in self._items(session, DemoItem.sku.in_([o.sku for o in operations]))}
            outcomes = {o.sku: self._take(session, o, key, there.get(o.sku)) for o in operations}
        return Submission(key, outcomes)

    def ship(self, parcels: Sequence[Parcel], key: str) -> Submission:
        if len(parcels) > MOST_OPERATIONS:
            raise Rejected(f"{len(parcels)} parcels in one submission; at most {MOST_OPERATIONS} are taken.")
        with transaction(SYSTEM, "demo.ship") as session:
            return Submission(key, demo_parcels.take(session, self.account, parcels, key, self.now()))

    def _take(self, session: Session, operation: Operation, key: str, item: DemoItem | None) -> Outcome:
        if item is not None and item.submission == key:
            return _outcome(item)
        if isinstance(operation, SetPrice):
            return self._set_price(operation, key, item)
        if item is None:
            item = DemoItem(account=self.account, sku=operation.sku)
            session.add(item)
        sent = _written(operation)
        item.sent, item.price, item.quantity = sent, operation.price, operation.quantity
        item.currency, item.submission, item.live, item.asin = operation.currency, key, False, None
        item.submitted_at = self.now()
        item.answers_at = item.submitted_at + timedelta(seconds=settings.demo_delay_seconds())
        item.issues = [asdict(issue) for issue in script.faults(sent)]
        return _outcome(item)

    def _set_price(self, operation: SetPrice, key: str, item: DemoItem | None) -> Outcome:
        if item is None or not item.live:
            return Outcome(
                State.REFUSED, None, (script.error("DEMO-SKU", f"There is no live item {operation.sku} here."),)
            )
        if operation.price <= 0:
            return Outcome(
                State.REFUSED, item.asin, (script.error("DEMO-PRICE", f"{operation.price} is not above zero."),)
            )
        item.price, item.submission = operation.price, key
        return _outcome(item)

    def poll(self, keys: Sequence[str]) -> Mapping[str, Submission]:
        found: dict[str, dict[str, Outcome]] = {}
        with transaction(SYSTEM, "demo.poll") as session:
            for item in self._items(session, DemoItem.submission.in_(keys)):
                self._answer(session, item)
                found.setdefault(item.submission, {})[item.sku] = _outcome(item)
            for parcel in demo_parcels.answered(session, self.account, keys, self.now()):
                found.setdefault(parcel.submission, {})[parcel.reference] = demo_parcels.outcome(parcel)
        return {key: Submission(key, outcomes) for key, outcomes in found.items()}

    def _items(self, session: Session, which: Any) -> Sequence[DemoItem]:
        return session.scalars(
            select(DemoItem).where(DemoItem.account == self.account, which).order_by(DemoItem.id)
        ).all()

    def _answer(self, session: Session, item: DemoItem) -> None:
        """Decide about an item when its time has come; a listing that goes live enters the catalogue."""
        if item.live or item.issues or item.answers_at > self.now():
            return
        rows = _by_asin(session, item.sent["asin"]) if "asin" in item.sent else _by_code(session, item.sent["code"])
        known = [script.Known(row.asin, row.brand, row.gated) for row in rows]
        asin, issues = script.judged(item.sent, known, _is_gated(session, item.sent.get("brand", "")))
        item.issues = [asdict(issue) for issue in issues]
        item.live = not any(issue.severity is Severity.ERROR for issue in issues)
        if item.live:
            item.asin = asin or self._enter(session, item.sent)

    def _enter(self, session: Session, sent: Mapping[str, Any]) -> str:
        asin = script.new_asin(gtin14 := ean.gtin14(sent["code"]))
        session.add(DemoCatalogue(asin=asin, gtin14=gtin14, brand=sent["brand"], title=sent["title"]))
        session.flush()
        return asin

    # Orders

    def orders(self, cursor: str) -> OrderPage:
        moment = self.now()
        with transaction(SYSTEM, "demo.orders") as session:
            self._place(session, moment)
            self._turn(session, moment)
            demo_parcels.answered(session, self.account, (), moment)
            session.flush()
            rows = self._since(session, cursor)
        last = rows[:PAGE][-1] if rows else None
        words = f"{last.updated_at.isoformat()}|{last.id}" if last else cursor
        return OrderPage(
            tuple(script.told(row.number, row.body) for row in rows[:PAGE]), words, is_last=len(rows) <= PAGE
        )

    def _since(self, session: Session, cursor: str) -> Sequence[DemoOrder]:
        query = select(DemoOrder).where(DemoOrder.account == self.account)
        if cursor:
            at, _, number = cursor.partition("|")
            moment = datetime.fromisoformat(at)
            later = and_(DemoOrder.updated_at == moment, DemoOrder.id > int(number))
            query = query.where(or_(DemoOrder.updated_at > moment, later))
        return session.scalars(query.order_by(DemoOrder.updated_at, DemoOrder.id).limit(PAGE + 1)).all()

    def _place(self, session: Session, moment: datetime) -> None:
        """Make the orders whose time has come and that are not there yet."""
        newest = select(DemoItem).where(DemoItem.account == self.account, DemoItem.live).order_by(DemoItem.id.desc())
        items = session.scalars(newest.limit(MOST_ITEMS)).all()
        there = set(session.scalars(select(DemoOrder.number).where(DemoOrder.account == self.account)))
        for position, item in enumerate(items):
            for place, scene in enumerate(script.scenes(item.sku)):
                number = script.order_number(self.account, item.sku, place)
                placed = item.answers_at + scene.after
                if number not in there and placed <= moment:
                    others = [items[position - 1]] if scene.is_double and len(items) > 1 else []
                    things = [_thing(one) for one in (item, *others)]
                    body = script.order_body(number, scene, placed, item.currency, things)
                    session.add(DemoOrder(account=self.account, number=number, body=body, updated_at=moment))

    def _turn(self, session: Session, moment: datetime) -> None:
        """What was pending is paid, or what was paid is canceled, when its time has come."""
        session.flush()
        waiting = select(DemoOrder).where(DemoOrder.account == self.account, DemoOrder.body["turn"].as_string() != "")
        for order in session.scalars(waiting):
            placed = datetime.fromisoformat(order.body["bought_at"])
            if placed + script.TURN <= moment:
                order.body = {**order.body, "status": order.body["turn"], "turn": ""}
                order.updated_at = moment


def _by_code(session: Session, code: str) -> Sequence[DemoCatalogue]:
    query = select(DemoCatalogue).where(DemoCatalogue.gtin14 == ean.gtin14(code))
    return session.scalars(query.order_by(DemoCatalogue.id)).all()


def _by_asin(session: Session, asin: str) -> Sequence[DemoCatalogue]:
    return session.scalars(select(DemoCatalogue).where(DemoCatalogue.asin == asin)).all()


def _is_gated(session: Session, brand: str) -> bool:
    if not brand.strip():
        return False
    same = func.lower(DemoCatalogue.brand) == brand.strip().lower()
    return session.scalar(select(DemoCatalogue.id).where(DemoCatalogue.gated, same).limit(1)) is not None


def _match(row: DemoCatalogue) -> CatalogMatch:
    return CatalogMatch(row.asin, row.title, row.brand, (row.gtin14,) if row.gtin14 else ())


def _written(operation: Operation) -> dict[str, Any]:
    """What was sent, as it is kept: amounts as text."""
    words = {name: str(v) if isinstance(v, Decimal) else v for name, v in asdict(operation).items()}
    return {"kind": type(operation).__name__, **words}


def _outcome(item: DemoItem) -> Outcome:
    issues = tuple(Issue(i["code"], Severity(i["severity"]), i["message"]) for i in item.issues)
    if item.live:
        return Outcome(State.LIVE, item.asin, issues)
    return Outcome(State.REFUSED if issues else State.ACCEPTED, None, issues)


def _thing(item: DemoItem) -> script.Thing:
    return script.Thing(item.sku, item.asin, item.sent.get("title"), item.price or Decimal(0))
