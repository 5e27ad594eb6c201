"""Parcels in a real browser: packed, changed, written into Amazon's files, told until the marketplace knows; and the list taken away.

The clicks are counted: to ship an order that is open and to tell the marketplace takes two, and the tracking number.
"""

import csv
import io
import re
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from db.vocabulary import Role
from tests.browser.company import PASSWORD, asked, let_in, opened
from tests.browser.grid import Grid
from tests.browser.screen import said, settled
from tests.browser.served import App, sign_in

HEADINGS = "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\ttracking-number\tship-method"
FORMULA = '=HYPERLINK("x","急")'
SERVED, DESK = {"CARAVAN_DEMO_DELAY": "1"}, "/orders"


@pytest.fixture
def charlie(app, visitor) -> Page:
    """Somebody who may look."""
    with opened(app):
        let_in("charlie", Role.VIEWER)
    page = visitor()
    sign_in(page, app, "charlie", PASSWORD, path="/orders")
    return page


def sendable(app: App, marketplace: str, place: int = 0) -> tuple[str, str, int]:
    """An order that can be sent from here: its number, Amazon's number of its only line, and its pieces."""
    found = asked(
        app,
        "SELECT number, min(item), sum(quantity) FROM customer_order JOIN store ON store.id = store_id "
        "JOIN order_line ON order_line.order_id = customer_order.id WHERE marketplace = ? AND status = 'unshipped' "
        "AND fulfilment = 'seller' GROUP BY number HAVING count(*) = 1 ORDER BY bought_at, number",
        marketplace,
    )
    return found[place]


def state(app: App, number: str) -> list[str]:
    query = "SELECT state FROM shipment JOIN customer_order ON customer_order.id = order_id WHERE number = ? ORDER BY shipment.id"
    return [word for (word,) in asked(app, query, number)]


def go(page: Page, app: App, path: str) -> None:
    page.goto(app.url + path)
    expect(page.get_by_role("heading", name="Orders", exact=True, level=1)).to_be_visible()
    settled(page)


def open_order(page: Page, app: App, number: str) -> None:
    go(page, app, f"/orders?order={number}")
    expect(page.get_by_text("What has happened")).to_be_visible()
    settled(page)


def ship(page: Page, tracking: str, tell: bool = True) -> None:
    """Two clicks and the number; one click more for who does not want to tell yet."""
    page.locator("summary").filter(has_text=re.compile("Ship$")).click()
    field = page.get_by_label("Tracking", exact=True)
    field.fill(tracking)
    field.press("Tab")
    settled(page)
    if not tell:
        told = page.get_by_test_id("stCheckbox").filter(has_text="Tell the marketplace")
        told.click()
        expect(told.locator("input")).not_to_be_checked()
        settled(page)
    page.get_by_role("button", name="Ship", exact=True).click()


def taken(page: Page, button: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return waiting.value.path().read_bytes()


# One order


@pytest.mark.parametrize("marketplace", ["US", "JP"])
def test_a_parcel_is_packed_counted_on_home_changed_and_written_into_the_file(desk, app, marketplace):
    number, item, pieces = sendable(app, marketplace)
    open_order(desk, app, number)
    ship(desk, "WRONG-1", tell=False)
    said(desk, re.compile(f"of order {number}: .* The marketplace has not been told."))
    assert state(app, number) == ["draft"]

    desk.goto(app.url)
    desk.get_by_role("link", name="Packed, not told").click()
    expect(desk.get_by_role("heading", name="Orders", exact=True, level=1)).to_be_visible()
    settled(desk)
    assert Grid(desk, "orders").column("Order") == [number]

    Grid(desk, "orders").tick(0, "✓")
    desk.get_by_role("button", name="Change", exact=True).click()
    carrier = desk.get_by_label("Carrier", exact=True).first
    carrier.click()
    desk.keyboard.type("DHL")
    desk.get_by_role("option", name="DHL", exact=True).click()
    settled(desk)
    tracking = desk.get_by_label("Tracking", exact=True)
    expect(tracking).to_have_value("WRONG-1")
    tracking.fill("00340434161094042557")
    tracking.press("Tab")
    settled(desk)
    desk.get_by_role("button", name="Save the parcel").click()
    said(desk, re.compile(f"Parcel DHL 00340434161094042557 of order {number} was changed."))
    expect(desk.get_by_text(re.compile("DHL · 00340434161094042557")).first).to_be_visible()
    assert state(app, number) == ["draft"]

    desk.get_by_role("button", name="Ship and confirm: 1 ticked").click()
    desk.get_by_role("button", name="Confirmation file").click()
    said(desk, re.compile("1 file made: .*1 parcel"))
    assert state(app, number) == ["in_file"]
    settled(desk)
    desk.locator("summary").filter(has_text=re.compile("Files of the last 7 days")).click()
    content = taken_file(desk)
    (left,) = asked(
        app, "SELECT shipped_at FROM shipment WHERE tracking = '00340434161094042557' ORDER BY id DESC LIMIT 1"
    )
    moment = datetime.fromisoformat(str(left[0])).replace(tzinfo=UTC)
    cells = [number, item, str(pieces), "", "DHL", "", "00340434161094042557", ""]
    if marketplace == "US":
        cells[3] = f"{moment.astimezone(ZoneInfo('America/Los_Angeles')):%Y-%m-%d}"
        assert content == f"{HEADINGS}\r\n{chr(9).join(cells)}\r\n".encode()
    else:
        cells[3] = moment.astimezone(ZoneInfo("Asia/Tokyo")).isoformat(timespec="seconds")
        lines = content.decode("cp932").split("\r\n")
        assert lines[0].split("\t")[:2] == ["TemplateType=OrderFulfillment", "Version=2011.1102"]
        assert lines[2:] == [f"{HEADINGS}\tcod-collection-method", "\t".join([*cells, ""]), ""]


def taken_file(page: Page) -> bytes:
    """The newest of the files that wait."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download", exact=True).first.click()
    return waiting.value.path().read_bytes()


def test_a_file_that_was_not_uploaded_gives_its_parcels_back(desk, app):
    number, _, _ = sendable(app, "US")
    go(desk, app, "/orders?o_parcels=In+a+file")
    assert number in Grid(desk, "orders").column("Order")
    desk.locator("summary").filter(has_text=re.compile("Files of the last 7 days")).click()
    desk.get_by_role("button", name="Not uploaded after all").last.click()
    said(desk, re.compile("1 parcel of confirmation-.* not told again"))
    assert state(app, number) == ["draft"]


def test_two_clicks_ship_an_order_and_the_marketplace_knows_soon(desk, app):
    number, _, pieces = sendable(app, "US", 1)
    open_order(desk, app, number)
    ship(desk, "LX123456789CN")
    said(desk, re.compile(f"of order {number}: {pieces} piece.* The marketplace is told with the next run."))
    expect(desk.get_by_text("Queued", exact=True).first).to_be_visible()
    until = time.monotonic() + 90
    while state(app, number) != ["confirmed"] and time.monotonic() < until:
        desk.wait_for_timeout(1_000)
    assert state(app, number) == ["confirmed"]
    open_order(desk, app, number)
    expect(desk.get_by_text("Confirmed", exact=True).first).to_be_visible()
    expect(desk.get_by_text(re.compile(r"^Will be erased on 20\d\d-\d\d-\d\d\.$"))).to_be_visible()
    expect(desk.get_by_role("button", name="Take away")).to_have_count(0)


# The list


def test_the_list_is_read_back_as_it_is_and_no_cell_is_a_formula(desk, app):
    number, _, _ = sendable(app, "US", 2)
    open_order(desk, app, number)
    note = desk.get_by_placeholder("A note; Enter saves it")
    note.fill(FORMULA)
    note.press("Enter")
    expect(desk.get_by_test_id("stText").filter(has_text=FORMULA)).to_be_visible()
    go(desk, app, "/orders?o_parcels=Confirmed&o_parcels=Not+told")
    shown = Grid(desk, "orders").column("Order")
    desk.get_by_role("button", name=f"Download: all {len(shown)}").click()
    table = list(csv.DictReader(io.StringIO(taken(desk, "CSV").decode("utf-8-sig"))))
    assert [row["Order"] for row in table] == shown
    assert "Buyer" not in table[0]

    go(desk, app, f"/orders?o_text={number}")
    desk.get_by_role("button", name="Download: all 1").click()
    (row,) = csv.DictReader(io.StringIO(taken(desk, "CSV").decode("utf-8-sig")))
    assert (row["Order"], row["Note"]) == (number, f"'{FORMULA}")
    sheet = load_workbook(io.BytesIO(taken(desk, "Excel (XLSX)"))).worksheets[0]
    headings, cells = (
        [cell.value for cell in sheet[1]],
        dict(zip([cell.value for cell in sheet[1]], sheet[2], strict=True)),
    )
    assert headings[0] == "Order"
    assert (cells["Order"].value, cells["Order"].data_type) == (number, "s")
    assert (cells["Note"].value, cells["Note"].data_type, cells["Note"].quotePrefix) == (FORMULA, "s", True)


def test_buyers_are_in_the_list_only_for_who_may_and_asks(desk, app, charlie):
    number, _, _ = sendable(app, "US", 2)
    go(desk, app, f"/orders?o_text={number}")
    desk.get_by_role("button", name="Download: all 1").click()
    desk.get_by_test_id("stCheckbox").filter(has_text="With buyers").click()
    settled(desk)
    (row,) = csv.DictReader(io.StringIO(taken(desk, "CSV").decode("utf-8-sig")))
    assert row["Order"] == number
    assert row["Buyer"]
    (told,) = asked(app, "SELECT summary FROM change_set WHERE command = 'order_exports.with_buyers'")
    assert told == ("The buyers of 1 order were exported by admin.",)

    go(charlie, app, f"/orders?o_text={number}")
    charlie.get_by_role("button", name="Download: all 1").click()
    expect(charlie.get_by_role("button", name="CSV", exact=True)).to_be_visible()
    expect(charlie.get_by_text("With buyers")).to_have_count(0)
    (row,) = csv.DictReader(io.StringIO(taken(charlie, "CSV").decode("utf-8-sig")))
    assert "Buyer" not in row
    charlie.get_by_role("button", name="Ship and confirm: all 1").click()
    expect(charlie.get_by_role("button", name="Confirmation file")).to_be_disabled()
