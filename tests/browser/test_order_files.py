"""Orders from a file in a real browser: see, import, find them, and bring the same file in again."""

import re

from playwright.sync_api import Page, expect

from tests.browser.screen import press, settled
from tests.browser.served import App, sign_in
from tests.lib.order_report_fixtures import ORDER, OTHER, THIRD, new_orders

SERVED = {"CARAVAN_DEMO_DELAY": "3600"}
UK = {"sales-channel": "Amazon.co.uk", "currency": "GBP"}
REPORT = new_orders(
    UK, {"order-id": OTHER, "order-item-id": "00000000000061", **UK}, {"order-id": THIRD, "quantity-purchased": "two", **UK}
)  # fmt: skip
SHOP = b"Order ID,Order Date,Product ID,Product Name,Quantity,Sales\nSHOP-1,2026-03-01,LAMP,A lamp,2,39.98\n"


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    settled(page)


def metric(page: Page, label: str, value: str) -> None:
    expect(page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{label}"))).to_contain_text(value)


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).first.click()
    settled(page)


def in_the_list(page: Page, app: App, number: str, many: int) -> None:
    """So many orders are found by this number."""
    page.goto(f"{app.url}/orders?o_text={number}")
    settled(page)
    expect(page.get_by_role("radio", name=f"All {many}", exact=True)).to_be_visible()


def test_a_report_is_seen_then_imported_and_the_same_again_changes_nothing(page, app):
    sign_in(page, app, path="/import_orders")
    upload(page, "orders.txt", REPORT)
    expect(page.get_by_text("Amazon's report “New Orders”.", exact=False)).to_be_visible()
    expect(page.get_by_role("combobox", name="Orders sold in GB")).to_have_value(re.compile("GBP"))
    for label, value in (("New", "2"), ("Changed", "0"), ("Unchanged", "0"), ("Left out", "1")):
        metric(page, label, value)
    expect(page.get_by_text("An order of which a row is refused stays out whole.")).to_be_visible()
    assert "Erika" not in page.content()
    press(page, "Import 2 orders")
    expect(page.get_by_test_id("stAlert").filter(has_text="2 new, 0 changed, 0 unchanged, 1 left out.")).to_be_visible()
    expect(page.get_by_role("button", name="0 changes")).to_be_disabled()
    metric(page, "Unchanged", "2")
    in_the_list(page, app, ORDER, 1)
    in_the_list(page, app, THIRD, 0)
    page.goto(f"{app.url}/import_orders")
    settled(page)
    upload(page, "orders.txt", REPORT)
    expect(page.get_by_role("button", name="0 changes")).to_be_disabled()
    for path in app.folder.rglob("*"):
        assert not path.is_file() or b"Erika" not in path.read_bytes(), path


def test_another_shops_file_is_mapped(page, app):
    sign_in(page, app, path="/import_orders")
    upload(page, "shop.csv", SHOP)
    expect(page.get_by_text("Still to choose", exact=False)).to_be_visible()
    choose(page, "Store *", re.compile("USD"))
    metric(page, "New", "1")
    press(page, "Import 1 order")
    expect(page.get_by_test_id("stAlert").filter(has_text="1 new, 0 changed, 0 unchanged, 0 left out.")).to_be_visible()
    expect(page.get_by_text("What its columns mean, as you said for the last such file")).to_be_visible()
    in_the_list(page, app, "SHOP-1", 1)
