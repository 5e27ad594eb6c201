"""The documentation is there, belongs together and says what is true: held by reading it beside the code."""

import re
import tomllib
from pathlib import Path

import pytest

from lib import articles

ROOT = Path(__file__).resolve().parents[1]
SUPPORT, DECISIONS = ROOT / "docs" / "support", ROOT / "docs" / "decisions"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
READ_IN_CODE = re.compile(
    r"(?:environ(?:\.get\(|\[|\.setdefault\()|number\(|name=)\s*[\"']([A-Z][A-Z_]{3,})[\"']|[\"']([A-Z_]+)[\"'] in os\.environ"
)
MOST_BYTES = 150_000


def texts() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def linked(file: Path) -> set[str]:
    """What a page leads to inside this repository, as paths beside it."""
    found = {target.partition("#")[0] for target in LINK.findall(read(file))}
    return {target for target in found if target and "://" not in target and not target.startswith(("mailto:", "/"))}


def code() -> list[Path]:
    return [*ROOT.glob("*.py"), *(ROOT / "lib").rglob("*.py"), *(ROOT / "db").rglob("*.py")]


def settings_read() -> set[str]:
    return {first or second for file in code() for first, second in READ_IN_CODE.findall(read(file))}


@pytest.mark.parametrize("page", sorted(file.stem for file in (ROOT / "pages").glob("*.py")))
def test_every_screen_has_its_article(page):
    assert page == "support" or articles.about(page) != articles.FIRST, (
        f"write docs/support/{page.replace('_', '-')}.md"
    )


def test_the_overview_leads_to_every_article():
    written = {file.name for file in SUPPORT.glob("*.md")} - {"index.md"}
    assert written - linked(SUPPORT / "index.md") == set()


def test_every_setting_is_explained():
    told = set(re.findall(r"^\| `(\w+)`", read(SUPPORT / "settings.md"), re.MULTILINE))
    assert settings_read() >= {"PORT", "CARAVAN_DATA", "CARAVAN_SMTP", "CARAVAN_DEMO_DELAY", "FORWARDED_ALLOW_IPS"}
    assert settings_read() - told == set(), "explain them in docs/support/settings.md"
    assert told - settings_read() == set(), "nothing reads them"


def test_the_readme_tells_of_no_other_settings():
    told = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", read(ROOT / "README.md"), re.MULTILINE)
    assert {name for row in told for name in re.findall(r"\w+", row)} - settings_read() == set()


def test_every_decision_is_listed():
    assert {file.name for file in DECISIONS.glob("0*.md")} - linked(DECISIONS / "README.md") == set()


@pytest.mark.parametrize("file", texts(), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_what_a_page_leads_to_is_there(file):
    assert {target for target in linked(file) if not (file.parent / target).exists()} == set()


@pytest.mark.parametrize("name", articles.titles())
def test_an_article_on_the_screen_leads_nowhere_but_to_articles_and_shows_its_pictures(name):
    parts = articles.parts(name)
    words = [part for part in parts if isinstance(part, str)]
    assert [
        target for part in words for target in LINK.findall(part) if not target.startswith("/support?article=")
    ] == []
    assert [
        picture.name
        for picture, shows in (part for part in parts if not isinstance(part, str))
        if not picture.is_file()
    ] == []


def test_pictures_are_small():
    assert {file.name for file in (ROOT / "docs").rglob("*.png") if file.stat().st_size > MOST_BYTES} == set()


def test_the_changelog_knows_this_version():
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    assert f"\n## {version}" in read(ROOT / "CHANGELOG.md")
