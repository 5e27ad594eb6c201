"""Text files with separators: .csv, .tsv, .txt as shops, databases and Excel export them."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from lib.problems import Refused
from lib.tables.encodings import NAMES, encoding_of
from lib.tables.sheet import Record, Sheet, build

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
SAMPLE_BYTES, SAMPLE_RECORDS = 256 * 1024, 200
EXCEL_SAYS = re.compile("\ufeff?sep=([,;\t|])\r?\n", re.IGNORECASE)

# One limit for the whole process, and a generous one: a cell that is too long becomes a problem of its line.
csv.field_size_limit(4_000_000)


class Unbalanced(Exception):
    """The quotes of the file do not match; the record that began in `line` could not be read."""

    def __init__(self, line: int):
        self.line = line


def read(content: bytes, has_names: bool = True, most_rows: int | None = None) -> Sheet:
    """The sheet in this text file; Refused with a sentence when it is none."""
    encoding = encoding_of(content)
    sample = codecs.getincrementaldecoder(encoding)().decode(content[:SAMPLE_BYTES])
    says = EXCEL_SAYS.match(sample)
    separator = says[1] if says else separator_of(sample, is_whole=len(content) <= SAMPLE_BYTES)
    notes = [f"Read as {NAMES[encoding]}, separated by {SEPARATORS[separator]}."]
    try:
        records = _records(content, encoding, separator, csv.QUOTE_MINIMAL, bool(says))
        return build(records, notes, has_names=has_names, most_rows=most_rows)
    except Unbalanced as wrong:
        if separator == "\t":
            return _without_quotes(content, encoding, notes, wrong)
        raise Refused(_sentence(wrong)) from None


def separator_of(sample: str, is_whole: bool = True) -> str:
    """The separator that splits most lines into as many cells as the first; failing that, into the most cells."""

    def score(separator: str) -> tuple[bool, int]:
        records = _sampled(sample, separator, is_whole)
        widths = Counter(len(cells) for cells in records if len(cells) > 1)
        if not widths:
            return False, 0
        width, count = max(widths.items(), key=lambda found: found[1] * (found[0] - 1))
        return len(records[0]) == width and count >= len(records) / 2, count * (width - 1)

    return max(SEPARATORS, key=score)


def _sampled(sample: str, separator: str, is_whole: bool) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator, strict=True)
    records: list[list[str]] = []
    try:
        for cells in reader:
            records.append(cells)
            if len(records) == SAMPLE_RECORDS:
                return records
    except csv.Error:
        return records
    return records if is_whole else records[:-1]


def _records(content: bytes, encoding: str, separator: str, quoting: Literal[0, 3], skips: bool) -> Iterator[Record]:
    """Decoded while it is read, so that the file is in memory once."""
    stream = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    if skips:
        stream.readline()
    before = int(skips)
    line = before + 1
    reader = csv.reader(stream, delimiter=separator, strict=True, quoting=quoting)
    try:
        for cells in reader:
            yield Record(line, cells)
            line = before + reader.line_num + 1
    except csv.Error:
        raise Unbalanced(line) from None


def _without_quotes(content: bytes, encoding: str, notes: list[str], wrong: Unbalanced) -> Sheet:
    """Databases write tabs without any quoting; then a quote is a letter like others."""
    try:
        return build(
            _records(content, encoding, "\t", csv.QUOTE_NONE, False), [*notes, "Quotes were read as plain letters."]
        )
    except (Refused, Unbalanced):
        raise Refused(_sentence(wrong)) from None


def _sentence(wrong: Unbalanced) -> str:
    return (
        f"A quote that opens in line {wrong.line} is not closed as it should be, so the rows after it run together. "
        "Nothing was read: a quote inside a quoted text must be written twice."
    )
