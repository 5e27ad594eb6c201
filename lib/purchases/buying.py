"""Add purchase: what is refused, who was faster, and the purchase that a form makes.

One purchase may serve lines of several orders. The form pressed twice makes one purchase; what a colleague bought meanwhile refuses it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Purchase, PurchaseLine, Warehouse, now
from db.vocabulary import CURRENCIES, FreightBy, OrderStatus, Payment, PurchaseStatus, Source, Transport
from lib.changes import locked
from lib.commands import command
from lib.counted import counted
from lib.money import FULL_WIDTH
from lib.money import text as amount
from lib.orders import work
from lib.problems import Refused
from lib.purchases import arrivals, buying_claims
from lib.purchases.buying_cautions import cautions as cautions
from lib.purchases.buying_cautions import cost_before
from lib.purchases.buying_lines import MOST_LINES, Proposal
from lib.purchases.buying_lines import lines as lines
from lib.purchases.buying_lines import lines_of as lines_of
from lib.purchases.buying_lines import others as others
from lib.purchases.buying_lines import proposals as proposals
from lib.purchases.buying_margin import Form as Form
from lib.purchases.buying_margin import Piece as Piece
from lib.purchases.buying_margin import margins, shares
from lib.rights import Right

MOST_PIECES = 1_000_000
PAYMENTS = (Payment.TO_PAY, Payment.PAID)
"""How a new purchase can stand; a refund comes later."""
_LONGEST = {"operator": 60, "contact": 200, "number": 80, "tracking": 450, "remark": 2_000, "reason": 500}


# Rules


def whole(text: str) -> int:
    """How many pieces, as a person types it; ValueError is a sentence for them."""
    given = text.translate(FULL_WIDTH).strip()
    if not given:
        raise ValueError("is missing.")
    if not re.fullmatch(r"[0-9]{1,9}", given) or not 0 < int(given) <= MOST_PIECES:
        raise ValueError(f"{text.strip()[:20]!r} is not a whole number from 1 to {MOST_PIECES:,}.")
    return int(given)


# Reading


def warehouses(session: Session) -> dict[int, str]:
    """The forwarding warehouses that new purchases may go to, by name."""
    active = select(Warehouse.id, Warehouse.name).where(Warehouse.active).order_by(Warehouse.name)
    return {row.id: row.name for row in session.execute(active)}


def bought_since(session: Session, seen: Iterable[tuple[int, int]]) -> list[str]:
    """What a colleague has bought, or canceled, for these lines since (line, pieces bought) was read; who and when."""
    then = dict(seen)
    query = (
        select(
            PurchaseLine.id, PurchaseLine.order_line_id, PurchaseLine.quantity, PurchaseLine.purchase_id, Purchase.status,
            Purchase.number, Purchase.operator, Purchase.created_at,
        )
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(PurchaseLine.order_line_id.in_(then), Purchase.status != PurchaseStatus.CANCELED)
        .order_by(PurchaseLine.id)
    )  # fmt: skip
    bought: dict[int, list[tuple[int, str]]] = {number: [] for number in then}
    rows = session.execute(query).all()
    came = arrivals.of_parts(session, rows)
    for row in rows:
        said = f"{row.operator} bought {row.quantity} at {row.created_at:%H:%M} UTC (purchase {row.number or row.purchase_id})"
        bought[row.order_line_id].append((came[row.id], said))
    changed = {number for number, rows in bought.items() if sum(pieces for pieces, _ in rows) != then[number]}
    return [
        f"{sku} of order {order}: {_faster(bought[number], then[number])}."
        for number, sku, order in session.execute(_called(changed))
    ]


def _called(line_ids: Iterable[int]) -> Select[int, str, str]:
    return (
        select(OrderLine.id, OrderLine.sku, Order.number)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.id.in_(list(line_ids)))
        .order_by(OrderLine.id)
    )


def _faster(bought: Sequence[tuple[int, str]], then: int) -> str:
    """The newest purchases that explain why there are more; fewer can only mean that one was taken back."""
    more = sum(pieces for pieces, _ in bought) - then
    said: list[str] = []
    for pieces, sentence in reversed(bought):
        if more > 0:
            said.insert(0, sentence)
        more -= pieces
    return ", ".join(said) if said else "a purchase was canceled, closed short or changed"


# The command


@command(Right.PURCHASES)
def create(session: Session, request: str, form: Form) -> str:
    """Make the purchase, and let the work status of its orders follow.

    `request` is the form's own key: a second call with it makes nothing and says so. Refuses what cannot be right, what somebody
    has bought since the form was opened, and a loss without a reason.
    """
    _refuse(_wrong(session, form))
    # The lines are locked first, so that of two clicks at once the second sees what the first has made.
    held = locked(session, OrderLine, [piece.line_id for piece in form.pieces])
    if session.scalar(select(Purchase.id).where(Purchase.request == request)):
        return "This purchase has been made already, once."
    orders = {
        order.id: order
        for order in session.scalars(select(Order).where(Order.id.in_({line.order_id for line in held.values()})))
    }
    _refuse(_gone(form, held, orders))
    _refuse(bought_since(session, form.seen))
    wanted = lines(session, [piece.line_id for piece in form.pieces])
    losses = _losses(wanted, form)
    if losses and not form.reason.strip():
        _refuse([*losses, "Write the reason for buying it nevertheless."])
    purchase = _made(session, request, form, wanted, PurchaseStatus.TO_REVIEW if losses else PurchaseStatus.ORDERED)
    session.add_all(_parts(purchase, form, wanted))
    buying_claims.end(session, held)
    session.flush()
    work.follow(session, sorted(orders))
    numbers = ", ".join(order.number for order in orders.values())
    review = " It loses money, so it waits for review." if losses else ""
    made = f"{counted(form.quantity, 'piece')}, {amount(form.total, form.currency)}"
    return f"Purchase {purchase.number or purchase.id} made for order {numbers}: {made}.{review}"


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise Refused(*(f"{problem} No purchase was made." for problem in problems))


def _losses(wanted: Sequence[Proposal], form: Form) -> list[str]:
    known = {line.line_id: line for line in wanted}
    return [
        f"{known[one.line_id].sku} of order {known[one.line_id].order} loses {amount(-one.left, one.currency)}."
        for one in margins(wanted, form)
        if one.left is not None and one.left < 0
    ]


def _made(session: Session, request: str, form: Form, wanted: Sequence[Proposal], status: PurchaseStatus) -> Purchase:
    tracking = trackings(form.tracking)
    rates = {line.rates.get(form.currency) for line in wanted}
    purchase = Purchase(
        request=request, unit_cost=form.cost(form.pieces[0]), freight=form.freight, freight_by=form.freight_by,
        currency=form.currency, fx=rates.pop() if len({line.currency for line in wanted}) == 1 else None,
        cost_before=cost_before(wanted[0], form.currency), quantity=form.quantity,
        operator=form.operator.strip() or session.info["actor"].name, contact=form.contact.strip() or None,
        number=form.number.strip() or None, tracking=tracking, tracked_at=now() if tracking else None,
        transport=",".join(form.transport) or None, site=form.site, transshipped=form.transshipped,
        warehouse_id=form.warehouse_id if form.transshipped else None, remark=form.remark.strip() or None,
        reason=form.reason.strip() or None, payment=form.payment,
        paid_at=now() if form.payment == Payment.PAID else None, status=status,
    )  # fmt: skip
    session.add(purchase)
    session.flush()
    return purchase


def _parts(purchase: Purchase, form: Form, wanted: Sequence[Proposal]) -> list[PurchaseLine]:
    """The purchase's lines: each with its share of the freight, and with its own cost and rate where they are not the purchase's."""
    known, (freight, _) = {line.line_id: line for line in wanted}, shares(wanted, form)
    return [
        PurchaseLine(
            purchase_id=purchase.id, order_line_id=piece.line_id, quantity=piece.pieces, freight=freight[piece.line_id],
            unit_cost=None if form.cost(piece) == purchase.unit_cost else form.cost(piece),
            fx=known[piece.line_id].rates.get(form.currency) if purchase.fx is None else None,
        )
        for piece in form.pieces
    ]  # fmt: skip


def trackings(typed: str | None) -> str | None:
    """Tracking numbers as they are stored: one, or several with a comma and a blank between, each once."""
    numbers = "".join(c if c.isprintable() and c not in ",，、;；" else " " for c in typed or "").split()
    return ", ".join(dict.fromkeys(numbers)) or None


# What cannot be right


def _wrong(session: Session, form: Form) -> list[str]:
    problems = []
    lines = [piece.line_id for piece in form.pieces]
    if not lines or len(lines) > MOST_LINES or len(set(lines)) < len(lines):
        problems.append(f"A purchase is for 1 to {MOST_LINES} order lines, each once.")
    if not all(isinstance(piece.pieces, int) and 0 < piece.pieces <= MOST_PIECES for piece in form.pieces):
        problems.append(f"The quantity must be from 1 to {MOST_PIECES:,}.")
    problems += problems or _wrong_amounts(form)
    if form.currency not in CURRENCIES:
        problems.append(f"{form.currency} is not a currency that Caravan knows.")
    if unknown := set(form.transport) - set(Transport):
        problems.append(f"{', '.join(sorted(unknown))} is not a transport attribute.")
    if form.payment not in PAYMENTS or form.freight_by not in set(FreightBy) or form.site not in set(Source):
        problems.append("Choose the website, the payment and how freight is shared from their lists.")
    problems += [
        f"The {name} is longer than {most} characters."
        for name, most in _LONGEST.items()
        if len(getattr(form, name)) > most
    ]
    return problems + (_wrong_warehouse(session, form) if form.transshipped else [])


def _wrong_amounts(form: Form) -> list[str]:
    """Looked at in this order: each step can only be calculated with amounts that have passed the one before."""
    amounts = (form.freight, form.unit_cost, *(form.cost(piece) for piece in form.pieces))
    if not all(isinstance(one, Decimal) for one in amounts):
        return ["A cost must be an amount."]
    if not all(one.is_finite() and one.copy_abs() < 10**12 for one in amounts) or form.total >= 10**12:
        return ["The amount is too large."]
    if min(amounts) < 0:
        return ["A cost cannot be negative."]
    return [] if all(one == round(one, 4) for one in amounts) else ["An amount has at most 4 decimals."]


def _wrong_warehouse(session: Session, form: Form) -> list[str]:
    found = session.get(Warehouse, form.warehouse_id) if form.warehouse_id is not None else None
    if found is None:
        return ["Choose the forwarding warehouse that the goods go to."]
    return [] if found.active else [f"Warehouse {found.name} takes no new purchases any more: choose another one."]


def _gone(form: Form, held: Mapping[int, OrderLine], orders: Mapping[int, Order]) -> list[str]:
    """Lines that nothing can be bought for."""
    problems = []
    for piece in form.pieces:
        line = held.get(piece.line_id)
        if line is None:
            return ["An order line does not exist any more."]
        order = orders[line.order_id]
        if line.canceled or order.status == OrderStatus.CANCELED:
            what = f"Line {line.sku} of order" if line.canceled else "Order"
            problems.append(f"{what} {order.number} has been canceled.")
        elif not order.is_sale:
            problems.append(f"Order {order.number} is no sale of ours: the marketplace only sends it out for us.")
    return list(dict.fromkeys(problems))
