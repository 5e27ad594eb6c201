"""Tracking numbers from a pasted list: each row has its verdict before anything is written; and tracking on the wrong purchase."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from db.models import ChangeSet, Order, Purchase, PurchaseLine, now
from db.session import reading
from db.vocabulary import PurchaseStatus
from lib import history
from lib.commands import perform
from lib.problems import Refused
from lib.purchases import tracking_lists
from lib.purchases.tracking_lists import Verdict
from tests.lib.trade import all_of, company, line, one, order, put

PAID = {"unit_cost": Decimal("64.5"), "operator": "oscar", "quantity": 1}


@pytest.fixture
def trade(database):
    """Purchases A1 to A3 for orders 111-1 to 111-3; A4 and its twin have one number; A5 is canceled; 6 has no number."""
    company()
    for number in (1, 2, 3):
        order(number, line(quantity=1))
    put(
        Purchase(id=1, request="r1", number="A1", **PAID),
        Purchase(id=2, request="r2", number="A2", tracking="SF20", tracked_at=now(), **PAID),
        Purchase(id=3, request="r3", number="A3", tracking="SF30, SF31", tracked_at=now(), **PAID),
        Purchase(id=4, request="r4", number="A4", **PAID),
        Purchase(id=5, request="r5", number="A4", **PAID),
        Purchase(id=6, request="r6", number="A5", status=PurchaseStatus.CANCELED, **PAID),
        Purchase(id=7, request="r7", **PAID),
    )
    put(*(PurchaseLine(purchase_id=n, order_line_id=n * 10, quantity=1) for n in (1, 2, 3)))


def judged(text, also_taken=False):
    with reading() as session:
        return tracking_lists.judged(session, text, also_taken)


def verdicts(text, also_taken=False):
    return [(row.number, row.tracking, row.verdict.value) for row in judged(text, also_taken)]


def put_list(actor, text, also_taken=False):
    return perform(actor, tracking_lists.put, text, judged(text, also_taken), also_taken)


def trackings():
    return [row.tracking for row in all_of(Purchase)]


BEFORE = [None, "SF20", "SF30, SF31", None, None, None, None]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("A1\tSF1", [("A1", "SF1")]),
        ("A1,SF1\r\nA2;SF2\n\nA3 SF3\n", [("A1", "SF1"), ("A2", "SF2"), ("A3", "SF3")]),
        ("Purchase\tTracking\nA1\tSF1", [("A1", "SF1")]),
        ("采购单号，快递单号\nA1，SF1", [("A1", "SF1")]),
        ("A1\tSF1, SF2", [("A1", "SF1"), ("A1", "SF2")]),
        ("A1\tSF1\tSF2", [("A1", "SF1"), ("A1", "SF2")]),
        ("A1\tSF1\nA1\tSF1", [("A1", "SF1")]),
        ("A1\t", [("A1", "")]),
        ("A1", [("A1", "")]),
        (" \n \t\n", []),
    ],
)
def test_rows_are_read_as_they_are_copied(text, rows):
    assert [(row.number, row.tracking) for row in tracking_lists.read(text)] == rows


def test_a_list_has_five_thousand_rows_at_most():
    assert len(tracking_lists.read("\n".join(f"A{n}\tSF{n}" for n in range(5_000)))) == 5_000
    with pytest.raises(Refused, match="5,001 rows; at most 5,000"):
        tracking_lists.read("\n".join(f"A{n}\tSF{n}" for n in range(5_001)))


@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        ("A1\tSF1", Verdict.SET, ""),
        ("111-1\tSF1", Verdict.SET, ""),
        ("#7\tSF1", Verdict.SET, ""),
        ("A2\tSF20", Verdict.SAME, "Purchase A2 has it already."),
        ("A3\tSF31", Verdict.SAME, "Purchase A3 has it already."),
        ("A2\tSF21", Verdict.REPLACES, "SF20 goes away."),
        ("A9\tSF1", Verdict.UNKNOWN, "No purchase has the number A9."),
        ("#99\tSF1", Verdict.UNKNOWN, "No purchase has the number #99."),
        ("A4\tSF1", Verdict.SEVERAL, "2 purchases have it: #4, #5. Write one of these."),
        ("A1\tSF20", Verdict.TAKEN, "It stands on purchase A2."),
        ("A1\tSF31", Verdict.TAKEN, "It stands on purchase A3."),
        ("A5\tSF1", Verdict.WRONG, "Purchase A5 is canceled."),
        ("A1\t", Verdict.WRONG, "The row needs a number and a tracking number."),
        (f"A1\t{'9' * 501}", Verdict.WRONG, "Purchase A1 has room for 500 characters of tracking numbers."),
    ],
)
def test_every_row_has_its_verdict(trade, acting, text, verdict, said):
    [row] = judged(text)
    assert (row.verdict, row.said) == (verdict, said)
    if verdict not in tracking_lists.WRITES:
        with pytest.raises(Refused, match="No row of this list would change anything"):
            put_list(acting("oscar"), text)
        assert trackings() == BEFORE


def test_several_rows_for_one_purchase_are_several_parcels(trade):
    assert verdicts("A2\tSF20\nA2\tSF21") == [("A2", "SF20", "same"), ("A2", "SF21", "set")]


def test_one_number_on_two_purchases_of_a_list_is_on_neither(trade):
    assert verdicts("A1\tSF9\n#4\tSF9") == [("A1", "SF9", "taken"), ("#4", "SF9", "taken")]
    assert verdicts("A1\tSF9\n#4\tSF9", also_taken=True) == [("A1", "SF9", "set"), ("#4", "SF9", "set")]


def test_numbers_that_stand_the_wrong_way_round_are_swapped(trade, acting):
    text = "A2\tSF30\tSF31\nA3\tSF20"
    assert [verdict for _, _, verdict in verdicts(text)] == ["replaces"] * 3
    put_list(acting("oscar"), text)
    assert trackings()[1:3] == ["SF30, SF31", "SF20"]


def test_a_list_is_one_change_and_its_undo(trade, acting):
    with pytest.raises(Refused, match="Operator or Admin"):
        put_list(acting("charlie"), "A1\tSF1")
    said = put_list(acting("oscar"), "A1\tSF1\nA1\tSF2\nA2\tSF20\nA3\tSF32\nA9\tSF5")
    assert said == "2 purchases got tracking numbers; 1 row left out."
    assert trackings() == ["SF1, SF2", "SF20", "SF32", None, None, None, None]
    assert one(Purchase, 1).tracked_at is not None
    assert one(Order, 1).work_status.value == "in_transit"
    with reading() as session:
        number = session.scalar(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(1))
        assert session.get_one(ChangeSet, number).command == "tracking_lists.put"
    perform(acting("oscar"), history.undo, number)
    assert trackings() == BEFORE
    assert (one(Purchase, 1).tracked_at, one(Order, 1).work_status.value) == (None, "purchased")


def test_what_changed_since_it_was_shown_is_not_written(trade, acting):
    seen = judged("A1\tSF1")
    put_list(acting("bob"), "A1\tSF8")
    with pytest.raises(Refused, match="has changed meanwhile"):
        perform(acting("oscar"), tracking_lists.put, "A1\tSF1", seen)
    assert one(Purchase, 1).tracking == "SF8"


# On the wrong purchase


def test_tracking_moves_to_the_purchase_it_belongs_to(trade, acting):
    known = one(Purchase, 3).tracked_at
    said = perform(acting("oscar"), tracking_lists.move, 3, "A1", ["SF31"])
    assert said == "SF31 moved from purchase A3 to A1."
    assert (one(Purchase, 3).tracking, one(Purchase, 1).tracking, one(Purchase, 1).tracked_at) == (
        "SF30",
        "SF31",
        known,
    )
    perform(acting("oscar"), tracking_lists.move, 3, "111-2", ["SF30"])
    assert (one(Purchase, 3).tracking, one(Purchase, 3).tracked_at, one(Purchase, 2).tracking) == (
        None,
        None,
        "SF20, SF30",
    )
    assert [one(Order, n).work_status.value for n in (1, 2, 3)] == ["in_transit", "in_transit", "purchased"]
    with reading() as session:
        number = session.scalar(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(1))
    perform(acting("oscar"), history.undo, number)
    assert (one(Purchase, 3).tracking, one(Purchase, 3).tracked_at, one(Purchase, 2).tracking) == (
        "SF30",
        known,
        "SF20",
    )
    assert one(Order, 3).work_status.value == "in_transit"


@pytest.mark.parametrize(
    ("giver", "to", "numbers", "why"),
    [
        (3, "A9", ["SF30"], "No purchase has the number A9"),
        (3, " ", ["SF30"], "No purchase has the number that is empty"),
        (3, "A4", ["SF30"], "2 purchases have the number A4"),
        (3, "A3", ["SF30"], "Choose another purchase"),
        (99, "A3", ["SF30"], "Choose another purchase"),
        (3, "A5", ["SF30"], "Purchase A5 is canceled"),
        (3, "A1", ["SF20"], "Purchase A3 does not have SF20"),
        (3, "A1", [], "choose one"),
    ],
)
def test_what_cannot_be_moved_stays(trade, acting, giver, to, numbers, why):
    with pytest.raises(Refused, match=why):
        perform(acting("oscar"), tracking_lists.move, giver, to, numbers)
    assert trackings() == BEFORE


def test_charlie_moves_nothing(trade, acting):
    with pytest.raises(Refused, match="Operator or Admin"):
        perform(acting("charlie"), tracking_lists.move, 3, "A1", ["SF31"])
    assert trackings() == BEFORE
