"""The screen that brings orders in: see first, then import; the columns of another shop's file; long ones as a job."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.models import Job, Order, OrderFileMapping, OrderLine, Person, Store
from db.session import Actor, reading, transaction
from db.vocabulary import JobState, OrderStatus, PersonState, Role
from lib import settings
from lib.orders import order_uploads
from lib.people import attempt
from lib.ui import news, people
from tests.lib.trade import MONDAY, all_of

ALL_ORDERS = (
    b"amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\tproduct-name\tsku\tasin\t"
    b"item-status\tquantity\tcurrency\titem-price\r\n"
    b"302-0000001-0000001\t2026-03-01T10:00:00+00:00\t2026-03-01T11:00:00+00:00\tUnshipped\tMerchant\tAmazon.de\tLamp\tLAMP\tB000TEST01\t"
    b"Unshipped\t2\tEUR\t19.90\r\n"
    b"302-0000002-0000002\t2026-03-01T12:00:00+00:00\t2026-03-01T13:00:00+00:00\tUnshipped\tMerchant\tAmazon.de\tMug\tMUG\tB000TEST02\t"
    b"Unshipped\ttwo\tEUR\t9.90\r\n"
)
SHOP = b"Bestellung,Tag,Artikel,Stueck,Summe,Kundin\n1001,2026-03-01,LAMP,2,19.90,Erika Mustermann\n1002,2026-03-02,MUG,1,9.90,Max Muster\n"


@pytest.fixture
def page(open_page, given, monkeypatch):
    """The screen as alice, who is in the database, sees it; with the stores Berlin and Boston."""
    person, *_ = given(
        Person(username="alice", role=Role.ADMIN, state=PersonState.ACTIVE, password_hash="x"),
        Store(id=1, name="Berlin", marketplace="DE", currency="EUR"), Store(id=2, name="Boston", marketplace="US", currency="USD"),
    )  # fmt: skip
    at = open_page("import_orders")
    monkeypatch.setattr(people, "current", lambda: Actor(person.id, "alice", Role.ADMIN))
    return at.run()


def upload(at, content=ALL_ORDERS, name="orders.txt"):
    at.file_uploader[0].set_value((name, content, "text/plain"))
    return at.run()


def press(at, label):
    return next(b for b in at.button if b.label == label).click().run()


def metrics(at):
    return {m.label: m.value for m in at.metric}


def choose(at, label, value):
    return next(s for s in at.selectbox if s.label == label).select(value).run()


def numbers():
    return [order.number for order in all_of(Order)]


def test_shows_what_would_happen_and_saves_nothing(page):
    at = upload(page)
    assert not at.exception
    assert metrics(at) == {"New": "1", "Changed": "0", "Unchanged": "0", "Left out": "1"}
    refused = next(d.value for d in at.dataframe if "Reason" in d.value)
    assert refused.to_dict("records") == [
        {"Line": 3, "Column": "quantity", "Value": "two", "Reason": "Not a whole number of pieces."}
    ]
    assert any("Amazon's report “All Orders”" in c.value for c in at.caption)
    assert numbers() == []


def test_imports_what_was_shown_and_then_has_0_changes(page):
    at = press(upload(page), "Import 1 order")
    assert [s.value for s in at.success] == ["1 new, 0 changed, 0 unchanged, 1 left out."]
    assert numbers() == ["302-0000001-0000001"]
    assert next(b for b in at.button if b.label == "0 changes").disabled
    assert metrics(at)["Unchanged"] == "1"


def test_without_a_store_the_orders_stay_out(page):
    at = choose(upload(page), "Orders sold in DE", 2)
    assert metrics(at)["New"] == "0"
    refused = next(d.value for d in at.dataframe if "Reason" in d.value)
    assert refused["Reason"].tolist()[0] == "The order is in EUR, and the store Boston sells in USD."


def test_what_is_no_table_is_a_sentence(page):
    at = upload(page, b"\xff\xd8\xff\xe0 a picture")
    assert not at.exception
    assert "a JPEG picture, not a table" in at.error[0].value
    assert not at.metric


def test_another_shops_file_is_mapped_by_hand_and_remembered(page):
    at = upload(page, SHOP, "shop.csv")
    assert "Still to choose: Order number, Bought on, SKU, Pieces, Store." in at.info[0].value.replace("\\", "")
    for label, column in (
        ("Order number *", "Bestellung"),
        ("Bought on *", "Tag"),
        ("SKU *", "Artikel"),
        ("Pieces *", "Stueck"),
    ):
        at = choose(at, label, column)
    at = choose(choose(at, "Price", "Summe"), "Buyer's name", "Kundin")
    at = choose(at, "Store *", 1)
    assert metrics(at)["New"] == "2"
    at = press(at, "Import 2 orders")
    assert numbers() == ["1001", "1002"]
    with reading() as session:
        assert session.scalar(select(func.sum(OrderLine.price))) == Decimal("29.80")
        kept = session.scalars(select(OrderFileMapping)).one()
    assert (kept.name, kept.mapping["columns"]["sku"], kept.mapping["store_id"]) == ("shop.csv", "Artikel", 1)
    at = upload(at, SHOP.replace(b"1002", b"1003"), "march.csv")
    assert metrics(at) == {"New": "1", "Changed": "0", "Unchanged": "1", "Left out": "0"}


def test_a_buyer_is_nowhere_on_the_screen(page):
    at = upload(page, SHOP, "shop.csv")
    for label, column in (
        ("Order number *", "Bestellung"),
        ("Bought on *", "Tag"),
        ("SKU *", "Artikel"),
        ("Pieces *", "Stueck"),
    ):
        at = choose(at, label, column)
    at = choose(choose(at, "Buyer's name", "Kundin"), "Store *", 1)
    shown = " ".join(
        [
            *(d.value.to_string() for d in at.dataframe),
            *(c.value for c in at.caption),
            *(str(s.options) for s in at.selectbox),
        ]
    )
    assert "LAMP" in shown
    assert "Mustermann" not in shown
    press(at, "Import 2 orders")
    assert [order.buyer_masked for order in all_of(Order)] == ["E**", "M**"]


def test_a_viewer_is_told_who_may(open_page):
    at = open_page("import_orders", as_="charlie")
    assert "Operator or Admin" in at.info[0].value
    assert not at.file_uploader


def test_a_long_import_is_a_job_and_leaves_no_file_behind(page, monkeypatch):
    monkeypatch.setattr(order_uploads, "AT_ONCE", 0)
    at = press(upload(page), "Import 1 order")
    assert "Stop" in [b.label for b in at.button]
    [waiting] = settings.uploads().glob("*")
    assert b"302-0000001" not in waiting.read_bytes()
    with reading() as session:
        number = session.scalar(select(func.max(Job.id)))
    attempt.work_off(number)
    monkeypatch.setattr(news, "SECONDS", 0)
    at.run()
    assert [s.value for s in at.success] == ["1 new, 0 changed, 0 unchanged, 1 left out."]
    assert numbers() == ["302-0000001-0000001"]
    assert list(settings.uploads().glob("*")) == []
    with reading() as session:
        assert session.scalars(select(Job.state)).one() is JobState.DONE


def test_bob_was_faster(page, acting):
    at = upload(page)
    with transaction(acting("bob"), "orders.save") as session:
        session.add(
            Order(
                store_id=1, number="302-0000001-0000001", status=OrderStatus.PENDING, bought_at=MONDAY, currency="EUR"
            )
        )
    at = press(at, "Import 1 order")
    assert "The orders have changed since the preview" in at.error[0].value
    assert all_of(OrderLine) == []
