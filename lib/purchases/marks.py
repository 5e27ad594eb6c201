"""Marks to print: what the forwarding warehouse has to know of a parcel, on sheets or on a roll, as a PDF.

On the left a QR code of the order's or the purchase's number, whose modules are whole dots of the printer. On the right the order,
the product, the pieces, the transport attributes in Chinese and English, and the warehouse with its inbound code and address.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice

from reportlab.graphics.barcode import qrencoder
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Product, Purchase, PurchaseLine, Warehouse
from db.vocabulary import Transport
from lib.codes import label_fonts as fonts
from lib.codes import labels
from lib.codes.label_layouts import LAYOUTS, Layout
from lib.codes.labels import LEAD, POINT
from lib.problems import Refused
from lib.purchases.purchase_status import called

MOST = 1_000
"""Marks in one PDF, copies counted."""
MOST_CODE = 80
"""Characters of the number in the code."""
SIZES = {key: layout for key, layout in LAYOUTS.items() if layout.width >= 50 and layout.height >= 29}
"""The sheets and rolls with room for a mark."""
QUIET, WIDEST = 4, 1.4
"""Modules that stay white around the code; millimetres of a module at most."""
ROOM = 0.44
"""Of the width of a mark that the code takes at most."""
TITLE = 24
"""Characters of a product's title: more would push the address out."""

IN_CHINESE = {
    Transport.GENERAL: "普货",
    Transport.BATTERY: "带电",
    Transport.MAGNETIC: "带磁",
    Transport.LIQUID: "液体",
    Transport.POWDER: "粉末",
    Transport.COSMETICS: "化妆品",
    Transport.OVERSIZED: "超大件",
    Transport.BRANDED: "品牌",
}


@dataclass(frozen=True)
class Mark:
    """What stands on one mark. `code` is what a scanner reads."""

    code: str
    orders: tuple[str, ...]
    goods: tuple[str, ...]
    """A line for each product: its SKU, its title and the pieces."""
    pieces: int
    transport: tuple[Transport, ...] = ()
    warehouse: str = ""
    inbound_code: str = ""
    address: str = ""


# Reading


def marks_of(session: Session, ids: Sequence[int], *, each_line: bool = True, by_order: bool = True) -> list[Mark]:
    """The marks of purchases, in the order of their ids: one for each order line, or one for each purchase.

    `by_order` puts the order's number into the code, else the purchase's. At most 1,000; canceled purchases have none.
    """
    query = (
        select(Purchase, PurchaseLine.quantity, OrderLine, Order.number, Product, Warehouse)
        .join(PurchaseLine, PurchaseLine.purchase_id == Purchase.id)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .outerjoin(Warehouse, Warehouse.id == Purchase.warehouse_id)
        .where(Purchase.id.in_(list(ids)[: MOST + 1]), Purchase.status != "canceled")
        .order_by(Purchase.id, PurchaseLine.id)
        .limit(MOST + 1)
    )
    rows = list(session.execute(query))
    parts = [[row] for row in rows] if each_line else [list(of) for _, of in groupby(rows, lambda row: row[0].id)]
    return [_mark(part, by_order) for part in parts]


def _mark(
    rows: Sequence[tuple[Purchase, int, OrderLine, str, Product | None, Warehouse | None]], by_order: bool
) -> Mark:
    purchase, warehouse = rows[0][0], rows[0][5]
    orders = tuple(dict.fromkeys(row[3] for row in rows))
    goods = []
    for _, pieces, line, _, product, _ in rows:
        title = (product and (product.title_zh or product.title_en)) or line.title or ""
        short = title if len(title) <= TITLE else f"{title[:TITLE]}…"
        goods.append(f"{product.sku if product else line.sku} × {pieces}  {short}".rstrip())
    return Mark(
        code=(orders[0] if by_order and len(orders) == 1 else called(purchase))[:MOST_CODE],
        orders=orders,
        goods=tuple(goods),
        pieces=sum(row[1] for row in rows),
        transport=tuple(Transport(word) for word in (purchase.transport or "").split(",") if word in set(Transport)),
        warehouse=warehouse.name if warehouse else "",
        inbound_code=warehouse.inbound_code if warehouse else "",
        address=warehouse.address if warehouse else "",
    )  # fmt: skip


# Drawing


def pdf(marks: Iterable[Mark], layout: Layout, *, skip: int = 0, copies: int = 1) -> bytes:
    """These marks, each so many times. `skip` leaves the first places of a sheet free. Refuses none, and more than 1,000."""
    wanted = list(islice(marks, MOST + 1))
    refuse(len(wanted), layout, skip, copies)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_points(layout.page), pageCompression=1, invariant=1)
    canvas.setTitle("Marks")
    for number, mark in enumerate((mark for mark in wanted for _ in range(copies)), skip):
        page, place = divmod(number, layout.per_page)
        if page and not place:
            canvas.showPage()
        left, top = layout.corner(place)
        _draw(canvas, mark, layout, left * POINT, (layout.page[1] - top - layout.height) * POINT)
    canvas.save()
    return out.getvalue()


def refuse(count: int, layout: Layout, skip: int, copies: int) -> None:
    """Raise what would be wrong with a PDF of so many marks."""
    if layout.key not in SIZES:
        raise Refused(f"{layout.name} has no room for a mark. Choose a larger one. Nothing was made.")
    if not 0 <= skip < layout.per_page:
        raise Refused(f"This sheet has {layout.per_page} places: skip 0 to {layout.per_page - 1}. Nothing was made.")
    if not 1 <= copies <= MOST:
        raise Refused(f"Each mark is printed 1 to {MOST:,} times, not {copies:,}. Nothing was made.")
    if not count:
        raise Refused("There is no mark to print: tick purchases that are not canceled. Nothing was made.")
    if count * copies > MOST:
        raise Refused(f"At most {MOST:,} marks are printed at once, copies counted. Nothing was made.")


def picture(mark: Mark, layout: Layout, dpi: int = 300) -> bytes:
    """One mark as it will be printed, as a PNG."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_points((layout.width, layout.height)), pageCompression=0, invariant=1)
    _draw(canvas, mark, layout, 0, 0)
    canvas.save()
    return labels.seen(out.getvalue(), dpi)


def _points(size: tuple[float, float]) -> tuple[float, float]:
    return size[0] * POINT, size[1] * POINT


def _draw(canvas: Canvas, mark: Mark, layout: Layout, left: float, bottom: float) -> None:
    """Nothing leaves the mark, whatever is written on it."""
    wide, high = layout.width * POINT, layout.height * POINT
    side = layout.padding[0] * POINT
    canvas.saveState()
    canvas.addLiteral(f"1 0 0 1 {left:.3f} {bottom:.3f} cm 0 0 {wide:.3f} {high:.3f} re W n")
    code = _code(canvas, mark.code, layout)
    size = _size(layout)
    edge = max(side, code)
    rows = _rows(mark, (wide - edge - side) / size, int((high - 2 * layout.padding[1] * POINT) / (LEAD * size)))
    baseline = (high + len(rows) * LEAD * size) / 2
    for row in rows:
        baseline -= LEAD * size
        text = canvas.beginText(edge, baseline + (LEAD - 1) * size)
        for name, part in fonts.runs(row):
            text.setFont(name, size)
            text.textOut(part)
        canvas.drawText(text)
    canvas.restoreState()


def _size(layout: Layout) -> float:
    """Of the letters, in points."""
    return next(size for height, size in ((31, 6), (38, 7), (50, 8), (60, 10), (1_000, 14)) if layout.height < height)


def _rows(mark: Mark, room: float, most: int) -> list[list[fonts.Glyph]]:
    """What is written, line by line: a line for each fact, and what is left over for the address."""
    more = f" +{len(mark.orders) - 1}" if len(mark.orders) > 1 else ""
    transport = " ".join(f"{IN_CHINESE[one]} {one.label}" for one in mark.transport)
    place = " · ".join(filter(None, (mark.inbound_code, mark.warehouse)))
    many = f"{mark.pieces} 件 {mark.pieces} pcs"
    after = [many, *filter(None, (transport, place))]
    goods = list(mark.goods[: max(1, most - 1 - len(after))])
    if len(goods) < len(mark.goods):
        goods[-1] = f"+{len(mark.goods) - len(goods) + 1} …"
    found = [fonts.shortened(fonts.glyphs(text), room) for text in (mark.orders[0] + more, *goods, *after)][:most]
    found += fonts.lines(fonts.glyphs(mark.address), room, most - len(found)) if most > len(found) else []
    return [row for row in found if row]


def _code(canvas: Canvas, code: str, layout: Layout) -> float:
    """The QR code in the middle of the height; returns where it ends on the right, its quiet zone counted, in points."""
    modules = _modules(code)
    whole = len(modules) + 2 * QUIET
    widest = min(WIDEST, layout.width * ROOM / whole, layout.height / whole)
    unit = max(1, int(widest / layout.dot)) * layout.dot * POINT
    foot = (layout.height * POINT - whole * unit) / 2
    boxes = []
    for number, row in enumerate(modules):
        start = 0
        for is_dark, run in groupby(row):
            long = len(list(run))
            if is_dark:
                boxes.append(f"{QUIET + start} {QUIET + len(modules) - 1 - number} {long} 1 re")
            start += long
    canvas.addLiteral(f"q {unit:.6f} 0 0 {unit:.6f} 0 {foot:.3f} cm {' '.join(boxes)} f Q")
    return whole * unit


@lru_cache(maxsize=512)
def _modules(code: str) -> tuple[tuple[bool, ...], ...]:
    """The rows of the code from the top; True is black."""
    made = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    made.addData(code)
    made.make()
    count = made.getModuleCount()
    return tuple(tuple(bool(made.isDark(row, column)) for column in range(count)) for row in range(count))
