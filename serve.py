"""Serves Caravan: `make run`, or `.venv/bin/python serve.py`.

Prepares the database, starts the worker that does the long jobs, answers browsers, and ends all of it together.
What cannot work is said in a sentence before anything is served.
"""

import contextlib
import errno
import os
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from lib import lifeline, outages
from lib.problems import Refused

HERE = Path(__file__).resolve().parent
SECONDS_TO_ANSWER = 60
STARTS_A_MINUTE = 5


class CannotStart(Exception):
    """Why Caravan does not start, in a sentence for the person at the terminal."""


def main() -> int:
    signal.signal(signal.SIGTERM, _stop)
    os.chdir(HERE)  # .streamlit/config.toml is looked for in the current folder
    try:
        with listening() as door:
            welcome = prepare()
            with worker() as begin:
                serve(door, welcome, begin)
    except CannotStart as why:
        print(f"Caravan did not start. {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nCaravan has stopped.")
    return 0


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def listening() -> socket.socket:
    """The socket browsers come to, taken before anything else is done so that nobody else gets it."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8501"
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise CannotStart(f"PORT is {port!r}; give a number from 1 to 65535, e.g. PORT=8501.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        # Only with the protocol named does asyncio send small answers at once instead of after 40 ms.
        door = socket.socket(family, kind, socket.IPPROTO_TCP)
    except OSError as error:
        raise CannotStart(f"HOST is {host!r}, which this machine does not know ({error.strerror}).") from None
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(address)
        door.listen()
    except OSError as error:
        door.close()
        raise CannotStart(_why_not_listening(host, int(port), error)) from None
    return door


def _why_not_listening(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken, perhaps by another Caravan. End that one or choose another: PORT={port + 1}."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} is kept for the administrator of this machine. Choose another: PORT=8501."
    return f"HOST {host} is no address of this machine. Leave it away, or use 127.0.0.1 or 0.0.0.0."


def prepare() -> str | None:
    """Bring the database up to date and, on the first start, fill it. Returns what the person must read once."""
    try:
        from db.upgrade import upgrade

        upgrade()
        from lib.first_start import first_start

        return first_start()
    except Exception as error:
        text = outages.sentence(error) or (str(error) if isinstance(error, Refused) else None)
        raise CannotStart(text or _our_mistake(error)) from error


def _our_mistake(error: Exception) -> str:
    """Keep the details in a file: a person who wants to work is not helped by a traceback."""
    what = f"This is a mistake of ours ({type(error).__name__})."
    with contextlib.suppress(OSError):
        with tempfile.NamedTemporaryFile("w", prefix="caravan-", suffix=".log", delete=False, encoding="utf-8") as log:
            log.writelines(traceback.format_exception(error))
        return f"{what} The details, for whoever mends it, are in {log.name}"
    return what


@contextlib.contextmanager
def worker() -> Iterator[threading.Event]:
    """The program that does the long jobs, started again when it dies, ended with us. Gives what lets it begin."""
    begin, ending = threading.Event(), threading.Event()
    keeper = threading.Thread(target=_keep_working, args=(begin, ending), name="worker keeper", daemon=True)
    keeper.start()
    try:
        yield begin
    finally:
        ending.set()
        begin.set()
        keeper.join(lifeline.SECONDS_TO_END + 2)


def _keep_working(begin: threading.Event, ending: threading.Event) -> None:
    """The first page comes first: both programs at once would take twice as long to load."""
    begin.wait(SECONDS_TO_ANSWER)
    starts: deque[float] = deque(maxlen=STARTS_A_MINUTE)
    while not ending.is_set():
        if len(starts) == STARTS_A_MINUTE and time.monotonic() - starts[0] < 60:
            print(
                f"The worker died {STARTS_A_MINUTE} times within a minute; long jobs wait for a minute.",
                file=sys.stderr,
            )
            ending.wait(60)
            starts.clear()
            continue
        starts.append(time.monotonic())
        program = lifeline.start("lib.worker")
        while program.poll() is None and not ending.wait(0.2):
            pass
        lifeline.end(program)


def serve(door: socket.socket, welcome: str | None, ready: threading.Event) -> None:
    """Answer browsers until somebody ends us."""
    config = uvicorn.Config(
        "asgi:app",
        log_level="warning",
        access_log=False,  # the address of an upload holds the session's id, which opens the session
        server_header=False,
        # Who asks is believed to a proxy only where one is named: the sign-in counts failures by address.
        proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,
        ws_max_size=16 * 1024 * 1024,  # a big paste into a grid; files come by another way
        ws_per_message_deflate=False,  # costs more time than it saves at the sizes we send
        timeout_graceful_shutdown=3,
    )
    threading.Thread(target=_announce, args=(door.getsockname()[:2], welcome, ready), daemon=True).start()
    try:
        uvicorn.Server(config).run(sockets=[door])
    except Exception as error:
        raise CannotStart(_our_mistake(error)) from error


def _announce(address: tuple[str, int], welcome: str | None, ready: threading.Event) -> None:
    """Say where to go as soon as somebody who goes there is answered."""
    host, port = address
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
            if answer.status == 200:
                print(*filter(None, [welcome, f"Caravan is ready: {url}   (Ctrl-C ends it)"]), sep="\n", flush=True)
                ready.set()
                return
        time.sleep(0.1)
    print(f"Caravan has not answered for {SECONDS_TO_ANSWER} seconds; look at the lines above.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
