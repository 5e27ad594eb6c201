"""A slider of the laboratory that is moved in a real browser, until the last of its charts is drawn anew.

The browser itself takes the times: of the key, of the message that it sends (Streamlit's slider waits a little before), and of the last
change in a chart. Everything runs on the one machine, the browser too.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from bench import pages
from bench.tables import both
from tests.browser import chromium
from tests.browser.screen import settled
from tests.browser.windows import running, window

WARM, CHARTS, QUIET = 3, 3, 400
"""Moves before those that count; charts of the page; ms after which nothing more is drawn."""

WATCH = """
    const send = WebSocket.prototype.send;
    window.moved = {key: 0, sent: 0, drawn: 0};
    WebSocket.prototype.send = function (...what) {
        if (!window.moved.sent) window.moved.sent = performance.now();
        return send.apply(this, what);
    };
    document.addEventListener("keydown", () => window.moved = {key: performance.now(), sent: 0, drawn: 0}, true);
    new MutationObserver(changes => {
        if (changes.some(({target}) => target.closest?.(".js-plotly-plot"))) window.moved.drawn = performance.now();
    }).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
DRAWN = f"() => window.moved.drawn > window.moved.sent && performance.now() - window.moved.drawn > {QUIET}"


def measured(rounds: int, cookie: str) -> dict[str, str]:
    """ms p50 / p95 of the slider that moves all rules at once: nearly every price moves, and every chart."""
    with pages.program("serve") as (address, _), _page(address, cookie) as page:
        page.get_by_role("combobox", name="Rule").click()
        page.get_by_role("option").filter(has_text="at once").click()
        settled(page)
        moves = [_move(page) for _ in range(WARM + rounds)][WARM:]
    return {
        "slider of all rules in a browser, until the last chart is drawn": both([drew for _, drew in moves]),
        "before it, Streamlit's slider waits": both([waited for waited, _ in moves]),
    }


def _move(page: Page) -> tuple[float, float]:
    page.get_by_role("slider", name="All ratios, in points").press("ArrowRight")
    page.wait_for_function(DRAWN)
    settled(page)
    at = page.evaluate("() => window.moved")
    return at["sent"] - at["key"], at["drawn"] - at["sent"]


@contextmanager
def _page(address: str, cookie: str) -> Iterator[Page]:
    """The laboratory, all charts drawn."""
    name, _, value = cookie.partition("=")
    with running(chromium.obtain()) as browser, window(browser) as page:
        page.set_default_timeout(pages.SECONDS_TO_START * 1000)
        page.context.add_cookies([{"name": name, "value": value, "url": address}])
        page.add_init_script(WATCH)
        page.goto(f"{address}/pricing")
        page.locator(".js-plotly-plot").nth(CHARTS - 1).wait_for()
        settled(page)
        yield page
