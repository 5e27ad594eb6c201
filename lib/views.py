"""Saved views: combinations of criteria that somebody has named, their own or the team's. Home counts those that are marked for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from db.models import SavedView
from db.session import Actor
from db.storable import NO_LETTER
from db.vocabulary import Role
from lib import rights
from lib.commands import command
from lib.orders import order_links, orders
from lib.orders.order_links import SCREENS, Query, Screen
from lib.problems import Refused
from lib.purchases import purchases
from lib.rights import Right

MOST = 200
"""Views that one person may keep for one list."""
LONGEST_NAME, LONGEST_QUERY = 60, 2_000
TEAM = {"orders": Right.ORDERS, "purchase": Right.PURCHASES}
"""Who may keep a view of this list for the whole team."""
_COUNTS: dict[str, Callable[[Session, Any], int]] = {"orders": orders.count, "purchase": purchases.count}


@dataclass(frozen=True)
class View:
    """One saved view as somebody sees it. `query` is what stands in the address of its list."""

    id: int
    screen: str
    name: str
    query: str
    owner: str
    is_shared: bool
    is_queue: bool
    is_mine: bool
    """Whether this person may change and delete it."""
    count: int = 0
    """How many match; 10,001 means more than 10,000. Only for those that Home counts."""

    @property
    def criteria(self) -> dict[str, list[str]]:
        return order_links.parse(self.query)


# Reading


def of_screen(session: Session, actor: Actor, screen: str) -> list[View]:
    """The views of a list that somebody may open: their own first, then the team's, by name."""
    rows = session.scalars(_visible(actor).where(SavedView.screen == screen))
    return sorted((_view(row, actor) for row in rows), key=lambda view: (view.is_shared, view.name.casefold(), view.id))


def find(session: Session, actor: Actor, screen: str, reference: str) -> View | None:
    """The view that a link names by its id; None when there is none, or it is a colleague's own."""
    if not (reference.isascii() and reference.isdigit() and len(reference) < 10):
        return None
    row = session.scalar(_visible(actor).where(SavedView.id == int(reference), SavedView.screen == screen))
    return None if row is None else _view(row, actor)


def on_home(session: Session, actor: Actor) -> list[View]:
    """The views that Home counts for this person, each with how many match now."""
    rows = session.scalars(
        _visible(actor).where(SavedView.is_queue.is_(True)).order_by(SavedView.is_shared, SavedView.name).limit(50)
    )
    return [_view(row, actor, _count(session, row)) for row in rows if row.screen in SCREENS]


def _visible(actor: Actor) -> Select[SavedView]:
    return select(SavedView).where(or_(SavedView.is_shared.is_(True), SavedView.owner == actor.name))


def _view(row: SavedView, actor: Actor, count: int = 0) -> View:
    return View(
        row.id, row.screen, row.name, row.query, row.owner, row.is_shared, row.is_queue, _may(row, actor), count
    )


def _count(session: Session, row: SavedView) -> int:
    wanted = order_links.read(SCREENS[row.screen], order_links.parse(row.query)).wanted
    return _COUNTS[row.screen](session, wanted)


def _may(row: SavedView, actor: Actor) -> bool:
    return row.owner == actor.name or (row.is_shared and actor.role == Role.ADMIN)


# Commands


@command(Right.LOOK)
def save(session: Session, screen: str, name: str, query: Query, shared: bool = False, queue: bool = False) -> str:
    """Keep these criteria under a name: for oneself, or for the team; `queue` lets Home count them."""
    actor, name = _actor(session), _name(name)
    if shared:
        rights.require(actor, TEAM[_screen(screen).name])
    _free(session, actor, screen, name, shared)
    mine = select(func.count()).select_from(SavedView).where(SavedView.owner == actor.name, SavedView.screen == screen)
    if (session.scalar(mine) or 0) >= MOST:
        raise Refused(f"You have {MOST} views of this list already. Delete one first. Nothing was saved.")
    session.add(
        SavedView(
            screen=screen, name=name, query=_query(screen, query), owner=actor.name, is_shared=shared, is_queue=queue
        )
    )
    return f"View “{name}” saved for {'the team' if shared else 'you'}{', and Home counts it' if queue else ''}."


@command(Right.LOOK)
def overwrite(session: Session, view_id: int, seen: str, query: Query) -> str:
    """Give a view these criteria. `seen` are those that it had when it was opened: who was faster is not overwritten."""
    row = _mine(session, view_id, "changed")
    if row.query != seen:
        raise Refused(f"“{row.name}” was changed meanwhile. Open it again and look. Nothing was changed.")
    row.query = _query(row.screen, query)
    return f"View “{row.name}” has these criteria now."


@command(Right.LOOK)
def rename(session: Session, view_id: int, name: str, shared: bool, queue: bool) -> str:
    """Give a view another name, let the team have it or not, and let Home count it or not."""
    row, name = _mine(session, view_id, "changed"), _name(name)
    if shared and not row.is_shared:
        rights.require(_actor(session), TEAM[row.screen])
    if (name, shared) != (row.name, row.is_shared):
        _free(session, Actor(None, row.owner, _actor(session).role), row.screen, name, shared, row.id)
    row.name, row.is_shared, row.is_queue = name, shared, queue
    return f"View “{name}” is for {'the team' if shared else 'one person'}{', and Home counts it' if queue else ''}."


@command(Right.LOOK)
def delete(session: Session, view_id: int) -> str:
    """Take a view away; the orders and purchases that it showed stay."""
    row = _mine(session, view_id, "deleted")
    session.delete(row)
    return f"View “{row.name}” deleted. The way back is in History."


# Rules


def _actor(session: Session) -> Actor:
    actor: Actor = session.info["actor"]
    return actor


def _screen(name: str) -> Screen:
    if name not in SCREENS:
        raise Refused(f"The list “{name[:40]}” has no views. Nothing was saved.")
    return SCREENS[name]


def _name(typed: str) -> str:
    name = " ".join(NO_LETTER.sub("", typed).split())
    if not name:
        raise Refused("A view needs a name. Nothing was saved.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"The name of a view has {LONGEST_NAME} characters at most. Nothing was saved.")
    return name


def _query(screen: str, query: Query) -> str:
    """What stands in the address, always said the same way."""
    text = order_links.text(order_links.canonical(_screen(screen), query))
    if len(text) > LONGEST_QUERY:
        raise Refused("These criteria are too long for a view; paste the numbers as a list instead. Nothing was saved.")
    return text


def _free(session: Session, actor: Actor, screen: str, name: str, shared: bool, but: int = 0) -> None:
    """Refuse a name that the person, or the team, has given to another view of the list."""
    of_whom: Sequence[ColumnElement[bool]] = (
        [SavedView.is_shared.is_(True)] if shared else [SavedView.is_shared.is_(False), SavedView.owner == actor.name]
    )
    taken: Any = select(SavedView.id).where(
        SavedView.screen == screen, SavedView.name == name, SavedView.id != but, *of_whom
    )
    if session.scalar(taken.limit(1)) is not None:
        whose = "The team has" if shared else "There is already"
        raise Refused(
            f"{whose} a view “{name}” of this list. Take another name, or open it and press Update. Nothing was saved."
        )


def _mine(session: Session, view_id: int, verb: str) -> SavedView:
    """The view, held until the end of the transaction; refuses whoever may not change it."""
    actor, row = _actor(session), session.get(SavedView, view_id, with_for_update=True)
    if row is None or not (row.is_shared or row.owner == actor.name):
        raise Refused(f"This view does not exist any more. Nothing was {verb}.")
    if not _may(row, actor):
        raise Refused(
            f"“{row.name}” is {row.owner}'s view for the team; {row.owner} or an admin may change it. Nothing was {verb}."
        )
    return row
