"""New passwords: by oneself, or by a one-time code; and what is opened with the old one ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from db.models import Change, ChangeSet, PasswordReset, Person
from db.models.base import now
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import PersonState, Role
from lib import mail
from lib.commands import perform
from lib.people import passwords, resets, sign_in
from lib.problems import Refused

OLD, NEW, AWAY = "Right-horse1", "New-horse-22", "10.0.0.1"
ADMIN = Actor(None, "alice", Role.ADMIN)


@pytest.fixture
def charlie(given) -> Person:
    [made] = given(
        Person(username="charlie", email="c@example.com", state=PersonState.ACTIVE, password_hash=passwords.keep(OLD))
    )
    return made


def opens(password: str) -> bool:
    try:
        return bool(sign_in.enter("charlie", password, AWAY))
    except Refused:
        return False


def token() -> str:
    return sign_in.give_cookie(sign_in.enter("charlie", OLD, AWAY)) or ""


def is_in(token: str) -> bool:
    with reading() as session:
        return sign_in.person(session, token) is not None


def asked() -> list[tuple[str, bool]]:
    with reading() as session:
        return [(one.username, one.has_code) for one in resets.requests(session)]


def test_asking_says_the_same_to_everybody(charlie):
    assert resets.ask("charlie", AWAY) == resets.ask("nobody", AWAY) == resets.ask("c@example.com", AWAY)
    assert asked() == [("charlie", False)]
    assert opens(OLD)


def test_asking_is_counted(charlie):
    for _ in range(5):
        resets.ask("nobody", AWAY)
    with pytest.raises(Refused, match="Too many"):
        resets.ask("nobody", AWAY)
    assert opens(OLD)


def test_a_code_sets_a_new_password_once_and_ends_all_windows(charlie):
    resets.ask("charlie", AWAY)
    window = token()
    said = perform(ADMIN, resets.hand_over, charlie.id, "ABCD-EFGH-2345")
    assert said == "A one-time code for charlie was made. It is good for 1 hour."
    assert asked() == [("charlie", True)]
    resets.redeem("charlie", " abcd efgh 2345", NEW, NEW, AWAY)
    assert (opens(NEW), opens(OLD), is_in(window), asked()) == (True, False, False, [])
    with pytest.raises(Refused, match="used already"):
        resets.redeem("charlie", "ABCD-EFGH-2345", OLD, OLD, AWAY)
    assert opens(NEW)


@pytest.mark.parametrize(("name", "code"), [("bob", "GOOD"), ("charlie", "BAD"), ("charlie", ""), ("nobody", "GOOD")])
def test_a_code_of_somebody_else_or_a_wrong_one_changes_nothing(charlie, given, name, code):
    given(Person(username="bob", state=PersonState.ACTIVE, password_hash=passwords.keep(OLD)))
    perform(ADMIN, resets.hand_over, charlie.id, "GOOD")
    with pytest.raises(Refused, match="Name or code is wrong"):
        resets.redeem(name, code, NEW, NEW, AWAY)
    assert (opens(OLD), opens(NEW)) == (True, False)


def test_a_code_is_good_for_an_hour(charlie):
    perform(ADMIN, resets.hand_over, charlie.id, "GOOD")
    with transaction(SYSTEM, "tests") as session:
        session.execute(update(PasswordReset).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(Refused, match="older than an hour"):
        resets.redeem("charlie", "GOOD", NEW, NEW, AWAY)
    assert opens(OLD)


def test_a_new_code_replaces_the_old_one(charlie):
    perform(ADMIN, resets.hand_over, charlie.id, "FIRST")
    perform(ADMIN, resets.hand_over, charlie.id, "SECOND")
    with pytest.raises(Refused):
        resets.redeem("charlie", "FIRST", NEW, NEW, AWAY)
    resets.redeem("charlie", "SECOND", NEW, NEW, AWAY)
    assert opens(NEW)


def test_codes_are_guessed_no_faster_than_passwords(charlie):
    perform(ADMIN, resets.hand_over, charlie.id, "GOOD")
    said = []
    for n in range(6):
        with pytest.raises(Refused) as refusal:
            resets.redeem("charlie", f"BAD{n}", NEW, NEW, AWAY)
        said.append(str(refusal.value))
    assert said == [resets.WRONG_CODE] * 5 + [sign_in.TOO_OFTEN]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_only_an_admin_hands_over_a_code(charlie, role):
    with pytest.raises(Refused, match="Admin may"):
        perform(Actor(charlie.id, "charlie", role), resets.hand_over, charlie.id, "GOOD")
    with reading() as session:
        assert session.scalars(select(PasswordReset)).all() == []


def test_neither_the_code_nor_the_hash_is_kept_in_words(charlie):
    perform(ADMIN, resets.hand_over, charlie.id, "GOOD")
    with reading() as session:
        [kept] = session.scalars(select(PasswordReset.code_hash))
        said = [*session.scalars(select(ChangeSet.summary)), *map(str, session.scalars(select(Change.after)))]
    assert kept == passwords.digest("GOOD")
    assert not any("GOOD" in one or "$2b$" in one for one in said)


def test_a_blocked_person_gets_no_code(charlie):
    with transaction(SYSTEM, "tests") as session:
        session.get(Person, charlie.id).state = PersonState.BLOCKED
    with pytest.raises(Refused, match="Nothing was changed"):
        perform(ADMIN, resets.hand_over, charlie.id, "GOOD")


def test_with_a_mail_server_the_code_comes_by_mail(charlie, monkeypatch):
    sent = []
    monkeypatch.setenv("CARAVAN_SMTP", "smtp://127.0.0.1:1")
    monkeypatch.setattr(mail, "send_soon", lambda *letter: sent.append(letter))
    assert resets.ask("charlie", AWAY) == resets.ask("nobody", AWAY)
    [(to, _, text)] = sent
    code = text.split("password is ")[1].split()[0]
    resets.redeem("charlie", code, NEW, NEW, AWAY)
    assert (to, opens(NEW)) == ("c@example.com", True)


def test_changing_it_oneself_ends_the_other_windows(charlie):
    here, there = token(), token()
    assert resets.change(here, OLD, NEW, AWAY) == "Your password was changed. All other browsers were signed out."
    assert (is_in(here), is_in(there), opens(NEW), opens(OLD)) == (True, False, True, False)
    with reading() as session:
        made = session.execute(select(ChangeSet.actor, ChangeSet.summary)).all()
    assert made[-1] == ("charlie", "charlie chose a new password.")


@pytest.mark.parametrize(
    ("current", "new", "why"),
    [
        ("Wrong-horse1", NEW, "The current password is wrong"),
        (OLD, "weak", "Choose a password"),
        (OLD, "x" * 73, "Choose a password"),
    ],
)
def test_changing_it_needs_the_old_one_and_a_good_one(charlie, current, new, why):
    here = token()
    with pytest.raises(Refused, match=why):
        resets.change(here, current, new, AWAY)
    assert (is_in(here), opens(OLD)) == (True, True)


def test_a_stranger_changes_nothing(charlie):
    with pytest.raises(Refused, match="no longer signed in"):
        resets.change("made up", OLD, NEW, AWAY)
    with pytest.raises(Refused, match="no longer signed in"):
        resets.choose(token(), NEW, NEW)
    assert opens(OLD)


def test_a_one_time_password_is_replaced_by_ones_own(charlie):
    with transaction(SYSTEM, "tests") as session:
        session.get(Person, charlie.id).must_change = True
    here = token()
    with pytest.raises(Refused, match="the one-time password itself"):
        resets.choose(here, OLD, OLD)
    resets.choose(here, NEW, NEW)
    with reading() as session:
        assert sign_in.person(session, here).must_change is False
    assert (opens(NEW), opens(OLD)) == (True, False)
