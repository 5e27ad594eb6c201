"""The log: what went wrong, for whoever mends it, in logs/caravan.log of CARAVAN_DATA. No buyers, no passwords, no tokens."""

import logging
from logging.handlers import RotatingFileHandler

from sqlalchemy.exc import StatementError

from lib import settings

MOST_BYTES, FILES = 2_000_000, 5
log = logging.getLogger("caravan")


def start() -> None:
    """Write into the file; into the terminal where the file cannot be written."""
    # Streamlit switches it on for whoever serves it; the address of an upload holds the session's id, which opens the session.
    logging.getLogger("uvicorn.access").disabled = True
    if log.handlers:
        return
    log.addHandler(_handler())
    log.setLevel(logging.INFO)
    log.propagate = False


def _handler() -> logging.Handler:
    made: logging.Handler
    try:
        folder = settings.logs()
        folder.mkdir(parents=True, exist_ok=True)
        made = RotatingFileHandler(folder / "caravan.log", maxBytes=MOST_BYTES, backupCount=FILES, encoding="utf-8")
    except OSError:
        made = logging.StreamHandler()
    made.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    return made


def keep(number: str, error: BaseException) -> None:
    """Write down an error under the number that the person was told."""
    _hide_values(error)
    log.error("error %s", number, exc_info=error)


def _hide_values(error: BaseException | None) -> None:
    """A failed statement would show the values it was given: names, addresses, hashes."""
    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, StatementError):
            error.hide_parameters = True
        error, seen = error.__cause__ or error.__context__, seen + 1
