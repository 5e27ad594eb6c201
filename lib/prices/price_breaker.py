"""The circuit breaker: a run of prices that goes further than the company allows stops until somebody who may says why.

It looks at four things: how many of the prices move, how far any one of them moves, and how many would be below their floor or cost.
"""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from sqlalchemy.orm import Session

from db.models import PriceLimits
from lib.commands import command
from lib.counted import agreeing, counted
from lib.money import text
from lib.prices.formula import plain
from lib.problems import Problem, Refused
from lib.rights import Right

MOST = Decimal(100_000)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Limits:
    """In percent: how many of all prices may move at once, and how far any one of them, of what it was."""

    most_moved: Decimal = Decimal(50)
    most_change: Decimal = Decimal(30)


@dataclass(frozen=True)
class Farthest:
    """The move that goes farthest, of a listing that people call so."""

    name: str
    before: Decimal
    after: Decimal
    currency: str


@dataclass(frozen=True)
class Figures:
    """What a run would do: how many of all the prices that listings have move, how far, and how many go too low.

    A first price is no move: there was none before.
    """

    prices: int
    moved: int
    farthest: Farthest | None = None
    below_floor: int = 0
    below_cost: int = 0


def judge(figures: Figures, limits: Limits) -> list[Problem]:
    """What goes too far, each in a sentence; nothing when the run may go on. Exact: a move of just the limit is allowed."""
    found = [_share(figures, limits), _change(figures.farthest, limits)]
    floor = agreeing(figures.below_floor, "the floor of its store", "the floors of their stores")
    for count, what in ((figures.below_floor, floor), (figures.below_cost, "what the goods cost")):
        if count:
            found.append(f"{counted(count, 'price')} would be below {what}.")
    return [Problem(sentence) for sentence in found if sentence]


def _share(figures: Figures, limits: Limits) -> str | None:
    if figures.moved * 100 <= limits.most_moved * figures.prices:
        return None
    percent = _upwards(Decimal(figures.moved * 100) / figures.prices)
    return (
        f"{percent} % of all prices would move ({figures.moved:,} of {figures.prices:,}); "
        f"the breaker allows {plain(limits.most_moved)} %."
    )


def _change(farthest: Farthest | None, limits: Limits) -> str | None:
    if farthest is None:
        return None
    before, after, way = farthest.before, farthest.after, abs(farthest.after - farthest.before)
    if way * 100 <= limits.most_change * before:
        return None
    percent = f"by {_upwards(way * 100 / before)} %, " if before else ""
    moved = f"{text(before, farthest.currency)} to {text(after, farthest.currency)}"
    return f"{farthest.name} would move {percent}from {moved}; the breaker allows {plain(limits.most_change)} %."


def _upwards(percent: Decimal) -> str:
    """Never the limit itself when it is more than that."""
    return plain(percent.quantize(CENT, ROUND_UP))


# What the company allows


def limits(session: Session) -> Limits:
    found = session.get(PriceLimits, 1)
    return Limits(found.most_moved, found.most_change) if found else Limits()


@command(Right.COMPANY)
def save_limits(session: Session, most_moved: Decimal, most_change: Decimal) -> str:
    """Set how far a run may go without an admin's word."""
    for given in (most_moved, most_change):
        if not (given.is_finite() and 0 <= given <= MOST and given == given.quantize(CENT)):
            raise Refused(
                f"A limit is a percentage from 0 to {MOST:,} with at most two decimals. The limits stay as they are."
            )
    found = session.get(PriceLimits, 1, with_for_update=True) or PriceLimits(id=1)
    found.most_moved, found.most_change = most_moved, most_change
    session.add(found)
    return f"The breaker allows {plain(most_moved)} % of all prices to move, and any of them by {plain(most_change)} %."
