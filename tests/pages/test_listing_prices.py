"""Prices on the list of listings: which the marketplace has taken, and sending those that differ."""

from decimal import Decimal

import pytest

from db.models import Listing, ListingPrice, PricePush
from db.session import SYSTEM, transaction
from lib import sync
from lib.products import listings
from tests.lib.shop import LILY, MUG, all_of, company, do


@pytest.fixture
def shop(database, monkeypatch):
    """The mug is live in both stores, and has another price here than in the first of them."""
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    company()
    do(LILY, listings.create, [MUG], [1, 2])
    sync.poll()
    with transaction(SYSTEM, "tests.reprice") as session:
        session.get(ListingPrice, american()).price = Decimal("39.99")


def american():
    return next(row.id for row in all_of(Listing) if row.store_id == 1)


def button(at, label):
    return next(b for b in at.button if b.label == label)


def found(at):
    return next(m.value for m in at.markdown if m.value.endswith("found"))


def rows(at):
    return at.session_state["sheet:listings"].rows


def test_the_price_there_stands_beside_the_price_here(shop, open_page):
    at = open_page("listings", as_="charlie", l_differs="true")
    assert not at.exception
    assert found(at) == "**1** found"
    [row] = rows(at)
    assert (row["store"], row["price"], row["pushed"]) == ("US-01", Decimal("39.99"), Decimal("35.10"))
    assert button(at, "Send prices").disabled
    assert found(open_page("listings", as_="charlie")) == "**2** found"


def test_lily_says_which(shop, open_page):
    at = button(open_page("listings", as_="lily"), "Send prices").click().run()
    assert at.radio[0].options == ["All 2 that match the filter"]
    at = open_page("listings", as_="lily")
    at.session_state["listings#0"] = {"edited_rows": {0: {"✓": True}}, "added_rows": [], "deleted_rows": []}
    at = button(at.run(), "Send prices").click().run()
    assert at.radio[0].options == ["The 1 ticked", "All 2 that match the filter"]
    assert all_of(PricePush) == []
