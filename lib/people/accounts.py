"""Accounts: the people who work here. They register, an admin lets them in and gives them a role, or blocks them."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import frames
from db.frames import Page
from db.models import Person, SavedSetting, SignIn
from db.session import SYSTEM, transaction
from db.vocabulary import PersonState, Role, Term
from lib import changes as grid_changes
from lib import settings
from lib.changes import Changes
from lib.commands import command
from lib.people import passwords, sign_in
from lib.problems import Problem, Refused
from lib.rights import Right

log = logging.getLogger(__name__)

EDITABLE = ("name", "role", "state")
SORTS = {
    "username": Person.username,
    "name": Person.name,
    "email": Person.email,
    "role": Person.role,
    "created_at": Person.created_at,
}
MOST_WAITING = 200
FIRST_ADMIN = "admin"
_LAST_ADMIN = "Caravan needs at least one active admin. Make somebody else admin first. Nothing was saved."


class Registration(Term):
    APPROVAL = "approval", "An admin lets everybody in", "orange", "whoever registers waits for an admin"
    OPEN = "open", "Everybody may come in", "green", "whoever registers may look at once, as viewer"
    CLOSED = "closed", "Closed", "red", "nobody can register"


@dataclass(frozen=True)
class Filter:
    """All that is named must hold; within one field any of the values will do."""

    text: str = ""
    state: PersonState | None = None
    roles: tuple[Role, ...] = ()


# Reading


def matching(wanted: Filter) -> Select[Any]:
    query = select(Person.id)
    if wanted.text:
        found = (
            func.lower(column).contains(wanted.text.lower(), autoescape=True)
            for column in (Person.username, Person.email, Person.name)
        )
        query = query.where(or_(*found))
    if wanted.state is not None:
        query = query.where(Person.state == wanted.state)
    if wanted.roles:
        query = query.where(Person.role.in_(wanted.roles))
    return query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Person.id)


def table(session: Session, wanted: Filter, page: Page) -> pd.DataFrame:
    """One row for each person, with when they last signed in."""
    order = frames.order(page, SORTS, Person.username, Person.id)
    ids = frames.page_of(matching(wanted), Person.id, order, page).subquery()
    last = select(func.max(SignIn.opened_at)).where(SignIn.person_id == Person.id).scalar_subquery()
    query = (
        select(
            Person.id, Person.username, Person.name, Person.email, Person.role, Person.state,
            last.label("signed_in_at"), Person.created_at,
        )
        .join(ids, ids.c.id == Person.id)
        .order_by(*order)
    )  # fmt: skip
    return frames.frame(session, query)


def counts(session: Session) -> Mapping[str, int]:
    """How many people are in each state."""
    return {state.value: count(session, Filter(state=state)) for state in PersonState}


@dataclass(frozen=True)
class Waiting:
    id: int
    username: str
    name: str
    email: str
    since: datetime


def waiting(session: Session, most: int = 20) -> list[Waiting]:
    """Who has registered and is not let in yet, the longest waiting first."""
    query = select(Person).where(Person.state == PersonState.WAITING).order_by(Person.id).limit(most)
    return [Waiting(p.id, p.username, p.name, p.email or "", p.created_at) for p in session.scalars(query)]


def registration(session: Session) -> Registration:
    kept = session.scalar(select(SavedSetting.value).where(SavedSetting.name == "registration"))
    return Registration(kept) if kept in Registration.labels() else Registration.APPROVAL


# Coming to us


def register(username: str, email: str, password: str, repeated: str, address: str, name: str = "") -> str:
    """Ask for an account by a name, an e-mail address or both; returns what to do next. Raises Refused.

    The answer is the same, and takes the same time, when the name is taken: nobody learns here who works with us.
    """
    username, email = sign_in.tidy(username), sign_in.tidy(email)
    _check_names(username, email)
    passwords.check(password, repeated)
    sign_in.count_attempt(username or email, address, "register ")
    kept = passwords.keep(password)
    person = Person(username=username or email, email=email or None, name=name.strip()[:120], password_hash=kept)
    try:
        with transaction(SYSTEM, "accounts.register") as session:
            return _welcome(session, person)
    except IntegrityError:
        log.info("somebody registered under a name or address that is taken")
        return _THANKS[person.state or PersonState.WAITING]


_THANKS = {
    PersonState.WAITING: "Thank you. An admin will let you in; after that, sign in with this name and password.",
    PersonState.ACTIVE: "Thank you. You can sign in now.",
}


def _check_names(username: str, email: str) -> None:
    rules = passwords.Rules()
    if not username and not email:
        raise Refused("Give a name, an e-mail address, or both.")
    if username and ("@" in username or not rules.validate_username(username)):
        raise Refused("A name has 1 to 20 letters, digits, - or _. An e-mail address goes into the box below it.")
    if email and not rules.validate_email(email):
        raise Refused("This is no e-mail address. Correct it, or leave it empty.")


def _welcome(session: Session, person: Person) -> str:
    mode = registration(session)
    if session.scalar(select(Person.id).limit(1)) is None:
        person.role, person.state = Role.ADMIN, PersonState.ACTIVE
    elif mode == Registration.CLOSED:
        raise Refused("Registration is closed. Ask an admin.")
    elif count(session, Filter(state=PersonState.WAITING)) >= MOST_WAITING:
        raise Refused("Too many people are waiting to be let in. Ask an admin, or try again later.")
    else:
        person.role = Role.VIEWER
        person.state = PersonState.ACTIVE if mode == Registration.OPEN else PersonState.WAITING
    session.add(person)
    session.flush()
    return _THANKS[person.state]


def first_admin(session: Session) -> str | None:
    """Make the first admin on the first start. Returns what to tell the person at the terminal; None when people are here."""
    if session.scalar(select(Person.id).limit(1)) is not None:
        return None
    given = settings.admin_password()
    if given and len(given.encode()) > passwords.MOST_BYTES:
        raise Refused(f"CARAVAN_ADMIN_PASSWORD is longer than {passwords.MOST_BYTES} bytes. Give a shorter one.")
    password = given or passwords.new()
    session.add(
        Person(
            username=FIRST_ADMIN,
            role=Role.ADMIN,
            state=PersonState.ACTIVE,
            password_hash=passwords.keep(password),
            must_change=given is None,
        )
    )
    if given:
        return f"Sign in as {FIRST_ADMIN} with the password of CARAVAN_ADMIN_PASSWORD."
    return f"Sign in as {FIRST_ADMIN} with the one-time password  {password}  (you choose your own then)."


# Commands


@command(Right.PEOPLE)
def approve(session: Session, person_id: int, role: Role = Role.VIEWER) -> str:
    """Let somebody in."""
    person = _person(session, person_id)
    person.state, person.role = PersonState.ACTIVE, Role(role)
    keep_an_admin(session)
    return f"{person.username} may sign in now, as {person.role.label}."


@command(Right.PEOPLE)
def block(session: Session, person_id: int) -> str:
    """Keep somebody out; their open windows end at the next click."""
    person = _person(session, person_id)
    person.state = PersonState.BLOCKED
    _shut_out(session, [person])
    return f"{person.username} can no longer sign in."


@command(Right.PEOPLE)
def save(session: Session, changes: Changes) -> str:
    """Write the names, roles and states that were changed in the grid."""
    if changes.added or changes.deleted:
        raise Refused("People register themselves, and are blocked instead of deleted. Nothing was saved.")
    if problems := check(changes):
        raise Refused(*problems)
    people = grid_changes.apply(session, Person, changes.edits, EDITABLE)
    _shut_out(session, people)
    return f"People: {changes}."


def check(changes: Changes) -> list[Problem]:
    """Everything wrong with these changes that can be seen without looking in the database."""
    return [
        Problem("Nobody goes back to waiting. Choose Active or Blocked.", edit.id, edit.field)
        for edit in changes.edits
        if edit.field == "state" and edit.new == PersonState.WAITING
    ]


@command(Right.PEOPLE)
def set_registration(session: Session, mode: Registration) -> str:
    """Choose how people come to us."""
    kept = session.scalar(select(SavedSetting).where(SavedSetting.name == "registration"))
    if kept is None:
        session.add(SavedSetting(name="registration", value=Registration(mode).value))
    else:
        kept.value = Registration(mode).value
    return f"Registration: {Registration(mode).meaning}."


def _person(session: Session, person_id: int) -> Person:
    found: dict[int, Person] = grid_changes.locked(session, Person, [person_id])
    if person_id not in found:
        raise Refused("This account is no longer there. Nothing was changed.")
    return found[person_id]


def _shut_out(session: Session, people: Iterable[Person]) -> None:
    for person in people:
        if person.state != PersonState.ACTIVE:
            sign_in.leave_everywhere(session, person.id)
    keep_an_admin(session)


def keep_an_admin(session: Session) -> None:
    """Counted on locked rows: two admins who demote each other at the same moment do not both succeed."""
    session.flush()
    admins = select(Person.id).where(Person.role == Role.ADMIN, Person.state == PersonState.ACTIVE)
    if not session.scalars(admins.order_by(Person.id).with_for_update()).all():
        raise Refused(_LAST_ADMIN)
