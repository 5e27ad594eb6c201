"""The two databases that every test of stored things runs on, each able to give out a clean copy quickly.

The tables are made once, by the migrations; a test gets a copy: of the file on SQLite, of the database on PostgreSQL.
"""

import shutil
import sqlite3
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql


class Sqlite:
    name = "sqlite"

    def __init__(self, folder: Path):
        self.template = folder / "template.db"
        self.copies: list[Path] = []

    def template_url(self) -> str:
        return f"sqlite:///{self.template}"

    def copy(self, folder: Path) -> str:
        """The address of a clean database with every table and no row."""
        file = folder / "caravan.db"
        shutil.copyfile(self.template, file)
        return f"sqlite:///{file}"

    def complete(self) -> None:
        """Bring what waits beside the template file into it: only the file is copied."""
        with sqlite3.connect(self.template) as template:
            template.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        template.close()

    def drop(self, url: str) -> None:
        """The folder goes with the test."""


class Postgresql:
    name = "postgresql"

    def __init__(self, reach: str):
        self.reach = reach
        self.folder = reach.split()[0].removeprefix("host=")
        self.made = 0
        self.left: list[str] = []
        self.administrator = psycopg.connect(f"{reach} dbname=postgres", autocommit=True)
        self.administrator.execute("CREATE DATABASE template_of_caravan")

    def template_url(self) -> str:
        return self._url("template_of_caravan")

    def copy(self, folder: Path) -> str:
        self.made += 1
        name = f"test_{self.made}"
        # Copying the files takes half the time of copying the pages, which newer servers do when not told.
        how = " STRATEGY file_copy" if self.administrator.info.server_version >= 150000 else ""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE template_of_caravan" + how).format(sql.Identifier(name))
        self.administrator.execute(statement)
        return self._url(name)

    def complete(self) -> None:
        """Nothing waits: the server has it all."""

    def drop(self, url: str) -> None:
        """The one before it: whoever has just left this one is still in it for a moment, and the server would wait for him."""
        self.left.append(url.partition("?")[0].rpartition("/")[2])
        while len(self.left) > 1:
            self.administrator.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self.left.pop(0)))
            )

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://caravan@/{name}?host={quote(self.folder, safe='')}"
