"""Orders from files: seen first, exact, all of it or nothing; the same again changes nothing, newer updates, older does not."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from db import history
from db.models import (
    Change,
    ChangeSet,
    Job,
    Listing,
    Order,
    OrderFileMapping,
    OrderLine,
    Person,
    Product,
    Purchase,
    PurchaseLine,
    Store,
)
from db.session import Actor, folder, reading, transaction
from db.vocabulary import JobState, ListingStatus, OrderStatus, PersonState, Role, Source, WorkStatus
from lib import jobs, settings
from lib.channels import ChannelLine, ChannelOrder
from lib.commands import perform
from lib.orders import buyers, order_file_report, order_files, order_mappings, order_uploads, orders_in
from lib.orders.order_items import free_item, is_weak, paired, weak_item
from lib.orders.order_uploads import Choice
from lib.orders.told_orders import ToldLine
from lib.problems import Refused
from tests.lib.jobs_done import work_off
from tests.lib.order_report_fixtures import ITEM, ITEM_2, ORDER, OTHER, THIRD, all_orders, new_orders, unshipped
from tests.lib.test_amazon_orders import WRONG
from tests.lib.trade import all_of, put

BERLIN, BOSTON, TOKYO = 1, 2, 3
CHOICE = Choice({"DE": BERLIN, "US": BOSTON, "JP": TOKYO, "": BERLIN, "Non-Amazon": BERLIN})


@pytest.fixture
def company(database):
    """Stores in Berlin, Boston and Tokyo; a lamp that Berlin sells under its own SKU."""
    put(
        Store(id=BERLIN, name="Berlin", marketplace="DE", currency="EUR"),
        Store(id=BOSTON, name="Boston", marketplace="US", currency="USD"),
        Store(id=TOKYO, name="Tokyo", marketplace="JP", currency="JPY"), Product(id=1, sku="L1", title_en="Lamp"),
    )  # fmt: skip
    put(Listing(product_id=1, store_id=BERLIN, seller_sku="LAMP", asin="B000TEST01", status=ListingStatus.ACTIVE))


@pytest.fixture
def alice(acting):
    return acting("alice")


def plan(content, choice=CHOICE, name="orders.txt"):
    with reading() as session:
        told = order_uploads.told(order_uploads.opened(name, content), choice)
        return order_files.plan(session, told, order_uploads.stores_of(choice))


def bring_in(actor, content, choice=CHOICE, name="orders.txt"):
    return perform(actor, order_uploads.bring_in, name, content, choice, plan(content, choice, name).mark())


def refused(content, choice=CHOICE, name="orders.txt"):
    return [(p.line, p.field, p.text) for p in plan(content, choice, name).refused]


def orders():
    return {order.number: order for order in all_of(Order)}


def lines():
    return [(line.item, line.sku, line.quantity, line.price) for line in all_of(OrderLine)]


def written():
    """How much there is of what an import writes."""
    with reading() as session:
        return [session.scalar(select(func.count()).select_from(m)) for m in (Order, OrderLine, Change, ChangeSet)]


# New, again, newer, older


def test_new_orders_with_all_that_follows(company, alice):
    said = bring_in(alice, all_orders({}, {"sku": "CUP", "asin": "", "item-price": "5.00", "item-tax": ""}))
    assert said == "1 new, 0 changed, 0 unchanged, 0 left out."
    [order] = all_of(Order)
    assert (order.number, order.store_id, order.status, order.currency, order.total, order.country, order.is_sale) == (
        ORDER, BERLIN, OrderStatus.UNSHIPPED, "EUR", Decimal("44.98"), "DE", True,
    )  # fmt: skip
    assert (order.work_status, order.is_unlinked, order.has_purchase) == (WorkStatus.TO_PURCHASE, True, False)
    assert (order.bought_at, order.told_at) == (
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        datetime(2026, 3, 1, 11, tzinfo=UTC),
    )
    assert [(line.item, line.product_id, line.price) for line in all_of(OrderLine)] == [
        ("~1~LAMP", 1, Decimal("39.98")), ("~1~CUP", None, Decimal("5.00")),
    ]  # fmt: skip
    [product] = all_of(Product)
    assert product.last_order_at == order.bought_at
    [made] = [row for row in all_of(ChangeSet) if row.command == "order_uploads.bring_in"]
    assert (made.actor, made.summary) == ("alice", said)


def test_undo_takes_an_import_back(company, alice):
    bring_in(alice, all_orders())
    number = all_of(ChangeSet)[-1].id
    with transaction(alice, "history.undo") as session:
        history.undo(session, number)
    assert (all_of(Order), all_of(OrderLine)) == ([], [])


@pytest.mark.parametrize("report", [all_orders, new_orders, unshipped])
def test_the_same_file_twice_changes_nothing(company, alice, report):
    bring_in(alice, report())
    before = written()
    assert str(plan(report())) == "0 new, 0 changed, 1 unchanged, 0 left out"
    with pytest.raises(Refused, match="0 changes"):
        bring_in(alice, report())
    assert written() == before


def test_a_newer_state_updates_and_an_older_one_does_not(company, alice):
    pending = {"order-status": "Pending", "currency": "", "item-price": "", "item-tax": ""}
    shipped = {"order-status": "Shipped", "item-status": "Shipped", "last-updated-date": "2026-03-05T08:00:00+00:00"}
    bring_in(alice, all_orders(pending))
    assert (all_of(Order)[0].total, all_of(Order)[0].currency) == (None, "EUR")
    assert (
        bring_in(alice, all_orders({"last-updated-date": "2026-03-01T12:00:00+00:00"}))
        == "0 new, 1 changed, 0 unchanged, 0 left out."
    )
    assert (all_of(Order)[0].status, all_of(Order)[0].total) == (OrderStatus.UNSHIPPED, Decimal("39.98"))
    bring_in(alice, all_orders(shipped))
    [order] = all_of(Order)
    assert (order.status, order.work_status, order.shipped_at) == (
        OrderStatus.SHIPPED, WorkStatus.SHIPPED, datetime(2026, 3, 5, 8, tzinfo=UTC),
    )  # fmt: skip
    for old in (
        all_orders(pending),
        all_orders(),
        all_orders({**shipped, "last-updated-date": "2026-03-04T08:00:00Z", "quantity": "9"}),
    ):
        assert str(plan(old)) == "0 new, 0 changed, 1 unchanged, 0 left out"


def test_old_news_fills_what_nobody_has_told_yet(company, alice):
    blank = {
        "order-status": "Shipped",
        "item-price": "",
        "item-tax": "",
        "currency": "",
        "last-updated-date": "2026-03-05T08:00:00Z",
    }
    bring_in(alice, all_orders(blank))
    bring_in(alice, all_orders({"quantity": "7"}))
    [order], [line] = all_of(Order), all_of(OrderLine)
    assert (order.status, order.total, line.price, line.quantity) == (
        OrderStatus.SHIPPED,
        Decimal("39.98"),
        Decimal("39.98"),
        2,
    )


def test_a_canceled_line_keeps_how_many_it_was(company, alice):
    bring_in(alice, all_orders())
    gone = {"order-status": "Cancelled", "item-status": "Cancelled", "quantity": "0", "item-price": "", "item-tax": ""}
    bring_in(alice, all_orders({**gone, "last-updated-date": "2026-03-02T08:00:00Z"}))
    [order], [line] = all_of(Order), all_of(OrderLine)
    assert (order.status, order.work_status, line.canceled, line.quantity) == (
        OrderStatus.CANCELED,
        WorkStatus.CLOSED,
        True,
        2,
    )


def test_a_title_with_lost_letters_overwrites_none(company, alice):
    bring_in(alice, all_orders({"product-name": "Lampe für Köln"}))
    assert str(plan(all_orders({"product-name": "Lampe f?r K?ln"}))) == "0 new, 0 changed, 1 unchanged, 0 left out"


def test_a_report_without_promotions_does_not_raise_a_price(company, alice):
    bring_in(alice, all_orders({"item-promotion-discount": "10.00"}))
    bring_in(alice, new_orders())
    assert lines() == [(ITEM, "LAMP", 2, Decimal("29.98"))]


# The numbers of lines


def test_a_weak_number_is_upgraded_in_place_and_never_doubled(company, alice):
    two = {"sku": "LAMP", "quantity": "5", "item-price": "9.00", "item-tax": ""}
    bring_in(alice, all_orders({}, two))
    ids = [line.id for line in all_of(OrderLine)]
    assert lines() == [("~1~LAMP", "LAMP", 2, Decimal("39.98")), ("~2~LAMP", "LAMP", 5, Decimal("9.00"))]
    bring_in(
        alice,
        new_orders({"order-item-id": ITEM_2, "quantity-purchased": "5", "item-price": "9.00"}, {"order-item-id": ITEM}),
    )
    assert lines() == [(ITEM, "LAMP", 2, Decimal("39.98")), (ITEM_2, "LAMP", 5, Decimal("9.00"))]
    assert [line.id for line in all_of(OrderLine)] == ids
    for again in (
        all_orders({}, two),
        all_orders(two, {}),
        unshipped({"order-item-id": ITEM_2, "quantity-purchased": "5"}),
    ):
        assert len(plan(again).changed) <= 1
        if plan(again):
            bring_in(alice, again)
        assert [line[:3] for line in lines()] == [(ITEM, "LAMP", 2), (ITEM_2, "LAMP", 5)]


def test_what_a_file_changes_in_an_order_that_was_bought_moves_its_work(company, alice):
    bring_in(alice, all_orders())
    put(Purchase(id=1, request="p1", unit_cost=Decimal(5), quantity=2, operator="alice", site=Source.OTHER))
    put(PurchaseLine(purchase_id=1, order_line_id=all_of(OrderLine)[0].id, quantity=2))
    gone = {"order-status": "Cancelled", "item-status": "Cancelled", "quantity": "0", "item-price": "", "item-tax": ""}
    bring_in(alice, all_orders({**gone, "last-updated-date": "2026-03-02T08:00:00Z"}))
    [order] = all_of(Order)
    assert (order.work_status, order.has_purchase, order.is_canceled_bought) == (WorkStatus.EXCEPTION, True, True)


def test_the_channel_upgrades_what_a_file_has_brought(company, alice):
    bring_in(alice, all_orders())
    told = ChannelOrder(
        ORDER,
        "unshipped",
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        "EUR",
        (ChannelLine(ITEM, "LAMP", 2),),
        total=Decimal(1),
    )
    with transaction(alice, "sync.pull_orders") as session:
        assert orders_in.receive(session, BERLIN, [told]) == 1
    assert [line[:3] for line in lines()] == [(ITEM, "LAMP", 2)]
    assert str(plan(unshipped())) == "0 new, 1 changed, 0 unchanged, 0 left out"  # who has bought


def test_weak_numbers_are_known_by_their_shape():
    assert [is_weak(item) for item in (weak_item("LAMP", 1), ITEM, "1")] == [True, False, False]
    long = weak_item("S" * 79 + "A", 1), weak_item("S" * 79 + "B", 1)
    assert len(set(long)) == 2
    assert all(len(item) <= 60 for item in long)
    assert free_item("~2~LAMP", "LAMP", {"~1~LAMP", "~2~LAMP"}) == "~3~LAMP"


def test_lines_are_paired_by_number_then_by_quantity_then_by_place():
    def line(item, quantity, sku="X"):
        return ToldLine(0, item, sku, quantity, {})

    strong = [line(ITEM, 1), line(ITEM_2, 2)]
    assert paired([line("~1~X", 2), line("~2~X", 1), line("~1~Y", 1, "Y")], strong) == [strong[1], strong[0], None]
    assert paired([line(ITEM_2, 9), line("3", 1)], strong) == [strong[1], None]
    assert paired([line("~1~X", 1), line("~2~X", 1)], strong[:1]) == [strong[0], None]
    weak = [line("~1~X", 3), line("~2~X", 4)]
    assert paired([line("~1~X", 4), line("~2~X", 3)], weak) == [weak[1], weak[0]]
    assert paired([line("~1~X", 8), line("~2~X", 9)], weak) == [weak[0], weak[1]]


# Where orders go


def test_the_markets_of_a_file_go_to_their_stores(company, alice):
    yen = {"currency": "JPY", "item-price": "1980.0", "item-tax": "180"}
    content = all_orders(
        {},
        {"amazon-order-id": OTHER, "sales-channel": "Amazon.co.jp", **yen},
        {"amazon-order-id": "S01-0000003-0000003"},
    )
    with reading() as session:
        assert order_uploads.look(session, "o.txt", content).stores == {"DE": BERLIN, "JP": TOKYO, "Non-Amazon": BERLIN}
    bring_in(alice, content)
    assert {number: (order.store_id, order.is_sale) for number, order in orders().items()} == {
        ORDER: (BERLIN, True), OTHER: (TOKYO, True), "S01-0000003-0000003": (BERLIN, False),
    }  # fmt: skip
    assert orders()[OTHER].total == 1980


def test_an_order_without_a_store_or_in_another_currency_stays_out(company):
    content = all_orders({"sales-channel": "Amazon.fr"}, {"amazon-order-id": OTHER, "currency": "USD"})
    assert refused(content) == [
        (2, "sales-channel", "No store is chosen for orders sold in FR."),
        (3, "currency", "The order is in USD, and the store Berlin sells in EUR."),
    ]


def test_a_pending_order_does_not_go_into_a_store_of_another_currency(company):
    pending = all_orders({"order-status": "Pending", "currency": "", "item-price": "", "item-tax": ""})
    assert refused(pending, Choice({"DE": TOKYO})) == [
        (2, "currency", "The order is in EUR, and the store Tokyo sells in JPY.")
    ]


def test_an_order_of_another_store_is_not_made_twice(company, alice):
    bring_in(alice, unshipped())
    assert refused(unshipped(), Choice({"": BOSTON})) == [(2, "order-id", "The store Berlin has this order already.")]


# Buyers


def test_a_buyer_is_sealed_at_once_and_stands_nowhere_else(company, alice):
    content = new_orders()
    with reading() as session:
        shown = order_uploads.preview(session, "orders.txt", content, CHOICE)
    report = order_uploads.report("orders.txt", content, CHOICE, order_file_report.csv)
    assert b"Erika" not in repr(shown).encode() + shown.new.to_string().encode() + report
    bring_in(alice, content)
    [order] = all_of(Order)
    assert order.buyer_masked == "E** · Köln, DE"
    assert buyers.opened(order.buyer_sealed).name == "Erika Mustermann"
    with reading() as session:
        told = repr([tuple(row) for row in session.execute(select(Change.before, Change.after))])
    assert "Erika" not in told
    assert "Weg 7" not in told
    for path in folder().rglob("*"):
        assert not path.is_file() or b"Erika" not in path.read_bytes()


def test_another_address_is_a_change_that_is_not_shown(company, alice):
    bring_in(alice, new_orders())
    moved = new_orders({"ship-address-1": "Gasse 9"})
    with reading() as session:
        shown = order_uploads.preview(session, "orders.txt", moved, CHOICE)
    assert shown.changed.to_dict("records") == [
        {"Line": 2, "Order": ORDER, "Field": "buyer", "Before": "", "After": "sealed, not shown"}
    ]
    bring_in(alice, moved)
    assert buyers.opened(all_of(Order)[0].buyer_sealed).address == "Gasse 9"


def test_an_erased_buyer_stays_erased(company, alice):
    bring_in(alice, new_orders())
    with transaction(alice, "tests.ship") as session:
        order = session.scalars(select(Order)).one()
        order.shipped_at, order.status = datetime(2026, 1, 1, tzinfo=UTC), OrderStatus.SHIPPED
    with transaction(alice, "nightly.erase") as session:
        assert buyers.erase_old(session, datetime(2026, 6, 1, tzinfo=UTC)) == 1
    assert str(plan(new_orders())) == "0 new, 0 changed, 1 unchanged, 0 left out"


# What is wrong


@pytest.mark.parametrize("row", [row for row, _, _ in WRONG])
def test_nothing_of_an_order_with_a_wrong_row_comes_in(company, alice, row):
    content = all_orders({"amazon-order-id": OTHER}, {}, {"sku": "LID", **row})
    if "amazon-order-id" in row:
        return
    assert bring_in(alice, content) == "1 new, 0 changed, 0 unchanged, 1 left out."
    assert list(orders()) == [OTHER]
    assert len(lines()) == 1


def test_a_file_of_wrong_rows_alone_writes_nothing(company, alice):
    before = written()
    with pytest.raises(Refused, match="0 changes"):
        bring_in(alice, all_orders({"quantity": "x"}))
    assert written() == before


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b" \r\n\t\r\n", "is empty"),
        (all_orders().splitlines()[0], "no rows below"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG picture"),
        (all_orders() + b"\0", "NUL"),
        (b"%PDF-1.7", "PDF"),
        (b"<html><body>Sign in</body></html>", "web page"),
        (b'{"payload": {}}', "JSON"),
        (b"x" * (order_uploads.MOST_BYTES + 1), "larger than 64 MB"),
    ],
)
def test_what_is_no_file_of_orders_is_refused_in_a_sentence(company, content, why):
    with pytest.raises(Refused, match=why):
        plan(content)


def test_the_report_names_every_row(company, alice):
    bring_in(alice, all_orders({"amazon-order-id": OTHER}))
    content = all_orders(
        {}, {"amazon-order-id": OTHER}, {"amazon-order-id": THIRD}, {"amazon-order-id": THIRD, "quantity": "x"}
    )
    rows = list(
        csv.reader(
            io.StringIO(order_uploads.report("o.txt", content, CHOICE, order_file_report.csv).decode("utf-8-sig"))
        )
    )
    assert rows == [
        ["line", "order", "sku", "outcome", "fields", "reason"],
        ["2", ORDER, "LAMP", "new", "", ""],
        ["3", OTHER, "LAMP", "unchanged", "", ""],
        [
            "4",
            THIRD,
            "",
            "left out",
            "",
            "Line 5 of the same order is refused, and an order comes whole or not at all.",
        ],
        ["5", THIRD, "", "refused", "quantity", "Not a whole number of pieces."],
    ]
    book = load_workbook(io.BytesIO(order_uploads.report("o.txt", content, CHOICE, order_file_report.xlsx)))
    assert [cell.value for cell in book.active[2]][:4] == [2, ORDER, "LAMP", "new"]


# Together, and as a job


def test_what_was_previewed_is_what_is_done(company, alice, acting):
    mark = plan(all_orders()).mark()
    bring_in(acting("bob"), unshipped())
    before = written()
    with pytest.raises(Refused, match="changed since the preview"):
        perform(alice, order_uploads.bring_in, "orders.txt", all_orders(), CHOICE, mark)
    assert written() == before


def test_charlie_may_not(company, acting):
    with pytest.raises(Refused, match="may not work on orders"):
        bring_in(acting("charlie"), all_orders())
    assert all_of(Order) == []


@pytest.fixture
def person(company):
    put(Person(id=7, username="alice", role=Role.ADMIN, state=PersonState.ACTIVE, password_hash="x"))
    return Actor(7, "alice", Role.ADMIN)


def test_a_job_brings_the_same_in_and_leaves_no_file(person):
    content = new_orders()
    mark = plan(content).mark()
    for _ in range(2):
        perform(person, order_uploads.start, "orders.txt", content, CHOICE, mark)
    [job] = all_of(Job)
    [waiting] = settings.uploads().glob("*")
    assert b"Erika" not in waiting.read_bytes()
    assert "Erika" not in repr(job.arguments)
    assert work_off() == (JobState.DONE, "1 new, 0 changed, 0 unchanged, 0 left out.")
    assert list(settings.uploads().glob("*")) == []
    assert all_of(Order)[0].buyer_masked == "E** · Köln, DE"


def test_a_job_whose_orders_have_changed_writes_nothing_and_leaves_no_file(person, acting):
    perform(person, order_uploads.start, "orders.txt", all_orders(), CHOICE, plan(all_orders()).mark())
    bring_in(acting("bob"), unshipped())
    state, said = work_off()
    assert (state, "changed since the preview" in said) == (JobState.FAILED, True)
    assert list(settings.uploads().glob("*")) == []
    assert all_of(Order)[0].total is None


def test_a_job_goes_on_after_an_interruption_with_its_file(person, monkeypatch):
    perform(person, order_uploads.start, "orders.txt", all_orders(), CHOICE, plan(all_orders()).mark())
    monkeypatch.setattr(order_files, "plan", lambda *a, **k: (_ for _ in ()).throw(jobs.Interrupted()))
    assert (work_off().state, len(list(settings.uploads().glob("*")))) == (JobState.QUEUED, 1)
    monkeypatch.undo()


def test_a_damaged_sealed_file_is_a_sentence(person):
    perform(person, order_uploads.start, "orders.txt", all_orders(), CHOICE, plan(all_orders()).mark())
    [waiting] = settings.uploads().glob("*")
    waiting.write_bytes(b"not sealed by us")
    state, said = work_off()
    assert (state, "upload it again" in said) == (JobState.FAILED, True)
    assert all_of(Order) == []


# Other shops' files

SHOP = b"""Order ID,Order Date,Ship Date,Customer Name,Country,Product ID,Product Name,Quantity,Sales
CA-1,2026-03-01,2026-03-04,Erika Mustermann,United States,LAMP,A lamp,2,39.98
CA-1,2026-03-01,2026-03-04,Erika Mustermann,United States,CUP,A cup,1,9.5755
CA-2,2026-03-02,,Max Muster,Narnia,LAMP,A lamp,1,19.99
"""
INVOICES = b"""InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,Country
536365,LAMP,A lamp,6,2026-03-01 08:26:00,2.55,United Kingdom
536365,LAMP,A lamp,6,2026-03-01 08:26:00,2.55,United Kingdom
C536366,CUP,A cup,-2,2026-03-01 09:41:00,1.005,EIRE
536367,CUP,,-10,2026-03-01 16:50:00,0.0,United Kingdom
536368,CUP,A cup,3,2026-03-01 16:51:00,0.00015,France
"""


def mapped(content, **more):
    guess = order_mappings.guess(order_uploads.opened("shop.csv", content).sheet)
    return Choice(mapping=replace(guess, store_id=BOSTON, **more))


def test_the_columns_of_another_shop_are_guessed(company):
    found = order_mappings.guess(order_uploads.opened("shop.csv", SHOP).sheet)
    assert found.columns == {
        "number": "Order ID", "bought_at": "Order Date", "shipped_at": "Ship Date", "name": "Customer Name", "country": "Country",
        "sku": "Product ID", "title": "Product Name", "quantity": "Quantity", "price": "Sales",
    }  # fmt: skip
    assert (found.per_piece, found.dates, found.decimal, found.cancels, found.status) == (
        False,
        "iso",
        ".",
        "",
        "shipped",
    )
    found = order_mappings.guess(order_uploads.opened("i.csv", INVOICES).sheet)
    assert (found.columns["number"], found.per_piece, found.cancels) == ("InvoiceNo", True, "C")


def test_another_shops_file_comes_in_by_its_mapping(company, alice):
    choice = mapped(SHOP)
    assert bring_in(alice, SHOP, choice, "shop.csv") == "2 new, 0 changed, 0 unchanged, 0 left out."
    first, second = orders()["CA-1"], orders()["CA-2"]
    assert (first.store_id, first.currency, first.total, first.country, first.status) == (
        BOSTON, "USD", Decimal("49.5555"), "US", OrderStatus.SHIPPED,
    )  # fmt: skip
    assert (first.shipped_at, second.shipped_at, second.country) == (
        datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), None,
    )  # fmt: skip
    assert first.buyer_masked == "E** · US"
    assert str(plan(SHOP, choice, "shop.csv")) == "0 new, 0 changed, 2 unchanged, 0 left out"
    with reading() as session:
        assert order_mappings.remembered(session, order_uploads.opened("x.csv", SHOP).sheet.columns) == choice.mapping
        kept = session.scalars(select(OrderFileMapping)).one()
    assert "Erika" not in repr(kept.mapping)


def test_invoices_with_cancellations_returns_and_small_prices(company, alice):
    choice = mapped(INVOICES)
    assert refused(INVOICES, choice, "i.csv") == [(5, "Quantity", "A quantity below 0 is a return, and no order.")]
    bring_in(alice, INVOICES, choice, "i.csv")
    assert lines() == [
        ("~1~LAMP", "LAMP", 6, Decimal("15.30")), ("~2~LAMP", "LAMP", 6, Decimal("15.30")), ("~1~CUP", "CUP", 2, Decimal("2.01")),
        ("~1~CUP", "CUP", 3, Decimal("0.0005")),
    ]  # fmt: skip
    assert (orders()["C536366"].status, orders()["C536366"].work_status, orders()["C536366"].country) == (
        OrderStatus.CANCELED, WorkStatus.CLOSED, "IE",
    )  # fmt: skip
    warned = [(p.line, p.text) for p in plan(INVOICES, choice, "i.csv").warnings]
    assert (6, "Rounded to 0.0005: an amount is kept to four decimals.") in warned
    assert (4, "Taken as canceled: its number begins with C.") in warned


def test_returns_can_be_taken_as_canceled_lines(company, alice):
    bring_in(alice, INVOICES, mapped(INVOICES, returns="cancel"), "i.csv")
    [line] = [line for line in all_of(OrderLine) if line.quantity == 10]
    assert (line.canceled, orders()["536367"].work_status, orders()["536367"].total) == (True, WorkStatus.CLOSED, None)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("CA-3,03/01/2026,,Eve,US,LAMP,A lamp,1,9.99", (5, "Order Date", "Not a date as was chosen for this file.")),
        ("CA-3,,,Eve,US,LAMP,A lamp,1,9.99", (5, "Order Date", "There is no date of the order.")),
        ("CA-3,2026-03-01,,Eve,US,,A lamp,1,9.99", (5, "Product ID", "There is no SKU.")),
        ("CA-3,2026-03-01,,Eve,US,LAMP,A lamp,0,9.99", (5, "Quantity", "A quantity is between 1 and 1,000,000.")),
        ("CA-3,2026-03-01,,Eve,US,LAMP,A lamp,many,9.99", (5, "Quantity", "Not a whole number of pieces.")),
        ("CA-3,2026-03-01,,Eve,US,LAMP,A lamp,,9.99", (5, "Quantity", "There is no quantity.")),
        (
            'CA-3,2026-03-01,,Eve,US,LAMP,A lamp,1,"1,234.50"',
            (5, "Sales", "Not an amount as was chosen for this file: 1234.50."),
        ),
        ("CA-3,2026-03-01,,Eve,US,LAMP,A lamp,1,-9.99", (5, "Sales", "An amount is not below 0.")),
        (",2026-03-01,,Eve,US,LAMP,A lamp,1,9.99", (5, "Order ID", "There is no order number.")),
        (
            f"{'9' * 61},2026-03-01,,Eve,US,LAMP,A lamp,1,9.99",
            (5, "Order ID", "An order number is one line of at most 60 letters."),
        ),
        ("CA-3,2026-03-01,,Eve,US", (5, None, "Line 5 has 5 cells instead of 9: too few.")),
    ],
)
def test_a_wrong_row_of_another_shop_is_named(company, row, why):
    content = SHOP + row.encode()
    assert refused(content, mapped(SHOP), "shop.csv") == [why]
    assert "Eve" not in repr(plan(content, mapped(SHOP), "shop.csv").refused)


def test_a_half_row_keeps_its_order_out(company):
    found = plan(SHOP + b"CA-1,2026-03-01\n", mapped(SHOP), "shop.csv")
    assert [new.told.number for new in found.new] == ["CA-2"]
    assert found.left_out == {"CA-1": ([2, 3, 5], 5)}


def test_dates_and_amounts_as_elsewhere(company, alice):
    content = b"Order;Date;SKU;Qty;Price\n77;31.12.2025 23:30;LAMP;2;1234,50\n"
    choice = mapped(content)
    assert (choice.mapping.dates, choice.mapping.decimal) == ("dmy", ",")
    bring_in(alice, content, choice, "x.csv")
    assert (orders()["77"].bought_at, orders()["77"].total) == (
        datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
        Decimal("1234.50"),
    )


def test_what_is_not_chosen_yet_is_named(company):
    with pytest.raises(Refused, match="Not chosen yet: Store. Nothing was read."):
        plan(SHOP, Choice(mapping=replace(mapped(SHOP).mapping, store_id=None)), "shop.csv")


# Other people's files


@pytest.mark.only("sqlite")
def test_the_superstore_comes_in_with_its_totals(company, alice, shared):
    content = (shared / "orders" / "superstore.csv").read_bytes()
    choice = mapped(content)
    assert bring_in(alice, content, choice, "superstore.csv") == "5,009 new, 0 changed, 0 unchanged, 0 left out."
    with reading() as session:
        found = session.execute(select(func.count(), func.sum(OrderLine.quantity), func.sum(OrderLine.price))).one()
        total = session.scalar(select(func.sum(Order.total)))
    assert tuple(found) == (9_994, 37_873, Decimal("2297200.8603"))
    assert total == Decimal("2297200.8603")
    assert str(plan(content, choice, "superstore.csv")) == "0 new, 0 changed, 5,009 unchanged, 0 left out"


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(
    ("day", "rows", "invoices", "returned"),
    [(1, 3_108, 143, 1), (2, 2_109, 167, 1), (3, 2_202, 108, 28), (5, 2_725, 95, 0), (6, 3_878, 133, 7)],
)
def test_online_retail_comes_in_but_for_its_returns(company, alice, shared, day, rows, invoices, returned):
    content = (shared / "orders" / f"online_retail_2010-12-0{day}.csv").read_bytes()
    choice = mapped(content)
    kept = [
        row
        for row in csv.DictReader(io.StringIO(content.decode()))
        if int(row["Quantity"]) > 0 or row["InvoiceNo"][0] == "C"
    ]
    assert (
        bring_in(alice, content, choice, "retail.csv")
        == f"{invoices - returned:,} new, 0 changed, 0 unchanged, {returned} left out."
    )
    with reading() as session:
        found = session.execute(select(func.count(), func.sum(OrderLine.quantity), func.sum(OrderLine.price))).one()
    assert found[0] == rows - returned == len(kept)
    assert found[1] == sum(abs(int(row["Quantity"])) for row in kept)
    assert found[2] == sum(abs(int(row["Quantity"])) * Decimal(row["UnitPrice"]) for row in kept)


@pytest.mark.only("sqlite")
def test_hostile_files_end_in_a_sentence(company, shared):
    for path in sorted((shared / "hostile_generated").glob("*.xlsx")):
        with pytest.raises(Refused) as refusal:
            plan(path.read_bytes(), Choice(), path.name)
        assert all(problem.text.endswith((".", "…")) for problem in refusal.value.problems[:1]), path.name
