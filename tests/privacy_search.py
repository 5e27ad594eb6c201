"""Where a text lies in clear: in the database's own files and every column of it, in logs, files and backups, however it is written."""

import base64
import gzip
import io
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy import text as sql

from db import copies
from db.session import engine, folder
from lib.channels import ChannelBuyer

ALPHABETS = ("utf-8", "utf-16-le", "utf-16-be", "cp932", "cp1252", "gb18030")
DUMP, SHORTEST = b"PGDMP", 6


def texts(*buyers: ChannelBuyer) -> list[str]:
    """What names these buyers. Not the town: it stands in the mask, which everybody may see."""
    found: list[str] = []
    for one in buyers:
        names = [part for part in one.name.split() if len(part) > (4 if part.isascii() else 1)]
        found += [one.name, *names, *one.address.split("\n"), one.postcode, one.telephone, one.email]
    return list(dict.fromkeys(filter(None, found)))


def written(text: str) -> set[bytes]:
    """The text in every way in which a program may write it; not those of fewer than SHORTEST bytes, which chance writes too."""
    ways: set[bytes] = set()
    for one in {text, text.upper(), text.lower()}:
        for alphabet in ALPHABETS:
            with suppress(UnicodeEncodeError):
                ways.add(one.encode(alphabet))
        escapes = {
            json.dumps(one)[1:-1],
            json.dumps(json.dumps(one))[3:-3],
            quote(one),
            quote(one, safe=""),
            quote_plus(one),
            escape(one),
        }
        escapes |= {one.encode("ascii", "xmlcharrefreplace").decode(), repr(one.encode())[2:-1]}
        ways |= {way.encode() for each in escapes for way in (each, each.lower(), each.upper())}
    for plain in map(text.encode, ALPHABETS[:3]):
        in_hex, percent = plain.hex().encode(), "".join(f"%{byte:02x}" for byte in plain).encode()
        ways |= {in_hex, in_hex.upper(), percent, percent.upper(), *_in_base64(plain)}
    return {way for way in ways if len(way) >= SHORTEST}


def _in_base64(plain: bytes) -> set[bytes]:
    """As it stands in base64 behind 0, 1 or 2 other bytes, without the signs that its neighbours share."""
    found = set()
    for before, cut in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(plain)) * 8 // 6
        for letters in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(letters(bytes(before) + plain)[cut:whole])
    return found


def leaks(wanted: Iterable[str]) -> list[str]:
    """ "text in place" for each text that lies in clear anywhere."""
    ways = {text: written(text) for text in wanted}
    places = [*files(folder()), *rows()]
    return [f"{text} in {name}" for name, raw in places for text in ways if any(way in raw for way in ways[text])]


def found_in(raw: bytes, wanted: Iterable[str]) -> list[str]:
    return [text for text in wanted for _, part in unpacked("", raw) if any(way in part for way in written(text))]


def files(top: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below, journals of the database too, and what is packed in them; not the keys, which open everything."""
    for path in sorted(top.rglob("*")):
        name = path.relative_to(top)
        if path.is_file() and name.parts[0] != "keys":
            yield from unpacked(str(name), path.read_bytes())


def unpacked(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and what is inside when it is an archive, a workbook, or a copy of PostgreSQL's."""
    yield name, raw
    if name.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for member in archive.getmembers():
                content = archive.extractfile(member)
                yield from unpacked(f"{name}/{member.name}", content.read() if content else b"")
    elif raw.startswith(b"\x1f\x8b"):
        yield f"{name} unpacked", gzip.decompress(raw)
    elif raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for member in archive.namelist():
                yield from unpacked(f"{name}/{member}", archive.read(member))
    elif raw.startswith(DUMP):
        restore = [copies._path("pg_restore"), "--file=-"]
        yield f"{name} as SQL", subprocess.run(restore, input=raw, capture_output=True, check=True).stdout


def rows() -> Iterator[tuple[str, bytes]]:
    """Every column of every table, as text: jobs, the history and its entries among them."""
    with engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.execute(sql("SELECT name FROM sqlite_schema WHERE type = 'table'")).scalars().all()
        else:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            names = connection.execute(sql(query)).scalars().all()
        for name in names:
            cells = [cell for row in connection.execute(sql(f'SELECT * FROM "{name}"')) for cell in row]
            yield f"table {name}", b"\n".join(_plain(cell) for cell in cells)


def _plain(cell: object) -> bytes:
    if isinstance(cell, bytes | memoryview):
        return bytes(cell)
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False).encode()
    return str(cell).encode()
