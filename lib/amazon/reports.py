"""Which of Amazon's order reports a file is, told by the keys of its columns and never by its name, and what each of them knows."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lib.problems import Refused

SAME = {
    "amazon-order-id": "order-id", "amazonorderid": "order-id", "注文番号": "order-id", "注文商品番号": "order-item-id",
    "amazon-order-item-id": "order-item-id", "order-item-code": "order-item-id", "latest-ship-date": "promise-date",
}  # fmt: skip
"""Other keys, and the Japanese headings that stand above the keys in Amazon's own files."""

MONEY = frozenset({"price", "shipping", "tax", "total"})
BUYER = frozenset(
    {
        "buyer-email", "buyer-name", "buyer-phone-number", "recipient-name", "ship-address-1", "ship-address-2", "ship-address-3",
        "ship-city", "ship-state", "ship-postal-code", "ship-phone-number", "delivery-instructions",
    }
)  # fmt: skip
"""What says who has bought: sealed at once, and never shown."""
KEYS = BUYER | frozenset(
    re.findall(
        r"\S+",
        "order-id order-item-id merchant-order-id purchase-date last-updated-date payments-date promise-date reporting-date order-status "
        "days-past-promise fulfillment-channel sales-channel order-channel ship-service-level product-name sku asin item-status quantity "
        "quantity-purchased quantity-shipped quantity-to-ship currency item-price item-tax shipping-price shipping-tax gift-wrap-price "
        "gift-wrap-tax item-promotion-discount ship-promotion-discount promotion-ids is-business-order purchase-order-number is-prime "
        "price-designation delivery-start-date delivery-end-date delivery-time-zone ship-country url cpf is-sold-by-ab",
    )
)
"""All keys of the three reports."""


@dataclass(frozen=True)
class Kind:
    """A report: by which columns it is told from the others, and which it cannot be read without."""

    name: str
    signs: frozenset[str]
    needs: frozenset[str]
    has_buyers: bool
    quantity: str

    def __str__(self) -> str:
        return self.name


ALL_ORDERS = Kind(
    "All Orders", frozenset({"order-status"}), frozenset({"order-id", "purchase-date", "order-status", "sku", "quantity"}), False,
    "quantity",
)  # fmt: skip
UNSHIPPED = Kind(
    "Unshipped Orders", frozenset({"quantity-to-ship"}),
    frozenset({"order-id", "purchase-date", "sku", "quantity-purchased", "quantity-to-ship"}), True, "quantity-purchased",
)  # fmt: skip
NEW_ORDERS = Kind(
    "New Orders", frozenset({"quantity-purchased"}), frozenset({"order-id", "purchase-date", "sku", "quantity-purchased"}), True,
    "quantity-purchased",
)  # fmt: skip
KINDS = (ALL_ORDERS, UNSHIPPED, NEW_ORDERS)
ENOUGH = 6
"""So many of Amazon's keys, and more than half of all columns, make a file one of Amazon's."""

COUNTRIES = {
    "com": "US", "ca": "CA", "com.mx": "MX", "com.br": "BR", "co.uk": "GB", "de": "DE", "fr": "FR", "it": "IT", "es": "ES", "nl": "NL",
    "se": "SE", "pl": "PL", "com.be": "BE", "ie": "IE", "com.tr": "TR", "ae": "AE", "sa": "SA", "eg": "EG", "in": "IN", "sg": "SG",
    "com.au": "AU", "co.jp": "JP", "jp": "JP", "co.za": "ZA",
}  # fmt: skip
CHANNEL = re.compile(r"amazon\.([a-z.]+)", re.IGNORECASE)


def key(heading: str) -> str:
    """A heading as the key that it stands for: 'Amazon Order ID' is order-id.

    >>> key(" Amazon Order Id")
    'order-id'
    """
    plain = re.sub(r"[\s_]+", "-", heading.strip().strip('\ufeff"').casefold())
    return SAME.get(plain, plain)


def recognise(headings: Iterable[str]) -> Kind | None:
    """The report with these columns; None for a file that is none of Amazon's. Refused when a column is missing that it needs."""
    keys = [key(heading) for heading in headings]
    there = frozenset(keys)
    ours = there & KEYS
    if len(ours) < min(ENOUGH, len(keys)) or 2 * len(ours) <= len(keys) or len(ours) < 3:
        return None
    kind = next((kind for kind in KINDS if kind.signs <= there), None)
    if kind is None:
        wanted = max(KINDS, key=lambda one: len(one.needs & there))
        if len(wanted.needs & there) < 3:
            return None
        kind = wanted
    if missing := sorted(kind.needs - there):
        raise Refused(
            f"This looks like Amazon's report “{kind}”, but it has no column {_listed(missing)}. "
            "Nothing was read: download the report again, with its columns as they are."
        )
    if twice := sorted(_twice(keys)):
        raise Refused(f"More than one column is {_listed(twice)}. Nothing was read: remove the other one.")
    return kind


def _twice(keys: list[str]) -> Iterator[str]:
    return (one for one in {*keys} & KEYS if keys.count(one) > 1)


def _listed(keys: list[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]}"


def country(channel: str) -> str | None:
    """'DE' for 'Amazon.de'; None for a marketplace that is not known here.

    >>> country("Amazon.co.uk")
    'GB'
    """
    found = CHANNEL.fullmatch(channel.strip())
    return COUNTRIES.get(found[1].casefold()) if found else None
