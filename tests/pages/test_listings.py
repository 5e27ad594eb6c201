"""Listings on the screen: found, corrected, sent again, and what was sent."""

from decimal import Decimal

import pytest

from db.models import CatalogueCheck, Listing
from db.vocabulary import CheckVerdict, ListingStatus
from lib import sync
from lib.products import listings
from tests.lib.shop import LAMP, LILY, MUG, NORDWIND_CODE, all_of, company, do, put


def button(at, label):
    return next(b for b in at.button if b.label == label)


@pytest.fixture
def shop(database, monkeypatch):
    """A live listing (the mug) and a refused one (the lamp): its code was free when the catalogue was asked."""
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    company()
    put(CatalogueCheck(gtin14=f"0{NORDWIND_CODE}", store_id=1, verdict=CheckVerdict.NONE))
    do(LILY, listings.create, [MUG, LAMP], [1])
    sync.poll()


def found(at):
    return next(m.value for m in at.markdown if m.value.endswith("found"))


def test_tabs_and_filters(shop, open_page):
    assert found(open_page("listings")) == "**2** found"
    assert found(open_page("listings", l_status="failed")) == "**1** found"
    assert found(open_page("listings", l_store="US-01")) == "**2** found"
    at = open_page("listings", l_text="Mug")
    assert found(at) == "**1** found"
    assert not at.exception


def test_what_was_sent_and_answered(shop, open_page):
    at = open_page("listings", l_status="failed")
    assert button(at, "Upload details").disabled
    lamp = all_of(Listing)[1].id
    at = open_page("listings", l_item=str(lamp))
    texts = [text.value for text in at.text]
    assert any(text.startswith("20.00 CNY [1688 / Kitchen, tier >= 0] x 150%") for text in texts)
    assert any("汇率 0.14" in text for text in texts)
    assert at.error[0].value.startswith("8572\\: The code 4006381333931 belongs to ASIN B08HJKL2M9")
    assert at.metric[0].value == "7.88 USD"


def test_the_upload_details_say_why_too(shop, open_page):
    at = open_page("listings", as_="charlie", l_item="1")
    at.session_state["upload:tab"] = "Why this price?"
    at = at.run()
    assert not at.exception
    assert at.code[0].value.startswith(
        "128.00 CNY [1688 / Kitchen, tier >= 0] x 150% + 5.00 = 197.00 -> x fx 0.14 [CNY/USD"
    )
    assert at.code[4].value == "Nothing that this price is made from has changed since."


def test_why_this_price_is_told_for_the_ticked_listing_and_never_beside_its_uploads(shop, open_page):
    at = open_page("listings", as_="charlie")
    assert button(at, "Why this price?").disabled
    at.session_state["listings#0"] = {"edited_rows": {0: {"✓": True}}, "added_rows": [], "deleted_rows": []}
    at = at.run()
    number = next(frame.value for frame in at.dataframe if "sku" in frame.value).index[0]
    at = button(at, "Why this price?").click().run()
    assert not at.exception
    assert at.query_params["why"] == str(number)
    assert at.code[0].value.endswith("-> x 120% [store US-01] + 2.00 = " + {1: "35.10", 2: "7.88"}[number])
    at = open_page("listings", as_="charlie", l_item="1", why="2")
    assert not at.exception
    assert [b.label for b in at.button if b.label == "Why this price?"] == []
    assert [text.value for text in at.text if text.value.startswith("128.00 CNY")] != []


def test_charlie_only_looks(shop, open_page):
    at = open_page("listings", as_="charlie")
    assert button(at, "Send again").disabled
    assert all_of(Listing)[0].status == ListingStatus.ACTIVE
    assert all_of(Listing)[0].price == Decimal("35.10")
