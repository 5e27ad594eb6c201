"""A program that has just started is asked for a screen before anybody has opened Home: it shows the way in, never the screen.

Streamlit serves pages/ by itself until Home.py has run once. So the first visitors after a start matter, whichever way it was started.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.browser.served import OURS, free_port

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(file.stem for file in (ROOT / "pages").glob("*.py"))
INSIDE = [name for name in PAGES if name not in ("login", "support")]
SECONDS = 40
WAYS = {
    "make run": ["-m", "uvicorn", "asgi:app", "--host", "127.0.0.1", "--log-level", "warning", "--port"],
    "streamlit run": ["-m", "streamlit", "run", "Home.py", "--server.headless", "true", "--server.port"],
}
WAY_IN = {"make run": "Name or e-mail", "streamlit run": "make run"}


@contextlib.contextmanager
def program(way: str, folder: Path) -> Iterator[str]:
    """Caravan over an empty database that holds one product nobody may see; started this way, asked for nothing yet."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k not in OURS} | {"CARAVAN_DATA": str(folder)}
    prepare = (
        "from db.upgrade import upgrade; upgrade()\n"
        "from db.session import SYSTEM, transaction; from db.models import Product\n"
        "with transaction(SYSTEM, 'tests') as session: session.add(Product(sku='SECRET-1', title_en='Secret lamp'))"
    )
    subprocess.run([sys.executable, "-c", prepare], cwd=ROOT, env=environment, check=True)
    running = subprocess.Popen(
        [sys.executable, *WAYS[way], str(port)], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"127.0.0.1:{port}"
        _wait_for(f"http://{address}/_stcore/health", running)
        yield address
    finally:
        running.terminate()
        running.wait(20)


def _wait_for(url: str, running: subprocess.Popen) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and running.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError("it did not start")


def first_run(address: str, page: str, cookie: str = "", protocols: tuple[str, ...] = ("streamlit",)) -> str:
    """All that a browser is sent when it opens this page."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    headers = {"Cookie": cookie} if cookie else {}
    sent = []
    with connect(
        f"ws://{address}/_stcore/stream", subprotocols=list(protocols), additional_headers=headers, max_size=None
    ) as socket:
        socket.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(socket.recv(SECONDS))
            sent.append(str(message))
            if message.WhichOneof("type") == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                return "\n".join(sent).encode().decode("unicode_escape", errors="replace")


@pytest.mark.parametrize("way", WAYS)
def test_the_first_visitor_of_each_screen_sees_the_way_in(way: str, tmp_path: Path) -> None:
    with program(way, tmp_path) as address:
        for page in [*INSIDE, ""]:
            sent = first_run(address, page)
            assert WAY_IN[way] in sent, page
            assert "SECRET-1" not in sent, page
            assert "arrow_data_frame" not in sent, page


@pytest.mark.parametrize("page", INSIDE)
def test_a_page_alone_shows_the_way_in(page: str, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Streamlit runs it without Home, and without the way to a cookie that asgi.py opens."""
    from streamlit.testing.v1 import AppTest

    from lib.people import sign_in

    monkeypatch.setattr(sign_in, "gives_cookies", False)
    test = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=30).run()
    assert [one.value for one in test.exception] == []
    assert "make run" in test.warning[0].value
    assert (len(test.title), len(test.dataframe), len(test.button)) == (0, 0, 0)


def test_what_a_visitor_can_reach_besides(tmp_path: Path) -> None:
    """Health for everybody; the cookie for our own page with a ticket; pictures for people who are signed in."""
    name = "a" * 64 + ".jpg"
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / name).write_bytes(b"picture")
    with program("make run", tmp_path) as address:
        ours = {"Origin": f"http://{address}"}
        asked = {
            "/healthz": _status(address, "/healthz"),
            "/_stcore/metrics": _status(address, "/_stcore/metrics"),
            "/_stcore/agent/": _status(address, "/_stcore/agent/openapi.json"),
            "a picture": _status(address, f"/pictures/{name}"),
            "a picture with a made up cookie": _status(address, f"/pictures/{name}", headers={"Cookie": "caravan=x"}),
            "a cookie for no page": _status(address, "/auth/cookie", {"ticket": "x"}),
            "a cookie for another page": _status(address, "/auth/cookie", {"ticket": "x"}, {"Origin": "http://evil"}),
            "a cookie for a made up ticket": _status(address, "/auth/cookie", {"ticket": "x"}, ours),
            "a cookie for no text": _status(address, "/auth/cookie", {"ticket": [1]}, ours),
            "a cookie for a very long ticket": _status(address, "/auth/cookie", {"ticket": "x" * 5_000}, ours),
            "a sign-out by another page": _status(address, "/auth/drop", {}, {"Origin": "http://evil"}),
        }
        assert asked == {
            "/healthz": 200,
            "/_stcore/metrics": 404,
            "/_stcore/agent/": 404,
            "a picture": 403,
            "a picture with a made up cookie": 403,
            "a cookie for no page": 403,
            "a cookie for another page": 403,
            "a cookie for a made up ticket": 410,
            "a cookie for no text": 410,
            "a cookie for a very long ticket": 410,
            "a sign-out by another page": 403,
        }


def _status(address: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> int:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"http://{address}{path}", data, headers or {}), timeout=20
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_who_is_signed_in_gets_in_and_a_stolen_session_id_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session can be resumed by its id, which stands in the addresses of uploads. The cookie cannot."""
    from db.models import Person
    from db.session import SYSTEM, forget_engine, transaction
    from db.vocabulary import PersonState, Role
    from lib.people import passwords, sign_in

    with program("make run", tmp_path) as address:
        monkeypatch.setenv("CARAVAN_DATA", str(tmp_path))
        forget_engine()
        with transaction(SYSTEM, "tests") as session:
            person = Person(username="alice", role=Role.ADMIN, state=PersonState.ACTIVE)
            person.password_hash = passwords.keep("Right-horse1")
            session.add(person)
        ticket = sign_in.enter("alice", "Right-horse1", "here")
        request = urllib.request.Request(
            f"http://{address}/auth/cookie", json.dumps({"ticket": ticket}).encode(), {"Origin": f"http://{address}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            given = answer.headers["Set-Cookie"]
        assert answer.status == 204
        assert "HttpOnly" in given
        assert "SameSite=lax" in given
        cookie = given.partition(";")[0]
        assert _status(address, "/auth/cookie", {"ticket": ticket}, {"Origin": f"http://{address}"}) == 410

        signed_in = first_run(address, "products", cookie)
        assert "SECRET-1" in signed_in
        assert WAY_IN["make run"] not in signed_in
        session_id = signed_in.partition('session_id: "')[2].partition('"')[0]
        stolen = first_run(address, "products", protocols=("streamlit", "x", session_id))
        assert WAY_IN["make run"] in stolen
        assert "SECRET-1" not in stolen

        sign_in.leave(cookie.partition("=")[2])
        assert WAY_IN["make run"] in first_run(address, "products", cookie)
        forget_engine()
