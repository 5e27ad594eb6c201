"""Purchase in a real browser: type, paste tracking, count, close short, stages and their days, marks; and the way back of each."""

import io
import re
from functools import partial
from pathlib import Path

import pypdfium2
import zxingcpp
from playwright.sync_api import Page, expect

from tests.browser import screen
from tests.browser.grid import Grid
from tests.browser.screen import at_rest, said
from tests.browser.served import App

SERVED, DESK = {"CARAVAN_DEMO_DELAY": "0"}, "/purchase"
SAVE = re.compile(r"^(save )?Save(?! view)")
"""The grid's own button, which also names its key."""
press = partial(screen.press, exact=True)


def go(page: Page, app: App, query: str = "") -> Grid:
    page.goto(f"{app.url}/purchase{query}")
    expect(page.get_by_role("heading", name="Purchase", exact=True, level=1)).to_be_visible()
    at_rest(page)
    name = "transshipment" if "Transshipment" in query else "warehouses" if "Warehouses" in query else "purchases"
    return Grid(page, name)


def save(page: Page) -> None:
    at_rest(page)
    press(page, SAVE)


def tick(grid: Grid, *rows: int) -> None:
    for row in rows:
        grid.press(row, "✓")
        at_rest(grid.page)


def undo(page: Page, app: App) -> None:
    """Take back the last change, as one does it on History."""
    page.goto(f"{app.url}/history")
    expect(page.get_by_role("heading", name="History", exact=True)).to_be_visible()
    at_rest(page)
    tick(Grid(page, "history"), 0)
    press(page, "Undo")
    said(page, "undone")


def test_what_is_typed_is_saved_and_a_status_that_does_not_follow_is_refused(desk, app):
    grid = go(desk, app, "?b_status=ordered")
    number = grid.text(0, "Platform order")
    grid.type(0, "Domestic tracking", "SF1 SF2")
    grid.type(0, "Freight", "9.99")
    save(desk)
    said(desk, "1 purchase changed.")
    grid = go(desk, app, f"?b_text={number}")
    assert (grid.text(0, "Domestic tracking"), grid.text(0, "Stage")) == ("SF1, SF2", "in_transit")
    grid.choose(0, "Status", "Arrived")
    save(desk)
    said(desk, re.compile("0 of [0-9]+ pieces? have arrived, so it is “Ordered”"))
    press(desk, "Discard")
    undo(desk, app)
    grid = go(desk, app, f"?b_text={number}")
    assert (grid.text(0, "Domestic tracking"), grid.text(0, "Stage")) == ("", "ordered")


def test_tracking_is_pasted_from_excel_with_a_verdict_for_each_row(desk, app):
    grid = go(desk, app, "?b_untracked=true")
    numbers = grid.column("Platform order")[:2]
    orders = grid.column("For orders")[:2]
    press(desk, "Paste tracking…")
    dialog = desk.get_by_role("dialog")
    box = dialog.get_by_role("textbox", name="List")
    box.fill(f"Purchase\tTracking\n{numbers[0]}\tSF77001\n{numbers[0]}\tSF77002\n{orders[1]}\tSF88001\nnobody\tSF99001")
    box.press("Control+Enter")
    at_rest(desk)
    for verdict in ("Will be set 3", "No such purchase 1"):
        expect(dialog.get_by_text(verdict).first).to_be_visible()
    press(dialog, "Set 3 tracking numbers")
    said(desk, "2 purchases got tracking numbers; 1 row left out.")
    grid = go(desk, app, "?b_text=SF77002%20SF88001")
    assert sorted(grid.column("Domestic tracking")) == ["SF77001, SF77002", "SF88001"]
    go(desk, app, f"?b_text={numbers[0]}")
    tick(Grid(desk, "purchases"), 0)
    press(desk, "Move tracking…")
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("textbox", name="To the purchase").fill(numbers[1])
    dialog.get_by_role("textbox", name="To the purchase").press("Enter")
    at_rest(desk)
    press(dialog, "Move")
    said(desk, f"moved from purchase {numbers[0]} to {numbers[1]}.")
    undo(desk, app)
    assert go(desk, app, f"?b_text={numbers[0]}").text(0, "Domestic tracking") == "SF77001, SF77002"


def test_a_pasted_list_is_looked_for_and_its_address_opens_it_again(desk, app):
    grid = go(desk, app)
    numbers = [grid.text(row, "Platform order") for row in (0, 1)]
    press(desk, re.compile("Paste expand_more|^Paste$|content_paste_search"))
    desk.get_by_role("textbox", name="Numbers").fill(f"{numbers[0]}\n{numbers[1]}; 没有 {numbers[0]}")
    press(desk, re.compile("Find these"))
    said(desk, f"3 asked, 2 found, 1 twice: {numbers[0]}, not found: 1")
    address = desk.url
    assert "b_paste=" in address
    desk.goto(address)
    at_rest(desk)
    assert Grid(desk, "purchases").count() == 2
    desk.get_by_text("The 1 that no purchase has").click()
    expect(desk.get_by_test_id("stCode").filter(has_text="没有")).to_be_visible()


def test_part_of_it_arrives_and_the_rest_will_not_come(desk, app):
    grid = go(desk, app, "?b_status=ordered")
    row = next(n for n in range(grid.count()) if grid.text(n, "Pieces") == "2")
    number = grid.text(row, "Platform order")
    tick(grid, row)
    press(desk, "Partly arrived…")
    field = desk.get_by_role("dialog").get_by_role("spinbutton")
    field.fill("1")
    field.press("Enter")
    at_rest(desk)
    press(desk.get_by_role("dialog"), "Count")
    said(desk, "1 purchase counted.")
    grid = go(desk, app, f"?b_text={number}")
    assert (grid.text(0, "Status"), grid.text(0, "Arrived pieces")) == ("partly_arrived", "1")
    tick(grid, 0)
    press(desk, "Closed short")
    said(desk, "1 purchase closed short.")
    order = go(desk, app, f"?b_text={number}").text(0, "For orders")
    desk.goto(f"{app.url}/orders?o_text={order}")
    at_rest(desk)
    assert Grid(desk, "orders").text(0, "Work") == "partly_purchased"
    undo(desk, app)
    assert go(desk, app, f"?b_text={number}").text(0, "Status") == "partly_arrived"


def test_a_verb_for_all_that_match_asks_first_and_does_nothing_by_halves(desk, app):
    grid = go(desk, app)
    total = grid.count()
    desk.get_by_text(f"All {total} that match").click()
    at_rest(desk)
    press(desk, "Relabelled")
    press(desk.get_by_role("dialog"), f"Relabelled: {total}")
    expect(desk.get_by_role("dialog").get_by_text("is not transshipped").first).to_be_visible()
    desk.keyboard.press("Escape")
    at_rest(desk)
    assert set(go(desk, app).column("Stage")) <= {"ordered", "in_transit", "arrived", "relabelled"}


def test_a_warehouse_is_added_and_one_with_purchases_stays(desk, app):
    grid = go(desk, app, "?desk=Warehouses")
    used = grid.column("Has purchases").index("true")
    name = grid.text(used, "Name")
    press(desk, "Add")
    desk.get_by_role("textbox", name="Name *").fill("Ningbo")
    desk.get_by_role("textbox", name="Inbound code").fill("NB-1")
    press(desk.get_by_role("dialog"), "Add")
    said(desk, "1 added")
    grid = go(desk, app, "?desk=Warehouses")
    assert "Ningbo" in grid.column("Name")
    tick(grid, grid.row_of("Name", name))
    press(desk, "Delete 1 ticked")
    said(desk, f"{name} has purchases")
    grid = go(desk, app, "?desk=Warehouses")
    tick(grid, grid.row_of("Name", "Ningbo"))
    press(desk, "Delete 1 ticked")
    said(desk, "1 deleted")


def test_goods_are_relabelled_and_forwarded_and_a_day_in_the_future_is_refused(desk, app):
    grid = go(desk, app, "?desk=Transshipment")
    expect(desk.get_by_role("table").filter(has_text="Relabelled").first).to_be_visible()
    row = grid.row_of("Stage", "arrived")
    number = grid.text(row, "Platform order")
    tick(grid, row)
    press(desk, "Relabelled")
    said(desk, "1 purchase relabelled.")
    grid = go(desk, app, f"?desk=Transshipment&t_text={number}")
    assert grid.text(0, "Stage") == "relabelled"
    grid.type(0, "Forwarded", "2099-01-01")
    save(desk)
    said(desk, "which lies in the future")
    press(desk, "Discard")
    tick(Grid(desk, "transshipment"), 0)
    press(desk, "Forwarded")
    said(desk, "1 purchase forwarded.")
    assert go(desk, app, f"?desk=Transshipment&t_text={number}").text(0, "Stage") == "forwarded"
    undo(desk, app)
    assert go(desk, app, f"?desk=Transshipment&t_text={number}").text(0, "Stage") == "relabelled"


def test_marks_are_seen_downloaded_and_scanned(desk, app):
    grid = go(desk, app, "?b_transshipped=true")
    orders = grid.column("For orders")
    tick(grid, *range(grid.count()))
    press(desk, "Marks…")
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_alt_text("Mark")).to_be_visible()
    with desk.expect_download() as waiting:
        dialog.get_by_role("button", name=f"PDF with {len(orders)} marks").click()
    document = pypdfium2.PdfDocument(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    page = document[0].render(scale=203 / 72, grayscale=True).to_pil()
    assert sorted(one.text for one in zxingcpp.read_barcodes(page)) == sorted(orders)
    document.close()


def test_a_queue_is_a_link(desk, app):
    desk.goto(f"{app.url}/purchase?b_late_tracking=true&b_stuck=true&b_vain=true&b_drift=true&b_losing=true")
    at_rest(desk)
    expect(desk.get_by_text("Nothing here matches.")).to_be_visible()
    for label in ("No tracking after 48 h", "Stuck", "Canceled but bought", "Price drift", "Losing money"):
        expect(
            desk.get_by_role("switch", name=label).or_(desk.get_by_role("checkbox", name=label)).first
        ).to_be_checked()
