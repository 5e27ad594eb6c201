"""Runs of codes from before they said where they come from: they say it after the step, and can still be taken back."""

import json
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text

from db import history
from db.models import ChangeSet, Code, CodeRun
from db.session import SYSTEM, engine, forget_engine, reading, schema_change, transaction
from db.upgrade import config, upgrade
from db.vocabulary import CodeRunKind, Licence

AT = "2026-02-03 04:05:06.000007"
RUN = {"at": "2026-02-03T04:05:06.000007+00:00", "actor": "丽丽", "type": "EAN-13", "prefix": "910", "quantity": 1}
CODE = {
    "gtin14": "09100000000008",
    "code": "9100000000008",
    "type": "EAN-13",
    "licence": "licensed",
    "state": "reserved",
    "run_id": 1,
}


def before_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database as the second step left it."""
    if engine().dialect.name == "sqlite":
        forget_engine()
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'old.db'}")
    else:
        with engine().begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    with schema_change() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0002")


def fill() -> None:
    with engine().begin() as connection:
        run = "INSERT INTO code_run (at, actor, type, prefix, quantity) VALUES (:at, '丽丽', 'EAN-13', '910', 1)"
        for _ in range(2):
            connection.execute(text(run), {"at": AT})
        code = (
            "INSERT INTO code (gtin14, code, type, licence, state, run_id) VALUES ('09100000000008', '9100000000008',"
        )
        connection.execute(text(f"{code} 'EAN-13', 'licensed', 'reserved', 1)"))
        made = "INSERT INTO change_set (at, actor, command, reason, summary) VALUES (:at, 'x', 'codes.reserve', '', '')"
        connection.execute(text(made), {"at": AT})
        change = text('INSERT INTO change (set_id, "table", row_id, after) VALUES (1, :table, 1, :after)')
        for table, row in (("code_run", RUN), ("code", CODE)):
            connection.execute(change, {"table": table, "after": json.dumps(row, ensure_ascii=False)})


def test_old_runs_say_where_they_come_from(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before_the_step(tmp_path, monkeypatch)
    fill()
    upgrade()
    with reading() as session:
        runs = list(session.scalars(select(CodeRun).order_by(CodeRun.id)))
    assert [(run.kind, run.licence, run.name, run.undone_at) for run in runs] == [
        (CodeRunKind.GENERATED, Licence.LICENSED, "", None),
        (CodeRunKind.GENERATED, Licence.GENERATED, "", None),  # of this one no code is left
    ]
    with transaction(SYSTEM, "history.undo") as session:
        assert history.undo(session, 1).left == []
    with reading() as session:
        assert session.scalars(select(Code)).all() == []
        assert list(session.scalars(select(CodeRun.id))) == [2]
        assert session.scalars(select(ChangeSet.undoes_id).order_by(ChangeSet.id.desc())).first() == 1
