"""The nightly job: orders in, listings out, images, margins weighed anew, and buyers whose time is over. A line for each step.

    python nightly.py                    all steps
    python nightly.py images             one of them
    python nightly.py --dry-run          say what would be done, change nothing

The exit code is the number of steps that failed. The program's worker runs it once a night; a crontab may do so as well.
"""

import argparse
import logging
import sys

from db.upgrade import upgrade
from lib import nightly_runs, outages

BUSY = "Another run is at work already. Nothing was begun; look again in a minute."


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="nightly.py", description=__doc__.partition("\n")[0])
    parser.add_argument("steps", nargs="*", metavar="step", help=", ".join(nightly_runs.STEPS))
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")
    asked = parser.parse_args(words)
    if unknown := [step for step in asked.steps if step not in nightly_runs.STEPS]:
        parser.error(f"there is no step {unknown[0]!r}; there are {', '.join(nightly_runs.STEPS)}")
    logging.basicConfig(level=logging.ERROR)
    failed = 0
    try:
        upgrade()
        for line in nightly_runs.run(steps=asked.steps, is_dry=asked.dry_run):
            print(line, flush=True)
            failed += not line.succeeded
    except nightly_runs.AlreadyRunning:
        print(BUSY, file=sys.stderr)
        return 1
    except Exception as error:
        if (text := outages.sentence(error)) is None:
            raise
        print(text, file=sys.stderr)
        return 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
