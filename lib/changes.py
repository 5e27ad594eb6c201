"""What a person changed in a grid: the record that travels from the editor to the history."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import history
from db.models import Base
from lib.problems import Problem, Refused


@dataclass(frozen=True)
class Edit:
    """One cell: the value the person saw and the value the person typed."""

    id: int
    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Changes:
    edits: tuple[Edit, ...] = ()
    added: tuple[Mapping[str, Any], ...] = ()
    deleted: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.edits or self.added or self.deleted)

    def __len__(self) -> int:
        return len(self.edits) + len(self.added) + len(self.deleted)

    def __str__(self) -> str:
        counts = {"changed": len({e.id for e in self.edits}), "added": len(self.added), "deleted": len(self.deleted)}
        return ", ".join(f"{n} {what}" for what, n in counts.items() if n) or "nothing changed"


def apply(
    session: Session,
    model: type[Base],
    edits: Iterable[Edit],
    fields: Iterable[str],
    translate: Mapping[str, Callable[[Any], Any]] | None = None,
) -> list[Any]:
    """Write the edits to their rows and return the rows; refuses, cell by cell, what is no longer what the person saw.

    `translate` turns what the grid shows into what the column holds, for example a category's name into its id; an edit of "category"
    then goes to the column "category_id".
    """
    edits = tuple(edits)
    allowed, translate = set(fields), dict(translate or {})
    rows = locked(session, model, {edit.id for edit in edits})
    problems: list[Problem] = []
    for edit in edits:
        if edit.field not in allowed:
            raise ValueError(f"{model.__name__}.{edit.field} is not editable")
        to_column = translate.get(edit.field, lambda value: value)
        name = f"{edit.field}_id" if hasattr(model, f"{edit.field}_id") else edit.field
        row = rows.get(edit.id)
        if row is None:
            problems.append(
                Problem("This row has been deleted meanwhile. Your typing is kept; discard it.", edit.id, edit.field)
            )
        elif getattr(row, name) != to_column(edit.old):
            problems.append(conflict(edit, _as_shown(session, model, name, getattr(row, name))))
        else:
            setattr(row, name, to_column(edit.new))
    if problems:
        raise Refused(*problems)
    return list(rows.values())


def _as_shown(session: Session, model: type[Base], name: str, value: Any) -> Any:
    """What the grid shows for a value: for the number of another row, what people call that row."""
    column = model.__table__.c.get(name)  # a listing's price is in a table of its own
    references = [] if column is None else list(column.foreign_keys)
    if value is None or not references:
        return value
    row = session.get(history.MODELS[references[0].column.table.name], value)
    return next((called for word in ("path", "sku", "name") if (called := getattr(row, word, None))), value)


def locked(session: Session, model: type[Base], ids: Iterable[int]) -> dict[int, Any]:
    """The rows by id, kept from other writers until the transaction ends. At most some thousands."""
    query = select(model).where(model.id.in_(list(ids))).order_by(model.id).with_for_update()  # type: ignore[attr-defined]
    return {row.id: row for row in session.scalars(query)}  # type: ignore[attr-defined]


def conflict(edit: Edit, theirs: Any) -> Problem:
    shown = getattr(theirs, "label", theirs)
    text = f"Somebody else has changed this to “{shown if shown is not None else 'nothing'}” meanwhile. Yours is kept, not saved."
    return Problem(text, edit.id, edit.field, value=edit.new, theirs=theirs, conflict=True)
