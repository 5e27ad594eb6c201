"""The company behind a served Caravan, past its screens: its database, and the people who are let in."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from db.models import Person
from db.session import SYSTEM, forget_engine, reading
from db.vocabulary import Role
from lib.commands import perform
from lib.people import accounts
from tests.browser.served import App

PASSWORD = "Camel-2026!x"
"""Of everybody who is let in here."""


@contextmanager
def opened(app: App) -> Iterator[None]:
    """The database of the served Caravan, for the time of the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARAVAN_DATA", str(app.folder))
        patch.setenv("CARAVAN_DEMO_DELAY", "0")
        patch.delenv("DATABASE_URL", raising=False)
        forget_engine()
        yield
        forget_engine()


def let_in(name: str, role: Role) -> None:
    """Somebody registers and is approved, in the opened database."""
    accounts.register(name, "", PASSWORD, PASSWORD, "127.0.0.1")
    with reading() as session:
        number = session.scalars(select(Person.id).where(Person.username == name)).one()
    perform(SYSTEM, accounts.approve, number, role)


def asked(app: App, query: str, *values: object) -> list[tuple[object, ...]]:
    """The rows that the database answers to this SQL."""
    with sqlite3.connect(app.folder / "caravan.db") as database:
        return database.execute(query, values).fetchall()
