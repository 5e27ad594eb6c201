"""Why this price: now, at the last upload, today, the difference; in both languages, on both databases."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import update

from db import history
from db.models import (
    Category,
    ExchangeRate,
    Listing,
    ListingPrice,
    Order,
    OrderLine,
    PriceMove,
    PricePush,
    PriceRuleVersion,
    PriceRun,
    PriceTier,
    Product,
    Store,
    UploadDetail,
)
from db.session import SYSTEM, reading, transaction
from db.vocabulary import ListingStatus, OrderStatus, PushState, RunKind, RunState, Source
from lib import sync
from lib.changes import Changes, Edit
from lib.prices import price_reasons
from lib.prices.price_reasons import Reason
from lib.products import listings
from tests.lib.shop import LAMP, LILY, MONDAY, MUG, MUG_CODE, all_of, do, put

NOBODY = 9_999


@pytest.fixture
def kitchen(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of the domain, uploaded by lily: a mug of 128.00 CNY for 238.40 CNY."""
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    put(
        Store(id=1, name="US-01", marketplace="US", currency="CNY", percent=D(120), fine=D(2)),
        Store(id=2, name="JP-01", marketplace="JP", currency="JPY", percent=D(120)),
        ExchangeRate(base="CNY", quote="JPY", day=date(2026, 3, 1), rate=D(21)),
        Category(id=1, name="Kitchen", path="Kitchen"),
    )
    put(
        PriceTier(id=1, category_id=1, source=Source.ALIBABA, threshold=D(100), percent=D(150), fine=D(5)),
        Product(id=MUG, sku="MUG", ean=MUG_CODE, title_en="Mug", title_zh="杯子", source_price=D(128), category_id=1,
                source=Source.ALIBABA, state="ready"),
        Product(id=LAMP, sku="LAMP", source=Source.TAOBAO, source_price=D(20), state="ready"),
    )  # fmt: skip
    do(LILY, listings.create, [MUG], [1])
    sync.poll()


def why(listing_id: int = 1) -> Reason:
    with reading() as session:
        found = price_reasons.of(session, listing_id)
    assert found is not None
    return found


def type_price(price: str) -> None:
    do(LILY, listings.save, Changes((Edit(1, "price", all_of(Listing)[0].price, D(price)),)))


def change(model: type, number: int, **values: object) -> None:
    with transaction(SYSTEM, "tests.change") as session:
        for name, value in values.items():
            setattr(session.get_one(model, number), name, value)


EXAMPLE = (
    "128.00 CNY [1688 / Kitchen, tier >= 100] x 150% + 5.00 = 197.00 -> x fx 1 -> x 120% [store US-01] + 2.00 = 238.40"
)
EXAMPLE_ZH = (
    "128.00 CNY [1688 / Kitchen，阶梯 >= 100] × 150% + 5.00 = 197.00 -> × 汇率 1 -> × 120% [店铺 US-01] + 2.00 = 238.40"
)


def test_applied_pushed_and_nothing_changed(kitchen: None) -> None:
    reason = why()
    assert (reason.sku, reason.title, reason.store, reason.currency) == ("MUG", "杯子", "US-01", "CNY")
    assert (reason.price, reason.today.amount, reason.pushed) == (D("238.40"), D("238.40"), D("238.40"))
    assert (reason.is_applied, reason.is_pushed, reason.is_locked, reason.push) == (True, True, False, None)
    assert (reason.formula(), reason.formula("zh")) == (EXAMPLE, EXAMPLE_ZH)
    assert reason.sent is not None
    assert (reason.sent.formula, reason.sent.formula_zh) == (EXAMPLE, EXAMPLE_ZH)
    assert (reason.sent.price, reason.sent.currency) == (D("238.40"), "CNY")
    assert reason.difference == ()
    assert reason.difference_text() == "Nothing that this price is made from has changed since."
    assert reason.difference_text("zh") == "此后，构成该价格的各项均未变化。"


def test_the_frozen_formula_stays_and_the_difference_is_told(kitchen: None) -> None:
    change(PriceTier, 1, percent=D(160))
    change(Product, MUG, source_price=D(131))
    change(Store, 1, ending=".99")
    reason = why()
    assert reason.sent is not None
    assert reason.sent.formula == EXAMPLE
    assert reason.formula() == (
        "131.00 CNY [1688 / Kitchen, tier >= 100] x 160% + 5.00 = 214.60 -> x fx 1 -> x 120% [store US-01] + 2.00 = 259.52"
        " -> ending .99 = 259.99"
    )
    assert reason.difference_text() == (
        "source price 128.00 -> 131.00: +5.40 CNY\ntier ratio 150% -> 160%: +15.72 CNY\nending none -> .99: +0.47 CNY\n"
        "together 238.40 -> 259.99: +21.59 CNY"
    )
    assert reason.difference_text("zh") == (
        "货源价 128.00 -> 131.00：+5.40 CNY\n阶梯比例 150% -> 160%：+15.72 CNY\n尾数 无 -> .99：+0.47 CNY\n"
        "合计 238.40 -> 259.99：+21.59 CNY"
    )
    assert (reason.is_applied, reason.is_pushed) == (False, True)
    assert price_reasons.sentences(reason)[1:] == ["The rules give 259.99 CNY today: +21.59 CNY."]
    assert price_reasons.sentences(reason, "zh")[1:] == ["今日规则价为 259.99 CNY：+21.59 CNY。"]


def test_who_set_the_price_is_said_in_both_languages(kitchen: None) -> None:
    at = f"{why().history[0].at:%Y-%m-%d %H:%M} UTC"
    assert price_reasons.sentences(why()) == [
        f"238.40 CNY is what it was listed at by lily on {at}.", "It is what the rules give today.",
    ]  # fmt: skip
    assert price_reasons.sentences(why(), "zh") == [f"238.40 CNY 是 lily 于 {at} 上架时的价格。", "与今日规则价一致。"]
    type_price("250")
    with transaction(SYSTEM, "tests.lock") as session:
        session.get_one(ListingPrice, 1).locked = True
    reason = why()
    at = f"{reason.history[0].at:%Y-%m-%d %H:%M} UTC"
    assert price_reasons.sentences(reason) == [
        f"250.00 CNY was typed by hand by lily on {at}.", "The rules give 238.40 CNY today: -11.60 CNY.",
        "It is locked: no run moves it.",
    ]  # fmt: skip
    assert price_reasons.sentences(reason, "zh") == [
        f"250.00 CNY 由 lily 于 {at} 手动填写。", "今日规则价为 238.40 CNY：-11.60 CNY。", "价格已锁定，批次不会改动。",
    ]  # fmt: skip
    assert [(event.before, event.after, event.actor) for event in reason.history] == [
        (D("238.40"), D("250"), "lily"), (None, D("238.40"), "lily"),
    ]  # fmt: skip


def run(number: int, before: str, after: str, version: int | None = None, undoes: int | None = None) -> None:
    """As if petra's run had moved the price of the mug."""
    kind = RunKind.UNDO if undoes else RunKind.APPLY
    with transaction(SYSTEM, "price_runs.apply") as session:
        history.note(session)
        about = {"state": RunState.APPLIED, "actor": "petra", "applied_at": MONDAY, "set_id": session.info["set_id"]}
        session.add(PriceRun(id=number, kind=kind, undoes_id=undoes, **about))
        session.add(PriceMove(run_id=number, listing_id=1, before=D(before), after=D(after), version_id=version))
        session.connection().execute(update(ListingPrice).where(ListingPrice.id == 1).values(price=D(after)))


def test_a_run_is_named_with_its_rule_and_the_rule_of_now(kitchen: None) -> None:
    [version] = all_of(PriceRuleVersion)
    run(7, "238.40", "238.50", version.id)
    assert price_reasons.sentences(why()) == [
        "238.50 CNY was applied by run #7 of petra on 2026-03-02 09:30 UTC.", "It was made by 1688 / Kitchen v1.",
        "The rules give 238.40 CNY today: -0.10 CNY.",
    ]  # fmt: skip
    change(PriceTier, 1, percent=D(160))
    assert price_reasons.sentences(why())[1] == "It was made by 1688 / Kitchen v1; now: 1688 / Kitchen v2."
    assert price_reasons.sentences(why(), "zh")[:2] == [
        "238.50 CNY 由 petra 的批次 #7 于 2026-03-02 09:30 UTC 应用。", "所用规则为 1688 / Kitchen v1，现为 1688 / Kitchen v2。",
    ]  # fmt: skip
    change(PriceTier, 1, active=False)
    assert price_reasons.sentences(why())[1] == "It was made by 1688 / Kitchen v1; now: no rule."
    run(8, "238.50", "238.40", undoes=7)
    assert (
        price_reasons.sentences(why())[0]
        == "238.40 CNY is back since the undo of run #7 by petra on 2026-03-02 09:30 UTC."
    )
    assert price_reasons.sentences(why(), "zh")[0] == "238.40 CNY 由 petra 于 2026-03-02 09:30 UTC 撤销批次 #7 恢复。"


def test_a_price_that_no_event_gave_is_nobodys(kitchen: None) -> None:
    with transaction(SYSTEM, "tests.behind") as session:
        session.connection().execute(update(ListingPrice).where(ListingPrice.id == 1).values(price=D(240)))
    assert price_reasons.sentences(why())[0] == "Who set 240.00 CNY is not in the history."
    assert price_reasons.sentences(why(), "zh")[0] == "历史记录中没有 240.00 CNY 的来源。"
    change(ListingPrice, 1, price=None)
    assert price_reasons.sentences(why()) == ["The listing has no price.", "The rules give 238.40 CNY today."]
    assert price_reasons.sentences(why(), "zh") == ["该商品尚无售价。", "今日规则价为 238.40 CNY。"]


def test_a_rate_is_named_with_its_day(kitchen: None) -> None:
    do(LILY, listings.create, [MUG], [2])
    sync.poll()
    put(ExchangeRate(base="CNY", quote="JPY", day=date(2026, 3, 20), rate=D("21.5")))
    assert why(2).difference_text() == (
        "rate 21 [2026-03-01] -> 21.5 [2026-03-20]: +119 JPY\ntogether 4964 -> 5083: +119 JPY"
    )


def test_an_old_upload_has_both_formulas_and_no_difference(kitchen: None) -> None:
    change(UploadDetail, 1, basis=None)
    change(PriceTier, 1, percent=D(160))
    reason = why()
    assert reason.sent is not None
    assert reason.sent.formula == EXAMPLE
    assert (reason.difference, reason.difference_text()) == (None, "")


def test_never_uploaded(kitchen: None) -> None:
    do(LILY, listings.create, [MUG], [2])
    reason = why(2)
    assert (reason.sent, reason.difference, reason.pushed, reason.push) == (None, None, None, PushState.QUEUED)


def test_a_price_on_its_way(kitchen: None) -> None:
    type_price("250")
    put(
        PricePush(
            listing_id=1,
            store_id=1,
            price=D(250),
            currency="CNY",
            state=PushState.REFUSED,
            issue="Too dear",
            actor="lily",
        )
    )
    reason = why()
    assert (reason.is_pushed, reason.push, reason.push_issue) == (False, PushState.REFUSED, "Too dear")
    change(Listing, 1, status=ListingStatus.UPLOADING)
    assert (why().push, why().push_issue) == (PushState.SENT, None)


def test_without_a_price_today_it_is_said(kitchen: None) -> None:
    change(Product, MUG, source_price=None)
    reason = why()
    assert price_reasons.sentences(reason)[1:] == ["The rules give no price today."]
    assert reason.formula() == "No price: the product has no source price. Enter the source price."
    assert reason.difference_text() == "source price 128.00 -> none"
    assert reason.difference_text("zh") == "货源价 128.00 -> 无"


def test_a_product_where_it_is_not_listed(kitchen: None) -> None:
    with reading() as session:
        reason = price_reasons.of_product(session, MUG, 2)
        listed = price_reasons.of_product(session, MUG, 1)
        stores = price_reasons.stores_of(session, MUG)
    assert reason is not None
    assert (reason.listing_id, reason.price, reason.sent, reason.history) == (None, None, None, ())
    assert reason.today.amount == D("4964")
    assert price_reasons.sentences(reason) == ["It is not listed in JP-01.", "The rules give 4964 JPY today."]
    assert price_reasons.sentences(reason, "zh") == ["该商品未在 JP-01 上架。", "今日规则价为 4964 JPY。"]
    assert listed is not None
    assert listed.listing_id == 1
    assert list(stores.items()) == [(1, "US-01"), (2, "JP-01 (not listed)")]


def test_a_line_of_an_order_leads_to_its_product_in_its_store(kitchen: None) -> None:
    put(Order(id=900, store_id=1, number="111-9", status=OrderStatus.UNSHIPPED, currency="CNY", bought_at=MONDAY))
    linked = {"sku": "MUG", "quantity": 1, "order_id": 900}
    put(OrderLine(id=901, item="1", product_id=MUG, **linked), OrderLine(id=902, item="2", product_id=None, **linked))
    with reading() as session:
        assert price_reasons.sold(session, 901) == price_reasons.of(session, 1)
        assert price_reasons.sold(session, 902) is None
        assert price_reasons.sold(session, NOBODY) is None


def test_nothing_to_explain(kitchen: None) -> None:
    with reading() as session:
        assert price_reasons.of(session, NOBODY) is None
        assert price_reasons.of_product(session, NOBODY, 1) is None
        assert price_reasons.of_product(session, MUG, NOBODY) is None
