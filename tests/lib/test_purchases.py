"""The list of purchases: its criteria, what is typed into it, its stages; and the orders' work status, which follows."""

from decimal import Decimal

import pytest

from db.frames import Page
from db.models import Order, Purchase, PurchaseLine
from db.session import reading
from db.vocabulary import PurchaseStatus, Source, WorkStatus
from lib import purchases
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.problems import Refused
from lib.purchases import Filter
from tests.lib.trade import company, line, one, order, put


@pytest.fixture
def trade(database):
    """Purchase 1 serves orders 1 and 2; 2 goes by the warehouse; 3 was canceled."""
    company()
    order(1, line(), work_status=WorkStatus.PURCHASED)
    order(2, line(quantity=1), work_status=WorkStatus.PURCHASED)
    order(3, line("LAMP", 1, 2), work_status=WorkStatus.IN_TRANSIT)
    paid = {"unit_cost": Decimal("64.5"), "freight": Decimal("8"), "operator": "oscar"}
    put(
        Purchase(id=1, request="r1", quantity=3, number="1688-77", site=Source.ALIBABA, **paid),
        Purchase(
            id=2, request="r2", quantity=1, site=Source.TAOBAO, tracking="SF1000001, SF1000002", transshipped=True, warehouse_id=1, **paid
        ),
        Purchase(id=3, request="r3", quantity=1, status=PurchaseStatus.CANCELED, **paid | {"operator": "bob"}),
    )  # fmt: skip
    put(
        PurchaseLine(purchase_id=1, order_line_id=10, quantity=2),
        PurchaseLine(purchase_id=1, order_line_id=20, quantity=1),
        PurchaseLine(purchase_id=2, order_line_id=30, quantity=1),
    )


def work(*orders):
    return [one(Order, number).work_status.value for number in orders]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, [1, 2, 3]),
        ({"text": "1688-77"}, [1]),
        ({"text": "111-3"}, [2]),
        ({"text": "SF1000002"}, [2]),
        ({"text": "MH01"}, [1]),
        ({"text": "羊毛被"}, [1]),
        ({"status": PurchaseStatus.CANCELED}, [3]),
        ({"sites": (Source.TAOBAO, Source.JD)}, [2]),
        ({"operators": ("bob",)}, [3]),
        ({"without_tracking": True}, [1]),
        ({"transshipped": True}, [2]),
        ({"transshipped": True, "text": "MH01"}, []),
    ],
)
def test_criteria_all_hold(trade, wanted, ids):
    with reading() as session:
        found = purchases.table(session, Filter(**wanted), Page(descending=False))
        assert list(found.index) == ids
        assert purchases.count(session, Filter(**wanted)) == len(ids)


def test_a_row_names_the_orders_it_serves_and_its_total(trade):
    with reading() as session:
        row = purchases.table(session, Filter(text="1688-77"), Page()).loc[1]
    assert (row["orders"], row["items"], row["picture"]) == ("111-1, 111-2", "MH01 × 2, MH01 × 1", "quilt.webp")
    assert (row["total"], row["currency"]) == (Decimal("201.5"), "CNY")


def test_tabs_count_the_other_criteria(trade):
    with reading() as session:
        counts = purchases.counts(session, Filter(operators=("oscar",), status=PurchaseStatus.CANCELED))
    assert {name: number for name, number in counts.items() if number} == {"ordered": 2}


def test_tracking_is_written_and_both_orders_follow(trade, acting):
    perform(acting("oscar"), purchases.save, Changes((Edit(1, "tracking", None, "SF9，SF10 SF11"),)))
    assert one(Purchase, 1).tracking == "SF9, SF10, SF11"
    assert work(1, 2) == ["in_transit", "in_transit"]


@pytest.mark.parametrize(
    ("field", "old", "new", "why"),
    [
        ("unit_cost", Decimal("64.5"), Decimal("-1"), "A cost is 0 or more"),
        ("operator", "oscar", None, "needs its operator"),
        ("transport", None, "general,explosive", "explosive is not a transport attribute"),
    ],
)
def test_what_cannot_be_is_not_saved(trade, acting, field, old, new, why):
    with pytest.raises(Refused, match=why):
        perform(acting("oscar"), purchases.save, Changes((Edit(1, "remark", None, "x"), Edit(1, field, old, new))))
    assert (getattr(one(Purchase, 1), field), one(Purchase, 1).remark) == (old, None)


def test_goods_that_arrive_make_their_orders_ready(trade, acting):
    with pytest.raises(Refused, match="Operator or Admin"):
        perform(acting("petra"), purchases.arrived, (1,))
    assert perform(acting("oscar"), purchases.arrived, (1,)) == "1 purchase arrived."
    assert one(Purchase, 1).arrived_at is not None
    assert work(1, 2, 3) == ["ready_to_ship", "ready_to_ship", "in_transit"]


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
    assert one(Purchase, 2).status == PurchaseStatus.ARRIVED


def test_one_that_cannot_be_stops_all_that_were_ticked(trade, acting):
    with pytest.raises(Refused, match="Purchase #3 is canceled"):
        perform(acting("oscar"), purchases.arrived, (1, 3))
    assert one(Purchase, 1).status == PurchaseStatus.ORDERED
    with pytest.raises(Refused, match="Purchase 1688-77 is not transshipped"):
        perform(acting("oscar"), purchases.forwarded, (1,))
    with pytest.raises(Refused, match="Tick the purchases first"):
        perform(acting("oscar"), purchases.cancel, ())


def test_what_was_canceled_is_to_be_bought_again(trade, acting):
    assert perform(acting("oscar"), purchases.cancel, (1, 2)) == "2 purchases canceled."
    assert work(1, 2, 3) == ["to_purchase"] * 3
