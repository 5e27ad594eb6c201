"""One exact division for many amounts: each of its three ways gives what Python's own integers give."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.prices.exact_line import LARGEST, Line

TOP = 10**17


def divided(line, amounts):
    """Exact results, those that cannot be a price as -1; what the line says about them must be true."""
    found = np.empty(len(amounts), dtype=np.int64)
    clean = line.divide(np.array(amounts, dtype=np.int64), found)
    assert not clean or all(0 < one < line.top for one in found.tolist())
    return [one if 0 < one < line.top else -1 for one in found.tolist()]


def expected(line, amounts):
    exact = [(line.factor * amount + line.added) // line.below for amount in amounts]
    return [one if 0 < one < line.top else -1 for one in exact]


def of_bits(most):
    return st.integers(0, most).flatmap(lambda bits: st.integers(-(1 << bits), 1 << bits))


@st.composite
def belows(draw):
    """As the denominators of prices are: a power of two times another number; and any."""
    odd, twos = draw(st.integers(0, 60)), draw(st.integers(0, 24))
    return draw(st.integers(1, 1 << odd)) << twos


amounts = st.lists(of_bits(62) | st.sampled_from([LARGEST, -LARGEST, 0, 1, -1]), min_size=1, max_size=8)


@settings(max_examples=600, deadline=None)
@given(of_bits(66), of_bits(90), belows(), amounts)
@example(1, -(2**63), 1, [2**62])
@example(2**63, 0, 2**63, [1, 2, LARGEST])
@example(3 * 2**61, 2**62, 2**62, [1, 2**50, 2**55 - 1])
def test_every_division_is_exact(factor, added, below, amounts):
    line = Line(factor, added, below, TOP)
    assert divided(line, amounts) == expected(line, amounts)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 10**14), st.integers(0, 60), belows(), st.integers(1, 10**16), st.integers(-2, 2))
def test_results_that_just_miss_an_integer_are_exact(factor, bits, below, quotient, near):
    """Amounts whose result lies a hair beside an integer, where an estimate alone would be wrong."""
    amount = (quotient * below + near) // factor
    line = Line(factor, quotient * below - amount * factor + near, below, TOP)
    if abs(amount) < 2**62:
        assert divided(line, [amount, min(1 << bits, amount)]) == expected(line, [amount, min(1 << bits, amount)])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**9), st.integers(1, 10**14), st.integers(1, 10**13), st.integers(-2, 2))
def test_what_a_shift_cuts_off_is_not_lost(quotient, factor, amount, near):
    line = Line(factor, quotient * 10**20 + near - amount * factor, 10**20, TOP)
    assert divided(line, [amount]) == expected(line, [amount]) == [(quotient - (near < 0)) or -1]


@pytest.mark.parametrize(
    ("line", "amounts", "way"),
    [
        (Line(6, 50, 100, TOP), [1, 10**15], "as they are"),
        (Line(17_233_112_899, 5 * 10**17, 10**18, TOP), [10**10, 10**14], "by their remainder"),
        (Line(24_363_074_800_001, 5 * 10**19, 10**20, TOP), [10**10, 3 * 10**15], "after a shift"),
        (Line(10**30 + 1, 0, 10**30, TOP), [1, 10**16], "with Python"),
        (Line(1, 0, 3**45, TOP), [LARGEST], "with Python"),
    ],
)
def test_the_way_of_a_division(line, amounts, way, monkeypatch):
    taken = []

    def watch(name, said):
        method = getattr(Line, name)
        monkeypatch.setattr(Line, name, lambda *given: [taken.append(said(given)), method(*given)][1])

    watch("_correct", lambda given: "after a shift" if given[2] else "by their remainder")
    watch("with_python", lambda given: "with Python")
    assert divided(line, amounts) == expected(line, amounts)
    assert (taken or ["as they are"]) == [way]
