"""Stores: accounts for admins, percentages for the pricing manager."""

from decimal import Decimal as D

import pytest

from db.frames import Page
from db.models import Listing, Product, Store
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import ChannelKind, Role
from lib import price_rules, stores
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.problems import Refused

ALICE = Actor(1, "alice", Role.ADMIN)
PETRA = Actor(7, "petra", Role.PRICING)


def add(**values: object) -> int:
    perform(ALICE, stores.save, Changes(added=({"name": "Berlin", "marketplace": "DE"} | values,)))
    return int(row().name)


def row() -> object:
    with reading() as session:
        return stores.table(session, stores.Filter(), Page()).iloc[0]


def test_the_currency_follows_from_the_marketplace(database: str) -> None:
    number = add()
    assert list(row()) == ["Berlin", "DE", "EUR", ChannelKind.DEMO, D(100), D(0), True]
    perform(ALICE, stores.save, Changes(edits=(Edit(number, "marketplace", "DE", "JP"),)))
    assert list(row())[:3] == ["Berlin", "JP", "JPY"]


def test_a_store_with_listings_stays_where_it_is(database: str) -> None:
    number = add()
    with transaction(SYSTEM, "test") as session:
        session.add(product := Product(sku="A"))
        session.flush()
        session.add(Listing(product_id=product.id, store_id=number, seller_sku="A"))
    with pytest.raises(Refused, match="Berlin has listings"):
        perform(ALICE, stores.save, Changes(edits=(Edit(number, "marketplace", "DE", "JP"),)))
    with pytest.raises(Refused, match="still needs this"):
        perform(ALICE, stores.save, Changes(deleted=(number,)))
    assert list(row())[:3] == ["Berlin", "DE", "EUR"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [({"marketplace": "XX"}, "not a marketplace"), ({"marketplace": None}, "not a marketplace"), ({"name": " "}, "needs a name"),
     ({"name": "Berlin"}, "already a store of that name")],
)  # fmt: skip
def test_a_store_that_cannot_be_is_refused(database: str, values: dict[str, object], sentence: str) -> None:
    add()
    with pytest.raises(Refused, match=sentence):
        perform(ALICE, stores.save, Changes(added=({"name": "Paris", "marketplace": "FR"} | values,)))
    with reading() as session:
        assert stores.names(session) == {int(row().name): "Berlin"}


def test_percentages_are_for_the_pricing_manager_and_accounts_are_not(database: str) -> None:
    number = add()
    said = perform(
        PETRA,
        stores.save_terms,
        Changes(edits=(Edit(number, "percent", D(100), D(120)), Edit(number, "fine", D(0), D(-2)))),
    )
    assert said == "Stores: 1 changed. No price of a listing has changed."
    assert list(row())[4:6] == [D(120), D(-2)]
    with pytest.raises(Refused, match="Admin may"):
        perform(PETRA, stores.save, Changes(edits=(Edit(number, "name", "Berlin", "Bonn"),)))
    assert row()["name"] == "Berlin"


def test_a_percentage_that_looks_like_a_slip_has_to_be_meant(database: str) -> None:
    slip = Changes(edits=(Edit(add(), "percent", D(100), D("1.2")),))
    with pytest.raises(Refused) as refusal:
        perform(PETRA, stores.save_terms, slip)
    assert [problem.text for problem in refusal.value.problems] == [
        "Berlin: 1.2 means 1.2 % of the price: did you mean 120 %?", price_rules.CONFIRM,
    ]  # fmt: skip
    assert row()["percent"] == D(100)
    perform(PETRA, stores.save_terms_confirmed, slip)
    assert row()["percent"] == D("1.2")


def test_no_percentage_is_no_slip_but_an_error(database: str) -> None:
    zero = Changes(edits=(Edit(add(), "percent", D(100), D(0)),))
    assert [problem.field for problem in stores.check(zero)] == ["percent"]
    with pytest.raises(Refused, match="must be above 0"):
        perform(PETRA, stores.save_terms_confirmed, zero)
    assert row()["percent"] == D(100)


def test_a_store_that_is_not_used_any_more_is_not_offered(database: str) -> None:
    number = add()
    perform(PETRA, stores.save_terms, Changes(edits=(Edit(number, "active", True, False),)))
    with reading() as session:
        assert stores.names(session) == {}
        assert stores.count(session, stores.Filter(active_only=True)) == 0
        assert session.get_one(Store, number).active is False
