"""What a purchase leaves of each order line: income, fee, what was spent before, this cost with its share of the freight, and the rest.

Amounts are exact in the order's currency and rounded once, at the end. What cannot be known says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from db.vocabulary import FreightBy, Payment, Source
from lib.money import decimals, round_half_up
from lib.purchases import freight
from lib.purchases.buying_lines import Proposal
from lib.purchases.fees import Fee

THIN = Decimal(10)
"""Percent of the income; with less left the margin is orange."""
ZERO = Decimal(0)


class Piece(NamedTuple):
    """How many pieces for which order line, and what one costs; None is the form's own unit cost."""

    line_id: int
    pieces: int
    unit_cost: Decimal | None = None


@dataclass(frozen=True)
class Form:
    """What the person has filled in: for which lines how many pieces, and the other inputs."""

    pieces: tuple[Piece, ...]
    unit_cost: Decimal
    freight: Decimal = ZERO
    freight_by: FreightBy = FreightBy.PIECES
    currency: str = "CNY"
    operator: str = ""
    contact: str = ""
    number: str = ""
    tracking: str = ""
    transport: tuple[str, ...] = ()
    site: Source = Source.OTHER
    transshipped: bool = False
    warehouse_id: int | None = None
    payment: Payment = Payment.TO_PAY
    remark: str = ""
    reason: str = ""
    """Why it is bought although a line loses money."""
    seen: tuple[tuple[int, int], ...] = ()
    """(order line, pieces bought for it) as they were when the form was opened."""

    @property
    def quantity(self) -> int:
        return sum(piece.pieces for piece in self.pieces)

    @property
    def total(self) -> Decimal:
        return sum((self.cost(piece) * piece.pieces for piece in self.pieces), ZERO) + self.freight

    def cost(self, piece: Piece) -> Decimal:
        """Of one piece."""
        return self.unit_cost if piece.unit_cost is None else piece.unit_cost


@dataclass(frozen=True)
class Margin:
    """Of one line, or of all lines whose orders have the same currency. Each amount is None where it is not known."""

    currency: str
    income: Decimal | None
    """Price and shipping, without tax."""
    fee: Fee | None
    spent: Decimal | None
    cost: Decimal | None
    freight: Decimal | None
    rest: Decimal | None
    """What the pieces that are still to buy afterwards will cost."""
    line_id: int = 0
    break_even: Decimal | None = None
    """In the currency of the purchase: with this unit cost nothing is lost."""
    why: tuple[str, ...] = field(default=())
    """Why what is left is not known."""

    @property
    def left(self) -> Decimal | None:
        parts = (self.spent, self.cost, self.freight, self.rest)
        if self.why or self.income is None or self.fee is None:
            return None
        return round_half_up(
            self.income - self.fee.amount - sum((p for p in parts if p is not None), ZERO), self.currency
        )

    @property
    def percent(self) -> Decimal | None:
        """Of the income, with one decimal."""
        if self.left is None or not self.income:
            return None
        return round(self.left * 100 / self.income, 1)

    @property
    def is_loss(self) -> bool:
        return self.left is not None and self.left < 0

    @property
    def colour(self) -> str:
        if self.left is None:
            return "gray"
        return "red" if self.is_loss else "orange" if (self.percent or ZERO) < THIN else "green"


def shares(lines: Sequence[Proposal], form: Form) -> tuple[dict[int, Decimal], str]:
    """The freight by line, adding up to the cent; and a sentence when it is not shared as was chosen.

    By weight needs the weight of every product: without one it is shared by pieces.
    """
    weight = {line.line_id: line.weight for line in lines}
    skus = {line.line_id: line.sku for line in lines}
    unknown = [skus.get(p.line_id, "") for p in form.pieces if not weight.get(p.line_id)]
    by_pieces = [Decimal(piece.pieces) for piece in form.pieces]
    weights, said = by_pieces, ""
    if form.freight_by == FreightBy.LINES:
        weights = [Decimal(1)] * len(form.pieces)
    elif form.freight_by == FreightBy.COST:
        weights = [form.cost(piece) * piece.pieces for piece in form.pieces]
    elif form.freight_by == FreightBy.WEIGHT and unknown:
        said = f"The weight of {', '.join(dict.fromkeys(unknown))} is not known: shared by pieces."
    elif form.freight_by == FreightBy.WEIGHT:
        weights = [Decimal(piece.pieces * (weight[piece.line_id] or 0)) for piece in form.pieces]
    parts = freight.shares(form.freight, weights, form.currency)
    return {piece.line_id: part for piece, part in zip(form.pieces, parts, strict=True)}, said


def margins(lines: Sequence[Proposal], form: Form) -> list[Margin]:
    """What is left of each line of the form that is among `lines`, in the form's order."""
    known = {line.line_id: line for line in lines}
    parts, _ = shares(lines, form)
    return [_margin(known[p.line_id], p, parts[p.line_id], form) for p in form.pieces if p.line_id in known]


def _margin(line: Proposal, piece: Piece, part: Decimal, form: Form) -> Margin:
    unit, rate = form.cost(piece), line.rates.get(form.currency)
    still = max(0, line.open - piece.pieces)
    income = None if line.price is None else line.price + (line.shipping or ZERO)
    worth = line.rates.get(line.cost_currency)
    known_rest = line.cost * worth * still if line.cost is not None and worth is not None else None
    made = Margin(
        line.currency, income, line.fee, line.spent,
        cost=None if rate is None else unit * piece.pieces * rate,
        freight=None if rate is None else part * rate,
        rest=known_rest if known_rest is not None else None if rate is None else unit * still * rate,
        line_id=line.line_id, why=_unknown(line, form.currency),
    )  # fmt: skip
    return made if made.why else replace(made, break_even=_break_even(made, piece, still, known_rest, rate, form))


def _unknown(line: Proposal, currency: str) -> tuple[str, ...]:
    said = []
    if line.price is None or line.fee is None:
        said.append(f"the marketplace has not told the price of {line.sku} yet")
    if currency not in line.rates:
        said.append(f"there is no rate from {currency} to {line.currency}")
    if line.spent is None:
        said.append(f"there is no rate to {line.currency} for what was bought before")
    return tuple(said)


def _break_even(
    made: Margin, piece: Piece, still: int, known_rest: Decimal | None, rate: Decimal | None, form: Form
) -> Decimal | None:
    """The highest unit cost, in whole cents, that loses nothing; None when even 0 would."""
    if made.income is None or made.fee is None or made.spent is None or made.freight is None or not rate:
        return None
    pieces = piece.pieces + (still if known_rest is None else 0)
    over = made.income - made.fee.amount - made.spent - made.freight - (known_rest or ZERO)
    if over < 0 or not pieces:
        return None
    return (over / rate / pieces).quantize(Decimal(1).scaleb(-decimals(form.currency)), ROUND_FLOOR)


def totals(each: Sequence[Margin]) -> list[Margin]:
    """The lines together, for each currency that the orders have."""
    found = []
    for currency in dict.fromkeys(margin.currency for margin in each):
        same = [margin for margin in each if margin.currency == currency]
        fees = [margin.fee for margin in same if margin.fee is not None]
        fee = Fee(sum((f.amount for f in fees), ZERO), any(f.is_estimate for f in fees))
        found.append(
            Margin(
                currency, _sum([m.income for m in same]), fee if len(fees) == len(same) else None,
                _sum([m.spent for m in same]), _sum([m.cost for m in same]), _sum([m.freight for m in same]),
                _sum([m.rest for m in same]), why=tuple(dict.fromkeys(why for m in same for why in m.why)),
            )
        )  # fmt: skip
    return found


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if len(known) == len(amounts) else None
