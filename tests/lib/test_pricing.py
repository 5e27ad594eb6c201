"""Prices: the rule of the category and source, the rate, the store; and what the grids say about them."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from db.models import ExchangeRate, PriceTier, Product, Store
from db.session import SYSTEM, engine, reading, transaction
from db.vocabulary import Source
from lib import categories, pricing


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
def test_a_thousand_prices_take_three_queries(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        men = categories.ensure(session, "Men")
        session.add_all([tier(men, "0", "200", "0"), china(), *(product(f"P{n}", men, "1") for n in range(1000))])
    seen: list[str] = []
    with reading() as session:
        products, store = list(session.query(Product)), session.query(Store).one()
        event.listen(engine(), "before_cursor_execute", lambda *args: seen.append(args[2]))
        assert len(pricing.quote(session, products, store)) == 1000
    assert len(seen) == 3
