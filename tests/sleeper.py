"""A program that does nothing until it is told to end, and says so in the file that it is given."""

import signal
import sys
import time
from pathlib import Path

said = Path(sys.argv[1])


def end(*_: object) -> None:
    said.write_text("ended", encoding="utf-8")
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in sys.argv else end)
    said.write_text("started", encoding="utf-8")
    time.sleep(120)
