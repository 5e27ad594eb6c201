"""The price book: as it is saved, as a draft would have it, and the mark by which a change of it is seen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from db.models import Category, ExchangeRate, PriceTier, Product, Store
from db.session import SYSTEM, reading, transaction
from db.vocabulary import Source
from lib.prices.formula import Rate, StoreTerms, Tier
from lib.prices.price_book import Book
from lib.prices.price_draft import Draft

MEN, TOPS = 1, 2
RULE = (MEN, Source.ALIBABA)


def put(*rows: Any) -> None:
    with transaction(SYSTEM, "tests.put") as session:
        session.add_all(rows)


@pytest.fixture
def shop(database: str) -> None:
    put(Category(id=MEN, name="Men", path="Men"), Category(id=TOPS, parent_id=MEN, name="Tops", path="Men / Tops"))
    put(
        PriceTier(category_id=MEN, source=Source.ALIBABA, threshold=D(0), percent=D(150), fine=D(5)),
        Store(id=1, name="US-01", marketplace="US", currency="USD", percent=D(120), fine=D(2)),
        Store(id=2, name="CN-01", marketplace="CN", currency="CNY", percent=D(120), fine=D(2)),
        Store(id=3, name="Old", marketplace="DE", currency="EUR", active=False),
        ExchangeRate(base="CNY", quote="USD", day=date(2026, 3, 1), rate=D("0.14")),
        ExchangeRate(base="CNY", quote="EUR", day=date(2026, 3, 1), rate=D("0.125")),
    )


def book() -> Book:
    with reading() as session:
        return Book.whole(session)


def product(category: int | None = TOPS, source: Source = Source.ALIBABA) -> Product:
    return Product(id=1, category_id=category, source=source, source_price=D(128), currency="CNY")


def price(of: Book, store: int, **more: Any) -> D | None:
    return of.price(product(**more), of.stores[store]).amount


def test_the_whole_book_is_what_prices_are_made_from(shop: None) -> None:
    found = book()
    assert found.stores == {
        1: StoreTerms("US-01", "USD", D(120), D(2)), 2: StoreTerms("CN-01", "CNY", D(120), D(2)),
    }  # fmt: skip
    assert found.paths == {MEN: ["Men"], TOPS: ["Men", "Men / Tops"]}
    assert list(found.rates) == [("CNY", "USD")]
    (rule,) = found.rules[Source.ALIBABA]
    assert (rule.category, rule.tiers, rule.version) == ("Men", (Tier(D(0), D(150), D(5)),), 1)
    assert price(found, 2) == D("238.40")


def test_a_draft_is_tried_without_touching_the_saved(shop: None) -> None:
    saved = book()
    tried = saved.drafted(
        Draft(
            {RULE: (Tier(D(0), D(160), D(0)),)}, {1: replace(saved.stores[1], percent=D(100), fine=D(0))},
            {"CNY/USD": D("0.2")},
        )
    )  # fmt: skip
    assert (price(tried, 1), price(tried, 2)) == (D("40.96"), D("247.76"))
    assert (price(saved, 1), price(saved, 2)) == (D("35.10"), D("238.40"))


def test_a_rule_that_is_new_or_switched_off_in_a_draft(shop: None) -> None:
    saved = book()
    assert price(saved.drafted(Draft({RULE: None})), 2) == D("155.60")
    new = saved.drafted(Draft({(TOPS, Source.ALIBABA): (Tier(D(0), D(100), D(0)),), (TOPS, Source.JD): None}))
    assert price(new, 2) == D("155.60")
    assert price(new, 2, category=MEN) == D("238.40")
    assert price(new, 2, source=Source.JD) == D("155.60")


def test_a_drafted_rule_has_a_version_only_when_it_says_what_is_saved(shop: None) -> None:
    same, other = (Tier(D("0.00"), D(150), D(5)),), (Tier(D(0), D(151), D(5)),)
    saved = book()
    assert saved.drafted(Draft({RULE: same})).rule(MEN, Source.ALIBABA) == saved.rule(MEN, Source.ALIBABA)
    changed = saved.drafted(Draft({RULE: other})).rule(MEN, Source.ALIBABA)
    assert changed is not None
    assert (changed.id, changed.version) == (None, None)


def test_a_draft_of_what_is_gone_is_left_out(shop: None) -> None:
    saved = book()
    gone = Draft({(99, Source.ALIBABA): (Tier(D(0), D(900), D(0)),)}, {3: saved.stores[1], 99: saved.stores[1]})
    assert saved.drafted(gone) == saved
    assert saved.drafted(gone).mark == saved.mark


def test_the_mark_stays_as_long_as_nothing_is_changed(shop: None) -> None:
    assert book().mark == book().mark
    same = replace(book().stores[1], percent=D("120"), fine=D("2.0"))
    assert book().drafted(Draft(stores={1: same})).mark == book().drafted(Draft()).mark == book().mark
    put(PriceTier(category_id=TOPS, source=Source.JD, threshold=D(0), percent=D(150), fine=D(5), active=False))
    put(ExchangeRate(base="CNY", quote="USD", day=date(2026, 2, 1), rate=D("0.9")))
    assert book().mark == book().mark


def edit(model: Any, **cells: Any) -> Callable[[], None]:
    def change() -> None:
        with transaction(SYSTEM, "tests.change") as session:
            row = session.get_one(model, 1)
            for name, value in cells.items():
                setattr(row, name, value)

    return change


@pytest.mark.parametrize(
    "change",
    [
        edit(PriceTier, percent=D("150.01")), edit(PriceTier, fine=D("5.0001")), edit(PriceTier, threshold=D("0.01")),
        edit(PriceTier, active=False), edit(PriceTier, category_id=TOPS), edit(PriceTier, source=Source.JD),
        edit(Store, percent=D("120.01")), edit(Store, fine=D(0)), edit(Store, ending=".99"), edit(Store, floor=D(1)),
        edit(Store, active=False), edit(Category, path="Gents"),
        lambda: put(PriceTier(category_id=TOPS, source=Source.ALIBABA, threshold=D(0), percent=D(150), fine=D(5))),
        lambda: put(ExchangeRate(base="CNY", quote="USD", day=date(2026, 3, 2), rate=D("0.14000001"))),
    ],
)  # fmt: skip
def test_the_mark_is_another_after_any_change_of_a_price(shop: None, change: Callable[[], None]) -> None:
    before = book().mark
    change()
    assert book().mark != before


def test_the_mark_tells_rules_drafts_and_rates_apart(shop: None) -> None:
    saved = book()
    drafts = [
        Draft({RULE: (Tier(D(0), D(151), D(5)),)}), Draft({RULE: None}), Draft(rates={"CNY/USD": D("0.15")}),
        Draft(stores={1: replace(saved.stores[1], ending=".99")}),
    ]  # fmt: skip
    assert len({saved.mark, *(saved.drafted(draft).mark for draft in drafts)}) == 5
    assert saved.drafted(drafts[2]).rates["CNY", "USD"] == Rate("CNY/USD", D("0.15"))
