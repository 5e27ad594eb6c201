"""New passwords: chosen by oneself, or after one was forgotten, with a one-time code that an admin hands over or a mail brings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import history
from db.models import PasswordReset, Person
from db.models.base import now
from db.session import SYSTEM, reading, transaction
from db.vocabulary import PersonState
from lib import mail
from lib.commands import command
from lib.people import passwords, sign_in
from lib.problems import Refused
from lib.rights import Right

HOURS_OF_A_CODE = 1
HOURS_OF_A_REQUEST = 24
WRONG_CODE = (
    "Name or code is wrong, or the code is older than an hour or used already. Your password was not changed; "
    "ask for a new code."
)


def ask(name: str, address: str) -> str:
    """Say that a password was forgotten. The answer never tells whether there is such a person. Raises Refused."""
    sign_in.count_attempt(name, address, "forgot ")
    by_mail, letter = mail.is_set_up(), None
    with transaction(SYSTEM, "resets.ask") as session:
        person = sign_in.find(session, name)
        if person is not None and person.state == PersonState.ACTIVE:
            wanted = _open(session, person.id)
            if by_mail and person.email:
                code = passwords.code()
                _arm(wanted, code)
                letter = (person.email, "Your code for Caravan", _letter(person, code))
    if letter:
        mail.send_soon(*letter)
    how = "a mail with a one-time code is on its way" if by_mail else "an admin sees your request"
    return f"If there is such an account, {how}. Without a code? Ask an admin for one."


def _letter(person: Person, code: str) -> str:
    return (
        f"Hello {person.name or person.username},\n\nyour one-time code for a new password is {code}\n"
        f"It is good for {HOURS_OF_A_CODE} hour. If you did not ask for it, do nothing: your password stays.\n\nCaravan\n"
    )


def _open(session: Session, person_id: int) -> PasswordReset:
    """The open request of this person; made when there is none."""
    since = now() - timedelta(hours=HOURS_OF_A_REQUEST)
    found = session.scalar(
        select(PasswordReset)
        .where(PasswordReset.person_id == person_id, PasswordReset.used_at.is_(None), PasswordReset.asked_at > since)
        .order_by(PasswordReset.id.desc())
        .limit(1)
    )
    if found is None:
        found = PasswordReset(person_id=person_id)
        session.add(found)
    return found


def _arm(wanted: PasswordReset, code: str) -> None:
    wanted.code_hash, wanted.expires_at = _hash(code), now() + timedelta(hours=HOURS_OF_A_CODE)


def _hash(code: str) -> str:
    return passwords.digest("".join(letter for letter in code.upper() if letter.isalnum()))


@dataclass(frozen=True)
class Request:
    person_id: int
    username: str
    email: str
    asked_at: datetime
    has_code: bool


def requests(session: Session, most: int = 20) -> list[Request]:
    """Who has forgotten a password lately and has not chosen a new one, the oldest first."""
    since = now() - timedelta(hours=HOURS_OF_A_REQUEST)
    query = (
        select(PasswordReset, Person)
        .join(Person, Person.id == PasswordReset.person_id)
        .where(PasswordReset.used_at.is_(None), PasswordReset.asked_at > since, Person.state == PersonState.ACTIVE)
        .order_by(PasswordReset.id)
        .limit(most)
    )
    return [
        Request(person.id, person.username, person.email or "", wanted.asked_at, _is_good(wanted))
        for wanted, person in session.execute(query)
    ]


def _is_good(wanted: PasswordReset) -> bool:
    return wanted.expires_at is not None and wanted.expires_at > now()


@command(Right.PEOPLE)
def hand_over(session: Session, person_id: int, code: str) -> str:
    """Make this code (`passwords.code()`) good for one new password. Say it to nobody but that person."""
    person = session.get(Person, person_id)
    if person is None or person.state != PersonState.ACTIVE:
        raise Refused("Only somebody who may sign in can get a code. Nothing was changed.")
    _arm(_open(session, person_id), code)
    history.note(session)
    return f"A one-time code for {person.username} was made. It is good for {HOURS_OF_A_CODE} hour."


def redeem(name: str, code: str, password: str, repeated: str, address: str) -> str:
    """Choose a new password with a one-time code; ends all sign-ins of that person. Raises Refused."""
    passwords.check(password, repeated)
    sign_in.count_attempt(name, address, "code ")
    kept = passwords.keep(password)
    with transaction(SYSTEM, "resets.redeem") as session:
        person = sign_in.find(session, name)
        used = (
            update(PasswordReset)
            .where(
                PasswordReset.code_hash == _hash(code),
                PasswordReset.person_id == (person.id if person else 0),
                PasswordReset.used_at.is_(None),
                PasswordReset.expires_at > now(),
            )
            .values(used_at=now())
        )
        if session.execute(used).rowcount != 1 or person is None or person.state != PersonState.ACTIVE:  # type: ignore[attr-defined]
            raise Refused(WRONG_CODE)
        return _replace(session, person, kept)


def choose(token: str, password: str, repeated: str) -> str:
    """Choose the first password of one's own, in the browser that signed in with a one-time password. Raises Refused."""
    passwords.check(password, repeated)
    with reading() as session:
        person = sign_in.person(session, token)
    if person is None or not person.must_change:
        raise Refused("You are no longer signed in here. Sign in again; your password was not changed.")
    if passwords.matches(password, person.password_hash):
        raise Refused("This is the one-time password itself. Choose another one.")
    return _change(person.id, password, token)


def change(token: str, current: str, password: str, address: str) -> str:
    """Change one's own password; ends the sign-ins in all other browsers. Raises Refused."""
    passwords.check(password, password)
    with reading() as session:
        person = sign_in.person(session, token)
    if person is None:
        raise Refused("You are no longer signed in here. Sign in again; your password was not changed.")
    sign_in.count_attempt(person.username, address, "change ")
    if not passwords.matches(current, person.password_hash):
        raise Refused("The current password is wrong. Your password was not changed.")
    return _change(person.id, password, token)


def _change(person_id: int, password: str, token: str) -> str:
    kept = passwords.keep(password)
    with transaction(SYSTEM, "resets.change") as session:
        person = session.get_one(Person, person_id)
        session.info["actor"] = sign_in.actor(person)
        return _replace(session, person, kept, token)


def _replace(session: Session, person: Person, kept: str, token: str = "") -> str:
    """Put the new password in place and end what was opened with the old one."""
    person.password_hash, person.must_change = kept, False
    sign_in.leave_everywhere(session, person.id, but=token)
    stale = update(PasswordReset).where(PasswordReset.person_id == person.id, PasswordReset.used_at.is_(None))
    session.execute(stale.values(used_at=now()))
    history.note(session)
    history.say(session, f"{person.username} chose a new password.")
    return "Your password was changed. All other browsers were signed out."
