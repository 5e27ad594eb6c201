"""The category tree. A category is written with all that is above it: Men / Tops."""

from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.models import Category
from lib.problems import Refused

BETWEEN = " / "
MOST_LEVELS, MOST_LETTERS, MOST_LETTERS_OF_PATH = 12, 200, 600


def names(path: str) -> list[str]:
    """The names from the root down. Blanks around a name do not count, and empty names are left out."""
    pieces = (" ".join(name.split()) for name in f" {path} ".split(BETWEEN))
    return [name for name in pieces if name]


def lineage(path: str) -> list[str]:
    """The paths from the root down to the category itself: Men, Men / Tops."""
    steps = names(path)
    return [BETWEEN.join(steps[: level + 1]) for level in range(len(steps))]


def problem(path: str) -> str | None:
    """Why this cannot be a category; None when it can."""
    steps = names(path)
    if not steps:
        return "A category needs a name."
    if len(steps) > MOST_LEVELS:
        return f"A category has at most {MOST_LEVELS} levels, this one has {len(steps)}."
    if any(len(name) > MOST_LETTERS for name in steps) or len(BETWEEN.join(steps)) > MOST_LETTERS_OF_PATH:
        return f"The name of a category is too long: at most {MOST_LETTERS} letters, {MOST_LETTERS_OF_PATH} with all above it."
    return None


def paths(session: Session) -> dict[str, int]:
    """All categories, path -> id, in the order of the alphabet."""
    return {row.path: row.id for row in session.execute(select(Category.path, Category.id).order_by(Category.path))}


def names_by_id(session: Session) -> dict[int, str]:
    """All categories, id -> path, for a choice."""
    return {number: path for path, number in paths(session).items()}


def ensure(session: Session, path: str, created: dict[str, int] | None = None) -> int:
    """The id of this category; it and what is missing above it are made.

    `created` keeps path -> id from call to call, so that a file of 100,000 rows asks for each category once.
    """
    known = {} if created is None else created
    if text := problem(path):
        raise Refused(f"{text} Nothing was saved.")
    parent: int | None = None
    for step in lineage(path):
        if step not in known:
            known[step] = _found_or_made(session, step, parent)
        parent = known[step]
    return known[lineage(path)[-1]]


def _found_or_made(session: Session, path: str, parent: int | None) -> int:
    found = session.scalar(select(Category.id).where(Category.path == path))
    if found is not None:
        return found
    made = Category(parent_id=parent, name=names(path)[-1], path=path)
    session.add(made)
    session.flush()
    return made.id


def below(ids: Iterable[int]) -> Select[tuple[int]]:
    """The ids of these categories and of everything below them, to be used in a WHERE."""
    found = select(Category.id).where(Category.id.in_(list(ids))).cte("below", recursive=True)
    found = found.union(select(Category.id).join(found, Category.parent_id == found.c.id))
    return select(found.c.id)
