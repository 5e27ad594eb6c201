"""What a click has done is said, and not taken away by whatever the page does in the same moment."""

import pytest
from streamlit.testing.v1 import AppTest

from db.session import SYSTEM
from lib.commands import command
from lib.problems import Refused
from lib.rights import Right
from lib.ui import news, page


@command(Right.LOOK)
def refuse(session):
    raise Refused("Nothing was changed.")


@pytest.fixture
def screen(database, monkeypatch):
    monkeypatch.setattr(page, "actor", lambda: SYSTEM)
    monkeypatch.setattr(page, "REFUSES", refuse, raising=False)

    def draw():
        import streamlit as st

        from lib.ui import news, page

        news.show()
        st.text(f"first here: {news.show('here')}")
        if st.button("Save", key="save"):
            news.tell("Two [rows] were saved.")
            news.tell("They are green.", "here")
            st.rerun()
        if st.button("Refuse", key="refuse"):
            page.attempt(page.REFUSES)

    return AppTest.from_function(draw, default_timeout=30).run()


def said(at):
    return [box.value for box in (*at.success, *at.error)]


def test_what_was_done_is_still_said_when_the_page_runs_again_at_once(screen):
    at = screen.button(key="save").click().run()
    assert said(at) == ["Two \\[rows\\] were saved.", "They are green."]
    assert at.text[0].value == "first here: They are green."
    assert said(at.run()) == ["Two \\[rows\\] were saved.", "They are green."]
    assert at.text[0].value == "first here: None"


def test_after_some_seconds_it_has_been_read(screen, monkeypatch):
    at = screen.button(key="save").click().run()
    monkeypatch.setattr(news, "SECONDS", 0)
    assert said(at.run()) == []
    monkeypatch.setattr(news, "SECONDS", 100)
    assert said(at.run()) == []


def test_the_next_thing_that_is_tried_ends_it(screen):
    screen.button(key="save").click().run()
    at = screen.button(key="refuse").click().run()
    assert said(at) == ["Nothing was changed."], "done and refused are never said together"
    assert said(at.run()) == []
