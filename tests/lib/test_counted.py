"""Sentences that count: one is one, and none or many are many."""

import pytest

from lib.counted import agreeing, counted, some


@pytest.mark.parametrize(
    ("many", "said"),
    [(0, "0 orders"), (1, "1 order"), (2, "2 orders"), (21, "21 orders"), (101, "101 orders"), (1_200, "1,200 orders")],
)
def test_a_number_and_its_noun(many, said):
    assert counted(many, "order") == said


@pytest.mark.parametrize(("many", "said"), [(0, "0 boxes"), (1, "1 box"), (2, "2 boxes"), (10_000, "10,000 boxes")])
def test_a_plural_that_an_s_does_not_make(many, said):
    assert counted(many, "box", "boxes") == said


@pytest.mark.parametrize(("many", "said"), [(0, "0 orders were"), (1, "1 order was"), (2_000, "2,000 orders were")])
def test_the_verb_agrees(many, said):
    assert counted(many, "order was", "orders were") == said


@pytest.mark.parametrize(("many", "said"), [(0, "are"), (1, "is"), (2, "are")])
def test_words_agree_with_a_number_that_stands_elsewhere(many, said):
    assert agreeing(many, "is", "are") == said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (list("abcde"), "a, b, c, d, e"),
        (list("abcdefg"), "a, b, c, d, e and 2 more"),
        (["a"] * 1_205, "a, a, a, a, a and 1,200 more"),
    ],
)
def test_the_first_names_and_how_many_more(names, said):
    assert some(names) == said


def test_as_many_names_as_are_asked_for():
    assert some(["a", "b", "c"], most=2) == "a, b and 1 more"
