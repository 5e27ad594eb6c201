"""Help and contact: articles for people who are signed in, a letter box for everybody."""

import pytest
from sqlalchemy import select

from db.models import SupportTicket
from db.session import reading
from lib import articles


def press(test, label):
    return next(button for button in test.button if button.label == label).click().run()


def letters() -> list[tuple[str, str, str, str, str]]:
    with reading() as session:
        found = session.scalars(select(SupportTicket).order_by(SupportTicket.id))
        return [(one.person, one.role, one.error_id, one.reply_to, one.text) for one in found]


def test_a_stranger_writes_to_us_and_reads_no_article(open_page):
    test = open_page("support", as_=None, article="accounts")
    assert not any("let in" in one.value for one in test.markdown)
    test.text_area[0].input("I cannot sign in\n帮帮我")
    test.text_input[0].input("c@example.com")
    assert press(test, "Send").success[0].value == "Thank you. Your message has number 1; an admin sees it now."
    assert letters() == [("", "", "", "c@example.com", "I cannot sign in\n帮帮我")]


@pytest.mark.parametrize(("text", "reply_to"), [("", "c@example.com"), (" \n ", "c@example.com"), ("Help", "")])
def test_a_letter_that_cannot_be_answered_is_not_sent(open_page, text, reply_to):
    test = open_page("support", as_=None)
    test.text_area[0].input(text)
    test.text_input[0].input(reply_to)
    assert "Nothing was sent." in press(test, "Send").error[0].value
    assert letters() == []


def test_the_number_of_an_error_comes_along(open_page):
    test = open_page("support", as_="charlie", error="a1b2c3d4" + "x" * 50)
    test.text_area[0].input("It broke")
    press(test, "Send")
    assert letters() == [("charlie", "viewer", "a1b2c3d4xxxxxxxxxxxx", "", "It broke")]


def test_strangers_do_not_flood_us(open_page):
    test = open_page("support", as_=None)
    for number in range(6):
        test.text_area[0].input(f"Letter {number}")
        test.text_input[0].input("c@example.com")
        test = press(test, "Send")
    assert "Too many" in test.error[0].value
    assert len(letters()) == 5


def test_an_admin_reads_letters_as_text_and_puts_them_away(open_page, given):
    given(SupportTicket(text="![x](http://evil/x.png)", reply_to="**c**", page="orders"))
    assert not any("evil" in one.value for one in open_page("support", as_="charlie").text)
    test = open_page("support", as_="alice")
    assert [one.value for one in test.text] == ["![x](http://evil/x.png)"]
    press(test, "Answered")
    assert [one.value for one in open_page("support", as_="alice").text] == []


@pytest.mark.parametrize("name", list(articles.titles()))
def test_every_article_can_be_read(open_page, name):
    test = open_page("support", as_="charlie", article=name)
    assert any(one.value.startswith(f"# {articles.titles()[name]}") for one in test.markdown)


@pytest.mark.parametrize("name", ["nothing", "../../db/session", "", "index.md"])
def test_an_article_that_is_none(open_page, name):
    test = open_page("support", as_="charlie", article=name)
    assert [one.message for one in test.exception] == []
    assert test.info[0].value == "There is no article of that name. Choose one above."
