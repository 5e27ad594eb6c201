"""Co-sell as people use it: add an offer, Update, see what the marketplace says."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from db.models import CosellOffer, DemoCatalogue, Store
from db.session import reading
from db.vocabulary import OfferStatus
from lib import sync


def button(at, label):
    return next(b for b in at.button if b.label == label)


def offers():
    with reading() as session:
        return list(session.scalars(select(CosellOffer).order_by(CosellOffer.id)))


@pytest.fixture
def shop(given, monkeypatch):
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    given(Store(id=1, name="US-01", marketplace="US", currency="USD"))
    given(
        DemoCatalogue(asin="B0CCAMP123", brand="Trailhead", title="Lantern"),
        CosellOffer(id=1, store_id=1, asin="B0CCAMP123", sku="CO-1", quantity=3),
    )


def type_into(at, cells):
    at.session_state["offers#0"] = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
    return at.run()


def test_update_saves_and_pushes_and_the_answer_is_shown(shop, open_page):
    at = type_into(open_page("cosell"), {0: {"price": 19.9, "confirmed": True}})
    at = button(at, "Update").click().run()
    assert at.success[0].value.startswith("Offers\\: 1 changed. 1 will be pushed.")
    sync.poll()
    sync.poll()
    [offer] = offers()
    assert (offer.price, offer.status) == (Decimal("19.9"), OfferStatus.ACTIVE)
    at = open_page("cosell", s_status="active")
    assert list(at.dataframe[0].value["sku"]) == ["CO-1"]


def test_an_offer_that_is_not_confirmed_is_saved_and_says_why_it_stays(shop, open_page):
    at = button(type_into(open_page("cosell"), {0: {"price": 19.9}}), "Update").click().run()
    assert "Not pushed" in at.success[0].value
    assert (offers()[0].price, offers()[0].status) == (Decimal("19.9"), OfferStatus.DRAFT)
    at = type_into(open_page("cosell"), {0: {"✓": True}})
    at = button(at, "Push ticked").click().run()
    assert "needs" in at.error[0].value
    assert offers()[0].status is OfferStatus.DRAFT


def test_charlie_may_look(shop, open_page):
    at = open_page("cosell", as_="charlie")
    assert list(at.dataframe[0].value["sku"]) == ["CO-1"]
    assert "Update" not in [b.label for b in at.button]
    assert button(at, "Push ticked").disabled


def test_the_queue_of_orders_without_a_product_is_empty_here(shop, open_page):
    at = open_page("cosell", s_unlinked="true")
    assert not at.exception
    assert len(at.dataframe) == 0


def test_without_a_sign_in_nothing_is_shown(shop, open_page):
    assert not open_page("cosell", as_=None).title
