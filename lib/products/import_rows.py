"""One row of an uploaded file as a product of ours: every cell becomes a value, or a sentence that says why it cannot."""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from db.vocabulary import CURRENCIES, LibraryState, SalesStatus, Source, Term
from lib import money
from lib.codes import ean
from lib.problems import Problem
from lib.products import categories
from lib.tables.matching import Matching, plain, values
from lib.tables.products import GRAMS, HANZI, TITLES, grams_per_unit
from lib.tables.sheet import BLANK, Sheet

LONGEST = {"sku": 80, "title_zh": 500, "title_en": 500, "brand": 200, "source_url": 1000, "picture": 1000, "tags": 500,
           "remark": 2000, "description": 50_000}  # fmt: skip
NOT_STORED = re.compile("[\0\ud800-\udfff]")
NOT_IN_A_SKU = re.compile(r"[\x00-\x1f\x7f]")
SHORTENED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)
HEAVIEST = Decimal(1_000_000_000)
SAMPLE, MOST_OF_A_CATEGORY = 2_000, 5_000

MARKED_UP = re.compile(
    r"</?(?:p|br|div|span|ul|ol|li|b|i|strong|em|h[1-6]|table|tr|td|img|a|script|style)\b", re.IGNORECASE
)
NEW_LINE, TAG = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>", re.IGNORECASE), re.compile(r"(<[^<>]*>)")
UNSEEN = ("<script", "<style")

IN_CHINESE: dict[Term, str] = {
    Source.ALIBABA: "阿里巴巴 1688.com", Source.TAOBAO: "淘宝 淘宝网", Source.TMALL: "天猫", Source.PINDUODUO: "拼多多",
    Source.JD: "京东", Source.ALIEXPRESS: "速卖通 全球速卖通", Source.YIWUGO: "义乌购", Source.OTHER: "其他 其它",
    SalesStatus.DEVELOPING: "开发中", SalesStatus.TRIAL: "试卖 试销", SalesStatus.NORMAL: "正常销售 normal 在售",
    SalesStatus.AFTER_ORDER: "下单后销售 先单后采", SalesStatus.RESTRICTED: "限制销售", SalesStatus.CLEARANCE: "清仓 清库存",
    SalesStatus.STOPPED: "停售 停止销售",
}  # fmt: skip


@dataclass(frozen=True)
class Defaults:
    """What holds for the whole file where it does not say: for new products, and for amounts without a currency.

    `grams` is what one unit of weight is; None leaves weights without a unit out.
    """

    source: Source = Source.OTHER
    currency: str = "CNY"
    state: LibraryState = LibraryState.DRAFT
    grams: Decimal | None = None


@dataclass(slots=True)
class Read:
    """A row that was read: `values` by column of the product (and `category` by its path); empty cells are not among them."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class Reader:
    """Reads the rows of one sheet, knowing which column is what."""

    def __init__(self, sheet: Sheet, matching: Matching, defaults: Defaults):
        self.sheet, self.matching, self.defaults = sheet, matching, defaults
        self.columns = dict(matching.chosen)
        self.by_language = plain(self._title()) in TITLES and len({"title_zh", "title_en"} & set(self.columns)) == 1
        self.grams = grams_per_unit(self.columns.get("weight_grams", "")) or defaults.grams
        self.are_lists = plain(self.columns.get("category", "")).endswith("ies")
        self.pads_codes = "ean" in self.columns and self._have_mostly_13_digits()
        self.readers: dict[str, Callable[[Read, str], None]] = {
            "sku": self._sku, "ean": self._ean, "category": self._category, "source": self._source, "sales_status": self._sales_status,
            "weight_grams": self._weight, "description": self._description, "picture": self._picture,
        }  # fmt: skip

    def rows(self) -> Iterator[Read]:
        names = [name for name in self.columns if name not in ("currency", "source_price")]
        for line, cells in values(self.sheet, self.matching):
            row = Read(line)
            for name in names:
                if cell := cells[name].strip(BLANK):
                    self._take(row, name, cell)
            self._money(row, cells)
            if not cells.get("sku", "").strip(BLANK):
                self._refuse(row, "sku", "There is no SKU, by which a product is known.", "")
            yield row

    def _take(self, row: Read, name: str, cell: str) -> None:
        if NOT_STORED.search(cell):
            self._refuse(row, name, "A character in it cannot be stored: the file is damaged there.", cell)
        elif reader := self.readers.get(name):
            reader(row, cell)
        else:
            self._text(row, name, cell)

    def _refuse(self, row: Read, name: str, why: str, cell: str) -> None:
        row.problems.append(Problem(why, line=row.line, field=self.columns.get(name, name), value=_short(cell)))

    def _warn(self, row: Read, name: str, what: str, cell: str) -> None:
        row.warnings.append(Problem(what, line=row.line, field=self.columns.get(name, name), value=_short(cell)))

    # Texts

    def _text(self, row: Read, name: str, cell: str) -> None:
        if len(cell) > LONGEST[name]:
            self._refuse(row, name, f"{len(cell):,} characters; at most {LONGEST[name]:,} can be kept.", cell)
        elif self.by_language and name in ("title_zh", "title_en"):
            row.values["title_zh" if HANZI.search(cell) else "title_en"] = cell
        else:
            row.values[name] = cell

    def _title(self) -> str:
        return self.columns.get("title_en") or self.columns.get("title_zh", "")

    def _sku(self, row: Read, cell: str) -> None:
        if (row.line, self.columns["sku"]) in self.sheet.dates:
            self._refuse(row, "sku", "A spreadsheet has made this SKU a date. Format the column as text.", cell)
        elif SHORTENED.fullmatch(cell):
            self._refuse(
                row, "sku", "A spreadsheet has shortened this SKU; its digits are lost. Format it as text.", cell
            )
        elif NOT_IN_A_SKU.search(cell):
            self._refuse(row, "sku", "A SKU is one line without tabs.", cell)
        else:
            self._text(row, "sku", cell)

    def _description(self, row: Read, cell: str) -> None:
        self._text(row, "description", without_markup(cell))

    def _picture(self, row: Read, cell: str) -> None:
        """Of a list of pictures the first one is the main picture."""
        first = re.split(r"[,;|\s]+(?=https?://|/)", cell[:5_000].strip("[]\"' "))[0].strip("\"' ")
        if len(first) > LONGEST["picture"]:
            self._refuse(row, "picture", f"{len(first):,} characters are no address of a picture.", cell)
        elif first:
            row.values["picture_url"] = first

    # Words of a closed list

    def _category(self, row: Read, cell: str) -> None:
        path, wrong = category(cell, self.are_lists)
        if wrong:
            self._refuse(row, "category", wrong, cell)
        elif path:
            row.values["category"] = path

    def _source(self, row: Read, cell: str) -> None:
        self._word(row, "source", Source, cell)

    def _sales_status(self, row: Read, cell: str) -> None:
        self._word(row, "sales_status", SalesStatus, cell)

    def _word(self, row: Read, name: str, terms: type[Term], cell: str) -> None:
        found = words(terms).get(plain(cell))
        if found is None:
            self._refuse(row, name, f"Not one of {', '.join(term.label for term in terms)}.", cell)
        else:
            row.values[name] = found

    # Numbers

    def _ean(self, row: Read, cell: str) -> None:
        code, column = ean.compact(cell), self.columns["ean"]
        found = ean.verdict(code)
        if (row.line, column) in self.sheet.dates:
            self._refuse(row, "ean", "A spreadsheet has made this code a date. Format the column as text.", cell)
        elif found == ean.RESTRICTED:
            text = "GS1 leaves this number (02, 04, 2...) to each shop for its own use: the product is taken without a code."
            self._warn(row, "ean", text, cell)
        elif found not in (ean.OK, ean.EAN_8):
            self._refuse(row, "ean", ean.problem(code) or found, cell)
        elif self.pads_codes and len(code) == 12:
            self._warn(row, "ean", f"Taken as 0{code}: a spreadsheet may have cut the zero; it is the same code.", cell)
            row.values["ean"] = f"0{code}"
        else:
            row.values["ean"] = code

    def _have_mostly_13_digits(self) -> bool:
        at = self.sheet.columns.index(self.columns["ean"])
        lengths = Counter(len(ean.compact(row.cells[at])) for row in self.sheet.rows[:SAMPLE])
        return lengths[13] > lengths[12]

    def _money(self, row: Read, cells: dict[str, str]) -> None:
        """An amount and its currency are one thing: who writes the one writes the other."""
        cell = cells.get("source_price", "").strip(BLANK)
        if not cell:
            return
        try:
            currency = self._currency(cells.get("currency", "").strip(BLANK), cell)
        except ValueError as wrong:
            return self._refuse(row, "currency", str(wrong), cells["currency"])
        try:
            row.values["source_price"], row.values["currency"] = _amount(cell, currency), currency
        except ValueError as wrong:
            self._refuse(row, "source_price", str(wrong), cell)

    def _currency(self, said: str, price: str) -> str:
        if not said:
            return money.named_currency(price) or self.defaults.currency
        named = money.NAMES.get(said.upper()) or said.upper()
        if named not in CURRENCIES:
            raise ValueError(f"Not one of the currencies {', '.join(CURRENCIES)}.")
        return named

    def _weight(self, row: Read, cell: str) -> None:
        found = re.fullmatch(r"([\d.,' ]+?)\s*([a-zA-Z]+|克|千克|公斤|斤)?\.?", cell[:40])
        unit = plain(found[2] or "") if found else ""
        grams = (
            (Decimal(1) if unit in ("g", "gram", "grams", "克") else Decimal(GRAMS.get(unit, 0)))
            if unit
            else self.grams
        )
        if found is None or (unit and not grams):
            return self._refuse(row, "weight_grams", "Not a weight: write it as 350 g or 1.2 kg.", cell)
        if grams is None:
            return None
        try:
            weight = (money.parse(found[1]) * grams).quantize(Decimal(1), ROUND_HALF_UP)
        except ValueError:
            return self._refuse(row, "weight_grams", "Not a weight: write it as 350 g or 1.2 kg.", cell)
        if not 0 < weight < HEAVIEST:
            return self._refuse(row, "weight_grams", "A weight is above 0 and below 1,000 tonnes.", cell)
        row.values["weight_grams"] = int(weight)


def _short(cell: str) -> str:
    return cell if len(cell) <= 80 else cell[:79] + "…"


@lru_cache(10_000)
def _amount(cell: str, currency: str) -> Decimal:
    if currency not in CURRENCIES:
        raise ValueError(f"Not one of the currencies {', '.join(CURRENCIES)}.")
    amount = money.parse(cell, currency)
    if amount <= 0:
        raise ValueError("A price is above 0; leave the cell empty when it is not known.")
    return amount


@lru_cache(16)
def words(terms: type[Term]) -> dict[str, Term]:
    """The words of a list as people write them: the stored ones, the labels, and Chinese."""
    found = {plain(said): term for term in terms for said in (term.label, *IN_CHINESE.get(term, "").split())}
    return found | {plain(term.value): term for term in terms}


@lru_cache(10_000)
def category(cell: str, is_list: bool = False) -> tuple[str, str | None]:
    """The path of the category in a cell, and why it cannot be one.

    'Default Category/Men/Tops,Default Category/Sale' is Men / Tops; of a list without levels the first entry counts.

    >>> category("Men > Tops")
    ('Men / Tops', None)
    """
    first, _, others = cell[:MOST_OF_A_CATEGORY].partition(",")
    if not is_list and not ("/" in first and "/" in others):
        first = cell[:MOST_OF_A_CATEGORY]
    names = [" ".join(name.split()) for name in re.split(r"[/>›»\\＞]", first)]
    names = [name for name in names if name and plain(name) not in ("defaultcategory", "rootcatalog")]
    path = categories.BETWEEN.join(names)
    return path, categories.problem(path) if path else None


def without_markup(text: str) -> str:
    """A description as plain text: a shop's HTML becomes lines.

    >>> without_markup("<p>Warm.</p><p>&bull; Wash &amp; dry</p>")
    'Warm.\\n• Wash & dry'
    """
    if not MARKED_UP.search(text):
        return text
    pieces, hidden = [], ""
    for piece in TAG.split(NEW_LINE.sub("\n", text)):
        if hidden:
            hidden = "" if piece.lower().startswith(f"</{hidden}") else hidden
        elif not TAG.fullmatch(piece):
            pieces.append(piece)
        elif piece.lower().startswith(UNSEEN):
            hidden = piece[1:6].lower().rstrip("t")
    lines = (" ".join(line.split()) for line in html.unescape("".join(pieces)).splitlines())
    return "\n".join(line for line in lines if line)
