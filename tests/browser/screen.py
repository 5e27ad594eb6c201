"""Waits for what a screen says and does, and tells what it showed instead."""

import re

from playwright.sync_api import Locator, Page, expect

SENT = 250  # ms before the browser has sent a cell that was left by Enter
SHOWN = 2_500
"""So many letters of a page tell what was wrong; a report of the whole page hides it."""


def settled(page: Page) -> None:
    """Wait until the screen has answered what was last done to it."""
    page.wait_for_timeout(SENT)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def at_rest(place: Page | Locator) -> None:
    """The same, with the mouse away: a hint that hangs over the next field would catch the next click."""
    page = place.page if isinstance(place, Locator) else place
    page.mouse.move(0, 0)
    settled(page)


def click(button: Locator) -> None:
    button.click()
    at_rest(button)


def press(place: Page | Locator, name: str | re.Pattern[str], exact: bool = False) -> None:
    """Click the first button that is named so; unless `exact`, a part of its name will do."""
    click(place.get_by_role("button", name=name, exact=exact).first)


def said(page: Page, text: str | re.Pattern[str]) -> None:
    """Wait for a message that has this text."""
    try:
        expect(page.get_by_test_id("stAlert").filter(has_text=text).first).to_be_visible()
    except AssertionError:
        raise AssertionError(f"No message says {text!r}. The page says:\n{_shown(page)}") from None


def _shown(page: Page) -> str:
    """The messages, and then the end of the page: what was pressed stands there oftener than at its top."""
    messages = page.get_by_test_id("stAlert").all_inner_texts()
    lines = [line.strip() for line in page.get_by_test_id("stMain").inner_text().splitlines()]
    fields = page.locator("input:visible").evaluate_all(
        "fields => fields.map(field => `${field.ariaLabel}: ${field.value}`)"
    )
    return f"messages: {messages}\nfields: {fields}\n{' | '.join(filter(None, lines))[-SHOWN:]}"
