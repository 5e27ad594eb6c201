"""What an order earns: what the buyer pays, the fee, what was bought for it, what sending it abroad costs, and what is left of it.

Expected: everything, with what is not bought yet at the source price of its product. Actual: only the pieces that were
bought, with their part of the income. Tax is shown beside; it is neither ours nor counted. Amounts are exact, in the
order's currency, and rounded once, at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from lib.counted import counted
from lib.money import round_half_up
from lib.purchases.fees import Fee, fee

ZERO = Decimal(0)


@dataclass(frozen=True)
class Profit:
    exact: Decimal | None
    """Not rounded; None while it is not known."""
    currency: str
    why: tuple[str, ...] = ()
    """Sentences: why it is not known; or, of what is known, what in it is an estimate or still missing."""

    @property
    def amount(self) -> Decimal | None:
        return None if self.exact is None else round_half_up(self.exact, self.currency)

    @property
    def is_estimate(self) -> bool:
        return self.exact is not None and bool(self.why)


@dataclass(frozen=True)
class Spent:
    """Something paid, in the currency it was paid in, and what one unit of that is worth in the order's; None when nobody knows."""

    amount: Decimal
    currency: str
    rate: Decimal | None
    is_todays: bool = False
    """Whether the rate is today's, for want of the one of its day."""

    @property
    def worth(self) -> Decimal | None:
        return None if self.rate is None else self.amount * self.rate


class Sold(NamedTuple):
    """What of an order line counts; price, shipping, tax and the fee that was told are of the whole line."""

    id: int
    sku: str
    quantity: int
    price: Decimal | None
    shipping: Decimal | None
    tax: Decimal | None
    fee: Decimal | None
    is_dead: bool
    """Whether it, or its whole order, was canceled: then it has no income, and nothing more is bought for it."""
    source: Spent | None = None
    """What one piece of its product costs today; None without a product, or without its price."""


class Goods(NamedTuple):
    """What one purchase brings for the line."""

    pieces: int
    cost: Spent
    freight: Spent


class Sent(NamedTuple):
    """The line's part of one parcel; `cost` is None while it is not known."""

    tracking: str
    cost: Spent | None


@dataclass(frozen=True)
class LineMoney:
    line_id: int
    currency: str
    price: Decimal | None
    shipping: Decimal
    tax: Decimal
    fee: Fee | None
    bought: int
    to_buy: int
    goods: Decimal | None
    """What was paid for the pieces, without freight. Like the next three exact, in the order's currency; None without a rate."""
    freight: Decimal | None
    rest: Decimal | None
    """What the pieces that are not bought yet will cost."""
    abroad: Decimal | None
    expected: Profit
    actual: Profit


@dataclass(frozen=True)
class OrderMoney:
    order_id: int
    currency: str
    is_sale: bool
    lines: tuple[LineMoney, ...]
    expected: Profit
    actual: Profit

    def total(self, part: str) -> Decimal | None:
        """The sum of a part over the lines, exact; None while it is not known of a line. Parts are named as in LineMoney."""
        amounts = [getattr(line, part) for line in self.lines]
        amounts = [amount.amount if isinstance(amount, Fee) else amount for amount in amounts]
        return None if None in amounts else sum(amounts, ZERO)

    @property
    def is_losing(self) -> bool:
        """Something was bought for it, and all in all it costs more than it brings."""
        profit = self.expected.amount
        return profit is not None and profit < 0 and any(line.bought for line in self.lines)


# Rules


def line_money(
    sold: Sold, goods: Sequence[Goods], sent: Sequence[Sent], percent: Decimal, currency: str, *, is_sale: bool = True
) -> LineMoney:
    """The money of one line. `percent` is what the store reckons with as the marketplace's fee."""
    earns = is_sale and not sold.is_dead
    price = sold.price if earns else ZERO
    shipping = (sold.shipping or ZERO) if earns else ZERO
    kept = fee(sold.price, sold.shipping, sold.fee, percent, currency) if earns else Fee(ZERO, is_estimate=False)
    bought = sum(one.pieces for one in goods)
    to_buy = 0 if sold.is_dead else max(0, sold.quantity - bought)
    cost, freight = _sum(one.cost for one in goods), _sum(one.freight for one in goods)
    abroad = _sum(one.cost for one in sent if one.cost)
    rest = ZERO if not to_buy else sold.source.worth * to_buy if sold.source and sold.source.worth is not None else None
    income = None if price is None or kept is None else price + shipping - kept.amount
    part = Decimal(min(bought, sold.quantity)) / sold.quantity if sold.quantity and not sold.is_dead else Decimal(1)
    known = (
        _unknown(sold, income, goods, sent) if is_sale else ("It is no sale of ours: its income is not known here.",)
    )
    marks = _estimates(sold, kept, goods, sent, percent)
    expected = Profit(
        None if known or rest is None else _left(income, cost, freight, abroad, rest),
        currency,
        (*known, *_unknown_rest(sold, to_buy, currency)) or (*marks, *_guessed_rest(sold, to_buy)),
    )
    if not bought and to_buy:
        actual = Profit(None, currency, ("Nothing has been bought for it yet.",))
    else:
        earned = None if income is None else income * part
        partly = (
            (f"The actual profit counts {bought} of {sold.quantity} pieces of {sold.sku}: the rest is not bought yet.",)
            if to_buy
            else ()
        )
        actual = Profit(None if known else _left(earned, cost, freight, abroad), currency, known or (*partly, *marks))
    return LineMoney(
        sold.id,
        currency,
        price,
        shipping,
        sold.tax or ZERO,
        kept,
        bought,
        to_buy,
        cost,
        freight,
        rest,
        abroad,
        expected,
        actual,
    )


def _sum(spent: Iterable[Spent]) -> Decimal | None:
    worth = [one.worth for one in spent]
    return None if None in worth else sum((amount for amount in worth if amount is not None), ZERO)


def _left(income: Decimal | None, *costs: Decimal | None) -> Decimal | None:
    return None if income is None or None in costs else income - sum((c for c in costs if c is not None), ZERO)


def _unknown(sold: Sold, income: Decimal | None, goods: Sequence[Goods], sent: Sequence[Sent]) -> tuple[str, ...]:
    said = [f"The marketplace has not told the price of {sold.sku} yet."] if income is None else []
    costs = [cost for one in goods for cost in (one.cost, one.freight)] + [one.cost for one in sent if one.cost]
    without = dict.fromkeys(cost.currency for cost in costs if cost.rate is None)
    return (*said, *(f"There is no rate for what was paid in {currency}." for currency in without))


def _unknown_rest(sold: Sold, to_buy: int, currency: str) -> tuple[str, ...]:
    if not to_buy:
        return ()
    if sold.source is None:
        return (f"What {sold.sku} costs is not known: it has no product, or its product has no source price.",)
    return () if sold.source.rate is not None else (f"There is no rate from {sold.source.currency} to {currency}.",)


def _guessed_rest(sold: Sold, to_buy: int) -> tuple[str, ...]:
    if not to_buy:
        return ()
    return (f"{counted(to_buy, 'piece')} of {sold.sku} not bought yet: counted at the source price, at today's rate.",)


def _estimates(
    sold: Sold, kept: Fee | None, goods: Sequence[Goods], sent: Sequence[Sent], percent: Decimal
) -> tuple[str, ...]:
    said = []
    if kept and kept.is_estimate and kept.amount:
        said.append(f"The fee is an estimate: {percent.normalize():f} % of price and shipping.")
    costs = [one.cost for one in goods] + [one.cost for one in sent if one.cost]
    said += [
        f"What was paid in {cost.currency} is counted at today's rate; that of its day is not known."
        for cost in costs
        if cost.is_todays
    ]
    said += [
        f"What sending parcel {one.tracking or 'without tracking'} cost is not written down."
        for one in sent
        if one.cost is None
    ]
    return tuple(said)


def order_money(
    order_id: int, currency: str, lines: Sequence[LineMoney], *, is_sale: bool = True, unsent: str = ""
) -> OrderMoney:
    """The lines together. Actual is that of the lines something was bought for. `unsent`: why its freight abroad is still missing."""
    if not lines:
        return OrderMoney(order_id, currency, is_sale, (), *[Profit(None, currency, ("It has no line.",))] * 2)
    begun = [line for line in lines if line.bought or not line.to_buy]
    actual = [line.actual for line in begun] if any(line.bought for line in lines) else []
    missing = (
        [
            f"The actual profit leaves out {len(lines) - len(begun)} of {len(lines)} lines, for which nothing is bought yet."
        ]
        if len(begun) < len(lines)
        else []
    )
    nothing = Profit(None, currency, ("Nothing has been bought for it yet.",))
    return OrderMoney(
        order_id, currency, is_sale, tuple(lines),
        _together(currency, [line.expected for line in lines], [unsent]),
        _together(currency, actual, [*missing, unsent]) if actual else nothing,
    )  # fmt: skip


def _together(currency: str, profits: Sequence[Profit], marks: Iterable[str]) -> Profit:
    unknown = dict.fromkeys(why for profit in profits if profit.exact is None for why in profit.why)
    if unknown:
        return Profit(None, currency, tuple(unknown))
    why = dict.fromkeys([*(why for profit in profits for why in profit.why), *filter(None, marks)])
    return Profit(sum((profit.exact or ZERO for profit in profits), ZERO), currency, tuple(why))
