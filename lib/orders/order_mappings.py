"""What the columns of somebody else's file of orders mean: guessed first, corrected by a person, remembered for the next such file."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import OrderFileMapping
from db.vocabulary import CURRENCIES, OrderStatus
from lib.tables.matching import match, plain
from lib.tables.sheet import Sheet

SAMPLE = 500
LONGEST_NAME = 100
FIELDS = {
    "number": "Order number", "bought_at": "Bought on", "sku": "SKU", "quantity": "Pieces", "price": "Price", "currency": "Currency",
    "item": "Number of the line", "title": "Title", "asin": "ASIN", "status": "Status", "shipping": "Shipping", "tax": "Tax",
    "paid_at": "Paid on", "ship_by": "Ship by", "shipped_at": "Shipped on", "country": "Country", "name": "Buyer's name",
    "address": "Address", "city": "City", "postcode": "Postcode", "telephone": "Telephone", "email": "E-mail",
}  # fmt: skip
NEEDED = ("number", "bought_at", "sku", "quantity")
BUYER = ("name", "address", "city", "postcode", "telephone", "email")
"""Sealed as soon as it is read; no preview and no report shows it."""
_ALIASES = {
    "number": "orderid ordernumber orderno order invoiceno invoicenumber invoice 订单号 订单编号 注文番号 bestellnummer",
    "bought_at": "orderdate purchasedate invoicedate orderedat createdat date 下单时间 订单日期 注文日 bestelldatum",
    "sku": "sku sellersku productid stockcode itemcode itemnumber articlenumber 货号 商家编码 商品番号 artikelnummer",
    "quantity": "quantity qty pieces units quantitypurchased 数量 menge",
    "price": "sales linetotal itemprice lineamount amount unitprice price 金额 单价 価格 preis",
    "currency": "currency currencycode 币种 通貨 währung", "item": "orderitemid lineid itemid rowid linenumber 行号",
    "title": "productname itemname title description 商品名称 商品名 artikelname", "asin": "asin", "status": "orderstatus status 订单状态",
    "shipping": "shippingprice shippingcost shipping freight 运费", "tax": "itemtax tax vat 税",
    "paid_at": "paymentsdate paymentdate paidat paiddate 付款时间", "ship_by": "promisedate shipby latestshipdate",
    "shipped_at": "shipdate shippeddate shippedat 发货时间", "country": "shipcountry country countrycode 国家",
    "name": "customername buyername recipientname recipient 收件人 买家姓名", "address": "shipaddress1 address street 地址",
    "city": "shipcity city 城市", "postcode": "postalcode shippostalcode postcode zip zipcode 邮编",
    "telephone": "phone telephone shipphonenumber buyerphonenumber 电话", "email": "buyeremail email 邮箱",
}  # fmt: skip
ALIASES = {name: text.split() for name, text in _ALIASES.items()}

DATES = {"iso": "2026-12-31", "dmy": "31/12/2026", "mdy": "12/31/2026"}
DECIMALS = {".": "1234.50", ",": "1234,50"}
RETURNS = {"refuse": "Leave out", "cancel": "Take as canceled"}
CANCELED_BY_LETTER = re.compile(r"([A-Z])\d{4,}", re.ASCII)


@dataclass(frozen=True)
class Mapping:
    """Field -> column, and what is the same for every row. `status` is for rows that do not say it; `cancels` begins a canceled order.

    `per_piece`: the price is of one piece, not of the line. `returns` says what a quantity below 0 becomes: "refuse" or "cancel".
    """

    columns: dict[str, str] = field(default_factory=dict)
    store_id: int | None = None
    currency: str = ""
    status: str = OrderStatus.UNSHIPPED.value
    per_piece: bool = False
    dates: str = "iso"
    decimal: str = "."
    cancels: str = ""
    returns: str = "refuse"

    @property
    def missing(self) -> tuple[str, ...]:
        """What has to be chosen before anything can be read, in words."""
        names = [FIELDS[name] for name in NEEDED if not self.columns.get(name)]
        return (*names, *(() if self.store_id else ("Store",)))


def signature(columns: Sequence[str]) -> str:
    """The same for files with the same columns in the same order."""
    return sha256("\n".join(columns).encode()).hexdigest()


# Guessing


def guess(sheet: Sheet) -> Mapping:
    """What the names of the columns and the first rows suggest."""
    found = dict(match(sheet.columns, ALIASES, sheet.rows[:SAMPLE]).chosen)
    numbers = _sample(sheet, found.get("number"))
    price = plain(found.get("price", ""))
    return Mapping(
        found, per_piece="unit" in price or "单价" in price or "each" in price, dates=_dates(_sample(sheet, found.get("bought_at"))),
        decimal=_decimal(_sample(sheet, found.get("price"))), cancels=_letter(numbers),
        status=(OrderStatus.SHIPPED if "shipped_at" in found else OrderStatus.UNSHIPPED).value,
    )  # fmt: skip


def _sample(sheet: Sheet, column: str | None) -> list[str]:
    if column is None:
        return []
    at = sheet.columns.index(column)
    return [cell for row in sheet.rows[:SAMPLE] if (cell := row.cells[at].strip())]


def _dates(cells: Sequence[str]) -> str:
    parts = [found for cell in cells if (found := re.match(r"(\d{1,2})[/.](\d{1,2})[/.]\d{4}", cell))]
    if not parts:
        return "iso"
    return "mdy" if any(int(found[2]) > 12 for found in parts) else "dmy"


def _decimal(cells: Sequence[str]) -> str:
    commas = sum(1 for cell in cells if re.fullmatch(r"-?\d+,\d+", cell))
    return "," if 2 * commas > len(cells) else "."


def _letter(numbers: Sequence[str]) -> str:
    """ "C" where some numbers begin with it and most are digits alone."""
    digits = sum(1 for number in numbers if number.isdigit())
    letters = [found[1] for number in numbers if (found := CANCELED_BY_LETTER.fullmatch(number))]
    return letters[0] if letters and len(set(letters)) == 1 and digits > len(letters) else ""


# Remembering


def remembered(session: Session, columns: Sequence[str]) -> Mapping | None:
    """The mapping of the last file with these columns."""
    kept = session.scalar(select(OrderFileMapping.mapping).where(OrderFileMapping.signature == signature(columns)))
    if kept is None:
        return None
    known = {one.name for one in fields(Mapping)}
    return of({name: value for name, value in kept.items() if name in known})


def of(kept: dict[str, Any]) -> Mapping:
    """A mapping as it was kept; choices that there are no more become the usual ones."""
    found = Mapping(**kept)
    usual = Mapping()
    chosen = {name: column for name, column in found.columns.items() if name in FIELDS}
    return replace(
        found, columns=chosen, dates=found.dates if found.dates in DATES else usual.dates,
        decimal=found.decimal if found.decimal in DECIMALS else usual.decimal,
        returns=found.returns if found.returns in RETURNS else usual.returns,
        currency=found.currency if found.currency in CURRENCIES else "",
    )  # fmt: skip


def keep(session: Session, columns: Sequence[str], name: str, mapping: Mapping) -> None:
    """Remember it, in the transaction that brings the orders in; the newest one counts."""
    mark = signature(columns)
    row = session.scalar(select(OrderFileMapping).where(OrderFileMapping.signature == mark).with_for_update())
    if row is None:
        session.add(OrderFileMapping(signature=mark, name=name[:LONGEST_NAME], mapping=asdict(mapping)))
    elif row.mapping != asdict(mapping):
        row.mapping = asdict(mapping)
