"""What a full disk, a read-only disk, a missing server is called at the screen: real errors, not made up ones."""

import errno
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from db.upgrade import MadeByANewerCaravan, upgrade
from lib.outages import sentence


def failure(act: Callable[[], object]) -> str | None:
    try:
        act()
    except Exception as error:
        return sentence(error)
    raise AssertionError("nothing failed")


def write(url: str, *before: str) -> None:
    with create_engine(url).begin() as connection:
        for statement in (*before, "CREATE TABLE IF NOT EXISTS thing (content text)"):
            connection.execute(text(statement))
        connection.execute(text("INSERT INTO thing VALUES (:content)"), {"content": "x" * 100_000})


def test_a_full_disk(tmp_path: Path) -> None:
    said = failure(lambda: write(f"sqlite:///{tmp_path / 'a.db'}", "PRAGMA max_page_count = 3"))
    assert said == "The disk is full. Nothing was saved. Free some space and try again."


def test_a_database_that_can_only_be_read(tmp_path: Path) -> None:
    write(f"sqlite:///{tmp_path / 'a.db'}")
    said = failure(lambda: write(f"sqlite:///file:{tmp_path / 'a.db'}?mode=ro&uri=true"))
    assert said is not None
    assert said.startswith("The disk or the folder of the database can only be read. Nothing was saved.")


def test_a_missing_folder(tmp_path: Path) -> None:
    said = failure(lambda: write(f"sqlite:///{tmp_path / 'none' / 'a.db'}"))
    assert said is not None
    assert "its folder is missing" in said


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"\xff\xd8\xff\xe0 a picture" * 100)
    said = failure(lambda: write(f"sqlite:///{tmp_path / 'a.db'}"))
    assert said is not None
    assert said.startswith("The file is no database or is damaged.")


def test_somebody_holds_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    write(url)
    with create_engine(url).connect() as other:
        other.exec_driver_sql("BEGIN EXCLUSIVE")
        said = failure(lambda: write(url, "PRAGMA busy_timeout = 1"))
    assert said is not None
    assert said.startswith("The database is busy")


@pytest.mark.parametrize("url", ["nonsense", "oracle://x", "mystery+driver://x"])
def test_a_wrong_address(url: str) -> None:
    said = failure(lambda: write(url))
    assert said is not None
    assert said.startswith("DATABASE_URL is not an address of a database that Caravan knows.")


def test_no_server() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and not listening
        said = failure(lambda: write(f"postgresql+psycopg://a:secret@127.0.0.1:{nobody.getsockname()[1]}/x"))
    assert said is not None
    assert said.startswith("The database server of DATABASE_URL does not answer, or does not let us in.")
    assert "secret" not in said


@pytest.mark.only("postgresql")
def test_what_a_server_refuses(database: str) -> None:
    missing = failure(lambda: write(database.replace("/test_", "/nothing_")))
    read_only = failure(lambda: write(database, "SET TRANSACTION READ ONLY"))
    stopped = failure(lambda: write(database, "SET LOCAL statement_timeout = 10", "SELECT pg_sleep(5)"))
    assert (missing or "").startswith("The database named in DATABASE_URL does not exist")
    assert (read_only or "").startswith("The database server only lets us read.")
    assert (stopped or "").startswith("The database took too long and was told to stop.")


def test_a_newer_caravan(database: str) -> None:
    with create_engine(database).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(MadeByANewerCaravan) as newer:
        upgrade()
    assert sentence(newer.value) == (
        "The database was made by a newer Caravan. Nothing was changed. Start the newer one, or restore a backup."
    )


@pytest.mark.parametrize(
    ("number", "start"),
    [
        (errno.ENOSPC, "The disk is full."),
        (errno.EROFS, "/data is on a disk that can only be read."),
        (errno.EACCES, "/data may not be written by this user."),
        (errno.ENOTDIR, "/data cannot be a folder: a file has that name."),
    ],
)
def test_a_folder_that_cannot_be_used(number: int, start: str) -> None:
    assert (sentence(OSError(number, "whatever the system says", "/data")) or "").startswith(start)


def test_a_mistake_of_ours_is_no_outage(database: str) -> None:
    assert sentence(KeyError("sku")) is None
    assert sentence(MemoryError()) is None
    assert failure(lambda: write(database, "SELECT * FROM no_such_table")) is None
