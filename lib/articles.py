"""The support articles: one for each screen, plain files in docs/support."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "support"
FIRST = "index"
OF_SCREENS = {"import_orders": "order-files", "import_products": "import", "login": "signing-in"}
"""The articles that are not named as their screens are."""
PICTURE = re.compile(r"^!\[([^\]]*)\]\(\.\./images/([\w-]+\.png)\)$", re.MULTILINE)


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


def parts(name: str) -> list[str | tuple[Path, str]]:
    """An article from top to bottom: Markdown, and between it pictures with what they show. Raises LookupError."""
    first, *rest = PICTURE.split(text(name))
    found: list[str | tuple[Path, str]] = [first]
    for shows, picture, following in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        found += [(FOLDER.parent / "images" / picture, shows), following]
    return found


def about(page: str) -> str:
    """The name of the article about a screen; the overview when it has none."""
    name = OF_SCREENS.get(page, page.replace("_", "-"))
    return name if name in titles() else FIRST
