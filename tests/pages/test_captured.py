"""Captured: a card, its form, and the two ways into the library."""

from decimal import Decimal

import pytest

from db.models import Category, ChangeSet, Code, ExchangeRate, Listing, Product, Store
from db.vocabulary import CodeState, CodeType, LibraryState, Licence, ListingStatus, Source
from tests.lib.shop import all_of


def button(at, label):
    return next(b for b in at.button if b.label == label)


@pytest.fixture
def gallery(given):
    """Two captured items (1 has a price, 2 none), a category, a store, and one reserved code."""
    from datetime import date

    given(
        Category(id=1, name="Audio", path="Audio"),
        Store(id=1, name="US-01", marketplace="US", currency="USD"),
        ExchangeRate(base="CNY", quote="USD", day=date(2026, 3, 1), rate=Decimal("0.14")),
        Code(
            gtin14="09520000000011",
            code="9520000000011",
            type=CodeType.EAN13,
            licence=Licence.BOUGHT,
            state=CodeState.RESERVED,
        ),
    )
    given(
        Product(
            id=1,
            sku="CAP-1",
            title_zh="复古收音机",
            source=Source.ALIBABA,
            source_price=Decimal(88),
            state=LibraryState.CAPTURED,
        ),
        Product(id=2, sku="CAP-2", title_en="Juicer cup", source=Source.TAOBAO, state=LibraryState.CAPTURED),
        Product(id=3, sku="IN-1", title_en="In the library", state=LibraryState.READY),
    )


def fill_in(at, number):
    return at.button(key=f"card{number}").click().run()


def test_each_captured_item_has_a_card(gallery, open_page):
    at = open_page("captured")
    assert [text.value for text in at.text] == ["Juicer cup", "复古收音机"]
    at = open_page("captured", c_source="Taobao")
    assert [text.value for text in at.text] == ["Juicer cup"]


def test_upload_to_product_library(gallery, open_page):
    at = fill_in(open_page("captured", as_="lily"), 1)
    at.text_input(key="en1").input("Retro radio").run()
    at.text_input(key="price1").input("88,50").run()
    button(at, "Upload to product library").click().run()
    assert not at.exception
    product = all_of(Product)[0]
    assert (product.state, product.title_en, product.source_price) == (
        LibraryState.READY,
        "Retro radio",
        Decimal("88.5"),
    )
    assert all_of(Listing) == []


def test_new_product_lists_in_the_same_step(gallery, open_page):
    at = fill_in(open_page("captured", as_="lily"), 1)
    assert button(at, "New Product").disabled
    at.multiselect(key="stores1").set_value([1]).run()
    button(at, "New Product").click().run()
    assert not at.exception
    assert [error.value for error in at.error] == []
    [listing] = all_of(Listing)
    assert (listing.status, listing.code, listing.price) == (ListingStatus.QUEUED, "9520000000011", Decimal("12.32"))
    assert all_of(Product)[0].state == LibraryState.READY
    assert [row.command for row in all_of(ChangeSet)][2:] == ["captured.new_product"]


def test_what_cannot_be_listed_leaves_everything_as_it_was(gallery, open_page):
    at = fill_in(open_page("captured", as_="lily"), 2)
    at.multiselect(key="stores2").set_value([1]).run()
    button(at, "New Product").click().run()
    assert "no source price" in at.error[0].value
    product = all_of(Product)[1]
    assert (product.state, product.ean, all_of(Listing)) == (LibraryState.CAPTURED, None, [])
    assert all_of(Code)[0].state == CodeState.RESERVED


def test_a_price_that_is_none_is_said_at_once(gallery, open_page):
    at = fill_in(open_page("captured", as_="lily"), 1)
    at.text_input(key="price1").input("1,234").run()
    assert "can be 1234 or 1.2340" in at.error[0].value.replace("\\", "")
    assert button(at, "Upload to product library").disabled


def test_charlie_looks_and_changes_nothing(gallery, open_page):
    at = fill_in(open_page("captured", as_="charlie"), 1)
    assert button(at, "Upload to product library").disabled
    assert button(at, "New Product").disabled
