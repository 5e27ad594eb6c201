"""How far a purchase is: its status and its dates follow from the pieces that have arrived, its tracking and its payment.

A person sets four statuses by hand: to review, exception, closed short and canceled. All others follow.
"""

from datetime import datetime

from db.models import Purchase
from db.vocabulary import Payment, PurchaseStatus
from lib.counted import agreeing, counted
from lib.purchases.buying import trackings

BY_HAND = (
    PurchaseStatus.TO_REVIEW,
    PurchaseStatus.EXCEPTION,
    PurchaseStatus.CLOSED_SHORT,
    PurchaseStatus.CANCELED,
)
ENDED = (PurchaseStatus.CANCELED, PurchaseStatus.CLOSED_SHORT)


def of_pieces(quantity: int, arrived: int) -> PurchaseStatus:
    """What the pieces alone say."""
    if arrived <= 0:
        return PurchaseStatus.ORDERED
    return PurchaseStatus.PARTLY_ARRIVED if arrived < quantity else PurchaseStatus.ARRIVED


def called(purchase: Purchase) -> str:
    """What people call it by: the platform's number, else our own."""
    return purchase.number or f"#{purchase.id}"


# Each says in words why it cannot be, and then has changed nothing; None when it is done.


def arrive(purchase: Purchase, pieces: int, at: datetime) -> str | None:
    """So many pieces are here now, all counted. When nothing more is to come, the moment is kept as that of its arrival."""
    if purchase.status == PurchaseStatus.CANCELED:
        return "is canceled"
    if not 0 <= pieces <= purchase.quantity:
        return f"is of {counted(purchase.quantity, 'piece')}: {pieces} cannot have arrived"
    if pieces < purchase.quantity and (purchase.relabelled_at or purchase.forwarded_at):
        return "has been relabelled or forwarded already: take those dates back first"
    purchase.arrived_quantity = pieces
    is_short = purchase.status == PurchaseStatus.CLOSED_SHORT and pieces < purchase.quantity
    if not is_short:
        purchase.status = of_pieces(purchase.quantity, pieces)
    is_complete = pieces > 0 and (is_short or pieces == purchase.quantity)
    purchase.arrived_at = (purchase.arrived_at or at) if is_complete else None
    return None


def close_short(purchase: Purchase, at: datetime) -> str | None:
    """The rest will not come: what is here is all of it."""
    if purchase.status == PurchaseStatus.CANCELED:
        return "is canceled"
    if purchase.arrived_quantity >= purchase.quantity:
        return "has arrived whole: nothing of it is missing"
    purchase.status = PurchaseStatus.CLOSED_SHORT
    purchase.arrived_at = (purchase.arrived_at or at) if purchase.arrived_quantity else None
    return None


def cancel(purchase: Purchase) -> str | None:
    """Not bought after all. Money that has left is to come back."""
    if purchase.forwarded_at is not None:
        return "has been forwarded already"
    purchase.status = PurchaseStatus.CANCELED
    if purchase.payment == Payment.PAID:
        purchase.payment = Payment.REFUND_DUE
    return None


def pay(purchase: Purchase, at: datetime) -> str | None:
    if purchase.status == PurchaseStatus.CANCELED:
        return "is canceled"
    if purchase.payment in (Payment.REFUND_DUE, Payment.REFUNDED):
        return f"is “{purchase.payment.label.lower()}”: its money has come and gone already"
    note_payment(purchase, Payment.PAID, at)
    return None


def relabel(purchase: Purchase, at: datetime) -> str | None:
    if problem := _not_at_a_warehouse(purchase):
        return problem
    purchase.relabelled_at = purchase.relabelled_at or at
    return None


def forward(purchase: Purchase, at: datetime) -> str | None:
    if problem := _not_at_a_warehouse(purchase):
        return problem
    purchase.forwarded_at = purchase.forwarded_at or at
    return None


def _not_at_a_warehouse(purchase: Purchase) -> str | None:
    if not purchase.transshipped:
        return "is not transshipped"
    if purchase.status == PurchaseStatus.CANCELED:
        return "is canceled"
    return None if purchase.arrived_at else "has not arrived at its warehouse"


def set_by_hand(purchase: Purchase, wanted: PurchaseStatus, at: datetime) -> str | None:
    """Put a status that a person has chosen. What follows from the pieces may be chosen only where it does follow."""
    if wanted == PurchaseStatus.CANCELED:
        return cancel(purchase)
    if wanted == PurchaseStatus.CLOSED_SHORT:
        return close_short(purchase, at)
    follows = of_pieces(purchase.quantity, purchase.arrived_quantity)
    if wanted not in BY_HAND and wanted != follows:
        by_hand = ", ".join(status.label for status in BY_HAND)
        here = f"{purchase.arrived_quantity} of {counted(purchase.quantity, 'piece')}"
        return (
            f"cannot be “{wanted.label}”: {here} {agreeing(purchase.arrived_quantity, 'has', 'have')} arrived, so it is "
            f"“{follows.label}”. Write the arrived pieces instead; by hand there are: {by_hand}"
        )
    purchase.status = wanted
    if follows != PurchaseStatus.ARRIVED and not (purchase.relabelled_at or purchase.forwarded_at):
        purchase.arrived_at = None  # more may come again
    return None


def note_tracking(purchase: Purchase, typed: str | None, at: datetime) -> None:
    """Write its tracking numbers, and since when there are any."""
    purchase.tracking = trackings(typed)
    purchase.tracked_at = (purchase.tracked_at or at) if purchase.tracking else None


def note_payment(purchase: Purchase, payment: Payment, at: datetime) -> None:
    """Write what has become of its money, and since when it is paid."""
    purchase.payment = payment
    purchase.paid_at = None if payment == Payment.TO_PAY else purchase.paid_at or at
