"""What a cell of Amazon's files means: a moment with its zone, an amount without thousands, a whole number. ValueError is a sentence."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from lib import money

ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2,
    "EEST": 3, "JST": 9, "AEST": 10, "AEDT": 11, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Hours ahead of UTC, for the zones that Amazon writes by name."""
MONTH_FIRST = {"EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"}
NAMED = re.compile(r"(.+?)\s*\b([A-Z]{1,4})", re.ASCII)
WITH_SLASHES = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?", re.ASCII)
AMOUNT = re.compile(r"\d{1,12}(?:[.,]\d{1,8})?", re.ASCII)
OLDEST, NEWEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MOST_PIECES = 1_000_000


@lru_cache(50_000)
def moment(cell: str, zone: timezone | None = None) -> datetime:
    """'2026-11-01T10:00:00-07:00', '2013-01-07 07:35:42 PST' or '08/07/2016 10:12:40 BST' in UTC; `zone` where the cell names none."""
    text, name = cell.strip(), ""
    if (found := NAMED.fullmatch(text)) and found[2] in ZONES:
        text, name = found[1], found[2]
        zone = timezone(timedelta(hours=ZONES[name]))
    try:
        read = datetime.fromisoformat(_iso(text, name in MONTH_FIRST))
    except ValueError:
        raise ValueError("Not a date with its time: 2026-11-01T10:00:00+00:00 is one.") from None
    if read.tzinfo is None and zone is None:
        raise ValueError("This time does not say in which zone it is.")
    read = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    if not OLDEST <= read < NEWEST:
        raise ValueError(f"{read.year} cannot be the year of an order.")
    return read


def _iso(text: str, month_first: bool) -> str:
    found = WITH_SLASHES.fullmatch(text)
    if found is None:
        return text
    day, month = (found[2], found[1]) if month_first else (found[1], found[2])
    time = (found[4] or "00:00").zfill(5) if len(found[4] or "") <= 5 else found[4].zfill(8)
    return f"{found[3]}-{month.zfill(2)}-{day.zfill(2)}T{time}"


@lru_cache(50_000)
def amount(cell: str, currency: str) -> Decimal:
    """'39.98' and '39,98': a point or a comma before decimals. Amazon never writes thousands, so '1,234' is refused and not guessed."""
    text = cell.strip()
    if not AMOUNT.fullmatch(text):
        raise ValueError("Not an amount: 1234.50 is one, without a sign between thousands.")
    decimals = re.split("[.,]", text)[1:]
    places = money.decimals(currency)
    if decimals and len(decimals[0]) == 3 and places != 3:
        whole, rest = re.split("[.,]", text)
        raise ValueError(f"This can be {whole}{rest} or {whole}.{rest}: Amazon writes neither.")
    read = Decimal(text.replace(",", "."))
    exact = read.quantize(Decimal(1).scaleb(-places))
    if exact != read:
        raise ValueError(f"{currency} has {places or 'no'} decimals, and this amount has more.")
    return exact


def quantity(cell: str) -> int:
    """'2'; 0 is read too, for what was canceled."""
    text = cell.strip()
    if re.fullmatch(r"-\d+", text, re.ASCII):
        raise ValueError("A quantity is not below 0.")
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError("Not a whole number of pieces.")
    if int(text) > MOST_PIECES:
        raise ValueError(f"More than {MOST_PIECES:,} pieces.")
    return int(text)
