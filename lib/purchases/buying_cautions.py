"""What looks odd in a purchase that is being filled in, but stops nobody: too many, too dear, too late, a number used before."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Purchase, PurchaseLine, now
from db.vocabulary import OrderStatus, Transport
from lib.money import round_half_up
from lib.money import text as amount
from lib.purchases.buying_lines import Proposal
from lib.purchases.buying_margin import Form, Piece

FAR = Decimal("0.30")
"""How far the cost may be from what it was before nobody is asked to look again."""
ON_THE_ROAD, AT_THE_FORWARDER = timedelta(days=3), timedelta(days=2)
"""How long goods usually take to us; and what a forwarding warehouse adds."""
RESTRICTED = (Transport.BATTERY, Transport.MAGNETIC, Transport.LIQUID, Transport.POWDER)
"""What not every carrier takes abroad."""
NAMED = 3


def cautions(session: Session, lines: Sequence[Proposal], form: Form) -> list[str]:
    """A sentence for each thing to look at once more; those of the lines first."""
    known = {line.line_id: line for line in lines}
    pairs = [(known[piece.line_id], piece) for piece in form.pieces if piece.line_id in known]
    said = [sentence for line, piece in pairs for sentence in _of_a_line(line, piece, form)]
    marks = [term.label.lower() for term in RESTRICTED if term in form.transport]
    if marks:
        said.append(f"Not every carrier takes {' or '.join(marks)}: make sure of one that does before you pay.")
    return list(dict.fromkeys(said + _used_before(session, form)))


def _of_a_line(line: Proposal, piece: Piece, form: Form) -> Iterable[str]:
    if piece.pieces > line.open:
        yield f"{piece.pieces} is more than the {line.open} that order {line.order} still needs."
    yield from _far_off(line, piece, form)
    if late := _late(line, now(), form.transshipped):
        yield late
    if line.status == OrderStatus.PENDING:
        yield f"Order {line.order} is pending: the marketplace has not confirmed the payment."
    if line.fulfilment != "seller":
        yield f"Order {line.order} is sent by the marketplace from its own stock."


def _far_off(line: Proposal, piece: Piece, form: Form) -> Iterable[str]:
    before, cost = cost_before(line, form.currency), form.cost(piece)
    if line.before is None or not before or abs(cost - before) < before * FAR:
        return
    by = abs(cost - before) * 100 / before
    yield (
        f"{line.sku} for {amount(cost, form.currency)} is {by:.0f} % {'more' if cost > before else 'less'} than "
        f"the {amount(before, form.currency)} of {line.before.where}."
    )


def cost_before(line: Proposal, currency: str) -> Decimal | None:
    """What one piece cost until now, in this currency at today's rates; None where nothing or no rate is known."""
    if line.before is None:
        return None
    if line.before.currency == currency:
        return line.before.cost
    theirs, ours = line.rates.get(line.before.currency), line.rates.get(currency)
    return round_half_up(line.before.cost * theirs / ours, currency) if theirs and ours else None


def _late(line: Proposal, at: datetime, transshipped: bool) -> str:
    if line.ship_by is None:
        return ""
    day = f"{line.ship_by:%Y-%m-%d %H:%M} UTC"
    if line.ship_by < at:
        return f"Order {line.order} is late: it had to leave by {day}."
    needs = ON_THE_ROAD + (AT_THE_FORWARDER if transshipped else timedelta(0))
    if line.ship_by < at + needs:
        return f"Order {line.order} has to leave by {day}; goods usually need {needs.days} days to get here."
    return ""


def _used_before(session: Session, form: Form) -> list[str]:
    number = form.number.strip()
    if not number:
        return []
    same = (Purchase.site == form.site) & (Purchase.number == number)
    purchases = session.scalars(select(Purchase.id).where(same).order_by(Purchase.id).limit(NAMED + 1)).all()
    if not purchases:
        return []
    orders = session.scalars(
        select(Order.number)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .where(PurchaseLine.purchase_id.in_(purchases[:NAMED]))
        .group_by(Order.id, Order.number)
        .order_by(Order.id)
        .limit(NAMED + 1)
    ).all()
    which = "a purchase" if len(purchases) == 1 else f"{_counted(purchases)} purchases"
    named = ", ".join(orders[:NAMED]) + (" …" if len(orders) > NAMED else "")
    return [f"{number} on {form.site.label} is already the number of {which}, for order {named}."]


def _counted(found: Sequence[int]) -> str:
    return f"more than {NAMED}" if len(found) > NAMED else str(len(found))
