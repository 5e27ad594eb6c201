"""The log: enough to mend it, nothing about buyers."""

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.session import reading
from lib import log, settings


@pytest.fixture
def fresh():
    """The log as before the start, and closed afterwards."""
    before, log.log.handlers = log.log.handlers, []
    yield
    for handler in log.log.handlers:
        handler.close()
    log.log.handlers, log.log.propagate = before, True


def kept() -> str:
    return (settings.logs() / "caravan.log").read_text(encoding="utf-8")


def test_an_error_is_kept_under_its_number_without_the_values(fresh, database):
    log.start()
    name = "Jane Miller"
    with pytest.raises(DBAPIError) as broken, reading() as session:
        session.execute(text("SELECT * FROM nothing WHERE buyer = :buyer"), {"buyer": name})
    try:
        raise RuntimeError("while the page was drawn") from broken.value
    except RuntimeError as error:
        log.keep("a1b2c3d4", error)
    assert "error a1b2c3d4" in kept()
    assert "FROM nothing" in kept()
    assert "while the page was drawn" in kept()
    assert name not in kept()


def test_where_no_file_can_be_written_the_terminal_gets_it(fresh, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CARAVAN_DATA", str(tmp_path / "file"))
    log.start()
    assert [type(handler) for handler in log.log.handlers] == [logging.StreamHandler]


def test_starting_twice_writes_once(fresh):
    log.start()
    log.start()
    log.log.warning("once")
    assert kept().count("once") == 1
