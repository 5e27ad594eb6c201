"""Experiments: what somebody tries with prices, kept under a name, alone or for all to see. Keeping one changes no rule and no price."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Experiment
from db.session import Actor
from db.storable import NO_LETTER
from db.vocabulary import Role
from lib.commands import command
from lib.prices.price_draft import Draft, Scope, draft_from_json, draft_to_json, scope_from_json, scope_to_json
from lib.problems import Problem, Refused
from lib.rights import Right, may

MOST = 200
"""Experiments that one person keeps."""
MOST_SHOWN = 1_000
MOST_TRIED, MOST_PICKED = 2_000, 10_000
LONGEST_NAME, LONGEST_NOTE = 80, 500
GONE = "This experiment is gone, or somebody keeps it to themselves. Choose another one, or ask who sent you the link."


@dataclass(frozen=True)
class Kept:
    """One experiment as it was kept. `draft` and `scope` are empty when they cannot be read any more; `is_whole` says so."""

    id: int
    name: str
    owner: str
    is_shared: bool
    note: str
    draft: Draft
    scope: Scope
    created_at: datetime
    updated_at: datetime
    is_whole: bool = True

    @property
    def says(self) -> str:
        """What is tried in it, in a few words: "2 rules, 1 store"."""
        return str(self.draft) or ("nothing" if self.is_whole else "cannot be read any more")


# Reading


def mine_and_shared(session: Session, me: Actor) -> list[Kept]:
    """My own experiments and those that others share, mine first, the newest of each first; at most 1,000."""
    if not may(me, Right.LOOK):
        return []
    is_mine = Experiment.owner == me.name
    query = (
        select(Experiment)
        .where(is_mine | Experiment.is_shared)
        .order_by(is_mine.desc(), Experiment.updated_at.desc(), Experiment.id.desc())
    )
    return [_kept(row) for row in session.scalars(query.limit(MOST_SHOWN))]


def find(session: Session, reference: int | str | None, me: Actor) -> Kept | None:
    """The experiment that a link names; None when it is gone (`GONE` says so), or is kept private by somebody else.

    Admins see those too.
    """
    number = str(reference or "")
    if not (number.isascii() and number.isdigit() and len(number) < 10) or not may(me, Right.LOOK):
        return None
    row = session.get(Experiment, int(number))
    if row is None or not (row.is_shared or row.owner == me.name or me.role is Role.ADMIN):
        return None
    return _kept(row)


def own(session: Session, name: str, me: Actor) -> Kept | None:
    """My experiment of that name."""
    row = _named(session, me.name, _tidy(name))
    return _kept(row) if row else None


def _kept(row: Experiment) -> Kept:
    try:
        draft, scope, is_whole = draft_from_json(row.draft), scope_from_json(row.scope), True
    except ValueError:
        draft, scope, is_whole = Draft(), Scope(), False
    return Kept(
        row.id, row.name, row.owner, row.is_shared, row.note, draft, scope, row.created_at, row.updated_at, is_whole
    )


def _named(session: Session, owner: str, name: str) -> Experiment | None:
    return session.scalars(select(Experiment).where(Experiment.owner == owner, Experiment.name == name)).first()


# Commands


@command(Right.PRICES)
def keep(session: Session, name: str, draft: Draft, scope: Scope, note: str = "", shared: bool = True) -> str:
    """Keep what is tried under a new name. At most 200 a person."""
    me, name = session.info["actor"].name, _tidy(name)
    _check(session, me, name, note)
    held = session.scalar(select(func.count()).select_from(Experiment).where(Experiment.owner == me)) or 0
    if held >= MOST:
        raise Refused(f"You keep {held} experiments already, {MOST} are the most. Nothing was kept: delete some.")
    session.add(Experiment(name=name, owner=me, is_shared=shared, note=note.strip(), **_packed(draft, scope)))
    return f"Experiment “{name}” kept, {_seen(shared)}. No rule and no price has changed."


@command(Right.PRICES)
def save(session: Session, number: int, draft: Draft, scope: Scope) -> str:
    """Keep what is tried now in an experiment of one's own, in place of what was in it."""
    row = _mine(session, number)
    if row.owner != session.info["actor"].name:
        raise Refused(f"“{row.name}” is {row.owner}'s. Nothing was kept: keep yours under a name of its own.")
    for field, value in _packed(draft, scope).items():
        setattr(row, field, value)
    return f"Experiment “{row.name}” kept as it is tried now. No rule and no price has changed."


@command(Right.PRICES)
def rename(session: Session, number: int, name: str, note: str | None = None) -> str:
    """Another name, and another note where one is given."""
    row, name = _mine(session, number), _tidy(name)
    before = row.name
    _check(session, row.owner, name, note or "", row)
    row.name, row.note = name, row.note if note is None else note.strip()
    return f"Experiment “{before}” is called “{name}” now." if name != before else f"Experiment “{name}” saved."


@command(Right.PRICES)
def share(session: Session, number: int, shared: bool) -> str:
    """Let everybody see it, or nobody else."""
    row = _mine(session, number)
    row.is_shared = shared
    return f"Experiment “{row.name}”: {_seen(shared)}."


@command(Right.PRICES)
def delete(session: Session, number: int) -> str:
    """Throw it away; the history can bring it back."""
    row = _mine(session, number)
    session.delete(row)
    return f"Experiment “{row.name}” deleted. No rule and no price has changed."


def _mine(session: Session, number: int) -> Experiment:
    """The experiment, if this person may change it: its owner, or an admin."""
    me: Actor = session.info["actor"]
    row = session.get(Experiment, number, with_for_update=True)
    if row is None or not (row.is_shared or row.owner == me.name or me.role is Role.ADMIN):
        raise Refused(f"{GONE} Nothing was changed.")
    if row.owner != me.name and me.role is not Role.ADMIN:
        raise Refused(f"“{row.name}” is {row.owner}'s. Nothing was changed: keep yours under a name of its own.")
    return row


def _check(session: Session, owner: str, name: str, note: str, row: Experiment | None = None) -> None:
    if not name:
        raise Refused(Problem("An experiment needs a name. Nothing was kept.", field="name"))
    if len(name) > LONGEST_NAME or len(note.strip()) > LONGEST_NOTE:
        most = f"at most {LONGEST_NAME} letters in the name, {LONGEST_NOTE} in the note"
        raise Refused(f"That is too long: {most}. Nothing was kept.")
    if (same := _named(session, owner, name)) is not None and same is not row:
        whose = "You have" if owner == session.info["actor"].name else f"{owner} has"
        raise Refused(
            Problem(f"{whose} an experiment “{name}” already. Nothing was kept: choose another name.", field="name")
        )


def _packed(draft: Draft, scope: Scope) -> dict[str, Any]:
    if not draft:
        raise Refused("Nothing was tried: there is nothing to keep.")
    if len(draft.rules) + len(draft.stores) + len(draft.rates) > MOST_TRIED or len(scope.listings) > MOST_PICKED:
        most = f"{MOST_TRIED:,} rules, stores and rates and {MOST_PICKED:,} picked listings"
        raise Refused(f"An experiment holds at most {most}. Nothing was kept.")
    return {"draft": draft_to_json(draft), "scope": scope_to_json(scope)}


def _tidy(name: str) -> str:
    return " ".join(NO_LETTER.sub(" ", name).split())


def _seen(shared: bool) -> str:
    return "everybody can see it" if shared else "only you and admins can see it"
