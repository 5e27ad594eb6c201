"""The shipping confirmation, byte for byte as Seller Central takes it, in both layouts."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib.amazon import confirmation
from lib.amazon.confirmation import NotInJapanese, Sent, written

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
