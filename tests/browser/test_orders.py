"""Orders in a real browser, as somebody does it three hundred times a day: ask, paste, open, go on by key, buy for one and for several.

The clicks are counted: each step that says how many it may take presses no more.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.grid import Grid
from tests.browser.screen import click, settled
from tests.browser.served import App, sign_in

SERVED, DESK = {"CARAVAN_DEMO_DELAY": "1"}, "/orders"


def go(page: Page, app: App, path: str = "/orders") -> Grid:
    page.goto(app.url + path)
    expect(page.get_by_role("heading", name="Orders", exact=True, level=1)).to_be_visible()
    settled(page)
    return Grid(page, "orders")


def numbers(page: Page) -> list[str]:
    settled(page)
    return Grid(page, "orders").column("Order")


def opened(page: Page, number: str) -> None:
    """The order stands beside the list, and the address names it."""
    expect(page.get_by_test_id("stCode").filter(has_text=number)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"[?&]order={number}(&|$)"))


def chips(page: Page) -> list[str]:
    found = page.locator(".st-key-orders_chips").get_by_role("button").all_inner_texts()
    return [text.replace("close", "").strip() for text in found]


# Asking


def test_fields_of_several_kinds_narrow_together_and_the_address_tells_it(desk, app):
    every = len(go(desk, app).column("Order"))
    desk.get_by_text("Late", exact=True).click()
    settled(desk)
    late = numbers(desk)
    assert 0 < len(late) < every
    desk.get_by_role("button", name="More").click()
    desk.get_by_label("Has a purchase").click()
    desk.get_by_role("option", name="No", exact=True).click()
    settled(desk)
    desk.keyboard.press("Escape")
    expect(desk).to_have_url(re.compile("o_late=true"))
    expect(desk).to_have_url(re.compile("o_bought=No"))
    narrower = numbers(desk)
    assert set(narrower) < set(late)
    assert chips(desk) == ["Has a purchase: No", "Late", "Clear all"]
    address = desk.url.removeprefix(app.url)
    assert go(desk, app, address).column("Order") == narrower
    click(desk.get_by_role("button", name="Has a purchase: No"))
    assert numbers(desk) == late
    click(desk.get_by_test_id("stBaseButton-tertiary").filter(has_text="Clear all"))
    assert len(numbers(desk)) >= every, "the demo marketplace may have sent more meanwhile"
    assert desk.url == f"{app.url}/orders"


def test_a_pasted_list_separated_anyhow_names_repeats_and_what_is_not_found(desk, app):
    first, second, third = go(desk, app).column("Order")[:3]
    desk.get_by_role("button", name="Paste").click()
    missing = [f"NOPE-{number}" for number in range(40)]
    desk.get_by_label("Numbers").fill(f"{first},{second};{first}\n{third}\t" + "\n".join(missing))
    click(desk.get_by_role("button", name="Find these"))
    told = desk.get_by_test_id("stAlert").filter(has_text="asked")
    expect(told).to_contain_text(f"43 asked, 3 found, 1 twice: {first}, not found: 40")
    assert sorted(numbers(desk)) == sorted([first, second, third])
    expect(desk).to_have_url(re.compile(r"/orders\?o_paste=\w{8,20}$"))
    desk.get_by_text("The 40 that no order has").click()
    with desk.expect_download() as waiting:
        desk.get_by_role("button", name="Download (TXT)").click()
    assert waiting.value.path().read_text(encoding="utf-8").split() == missing


# Opening


def test_one_click_opens_an_order_and_keys_lead_on(desk, app):
    grid = go(desk, app)
    first, second, third = grid.column("Order")[:3]
    grid.tick(0, "✓")
    opened(desk, first)
    desk.keyboard.press("j")
    opened(desk, second)
    settled(desk)
    assert Grid(desk, "orders").column("✓")[:3] == ["false", "true", "false"]
    Grid(desk, "orders").tick(2, "✓")
    opened(desk, third)
    desk.keyboard.press("k")
    opened(desk, second)
    click(desk.get_by_role("button", name="Close", exact=True))
    expect(desk).to_have_url(f"{app.url}/orders")


@pytest.mark.parametrize(("width", "least"), [(1440, 380), (1024, 240)])
def test_list_and_order_have_room_beside_each_other(visitor, app, width, least):
    page = visitor(viewport={"width": width, "height": 800})
    sign_in(page, app, path="/orders")
    number = Grid(page, "orders").column("Order")[0]
    grid = go(page, app, f"/orders?order={number}")
    opened(page, number)
    box = grid.frame.bounding_box()
    beside = page.get_by_test_id("stCode").filter(has_text=number).bounding_box()
    assert box["width"] >= least
    assert beside["x"] > box["x"] + box["width"]
    assert grid.headings()[:3] == ["✓", "Order", "Work"]
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    page.get_by_text("What has happened").scroll_into_view_if_needed()
    assert grid.frame.bounding_box()["y"] >= 0, "the list stays in sight while the order is read to its end"


# Buying


def test_the_only_open_line_is_bought_with_three_clicks(desk, app):
    grid = go(desk, app, "/orders?o_work=to_purchase&o_text=KIT-1001")
    number = grid.column("Order")[0]
    grid.tick(0, "✓")
    opened(desk, number)
    desk.get_by_role("button", name="Add purchase", exact=True).click()
    desk.get_by_role("button", name="Create purchase order").click()
    expect(desk.get_by_test_id("stAlert").filter(has_text="made for order").first).to_contain_text(number)
    assert Grid(desk, "orders").column("Order").count(number) == 0, "it waits for no purchase any more"


def test_several_ticked_orders_are_bought_for_in_one_purchase(desk, app):
    grid = go(desk, app, "/orders?o_work=to_purchase&o_text=BED-2003")
    picked = grid.column("Order")[:2]
    grid.tick(0, "✓")
    opened(desk, picked[0])
    Grid(desk, "orders").tick(1, "✓")
    opened(desk, picked[1])
    desk.get_by_role("button", name="Add purchase for 2 orders").click()
    form = desk.get_by_role("dialog")
    for number in picked:
        expect(form).to_contain_text(number)
    form.get_by_role("button", name="Create purchase order").click()
    expect(desk.get_by_test_id("stAlert").filter(has_text="made").first).to_be_visible()
    expect(form).not_to_be_visible()
    settled(desk)
    desk.goto(f"{app.url}/purchase?b_text={picked[0]}")
    settled(desk)
    assert set(Grid(desk, "purchases").text(0, "For orders").split(", ")) == set(picked)


# Views


def test_a_saved_view_is_a_link_and_a_queue_on_home(desk, app, visitor):
    go(desk, app, "/orders?o_unlinked=true")
    shown = numbers(desk)
    desk.get_by_role("button", name="Save view").click()
    desk.get_by_label("Save what is shown now as").fill("Unlinked 待关联")
    desk.get_by_text("For the whole team").click()
    desk.get_by_text("Count it on Home").click()
    click(desk.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Save view"))
    expect(desk.get_by_test_id("stAlert")).to_contain_text("saved for the team")
    expect(desk).to_have_url(re.compile("o_view=1"))
    colleague = visitor()
    sign_in(colleague, app, path="/orders?o_view=1")
    expect(colleague).to_have_url(re.compile("o_unlinked=true"))
    assert numbers(colleague) == shown
    assert chips(colleague) == ["Unlinked lines", "Clear all"]
    colleague.get_by_text("Late", exact=True).click()
    expect(colleague.get_by_role("button", name="Changed")).to_be_visible()
    colleague.goto(app.url)
    card = colleague.get_by_role("link", name="Unlinked 待关联")
    counted = card.locator("xpath=ancestor::*[@data-testid='stVerticalBlock'][1]").get_by_test_id("stMetricValue")
    expect(counted).to_have_text(str(len(shown)))
    card.click()
    expect(colleague.get_by_role("heading", name="Orders", exact=True, level=1)).to_be_visible()
    assert numbers(colleague) == shown
