"""Orders to take away as CSV or as a workbook: the picked ones or all that match, a row an order or a row a line.

Some thousands are made at once; more by a job. Buyers are in it only when somebody who may see them asks, and the history then says who
and how many: such a list is made at once, handed over, and lies in no file of ours.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, get_args, get_type_hints

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import history
from db.frames import Page
from db.models import Order, OrderLine, Product, Purchase, PurchaseLine, Store, now
from db.pasted import numbered
from db.session import Actor, reading
from db.vocabulary import PurchaseStatus, Term
from lib import jobs, made_files
from lib.commands import command
from lib.counted import counted
from lib.jobs import Progress, job
from lib.orders import buyers, order_pages
from lib.orders.order_filter import Filter
from lib.problems import Refused
from lib.rights import Right
from lib.tables import writing
from lib.tables.writing import Digits

KIND = "order export"
AT_ONCE, MOST, CHUNK = 5_000, 200_000, 1_000
"""Orders that are made into a list while somebody waits; in a job; and read in one go."""
EXACT_DIGITS = 11
"""Excel shows longer numbers as 1.23E+11."""
_FIRST = ("Order", "Store", "Work", "Marketplace")
_LAST = ("Total", "Currency", "Country", "Bought (UTC)", "Ship by (UTC)", "Shipped (UTC)", "Tracking", "Note", "Tags")
_ITEMS, _LINES = (
    ("Items", "Pieces"),
    ("Line", "SKU", "Product", "ASIN", "Title", "Pieces", "Price", "Shipping", "Tax", "Canceled"),
)
_BUYERS = ("Buyer", "City", "Buyer's country", "Address", "Postcode", "Telephone", "E-mail")


class Format(Term):
    XLSX = "xlsx", "Excel (XLSX)", "green", "codes and numbers of orders stay text"
    CSV = "csv", "CSV", "gray", "for any program; Excel shows every digit"


@dataclass(frozen=True)
class Wish:
    """Which orders and how. Without `picked` all that match `wanted`; in the order of the list."""

    wanted: Filter = field(default_factory=Filter)
    picked: tuple[int, ...] = ()
    format: Format = Format.XLSX
    lines: bool = False
    """A row for each line instead of one for each order."""
    sort: str = "bought_at"
    descending: bool = True

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"orders{'-lines' * self.lines}-{now():%Y-%m-%d}.{self.format}"


# The rows


def headings(wish: Wish, with_buyers: bool = False) -> list[str]:
    return [*_FIRST, *(_LINES if wish.lines else _ITEMS), *_LAST, *(_BUYERS if with_buyers else ())]


def ids(session: Session, wish: Wish, most: int = MOST) -> list[int]:
    """The orders, in order. Refused when there is none, or more than `most`."""
    where = Page(1, most + 1, wish.sort, wish.descending)
    found = list(wish.picked) or order_pages.page(session, wish.wanted, where)
    if not found:
        raise Refused("There is no order here. Nothing was exported.")
    if len(found) > most:
        raise Refused(f"Here are more than {most:,} orders. Nothing was exported: narrow the filter.")
    return found


def rows(
    session: Session, order_ids: Sequence[int], wish: Wish, with_buyers: bool = False
) -> Iterator[tuple[Any, ...]]:
    """The rows of the list, read a thousand orders at a time."""
    for start in range(0, len(order_ids), CHUNK):
        some = order_ids[start : start + CHUNK]
        among = select(numbered(some).c.id)
        found = {
            order.id: (order, store)
            for order, store in session.execute(
                select(Order, Store.name).join(Store, Store.id == Order.store_id).where(Order.id.in_(among))
            )
        }
        lines, tracking = _lines(session, among), _tracking(session, among)
        for number in some:
            if number in found:
                yield from _of_order(*found[number], lines.get(number, []), tracking, wish, with_buyers)
        session.expunge_all()


def _of_order(
    order: Order, store: str, lines: Sequence[Any], tracking: Mapping[int, list[str]], wish: Wish, with_buyers: bool
) -> Iterator[tuple[Any, ...]]:
    first = (_code(order.number), store, order.work_status.label, order.status.label)
    buyer = _buyer(order) if with_buyers else ()

    def last(among: Sequence[Any]) -> tuple[Any, ...]:
        numbers = dict.fromkeys(number for line in among for number in tracking.get(line.id, ()))
        return (
            order.total, order.currency, order.country, order.bought_at, order.ship_by, order.shipped_at,
            _code(", ".join(numbers)), order.note, order.tags,
        )  # fmt: skip

    if not wish.lines:
        items = ", ".join(f"{line.sku} × {line.quantity}" for line in lines)
        yield (*first, items, sum(line.quantity for line in lines), *last(lines), *buyer)
    for line in lines if wish.lines else ():
        cells = (
            _code(line.item), _code(line.sku), _code(line.product or ""), line.asin, line.title, line.quantity, line.price,
            line.shipping, line.tax, "canceled" if line.canceled else "",
        )  # fmt: skip
        yield (*first, *cells, *last([line]), *buyer)


def _lines(session: Session, among: Any) -> dict[int, list[Any]]:
    query = (
        select(
            OrderLine.id, OrderLine.order_id, OrderLine.item, OrderLine.sku, Product.sku.label("product"), OrderLine.asin,
            OrderLine.title, OrderLine.quantity, OrderLine.price, OrderLine.shipping, OrderLine.tax, OrderLine.canceled,
        )
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id.in_(among)).order_by(OrderLine.id)
    )  # fmt: skip
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.order_id, []).append(row)
    return found


def _tracking(session: Session, among: Any) -> dict[int, list[str]]:
    query = (
        select(OrderLine.id, Purchase.tracking)
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(
            OrderLine.order_id.in_(among), Purchase.status != PurchaseStatus.CANCELED, Purchase.tracking.is_not(None)
        )
        .order_by(PurchaseLine.id)
    )
    found: dict[int, list[str]] = {}
    for line_id, numbers in session.execute(query):
        found.setdefault(line_id, []).extend((numbers or "").split(", "))
    return found


def _buyer(order: Order) -> tuple[Any, ...]:
    if order.buyer_sealed is None:
        return (
            f"erased on {order.buyer_erased_at:%Y-%m-%d}" if order.buyer_erased_at else "",
            *[""] * (len(_BUYERS) - 1),
        )
    who = buyers.opened(order.buyer_sealed)
    return (who.name, who.city, who.country, who.address, _code(who.postcode), _code(who.telephone), who.email)


def _code(text: str) -> str:
    """Digits that Excel would shorten, or rob of their zeros, are marked as text."""
    is_endangered = text.startswith("0") or len(text) > EXACT_DIGITS
    return Digits(text) if is_endangered and text.isascii() and text.isdigit() else text


def _written(made: Iterator[tuple[Any, ...]], wish: Wish, with_buyers: bool = False) -> bytes:
    if wish.format is Format.CSV:
        return writing.csv(made, headings(wish, with_buyers))
    return writing.xlsx(made, headings(wish, with_buyers), sheet="orders", in_memory=with_buyers)


# At once


def content(session: Session, wish: Wish) -> bytes:
    """The file, without buyers; for AT_ONCE orders at most."""
    return _written(rows(session, ids(session, wish, AT_ONCE), wish), wish)


@command(Right.BUYERS)
def with_buyers(session: Session, wish: Wish, take: Callable[[bytes], None]) -> str:
    """Hand the file with the buyers to `take`, and write into the history who has it, and of how many orders. No name is kept."""
    found = ids(session, wish, AT_ONCE)
    made = _written(rows(session, found, wish, with_buyers=True), wish, with_buyers=True)
    history.note(session)
    take(made)
    return f"The buyers of {counted(len(found), 'order')} were exported by {session.info['actor'].name}."


# By a job


@command(Right.LOOK)
def start(session: Session, wish: Wish) -> str:
    """A job that makes the file, without buyers. The same file twice at once is one job."""
    count = len(ids(session, wish))
    arguments = packed(wish)
    jobs.start(session, KIND, once=made_files.same(KIND, arguments, session.info["actor"].name), **arguments)
    return f"{wish.name} is being made of {counted(count, 'order')}. It goes on when you leave this page."


def packed(wish: Wish) -> dict[str, Any]:
    """As a job keeps it: days and amounts as text."""
    said = {name: _plain(value) for name, value in asdict(wish.wanted).items()}
    return {
        **asdict(replace(wish, wanted=Filter())),
        "wanted": said,
        "picked": list(wish.picked),
        "format": str(wish.format),
    }


def unpacked(said: Mapping[str, Any]) -> Wish:
    hints = get_type_hints(Filter)
    wanted = {name: _again(value, get_args(hints[name])) for name, value in said["wanted"].items() if name in hints}
    return Wish(
        **{**said, "wanted": Filter(**wanted), "picked": tuple(said["picked"]), "format": Format(said["format"])}
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else str(value) if isinstance(value, date | Decimal | str) else value


def _again(value: Any, kinds: tuple[Any, ...]) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, str) and date in kinds:
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(value, str) and Decimal in kinds else value


@job(KIND)
def work(actor: Actor, arguments: dict[str, Any], progress: Progress) -> str:
    wish = unpacked(arguments)
    with made_files.whole_or_not() as path:
        with reading() as session:
            found = ids(session, wish)
            told = partial(_counted, progress=progress, name=wish.name)
            path.write_bytes(_written(told(rows(session, found, wish), total=len(found), wish=wish), wish))
        holds = counted(len(found), "order")
        return made_files.finish(actor, "order_exports.work", path, wish.name, KIND, holds, progress)


def _counted(
    made: Iterator[tuple[Any, ...]], progress: Progress, name: str, total: int, wish: Wish
) -> Iterator[tuple[Any, ...]]:
    for place, row in enumerate(made):
        if place % CHUNK == 0:
            progress(0 if wish.lines else place, 0 if wish.lines else total, name)
        yield row
