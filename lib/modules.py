"""Where each module of the business stands, by its own name: a command is remembered as `orders.save`, in whatever folder it is."""

from pathlib import Path

HERE = Path(__file__).parent
WITHOUT_COMMANDS = {"ui", "tables", "channels", "amazon"}
"""Screens, formats and conversations: none of them has a command or a job."""


def places() -> dict[str, str]:
    """The full name of each module that may have commands or jobs, by its last part."""
    files = (file.relative_to(HERE).with_suffix("") for file in sorted(HERE.rglob("*.py")) if file.stem != "__init__")
    return {file.name: ".".join(("lib", *file.parts)) for file in files if file.parts[0] not in WITHOUT_COMMANDS}
