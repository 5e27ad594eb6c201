"""The whole thread once, in a real browser: from a catalogue to a bought order. The steps build on each other, in this order."""

import csv
import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser.grid import Grid
from tests.browser.screen import press, said, settled
from tests.browser.served import App, sign_in
from tests.browser.windows import window

SERVED = {"CARAVAN_DEMO_DELAY": "1"}
HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "data"
ROOT = HERE.parents[1]
OWN = HERE / "files" / "goods_zh.csv"


@pytest.fixture(scope="module")
def desk(browser):
    """The one window in which the whole thread is walked; who walks it signs in at its first step."""
    with window(browser) as page:
        yield page


def go(page: Page, app: App, path: str, title: str) -> None:
    page.goto(app.url + path)
    expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()
    settled(page)


def shared(name: str) -> Path:
    if not (SHARED / name).exists():
        pytest.skip(f"left out: ../shared/data/{name} is not here")
    return SHARED / name


def give_file(page: Page, app: App, file: Path) -> None:
    go(page, app, "/import_products", "Import")
    page.locator("input[type=file]").set_input_files(file)
    settled(page)


def counts(page: Page) -> dict[str, str]:
    page.get_by_test_id("stMetric").first.wait_for()
    settled(page)
    metrics = page.get_by_test_id("stMetric").all()
    return {
        m.get_by_test_id("stMetricLabel").inner_text(): m.get_by_test_id("stMetricValue").inner_text() for m in metrics
    }


def downloaded(page: Page, kind: str) -> Download:
    page.get_by_test_id("stPopoverButton").filter(has_text="Download").click()
    with page.expect_download() as waiting:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name=kind).click()
    page.keyboard.press("Escape")
    return waiting.value


# 1 Sign in


def test_a_deep_link_survives_the_sign_in(desk, app):
    sign_in(desk, app, path="/products?p_text=KIT")
    expect(desk.get_by_role("heading", name="Products", exact=True)).to_be_visible()
    settled(desk)
    assert set(Grid(desk, "products").column("SKU")) == {
        sku for sku in Grid(desk, "products").column("SKU") if sku.startswith("KIT")
    }
    assert [c["httpOnly"] for c in desk.context.cookies() if c["name"] == "caravan"] == [True]


# 2 Import


@pytest.mark.parametrize(
    ("name", "new", "refused"),
    [
        ("catalogues/litemall_goods_zh.csv", "239", "0"),
        ("catalogues/magento_configurable_products.csv", "1,994", "0"),
        ("catalogues/off_export_a.csv", "1,295", "14"),
    ],
)
def test_a_real_catalogue_is_previewed_imported_once_and_unchanged_the_second_time(desk, app, name, new, refused):
    give_file(desk, app, shared(name))
    before = counts(desk)
    assert (before["New"], before["Refused"]) == (new, refused)
    press(desk, f"Import {new} products")
    said(desk, re.compile(rf"{new} new"))
    give_file(desk, app, shared(name))
    again = counts(desk)
    assert (again["New"], again["Changed"], again["Unchanged"]) == ("0", "0", new)
    expect(desk.get_by_role("button", name="0 changes")).to_be_disabled()


def test_our_own_file_shows_what_is_refused_and_what_is_kept_out(desk, app):
    give_file(desk, app, OWN)
    assert counts(desk) == {"New": "3", "Changed": "0", "Unchanged": "0", "Refused": "2"}
    expect(desk.get_by_text("Kept out")).to_contain_text("颜色")
    press(desk, "Import 3 products")
    said(desk, "3 new")


def test_a_picture_named_csv_and_an_empty_file_are_refused_in_a_sentence(desk, app, tmp_path):
    for name, content in {"photo.csv": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" * 50, "empty.csv": b""}.items():
        (tmp_path / name).write_bytes(content)
        give_file(desk, app, tmp_path / name)
        expect(desk.get_by_test_id("stAlert").first).to_be_visible()
        expect(desk.get_by_role("button", name=re.compile("^Import"))).to_have_count(0)


# 3 The library


def test_a_chinese_word_finds_what_was_imported_with_all_its_zeros(desk, app):
    go(desk, app, "/products?p_text=茶具", "Products")
    assert sorted(Grid(desk, "products").column("SKU")) == ["0071002"]
    go(desk, app, "/products?p_text=00710", "Products")
    assert sorted(Grid(desk, "products").column("SKU")) == ["0071001", "0071002", "0071003"]


def test_cells_are_typed_and_saved_and_bob_is_told_when_alice_was_faster(desk, app, visitor):
    bob = visitor()
    sign_in(bob, app, path="/products?p_text=0071001")
    bobs = Grid(bob, "products")
    bobs.type(0, "Title", "Bob's teapot")
    go(desk, app, "/products?p_text=0071001", "Products")
    grid = Grid(desk, "products")
    grid.type(0, "Title", "Ceramic teapot")
    grid.type(0, "Source price", "166.60")
    press(desk, "Save")
    said(desk, "1 changed")
    settled(bob)
    press(bob, "Save")
    said(bob, "Somebody else has changed this to “Ceramic teapot”")
    press(bob, "Keep mine")
    press(bob, "Save")
    said(bob, "1 changed")
    go(desk, app, "/products?p_text=0071001", "Products")
    assert (Grid(desk, "products").text(0, "Title"), Grid(desk, "products").text(0, "Source price")) == (
        "Bob's teapot",
        "166.6",
    )


def test_saving_right_after_typing_loses_nothing(desk, app):
    go(desk, app, "/products?p_text=0071002", "Products")
    Grid(desk, "products").type(0, "Brand", "Quick")
    desk.get_by_role("button", name="Save").click()
    said(desk, "1 changed")
    assert Grid(desk, "products").text(0, "Brand") == "Quick"


def test_a_product_is_added_and_taken_out_again(desk, app):
    go(desk, app, "/products?p_state=draft", "Products")
    press(desk, "Add")
    desk.get_by_label("SKU *").fill("0099")
    desk.get_by_label("中文名称").fill("新产品")
    desk.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    said(desk, "1 added")
    go(desk, app, "/products?p_text=0099", "Products")
    grid = Grid(desk, "products")
    grid.tick(grid.row_of("SKU", "0099"), "✓")
    settled(desk)
    press(desk, "Delete 1 ticked")
    said(desk, "1 deleted")


def test_a_download_holds_exactly_what_is_shown_and_a_formula_is_text(desk, app):
    go(desk, app, "/products?p_text=00710", "Products")
    rows = list(csv.reader(io.StringIO(Path(downloaded(desk, "CSV").path()).read_text("utf-8-sig"))))
    by_sku = {row[0]: row for row in rows[1:]}
    assert (rows[0][:3], sorted(by_sku)) == (["SKU", "中文名称", "Title"], ["0071001", "0071002", "0071003"])
    assert by_sku["0071003"][2] == "'=cmd|' /C calc'!A0"
    assert by_sku["0071001"][rows[0].index("Source price")].startswith("166.6")


# 4 Pricing


def add_tier(page: Page, threshold: str, percent: str, fine: str) -> None:
    press(page, "Add")
    dialog = page.get_by_role("dialog")
    pick(dialog, "Category *", "家居 / 茶具")
    pick(dialog, "Source *", "Other")
    for label, text in {"From source price": threshold, "Percent": percent, "Fine": fine}.items():
        dialog.get_by_role("textbox", name=label).fill(text)
    dialog.get_by_role("button", name="Add", exact=True).click()
    settled(page)


def test_a_rule_with_tiers_is_added_and_an_inversion_has_to_be_meant(desk, app):
    go(desk, app, "/pricing?r_tab=Rules", "Pricing")
    add_tier(desk, "0", "200", "10")
    said(desk, "1 added")
    add_tier(desk, "100", "150", "5")
    expect(desk.get_by_role("dialog").get_by_test_id("stAlert").first).to_contain_text("100.00 to 136.65")
    go(desk, app, "/pricing?r_tab=Rules&r_meant=true", "Pricing")
    add_tier(desk, "100", "150", "5")
    said(desk, "1 added")


def test_a_store_has_its_percentage_and_fine_adjustment(desk, app):
    go(desk, app, "/pricing?r_tab=Stores", "Pricing")
    terms = Grid(desk, "terms")
    row = terms.row_of("Store", "US-01")
    assert (terms.text(row, "Percent"), terms.text(row, "Fine")) == ("120", "2")


def pick(page, label: str, option: str) -> None:
    """Choose in a select box."""
    page.get_by_label(label).last.click()
    page.page.keyboard.insert_text(option)
    page.page.get_by_role("option", name=option, exact=True).click()


# 5 EAN Generator


def test_codes_are_shown_reserved_and_given_to_products_without_one(desk, app):
    go(desk, app, "/ean_generator", "EAN Generator")
    desk.get_by_label("Quantity").fill("20")
    desk.get_by_label("Quantity").press("Enter")
    settled(desk)
    press(desk, "Test code")
    shown = desk.get_by_test_id("stCode").inner_text().split()
    assert len(set(shown)) == 20
    assert all(re.fullmatch(r"910\d{10}", code) for code in shown)
    desk.get_by_text("I have read this").click()
    settled(desk)
    press(desk, "Reserve")
    said(desk, "20")
    go(desk, app, "/ean_generator?e_tab=Assign&e_product=00710", "EAN Generator")
    grid = Grid(desk, "codeless")
    for row in range(grid.count()):
        grid.tick(row, "✓")
        settled(desk)
    press(desk, re.compile("^Assign to 3 ticked"))
    said(desk, "3")
    go(desk, app, "/products?p_text=00710", "Products")
    codes = Grid(desk, "products").column("EAN")
    assert len(set(codes)) == 3
    assert all(re.fullmatch(r"910\d{10}", code) for code in codes)


# 6 New product


def test_products_are_listed_in_stores_and_the_marketplace_answers(desk, app):
    go(desk, app, "/products?p_text=0071001", "Products")
    Grid(desk, "products").choose(0, "Library", "Ready")
    settled(desk)
    press(desk, "Save")
    said(desk, "1 changed")
    Grid(desk, "products").tick(0, "✓")
    settled(desk)
    press(desk, "List in stores")
    desk.get_by_role("dialog").get_by_role("button", name="List", exact=True).click()
    said(desk, "3")
    nightly(app, "listings")
    nightly(app, "listings", after=1.2)
    go(desk, app, "/listings?l_text=0071001", "Listings")
    assert Grid(desk, "listings").column("Status") == ["warning"] * 3
    assert "main image is missing" in Grid(desk, "listings").text(0, "What the marketplace said")
    grid = Grid(desk, "listings")
    grid.tick(grid.row_of("Store", "US-01"), "✓")
    settled(desk)
    press(desk, "Upload details")
    formula = desk.get_by_role("dialog").get_by_text("tier >= 100").first
    expect(formula).to_contain_text("166.60 CNY [other / 家居 / 茶具, tier >= 100] x 150% + 5.00 = 254.90")
    expect(formula).to_contain_text("x 120% [store US-01] + 2.00")


def test_a_captured_item_becomes_a_product_and_listings_in_one_step(desk, app):
    go(desk, app, "/captured", "Captured")
    press(desk, "Fill in")
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("SKU").fill("CAP-NEW-1")
    dialog.get_by_label("SKU").press("Tab")
    settled(desk)
    dialog.get_by_label("Stores for New Product").click()
    desk.get_by_role("option", name="US-01").click()
    desk.keyboard.press("Escape")
    settled(desk)
    dialog.get_by_role("button", name="New Product").click()
    settled(desk)
    go(desk, app, "/listings?l_text=CAP-NEW-1", "Listings")
    assert Grid(desk, "listings").column("Store") == ["US-01"]


def test_a_code_that_belongs_to_somebody_else_is_refused_with_the_marketplaces_words(desk, app):
    go(desk, app, "/listings?l_status=failed", "Listings")
    assert "8572" in Grid(desk, "listings").text(0, "What the marketplace said")


def nightly(app, *steps: str, after: float = 0) -> str:
    """Run the nightly job as cron would; its lines."""
    time.sleep(after)
    own = {"CARAVAN_DATA": str(app.folder), "CARAVAN_DEMO_DELAY": "1"}
    run = subprocess.run(
        [sys.executable, "nightly.py", *steps],
        cwd=ROOT,
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr + run.stdout
    return run.stdout + run.stderr


# 7 Orders, 8 Purchase


def test_an_order_arrives_and_is_bought_once_whatever_is_clicked(desk, app):
    nightly(app, "orders")
    go(desk, app, "/orders?o_text=0071001", "Orders")
    grid = Grid(desk, "orders")
    number = grid.text(0, "Order")
    go(desk, app, f"/orders?order={number}", "Orders")
    panel = desk.get_by_test_id("stMain")
    expect(panel).to_contain_text("**")
    panel.get_by_role("button", name="Add purchase", exact=True).click()
    settled(desk)
    for label, text in {
        "Unit cost": "150",
        "Freight": "8.50",
        "Platform order number": "16880001",
        "Domestic tracking": "SF0042",
    }.items():
        panel.get_by_role("textbox", name=label, exact=True).fill(text)
        panel.get_by_role("textbox", name=label, exact=True).press("Tab")
        settled(desk)
    expect(panel.get_by_test_id("stMetric").filter(has_text="Total")).to_contain_text("8.50 CNY")
    panel.get_by_role("button", name="Create purchase order").dblclick()
    expect(panel).to_contain_text("Purchase 16880001 made")
    go(desk, app, "/purchase?b_text=16880001", "Purchase")
    bought = Grid(desk, "purchases")
    assert (bought.count(), bought.text(0, "Domestic tracking"), bought.text(0, "For orders")) == (1, "SF0042", number)
    go(desk, app, f"/orders?o_text={number}", "Orders")
    assert Grid(desk, "orders").text(0, "Work") == "in_transit"


# 9 Co-sell


def test_an_offer_is_added_confirmed_and_pushed(desk, app):
    go(desk, app, "/cosell", "Co-sell")
    press(desk, "Add")
    dialog = desk.get_by_role("dialog")
    pick(dialog, "Store *", "US-01")
    for label, text in {
        "ASIN *": "B09QW3RT7Z",
        "SKU *": "CO-1",
        "Price": "9.90",
        "Quantity": "5",
        "Floor": "7",
    }.items():
        dialog.get_by_role("textbox", name=label, exact=True).fill(text)
    dialog.get_by_text("Confirmed").click()
    dialog.get_by_role("button", name="Add", exact=True).click()
    settled(desk)
    nightly(app, "listings", after=1.2)
    nightly(app, "listings", after=1.2)
    go(desk, app, "/cosell?s_text=CO-1", "Co-sell")
    assert Grid(desk, "offers").column("Status") == ["active"]


# 10 The night


def test_the_night_says_a_line_for_each_step_and_the_page_shows_it(desk, app):
    said_ = nightly(app)
    assert [word for word in ("orders", "listings", "images", "buyers") if word not in said_] == []
    go(desk, app, "/image_sync", "Image Sync")
    expect(desk.get_by_text("went well").first).to_be_visible()
    assert Grid(desk, "images").count() > 0


# 11 History


def test_one_click_takes_a_change_back(desk, app):
    go(desk, app, "/products?p_text=0071003", "Products")
    Grid(desk, "products").type(0, "Brand", "Wrong")
    press(desk, "Save")
    said(desk, "1 changed")
    go(desk, app, "/history", "History")
    Grid(desk, "history").tick(0, "✓")
    settled(desk)
    cells = Grid(desk, "cells")
    assert (cells.text(0, "Before"), cells.text(0, "After")) == ("", "Wrong")
    desk.get_by_role("button", name="Undo", exact=True).click()
    said(desk, "1 restored")
    go(desk, app, "/products?p_text=0071003", "Products")
    assert Grid(desk, "products").text(0, "Brand") in ("", "None")


# 12 Home


def test_a_queue_opens_the_list_that_it_counts(desk, app):
    go(desk, app, "/", "Home")
    card = desk.get_by_role("link", name=re.compile("Failed uploads"))
    card.click()
    expect(desk.get_by_role("heading", name="Listings", exact=True)).to_be_visible()
    settled(desk)
    assert set(Grid(desk, "listings").column("Status")) == {"failed"}
