"""What can be set from outside, by environment variables. Each is explained in docs/support/settings.md."""

import os
from pathlib import Path

from db.session import folder


def pictures() -> Path:
    """Where the pictures are kept, each under the hash of its content."""
    return folder() / "pictures"


def keys() -> Path:
    """Where the key that seals buyers' names and addresses is kept; outside the database on purpose."""
    return folder() / "keys"


def uploads() -> Path:
    """Where an uploaded file waits for its job."""
    return folder() / "uploads"


def made() -> Path:
    """Where files that long work has made wait to be fetched."""
    return folder() / "made"


def logs() -> Path:
    """Where errors are written down."""
    return folder() / "logs"


def number(name: str, default: int) -> int:
    """A whole number from the environment; what is not one counts as not set."""
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default


def demo_delay_seconds() -> int:
    """How long the demo marketplace thinks before it answers (CARAVAN_DEMO_DELAY, 20)."""
    return number("CARAVAN_DEMO_DELAY", 20)


def buyer_days() -> int:
    """Buyers' names and addresses are erased this many days after shipment (CARAVAN_BUYER_DAYS, 30)."""
    return number("CARAVAN_BUYER_DAYS", 30)


def redis_url() -> str | None:
    """A Redis for the job queue of several machines (CARAVAN_REDIS); otherwise a file beside the database."""
    return os.environ.get("CARAVAN_REDIS") or None


def mail_server() -> str | None:
    """smtp://user:password@host:port for reset codes (CARAVAN_SMTP); without it an admin hands them over."""
    return os.environ.get("CARAVAN_SMTP") or None


def admin_password() -> str | None:
    """The first admin's password (CARAVAN_ADMIN_PASSWORD), instead of a printed one."""
    return os.environ.get("CARAVAN_ADMIN_PASSWORD", "").strip() or None


def seed() -> str:
    """What an empty database begins with (CARAVAN_SEED): a small company to look at, or with "none" only stores and rates."""
    return os.environ.get("CARAVAN_SEED", "company")
