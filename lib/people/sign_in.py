"""Signing in: who is at this browser, for how long, and how often somebody may guess.

A browser holds a random token in a cookie; the database holds its SHA-256, so whatever ends a sign-in there acts at the next
click in every window. `enter`, `give_cookie` and `leave` each are transactions of their own.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db.models import Attempt, Person, SignIn, Ticket
from db.models.base import now
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import PersonState
from lib.people import passwords
from lib.problems import Refused

COOKIE = "caravan"
gives_cookies = False
"""Is there a route that gives browsers their cookie? asgi.py says so; Streamlit started by itself has none."""

DAYS = 7
TICKET_SECONDS = 60
MINUTES = 15
TRIES_A_NAME = 5
TRIES_AN_ADDRESS = 30
WRONG = "Name or password is wrong, or an admin has not let you in yet."
TOO_OFTEN = f"Too many attempts. Try again in {MINUTES} minutes."


# Who is here


def person(session: Session, token: str) -> Person | None:
    """The person whose browser holds this token; None when the sign-in has ended, or the person may not come in."""
    if not token:
        return None
    return session.scalar(
        select(Person)
        .join(SignIn, SignIn.person_id == Person.id)
        .where(
            SignIn.id == passwords.digest(token),
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now(),
            Person.state == PersonState.ACTIVE,
        )
    )


def actor(someone: Person) -> Actor:
    return Actor(someone.id, someone.username, someone.role)


# Coming in


def enter(name: str, password: str, address: str) -> str:
    """A ticket for `give_cookie`, when the password is right and the person may come in. Raises Refused.

    The answer to an unknown name and to a wrong password is the same and takes the same time. Nothing is locked while the password
    is compared, which takes a quarter of a second.
    """
    attempts = count_attempt(name, address)
    with reading() as session:
        found = find(session, name)
    right = passwords.matches(password, found.password_hash if found else None)
    if not (found and right and found.state == PersonState.ACTIVE):
        raise Refused(WRONG)
    with transaction(SYSTEM, "sign_in.enter") as session:
        session.execute(delete(Attempt).where(Attempt.id.in_(attempts) | (Attempt.who == _named(name))))
        session.add(Attempt(who=_named(name), succeeded=True))
        return _ticket(session, found.id)


def find(session: Session, name: str) -> Person | None:
    """The person of this name or e-mail address. A name has no @, so the two are never confused."""
    wanted = tidy(name)
    return session.scalar(select(Person).where((Person.email if "@" in wanted else Person.username) == wanted))


def tidy(name: str) -> str:
    """A name as it is stored and compared: small letters, no spaces around, nothing unprintable."""
    return "".join(letter for letter in name if letter.isprintable()).strip().lower()[:200]


def _ticket(session: Session, person_id: int) -> str:
    ticket = passwords.new_token()
    session.execute(delete(Ticket).where(Ticket.expires_at < now()))
    session.add(
        Ticket(id=passwords.digest(ticket), person_id=person_id, expires_at=now() + timedelta(seconds=TICKET_SECONDS))
    )
    return ticket


def give_cookie(ticket: str, agent: str = "") -> str | None:
    """The token for the cookie of the browser that brings a ticket; None when the ticket is used, too old or made up."""
    with transaction(SYSTEM, "sign_in.give_cookie") as session:
        whose = session.execute(
            delete(Ticket)
            .where(Ticket.id == passwords.digest(ticket), Ticket.expires_at > now())
            .returning(Ticket.person_id)
        ).scalar()
        if whose is None:
            return None
        token = passwords.new_token()
        session.execute(delete(SignIn).where(SignIn.expires_at < now()))
        session.add(
            SignIn(
                id=passwords.digest(token),
                person_id=whose,
                expires_at=now() + timedelta(days=DAYS),
                agent="".join(letter for letter in agent if letter.isprintable())[:200],
            )
        )
        return token


# Going


def leave(token: str) -> None:
    """End the sign-in of one browser."""
    with transaction(SYSTEM, "sign_in.leave") as session:
        session.execute(update(SignIn).where(SignIn.id == passwords.digest(token)).values(ended_at=now()))


def leave_everywhere(session: Session, person_id: int, but: str = "") -> None:
    """End all sign-ins of a person, except the one of the token `but`; open tickets too."""
    session.execute(
        update(SignIn)
        .where(SignIn.person_id == person_id, SignIn.ended_at.is_(None), SignIn.id != passwords.digest(but))
        .values(ended_at=now())
    )
    session.execute(delete(Ticket).where(Ticket.person_id == person_id))


# How often


def count_attempt(name: str, address: str, kind: str = "") -> list[int]:
    """Count a try under its name and its address; raises Refused when there were too many lately.

    It is counted first and looked at then, so that a hundred tries at the same moment are not each the first one.
    """
    limits = {_named(name, kind): TRIES_A_NAME, f"{kind}from:{address[:100]}": TRIES_AN_ADDRESS}
    with transaction(SYSTEM, "sign_in.attempt") as session:
        session.execute(delete(Attempt).where(Attempt.at < now() - timedelta(days=1)))
        tries = [Attempt(who=who, succeeded=False) for who in limits]
        session.add_all(tries)
    with reading() as session:
        crowded = [who for who, most in limits.items() if _failures(session, who) > most]
    ids = [one.id for one in tries]
    if crowded:
        with transaction(SYSTEM, "sign_in.attempt") as session:
            session.execute(delete(Attempt).where(Attempt.id.in_(ids)))
        raise Refused(TOO_OFTEN)
    return ids


def _failures(session: Session, who: str) -> int:
    since = now() - timedelta(minutes=MINUTES)
    counted = select(func.count()).where(Attempt.who == who, Attempt.at > since, Attempt.succeeded.is_(False))
    return session.scalar(counted) or 0


def _named(name: str, kind: str = "") -> str:
    return f"{kind}name:{tidy(name)[:180]}"
