"""A real Chromium and a Caravan of its own for each file of browser tests."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.served import App, served, sign_in
from tests.browser.windows import MILLISECONDS_TO_WAIT, keep_pictures, running, window

RESULTS = Path(__file__).resolve().parents[2] / "test-results"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    if report.when == "call" and report.failed and "browser" in item.funcargs:
        name = re.sub(r"\W+", "-", item.nodeid.removeprefix("tests/browser/"))[:120].strip("-")
        keep_pictures(item.funcargs["browser"], RESULTS, name)
    return report


@pytest.fixture(scope="module")
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A Caravan with the small company of a first start, and with the settings that the file of tests names in SERVED."""
    with served(tmp_path_factory.mktemp("app"), **getattr(request.module, "SERVED", {})) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    found = chromium.find()
    if not found:
        pytest.fail(chromium.MISSING, pytrace=False)
    expect.set_options(timeout=MILLISECONDS_TO_WAIT)
    with running(found) as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest, browser: Browser, app: App) -> Iterator[Page]:
    """The one window in which a file of tests goes on from test to test, signed in at the path that it names in DESK."""
    with window(browser) as page:
        sign_in(page, app, path=request.module.DESK)
        yield page


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page for one more person, with cookies of their own: alice, bob = visitor(), visitor()."""
    with ExitStack() as windows:
        yield lambda **options: windows.enter_context(window(browser, **options))


@pytest.fixture
def page(visitor: Callable[..., Page]) -> Page:
    """One person's window, 1440 x 900."""
    return visitor()
