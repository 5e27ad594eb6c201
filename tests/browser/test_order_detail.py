"""An order beside the list, in a real browser: the buyer, a link of a line, the keys to the next order, a note, the chart of its money."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.company import asked
from tests.browser.grid import Grid
from tests.browser.screen import settled
from tests.browser.served import App, sign_in

SIZES = [{"width": 1440, "height": 900}, {"width": 1024, "height": 800}]


@pytest.fixture(params=SIZES, ids=["1440", "1024"])
def desk(request: pytest.FixtureRequest, visitor: Callable[..., Page], app: App) -> Page:
    page = visitor(viewport=request.param)
    sign_in(page, app, path="/orders")
    return page


def numbers(app: App, where: str) -> list[str]:
    """The numbers of the orders of which that is true, newest first, as the list has them."""
    found = asked(app, f"SELECT number FROM customer_order WHERE {where} ORDER BY bought_at DESC, id DESC")
    return [str(number) for (number,) in found]


def open_order(page: Page, app: App, number: str) -> None:
    page.goto(f"{app.url}/orders?order={number}")
    expect(page.get_by_test_id("stCode").filter(has_text=number).first).to_be_visible()
    expect(page.get_by_text("What has happened")).to_be_visible()
    settled(page)


def fits(page: Page) -> None:
    """Nothing stands out of the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_money_is_a_chart_and_says_what_is_an_estimate(desk, app):
    open_order(desk, app, numbers(app, "has_purchase AND status = 'unshipped'")[0])
    chart = desk.get_by_test_id("stPlotlyChart")
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".waterfalllayer .point").first).to_be_visible()
    names = chart.locator(".xtick text").all_text_contents()
    assert names[:2] == ["Items", "Fee"]
    assert names[-1] == "Left"
    expect(desk.get_by_text("The fee is an estimate: 15 % of price and shipping.")).to_be_visible()
    expect(desk.get_by_text(re.compile("≈ [0-9.]+ [A-Z]{3}")).first).to_be_visible()
    fits(desk)


def test_the_buyer_is_revealed_for_one_look_and_written_down(desk, app):
    number = numbers(app, "buyer_sealed IS NOT NULL AND status = 'unshipped'")[0]
    open_order(desk, app, number)
    desk.get_by_role("button", name="Reveal").click()
    expect(desk.get_by_text(re.compile("@"))).to_be_visible()
    name = desk.get_by_text(re.compile("@")).inner_text()
    desk.reload()
    expect(desk.get_by_role("button", name="Reveal")).to_be_visible()
    expect(desk.get_by_text(name)).to_have_count(0)
    said, *_ = asked(app, "SELECT summary FROM change_set WHERE command = 'buyers.reveal' ORDER BY id DESC")[0]
    assert said == f"The buyer of order {number} was shown to admin."


def test_the_best_guess_is_one_click_and_the_link_is_taken_away_again(desk, app):
    number = numbers(app, "is_unlinked")[0]
    open_order(desk, app, number)
    desk.get_by_label("Which product is it?").fill("KIT-1001")
    link = desk.get_by_role("button", name="Link", exact=True).nth(1)
    expect(desk.get_by_text(re.compile("^KIT-1001 ·"))).to_be_visible()
    link.click()
    expect(desk.get_by_test_id("stAlert").filter(has_text="is linked to KIT-1001")).to_be_visible()
    desk.get_by_role("button", name="Unlink").click()
    expect(desk.get_by_test_id("stAlert").filter(has_text="no longer linked to KIT-1001")).to_be_visible()
    expect(desk.get_by_label("Which product is it?")).to_be_visible()
    fits(desk)


def test_keys_lead_to_the_next_order_and_back_but_not_while_somebody_types(desk, app):
    first, second, third = numbers(app, "1 = 1")[:3]
    open_order(desk, app, first)
    expect(desk.get_by_role("button", name="Previous")).to_be_disabled()
    desk.keyboard.press("j")
    expect(desk).to_have_url(re.compile(f"order={second}"))
    settled(desk)
    desk.keyboard.press("j")
    expect(desk).to_have_url(re.compile(f"order={third}"))
    settled(desk)
    desk.keyboard.press("k")
    expect(desk).to_have_url(re.compile(f"order={second}"))
    settled(desk)
    note = desk.get_by_placeholder("A note; Enter saves it")
    note.click()
    note.press_sequentially("just jk")
    settled(desk)
    expect(desk).to_have_url(re.compile(f"order={second}"))
    expect(note).to_have_value("just jk")


def test_a_letter_typed_into_the_list_does_not_lead_away(desk, app):
    first = numbers(app, "1 = 1")[0]
    open_order(desk, app, first)
    Grid(desk, "orders").select(1, "Work")
    desk.keyboard.type("jj")
    settled(desk)
    expect(desk).to_have_url(re.compile(f"order={first}"))


def test_enter_saves_a_note_and_the_timeline_says_who(desk, app):
    number = numbers(app, "status = 'unshipped'")[1]
    open_order(desk, app, number)
    text = f"call first, {desk.viewport_size['width']}"
    note = desk.get_by_placeholder("A note; Enter saves it")
    note.fill(text)
    note.press("Enter")
    expect(desk.get_by_test_id("stText").filter(has_text=text)).to_be_visible()
    expect(note).to_have_value("")
    expect(desk.get_by_text(re.compile(r"· admin · 1 order changed")).first).to_be_visible()


def test_the_form_opens_inside_and_the_way_back_leads_to_the_order(desk, app):
    open_order(desk, app, numbers(app, "work_status = 'to_purchase'")[0])
    desk.get_by_role("button", name="Add purchase").first.click()
    expect(desk.get_by_role("button", name="Create purchase order")).to_be_visible()
    fits(desk)
    desk.get_by_role("button", name="Back to the order").click()
    expect(desk.get_by_text("What has happened")).to_be_visible()


def test_close_leaves_the_list_alone(desk, app):
    open_order(desk, app, numbers(app, "1 = 1")[0])
    desk.get_by_role("button", name="Close", exact=True).click()
    expect(desk.get_by_text("What has happened")).to_have_count(0)
    expect(desk).not_to_have_url(re.compile("order="))
