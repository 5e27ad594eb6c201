"""Add purchase in a real browser: the margin while typing, a loss, a double click, many lines, and two people at once."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from db.models import ExchangeRate, Order, OrderLine, Product, Purchase, PurchaseLine, Store
from db.session import SYSTEM, reading, transaction
from db.vocabulary import FreightBy, OrderStatus, PurchaseStatus, Role, Source
from tests.browser.company import PASSWORD, let_in, opened
from tests.browser.grid import Grid
from tests.browser.screen import said, settled
from tests.browser.served import App, sign_in

QUILT, LAMP, STORE = 9001, 9002, 9001
LOADED = 60_000
"""Milliseconds in which a whole page is there, on a busy machine too."""
LATER = datetime.now(UTC) + timedelta(days=20)


@pytest.fixture(scope="module")
def shop(app: App) -> App:
    """A store in euros, where a yuan is worth 0.125; a quilt and a lamp of one website; bob, who buys too."""
    with opened(app):
        let_in("bob", Role.OPERATOR)
        with transaction(SYSTEM, "tests.shop") as session:
            session.add_all([
                Store(id=STORE, name="Berlin", marketplace="DE", currency="EUR"),
                Product(id=QUILT, sku="QUILT-9", title_zh="羊毛被", source=Source.TMALL, source_price=Decimal(128), transport="general"),
                Product(id=LAMP, sku="LAMP-9", title_zh="台灯", source=Source.TMALL, source_price=Decimal(20)),
                ExchangeRate(base="CNY", quote="EUR", day=date(2099, 1, 1), rate=Decimal("0.125")),
            ])  # fmt: skip
    return app


@pytest.fixture
def orders(shop: App) -> Iterator[Callable[..., list[str]]]:
    """orders((QUILT, 2), (LAMP, 1)): an order for each of these products and pieces, at 20 EUR a piece; their numbers."""

    def put(*wanted: tuple[int, int]) -> list[str]:
        with transaction(SYSTEM, "tests.orders") as session:
            made = [
                Order(
                    store_id=STORE, status=OrderStatus.UNSHIPPED, currency="EUR", country="DE", ship_by=LATER,
                    number=f"F-{place}-{datetime.now().timestamp():.6f}", bought_at=datetime.now(UTC) + timedelta(minutes=place),
                )
                for place, _ in enumerate(wanted)
            ]  # fmt: skip
            session.add_all(made)
            session.flush()
            session.add_all(
                OrderLine(order_id=order.id, item="1", sku="?", quantity=pieces, product_id=product, price=Decimal(20 * pieces))
                for order, (product, pieces) in zip(made, wanted, strict=True)
            )  # fmt: skip
            return [order.number for order in made]

    with opened(shop):
        clear()
        yield put


def clear() -> None:
    """No order and no purchase is left."""
    with transaction(SYSTEM, "tests.clear") as session:
        for table in (PurchaseLine, Purchase, OrderLine, Order):
            for row in session.scalars(select(table)):
                session.delete(row)
            session.flush()


def bought() -> list[Purchase]:
    with reading() as session:
        return list(session.scalars(select(Purchase).order_by(Purchase.id)))


def open_form(page: Page, app: App, number: str) -> Page:
    page.goto(f"{app.url}/orders?order={number}")
    button = page.get_by_role("button", name="Add purchase", exact=True)
    button.wait_for(timeout=LOADED)
    settled(page)  # a page that is still being drawn moves the button away, and a busy one takes a click late
    button.click()
    expect(field(page, "Unit cost")).to_be_focused(timeout=LOADED)
    return page


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=label, exact=True)


def metric(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def press(page: Page) -> None:
    page.get_by_role("button", name="Create purchase order").click()


@pytest.fixture
def desk(page: Page, shop: App) -> Page:
    sign_in(page, shop)
    return page


def test_the_margin_follows_each_keystroke_and_a_loss_asks_for_its_reason(desk, shop, orders):
    [number] = orders((QUILT, 2))
    open_form(desk, shop, number)
    expect(metric(desk, "Margin")).to_have_text("2.00 EUR · 5.0 %")
    desk.keyboard.type("64")
    expect(metric(desk, "Margin")).to_have_text("18.00 EUR · 45.0 %")
    expect(metric(desk, "Break-even unit cost")).to_have_text("136.00 CNY")
    desk.keyboard.type("0")
    expect(metric(desk, "Margin")).to_have_text("-126.00 EUR · -315.0 %")
    reason = field(desk, "Reason for buying at a loss")
    expect(reason).to_be_visible()
    press(desk)
    said(desk, "Write the reason")
    assert bought() == []
    reason.fill("Promised to the buyer")
    press(desk)
    said(desk, "so it waits for review")
    [made] = bought()
    assert (made.unit_cost, made.status, made.reason) == (640, PurchaseStatus.TO_REVIEW, "Promised to the buyer")


def test_what_is_wrong_stands_below_its_field_and_moves_no_other(desk, shop, orders):
    [number] = orders((QUILT, 2))
    open_form(desk, shop, number)
    fields = [field(desk, label) for label in ("Unit cost", "Quantity", "Freight")]
    before = [one.bounding_box() for one in fields]
    for one in fields:
        one.fill("1e9")
    for words in ("Unit cost: '1e9' is not", "Quantity: '1e9' is not", "Freight: '1e9' is not"):
        expect(desk.get_by_text(words)).to_be_visible()
    settled(desk)
    assert [one.bounding_box() for one in fields] == before


def test_one_click_and_the_keyboard_buy_a_line(desk, shop, orders):
    [number] = orders((QUILT, 2))
    open_form(desk, shop, number)
    desk.keyboard.type("１２０")
    for _ in range(2):
        desk.keyboard.press("Tab")
    desk.keyboard.type("8.5")
    field(desk, "Freight").press("Tab")
    field(desk, "Platform order number").focus()
    desk.keyboard.type("16880001")
    desk.keyboard.press("Tab")
    desk.keyboard.type("SF0042")
    desk.keyboard.press("ControlOrMeta+Enter")
    said(desk, "Purchase 16880001 made for order")
    [made] = bought()
    assert (made.unit_cost, made.freight, made.number, made.tracking) == (120, Decimal("8.5"), "16880001", "SF0042")


def test_a_double_click_makes_one_purchase(desk, shop, orders):
    [number] = orders((QUILT, 2))
    open_form(desk, shop, number)
    desk.get_by_role("button", name="Create purchase order").dblclick()
    said(desk, re.compile("Purchase .* made"))
    settled(desk)
    assert len(bought()) == 1


def test_many_picked_orders_are_bought_at_once_and_share_the_freight(desk, shop, orders):
    orders((QUILT, 2), (QUILT, 1), (LAMP, 1))
    desk.goto(f"{shop.url}/orders")
    for row in range(3):
        Grid(desk, "orders").tick(row, "✓")
        settled(desk)
    desk.get_by_role("button", name="Add purchase for 3 orders").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox", name=re.compile("^Buy "))).to_have_count(3)
    quilts = dialog.get_by_role("textbox", name=re.compile("^Unit cost of QUILT-9"))
    quilts.first.fill("64")
    field(dialog, "Freight").fill("10")
    expect(metric(dialog, "Total")).to_have_text("222.00 CNY")
    expect(metric(dialog, "Margin")).to_have_text("40.25 EUR · 50.3 %")
    for share in ("freight 5.00 CNY", "freight 2.50 CNY"):
        expect(dialog.get_by_text(share).first).to_be_visible()
    dialog.get_by_role("combobox", name=re.compile("Freight is shared")).click()
    desk.get_by_role("option", name="Evenly").click()
    expect(dialog.get_by_text("freight 3.34 CNY")).to_be_visible()
    expect(dialog.get_by_text("freight 3.33 CNY")).to_have_count(2)
    press(dialog)
    said(desk, re.compile("Purchase .* made for order .*: 4 pieces, 222.00 CNY"))
    [made] = bought()
    assert (made.freight_by, made.quantity, made.freight) == (FreightBy.LINES, 4, 10)
    with reading() as session:
        parts = list(session.scalars(select(PurchaseLine).order_by(PurchaseLine.id)))
    assert sorted(part.freight for part in parts) == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]


def test_another_waiting_order_joins_with_one_click(desk, shop, orders):
    first, other = orders((QUILT, 2), (QUILT, 1))
    open_form(desk, shop, first)
    desk.get_by_role("button", name=re.compile(f"{other} · 1")).click()
    expect(desk.get_by_role("checkbox", name=re.compile("^Buy "))).to_have_count(2)
    press(desk)
    said(desk, re.compile(f"made for order {first}, {other}: 3 pieces"))
    assert [made.quantity for made in bought()] == [3]


def test_the_second_person_is_told_first_and_nothing_is_bought_twice(desk, shop, orders, visitor):
    [number] = orders((QUILT, 2))
    open_form(desk, shop, number)
    bob = visitor()
    sign_in(bob, shop, "bob", PASSWORD)
    open_form(bob, shop, number)
    expect(bob.get_by_text(re.compile(r"admin has had this form open since \d\d:\d\d\."))).to_be_visible()
    expect(desk.get_by_text("has had this form open")).to_have_count(0)
    field(bob, "Platform order number").fill("BOB-1")
    settled(bob)
    field(desk, "Platform order number").fill("ADMIN-1")
    press(desk)
    said(desk, "Purchase ADMIN-1 made")
    press(bob)
    told = bob.get_by_test_id("stAlert").filter(has_text="admin bought 2 at")
    expect(told).to_contain_text("(purchase ADMIN-1). You have bought nothing yet")
    expect(field(bob, "Quantity")).to_have_value("")
    expect(field(bob, "Platform order number")).to_have_value("BOB-1")
    assert [made.number for made in bought()] == ["ADMIN-1"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024])
def test_the_form_fits_beside_the_list(visitor, shop, orders, width, scheme):
    first, other = orders((QUILT, 2), (QUILT, 1))
    page = visitor(viewport={"width": width, "height": 900}, color_scheme=scheme)
    sign_in(page, shop)
    open_form(page, shop, first)
    page.get_by_role("button", name=re.compile(f"{other} · 1")).click()
    expect(page.get_by_role("checkbox", name=re.compile("^Buy "))).to_have_count(2)
    for box in page.get_by_role("textbox", name=re.compile("^Unit cost of")).all():
        assert box.bounding_box()["width"] > 60, "an amount can be read in its field"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
