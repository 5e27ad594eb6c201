"""The whole database as one file, consistent while people work, and back again, all of it or nothing."""

import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect

from db.session import engine, forget_engine

SECONDS_TO_WAIT = 30
SECONDS_TO_COPY = 6 * 3600

# What is there goes first, also what a newer Caravan has added; in the transaction that brings the copy in.
EMPTY_THE_SCHEMA = """
SET LOCAL lock_timeout = '30s';
DO $$ DECLARE thing record; BEGIN
FOR thing IN
    SELECT format('DROP TABLE IF EXISTS %I.%I CASCADE', schemaname, tablename) AS statement
    FROM pg_tables WHERE schemaname = current_schema()
    UNION ALL
    SELECT format('DROP %s IF EXISTS %s CASCADE', CASE prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
                  pg_proc.oid::regprocedure)
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prokind IN ('f', 'p')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    UNION ALL
    SELECT format('DROP TYPE IF EXISTS %s CASCADE', pg_type.oid::regtype)
    FROM pg_type WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('e', 'd')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype = 'e')
    UNION ALL
    SELECT format('DROP SEQUENCE IF EXISTS %I.%I CASCADE', schemaname, sequencename)
    FROM pg_sequences WHERE schemaname = current_schema()
LOOP EXECUTE thing.statement; END LOOP; END $$;
"""


class CannotCopy(Exception):
    """Why the database was not copied or put back, in a sentence; nothing was changed."""


def kind() -> str:
    """`sqlite` or `postgresql`: a copy of one cannot be put back into the other."""
    return engine().dialect.name


def is_empty() -> bool:
    """Are there no tables yet?"""
    file = _file()
    if file is not None and not file.exists():
        return True
    return not inspect(engine()).get_table_names()


def write(copy: Path) -> None:
    """Copy the database as it is at this moment into a new file."""
    file = _file()
    if file is None:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={copy}", _address())
    elif not file.exists():
        raise CannotCopy(f"There is no database yet: {file} does not exist. Start Caravan once with make run.")
    else:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source, closing(sqlite3.connect(copy)) as to:
            _copy_sqlite(source, to)
            to.execute("PRAGMA journal_mode = DELETE")
    check(copy)


def check(copy: Path) -> None:
    """Refuse a file that is no sound copy of a database of Caravan."""
    if kind() == "postgresql":
        _run("pg_restore", "--list", str(copy))
        return
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.DatabaseError:
        sound, tables = False, set()
    if not sound or "alembic_version" not in tables:
        raise CannotCopy("The database in the backup is damaged, or not Caravan's. Nothing was changed.")


def read(copy: Path) -> None:
    """Replace the database by the copy. Others who are connected see the old one or the new one, nothing between."""
    check(copy)
    file, address = _file(), _address()
    forget_engine()
    if file is None:
        script, first = copy.with_suffix(".sql"), copy.with_suffix(".first.sql")
        first.write_text(EMPTY_THE_SCHEMA, encoding="utf-8")
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(copy))
        _run(
            "psql",
            *["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"],
            *_files(first, script),
            address,
        )
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(file)) as to:
        _copy_sqlite(source, to)
        to.execute("PRAGMA journal_mode = WAL")


def _copy_sqlite(source: sqlite3.Connection, to: sqlite3.Connection) -> None:
    """SQLite's own way, in one step: one moment of the source, and a target that changes as a whole."""
    deadline = time.monotonic() + SECONDS_TO_WAIT

    def wait(status: int, remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise CannotCopy("The database is busy with somebody's long change. Nothing was changed. Try again later.")

    source.backup(to, progress=wait)


def _file() -> Path | None:
    """The file of a SQLite database."""
    url = engine().url
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _address() -> str:
    """How PostgreSQL's own programs are told of our database. The password goes by the environment."""
    return "--dbname=" + engine().url.set(drivername="postgresql", password=None).render_as_string()


def _files(*scripts: Path) -> list[str]:
    return [f"--file={script}" for script in scripts]


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs."""
    environment = os.environ | ({"PGPASSWORD": str(engine().url.password)} if engine().url.password else {})
    done = subprocess.run(
        [_path(program), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_COPY,
    )
    if done.returncode != 0:
        reason = next((line for line in done.stderr.splitlines() if "error" in line.lower()), done.stderr.strip())
        raise CannotCopy(f"{program} failed, and nothing was changed. It says: {reason}")


def _path(program: str) -> str:
    """An installed program, the newest first: an older one refuses a newer server."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    found = next((str(f / program) for f in folders if (f / program).exists()), None) or shutil.which(program)
    if not found:
        raise CannotCopy(f"{program} is not here. Install Debian's package postgresql-client. Nothing was changed.")
    return found
