"""Experiments are kept under a name, seen by whom they are for, and change no rule."""

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import func, select

from db.models import ChangeSet, Experiment, PriceTier
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import Role, Source
from lib import history
from lib.commands import perform
from lib.prices import price_experiments
from lib.prices.formula import StoreTerms, Tier
from lib.prices.price_draft import Draft, Scope
from lib.prices.price_experiments import Kept
from lib.problems import Refused

ALICE = Actor(1, "Alice", Role.ADMIN)
BOB = Actor(2, "Bob", Role.PRICING)
PETRA = Actor(3, "Petra", Role.PRICING)
CHARLIE = Actor(4, "Charlie", Role.VIEWER)
DRAFT = Draft(
    {(1, Source.ALIBABA): (Tier(D(0), D("150.5"), D(5)),), (2, Source.JD): None},
    {7: StoreTerms("US-01", "USD", D(120), D(2), ".99", None)}, {"CNY/USD": D("0.14")},
)  # fmt: skip
OTHER = Draft({(1, Source.ALIBABA): (Tier(D(0), D(160), D(0)),)})
SCOPE = Scope((7,), (1,), (Source.ALIBABA,), "mug", (99,))


def keep(name: str = "Spring", actor: Actor = BOB, draft: Draft = DRAFT, **more: Any) -> Kept:
    perform(actor, price_experiments.keep, name, draft, SCOPE, **more)
    with reading() as session:
        found = price_experiments.own(session, name, actor)
    assert found is not None
    return found


def listed(me: Actor) -> list[tuple[str, str]]:
    with reading() as session:
        return [(kept.owner, kept.name) for kept in price_experiments.mine_and_shared(session, me)]


def find(reference: Any, me: Actor = BOB) -> Kept | None:
    with reading() as session:
        return price_experiments.find(session, reference, me)


def state() -> list[Any]:
    with reading() as session:
        rows = [
            (e.id, e.name, e.owner, e.is_shared, e.note, e.draft, e.scope)
            for e in session.scalars(select(Experiment).order_by(Experiment.id))
        ]
        return [rows, session.scalar(select(func.max(ChangeSet.id)))]


def refused(act: Callable[[], object]) -> str:
    before = state()
    with pytest.raises(Refused) as refusal:
        act()
    assert state() == before
    return refusal.value.problems[0].text


def test_what_is_tried_is_kept_to_the_last_digit(database: str) -> None:
    said = perform(BOB, price_experiments.keep, "  Spring \0 sale\ud800 ", DRAFT, SCOPE, " for March ", shared=False)
    assert said == "Experiment “Spring sale” kept, only you and admins can see it. No rule and no price has changed."
    with reading() as session:
        kept = price_experiments.own(session, "Spring\0 sale", BOB)
        assert session.scalars(select(PriceTier)).all() == []
    assert kept is not None
    assert (kept.draft, kept.scope, kept.note, kept.owner, kept.is_shared) == (DRAFT, SCOPE, "for March", "Bob", False)
    assert kept.says == "2 rules, 1 store, 1 rate"
    assert find(kept.id) == find(str(kept.id)) == kept


def test_mine_first_then_what_others_share_each_the_newest_first(database: str) -> None:
    for name, actor, shared in (
        ("a", BOB, False), ("b", PETRA, True), ("c", PETRA, False), ("d", BOB, True), ("e", PETRA, True),
    ):  # fmt: skip
        keep(name, actor, shared=shared)
    assert listed(BOB) == [("Bob", "d"), ("Bob", "a"), ("Petra", "e"), ("Petra", "b")]
    assert listed(PETRA) == [("Petra", "e"), ("Petra", "c"), ("Petra", "b"), ("Bob", "d")]
    assert listed(CHARLIE) == [("Petra", "e"), ("Bob", "d"), ("Petra", "b")]


def test_a_private_one_is_for_its_owner_and_admins(database: str) -> None:
    number = keep(shared=False).id
    assert [find(number, me) is not None for me in (BOB, ALICE, PETRA, CHARLIE)] == [True, True, False, False]
    perform(BOB, price_experiments.share, number, True)
    assert [find(number, me) is not None for me in (BOB, ALICE, PETRA, CHARLIE)] == [True] * 4
    assert perform(ALICE, price_experiments.share, number, False).endswith("only you and admins can see it.")
    assert find(number, PETRA) is None


@pytest.mark.parametrize(
    "reference", [None, "", 0, 99, "99", "x", "-1", "1e3", "٣", "9" * 30, "1; DROP TABLE experiment"]
)
def test_a_link_to_nothing_finds_nothing(database: str, reference: Any) -> None:
    keep()
    assert find(reference) is None


def test_one_is_saved_over_renamed_and_deleted_by_its_owner(database: str) -> None:
    kept = keep(note="old")
    assert perform(BOB, price_experiments.save, kept.id, OTHER, Scope()).startswith("Experiment “Spring” kept as it is")
    assert perform(BOB, price_experiments.rename, kept.id, "Summer") == "Experiment “Spring” is called “Summer” now."
    assert perform(BOB, price_experiments.rename, kept.id, "Summer", "new") == "Experiment “Summer” saved."
    found = find(kept.id)
    assert found is not None
    assert (found.draft, found.scope, found.name, found.note) == (OTHER, Scope(), "Summer", "new")
    assert found.updated_at > kept.updated_at
    perform(BOB, price_experiments.delete, kept.id)
    assert (find(kept.id), listed(BOB)) == (None, [])


def test_the_history_brings_a_deleted_one_back(database: str) -> None:
    kept = keep()
    perform(BOB, price_experiments.save, kept.id, OTHER, SCOPE)
    perform(BOB, price_experiments.delete, kept.id)
    for _ in range(2):  # the deletion, then what was saved over it
        with reading() as session:
            done = [price_experiments.delete.command, price_experiments.save.command]  # type: ignore[attr-defined]
            query = select(func.max(ChangeSet.id)).where(ChangeSet.command == done[_])
            number = session.scalar(query)
        perform(BOB, history.undo, number)
    found = find(kept.id)
    assert found is not None
    assert (found.draft, found.scope) == (DRAFT, SCOPE)


def test_what_is_petras_bob_leaves_alone(database: str) -> None:
    number = keep("Hers", PETRA).id
    for act in (
        lambda: perform(BOB, price_experiments.save, number, OTHER, SCOPE),
        lambda: perform(BOB, price_experiments.rename, number, "Mine"),
        lambda: perform(BOB, price_experiments.share, number, False),
        lambda: perform(BOB, price_experiments.delete, number),
        lambda: perform(ALICE, price_experiments.save, number, OTHER, SCOPE),
    ):
        assert refused(act).startswith("“Hers” is Petra's. Nothing was")
    perform(PETRA, price_experiments.share, number, False)
    assert refused(lambda: perform(BOB, price_experiments.delete, number)).startswith("This experiment is gone, or")
    perform(ALICE, price_experiments.rename, number, "Everybody's")
    perform(ALICE, price_experiments.delete, number)
    assert refused(lambda: perform(PETRA, price_experiments.delete, number)).startswith("This experiment is gone, or")


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        ("  ", {}, "An experiment needs a name."),
        ("x" * 81, {}, "That is too long: at most 80 letters in the name, 500 in the note."),
        ("x", {"note": "x" * 501}, "That is too long"),
        ("Spring", {}, "You have an experiment “Spring” already."),
        (" Spring ", {}, "You have an experiment “Spring” already."),
        ("x", {"draft": Draft()}, "Nothing was tried: there is nothing to keep."),
        ("x", {"draft": Draft({(n, Source.JD): None for n in range(2_001)})}, "An experiment holds at most 2,000 rules"),
        ("x", {"scope": Scope(listings=tuple(range(10_001)))}, "An experiment holds at most 2,000 rules"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(database: str, name: str, more: dict[str, Any], sentence: str) -> None:
    keep()
    given = {"draft": DRAFT, "scope": SCOPE} | more
    assert refused(lambda: perform(BOB, price_experiments.keep, name, **given)).startswith(sentence)


def test_two_people_may_use_the_same_name_and_one_may_not(database: str) -> None:
    keep("Spring", BOB)
    keep("Spring", PETRA)
    number = keep("Summer", BOB).id
    assert refused(lambda: perform(BOB, price_experiments.rename, number, "Spring")).startswith(
        "You have an experiment"
    )
    assert refused(lambda: perform(ALICE, price_experiments.rename, number, "Spring")).startswith(
        "Bob has an experiment"
    )


def test_two_hundred_are_the_most(database: str) -> None:
    with transaction(SYSTEM, "tests.put") as session:
        session.add_all([Experiment(name=str(n), owner="Bob", draft={"rates": {}}, scope={}) for n in range(200)])
    text = refused(lambda: perform(BOB, price_experiments.keep, "one more", DRAFT, SCOPE))
    assert text == "You keep 200 experiments already, 200 are the most. Nothing was kept: delete some."
    keep("Spring", PETRA)


def test_one_that_cannot_be_read_any_more_is_listed_and_says_so(database: str) -> None:
    with transaction(SYSTEM, "tests.put") as session:
        session.add(Experiment(id=5, name="Broken", owner="Bob", draft={"rules": [{"category": "?"}]}, scope={}))
    found = find(5)
    assert found is not None
    assert (found.draft, found.is_whole, found.says) == (Draft(), False, "cannot be read any more")
    assert listed(BOB) == [("Bob", "Broken")]


def test_charlie_may_look_and_not_touch(database: str) -> None:
    number = keep().id
    assert find(number, CHARLIE) is not None
    for act in (
        lambda: perform(CHARLIE, price_experiments.keep, "x", DRAFT, SCOPE),
        lambda: perform(CHARLIE, price_experiments.save, number, OTHER, SCOPE),
        lambda: perform(CHARLIE, price_experiments.delete, number),
    ):
        assert "Pricing manager or Admin may" in refused(act)
