"""A backup: one file with the database and the pictures, made while people work, and put back as a whole.

`make backup` and `make restore FROM=file`. The key that opens buyers' names and addresses is kept apart on purpose: who
finds a backup shall not read them. WITH_KEYS=1 puts it in.
"""

import argparse
import json
import re
import shutil
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from db import copies
from db.session import folder, forget_engine
from db.upgrade import MadeByANewerCaravan, is_known, revision, upgrade
from lib import outages, settings
from lib.counted import counted
from lib.problems import Refused

FORMAT = 1
CONTENTS, DATABASE = "caravan.json", "database"
MOST_FILES = 5_000_000
# What a backup may hold: the two files above, and these folders, none of whose names leads out of them.
ALLOWED = re.compile(r"caravan\.json|database|(pictures|keys)(/[\w-][\w.-]{0,200}){1,6}")


def save(to: Path | None = None, with_keys: bool = False) -> str:
    """Write a backup and say where it is. Nobody has to stop working.

    The database first, then the pictures: what the database speaks of is in the pictures' folder by then.
    """
    to = to or _new_name()
    if to.exists():
        raise Refused(f"{to} exists already. Nothing was saved. Choose another name: TO=file.")
    pictures = _write(to, with_keys)
    return f"Saved to {to}: {to.stat().st_size / 1e6:,.1f} MB with {counted(pictures, 'picture')}. {_about_keys(with_keys)}"


def restore(source: Path, force: bool = False) -> str:
    """Put a backup back, all of it or nothing. With `force` what is there is saved first, then replaced."""
    folder().mkdir(parents=True, exist_ok=True)
    with _workplace(folder()) as place:
        _unpack(source, place)
        _check(_contents_of(place / CONTENTS, source))
        copies.check(place / DATABASE)
        before = ""
        if not copies.is_empty():
            if not force:
                raise Refused("There is a database already. Nothing was changed. FORCE=1 saves it and replaces it.")
            _write(former := _new_name(), with_keys=True)
            before = f" What was there before is in {former}."
        copies.read(place / DATABASE)
        upgrade()
        forget_engine()
        pictures = _put_back(place / "pictures", settings.pictures())
        _put_back(place / "keys", settings.keys())
    return f"Put back {source} with {counted(pictures, 'picture')}.{before}"


def _new_name() -> Path:
    return folder() / "backups" / f"caravan-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.tar.gz"


def _write(to: Path, with_keys: bool) -> int:
    """Write a backup; the name is given to it when it is whole. Returns how many pictures are in it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with _workplace(to.parent) as place:
        copies.write(place / DATABASE)
        (place / CONTENTS).write_text(json.dumps(_contents()), encoding="utf-8")
        whole = place / "whole"
        with tarfile.open(whole, "w:gz", compresslevel=3) as archive:
            archive.add(place / CONTENTS, CONTENTS)
            archive.add(place / DATABASE, DATABASE)
            pictures = _add(archive, "pictures", settings.pictures())
            if with_keys:
                _add(archive, "keys", settings.keys())
        whole.chmod(0o600)
        whole.rename(to)
    return pictures


def _contents() -> dict[str, Any]:
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return {"format": FORMAT, "made": made, "database": copies.kind(), "revision": revision()}


def _check(contents: dict[str, Any]) -> None:
    if contents.get("format") != FORMAT or not is_known(contents.get("revision")):
        raise MadeByANewerCaravan
    if contents.get("database") != copies.kind():
        raise Refused(
            f"The backup is one of {contents.get('database')}, and DATABASE_URL names {copies.kind()}. "
            "Nothing was changed. Restore it where it comes from."
        )


def _contents_of(file: Path, source: Path) -> dict[str, Any]:
    try:
        contents = json.loads(file.read_bytes()[:10_000])
    except ValueError:
        contents = None
    if not isinstance(contents, dict):
        raise Refused(f"{source} is no backup of Caravan. Nothing was changed.")
    return contents


def _about_keys(with_keys: bool) -> str:
    if with_keys:
        return "The key to buyers' names and addresses is in it: keep it where nobody else reads it."
    keys = settings.keys()
    return f"The key to buyers' names is not in it: keep a copy of {keys} elsewhere, or use WITH_KEYS=1."


@contextmanager
def _workplace(beside: Path) -> Iterator[Path]:
    """A folder on the same disk as the result, gone afterwards whatever happens."""
    with tempfile.TemporaryDirectory(dir=beside, prefix=".backup-") as place:
        yield Path(place)


def _add(archive: tarfile.TarFile, name: str, source: Path) -> int:
    """Add the files of a folder; one that is deleted meanwhile is left out. Returns how many."""
    added = 0
    for file in sorted(source.rglob("*")):
        inside = f"{name}/{file.relative_to(source).as_posix()}"
        if file.is_file() and not file.is_symlink() and ALLOWED.fullmatch(inside):
            try:
                archive.add(file, inside, recursive=False)
            except FileNotFoundError:
                continue
            added += 1
    return added


def _unpack(source: Path, place: Path) -> None:
    """Unpack what a backup may hold, and refuse a file that holds anything else or more than there is room for."""
    room = shutil.disk_usage(place).free
    try:
        with tarfile.open(source, "r:gz") as archive:
            for number, member in enumerate(archive, start=1):
                room -= member.size
                if not member.isfile() or not ALLOWED.fullmatch(member.name) or number > MOST_FILES:
                    raise Refused(f"{source} is no backup of Caravan: it holds {member.name!r}. Nothing was changed.")
                if room < 0:
                    raise Refused(f"The disk has no room for {source}. Nothing was changed. Free some space.")
                _unpack_one(archive, member, place / member.name)
    except FileNotFoundError:
        raise Refused(f"There is no file {source}. Nothing was changed. Say which one: FROM=file.") from None
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        if outages.sentence(error) and not isinstance(error, FileExistsError | IsADirectoryError):
            raise
        raise Refused(f"{source} is no backup of Caravan, or only a part of one. Nothing was changed.") from None
    if not (place / CONTENTS).exists() or not (place / DATABASE).exists():
        raise Refused(f"{source} is no backup of Caravan: it holds no database. Nothing was changed.")


def _unpack_one(archive: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    assert content is not None, "only files come here"
    with content, to.open("xb") as file:
        shutil.copyfileobj(content, file)


def _put_back(source: Path, target: Path) -> int:
    """Move files to their places. A picture is named by its content: one that is there is the same one."""
    moved = 0
    for file in source.rglob("*"):
        if file.is_file():
            to = target / file.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            file.replace(to)
            moved += 1
    return moved


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="backup", description="Save or put back the database and the pictures.")
    commands = parser.add_subparsers(dest="command", required=True)
    saving = commands.add_parser("save")
    saving.add_argument("--to", type=Path)
    saving.add_argument("--with-keys", action="store_true")
    restoring = commands.add_parser("restore")
    restoring.add_argument("--from", dest="source", type=Path)
    restoring.add_argument("--force", action="store_true")
    given = parser.parse_args(arguments)
    try:
        if given.command == "save":
            print(save(given.to, given.with_keys))
        elif given.source is None:
            raise Refused("Say which backup to put back: make restore FROM=file. Nothing was changed.")
        else:
            print(restore(given.source, given.force))
    except (Refused, copies.CannotCopy) as why:
        print(why, file=sys.stderr)
        return 1
    except Exception as error:
        known = outages.sentence(error)
        if known is None:
            raise
        print(known, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
