"""The demo marketplace answers like one: late, item by item, the same key once, with reasons, and with orders for what is live."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from db.models import DemoItem, DemoOrder
from lib.channels import CosellOffer, NewListing, Rejected, SetPrice, State, Throttled, of
from lib.channels.demo import Demo
from tests.lib.shop import MUG_CODE, NORDWIND_CODE, Clock, all_of, company

MUG = NewListing("MUG", MUG_CODE, "Mug", Decimal("23.99"), "USD", 5, picture="x.webp")


@pytest.fixture
def clock(database, monkeypatch):
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "20")
    company()
    return Clock()


@pytest.fixture
def demo(clock):
    return Demo("US-01", "USD", clock)


def codes(outcome):
    return [issue.code for issue in outcome.issues]


def test_a_listing_is_accepted_now_and_live_later_under_an_asin(demo, clock):
    assert demo.submit([MUG], "k1").outcomes["MUG"].state is State.ACCEPTED
    clock.turn(seconds=19)
    assert demo.poll(["k1"])["k1"].outcomes["MUG"].state is State.ACCEPTED
    clock.turn(seconds=1)
    live = demo.poll(["k1"])["k1"].outcomes["MUG"]
    assert (live.state, len(live.asin), codes(live)) == (State.LIVE, 10, [])
    assert demo.find_catalog([MUG_CODE])[MUG_CODE][0].asin == live.asin


def test_the_same_key_again_is_the_same_submission(demo, clock):
    demo.submit([MUG], "k1")
    clock.turn(seconds=10)
    demo.submit([replace(MUG, price=Decimal("1"))], "k1")
    [item] = all_of(DemoItem)
    assert (item.price, item.submitted_at) == (Decimal("23.99"), clock.at - timedelta(seconds=10))


def test_one_bad_item_never_spoils_the_others(demo, clock):
    bad = NewListing("BAD", None, "", None, "USD", -1)
    outcomes = demo.submit([bad, MUG], "k1").outcomes
    assert outcomes["BAD"].state is State.REFUSED
    assert codes(outcomes["BAD"]) == ["90220", "90220", "90220", "DEMO-QUANTITY"]
    clock.turn(seconds=20)
    assert demo.poll(["k1"])["k1"].outcomes["MUG"].state is State.LIVE
    assert demo.poll(["k1"])["k1"].outcomes["BAD"].state is State.REFUSED


@pytest.mark.parametrize(
    ("listing", "code"),
    [
        (replace(MUG, sku="LAMP", code=NORDWIND_CODE), "8572"),
        (replace(MUG, sku="SERUM", brand="aurelia "), "5665"),
        (replace(MUG, sku="FREE", price=Decimal(0)), "DEMO-PRICE"),
        (replace(MUG, sku="ODD", code="9520000000012"), "DEMO-CODE"),
        (CosellOffer("COSELL", "B0BGATED01", Decimal("9"), "USD", 1), "5461"),
        (CosellOffer("COSELL", "B000000000", Decimal("9"), "USD", 1), "DEMO-ASIN"),
    ],
)
def test_what_is_refused_has_its_reason(demo, clock, listing, code):
    demo.submit([listing], "k1")
    clock.turn(seconds=20)
    outcome = demo.poll(["k1"])["k1"].outcomes[listing.sku]
    assert (outcome.state, codes(outcome)) == (State.REFUSED, [code])


def test_the_own_brand_shares_an_item_and_an_offer_goes_live_on_its_asin(demo, clock):
    pens = replace(MUG, sku="PENS", code=NORDWIND_CODE, brand="Nordwind")
    demo.submit([pens, CosellOffer("COSELL", "B0CCAMP123", Decimal("9"), "USD", 1)], "k1")
    clock.turn(seconds=20)
    outcomes = demo.poll(["k1"])["k1"].outcomes
    assert {sku: o.asin for sku, o in outcomes.items()} == {"PENS": "B08HJKL2M9", "COSELL": "B0CCAMP123"}


def test_without_a_picture_it_is_live_with_a_complaint(demo, clock):
    demo.submit([replace(MUG, picture=None)], "k1")
    clock.turn(seconds=20)
    live = demo.poll(["k1"])["k1"].outcomes["MUG"]
    assert (live.state, codes(live)) == (State.LIVE, ["DEMO-PICTURE"])


def test_a_submission_that_never_arrived_is_not_known(demo):
    assert demo.poll(["never"]) == {}


def test_restrictions_and_the_catalogue(demo):
    assert demo.restrictions("B0CCAMP123") == ()
    assert [r.reason for r in demo.restrictions("B0BGATED01")] == ["APPROVAL_REQUIRED"]
    assert [r.reason for r in demo.restrictions("B000000000")] == ["ASIN_NOT_FOUND"]
    assert demo.item("B0CCAMP123").brand == "Trailhead"
    assert demo.find_catalog(["12", NORDWIND_CODE])["12"] == ()
    with pytest.raises(Throttled):
        demo.restrictions("B0THROTTLE")
    with pytest.raises(Rejected):
        demo.find_catalog(["1"] * 21)


def test_a_new_price(demo, clock):
    demo.submit([MUG], "k1")
    assert demo.submit([SetPrice("MUG", Decimal("19.99"), "USD")], "k2").outcomes["MUG"].state is State.REFUSED
    clock.turn(seconds=20)
    demo.poll(["k1"])
    assert demo.submit([SetPrice("MUG", Decimal("19.99"), "USD")], "k3").outcomes["MUG"].state is State.LIVE
    assert all_of(DemoItem)[0].price == Decimal("19.99")


def test_other_kinds_of_channel_say_that_they_cannot_be_talked_to():
    with pytest.raises(Rejected):
        of("live", "US-01", "USD")


# Orders


def live(demo, clock, *skus):
    """Put items up, each under a code of its own, and let them go live."""
    bodies = {"A": "9520000000103", "B": "9520000000110", "MUG": MUG_CODE, "C": "9520000000127"}
    demo.submit([replace(MUG, sku=sku, code=bodies[sku]) for sku in skus], "up")
    clock.turn(seconds=20)
    demo.poll(["up"])


def test_an_item_that_has_gone_live_gets_an_order_once(demo, clock):
    live(demo, clock, "MUG")
    page = demo.orders("")
    [order] = page.orders
    [line] = order.lines
    assert (order.status, line.sku, line.quantity) == ("unshipped", "MUG", line.quantity)
    assert order.total == line.price == Decimal("23.99") * line.quantity
    assert (order.bought_at, order.ship_by) == (clock.at, clock.at + timedelta(days=3))
    assert order.buyer.country in ("US",)
    again = demo.orders(page.cursor)
    assert (again.orders, again.cursor) == ((), page.cursor)
    assert demo.orders("").orders == page.orders


def test_the_second_orders_are_double_pending_or_canceled_later(demo, clock):
    live(demo, clock, "A", "B", "C", "MUG")
    cursor = demo.orders("").cursor
    clock.turn(minutes=5)
    second = demo.orders(cursor)
    kinds = {o.lines[0].sku: (o.status, len(o.lines), o.total is None, o.buyer is None) for o in second.orders}
    assert set(kinds.values()) == {
        ("unshipped", 2, False, False),
        ("pending", 1, True, True),
        ("unshipped", 1, False, False),
    }
    clock.turn(minutes=30)
    turned = {o.lines[0].sku: o.status for o in demo.orders(second.cursor).orders}
    expected = {"pending": "unshipped", "unshipped": "canceled"}
    assert turned == {sku: expected[status] for sku, (status, lines, *_) in kinds.items() if lines == 1}


def test_pages_of_orders_end(demo, clock, monkeypatch):
    monkeypatch.setattr("lib.channels.demo.PAGE", 2)
    live(demo, clock, "A", "B", "C", "MUG")
    numbers, cursor, is_last = [], "", False
    while not is_last:
        page = demo.orders(cursor)
        numbers += [order.number for order in page.orders]
        cursor, is_last = page.cursor, page.is_last
    assert sorted(numbers) == sorted(row.number for row in all_of(DemoOrder))
    assert len(numbers) == 4
