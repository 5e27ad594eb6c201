"""The shipping confirmation, byte for byte as Seller Central takes it, in both layouts; and which parcels it is made of."""

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.models import ChangeSet, MadeFile, Order, Shipment, Store
from db.session import SYSTEM, reading, transaction
from db.vocabulary import OrderStatus, ShipmentState
from lib import history, made_files, settings
from lib.amazon import confirmation
from lib.amazon.confirmation import NotInJapanese, Sent, written
from lib.channels import ChannelLine, ChannelOrder
from lib.orders import confirmation_files, orders_in, shipments
from lib.orders.order_filter import Filter
from lib.orders.shipments import Parcel
from lib.problems import Refused
from tests.lib.shop import CHARLIE, OSCAR, do
from tests.lib.trade import MONDAY, all_of, company, line, one, order, put

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
LINES = (
    Sent("302-0000001-0000001", "00000000000011", 2, NOON, "DHL", "", "00340434000000000000", "Standard"),
    Sent("026-0000007-0000007", "", None, NOON, "Other", "Express Müller", "EX000000001", ""),
)
STANDARD = (
    b"order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\ttracking-number\tship-method\r\n"
    b"302-0000001-0000001\t00000000000011\t2\t2026-11-02\tDHL\t\t00340434000000000000\tStandard\r\n"
    b"026-0000007-0000007\t\t\t2026-11-02\tOther\tExpress M\xc3\xbcller\tEX000000001\t\r\n"
)
JAPAN = (
    b"TemplateType=OrderFulfillment\tVersion=2011.1102\t"
    b"\x82\xb1\x82\xcc\x8ds\x82\xcdAmazon\x82\xaa\x8eg\x97p\x82\xb5\x82\xdc\x82\xb7\x82\xcc\x82\xc5\x95\xcf\x8dX\x82\xe2\x8d\xed\x8f\x9c"
    b"\x82\xb5\x82\xc8\x82\xa2\x82\xc5\x82\xad\x82\xbe\x82\xb3\x82\xa2\x81B\t\t\t\t\t\t\r\n"
    b"\x92\x8d\x95\xb6\x94\xd4\x8d\x86\t\x92\x8d\x95\xb6\x8f\xa4\x95i\x94\xd4\x8d\x86\t\x8fo\x89\xd7\x90\x94\t\x8fo\x89\xd7\x93\xfa\t"
    b"\x94z\x91\x97\x8b\xc6\x8e\xd2\x83R\x81[\x83h\t\x94z\x91\x97\x8b\xc6\x8e\xd2\x96\xbc\t"
    b"\x82\xa8\x96\xe2\x82\xa2\x8d\x87\x82\xed\x82\xb9\x93`\x95[\x94\xd4\x8d\x86\t\x94z\x91\x97\x95\xfb\x96@\t\x91\xe3\x8b\xe0\x88\xf8\x8a\xb7\r\n"
    b"order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\ttracking-number\tship-method\tcod-collection-method\r\n"
    b"250-0000004-0000004\t00000000000041\t1\t2026-11-02T15:30:00+09:00\tOther\t\x83\x84\x83}\x83g\x89^\x97A\t000000000000\t"
    b"\x91\xee\x8b}\x95\xd6\t\r\n"
)
YAMATO = Sent(
    "250-0000004-0000004", "00000000000041", 1, datetime(2026, 11, 2, 6, 30, tzinfo=UTC), "Other", "ヤマト運輸",
    "000000000000", "宅急便",
)  # fmt: skip
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "spapi" / "samples" / "synth"


def test_all_marketplaces_but_japan_take_utf_8_and_a_day():
    assert written(LINES, "DE") == STANDARD


def test_japan_takes_its_own_rows_its_own_encoding_and_the_time_with_its_offset():
    assert written([YAMATO], "JP") == JAPAN


def test_a_file_without_lines_has_its_headings():
    assert written([], "FR") == STANDARD.splitlines(keepends=True)[0]


@pytest.mark.parametrize(
    ("marketplace", "day"), [("US", "2026-11-01"), ("UK", "2026-11-02"), ("AU", "2026-11-02"), ("XX", "2026-11-02")]
)
def test_the_day_is_that_of_the_marketplace(marketplace, day):
    """Two at night in London is the evening before in Seattle."""
    sent = Sent("1", "2", 1, datetime(2026, 11, 2, 2, 0, tzinfo=UTC), "UPS", "", "", "")
    assert written([sent], marketplace).decode().split("\t")[10] == day


def test_a_letter_that_windows_cannot_write_in_japanese_is_named():
    with pytest.raises(NotInJapanese) as refusal:
        written([YAMATO, Sent("250-2", "", None, NOON, "Other", "Émile Express", "", "")], "JP")
    assert (refusal.value.order, refusal.value.column, refusal.value.letter) == ("250-2", "carrier-name", "É")


def test_a_tab_or_a_new_line_begins_no_other_cell():
    found = written([Sent("1", "2", 1, NOON, "Other", "A\tB\r\nC", "D\nE", "")], "DE").decode().split("\r\n")
    assert found[1].split("\t")[5:7] == ["A B C", "D E"]
    assert len(found) == 3


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of Amazon's files are not here")
@pytest.mark.parametrize(
    ("name", "encoding", "marketplace"),
    [("shipping_confirmation_EU_utf8.txt", "utf-8", "DE"), ("shipping_confirmation_JP_cp932.txt", "cp932", "JP")],
)
def test_a_sample_written_again_is_the_same_to_the_byte(name, encoding, marketplace):
    raw = (SAMPLES / name).read_bytes()
    rows = list(csv.reader(raw.decode(encoding).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    first = rows.index(list(confirmation.JAPANESE if marketplace == "JP" else confirmation.COLUMNS))
    lines = [_read(row) for row in rows[first + 1 :]]
    assert lines
    assert written(lines, marketplace) == raw


def _read(row):
    moment = datetime.fromisoformat(row[3])
    moment = moment if moment.tzinfo else moment.replace(hour=12, tzinfo=UTC)
    return Sent(row[0], row[1], int(row[2]) if row[2] else None, moment, *row[4:8])


# Which parcels are in a file


TUESDAY = MONDAY + timedelta(days=1)
HEAD = STANDARD.splitlines(keepends=True)[0]
HEAD_OF_JAPAN = b"".join(JAPAN.splitlines(keepends=True)[:3])


@pytest.fixture
def trade(database):
    """Orders 1 and 2 in Berlin, 3 in Osaka; a parcel each: a part of 1, all of 2 and 3."""
    company()
    put(Store(id=3, name="Osaka 1", marketplace="JP", currency="JPY"))
    order(1, line(), line("LAMP", 1, 2))
    order(2, line(), line("LAMP", 1, 2))
    order(3, line(), store_id=3, currency="JPY")
    sent = Parcel(1, ((10, 1),), "DHL", tracking="001", method="Standard", shipped_at=TUESDAY)
    for number, parcel in enumerate(
        (sent, replace(sent, order_id=2, pieces=()), replace(sent, order_id=3, pieces=())), 1
    ):
        do(OSCAR, shipments.ship, f"r{number}", parcel)


def states():
    return [row.state for row in all_of(Shipment)]


def files():
    """The content of every file that can be fetched, by its name."""
    with reading() as session:
        return {row.name: made_files.content(session, row.id, OSCAR) for row in made_files.mine(session, OSCAR)}


def refused(match, act, *args):
    """The command is refused with these words, and neither a row nor a file is there that was not before."""

    def everything():
        with reading() as session:
            counts = [session.scalar(select(func.count()).select_from(model)) for model in (ChangeSet, MadeFile)]
        return counts, states(), sorted(settings.made().glob("*"))

    before = everything()
    with pytest.raises(Refused, match=match):
        do(OSCAR, *(act, *args))
    assert everything() == before


def test_each_store_gets_its_own_file_and_japan_its_own_layout(trade):
    said = do(OSCAR, confirmation_files.make, Filter())
    assert said == (
        "2 files, for Seller Central takes one for each account, made: Berlin (2 parcels), Osaka 1 (1 parcel, in Japan's layout). "
        "Download, and upload in Seller Central."
    )
    japan, berlin = files().items()
    assert berlin[0].startswith("confirmation-Berlin-")
    assert japan[0].startswith("confirmation-Osaka-1-")
    assert berlin[1] == HEAD + (
        b"111-1\t1\t1\t2026-03-03\tDHL\t\t001\tStandard\r\n"
        b"111-2\t1\t2\t2026-03-03\tDHL\t\t001\tStandard\r\n"
        b"111-2\t2\t1\t2026-03-03\tDHL\t\t001\tStandard\r\n"
    )
    assert japan[1] == HEAD_OF_JAPAN + b"111-3\t1\t2\t2026-03-03T18:30:00+09:00\tDHL\t\t001\tStandard\t\r\n"
    assert states() == [ShipmentState.IN_FILE] * 3
    made = all_of(ChangeSet)[-1]
    assert (made.command, made.summary) == ("confirmation_files.make", said)
    refused(
        "There is no parcel here that the marketplace has not been told of. No file was made.",
        confirmation_files.make,
        Filter(),
    )


def test_picked_orders_alone_and_those_that_match_alone(trade):
    assert do(OSCAR, confirmation_files.make, None, (2,)).startswith("1 file made: Berlin (1 parcel).")
    assert states() == [ShipmentState.DRAFT, ShipmentState.IN_FILE, ShipmentState.DRAFT]
    assert do(OSCAR, confirmation_files.make, Filter(stores=("Osaka 1",))).startswith(
        "1 file made: Osaka 1 (1 parcel, in Japan's"
    )
    assert states() == [ShipmentState.DRAFT, ShipmentState.IN_FILE, ShipmentState.IN_FILE]


def test_canceled_orders_are_in_no_file(trade):
    with transaction(SYSTEM, "tests.cancel") as session:
        session.get_one(Order, 2).status = OrderStatus.CANCELED
    do(OSCAR, confirmation_files.make, Filter(stores=("Berlin",)))
    assert [content.count(b"\r\n") for content in files().values()] == [2]


def test_a_letter_that_japan_cannot_take_is_named_and_nothing_is_written(trade):
    seen = look(3)
    do(OSCAR, shipments.edit, 3, seen, replace(seen, carrier="Other", carrier_name="Émile"))
    refused("The carrier of order 111-3 has “É”, which a file for Japan cannot hold. Change the parcel. No file was made.",
            confirmation_files.make, Filter())  # fmt: skip
    assert files() == {}


def look(order_id):
    with reading() as session:
        return shipments.of_order(session, order_id).parcels[0].parcel


def test_lines_without_a_number_go_as_the_whole_order_or_not_at_all(trade):
    with transaction(SYSTEM, "tests.weak") as session:
        for row in all_of_lines(session):
            row.item = f"~1~{row.sku}"
    refused("Amazon's numbers of the lines of order 111-1 are not known, and this parcel holds only a part of it",
            confirmation_files.make, Filter())  # fmt: skip
    do(OSCAR, confirmation_files.make, None, (2, 3))
    japan, berlin = files().values()
    assert berlin == HEAD + b"111-2\t\t\t2026-03-03\tDHL\t\t001\tStandard\r\n"
    assert japan == HEAD_OF_JAPAN + b"111-3\t\t\t2026-03-03T18:30:00+09:00\tDHL\t\t001\tStandard\t\r\n"


def all_of_lines(session):
    from db.models import OrderLine

    return session.scalars(select(OrderLine)).all()


def test_not_uploaded_after_all_takes_its_parcels_back(trade):
    do(OSCAR, confirmation_files.make, Filter())
    with transaction(SYSTEM, "tests.known") as session:
        session.get_one(Shipment, 1).state = ShipmentState.CONFIRMED
    number = next(row.id for row in all_of(MadeFile) if "Berlin" in row.name)
    assert do(OSCAR, confirmation_files.not_uploaded, number).startswith("1 parcel of confirmation-Berlin-")
    assert states() == [ShipmentState.CONFIRMED, ShipmentState.DRAFT, ShipmentState.IN_FILE]
    refused("No parcel waits for confirmation-Berlin", confirmation_files.not_uploaded, number)
    refused("This file is not there any more", confirmation_files.not_uploaded, 99)


def test_undo_takes_back_what_was_written_into_a_file(trade):
    do(OSCAR, confirmation_files.make, Filter())
    do(OSCAR, history.undo, all_of(ChangeSet)[-1].id)
    assert states() == [ShipmentState.DRAFT] * 3


def test_what_is_in_a_file_is_confirmed_when_the_marketplace_reports_it_shipped(trade):
    do(OSCAR, confirmation_files.make, Filter())
    lines = (ChannelLine("1", "MH01", 2, price=Decimal(40)), ChannelLine("2", "LAMP", 1, price=Decimal(40)))
    told = ChannelOrder("111-2", "shipped", one(Order, 2).bought_at, "EUR", lines, shipped_at=TUESDAY)
    with transaction(SYSTEM, "tests.told") as session:
        orders_in.receive(session, 1, [told])
    assert states() == [ShipmentState.IN_FILE, ShipmentState.CONFIRMED, ShipmentState.IN_FILE]


def test_charlie_may_not_make_a_file(trade):
    with pytest.raises(Refused, match="Operator or Admin may"):
        do(CHARLIE, confirmation_files.make, Filter())
    assert states() == [ShipmentState.DRAFT] * 3
