"""The list of purchases: its criteria and queues, what is typed into it, its verbs; and the orders' work status, which follows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.frames import Page
from db.models import ChangeSet, Order, OrderLine, PastedList, Product, Purchase, PurchaseLine, SavedView, now
from db.session import SYSTEM, reading, transaction
from db.vocabulary import FreightBy, OrderStatus, Payment, PurchaseStatus, Source, WorkStatus
from lib import history
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.orders import pasted_lists
from lib.problems import Refused
from lib.purchases import purchase_freight, purchase_list, purchases
from lib.purchases.purchase_stages import Stage
from lib.purchases.purchases import Filter
from tests.lib.trade import all_of, company, line, one, order, put

PAID = {"unit_cost": Decimal("64.5"), "freight": Decimal("8"), "operator": "oscar"}
CANCELED = PurchaseStatus.CANCELED


@pytest.fixture
def trade(database):
    """Purchase 1 serves orders 1 and 2; 2 goes by the warehouse; 3 was canceled."""
    company()
    order(1, line(), work_status=WorkStatus.PURCHASED)
    order(2, line(quantity=1), work_status=WorkStatus.PURCHASED)
    order(3, line("LAMP", 1, 2), work_status=WorkStatus.IN_TRANSIT)
    put(
        Purchase(id=1, request="r1", quantity=3, number="1688-77", site=Source.ALIBABA, **PAID),
        Purchase(
            id=2, request="r2", quantity=1, site=Source.TAOBAO, tracking="SF1000001, SF1000002", transshipped=True, warehouse_id=1,
            payment=Payment.PAID, tracked_at=now(), **PAID,
        ),
        Purchase(id=3, request="r3", quantity=1, status=CANCELED, **PAID | {"operator": "bob"}),
    )  # fmt: skip
    put(
        PurchaseLine(purchase_id=1, order_line_id=10, quantity=2),
        PurchaseLine(purchase_id=1, order_line_id=20, quantity=1),
        PurchaseLine(purchase_id=2, order_line_id=30, quantity=1),
    )


def work(*orders):
    return [one(Order, number).work_status.value for number in orders]


def edit(number, field, old, new):
    return Changes((Edit(number, field, old, new),))


def found(**wanted):
    with reading() as session:
        ids = list(purchases.table(session, Filter(**wanted), Page(descending=False)).index)
        assert purchases.count(session, Filter(**wanted)) == len(ids)
    return ids


def undo(actor):
    """Take back what was done last."""
    with reading() as session:
        number = session.scalar(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(1))
    return perform(actor, history.undo, number)


def snapshot():
    """Everything that is stored of purchases and their lines, but for when."""
    rows = [
        {c.name: getattr(row, c.name) for c in row.__table__.c}
        for model in (Purchase, PurchaseLine)
        for row in all_of(model)
    ]
    return [{name: value for name, value in row.items() if name != "updated_at"} for row in rows]


# Criteria


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, [1, 2, 3]),
        ({"text": "1688-77"}, [1]),
        ({"text": "1688-77\n111-3\tnothing"}, [1, 2]),
        ({"text": "111-3"}, [2]),
        ({"text": "SF1000002"}, [2]),
        ({"text": "MH01"}, [1]),
        ({"text": "羊毛被"}, [1]),
        ({"status": CANCELED}, [3]),
        ({"statuses": (CANCELED, PurchaseStatus.ORDERED)}, [1, 2, 3]),
        ({"statuses": (CANCELED,), "status": PurchaseStatus.ORDERED}, []),
        ({"sites": (Source.TAOBAO, Source.JD)}, [2]),
        ({"operators": ("bob",)}, [3]),
        ({"warehouses": ("Shenzhen",)}, [2]),
        ({"warehouses": ("Atlantis",)}, []),
        ({"payments": (Payment.PAID,)}, [2]),
        ({"stages": (Stage.IN_TRANSIT,)}, [2]),
        ({"stages": (Stage.ORDERED, Stage.ARRIVED)}, [1]),
        ({"without_tracking": True}, [1]),
        ({"transshipped": True}, [2]),
        ({"transshipped": True, "text": "MH01"}, []),
        ({"since": now().date()}, [1, 2, 3]),
        ({"until": now().date() - timedelta(days=1)}, []),
        ({"late_tracking": True}, []),
        ({"stuck": True}, []),
        ({"vain": True}, []),
        ({"losing": True}, []),
    ],
)
def test_criteria_all_hold(trade, wanted, ids):
    assert found(**wanted) == ids


@pytest.mark.parametrize(
    ("text", "ids", "missing"),
    [
        ("1688-77, sf1000002", [1, 2], ()),
        ("mh01;NOPE-1 羊毛被 NOPE-1", [1], ("NOPE-1", "羊毛被")),
        ("111-3\t111-9", [2], ("111-9",)),
    ],
)
def test_a_pasted_list_finds_purchases_by_any_number_and_names_what_was_not_found(trade, acting, text, ids, missing):
    key = put_list(acting("charlie"), text)
    assert found(paste=key) == ids
    with reading() as session:
        told = purchases.answer(session, Filter(paste=key))
        assert sum(purchases.counts(session, Filter(paste=key)).values()) == len(ids)
    assert (told.missing, told.asked) == (missing, len(missing) + told.found)
    assert told.duplicates == (("NOPE-1",) if "NOPE" in text else ())


def put_list(actor, text):
    perform(actor, pasted_lists.keep, text)
    return all_of(PastedList)[0].key


def test_a_list_that_is_not_kept_any_more_finds_nothing_and_one_in_a_view_is_kept(trade, acting):
    assert found(paste="gone") == []
    key = put_list(acting("charlie"), "1688-77")
    put(SavedView(screen="purchase", name="Mine", owner="charlie", query=f"b_paste={key}"))
    with transaction(SYSTEM, "tests.later") as session:
        session.scalars(select(PastedList)).one().pasted_at = now() - timedelta(days=91)
    with transaction(SYSTEM, "tests.purge") as session:
        assert pasted_lists.purge(session) == 0
        session.delete(session.scalars(select(SavedView)).one())
        session.flush()
        assert pasted_lists.purge(session) == 1


def test_days_are_whole_days_in_utc(trade):
    with transaction(SYSTEM, "tests.put") as session:
        session.get_one(Purchase, 1).created_at = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)
        session.get_one(Purchase, 2).created_at = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    day = date(2026, 3, 2)
    assert (found(since=day, until=day), found(until=day), found(since=date(2026, 3, 3))) == ([1], [1], [2, 3])


def put_at(number, **values):
    with transaction(SYSTEM, "tests.put") as session:
        for name, value in values.items():
            setattr(session.get_one(Purchase, number), name, value)


def ago(**span):
    return now() - timedelta(**span)


def test_without_tracking_for_48_hours(trade):
    put_at(1, created_at=ago(hours=47, minutes=59))
    assert found(late_tracking=True) == []
    put_at(1, created_at=ago(hours=48, minutes=1))
    assert found(late_tracking=True) == [1]
    put_at(1, status=PurchaseStatus.CLOSED_SHORT)
    assert found(late_tracking=True) == []


def test_stuck_on_the_way_or_at_the_warehouse(trade):
    put_at(2, tracked_at=ago(days=6, hours=23))
    assert found(stuck=True) == []
    put_at(2, tracked_at=ago(days=7, hours=1))
    assert found(stuck=True) == [2]
    arrived = {"status": PurchaseStatus.ARRIVED, "arrived_quantity": 1}
    put_at(2, arrived_at=ago(days=4, hours=23), **arrived)
    assert found(stuck=True) == []
    put_at(2, arrived_at=ago(days=5, hours=1), relabelled_at=ago(days=1))
    assert found(stuck=True) == [2]
    put_at(2, forwarded_at=now())
    assert found(stuck=True) == []


def test_canceled_but_bought(trade):
    with transaction(SYSTEM, "tests.put") as session:
        session.get_one(OrderLine, 20).canceled = True
        session.get_one(Order, 2).is_canceled_bought = True
    assert found(vain=True) == [1]
    with transaction(SYSTEM, "tests.put") as session:
        session.get_one(Order, 3).status = OrderStatus.CANCELED
        session.get_one(Order, 3).is_canceled_bought = True
    assert found(vain=True) == [1, 2]
    put_at(1, status=CANCELED)
    assert found(vain=True) == [2]


def test_purchases_of_orders_that_lose_money(trade):
    with transaction(SYSTEM, "tests.put") as session:
        session.get_one(Order, 1).is_losing = True
    assert found(losing=True) == [1]


def test_a_price_drifts_by_more_than_a_tenth_of_what_was_expected(trade):
    """The quilt costs 128 at its source and the lamp 20; both were bought for 64.5."""
    with transaction(SYSTEM, "tests.put") as session:
        session.get_one(Product, 1).source_price = Decimal("64.5")
        session.get_one(Product, 2).source_price = Decimal("71.6666")
    assert found(drift=True) == []  # 64.5 is exactly 10 % below 71.6666…
    put_at(1, cost_before=Decimal("58.6364"))
    assert found(drift=True) == []
    put_at(1, cost_before=Decimal("58.6363"))
    assert found(drift=True) == [1]
    with transaction(SYSTEM, "tests.put") as session:
        session.get_one(Product, 2).source_price = Decimal("71.6667")
    assert found(drift=True) == [1, 2]
    with transaction(SYSTEM, "tests.put") as session:
        session.get_one(Product, 2).currency = "USD"
    put_at(1, created_at=ago(days=31))
    assert found(drift=True) == []


def test_a_line_with_a_price_of_its_own_drifts_by_that(trade):
    with transaction(SYSTEM, "tests.put") as session:
        session.get_one(Product, 1).source_price = Decimal("64.5")
        session.get_one(Product, 2).source_price = Decimal("64.5")
        session.scalars(select(PurchaseLine).where(PurchaseLine.order_line_id == 30)).one().unit_cost = Decimal("80")
    assert found(drift=True) == [2]


def test_tabs_count_the_other_criteria(trade):
    with reading() as session:
        counts = purchases.counts(session, Filter(operators=("oscar",), status=CANCELED))
    assert {name: number for name, number in counts.items() if number} == {"ordered": 2}


def test_tabs_count_the_same_in_a_queue(trade):
    put_at(1, created_at=ago(days=3))
    with reading() as session:
        late = purchases.counts(session, Filter(late_tracking=True, status=CANCELED))
        named = purchases.counts(session, Filter(text="1688-77 111-3"))
    assert list(late) == [status.value for status in PurchaseStatus]
    assert [{name: n for name, n in counts.items() if n} for counts in (late, named)] == [
        {"ordered": 1},
        {"ordered": 2},
    ]


# Reading


def test_a_row_names_the_orders_it_serves_and_its_total(trade):
    with reading() as session:
        row = purchases.table(session, Filter(text="1688-77"), Page()).loc[1]
    assert (row["orders"], row["items"], row["picture"]) == ("111-1, 111-2", "MH01 × 2, MH01 × 1", "quilt.webp")
    assert (row["total"], row["currency"], row["stage"], row["age"]) == (Decimal("201.5"), "CNY", Stage.ORDERED, 0)


def test_a_total_counts_each_line_at_its_own_price(trade):
    with transaction(SYSTEM, "tests.put") as session:
        session.scalars(select(PurchaseLine).where(PurchaseLine.order_line_id == 20)).one().unit_cost = Decimal("70.25")
    with reading() as session:
        table = purchases.table(session, Filter(), Page(descending=False))
        empty = purchases.table(session, Filter(text="nowhere"), Page())
    assert list(table["total"]) == [Decimal("207.25"), Decimal("72.5"), Decimal("72.5")]  # 2 x 64.5 + 70.25 + 8
    assert (len(empty), "total" in empty.columns) == (0, True)


# What is typed


def test_tracking_is_written_with_its_time_and_both_orders_follow(trade, acting):
    perform(acting("oscar"), purchases.save, edit(1, "tracking", None, "SF9，SF10 SF11"))
    first = one(Purchase, 1)
    assert first.tracking == "SF9, SF10, SF11"
    assert first.tracked_at is not None
    assert work(1, 2) == ["in_transit", "in_transit"]
    perform(acting("oscar"), purchases.save, edit(1, "tracking", "SF9, SF10, SF11", "SF9"))
    assert one(Purchase, 1).tracked_at == first.tracked_at
    perform(acting("oscar"), purchases.save, edit(1, "tracking", "SF9", None))
    assert (one(Purchase, 1).tracking, one(Purchase, 1).tracked_at) == (None, None)
    assert work(1, 2) == ["purchased", "purchased"]
    undo(acting("oscar"))
    assert (one(Purchase, 1).tracking, one(Purchase, 1).tracked_at) == ("SF9", first.tracked_at)
    assert work(1, 2) == ["in_transit", "in_transit"]


@pytest.mark.parametrize(
    ("field", "old", "new", "why"),
    [
        ("unit_cost", Decimal("64.5"), Decimal("-1"), "A cost is 0 or more"),
        ("operator", "oscar", None, "needs its operator"),
        ("transport", None, "general,explosive", "explosive is not a transport attribute"),
        ("quantity", 3, 0, "The pieces are from 1"),
        ("quantity", 3, 4, "Purchase 1688-77 serves 2 order lines"),
        ("arrived_quantity", 0, 4, "is of 3 pieces: 4 cannot have arrived"),
        ("arrived_quantity", 0, -1, "arrived pieces are 0 or more"),
        ("status", PurchaseStatus.ORDERED, PurchaseStatus.ARRIVED, "0 of 3 pieces have arrived, so it is “Ordered”"),
        (
            "status",
            PurchaseStatus.ORDERED,
            PurchaseStatus.PARTLY_ARRIVED,
            "By hand|by hand there are: To review, Exception",
        ),
        ("freight", Decimal("7"), Decimal("9"), "Somebody else has changed this to “8.0000”"),
    ],
)
def test_what_cannot_be_is_not_saved(trade, acting, field, old, new, why):
    before = snapshot()
    with pytest.raises(Refused, match=why):
        perform(acting("oscar"), purchases.save, Changes((Edit(1, "remark", None, "x"), Edit(1, field, old, new))))
    assert snapshot() == before


def test_a_status_by_hand_and_back_to_what_the_pieces_say(trade, acting):
    ordered = PurchaseStatus.ORDERED
    for by_hand in (PurchaseStatus.TO_REVIEW, PurchaseStatus.EXCEPTION):
        perform(acting("oscar"), purchases.save, edit(1, "status", ordered, by_hand))
        assert one(Purchase, 1).status == by_hand
        assert work(1) == ["exception" if by_hand == PurchaseStatus.EXCEPTION else "purchased"]
        perform(acting("oscar"), purchases.save, edit(1, "status", by_hand, ordered))
    assert (one(Purchase, 1).status, work(1)) == (ordered, ["purchased"])


def test_pieces_make_the_status_and_the_day(trade, acting):
    perform(acting("oscar"), purchases.save, edit(1, "arrived_quantity", 0, 2))
    partly = one(Purchase, 1)
    assert (partly.status, partly.arrived_at, work(1, 2)) == (PurchaseStatus.PARTLY_ARRIVED, None, ["purchased"] * 2)
    perform(acting("oscar"), purchases.save, edit(1, "arrived_quantity", 2, 3))
    whole = one(Purchase, 1)
    assert (whole.status, work(1, 2)) == (PurchaseStatus.ARRIVED, ["ready_to_ship"] * 2)
    assert whole.arrived_at is not None
    undo(acting("oscar"))
    assert (one(Purchase, 1).status, one(Purchase, 1).arrived_quantity, one(Purchase, 1).arrived_at) == (
        PurchaseStatus.PARTLY_ARRIVED, 2, None,
    )  # fmt: skip
    assert work(1, 2) == ["purchased"] * 2
    with pytest.raises(Refused, match="Purchase #3 is canceled"):
        perform(acting("oscar"), purchases.save, edit(3, "arrived_quantity", 0, 1))


def test_pieces_and_a_status_typed_in_one_go(trade, acting):
    both = Changes(
        (Edit(1, "status", PurchaseStatus.ORDERED, PurchaseStatus.CLOSED_SHORT), Edit(1, "arrived_quantity", 0, 2))
    )
    perform(acting("oscar"), purchases.save, both)
    assert (one(Purchase, 1).status, one(Purchase, 1).arrived_quantity) == (PurchaseStatus.CLOSED_SHORT, 2)
    assert work(1, 2) == ["ready_to_ship", "to_purchase"]


def test_freight_is_shared_again_in_the_same_change(trade, acting):
    shares = lambda: [row.freight for row in all_of(PurchaseLine)][:2]  # noqa: E731
    perform(acting("oscar"), purchases.save, edit(1, "freight", Decimal("8"), Decimal("10")))
    assert shares() == [Decimal("6.67"), Decimal("3.33")]
    perform(acting("oscar"), purchases.save, edit(1, "freight_by", FreightBy.PIECES, FreightBy.LINES))
    assert shares() == [Decimal("5"), Decimal("5")]
    undo(acting("oscar"))
    assert (shares(), one(Purchase, 1).freight_by) == ([Decimal("6.67"), Decimal("3.33")], FreightBy.PIECES)


def test_freight_counts_pieces_costs_or_grams():
    three, costs = [2, 1, 1], [Decimal(10), Decimal(20), Decimal(0)]
    assert purchase_freight.weights(FreightBy.PIECES, three, costs, [None] * 3) == [2, 1, 1]
    assert purchase_freight.weights(FreightBy.COST, three, costs, [None] * 3) == [20, 20, 0]
    assert purchase_freight.weights(FreightBy.WEIGHT, three, costs, [100, 50, 1]) == [200, 50, 1]
    assert purchase_freight.weights(FreightBy.WEIGHT, three, costs, [100, None, 1]) == [2, 1, 1]
    assert purchase_freight.weights(FreightBy.LINES, three, costs, [100, 50, 1]) == [1, 1, 1]


def test_pieces_of_a_purchase_for_one_line_are_those_of_the_line(trade, acting):
    perform(acting("oscar"), purchases.save, edit(2, "quantity", 1, 4))
    assert (one(Purchase, 2).quantity, all_of(PurchaseLine)[2].quantity) == (4, 4)
    perform(acting("oscar"), purchases.save, edit(2, "arrived_quantity", 0, 3))
    with pytest.raises(Refused, match="has 3 arrived pieces already"):
        perform(acting("oscar"), purchases.save, edit(2, "quantity", 4, 2))
    perform(acting("oscar"), purchases.save, edit(2, "quantity", 4, 3))
    assert (one(Purchase, 2).status, work(3)) == (PurchaseStatus.ARRIVED, ["at_transshipment"])


def test_payment_has_its_day(trade, acting):
    perform(acting("oscar"), purchases.save, edit(1, "payment", Payment.TO_PAY, Payment.PAID))
    assert one(Purchase, 1).paid_at is not None
    perform(acting("oscar"), purchases.save, edit(1, "payment", Payment.PAID, Payment.TO_PAY))
    assert one(Purchase, 1).paid_at is None


# Verbs


def test_goods_that_arrive_make_their_orders_ready(trade, acting):
    with pytest.raises(Refused, match="Operator or Admin"):
        perform(acting("petra"), purchases.arrived, (1,))
    assert perform(acting("oscar"), purchases.arrived, (1,)) == "1 purchase arrived."
    assert (one(Purchase, 1).arrived_quantity, one(Purchase, 1).arrived_at is not None) == (3, True)
    assert work(1, 2, 3) == ["ready_to_ship", "ready_to_ship", "in_transit"]
    undo(acting("oscar"))
    assert (one(Purchase, 1).arrived_quantity, one(Purchase, 1).arrived_at) == (0, None)
    assert work(1, 2) == ["purchased", "purchased"]


def test_a_part_of_what_was_ticked_is_counted(trade, acting):
    assert perform(acting("oscar"), purchases.partly_arrived, {1: 2, 2: 1}) == "2 purchases counted."
    assert [one(Purchase, n).status.value for n in (1, 2)] == ["partly_arrived", "arrived"]
    with pytest.raises(Refused, match="is of 1 piece: 2 cannot have arrived"):
        perform(acting("oscar"), purchases.partly_arrived, {1: 3, 2: 2})
    assert one(Purchase, 1).arrived_quantity == 2


def test_what_will_not_come_is_to_be_bought_again(trade, acting):
    """Two of three pieces came: they fill order 1, whose line is the first; order 2 is open again."""
    perform(acting("oscar"), purchases.partly_arrived, {1: 2})
    assert perform(acting("oscar"), purchases.close_short, (1,)) == "1 purchase closed short."
    assert (one(Purchase, 1).status, one(Purchase, 1).arrived_at is not None) == (PurchaseStatus.CLOSED_SHORT, True)
    assert work(1, 2) == ["ready_to_ship", "to_purchase"]
    undo(acting("oscar"))
    assert work(1, 2) == ["purchased", "purchased"]
    perform(acting("oscar"), purchases.partly_arrived, {1: 1})
    perform(acting("oscar"), purchases.close_short, (1,))
    assert work(1, 2) == ["partly_purchased", "to_purchase"]
    perform(acting("oscar"), purchases.save, edit(1, "arrived_quantity", 1, 3))  # and then they came after all
    assert (one(Purchase, 1).status, work(1, 2)) == (PurchaseStatus.ARRIVED, ["ready_to_ship", "ready_to_ship"])
    with pytest.raises(Refused, match="has arrived whole"):
        perform(acting("oscar"), purchases.close_short, (1,))


def test_nothing_came_at_all(trade, acting):
    perform(acting("oscar"), purchases.close_short, (1,))
    assert (one(Purchase, 1).arrived_at, work(1, 2)) == (None, ["to_purchase", "to_purchase"])


def test_paid_canceled_and_owed_back(trade, acting):
    assert perform(acting("oscar"), purchases.paid, (1, 2)) == "2 purchases paid."
    assert one(Purchase, 1).paid_at is not None
    with pytest.raises(Refused, match="Purchase #3 is canceled"):
        perform(acting("oscar"), purchases.paid, (1, 3))
    perform(acting("oscar"), purchases.cancel, (1,))
    assert (one(Purchase, 1).payment, work(1, 2)) == (Payment.REFUND_DUE, ["to_purchase"] * 2)
    undo(acting("oscar"))
    assert (one(Purchase, 1).payment, one(Purchase, 1).status) == (Payment.PAID, PurchaseStatus.ORDERED)
    put_at(1, payment=Payment.REFUNDED)
    with pytest.raises(Refused, match="is “refunded”"):
        perform(acting("oscar"), purchases.paid, (1,))


def test_transshipped_goods_arrive_are_relabelled_and_forwarded(trade, acting):
    with pytest.raises(Refused, match="has not arrived at its warehouse"):
        perform(acting("oscar"), purchases.relabelled, (2,))
    seen = []
    for stage in (purchases.arrived, purchases.relabelled, purchases.forwarded):
        perform(acting("oscar"), stage, (2,))
        seen += work(3)
    assert seen == ["at_transshipment", "ready_to_ship", "shipped"]
    with pytest.raises(Refused, match="has been forwarded already"):
        perform(acting("oscar"), purchases.cancel, (2,))
    with pytest.raises(Refused, match="take those dates back first"):
        perform(acting("oscar"), purchases.partly_arrived, {2: 0})
    assert one(Purchase, 2).status == PurchaseStatus.ARRIVED


def test_one_that_cannot_be_stops_all_that_were_ticked(trade, acting):
    before = snapshot()
    with pytest.raises(Refused, match="Purchase #3 is canceled"):
        perform(acting("oscar"), purchases.arrived, (1, 3))
    with pytest.raises(Refused, match="Purchase 1688-77 is not transshipped"):
        perform(acting("oscar"), purchases.forwarded, (1,))
    with pytest.raises(Refused, match="Tick the purchases first"):
        perform(acting("oscar"), purchases.cancel, ())
    with pytest.raises(Refused, match="Purchase #3 is canceled"):
        perform(acting("oscar"), purchases.close_short, Filter())
    with pytest.raises(Refused, match="No purchase matches"):
        perform(acting("oscar"), purchases.paid, Filter(text="nowhere"))
    assert snapshot() == before


def test_a_verb_for_all_that_match(trade, acting):
    assert perform(acting("oscar"), purchases.arrived, Filter(status=PurchaseStatus.ORDERED)) == "2 purchases arrived."
    assert work(1, 2, 3) == ["ready_to_ship", "ready_to_ship", "at_transshipment"]
    undo(acting("oscar"))
    assert work(1, 2, 3) == ["purchased", "purchased", "in_transit"]


def test_too_many_at_once_are_refused(trade, acting, monkeypatch):
    monkeypatch.setattr(purchases, "MOST", 1)
    with pytest.raises(Refused, match="At most 1 purchases are changed at once"):
        perform(acting("oscar"), purchases.arrived, Filter(status=PurchaseStatus.ORDERED))
    assert one(Purchase, 1).arrived_quantity == 0


def test_what_was_canceled_is_to_be_bought_again(trade, acting):
    assert perform(acting("oscar"), purchases.cancel, (1, 2)) == "2 purchases canceled."
    assert work(1, 2, 3) == ["to_purchase"] * 3
    with reading() as session:
        assert purchase_list.orders_of(session, [1, 2]) == [1, 2, 3]
