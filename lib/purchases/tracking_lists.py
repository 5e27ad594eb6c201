"""Tracking numbers pasted as two columns: which purchase each row means, what would become of it, and all of it in one go.

The first column names a purchase by the number of the platform, of our order, or our own (#12); the others are tracking numbers.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Order, OrderLine, Purchase, PurchaseLine, now
from db.pasted import pasted
from db.vocabulary import PurchaseStatus, Term
from lib.changes import locked
from lib.commands import command
from lib.counted import counted
from lib.orders import work
from lib.orders.order_filter import among_several
from lib.problems import Refused
from lib.purchases import purchase_status
from lib.purchases.buying import trackings
from lib.purchases.purchase_list import orders_of
from lib.purchases.purchase_status import called
from lib.rights import Right

MOST_ROWS, LONGEST = 5_000, 500
"""Rows of a list; and characters of all tracking numbers of one purchase."""


class Verdict(Term):
    SET = "set", "Will be set", "green", "the purchase has no tracking yet, or gets one more"
    REPLACES = "replaces", "Replaces", "orange", "the purchase has another tracking number, which goes away"
    SAME = "same", "Same already", "gray", "the purchase has it already: nothing changes"
    UNKNOWN = "unknown", "No such purchase", "red", "no purchase and no order with a purchase has this number"
    SEVERAL = "several", "Several purchases", "red", "more than one purchase has this number: nobody can say which"
    TAKEN = "taken", "On another purchase", "red", "another purchase has this tracking number"
    WRONG = "wrong", "Not usable", "red", "the row has no number, no tracking, or a canceled purchase"


WRITES = (Verdict.SET, Verdict.REPLACES)


@dataclass(frozen=True)
class Row:
    """One tracking number of the list, and what is to become of it."""

    line: int
    """Where it stands in what was pasted, counted from 1."""
    number: str
    tracking: str
    verdict: Verdict = Verdict.WRONG
    said: str = ""
    purchase_id: int | None = None


# Rules


def read(text: str) -> list[Row]:
    """The rows of what was pasted, one for each tracking number: tabs, else semicolons or commas, else blanks between the columns.

    A first row without any digit is the heading and left out. Refuses more than 5,000 rows.
    """
    lines = [(n, line.strip()) for n, line in enumerate(re.split(r"\r\n|\r|\n", text), 1) if line.strip()]
    if lines and not any(c.isdigit() for c in lines[0][1]):
        lines = lines[1:]
    if len(lines) > MOST_ROWS:
        raise Refused(f"This list has {len(lines):,} rows; at most {MOST_ROWS:,} go at once. Nothing was changed.")
    rows = []
    for line, content in lines:
        number, *others = re.split(
            r"\t" if "\t" in content else r"[,;，；]" if re.search("[,;，；]", content) else r"\s+", content
        )
        found = [one for other in others for one in (trackings(other) or "").split(", ") if one]
        rows += [Row(line, number.strip(), one) for one in found or [""]]
    return list({(row.number, row.tracking): row for row in reversed(rows)}.values())[::-1]


# Reading


def judged(session: Session, text: str, also_taken: bool = False) -> list[Row]:
    """Every row with its verdict. `also_taken` sets also what stands on another purchase, as when one parcel holds both."""
    rows = read(text)
    meant = _meant(session, [row.number for row in rows])
    there = _there(session, [row.tracking for row in rows if row.tracking])
    wanted = defaultdict[int, list[str]](list)
    for row in rows:
        found = meant.get(row.number, [])
        if len(found) == 1 and row.tracking:
            wanted[found[0].id].append(row.tracking)
            if found[0].status != PurchaseStatus.CANCELED and found[0] not in there[row.tracking]:
                there[row.tracking].append(found[0])
    return [_judge(row, meant.get(row.number, []), there, wanted, also_taken) for row in rows]


def _judge(row: Row, found: Sequence[Purchase], there: Mapping[str, Sequence[Purchase]],
           wanted: Mapping[int, list[str]], also_taken: bool) -> Row:  # fmt: skip
    if not row.number or not row.tracking:
        return replace(row, said="The row needs a number and a tracking number.")
    if not found:
        return replace(row, verdict=Verdict.UNKNOWN, said=f"No purchase has the number {row.number}.")
    if len(found) > 1:
        names = ", ".join(f"#{one.id}" for one in found[:5])
        return replace(
            row, verdict=Verdict.SEVERAL, said=f"{len(found)} purchases have it: {names}. Write one of these."
        )
    [purchase] = found
    row = replace(row, purchase_id=purchase.id)
    if purchase.status == PurchaseStatus.CANCELED:
        return replace(row, said=f"Purchase {called(purchase)} is canceled.")
    if len(", ".join(wanted[purchase.id])) > LONGEST:
        return replace(row, said=f"Purchase {called(purchase)} has room for {LONGEST} characters of tracking numbers.")
    before = _numbers(purchase)
    if row.tracking in before:
        return replace(row, verdict=Verdict.SAME, said=f"Purchase {called(purchase)} has it already.")
    others = [one for one in there.get(row.tracking, []) if one.id != purchase.id and _keeps(one, row.tracking, wanted)]
    if others and not also_taken:
        return replace(row, verdict=Verdict.TAKEN, said=f"It stands on purchase {', '.join(map(called, others[:3]))}.")
    if gone := [one for one in before if one not in wanted[purchase.id]]:
        return replace(row, verdict=Verdict.REPLACES, said=f"{', '.join(gone)} goes away.")
    return replace(row, verdict=Verdict.SET)


def _keeps(purchase: Purchase, number: str, wanted: Mapping[int, Sequence[str]]) -> bool:
    """Whether a purchase still has this tracking number when the list is done: the list may give it another one."""
    asked, before = wanted.get(purchase.id, ()), _numbers(purchase)
    return number in asked or (number in before and all(one in before for one in asked))


def numbers_of(session: Session, purchase_id: int) -> list[str]:
    """The tracking numbers of one purchase; none when there is no such one."""
    purchase = session.get(Purchase, purchase_id)
    return _numbers(purchase) if purchase else []


def _numbers(purchase: Purchase) -> list[str]:
    return [one for one in (purchase.tracking or "").split(", ") if one]


def _meant(session: Session, numbers: Sequence[str]) -> dict[str, list[Purchase]]:
    """By number as it was written: the purchases it means, those that stand before those that were canceled."""
    asked = sorted({number for number in numbers if number})
    found: dict[str, dict[int, Purchase]] = defaultdict(dict)
    for purchase in session.scalars(select(Purchase).where(Purchase.number.in_(pasted(asked)))):
        found[purchase.number or ""][purchase.id] = purchase
    own = {int(n[1:]): n for n in asked if re.fullmatch(r"#[0-9]{1,9}", n)}
    for purchase in session.scalars(select(Purchase).where(Purchase.id.in_(list(own)))):
        found[own[purchase.id]][purchase.id] = purchase
    left = [number for number in asked if number not in found]
    served = (
        select(Order.number, Purchase)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(Order.number.in_(pasted(left)))
    )
    for number, purchase in session.execute(served):
        found[number][purchase.id] = purchase
    return {number: _standing(list(rows.values())) for number, rows in found.items()}


def _standing(purchases: list[Purchase]) -> list[Purchase]:
    standing = [one for one in purchases if one.status != PurchaseStatus.CANCELED]
    return standing or purchases


def _there(session: Session, numbers: Sequence[str]) -> defaultdict[str, list[Purchase]]:
    """By tracking number: the purchases, not canceled, that have it now."""
    wanted = pasted(sorted(set(numbers)))
    here = Purchase.tracking.in_(wanted) | Purchase.id.in_(among_several(wanted))
    found = defaultdict(list)
    for purchase in session.scalars(
        select(Purchase).where(here, Purchase.status != PurchaseStatus.CANCELED).order_by(Purchase.id)
    ):
        for one in _numbers(purchase):
            found[one].append(purchase)
    return found


# Commands


@command(Right.PURCHASES)
def put(session: Session, text: str, seen: Sequence[Row], also_taken: bool = False) -> str:
    """Write the tracking of every row that will be set or replaces.

    `seen` is what the person was shown; when it is not so any more, nothing is written.
    """
    rows = judged(session, text, also_taken)
    if tuple(rows) != tuple(seen):
        raise Refused("A purchase of this list has changed meanwhile. Nothing was changed; look at the list again.")
    writing = defaultdict(list)
    for row in rows:
        if row.purchase_id and row.verdict in (*WRITES, Verdict.SAME):
            writing[row.purchase_id].append(row)
    changing = {number: of for number, of in writing.items() if any(row.verdict in WRITES for row in of)}
    if not changing:
        raise Refused("No row of this list would change anything. Nothing was changed.")
    at = now()
    for number, purchase in locked(session, Purchase, changing).items():
        purchase_status.note_tracking(purchase, " ".join(row.tracking for row in changing[number]), at)
    session.flush()
    _follow(session, list(changing))
    left = sum(row.verdict not in (*WRITES, Verdict.SAME) for row in rows)
    return f"{counted(len(changing), 'purchase')} got tracking numbers; {counted(left, 'row')} left out."


@command(Right.PURCHASES)
def move(session: Session, purchase_id: int, to: str, numbers: Sequence[str]) -> str:
    """Take tracking numbers from a purchase and give them to another, named as in a list; since when they are known goes along."""
    found = _meant(session, [to.strip()]).get(to.strip(), [])
    if len(found) != 1:
        how = "No purchase has" if not found else f"{len(found)} purchases have"
        raise Refused(f"{how} the number {to.strip() or 'that is empty'}. Nothing was changed.")
    rows = locked(session, Purchase, [purchase_id, found[0].id])
    giver, taker = rows.get(purchase_id), rows[found[0].id]
    if giver is None or giver is taker:
        raise Refused("Choose another purchase to move the tracking to. Nothing was changed.")
    if taker.status == PurchaseStatus.CANCELED:
        raise Refused(f"Purchase {called(taker)} is canceled. Nothing was changed.")
    if not numbers or (missing := [one for one in numbers if one not in _numbers(giver)]):
        what = ", ".join(missing) if numbers else "a tracking number: choose one"
        raise Refused(f"Purchase {called(giver)} does not have {what}. Nothing was changed.")
    together = ", ".join(dict.fromkeys([*_numbers(taker), *numbers]))
    if len(together) > LONGEST:
        raise Refused(f"Purchase {called(taker)} has no room for more tracking numbers. Nothing was changed.")
    at = giver.tracked_at or now()
    purchase_status.note_tracking(giver, " ".join(one for one in _numbers(giver) if one not in numbers), at)
    purchase_status.note_tracking(taker, together, at)
    session.flush()
    _follow(session, [giver.id, taker.id])
    return f"{', '.join(numbers)} moved from purchase {called(giver)} to {called(taker)}."


def _follow(session: Session, ids: Sequence[int]) -> None:
    orders = orders_of(session, ids)
    for start in range(0, len(orders), 1_000):
        work.follow(session, orders[start : start + 1_000])
