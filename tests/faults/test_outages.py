"""The disk or the database fails while people work: a sentence, nothing half written, and work goes on afterwards."""

import errno
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, func, select

from db import session as sessions
from db.models import ChangeSet, Job, Product
from db.session import SYSTEM, forget_engine, reading, transaction
from lib import outages, settings
from lib.changes import Changes
from lib.commands import perform
from lib.products import import_files, pictures, products
from lib.products.import_files import Choice


@pytest.fixture
def alice(database, acting):
    perform(acting("alice"), products.save, Changes(added=({"sku": "FIRST"},)))
    return acting("alice")


def add(actor, sku="NEW", times=1):
    rows = tuple({"sku": f"{sku}{n or ''}", "remark": "x" * 2_000} for n in range(times))
    return perform(actor, products.save, Changes(added=rows))


def failure(act, *args, **kwargs):
    """The sentence of what fails; a failure without one is a mistake and stays one."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        act(*args, **kwargs)
    said = outages.sentence(caught.value)
    assert said, repr(caught.value)
    return said


def stored():
    with reading() as session:
        return list(session.scalars(select(Product.sku).order_by(Product.sku))), session.scalar(
            select(func.count()).select_from(ChangeSet)
        )


@pytest.mark.only("sqlite")
def test_a_full_disk(alice):
    before = stored()

    def no_room(connection, *_):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    event.listen(sessions.engine(), "checkout", no_room)
    assert failure(add, alice, times=200) == "The disk is full. Nothing was saved. Free some space and try again."
    assert stored() == before
    event.remove(sessions.engine(), "checkout", no_room)
    forget_engine()
    assert add(alice) == "Products: 1 added."


@pytest.mark.only("sqlite")
def test_a_database_that_has_become_read_only(alice):
    before = stored()

    def closed(connection, *_):
        connection.execute("PRAGMA query_only = ON")

    event.listen(sessions.engine(), "checkout", closed)
    assert failure(add, alice).startswith("The disk or the folder of the database can only be read. Nothing was saved.")
    assert stored() == before


@pytest.mark.only("sqlite")
def test_a_database_file_that_is_gone_is_said_and_no_empty_one_is_made(alice, database, tmp_path):
    file, before = Path(database.removeprefix("sqlite:///")), stored()
    forget_engine()
    with reading() as session:
        session.scalar(select(1))
    aside = tmp_path / "aside.db"
    file.rename(aside)
    for act in (lambda: add(alice), stored):
        assert failure(act) == (
            f"The database file {file} is gone. Nothing was saved. Put it back, or a backup: make restore FROM=file."
        )
    assert not file.exists()
    aside.rename(file)
    assert stored() == before
    assert add(alice) == "Products: 1 added."


@pytest.mark.only("sqlite")
def test_a_database_file_that_was_replaced_is_the_one_that_is_written(alice, database, tmp_path):
    file = Path(database.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as copy:
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy.close()
    shutil.copyfile(file, tmp_path / "copy.db")
    add(alice, "LOST")
    for name in (f"{file}-wal", f"{file}-shm"):
        Path(name).unlink(missing_ok=True)
    (tmp_path / "copy.db").replace(file)
    add(alice, "KEPT")
    forget_engine()
    assert stored()[0] == ["FIRST", "KEPT"]


@pytest.mark.only("sqlite")
def test_a_damaged_file(alice, database):
    file = Path(database.removeprefix("sqlite:///"))
    forget_engine()
    file.write_bytes(b"a shopping list" * 1_000)
    for beside in ("-wal", "-shm"):
        Path(f"{file}{beside}").unlink(missing_ok=True)
    assert failure(add, alice).startswith("The file is no database or is damaged. Nothing was changed.")
    assert file.read_bytes() == b"a shopping list" * 1_000


def test_a_writer_that_holds_on_for_long(alice, database, monkeypatch):
    """The second one waits, then says that it is busy; and does its work when the first has ended."""
    monkeypatch.setattr(sessions, "PATIENCE", 200)
    monkeypatch.setattr(sessions, "PRAGMAS", ("busy_timeout = 200", *sessions.PRAGMAS[1:]))
    forget_engine()
    holds, enough = threading.Event(), threading.Event()

    def hold():
        with transaction(SYSTEM, "tests.hold") as session:
            session.scalars(select(Product).with_for_update()).all()
            holds.set()
            enough.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(10)
    before = stored()
    try:
        with reading() as session:
            seen = session.scalars(select(Product)).one()
        edit = Changes(deleted=(seen.id,))
        assert failure(perform, alice, products.save, edit).startswith(
            "The database is busy with somebody else's long change."
        )
        assert stored() == before
    finally:
        enough.set()
        holder.join()
    assert perform(alice, products.save, edit) == "Products: 1 deleted."


@pytest.mark.only("postgresql")
def test_a_server_that_goes_in_the_middle(alice, database, engine):
    before = stored()

    def cut_off():
        with transaction(alice, "tests.cut") as session:
            session.add(Product(sku="HALF"))
            session.flush()
            number = session.scalar(select(func.pg_backend_pid()))
            engine.administrator.execute("SELECT pg_terminate_backend(%s)", [number])
            session.add(Product(sku="OTHER"))

    assert "Nothing was saved" in failure(cut_off)
    assert stored() == before
    assert add(alice) == "Products: 1 added."


def test_every_error_of_the_driver_itself_is_known_too():
    assert (outages.sentence(psycopg.errors.DiskFull("full")) or "").startswith(
        "The disk of the database server is full."
    )
    assert (outages.sentence(psycopg.errors.DeadlockDetected("x")) or "").startswith("The database is busy")
    assert (outages.sentence(psycopg.OperationalError("the connection is lost")) or "").endswith("right?")
    assert outages.sentence(psycopg.errors.UndefinedColumn("ours")) is None


# Files


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.only("sqlite")
def test_an_upload_on_a_full_disk_leaves_neither_a_file_nor_a_job(alice, monkeypatch):
    content = b"sku,title\n" + b"".join(b"%d,x\n" % n for n in range(10))
    half = Path.write_bytes

    def write_half(self, data):
        half(self, data[: len(data) // 2])
        full()

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write_half)
        said = failure(perform, alice, import_files.start, "p.csv", content, Choice(), "mark")
    assert said == "The disk is full. Nothing was saved. Free some space and try again."
    assert list(settings.uploads().iterdir()) == []
    with reading() as session:
        assert session.scalars(select(Job)).all() == []


def test_a_picture_on_a_full_disk_leaves_no_file(monkeypatch):
    from io import BytesIO

    from PIL import Image

    kept = BytesIO()
    Image.new("RGB", (20, 20), "red").save(kept, "PNG")
    monkeypatch.setattr(Image.Image, "save", full)
    assert failure(pictures.keep, kept.getvalue()).startswith("The disk is full.")
    assert list(settings.pictures().iterdir()) == []
