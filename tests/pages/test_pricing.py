"""Pricing as people use it: type a rule, be warned, and see each price with its formula."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.models import Category, ExchangeRate, Listing, ListingPrice, PriceTier, Product, Store
from db.session import reading
from db.vocabulary import Source


def button(at, label):
    return next(b for b in at.button if b.label == label)


def type_into(at, name, cells):
    at.session_state[f"{name}#0"] = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
    return at.run()


def stored(column):
    with reading() as session:
        return list(session.scalars(select(column).order_by(column.class_.id)))


@pytest.fixture
def shop(given):
    given(
        Category(id=1, name="Men", path="Men"),
        Store(id=1, name="CN", marketplace="CN", currency="CNY", percent=Decimal(120), fine=Decimal(2)),
    )
    given(
        Product(id=1, sku="SHIRT", category_id=1, source=Source.ALIBABA, source_price=Decimal(128), currency="CNY"),
        PriceTier(
            id=1, category_id=1, source=Source.ALIBABA, threshold=Decimal(0), percent=Decimal(150), fine=Decimal(5)
        ),
    )
    given(Listing(product_id=1, store_id=1, seller_sku="SHIRT-CN", price=Decimal(200)))


def test_each_listing_shows_its_price_of_today_and_why(shop, open_page):
    row = open_page("pricing", r_tab="Prices").dataframe[0].value.iloc[0]
    assert (row["sku"], row["today"], row["live"], row["differs"]) == ("SHIRT-CN", "238.40", 200.0, True)
    assert row["formula"] == (
        "128.00 CNY [1688 / Men, tier >= 0] x 150% + 5.00 = 197.00 -> x fx 1 -> x 120% [store CN] + 2.00 = 238.40"
    )


def test_a_rule_that_looks_like_a_slip_is_saved_only_when_it_is_meant(shop, open_page):
    at = button(type_into(open_page("pricing", r_tab="Rules"), "tiers", {0: {"percent": 1.5}}), "Save").click().run()
    assert any("did you mean 150" in e.value for e in at.error)
    assert stored(PriceTier.percent) == [Decimal(150)]
    at = at.toggle(key="r_meant").set_value(True).run()
    at = button(at, "Save").click().run()
    assert at.success[0].value.startswith(
        "Price rules\\: 1 changed. In spite of 1 warning. No price of a listing has changed."
    )
    assert stored(PriceTier.percent) == [Decimal("1.5")]
    assert stored(ListingPrice.price) == [Decimal(200)]


def test_store_percentages_are_saved_by_the_pricing_manager(shop, open_page):
    at = type_into(
        open_page("pricing", as_="petra", r_tab="Stores"), "terms", {0: {"percent": 130, "fine": -1}}
    )
    button(at, "Save").click().run()
    assert (stored(Store.percent), stored(Store.fine)) == ([Decimal(130)], [Decimal(-1)])


def test_rates_are_shown_and_changed(shop, given, open_page):
    given(ExchangeRate(base="CNY", quote="USD", day=date(2026, 3, 1), rate=Decimal("0.14")))
    at = type_into(open_page("pricing", r_tab="Exchange rates"), "rates", {0: {"rate": 0.15}})
    button(at, "Save").click().run()
    assert stored(ExchangeRate.rate) == [Decimal("0.15")]


def test_charlie_may_look(shop, open_page):
    for tab in ("Rules", "Stores", "Exchange rates"):
        at = open_page("pricing", as_="charlie", r_tab=tab)
        assert not at.exception
        assert "Save" not in [b.label for b in at.button]
        assert any("You can look; Pricing manager or Admin may change this." in c.value for c in at.caption)


def test_without_a_sign_in_nothing_is_shown(shop, open_page):
    assert not open_page("pricing", as_=None).title
