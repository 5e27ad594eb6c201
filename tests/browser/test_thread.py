"""The whole thread once, in a real browser: from a catalogue to a bought order. The steps build on each other, in this order."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser.grid import Grid, settled
from tests.browser.served import App, served, sign_in

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "data"
OWN = HERE / "files" / "goods_zh.csv"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A demo marketplace that answers within a second."""
    with served(tmp_path_factory.mktemp("thread"), CARAVAN_DEMO_DELAY="1") as running:
        yield running


@pytest.fixture(scope="module")
def desk(browser, app):
    """The one window in which the whole thread is walked."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC", accept_downloads=True
    )
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def go(page: Page, app: App, path: str, title: str) -> None:
    page.goto(app.url + path)
    expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()
    settled(page)


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()
    settled(page)


def said(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_test_id("stAlert").filter(has_text=text).first).to_be_visible()


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
        page.get_by_role("button", name=kind).click()
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
    assert by_sku["0071003"][1] == "'=cmd|' /C calc'!A0"
    assert by_sku["0071001"][rows[0].index("Source price")].startswith("166.6")
