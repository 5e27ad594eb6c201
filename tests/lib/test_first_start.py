"""The first start fills an empty database once; the demo marketplace goes on from there."""

import pytest
from sqlalchemy import func, select

from db.models import ChangeSet, Code, DemoItem, Listing, Order, Person, Product, Store
from db.session import reading
from db.vocabulary import ListingStatus, WorkStatus
from lib import settings, sync
from lib.codes import ean
from lib.first_start import first_start
from lib.orders import buyers
from tests.lib.shop import all_of


@pytest.fixture
def cheap(monkeypatch):
    """Pictures are drawn by another test."""
    monkeypatch.setattr("lib.first_start._pictures", lambda: {"KIT-1001": "mug.webp"})


def test_an_empty_database_gets_an_admin_and_a_company_once(database, cheap):
    assert "Sign in as admin" in first_start()
    counts = [len(all_of(table)) for table in (Store, Product, Person, ChangeSet)]
    assert counts == [3, 41, 1, 1]
    assert first_start() is None
    assert [len(all_of(table)) for table in (Store, Product, Person, ChangeSet)] == counts


def test_there_is_work_of_every_kind(database, cheap):
    first_start()
    assert {order.work_status for order in all_of(Order)} == set(WorkStatus)
    assert {listing.status for listing in all_of(Listing)} == {
        ListingStatus.ACTIVE,
        ListingStatus.WARNING,
        ListingStatus.FAILED,
    }
    with reading() as session:
        assert session.scalar(select(func.count()).where(Product.ean.is_(None))) > 5
        assert session.scalar(select(func.count()).where(Product.picture.is_(None))) > 1
        assert buyers.to_erase(session) == 1
    assert all(ean.is_valid(code.code) for code in all_of(Code))


def test_the_demo_marketplace_goes_on_from_there(database, cheap):
    first_start()
    before = len(all_of(Order))
    lines = sync.poll()
    assert {"listings out: 0 listings sent", "answers in: 0 answers read"} < set(lines)
    live = sum(item.live for item in all_of(DemoItem))
    assert before < len(all_of(Order)) <= before + live


def test_what_is_on_sale_has_its_price_there_already(database, cheap):
    first_start()
    for listing in all_of(Listing):
        is_up = listing.status in (ListingStatus.ACTIVE, ListingStatus.WARNING)
        assert listing.pricing.pushed == (listing.price if is_up else None)
    assert "prices out: 0 prices sent" in sync.poll()


def test_it_can_be_left_empty(database, monkeypatch):
    monkeypatch.setenv("CARAVAN_SEED", "none")
    assert first_start() is not None
    assert [len(all_of(table)) for table in (Store, Product, Order, Person)] == [3, 0, 0, 1]
    assert not settings.pictures().exists()
