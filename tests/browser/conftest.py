"""A real Chromium and a Caravan of its own for each file of browser tests."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import chromium
from tests.browser.served import App, served

RESULTS = Path(__file__).resolve().parents[2] / "test-results"
SIZE = {"width": 1440, "height": 900}
MILLISECONDS_TO_WAIT = 20_000
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A Caravan with the small company of a first start."""
    with served(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    found = chromium.find()
    if not found:
        pytest.fail(chromium.MISSING, pytrace=False)
    expect.set_options(timeout=MILLISECONDS_TO_WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Opens a page for one more person, with cookies of their own: alice, bob = visitor(), visitor()."""
    people: list[BrowserContext] = []
    strangers: list[str] = []

    def notice(url: str) -> None:
        if urlsplit(url).hostname not in (None, "127.0.0.1", "localhost"):
            strangers.append(url)

    def visit(**options: object) -> Page:
        context = browser.new_context(**({"viewport": SIZE, "locale": "en-GB", "timezone_id": "UTC"} | options))
        context.set_default_timeout(MILLISECONDS_TO_WAIT)
        context.on("request", lambda asked: notice(asked.url))
        people.append(context)
        return context.new_page()

    yield visit
    keep_pictures(request.node, people)
    for context in people:
        context.close()
    assert strangers == [], "the screens asked other machines for something"


@pytest.fixture
def page(visitor: Callable[..., Page]) -> Page:
    """One person's window, 1440 x 900."""
    return visitor()


def keep_pictures(test: pytest.Item, people: list[BrowserContext]) -> None:
    """What each window shows when a test has failed."""
    if not test.stash.get(_FAILED, True):
        return
    RESULTS.mkdir(exist_ok=True)
    name = re.sub(r"\W+", "-", test.nodeid.removeprefix("tests/browser/"))[:120].strip("-")
    for number, page in enumerate((page for context in people for page in context.pages), start=1):
        page.screenshot(path=RESULTS / f"{name}-{number}.png", full_page=True)
