"""A list of codes as somebody has it: the file that GS1 or a seller sent, or text pasted from anywhere."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from db.storable import NO_LETTER
from lib.codes import code_verdicts, ean
from lib.codes.code_verdicts import Verdict
from lib.counted import counted
from lib.problems import Refused
from lib.tables import reading
from lib.tables.encodings import encoding_of
from lib.tables.matching import match, plain
from lib.tables.products import CODE_NAMES, PRODUCT_COLUMNS
from lib.tables.sheet import BLANK, Sheet

MOST, MOST_BYTES, MOST_LETTERS = 10_000, 10 * 2**20, 1_000_000
SAMPLE, LONGEST_SHOWN = 300, 80
PASTED = "Pasted list"
NAMES = {
    "code": (*PRODUCT_COLUMNS["ean"], "gtin14", "gtin13", "gtin12", "gtin8", "upca", "upc code", "ean8", "isbn", "isbn13", "barcode number",
             "ean number", "gtin number", "ean/upc", "ean/gtin", *(name.strip() for name in CODE_NAMES.split("|"))),
    "sku": (*PRODUCT_COLUMNS["sku"], "product sku", "article number", "product"),
}  # fmt: skip
TOGETHER = re.compile(r"[^\r\n\t\v\f\x85\u2028\u2029,;|，；、。]+")
GERMAN = re.compile(r"(?<![\d.,])(\d),(\d+E\+?\d+)(?!\w)", re.IGNORECASE)
MARKS = '"“”„‘’«»\ufeff' + BLANK
SPREADSHEET = "A spreadsheet has made this code a date. Format the column as text."


class Entry(NamedTuple):
    """One code of a list. `line` is where it stood; `wrong` says why the line could not be read, `verdict` then why."""

    line: int
    given: str
    sku: str = ""
    wrong: str = ""
    verdict: Verdict = Verdict.UNREAD


@dataclass(frozen=True)
class CodeList:
    name: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    names_products: bool = False


def read(source: tuple[str, bytes] | str) -> CodeList:
    """The codes of a file (its name and bytes) or of a pasted text. Refused, in a sentence, when there are none or too many."""
    if isinstance(source, str):
        return _pasted(source)
    name, content = called(source[0]) or "The file", source[1]
    if len(content) > MOST_BYTES:
        raise Refused(
            f"{name} is larger than {MOST_BYTES // 2**20} MB. Nothing was read: save only the codes, or split it."
        )
    text = None if content.startswith(b"PK") else _text(content)
    if text is not None and _is_plain_list(text):
        return _whole(name, _split(text))
    return _of_sheet(name, *_sheet(name, content))


def called(name: str) -> str:
    """A name as it may be kept and shown."""
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "", name).strip()[:200]


def shown(text: str) -> str:
    """What was given, so far as a screen or a file can show it."""
    text = NO_LETTER.sub("", text)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _entry(line: int, given: str, sku: str = "") -> Entry:
    """What is far too long is not kept whole."""
    if len(given) <= 4 * LONGEST_SHOWN:
        return Entry(line, given, sku)
    found = code_verdicts.judge(given)
    return Entry(line, shown(given), sku, found.text, found.verdict)


def _whole(name: str, entries: Iterable[Entry], notes: Iterable[str] = (), names_products: bool = False) -> CodeList:
    found = list[Entry]()
    for entry in entries:
        if len(found) == MOST:
            raise Refused(f"{name} has more than {MOST:,} codes. Nothing was read: split it into several lists.")
        found.append(entry)
    if not found:
        raise Refused(f"{name} has no code in it. Nothing was read: give a code a line, or a table with a column EAN.")
    return CodeList(name, tuple(found), tuple(notes), names_products)


# Text without columns


def _pasted(text: str) -> CodeList:
    if len(text) > MOST_LETTERS:
        raise Refused(
            f"The pasted text has {len(text):,} characters, and {MOST_LETTERS:,} can be read. Nothing was read: split it."
        )
    first = text.lstrip(BLANK).partition("\n")[0][:2_000]
    if "\t" in first and not HEADINGS.isdisjoint(map(plain, first.split("\t"))):
        table = NO_LETTER.sub("", text).encode()
        return _of_sheet(PASTED, *_sheet(PASTED, table))
    return _whole(PASTED, _split(text))


def _text(content: bytes) -> str | None:
    """The file as text; None when it is none, which the reader of tables says better."""
    try:
        return content.decode(encoding_of(content))
    except Refused:
        return None


def _is_plain_list(text: str) -> bool:
    """Whether the first line that is no remark holds codes only."""
    lines = (line for line in text[:MOST_LETTERS].splitlines() if line.strip(BLANK) and not line.startswith("#"))
    pieces = list(_pieces(next(lines, "")))
    return bool(pieces) and all(_is_like_a_code(piece) for piece in pieces)


def _pieces(line: str) -> Iterator[str]:
    """What stands between separators; the comma of 9,1E+12 is none."""
    return (piece for found in TOGETHER.finditer(GERMAN.sub(r"\1.\2", line)) if (piece := _bare(found[0])))


def _bare(piece: str) -> str:
    piece = piece.strip(BLANK)
    return piece if piece.startswith("=") else piece.strip(MARKS)


def _split(text: str) -> Iterator[Entry]:
    """Each code with its line. Blanks separate codes, unless what stands together is one: 4 006381 333931."""
    heading = True
    for line, words in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if words.startswith("#"):
            continue
        for piece in _pieces(words):
            is_name, heading = heading and len(piece) < LONGEST_SHOWN and plain(piece) in HEADINGS, False
            if not is_name:
                one = len(piece) <= code_verdicts.LONGEST and ean.is_valid(piece)
                yield from (_entry(line, given) for given in ((piece,) if one else _words(piece)))


def _words(piece: str) -> Iterator[str]:
    return (word for found in re.finditer(r"\S+", piece) if (word := _bare(found[0])))


def _is_like_a_code(cell: str) -> bool:
    """Digits enough, or what a spreadsheet makes of them."""
    cell = ean.compact(code_verdicts.unquoted(_bare(cell[:200])))
    digits = sum(letter.isdigit() for letter in cell)
    return (digits >= 6 and digits >= 0.8 * len(cell)) or ean.EXCEL_MADE_IT_SHORT.fullmatch(cell) is not None


HEADINGS = frozenset(plain(name) for name in NAMES["code"])


# Tables


def _sheet(name: str, content: bytes) -> tuple[Sheet, bool]:
    """The table, and whether its columns have names of their own."""
    try:
        sheet = reading.read(name, content, most_rows=MOST)
        if not any(_is_like_a_code(column) for column in sheet.columns):
            return sheet, True
    except reading.Nameless:
        pass
    return reading.read(name, content, has_names=False, most_rows=MOST), False


def _of_sheet(name: str, sheet: Sheet, has_names: bool) -> CodeList:
    sample = sheet.rows[:SAMPLE]
    found = match(sheet.columns, NAMES, sample).chosen if has_names else {}
    code = _column_of_codes(name, sheet, found.get("code"))
    sku = found.get("sku") if found.get("sku") != code else None
    notes = [*sheet.notes, f"Codes are read from the column {shown(code)}."]
    notes += [f"The products are named in the column {shown(sku)}."] if sku else []
    entries, blank = _entries(sheet, sheet.columns.index(code), sheet.columns.index(sku) if sku else None)
    notes += [f"{counted(blank, 'row')} without a code left out."] if blank else []
    entries += [Entry(p.line or 0, shown(str(p.value or "")), wrong=p.text) for p in sheet.problems]
    return _whole(name, sorted(entries, key=lambda entry: entry.line), notes, sku is not None)


def _column_of_codes(name: str, sheet: Sheet, named: str | None) -> str:
    """By its name, where its cells do not speak against it; else the only column; else the one with the most codes."""
    columns = list(sheet.columns)
    scores = {column: _share(sheet, at) for at, column in enumerate(columns)}
    if named and (scores[named] >= 0.5 or plain(named) not in VAGUE):
        return named
    best = max(columns, key=lambda column: scores[column])
    if scores[best] >= 0.5:
        return best
    if named or len(columns) == 1:
        return named or columns[0]
    some = ", ".join(shown(column) for column in columns[:8])
    raise Refused(f"{name} has no column of codes among {some}. Nothing was read: call one of them EAN or GTIN.")


VAGUE = frozenset(plain(name) for name in CODE_NAMES.split("|"))


def _share(sheet: Sheet, at: int) -> float:
    """How many of the cells that are filled look like codes."""
    cells = [cell for row in sheet.rows[:SAMPLE] if (cell := row.cells[at].strip(BLANK))]
    return sum(map(_is_like_a_code, cells)) / len(cells) if cells else 0.0


def _entries(sheet: Sheet, code: int, sku: int | None) -> tuple[list[Entry], int]:
    trims = _are_indented([row.cells[code] for row in sheet.rows[:SAMPLE]])
    entries, blank = list[Entry](), 0
    for line, cells in sheet.rows:
        given, product = _trimmed(cells[code], trims), cells[sku].strip(BLANK) if sku is not None else ""
        if not given.strip(BLANK):
            blank += 1
        elif (line, sheet.columns[code]) in sheet.dates:
            entries.append(Entry(line, shown(given), product, SPREADSHEET, Verdict.SPREADSHEET))
        else:
            entries.append(_entry(line, given, product))
    return entries, blank


def _are_indented(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip(BLANK)]
    return 2 * sum(cell.startswith(" ") for cell in filled) > len(filled)


def _trimmed(cell: str, all_around: bool) -> str:
    """A single cell that begins with a blank keeps it: a digit may have been there. Where most do, it is how the file is written."""
    cell = cell.rstrip(BLANK).lstrip(BLANK.replace(" ", "") + "\ufeff")
    return cell.lstrip(BLANK) if all_around else cell
