"""What the browser tests type into a table arrives whole, in the right row."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.grid import Grid
from tests.browser.screen import settled
from tests.browser.served import free_port


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the screen in table.py, served by Streamlit itself."""
    port = free_port()
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    options += ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    script = Path(__file__).with_name("table.py")
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path_factory.mktemp("table"),
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


@pytest.fixture
def products(page: Page, table: str) -> Grid:
    page.goto(table)
    settled(page)
    return Grid(page, "Products")


def test_the_table_is_read_as_it_stands(products: Grid) -> None:
    assert products.headings()[:6] == ["sku", "title", "Price", "status", "active", "since"]
    assert len(products.headings()) == 18
    assert products.count() == 60
    assert products.rows()[0][:6] == ["0000", "台灯 Lamp", "1.1", "draft", "false", "2026-01-01"]
    assert products.row_of("sku", "0003") == 3


def test_every_cell_that_is_typed_arrives(products: Grid, page: Page) -> None:
    for row in range(12):
        products.type(row, "Price", f"{row}.25")
    settled(page)
    assert [products.text(row, "Price") for row in range(12)] == [f"{row}.25" for row in range(12)]


def test_each_kind_of_cell_takes_what_it_is_given(products: Grid, page: Page) -> None:
    products.type(50, "title", '雨伞 "Umbrella"')
    products.choose(2, "status", "retired")
    products.tick(3, "active")
    products.type(4, "since", "2026-02-03")
    products.type(5, "title", "")
    products.type(6, "note 11", "far right")
    settled(page)
    products.expect(50, "title", '雨伞 "Umbrella"')
    products.expect(2, "status", "retired")
    products.expect(3, "active", "true")
    products.expect(4, "since", "2026-02-03")
    products.expect(5, "title", "")
    products.expect(6, "note 11", "far right")
    assert products.text(3, "status") == "draft"


def test_the_cursor_comes_back_to_a_cell_that_has_lost_it(products: Grid, page: Page) -> None:
    cell = products.select(0, "active")
    page.keyboard.press("Escape")
    expect(cell).to_have_attribute("aria-selected", "false")
    products.tick(0, "active")
    products.select(1, "active")  # what stands in a cell is told again when the cursor goes on
    products.expect(0, "active", "true")
    assert products.text(1, "active") == "false"


def test_rows_are_marked_and_buttons_pressed_where_they_lie(products: Grid, page: Page) -> None:
    orders = Grid(page, "Orders")
    orders.mark(2)
    expect(page.get_by_text("chosen [2]")).to_be_visible()
    orders.press(3, "Action")
    expect(page.get_by_text("pressed {'row': 3, 'label': 'Open'}")).to_be_visible()
    orders.press(0, "Action")
    expect(page.get_by_text("pressed {'row': 0, 'label': 'Open'}")).to_be_visible()


def test_a_heading_sorts(products: Grid, page: Page) -> None:
    products.sort("sku")
    products.sort("sku")
    settled(page)
    assert products.column("sku")[:2] == ["0059", "0058"]
    products.type(0, "title", "the last one")
    settled(page)
    products.sort("sku")  # in their first order again
    settled(page)
    products.expect(59, "title", "the last one")
