"""The preview of prices: every price that of the formula, every figure that of a plain loop, whatever is tried."""

import hashlib
import pickle
from collections import Counter
from dataclasses import replace
from decimal import ROUND_HALF_UP
from decimal import Decimal as D
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.models import Category, Listing, PriceTier, Product, Store
from db.session import reading
from db.vocabulary import LibraryState, Source
from lib.money import round_half_up
from lib.prices import formula, price_columns, price_tally, pricing
from lib.prices.formula import PLAIN, Price, Rate, Rule, StoreTerms, Tier, nearest
from lib.prices.price_arrays import Columns, Group, Listings, Products, assembled
from lib.prices.price_book import Book
from lib.prices.price_draft import Draft, Scope
from lib.prices.price_gains import gains
from lib.prices.price_pictures import MOVERS, Mover
from lib.prices.price_preview import Preview, look, moves, priced, rows_in
from lib.prices.price_sheets import EVERYTHING, Rows
from tests.lib import shop

HOME, KITCHEN, GARDEN = 1, 2, 3
PATHS = {HOME: ["Home"], KITCHEN: ["Home", "Home / Kitchen"], GARDEN: ["Garden"]}
GROUPS = [
    Group(KITCHEN, Source.ALIBABA, "CNY"), Group(HOME, Source.ALIBABA, "CNY"), Group(GARDEN, Source.TAOBAO, "USD"),
    Group(None, Source.JD, "CNY"), Group(KITCHEN, Source.TAOBAO, ""), Group(GARDEN, Source.ALIBABA, "EUR"),
]  # fmt: skip
COSTS = [
    -1,
    -2,
    0,
    1,
    99,
    9_999,
    10_000,
    999_900,
    1_000_000,
    1_280_000,
    4_999_900,
    5_000_000,
    123_456_789,
    10**13,
    10**18 - 1,
    10**18,
]
LIVE = [-1, -1, 0, 1, 49_900, 100_000, 1_520_000, 2_384_000, 2_384_001, 7_000_000, 10**12, 10**17]
STORES = {
    4: StoreTerms("US-01", "USD", D(120), D(2)),
    5: StoreTerms("JP-01", "JPY", D(120), D(0), "80", D(3000)),
    7: StoreTerms("CN-01", "CNY", D(100), D("-3.5"), None, D("99.99")),
    9: StoreTerms("KW-01", "KWD", D("112.5"), D("0.25"), ".999"),
}
RATES = {"CNY/USD": "0.14085", "CNY/JPY": "21", "CNY/KWD": "0.04312345", "USD/CNY": "7.1", "USD/JPY": "151.37"}
RULES = {
    Source.ALIBABA: [
        Rule("Home", "1688", (Tier(D(0), D(200), D(10)), Tier(D(100), D(150), D(5)), Tier(D(500), D(130), D(0))), 31, 1),
        Rule("Home / Kitchen", "1688", (Tier(D(0), D("133.33"), D("-20")),), 32, 4),
    ],
    Source.TAOBAO: [Rule("Garden", "taobao", (Tier(D("9.5"), D(300), D(1)),), 33, 2)],
}  # fmt: skip
BOOK = Book(PATHS, RULES, {(p[:3], p[4:]): Rate(p, D(rate)) for p, rate in RATES.items()}, STORES)


def library(seed: int = 7, products: int = 60) -> Columns:
    """Any products with any prices; some products are listed nowhere, and one store (12) is not active any more."""
    chance = np.random.default_rng(seed)
    ids = np.cumsum(chance.integers(1, 4, products))
    goods = Products(
        ids, chance.choice(np.array(COSTS), products), chance.integers(0, len(GROUPS), products).astype(np.int32), GROUPS,
        chance.random(products) < 0.8,
    )  # fmt: skip
    pairs = [(product, store) for product in ids for store in (4, 5, 7, 9, 12) if chance.random() < 0.7]
    numbers = chance.permutation(np.arange(100, 100 + len(pairs)))
    live = chance.choice(np.array(LIVE), len(pairs))
    return assembled(
        goods,
        Listings(
            numbers,
            np.array([p for p, _ in pairs]),
            np.array([s for _, s in pairs]),
            live,
            chance.random(len(pairs)) < 0.1,
        ),
    )


COLUMNS = library()


# The same by a plain loop


def amount(units: int) -> D | None:
    return None if units < 0 else D(int(units)) / 10_000


def price_of(columns: Columns, product: int, book: Book, terms: StoreTerms) -> Price:
    key = columns.group_keys[columns.groups[product]]
    cost, path = int(columns.costs[product]), book.paths.get(key.category_id or 0, [])
    rule = nearest(book.rules.get(key.source, []), path, key.source.value)
    rate = book.rates.get((key.currency, terms.currency))
    return formula.price(D(-1) if cost == -2 else amount(cost), key.currency, rule, terms, rate)


class Row:
    """One price of a store, before and after."""

    def __init__(self, columns: Columns, product: int, store: int, book: Book, saved: Book | None, row: int | None):
        self.product, self.store, self.terms, self.row = product, store, book.stores[store], row
        self.price = price_of(columns, product, book, self.terms)
        self.key = columns.group_keys[columns.groups[product]]
        self.after = self.price.amount
        self.listing = None if row is None else int(columns.listing_ids[row])
        if saved:
            self.before, self.locked = price_of(columns, product, saved, saved.stores[store]).amount, False
        else:
            assert row is not None
            self.before, self.locked = amount(columns.live[row]), bool(columns.locked[row])
        had = bool(self.before)
        if self.locked:
            self.way = "locked"
        elif self.after is None:
            self.way = "none"
        elif not had:
            self.way = "first"
        else:
            self.way = "same" if self.after == self.before else "up" if self.after > (self.before or 0) else "down"
        stays = self.before if had and not (saved and self.after is None) else None
        self.then = self.after if self.way in ("up", "down", "first") else stays
        self.had = self.before if had else None

    @property
    def moved(self) -> bool:
        return self.way in ("up", "down")

    @property
    def part(self) -> Fraction:
        assert self.after is not None
        assert self.had is not None
        return Fraction(self.after) / Fraction(self.had)


def listed_rows(columns: Columns, book: Book, rows: Rows = EVERYTHING) -> list[Row]:
    return [
        Row(columns, int(columns.products[row]), store, book, None, row)
        for place, store in enumerate(columns.store_ids) if store in book.stores
        for row in range(columns.bounds[place], columns.bounds[place + 1])
        if rows.stores is None or store in rows.stores
        if rows.products is None or rows.products[columns.products[row]]
        if rows.listings is None or rows.listings[row]
    ]  # fmt: skip


def library_rows(columns: Columns, book: Book, saved: Book) -> list[Row]:
    inside = np.flatnonzero(columns.in_library).tolist()
    return [Row(columns, product, store, book, saved, None) for store in book.stores for product in inside]


def upwards(percent: Fraction) -> D:
    return D(ceil(percent * 100)) / 100


def mean(rows: list[Row]) -> D | None:
    steps = [
        min(floor(row.part * 10_000) - 10_000, price_tally.MOST_STEPS) for row in rows if row.moved or row.way == "same"
    ]
    return (D(sum(steps)) / (100 * len(steps))).quantize(D("0.01"), ROUND_HALF_UP) if steps else None


def share(rows: list[Row]) -> tuple[Any, ...]:
    ways = Counter(row.way for row in rows)
    return len(rows), *(ways[way] for way in ("up", "down", "same", "first", "none", "locked")), mean(rows)


def told(found: Any) -> tuple[Any, ...]:
    return found.total, found.up, found.down, found.same, found.first, found.none, found.locked, found.mean_change


def assert_counted(found: Preview, rows: list[Row]) -> None:
    ways = Counter(row.way for row in rows)
    assert found.total == len(rows)
    assert [found.up, found.down, found.same] == [ways["up"], ways["down"], ways["same"]]
    assert [found.first, found.none, found.locked] == [ways["first"], ways["none"], ways["locked"]]
    assert found.reasons == Counter(row.price.why for row in rows if row.way == "none")
    free = [row for row in rows if not row.locked]
    changed = [row for row in rows if row.moved or row.way == "first"]
    assert found.below_floor == sum(row.price.below_floor for row in free)
    assert found.below_cost == sum(row.price.below_cost for row in free)
    assert found.moved_below_floor == sum(row.price.below_floor for row in changed)
    assert found.moved_below_cost == sum(row.price.below_cost for row in changed)
    had = sum(row.had is not None for row in rows)
    assert found.moved_share == (upwards(Fraction(100 * found.moved, had)) if had else 0)
    moved = [row for row in rows if row.moved]
    assert found.most_change == max((upwards(abs(row.part - 1) * 100) for row in moved), default=0)
    assert [(one.id, *told(one)) for one in found.by_store] == [
        (store, *share(mine)) for store in dict.fromkeys(r.store for r in rows) if (mine := [r for r in rows if r.store == store])
    ]  # fmt: skip
    by_category = {
        number: share([r for r in rows if r.key.category_id == number]) for number in {r.key.category_id for r in rows}
    }
    assert {one.id: told(one) for one in found.by_category} == by_category


def assert_pictured(found: Preview, rows: list[Row]) -> None:
    mine = [row for row in rows if row.terms.currency == found.currency]
    for counts, prices in (
        (found.histogram.before, [r.had for r in mine]),
        (found.histogram.after, [r.then for r in mine]),
    ):
        known = [price for price in prices if price is not None]
        assert sum(counts) == len(known)
        edges = [*found.histogram.edges, D("1e20")]
        for low, high, count in zip(edges, edges[1:], counts, strict=False):
            assert count == sum(low <= price < high for price in known)
    percents = [(row.part - 1) * 100 for row in rows if row.moved]
    steps = found.changes.edges
    assert not found.changes.counts or len(steps) == len(found.changes.counts) + 1
    for low, high, count in zip(steps, steps[1:], found.changes.counts, strict=False):
        assert count == sum(low <= percent < min(high, 400) for percent in percents)
    assert found.changes.above == sum(percent >= 400 for percent in percents)
    assert not found.changes.above or steps[-1] == 400
    assert sum(found.changes.counts) + found.changes.above == len(percents)
    pairs = [(row.had, row.then) for row in mine if row.had is not None and row.then is not None]
    assert sum(count for *_, count in found.scatter.cells) == len(pairs)
    olds, news = found.scatter.olds, found.scatter.news
    assert max(len(olds), len(news)) <= 101
    for x, y, count in found.scatter.cells:
        assert count == sum(olds[x] <= old < olds[x + 1] and news[y] <= new < news[y + 1] for old, new in pairs)


def assert_movers(found: Preview, rows: list[Row]) -> None:
    moved = [row for row in rows if row.moved]
    far = sorted((abs(row.part - 1) * 100 for row in moved), reverse=True)[:MOVERS]
    assert [float(mover.change) for mover in found.far] == pytest.approx([float(change) for change in far], rel=1e-12)
    dear = sorted((abs(r.after - r.had) for r in moved if r.terms.currency == found.currency), reverse=True)  # type: ignore[operator]
    assert [abs(mover.after - mover.before) for mover in found.dearest] == dear[:MOVERS]
    known = {(row.listing, row.store): row for row in rows} if found.digest else {}
    for mover in [*found.far, *found.dearest] if known else []:
        row = known[mover.listing_id, mover.store_id]
        assert (mover.before, mover.after, mover.currency) == (row.had, row.after, row.terms.currency)
        assert mover.percent == D(round((row.part - 1) * 10_000)) / 100 or (row.part * 20_000) % 1 == 0


def assert_margins(found: Preview, rows: list[Row], book: Book) -> None:
    for margin in found.margins:
        sums = [Fraction(0)] * 4
        for row in rows:
            cost, terms = row.price.cost, row.terms
            fx = formula.exchange(row.key.currency, terms.currency, book.rates.get((row.key.currency, terms.currency)))
            usable = cost is not None and 0 <= cost < formula.LIMIT and bool(row.key.currency) and fx is not None
            if terms.currency == margin.currency and usable:
                for place, price in ((0, row.had), (2, row.then)):
                    if price is not None:
                        sums[place] += Fraction(price)
                        sums[place + 1] += Fraction(cost) * Fraction(fx)  # type: ignore[arg-type]
        exact = [round_half_up(D(s.numerator) / s.denominator, margin.currency) for s in sums]
        found_sums = [margin.revenue_before, margin.cost_before, margin.revenue_after, margin.cost_after]
        assert [float(number) for number in found_sums] == pytest.approx([float(number) for number in exact], rel=1e-15)


def assert_exact(columns: Columns, book: Book, rows: Rows = EVERYTHING, currency: str | None = None) -> Preview:
    found, plain = look(columns, book, rows, currency=currency), listed_rows(columns, book, rows)
    prices = dict(zip(columns.listing_ids.tolist(), priced(columns, book, rows).tolist(), strict=True))
    assert [amount(prices[row.listing or 0]) for row in plain] == [row.after for row in plain]
    assert_counted(found, plain)
    assert_pictured(found, plain)
    assert_movers(found, plain)
    assert_margins(found, plain, book)
    assert_moves(columns, book, rows, found, plain)
    assert pickle.loads(pickle.dumps(found)) == found
    return found


def assert_moves(columns: Columns, book: Book, rows: Rows, found: Preview, plain: list[Row]) -> None:
    written = moves(columns, book, rows)
    changed = sorted((row for row in plain if row.moved or row.way == "first"), key=lambda row: row.listing or 0)
    versions = [row.price.rule.id if row.price.rule and row.price.rule.id else -1 for row in changed]
    assert written.listing_ids.tolist() == [row.listing for row in changed]
    assert [amount(units) for units in written.before.tolist()] == [row.before for row in changed]
    assert [amount(units) for units in written.after.tolist()] == [row.after for row in changed]
    assert written.versions.tolist() == versions
    numbers = [
        int(part[n]) for part in (written.listing_ids, written.before, written.after) for n in range(len(changed))
    ]
    by_hand = hashlib.sha256(b"".join(number.to_bytes(8, "little", signed=True) for number in numbers)).hexdigest()
    assert found.digest == written.digest == by_hand


# What is tried

amounts = st.decimals(-50, 500, places=2)
percents = st.decimals(D("0.01"), 1500, places=2)
tiers = st.lists(st.builds(Tier, st.sampled_from([D(0), D("9.99"), D(100), D(500)]), percents, amounts), max_size=4,
                 unique_by=lambda tier: tier.threshold).map(tuple)  # fmt: skip
terms = st.builds(
    lambda store, percent, fine, ending, floor: replace(store, percent=percent, fine=fine, ending=ending, floor=floor),
    st.sampled_from(list(STORES.values())), percents, amounts, st.sampled_from([None, ".99", "80", "9.99"]),
    st.none() | st.decimals(0, 300, places=3),
)  # fmt: skip
keys = st.tuples(st.sampled_from(list(PATHS)), st.sampled_from([Source.ALIBABA, Source.TAOBAO]))
rates = st.dictionaries(st.sampled_from(list(RATES)), st.decimals(D("0.00000001"), 200, places=8), max_size=3)
drafts = st.builds(
    lambda rules, stores, rates: Draft(rules, {n: t for n, t in STORES.items() for t in stores if t.name == STORES[n].name}, rates),
    st.dictionaries(keys, st.none() | tiers, max_size=4),
    st.lists(terms, max_size=3), rates,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(drafts, st.sampled_from([None, "USD", "JPY", "KWD"]))
def test_whatever_is_tried_every_price_and_figure_is_exact(draft: Draft, currency: str | None) -> None:
    assert_exact(COLUMNS, BOOK.drafted(draft), currency=currency)


@settings(max_examples=30, deadline=None)
@given(drafts)
def test_compared_with_what_is_saved(draft: Draft) -> None:
    tried = BOOK.drafted(draft)
    found, plain = look(COLUMNS, tried, compare="saved", saved_book=BOOK), library_rows(COLUMNS, tried, BOOK)
    assert_counted(found, plain)
    assert_pictured(found, plain)
    assert_movers(found, plain)
    assert_margins(found, plain, tried)
    assert found.digest == ""
    assert pickle.loads(pickle.dumps(found)) == found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), drafts)
def test_any_library_in_any_blocks(seed: int, draft: Draft) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(price_tally, "BLOCK", 7)
        assert_exact(library(seed, 25), BOOK.drafted(draft))


def test_some_of_the_listings() -> None:
    picked = np.zeros(len(COLUMNS.listing_ids), dtype=bool)
    picked[[1, 5, 6, 40, 90]] = True
    kitchen = np.array([COLUMNS.group_keys[group].category_id == KITCHEN for group in COLUMNS.groups])
    for rows in (
        Rows(stores=frozenset({5, 12})), Rows(products=kitchen), Rows(listings=picked),
        Rows(kitchen, frozenset({4, 7}), picked), Rows(products=np.zeros_like(kitchen)),
    ):  # fmt: skip
        assert_exact(COLUMNS, BOOK, rows)
    picked_of_saved = look(COLUMNS, BOOK, Rows(listings=picked), "saved")
    assert picked_of_saved.total == len(listed_rows(COLUMNS, BOOK, Rows(listings=picked)))


def test_what_is_the_same_is_the_same() -> None:
    same = look(COLUMNS, BOOK, compare="saved", saved_book=BOOK)
    assert (same.up, same.down, same.first, same.most_change, same.far) == (0, 0, 0, 0, ())
    assert same.total == same.same + same.none == 4 * int(COLUMNS.in_library.sum())


def test_a_library_with_nothing_in_it(database: str) -> None:
    with reading() as session:
        columns, book = price_columns.read(session), Book.whole(session)
        rows = rows_in(
            session, columns, Scope(stores=(1,), categories=(1,), sources=(Source.JD,), text="cup", listings=(3,))
        )
    for found in (look(columns, book), look(columns, book, rows), look(columns, book, compare="saved")):
        assert (found.total, found.by_store, found.histogram.edges, found.currency) == (0, (), (), "")
    assert moves(columns, book).digest == hashlib.sha256().hexdigest()
    assert gains(columns, book, (1, Source.JD))(D(150)) == (0, 0)


# One product, to the last figure


def one(live: int, cost: int = 1_280_000, locked: bool = False) -> Columns:
    goods = Products(
        np.array([1]), np.array([cost]), np.zeros(1, np.int32), [Group(HOME, Source.ALIBABA, "CNY")], np.array([True])
    )
    return assembled(goods, Listings(np.array([8]), np.array([1]), np.array([7]), np.array([live]), np.array([locked])))


SHOP = {7: StoreTerms("CN-01", "CNY", D(120), D(2), None, D(240))}
GOLDEN = replace(BOOK, rules={Source.ALIBABA: [Rule("Home", "1688", (Tier(D(0), D(150), D(5)),), 31, 1)]}, stores=SHOP)


def test_the_golden_price() -> None:
    found = look(one(2_000_000), GOLDEN)
    assert priced(one(2_000_000), GOLDEN).tolist() == [2_384_000]
    assert (found.up, found.total, found.moved_share, found.most_change) == (1, 1, D("100.00"), D("19.20"))
    assert (found.below_floor, found.below_cost, found.moved_below_floor) == (1, 0, 1)
    assert found.far == (Mover(8, 1, 7, "CNY", D(200), D("238.4"), D("19.20")),)
    assert found.by_category[0].name == "Home"
    assert found.by_store[0].mean_change == D("19.20")
    margin = found.margins[0]
    assert (margin.revenue_before, margin.cost_before) == (D("200.00"), D("128.00"))
    assert (margin.revenue_after, margin.cost_after) == (D("238.40"), D("128.00"))


@pytest.mark.parametrize(
    ("columns", "way"),
    [
        (one(2_384_000), "same"), (one(2_384_001), "down"), (one(-1), "first"), (one(1, locked=True), "locked"),
        (one(2_384_000, cost=-1), "none"), (one(-1, cost=-1), "none"), (one(0), "first"),
    ],
)  # fmt: skip
def test_which_way_a_price_goes(columns: Columns, way: str) -> None:
    found = assert_exact(columns, GOLDEN)
    assert getattr(found, way) == found.total == 1
    assert len(moves(columns, GOLDEN).listing_ids) == (way in ("down", "first"))


def test_a_change_just_over_a_limit_is_not_rounded_down_to_it() -> None:
    assert look(one(1_833_846), GOLDEN).most_change == D("30.01")  # 30.0000…
    assert look(one(1_833_847), GOLDEN).most_change == D("30.00")


# From the database


@pytest.fixture
def company(database: str) -> None:
    shop.company()
    shop.put(Category(id=2, parent_id=1, name="Cups", path="Kitchen / Cups"))
    shop.put(
        PriceTier(category_id=2, source=Source.ALIBABA, threshold=D(0), percent=D(180), fine=D(0)),
        PriceTier(category_id=2, source=Source.ALIBABA, threshold=D(60), percent=D(160), fine=D("2.5")),
        Product(id=20, sku="CUP", category_id=2, source=Source.ALIBABA, source_price=D("77.77"), title_zh="红色杯子"),
        Product(id=21, sku="ODD", category_id=2, source=Source.JD, source_price=D("77.77"), currency="USD"),
        Product(id=22, sku="RAW", category_id=2, source=Source.JD, source_price=D(5), state=LibraryState.CAPTURED),
        Store(id=3, name="DE-01", marketplace="DE", currency="EUR", ending=".99"),
        Store(id=6, name="OLD", marketplace="DE", currency="EUR", active=False),
    )
    stores = {1: "US", 2: "JP", 3: "DE", 6: "OLD"}
    shop.put(
        *(
            Listing(id=100 * store + product, product_id=product, store_id=store, seller_sku=f"{name}{product}", price=D(30))
            for store, name in stores.items() for product in (1, 2, 4, 20, 21)
        )
    )  # fmt: skip


def whole() -> tuple[Columns, Book]:
    with reading() as session:
        return price_columns.read(session), Book.whole(session)


def test_every_price_is_the_one_that_an_upload_would_quote(company: None) -> None:
    columns, book = whole()
    found = dict(zip(columns.listing_ids.tolist(), priced(columns, book).tolist(), strict=True))
    with reading() as session:
        for store in session.query(Store).filter(Store.active):
            quoted = pricing.quote(session, session.query(Product).all(), store)
            for listing in session.query(Listing).filter_by(store_id=store.id):
                assert amount(found.pop(listing.id)) == quoted[listing.product_id].amount
    assert list(found.values()) == [-1] * 5, "those of a store that is not active"
    assert look(columns, book).reasons == {"no rate": 5, "no cost": 3}
    assert_exact(columns, book)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), {100, 200, 300}), (Scope(stores=(1, 6)), {100}), (Scope(categories=(1,)), {100, 200, 300}),
        (Scope(categories=(2,), stores=(2,)), {220, 221}), (Scope(sources=(Source.JD,)), {121, 221, 321}),
        (Scope(text="红色"), {120, 220, 320}), (Scope(text="杯子"), {101, 120, 201, 220, 301, 320}), (Scope(text="?"), set()),
        (Scope(listings=(121, 302, 999)), {121, 302}), (Scope(listings=(121, 302), stores=(3,)), {302}),
        (Scope(text="杯子", categories=(2,), listings=(101, 120)), {120}), (Scope(categories=(77,)), set()),
    ],
)  # fmt: skip
def test_a_scope_means_these_listings(company: None, scope: Scope, expected: set[int]) -> None:
    columns, book = whole()
    with reading() as session:
        rows = rows_in(session, columns, scope)
    seen = {row.listing for row in listed_rows(columns, book, rows)}
    if expected == {100, 200, 300} or expected == {100}:
        expected = {hundred + product for hundred in expected for product in (1, 2, 4, 20, 21)}
    assert seen == expected
    assert look(columns, book, rows).total == len(expected)


def test_a_company_that_has_listed_nothing_sees_its_library(company: None) -> None:
    columns, book = whole()
    tried = book.drafted(Draft(rules={(2, Source.ALIBABA): (Tier(D(0), D(200), D(0)),)}))
    found = look(columns, tried, compare="saved", saved_book=book)
    assert found.total == 3 * 6, "what is only captured is not in the library"
    assert (found.up, found.down, found.first) == (2, 0, 0)
    assert sorted((m.product_id, m.store_id) for m in found.far) == [(20, 1), (20, 2)]
    assert {m.listing_id for m in found.far} == {None}


def test_a_draft_changes_the_digest_and_the_mark(company: None) -> None:
    columns, book = whole()
    tried = book.drafted(Draft(rules={(2, Source.ALIBABA): (Tier(D(0), D(200), D(0)),)}))
    first, second = look(columns, book), look(columns, tried)
    assert first.digest != second.digest
    assert first.mark != second.mark
    assert look(columns, book) == first


# What a ratio earns


def earned(
    columns: Columns, book: Book, key: tuple[int, Source], ratio: D, rows: list[tuple[int, int]]
) -> tuple[Fraction, Fraction]:
    """In the currency of the sources, CNY."""
    path = book.paths[key[0]][-1]
    steps = next((rule.tiers for rule in book.rules.get(key[1], []) if rule.category == path), (PLAIN,))
    tried = book.drafted(Draft(rules={key: tuple(replace(tier, percent=ratio) for tier in steps)}))
    revenue = cost = Fraction(0)
    for product, store in rows:
        found = price_of(columns, product, tried, tried.stores[store])
        if found.why in ("no cost", "bad cost", "no rate", "no currency"):
            continue
        fx = Fraction(found.rate.value) if found.rate else Fraction(1)
        revenue += Fraction(found.amount or 0) / fx
        cost += Fraction(found.cost or 0)
    return revenue, cost


@pytest.mark.parametrize("ratio", [D("0.01"), D(100), D("133.33"), D(250)])
def test_what_a_ratio_earns(company: None, ratio: D) -> None:
    columns, book = whole()
    mine = [
        (place, store)
        for store in (1, 2)
        for place, number in enumerate(columns.product_ids.tolist())
        if number in (1, 2, 4)
    ]
    found = gains(columns, book, (1, Source.ALIBABA))(ratio)
    revenue, cost = earned(columns, book, (1, Source.ALIBABA), ratio, mine)
    assert found[1] == D(int(cost)) == 2 * (128 + 20)
    assert abs(Fraction(found[0]) - revenue) < Fraction(1, 10**80)
    in_yen = gains(columns, book, (1, Source.ALIBABA), Rows(stores=frozenset({2})))(ratio)
    in_yen_by_hand = earned(columns, book, (1, Source.ALIBABA), ratio, mine[3:])
    assert (Fraction(in_yen[0]), in_yen[1]) == (in_yen_by_hand[0] * 21, 148 * 21)


def test_a_rule_that_there_is_not_yet_can_be_asked_too(company: None) -> None:
    columns, book = whole()
    key, japan = (2, Source.JD), Rows(stores=frozenset({2}))
    assert gains(columns, book, key, is_listed=False)(D(150)) == (D("141.99"), D("77.77")), "a rate to dollars alone"
    assert gains(columns, book, key, japan, is_listed=False)(D(150)) == (0, 0)
    with_yen = book.drafted(Draft(rates={"USD/JPY": D(150)}))
    assert gains(columns, with_yen, key, japan, is_listed=False)(D(200)) == (D(27_997), D("77.77") * 150)
    assert gains(columns, with_yen, key)(D(200))[1] == D("77.77") * 2


def test_a_price_that_gets_too_large_earns_without_end() -> None:
    columns = one(5, cost=9 * 10**17)
    assert gains(columns, GOLDEN, (HOME, Source.ALIBABA))(D(100)) == (D("Infinity"), D(9) * 10**13)
    assert gains(columns, GOLDEN, (HOME, Source.ALIBABA))(D(50)) == (D("54000000000008"), D(9) * 10**13)
    locked = one(5, locked=True)
    assert gains(locked, GOLDEN, (HOME, Source.ALIBABA))(D(100)) == (0, 0)
