"""Numbers that people paste, and the orders that have them: of orders, SKUs, ASINs, EANs and UPCs, platform orders, parcels.

How they are separated does not matter, nor what a spreadsheet has put around them; small letters are as good as capitals.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select, func, literal, select, text, true, union, union_all
from sqlalchemy.orm import Session

from db.models import Code, Order, OrderLine, PastedList, Product, Purchase, PurchaseLine, Shipment
from db.pasted import listed, parts, pasted

MOST_ENTRIES = 100_000
SEVERAL_TRACKINGS = text("purchase.tracking LIKE '%, %'")
"""Purchases with more than one tracking number: few, and in an index of their own."""
_ENTRY = re.compile(r'=?["“”„](?P<quoted>[^"“”„]*)["“”]|(?P<plain>[^\s,;，；、|\ufeff\u200b]+)')
_BETWEEN = re.compile(r"[,;，；、|\t\r\n]+")
_AROUND = " \"'“”„‘’\ufeff\u200b\u00a0"
_GTIN_LENGTHS = (8, 12, 13, 14)


def pieces(text: str) -> Iterator[str]:
    """The numbers of a pasted list in its order, repeats too. Only within quotes does a blank belong to a number."""
    for match in _ENTRY.finditer(text):
        found = _BETWEEN.split(match["quoted"]) if match["quoted"] is not None else (match["plain"].lstrip("="),)
        yield from (clean for piece in found if (clean := piece.strip(_AROUND)))


def entries(text: str) -> tuple[str, ...]:
    """The numbers of a pasted list, each once, in its order; the first 100,000."""
    return tuple(dict.fromkeys(pieces(text)))[:MOST_ENTRIES]


Numbers = Select[tuple[str]]
"""Numbers as rows of one column."""


def typed(numbers: Sequence[str]) -> Numbers:
    return _once(pasted(numbers))


def kept(key: str) -> Numbers:
    """Those of a list that was pasted before; none when there is no such list any more."""
    return _once(listed(select(PastedList.numbers).where(PastedList.key == key).scalar_subquery()))


# Which orders have them


def holding(numbers: Numbers) -> CompoundSelect[Any]:
    """The ids of orders that have one of the numbers anywhere; each way through its own index."""
    either = either_case(numbers)
    ten = _of_length(either, 10)
    return union(
        select(Order.id).where(Order.number.in_(either)),
        select(OrderLine.order_id).where(OrderLine.sku.in_(either)),
        select(OrderLine.order_id).where(OrderLine.asin.in_(ten)),
        select(OrderLine.order_id).where(OrderLine.product_id.in_(_coded(numbers))),
        _SERVED.where(Purchase.number.in_(either)),
        _SERVED.where(Purchase.tracking.in_(either)),
        _SERVED.where(Purchase.id.in_(among_several(either))),
        select(Shipment.order_id).where(Shipment.tracking.in_(either)),
    )


def known(session: Session, numbers: Numbers) -> set[str]:
    """Those that some order has, as they stand in the database; of codes, their 14 digits."""
    either = either_case(numbers)
    found: set[str] = set()
    for column in (Order.number, OrderLine.sku, Purchase.number, Purchase.tracking, Shipment.tracking):
        found |= set(session.scalars(select(column).where(column.in_(either)).distinct()))
    found |= set(session.scalars(select(OrderLine.asin).where(OrderLine.asin.in_(_of_length(either, 10))).distinct()))
    for several in session.scalars(select(Purchase.tracking).where(Purchase.id.in_(among_several(either)))):
        found |= set((several or "").split(", "))
    is_ordered = select(OrderLine.id).where(OrderLine.product_id == Product.id).exists()
    for code in session.scalars(select(Product.ean).where(Product.ean.in_(_spellings(numbers)), is_ordered)):
        found.add((code or "").zfill(14))
    is_ordered = select(OrderLine.id).where(OrderLine.product_id == Code.product_id).exists()
    return found | set(session.scalars(select(Code.gtin14).where(Code.gtin14.in_(_gtins(numbers)), is_ordered)))


def is_known(number: str, known: set[str]) -> bool:
    is_code = number.isascii() and number.isdigit() and len(number) in _GTIN_LENGTHS
    return number in known or number.upper() in known or (is_code and number.zfill(14) in known)


def among_several(numbers: Numbers) -> Select[Any]:
    """The ids of purchases that have one of the numbers among their several tracking numbers."""
    each = parts(Purchase.__table__.c.tracking)
    return select(Purchase.id).join(each, true()).where(SEVERAL_TRACKINGS, each.c.value.in_(numbers))


_SERVED = (
    select(OrderLine.order_id).join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
    .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
)  # fmt: skip


def either_case(numbers: Numbers) -> Numbers:
    """As typed, and in capitals: SKUs, ASINs and tracking are often typed small."""
    value = numbers.subquery().c.value
    return _all(select(value), select(func.upper(value)).where(func.upper(value) != value))


def _of_length(numbers: Numbers, *lengths: int) -> Numbers:
    value = numbers.subquery().c.value
    return select(value).where(func.length(value).in_(lengths))


def _gtins(numbers: Numbers) -> Numbers:
    """The 14 digits of those that are as long as a code. What is as long and has letters is no code of anything."""
    value = _of_length(numbers, *_GTIN_LENGTHS).subquery().c.value
    return select(func.substr(literal("000000").concat(value), func.length(value) - 7).label("value"))


def _spellings(numbers: Numbers) -> Numbers:
    """Every way to write those codes: a UPC is an EAN with a zero before it, and a GTIN-14 with two."""
    value = _gtins(numbers).subquery().c.value
    short = [select(func.substr(value, zeros + 1)).where(value.startswith("0" * zeros)) for zeros in (1, 2, 6)]
    return _all(select(value), *short)


def _coded(numbers: Numbers) -> CompoundSelect[Any]:
    """The ids of products that have one of the codes, or had it: the ledger remembers."""
    return union(
        select(Product.id).where(Product.ean.in_(_spellings(numbers))),
        select(Code.product_id).where(Code.gtin14.in_(_gtins(numbers)), Code.product_id.is_not(None)),
    )


def _all(*rows: Select[Any]) -> Numbers:
    return _once(union_all(*rows))


def _once(rows: Select[Any] | CompoundSelect[Any]) -> Numbers:
    """Taken apart once for all the ways that lead from them."""
    return select(rows.cte().c[0].label("value"))
