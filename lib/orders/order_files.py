"""Orders from a file: compared with ours first, shown, and then brought in by one commit.

    found = plan(session, told, stores)      what would be new, changed, unchanged, left out; writes nothing
    commit(session, told, stores, mark)      all of it, with its history, or nothing

An order is known by its number, a line by the marketplace's number of it, else by its SKU. What a file does not say stays as it is; what
is older than what we know only fills what is empty.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Store
from db.pasted import numbered, pasted
from lib.commands import command
from lib.counted import counted
from lib.orders import buyers, order_file_writing
from lib.orders.order_items import is_weak, paired
from lib.orders.orders_in import RANK, Links
from lib.orders.told_orders import ELSEWHERE, ToldFile, ToldLine, ToldOrder
from lib.problems import Problem, Refused
from lib.rights import Right
from lib.stores import MARKETPLACES

CHUNK = 2_000
FIELDS = (
    "status",
    "bought_at",
    "paid_at",
    "ship_by",
    "shipped_at",
    "currency",
    "total",
    "fulfilment",
    "country",
    "is_sale",
)
LINE_FIELDS = ("asin", "title", "price", "shipping", "tax", "canceled")
Step = Callable[[int, int, str], None]
Cells = dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class New:
    told: ToldOrder
    store_id: int
    currency: str


@dataclass(frozen=True, slots=True)
class Changed:
    """`cells` are field -> (before, after) of the order, `lines` those of its lines by their id; `added` are lines that are new in it."""

    told: ToldOrder
    id: int
    store_id: int
    cells: Cells
    lines: dict[int, Cells]
    added: list[ToldLine]
    items: frozenset[str]
    names_buyer: bool


@dataclass
class Plan:
    """What a file would do to the orders. `left_out` are orders of which a row is refused, with their lines and the line that is wrong."""

    kind: str
    new: list[New] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: list[ToldOrder] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    left_out: dict[str, tuple[list[int], int]] = field(default_factory=dict)
    seen: list[tuple[int, Cells]] = field(default_factory=list)
    """Unchanged orders that were told later than we knew: remembered when something else is written."""
    links: dict[tuple[int, str, str | None], tuple[int | None, int | None]] = field(default_factory=dict)
    """(store, SKU, ASIN) -> (product, co-sell offer)."""

    def __len__(self) -> int:
        return len(self.new) + len(self.changed)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __str__(self) -> str:
        said = f"{len(self.new):,} new, {len(self.changed):,} changed, {len(self.unchanged):,} unchanged"
        return f"{said}, {len(self.left_out):,} left out"

    def mark(self) -> str:
        """The same for two plans that do the same: what was previewed is what is done. Nothing of a buyer is in it."""
        said = sha256(repr(sorted(self.left_out)).encode())
        for new in self.new:
            said.update(repr((new.store_id, new.told.number, new.told.values, new.told.lines)).encode())
        for one in self.changed:
            said.update(repr((one.id, one.cells, one.lines, one.added, one.names_buyer)).encode())
        return said.hexdigest()

    def link(self, store_id: int, line: ToldLine) -> tuple[int | None, int | None]:
        return self.links.get((store_id, line.sku, line.values.get("asin")), (None, None))

    def leave_out(self, order: ToldOrder, why: str, column: str) -> None:
        """Keep a whole order out, for a reason that all its rows share."""
        lines = [line.line for line in order.lines]
        self.refused.append(Problem(why, line=lines[0], field=column, value=order.number))
        self.left_out[order.number] = (lines, lines[0])


# Comparing


def plan(
    session: Session,
    told: ToldFile,
    stores: Mapping[str, int],
    locks: bool = False,
    step: Step = lambda done, total, said: None,
) -> Plan:
    """What this file would do. `stores` says into which store the orders of each market go; with `locks` nobody changes them meanwhile."""
    found = Plan(told.kind, refused=list(told.refused), warnings=list(told.warnings), left_out=dict(told.left_out))
    known = {store.id: store for store in session.scalars(select(Store))}
    placed = [one for order in told.orders if (one := _placed(order, stores, known, told, found)) is not None]
    placed.sort(key=lambda one: one.store_id)
    done = 0
    for store_id, group in groupby(placed, lambda one: one.store_id):
        mine = list(group)
        for start in range(0, len(mine), CHUNK):
            step(done + start, len(placed), "Comparing with the orders that are here")
            _compare_all(session, known[store_id].id, mine[start : start + CHUNK], told, found, locks)
        done += len(mine)
    found.refused.sort(key=lambda problem: problem.line or 0)
    return found


def _placed(
    order: ToldOrder, stores: Mapping[str, int], known: Mapping[int, Store], told: ToldFile, found: Plan
) -> New | None:
    """The order in its store; None where it has none, or one with another currency."""
    store = known.get(stores.get(order.market, 0))
    if store is None:
        where = {"": "where the file does not say", ELSEWHERE: "elsewhere"}.get(order.market, f"in {order.market}")
        found.leave_out(order, f"No store is chosen for orders sold {where}.", "sales-channel")
        return None
    currency = order.values.get("currency") or MARKETPLACES.get(order.market) or store.currency
    if told.is_amazon and currency != store.currency:
        found.leave_out(
            order, f"The order is in {currency}, and the store {store.name} sells in {store.currency}.", "currency"
        )
        return None
    return New(order, store.id, currency)


def _compare_all(
    session: Session, store_id: int, chunk: Sequence[New], told: ToldFile, found: Plan, locks: bool
) -> None:
    there, elsewhere = _known(session, store_id, [one.told.number for one in chunk], locks)
    lines = _lines(session, [row.id for row in there.values()])
    links = Links(session, store_id, ((line.sku, line.values.get("asin")) for one in chunk for line in one.told.lines))
    for one in chunk:
        order = there.get(one.told.number)
        if order is None and told.is_amazon and (other := elsewhere.get(one.told.number)):
            found.leave_out(one.told, f"The store {other} has this order already.", "order-id")
            continue
        for line in one.told.lines:
            key = (line.sku, line.values.get("asin"))
            found.links[(store_id, *key)] = links.of(*key)
        if order is None:
            found.new.append(one)
        else:
            _compare(one, order, lines.get(order.id, []), told.gaps, found)


def _known(
    session: Session, store_id: int, numbers: Sequence[str], locks: bool
) -> tuple[dict[str, Row[Any]], dict[str, str]]:
    """Our orders of these numbers: those of the store, and the stores of those that are in others."""
    columns = [getattr(Order, name) for name in (*FIELDS, "told_at", "buyer_sealed", "buyer_erased_at")]
    query = select(Order.id, Order.number, Order.store_id, Store.name.label("store"), *columns).join(
        Store, Store.id == Order.store_id
    )
    query = query.where(Order.number.in_(pasted(numbers))).order_by(Order.id)
    rows = session.execute(query.with_for_update(of=Order) if locks else query).all()
    here = {row.number: row for row in rows if row.store_id == store_id}
    return here, {row.number: row.store for row in rows if row.store_id != store_id}


def _lines(session: Session, order_ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    if not order_ids:
        return {}
    ids = numbered(order_ids)
    names = ("id", "order_id", "item", "sku", "quantity", *LINE_FIELDS, "product_id", "offer_id")
    query = select(*(getattr(OrderLine, name) for name in names)).join(ids, ids.c.id == OrderLine.order_id)
    rows = session.execute(query.order_by(OrderLine.order_id, OrderLine.id))
    return {number: list(group) for number, group in groupby(rows, lambda row: row.order_id)}


def _compare(one: New, order: Row[Any], known: Sequence[Row[Any]], gaps: frozenset[str], found: Plan) -> None:
    told = one.told
    is_old = _is_old(told, order)
    cells = _differences(told.values, FIELDS, order, gaps, is_old)
    lines, added = dict[int, Cells](), list[ToldLine]()
    for line, row in zip(told.lines, paired(told.lines, known), strict=True):
        if row is None:
            added.append(line)
        elif changes := _line_differences(line, row, gaps, is_old, found.link(one.store_id, line)):
            lines[row.id] = changes
    names_buyer = _names_buyer(told, order, is_old)
    later = told.values.get("told_at")
    told_at: Cells = (
        {"told_at": (order.told_at, later)} if later and (order.told_at is None or order.told_at < later) else {}
    )
    if cells or lines or added or names_buyer:
        items = frozenset(row.item for row in known)
        found.changed.append(Changed(told, order.id, one.store_id, cells | told_at, lines, added, items, names_buyer))
    else:
        found.unchanged.append(told)
        found.seen += [(order.id, told_at)] if told_at else []


def _is_old(told: ToldOrder, order: Row[Any]) -> bool:
    """By the marketplace's own time where both have it; else a status never goes back."""
    status, moment = told.values.get("status"), told.values.get("told_at")
    goes_back = status is not None and RANK[status] < RANK[order.status]
    if moment is None or order.told_at is None or moment == order.told_at:
        return goes_back
    return bool(moment < order.told_at)


def _differences(values: Mapping[str, Any], names: Iterable[str], row: Any, gaps: Iterable[str], is_old: bool) -> Cells:
    """Field -> (before, after) of what is told otherwise. Old news, and what a file knows less well, only fills what is empty."""
    cells: Cells = {}
    for name in names:
        after, before = values.get(name), getattr(row, name)
        if after is not None and after != before and (before is None or not (is_old or name in gaps)):
            cells[name] = (before, after)
    return cells


def _line_differences(
    line: ToldLine, row: Any, gaps: frozenset[str], is_old: bool, link: tuple[int | None, int | None]
) -> Cells:
    values = {**line.values, "sku": line.sku, "quantity": line.quantity}
    cells = _differences(values, ("sku", "quantity", *LINE_FIELDS), row, gaps | line.gaps, is_old)
    if is_weak(row.item) and not is_weak(line.item):
        cells["item"] = (row.item, line.item)
    if row.product_id is None and row.offer_id is None:
        cells |= {
            name: (None, number)
            for name, number in zip(("product_id", "offer_id"), link, strict=True)
            if number is not None
        }
    return cells


def _names_buyer(told: ToldOrder, order: Row[Any], is_old: bool) -> bool:
    """Whether the buyer is to be sealed. Who was erased stays erased."""
    if told.buyer is None or order.buyer_erased_at is not None:
        return False
    return order.buyer_sealed is None or (not is_old and not buyers.is_sealed_in(told.buyer, order.buyer_sealed))


# Writing


@command(Right.ORDERS)
def commit(
    session: Session, told: ToldFile, stores: Mapping[str, int], mark: str, step: Step = lambda done, total, said: None,
    and_then: Callable[[Session, str], None] = lambda session, said: None,
) -> str:  # fmt: skip
    """Write what the plan says, if it is still the one that was shown. `and_then` is done before the end, with the sentence."""
    found = plan(session, told, stores, locks=True, step=step)
    if not found:
        raise Refused("0 changes: every order is here as it is in the file, or was left out. Nothing was imported.")
    if found.mark() != mark:
        raise Refused("The orders have changed since the preview. Nothing was imported: look at it again.")
    step(0, 0, f"Saving {counted(len(found), 'order')}")
    order_file_writing.write(session, found)
    said = f"{found}."
    and_then(session, said)
    return said
