"""A program ends with the one that started it, however that one ended."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from lib import lifeline

KEEPER = """
import sys, time
from lib import lifeline
lifeline.start("tests.sleeper", sys.argv[1])
time.sleep(120)
"""


def wait_for(file: Path, text: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if file.exists() and file.read_text(encoding="utf-8") == text:
            return
        time.sleep(0.02)
    raise AssertionError(f"{file} never said {text!r}")


def test_it_ends_when_its_keeper_is_killed(tmp_path: Path) -> None:
    said = tmp_path / "said"
    keeper = subprocess.Popen([sys.executable, "-c", KEEPER, str(said)])
    try:
        wait_for(said, "started")
    finally:
        keeper.kill()
        keeper.wait()
    wait_for(said, "ended")


def test_it_ends_when_it_is_asked(tmp_path: Path) -> None:
    program = lifeline.start("tests.sleeper", str(tmp_path / "said"))
    wait_for(tmp_path / "said", "started")
    lifeline.end(program)
    assert program.returncode == 0
    wait_for(tmp_path / "said", "ended")


def test_one_that_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    program = lifeline.start("tests.sleeper", str(tmp_path / "said"), "deaf")
    wait_for(tmp_path / "said", "started")
    lifeline.end(program, seconds=0.2)
    assert program.returncode == -signal.SIGKILL


def test_one_that_has_ended_is_no_trouble(tmp_path: Path) -> None:
    program = lifeline.start("tests.sleeper", str(tmp_path / "said"))
    program.kill()
    program.wait()
    lifeline.end(program)
    assert program.returncode == -signal.SIGKILL
