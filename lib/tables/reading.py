"""An uploaded file, read as text cell by cell: an SKU or EAN never loses a zero, and what is no table is refused."""

import re

from lib.problems import Refused
from lib.tables import delimited, workbook
from lib.tables.sheet import Nameless, Row, Rows, Sheet

__all__ = ["Nameless", "Row", "Rows", "Sheet", "read"]

MOST_BYTES = 100 * 1024 * 1024
SIGNATURES = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"RIFF": "a WebP picture or a sound",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"Rar!": "a compressed file",
    b"{\\rtf": "a text document",
    b"SQLite format 3": "a database",
}
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
JSON = re.compile(rb"\{|\[\s*[\[{]")
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read(name: str, content: bytes, has_names: bool = True, most_rows: int | None = None) -> Sheet:
    """The sheet in this upload: columns, rows of text with their lines, problems and notes.

    Text files (UTF-8, UTF-16, GB18030, Shift JIS, Windows-1252; commas, semicolons, tabs or vertical bars) and .xlsx
    workbooks, told apart by what they are and not by their name. Refused, always with a sentence for the person at the
    screen, when it is neither, too big, damaged, protected or without rows; Nameless when no line names the columns.
    """
    name = name.strip()[:80] or "The file"
    if not content.strip():
        raise Refused(f"{name} is empty. Nothing was read: choose the file that holds your table.")
    if len(content) > MOST_BYTES:
        raise Refused(f"{name} is larger than {MOST_BYTES // 2**20} MB. Nothing was read: split it into several files.")
    if content.startswith(b"PK"):
        return workbook.read(name, content, has_names, most_rows)
    refuse_what_is_no_table(name, content)
    return delimited.read(content, has_names, most_rows)


def refuse_what_is_no_table(name: str, content: bytes) -> None:
    """Pictures, documents, pages: told by how they begin."""
    if content.startswith(OLD_EXCEL):
        if ENCRYPTED in content:
            raise Refused(f"{name} is protected by a password. Nothing was read: save it without one.")
        raise Refused(f"{name} is in an old format of Excel. Nothing was read: save it as .xlsx.")
    found = next((what for start, what in SIGNATURES.items() if content.startswith(start)), None)
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        found = "a web page or XML"
    elif JSON.match(start):
        found = "JSON"
    if found:
        raise Refused(f"{name} is {found}, not a table. Nothing was read: choose a .csv or .xlsx file.")
    if name.lower().endswith((".xlsx", ".xlsm", ".xls")) and b"\0" in content[:1000]:
        raise Refused(f"{name} is damaged: it is not the workbook that its name says. Nothing was read: save it again.")
