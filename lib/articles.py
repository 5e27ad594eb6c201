"""The support articles: one for each screen, plain files in docs/support."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "support"
FIRST = "index"


@cache
def titles() -> dict[str, str]:
    """Every article by its name, with its title, in the order of reading: the overview first."""
    found = {file.stem: _title(file) for file in FOLDER.glob("*.md")}
    return {name: found[name] for name in sorted(found, key=lambda name: (name != FIRST, found[name].lower()))}


def _title(file: Path) -> str:
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    return first.lstrip("# ").strip() or file.stem


def text(name: str) -> str:
    """An article as Markdown, its links leading to the other articles on this screen. Raises LookupError."""
    if name not in titles():
        raise LookupError(name)
    raw = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return re.sub(r"\]\(([a-z0-9-]+)\.md(?:#[\w-]*)?\)", r"](/support?article=\1)", raw)


def about(page: str) -> str:
    """The name of the article about a screen; the overview when it has none."""
    return next((name for name in titles() if name.replace("-", "_") == page.replace("-", "_")), FIRST)
