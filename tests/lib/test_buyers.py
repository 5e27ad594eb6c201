"""Buyers are sealed with a key outside the database, shown masked, opened with an entry in the history, and forgotten."""

import stat
from datetime import timedelta

import pytest

from db.models import ChangeSet, Order, Store
from db.session import SYSTEM, reading, transaction
from db.vocabulary import OrderStatus
from lib import settings
from lib.channels import ChannelBuyer
from lib.orders import buyers
from lib.problems import Refused
from tests.lib.shop import CHARLIE, MONDAY, OSCAR, all_of, do, put

ZHANG = ChannelBuyer("张晓明", "Shenzhen", "CN", "深南大道1000号", "518000", "+00 1", "a@buyers.example")


@pytest.fixture
def orders(database):
    """Order 1 with a buyer, order 2 without."""
    put(Store(id=1, name="US-01", marketplace="US", currency="USD"))
    common = {
        "store_id": 1,
        "status": OrderStatus.SHIPPED,
        "bought_at": MONDAY,
        "currency": "USD",
        "shipped_at": MONDAY,
    }
    put(
        Order(id=1, number="114-1", buyer_sealed=buyers.seal(ZHANG), buyer_masked=buyers.masked(ZHANG), **common),
        Order(id=2, number="114-2", **common),
    )


def test_only_the_first_letter_and_the_town_are_shown():
    assert buyers.masked(ZHANG) == "张** · Shenzhen, CN"


def test_the_key_is_made_once_for_its_owner_alone():
    sealed = buyers.seal(ZHANG)
    key = settings.keys() / "buyer.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert buyers.opened(sealed) == ZHANG
    assert b"Shenzhen" not in sealed


def test_another_key_opens_nothing(monkeypatch):
    sealed = buyers.seal(ZHANG)
    monkeypatch.setenv("CARAVAN_BUYER_KEY", "x" * 43 + "=")
    assert not buyers.is_sealed_in(ZHANG, sealed)
    with pytest.raises(Refused, match="sealed with another key"):
        buyers.opened(sealed)
    monkeypatch.setenv("CARAVAN_BUYER_KEY", "short")
    with pytest.raises(Refused, match="The key that seals buyers is damaged"):
        buyers.seal(ZHANG)


def test_who_has_looked_is_in_the_history_and_the_name_is_not(orders):
    shown = []
    assert do(OSCAR, buyers.reveal, 1, shown.append) == "The buyer of order 114-1 was shown to oscar."
    assert shown == [ZHANG]
    last = all_of(ChangeSet)[-1]
    assert (last.actor, last.command) == ("oscar", "buyers.reveal")
    assert "张" not in last.summary


def test_charlie_sees_nobody(orders):
    shown = []
    with pytest.raises(Refused):
        do(CHARLIE, buyers.reveal, 1, shown.append)
    with pytest.raises(Refused, match="has not named the buyer of order 114-2"):
        do(OSCAR, buyers.reveal, 2, shown.append)
    assert shown == []


def test_buyers_are_forgotten_thirty_days_after_shipment(orders):
    due = MONDAY + timedelta(days=30)
    with reading() as session:
        assert buyers.erased_on(session.get(Order, 1)) == due
        assert buyers.to_erase(session, due - timedelta(seconds=1)) == 0
        assert buyers.to_erase(session, due) == 1
    with transaction(SYSTEM, "nightly.erase") as session:
        assert buyers.erase_old(session, due) == 1
    shown = []
    with pytest.raises(Refused, match="was erased on 2026-04-01"):
        do(OSCAR, buyers.reveal, 1, shown.append)
    assert shown == []
