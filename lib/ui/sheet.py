"""What somebody is looking at in a grid: the rows as they were read, and what was typed beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from lib.changes import Changes
from lib.problems import Problem
from lib.ui.drafts import Draft


@dataclass(frozen=True)
class View:
    """What the grid shows after this run: which rows are ticked, how many match, and what is typed and not saved."""

    picked: tuple[int, ...] = ()
    total: int = 0
    changes: Changes = field(default_factory=Changes)
    rows: tuple[Mapping[str, Any], ...] = ()


@dataclass
class Sheet:
    """The rows that somebody is looking at, kept as they were read."""

    name: str
    edition: int = 0
    where: Any = None
    rows: list[dict[str, Any]] | None = None
    total: int = 0
    kept: Draft = field(default_factory=Draft)
    live: Draft = field(default_factory=Draft)
    problems: list[Problem] = field(default_factory=list)
    save_asked: float | None = None
    renewed: bool = False
    """Whether the editor begins anew with the rows that are here."""

    @property
    def key(self) -> str:
        return f"{self.name}#{self.edition}"

    def turn(self) -> None:
        """Keep what is typed and read the rows again."""
        self.kept, self.rows, self.edition = self.live, None, self.edition + 1

    def pick(self, *numbers: int) -> None:
        """Tick these rows and no others; what is typed and the rows that were read stay."""
        self.kept, self.edition, self.renewed = self.live, self.edition + 1, True
        self.kept.picked = dict.fromkeys(numbers)


def sheet_of(name: str) -> Sheet:
    found: Sheet = st.session_state.setdefault(f"sheet:{name}", Sheet(name))
    return found
