"""The laboratory of prices in real browsers: try, read, save, apply, be stopped, be told who was faster, take back, push, ask why.

Seven cups at the prices of the golden table, in one store of 120 % + 2; each test begins with them as they were.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import golden
from tests.browser.company import opened
from tests.browser.golden import PRICES, Shop
from tests.browser.grid import Grid
from tests.browser.screen import press, said, settled
from tests.browser.served import served

AS_THEY_WERE = list(PRICES.values())
WITH_160 = ["14.02", "134.00", "253.98", "200.00", "967.98", "782.00", "1874.00"]
"""The prices when the tier from 100 is 160 % + 5: 100 x 160 % + 5 = 165, x 120 % + 2 = 200; 499.99 becomes 804.984 and 967.98."""
SINCE = re.compile(r"Since the preview .*petra [\w ]+ at \d\d:\d\d UTC\. No price was changed: preview again\.")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Shop]:
    """A demo marketplace that answers at once, and nothing but the cups."""
    with served(tmp_path_factory.mktemp("pricing"), CARAVAN_DEMO_DELAY="0", CARAVAN_SEED="none") as app:
        golden.build(app)
        with golden.windows(browser, app) as windows:
            yield Shop(app, windows)


@pytest.fixture
def shop(built: Shop) -> Iterator[Shop]:
    with opened(built.app):
        golden.as_it_was()
        yield built


@pytest.fixture
def enter(shop: Shop) -> Callable[..., Page]:
    """Somebody comes to the screen: enter("petra"), or to another one by its path."""

    def go(name: str, path: str = "/pricing") -> Page:
        page = shop.windows[name]
        page.goto(shop.app.url + path)
        expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()
        settled(page)
        return page

    return go


# What people do


def shows(page: Page, **figures: str) -> None:
    """The figures above the charts: Up="2", No_price="0"."""
    for name, value in figures.items():
        label = page.get_by_test_id("stMetricLabel").get_by_text(name.replace("_", " "), exact=True)
        metric = page.get_by_test_id("stMetric").filter(has=label)
        expect(metric.get_by_test_id("stMetricValue")).to_have_text(value)


def stands(page: Page, *states: str) -> None:
    """Saved, applied, pushed: what the screen says of each."""
    for state in states:
        expect(badge(page, state)).to_be_visible()


def badge(page: Page, words: str) -> Locator:
    """The badge that ends so: before the words stands the name of its icon."""
    return page.locator(".stMarkdownBadge").filter(has_text=re.compile(rf"{words}$"))


def type_ratio(page: Page, starts: str, ratio: str) -> None:
    """Type the ratio of a tier that stands on the bench."""
    tiers = Grid(page, "Tiers tried")
    tiers.type(tiers.row_of("From", starts), "% tried", ratio)
    settled(page)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def view(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).or_(
        page.get_by_role("button", name=name, exact=True)
    ).first.click()
    settled(page)


def tick(page: Page, table: str, row: int) -> None:
    """Choose a row of a table by its box."""
    grid = Grid(page, table)
    (grid.tick(row, "✓") if "✓" in grid.headings() else grid.mark(row))
    settled(page)


# Looking: nothing is saved


def test_a_moved_slider_and_a_typed_ratio_show_what_they_would_do_before_anything_is_saved(enter, shop):
    page = enter("petra")
    shows(page, Up="0", Down="0", Stay="7", No_price="0", Moved="0 %")
    stands(page, "1 Saved", "2 Applied", "3 Pushed")
    thumb = page.get_by_role("slider", name="All ratios, in points")
    thumb.press("ArrowRight")
    thumb.press("ArrowRight")
    shows(page, Up="6", Down="0", Stay="1")  # a cup of 0.01 x 201 % is 14.02 as it is x 200 %
    stands(page, "1 Not saved", "2 Applied")
    press(page, "Discard draft")
    shows(page, Up="0", Stay="7")
    type_ratio(page, "100", "160")
    shows(page, Up="2", Stay="5", Biggest_move="6.61 %")
    view(page, "Biggest movers")
    movers = Grid(page, "Biggest movers")
    assert [movers.column(name) for name in ("SKU", "Now", "Tried")] == [
        ["CUP-5", "CUP-4"], ["907.98 CNY", "188.00 CNY"], ["967.98 CNY", "200.00 CNY"],
    ]  # fmt: skip
    tick(page, "Biggest movers", 1)
    expect(page.get_by_test_id("stCode").filter(has_text="x 160% + 5.00 = 165.00")).to_contain_text(
        "100.00 CNY [1688 / Kitchen, tier >= 100] x 160% + 5.00 = 165.00 -> x fx 1 -> x 120% [store CN-01] + 2.00 = 200.00"
    )
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert (shop.prices(), shop.ratios()) == (AS_THEY_WERE, ["130", "150", "200"])


def test_the_linter_names_the_band_while_somebody_types(enter, shop):
    page = enter("petra")
    band = page.get_by_text("sell below an item of 99.99")
    expect(band).to_contain_text(
        "Costs from 100.00 to 136.65 sell below an item of 99.99: 99.99 becomes 209.98, 100.00 only 155.00."
    )
    type_ratio(page, "100", "140")  # 146.41 x 140 % + 5 = 209.974, and 146.42 becomes 209.988
    expect(band).to_contain_text(
        "Costs from 100.00 to 146.41 sell below an item of 99.99: 99.99 becomes 209.98, 100.00 only 145.00."
    )
    type_ratio(page, "100", "210")
    expect(band).to_have_count(0)
    type_ratio(page, "100", "0")
    expect(page.get_by_text("The percentage 0 must be above 0")).to_be_visible()
    expect(page.get_by_role("button", name="Save rules")).to_be_disabled()
    expect(page.get_by_role("button", name="Apply…")).to_be_disabled()
    type_ratio(page, "100", "1.5")
    expect(page.get_by_text("did you mean 150 %?")).to_be_visible()
    assert shop.ratios() == ["130", "150", "200"]


# Saved, applied, pushed


def test_the_screen_says_what_is_saved_what_is_applied_and_what_is_pushed(enter, shop):
    page = enter("petra")
    type_ratio(page, "100", "160")
    press(page, "Save rules")
    said(page, "Costs from 100.00 to 128.11 sell below an item of 99.99")
    press(dialog(page), "I mean it: save")
    said(page, "Saved: the rule 1688 / Kitchen.")
    stands(page, "1 Saved", "2 Not applied", "3 Pushed")
    assert (shop.ratios(), shop.prices()) == (["130", "160", "200"], AS_THEY_WERE)
    press(page, re.compile("^Apply 2…"))
    expect(dialog(page)).to_contain_text("2 prices would move: 2 up.")
    press(dialog(page), "Apply", exact=True)
    said(
        page, re.compile(r"Run #\d+: 2 prices applied, 2 up. They are not on the marketplaces before they are pushed.")
    )
    stands(page, "1 Saved", "2 Applied", "3 Not pushed")
    assert (shop.prices(), shop.pushed()) == (WITH_160, AS_THEY_WERE)
    press(page, "Push 2")
    said(page, "2 prices wait to be sent to CN-01.")
    until(page, "3 Pushed")
    assert shop.pushed() == WITH_160


def until(page: Page, state: str, looks: int = 20) -> None:
    """Look again until the screen says so: what a job does is not drawn by itself."""
    for _ in range(looks):
        page.reload()
        expect(badge(page, r"3 [\w ]+")).to_be_visible()
        settled(page)
        if badge(page, state).count():
            return
        page.wait_for_timeout(300)
    raise AssertionError(f"The screen does not say {state!r}.")


def test_the_breaker_stops_a_pricing_manager_and_an_admin_goes_on_with_a_reason(enter, shop):
    page = enter("petra")
    move_by(page, "10")
    press(page, re.compile("^Save and apply 7…"))
    expect(dialog(page)).to_contain_text("100 % of all prices would move (7 of 7); the breaker allows 50 %.")
    expect(dialog(page)).to_contain_text("The breaker stops this. Admin may apply it in spite of that, with a reason.")
    go_on = dialog(page).get_by_role("button", name="Save and apply in spite of it")
    expect(go_on).to_be_disabled()
    assert (shop.prices(), shop.ratios()) == (AS_THEY_WERE, ["130", "150", "200"])

    page = enter("admin")
    move_by(page, "10")
    press(page, re.compile("^Save and apply 7…"))
    go_on = dialog(page).get_by_role("button", name="Save and apply in spite of it")
    expect(go_on).to_be_disabled()
    reason = dialog(page).get_by_label("Reason, kept with the run")
    reason.fill("New year, all suppliers ask for more")
    reason.blur()
    expect(go_on).to_be_enabled()
    go_on.click()
    said(page, re.compile(r"Saved: .*Run #\d+: 7 prices applied, 7 up."))
    assert shop.ratios() == ["140", "160", "210"]
    assert shop.prices() == ["14.03", "140.00", "265.97", "200.00", "967.98", "842.00", "2018.00"]
    page.goto(f"{shop.app.url}/pricing?r_tab=Runs")
    settled(page)
    assert Grid(page, "runs").text(0, "Why past the breaker") == "New year, all suppliers ask for more"


def move_by(page: Page, points: str) -> None:
    """All ratios by so many points."""
    field = page.get_by_label("Exactly")
    field.fill(points)
    field.press("Enter")
    settled(page)


# Somebody was faster


def test_a_price_that_a_colleague_types_after_the_preview_stops_the_run(enter, shop):
    bob, petra = enter("bob"), enter("petra", "/pricing?r_tab=Prices")
    type_ratio(bob, "100", "160")
    press(bob, re.compile("^Save and apply 2…"))
    expect(dialog(bob)).to_contain_text("2 prices would move: 2 up.")
    prices = Grid(petra, "prices")
    prices.type(prices.row_of("SKU", "CUP-4"), "Price now", "190")
    settled(petra)
    press(petra, "Save")
    said(petra, "1 listing changed here. Push the prices")
    typed = [price.replace("188.00", "190.00") for price in AS_THEY_WERE]
    press(dialog(bob), "Save and apply", exact=True)
    said(bob, SINCE)
    assert shop.prices() == typed
    dialog(bob).get_by_role("button", name="Close").click()
    settled(bob)
    press(bob, re.compile("^Apply 2…"))
    press(dialog(bob), "Apply", exact=True)
    said(bob, "2 prices applied, 2 up.")
    assert shop.prices() == WITH_160


def test_a_rule_that_a_colleague_has_saved_meanwhile_is_decided_by_the_person(enter, shop):
    bob, petra = enter("bob"), enter("petra")
    type_ratio(bob, "100", "160")
    save(petra, "100", "155")
    press(bob, "Save rules")
    press(dialog(bob), "I mean it: save")
    said(bob, re.compile("petra"))
    assert shop.ratios() == ["130", "155", "200"]
    dialog(bob).get_by_role("button", name="Close").click()
    settled(bob)
    said(bob, "Somebody has changed this rule meanwhile")
    press(bob, "Take theirs")
    shows(bob, Up="2", Stay="5")
    assert (Grid(bob, "Tiers tried").column("% tried"), shop.prices()) == (["130", "155", "200"], AS_THEY_WERE)


def save(page: Page, starts: str, ratio: str) -> None:
    type_ratio(page, starts, ratio)
    press(page, "Save rules")
    press(dialog(page), "I mean it: save")
    said(page, "Saved: the rule 1688 / Kitchen.")


def test_of_two_who_apply_at_once_one_wins_and_the_other_is_told(enter, shop):
    save(enter("petra"), "100", "160")
    bob, petra = enter("bob"), enter("petra")
    for page in (bob, petra):
        press(page, re.compile("^Apply 2…"))
        expect(dialog(page)).to_contain_text("2 prices would move: 2 up.")
    press(dialog(petra), "Apply", exact=True)
    said(petra, "2 prices applied, 2 up.")
    press(dialog(bob), "Apply", exact=True)
    said(bob, SINCE)
    assert shop.prices() == WITH_160


# Back again


def test_a_run_is_taken_back_in_part_and_as_a_whole(enter, shop):
    page = enter("petra")
    type_ratio(page, "100", "160")
    press(page, re.compile("^Save and apply 2…"))
    press(dialog(page), "Save and apply", exact=True)
    said(page, "2 prices applied, 2 up.")
    page.goto(f"{shop.app.url}/pricing?r_tab=Runs")
    settled(page)
    tick(page, "runs", 0)
    number = re.sub(r"\D", "", page.get_by_role("heading", name=re.compile(r"^Run #\d+")).inner_text())
    moves = Grid(page, f"moves {number}")
    assert [moves.column(name) for name in ("SKU", "From", "To")] == [
        ["CUP-4", "CUP-5"], ["188.00", "907.98"], ["200.00", "967.98"],
    ]  # fmt: skip
    tick(page, f"moves {number}", 0)
    press(page, "Undo 1 ticked")
    said(page, f"Run #{number} taken back by run #{int(number) + 1}: 1 price is what it was.")
    assert shop.prices() == [price.replace("200.00", "188.00") for price in WITH_160]
    page.goto(f"{shop.app.url}/pricing?r_tab=Runs&r_run={number}")
    settled(page)
    press(page, f"Undo run #{number}")
    said(page, f"Run #{number} taken back by run #{int(number) + 2}: 1 price is what it was.")
    assert shop.prices() == AS_THEY_WERE


# Why, and backwards


def test_why_this_price_tells_the_formula_of_the_upload_todays_and_the_difference(enter, shop):
    save(enter("petra"), "100", "160")
    page = enter("lily", "/listings?l_text=CUP-4")
    tick(page, "listings", 0)
    press(page, "Why this price?")
    drawer = dialog(page)
    expect(drawer).to_contain_text("Formula of the last upload")
    then = "100.00 CNY [1688 / Kitchen, tier >= 100] x 150% + 5.00 = 155.00 -> x fx 1 -> x 120% [store CN-01] + 2.00 = 188.00"
    today = "100.00 CNY [1688 / Kitchen, tier >= 100] x 160% + 5.00 = 165.00 -> x fx 1 -> x 120% [store CN-01] + 2.00 = 200.00"
    codes = drawer.get_by_test_id("stCode")
    expect(codes.filter(has_text=then)).to_be_visible()
    expect(codes.filter(has_text=today)).to_be_visible()
    expect(codes.filter(has_text="店铺 CN-01").first).to_be_visible()
    expect(drawer).to_contain_text("What has changed from then to today")
    expect(codes.filter(has_text="+12.00").first).to_be_visible()
    assert shop.prices() == AS_THEY_WERE


def test_the_ratio_for_a_price_is_found_and_tried(enter, shop):
    page = enter("petra")
    press(page, "What ratio gives…")
    asked = page.get_by_test_id("stPopoverBody")
    asked.get_by_label("SKU").fill("CUP-4")
    asked.get_by_label("SKU").press("Enter")
    settled(page)
    choose(page, asked.get_by_label("Store"), "CN-01")
    asked.get_by_label("Amount").fill("200")
    asked.get_by_label("Amount").press("Enter")
    expect(asked).to_contain_text("160 %")
    press(asked, "Try 160 %")
    shows(page, Up="2", Stay="5")
    assert (Grid(page, "Tiers tried").column("% tried"), shop.prices()) == (["130", "160", "200"], AS_THEY_WERE)


def choose(page: Page, field: Locator, option: str) -> None:
    field.click()
    page.keyboard.insert_text(option)
    page.get_by_role("option", name=option, exact=True).click()
    settled(page)


# Experiments, files


def test_an_experiment_is_kept_opened_by_a_colleague_from_its_link_and_compared(enter, shop):
    petra = enter("petra")
    type_ratio(petra, "100", "160")
    keep(petra, "Spring")
    said(petra, "Experiment “Spring” kept")
    press(petra, "Link")
    link = petra.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()
    assert link.startswith(shop.app.url)
    bob = enter("bob", link.removeprefix(shop.app.url))
    shows(bob, Up="2", Stay="5")
    assert Grid(bob, "Tiers tried").column("% tried") == ["130", "160", "200"]
    type_ratio(bob, "100", "170")
    keep(bob, "Summer")
    said(bob, "Experiment “Summer” kept")
    press(bob, "Compare…")
    table = Grid(bob, "Comparison")
    assert set(table.headings()) >= {"As saved", "Spring · petra", "Summer · bob"}
    row = table.rows()[0]
    assert (row[0], sorted(row[1:])) == ("Up", ["0", "2", "2"])
    biggest = next(row for row in table.rows() if row[0] == "Biggest move")
    assert sorted(biggest[1:]) == ["0 %", "13.22 %", "6.61 %"]
    assert (shop.ratios(), shop.prices()) == (["130", "150", "200"], AS_THEY_WERE)


def keep(page: Page, name: str) -> None:
    press(page, "Keep as…")
    body = page.get_by_test_id("stPopoverBody")
    body.get_by_label("Name").fill(name)
    body.get_by_label("Name").blur()
    settled(page)
    press(body, "Keep", exact=True)


def test_rules_go_out_as_a_file_and_come_in_with_a_report_for_each_line(enter, shop, tmp_path):
    page = enter("petra", "/pricing?r_tab=Rules")
    press(page, "Download rules")
    with page.expect_download() as waiting:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="CSV").click()
    rows = list(csv.reader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"))))
    assert rows == [["Category", "Source", "From", "Percent", "Fine", "Active"],
                    *(["Kitchen", "1688", *tier, "yes"] for tier in reversed(golden.TIERS))]  # fmt: skip
    page.keyboard.press("Escape")

    give(page, tmp_path / "wrong.csv", [*rows[:2], ["Kitchen", "1688", "100", "much", "5", "yes"], rows[3]])
    expect(dialog(page).get_by_test_id("stMetric").filter(has_text="Refused")).to_contain_text("3")
    report = Grid(page, "What each line would do")
    assert "much" in " ".join(cell for row in report.rows() for cell in row)
    expect(dialog(page).get_by_role("button", name=re.compile("^Take over"))).to_be_disabled()
    assert shop.ratios() == ["130", "150", "200"]

    page.reload()
    settled(page)
    give(page, tmp_path / "rules.csv", [*rows[:2], ["Kitchen", "1688", "100", "210", "5", "yes"], rows[3]])
    expect(dialog(page).get_by_test_id("stMetric").filter(has_text="Changed")).to_contain_text("1")
    meant = dialog(page).get_by_text("Save in spite of warnings")
    if meant.count():
        meant.click()
        settled(page)
    press(dialog(page), re.compile("^Take over"))
    expect(dialog(page)).to_have_count(0)
    assert (shop.ratios(), shop.prices()) == (["130", "210", "200"], AS_THEY_WERE)


def give(page: Page, file: Path, rows: list[list[str]]) -> None:
    """Upload a file of rules that holds these rows."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(rows)
    press(page, "Upload rules…")
    dialog(page).locator("input[type=file]").set_input_files(file)
    settled(page)
    expect(dialog(page).get_by_test_id("stMetric").first).to_be_visible()
