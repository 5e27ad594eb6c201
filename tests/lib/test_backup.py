"""A backup is one moment of a company at work, and comes back as it was, or not at all."""

import io
import json
import sqlite3
import stat
import tarfile
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from db.models import Category, Product
from db.session import SYSTEM, engine, reading, transaction
from lib import backup, settings
from lib.problems import Refused


@pytest.fixture
def company(database: str) -> None:
    """Two products with the names that get lost first, a picture and a key."""
    with transaction(SYSTEM, "test") as session:
        session.add(Product(sku="007", title_zh="台灯", ean="0012345678905"))
        session.add(Product(sku="=cmd|' /C calc'!A0", title_en="Lamp 'one'\n; two"))
    (settings.pictures() / "ab").mkdir(parents=True)
    (settings.pictures() / "ab" / "abcd.jpg").write_bytes(b"a picture")
    settings.keys().mkdir()
    (settings.keys() / "buyers.key").write_bytes(b"the key")


def products() -> list[tuple[str, str | None, str | None, str | None]]:
    with reading() as session:
        found = session.execute(
            select(Product.sku, Product.title_zh, Product.title_en, Product.ean).order_by(Product.id)
        )
        return [tuple(row) for row in found]


BEFORE = [("007", "台灯", None, "0012345678905"), ("=cmd|' /C calc'!A0", None, "Lamp 'one'\n; two", None)]


def rename_all(title: str) -> None:
    with transaction(SYSTEM, "test") as session:
        for product in session.scalars(select(Product)):
            product.title_en = title


def names_in(file: Path) -> list[str]:
    with tarfile.open(file) as archive:
        return archive.getnames()


def test_a_backup_comes_back_as_it_was(company: None, tmp_path: Path) -> None:
    file = tmp_path / "copy.tar.gz"
    said = backup.save(file)
    assert said.startswith(f"Saved to {file}: ")
    assert said.endswith(
        f"The key to buyers' names is not in it: keep a copy of {settings.keys()} elsewhere, or use WITH_KEYS=1."
    )
    rename_all("changed since")
    (settings.pictures() / "ab" / "abcd.jpg").unlink()

    said = backup.restore(file, force=True)

    assert said.startswith(f"Put back {file} with 1 picture. What was there before is in ")
    assert products() == BEFORE
    assert (settings.pictures() / "ab" / "abcd.jpg").read_bytes() == b"a picture"
    with engine().connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_what_was_replaced_can_be_had_back(company: None, tmp_path: Path) -> None:
    backup.save(tmp_path / "copy.tar.gz")
    rename_all("changed since")
    said = backup.restore(tmp_path / "copy.tar.gz", force=True)
    former = Path(said.rpartition(" is in ")[2].removesuffix("."))
    backup.restore(former, force=True)
    assert {title for _, _, title, _ in products()} == {"changed since"}
    assert "keys/buyers.key" in names_in(former)


def test_a_database_that_is_there_is_kept_unless_told(company: None, tmp_path: Path) -> None:
    backup.save(tmp_path / "copy.tar.gz")
    rename_all("changed since")
    with pytest.raises(Refused, match="There is a database already. Nothing was changed"):
        backup.restore(tmp_path / "copy.tar.gz")
    assert {title for _, _, title, _ in products()} == {"changed since"}


def test_tables_that_came_later_do_not_stand_in_the_way(company: None, tmp_path: Path) -> None:
    backup.save(tmp_path / "copy.tar.gz")
    with engine().begin() as connection:
        connection.execute(text("CREATE TABLE later (id integer REFERENCES product (id))"))
    backup.restore(tmp_path / "copy.tar.gz", force=True)
    assert products() == BEFORE
    with engine().connect() as connection, pytest.raises(Exception, match="later"):
        connection.execute(text("SELECT * FROM later"))


def test_the_key_is_apart_unless_asked_for(company: None, tmp_path: Path) -> None:
    backup.save(tmp_path / "without.tar.gz")
    backup.save(tmp_path / "with.tar.gz", with_keys=True)
    assert names_in(tmp_path / "without.tar.gz") == ["caravan.json", "database", "pictures/ab/abcd.jpg"]
    assert names_in(tmp_path / "with.tar.gz") == ["caravan.json", "database", "pictures/ab/abcd.jpg", "keys/buyers.key"]
    assert stat.S_IMODE((tmp_path / "with.tar.gz").stat().st_mode) == 0o600


def test_a_backup_is_one_moment_while_people_work(company: None, tmp_path: Path) -> None:
    """Each transaction adds two rows: half of one would show as an odd number."""
    ending = threading.Event()
    worked = []

    def work() -> None:
        while not ending.is_set():
            with transaction(SYSTEM, "test") as session:
                for side in ("left", "right"):
                    session.add(Category(name=side, path=f"{len(worked)} {side}"))
            worked.append(1)

    person = threading.Thread(target=work)
    person.start()
    try:
        while len(worked) < 5:
            ending.wait(0.01)
        backup.save(tmp_path / "copy.tar.gz")
        after = len(worked)
        while len(worked) < after + 3:
            ending.wait(0.01)
    finally:
        ending.set()
        person.join()
    backup.restore(tmp_path / "copy.tar.gz", force=True)
    with reading() as session:
        sides = dict(session.execute(select(Category.name, func.count()).group_by(Category.name)).all())
    assert sides["left"] == sides["right"]
    assert 5 <= sides["left"] <= len(worked) - 3


def pack(file: Path, *members: tuple[str | tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def link(name: str, to: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, to
    return member


@pytest.mark.parametrize(
    "name", ["../outside", "/outside", "pictures/../../outside", "pictures/.hidden", "database/..", "pictures", "C:\\x"]
)
def test_no_name_leads_out_of_the_folder(company: None, tmp_path: Path, name: str) -> None:
    file = pack(tmp_path / "evil.tar.gz", ("caravan.json", b"{}"), (name, b"evil"))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Refused, match="is no backup of Caravan: it holds"):
        backup.restore(file, force=True)
    assert sorted(tmp_path.rglob("*")) == before
    assert products() == BEFORE


def test_a_link_is_refused(company: None, tmp_path: Path) -> None:
    file = pack(tmp_path / "evil.tar.gz", (link("pictures/a", "../keys"), b""))
    with pytest.raises(Refused, match="it holds 'pictures/a'"):
        backup.restore(file, force=True)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00broken"])
def test_another_file_is_refused(company: None, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(Refused, match="is no backup of Caravan"):
        backup.restore(tmp_path / "other", force=True)
    assert products() == BEFORE


def test_half_a_backup_is_refused(company: None, tmp_path: Path) -> None:
    backup.save(tmp_path / "copy.tar.gz")
    whole = (tmp_path / "copy.tar.gz").read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused, match="or only a part of one. Nothing was changed."):
        backup.restore(tmp_path / "half.tar.gz", force=True)
    assert products() == BEFORE


def test_a_damaged_database_is_refused(company: None, tmp_path: Path) -> None:
    contents = json.dumps(backup._contents()).encode()
    file = pack(tmp_path / "damaged.tar.gz", ("caravan.json", contents), ("database", b"SQLite format 3\0 and noise"))
    assert backup.main(["restore", "--from", str(file), "--force"]) == 1
    assert products() == BEFORE


def test_the_other_engine_is_refused(company: None, tmp_path: Path) -> None:
    contents = json.dumps(backup._contents() | {"database": "oracle"}).encode()
    file = pack(tmp_path / "other.tar.gz", ("caravan.json", contents), ("database", b"x"))
    with pytest.raises(Refused, match="Restore it where it comes from."):
        backup.restore(file, force=True)
    assert products() == BEFORE


def test_a_newer_caravan_is_refused(company: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contents = json.dumps(backup._contents() | {"revision": "9999"}).encode()
    file = pack(tmp_path / "newer.tar.gz", ("caravan.json", contents), ("database", b"x"))
    assert backup.main(["restore", "--from", str(file), "--force"]) == 1
    assert "made by a newer Caravan. Nothing was changed." in capsys.readouterr().err
    assert products() == BEFORE


def test_a_disk_without_room_is_said(company: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup.save(tmp_path / "copy.tar.gz")
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(Refused, match="The disk has no room"):
        backup.restore(tmp_path / "copy.tar.gz", force=True)
    assert products() == BEFORE


@pytest.mark.only("sqlite")
def test_the_commands_speak_in_sentences(
    company: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backup.main(["save", "--to", str(tmp_path / "copy.tar.gz")]) == 0
    assert backup.main(["save", "--to", str(tmp_path / "copy.tar.gz")]) == 1
    assert "exists already. Nothing was saved." in capsys.readouterr().err
    assert backup.main(["restore"]) == 1
    assert backup.main(["restore", "--from", str(tmp_path / "none.tar.gz")]) == 1
    assert "There is no file" in capsys.readouterr().err
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'caravan.db'}")
    assert backup.main(["restore", "--from", str(tmp_path / "copy.tar.gz")]) == 0
    assert products() == BEFORE


@pytest.mark.only("sqlite")
def test_somebody_who_is_connected_sees_the_restored_company(company: None, tmp_path: Path, database: str) -> None:
    backup.save(tmp_path / "copy.tar.gz")
    rename_all("changed since")
    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    assert connection.execute("SELECT DISTINCT title_en FROM product").fetchall() == [("changed since",)]
    backup.restore(tmp_path / "copy.tar.gz", force=True)
    assert connection.execute("SELECT title_en FROM product ORDER BY id").fetchall() == [
        (None,),
        ("Lamp 'one'\n; two",),
    ]
    connection.close()
