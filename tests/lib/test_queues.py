"""Home's queues: each counts what the list that it opens shows, and only admins see who waits to come in."""

from datetime import timedelta
from decimal import Decimal

import pytest

from db.models import CosellOffer, Listing, PasswordReset, Person, Product, Purchase, Shipment, now
from db.session import reading
from db.vocabulary import (
    LibraryState,
    ListingStatus,
    OfferStatus,
    PersonState,
    PurchaseStatus,
    ShipmentState,
    WorkStatus,
)
from lib import queues
from tests.lib.trade import company, line, order, put


def counted(actor):
    with reading() as session:
        return {queue.name: queue.count for queue in queues.queues(session, actor)}


AGO = now() - timedelta(days=9)
PURCHASES = (
    {"status": PurchaseStatus.TO_REVIEW, "tracking": "SF1"},
    {"created_at": now() - timedelta(hours=49)},
    {"created_at": now() - timedelta(hours=47)},
    {"created_at": AGO, "tracking": "SF2", "tracked_at": AGO},
    {"status": PurchaseStatus.PARTLY_ARRIVED, "tracking": "SF3", "quantity": 5, "arrived_quantity": 2},
    {"tracking": "SF4", "unit_cost": Decimal("14"), "cost_before": Decimal("10")},
    {"status": PurchaseStatus.CANCELED, "created_at": AGO},
)


def purchase(number, **facts):
    values = {
        "unit_cost": Decimal("10"),
        "cost_before": Decimal("10"),
        "quantity": 1,
        "operator": "oscar",
        "tracked_at": now(),
    }
    return Purchase(id=number, request=f"r{number}", **(values | facts))


@pytest.fixture
def busy(database):
    company()
    order(1, line(), ship_by=now() + timedelta(hours=47))
    order(
        2, line("X", 1, None), is_unlinked=True, ship_by=now() - timedelta(minutes=1), work_status=WorkStatus.EXCEPTION
    )
    order(3, line(), work_status=WorkStatus.PURCHASED, is_canceled_bought=True, is_losing=True)
    put(Shipment(order_id=3, request="s1", carrier="DHL", tracking="1", shipped_at=now()),
        Shipment(order_id=3, request="s2", carrier="DHL", tracking="2", shipped_at=now(), state=ShipmentState.REFUSED),
        Shipment(order_id=1, request="s3", carrier="DHL", tracking="3", shipped_at=now(), state=ShipmentState.IN_FILE))  # fmt: skip
    put(*(purchase(number, **facts) for number, facts in enumerate(PURCHASES, start=1)))
    put(
        Product(id=3, sku="C", state=LibraryState.CAPTURED),
        Product(id=4, sku="D", state=LibraryState.DELETED),
        Product(id=5, sku="E", ean="4006381333931", picture="e.webp", state=LibraryState.READY),
    )
    put(
        Listing(product_id=5, store_id=1, seller_sku="E", status=ListingStatus.FAILED),
        Listing(product_id=5, store_id=2, seller_sku="E", status=ListingStatus.ACTIVE),
        CosellOffer(store_id=1, asin="B00TEST001", sku="O", status=OfferStatus.REFUSED),
        Person(id=1, username="new", password_hash="x"),
        Person(id=2, username="old", password_hash="x", state=PersonState.ACTIVE),
    )
    put(PasswordReset(person_id=2))


def test_every_queue_counts_what_waits(busy, acting):
    assert counted(acting("alice")) == {
        "To purchase": 1, "Ship by soon": 1, "Late": 1, "Packed, not told": 1, "Exceptions": 1, "Unlinked lines": 1,
        "Canceled but bought": 1,
        "Losing money": 1, "To review": 1, "No tracking for 48 h": 1, "Stuck parcels": 1, "Partly arrived": 1, "Price drift": 1,
        "Captured": 1, "Without picture": 1,
        "Without code": 2, "Failed uploads": 1, "Offers refused": 1, "Waiting to come in": 1, "Forgotten passwords": 1,
    }  # fmt: skip


def test_nothing_waits_in_an_empty_company(database, acting):
    assert set(counted(acting("alice")).values()) == {0}


def test_who_waits_to_come_in_is_for_admins(busy, acting):
    assert {"Waiting to come in", "Forgotten passwords"}.isdisjoint(counted(acting("oscar")))
