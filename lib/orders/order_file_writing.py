"""Writing the orders of a file: whole tables at a time, with the history, and with what follows for work and products."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from db import bulk
from db.models import Order, OrderLine
from db.vocabulary import OrderStatus
from lib.channels import ChannelBuyer
from lib.orders import buyers, work
from lib.orders.order_items import free_item
from lib.orders.orders_in import date_products

if TYPE_CHECKING:
    from lib.orders.order_files import Changed, New, Plan
    from lib.orders.told_orders import ToldLine

AT_ONCE = 5_000
ORDER = ("status", "bought_at", "paid_at", "ship_by", "shipped_at", "total", "country", "told_at")
DECIDES = {"status", "fulfilment", "currency", "is_sale"}
LINE_DECIDES = {"quantity", "canceled", "price", "shipping", "product_id", "offer_id"}
LINE = ("asin", "title", "price", "shipping", "tax")


@dataclass(frozen=True, slots=True)
class _Ordered:
    status: OrderStatus
    fulfilment: str


@dataclass(frozen=True, slots=True)
class _Line:
    id: int
    quantity: int
    canceled: bool
    product_id: int | None


def write(session: Session, found: "Plan") -> None:
    """All of the plan, in the transaction of the command. New orders first, then what changes in those that are here."""
    lines = _add(session, found)
    _change(session, found)
    work_on = [one.id for one in found.changed if _moves_work(one)]
    for start in range(0, len(work_on), AT_ONCE):
        work.follow_file(session, work_on[start : start + AT_ONCE])
    date_products(session, _ordered(found, lines))


def _moves_work(one: "Changed") -> bool:
    """Whether something has changed that the work status or the facts of an order follow from."""
    line_cells = {name for cells in one.lines.values() for name in cells}
    return bool(one.added or DECIDES & one.cells.keys() or LINE_DECIDES & line_cells)


def _add(session: Session, found: "Plan") -> list[dict[str, Any]]:
    """The new orders with their lines; returns the rows of the lines."""
    if not found.new:
        return []
    first = bulk.next_id(session, Order, len(found.new))
    place = bulk.next_id(session, OrderLine, sum(len(one.told.lines) for one in found.new))
    orders, lines = list[dict[str, Any]](), list[dict[str, Any]]()
    for number, one in enumerate(found.new, first):
        mine = [_line(found, one.store_id, number, line, place + at) for at, line in enumerate(one.told.lines)]
        place += len(mine)
        lines += mine
        orders.append(_order(one, number, mine))
    sealed = _sealed([one.told.buyer for one in found.new])
    bulk.add(session, Order, [order | buyer for order, buyer in zip(orders, sealed, strict=True)])
    bulk.add(session, OrderLine, lines)
    return lines


def _order(one: "New", number: int, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A new order as a whole row. Nothing was bought for it yet, so its work status and its facts follow from its lines alone."""
    told = one.told.values
    fulfilment = told.get("fulfilment") or "seller"
    order = _Ordered(told["status"], fulfilment)
    alike = [_Line(line["id"], line["quantity"], line["canceled"], line["product_id"]) for line in lines]
    row: dict[str, Any] = {"id": number, "store_id": one.store_id, "number": one.told.number, "currency": one.currency}
    row |= {name: told.get(name) for name in ORDER}
    row |= {"fulfilment": fulfilment, "is_sale": told.get("is_sale") is not False}
    row |= {"work_status": work.work_status(order, alike, ()), **work.facts(order, alike, ())}
    return row | {"buyer_sealed": None, "buyer_masked": None}


def _sealed(told: Sequence[ChannelBuyer | None]) -> list[dict[str, Any]]:
    """What is kept of each buyer; nothing of none."""
    known = [buyer for buyer in told if buyer is not None]
    seals = iter(buyers.seal_all(known))
    return [
        {} if buyer is None else {"buyer_sealed": next(seals), "buyer_masked": buyers.masked(buyer)} for buyer in told
    ]


def _line(found: "Plan", store_id: int, order_id: int, line: "ToldLine", number: int) -> dict[str, Any]:
    product_id, offer_id = found.link(store_id, line)
    row = {name: line.values.get(name) for name in LINE}
    return row | {
        "id": number, "order_id": order_id, "item": line.item, "sku": line.sku, "quantity": line.quantity, "product_id": product_id,
        "offer_id": offer_id, "canceled": bool(line.values.get("canceled")),
    }  # fmt: skip


def _change(session: Session, found: "Plan") -> None:
    sealed = _sealed([one.told.buyer if one.names_buyer else None for one in found.changed])
    both = zip(found.changed, sealed, strict=True)
    cells_of = ((one.id, one.cells | {name: (None, value) for name, value in buyer.items()}) for one, buyer in both)
    orders = [(number, cells) for number, cells in cells_of if cells]
    if orders:
        bulk.change(session, Order, orders)
    if found.seen:
        bulk.change(session, Order, found.seen, stamps=False)
    if cells := [edit for one in found.changed for edit in one.lines.items()]:
        bulk.change(session, OrderLine, cells)
    added = list[dict[str, Any]]()
    for one in found.changed:
        taken = set(one.items)
        for line in one.added:
            line.item = free_item(line.item, line.sku, taken)
            taken.add(line.item)
            added.append(_line(found, one.store_id, one.id, line, 0))
    if added:
        first = bulk.next_id(session, OrderLine, len(added))
        bulk.add(session, OrderLine, [row | {"id": first + at} for at, row in enumerate(added)])


def _ordered(found: "Plan", lines: Sequence[dict[str, Any]]) -> dict[int, datetime]:
    """When each product of these orders was ordered last, in those that are not canceled."""
    last: dict[int, datetime] = {}
    at = 0
    for one in found.new:
        for line in lines[at : at + len(one.told.lines)]:
            _later(last, line["product_id"], one.told)
        at += len(one.told.lines)
    for changed in found.changed:
        for told in changed.told.lines:
            _later(last, found.link(changed.store_id, told)[0], changed.told)
    return last


def _later(last: dict[int, datetime], product_id: int | None, told: Any) -> None:
    bought, status = told.values["bought_at"], told.values["status"]
    if (
        product_id is not None
        and status != OrderStatus.CANCELED
        and (product_id not in last or last[product_id] < bought)
    ):
        last[product_id] = bought
