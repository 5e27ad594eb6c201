"""Windows of a browser: one for each person, with cookies of their own. None may ask another machine for anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Page

SIZE = {"width": 1440, "height": 900}
MILLISECONDS_TO_WAIT = 20_000


@contextmanager
def window(browser: Browser, **options: object) -> Iterator[Page]:
    """A window of 1440 x 900 for one more person, for the time of the block; other `options` are Playwright's."""
    strangers: list[str] = []

    def notice(url: str) -> None:
        if urlsplit(url).hostname not in (None, "127.0.0.1", "localhost"):
            strangers.append(url)

    context = browser.new_context(**({"viewport": SIZE, "locale": "en-GB", "timezone_id": "UTC"} | options))
    context.set_default_timeout(MILLISECONDS_TO_WAIT)
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
