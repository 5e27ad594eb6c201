"""The shipping confirmation as Seller Central takes it, in both layouts: Japan's, and the one of all other marketplaces.

Text with tabs between and CRLF at the end of each line, nothing quoted. Japan's has two lines above the headings and one column more, is
encoded as Windows writes Japanese (cp932), and says the time of shipping with its offset; the other one is UTF-8 and says the day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

COLUMNS = (
    "order-id", "order-item-id", "quantity", "ship-date", "carrier-code", "carrier-name", "tracking-number", "ship-method",
)  # fmt: skip
JAPANESE = (*COLUMNS, "cod-collection-method")
_ABOVE = (
    (
        "TemplateType=OrderFulfillment",
        "Version=2011.1102",
        "この行はAmazonが使用しますので変更や削除しないでください。",
        *[""] * (len(JAPANESE) - 3),
    ),
    ("注文番号", "注文商品番号", "出荷数", "出荷日", "配送業者コード", "配送業者名", "お問い合わせ伝票番号", "配送方法", "代金引換"),
)  # fmt: skip

ZONES = {
    "AE": "Asia/Dubai", "AU": "Australia/Sydney", "BE": "Europe/Brussels", "BR": "America/Sao_Paulo",
    "CA": "America/Los_Angeles", "DE": "Europe/Berlin", "EG": "Africa/Cairo", "ES": "Europe/Madrid", "FR": "Europe/Paris",
    "GB": "Europe/London", "IE": "Europe/Dublin", "IN": "Asia/Kolkata", "IT": "Europe/Rome", "JP": "Asia/Tokyo",
    "MX": "America/Los_Angeles", "NL": "Europe/Amsterdam", "PL": "Europe/Warsaw", "SA": "Asia/Riyadh",
    "SE": "Europe/Stockholm", "SG": "Asia/Singapore", "TR": "Europe/Istanbul", "UK": "Europe/London",
    "US": "America/Los_Angeles", "ZA": "Africa/Johannesburg",
}  # fmt: skip
"""What clock a marketplace goes by; any other one by UTC."""


@dataclass(frozen=True)
class Sent:
    """One line of the file: pieces of an order's line in a parcel; without `item` and `quantity` it is the whole order."""

    order: str
    item: str
    quantity: int | None
    shipped_at: datetime
    carrier: str
    carrier_name: str
    tracking: str
    method: str


class NotInJapanese(ValueError):
    """A letter that a Japanese file cannot hold. Says whose: `order`, `column` and `letter`."""

    def __init__(self, order: str, column: str, letter: str):
        super().__init__(f"{column} of order {order} has “{letter}”")
        self.order, self.column, self.letter = order, column, letter


def is_japanese(marketplace: str) -> bool:
    """Whether this marketplace (two letters) takes the Japanese layout."""
    return marketplace.upper() == "JP"


def written(lines: Iterable[Sent], marketplace: str) -> bytes:
    """The file for a marketplace (two letters). Raises NotInJapanese before anything is made."""
    zone = ZoneInfo(ZONES.get(marketplace.upper(), "UTC"))
    if not is_japanese(marketplace):
        return _text(
            [COLUMNS, *(_row(line, f"{line.shipped_at.astimezone(zone):%Y-%m-%d}") for line in lines)]
        ).encode()
    rows = [(*_row(line, line.shipped_at.astimezone(zone).isoformat(timespec="seconds")), "") for line in lines]
    for row in rows:
        _check(row)
    return _text([*_ABOVE, JAPANESE, *rows]).encode("cp932")


def _row(line: Sent, day: str) -> tuple[str, ...]:
    quantity = "" if line.quantity is None else str(line.quantity)
    return (line.order, line.item, quantity, day, line.carrier, line.carrier_name, line.tracking, line.method)


def _text(rows: Iterable[Sequence[str]]) -> str:
    return "".join("\t".join(_plain(cell) for cell in row) + "\r\n" for row in rows)


def _plain(cell: str) -> str:
    """Nothing is quoted in these files, so a tab or a new line inside a cell would begin another one."""
    return " ".join(cell.split())


def _check(row: Sequence[str]) -> None:
    for column, cell in zip(JAPANESE, row, strict=True):
        try:
            cell.encode("cp932")
        except UnicodeEncodeError as error:
            raise NotInJapanese(row[0], column, cell[error.start]) from None
