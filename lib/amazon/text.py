"""The text of one of Amazon's reports: letters decoded strictly, tabs, no quoting; every cell stays the text that it is.

UTF-8 where the letters are that; else the Japanese or the Western alphabet of Windows, by where the orders were sold.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace

from lib.problems import Refused
from lib.tables import encodings, reading
from lib.tables.sheet import Record, Sheet, build

FROM_JAPAN = re.compile(rb"\t(?:Amazon\.co\.jp|JPY|JP)(?:\t|\r?\n)")
LONGEST_HEADER = 20_000
ONE_TOO_MANY, NEEDS_QUOTES = "…", " A text with the separator in it needs quotes."


def header(content: bytes) -> list[str]:
    """The cells of the first line, before anybody knows in which alphabet the file is; none where there is no such line."""
    first = content[:LONGEST_HEADER].removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
    if not first or b"\t" not in first[0] or len(first[0]) >= LONGEST_HEADER:
        return []
    for encoding in ("utf-8", "cp932"):
        try:
            return first[0].decode(encoding).split("\t")
        except UnicodeDecodeError:
            continue
    return []


def read(name: str, content: bytes) -> Sheet:
    """The rows of a report; Refused with a sentence when the letters are no text. A row of another width is among the problems."""
    reading.refuse_what_is_no_table(name, content)
    if b"\0" in content:
        raise Refused(f"{name} holds NUL bytes, which no text has: it is damaged. Nothing was read: download it again.")
    encoding = _encoding(name, content)
    try:
        sheet = build(
            _records(content, encoding), [f"Read as {encodings.NAMES[encoding]}, separated by tabs, without quoting."]
        )
    except csv.Error:
        raise Refused(
            f"{name} has a line that ends in the middle of a cell. Nothing was read: download it again."
        ) from None
    problems = tuple(replace(one, text=one.text.removesuffix(NEEDS_QUOTES)) for one in sheet.problems)
    return replace(sheet, problems=problems)


def _encoding(name: str, content: bytes) -> str:
    try:
        content.decode("utf-8-sig")
        return "utf-8-sig"
    except UnicodeDecodeError as wrong:
        encodings.refuse_broken_utf8(content, wrong)
    encoding = "cp932" if FROM_JAPAN.search(content) else "cp1252"
    try:
        content.decode(encoding)
    except UnicodeDecodeError as wrong:
        line = content[: wrong.start].count(b"\n") + 1
        raise Refused(
            f"Line {line} of {name} holds a letter that is neither UTF-8 nor {encodings.NAMES[encoding]}. "
            "Nothing was read: download the report again and do not open it in between."
        ) from None
    return encoding


def _records(content: bytes, encoding: str) -> Iterator[Record]:
    stream = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    rows = csv.reader(stream, delimiter="\t", strict=True, quoting=csv.QUOTE_NONE)
    line, width = 1, 0
    for cells in rows:
        width = width or len(cells)
        # Also where nothing stands in the last cell: with a tab too many, all cells behind it are under the wrong headings.
        yield Record(line, cells if len(cells) <= width else [*cells[:width], ONE_TOO_MANY])
        line = rows.line_num + 1
