"""What a list of codes would do: a verdict for each row, and what would happen with it; to be seen, and to be taken away."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import search
from db.models import Code, Product
from db.pasted import pasted
from db.vocabulary import CodeState, LibraryState, Licence, Term
from lib.codes import code_verdicts
from lib.codes.code_lists import CodeList, Entry, shown
from lib.codes.code_verdicts import Judgement, Verdict, judge
from lib.problems import Problem
from lib.tables import writing

CHUNK = 5_000
COLUMNS = ("Line", "Given", "Code", "Verdict", "What happens", "Why", "SKU")


class Outcome(Term):
    """What would happen with a row of the list."""

    NEW = "new", "New", "green", "will be held for us, free to give to a product"
    GIVEN = "given", "To its product", "green", "goes to the product that the list names"
    HELD = "held", "Held already", "gray", "is in the ledger as the list has it: nothing to do"
    TWICE = "twice", "Twice in the list", "gray", "stands in an earlier line too"
    TAKEN = "taken", "Another product's", "red", "belongs to another product, here or in the list"
    WRONG = "wrong", "Wrong", "red", "is no code that could be held, or not for this product"


GOOD, REFUSED = (Outcome.NEW, Outcome.GIVEN), (Outcome.TAKEN, Outcome.WRONG)


class Row(NamedTuple):
    """One row of a list. `code` is what would be held, "" when it is none; `code_id` its place in the ledger when it has one."""

    line: int
    given: str
    code: str
    verdict: Verdict
    word: str
    outcome: Outcome
    text: str
    sku: str = ""
    product_id: int | None = None
    code_id: int | None = None

    @property
    def problem(self) -> Problem:
        return Problem(f"Line {self.line}: {self.text}", self.product_id, "ean", self.line, self.given)


@dataclass(frozen=True)
class Report:
    """What a list would do. `gives` says whether its codes go to the products it names; `prefix` is "" when none was said."""

    listed: CodeList
    licence: Licence
    prefix: str = ""
    gives: bool = True
    rows: tuple[Row, ...] = ()

    @property
    def good(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.outcome in GOOD)

    @property
    def refused(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.outcome in REFUSED)

    @property
    def counts(self) -> dict[Outcome, int]:
        counted = Counter(row.outcome for row in self.rows)
        return {outcome: counted[outcome] for outcome in Outcome}


# A verdict for each row


def judged(session: Session, report: Report, locks: bool = False) -> Report:
    """The report with its rows as things are now. With `locks`, what they meet stays as it is until the transaction ends."""
    entries = report.listed.entries
    found = [_judge(entry) for entry in entries]
    skus = {entry.sku for entry in entries if entry.sku} if report.gives else set()
    named = {row.sku: row for row in products(session, sorted(skus), locks)}
    held = {row.gtin14: row for row in _held(session, sorted({one.gtin14 for one in found if one.code}), locks)}
    walk = _Walk(report, named, held)
    return replace(report, rows=tuple(walk.row(entry, one) for entry, one in zip(entries, found, strict=True)))


def _judge(entry: Entry) -> Judgement:
    return Judgement(entry.verdict, entry.verdict, entry.wrong) if entry.wrong else judge(entry.given)


def products(session: Session, skus: Sequence[str], locks: bool) -> Iterator[Any]:
    """The products of these SKUs, with what they are found by."""
    columns = (Product.id, Product.state, *(getattr(Product, name) for name in search.SEARCHED))
    for start in range(0, len(skus), CHUNK):
        query = select(*columns).where(Product.sku.in_(pasted(skus[start : start + CHUNK]))).order_by(Product.id)
        yield from session.execute(query.with_for_update() if locks else query)


def _held(session: Session, gtins: Sequence[str], locks: bool) -> Iterator[Any]:
    columns = (Code.id, Code.gtin14, Code.code, Code.state, Code.licence, Code.run_id, Code.product_id)
    for start in range(0, len(gtins), CHUNK):
        query = (
            select(*columns, Product.sku)
            .outerjoin(Product, Product.id == Code.product_id)
            .where(Code.gtin14.in_(pasted(gtins[start : start + CHUNK])))
            .order_by(Code.id)
        )
        yield from session.execute(query.with_for_update(of=Code) if locks else query)


class _Walk:
    """Goes through a list from the top and remembers which code and which product it has met in which line."""

    def __init__(self, report: Report, products: dict[str, Any], held: dict[str, Any]):
        self.report, self.products, self.held = report, products, held
        self.first: dict[str, Row] = {}
        self.given: dict[int, Row] = {}

    def row(self, entry: Entry, found: Judgement) -> Row:
        sku = entry.sku if self.report.gives else ""
        product = self.products.get(sku)
        outcome, text = self._outcome(sku, product, found)
        there = self.held.get(found.gtin14) if found.code else None
        code = there.code if there and outcome is Outcome.GIVEN else found.code
        row = Row(
            entry.line, shown(entry.given), code, found.verdict, found.word, outcome, text, shown(sku),
            product.id if product else None, there.id if there else None,
        )  # fmt: skip
        if outcome not in REFUSED and outcome is not Outcome.TWICE:
            self.first[found.gtin14] = row
            if product:
                self.given[product.id] = row
        return row

    def _outcome(self, sku: str, product: Any, found: Judgement) -> tuple[Outcome, str]:
        if wrong := self._no_code(found) or self._no_product(sku, product, found):
            return Outcome.WRONG, wrong
        if (first := self.first.get(found.gtin14)) is not None:
            return self._again(first, product, found)
        if product and (first := self.given.get(product.id)) is not None:
            return Outcome.WRONG, f"{shown(sku)} gets {first.code} in line {first.line}. A product has one code."
        if (there := self.held.get(found.gtin14)) is not None:
            return self._known(there, product, found)
        if product:
            return Outcome.GIVEN, f"New, for {shown(sku)}. {found.text}".rstrip()
        return Outcome.NEW, found.text

    def _no_code(self, found: Judgement) -> str:
        prefix = self.report.prefix
        if found.verdict not in code_verdicts.HELD or not prefix or code_verdicts.is_under(found.code, prefix):
            return "" if found.verdict in code_verdicts.HELD else found.text
        return f"{found.code} is not under the prefix {prefix}, which is what GS1 has given you."

    def _no_product(self, sku: str, product: Any, found: Judgement) -> str:
        """Why this code cannot go to the product that the list names."""
        if not sku:
            return ""
        if product is None:
            return f"No product has the SKU {shown(sku)}."
        if product.state is LibraryState.DELETED:
            return f"{shown(sku)} is deleted: it gets no code."
        if product.ean and product.ean.zfill(14) != found.gtin14:
            return f"{shown(sku)} has the code {product.ean} and keeps it: a new one would make a second item on the marketplace."
        if found.verdict is Verdict.RESTRICTED:
            return f"{found.text} It cannot go to {shown(sku)}."
        return f"{found.code} is the number of a carton and cannot go to {shown(sku)}." if len(found.code) == 14 else ""

    def _again(self, first: Row, product: Any, found: Judgement) -> tuple[Outcome, str]:
        as_twin = "" if first.code == found.code else f" as {first.code}, its UPC/EAN twin"
        if product is None or product.id == first.product_id:
            return Outcome.TWICE, f"Stands in line {first.line} already{as_twin}."
        whose = f"gives it to {first.sku}" if first.sku else "has it without a product"
        return Outcome.TAKEN, f"Line {first.line} {whose}{as_twin}. A code belongs to one product."

    def _known(self, there: Any, product: Any, found: Judgement) -> tuple[Outcome, str]:
        as_twin = "" if there.code == found.code else f" as {there.code}, its UPC/EAN twin,"
        run = f", run {there.run_id}" if there.run_id else ""
        on = f"by {there.sku}" if there.sku else "on no product"
        text = f"Held already{as_twin} {on}: {there.state.label.lower()}, {there.licence.label.lower()}{run}."
        if product is None or product.id == there.product_id:
            return Outcome.HELD, text
        if there.product_id is None and there.state is CodeState.RESERVED and there.licence is not Licence.INTERNAL:
            return Outcome.GIVEN, f"Goes to {product.sku}. {text}"
        return Outcome.TAKEN, text


# The report to take away


def lines(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return [(row.line, row.given, row.code, row.word, row.outcome.label, row.text, row.sku) for row in rows]


def csv(report: Report) -> bytes:
    return writing.csv(lines(report.rows), COLUMNS)


def xlsx(report: Report) -> bytes:
    return writing.xlsx(lines(report.rows), COLUMNS, sheet="codes")
