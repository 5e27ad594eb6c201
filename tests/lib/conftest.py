"""What the tests of lib share."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of other people's files that lies beside a checkout of the project."""
    if not SHARED.is_dir():
        pytest.skip("left out: ../shared is not here")
    return SHARED
