"""A mistake of ours on a screen: a number to name it by; the rest is in the log, without anybody's values."""

import re

import pytest
from sqlalchemy import text

import asgi
from lib import log
from lib.changes import Changes
from lib.commands import perform
from lib.products import products
from lib.ui import page

SECRET = "Ms. Buyer, 12 Secret Street"


@pytest.fixture
def shown(monkeypatch):
    """What a person would see."""
    said = []
    monkeypatch.setattr(asgi.st, "error", lambda text, **_: said.append(text))
    monkeypatch.setattr(asgi.st, "link_button", lambda label, url, **_: said.append(url))
    return said


@pytest.fixture
def logged(monkeypatch, tmp_path):
    """What stands in the file of the log."""
    monkeypatch.setattr(log.log, "handlers", [])
    monkeypatch.setattr(log.log, "propagate", True)
    log.start()

    def read():
        [handler.flush() for handler in log.log.handlers]
        return (tmp_path / "logs" / "caravan.log").read_text(encoding="utf-8")

    yield read
    [handler.close() for handler in log.log.handlers]


def failed(act):
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing failed")


def wrong_statement(session):
    session.execute(text("SELECT no_such_column FROM product WHERE sku = :sku"), {"sku": SECRET})


def test_a_mistake_has_a_number_and_no_traceback(database, shown, logged):
    error = failed(lambda: page.read(wrong_statement))
    assert asgi.say_what_failed(error)
    number = re.fullmatch(
        r"Something went wrong on our side \(error ([0-9a-f]{8})\)\. What you did last may not be saved; "
        r"look before you repeat it\.",
        shown[0],
    )[1]
    assert shown[1:] == [f"/support?error={number}"]
    found = logged()
    assert f"error {number}" in found
    assert "Traceback" in found
    assert "no_such_column" in found
    assert SECRET not in found


def test_an_outage_is_a_sentence_and_its_values_are_nowhere(database, shown, logged):
    error = failed(lambda: page.read(wrong_statement))
    error.orig = type("Full", (Exception,), {"sqlstate": "53100"})()
    assert asgi.say_what_failed(error)
    assert shown == ["The disk of the database server is full. Nothing was saved. Free some space there and try again."]
    assert "Traceback" not in logged()
    assert SECRET not in logged()


@pytest.mark.only("sqlite")
def test_a_screen_that_fails_shows_what_was_said(database, open_page, monkeypatch):
    """Streamlit itself is told to show nothing of an error."""
    from streamlit import config

    assert config.get_option("client.showErrorDetails") in ("none", False)
    monkeypatch.setattr(products, "count", lambda *_: 1 / 0)
    at = open_page("products")
    [shown] = at.exception
    assert "division" not in shown.value
    assert list(shown.stack_trace) == []


@pytest.mark.only("sqlite")
def test_a_mistake_in_a_command_saves_nothing(database, acting, monkeypatch):
    monkeypatch.setattr(products, "_delete", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        perform(acting("alice"), products.save, Changes(added=({"sku": "A"},), deleted=(1,)))
    assert page.read(products.count, products.Filter()) == 0
