"""Finds a Chromium for the browser tests, and puts one there where none is: `python -m tests.browser.chromium`."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

SECONDS_FOR_PLAYWRIGHT = 60
SECONDS_FOR_DEBIAN = 600
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN = ("chromium", "fonts-noto-cjk")  # the fonts, or Chinese titles are boxes on the screenshots
TOOLS = Path(__file__).resolve().parents[2] / ".tools" / "browsers"
MISSING = (
    "No browser to test with. Install Debian's packages chromium and fonts-noto-cjk, or name one: CHROMIUM=/path/to/it."
)


def find() -> str | None:
    """The path of a browser: the one that CHROMIUM names, an installed one, or the one that Playwright fetched."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    installed = next((path for path in map(shutil.which, NAMES) if path), None)
    return installed or next((str(path) for path in sorted(TOOLS.glob("chromium-*/chrome-linux*/chrome"))), None)


def obtain() -> str:
    """`find`, or ask Playwright for one, or Debian. Raises LookupError with a sentence."""
    for attempt in (lambda: None, _ask_playwright, _ask_debian):
        attempt()
        found = find()
        if found and _runs(found):
            return found
        if os.environ.get("CHROMIUM"):
            raise LookupError(f"CHROMIUM names {os.environ['CHROMIUM']}, which is no program that can be run.")
    raise LookupError(MISSING)


def _runs(browser: str) -> bool:
    """Playwright's browser comes without the libraries of the system that it needs."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run([browser, "--version"], capture_output=True, timeout=60).returncode == 0
    return False


def _ask_playwright() -> None:
    print("No browser found; asking Playwright for one.", flush=True)
    _run([sys.executable, "-m", "playwright", "install", "chromium"], SECONDS_FOR_PLAYWRIGHT)


def _ask_debian() -> None:
    if not shutil.which("apt-get"):
        return
    print("Asking Debian for chromium.", flush=True)
    administrator = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    _run([*administrator, "apt-get", "update", "-qq"], SECONDS_FOR_DEBIAN)
    install = ["apt-get", "install", "--yes", "-qq", "--no-install-recommends", *DEBIAN]
    _run([*administrator, "env", "DEBIAN_FRONTEND=noninteractive", *install], SECONDS_FOR_DEBIAN)


def _run(command: list[str], seconds: int) -> None:
    """Try it quietly, for so long at most: whether it worked is seen by looking for the browser."""
    environment = os.environ | {"PLAYWRIGHT_BROWSERS_PATH": str(TOOLS)}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    try:
        program = subprocess.Popen(command, env=environment, start_new_session=True, **quiet)
    except OSError as error:
        print(f"  That did not work: {error}", flush=True)
        return
    try:
        said, _ = program.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        said, _ = program.communicate()
    if program.returncode != 0:
        reason = next((line for line in said.splitlines() if line.startswith(("E:", "Error"))), f"after {seconds} s")
        print(f"  That did not work: {reason.strip()}", flush=True)


def main() -> int:
    try:
        obtain()
    except LookupError as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
