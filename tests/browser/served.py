"""A Caravan of its own for the browser tests: its own port, folder and administrator, ended with the tests."""

import contextlib
import os
import secrets
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from lib import lifeline

SECONDS_TO_START = 60
OURS = ("DATABASE_URL", "CARAVAN_DATA", "CARAVAN_ADMIN_PASSWORD", "HOST", "PORT", "FORWARDED_ALLOW_IPS")


@dataclass(frozen=True)
class App:
    """Where it answers, who may do everything, and where its database, pictures and log are."""

    url: str
    folder: Path
    password: str
    pid: int
    admin: str = "admin"

    def said(self) -> str:
        """What stands in its terminal."""
        return (self.folder / "terminal.log").read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def served(folder: Path, module: str = "serve", **settings: str) -> Iterator[App]:
    """Caravan, answering, for the time of the block. Another start in the same folder finds the same company."""
    port, password = free_port(), f"Aa1!{secrets.token_hex(8)}"
    own = {"PORT": str(port), "CARAVAN_DATA": str(folder), "CARAVAN_ADMIN_PASSWORD": password, "PYTHONUNBUFFERED": "1"}
    environment = {name: value for name, value in os.environ.items() if name not in OURS} | own | settings
    password = environment["CARAVAN_ADMIN_PASSWORD"]
    with (folder / "terminal.log").open("ab") as terminal:
        program = lifeline.start(module, environment=environment, log=terminal)
    app = App(f"http://127.0.0.1:{port}", folder, password, program.pid)
    try:
        _wait_for(app, lambda: program.poll() is None)
        yield app
    finally:
        lifeline.end(program)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_for(app: App, alive: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while alive() and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{app.url}/healthz", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"Caravan did not start. Its terminal says:\n{app.said()[-3000:]}")


def sign_in(page: Page, app: App, name: str | None = None, password: str | None = None, path: str = "/") -> None:
    """Go to a screen as somebody, the administrator unless named, by way of the sign-in form."""
    page.goto(app.url + path)
    page.get_by_label("Name or e-mail").fill(name or app.admin)
    page.get_by_label("Password", exact=True).fill(password or app.password)
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out", exact=True).wait_for()
