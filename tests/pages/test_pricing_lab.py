"""The laboratory as people use it: try numbers, read what they would do, save, apply, be stopped, be told who was faster, take it back."""

import json
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from db.models import (
    Category,
    ChangeSet,
    ExchangeRate,
    Experiment,
    Listing,
    ListingPrice,
    PriceLimits,
    PriceRun,
    PriceTier,
    Product,
    Store,
)
from db.session import reading, transaction
from db.vocabulary import Source
from lib.prices.formula import Tier
from lib.prices.price_draft import Draft, draft_to_json
from lib.ui import saving

GOLDEN = {
    "0.01": "14.02", "50": "134.00", "99.99": "253.98", "100": "188.00", "499.99": "907.98", "500": "782.00", "1200": "1874.00",
}  # fmt: skip
"""Source price -> price in a store of 120 % + 2, by the tiers >= 500: 130 % + 0, >= 100: 150 % + 5, >= 0: 200 % + 10."""
KEY = (1, Source.ALIBABA)
TIERS = ((0, 200, 10), (100, 150, 5), (500, 130, 0))


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(saving, "LATE_EDIT_SECONDS", 0.0)
    monkeypatch.setattr("lib.ui.prices.lab_strip.LATE_EDIT_SECONDS", 0.0)


@pytest.fixture
def shop(given):
    """Seven products, each listed at its golden price."""
    given(
        Category(id=1, name="Kitchen", path="Kitchen"),
        Store(id=1, name="CN-01", marketplace="CN", currency="CNY", percent=Decimal(120), fine=Decimal(2)),
    )
    given(
        *(
            PriceTier(category_id=1, source=Source.ALIBABA, threshold=Decimal(t), percent=Decimal(p), fine=Decimal(f))
            for t, p, f in TIERS
        )
    )
    given(*(
        Product(id=n, sku=f"P{n}", title_en=f"Cup {n}", category_id=1, source=Source.ALIBABA, source_price=Decimal(cost), currency="CNY")
        for n, cost in enumerate(GOLDEN, start=1)
    ))  # fmt: skip
    given(*(Listing(id=n, product_id=n, store_id=1, seller_sku=f"P{n}-CN", price=Decimal(price))
            for n, price in enumerate(GOLDEN.values(), start=1)))  # fmt: skip


@pytest.fixture
def plain(given):
    """One product at 128 under one tier of 150 % + 5, listed at 238.40: nothing to warn of."""
    given(
        Category(id=1, name="Kitchen", path="Kitchen"),
        Store(id=1, name="CN-01", marketplace="CN", currency="CNY", percent=Decimal(120), fine=Decimal(2)),
    )
    given(
        PriceTier(category_id=1, source=Source.ALIBABA, threshold=Decimal(0), percent=Decimal(150), fine=Decimal(5)),
        Product(
            id=1,
            sku="CUP",
            title_en="Cup",
            category_id=1,
            source=Source.ALIBABA,
            source_price=Decimal(128),
            currency="CNY",
        ),
    )
    given(Listing(id=1, product_id=1, store_id=1, seller_sku="CUP-CN", price=Decimal("238.40")))
    given(PriceLimits(id=1, most_moved=Decimal(100), most_change=Decimal(30)))


def button(at, label):
    return next(b for b in at.button if b.label == label or (label.endswith("…") and b.label.startswith(label[:-1])))


def figures(at):
    return {m.label: m.value.partition("[")[2].rstrip("]") or m.value for m in at.metric}


def bench(at):
    return at.session_state["lab"].bench


def slide(at, points):
    return at.slider[0].set_value(points).run()


def type_tier(at, cells):
    """What a browser would send for the tiers, {position: {column: value}}; they stand from the highest threshold down."""
    return send(at, bench(at).rules[KEY].table.key, cells)


def send(at, key, cells, **more):
    positions = lambda found: {int(k) if k.lstrip("-").isdigit() else k: v for k, v in found.items()}  # noqa: E731
    state = {"edited_rows": cells, "added_rows": [], "deleted_rows": [], **more}
    at.session_state[key] = json.loads(json.dumps(state), object_hook=positions)
    return at.run()


def said(at):
    kinds = (at.error, at.warning, at.info, at.success, at.caption, at.markdown)
    return " ".join(one.value for kind in kinds for one in kind).replace("\\", "")


def stored(column):
    with reading() as session:
        return list(session.scalars(select(column).order_by(column.class_.id)))


def prices():
    return [f"{price:.2f}" for price in stored(ListingPrice.price)]


def as_bob(function, *args, acting):
    with transaction(acting("bob"), "tests.bob") as session:
        return function(session, *args)


# Looking


def test_the_golden_prices_stay(shop, open_page):
    at = open_page("pricing")
    assert not at.exception
    found = figures(at)
    assert {n: found[n] for n in ("Up", "Down", "Stay", "No price", "Locked", "Moved")} == {
        "Up": "0", "Down": "0", "Stay": "7", "No price": "0", "Locked": "0", "Moved": "0 %",
    }  # fmt: skip
    assert "**7** listed prices" in said(at)


def test_a_moved_slider_shows_what_would_happen_and_changes_nothing(shop, open_page):
    at = slide(open_page("pricing"), 10.0)
    found = figures(at)
    assert (found["Up"], found["Down"], found["Stay"], found["Moved"]) == ("7", "0", "0", "100 %")
    assert found["Biggest move"] == "7.69 %"  # 1200 x 140 % x 120 % + 2 = 2018.00, from 1874.00: 7.684 %, rounded up
    assert [tier.percent for tier in bench(at).made.rules[KEY]] == [Decimal(210), Decimal(160), Decimal(140)]
    assert stored(PriceTier.percent) == [Decimal(200), Decimal(150), Decimal(130)]
    assert prices() == list(GOLDEN.values())
    assert "1 rule tried. Saving changes no price." in said(at)
    at = slide(at, 0.0)
    assert (figures(at)["Stay"], bool(bench(at).made)) == ("7", False)


def test_a_typed_ratio_moves_the_prices_of_its_tier_only(shop, open_page):
    at = type_tier(open_page("pricing"), {1: {"percent": 160}})
    found = figures(at)
    assert (found["Up"], found["Stay"]) == ("2", "5")  # 100 and 499.99
    assert button(at, "Save and apply 2…")


def test_the_movers_are_named_with_both_prices(shop, open_page):
    at = type_tier(open_page("pricing"), {1: {"percent": 160}})
    at.session_state["lab view"] = "Biggest movers"
    table = next(frame.value for frame in at.run().dataframe if "Tried" in frame.value)
    assert [tuple(row) for row in table[["SKU", "Store", "Now", "Tried", "Change"]].itertuples(index=False)] == [
        ("P5-CN", "CN-01", "907.98 CNY", "967.98 CNY", 6.61), ("P4-CN", "CN-01", "188.00 CNY", "200.00 CNY", 6.38),
    ]  # fmt: skip


def test_moves_that_the_charts_do_not_draw_are_named_with_their_currency(shop, given, open_page):
    given(Store(id=2, name="US-01", marketplace="US", currency="USD"))
    given(ExchangeRate(base="CNY", quote="USD", day=date(2026, 1, 1), rate=Decimal("0.14")))
    given(Listing(id=8, product_id=2, store_id=2, seller_sku="P2-US", price=Decimal("15.40")))
    at = open_page("pricing")
    assert "not drawn above" not in said(at)
    at = slide(at, 10.0)
    assert figures(at)["Up"] == "8"
    assert "1 price moves in USD, not drawn above: choose the currency under “Charts in”." in said(at)
    at = at.selectbox(key="r_currency").set_value("USD").run()
    assert "7 prices move in CNY, not drawn above" in said(at)


def test_points_between_the_steps_of_the_slider_are_typed(shop, open_page):
    at = open_page("pricing")
    at = next(n for n in at.number_input if n.label == "Exactly").set_value(2.35).run()
    assert [tier.percent for tier in bench(at).made.rules[KEY]] == [
        Decimal("202.35"),
        Decimal("152.35"),
        Decimal("132.35"),
    ]
    assert (at.slider[0].value, next(n for n in at.number_input if n.label == "Exactly").value) == (2.35, None)


def test_all_rules_move_at_once(shop, given, open_page):
    given(PriceTier(category_id=1, source=Source.TAOBAO, threshold=Decimal(0), percent=Decimal(120), fine=Decimal(0)))
    at = open_page("pricing")
    at = at.selectbox(key="lab rule").set_value("every rule").run()
    at = slide(at, -5.0)
    assert {key: [tier.percent for tier in tiers] for key, tiers in bench(at).made.rules.items()} == {
        KEY: [Decimal(195), Decimal(145), Decimal(125)], (1, Source.TAOBAO): [Decimal(115)],
    }  # fmt: skip


def test_a_rule_switched_off_is_100_percent(shop, open_page):
    at = open_page("pricing")
    at = next(t for t in at.toggle if t.label == "Switched off").set_value(True).run()
    assert bench(at).made.rules == {KEY: None}
    assert figures(at)["Down"] == "7"


def test_a_new_tier_changes_nothing_until_its_ratio_is_typed(shop, open_page):
    at = button(open_page("pricing"), "Add tier").click().run()
    assert figures(at)["Stay"] == "7"
    at = type_tier(at, {0: {"percent": 120}})  # from 1000
    assert figures(at)["Down"] == "1"


def test_what_a_store_adds_is_tried_too(shop, open_page):
    at = open_page("pricing")
    at = send(at, bench(at).stores.key, {0: {"percent": 121, "ending": ".99"}})
    assert figures(at)["Up"] == "7"
    terms = bench(at).made.stores[1]
    assert (terms.percent, terms.ending) == (Decimal(121), ".99")
    assert stored(Store.percent) == [Decimal(120)]


def test_below_cost_is_counted_and_listed(shop, open_page):
    at = type_tier(open_page("pricing"), {0: {"percent": 80}})  # 500 x 80 % x 120 % + 2 = 482, 1200 -> 1154
    assert figures(at)["Below cost"] == "2"
    at.session_state["lab view"] = "Below floor or cost"
    table = next(frame.value for frame in at.run().dataframe if "Below" in frame.value)
    assert list(table["SKU"]) == ["P6-CN", "P7-CN"]
    assert list(table["Below"]) == ["cost", "cost"]


# The linter


def test_the_linter_names_the_band_that_sells_below_a_cheaper_item(shop, open_page):
    at = open_page("pricing")
    assert "Costs from 100.00 to 136.65 sell below an item of 99.99: 99.99 becomes 209.98, 100.00 only 155.00." in said(
        at
    )


@pytest.mark.parametrize(("cells", "sentence"), [
    ({0: {"percent": 0}}, "The percentage 0 must be above 0"),
    ({0: {"percent": -5}}, "The percentage -5 must be above 0"),
    ({0: {"percent": 1e9}}, "is above 100,000"),
    ({0: {"percent": "abc"}}, "Ratio must be a number"),
    ({0: {"percent": None}}, "Ratio must not be empty"),
    ({0: {"percent": "NaN"}}, "Ratio must be a number"),
    ({0: {"percent": [1]}}, "Ratio must be a number"),
    ({0: {"percent": {"a": 1}}}, "Ratio must be a number"),
    ({0: {"threshold": 100}}, "The threshold 100 is given twice"),
    ({0: {"threshold": "x" * 3000}}, "From must be a number"),
    ({0: {"fine": "1e400"}}, "Fine is too large"),
    ({n: {"drop": True} for n in range(3)}, "There is no tier"),
])  # fmt: skip
@pytest.mark.only("sqlite")
def test_what_is_wrong_is_a_sentence_and_is_neither_previewed_nor_saved(shop, open_page, cells, sentence):
    at = type_tier(open_page("pricing"), cells)
    assert not at.exception
    assert sentence in said(at)
    assert figures(at)["Stay"] == "7"
    assert button(at, "Save rules").disabled
    assert button(at, "Apply…").disabled


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("cells", [
    {0: {"now_percent": 1}}, {0: {"id": 9}}, {0: {"home": 1}}, {99: {"percent": 1}}, {-1: {"percent": 1}}, {0: ["percent"]}, {0: None},
])  # fmt: skip
def test_a_hand_made_message_changes_only_what_may_be_typed(shop, open_page, cells):
    at = type_tier(open_page("pricing"), cells)
    assert not at.exception
    assert not bench(at).made


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(("column", "value", "sentence"), [
    ("percent", 0, "must be above 0"), ("percent", "x", "must be a number"), ("ending", "9.9", "must have the 2 decimals"),
    ("ending", ["x"], "Ending must be a text"), ("floor", -1, "cannot be negative"), ("fine", None, "must not be empty"),
])  # fmt: skip
def test_wrong_terms_of_a_store_are_a_sentence(shop, open_page, column, value, sentence):
    at = open_page("pricing")
    at = send(at, bench(at).stores.key, {0: {column: value}})
    assert not at.exception
    assert sentence in said(at)
    assert not bench(at).made
    assert button(at, "Save rules").disabled


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("value", [0, "x", 1e300, -2, {"a": 1}])
def test_a_wrong_rate_is_a_sentence(shop, given, open_page, value):
    given(Store(id=2, name="US-01", marketplace="US", currency="USD"))
    at = open_page("pricing")
    at = send(at, bench(at).rates.key, {0: {"rate": value}})
    assert not at.exception
    assert "CNY/USD" in said(at)
    assert not bench(at).made
    assert button(at, "Save rules").disabled


# Saving


def test_saving_changes_the_rule_and_no_price(plain, open_page):
    at = slide(open_page("pricing", as_="petra"), 10.0)
    at = button(at, "Save rules").click().run()
    assert at.success[0].value.startswith("Saved\\: the rule 1688 / Kitchen")
    assert stored(PriceTier.percent) == [Decimal(160)]
    assert prices() == ["238.40"]
    assert (figures(at)["Up"], bool(bench(at).made)) == ("1", False)
    assert "1 of 1 price differs from the saved rules." in said(at)
    assert "v2" in " ".join(m.value for m in at.markdown)


def test_a_slip_is_asked_about_first(plain, open_page):
    at = type_tier(open_page("pricing"), {0: {"percent": 1.5}})
    at = button(at, "Save rules").click().run()
    assert "did you mean 150 %?" in " ".join(w.value for w in at.warning).replace("\\", "")
    assert button(at, "I mean it: save")
    assert stored(PriceTier.percent) == [Decimal(150)]


def test_bob_was_faster(plain, open_page, acting):
    at = slide(open_page("pricing"), 10.0)
    as_bob(lambda session: session.scalars(select(PriceTier)).one().__setattr__("percent", Decimal(170)), acting=acting)
    at = button(at, "Save rules").click().run()
    assert "bob has changed the rule 1688 / Kitchen meanwhile to ≥0: 170 % + 5.00." in said(at)
    assert stored(PriceTier.percent) == [Decimal(170)]
    assert "Somebody has changed this rule meanwhile" in said(at)
    assert [tier.percent for tier in bench(at).made.rules[KEY]] == [Decimal(160)]  # mine is kept
    at = button(at, "Keep mine").click().run()
    at = button(at, "Save rules").click().run()
    assert stored(PriceTier.percent) == [Decimal(160)]


def test_theirs_can_be_taken(plain, open_page, acting):
    at = slide(open_page("pricing"), 10.0)
    as_bob(lambda session: session.scalars(select(PriceTier)).one().__setattr__("percent", Decimal(170)), acting=acting)
    at = button(at.run(), "Take theirs").click().run()
    assert not bench(at).made
    assert figures(at)["Up"] == "1"


# Applying: the body of the dialog, drawn alone


def drawn(percent, ticked):
    """The laboratory's dialog on what was previewed when it was opened."""
    from decimal import Decimal

    import streamlit as st

    from db.vocabulary import Source
    from lib.prices import price_looks
    from lib.prices.formula import Tier
    from lib.prices.price_draft import Draft, Scope
    from lib.ui import page
    from lib.ui.prices import lab_apply
    from lib.ui.prices.lab_bench import Bench
    from lib.ui.prices.lab_desk import Desk

    page.open("Apply")
    if "desk" not in st.session_state:
        known, bench = page.read(price_looks.library), Bench("lab")
        draft = Draft({(1, Source.ALIBABA): (Tier(Decimal(0), Decimal(percent), Decimal(5)),)}) if percent else Draft()
        bench.read(known.book, lambda source: "CNY", [])
        bench.drawn, tried = bench.saved, price_looks.tried(known, draft)
        look = page.read(price_looks.take, known, tried, Scope())
        st.session_state["desk"] = Desk(bench, known, tried, draft, look, look, Scope(), "listed", tuple(ticked))
    lab_apply._dialog(st.session_state["desk"])


@pytest.fixture
def dialog(open_page, monkeypatch, acting):
    def show(as_, percent=None, ticked=()):
        from lib.ui import people

        open_page("pricing", as_=as_)
        monkeypatch.setattr(people, "current", lambda: acting(as_))
        return AppTest.from_function(drawn, kwargs={"percent": percent, "ticked": ticked}, default_timeout=30).run()

    return show


def test_a_few_prices_are_saved_and_applied_at_once_as_two_changes(plain, dialog):
    at = dialog("petra", 160)
    assert "**1 price** would move: 1 up." in said(at)
    assert "The breaker lets this pass" in said(at)
    at = button(at, "Save and apply").click().run()
    assert not at.exception
    assert "Saved: the rule 1688 / Kitchen" in said(at)
    assert "Run #1: 1 price applied, 1 up." in said(at)
    assert (stored(PriceTier.percent), prices()) == ([Decimal(160)], ["253.76"])  # (128 x 160 % + 5) x 120 % + 2
    with reading() as session:
        commands_run = session.scalars(select(ChangeSet.command).order_by(ChangeSet.id)).all()
    assert commands_run[-2:] == ["draft_saving.save_draft", "price_runs.apply"]


def test_the_breaker_stops_petra_and_says_who_may(plain, dialog):
    at = dialog("petra", 300)
    assert "CUP-CN in CN-01 would move by 96.65 %, from 238.40 CNY to 468.80 CNY; the breaker allows 30 %." in said(at)
    assert "Admin may apply it in spite of that, with a reason." in said(at)
    assert button(at, "Save and apply in spite of it").disabled
    assert (stored(PriceTier.percent), prices()) == ([Decimal(150)], ["238.40"])


def test_alice_overrules_it_with_a_reason_and_not_without(plain, dialog):
    at = dialog("alice", 300)
    assert button(at, "Save and apply in spite of it").disabled
    at = at.text_area[0].set_value("   ").run()
    assert button(at, "Save and apply in spite of it").disabled
    at = at.text_area[0].set_value("New supplier").run()
    button(at, "Save and apply in spite of it").click().run()
    assert prices() == ["468.80"]
    assert stored(PriceRun.reason) == ["New supplier"]


def test_prices_that_changed_since_the_preview_are_not_applied(shop, dialog, acting):
    given_tier = lambda session: session.scalars(select(PriceTier).where(PriceTier.percent == 150)).one()  # noqa: E731
    as_bob(lambda session: setattr(given_tier(session), "percent", Decimal(151)), acting=acting)
    at = dialog("alice")
    as_bob(lambda session: setattr(session.get(ListingPrice, 1), "price", Decimal("14.50")), acting=acting)
    before = prices()
    at = button(at, "Apply").click().run()
    assert "Since the preview bob" in said(at)
    assert "No price was changed: preview again." in said(at)
    assert (prices(), stored(PriceRun.id)) == (before, [])


def test_the_ticked_ones_can_be_applied_alone(shop, dialog, acting):
    for_all = lambda session: [setattr(tier, "fine", tier.fine + 1) for tier in session.scalars(select(PriceTier))]  # noqa: E731
    as_bob(for_all, acting=acting)
    at = dialog("alice", ticked=[4])
    assert "**7 prices** would move" in said(at)
    at = at.radio[0].set_value("The 1 ticked").run()
    assert "**1 price** would move: 1 up." in said(at)
    button(at, "Apply").click().run()
    assert [price for n, price in enumerate(prices(), 1) if n == 4] == ["189.20"]
    assert [price for n, price in enumerate(prices(), 1) if n != 4] == [
        p for n, p in enumerate(GOLDEN.values(), 1) if n != 4
    ]


def test_the_last_run_is_taken_back_from_the_strip(plain, dialog, open_page):
    button(dialog("petra", 160), "Save and apply").click().run()
    at = open_page("pricing", as_="petra")
    at = button(at, "Undo run #1").click().run()
    assert at.success[0].value.startswith("Run \\#1 taken back by run \\#2\\: 1 price is what")
    assert prices() == ["238.40"]


# Roles


def test_charlie_may_try_but_neither_save_nor_apply_nor_push(plain, open_page):
    at = slide(open_page("pricing", as_="charlie"), 10.0)
    assert figures(at)["Up"] == "1"
    for label in ("Save rules", "Save and apply 1…", "Push"):
        assert button(at, label).disabled
    assert button(at, "Save rules").help == "For the role Pricing manager or Admin"
    assert prices() == ["238.40"]


# Experiments


@pytest.fixture
def experiments(plain, given):
    rule = Draft({KEY: (Tier(Decimal(0), Decimal(175), Decimal(5)),)})
    given(
        Experiment(id=17, name="Spring *sale*", owner="petra", is_shared=True, draft=draft_to_json(rule)),
        Experiment(id=18, name="Secret", owner="petra", is_shared=False, draft=draft_to_json(rule)),
        Experiment(id=19, name="Broken", owner="petra", is_shared=True, draft={"rules": [7]}),
    )


def test_a_link_opens_a_shared_experiment(experiments, open_page):
    at = open_page("pricing", as_="charlie", r_lab="17")
    assert not at.exception
    assert [tier.percent for tier in bench(at).made.rules[KEY]] == [Decimal(175)]
    assert figures(at)["Up"] == "1"
    assert any("r_lab=17" in code.value for code in at.code)


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("link", ["999", "abc", "-1", "1" * 40, "17' OR 1=1", "18"])
def test_a_link_to_nothing_of_mine_is_a_sentence(experiments, open_page, link):
    at = open_page("pricing", as_="charlie", r_lab=link)
    assert not at.exception
    assert "This experiment is gone, or somebody keeps it to themselves." in said(at)
    assert not bench(at).made


def test_an_experiment_that_cannot_be_read_is_empty_and_says_so(experiments, open_page):
    at = open_page("pricing", as_="petra", r_lab="19")
    assert not at.exception
    assert "cannot be read any more" in said(at)
    assert not bench(at).made


def test_going_to_an_experiment_and_back_loses_nothing(experiments, open_page):
    at = slide(open_page("pricing", as_="petra"), 10.0)
    at = at.selectbox(key="lab experiment").set_value(17).run()
    assert [tier.percent for tier in bench(at).made.rules[KEY]] == [Decimal(175)]
    at = at.selectbox(key="lab experiment").set_value(0).run()
    assert [tier.percent for tier in bench(at).made.rules[KEY]] == [Decimal(160)]
    at = button(at, "Discard draft").click().run()
    assert not bench(at).made
    assert figures(at)["Stay"] == "1"


def test_what_is_tried_is_kept_under_a_name(plain, open_page):
    at = slide(open_page("pricing", as_="petra"), 10.0)
    at = at.text_input(key="lab keep name").set_value("Plus ten").run()
    at = at.button(key="lab keep as").click().run()
    assert stored(Experiment.name) == ["Plus ten"]
    assert at.session_state["lab"].at == stored(Experiment.id)[0]
    assert [tier.percent for tier in bench(at).made.rules[KEY]] == [Decimal(160)]
    assert stored(PriceTier.percent) == [Decimal(150)]


# Backwards


def test_the_ratio_that_gives_a_price_goes_into_the_draft(plain, open_page):
    at = open_page("pricing")
    at = next(t for t in at.text_input if t.label == "SKU").set_value("CUP").run()
    at = at.text_input(key="reverse amount").set_value("253.76").run()
    assert "160 % in the tier from 0.00 gives 253.76 CNY." in " ".join(t.value for t in at.text)
    at = button(at, "Try 160 %").click().run()
    assert [tier.percent for tier in bench(at).made.rules[KEY]] == [Decimal(160)]
    assert figures(at)["Up"] == "1"


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(("sku", "amount", "sentence"), [
    ("NONE", "10", "There is no product NONE."), ("CUP", "abc", "abc is not a number."), ("CUP", "-1", "Enter a price above 0"),
])  # fmt: skip
def test_a_question_that_cannot_be_answered_is_a_sentence(plain, open_page, sku, amount, sentence):
    at = open_page("pricing")
    at = next(t for t in at.text_input if t.label == "SKU").set_value(sku).run()
    at = at.text_input(key="reverse amount").set_value(amount).run()
    assert sentence in said(at) + " ".join(t.value for t in at.text)


# Nothing there


def test_an_empty_library_says_what_to_do(database, open_page):
    at = open_page("pricing")
    assert not at.exception
    assert "The library is empty. Import products first" in said(at)
    assert "There is no rule yet" in said(at)
    assert "There is no store yet" in said(at)


def test_without_a_listing_the_library_itself_can_be_looked_at(given, open_page):
    given(
        Category(id=1, name="Kitchen", path="Kitchen"),
        Store(id=1, name="CN-01", marketplace="CN", currency="CNY", percent=Decimal(120), fine=Decimal(2)),
    )
    given(
        Product(
            id=1, sku="CUP", title_en="Cup", category_id=1, source_price=Decimal(128), currency="CNY", state="ready"
        )
    )
    at = open_page("pricing")
    assert "Nothing is listed yet." in said(at)
    at = at.selectbox(key="r_against").set_value("saved").run()
    assert figures(at)["Stay"] == "1"
    assert button(at, "Apply…").disabled
