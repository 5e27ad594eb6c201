"""Stages of transshipped goods: where they are, since when, when that is too long; and days that are typed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.frames import Page
from db.models import ChangeSet, Order, Purchase, PurchaseLine, Warehouse, now
from db.session import reading
from db.vocabulary import PurchaseStatus
from lib import history
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.problems import Refused
from lib.purchases import purchase_stages, transshipment
from lib.purchases.purchase_filter import Filter
from lib.purchases.purchase_stages import Stage
from lib.purchases.transshipment import Stop
from tests.lib.trade import company, line, one, order, put

TODAY = datetime.now(UTC).date()


def ago(days):
    return now() - timedelta(days=days)


def day(days):
    return TODAY - timedelta(days=days)


def purchase(number, **values):
    cost = {"unit_cost": Decimal(1), "operator": "oscar", "quantity": 2, "created_at": ago(20), "number": f"A{number}"}
    return Purchase(id=number, request=f"r{number}", **{**cost, "transshipped": True, "warehouse_id": 1, **values})


@pytest.fixture
def trade(database):
    """At Shenzhen 1 is ordered, 2 on the way, 3 there, 4 relabelled, 5 and 6 forwarded; 7 is canceled; 8 goes to Yiwu; 9 nowhere."""
    company()
    put(Warehouse(id=2, name="Yiwu"))
    order(1, line())
    sent = {"tracking": "SF1", "tracked_at": ago(8)}
    there = sent | {"arrived_at": ago(6), "arrived_quantity": 2, "status": PurchaseStatus.ARRIVED}
    put(
        purchase(1, created_at=ago(1)),
        purchase(2, **sent),
        purchase(3, **there),
        purchase(4, **there | {"arrived_at": ago(4)}, relabelled_at=ago(3)),
        purchase(5, **there, relabelled_at=ago(3), forwarded_at=ago(2)),
        purchase(6, **there, forwarded_at=ago(9)),
        purchase(7, status=PurchaseStatus.CANCELED),
        purchase(8, warehouse_id=2, created_at=ago(3)),
        purchase(9, transshipped=False, warehouse_id=None, **there),
    )
    put(PurchaseLine(purchase_id=3, order_line_id=10, quantity=2))


def test_the_stage_its_age_and_whether_it_is_stuck(trade):
    rows = [one(Purchase, n) for n in range(1, 10)]
    at = now()
    assert [purchase_stages.stage_of(row) for row in rows] == [
        Stage.ORDERED, Stage.IN_TRANSIT, Stage.ARRIVED, Stage.RELABELLED, Stage.FORWARDED, Stage.FORWARDED, None, Stage.ORDERED,
        Stage.ARRIVED,
    ]  # fmt: skip
    assert [purchase_stages.age_days(row, at) for row in rows] == [1, 8, 6, 3, None, None, None, 3, None]
    assert [n for n, row in enumerate(rows, 1) if purchase_stages.is_stuck(row, at)] == [2, 3, 8]


def test_the_words_of_the_database_say_the_same(trade):
    with reading() as session:
        for stage in Stage:
            wanted = Filter(stages=(stage,))
            found = set(transshipment.purchase_list.table(session, wanted, Page()).index)
            assert found == {n for n in range(1, 10) if purchase_stages.stage_of(one(Purchase, n)) == stage}
            by_case = select(Purchase.id).where(purchase_stages.IN_STAGE.in_([stage.value]))
            assert set(session.scalars(by_case)) == found
        query = select(Purchase.id, purchase_stages.BEGUN).where(Purchase.status != "canceled")
        begun = {row.id: row[1] for row in session.execute(query)}
        assert begun == {n: purchase_stages.since(one(Purchase, n)) for n in begun}


def test_what_was_closed_short_before_anything_came_is_nowhere(trade):
    short = purchase(20, status=PurchaseStatus.CLOSED_SHORT, tracking="SF9")
    assert purchase_stages.stage_of(short) is None


def test_the_board_counts_each_stage_of_each_warehouse(trade):
    put(purchase(20, status=PurchaseStatus.CLOSED_SHORT))
    with reading() as session:
        assert transshipment.board(session) == [
            Stop(1, Stage.ORDERED, 1, 1, False), Stop(1, Stage.IN_TRANSIT, 1, 8, True), Stop(1, Stage.ARRIVED, 1, 6, True),
            Stop(1, Stage.RELABELLED, 1, 3, False), Stop(1, Stage.FORWARDED, 1, 2, False), Stop(2, Stage.ORDERED, 1, 3, True),
        ]  # fmt: skip


def test_the_list_shows_the_day_of_each_stage(trade):
    with reading() as session:
        row = transshipment.table(session, Filter(text="A4"), Page()).loc[4]
        assert len(transshipment.table(session, Filter(), Page())) == 8
    assert [row[name] for name in transshipment.DAYS] == [day(20), day(8), day(4), day(3), None]


def test_the_list_is_sorted_by_the_days_that_it_shows(trade):
    with reading() as session:
        bought, arrived = (
            list(
                transshipment.table(
                    session, Filter(stages=(Stage.ARRIVED, Stage.RELABELLED, stage)), Page(1, 50, by, False)
                ).index
            )
            for by, stage in (("bought_on", Stage.ORDERED), ("arrived_on", Stage.ARRIVED))
        )
    assert bought == [3, 4, 8, 1]
    assert arrived == [3, 4]


# Days that are typed


def put_days(actor, *edits):
    return perform(actor, transshipment.set_days, Changes(tuple(Edit(*edit) for edit in edits)))


def days(number):
    row = one(Purchase, number)
    return [transshipment._day(getattr(row, column)) for column in list(transshipment.DAYS.values())[1:]]


def test_days_are_typed_and_taken_back(trade, acting):
    oscar = acting("oscar")
    assert put_days(oscar, (2, "arrived_on", None, day(3)), (2, "relabelled_on", None, day(3))) == "1 purchase changed."
    there = one(Purchase, 2)
    assert (days(2), there.arrived_quantity, there.status) == (
        [day(8), day(3), day(3), None],
        2,
        PurchaseStatus.ARRIVED,
    )
    put_days(oscar, (2, "forwarded_on", None, TODAY))
    assert one(Purchase, 2).forwarded_at <= now()
    put_days(
        oscar, (2, "arrived_on", day(3), None), (2, "relabelled_on", day(3), None), (2, "forwarded_on", TODAY, None)
    )
    assert (days(2), one(Purchase, 2).status, one(Purchase, 2).arrived_quantity) == (
        [day(8), None, None, None], PurchaseStatus.ORDERED, 0,
    )  # fmt: skip
    with reading() as session:
        number = session.scalar(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(1))
    perform(oscar, history.undo, number)
    assert days(2) == [day(8), day(3), day(3), TODAY]


def test_the_order_follows_the_days(trade, acting):
    seen = []
    for edit in (("arrived_on", day(6), day(7)), ("relabelled_on", None, day(1)), ("forwarded_on", None, TODAY)):
        put_days(acting("oscar"), (3, *edit))
        seen.append(one(Order, 1).work_status.value)
    assert seen == ["at_transshipment", "ready_to_ship", "shipped"]


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ([(3, "relabelled_on", None, TODAY + timedelta(days=1))], "which lies in the future"),
        ([(3, "relabelled_on", None, TODAY - timedelta(days=7))], "cannot be relabelled on .*: it was arrived on"),
        ([(3, "arrived_on", TODAY - timedelta(days=6), TODAY - timedelta(days=9))], "cannot be arrived on .*: it was in transit on"),
        ([(3, "arrived_on", TODAY - timedelta(days=6), TODAY)], None),
        ([(4, "arrived_on", TODAY - timedelta(days=4), TODAY)], "cannot be relabelled on .*: it was arrived on"),
        ([(1, "tracked_on", None, TODAY)], "has no tracking number yet"),
        ([(2, "tracked_on", TODAY - timedelta(days=8), None)], "has a tracking number"),
        ([(2, "relabelled_on", None, TODAY)], "has not arrived at its warehouse"),
        ([(4, "arrived_on", TODAY - timedelta(days=4), None)], "was relabelled or forwarded"),
        ([(9, "relabelled_on", None, TODAY)], "is not transshipped"),
        ([(7, "arrived_on", None, TODAY)], "is canceled"),
        ([(3, "arrived_on", TODAY, TODAY)], "Somebody else has changed this"),
        ([(99, "arrived_on", None, TODAY)], "does not exist any more"),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_refused_and_nothing_is_written(trade, acting, edits, why):
    before = [days(n) for n in range(1, 10)]
    if why is None:
        put_days(acting("oscar"), *edits)
        assert days(3)[1] == TODAY
        return
    with pytest.raises(Refused, match=why):
        put_days(acting("oscar"), (2, "arrived_on", None, day(1)), *edits) if edits[0][0] != 2 else put_days(
            acting("oscar"), *edits
        )
    assert [days(n) for n in range(1, 10)] == before


def test_charlie_types_no_day(trade, acting):
    with pytest.raises(Refused, match="Operator or Admin"):
        put_days(acting("charlie"), (2, "arrived_on", None, day(1)))
    assert one(Purchase, 2).arrived_at is None
