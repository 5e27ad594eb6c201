"""The price formula for 1,000,000 products in ten stores: `python -m bench.pricing_kernel`.

Beside it a loop of Decimals and the numpy that one would write first. All of them give the same prices, which is
checked before anything is timed; one thread; the turns alternate.
"""

import time
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from bench.tables import both, p50, table
from lib.money import decimals
from lib.prices.formula import Rate, Rule, StoreTerms, Tier, ladder, price
from lib.prices.formula_kernel import in_store, ladders, staged

PRODUCTS, RULES, SAMPLE, ROUNDS = 1_000_000, 500, 20_000, 15
RATES = (
    {"USD": "0.1403", "GBP": "0.1105", "EUR": "0.1293", "JPY": "21.1512", "CAD": "0.1975", "MXN": "2.631"}
    | {"AUD": "0.2154", "KWD": "0.0431", "INR": "12.4501", "CNY": "1"}
)  # fmt: skip
STORES = [
    (StoreTerms(currency, currency, Decimal(110 + n), Decimal(n)), Rate(f"CNY/{currency}", Decimal(rate)))
    for n, (currency, rate) in enumerate(RATES.items())
]
FINE_STORES = [
    (
        StoreTerms(terms.name, terms.currency, terms.percent + Decimal("0.33"), terms.fine, "9.99"),
        Rate(rate.pair, rate.value + Decimal("0.00001379")),
    )
    for terms, rate in STORES
]


def main() -> None:
    for part in run():
        print(part, flush=True)


def run() -> Iterator[str]:
    """One table, after a check that all ways agree."""
    costs, rule, rules = _library()
    written = np.zeros((len(STORES), PRODUCTS), dtype=np.int64)
    _same(costs, rule, rules, written)
    ways: dict[str, Callable[[], Any]] = {
        "Caravan's kernel": lambda: _kernel(costs, rule, rules, STORES, written),
        "plain numpy, int64": lambda: _numpy(costs, rule, rules),
        "Caravan's kernel, 8 decimals in the rates, endings": lambda: _kernel(costs, rule, rules, FINE_STORES, written),
    }
    spent = {name: [_seconds(way) * 1000 for _ in range(1)] for name, way in ways.items()}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            spent[name].append(_seconds(way) * 1000)
    scale = PRODUCTS / SAMPLE
    some = costs[:SAMPLE], rule[:SAMPLE], rules
    for name, loop in (("a loop of Decimals", _decimals), ("a loop of `formula.price`", _formula)):
        spent[f"{name}, {SAMPLE:,} products scaled up"] = [_seconds(lambda loop=loop: loop(*some)) * 1000 * scale]
    ours = p50(spent["Caravan's kernel"])
    rows = [(name, both(times[1:] or times), f"{p50(times[1:] or times) / ours:,.1f}") for name, times in spent.items()]
    heads = (
        f"{PRODUCTS:,} products x {len(STORES)} stores, {RULES} rules of 3 tiers",
        "ms p50 / p95",
        "times Caravan's",
    )
    yield table("Pricing (goal: 60 ms, or 3 times plain numpy and a 200th of the Decimals)", heads, rows)


def _library() -> tuple[Any, Any, list[tuple[Tier, ...]]]:
    """Costs in 1/10,000, whole fen, and the rule of each."""
    random = np.random.default_rng(7)
    rules = [
        tuple(
            Tier(Decimal(start), Decimal(int(random.integers(110, 250))), Decimal(int(random.integers(0, 20))))
            for start in (500, 100, 0)
        )
        for _ in range(RULES)
    ]
    return random.integers(1, 200_000, PRODUCTS) * 100, random.integers(0, RULES, PRODUCTS).astype(np.int32), rules


def _kernel(costs: Any, rule: Any, rules: Any, stores: Any, written: Any) -> Any:
    stages = staged(costs, rule, ladders(rules))
    for (terms, rate), found in zip(stores, written, strict=True):
        in_store(stages, terms, rate, "CNY", out=found)
    return written


def _numpy(costs: Any, rule: Any, rules: Any) -> list[Any]:
    """Whole percents and rates of four decimals, so that 64 bits suffice; no missing cost, no ending, no limit."""
    rising = [tiers[::-1] for tiers in rules]
    starts, percents, fines = (
        np.array([[int(getattr(tier, field) * unit) for tier in tiers] for tiers in rising])
        for field, unit in (("threshold", 10_000), ("percent", 1), ("fine", 1_000_000))
    )
    tier = (costs >= starts[rule, 1]).astype(np.int64) + (costs >= starts[rule, 2])
    stage = costs * percents[rule, tier] + fines[rule, tier]
    found = []
    for terms, rate in STORES:
        fx, minor = int(rate.value * 10_000), 10 ** decimals(terms.currency)
        below = 10**12 // minor
        found.append((stage * (fx * int(terms.percent)) + int(terms.fine) * minor * below + below // 2) // below)
    return found


def _decimals(costs: Any, rule: Any, rules: Any) -> list[list[Decimal]]:
    steps = [[(tier.threshold, tier.percent, tier.fine) for tier in ladder(tiers)] for tiers in rules]
    cent, units = Decimal("0.01"), [Decimal(1).scaleb(-decimals(terms.currency)) for terms, _ in STORES]
    stages = []
    for unit, number in zip(costs.tolist(), rule.tolist(), strict=True):
        cost = Decimal(unit).scaleb(-4)
        percent, fine = next((percent, fine) for start, percent, fine in steps[number] if start <= cost)
        stages.append(cost * percent * cent + fine)
    return [
        [
            (stage * rate.value * terms.percent * cent + terms.fine).quantize(unit, rounding=ROUND_HALF_UP)
            for stage in stages
        ]
        for (terms, rate), unit in zip(STORES, units, strict=True)
    ]


def _formula(costs: Any, rule: Any, rules: Any) -> list[list[Decimal | None]]:
    known = [Rule("Kitchen", "1688", tiers) for tiers in rules]
    rows = [(Decimal(unit).scaleb(-4), known[n]) for unit, n in zip(costs.tolist(), rule.tolist(), strict=True)]
    return [[price(cost, "CNY", one, terms, rate).amount for cost, one in rows] for terms, rate in STORES]


def _same(costs: Any, rule: Any, rules: Any, written: Any) -> None:
    ours, plain = _kernel(costs, rule, rules, STORES, written), _numpy(costs, rule, rules)
    some = costs[:1000], rule[:1000], rules
    for (terms, _), one, other, exact, whole in zip(
        STORES, ours, plain, _decimals(*some), _formula(*some), strict=True
    ):
        minor = [int(amount.scaleb(decimals(terms.currency))) for amount in exact]
        if not ((one == other).all() and one[:1000].tolist() == minor and exact == whole):
            raise AssertionError(f"The ways disagree in {terms.name}.")


def _seconds(way: Callable[[], Any]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
