"""Excel workbooks (.xlsx), read as a stream: bounded in bytes, rows and columns, whatever the file claims of itself."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from lib.problems import Refused
from lib.tables.cells import Cells, plain
from lib.tables.elements import TooLarge, elements, local
from lib.tables.sheet import Record, Sheet, build

MOST_BYTES, MOST_UNZIPPED, MOST_RATIO, MOST_PARTS, SMALL_PART = 20 * 2**20, 100 * 2**20, 200, 10_000, 8 * 2**20
MOST_STRINGS, LAST_ROW = 2_000_000, 1_048_576
DAMAGE = (ParseError, zipfile.BadZipFile, zlib.error, EOFError, LookupError, ValueError, NotImplementedError)
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def read(name: str, content: bytes, has_names: bool = True, most_rows: int | None = None) -> Sheet:
    """The first visible sheet of this workbook; Refused with a sentence when it cannot be had."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _weigh(name, archive, len(content))
            return _Workbook(name, archive).sheet(has_names, most_rows)
    except TooLarge as wrong:
        raise Refused(f"{name} holds {wrong}. Nothing was read: save only the table, as .xlsx or CSV.") from None
    except DAMAGE:
        raise Refused(f"{name} is damaged. Nothing was read: save it again as .xlsx or CSV.") from None


def _weigh(name: str, archive: zipfile.ZipFile, packed: int) -> None:
    """Refuses by the directory alone; zipfile never unpacks more of a part than the directory says."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if packed > MOST_BYTES:
        wrong = f"is larger than {MOST_BYTES // 2**20} MB"
    elif unpacked > MOST_UNZIPPED or (unpacked > SMALL_PART and unpacked > packed * MOST_RATIO):
        wrong = f"would unpack to {unpacked // 2**20} MB"
    elif len(parts) > MOST_PARTS:
        wrong = f"has {len(parts)} parts"
    elif any(part.flag_bits & 1 for part in parts):
        raise Refused(f"{name} is protected by a password. Nothing was read: save it without one.")
    elif any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise Refused(f"{name} is packed in a way that Excel does not use. Nothing was read: save it as .xlsx.")
    else:
        return
    raise Refused(f"{name} {wrong}, which is too big. Nothing was read: split it or save it as CSV.")


class _Workbook:
    def __init__(self, name: str, archive: zipfile.ZipFile):
        self.name, self.archive, self.parts = name, archive, set(archive.namelist())
        self.path = self._path()
        self.root = self._part(self.path)
        self.related = self._related(self.path)

    def sheet(self, has_names: bool, most_rows: int | None) -> Sheet:
        visible, others = self._visible()
        title = visible.get("name", "")
        notes = [f"Read the sheet {title}." + (f" Not read: {', '.join(others[:10])}." if others else "")]
        target = self.related[visible.get(RELATION) or visible.get(STRICT_RELATION) or ""][1]
        if target not in self.parts:
            raise KeyError(target)
        return build(self._records(target), notes, True, has_names, most_rows)

    def _visible(self) -> tuple[Element, list[str]]:
        """The first sheet that a person sees, and the names of all others."""
        sheets = list(self.root.iterfind("{*}sheets/{*}sheet"))
        for sheet in sheets:
            kind = self.related.get(sheet.get(RELATION) or sheet.get(STRICT_RELATION) or "", ("", ""))[0]
            if sheet.get("state", "visible") == "visible" and kind == "worksheet":
                return sheet, [other.get("name", "") for other in sheets if other is not sheet]
        raise Refused(f"{self.name} has no visible sheet. Nothing was read: show the sheet and save it again.")

    def _records(self, target: str) -> Iterator[Record]:
        cells = Cells(self._strings(), self._date_styles(), self._epoch())
        line = 0
        with self.archive.open(target) as part:
            for count, row in enumerate(elements(part, "row"), 1):
                line = int(float(row.get("r") or line + 1))
                if count > LAST_ROW or not 1 <= line <= LAST_ROW:
                    raise TooLarge(f"more than {LAST_ROW:,} rows")
                yield cells.record(line, row)

    def _path(self) -> str:
        kinds = self._related("").values() if "_rels/.rels" in self.parts else []
        path = next((target for kind, target in kinds if kind == "officeDocument"), "xl/workbook.xml")
        if path in self.parts and path.endswith(".xml") and "word/" not in path:
            return path
        if "mimetype" in self.parts or path.endswith(".bin"):
            raise Refused(f"{self.name} is a workbook of another format. Nothing was read: save it as .xlsx.")
        raise Refused(f"{self.name} is a ZIP file, not a table. Nothing was read: unpack it first.")

    def _related(self, path: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: its id, what it is, and the path of it."""
        folder, file = posixpath.split(path)
        relations = f"{folder}/_rels/{file}.rels".lstrip("/")
        return {
            found.get("Id", ""): (
                found.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, found.get("Target", ""))).lstrip("/"),
            )
            for found in self._part(relations)
        }

    def _part(self, path: str) -> Element:
        """A small part as a tree."""
        if self.archive.getinfo(path).file_size > SMALL_PART:
            raise TooLarge(f"a part that is too large ({path})")
        return fromstring(self.archive.read(path))

    def _path_of(self, kind: str) -> str | None:
        return next((path for found, path in self.related.values() if found == kind and path in self.parts), None)

    def _strings(self) -> list[str]:
        path, strings = self._path_of("sharedStrings"), list[str]()
        if path:
            with self.archive.open(path) as part:
                for item in elements(part, "si"):
                    strings.append(plain(item))
                    if len(strings) > MOST_STRINGS:
                        raise TooLarge(f"more than {MOST_STRINGS:,} texts")
        return strings

    def _date_styles(self) -> set[str]:
        """The numbers of the cell styles that show a number as a date or a time."""
        path = self._path_of("styles")
        if not path:
            return set()
        root = self._part(path)
        formats = {str(number): code for number, code in BUILTIN_FORMATS.items()}
        formats |= {f.get("numFmtId", ""): f.get("formatCode", "") for f in root.iterfind("{*}numFmts/{*}numFmt")}
        styles = root.iterfind("{*}cellXfs/{*}xf")
        return {str(i) for i, style in enumerate(styles) if is_date_format(formats.get(style.get("numFmtId", "0"), ""))}

    def _epoch(self) -> object:
        found = next((element for element in self.root if local(element.tag) == "workbookPr"), None)
        is_mac = found is not None and found.get("date1904") in ("1", "true")
        return MAC_EPOCH if is_mac else WINDOWS_EPOCH
