"""A version of a price rule is kept whenever its tiers change, by whatever way they do, and only then."""

import contextlib
from decimal import Decimal as D

import pytest
from sqlalchemy import select

from db import history, rule_versions
from db.models import Category, ChangeSet, PriceRuleVersion, PriceTier
from db.session import reading, transaction
from db.vocabulary import Source

MEN, WOMEN = 1, 2


def tier(threshold, percent, fine="0", category=MEN, source=Source.ALIBABA, **more):
    return PriceTier(
        category_id=category, source=source, threshold=D(threshold), percent=D(percent), fine=D(fine), **more
    )


@pytest.fixture
def bob(given, acting):
    given(Category(id=MEN, name="Men", path="Men"), Category(id=WOMEN, name="Women", path="Women"))
    return acting("bob")


def versions(category=MEN, source=Source.ALIBABA):
    with reading() as session:
        query = select(PriceRuleVersion).where(
            PriceRuleVersion.category_id == category, PriceRuleVersion.source == source
        )
        return [(v.number, v.tiers, v.actor) for v in session.scalars(query.order_by(PriceRuleVersion.number))]


def put(actor, *rows):
    with transaction(actor, "price_rules.save") as session:
        session.add_all(rows)


def change(actor, threshold, **cells):
    with transaction(actor, "price_rules.save") as session:
        row = session.scalars(select(PriceTier).where(PriceTier.threshold == D(threshold))).one()
        for name, value in cells.items():
            setattr(row, name, value)


def newest_set():
    with reading() as session:
        return session.scalar(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(1))


def undo(actor, number):
    with transaction(actor, "history.undo") as session:
        return history.undo(session, number)


def test_a_saved_rule_has_a_version_low_to_high_with_plain_numbers_and_its_change_set(bob):
    put(bob, tier("100", "150.50", "5.00"), tier("0", "200", "-0.0001"))
    assert versions() == [(1, [["0", "200", "-0.0001"], ["100", "150.5", "5"]], "bob")]
    with reading() as session:
        assert session.scalars(select(PriceRuleVersion)).one().set_id == newest_set()


def test_each_change_is_a_version_and_what_changes_nothing_is_none(bob, acting):
    put(bob, tier("0", "150"))
    change(acting("alice"), "0", percent=D(160))
    change(bob, "0", percent=D("160.00"))
    assert versions() == [(1, [["0", "150", "0"]], "bob"), (2, [["0", "160", "0"]], "alice")]


def test_a_change_there_and_back_in_one_transaction_is_none(bob):
    put(bob, tier("0", "150"))
    with transaction(bob, "price_rules.save") as session:
        row = session.scalars(select(PriceTier)).one()
        row.percent = D(160)
        session.flush()
        row.percent = D(150)
    assert [number for number, *_ in versions()] == [1]


def test_a_switched_off_rule_and_one_without_tiers_say_nothing(bob):
    put(bob, tier("0", "150"))
    change(bob, "0", active=False)
    change(bob, "0", active=True)
    with transaction(bob, "price_rules.save") as session:
        session.delete(session.scalars(select(PriceTier)).one())
    assert [tiers for _, tiers, _ in versions()] == [[["0", "150", "0"]], [], [["0", "150", "0"]], []]


def test_a_tier_that_was_never_in_force_makes_no_version(bob):
    put(bob, tier("0", "150", active=False))
    assert versions() == []


def test_a_tier_that_moves_makes_a_version_of_the_rule_it_left_and_of_the_one_it_came_to(bob):
    put(bob, tier("0", "150"), tier("100", "160"))
    change(bob, "100", category_id=WOMEN, source=Source.TAOBAO)
    assert versions() == [(1, [["0", "150", "0"], ["100", "160", "0"]], "bob"), (2, [["0", "150", "0"]], "bob")]
    assert versions(WOMEN, Source.TAOBAO) == [(1, [["100", "160", "0"]], "bob")]


def test_an_undo_makes_a_version_too_and_so_does_undoing_it(bob, acting):
    put(bob, tier("0", "150"))
    change(bob, "0", percent=D(160))
    undo(acting("alice"), newest_set())
    undo(bob, newest_set())
    assert versions() == [
        (1, [["0", "150", "0"]], "bob"), (2, [["0", "160", "0"]], "bob"),
        (3, [["0", "150", "0"]], "alice"), (4, [["0", "160", "0"]], "bob"),
    ]  # fmt: skip


def test_what_is_rolled_back_leaves_none(bob):
    with contextlib.suppress(ZeroDivisionError), transaction(bob, "price_rules.save") as session:
        session.add(tier("0", "150"))
        session.flush()
        _ = 1 / 0
    assert versions() == []


def test_a_savepoint_that_is_given_up_leaves_what_the_rest_says(bob):
    with transaction(bob, "price_rules.save") as session:
        session.add(tier("0", "150"))
        session.flush()
        with contextlib.suppress(ZeroDivisionError), session.begin_nested():
            session.add(tier("100", "160"))
            session.flush()
            _ = 1 / 0
    assert versions() == [(1, [["0", "150", "0"]], "bob")]


def test_a_category_that_goes_takes_the_versions_of_its_rules_along(bob, acting):
    with transaction(acting("alice"), "tests.given") as session:
        session.add(Category(id=9, name="Hats", path="Hats"))
        session.flush()
        session.add(tier("0", "150", category=9))
    assert versions(9) == [(1, [["0", "150", "0"]], "alice")]
    assert undo(acting("alice"), newest_set()).left == []
    assert versions(9) == []
    with reading() as session:
        assert session.get(Category, 9) is None


def test_the_newest_of_all_by_rule(bob):
    put(bob, tier("0", "150"), tier("0", "120", source=Source.JD), tier("0", "130", category=WOMEN))
    change_only = select(PriceTier).where(PriceTier.source == Source.JD)
    with transaction(bob, "price_rules.save") as session:
        session.scalars(change_only).one().fine = D(3)
    with reading() as session:
        found = rule_versions.newest_of_all(session)
        assert {key: number for key, (_, number) in found.items()} == {
            (MEN, Source.ALIBABA): 1, (MEN, Source.JD): 2, (WOMEN, Source.ALIBABA): 1,
        }  # fmt: skip
        assert session.get_one(PriceRuleVersion, found[MEN, Source.JD][0]).tiers == [["0", "120", "3"]]


@pytest.mark.only("postgresql")
def test_two_who_add_to_a_rule_at_once_make_two_versions_and_the_later_has_both(bob, acting):
    with transaction(acting("alice"), "price_rules.save") as later:
        later.add(tier("100", "160"))
        later.flush()
        put(bob, tier("0", "150"))
    assert versions() == [
        (1, [["0", "150", "0"]], "bob"),
        (2, [["0", "150", "0"], ["100", "160", "0"]], "alice"),
    ]


@pytest.mark.only("postgresql")
def test_a_version_says_what_was_saved_and_not_what_was_read_before(bob, acting):
    put(bob, tier("0", "150"), tier("100", "160"))
    with transaction(acting("alice"), "price_rules.save") as later:
        low, high = later.scalars(select(PriceTier).order_by(PriceTier.threshold)).all()
        change(bob, "0", percent=D(155))
        high.percent = D(170)
        assert low.percent == D(150)
    assert versions()[-1] == (3, [["0", "155", "0"], ["100", "170", "0"]], "alice")
