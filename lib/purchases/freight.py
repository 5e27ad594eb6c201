"""Sharing one amount among several lines, so that the shares add up to it to the last cent.

Each share is what its weight asks for, in whole cents of the currency; the cents left over go to those that lost most by it.
"""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from lib.money import decimals


def shares(total: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """A share for each weight, in their order; by equal parts when no weight is above 0. No weights, no shares.

    What `total` has below a cent of its currency stays with the first share, so that nothing is lost.
    """
    if not weights:
        return []
    parts = [max(Decimal(weight), Decimal(0)) for weight in weights]
    if not sum(parts):
        parts = [Decimal(1)] * len(parts)
    step = Decimal(1).scaleb(-decimals(currency))
    wanted = [total * part / sum(parts) for part in parts]
    given = [share.quantize(step, ROUND_FLOOR) for share in wanted]
    left = int((total - sum(given)) / step)
    for place in sorted(range(len(parts)), key=lambda n: (given[n] - wanted[n], n))[:left]:
        given[place] += step
    given[0] += total - sum(given)
    return given
