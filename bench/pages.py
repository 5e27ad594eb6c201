"""The Products page as a person's browser asks for it, beside a page that shows nothing, turn by turn on the same machine."""

import os
import secrets
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.client import Client
from bench.queries import Case
from db.session import SYSTEM, folder, reading, transaction
from lib import lifeline
from lib.people import accounts, sign_in
from lib.products import products
from tests.browser.served import free_port

SECONDS_TO_START = 60
HERE = Path(__file__).parent


@contextmanager
def program(module: str, *arguments: str, health: str = "/healthz") -> Iterator[tuple[str, int]]:
    """A server for the time of the block: its address and its process."""
    port = str(free_port())
    log = (folder() / f"{module}.log").open("ab")
    started = lifeline.start(
        module,
        *(a.replace("PORT", port) for a in arguments),
        environment=os.environ | {"PORT": port},
        log=log,
    )
    try:
        _wait(f"http://127.0.0.1:{port}{health}")
        yield f"http://127.0.0.1:{port}", started.pid
    finally:
        lifeline.end(started)
        log.close()


def _wait(address: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def signed_in() -> str:
    """The cookie of somebody who may do everything."""
    password = os.environ["CARAVAN_ADMIN_PASSWORD"] = f"Aa1!{secrets.token_hex(8)}"
    with transaction(SYSTEM, "setup.first_start") as session:
        accounts.first_admin(session)
    ticket = sign_in.enter(accounts.FIRST_ADMIN, password, "127.0.0.1")
    return f"{sign_in.COOKIE}={sign_in.give_cookie(ticket)}"


def reruns(cases: Sequence[Case], rounds: int, cookie: str) -> Iterator[tuple[Case, dict[str, list[float]]]]:
    """Milliseconds of whole reruns by case: our page, a bare one served alike, a bare one of `streamlit run`."""
    with ExitStack() as stack:
        ours, _ = stack.enter_context(program("serve"))
        bare = _open(stack, program("bench.bare"))
        plain = _open(stack, program("streamlit", "run", str(HERE / "bare_page.py"), "--server.port=PORT", "--server.headless=true",
                                     "--runner.postScriptGC=true", health="/_stcore/health"))  # fmt: skip
        for case in cases:
            print(f"  page: {case.name}", file=sys.stderr, flush=True)
            tab = Client(ours, "products", case.ours, cookie)
            spent: dict[str, list[float]] = {"page": [], "bare": [], "plain": []}
            for number in range(rounds + 2):
                took = {
                    "page": tab.rerun("products:refresh"),
                    "bare": bare.rerun("refresh"),
                    "plain": plain.rerun("refresh"),
                }
                for name in spent if number >= 2 else ():
                    spent[name].append(took[name])
            _check(case, tab)
            tab.close()
            yield case, spent


def _check(case: Case, tab: Client) -> None:
    """A page that shows something else is not worth timing."""
    with reading() as session:
        expected = list(products.table(session, case.wanted, case.place).index)
    if tab.ids() != expected:
        raise RuntimeError(f"{case.name}: the page shows the rows {tab.ids()[:5]}…, not {expected[:5]}…")


def _open(stack: ExitStack, server: Any) -> Client:
    tab = Client(stack.enter_context(server)[0])
    stack.callback(tab.close)
    return tab


def memory(sessions: int, cookie: str) -> float:
    """MB that each open tab of the Products page adds to the server."""
    with program("serve") as (address, process):
        first = Client(address, "products", "", cookie)
        first.rerun("products:refresh")
        before = _resident(process)
        tabs = [Client(address, "products", "", cookie) for _ in range(sessions)]
        for tab in tabs:
            tab.rerun("products:refresh")
        after = _resident(process)
        for tab in (first, *tabs):
            tab.close()
    return (after - before) / sessions


def _resident(process: int) -> float:
    return float(psutil.Process(process).memory_info().rss) / 2**20
