"""A draft says what is tried, and is kept with an experiment without losing a digit."""

import json
from decimal import Decimal as D

import pytest

from db.vocabulary import Source
from lib.prices.formula import StoreTerms, Tier
from lib.prices.price_draft import Draft, Scope, draft_from_json, draft_to_json, scope_from_json, scope_to_json, shifted

MEN = (1, Source.ALIBABA)
LADDER = (Tier(D(0), D(200), D(10)), Tier(D("100.0001"), D("150.55"), D("-0.0001")))
TERMS = StoreTerms("US-01", "USD", D(120), D(2), ".99", D("4.50"))


def whole() -> Draft:
    rules = {MEN: LADDER, (2, Source.TAOBAO): None}
    return Draft(rules, {7: TERMS, 8: StoreTerms("JP", "JPY", D(100), D(0))}, {"CNY/USD": D("0.14085123")})


def test_nothing_tried_is_no_draft() -> None:
    assert not Draft()
    assert all([Draft(rules={MEN: None}), Draft(stores={7: TERMS}), Draft(rates={"CNY/USD": D(1)})])


def test_what_says_the_saved_again_is_taken_out() -> None:
    tried = Draft().with_rule(MEN, LADDER, None).with_store(7, TERMS, TERMS).with_rate("CNY/USD", D("0.1"), D("0.2"))
    assert (dict(tried.rules), dict(tried.stores), dict(tried.rates)) == ({MEN: LADDER}, {}, {"CNY/USD": D("0.1")})
    back = tried.with_rule(MEN, None, None).with_rate("CNY/USD", D("0.20"), D("0.2"))
    assert not back
    assert tried.rules == {MEN: LADDER}


def test_all_ratios_move_by_points_and_none_to_zero() -> None:
    assert [tier.percent for tier in shifted(LADDER, D("2.5"))] == [D("202.5"), D("153.05")]
    assert [tier.percent for tier in shifted(LADDER, D(-200))] == [D("0.01"), D("0.01")]
    assert [tier.fine for tier in shifted(LADDER, D(-200))] == [D(10), D("-0.0001")]


def test_a_draft_comes_back_from_json_to_the_last_digit() -> None:
    kept = json.loads(json.dumps(draft_to_json(whole())))
    assert draft_from_json(kept) == whole()
    assert kept["rules"][0] == {
        "category": 1, "source": "1688", "tiers": [["0", "200", "10"], ["100.0001", "150.55", "-0.0001"]]
    }  # fmt: skip
    assert draft_from_json({}) == Draft()


@pytest.mark.parametrize(
    "broken",
    [
        {"rules": [{"category": 1, "source": "1688"}]},
        {"rules": [{"category": 1, "source": "ebay", "tiers": None}]},
        {"rules": [{"category": "x", "source": "1688", "tiers": None}]},
        {"rules": [{"category": 1, "source": "1688", "tiers": [["0", "NaN", "0"]]}]},
        {"rules": [{"category": 1, "source": "1688", "tiers": [["0", "1e999999999999999999999", "0"]]}]},
        {"rules": [{"category": 1, "source": "1688", "tiers": [["0", "150"]]}]},
        {"rules": [{"category": 1, "source": "1688", "tiers": [["0", "=1+1", "0"]]}]},
        {"rules": [{"category": 1, "source": "1688", "tiers": None}] * 2},
        {"rules": 5},
        {"stores": [{"store": 1, "name": "x"}]},
        {"rates": {"CNY/USD": "Infinity"}},
        {"rates": {"CNY/USD": None}},
        {"rates": {"CNY": "1"}},
        {"rates": ["CNY/USD"]},
        {"rates": {"CNY/USD": "1e999999"}},
        {"rates": {"CNY/USD": "1." + 40 * "0" + "1"}},
        [],
        "draft",
        None,
    ],
)  # fmt: skip
def test_what_no_draft_has_written_is_none(broken: object) -> None:
    with pytest.raises(ValueError, match="not a draft"):
        draft_from_json(broken)  # type: ignore[arg-type]


def test_a_scope_comes_back_from_json() -> None:
    scope = Scope((1, 2), (3,), (Source.JD, Source.OTHER), "红 mug", (99,))
    assert scope_from_json(json.loads(json.dumps(scope_to_json(scope)))) == scope
    assert scope_from_json({}) == Scope()


@pytest.mark.parametrize(
    "broken", [{"stores": ["x"]}, {"sources": ["ebay"]}, {"stores": 5}, {"listings": [None]}, [], None]
)
def test_what_no_scope_has_written_is_none(broken: object) -> None:
    with pytest.raises(ValueError, match="not a scope"):
        scope_from_json(broken)  # type: ignore[arg-type]
