"""Rules as wholes: a draft becomes the saved, one rule is copied, switched off and on, and goes back to what it said before."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from db.frames import Page
from db.models import Category, ChangeSet, ExchangeRate, PriceRuleVersion, PriceTier, Store, now
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import Role, Source
from lib import history
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.prices import price_rules, rule_list, rule_tiers
from lib.prices.formula import StoreTerms, Tier
from lib.prices.price_book import Book
from lib.prices.price_draft import Draft
from lib.problems import Refused

ALICE = Actor(1, "Alice", Role.ADMIN)
BOB = Actor(2, "Bob", Role.PRICING)
CHARLIE = Actor(3, "Charlie", Role.VIEWER)
MEN, TOPS, WOMEN = 1, 2, 3
RULE, NEW = (MEN, Source.ALIBABA), (WOMEN, Source.TAOBAO)
US, JP = 1, 2
NAMES = {RULE: "1688 / Men", NEW: "Taobao / Women"}
NOTHING = "No price of a listing has changed."


def put(*rows: Any) -> None:
    with transaction(SYSTEM, "tests.put") as session:
        session.add_all(rows)


def tier(threshold: str, percent: str, fine: str = "0", key: Any = RULE, active: bool = True) -> PriceTier:
    return PriceTier(
        category_id=key[0], source=key[1], threshold=D(threshold), percent=D(percent), fine=D(fine), active=active
    )


def steps(*of: tuple[str, str, str]) -> tuple[Tier, ...]:
    return tuple(Tier(*map(D, one)) for one in of)


@pytest.fixture
def shop(database: str) -> None:
    put(
        Category(id=MEN, name="Men", path="Men"), Category(id=TOPS, parent_id=MEN, name="Tops", path="Men / Tops"),
        Category(id=WOMEN, name="Women", path="Women"),
        Store(id=US, name="US-01", marketplace="US", currency="USD", percent=D(120), fine=D(2)),
        Store(id=JP, name="JP-01", marketplace="JP", currency="JPY"),
        ExchangeRate(base="CNY", quote="USD", day=date(2026, 3, 1), rate=D("0.14")),
    )  # fmt: skip
    put(tier("0", "200", "10"), tier("100", "250", "5"))


def book() -> Book:
    with reading() as session:
        return Book.whole(session)


def tiers(key: Any = RULE) -> list[tuple[D, D, D, bool]]:
    with reading() as session:
        query = select(PriceTier).where(PriceTier.category_id == key[0], PriceTier.source == key[1])
        return [
            (t.threshold, t.percent, t.fine, t.active) for t in session.scalars(query.order_by(PriceTier.threshold))
        ]


def stored(model: Any, number: int) -> Any:
    with reading() as session:
        return session.get_one(model, number)


def state() -> list[Any]:
    """All that a draft can change, and the change sets."""
    with reading() as session:
        return [
            [(t.id, t.category_id, t.source, t.threshold, t.percent, t.fine, t.active)
             for t in session.scalars(select(PriceTier).order_by(PriceTier.id))],
            [(s.id, s.percent, s.fine, s.ending, s.floor) for s in session.scalars(select(Store).order_by(Store.id))],
            [(r.id, r.day, r.rate) for r in session.scalars(select(ExchangeRate).order_by(ExchangeRate.id))],
            session.scalar(select(func.count()).select_from(PriceRuleVersion)), newest_set(),
        ]  # fmt: skip


def newest_set() -> int | None:
    with reading() as session:
        return session.scalar(select(func.max(ChangeSet.id)))


def save(draft: Draft, actor: Actor = ALICE, seen: str | None = None, confirmed: bool = False) -> str:
    shown = price_rules.seen(book(), draft) if seen is None else seen
    return perform(actor, price_rules.save_draft, draft, shown, confirmed=confirmed)


def refused(act: Callable[[], object]) -> list[str]:
    """The sentences of a refusal, after which nothing is different."""
    before = state()
    with pytest.raises(Refused) as refusal:
        act()
    assert state() == before
    return [problem.text for problem in refusal.value.problems]


# A draft becomes the saved


def test_a_draft_of_everything_is_saved_as_one_change_and_changes_no_listing(shop: None) -> None:
    us = replace(book().stores[US], percent=D(130), ending=".99", floor=D("4.50"))
    tried = Draft(
        {RULE: steps(("0", "180", "8"), ("500", "185", "0")), NEW: steps(("0", "150", "0"))},
        {US: us},
        {"CNY/USD": D("0.15")},
    )
    said = save(tried)
    assert said == (
        f"Saved: the rule 1688 / Men, the rule Taobao / Women, the store US-01 and the rate CNY/USD. {NOTHING}"
    )
    assert tiers() == [(D(0), D(180), D(8), True), (D(500), D(185), D(0), True)]
    assert tiers(NEW) == [(D(0), D(150), D(0), True)]
    store = stored(Store, US)
    assert (store.percent, store.fine, store.ending, store.floor) == (D(130), D(2), ".99", D("4.5"))
    found = book()
    assert (found.rates["CNY", "USD"].value, found.rates["CNY", "USD"].day) == (D("0.15"), now().date())
    assert found.mark == found.drafted(tried).mark
    with reading() as session:
        sets = session.execute(
            select(ChangeSet.actor, ChangeSet.command, ChangeSet.summary).where(ChangeSet.actor == "Alice")
        ).all()
    assert sets == [("Alice", "draft_saving.save_draft", said)]


def test_undo_from_the_history_takes_the_whole_draft_back_and_leaves_versions(shop: None) -> None:
    before = book()
    us = replace(before.stores[US], percent=D(130))
    save(Draft({RULE: steps(("0", "180", "8")), NEW: steps(("0", "150", "0"))}, {US: us}, {"CNY/USD": D("0.15")}))
    perform(ALICE, history.undo, newest_set())
    after = book()
    assert (after.stores, after.rates) == (before.stores, before.rates)
    assert tiers() == [(D(0), D(200), D(10), True), (D(100), D(250), D(5), True)]
    with reading() as session:
        assert [(v.number, v.words) for v in price_rules.versions(session, RULE)] == [
            (3, "≥100: 250 % + 5.00; ≥0: 200 % + 10.00"),
            (2, "≥0: 180 % + 8.00"),
            (1, "≥100: 250 % + 5.00; ≥0: 200 % + 10.00"),
        ]
        assert [v.words for v in price_rules.versions(session, NEW)] == ["switched off", "≥0: 150 % + 0.00"]


def test_a_rule_is_switched_off_and_its_tiers_stay(shop: None) -> None:
    assert save(Draft({RULE: None})) == f"Saved: the rule 1688 / Men switched off. {NOTHING}"
    assert tiers() == [(D(0), D(200), D(10), False), (D(100), D(250), D(5), False)]
    assert book().rules == {}


def test_a_tier_that_is_switched_off_stays_beside_the_saved_ones(shop: None) -> None:
    put(tier("50", "220", active=False), tier("70", "230", active=False))
    save(Draft({RULE: steps(("0", "180", "8"), ("70", "200", "0"))}))
    assert tiers() == [
        (D(0), D(180), D(8), True), (D(50), D(220), D(0), False), (D(70), D(200), D(0), True),
    ]  # fmt: skip


def test_what_says_the_saved_again_saves_nothing(shop: None) -> None:
    before, saved = state(), book()
    same = Draft(
        {RULE: steps(("100", "250.00", "5"), ("0", "200", "10")), NEW: None},
        {US: saved.stores[US]},
        {"CNY/USD": D("0.140")},
    )
    assert save(same) == "Nothing to save: what was tried is what is saved already."
    assert state() == before
    assert refused(lambda: save(Draft())) == ["Nothing was tried: there is nothing to save."]


def test_todays_rate_is_replaced_and_so_is_one_of_tomorrow(shop: None) -> None:
    save(Draft(rates={"CNY/USD": D("0.15")}))
    save(Draft(rates={"CNY/USD": D("0.16"), "CNY/JPY": D(21)}))
    put(ExchangeRate(base="CNY", quote="JPY", day=now().date() + timedelta(days=1), rate=D(22)))
    save(Draft(rates={"CNY/JPY": D(23)}))
    with reading() as session:
        rates = session.execute(
            select(ExchangeRate.quote, ExchangeRate.day, ExchangeRate.rate).order_by(ExchangeRate.id)
        )
        today = now().date()
        assert [tuple(row) for row in rates] == [
            ("USD", date(2026, 3, 1), D("0.14")), ("USD", today, D("0.16")), ("JPY", today, D(21)),
            ("JPY", today + timedelta(days=1), D(23)),
        ]  # fmt: skip
    assert book().rates["CNY", "JPY"].value == D(23)


def test_warnings_are_confirmed_first(shop: None) -> None:
    us = replace(book().stores[US], percent=D("1.2"))
    slip = Draft({RULE: steps(("0", "1.5", "0"))}, {US: us})
    assert refused(lambda: save(slip)) == [
        "1688 / Men: 1.5 means 1.5 % of the source price: did you mean 150 %?",
        "US-01: 1.2 means 1.2 % of the price: did you mean 120 %?", price_rules.CONFIRM,
    ]  # fmt: skip
    assert save(slip, confirmed=True) == (
        f"Saved: the rule 1688 / Men and the store US-01. In spite of 2 warnings. {NOTHING}"
    )
    assert (tiers(), stored(Store, US).percent) == ([(D(0), D("1.5"), D(0), True)], D("1.2"))


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (steps(("0", "0", "0")), "The percentage 0 must be above 0"),
        (steps(("0", "-150", "0")), "The percentage -150 must be above 0"),
        (steps(("0", "1000000000", "0")), "The percentage 1000000000 is above 100,000"),
        (steps(("0", "NaN", "0")), "The percentage 'NaN' is not a number"),
        (steps(("0", "150.001", "0")), "The percentage 150.001 has more than 2 decimals"),
        ((Tier(D(0), "a lot", D(0)),), "The percentage 'a lot' is not a number"),  # type: ignore[arg-type]
        ((Tier(D(0), None, D(0)),), "The percentage is missing"),  # type: ignore[arg-type]
        (steps(("0", "150", "0"), ("-1", "150", "0")), "The threshold -1 is below 0"),
        (steps(("0", "150", "0"), ("100", "150", "0"), ("100.00", "160", "0")), "The threshold 100 is given twice"),
        (steps(("0", "150", "1e99")), "The fine adjustment is too large"),
        ((), "There is no tier. Enter one from 0, or switch the rule off."),
        (steps(*((str(n), "150", "0") for n in range(51))), "A rule has at most 50 tiers, this one has 51"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_even_when_confirmed(shop: None, rule: Any, sentence: str) -> None:
    good = steps(("0", "150", "0"))
    (text,) = refused(lambda: save(Draft({NEW: good, RULE: rule}), confirmed=True))
    assert text.startswith(f"1688 / Men: {sentence}")


@pytest.mark.parametrize(
    ("pair", "value", "sentence"),
    [
        ("CNY/USD", D(0), "must be above 0"), ("CNY/USD", D("NaN"), "must be above 0"), ("CNY/USD", "x", "must be above 0"),
        ("CNY/USD", D("0.123456789"), "at most 8 decimals"), ("CNY/USD", D("1e20"), "must be below 1,000,000,000"),
        ("CNY/CNY", D(1), "two different currencies"), ("CNY/XXX", D(1), "two different currencies"),
    ],
)  # fmt: skip
def test_a_rate_that_cannot_be_is_refused(shop: None, pair: str, value: Any, sentence: str) -> None:
    tried = Draft({RULE: steps(("0", "150", "0"))}, rates={pair: value})
    (text,) = refused(lambda: save(tried, seen="{}", confirmed=True))
    assert text.startswith(f"{pair}: ")
    assert sentence in text


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"percent": D(0)}, "US-01: The percentage 0 must be above 0"),
        ({"ending": ".9"}, "US-01: The ending '.9' must have the 2 decimals of USD"),
        ({"floor": D(-1)}, "US-01: The lowest price -1 is below 0"),
        ({"currency": "EUR"}, "US-01 sells in USD now, the draft tries it in EUR"),
        ({"currency": ""}, "US-01 sells in USD now"),
    ],
)
def test_terms_that_cannot_be_are_refused(shop: None, cells: dict[str, Any], sentence: str) -> None:
    tried = Draft(stores={US: replace(book().stores[US], **cells)})
    assert refused(lambda: save(tried, confirmed=True))[0].startswith(sentence)


def test_what_is_gone_is_named(shop: None) -> None:
    with transaction(SYSTEM, "test") as session:
        session.get_one(Store, JP).active = False
    terms = StoreTerms("JP-01", "JPY", D(100), D(0))
    tried = Draft({(99, Source.JD): steps(("0", "150", "0")), NEW: steps(("0", "150", "0"))}, {JP: terms, 98: terms})
    assert refused(lambda: save(tried)) == [
        "The category of a rule (JD / #99) is gone. Take the rule out of the draft. Nothing was saved.",
        *["The store JP-01 is not in use any more. Take it out of the draft. Nothing was saved."] * 2,
    ]


def test_bob_was_faster_with_a_rule(shop: None) -> None:
    tried = Draft({RULE: steps(("0", "180", "8")), NEW: steps(("0", "150", "0"))})
    seen = price_rules.seen(book(), tried)
    with reading() as session:
        row = session.scalars(select(PriceTier).where(PriceTier.threshold == 0)).one()
    perform(BOB, price_rules.save, Changes((Edit(row.id, "percent", D(200), D(210)),)))
    assert refused(lambda: save(tried, seen=seen)) == [
        "Bob has changed the rule 1688 / Men meanwhile to ≥100: 250 % + 5.00; ≥0: 210 % + 10.00. "
        "Look at it, then save again. Nothing was saved."
    ]
    save(tried)
    assert tiers() == [(D(0), D(180), D(8), True)]


def test_whatever_bob_changed_meanwhile_is_named_and_what_the_draft_leaves_alone_is_not(shop: None) -> None:
    us = book().stores[US]
    tried = Draft(
        {RULE: steps(("0", "180", "8")), NEW: steps(("0", "150", "0"))},
        {US: replace(us, fine=D(1))},
        {"CNY/USD": D("0.15")},
    )
    seen = price_rules.seen(book(), tried)
    theirs = Draft({RULE: None, NEW: steps(("0", "160", "0")), (TOPS, Source.JD): steps(("0", "170", "0"))},
                   {US: replace(us, percent=D(125), ending=".99", floor=D(3))}, {"CNY/USD": D("0.16")})  # fmt: skip
    save(theirs, BOB)
    after = "Look at it, then save again. Nothing was saved."
    assert refused(lambda: save(tried, seen=seen)) == [
        f"Bob has changed the rule 1688 / Men meanwhile and switched it off. {after}",
        f"Bob has changed the rule Taobao / Women meanwhile to ≥0: 160 % + 0.00. {after}",
        f"Bob has changed what US-01 adds meanwhile to 125 % + 2, ending .99, floor 3. {after}",
        f"Bob has changed the rate CNY/USD meanwhile to 0.16. {after}",
    ]
    assert refused(lambda: save(tried, BOB, seen=seen))[3] == (
        f"You have changed the rate CNY/USD meanwhile, in another window, to 0.16. {after}"
    )


@pytest.mark.parametrize("key", [RULE, NEW])
def test_of_two_who_save_at_once_one_wins_and_the_other_is_told(shop: None, key: Any) -> None:
    drafts = {actor: Draft({key: steps(("7", percent, "0"), (at, percent, "0"))})
              for actor, percent, at in ((ALICE, "150", "10"), (BOB, "160", "20"))}  # fmt: skip
    seen, start = price_rules.seen(book(), drafts[ALICE]), Barrier(2)

    def both(actor: Actor) -> str:
        start.wait(10)
        try:
            return save(drafts[actor], actor, seen)
        except Refused as refusal:
            return refusal.problems[0].text

    with ThreadPoolExecutor(2) as threads:
        said = dict(zip(drafts, threads.map(both, drafts), strict=True))
    (winner,) = [actor for actor, text in said.items() if text.startswith("Saved: ")]
    (loser,) = drafts.keys() - {winner}
    assert said[loser].startswith(f"{winner.name} has changed the rule {NAMES[key]} meanwhile to ")
    assert [tuple(tier[:3]) for tier in tiers(key)] == [
        (t.threshold, t.percent, t.fine) for t in drafts[winner].rules[key] or ()
    ]


def test_what_bob_changed_elsewhere_does_not_stop_a_draft(shop: None) -> None:
    tried = Draft({RULE: steps(("0", "180", "8"))})
    seen = price_rules.seen(book(), tried)
    save(
        Draft({NEW: steps(("0", "160", "0"))}, {US: replace(book().stores[US], fine=D(1))}, {"CNY/USD": D("0.16")}), BOB
    )
    assert save(tried, seen=seen).startswith("Saved: the rule 1688 / Men.")


@pytest.mark.parametrize("seen", ["", "null", "[]", '{"rules": 5}', "abc", "9" * 5_000])
def test_what_was_seen_must_be_said(shop: None, seen: str) -> None:
    (text,) = refused(lambda: save(Draft({RULE: None}), seen=seen))
    assert text.startswith("What was seen beside the draft could not be read.")
    assert refused(lambda: save(Draft({RULE: None}), seen="{}"))[0].endswith("Nothing was saved.")


def test_a_draft_is_bounded(shop: None) -> None:
    many = Draft({(n, Source.JD): None for n in range(2_001)})
    assert refused(lambda: save(many, seen="{}")) == [
        "A draft changes at most 2,000 rules, stores and rates. Nothing was saved: save it in parts."
    ]


def test_what_is_seen_is_short_text_of_what_would_be_replaced(shop: None) -> None:
    assert json.loads(price_rules.seen(book(), Draft({RULE: None, NEW: None}, rates={"CNY/JPY": D(1)}))) == {
        "rules": [
            {"category": MEN, "source": "1688", "tiers": [["0", "200", "10"], ["100", "250", "5"]]},
            {"category": WOMEN, "source": "taobao", "tiers": None},
        ],
        "stores": [], "rates": {},
    }  # fmt: skip


def test_charlie_may_not(shop: None) -> None:
    for act in (
        lambda: save(Draft({RULE: None}), CHARLIE),
        lambda: perform(CHARLIE, price_rules.copy, RULE, [NEW]),
        lambda: perform(CHARLIE, price_rules.disable, RULE),
        lambda: perform(CHARLIE, price_rules.enable, RULE),
        lambda: perform(CHARLIE, price_rules.restore, 1),
    ):
        assert "Pricing manager or Admin may" in refused(act)[0]


# Rules, a row each


def rows(**more: Any) -> list[list[Any]]:
    with reading() as session:
        found = price_rules.rules(session, **more)
    return [list(row) for row in found.drop(columns="changed_at").itertuples(index=False)]


def test_a_row_a_rule(shop: None) -> None:
    put(tier("0", "150.5", "-3", (TOPS, Source.JD)), tier("20", "300", "0", (TOPS, Source.JD), active=False))
    perform(BOB, price_rules.disable, RULE)
    assert rows() == [
        ["Men", Source.ALIBABA, MEN, "≥100: 250 % + 5.00; ≥0: 200 % + 10.00", False, 2, "Bob"],
        ["Men / Tops", Source.JD, TOPS, "≥0: 150.5 % - 3.00", True, 1, "caravan"],
    ]
    assert [row[0] for row in rows(page=Page(1, 1, "category", descending=True))] == ["Men / Tops"]
    assert [row[0] for row in rows(page=Page(2, 1, "category", descending=True))] == ["Men"]
    for wanted in (
        rule_list.Filter(active=True), rule_list.Filter(sources=(Source.JD,)), rule_list.Filter(categories=(TOPS,)),
    ):  # fmt: skip
        assert [row[0] for row in rows(wanted=wanted)] == ["Men / Tops"]
        with reading() as session:
            assert rule_list.count(session, wanted) == 1
    with reading() as session:
        assert rule_list.count(session, rule_list.Filter()) == 2
        first = select(func.min(PriceTier.id)).group_by(PriceTier.category_id).order_by(PriceTier.category_id)
        assert list(price_rules.rules(session).index) == list(session.scalars(first))


def test_no_rule_is_no_row(database: str) -> None:
    assert rows() == []


# Copying


def test_a_rule_is_copied_to_others_with_its_ratios_moved(shop: None) -> None:
    said = perform(ALICE, price_rules.copy, RULE, [NEW, (TOPS, Source.JD), RULE], factor_points=D("-12.5"))
    assert said == f"1688 / Men copied to Taobao / Women and JD / Men / Tops, all ratios -12.5 points. {NOTHING}"
    assert tiers(NEW) == [(D(0), D("187.5"), D(10), True), (D(100), D("237.5"), D(5), True)]
    assert tiers((TOPS, Source.JD)) == tiers(NEW)
    assert tiers() == [(D(0), D(200), D(10), True), (D(100), D(250), D(5), True)]


def test_a_rule_that_is_there_is_replaced_only_when_asked(shop: None) -> None:
    put(tier("7", "150", "0", NEW, active=False))
    assert refused(lambda: perform(ALICE, price_rules.copy, RULE, [NEW, (TOPS, Source.JD)])) == [
        "Taobao / Women has a rule already. Nothing was saved: leave that out, or replace what is there."
    ]
    perform(ALICE, price_rules.copy, RULE, [NEW], replace=True)
    assert tiers(NEW) == [(D(0), D(200), D(10), True), (D(100), D(250), D(5), True)]


@pytest.mark.parametrize(
    ("from_key", "to", "points", "sentence"),
    [
        (RULE, [], "0", "Choose the categories and sources"),
        (RULE, [RULE], "0", "Choose the categories and sources"),
        (NEW, [RULE], "0", "Taobao / Women has no tier in force: there is nothing to copy"),
        (RULE, [(99, Source.JD)], "0", "The category #99 is gone"),
        ((99, Source.JD), [RULE], "0", "The category #99 is gone"),
        (RULE, [NEW], "0.001", "Taobao / Women: The percentage 200.001 has more than 2 decimals"),
        (RULE, [NEW], "NaN", "The ratios are moved by a number of points"),
        (RULE, [NEW], "1e6", "Taobao / Women: The percentage 1000200 is above 100,000"),
        (RULE, [NEW], "-160", "Taobao / Women: 40 means 40 % of the source price: did you mean 140 %?"),
        (RULE, [(n, Source.JD) for n in range(501)], "0", "At most 500 rules at once"),
    ],
)
def test_a_copy_that_cannot_be_is_refused(shop: None, from_key: Any, to: Any, points: str, sentence: str) -> None:
    assert refused(lambda: perform(ALICE, price_rules.copy, from_key, to, D(points)))[0].startswith(sentence)


# Off and on


def test_off_and_on_again_with_the_tiers_that_were_in_force(shop: None) -> None:
    put(tier("50", "300", active=False))
    assert perform(ALICE, price_rules.disable, RULE) == f"Switched off: 1688 / Men. {NOTHING}"
    assert {active for *_, active in tiers()} == {False}
    assert refused(lambda: perform(ALICE, price_rules.disable, RULE)) == [
        "1688 / Men: not in force anyway. Nothing was changed."
    ]
    assert perform(ALICE, price_rules.enable, RULE) == f"Switched on: 1688 / Men. {NOTHING}"
    assert [active for *_, active in tiers()] == [True, False, True]
    assert refused(lambda: perform(ALICE, price_rules.enable, RULE))[0].startswith("1688 / Men: in force already")
    assert refused(lambda: perform(ALICE, price_rules.enable, NEW))[0].startswith(
        "Taobao / Women: in force already, or without tiers"
    )


def test_a_rule_that_was_never_in_force_comes_on_whole_and_is_looked_at(shop: None) -> None:
    put(tier("0", "150", "0", NEW, active=False), tier("100", "1.5", "0", NEW, active=False))
    assert "did you mean 150 %?" in refused(lambda: perform(ALICE, price_rules.enable, NEW))[0]
    assert "In spite of" in perform(ALICE, price_rules.enable, NEW, confirmed=True)
    assert {active for *_, active in tiers(NEW)} == {True}


def test_several_at_once_or_none(shop: None) -> None:
    assert refused(lambda: perform(ALICE, price_rules.disable, RULE, NEW)) == [
        "Taobao / Women: not in force anyway. Nothing was changed."
    ]
    put(tier("0", "150", "0", NEW))
    assert perform(ALICE, price_rules.disable, RULE, NEW) == f"Switched off: 1688 / Men and Taobao / Women. {NOTHING}"
    assert refused(lambda: perform(ALICE, price_rules.disable)) == ["Choose the rules that shall be switched off."]


# Versions


def test_versions_say_what_became_different_and_by_whom(shop: None) -> None:
    save(Draft({RULE: steps(("0", "200", "10"), ("100", "260", "5"), ("500", "270", "0"))}), BOB)
    save(Draft({RULE: steps(("0", "200", "12"))}))
    perform(BOB, price_rules.disable, RULE)
    perform(ALICE, price_rules.enable, RULE)
    with reading() as session:
        found = price_rules.versions(session, RULE)
        assert [(v.number, v.actor, v.changed) for v in found] == [
            (5, "Alice", "switched on"),
            (4, "Bob", "switched off"),
            (3, "Alice", "≥500: 270 % + 0.00 taken away; ≥100: 260 % + 5.00 taken away; ≥0: 200 % + 10.00 → 200 % + 12.00"),
            (2, "Bob", "≥500: 270 % + 0.00 added; ≥100: 250 % + 5.00 → 260 % + 5.00"),
            (1, "caravan", "the first"),
        ]  # fmt: skip
        assert found[2].tiers == steps(("0", "200", "12"))
        assert found[0].set_id == newest_set()
        assert price_rules.named(session, [found[1].id, None, 9_999]) == {found[1].id: "1688 / Men v4"}
        assert price_rules.versions(session, NEW) == []


def versions() -> list[Any]:
    with reading() as session:
        return price_rules.versions(session, RULE)


def test_an_earlier_version_is_put_in_force_again(shop: None) -> None:
    save(Draft({RULE: steps(("0", "300", "0"))}))
    said = perform(BOB, price_rules.restore, versions()[1].id)
    assert said == f"1688 / Men is again as in version 1: ≥100: 250 % + 5.00; ≥0: 200 % + 10.00. {NOTHING}"
    assert tiers() == [(D(0), D(200), D(10), True), (D(100), D(250), D(5), True)]
    assert [(v.number, v.actor) for v in versions()] == [(3, "Bob"), (2, "Alice"), (1, "caravan")]
    assert refused(lambda: perform(BOB, price_rules.restore, versions()[0].id)) == [
        "1688 / Men says already what it said in version 3. Nothing was changed."
    ]
    assert refused(lambda: perform(BOB, price_rules.restore, 9_999))[0].startswith("That version is gone")


def test_a_version_in_which_it_was_off_and_one_with_warnings(shop: None) -> None:
    perform(BOB, price_rules.disable, RULE)
    save(Draft({RULE: steps(("0", "1.5", "0"))}), confirmed=True)
    off, slip = versions()[1], versions()[0]
    perform(ALICE, price_rules.restore, off.id)
    assert {active for *_, active in tiers()} == {False}
    assert "did you mean 150 %?" in refused(lambda: perform(ALICE, price_rules.restore, slip.id))[0]
    assert "In spite of 1 warning." in perform(ALICE, price_rules.restore, slip.id, confirmed=True)


def test_all_tiers_deleted_is_a_version_without_any_and_comes_back_from_it(shop: None) -> None:
    with reading() as session:
        ids = tuple(session.scalars(select(PriceTier.id)))
    perform(BOB, price_rules.save, Changes(deleted=ids))
    assert (tiers(), versions()[0].words) == ([], "switched off")
    perform(ALICE, price_rules.restore, versions()[1].id)
    assert tiers() == [(D(0), D(200), D(10), True), (D(100), D(250), D(5), True)]


@pytest.mark.parametrize(
    ("names", "said"),
    [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (list("ABCDE"), "A, B, C, D and E"),
     (list("ABCDEFG"), "A, B, C, D, E and 2 more")],
)  # fmt: skip
def test_names_in_a_sentence(names: list[str], said: str) -> None:
    assert rule_tiers.listed(names) == said
