"""Parcels: what has left, with which carrier, and how the marketplace gets to know; on both databases."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.models import ChangeSet, DemoItem, DemoOrder, DemoParcel, Order, OrderLine, Shipment, ShipmentLine, Store, now
from db.session import SYSTEM, reading, transaction
from db.vocabulary import OrderStatus, ShipmentState, WorkStatus
from lib import channels, history, sync
from lib.channels import ChannelLine, ChannelOrder
from lib.channels import Parcel as Told
from lib.channels.demo import Demo
from lib.orders import orders_in, parcels_out, shipments
from lib.orders.order_filter import Filter
from lib.orders.shipments import Parcel
from lib.problems import Refused
from tests.lib.shop import CHARLIE, OSCAR, Busy, Clock, Outside, do
from tests.lib.trade import MONDAY, all_of, company, line, one, order, put

DHL = Parcel(1, carrier="DHL", tracking="00340", shipped_at=MONDAY + timedelta(days=1))
ORDERED = (10, 11)
"""Lines of order 1: two quilts and one lamp."""


@pytest.fixture
def trade(database):
    company()
    order(1, line(), line("LAMP", 1, 2), store_id=1)


def send(parcel=DHL, request="r1", who=OSCAR):
    return do(who, shipments.ship, request, parcel)


def look(order_id=1):
    with reading() as session:
        return shipments.of_order(session, order_id)


def pieces():
    return [(row.order_line_id, row.quantity) for row in all_of(ShipmentLine)]


def counted():
    """How many parcels and change sets there are: what a refusal must not change."""
    with reading() as session:
        return [
            session.scalar(select(func.count()).select_from(model)) for model in (Shipment, ShipmentLine, ChangeSet)
        ]


def refused(match, act, *args, **kwargs):
    """The command is refused with these words, and nothing has changed."""
    before = counted()
    with pytest.raises(Refused, match=match):
        act(*args, **kwargs)
    assert counted() == before


def state(number=1):
    return one(Shipment, number).state


# Writing down


def test_without_pieces_a_parcel_holds_all_that_is_still_here(trade):
    assert send() == "Parcel DHL 00340 of order 111-1: 3 pieces. The marketplace has not been told."
    assert pieces() == [(10, 2), (11, 1)]
    row = one(Shipment, 1)
    assert (row.carrier, row.tracking, row.shipped_at, row.state) == (
        "DHL",
        "00340",
        DHL.shipped_at,
        ShipmentState.DRAFT,
    )
    assert one(Order, 1).work_status == WorkStatus.SHIPPED
    assert one(Order, 1).status == OrderStatus.UNSHIPPED


def test_pressed_twice_it_makes_one(trade):
    send()
    assert send() == "This parcel has been made already, once."
    assert len(all_of(Shipment)) == 1


def test_a_part_leaves_and_the_rest_follows(trade):
    send(replace(DHL, pieces=((10, 1),)))
    assert one(Order, 1).work_status == WorkStatus.TO_PURCHASE
    assert [(piece.sku, piece.ordered, piece.left, piece.open) for piece in look().pieces] == [
        ("MH01", 2, 1, 1),
        ("LAMP", 1, 0, 1),
    ]
    send(replace(DHL, tracking="00341"), "r2")
    assert pieces() == [(10, 1), (10, 1), (11, 1)]
    assert one(Order, 1).work_status == WorkStatus.SHIPPED
    assert [(sent.items, sent.carrier, sent.state) for sent in look().parcels] == [
        ("MH01 × 1", "DHL", ShipmentState.DRAFT), ("MH01 × 1, LAMP × 1", "DHL", ShipmentState.DRAFT),
    ]  # fmt: skip


def test_bob_was_faster_and_the_second_is_told(trade):
    send(replace(DHL, pieces=((10, 2),)))
    refused(r"MH01: 2 ordered, 2 of them have left already; 1 more cannot leave. No parcel was made.",
            send, replace(DHL, pieces=((10, 1),)), "r2")  # fmt: skip
    send(replace(DHL, tracking="2"), "r3")
    refused("All pieces of order 111-1 have left already. No parcel was made.", send, DHL, "r4")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"carrier": "Horse"}, "“Horse” is none of Amazon's carriers: choose Other, and name it. No parcel was made."),
        ({"carrier": "Other"}, "The carrier Other needs a name. No parcel was made."),
        ({"carrier": "Other", "carrier_name": "  "}, "The carrier Other needs a name"),
        ({"tracking": "1" * 81}, "The tracking is longer than 80 characters"),
        ({"carrier": "Other", "carrier_name": "x" * 101}, "The carrier name is longer than 100 characters"),
        ({"method": "x" * 61}, "The method is longer than 60 characters"),
        ({"cost": Decimal("-1")}, "The cost must be 0 or more"),
        ({"cost": Decimal("NaN")}, "The cost must be 0 or more"),
        ({"cost": Decimal(10**9)}, "less than a billion"),
        ({"cost": Decimal("0.00001")}, "An amount has at most 4 decimals"),
        ({"currency": "XXX"}, "XXX is not a currency"),
        ({"shipped_at": now() + timedelta(minutes=5)}, "is in the future"),
        (
            {"shipped_at": MONDAY - timedelta(days=1)},
            "Order 111-1 was bought on 2026-03-02: it cannot have left before",
        ),
        ({"pieces": ((10, 3),)}, "MH01: 2 ordered, 0 of them have left already; 3 more cannot leave"),
        ({"pieces": ((10, 0),)}, "0 of MH01 is no quantity"),
        ({"pieces": ((10, -1),)}, "-1 of MH01 is no quantity"),
        ({"pieces": ((10, 1), (10, 1))}, "each once"),
        ({"pieces": ((99, 1),)}, "A parcel holds lines of its order"),
        ({"order_id": 99}, "This order does not exist any more. No parcel was made."),
        ({"tell": True}, None),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_made(trade, values, why):
    if why is None:  # the control: the same form without a mistake is taken
        assert send(replace(DHL, **values)).endswith("The marketplace is told with the next run.")
        assert state() == ShipmentState.QUEUED
    else:
        refused(why, send, replace(DHL, **values))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"status": OrderStatus.CANCELED}, "Order 111-2 has been canceled. No parcel was made."),
        ({"status": OrderStatus.PENDING}, "The marketplace has not confirmed the payment of order 111-2"),
        ({"fulfilment": "amazon"}, "Amazon sends order 111-2 itself"),
    ],
)
def test_orders_that_nothing_may_leave_for(trade, values, why):
    order(2, line(), **values)
    assert look(2).obstacle
    refused(why, send, replace(DHL, order_id=2))


def test_a_canceled_line_cannot_leave_and_is_not_proposed(trade):
    order(2, line(canceled=True), line("LAMP", 1, 2))
    refused(
        "Line MH01 of order 111-2 has been canceled. No parcel was made.",
        send,
        replace(DHL, order_id=2, pieces=((20, 1),)),
    )
    send(replace(DHL, order_id=2))
    assert pieces() == [(21, 1)]


def test_charlie_may_not(trade):
    refused("Operator or Admin may", send, DHL, "r1", CHARLIE)
    send()
    refused("Operator or Admin may", do, CHARLIE, shipments.remove, 1, 1)
    refused("Operator or Admin may", do, CHARLIE, parcels_out.tell, None, (1,))


def test_the_rate_of_the_day_is_kept_with_the_cost(trade):
    send(replace(DHL, pieces=((10, 1),), cost=Decimal("35.50"), currency="CNY"))
    send(replace(DHL, pieces=((10, 1),), cost=Decimal("4"), currency="EUR"), "r2")
    send(replace(DHL, pieces=((11, 1),), cost=Decimal("4"), currency="USD"), "r3")
    assert [(row.cost, row.currency, row.fx) for row in all_of(Shipment)] == [
        (Decimal("35.5"), "CNY", Decimal("0.125")), (Decimal(4), "EUR", Decimal(1)), (Decimal(4), "USD", None),
    ]  # fmt: skip


def test_blanks_at_the_ends_and_tabs_inside_are_taken_off(trade):
    send(replace(DHL, carrier="Other", carrier_name=" Yi\tJia ", tracking=" 1\n2 "))
    row = one(Shipment, 1)
    assert (row.carrier_name, row.tracking) == ("Yi Jia", "1 2")


# Changing


def test_a_parcel_changes_until_the_marketplace_is_told(trade):
    send(replace(DHL, pieces=((10, 2),)))
    seen = look().parcels[0].parcel
    assert do(
        OSCAR, shipments.edit, 1, seen, replace(seen, pieces=((10, 1), (11, 1)), tracking="9", cost=Decimal(8))
    ) == ("Parcel DHL 9 of order 111-1 was changed.")
    assert (sorted(pieces()), one(Shipment, 1).fx) == ([(10, 1), (11, 1)], Decimal("0.125"))
    refused("Somebody else has changed this parcel meanwhile. The parcel was not changed.",
            do, OSCAR, shipments.edit, 1, seen, replace(seen, tracking="10"))  # fmt: skip
    seen = look().parcels[0].parcel
    refused("MH01: 2 ordered, 0 of them", do, OSCAR, shipments.edit, 1, seen, replace(seen, pieces=((10, 3),)))
    do(OSCAR, parcels_out.tell, None, (), 1)
    refused("is “Queued”", do, OSCAR, shipments.edit, 1, seen, replace(seen, tracking="11"))
    refused("is “Queued”", do, OSCAR, shipments.remove, 1, 1)


def test_a_parcel_that_has_not_left_is_taken_away_and_its_pieces_are_here_again(trade):
    send()
    assert (
        do(OSCAR, shipments.remove, 1, 1)
        == "Parcel DHL 00340 of order 111-1 was taken away: its pieces are still here."
    )
    assert (all_of(Shipment), all_of(ShipmentLine), one(Order, 1).work_status) == ([], [], WorkStatus.TO_PURCHASE)
    refused("Somebody has taken this parcel away meanwhile", do, OSCAR, shipments.remove, 1, 1)


# Undo


def last_set():
    return all_of(ChangeSet)[-1].id


def test_undo_takes_a_parcel_back_and_brings_it_again(trade):
    send()
    do(OSCAR, history.undo, last_set())
    assert (all_of(Shipment), all_of(ShipmentLine), one(Order, 1).work_status) == ([], [], WorkStatus.TO_PURCHASE)
    do(OSCAR, history.undo, last_set())
    assert (pieces(), one(Order, 1).work_status) == (
        [(11, 1), (10, 2)] if pieces()[0][0] == 11 else [(10, 2), (11, 1)],
        WorkStatus.SHIPPED,
    )


def test_undo_never_takes_back_what_the_marketplace_was_told(trade):
    send(replace(DHL, tell=True))
    made = last_set()
    assert sync.send_parcels() == "1 parcel sent"
    refused("Parcel DHL 00340 is “Queued”", do, OSCAR, history.undo, made)
    with transaction(SYSTEM, "tests.answer") as session:
        session.get_one(Shipment, 1).state = ShipmentState.CONFIRMED
    refused("Parcel DHL 00340 is “Confirmed”", do, OSCAR, history.undo, made)


def test_undo_leaves_no_empty_parcel_and_sends_nothing_twice(trade):
    send()
    made = last_set()
    do(OSCAR, parcels_out.tell, None, (), 1)
    refused("has been changed since, and nothing would be left in it", do, OSCAR, history.undo, made)
    do(OSCAR, history.undo, last_set())
    assert state() == ShipmentState.DRAFT
    do(OSCAR, shipments.remove, 1, 1)
    removed = last_set()
    send(request="r2")
    refused("MH01: 4 would have left, and 2 were ordered. Nothing was changed.", do, OSCAR, history.undo, removed)


# Telling the marketplace


@pytest.fixture
def shop(trade, monkeypatch):
    """Order 1 as the demo marketplace has it; the calls that were made, all while no transaction was open."""
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    lines = [{"item": item, "sku": sku, "asin": None, "title": sku, "quantity": count, "price": "40"}
             for item, sku, count in (("1", "MH01", 2), ("2", "LAMP", 1))]  # fmt: skip
    body = {
        "status": "unshipped",
        "turn": "",
        "bought_at": one(Order, 1).bought_at.isoformat(),
        "currency": "EUR",
        "lines": lines,
    }
    put(DemoOrder(account="Berlin", number="111-1", body=body))
    calls, real = [], channels.of

    def watched(*account):
        outside = Outside(real(*account))
        outside.calls = calls
        return outside

    monkeypatch.setattr(channels, "of", watched)
    return calls


def body():
    return all_of(DemoOrder)[0].body


def test_a_parcel_is_told_and_the_order_is_shipped(shop):
    send(replace(DHL, pieces=((10, 2),)))
    assert do(OSCAR, parcels_out.tell, None, (1,)) == "The marketplace is told of 1 parcel with the next run."
    assert sync.send_parcels() == "1 parcel sent"
    assert (state(), body()["status"]) == (ShipmentState.QUEUED, "unshipped")
    assert sync.read_answers() == "1 answer read"
    assert (state(), body()["status"]) == (ShipmentState.CONFIRMED, "partly_shipped")
    sync.pull_orders()
    assert (one(Order, 1).status, one(Order, 1).work_status) == (OrderStatus.PARTLY_SHIPPED, WorkStatus.TO_PURCHASE)
    send(replace(DHL, tracking="2", tell=True), "r2")
    assert len(sync.poll()) == len(sync.STEPS)
    assert [row.state for row in all_of(Shipment)] == [ShipmentState.CONFIRMED] * 2
    after = one(Order, 1)
    assert (after.status, after.work_status, after.shipped_at) == (
        OrderStatus.SHIPPED,
        WorkStatus.SHIPPED,
        DHL.shipped_at,
    )
    assert shop.count("ship") == 2


def test_a_refused_parcel_keeps_the_reason_is_mended_and_told_again(shop):
    with transaction(SYSTEM, "tests.body") as session:
        found = session.scalars(select(DemoOrder)).one()
        found.body = {**found.body, "shipped": {"1": 1}}
    send(replace(DHL, pieces=((10, 2),), tell=True))
    sync.poll()
    sent = look().parcels[0]
    assert (sent.state, sent.problem) == (
        ShipmentState.REFUSED, "DEMO-ITEMS: orderItems: 2 of item 1, and 1 of it wait to be shipped.",
    )  # fmt: skip
    do(OSCAR, shipments.edit, 1, sent.parcel, replace(sent.parcel, pieces=((10, 1),), tell=True))
    sync.poll()
    assert (state(), one(Shipment, 1).problem, body()["shipped"]) == (ShipmentState.CONFIRMED, None, {"1": 2})


def test_what_was_not_answered_is_asked_again_and_never_doubled(shop, monkeypatch):
    send(replace(DHL, tell=True))
    real = channels.of

    class Deaf:
        """Takes the parcel, and the answer is lost on its way."""

        def __init__(self, channel):
            self.channel = channel

        def ship(self, parcels, key):
            self.channel.ship(parcels, key)
            raise channels.ChannelError("The line is dead.")

    with monkeypatch.context() as patch:
        patch.setattr(channels, "of", lambda *account: Deaf(real(*account)))
        with pytest.raises(channels.ChannelError, match="Berlin: The line is dead"):
            sync.send_parcels()
    assert state() == ShipmentState.QUEUED
    assert sync.send_parcels() == "0 parcels sent"
    refused("has been told of this parcel already", do, OSCAR, parcels_out.withdraw, 1)
    sync.read_answers()
    assert (state(), body()["shipped"]) == (ShipmentState.CONFIRMED, {"1": 2, "2": 1})


def test_what_never_arrived_is_told_again(shop, monkeypatch):
    send(replace(DHL, tell=True))
    with monkeypatch.context() as patch:
        patch.setattr(channels, "of", lambda *account: Busy())
        with pytest.raises(channels.ChannelError):
            sync.send_parcels()
    sync.read_answers()
    sync.read_answers()
    assert (state(), len(all_of(DemoParcel)), body()["shipped"]) == (ShipmentState.CONFIRMED, 1, {"1": 2, "2": 1})


def test_what_waits_can_be_taken_out_of_the_queue(shop):
    send(replace(DHL, tell=True))
    assert do(OSCAR, parcels_out.withdraw, 1) == "The parcel waits here; the marketplace is not told."
    assert (state(), sync.send_parcels()) == (ShipmentState.DRAFT, "0 parcels sent")


def test_a_store_that_is_not_talked_to_goes_by_file(trade):
    with transaction(SYSTEM, "tests.kind") as session:
        session.get_one(Store, 1).channel = "file"
    refused(
        "Caravan does not talk to Berlin itself. Nothing was changed: make a confirmation file.",
        send,
        replace(DHL, tell=True),
    )
    send()
    assert look().can_tell is False
    refused(
        "1 of stores that Caravan does not talk to goes by a confirmation file", do, OSCAR, parcels_out.tell, None, (1,)
    )
    assert state() == ShipmentState.DRAFT


def test_all_that_match_are_told_and_canceled_orders_are_not(trade):
    order(2, line(), store_id=2)
    send()
    send(replace(DHL, order_id=2), "r2")
    with transaction(SYSTEM, "tests.cancel") as session:
        session.get_one(Order, 2).status = OrderStatus.CANCELED
    assert do(OSCAR, parcels_out.tell, Filter()) == "The marketplace is told of 1 parcel with the next run."
    assert [row.state for row in all_of(Shipment)] == [ShipmentState.QUEUED, ShipmentState.DRAFT]
    refused("There is no parcel to tell here. Nothing was changed.", do, OSCAR, parcels_out.tell, Filter())


def test_shipped_by_whatever_way_is_known(trade):
    """Somebody has told it in Seller Central; the next news of the order says so."""
    send()
    told = ChannelOrder("111-1", "shipped", one(Order, 1).bought_at, "EUR",
                        (ChannelLine("1", "MH01", 2, price=Decimal(40)), ChannelLine("2", "LAMP", 1, price=Decimal(40))),
                        shipped_at=MONDAY + timedelta(days=2))  # fmt: skip
    with transaction(SYSTEM, "tests.told") as session:
        orders_in.receive(session, 1, [told])
    assert state() == ShipmentState.CONFIRMED
    order(2, line(), status=OrderStatus.SHIPPED)
    assert send(replace(DHL, order_id=2, tell=True), "r2") == "Parcel DHL 00340 of order 111-2: 2 pieces."
    assert state(2) == ShipmentState.CONFIRMED


# The demo marketplace


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"carrier": ""}, "DEMO-CARRIER"),
        ({"carrier": "Other", "carrier_name": ""}, "DEMO-CARRIER"),
        ({"items": ()}, "DEMO-ITEMS"),
        ({"items": (("1", 0),)}, "DEMO-ITEMS"),
        ({"items": (("9", 1),)}, "DEMO-ITEMS"),
        ({"items": (("1", 3),)}, "DEMO-ITEMS"),
        ({"order": "111-9"}, "DEMO-ORDER"),
        ({"shipped_at": MONDAY - timedelta(days=2)}, "DEMO-DATE"),
        ({"shipped_at": MONDAY + timedelta(days=9)}, "DEMO-DATE"),
    ],
)
def test_the_demo_marketplace_refuses_rubbish_with_a_reason(shop, values, why):
    clock = Clock(MONDAY + timedelta(days=3))
    demo = Demo("Berlin", "EUR", clock)
    good = Told("7", "111-1", (("1", 1),), "DHL", "", "1", "", MONDAY + timedelta(days=1))
    demo.ship([replace(good, **values), replace(good, reference="8")], "k1")
    outcomes = demo.poll(["k1"])["k1"].outcomes
    assert [issue.code for issue in outcomes["7"].issues] == [why]
    assert (outcomes["7"].state, outcomes["8"].state) == ("refused", "live")
    assert (body()["shipped"], body()["status"]) == ({"1": 1}, "partly_shipped")


def test_the_demo_marketplace_thinks_a_while_and_counts_a_parcel_once(shop, monkeypatch):
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "20")
    clock = Clock(MONDAY + timedelta(days=3))
    demo = Demo("Berlin", "EUR", clock)
    parcel = Told("7", "111-1", (("1", 2), ("2", 1)), "DHL", "", "1", "", MONDAY + timedelta(days=1))
    assert demo.ship([parcel], "k1").outcomes["7"].state == "accepted"
    assert demo.poll(["k1"])["k1"].outcomes["7"].state == "accepted"
    clock.turn(seconds=20)
    assert demo.poll(["k1"])["k1"].outcomes["7"].state == "live"
    assert demo.ship([parcel], "k1").outcomes["7"].state == "live"
    assert demo.ship([replace(parcel, items=(("1", 1),))], "k2").outcomes["7"].state == "live"
    [told] = [found for found in demo.orders("").orders if found.number == "111-1"]
    assert (told.status, told.shipped_at, body()["shipped"]) == ("shipped", parcel.shipped_at, {"1": 2, "2": 1})
    assert all_of(DemoItem) == []
    assert all_of(OrderLine)[0].quantity == 2
