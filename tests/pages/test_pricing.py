"""Pricing as people use it: type a rule, be warned, and see each price with its formula."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.models import Category, ExchangeRate, Listing, ListingPrice, PriceLimits, PricePush, PriceTier, Product, Store
from db.session import Actor, reading, transaction
from db.vocabulary import PushState, Role, Source
from lib.commands import perform
from lib.prices import price_looks, price_runs
from lib.prices.price_draft import Scope


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
    at = type_into(open_page("pricing", as_="petra", r_tab="Stores"), "terms", {0: {"percent": 130, "fine": -1}})
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


# Prices typed by hand


def test_a_price_is_typed_and_locked_by_the_pricing_manager(shop, open_page):
    at = type_into(open_page("pricing", as_="petra", r_tab="Prices"), "prices", {0: {"live": 219.99, "locked": True}})
    at = button(at, "Save").click().run()
    assert at.success[0].value == "1 listing changed here. Push the prices to change them on the marketplace."
    assert (stored(ListingPrice.price), stored(ListingPrice.locked)) == ([Decimal("219.99")], [True])


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(("typed", "sentence"), [
    (0, "The price must be above 0"), (-1, "cannot be negative"), ("abc", "must be a number"), (1e400, "must be a number"),
    (219.999, "A price in CNY has 2 decimals"), (None, "must not be empty"), ([1], "must be a number"),
])  # fmt: skip
def test_a_wrong_price_is_a_sentence_and_nothing_is_saved(shop, open_page, typed, sentence):
    at = type_into(open_page("pricing", r_tab="Prices"), "prices", {0: {"live": typed}})
    at = button(at, "Save").click().run()
    assert sentence in " ".join(e.value for e in (*at.error, *at.warning)).replace("\\", "")
    assert stored(ListingPrice.price) == [Decimal(200)]


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("who", ["charlie", "lily", "oscar"])
def test_who_may_not_set_prices_sets_none(shop, open_page, who):
    at = type_into(open_page("pricing", as_=who, r_tab="Prices"), "prices", {0: {"live": 1, "locked": True}})
    assert "Save" not in [b.label for b in at.button]
    assert (stored(ListingPrice.price), stored(ListingPrice.locked)) == ([Decimal(200)], [False])


def test_bob_has_changed_the_price_meanwhile(shop, open_page, acting):
    at = type_into(open_page("pricing", r_tab="Prices"), "prices", {0: {"live": 219.99}})
    with transaction(acting("bob"), "tests.bob") as session:
        session.get(ListingPrice, 1).price = Decimal(210)
    at = button(at, "Save").click().run()
    assert any("Somebody else has changed this to “210.0000” meanwhile" in e.value for e in at.error)
    assert stored(ListingPrice.price) == [Decimal(210)]


def test_only_what_differs_or_is_not_pushed_is_shown_when_asked(shop, given, open_page):
    given(Product(id=2, sku="SOCK", category_id=1, source=Source.ALIBABA, source_price=Decimal(10), currency="CNY"))
    given(
        Listing(id=2, product_id=2, store_id=1, seller_sku="SOCK-CN", price=Decimal("26.00"))
    )  # (10 x 150 % + 5) x 120 % + 2
    with transaction(Actor(None, "alice", Role.ADMIN), "tests.pushed") as session:
        session.get(ListingPrice, 1).pushed = Decimal(200)
    at = open_page("pricing", r_tab="Prices")
    assert sorted(at.dataframe[0].value["sku"]) == ["SHIRT-CN", "SOCK-CN"]
    at = at.toggle(key="r_differs").set_value(True).run()
    assert list(at.dataframe[0].value["sku"]) == ["SHIRT-CN"]
    at = at.toggle(key="r_differs").set_value(False).run()
    at = at.toggle(key="r_unpushed").set_value(True).run()
    assert list(at.dataframe[0].value["sku"]) == ["SOCK-CN"]


def test_a_price_that_the_marketplace_refuses_is_listed_with_its_words(shop, given, open_page):
    at = open_page("pricing", r_tab="Prices", as_="charlie")
    assert [one.label for one in at.expander] == []
    given(
        PricePush(listing_id=1, store_id=1, price=Decimal(200), currency="CNY", state=PushState.REFUSED, submission="CN-1",
                  issue="DEMO-PRICE: too high", actor="petra")
    )  # fmt: skip
    at = open_page("pricing", r_tab="Prices", as_="charlie")
    assert not at.exception
    assert [one.label for one in at.expander] == ["1 refused by the marketplace"]
    table = next(frame.value for frame in at.dataframe if "issue" in frame.value)
    assert [tuple(row) for row in table[["sku", "store", "issue", "actor"]].itertuples(index=False)] == [
        ("SHIRT-CN", "CN", "DEMO-PRICE: too high", "petra")
    ]
    at = open_page("pricing", as_="charlie")
    assert any(one.value.endswith("1 refused: see Prices.") for one in at.caption)


# Runs and rules


@pytest.fixture
def run(shop, acting):
    """A run that has moved the price of the shirt to 238.40."""
    with reading() as session:
        known = price_looks.library(session)
        look = price_looks.take(session, known, known.book, Scope())
    perform(
        acting("alice"), price_runs.apply, Scope(), look.preview.digest, "why not", "Spring", True, look.count, look.at
    )


def test_a_run_is_shown_with_its_moves_and_taken_back(run, open_page):
    at = open_page("pricing", as_="petra", r_tab="Runs", r_run="1")
    moves = at.dataframe[1].value.iloc[0]
    assert (moves["sku"], moves["before"], moves["after"], moves["rule"]) == (
        "SHIRT-CN",
        "200.00",
        "238.40",
        "1688 / Men v1",
    )
    button(at, "Undo run #1").click().run()
    assert stored(ListingPrice.price) == [Decimal(200)]


def test_a_part_of_a_run_is_taken_back(run, open_page):
    at = type_into(open_page("pricing", r_tab="Runs", r_run="1"), "moves 1", {0: {"✓": True}})
    button(at, "Undo 1 ticked").click().run()
    assert stored(ListingPrice.price) == [Decimal(200)]


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("link", ["99", "abc", "-1", "9" * 30])
def test_a_link_to_no_run_shows_the_list(run, open_page, link):
    at = open_page("pricing", as_="charlie", r_tab="Runs", r_run=link)
    assert not at.exception
    assert any("Tick a run" in c.value for c in at.caption)


def test_the_breaker_is_set_by_admins(shop, open_page):
    at = open_page("pricing", r_tab="Runs")
    at = at.text_input(key="limit change").set_value("15").run()
    button(at, "Set").click().run()
    assert stored(PriceLimits.most_change) == [Decimal(15)]
    assert button(open_page("pricing", as_="petra", r_tab="Runs"), "Set").disabled


def test_a_ticked_rule_is_switched_off_and_on(shop, open_page):
    at = type_into(open_page("pricing", as_="petra", r_tab="Rules"), "rules", {0: {"✓": True}})
    at = button(at, "Switch off").click().run()
    assert stored(PriceTier.active) == [False]
    at.session_state["sheet:rules"].live.picked = {1: None}
    button(at, "Switch on").click().run()
    assert stored(PriceTier.active) == [True]
