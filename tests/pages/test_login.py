"""The way in and out, as a person at the screen goes it."""

from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from db.models import Person, SignIn, Ticket
from db.session import SYSTEM, reading, transaction
from db.vocabulary import PersonState, Role
from lib.people import accounts, passwords, sign_in
from lib.ui import people

ROOT = Path(__file__).parents[2]
OLD, NEW = "Right-horse1", "New-horse-22"


@pytest.fixture
def browser(given, monkeypatch):
    """Opens a screen with a cookie, or without: browser("products", token)."""
    given(
        Person(username="alice", role=Role.ADMIN, state=PersonState.ACTIVE, password_hash=passwords.keep(OLD)),
        Person(username="charlie", email="c@example.com", state=PersonState.ACTIVE, password_hash=passwords.keep(OLD)),
    )
    monkeypatch.setattr(sign_in, "gives_cookies", True)

    def visit(page: str, token: str = "") -> AppTest:
        monkeypatch.setattr(people, "token", lambda: token)
        test = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=30)
        return test.switch_page(f"pages/{page}.py").run() if page else test.run()

    return visit


def token_of(name: str) -> str:
    return sign_in.give_cookie(sign_in.enter(name, OLD, "here")) or ""


def fill(test: AppTest, **typed: str) -> AppTest:
    for label, text in typed.items():
        next(box for box in test.text_input if box.label == label.replace("_", " ")).input(text)
    return test


def press(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()


def choose(test: AppTest, way: str) -> AppTest:
    test.session_state["entrance"] = way
    return test.run()


def said(test: AppTest) -> list[str]:
    assert [one.message for one in test.exception] == []
    return [one.value for kind in (test.success, test.error, test.warning) for one in kind]


def tickets() -> int:
    with reading() as session:
        return len(session.scalars(select(Ticket.id)).all())


def type_name(test: AppTest, name: str, password: str) -> AppTest:
    test.text_input[0].input(name)
    test.text_input[1].input(password)
    return press(test, "Sign in")


def test_the_right_password_makes_a_ticket_and_shows_nothing_yet(browser):
    test = type_name(browser("products"), "C@example.com", OLD)
    assert said(test) == []
    assert (tickets(), len(test.title), len(test.dataframe)) == (1, 0, 0)
    with reading() as session:
        assert session.scalars(select(SignIn.id)).all() == []


@pytest.mark.parametrize(("name", "password"), [("charlie", "Wrong-horse1"), ("nobody", OLD)])
def test_a_wrong_one_says_the_same_and_keeps_what_was_typed(browser, name, password):
    test = type_name(browser("products"), name, password)
    assert said(test) == [sign_in.WRONG]
    assert test.text_input[0].value == name
    assert tickets() == 0


def test_an_empty_form_says_what_to_type(browser):
    assert said(press(browser("products"), "Sign in")) == ["Type your name and your password."]


def test_a_cookie_opens_the_screen_and_the_sign_out_ends_it(browser):
    token = token_of("charlie")
    assert browser("products", token).title[0].value == "Products"
    press(browser("", token), "Sign out")
    with reading() as session:
        assert sign_in.person(session, token) is None
    assert len(browser("products", token).title) == 0


def test_an_ended_sign_in_acts_at_the_next_click_and_forgets_what_was_open(browser):
    token = token_of("charlie")
    test = browser("products", token)
    test.session_state["news"] = {"page": ("something private", None)}
    sign_in.leave(token)
    test.run()
    assert (len(test.title), "news" in test.session_state) == (0, False)


def test_another_person_in_the_same_session_starts_afresh(browser, monkeypatch):
    test = browser("products", token_of("alice"))
    test.session_state["draft of alice"] = "private"
    other = token_of("charlie")
    monkeypatch.setattr(people, "token", lambda: other)
    test.run()
    assert "draft of alice" not in test.session_state


def test_a_lost_role_closes_a_screen_at_the_next_click(browser):
    with transaction(SYSTEM, "tests") as session:
        session.scalars(select(Person).where(Person.username == "charlie")).one().role = Role.ADMIN
    test = browser("accounts", token_of("charlie"))
    assert len(test.dataframe) == 1
    with transaction(SYSTEM, "tests") as session:
        session.scalars(select(Person).where(Person.username == "charlie")).one().role = Role.VIEWER
    test.run()
    assert (len(test.dataframe), "is for the role Admin" in test.info[0].value) == (0, True)


def test_a_one_time_password_has_to_be_replaced_before_anything_else(browser):
    with transaction(SYSTEM, "tests") as session:
        session.scalars(select(Person).where(Person.username == "charlie")).one().must_change = True
    test = browser("products", token_of("charlie"))
    assert (test.subheader[0].value, len(test.title)) == ("Choose your own password", 0)
    assert said(press(fill(test, New_password="weak", The_same_again="weak"), "Go on")) == [
        f"Choose a password of {passwords.RULE}"
    ]
    test = press(fill(test, New_password=NEW, The_same_again=NEW), "Go on")
    assert test.title[0].value == "Products"


def test_registering_says_what_comes_next(browser):
    test = choose(browser("products"), "Register")
    fill(test, Name="oscar", New_password=NEW, The_same_again=NEW)
    assert said(press(test, "Register")) == [accounts._THANKS[PersonState.WAITING]]
    with reading() as session:
        assert session.scalars(select(Person.state).where(Person.username == "oscar")).one() == PersonState.WAITING


def test_an_admin_lets_oscar_in_from_the_page(browser):
    accounts.register("oscar", "", NEW, NEW, "here")
    test = browser("accounts", token_of("alice"))
    next(box for box in test.selectbox if box.label == "As").select("operator")
    press(test, "Let in")
    with reading() as session:
        oscar = session.scalars(select(Person).where(Person.username == "oscar")).one()
    assert (oscar.state, oscar.role) == (PersonState.ACTIVE, Role.OPERATOR)


def test_a_forgotten_password_is_asked_for_and_set_by_a_code(browser):
    test = choose(browser("products"), "Forgot password")
    next(box for box in test.text_input if box.label == "Name or e-mail").input("charlie")
    press(test, "Ask for a one-time code")
    assert "an admin sees your request" in said(test)[0]
    desk = browser("accounts", token_of("alice"))
    assert any("charlie** has forgotten" in one.value for one in desk.markdown)
    assert said(desk) == []


def test_changing_the_password_uses_the_old_one(browser):
    token = token_of("charlie")
    test = fill(browser("login", token), Current_password="Wrong-horse1", New_password=NEW, Repeat_password=NEW)
    assert said(press(test, "Change password")) == ["The current password is wrong. Your password was not changed."]
    test = press(fill(test, Current_password=OLD), "Change password")
    assert said(test) == ["Your password was changed. All other browsers were signed out."]


def test_signing_out_everywhere_ends_the_other_browsers(browser):
    here, there = token_of("charlie"), token_of("charlie")
    press(browser("login", here), "Sign out everywhere")
    with reading() as session:
        assert (sign_in.person(session, here), sign_in.person(session, there)) == (None, None)
