"""Pasted lists of numbers: how they are taken apart, what they find, what becomes of each number, and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.frames import Page
from db.models import Code, PastedList, Product, Purchase, PurchaseLine, Shipment, now
from db.session import SYSTEM, reading, transaction
from db.vocabulary import CodeState, CodeType, Licence, PurchaseStatus
from lib.commands import perform
from lib.orders import order_numbers, orders, pasted_lists
from lib.orders.order_filter import Filter
from lib.orders.order_numbers import entries, pieces
from lib.problems import Refused
from tests.lib.trade import MONDAY, all_of, company, line, order, put


@pytest.fixture
def trade(database):
    """1 of MH01, an ASIN and a code of the ledger; 2 bought, with two tracking numbers; 3 of a product with an EAN; 4 sent."""
    company()
    put(Product(id=9, sku="CODED", ean="012345678905", title_en="Coded"))
    put(Code(id=1, gtin14="09520000000011", code="9520000000011", type=CodeType.EAN13, licence=Licence.LICENSED, state=CodeState.ASSIGNED,
             product_id=1))  # fmt: skip
    order(1, line(asin="B0ABCDEFGH"))
    order(2, line("LAMP", 1, 2))
    order(3, line("C-1", 1, 9))
    order(4, line("X-9", 1, None))
    bought = {"unit_cost": Decimal(1), "freight": Decimal(0), "currency": "CNY", "fx": Decimal("0.125"), "site": "1688"}
    put(Purchase(id=1, request="p1", quantity=1, operator="oscar", number="16880001", tracking="SF1001, SF1002",
                 status=PurchaseStatus.ORDERED, **bought))  # fmt: skip
    put(PurchaseLine(purchase_id=1, order_line_id=20, quantity=1))
    put(Shipment(order_id=4, request="s1", carrier="Other", tracking="LX400CN", shipped_at=MONDAY))


def keep(text):
    return perform(SYSTEM, pasted_lists.keep, text)


def found(wanted):
    with reading() as session:
        ids = list(orders.table(session, wanted, Page(descending=False)).index)
        assert orders.count(session, wanted) == sum(orders.counts(session, wanted).values()) == len(ids)
    return ids


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a b\tc\nd\r\ne", ["a", "b", "c", "d", "e"]),
        ("a,b;c，d；e、f|g", ["a", "b", "c", "d", "e", "f", "g"]),
        ('="00123" "a b" “c d”', ["00123", "a b", "c d"]),
        ('"a,b"\t"c"', ["a", "b", "c"]),
        ("\ufeff111-1\u200b\u00a0,,;", ["111-1"]),
        ("a b a B", ["a", "b", "a", "B"]),
        (" ,;\n\t", []),
        ("‘a’ '111-2'", ["a", "111-2"]),
    ],
)
def test_numbers_are_separated_anyhow(text, numbers):
    assert list(pieces(text)) == numbers
    assert entries(text) == tuple(dict.fromkeys(numbers))


@pytest.mark.parametrize(
    ("number", "ids"),
    [
        ("111-3", [3]),
        ("lamp", [2]),
        ("b0abcdefgh", [1]),
        ("12345678905", []),
        ("012345678905", [3]),
        ("0012345678905", [3]),
        ("00012345678905", [3]),
        ("9520000000011", [1]),
        ("09520000000011", [1]),
        ("16880001", [2]),
        ("sf1001", [2]),
        ("SF1002", [2]),
        ("SF1001, SF1002", [2]),
        ("SF100", []),
        ("lx400cn", [4]),
        ("%", []),
        ("_", []),
        ("111-3\0", []),
    ],
)
def test_every_kind_of_number_finds_its_order_typed_or_kept(trade, number, ids):
    assert found(Filter(numbers=number)) == ids
    assert found(Filter(paste=keep(number))) == ids
    with reading() as session:
        asked = set(entries(number))
        assert set(orders.missing(session, number)) == (set() if ids else asked)


def test_each_number_is_told_of_once_in_its_order_with_its_repeats(trade):
    key = keep("111-2 nobody 111-1 111-2 sf1002 zero nobody nobody SF1002")
    with reading() as session:
        told = pasted_lists.answer(session, Filter(paste=key))
        assert pasted_lists.numbers(session, key)[:3] == ("111-2", "nobody", "111-1")
    assert (told.asked, told.found) == (6, 4)
    assert told.duplicates == ("111-2", "nobody")
    assert told.times == {"111-2": 2, "nobody": 3}
    assert told.missing == ("nobody", "zero")
    assert found(Filter(paste=key)) == [1, 2]


def test_a_short_list_and_a_kept_one_must_both_have_the_order_and_are_told_of_together(trade):
    wanted = Filter(numbers="111-1 111-3 lost", paste=keep("111-3 111-4 lost gone"))
    assert found(wanted) == [3]
    with reading() as session:
        told = pasted_lists.answer(session, wanted)
    assert (told.asked, told.found, told.missing, told.duplicates) == (5, 3, ("lost", "gone"), ("111-3", "lost"))


def test_a_list_asks_all_orders_whatever_else_is_wanted(trade):
    wanted = Filter(paste=keep("111-1 111-2"), stores=("Boston",))
    assert found(wanted) == []
    with reading() as session:
        assert pasted_lists.answer(session, wanted).missing == ()


def test_the_same_numbers_are_kept_once_and_anew(trade):
    key = keep("111-1, 111-2")
    with transaction(SYSTEM, "tests.age") as session:
        session.scalars(select(PastedList)).one().pasted_at = now() - timedelta(days=89)
    assert keep("111-1\n111-2") == key != keep("111-2 111-1")
    assert len(all_of(PastedList)) == 2
    with transaction(SYSTEM, "tests.purge") as session:
        session.scalars(select(PastedList).where(PastedList.key != key)).one().pasted_at = now() - timedelta(days=91)
    with transaction(SYSTEM, "tests.purge") as session:
        assert pasted_lists.purge(session) == 1
    assert [kept.key for kept in all_of(PastedList)] == [key]


def test_a_list_that_is_not_kept_any_more_finds_nothing(trade):
    with reading() as session:
        assert pasted_lists.numbers(session, "gone") == ()
        assert pasted_lists.answer(session, Filter(paste="gone")) == pasted_lists.Answer()
    assert found(Filter(paste="gone")) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" , ;\n", "There is no number in this list."),
        ("a b c d", "This list has 4 numbers; at most 3 are looked for at once."),
        ("x" * 50, "This list is longer than 8 MB"),
    ],
)
def test_what_can_be_no_list_of_numbers_is_refused(trade, monkeypatch, text, sentence):
    monkeypatch.setattr(pasted_lists, "MOST_ENTRIES", 3)
    monkeypatch.setattr(pasted_lists, "MOST_BYTES", 40)
    with pytest.raises(Refused, match="Nothing was looked for") as refusal:
        keep(text)
    assert sentence in str(refusal.value)
    assert all_of(PastedList) == []


def test_ten_thousand_numbers_find_the_few_they_have(trade):
    key = keep(" ".join([*(f"999-{number}" for number in range(9_998)), "111-4", "sf1001"]))
    assert found(Filter(paste=key)) == [2, 4]
    with reading() as session:
        told = pasted_lists.answer(session, Filter(paste=key))
    assert (told.asked, told.found, len(told.missing), told.missing[0]) == (10_000, 2, 9_998, "999-0")


def test_a_short_list_stops_at_its_most(trade, monkeypatch):
    monkeypatch.setattr(order_numbers, "MOST_ENTRIES", 2)
    assert entries("111-1 111-1 111-2 111-3") == ("111-1", "111-2")
    assert found(Filter(numbers="111-1 111-2 111-3")) == [1, 2]
