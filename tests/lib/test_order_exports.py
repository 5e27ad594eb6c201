"""Orders taken away as CSV and as a workbook: what is shown, safe to open in Excel, and buyers only for those who may and ask."""

import csv
import io
import json
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert

from db.models import ChangeSet, Job, Order, OrderLine, Person, Purchase, PurchaseLine
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import JobState, OrderStatus, PersonState, Role
from lib import made_files
from lib.channels import ChannelBuyer
from lib.orders import buyers, order_exports
from lib.orders.order_exports import Format, Wish
from lib.orders.order_filter import Filter
from lib.people import attempt
from lib.problems import Refused
from tests.lib.jobs_done import work_off
from tests.lib.shop import CHARLIE, OSCAR, do
from tests.lib.trade import MONDAY, all_of, company, line, order, put

PETRA = Actor(None, "petra", Role.PRICING)
YUKI = ChannelBuyer("架空 ゆき", "Osaka", "JP", "架空町1-2-3", "0050001", "+00 555 0001", "yuki@buyers.example")
CSV = Wish(format=Format.CSV, descending=False)


@pytest.fixture(autouse=True)
def _not_ending():
    attempt.ending.clear()


@pytest.fixture
def trade(database):
    """Orders 1, of two lines with a formula and digits in it, and 2 with a buyer; a purchase with tracking for 1."""
    company()
    order(
        1,
        line("0012345", title="=1+1"),
        line("LAMP", 1, 2, canceled=True, asin="B000000001"),
        note="=HYPERLINK(1)",
        tags="a, b",
    )
    order(2, line(), buyer_sealed=buyers.seal(YUKI), buyer_masked=buyers.masked(YUKI))
    put(Purchase(id=1, request="p", unit_cost=Decimal(1), quantity=1, operator="bob", tracking="123456789012"))
    put(PurchaseLine(purchase_id=1, order_line_id=10, quantity=1))


def table(wish):
    with reading() as session:
        raw = order_exports.content(session, wish)
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))


def sheet(raw):
    return [list(row) for row in load_workbook(io.BytesIO(raw)).active.iter_rows()]


def test_a_row_an_order_as_the_list_shows_it(trade):
    assert table(CSV) == [
        ["Order", "Store", "Work", "Marketplace", "Items", "Pieces", "Total", "Currency", "Country", "Bought (UTC)", "Ship by (UTC)",
         "Shipped (UTC)", "Tracking", "Note", "Tags"],
        ["111-1", "Berlin", "To purchase", "Unshipped", "0012345 × 2, LAMP × 1", "3", "40.0000", "EUR", "DE", "2026-03-02 10:30:00", "",
         "", '="123456789012"', "'=HYPERLINK(1)", "a, b"],
        ["111-2", "Berlin", "To purchase", "Unshipped", "MH01 × 2", "2", "40.0000", "EUR", "DE", "2026-03-02 11:30:00", "", "", "", "", ""],
    ]  # fmt: skip


def test_a_row_a_line(trade):
    found = table(replace(CSV, lines=True))
    assert found[0][4:14] == [
        "Line",
        "SKU",
        "Product",
        "ASIN",
        "Title",
        "Pieces",
        "Price",
        "Shipping",
        "Tax",
        "Canceled",
    ]
    assert [row[4:14] for row in found[1:]] == [
        ["1", '="0012345"', "MH01", "", "'=1+1", "2", "40.0000", "", "", ""],
        ["2", "LAMP", "LAMP", "B000000001", "", "1", "40.0000", "", "", "canceled"],
        ["1", "MH01", "MH01", "", "", "2", "40.0000", "", "", ""],
    ]
    assert [row[20] for row in found[1:]] == ['="123456789012"', "", ""]


def test_in_a_workbook_codes_are_text_and_amounts_are_numbers(trade):
    with reading() as session:
        head, first, *_ = sheet(order_exports.content(session, replace(CSV, format=Format.XLSX, lines=True)))
    cells = {name.value: cell for name, cell in zip(head, first, strict=True)}
    assert (cells["SKU"].value, cells["SKU"].data_type) == ("0012345", "s")
    assert (cells["Tracking"].value, cells["Tracking"].data_type) == ("123456789012", "s")
    assert (cells["Note"].value, cells["Note"].data_type) == ("=HYPERLINK(1)", "s")
    assert (cells["Price"].value, cells["Price"].data_type) == (40, "n")


def test_the_picked_alone_in_their_order_and_what_matches_alone(trade):
    assert [row[0] for row in table(replace(CSV, picked=(2, 1)))[1:]] == ["111-2", "111-1"]
    assert [row[0] for row in table(replace(CSV, wanted=Filter(text="0012345")))[1:]] == ["111-1"]
    assert [row[0] for row in table(replace(CSV, descending=True))[1:]] == ["111-2", "111-1"]
    with reading() as session, pytest.raises(Refused, match="There is no order here. Nothing was exported."):
        order_exports.content(session, replace(CSV, wanted=Filter(stores=("Boston",))))


def test_more_than_are_made_at_once_are_refused(trade, monkeypatch):
    monkeypatch.setattr(order_exports, "AT_ONCE", 1)
    with (
        reading() as session,
        pytest.raises(Refused, match="more than 1 orders. Nothing was exported: narrow the filter."),
    ):
        order_exports.content(session, CSV)


# Buyers


def test_buyers_are_in_no_list_that_did_not_ask_for_them(trade):
    for wish in (CSV, replace(CSV, lines=True), replace(CSV, format=Format.XLSX)):
        with reading() as session:
            raw = order_exports.content(session, wish)
        text = (
            raw.decode("utf-8-sig")
            if wish.format is Format.CSV
            else str([[c.value for c in row] for row in sheet(raw)])
        )
        assert not [word for word in vars(YUKI).values() if word != "JP" and word in text]


@pytest.mark.parametrize("format", list(Format))
def test_who_may_and_asks_gets_them_and_the_history_says_who(trade, format):
    taken = []
    wish = replace(CSV, format=format)
    assert do(OSCAR, order_exports.with_buyers, wish, taken.append) == "The buyers of 2 orders were exported by oscar."
    if format is Format.CSV:
        found = list(csv.reader(io.StringIO(taken[0].decode("utf-8-sig"))))
    else:
        found = [[cell.value or "" for cell in row] for row in sheet(taken[0])]
    assert found[0][-7:] == ["Buyer", "City", "Buyer's country", "Address", "Postcode", "Telephone", "E-mail"]
    assert found[1][-7:] == [""] * 7
    postcode, telephone = ('="0050001"', "'+00 555 0001") if format is Format.CSV else ("0050001", "+00 555 0001")
    assert found[2][-7:] == ["架空 ゆき", "Osaka", "JP", "架空町1-2-3", postcode, telephone, "yuki@buyers.example"]
    last = all_of(ChangeSet)[-1]
    assert (last.actor, last.command, last.summary) == (
        "oscar", "order_exports.with_buyers", "The buyers of 2 orders were exported by oscar.",
    )  # fmt: skip


@pytest.mark.parametrize("who", [CHARLIE, PETRA], ids=["charlie", "petra"])
def test_who_may_not_never_gets_them(trade, who):
    taken, before = [], len(all_of(ChangeSet))
    with pytest.raises(Refused, match="may not see buyers' names and addresses; Operator or Admin may"):
        do(who, order_exports.with_buyers, CSV, taken.append)
    assert (taken, len(all_of(ChangeSet))) == ([], before)


def test_an_erased_buyer_is_shown_as_such(trade):
    with transaction(SYSTEM, "tests.ship") as session:
        found = session.get_one(Order, 2)
        found.shipped_at, found.status = MONDAY, OrderStatus.SHIPPED
    with transaction(SYSTEM, "tests.erase") as session:
        assert buyers.erase_old(session, MONDAY + timedelta(days=30)) == 1
    taken = []
    do(OSCAR, order_exports.with_buyers, CSV, taken.append)
    assert "erased on 2026-04-01" in taken[0].decode("utf-8-sig")


def test_a_list_with_buyers_lies_on_no_disk_while_it_is_made(trade, monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr("tempfile.mkstemp", lambda *args, **kwargs: made.append(args) or pytest.fail("a file was made"))
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *args, **kwargs: pytest.fail("a file was made"))
    do(OSCAR, order_exports.with_buyers, replace(CSV, format=Format.XLSX), made.append)
    assert len(made) == 1


# By a job


@pytest.fixture
def oscar(trade):
    put(person := Person(username="oscar", role=Role.OPERATOR, state=PersonState.ACTIVE, password_hash="x"))
    return Actor(person.id, "oscar", Role.OPERATOR)


def test_a_long_list_is_made_by_a_job_once_and_fetched_later(oscar):
    wish = replace(CSV, lines=True)
    said = do(oscar, order_exports.start, wish)
    assert said == f"{wish.name} is being made of 2 orders. It goes on when you leave this page."
    do(oscar, order_exports.start, wish)
    state, message = work_off()
    assert (state, len(all_of(Job))) == (JobState.DONE, 1), message
    with reading() as session:
        [file] = made_files.mine(session, oscar, (order_exports.KIND,))
        assert made_files.content(session, file.id, oscar) == order_exports.content(session, wish)
        with pytest.raises(Refused, match="somebody else has asked for it"):
            made_files.content(session, file.id, CHARLIE)
    assert file.name == wish.name


def test_a_whole_wish_survives_the_way_to_the_worker():
    wanted = Filter(
        "x", "1 2", ("Berlin",), ("DE",), ("unshipped",), "to_purchase", "paid", date(2026, 1, 2), date(2026, 1, 3), True,
        False, True, True, True, "key", ("purchased",), "seller", True, True, "EUR", Decimal("1.5"), Decimal(9), ("a",),
    )  # fmt: skip
    for wish in (Wish(wanted, (1, 2), Format.CSV, True, "total", False), Wish()):
        assert order_exports.unpacked(json.loads(json.dumps(order_exports.packed(wish)))) == wish


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("format", list(Format))
def test_twenty_times_as_many_orders_take_no_twenty_times_as_much_memory(database, format):
    company()
    with transaction(SYSTEM, "tests.many") as session:
        columns = {"store_id": 1, "status": "unshipped", "work_status": "to_purchase", "currency": "EUR", "fulfilment": "seller",
                   "bought_at": MONDAY, "received_at": MONDAY, "updated_at": MONDAY}  # fmt: skip
        connection = session.connection()
        connection.execute(
            insert(Order.__table__), [{"id": n, "number": f"111-{n}", **columns} for n in range(1, 20_001)]
        )
        connection.execute(
            insert(OrderLine.__table__),
            [{"id": n, "order_id": n, "item": "1", "sku": f"S{n}", "quantity": 1} for n in range(1, 20_001)],
        )

    def peak(count):
        with reading() as session:
            wish = Wish(format=format)
            tracemalloc.start()
            size = len(order_exports._written(order_exports.rows(session, range(1, count + 1), wish), wish))
            used = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return used - 6 * size  # the file itself has to be somewhere, and its text before it is bytes

    assert peak(20_000) < 2 * peak(1_000)
