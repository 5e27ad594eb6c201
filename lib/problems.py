"""What went wrong, in words for the person at the screen."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    `row` is the primary key and `field` the column of the cell it is about, `line` the line of an uploaded file; each is None
    when the problem is about the whole. `theirs` is what a colleague has saved in that cell meanwhile, `value` what was given.
    """

    text: str
    row: int | None = None
    field: str | None = None
    line: int | None = None
    value: Any = None
    theirs: Any = None
    conflict: bool = False

    def __str__(self) -> str:
        return self.text


class Refused(Exception):
    """A request that cannot be carried out as it stands. Nothing has been saved.

    The only exception that a screen turns into a message; anything else is a bug.
    """

    def __init__(self, *problems: Problem | str):
        self.problems = [p if isinstance(p, Problem) else Problem(p) for p in problems]
        super().__init__("; ".join(p.text for p in self.problems))
