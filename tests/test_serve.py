"""Starting and ending Caravan as a person at a terminal does: what is said, what runs, and that nothing is left."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.browser.served import App, served

ROOT = Path(__file__).resolve().parents[1]
OURS = ("DATABASE_URL", "CARAVAN_DATA", "CARAVAN_ADMIN_PASSWORD", "HOST", "PORT")


def start(**settings: str) -> subprocess.CompletedProcess[str]:
    """`make run` that is expected to end by itself."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS} | settings
    return subprocess.run(
        [sys.executable, "serve.py"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90
    )


def refusal(**settings: str) -> str:
    ended = start(**settings)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    start_of_it, _, sentence = ended.stderr.partition("Caravan did not start. ")
    assert start_of_it == ""
    return sentence.strip()


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "8501.5", "٣٣٣٣"])
def test_a_port_that_is_none(port: str, tmp_path: Path) -> None:
    assert refusal(PORT=port, CARAVAN_DATA=str(tmp_path)).endswith("give a number from 1 to 65535, e.g. PORT=8501.")
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refusal(PORT=str(port), CARAVAN_DATA=str(tmp_path))
    assert said == (
        f"Port {port} is taken, perhaps by another Caravan. End that one or choose another: PORT={port + 1}."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be(tmp_path: Path, port: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    said = refusal(CARAVAN_DATA=str(tmp_path / "file"), PORT=port)
    assert said.endswith("cannot be a folder: a file has that name. Choose another: CARAVAN_DATA=folder.")
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_file_that_is_no_database(tmp_path: Path, port: str) -> None:
    (tmp_path / "caravan.db").write_bytes(b"a shopping list, not a database" * 100)
    said = refusal(CARAVAN_DATA=str(tmp_path), PORT=port)
    assert said.startswith("The file is no database or is damaged. Nothing was changed.")
    assert (tmp_path / "caravan.db").read_bytes() == b"a shopping list, not a database" * 100


def test_an_address_that_is_none(tmp_path: Path, port: str) -> None:
    said = refusal(CARAVAN_DATA=str(tmp_path), DATABASE_URL="my database", PORT=port)
    assert said.startswith("DATABASE_URL is not an address of a database that Caravan knows.")


@pytest.fixture
def port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


def workers(app: App) -> list[psutil.Process]:
    return [child for child in psutil.Process(app.pid).children(recursive=True) if "lib.worker" in command(child)]


def command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # it has just ended
        return ""


def until(true: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_life(tmp_path: Path) -> None:
    """Started, answering, its worker started again after a death, ended with nothing left."""
    with served(tmp_path) as app:
        assert urllib.request.urlopen(f"{app.url}/healthz", timeout=10).status == 200
        until(lambda: f"Caravan is ready: {app.url}" in app.said())
        until(lambda: len(workers(app)) == 1)
        first = workers(app)[0]
        first.kill()
        until(lambda: workers(app) not in ([], [first]))
        everything = [psutil.Process(app.pid), *psutil.Process(app.pid).children(recursive=True)]
    assert all(gone(process) for process in everything)
    assert "Caravan has stopped." in app.said()
    assert "Traceback" not in app.said()
    assert '"GET ' not in app.said(), "the addresses of uploads name sessions: no line for each request"


def test_what_is_printed_once_is_printed_once(tmp_path: Path) -> None:
    """Without a password given, the first start prints one; the second start repeats nothing."""
    with served(tmp_path, CARAVAN_ADMIN_PASSWORD="") as app:
        until(lambda: "Caravan is ready" in app.said())
        first = app.said()
    assert "admin" in first
    with served(tmp_path, CARAVAN_ADMIN_PASSWORD="") as app:
        until(lambda: app.said().count("Caravan is ready") == 2)
        assert "admin" not in app.said()[len(first) :]


def test_a_killed_caravan_leaves_no_worker(tmp_path: Path) -> None:
    with served(tmp_path) as app:
        until(lambda: len(workers(app)) == 1)
        left = workers(app)
        os.kill(app.pid, signal.SIGKILL)
        until(lambda: all(gone(worker) for worker in left))
