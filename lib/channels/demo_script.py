"""The play that the demo marketplace performs: how it judges what is sent, and which orders it makes of what is live. Pure.

The numbers 8572, 5461, 5665 and 90220 are Amazon's own; those that begin with DEMO are this marketplace's.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from lib.channels import ChannelBuyer, ChannelLine, ChannelOrder, Issue, Severity
from lib.codes import ean

SECOND_ORDER = timedelta(minutes=5)
"""How long after the first order of an item the second one comes."""

TURN = timedelta(minutes=30)
"""How long after it was placed an order is paid at last, or canceled."""

TIME_TO_SHIP = timedelta(days=3)
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


# Judging


@dataclass(frozen=True)
class Known:
    """What the catalogue holds about one item."""

    asin: str
    brand: str
    gated: bool


def error(code: str, message: str) -> Issue:
    return Issue(code, Severity.ERROR, message)


def faults(sent: Mapping[str, Any]) -> list[Issue]:
    """What is wrong with the form itself: said at once, before anybody looks into the catalogue."""
    found = [error("90220", f"'{name}' is required but not supplied.") for name in _missing(sent)]
    if sent.get("code") and (wrong := ean.problem(sent["code"])):
        found.append(error("DEMO-CODE", f"externally_assigned_product_identifier: {wrong}"))
    if sent.get("price") is not None and not _is_above_zero(sent["price"]):
        found.append(error("DEMO-PRICE", f"purchasable_offer: the price {sent['price']} is not above zero."))
    if int(sent.get("quantity", 0)) < 0:
        found.append(error("DEMO-QUANTITY", f"fulfillment_availability: {sent['quantity']} is not a quantity."))
    return found


def _missing(sent: Mapping[str, Any]) -> list[str]:
    needed = {"price": "purchasable_offer"}
    if sent["kind"] == "NewListing":
        needed |= {"title": "item_name", "code": "externally_assigned_product_identifier"}
    return [name for key, name in needed.items() if not sent.get(key)]


def _is_above_zero(price: str) -> bool:
    try:
        return Decimal(price) > 0
    except InvalidOperation:
        return False


def judged(sent: Mapping[str, Any], matches: Sequence[Known], brand_is_gated: bool) -> tuple[str | None, list[Issue]]:
    """The ASIN that a well-formed listing or offer gets (None: a new one is to be made), and what is complained about."""
    if sent["kind"] == "CosellOffer":
        return _judged_offer(sent, matches)
    if len(matches) > 1:
        asins = ", ".join(match.asin for match in matches)
        return None, [
            error("8572", f"The code {sent['code']} belongs to several ASINs ({asins}); it is not clear which.")
        ]
    if matches:
        return _judged_match(sent, matches[0])
    if brand_is_gated:
        return None, [error("5665", f"The brand name {sent['brand']} has not been approved for your account.")]
    return None, _warnings(sent)


def _judged_offer(sent: Mapping[str, Any], matches: Sequence[Known]) -> tuple[str | None, list[Issue]]:
    if not matches:
        return None, [error("DEMO-ASIN", f"There is no item with the ASIN {sent['asin']} on this marketplace.")]
    if matches[0].gated:
        return None, [_approval(matches[0])]
    return matches[0].asin, []


def _judged_match(sent: Mapping[str, Any], match: Known) -> tuple[str | None, list[Issue]]:
    if match.brand.strip().casefold() != (sent.get("brand") or "").strip().casefold():
        ours, theirs = sent.get("brand") or "no brand", match.brand or "no brand"
        return None, [
            error(
                "8572",
                f"The code {sent['code']} belongs to ASIN {match.asin} of another brand ({theirs}, you sent {ours}). "
                "Use the item's own code, or offer on that ASIN if it is the same item.",
            )
        ]
    if match.gated:
        return None, [_approval(match)]
    return match.asin, _warnings(sent)


def _approval(match: Known) -> Issue:
    return error("5461", f"APPROVAL_REQUIRED: you need an approval to sell {match.brand} (ASIN {match.asin}).")


def _warnings(sent: Mapping[str, Any]) -> list[Issue]:
    if sent.get("picture"):
        return []
    return [Issue("DEMO-PICTURE", Severity.WARNING, "The main image is missing: the item is not shown in the search.")]


def new_asin(code: str) -> str:
    """B0 and eight more characters, always the same for the same code."""
    number = int.from_bytes(hashlib.sha256(code.encode()).digest()[:8])
    return "B0" + "".join(LETTERS[number // 36**place % 36] for place in range(8))


# Orders


@dataclass(frozen=True)
class Scene:
    """One order that an item gets: how long after it went live, how it begins, and what becomes of it."""

    after: timedelta
    status: str
    turn: str | None = None
    is_double: bool = False


FIRST = Scene(timedelta(0), "unshipped")
SECOND = (
    Scene(SECOND_ORDER, "unshipped", is_double=True),
    Scene(SECOND_ORDER, "pending", turn="unshipped"),
    Scene(SECOND_ORDER, "unshipped", turn="canceled"),
)


def scenes(sku: str) -> tuple[Scene, Scene]:
    """The orders that an item gets: one as soon as it is live; then one of two lines, or an unpaid, or a canceled one."""
    return FIRST, SECOND[_number(sku) % len(SECOND)]


def order_number(account: str, sku: str, scene: int) -> str:
    """Looks like Amazon's: 114-1234567-1234567."""
    digits = f"{_number(account, sku, str(scene)):017d}"[-17:]
    return f"{digits[:3]}-{digits[3:10]}-{digits[10:]}"


def quantity(number: str) -> int:
    return 1 + _number(number) % 2


@dataclass(frozen=True)
class Thing:
    """An item that somebody has ordered; the price is for one piece."""

    sku: str
    asin: str | None
    title: str | None
    price: Decimal


def order_body(number: str, scene: Scene, placed: datetime, currency: str, things: Sequence[Thing]) -> dict[str, Any]:
    """The order as the demo marketplace keeps it: amounts and times as text."""
    pieces = quantity(number)
    lines = [
        {"item": f"{number}-{place}", "sku": thing.sku, "asin": thing.asin, "title": thing.title, "quantity": pieces,
         "price": str(thing.price * pieces)}
        for place, thing in enumerate(things, 1)
    ]  # fmt: skip
    bought = placed.isoformat()
    return {"status": scene.status, "turn": scene.turn or "", "bought_at": bought, "currency": currency, "lines": lines}


def told(number: str, body: Mapping[str, Any]) -> ChannelOrder:
    """The order as it is told: without money and buyer while it is pending, with nothing to ship once it is canceled."""
    bought = datetime.fromisoformat(body["bought_at"])
    is_pending, is_canceled = body["status"] == "pending", body["status"] == "canceled"
    lines = tuple(
        ChannelLine(
            line["item"], line["sku"], line["quantity"], line["asin"], line["title"],
            None if is_pending else Decimal(line["price"]), is_canceled=is_canceled,
        )
        for line in body["lines"]
    )  # fmt: skip
    return ChannelOrder(
        number=number,
        status=body["status"],
        bought_at=bought,
        currency=body["currency"],
        lines=lines,
        paid_at=None if is_pending else bought,
        ship_by=None if is_pending or is_canceled else bought + TIME_TO_SHIP,
        shipped_at=datetime.fromisoformat(body["shipped_at"]) if "shipped_at" in body else None,
        total=None if is_pending else sum((line.price or Decimal(0) for line in lines), Decimal(0)),
        buyer=None if is_pending else buyer(number, body["currency"]),
    )


PEOPLE = {
    "USD": (
        ("Grace Miller", "Portland", "US", "418 Alder Street", "97205"),
        ("张晓明", "San Jose", "US", "2050 Concourse Drive", "95131"),
        ("Anna Schäfer", "Austin", "US", "77 Rainey Street", "78701"),
    ),
    "GBP": (
        ("Oliver Hughes", "Leeds", "GB", "12 Park Row", "LS1 5HD"),
        ("Sophie Müller", "London", "GB", "9 Camden Road", "NW1 9LR"),
        ("李娜", "Manchester", "GB", "31 Portland Street", "M1 3BE"),
    ),
    "JPY": (
        ("佐藤 美咲", "Osaka", "JP", "北区梅田1-2-3", "530-0001"),
        ("鈴木 健太", "Tokyo", "JP", "新宿区西新宿2-8-1", "160-0023"),
        ("王芳", "Yokohama", "JP", "中区山下町24", "231-0023"),
    ),
}
ELSEWHERE = (
    ("Jonas Weber", "Berlin", "DE", "Torstraße 40", "10119"),
    ("张伟", "Shenzhen", "CN", "福田区深南大道1000号", "518000"),
)


def buyer(number: str, currency: str) -> ChannelBuyer:
    """The person behind an order, invented from its number, so that nobody has to keep them."""
    people = PEOPLE.get(currency, ELSEWHERE)
    name, city, country, address, postcode = people[_number(number) % len(people)]
    telephone = f"+00 555 {_number(number, 'telephone') % 10_000_000:07d}"
    mail = f"{_number(number, 'mail') % 10**10:010d}@buyers.example"
    return ChannelBuyer(name, city, country, address, postcode, telephone, mail)


def _number(*words: str) -> int:
    """A large number that always follows from the same words."""
    return int.from_bytes(hashlib.sha256("\n".join(words).encode()).digest()[:10])
