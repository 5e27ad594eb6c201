"""Import of products: a file is read, compared with the library, shown, and then brought in by one commit.

    found = plan(session, sheet, matching, defaults)      what would be new, changed, unchanged, refused; writes nothing
    commit(session, found)                                all of it, with its history, or nothing

A product is known by its SKU. What the file does not have, and what its cells leave empty, stays as it is in the library.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import bulk, search
from db.models import Code, Product
from db.models.base import now
from db.pasted import numbered, pasted
from db.vocabulary import CodeState, LibraryState, PictureRoute, SalesStatus
from lib.codes import codes
from lib.codes.codes import Hold
from lib.commands import command
from lib.problems import Problem, Refused
from lib.products import categories
from lib.products.import_rows import Defaults, Read, Reader
from lib.rights import Right
from lib.tables.matching import Matching
from lib.tables.sheet import Sheet

FIELDS = ("ean", "title_zh", "title_en", "description", "brand", "source", "source_url", "source_price", "currency", "weight_grams",
          "picture_url", "sales_status", "tags", "remark")  # fmt: skip
CHUNK, MOST_SAID = 5_000, 20
Step = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class New:
    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Changed:
    """`cells` are field -> (before, after); a category is its path."""

    id: int
    line: int
    sku: str
    cells: dict[str, tuple[Any, Any]]


@dataclass
class Plan:
    """What a file would do to the library. `refused` are rows that stay out, `warnings` what somebody should know of rows that come."""

    new: list[New] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    kept_out: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    defaults: Defaults = field(default_factory=Defaults)

    def __len__(self) -> int:
        return len(self.new) + len(self.changed)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __str__(self) -> str:
        lines = len({problem.line for problem in self.refused})
        return f"{len(self.new):,} new, {len(self.changed):,} changed, {self.unchanged:,} unchanged, {lines:,} refused"

    def mark(self) -> str:
        """The same for two plans that do the same: what was previewed is what is done."""
        said = sha256()
        for new in self.new:
            said.update(repr((new.values, self.defaults)).encode())
        for changed in self.changed:
            said.update(repr((changed.id, changed.cells)).encode())
        return said.hexdigest()


# Comparing


def plan(
    session: Session, sheet: Sheet, matching: Matching, defaults: Defaults, step: Step = lambda done, total, said: None
) -> Plan:
    """What this file would do. `step` is told how far the reading is, and may stop it."""
    if "sku" not in matching.chosen:
        raise Refused("No column is chosen as the SKU, by which a product is known. Nothing was read; choose one.")
    found = Plan(refused=list(sheet.problems), kept_out=matching.unknown, defaults=defaults)
    rows = list(_alone(Reader(sheet, matching, defaults), found, step))
    known = categories.paths(session)
    names = {number: path for path, number in known.items()}
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        there = {row.sku: row for row in _by_sku(session, [read.values["sku"] for read in chunk])}
        held = _held(session, [read.values["ean"] for read in chunk if "ean" in read.values])
        for read in chunk:
            _compare(read, there.get(read.values["sku"]), held, names, found)
    wanted = {new.values.get("category") for new in found.new} | {
        c.cells.get("category", (0, None))[1] for c in found.changed
    }
    found.categories = tuple(sorted(path for path in wanted if path and path not in known))
    found.refused.sort(key=lambda problem: problem.line or 0)
    return found


def _alone(reader: Reader, found: Plan, step: Step) -> Iterator[Read]:
    """The rows without a problem, each SKU and each code once; the others are in `found.refused`."""
    skus: dict[str, int] = {}
    held: dict[str, int] = {}
    for count, read in enumerate(reader.rows()):
        if count % 1_000 == 0:
            step(count, len(reader.sheet), "Reading and comparing")
        _once(read, skus, read.values.get("sku"), reader.columns["sku"], "SKU")
        if code := read.values.get("ean"):
            _once(read, held, code.zfill(14), reader.columns["ean"], "code")
        if read.problems:
            found.refused += read.problems
        else:
            found.warnings += read.warnings
            yield read


def _once(read: Read, seen: dict[str, int], key: str | None, column: str, what: str) -> None:
    if key and (first := seen.setdefault(key, read.line)) != read.line:
        text = f"Line {first} has the same {what}: the later row is left out."
        read.problems.append(Problem(text, line=read.line, field=column, value=key))


def _columns() -> tuple[Any, ...]:
    return (Product.id, Product.sku, Product.category_id, Product.state, *(getattr(Product, name) for name in FIELDS))


def _by_sku(session: Session, skus: Sequence[str]) -> Iterator[Any]:
    return iter(session.execute(select(*_columns()).where(Product.sku.in_(pasted(skus)))))


def _held(session: Session, given: Iterable[str]) -> dict[str, Any]:
    """The ledger's entries of these codes, by their GTIN-14."""
    query = (
        select(Code.gtin14, Code.product_id, Code.state, Product.sku)
        .outerjoin(Product, Product.id == Code.product_id)
        .where(Code.gtin14.in_(pasted(code.zfill(14) for code in given)))
    )
    return {row.gtin14: row for row in session.execute(query)}


def _compare(read: Read, there: Any, held: dict[str, Any], names: dict[int, str], found: Plan) -> None:
    if wrong := _belongs_to_another(read, there, held):
        found.refused.append(wrong)
        return
    if there is None:
        found.new.append(New(read.line, read.values))
        return
    cells = dict(_differences(read, there, names, found))
    if cells:
        found.changed.append(Changed(there.id, read.line, there.sku, cells))
        if there.state is LibraryState.DELETED:
            text = "This product was taken out of the library; it is changed and stays out."
            found.warnings.append(Problem(text, line=read.line, field="SKU", value=there.sku))
    else:
        found.unchanged += 1


def _belongs_to_another(read: Read, there: Any, held: dict[str, Any]) -> Problem | None:
    code = read.values.get("ean")
    holder = held.get(code.zfill(14)) if code else None
    if holder is None or (there is not None and holder.product_id == there.id):
        return None
    if holder.product_id is None and holder.state is CodeState.RESERVED:
        return None  # ours, and on no product: it goes to the one that brings it
    whose = f"belongs to {holder.sku}" if holder.sku else f"is {holder.state.label.lower()}"
    text = f"The code (or its UPC/EAN twin) {whose}. A code is used once, for ever."
    return Problem(text, line=read.line, field="EAN", value=code)


def _differences(read: Read, there: Any, names: dict[int, str], found: Plan) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name, value in read.values.items():
        if name == "sku":
            continue
        before = names.get(there.category_id) if name == "category" else getattr(there, name)
        if name == "ean" and before is not None:
            if before.zfill(14) != value.zfill(14):
                text = f"The product has the code {before} and keeps it: a new one would make a second item on the marketplace."
                found.warnings.append(Problem(text, line=read.line, field="EAN", value=value))
        elif before != value:
            yield name, (before, value)


# Writing


@command(Right.PRODUCTS)
def commit(session: Session, found: Plan, finish: Callable[[Session, str], None] | None = None) -> str:
    """Write what the plan says, if the library is still as it was compared with. `finish` is told the sentence before the end."""
    if not found:
        raise Refused(
            "0 changes: every row is in the library as it is in the file, or was refused. Nothing was imported."
        )
    there = _as_compared(session, found)
    made: dict[str, int] = {}
    paths = {new.values.get("category") for new in found.new} | {
        c.cells.get("category", (0, None))[1] for c in found.changed
    }
    ids = {path: categories.ensure(session, path, made) for path in sorted(path for path in paths if path)}
    added = _added(session, found, ids)
    bulk.add(session, Product, added)
    bulk.change(session, Product, [(c.id, _cells(c, there[c.id], ids)) for c in found.changed])
    given = [Hold(row["ean"], row["id"]) for row in added if row["ean"]]
    given += [Hold(c.cells["ean"][1], c.id) for c in found.changed if "ean" in c.cells]
    if problems := codes.hold_many(session, given):
        raise Refused(
            "Some codes are taken by now. Nothing was imported: look at the preview again.", *problems[:MOST_SAID]
        )
    said = f"{found}."
    if finish:
        finish(session, said)
    return said


def _as_compared(session: Session, found: Plan) -> dict[int, Any]:
    """The changed rows as they are now, kept from other writers; refused when they are not what the plan has seen."""
    problems: list[Problem] = []
    skus = [new.values["sku"] for new in found.new]
    for start in range(0, len(skus), CHUNK):
        problems += [
            Problem(f"{row.sku} has been added by somebody else meanwhile.", row.id)
            for row in _by_sku(session, skus[start : start + CHUNK])
        ]
    there = {row.id: row for row in _by_id(session, [changed.id for changed in found.changed])}
    names = {number: path for path, number in categories.paths(session).items()}
    for changed in found.changed:
        for name, (before, _) in changed.cells.items():
            row = there.get(changed.id)
            is_now = None if row is None else names.get(row.category_id) if name == "category" else getattr(row, name)
            if row is None or is_now != before:
                text = f"{changed.sku}: {name} has been changed by somebody else since the preview."
                problems.append(Problem(text, changed.id, name, changed.line))
    if problems:
        raise Refused(
            "The library has changed since the preview. Nothing was imported: look at it again.", *problems[:MOST_SAID]
        )
    return there


def _by_id(session: Session, ids: Sequence[int]) -> Iterator[Any]:
    for start in range(0, len(ids), CHUNK):
        query = select(*_columns()).where(Product.id.in_(select(numbered(ids[start : start + CHUNK]).c.id)))
        yield from session.execute(query.order_by(Product.id).with_for_update(of=Product))


def _added(session: Session, found: Plan, ids: dict[str, int]) -> list[dict[str, Any]]:
    """The new products as whole rows, all with the same columns."""
    if not found.new:
        return []
    first, moment = bulk.next_id(session, Product, len(found.new)), now()
    blank: dict[str, Any] = dict.fromkeys(("sku", *FIELDS, "category_id", "picture_changed_at", "picture_route"))
    blank |= {"source": found.defaults.source, "currency": found.defaults.currency, "state": found.defaults.state,
              "sales_status": SalesStatus.DEVELOPING}  # fmt: skip
    rows = []
    for number, new in enumerate(found.new, first):
        row = blank | new.values | {"id": number}
        path = row.pop("category", None)
        row["category_id"] = ids[path] if path else None
        if not (row["title_zh"] or row["title_en"]):
            row["state"] = min(found.defaults.state, LibraryState.DRAFT, key=list(LibraryState).index)
        if row["picture_url"]:
            row |= {"picture_changed_at": moment, "picture_route": PictureRoute.IMPORT}
        rows.append(row)
    return rows


def _cells(changed: Changed, there: Any, ids: dict[str, int]) -> dict[str, tuple[Any, Any]]:
    """What is written, with what follows from it: the words to search by, and when the picture was changed."""
    cells = dict(changed.cells)
    if "category" in cells:
        _, path = cells.pop("category")
        cells["category_id"] = (there.category_id, ids[path])
    if any(name in cells for name in search.SEARCHED):
        after = {name: cells.get(name, (None, getattr(there, name)))[1] for name in search.SEARCHED}
        cells["search_text"] = (None, search.tokens(*(after[name] for name in search.SEARCHED)))
    return cells
