"""Prices: the rule of the category and source, the rate, the store; and what the grids say about them."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from db.frames import Page
from db.models import ExchangeRate, Listing, PriceTier, Product, Store, UploadDetail
from db.session import SYSTEM, Actor, engine, reading, transaction
from db.vocabulary import Role, Source
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.prices import price_book, price_rules, pricing
from lib.problems import Refused
from lib.products import categories


def tier(
    category: int, threshold: str, percent: str, fine: str, source: Source = Source.ALIBABA, active: bool = True
) -> PriceTier:
    return PriceTier(
        category_id=category, source=source, threshold=D(threshold), percent=D(percent), fine=D(fine), active=active
    )


def product(sku: str, category: int | None, cost: str | None, source: Source = Source.ALIBABA) -> Product:
    return Product(
        sku=sku, category_id=category, source=source, source_price=None if cost is None else D(cost), currency="CNY"
    )


def china(**more: object) -> Store:
    return Store(**{"name": "CN shop", "marketplace": "CN", "currency": "CNY", "percent": D(120), "fine": D(2)} | more)


def prices(session: Session, store: Store, *products: Product) -> list[D | None]:
    session.add_all([store, *products])
    session.flush()
    found = pricing.quote(session, products, store)
    return [found[one.id].amount for one in products]


def test_the_tiers_of_the_domain(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        men = categories.ensure(session, "Men")
        session.add_all([tier(men, "500", "130", "0"), tier(men, "100", "150", "5"), tier(men, "0", "200", "10")])
        costs = ["0.01", "50", "99.99", "100", "499.99", "500", "1200", "128"]
        found = prices(session, china(), *[product(f"P{n}", men, cost) for n, cost in enumerate(costs)])
    expected = ["14.02", "134.00", "253.98", "188.00", "907.98", "782.00", "1874.00", "238.40"]
    assert found == [D(amount) for amount in expected]


def test_the_nearest_ancestor_wins_and_never_another_source(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        shirts = categories.ensure(session, "Men / Tops / Shirts")
        known = categories.paths(session)
        session.add_all([tier(known["Men"], "0", "300", "0"), tier(known["Men / Tops"], "0", "200", "0")])
        session.add(tier(shirts, "0", "900", "0", Source.TAOBAO))
        found = prices(
            session, china(percent=D(100), fine=D(0)), product("A", shirts, "10"), product("B", known["Men"], "10"),
            product("C", shirts, "10", Source.TAOBAO), product("D", shirts, "10", Source.JD), product("E", None, "10"),
        )  # fmt: skip
    assert found == [D("20.00"), D("30.00"), D("90.00"), D("10.00"), D("10.00")]


def test_a_tier_that_is_not_active_does_not_price(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        men = categories.ensure(session, "Men")
        session.add_all([tier(men, "0", "200", "0"), tier(men, "5", "300", "0", active=False)])
        assert prices(session, china(percent=D(100), fine=D(0)), product("A", men, "10")) == [D("20.00")]


def test_the_newest_rate_of_the_pair_is_used_and_named(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        men = categories.ensure(session, "Men")
        session.add(tier(men, "0", "150", "5"))
        for day, rate in ((1, "20"), (9, "21"), (5, "22")):
            session.add(ExchangeRate(base="CNY", quote="JPY", day=date(2026, 3, day), rate=D(rate)))
        session.add(ExchangeRate(base="JPY", quote="CNY", day=date(2026, 3, 20), rate=D("0.05")))
        japan, one = Store(name="JP", marketplace="JP", currency="JPY", percent=D(120)), product("A", men, "128")
        session.add_all([japan, one])
        session.flush()
        found = pricing.quote(session, [one], japan)[one.id]
    assert found.amount == D("4964")
    assert found.formula == (
        "128.00 CNY [1688 / Men, tier >= 0] x 150% + 5.00 = 197.00 -> x fx 21 [CNY/JPY 2026-03-09]"
        " -> x 120% [store JP] + 0 = 4964.4 rounded to 4964"
    )


def test_without_a_rate_or_a_cost_there_is_no_price_but_a_reason(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        session.add(ExchangeRate(base="USD", quote="CNY", day=date(2026, 3, 1), rate=D("7")))
        store, far, bare = (
            Store(name="US", marketplace="US", currency="USD"),
            product("A", None, "1"),
            product("B", None, None),
        )
        session.add_all([store, far, bare])
        session.flush()
        found = pricing.quote(session, [far, bare], store)
    assert (found[far.id].amount, found[far.id].why) == (None, "no rate")
    assert (found[bare.id].amount, found[bare.id].why) == (None, "no cost")


@pytest.mark.only("sqlite")
def test_a_thousand_prices_take_four_queries(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        men = categories.ensure(session, "Men")
        session.add_all([tier(men, "0", "200", "0"), china(), *(product(f"P{n}", men, "1") for n in range(1000))])
    seen: list[str] = []
    with reading() as session:
        products, store = list(session.query(Product)), session.query(Store).one()
        event.listen(engine(), "before_cursor_execute", lambda *args: seen.append(args[2]))
        assert len(pricing.quote(session, products, store)) == 1000
    assert len(seen) == 4


# The price of each listing


def shop(session: Session) -> tuple[Product, Listing, Listing]:
    """A product in two stores: at today's price in one of them, at an old one in the other."""
    shirts = categories.ensure(session, "Men / Shirts")
    session.add(tier(categories.paths(session)["Men"], "0", "150", "5"))
    stores = china(), Store(name="JP", marketplace="JP", currency="JPY", percent=D(120))
    one = product("SHIRT", shirts, "128")
    session.add_all([*stores, one])
    session.flush()
    made = [
        Listing(product_id=one.id, store_id=stores[0].id, seller_sku="SHIRT-CN", price=D("238.4")),
        Listing(product_id=one.id, store_id=stores[1].id, seller_sku="SHIRT-JP", price=D("4900")),
    ]
    session.add_all(made)
    session.flush()
    session.add(UploadDetail(listing_id=made[0].id, actor="alice", sent={}, currency="CNY", formula="as it was"))
    return one, made[0], made[1]


def test_each_listing_has_its_price_and_the_whole_formula(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        _, china_listing, japan_listing = shop(session)
        here, there = china_listing.id, japan_listing.id
    with reading() as session:
        rows = pricing.table(session, pricing.Filter(), Page(sort="sku", descending=False))
    assert list(rows.index) == [here, there]
    assert list(rows["today"]) == [D("238.40"), None]
    assert list(rows["live"]) == [D("238.4"), D("4900")]
    assert list(rows["differs"]) == [False, True]
    assert rows["formula"][here] == (
        "128.00 CNY [1688 / Men, tier >= 0] x 150% + 5.00 = 197.00 -> x fx 1 -> x 120% [store CN shop] + 2.00 = 238.40"
    )
    assert rows["formula_zh"][here].startswith("128.00 CNY [1688 / Men，阶梯 >= 0] × 150% + 5.00 = 197.00")
    assert rows["formula"][there] == "No price: there is no exchange rate CNY/JPY. Enter the rate and price again."
    assert list(rows["sent"]) == ["as it was", None]


def test_a_listing_without_a_category_is_priced_beside_one_with(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        _, listing, _ = shop(session)
        session.add(bare := product("BARE", None, "10"))
        session.flush()
        session.add(Listing(product_id=bare.id, store_id=listing.store_id, seller_sku="BARE-CN"))
    with reading() as session:
        rows = pricing.table(session, pricing.Filter(stores=(listing.store_id,)), Page(sort="sku", descending=False))
    assert list(rows["today"]) == [D("14.00"), D("238.40")]
    assert list(rows["category"]) == [None, "Men / Shirts"]


def test_listings_are_filtered_by_store_category_source_and_text(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        one, china_listing, _ = shop(session)
        one.title_zh = "羊毛被"
        store, category = china_listing.store_id, categories.paths(session)["Men"]
    with reading() as session:
        assert pricing.count(session, pricing.Filter()) == 2
        assert pricing.count(session, pricing.Filter(stores=(store,))) == 1
        assert (
            pricing.count(session, pricing.Filter(categories=(category,), sources=(Source.ALIBABA,), text="羊毛")) == 2
        )
        assert pricing.count(session, pricing.Filter(sources=(Source.JD,))) == 0
        assert pricing.count(session, pricing.Filter(text="linen")) == 0


# Rules, stores and rates, as they are typed


PETRA = Actor(7, "petra", Role.PRICING)
CHARLIE = Actor(8, "charlie", Role.VIEWER)


def rule(threshold: str, percent: str, fine: str = "0", **more: object) -> dict[str, object]:
    return {
        "category": "Men",
        "source": Source.ALIBABA,
        "threshold": D(threshold),
        "percent": D(percent),
        "fine": D(fine),
    } | more


@pytest.fixture
def men(database: str) -> int:
    with transaction(SYSTEM, "test") as session:
        return categories.ensure(session, "Men")


def tiers() -> list[tuple[D, D, D]]:
    with reading() as session:
        rows = price_rules.table(session, price_rules.Filter(), Page(sort="category"))
    return list(zip(rows["threshold"], rows["percent"], rows["fine"], strict=True))


def test_a_rule_is_added_changed_and_deleted_and_says_that_no_price_changed(men: int) -> None:
    said = perform(PETRA, price_rules.save, Changes(added=(rule("0", "150", "5"), rule("100", "160", "5"))))
    assert said == "Price rules: 2 added. No price of a listing has changed."
    assert tiers() == [(D(0), D(150), D(5)), (D(100), D(160), D(5))]
    with reading() as session:
        low, high = map(int, price_rules.table(session, price_rules.Filter(), Page()).index)
    perform(PETRA, price_rules.save, Changes(edits=(Edit(low, "percent", D(150), D("155.5")),), deleted=(high,)))
    assert tiers() == [(D(0), D("155.5"), D(5))]


def test_an_inversion_is_named_with_its_band_and_saved_only_when_meant(men: int) -> None:
    inverted = Changes(added=(rule("0", "200", "10"), rule("100", "150", "5"), rule("500", "130")))
    with pytest.raises(Refused) as refusal:
        perform(PETRA, price_rules.save, inverted)
    texts = [problem.text for problem in refusal.value.problems]
    assert texts[0] == (
        "1688 / Men: Costs from 100.00 to 136.65 sell below an item of 99.99: 99.99 becomes 209.98, 100.00 only 155.00."
    )
    assert texts[-1] == price_rules.CONFIRM
    assert tiers() == []
    said = perform(PETRA, price_rules.save_confirmed, inverted)
    assert "In spite of 2 warnings." in said
    assert len(tiers()) == 3


@pytest.mark.parametrize("percent", ["1.5", "49.99", "1000.01"])
def test_a_ratio_that_looks_like_a_slip_has_to_be_meant(men: int, percent: str) -> None:
    with pytest.raises(Refused, match="did you mean"):
        perform(PETRA, price_rules.save, Changes(added=(rule("0", percent),)))
    assert tiers() == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (rule("0", "0"), "must be above 0"),
        (rule("-1", "150"), "is below 0"),
        (rule("0", "150.001"), "more than 2 decimals"),
        (rule("0", "150", category="Women"), "needs a category"),
        (rule("0", "150", source=None), "needs a category and a source"),
    ],
)
def test_an_error_refuses_the_rule_even_when_confirmed(men: int, wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        perform(PETRA, price_rules.save_confirmed, Changes(added=(rule("7", "150"), wrong)))
    assert tiers() == []


def test_the_same_threshold_twice_is_refused(men: int) -> None:
    perform(PETRA, price_rules.save, Changes(added=(rule("0", "150"),)))
    with pytest.raises(Refused, match="already have a tier from that price on"):
        perform(PETRA, price_rules.save, Changes(added=(rule("0", "160"),)))
    assert tiers() == [(D(0), D(150), D(0))]


def test_bob_was_faster(men: int) -> None:
    perform(PETRA, price_rules.save, Changes(added=(rule("0", "150"),)))
    with reading() as session:
        number = int(price_rules.table(session, price_rules.Filter(), Page()).index[0])
    perform(PETRA, price_rules.save, Changes(edits=(Edit(number, "percent", D(150), D(170)),)))
    with pytest.raises(Refused, match="170"):
        perform(PETRA, price_rules.save, Changes(edits=(Edit(number, "percent", D(150), D(160)),)))
    assert tiers() == [(D(0), D(170), D(0))]


def test_charlie_may_not(men: int) -> None:
    with pytest.raises(Refused, match="Pricing manager or Admin may"):
        perform(CHARLIE, price_rules.save, Changes(added=(rule("0", "150"),)))
    assert tiers() == []


def test_typed_numbers_are_judged_cell_by_cell() -> None:
    edits = (Edit(4, "percent", D(150), D(0)), Edit(5, "threshold", D(0), None), Edit(6, "fine", D(0), D(-3)))
    assert [(problem.row, problem.field) for problem in price_rules.check(Changes(edits))] == [
        (4, "percent"),
        (5, "threshold"),
    ]


def test_rates_are_kept_by_day(database: str) -> None:
    day = date(2026, 3, 1)
    perform(
        PETRA,
        price_rules.save_rates,
        Changes(added=({"base": "CNY", "quote": "USD", "day": day, "rate": D("0.14085")},)),
    )
    with reading() as session:
        rows = price_rules.table_of_rates(session, price_rules.RateFilter(quotes=("USD",)), Page())
        assert price_rules.count_rates(session, price_rules.RateFilter(bases=("USD",))) == 0
    assert list(rows.iloc[0]) == ["CNY", "USD", day, D("0.14085")]
    perform(PETRA, price_rules.save_rates, Changes(edits=(Edit(int(rows.index[0]), "rate", D("0.14085"), D("0.15")),)))
    with reading() as session:
        assert price_book.newest_rates(session, ["USD"])["CNY", "USD"].value == D("0.15")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"quote": "CNY"}, "two different currencies"),
        ({"quote": "XXX"}, "two different currencies"),
        ({"rate": D(0)}, "above 0"),
        ({"day": date(2999, 1, 1)}, "today at the latest"),
        ({"day": None}, "needs the day"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(database: str, wrong: dict[str, object], sentence: str) -> None:
    good = {"base": "CNY", "quote": "USD", "day": date(2026, 3, 1), "rate": D("0.14")}
    with pytest.raises(Refused, match=sentence):
        perform(PETRA, price_rules.save_rates, Changes(added=(good, good | wrong)))
    with reading() as session:
        assert price_rules.count_rates(session, price_rules.RateFilter()) == 0
