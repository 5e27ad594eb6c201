"""Accounts: who comes in, who decides it, and that there is always somebody who can."""

import pytest
from sqlalchemy import func, select

from db.models import Change, ChangeSet, Person, SavedSetting, SignIn
from db.session import Actor, reading, transaction
from db.vocabulary import PersonState, Role
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.people import accounts, passwords, sign_in
from lib.people.accounts import Filter, Registration
from lib.problems import Refused

GOOD = "Right-horse1"
AWAY = "10.0.0.1"


def person(username: str, role: Role = Role.VIEWER, state: PersonState = PersonState.ACTIVE, **more) -> Person:
    return Person(username=username, role=role, state=state, password_hash=passwords.keep(GOOD), **more)


@pytest.fixture
def alice(given) -> Actor:
    [made] = given(person("alice", Role.ADMIN, email="alice@example.com"))
    return Actor(made.id, "alice", Role.ADMIN)


def people() -> list[tuple[str, str | None, str, str]]:
    with reading() as session:
        found = session.scalars(select(Person).order_by(Person.id))
        return [(p.username, p.email, p.role.value, p.state.value) for p in found]


def id_of(name: str) -> int:
    with reading() as session:
        return session.scalars(select(Person.id).where(Person.username == name)).one()


ALICE = ("alice", "alice@example.com", "admin", "active")


# Registering


def test_the_first_who_registers_becomes_admin(database):
    assert accounts.register("alice", "", GOOD, GOOD, AWAY) == "Thank you. You can sign in now."
    assert people() == [("alice", None, "admin", "active")]


@pytest.mark.parametrize(
    ("name", "email", "kept"),
    [
        ("Charlie", "", ("charlie", None)),
        ("", "Charlie@Example.com", ("charlie@example.com", "charlie@example.com")),
        ("charlie", "c@example.com", ("charlie", "c@example.com")),
    ],
)
def test_a_name_an_address_or_both(alice, name, email, kept):
    assert "An admin will let you in" in accounts.register(name, email, GOOD, GOOD, AWAY)
    assert people() == [ALICE, (*kept, "viewer", "waiting")]


@pytest.mark.parametrize(
    ("name", "email", "password", "repeated", "why"),
    [
        ("", "", GOOD, GOOD, "Give a name, an e-mail address, or both."),
        ("bob@example.com", "", GOOD, GOOD, "A name has 1 to 20 letters"),
        ("bob the builder", "", GOOD, GOOD, "A name has 1 to 20 letters"),
        ("b" * 21, "", GOOD, GOOD, "A name has 1 to 20 letters"),
        ("", "bob@nowhere", GOOD, GOOD, "This is no e-mail address"),
        ("bob", "", GOOD, "Right-horse2", "The two passwords differ"),
        ("bob", "", "short1!", "short1!", "Choose a password of 8 to 20 characters"),
        ("bob", "", "alllowercase1!", "alllowercase1!", "Choose a password of 8 to 20 characters"),
        ("bob", "", "Aa1!" + "x" * 69, "Aa1!" + "x" * 69, "Choose a password of 8 to 20 characters"),
        ("bob", "", "密" * 25, "密" * 25, "Choose a password of 8 to 20 characters"),
    ],
)
def test_what_cannot_be_an_account_is_refused_in_a_sentence(alice, name, email, password, repeated, why):
    with pytest.raises(Refused, match=why):
        accounts.register(name, email, password, repeated, AWAY)
    assert people() == [ALICE]


@pytest.mark.parametrize("sentence", ["correct horse battery staple", "密" * 24, "a" * 72])
def test_a_sentence_is_a_good_password(alice, sentence):
    accounts.register("bob", "", sentence, sentence, AWAY)
    perform(alice, accounts.approve, id_of("bob"))
    assert sign_in.enter("bob", sentence, AWAY)


@pytest.mark.parametrize(("name", "email"), [("alice", ""), ("ALICE", "x@example.com"), ("x", "alice@example.com")])
def test_a_taken_name_gets_the_same_answer_and_changes_nothing(alice, name, email, monkeypatch):
    kept = []
    keep = passwords.keep
    monkeypatch.setattr(passwords, "keep", lambda password: kept.append(1) or keep(password))
    assert accounts.register(name, email, GOOD, GOOD, AWAY) == accounts.register("new", "", GOOD, GOOD, AWAY)
    assert people() == [ALICE, ("new", None, "viewer", "waiting")]
    assert len(kept) == 2


def test_registration_can_be_opened_and_closed(alice):
    perform(alice, accounts.set_registration, Registration.OPEN)
    assert accounts.register("bob", "", GOOD, GOOD, AWAY) == "Thank you. You can sign in now."
    perform(alice, accounts.set_registration, Registration.CLOSED)
    with pytest.raises(Refused, match="Registration is closed"):
        accounts.register("charlie", "", GOOD, GOOD, AWAY)
    assert people() == [ALICE, ("bob", None, "viewer", "active")]
    with reading() as session:
        assert session.scalars(select(SavedSetting.value)).all() == ["closed"]


def test_nobody_floods_the_door(alice, monkeypatch):
    monkeypatch.setattr(accounts, "MOST_WAITING", 1)
    accounts.register("bob", "", GOOD, GOOD, AWAY)
    with pytest.raises(Refused, match="Too many people are waiting"):
        accounts.register("charlie", "", GOOD, GOOD, AWAY)
    assert len(people()) == 2


# The first admin


def test_the_first_admin_gets_a_one_time_password(database):
    with transaction(Actor(None, "setup", Role.ADMIN), "setup") as session:
        said = accounts.first_admin(session)
    password = said.split("one-time password")[1].split()[0]
    assert people() == [("admin", None, "admin", "active")]
    assert passwords.Rules().validate_password(password)
    token = sign_in.give_cookie(sign_in.enter("admin", password, AWAY))
    with reading() as session:
        assert sign_in.person(session, token).must_change is True


def test_the_first_admin_gets_the_password_of_the_setting(database, monkeypatch):
    monkeypatch.setenv("CARAVAN_ADMIN_PASSWORD", "given")
    with transaction(Actor(None, "setup", Role.ADMIN), "setup") as session:
        said = accounts.first_admin(session)
    assert said == "Sign in as admin with the password of CARAVAN_ADMIN_PASSWORD."
    token = sign_in.give_cookie(sign_in.enter("admin", "given", AWAY))
    with reading() as session:
        assert sign_in.person(session, token).must_change is False


def test_a_setting_that_bcrypt_would_cut_is_refused(database, monkeypatch):
    monkeypatch.setenv("CARAVAN_ADMIN_PASSWORD", "x" * 73)
    with (
        pytest.raises(Refused, match="longer than 72 bytes"),
        transaction(Actor(None, "s", Role.ADMIN), "s") as session,
    ):
        accounts.first_admin(session)
    assert people() == []


def test_a_second_start_makes_no_second_admin(alice):
    with transaction(alice, "setup") as session:
        assert accounts.first_admin(session) is None
    assert people() == [ALICE]


# What admins do


def test_an_admin_lets_somebody_in_with_a_role(alice, given):
    given(person("charlie", state=PersonState.WAITING))
    assert perform(alice, accounts.approve, id_of("charlie"), Role.OPERATOR) == "charlie may sign in now, as Operator."
    assert people()[1] == ("charlie", None, "operator", "active")


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
@pytest.mark.parametrize(
    ("command", "more"),
    [
        (accounts.approve, ()),
        (accounts.block, ()),
        (accounts.save, "changes"),
        (accounts.set_registration, (Registration.OPEN,)),
    ],
)
def test_nobody_else_may(alice, given, role, command, more):
    given(person("charlie", role))
    before = people()
    charlie = id_of("charlie")
    given_ = (Changes((Edit(charlie, "role", role, Role.ADMIN),)),) if more == "changes" else (charlie, *more)[-1:]
    with pytest.raises(Refused, match="Admin may"):
        perform(Actor(charlie, "charlie", role), command, *given_)
    assert people() == before


def test_blocking_ends_open_windows(alice, given):
    given(person("charlie"))
    token = sign_in.give_cookie(sign_in.enter("charlie", GOOD, AWAY))
    assert perform(alice, accounts.block, id_of("charlie")) == "charlie can no longer sign in."
    with reading() as session:
        assert sign_in.person(session, token) is None
        assert session.scalars(select(SignIn.ended_at)).one() is not None


def test_roles_are_changed_in_the_grid(alice, given):
    given(person("charlie"))
    charlie = id_of("charlie")
    changes = Changes((Edit(charlie, "role", Role.VIEWER, Role.LISTER), Edit(charlie, "name", "", "Charlie Chan")))
    assert perform(alice, accounts.save, changes) == "People: 1 changed."
    assert people()[1][2] == "lister"


@pytest.mark.parametrize(("field", "new"), [("role", Role.VIEWER), ("state", PersonState.BLOCKED)])
def test_the_last_admin_stays(alice, given, field, new):
    given(person("bob", Role.ADMIN, PersonState.BLOCKED))
    old = {"role": Role.ADMIN, "state": PersonState.ACTIVE}[field]
    with pytest.raises(Refused, match="at least one active admin"):
        perform(alice, accounts.save, Changes((Edit(alice.id, field, old, new),)))
    with pytest.raises(Refused, match="at least one active admin"):
        perform(alice, accounts.block, alice.id)
    with pytest.raises(Refused, match="at least one active admin"):
        perform(alice, accounts.approve, alice.id, Role.VIEWER)
    assert people()[0] == ALICE


@pytest.mark.parametrize("field", ["username", "email", "password_hash", "must_change", "id"])
def test_a_hand_made_edit_of_another_column_is_refused(alice, field):
    with pytest.raises(ValueError, match="not editable"):
        perform(alice, accounts.save, Changes((Edit(alice.id, field, None, "x"),)))
    assert people() == [ALICE]


def test_nobody_goes_back_to_waiting_and_nobody_is_deleted(alice):
    for changes in (
        Changes((Edit(alice.id, "state", PersonState.ACTIVE, PersonState.WAITING),)),
        Changes(deleted=(alice.id,)),
    ):
        with pytest.raises(Refused):
            perform(alice, accounts.save, changes)
    assert people() == [ALICE]


def test_an_account_that_is_gone_is_named(alice):
    with pytest.raises(Refused, match="no longer there"):
        perform(alice, accounts.approve, 4711)


def test_the_history_knows_who_let_whom_in_and_no_hash(alice, given):
    accounts.register("charlie", "", GOOD, GOOD, AWAY)
    perform(alice, accounts.approve, id_of("charlie"), Role.LISTER)
    with reading() as session:
        sets = session.execute(select(ChangeSet.actor, ChangeSet.command).order_by(ChangeSet.id)).all()
        said = " ".join(filter(None, [*session.scalars(select(Change.after)), *session.scalars(select(Change.before))]))
    assert sets[-2:] == [("caravan", "accounts.register"), ("alice", "accounts.approve")]
    assert "$2b$" not in said
    assert "password" not in said


# Reading


def test_the_grid_finds_people(alice, given):
    given(person("charlie", email="c@example.com", name="Chan"), person("lily", Role.LISTER, PersonState.WAITING))
    with reading() as session:
        found = {
            wanted: accounts.table(session, wanted, accounts.Page(1, 50, "username", False))["username"].tolist()
            for wanted in (
                Filter(), Filter(text="CHAN"), Filter(text="%"), Filter(state=PersonState.WAITING), Filter(roles=(Role.ADMIN,))
            )
        }  # fmt: skip
        counted = accounts.counts(session)
        waiting = [one.username for one in accounts.waiting(session)]
        assert session.scalar(select(func.count()).select_from(Person)) == 3
    assert list(found.values()) == [["alice", "charlie", "lily"], ["charlie"], [], ["lily"], ["alice"]]
    assert counted == {"waiting": 1, "active": 2, "blocked": 0}
    assert waiting == ["lily"]
