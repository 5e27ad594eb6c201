"""Each command asks who is there, whatever a screen has shown, and has words for the history: every command, every role."""

import importlib

import pytest
from sqlalchemy import func, select

from db.models import ChangeSet
from db.session import reading
from db.vocabulary import Role
from lib import modules, rights
from lib.command_words import WORDS
from lib.commands import COMMANDS, perform
from lib.problems import Refused

for name in modules.places().values():
    if name not in ("lib.worker", "lib.lifeline"):
        importlib.import_module(name)

FORBIDDEN = [
    pytest.param(name, role, id=f"{name}-{role}")
    for name, command in sorted(COMMANDS.items())
    for role in Role
    if role not in rights.MAY[command.right]
]


def sets():
    with reading() as session:
        return session.scalar(select(func.count()).select_from(ChangeSet))


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(("name", "role"), FORBIDDEN)
def test_who_may_not_is_told_who_may_and_nothing_changes(database, acting, name, role):
    cast = {
        Role.VIEWER: "charlie",
        Role.OPERATOR: "oscar",
        Role.LISTER: "lily",
        Role.PRICING: "petra",
        Role.ADMIN: "alice",
    }
    with pytest.raises(Refused, match="may not .*; .*Admin may"):
        perform(acting(cast[role]), COMMANDS[name])
    assert sets() == 0


def test_there_are_commands_for_each_noun():
    nouns = {name.partition(".")[0] for name in COMMANDS}
    assert {"products", "listings", "codes", "orders", "purchases", "imports", "history", "accounts"} <= nouns


def test_each_command_has_words_in_the_history():
    ours = {name for name, command in COMMANDS.items() if command.__module__.startswith("lib.")}
    assert len(ours) > 80
    assert sorted(ours - WORDS.keys()) == []
