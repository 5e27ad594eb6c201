"""The EAN Generator in a real browser: try, take, take away, print, give, clear, bring in, examine. The steps build on each other."""

import csv
import io
import re
import zipfile
from functools import partial
from pathlib import Path

import pypdfium2
import pytest
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Download, Page, expect

from lib.codes import ean
from tests.browser import screen
from tests.browser.grid import Grid
from tests.browser.screen import at_rest, said, settled
from tests.browser.served import App, sign_in
from tests.browser.windows import window
from tests.lib.scanner import SYMBOLS, misread, read_by_all

SERVED = {"CARAVAN_DEMO_DELAY": "0"}
AUSTRIA = "910 lies in the range 900-919 of GS1 Austria."
QUANTITY = 12
BOUGHT = ean.numbered("4006381", range(3))


press = partial(screen.press, exact=True)


@pytest.fixture(scope="module")
def desk(browser, app):
    """The one window in which all of it is done; what is copied there can be read."""
    with window(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        sign_in(page, app, path="/ean_generator")
        yield page


@pytest.fixture(scope="module")
def kept():
    """What one step found out and a later one needs."""
    return {}


def go(page: Page, app: App, tab: str, **more: str) -> None:
    query = "&".join(f"{key}={value}" for key, value in {"e_tab": tab, **more}.items())
    page.goto(f"{app.url}/ean_generator?{query}")
    expect(page.get_by_role("heading", name="EAN Generator", exact=True, level=1)).to_be_visible()
    expect(page.get_by_role("tab", name=tab, exact=True)).to_have_attribute("aria-selected", "true")
    at_rest(page)


def type_in(page: Page, label: str, text: str) -> None:
    field = page.get_by_role("spinbutton", name=label, exact=True)
    field.fill(text)
    field.press("Enter")
    at_rest(page)


def tick(page: Page, name: str, *rows: int) -> Grid:
    grid = Grid(page, name)
    for row in rows:
        grid.tick(row, "✓")
    at_rest(page)
    return grid


def downloaded(page: Page, label: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).first.click()
    return content(waiting.value)


def content(found: Download) -> bytes:
    return Path(found.path()).read_bytes()


def fetched(page: Page, name: str) -> bytes:
    """The file of this name, when its job has made it."""
    ready = page.get_by_test_id("stHorizontalBlock").or_(page.get_by_test_id("stLayoutWrapper"))
    line = ready.filter(has_text=name).filter(has=page.get_by_role("button", name="Download", exact=True)).last
    expect(line).to_be_visible(timeout=60_000)
    with page.expect_download() as waiting:
        line.get_by_role("button", name="Download", exact=True).click()
    assert waiting.value.suggested_filename == name
    return content(waiting.value)


# Test and reserve


def test_a_test_fills_the_text_box_and_takes_nothing(desk, app, kept):
    go(desk, app, "Generate")
    expect(desk.get_by_label("Prefix", exact=True)).to_have_value("910")
    type_in(desk, "Quantity", str(QUANTITY))
    press(desk, "Test code")
    box = desk.get_by_test_id("stCode")
    kept["codes"] = box.locator("code").inner_text().split()
    assert [ean.verdict(code) for code in kept["codes"]] == ["ok"] * QUANTITY
    assert all(code.startswith("910") and len(code) == 13 for code in kept["codes"])
    box.hover()
    box.get_by_role("button", name="Copy to clipboard").click()
    assert desk.evaluate("navigator.clipboard.readText()").split() == kept["codes"]
    expect(desk.get_by_text("1,000,000,000 of 1,000,000,000 left · 0 held")).to_be_visible()


def test_more_than_ten_thousand_is_a_sentence_beside_the_field(desk):
    type_in(desk, "Quantity", "10001")
    expect(desk.get_by_text("At most 10,000 codes are made in a run, not 10,001.")).to_be_visible()
    expect(desk.get_by_role("button", name="Test code")).to_be_disabled()
    expect(desk.get_by_role("button", name="Reserve", exact=True)).to_be_disabled()
    expect(desk.get_by_role("dialog")).to_have_count(0)


def test_reserve_takes_what_was_tested(desk, kept):
    type_in(desk, "Quantity", str(QUANTITY))
    expect(desk.get_by_role("button", name="Reserve", exact=True)).to_be_disabled()
    desk.get_by_text("I have read this").click()
    at_rest(desk)
    press(desk, "Reserve")
    expect(desk.get_by_role("heading", name="Run 1", exact=True)).to_be_visible()
    expect(desk.get_by_text(f"999,999,988 of 1,000,000,000 left · {QUANTITY} held")).to_be_visible()
    lines = downloaded(desk, "TXT").decode().split("\r\n")
    assert lines[0].startswith(f"# {AUSTRIA}")
    assert lines[1:] == [*kept["codes"], ""]


# Lists


def test_the_list_as_csv_keeps_every_digit_in_excel(desk, kept):
    raw = downloaded(desk, "CSV")
    table = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert b"E+" not in raw
    assert table[0][0].startswith(AUSTRIA)
    assert table[1][:2] == ["Code", "Type"]
    assert [row[0] for row in table[2:]] == [f'="{code}"' for code in kept["codes"]]


def test_the_list_as_workbook_has_codes_as_text(desk, kept):
    sheet = load_workbook(io.BytesIO(downloaded(desk, "XLSX"))).active
    assert sheet["A1"].value.startswith(AUSTRIA)
    cells = [sheet.cell(row, 1) for row in range(3, 3 + QUANTITY)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(code, "s") for code in kept["codes"]]


# Barcodes and labels


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_barcodes_come_as_a_zip_and_are_named_by_their_codes(desk, kept, kind):
    press(desk, f"{kind.upper()} zip")
    with zipfile.ZipFile(io.BytesIO(fetched(desk, f"run-1-barcodes-{kind}.zip"))) as archive:
        assert sorted(archive.namelist()) == sorted([*(f"{code}.{kind}" for code in kept["codes"]), "README.txt"])
        assert AUSTRIA in archive.read("README.txt").decode()
        if kind == "png":
            for code in kept["codes"][:3]:
                picture = Image.open(io.BytesIO(archive.read(f"{code}.png"))).convert("L")
                assert misread(picture, code, "EAN-13") == {}


def test_nobody_else_gets_the_file(visitor, app):
    """It has no address of its own."""
    stranger = visitor().request
    made = [path.name for path in (app.folder / "made").iterdir()]
    assert len(made) == 2
    for path in (f"/made/{made[0]}", f"/media/{made[0]}", f"/media/{made[0]}.zip", f"/pictures/{made[0]}"):
        assert not stranger.get(app.url + path).body().startswith(b"PK")


def test_a_closed_tab_loses_nothing(desk, app, kept):
    """Asked for in one tab that is closed at once, fetched in another."""
    other = desk.context.new_page()
    go(other, app, "Runs", e_run="1")
    press(other, "Labels…")
    other.get_by_label("Sheet or roll").click()
    other.get_by_role("option", name="Roll, 50 × 30 mm").click()
    at_rest(other)
    expect(other.get_by_text(f"{QUANTITY} labels from the roll")).to_be_visible()
    expect(other.get_by_alt_text("Label")).to_be_visible()
    other.get_by_role("button", name="Make PDF").click()
    expect(
        other.get_by_role("button", name="Stop").or_(other.get_by_text("run-1-labels-roll_50x30.pdf")).first
    ).to_be_visible()
    other.close()
    go(desk, app, "Generate")
    scanned(fetched(desk, "run-1-labels-roll_50x30.pdf"), [[code] for code in kept["codes"]])


def scanned(pdf: bytes, pages: list[list[str]]) -> None:
    """Every code of every page, and nothing else, is read by the decoders."""
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == len(pages)
    for page, codes in zip(document, pages, strict=True):
        picture = page.render(scale=300 / 72, grayscale=True).to_pil()
        assert read_by_all(picture)["zxing"] == {(SYMBOLS["EAN-13"], code.zfill(14)) for code in codes}
    document.close()


def test_a_half_used_sheet_is_filled_from_its_next_place(desk, app, kept):
    go(desk, app, "Labels")
    type_in(desk, "Begin at place (1 to 24)", "20")
    expect(desk.get_by_text(f"{QUANTITY} labels on 2 sheets")).to_be_visible()
    expect(desk.get_by_alt_text("First sheet")).to_be_visible()
    press(desk, "Make PDF")
    scanned(fetched(desk, "run-1-labels-a4_3x8.pdf"), [kept["codes"][:5], kept["codes"][5:]])


# Give, find, print with a title


def test_a_ticked_product_gets_a_code_and_its_label_says_its_name(desk, app, kept):
    go(desk, app, "Assign", codeless_sort="SKU ↑")
    grid = Grid(desk, "codeless")
    kept["sku"], kept["title"] = grid.text(0, "SKU"), grid.text(0, "Title")
    tick(desk, "codeless", 0)
    press(desk, "Assign to 1 ticked")
    said(desk, "1 product has a code now.")
    expect(desk.get_by_role("link", name="List them in stores")).to_be_visible()
    go(desk, app, "Ledger", e_text=kept["sku"])
    grid = tick(desk, "ledger", 0)
    kept["code"] = grid.text(0, "Code")
    assert kept["code"] in kept["codes"]
    assert (grid.text(0, "State"), grid.text(0, "GTIN-14"), grid.text(0, "Run")) == (
        "assigned",
        f"0{kept['code']}",
        "1",
    )
    expect(desk.get_by_test_id("stImage")).to_be_visible()
    press(desk, "Labels…")
    desk.get_by_text("English", exact=True).click()
    at_rest(desk)
    press(desk, "Make PDF")
    found = fetched(desk, "picked-codes-labels-a4_3x8.pdf")
    scanned(found, [[kept["code"]]])
    document = pypdfium2.PdfDocument(found)
    words = document[0].get_textpage().get_text_bounded()
    document.close()
    assert kept["sku"] in words
    assert kept["title"].split()[0] in words


def test_all_that_lack_a_code_get_one(desk, app):
    go(desk, app, "Assign")
    count = Grid(desk, "codeless").count()
    press(desk, f"Assign to all {count}")
    said(desk, f"{count} products have a code now.")
    expect(desk.get_by_text("Nothing here matches.")).to_be_visible()


# Import


def test_bought_codes_are_brought_in_with_a_verdict_for_each(desk, app):
    go(desk, app, "Import")
    desk.get_by_text("Pasted", exact=True).click()
    at_rest(desk)
    box = desk.get_by_label("Codes", exact=True)
    box.fill("\n".join([*BOUGHT, BOUGHT[0][:-1] + "0" if BOUGHT[0][-1] != "0" else BOUGHT[0][:-1] + "1"]))
    box.press("ControlOrMeta+Enter")
    at_rest(desk)
    desk.get_by_text("Leave out the 1 row").or_(desk.get_by_text(re.compile("^Leave out"))).first.click()
    at_rest(desk)
    press(desk, "Take 3 codes")
    said(desk, "3 new codes")
    go(desk, app, "Runs")
    grid = Grid(desk, "code runs")
    assert (grid.text(0, "Run"), grid.text(0, "Kind"), grid.text(0, "Codes")) == ("2", "imported", "3")


# Release and take back


def test_a_run_is_taken_back_and_its_card_says_so(desk, app):
    go(desk, app, "Runs", e_run="2")
    press(desk, "Undo run 2…")
    desk.get_by_role("dialog").get_by_role("button", name="Take back").click()
    said(desk, "Run 2 was taken back")
    expect(desk.get_by_role("button", name="Undo run 2…")).to_be_disabled()
    go(desk, app, "Ledger", e_text=BOUGHT[0])
    expect(desk.get_by_text("Nothing here matches.")).to_be_visible()


def test_what_is_left_of_a_run_is_released(desk, app):
    go(desk, app, "Runs", e_run="1")
    label = desk.get_by_role("button", name=re.compile(r"^Release \d+ reserved$"))
    left = int(re.search(r"\d+", label.inner_text())[0])
    label.click()
    said(desk, f"{left} codes released.")
    press(desk, "Show codes")
    expect(desk.get_by_text(f"{QUANTITY - left} found")).to_be_visible()


# The doctor and clearing


def test_the_doctor_names_a_deleted_product_and_clearing_frees_it(desk, app, kept):
    desk.goto(f"{app.url}/products?p_text={kept['sku']}")
    settled(desk)
    tick(desk, "products", 0)
    press(desk, "Delete 1 ticked")
    said(desk, "1 deleted")
    go(desk, app, "Ledger", e_text=kept["sku"])
    tick(desk, "ledger", 0)
    press(desk, "Doctor")
    expect(desk.get_by_text("A deleted product blocks").first).to_be_visible()
    go(desk, app, "Generate")
    desk.get_by_test_id("stButtonGroup").get_by_text("EAN 1", exact=True).click()
    at_rest(desk)
    expect(desk.get_by_text("1 deleted product has an EAN")).to_be_visible()
    press(desk, "Clear 1…")
    desk.get_by_role("dialog").get_by_role("button", name="Clear", exact=True).click()
    said(desk, "1 code retired for ever")
    go(desk, app, "Ledger", e_text=kept["code"])
    assert Grid(desk, "ledger").text(0, "State") == "retired"


# Twice at once


def test_a_double_click_takes_codes_once(desk, app):
    """Under a prefix of our own nothing has to be confirmed, so that the second half of the click could press too."""
    go(desk, app, "Generate")
    desk.get_by_role("textbox", name="Prefix", exact=True).fill("590123")
    desk.get_by_role("textbox", name="Prefix", exact=True).press("Enter")
    at_rest(desk)
    desk.get_by_text("GS1 has given us this prefix").click()
    at_rest(desk)
    type_in(desk, "Quantity", "10000")  # the more, the longer both halves are at it together
    for taken in ("10,000", "20,000"):
        reserve = desk.get_by_role("button", name="Reserve", exact=True)
        expect(reserve).to_be_enabled()
        reserve.hover()
        for _ in range(2):  # as quick as a person is; much quicker, and the browser sends one press
            desk.mouse.down()
            desk.mouse.up()
            desk.wait_for_timeout(80)
        at_rest(desk)
        desk.wait_for_timeout(1_500)
        expect(desk.get_by_text(f"left · {taken} held")).to_be_visible()


# The cure of the source's case


def test_the_doctor_asks_the_marketplace_and_cures_a_mixed_up_product(desk, app):
    go(desk, app, "Doctor", doctor="BED-2002")
    desk.get_by_role("button", name="Ask the marketplace again").last.click()
    expect(desk.get_by_text("Belongs to another item").first).to_be_visible(timeout=60_000)
    at_rest(desk)
    expect(desk.get_by_text("B08HJKL2M9 (brand Nordwind): another brand than ours")).to_be_visible()
    press(desk, "Cure…")
    cure = desk.get_by_role("dialog")
    fresh = re.search(r"\d{13}", cure.get_by_text("The next reserved code is").inner_text())[0]
    cure.get_by_role("button", name="Cure", exact=True).click()
    said(desk, f"BED-2002: 4006381333931 is off, {fresh} is on.")
    go(desk, app, "Ledger", e_text="4006381333931")
    assert Grid(desk, "ledger").text(0, "State") == "retired"


# Narrow and dark


def test_the_screen_fits_a_small_dark_window(visitor, app):
    page = visitor(viewport={"width": 1024, "height": 768}, color_scheme="dark")
    sign_in(page, app, path="/ean_generator")
    for tab in ("Generate", "Assign", "Ledger", "Runs", "Import", "Labels", "Doctor"):
        go(page, app, tab)
        main = page.get_by_test_id("stMain")
        assert main.evaluate("part => part.scrollWidth - part.clientWidth") <= 0, f"{tab} is wider than the window"
        expect(page.get_by_text("Something went wrong")).to_have_count(0)
