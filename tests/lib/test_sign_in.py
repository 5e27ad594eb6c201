"""Signing in: the right person, once for each ticket, until it is ended; and nobody else, however often they try."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from db.models import Attempt, Person, SignIn, Ticket
from db.models.base import now
from db.session import SYSTEM, reading, transaction
from db.vocabulary import PersonState, Role
from lib.people import passwords, sign_in
from lib.problems import Refused

PASSWORD = "Right-horse1"


@pytest.fixture
def alice(given) -> Person:
    [made] = given(
        Person(
            username="alice", email="alice@example.com", role=Role.ADMIN, state=PersonState.ACTIVE,
            password_hash=passwords.keep(PASSWORD),
        )
    )  # fmt: skip
    return made


def token_of(name: str = "alice") -> str:
    token = sign_in.give_cookie(sign_in.enter(name, PASSWORD, "10.0.0.1"), "Firefox")
    assert token
    return token


def who(token: str) -> str | None:
    with reading() as session:
        person = sign_in.person(session, token)
    return person.username if person else None


def rows(model: type) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("name", ["alice", " Alice ", "ALICE@example.com"])
def test_a_person_signs_in_by_name_or_address(alice, name):
    assert who(token_of(name)) == "alice"


@pytest.mark.parametrize("name", ["charlie", "alice", "x" * 5000, "a\x00b", "", "' OR 1=1 --"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(alice, name):
    with pytest.raises(Refused, match=r"^Name or password is wrong"):
        sign_in.enter(name, "Wrong-horse1", "10.0.0.1")
    assert (rows(SignIn), rows(Ticket)) == (0, 0)


def test_an_unknown_name_costs_the_same_work(alice, monkeypatch):
    compared = []
    check = passwords.Hasher.check_pw
    monkeypatch.setattr(passwords.Hasher, "check_pw", lambda p, kept: compared.append(kept[:7]) or check(p, kept))
    for name in ("alice", "nobody"):
        with pytest.raises(Refused):
            sign_in.enter(name, "Wrong-horse1", "10.0.0.1")
    assert compared == ["$2b$04$", "$2b$04$"]


@pytest.mark.parametrize("state", [PersonState.WAITING, PersonState.BLOCKED])
def test_who_may_not_come_in_stays_out_with_the_right_password(given, alice, state):
    with transaction(SYSTEM, "tests") as session:
        session.get(Person, alice.id).state = state
    with pytest.raises(Refused, match="Name or password is wrong"):
        sign_in.enter("alice", PASSWORD, "10.0.0.1")
    assert rows(Ticket) == 0


def test_a_ticket_is_good_once(alice):
    ticket = sign_in.enter("alice", PASSWORD, "10.0.0.1")
    assert who(sign_in.give_cookie(ticket)) == "alice"
    assert sign_in.give_cookie(ticket) is None
    assert rows(SignIn) == 1


def test_a_ticket_is_good_for_a_minute(alice):
    ticket = sign_in.enter("alice", PASSWORD, "10.0.0.1")
    with transaction(SYSTEM, "tests") as session:
        session.execute(update(Ticket).values(expires_at=now() - timedelta(seconds=1)))
    assert sign_in.give_cookie(ticket) is None
    assert rows(SignIn) == 0


def test_neither_tokens_nor_tickets_stand_in_the_database(alice):
    ticket = sign_in.enter("alice", PASSWORD, "10.0.0.1")
    with reading() as session:
        assert session.scalars(select(Ticket.id)).all() == [passwords.digest(ticket)]
    token = sign_in.give_cookie(ticket)
    with reading() as session:
        assert session.scalars(select(SignIn.id)).all() == [passwords.digest(token)]
    assert who(passwords.digest(token)) is None


def test_a_made_up_or_empty_token_is_nobody(alice):
    token_of()
    assert [who(token) for token in ("", "x", "0" * 64)] == [None, None, None]


def test_signing_out_ends_this_browser_only(alice):
    here, there = token_of(), token_of()
    sign_in.leave(here)
    assert (who(here), who(there)) == (None, "alice")


def test_signing_out_everywhere_ends_them_all_and_waiting_tickets(alice):
    here, there, ticket = token_of(), token_of(), sign_in.enter("alice", PASSWORD, "10.0.0.1")
    with transaction(SYSTEM, "tests") as session:
        sign_in.leave_everywhere(session, alice.id)
    assert (who(here), who(there), sign_in.give_cookie(ticket)) == (None, None, None)


def test_a_sign_in_ends_after_a_week(alice):
    token = token_of()
    with transaction(SYSTEM, "tests") as session:
        session.execute(update(SignIn).values(expires_at=now() - timedelta(seconds=1)))
    assert who(token) is None


def test_blocking_acts_at_the_next_look(alice):
    token = token_of()
    with transaction(SYSTEM, "tests") as session:
        session.get(Person, alice.id).state = PersonState.BLOCKED
    assert who(token) is None


def wrong(name: str, address: str) -> str:
    with pytest.raises(Refused) as refusal:
        sign_in.enter(name, "Wrong-horse1", address)
    return str(refusal.value)


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_five_wrong_tries_of_a_name_close_it_for_a_while(alice, name):
    said = [wrong(name, f"10.0.0.{n}") for n in range(6)]
    assert said == [sign_in.WRONG] * 5 + [sign_in.TOO_OFTEN]
    with pytest.raises(Refused, match="Too many"):
        sign_in.enter(name, PASSWORD, "10.0.0.9")


def test_the_name_opens_again_after_a_quarter_of_an_hour(alice):
    for n in range(5):
        wrong("alice", f"10.0.0.{n}")
    with transaction(SYSTEM, "tests") as session:
        session.execute(update(Attempt).values(at=now() - timedelta(minutes=16)))
    assert who(token_of()) == "alice"


def test_thirty_wrong_tries_from_one_address_close_it_for_every_name(alice):
    said = [wrong(f"guess{n}", "10.0.0.1") for n in range(31)]
    assert said == [sign_in.WRONG] * 30 + [sign_in.TOO_OFTEN]
    with pytest.raises(Refused, match="Too many"):
        sign_in.enter("alice", PASSWORD, "10.0.0.1")
    assert sign_in.enter("alice", PASSWORD, "10.0.0.2")


def test_a_success_forgets_the_failures_of_the_name(alice):
    for _ in range(4):
        wrong("alice", "10.0.0.1")
    token_of()
    assert [wrong("alice", "10.0.0.1") for _ in range(5)] == [sign_in.WRONG] * 5
