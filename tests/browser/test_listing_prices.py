"""A new price from the list to the marketplace and back, in a real browser."""

from playwright.sync_api import expect

from tests.browser.grid import Grid
from tests.browser.screen import press, said, settled
from tests.browser.served import sign_in

SERVED = {"CARAVAN_DEMO_DELAY": "0"}


def test_a_typed_price_is_sent_alone_and_taken(page, app):
    sign_in(page, app, path="/listings?l_status=active&l_store=US-01")
    settled(page)
    grid = Grid(page, "listings")
    before = grid.text(0, "On the marketplace")
    assert grid.text(0, "Price") == before
    grid.type(0, "Price", "77.77")
    settled(page)
    press(page, "Save")
    said(page, "1 listing changed here. “Send prices” takes new prices to the marketplace")
    page.get_by_text("Other price there").click()
    settled(page)
    expect(page.get_by_text("1 found")).to_be_visible()
    assert (grid.text(0, "Price"), grid.text(0, "On the marketplace")) == ("77.77", before)
    press(page, "Send prices")
    page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()
    said(page, "1 price waits to be sent to US-01.")
    for _ in range(20):
        page.goto(f"{app.url}/listings?l_differs=true")
        settled(page)
        if page.get_by_text("0 found").count():
            break
        page.wait_for_timeout(1_000)
    expect(page.get_by_text("0 found")).to_be_visible()
