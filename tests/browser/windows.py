"""A browser and its windows: one for each person, with cookies of their own. None may ask another machine for anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Page, sync_playwright

SIZE = {"width": 1440, "height": 900}
MILLISECONDS_TO_WAIT = 20_000
# What unfolds is open at once: a click on something that still moves falls beside it, which no person is quick enough for.
AT_ONCE = """const animate = Element.prototype.animate
Element.prototype.animate = function (...how) {
    const motion = animate.apply(this, how)
    motion.finish()
    return motion
}"""
# No sandbox because the tests may run as root; no talk with anybody but this machine.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@contextmanager
def running(program: str) -> Iterator[Browser]:
    """The browser of this path, without a screen, for the time of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, **options: object) -> Iterator[Page]:
    """A window of 1440 x 900 for one more person, for the time of the block; other `options` are Playwright's."""
    strangers: list[str] = []

    def notice(url: str) -> None:
        if urlsplit(url).hostname not in (None, "127.0.0.1", "localhost"):
            strangers.append(url)

    context = browser.new_context(**({"viewport": SIZE, "locale": "en-GB", "timezone_id": "UTC"} | options))
    context.set_default_timeout(MILLISECONDS_TO_WAIT)
    context.add_init_script(AT_ONCE)
    context.on("request", lambda asked: notice(asked.url))
    try:
        yield context.new_page()
    finally:
        context.close()
    assert strangers == [], "the screens asked other machines for something"


def keep_pictures(browser: Browser, folder: Path, name: str) -> None:
    """What each open window shows, as name-1.png and so on; a window that has crashed is left out."""
    folder.mkdir(exist_ok=True)
    for number, page in enumerate((page for context in browser.contexts for page in context.pages), start=1):
        try:
            page.screenshot(path=folder / f"{name}-{number}.png", full_page=True)
        except Error:
            continue
