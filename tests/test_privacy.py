"""Buyers lie nowhere in clear: not in the database, its journals, files, logs, the history or a backup, at no stage of an order."""

import asyncio
import json
import logging
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from db import copies
from db.models import ChangeSet, Job, Order, Person, Shipment, Store, now
from db.session import SYSTEM, Actor, engine, folder, reading, transaction
from db.vocabulary import JobState, OrderStatus, PersonState, Role, WorkStatus
from lib import backup, history, nightly_runs, settings
from lib import log as log_file
from lib.channels import ChannelBuyer, ChannelLine, ChannelOrder
from lib.commands import perform
from lib.orders import buyers, order_exports, order_file_report, order_uploads, orders_in
from lib.orders.order_exports import Format, Wish
from lib.orders.order_uploads import Choice
from lib.people import attempt
from lib.problems import Refused
from tests.lib.order_report_fixtures import ITEM_2, new_orders, unshipped
from tests.lib.shop import CHARLIE, OSCAR, all_of, do, put
from tests.privacy_search import files, found_in, leaks, rows, texts, written

ALICE = Actor(1, "alice", Role.ADMIN)
LI = ChannelBuyer("李晓明", "Shenzhen", "CN", "深南大道1000号 7楼", "518-QX7", "+86 755 0000 0001", "li@buyers.example")
YUKI = ChannelBuyer(
    "架空 ゆき", "Osaka", "JP", "架空町1-2-3\n架空ビル201", "005-00X1", "+81 555 00001", "Yuki.K@buyers.example"
)
JANE = ChannelBuyer(
    "Zoë O'Quinn-Vasquez", "Leeds", "GB", "7 Imaginary Yard\nFlat 2", "LS99 9ZQ", "+44 113 000 0009", "z&q@b.example"
)
JOÃO = ChannelBuyer(
    "João Inventado", "Porto", "PT", "Rua Inventada 17", "9999-991", "+351 000 000 017", "joao@buyers.example"
)
MOVED = replace(JOÃO, name="Joana Inventada-Nova", address="Largo Imaginário 4", email="nova@buyers.example")
EVERYBODY = (LI, YUKI, JANE, JOÃO, MOVED)
CHOICE = Choice({"DE": 1, "JP": 2, "": 1})
BOUGHT = now().replace(microsecond=0) - timedelta(days=45)
SHIPPED = BOUGHT + timedelta(days=3)


# The searcher finds what is there


WAYS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "in capitals": lambda name: name.upper().encode(),
    "in small letters": lambda name: name.lower().encode(),
    "UTF-16, little end first": lambda name: name.encode("utf-16-le"),
    "UTF-16, big end first": lambda name: name.encode("utf-16-be"),
    "Chinese letters of old": lambda name: name.encode("gb18030"),
    "escaped in JSON": lambda name: json.dumps({"name": name}).encode(),
    "escaped in JSON, in capitals": lambda name: json.dumps(name).upper().encode(),
    "in an address": lambda name: ("https://x/?q=" + "".join(f"%{byte:02x}" for byte in name.encode())).encode(),
    "as bytes in hex": lambda name: name.encode().hex().encode(),
    **{f"in base64 behind {n} bytes": lambda name, n=n: _base64(b"\xff" * n + name.encode() + b"\x00tail") for n in range(4)},
    "UTF-16 in base64": lambda name: _base64(b"\xfe" + name.encode("utf-16-le")),
}  # fmt: skip


def _base64(raw: bytes) -> bytes:
    import base64

    return base64.b64encode(raw)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["李晓明", "架空 ゆき", "jane miller"])
def test_the_search_finds_a_name_however_it_is_written(way, name):
    assert any(shape in b"..." + WAYS[way](name) + b"..." for shape in written(name))


def test_the_search_finds_a_name_wherever_it_lies(database, monkeypatch):
    """In a column, the history, a job, the journal of the database, a log, a file, a packed file and a backup."""
    put(Store(id=1, name="DE-01", marketplace="DE", currency="EUR"))
    assert leaks(["planted nobody"]) == []
    put(
        _order(1, note="planted note"),
        Job(id=1, kind="x", once="x", actor="x", arguments={"a": "planted 名前"}, state=JobState.DONE),
    )
    put(
        Order(
            id=2,
            store_id=1,
            number="2",
            status=OrderStatus.SHIPPED,
            bought_at=BOUGHT,
            currency="EUR",
            buyer_sealed=b"planted bytes",
        )
    )
    for name in ("logs/caravan.log", "uploads/orders-1", "made/list.csv", "queue.db-journal"):
        path = folder() / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(f"planted in {name}".encode())
    with zipfile.ZipFile(folder() / "made" / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", "<t>planted cell</t>" * 100)
    names = [
        f"planted in {name}" for name in ("logs/caravan.log", "uploads/orders-1", "made/list.csv", "queue.db-journal")
    ]
    for name in (*names, "planted note", "planted 名前", "planted bytes", "planted cell"):
        assert leaks([name]), name
    assert {f"planted note in table {table}" for table in ("customer_order", "change")} <= {*leaks(["planted note"])}
    assert "planted 名前 in table job" in leaks(["planted 名前"])
    if copies.kind() == "sqlite":
        assert any(place.endswith("-wal") for place in leaks(["planted note"]))
    backup.save(folder() / "backups" / "one.tar.gz")
    assert any("backups/one.tar.gz/database" in place for place in leaks(["planted note"]))
    assert not any("backups/one.tar.gz" in place for place in leaks(["planted in logs/caravan.log"]))


def _order(number: int, **values: Any) -> Order:
    said = {"store_id": 1, "status": OrderStatus.UNSHIPPED, "bought_at": BOUGHT, "currency": "EUR"}
    return Order(id=number, number=f"302-000000{number}-0000000", **(said | values))


# An order's whole life


@pytest.fixture
def company(database: str) -> None:
    """Stores in Germany and Japan; Alice, so that her jobs are done."""
    put(
        Store(id=1, name="DE-01", marketplace="DE", currency="EUR"), Store(id=2, name="JP-01", marketplace="JP", currency="JPY"),
        Person(id=1, username="alice", role=Role.ADMIN, password_hash="x", state=PersonState.ACTIVE),
    )  # fmt: skip
    attempt.ending.clear()


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    """The log as the program writes it, and beside it what any other part of the program would log."""
    before, log_file.log.handlers, level = log_file.log.handlers, [], logging.getLogger().level
    log_file.start()
    everything = logging.FileHandler(settings.logs() / "everything.log", encoding="utf-8")
    logging.getLogger().addHandler(everything)
    logging.getLogger().setLevel(logging.INFO)
    yield settings.logs()
    logging.getLogger().removeHandler(everything)
    logging.getLogger().setLevel(level)
    for handler in (*log_file.log.handlers, everything):
        handler.close()
    log_file.log.handlers, log_file.log.propagate = before, True


def told(number: str, buyer: ChannelBuyer | None, **values: Any) -> ChannelOrder:
    line = ChannelLine("00000000000099", "LAMP", 1)
    return ChannelOrder(number, "unshipped", BOUGHT, "EUR", (line,), buyer=buyer, **values)


def by_channel(*orders: ChannelOrder, store: int = 1) -> int:
    with transaction(SYSTEM, "sync.pull_orders") as session:
        return orders_in.receive(session, store, orders)


def cells(number: int, buyer: ChannelBuyer, **more: str) -> dict[str, str]:
    """A row of a report that names this buyer."""
    address = dict(zip(("ship-address-1", "ship-address-2", "ship-address-3"), buyer.address.split("\n"), strict=False))
    return {
        "order-id": f"302-000000{number}-0000000", "purchase-date": BOUGHT.isoformat(), "payments-date": BOUGHT.isoformat(),
        "recipient-name": buyer.name, "ship-city": buyer.city, "ship-postal-code": buyer.postcode, "ship-country": buyer.country,
        "buyer-email": buyer.email, "buyer-phone-number": buyer.telephone, **address, **more,
    }  # fmt: skip


def mark(content: bytes, choice: Choice = CHOICE) -> str:
    with reading() as session:
        return order_uploads.preview(session, "orders.txt", content, choice).mark


def by_file(content: bytes, choice: Choice = CHOICE) -> str:
    return perform(ALICE, order_uploads.bring_in, "orders.txt", content, choice, mark(content, choice))


def by_job(content: bytes) -> None:
    perform(ALICE, order_uploads.start, "orders.txt", content, CHOICE, mark(content))
    job = all_of(Job)[-1]
    assert (settings.uploads() / job.arguments["file"]).exists()
    nowhere()  # the file waits for its turn
    attempt.work_off(job.id)
    assert all_of(Job)[-1].state is JobState.DONE, all_of(Job)[-1].message


def nowhere(*who: ChannelBuyer) -> None:
    assert leaks(texts(*(who or EVERYBODY))) == []


def order_of(number: int) -> Order:
    return next(order for order in all_of(Order) if order.number == f"302-000000{number}-0000000")


def night(is_dry: bool = False) -> nightly_runs.Line:
    [line] = nightly_runs.run(steps=["buyers"], is_dry=is_dry)
    return line


def seen(order: Order) -> ChannelBuyer:
    shown: list[ChannelBuyer] = []
    do(OSCAR, buyers.reveal, order.id, shown.append)
    return shown[0]


JAPAN = {
    "sales-channel": "Amazon.co.jp",
    "currency": "JPY",
    "item-price": "3980",
    "item-tax": "0",
    "order-item-id": ITEM_2,
}


def everybody_comes_in() -> None:
    """Li by channel, Yuki by a file from Japan, Jane by a file of what is not sent yet, João by a job."""
    by_channel(told("302-0000001-0000000", LI))
    by_file(new_orders(cells(2, YUKI, **JAPAN), encoding="cp932"))
    by_file(unshipped(cells(3, JANE, **{"order-item-id": "00000000000053"})))
    by_job(new_orders(cells(4, JOÃO, **{"order-item-id": "00000000000054"})))


def test_from_the_first_word_to_the_last_nobody_lies_in_clear(company, logged, monkeypatch):
    everybody_comes_in()
    nowhere()
    assert [order.buyer_masked for order in all_of(Order)] == [
        "李** · Shenzhen, CN", "架** · Osaka, JP", "Z** · Leeds, GB", "J** · Porto, PT",
    ]  # fmt: skip
    assert [seen(order_of(n)) for n in (1, 2, 3, 4)] == [LI, YUKI, JANE, JOÃO]
    nowhere()
    by_file(new_orders(cells(4, MOVED, **{"order-item-id": "00000000000054", "quantity-purchased": "3"})))
    by_channel(told("302-0000001-0000000", replace(LI, telephone=JOÃO.telephone)))
    assert seen(order_of(4)) == MOVED
    nowhere()
    last = all_of(ChangeSet)[-1].id
    with pytest.raises(Refused, match="changed no cell: there is nothing to undo"):
        do(ALICE, history.undo, last)  # who has looked is no change
    change = [one.id for one in all_of(ChangeSet) if one.command == "order_uploads.bring_in"][-1]
    do(ALICE, history.undo, change)
    do(ALICE, history.undo, all_of(ChangeSet)[-1].id)
    assert seen(order_of(4)) == MOVED  # neither way is a buyer in the history, so neither changes them
    nowhere()
    backup.save()
    nowhere()


def test_who_is_erased_is_gone_with_the_sealed_bytes_and_no_undo_no_file_no_channel_brings_them_back(company, logged):
    everybody_comes_in()
    [first, *_] = [one.id for one in all_of(ChangeSet) if one.command == "order_uploads.bring_in"]
    sealed = {order.buyer_sealed for order in all_of(Order)}
    masks = {order.buyer_masked for order in all_of(Order)}
    by_channel(*(told(f"302-000000{n}-0000000", None, shipped_at=SHIPPED) for n in (1, 3, 4)))
    by_channel(replace(told("302-0000002-0000000", None, shipped_at=SHIPPED), currency="JPY"), store=2)
    assert night().text == "the buyers of 4 orders were erased"
    assert {(order.buyer_sealed, order.buyer_masked) for order in all_of(Order)} == {(None, None)}
    assert all(order.buyer_erased_at for order in all_of(Order))
    [erasure] = [one.id for one in all_of(ChangeSet) if one.command == "nightly.erase_buyers"]
    flush()
    assert not [
        one for one in [*sealed, *(mask.encode() for mask in masks)] if any(one in raw for _, raw in everything())
    ]
    for number in (first, erasure):  # neither the import nor the erasing gives them back
        with suppress(Refused):
            do(ALICE, history.undo, number)
            do(ALICE, history.undo, all_of(ChangeSet)[-1].id)
    by_channel(told("302-0000001-0000000", LI, shipped_at=SHIPPED))
    by_file(new_orders(cells(4, MOVED, **{"order-item-id": "00000000000054", "quantity-purchased": "3"})))
    assert not [order.number for order in all_of(Order) if order.buyer_sealed or order.buyer_masked]
    with pytest.raises(Refused, match=f"was erased on {now():%Y-%m-%d}"):
        seen(order_of(4))
    nowhere()


def test_an_import_that_is_taken_back_and_brought_again_has_no_buyer_and_the_next_night_forgets_who_is_late(
    company, logged
):
    by_file(new_orders(cells(4, JOÃO)))
    do(ALICE, history.undo, all_of(ChangeSet)[-1].id)
    assert all_of(Order) == []
    do(ALICE, history.undo, all_of(ChangeSet)[-1].id)
    assert (order_of(4).buyer_sealed, order_of(4).buyer_masked) == (None, None)
    by_channel(told("302-0000004-0000000", JOÃO, shipped_at=SHIPPED))
    assert night().text == "the buyers of 1 order were erased"
    assert order_of(4).buyer_sealed is None
    nowhere()


def everything() -> list[tuple[str, bytes]]:
    return [*files(folder()), *rows()]


def flush() -> None:
    """Bring what was written into the file of the database, as it happens by itself from time to time."""
    if copies.kind() == "sqlite":
        with engine().connect() as connection:
            connection.exec_driver_sql("COMMIT")
            assert connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0] == 0
            connection.exec_driver_sql("BEGIN")


# Who looks


def test_who_may_not_see_buyers_is_refused_and_nothing_is_written_down(company):
    by_channel(told("302-0000001-0000000", LI))
    before, shown = len(all_of(ChangeSet)), list[ChannelBuyer]()
    for role in Role:
        if role in (Role.OPERATOR, Role.ADMIN):
            continue
        with pytest.raises(Refused, match="may not see buyers' names and addresses"):
            do(Actor(None, "somebody", role), buyers.reveal, 1, shown.append)
    assert (shown, len(all_of(ChangeSet))) == ([], before)
    for role in (Role.OPERATOR, Role.ADMIN):
        do(Actor(None, "somebody", role), buyers.reveal, 1, shown.append)
    assert (shown, len(all_of(ChangeSet))) == ([LI, LI], before + 2)
    assert [one.command for one in all_of(ChangeSet)[-2:]] == ["buyers.reveal"] * 2
    nowhere()


def test_who_looks_while_the_history_cannot_be_written_sees_nobody(open_page, company, monkeypatch):
    """The page draws what it was handed only when the look was written down."""
    from sqlalchemy import event
    from sqlalchemy.orm import Session

    by_channel(told("302-0000001-0000000", LI))
    at = open_page("orders", as_="oscar", order="302-0000001-0000000")

    def fail(session: Session) -> None:
        if session.info.get("command") == "buyers.reveal":
            raise OSError(28, "No space left on device")

    event.listen(Session, "before_commit", fail)
    try:
        next(button for button in at.button if button.label == "Reveal").click().run()
    finally:
        event.remove(Session, "before_commit", fail)
    assert not at.exception
    assert LI.name not in repr([element.value for element in at.text])
    assert any("disk is full" in element.value for element in at.error)


def test_what_was_shown_stays_in_no_session(open_page, company):
    by_channel(told("302-0000001-0000000", LI))
    at = open_page("orders", as_="oscar", order="302-0000001-0000000")
    next(button for button in at.button if button.label == "Reveal").click().run()
    assert set(texts(LI)) <= {element.value for element in at.text}
    state = dict(at.session_state._state.filtered_state)
    assert state
    assert found_in(repr(held(state)).encode(), texts(LI)) == []
    at.run()
    assert not set(texts(LI)) & {element.value for element in at.text}
    nowhere()


def held(value: Any, depth: int = 0) -> Any:
    """All that a value holds, within objects too."""
    if depth > 8 or isinstance(value, str | bytes | int | float | type(None)):
        return value
    if isinstance(value, dict):
        return [held(one, depth + 1) for pair in value.items() for one in pair]
    if isinstance(value, list | tuple | set | frozenset):
        return [held(one, depth + 1) for one in value]
    return [repr(value), held(getattr(value, "__dict__", None), depth + 1)]


# What goes wrong


def test_a_buyer_never_names_themselves_in_a_sentence_of_a_program():
    order = told("302-0000001-0000000", LI)
    assert found_in(f"{LI} {LI!r} {order} {order!r} {vars(order)}".encode(), texts(LI)) == []


def test_of_a_name_of_one_letter_nothing_is_shown():
    masks = [
        buyers.masked(replace(LI, name=name, city=city))
        for name, city in (("李", "Wuxi"), ("李 ", "Wuxi"), ("", ""), ("王明", ""))
    ]
    assert masks == ["** · Wuxi, CN", "** · Wuxi, CN", "** · CN", "王** · CN"]


def test_an_error_while_a_buyer_is_in_hand_leaves_nothing_in_the_log(company, logged, monkeypatch):
    """In a page, in a job, in the night and while the marketplace is talked to; with the buyer in a message and in a statement."""

    def fail(session: Any, orders: Any = (), *_: Any) -> None:
        raise RuntimeError(f"cannot follow {told('302-0000001-0000000', LI)!r}")

    monkeypatch.setattr("lib.orders.work.follow", fail)
    monkeypatch.setattr(
        "lib.orders.order_file_writing.write", lambda session, found: _spoil(session, found.new[0].told.buyer)
    )
    with pytest.raises(RuntimeError) as broken:
        by_channel(told("302-0000001-0000000", LI))
    log_file.keep("0001", broken.value)
    content = new_orders(cells(3, JANE))
    perform(ALICE, order_uploads.start, "orders.txt", content, CHOICE, mark(content))
    attempt.work_off(all_of(Job)[-1].id)
    assert all_of(Job)[-1].state is JobState.FAILED
    monkeypatch.setitem(nightly_runs.STEPS, "buyers", lambda night: fail(None))
    assert not night().succeeded
    written_down = (logged / "everything.log").read_text(encoding="utf-8") + (logged / "caravan.log").read_text(
        encoding="utf-8"
    )
    assert [
        word for word in ("error 0001", "nowhere_at_all", "the nightly step buyers failed") if word not in written_down
    ] == []
    assert list(settings.uploads().iterdir()) == []
    nowhere()


def _spoil(session: Any, buyer: ChannelBuyer) -> None:
    """A statement that fails with the buyer among its values."""
    from sqlalchemy import text

    session.execute(text("UPDATE nowhere_at_all SET name = :name"), {"name": buyer.name})


def test_rows_that_have_slipped_show_nothing_of_a_buyer(company, logged):
    """An address with a line break in it: what follows the break stands where a number of an order should."""
    broken = new_orders(cells(1, LI, **{"ship-address-1": "Wobble Yard 7\r\nBehind the House 12"}), cells(2, JANE))
    mixed = b"Order ID,Order Date,Customer Name,Product ID,Quantity\r\nA-1,2026-03-01,Zo\xc3\xab Wobble,LAMP,1\r\nBehind the House 12,x\r\n"
    with reading() as session:
        looked = order_uploads.look(session, "shop.csv", mixed)
    mapping = replace(looked.mapping, store_id=1, columns={**looked.mapping.columns, "name": "Customer Name"})
    for content, choice, name in ((broken, CHOICE, "orders.txt"), (mixed, Choice(mapping=mapping), "shop.csv")):
        with reading() as session:
            shown = order_uploads.preview(session, name, content, choice)
        assert len(shown.refused)
        said = repr(held(shown)) + "".join(
            table.to_csv() for table in (shown.new, shown.changed, shown.refused, shown.warnings)
        )
        reports = [
            order_uploads.report(name, content, choice, make)
            for make in (order_file_report.csv, order_file_report.xlsx)
        ]
        for raw in (said.encode(), *reports):
            assert found_in(raw, ["Wobble", "Behind the House", *texts(LI, JANE)]) == []


def test_a_file_that_comes_in_is_never_put_on_the_disk_as_it_is(monkeypatch):
    """Larger uploads would be rolled over into a temporary file: names in clear on a disk, outside our folder."""
    import asgi  # noqa: F401  it says how uploads are taken

    rolled: list[Any] = []
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", lambda self: rolled.append(self))
    body = (
        b"--x\r\nContent-Disposition: form-data; name=f; filename=o.txt\r\n\r\n"
        + b"Jane Miller" * 300_000
        + b"\r\n--x--\r\n"
    )

    async def take() -> int:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        headers = [(b"content-type", b"multipart/form-data; boundary=x")]
        form = await Request({"type": "http", "method": "POST", "headers": headers}, receive).form()
        return len(await form["f"].read())  # type: ignore[union-attr]

    assert (asyncio.run(take()), rolled) == (3_300_000, [])


# When a buyer's time is over


ENDS: dict[str, tuple[dict[str, Any], bool]] = {
    "shipped long ago": ({"status": OrderStatus.SHIPPED, "shipped_at": SHIPPED}, True),
    "shipped yesterday": ({"status": OrderStatus.SHIPPED, "shipped_at": now() - timedelta(days=1)}, False),
    "shipped, nobody says when": ({"status": OrderStatus.SHIPPED}, True),
    "shipped, due yesterday": ({"status": OrderStatus.SHIPPED, "ship_by": now() - timedelta(days=1)}, False),
    "canceled": ({"status": OrderStatus.CANCELED}, True),
    "sent by us, the marketplace does not say": ({"work_status": WorkStatus.SHIPPED, "parcel": SHIPPED}, True),
    "sent by us yesterday": ({"work_status": WorkStatus.SHIPPED, "parcel": now() - timedelta(days=1)}, False),
    "a part sent by us": ({"work_status": WorkStatus.READY_TO_SHIP, "parcel": SHIPPED}, False),
    "closed by hand": ({"work_status": WorkStatus.CLOSED}, True),
    "still to be sent": ({}, False),
}


@pytest.mark.parametrize("case", ENDS)
def test_whose_time_is_over_whatever_the_marketplace_has_said(company, case):
    values, is_over = ENDS[case]
    parcel = values.get("parcel")
    said = {name: value for name, value in values.items() if name != "parcel"}
    put(_order(1, buyer_sealed=buyers.seal(JANE), buyer_masked=buyers.masked(JANE), **said))
    if parcel:
        put(Shipment(order_id=1, request="p", carrier="DHL", tracking="LX1", shipped_at=parcel))
    many = "1 order" if is_over else "0 orders"
    assert night(is_dry=True).text == f"the buyers of {many} would be erased"
    assert night().text == f"the buyers of {many} were erased"
    assert (all_of(Order)[0].buyer_sealed is None, all_of(Order)[0].buyer_masked is None) == (is_over, is_over)


# Lists to take away


@pytest.mark.parametrize("format", Format)
def test_a_list_with_buyers_is_handed_over_and_lies_nowhere(company, logged, monkeypatch, format):
    everybody_comes_in()
    wish, taken = Wish(format=format), list[bytes]()
    with pytest.raises(Refused, match="may not see buyers' names and addresses"):
        do(CHARLIE, order_exports.with_buyers, wish, taken.append)
    assert taken == []
    with monkeypatch.context() as patch:  # a workbook would otherwise go through temporary files
        patch.setattr(tempfile, "tempdir", str(folder() / "nowhere"))
        do(OSCAR, order_exports.with_buyers, wish, taken.append)
    assert {LI.name, YUKI.email, JANE.postcode} <= {*found_in(taken[0], [LI.name, YUKI.email, JANE.postcode])}
    with reading() as session:
        plain = order_exports.content(session, wish)
    assert found_in(plain, texts(*EVERYBODY)) == []
    do(ALICE, order_exports.start, wish)
    attempt.work_off(all_of(Job)[-1].id)
    assert all_of(Job)[-1].state is JobState.DONE
    assert list(settings.made().iterdir())
    nowhere()


# Amazon's own examples


def sandbox() -> list[ChannelBuyer]:
    """The buyers of the orders in Amazon's examples, of both versions of its interface."""
    shared = Path(__file__).resolve().parents[2] / "shared"
    files = [
        *shared.glob("spapi/samples/real/sandbox__orders*.json"),
        *shared.glob("data/orders/spapi_orders_v0_sandbox.json"),
    ]
    if not files:
        pytest.skip("left out: ../shared is not here")
    found = [buyer for file in files for buyer in _people(json.loads(file.read_text(encoding="utf-8")))]
    return list(dict.fromkeys(found))


def _people(value: Any) -> Iterator[ChannelBuyer]:
    if isinstance(value, list):
        for one in value:
            yield from _people(one)
    elif isinstance(value, dict):
        said = {name.casefold(): text for name, text in value.items() if isinstance(text, str)}
        if {"addressline1", "buyername", "buyeremail"} & said.keys():
            address = "\n".join(filter(None, (said.get(f"addressline{n}") for n in (1, 2, 3))))
            yield ChannelBuyer(
                said.get("name") or said.get("buyername", ""), said.get("city", ""), said.get("countrycode", ""), address,
                said.get("postalcode", ""), said.get("phone", ""), said.get("buyeremail", ""),
            )  # fmt: skip
        for name, one in value.items():
            if "shipfrom" not in name.casefold():  # that is the seller
                yield from _people(one)


def test_the_buyers_of_amazons_examples_lie_nowhere_in_clear(company, logged):
    people = sandbox()
    assert {"John Smith", "Sarah Thompson"} <= {one.name for one in people}
    assert {"fzyrv6gwkhbb15c@example.com", "+1 480-386-0930 ext. 73824"} <= {*texts(*people)}
    by_channel(*(told(f"902-{number:07}-0000000", one) for number, one in enumerate(people)))
    named = [
        cells(1, one, **{"order-id": f"903-{number:07}-0000000", "order-item-id": f"{number:014}"})
        for number, one in enumerate(people)
    ]
    by_job(new_orders(*named))
    assert len(all_of(Order)) == 2 * len(people)
    sealed = [order for order in all_of(Order) if order.buyer_sealed]
    assert {seen(order).name for order in sealed} == {one.name for one in people}
    backup.save()
    nowhere(*people)
