"""A program that ends with the one that started it, however that one ended.

`start` gives the program one end of a pipe as its standard input and keeps the other. When the keeper is gone, even by
`kill -9`, the pipe closes, and `python -m lib.lifeline MODULE` ends what it runs.
"""

import contextlib
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO

SECONDS_TO_END = 10.0


def start(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None, log: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Run `module` as a program of its own, in its own process group, tied to the life of this process."""
    return subprocess.Popen(
        [sys.executable, "-m", "lib.lifeline", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT if log else None,
        env=environment,
        start_new_session=True,
    )


def end(program: subprocess.Popen[bytes], seconds: float = SECONDS_TO_END) -> None:
    """Ask it to end; after `seconds` end it and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        program.terminate()
    try:
        program.wait(seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
    if program.stdin:
        program.stdin.close()


def _end_with_the_keeper() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_END)
    os._exit(1)


def main() -> None:
    sys.argv = sys.argv[1:]
    threading.Thread(target=_end_with_the_keeper, name="lifeline", daemon=True).start()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
