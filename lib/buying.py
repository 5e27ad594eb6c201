"""Add purchase: what the form begins with, what it warns of, what the line would earn, and the purchase it makes.

One purchase may serve lines of several orders. The form pressed twice makes one purchase.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Product, Purchase, PurchaseLine, Warehouse
from db.vocabulary import CURRENCIES, OrderStatus, PurchaseStatus, Source, Transport, WorkStatus
from lib import price_book, work
from lib.changes import locked
from lib.commands import command
from lib.formula import Rate
from lib.money import round_half_up
from lib.money import text as amount
from lib.problems import Refused
from lib.rights import Right

MOST_LINES, MOST_PIECES = 200, 1_000_000


@dataclass(frozen=True)
class Proposal:
    """An order line that can be bought for, with what the form proposes."""

    line_id: int
    order: str
    sku: str
    title: str
    ordered: int
    purchased: int
    price: Decimal | None
    """Of the whole line, in `currency`."""
    currency: str
    spent: Decimal
    """What earlier purchases of this line cost, in `currency`."""
    cost: Decimal | None
    cost_currency: str
    transport: tuple[str, ...]
    site: Source
    picture: str | None = None
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """What one unit of each currency is worth in `currency` today."""

    @property
    def open(self) -> int:
        return max(0, self.ordered - self.purchased)


@dataclass(frozen=True)
class Form:
    """What the person has filled in: for which lines how many pieces, and the nine inputs."""

    pieces: tuple[tuple[int, int], ...]
    """(order line, pieces) for every line it serves."""
    unit_cost: Decimal
    freight: Decimal = Decimal(0)
    currency: str = "CNY"
    operator: str = ""
    contact: str = ""
    number: str = ""
    tracking: str = ""
    transport: tuple[str, ...] = ()
    site: Source = Source.OTHER
    transshipped: bool = False
    warehouse_id: int | None = None
    remark: str = ""

    @property
    def quantity(self) -> int:
        return sum(pieces for _, pieces in self.pieces)

    @property
    def total(self) -> Decimal:
        return self.unit_cost * self.quantity + self.freight


# Rules


def margin(line: Proposal, form: Form) -> Decimal | None:
    """What is left of the line's price when all that was bought for it is paid, in the order's currency.

    Freight is shared among the lines by their pieces. None when the price or the rate is not known.
    """
    rate = Decimal(1) if form.currency == line.currency else line.rates.get(form.currency)
    pieces = dict(form.pieces).get(line.line_id, 0)
    if line.price is None or rate is None:
        return None
    freight = form.freight * pieces / form.quantity if form.quantity else form.freight
    return round_half_up(line.price - line.spent - (form.unit_cost * pieces + freight) * rate, line.currency)


# Reading


def proposals(session: Session, order_id: int) -> list[Proposal]:
    """The lines of an order that something can be bought for."""
    return _proposals(session, OrderLine.order_id == order_id)


def others(session: Session, line_id: int, most: int = 20) -> list[Proposal]:
    """Lines of other orders that wait for the same product, oldest first: they can be bought together."""
    product = session.scalar(select(OrderLine.product_id).where(OrderLine.id == line_id))
    if product is None:
        return []
    waits = Order.work_status.in_((WorkStatus.TO_PURCHASE, WorkStatus.PARTLY_PURCHASED))
    same = (OrderLine.product_id == product) & (OrderLine.id != line_id) & waits
    return [line for line in _proposals(session, same, most) if line.open]


def _proposals(session: Session, which: object, most: int = MOST_LINES) -> list[Proposal]:
    query = (
        select(OrderLine, Order, Product)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(which, OrderLine.canceled.is_(False), Order.status != OrderStatus.CANCELED)  # type: ignore[arg-type]
        .order_by(Order.bought_at, OrderLine.id)
        .limit(most)
    )
    rows = list(session.execute(query))
    rates = price_book.newest_rates(session, {order.currency for _, order, _ in rows})
    bought = _bought(session, [line.id for line, _, _ in rows])
    return [_proposal(line, order, product, bought.get(line.id, []), rates) for line, order, product in rows]


def _proposal(
    line: OrderLine,
    order: Order,
    product: Product | None,
    bought: Sequence[tuple[int, Purchase]],
    rates: Mapping[tuple[str, str], Rate],
) -> Proposal:
    worth = {base: rate.value for (base, quote), rate in rates.items() if quote == order.currency}
    worth[order.currency] = Decimal(1)
    return Proposal(
        line_id=line.id,
        order=order.number,
        sku=product.sku if product else line.sku,
        title=line.title or (product and (product.title_en or product.title_zh)) or "",
        ordered=line.quantity,
        purchased=sum(pieces for pieces, _ in bought),
        price=line.price,
        currency=order.currency,
        spent=sum((_paid(pieces, purchase, worth) for pieces, purchase in bought), Decimal(0)),
        cost=product.source_price if product else None,
        cost_currency=product.currency if product else "CNY",
        transport=tuple(filter(None, (product.transport or "").split(","))) if product else (),
        site=product.source if product else Source.OTHER,
        picture=product.picture if product else None,
        rates=worth,
    )


def _paid(pieces: int, purchase: Purchase, worth: Mapping[str, Decimal]) -> Decimal:
    """What a line's share of an earlier purchase was worth on the day it was made."""
    rate = purchase.fx if purchase.fx is not None else worth.get(purchase.currency, Decimal(0))
    return (purchase.unit_cost * pieces + purchase.freight * pieces / purchase.quantity) * rate


def _bought(session: Session, lines: Sequence[int]) -> dict[int, list[tuple[int, Purchase]]]:
    """By line: the pieces and purchases that were not canceled."""
    query = (
        select(PurchaseLine.order_line_id, PurchaseLine.quantity, Purchase)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(PurchaseLine.order_line_id.in_(lines), Purchase.status != PurchaseStatus.CANCELED)
        .order_by(PurchaseLine.id)
    )
    found: dict[int, list[tuple[int, Purchase]]] = {}
    for line_id, pieces, purchase in session.execute(query):
        found.setdefault(line_id, []).append((pieces, purchase))
    return found


def cautions(session: Session, lines: Sequence[Proposal], form: Form) -> list[str]:
    """What looks odd but does not stop anybody: more than was ordered, a number that this site has given us already."""
    wanted = dict(form.pieces)
    said = [
        f"{wanted[line.line_id]} is more than the {line.open} that order {line.order} still needs."
        for line in lines
        if wanted.get(line.line_id, 0) > line.open
    ]
    if form.number.strip():
        same = (Purchase.site == form.site) & (Purchase.number == form.number.strip())
        if earlier := session.scalar(select(func.count()).select_from(Purchase).where(same)):
            said.append(
                f"{form.number.strip()} on {form.site.label} is already the number of {earlier} other purchase(s)."
            )
    return said


# The command


@command(Right.PURCHASES)
def create(session: Session, request: str, form: Form) -> str:
    """Make the purchase, and let the work status of its orders follow.

    `request` is the form's own key: a second call with it makes nothing and says so. Refuses what cannot be right.
    """
    if problems := _wrong(session, form):
        raise Refused(*(f"{problem} No purchase was made." for problem in problems))
    # The lines are locked first, so that of two clicks at once the second sees what the first has made.
    lines = locked(session, OrderLine, [line for line, _ in form.pieces])
    if session.scalar(select(Purchase.id).where(Purchase.request == request)):
        return "This purchase has been made already, once."
    orders = {
        order.id: order
        for order in session.scalars(select(Order).where(Order.id.in_({line.order_id for line in lines.values()})))
    }
    _refuse_canceled(form, lines, orders)
    purchase = _made(session, request, form, {order.currency for order in orders.values()})
    session.add_all(
        PurchaseLine(purchase_id=purchase.id, order_line_id=line, quantity=pieces) for line, pieces in form.pieces
    )
    session.flush()
    work.follow(session, sorted(orders))
    numbers = ", ".join(order.number for order in orders.values())
    cost = amount(form.total, form.currency)
    return f"Purchase {purchase.number or purchase.id} made for order {numbers}: {form.quantity} pieces, {cost}."


def _made(session: Session, request: str, form: Form, currencies: set[str]) -> Purchase:
    actor = session.info["actor"].name
    purchase = Purchase(
        request=request, unit_cost=form.unit_cost, freight=form.freight, currency=form.currency,
        fx=_rate(session, form.currency, currencies), quantity=form.quantity, operator=form.operator.strip() or actor,
        contact=form.contact.strip() or None, number=form.number.strip() or None, tracking=trackings(form.tracking),
        transport=",".join(form.transport) or None, site=form.site, transshipped=form.transshipped,
        warehouse_id=form.warehouse_id if form.transshipped else None, remark=form.remark.strip() or None,
    )  # fmt: skip
    session.add(purchase)
    session.flush()
    return purchase


def trackings(typed: str | None) -> str | None:
    """Tracking numbers as they are stored: one, or several with a comma and a blank between."""
    return ", ".join("".join(c if c.isprintable() and c not in ",，;；" else " " for c in typed or "").split()) or None


def _rate(session: Session, currency: str, wanted: set[str]) -> Decimal | None:
    """Today's rate into the orders' currency, if they have one in common and there is a rate."""
    if len(wanted) != 1:
        return None
    [target] = wanted
    if currency == target:
        return Decimal(1)
    rate = price_book.newest_rates(session, [target]).get((currency, target))
    return rate.value if rate else None


def _wrong(session: Session, form: Form) -> list[str]:
    problems = []
    if not form.pieces or len(form.pieces) > MOST_LINES or len({line for line, _ in form.pieces}) < len(form.pieces):
        problems.append(f"A purchase is for 1 to {MOST_LINES} order lines, each once.")
    if any(not 0 < pieces <= MOST_PIECES for _, pieces in form.pieces):
        problems.append(f"The quantity must be from 1 to {MOST_PIECES:,}.")
    problems += _wrong_amounts(form)
    if form.currency not in CURRENCIES:
        problems.append(f"{form.currency} is not a currency that Caravan knows.")
    if unknown := set(form.transport) - set(Transport):
        problems.append(f"{', '.join(sorted(unknown))} is not a transport attribute.")
    problems += [
        f"The {name} is longer than {most} characters."
        for name, most in _LONGEST.items()
        if len(getattr(form, name)) > most
    ]
    if form.transshipped and (form.warehouse_id is None or session.get(Warehouse, form.warehouse_id) is None):
        problems.append("Choose the forwarding warehouse that the goods go to.")
    return problems


def _wrong_amounts(form: Form) -> list[str]:
    """Looked at in this order: each step can only be calculated with amounts that have passed the one before."""
    amounts = (form.unit_cost, form.freight)
    if not all(amount.is_finite() and amount.copy_abs() < 10**12 for amount in amounts) or form.total >= 10**12:
        return ["The amount is too large."]
    if min(amounts) < 0:
        return ["A cost cannot be negative."]
    return [] if all(amount == round(amount, 4) for amount in amounts) else ["An amount has at most 4 decimals."]


_LONGEST = {"operator": 60, "contact": 200, "number": 80, "tracking": 450, "remark": 2_000}


def _refuse_canceled(form: Form, lines: Mapping[int, OrderLine], orders: Mapping[int, Order]) -> None:
    for number, _ in form.pieces:
        line = lines.get(number)
        if line is None:
            raise Refused("An order line does not exist any more. No purchase was made.")
        order = orders[line.order_id]
        if line.canceled or order.status == OrderStatus.CANCELED:
            what = f"Line {line.sku} of order" if line.canceled else "Order"
            raise Refused(f"{what} {order.number} has been canceled. No purchase was made.")
