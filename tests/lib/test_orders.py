"""The list of orders: every criterion alone and together, what is written by hand, and one order whole."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from db.frames import Page
from db.models import CosellOffer, Order, OrderLine, Product, Purchase, PurchaseLine, now
from db.session import reading
from db.vocabulary import OrderStatus, PurchaseStatus, Source, WorkStatus
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.orders import order_detail, orders
from lib.orders.order_filter import Dates, Filter, entries
from lib.problems import Refused
from tests.lib.trade import MONDAY, company, line, one, order, put


@pytest.fixture
def trade(database):
    """Order 1 is to be bought, 2 is late and was bought, 3 is of the other store and nobody knows its product, 4 was shipped."""
    company()
    order(1, line(), line("LAMP", 1, 2), ship_by=now() + timedelta(hours=40), paid_at=MONDAY + timedelta(days=3))
    order(2, line("MH01-EU", asin="B00TEST001"), ship_by=now() - timedelta(hours=1), work_status=WorkStatus.PURCHASED,
          has_purchase=True, has_tracking=True)  # fmt: skip
    order(3, line("X-9", 1, None), store_id=2, country="US", currency="USD", total=Decimal("9.99"), is_unlinked=True)
    order(
        4, line("LAMP", 1, 2), status=OrderStatus.SHIPPED, work_status=WorkStatus.SHIPPED, ship_by=now() - timedelta(days=9),
        shipped_at=MONDAY + timedelta(days=5),
    )  # fmt: skip
    put(
        Purchase(id=1, request="r1", unit_cost=1, quantity=2, operator="oscar", number="1688-77", site=Source.ALIBABA,
                 tracking="SF1000001, SF1000002"),
        Purchase(id=2, request="r2", unit_cost=1, quantity=1, operator="oscar", status=PurchaseStatus.CANCELED),
        Purchase(id=3, request="r3", unit_cost=1, quantity=1, operator="oscar", tracking='odd"one, back\\slash'),
    )  # fmt: skip
    put(
        PurchaseLine(purchase_id=1, order_line_id=20, quantity=2),
        PurchaseLine(purchase_id=2, order_line_id=10, quantity=1),
    )


def found(**wanted):
    with reading() as session:
        ids = list(session.scalars(orders.matching(Filter(**wanted)).with_only_columns(Order.id).order_by(Order.id)))
        assert orders.count(session, Filter(**wanted)) == len(ids)
    return ids


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, [1, 2, 3, 4]),
        ({"text": "111-3"}, [3]),
        ({"text": "lamp"}, [1, 4]),
        ({"text": "羊毛"}, [1, 2]),
        ({"text": "B00TEST001"}, [2]),
        ({"text": "SF1000002"}, [2]),
        ({"text": "nothing-like-it"}, []),
        ({"numbers": "111-1\n111-4, 1688-77"}, [1, 2, 4]),
        ({"numbers": "b00test001"}, [2]),
        ({"numbers": "SF1000001"}, [2]),
        ({"numbers": "SF100000"}, []),
        ({"numbers": ";"}, []),
        ({"numbers": "111\x00-1 \ud800 111-2"}, [2]),
        ({"text": "%' OR 1=1 --"}, []),
        ({"until": date.max, "since": date.min}, [1, 2, 3, 4]),
        ({"stores": ("Boston",)}, [3]),
        ({"stores": ("Boston", "Berlin"), "countries": ("DE",)}, [1, 2, 4]),
        ({"countries": ("US",)}, [3]),
        ({"statuses": (OrderStatus.SHIPPED,)}, [4]),
        ({"work": WorkStatus.PURCHASED}, [2]),
        ({"bought": True}, [2]),
        ({"bought": False}, [1, 3, 4]),
        ({"tracked": True}, [2]),
        ({"tracked": False}, [1, 3, 4]),
        ({"unlinked": True}, [3]),
        ({"late": True}, [2]),
        ({"soon": True}, [1]),
        ({"late": True, "soon": True}, [1, 2]),
        ({"since": date(2026, 3, 2), "until": date(2026, 3, 2)}, [1, 2, 3, 4]),
        ({"until": date(2026, 3, 1)}, []),
        ({"dates": Dates.PAID, "since": date(2026, 3, 5)}, [1]),
        ({"dates": Dates.SHIPPED, "since": date(2026, 3, 7), "until": date(2026, 3, 7)}, [4]),
        ({"text": "lamp", "stores": ("Berlin",), "work": WorkStatus.SHIPPED}, [4]),
        ({"text": "lamp", "late": True}, []),
    ],
)
def test_criteria_all_hold_and_values_of_one_kind_are_alternatives(trade, wanted, ids):
    assert found(**wanted) == ids


def test_a_pasted_list_of_any_length_says_what_was_not_found(trade):
    many = "\n".join(["111-2", "sf1000001", "nobody", *(f"999-{i}" for i in range(70_000))])
    with reading() as session:
        missing = orders.missing(session, many)
    assert found(numbers=many) == [2]
    assert (len(missing), missing[0], missing[-1]) == (70_001, "nobody", "999-69999")


def test_entries_are_cut_at_blanks_commas_and_lines():
    assert entries(" 111-1,111-2；111-1\t111-3\r\n、") == ("111-1", "111-2", "111-3")


def test_a_page_of_the_list_has_the_lines_and_the_tracking_summed_up(trade):
    with reading() as session:
        table = orders.table(session, Filter(), Page(sort="bought_at", descending=False, size=3))
    assert list(table.index) == [1, 2, 3]
    first = table.loc[1]
    assert (first["picture"], first["items"], first["quantity"]) == ("quilt.webp", "MH01 × 2, LAMP × 1", 3)
    assert (first["store"], first["total"], first["currency"]) == ("Berlin", Decimal("40"), "EUR")
    assert first["bought_at"] == MONDAY + timedelta(hours=1)
    assert [table.loc[i, "tracking"] for i in (1, 2, 3)] == [None, "SF1000001, SF1000002", None]
    assert table.loc[3, "picture"] is None


def test_pages_follow_each_other_in_the_order_asked_for(trade):
    with reading() as session:
        pages = [list(orders.table(session, Filter(), Page(number=n, size=2, sort="total")).index) for n in (1, 2, 3)]
    assert pages == [[4, 2], [1, 3], []]


def test_the_tabs_count_what_the_other_criteria_leave(trade):
    with reading() as session:
        counts = orders.counts(session, Filter(stores=("Berlin",), work=WorkStatus.SHIPPED))
    assert {name: number for name, number in counts.items() if number} == {
        "to_purchase": 1,
        "purchased": 1,
        "shipped": 1,
    }
    assert set(counts) == set(WorkStatus)


def test_an_order_is_found_by_its_number_or_its_id(trade):
    with reading() as session:
        assert [orders.find(session, r) for r in ("111-2", "2", "112-2", "²", "9" * 30, "a\0b")] == [2, 2, *[None] * 4]


def test_note_and_tags_are_written_by_who_may(trade, acting):
    changes = Changes((Edit(1, "note", None, "call first"), Edit(1, "tags", None, "gift")))
    with pytest.raises(Refused, match="Operator or Admin"):
        perform(acting("charlie"), orders.save, changes)
    assert one(Order, 1).note is None
    perform(acting("oscar"), orders.save, changes)
    assert (one(Order, 1).note, one(Order, 1).tags) == ("call first", "gift")


def test_of_the_work_statuses_only_two_are_set_by_hand_and_the_facts_can_have_it_back(trade, acting):
    with pytest.raises(Refused, match="Exception or Closed"):
        perform(
            acting("oscar"), orders.save, Changes((Edit(1, "work_status", WorkStatus.TO_PURCHASE, WorkStatus.SHIPPED),))
        )
    assert one(Order, 1).work_status == WorkStatus.TO_PURCHASE
    perform(acting("oscar"), orders.save, Changes((Edit(2, "work_status", WorkStatus.PURCHASED, WorkStatus.CLOSED),)))
    assert one(Order, 2).work_status == WorkStatus.CLOSED
    assert perform(acting("oscar"), orders.follow, 2) == "Order 111-2 is “Domestic in transit”."
    assert one(Order, 2).work_status == WorkStatus.IN_TRANSIT


def test_bob_was_faster(trade, acting):
    perform(acting("bob"), orders.save, Changes((Edit(1, "note", None, "Bob's"),)))
    with pytest.raises(Refused, match="Bob's"):
        perform(acting("alice"), orders.save, Changes((Edit(1, "note", None, "Alice's"), Edit(3, "note", None, "too"))))
    assert (one(Order, 1).note, one(Order, 3).note) == ("Bob's", None)


def test_a_line_is_linked_to_a_product_and_its_offer_learns_it(trade, acting):
    put(CosellOffer(id=1, store_id=2, asin="B00TEST009", sku="X-9"))
    put(OrderLine(id=99, order_id=3, item="9", sku="X-9", quantity=1, offer_id=1))
    with pytest.raises(Refused, match="no product with the SKU LAMB"):
        perform(acting("oscar"), orders.link_line, 99, "LAMB")
    assert one(OrderLine, 99).product_id is None
    said = perform(acting("oscar"), orders.link_line, 99, " LAMP ")
    assert said == "X-9 in order 111-3 is linked to LAMP, and so is its co-sell offer."
    assert (one(OrderLine, 99).product_id, one(CosellOffer, 1).product_id) == (2, 2)
    assert one(Product, 2).last_order_at == MONDAY + timedelta(hours=3)


def test_an_order_whole(trade):
    with reading() as session:
        whole = order_detail.detail(session, 2)
        assert order_detail.detail(session, 77) is None
    assert (whole.number, whole.store, whole.buyer) == ("111-2", "Berlin", "not named")
    [bought] = whole.lines
    assert (bought.product, bought.quantity, bought.purchased, bought.price) == ("MH01", 2, 2, Decimal("40"))
    assert [(p.number, p.quantity, p.total, p.tracking) for p in whole.purchases] == [
        ("1688-77", 2, Decimal(2), "SF1000001, SF1000002")
    ]
    assert whole.events[0].text == "Bought"
    assert "caravan" in {event.who for event in whole.events}
