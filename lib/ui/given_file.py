"""A file that somebody gives, seen before it is brought in: read once, the counts of what it would do, and the first rows of each kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import pandas as pd
import streamlit as st

from lib.problems import Refused
from lib.ui import page

T = TypeVar("T")
REMARK = "Taken with a remark"


@dataclass(frozen=True)
class Upload:
    """A file that somebody has chosen; `id` is another one for each choosing."""

    id: str
    name: str
    content: bytes


class Preview(Protocol):
    """The first rows of what would happen."""

    @property
    def new(self) -> pd.DataFrame: ...
    @property
    def changed(self) -> pd.DataFrame: ...
    @property
    def refused(self) -> pd.DataFrame: ...
    @property
    def warnings(self) -> pd.DataFrame: ...


def upload(label: str, kinds: list[str], key: str, most_bytes: int, help: str) -> Upload | None:
    """The file; None until there is one. It stays when the import has run."""
    file = st.file_uploader(label, type=kinds, key=key, max_upload_size=most_bytes // 2**20, help=help)
    return Upload(file.file_id, file.name, file.getvalue()) if file else None


def kept(name: str, key: tuple[Any, ...], make: Callable[[], T]) -> T | None:
    """Made once for the same file and choices, until something is saved. None when it is refused, and the page says why."""
    there: tuple[Any, T] | None = st.session_state.get(name)
    if there is None or there[0] != key:
        st.session_state.pop(name, None)
        with st.spinner("Reading and comparing…"):
            try:
                there = (key, make())
            except Refused as refusal:
                page.complain(refusal)
                return None
        st.session_state[name] = there
    return there[1]


def counts(numbers: Mapping[str, int]) -> None:
    for place, (name, count) in zip(st.columns(len(numbers)), numbers.items(), strict=True):
        place.metric(name, f"{count:,}", border=True)


def tables(found: Preview, key: str, most: int, below_refused: Callable[[], object], where_all: str = "") -> None:
    """A table for each kind of row that there is. Each has the first `most`: `where_all` says where the others are."""
    shown = {"New": found.new, "Changed": found.changed, "Refused": found.refused, REMARK: found.warnings}
    for name, table in ((name, table) for name, table in shown.items() if len(table)):
        with st.expander(name, expanded=name != REMARK):
            st.dataframe(table, hide_index=True, height=min(38 + 35 * len(table), 320), key=f"{key} {name}")
            if name == "Refused":
                below_refused()
    if any(len(table) >= most for table in shown.values()):
        st.caption(f"The tables show the first {most} rows of each kind.{where_all}")
