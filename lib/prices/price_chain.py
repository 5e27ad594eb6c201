"""How a price comes about, step by step in the store's currency: what the charts draw beside the formula."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from lib.prices.formula import CENT, EXACT, Price


@dataclass(frozen=True)
class Step:
    """One step of the chain and what it adds to the price; all of them together are the price, to the last digit."""

    name: str
    adds: Decimal


def chain(price: Price) -> tuple[Step, ...]:
    """From what a piece costs to what it sells for; nothing when there is no price."""
    if (
        price.amount is None
        or price.rounded is None
        or price.cost is None
        or price.stage is None
        or price.exact is None
    ):
        return ()
    with localcontext(EXACT):
        fx = price.rate.value if price.rate else Decimal(1)
        staged = price.stage * fx
        in_store = staged * price.terms.percent * CENT
        steps = (
            Step("Source price", price.cost * fx),
            Step("Category rule", staged - price.cost * fx),
            Step(f"Store {price.terms.percent.normalize():f} %", in_store - staged),
            Step("Store fine", price.terms.fine),
            Step("Rounding", price.rounded - price.exact),
            Step(f"Ending {price.terms.ending}", price.amount - price.rounded),
        )
    return (steps[0], *(step for step in steps[1:] if step.adds))
