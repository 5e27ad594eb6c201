"""Amazon's order reports for the tests, a row at a time: all that a row does not name is as in an order that was paid and not sent yet."""

_ALL = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel order-channel "
    "ship-service-level product-name sku asin item-status quantity currency item-price item-tax shipping-price shipping-tax "
    "gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city ship-state ship-postal-code ship-country "
    "promotion-ids is-business-order purchase-order-number price-designation"
)
_NEW = (
    "order-id order-item-id purchase-date payments-date buyer-email buyer-name buyer-phone-number sku product-name quantity-purchased "
    "currency item-price item-tax shipping-price shipping-tax ship-service-level recipient-name ship-address-1 ship-address-2 "
    "ship-address-3 ship-city ship-state ship-postal-code ship-country ship-phone-number sales-channel"
)
_UNSHIPPED = (
    "order-id order-item-id purchase-date payments-date reporting-date promise-date days-past-promise buyer-email buyer-phone-number "
    "sku product-name quantity-purchased quantity-shipped quantity-to-ship ship-service-level recipient-name ship-address-1 "
    "ship-address-2 ship-address-3 ship-city ship-state ship-postal-code ship-country is-business-order is-prime"
)
ALL, NEW, UNSHIPPED = _ALL.split(), _NEW.split(), _UNSHIPPED.split()
ORDER, OTHER, THIRD = "302-0000001-0000001", "302-0000002-0000002", "302-0000003-0000003"
ITEM, ITEM_2 = "00000000000051", "00000000000052"

_TOLD = {
    "amazon-order-id": ORDER, "purchase-date": "2026-03-01T10:00:00+00:00", "last-updated-date": "2026-03-01T11:00:00+00:00",
    "order-status": "Unshipped", "fulfillment-channel": "Merchant", "sales-channel": "Amazon.de", "product-name": "Lamp", "sku": "LAMP",
    "asin": "B000TEST01", "item-status": "Unshipped", "quantity": "2", "currency": "EUR", "item-price": "39.98", "item-tax": "6.38",
    "ship-country": "DE", "is-business-order": "false",
}  # fmt: skip
_BOUGHT = {
    "order-id": ORDER, "order-item-id": ITEM, "purchase-date": "2026-03-01T10:00:00+00:00", "payments-date": "2026-03-01T10:30:00+00:00",
    "sku": "LAMP", "product-name": "Lamp", "quantity-purchased": "2", "recipient-name": "Erika Mustermann", "ship-address-1": "Weg 7",
    "ship-city": "Köln", "ship-postal-code": "50667", "ship-country": "DE", "buyer-email": "erika@example.com",
}  # fmt: skip
_PRICED = {"currency": "EUR", "item-price": "39.98", "item-tax": "6.38", "sales-channel": "Amazon.de"}
_WAITING = {"promise-date": "2026-03-04T23:59:59+01:00", "quantity-shipped": "0", "quantity-to-ship": "2"}


def all_orders(*rows: dict[str, str], encoding: str = "utf-8", without: tuple[str, ...] = ()) -> bytes:
    """The report All Orders; each row names its cells that are unlike the usual ones."""
    return _report(ALL, _TOLD, rows or ({},), encoding, without)


def new_orders(*rows: dict[str, str], encoding: str = "utf-8", without: tuple[str, ...] = ()) -> bytes:
    return _report(NEW, {**_BOUGHT, **_PRICED}, rows or ({},), encoding, without)


def unshipped(*rows: dict[str, str], encoding: str = "utf-8", without: tuple[str, ...] = ()) -> bytes:
    return _report(UNSHIPPED, {**_BOUGHT, **_WAITING}, rows or ({},), encoding, without)


def _report(
    keys: list[str], usual: dict[str, str], rows: tuple[dict[str, str], ...], encoding: str, without: tuple[str, ...]
) -> bytes:
    names = [key for key in keys if key not in without]
    for row in rows:
        assert set(row) <= set(keys), f"no such column: {set(row) - set(keys)}"
    lines = ["\t".join(names), *("\t".join({**usual, **row}.get(name, "") for name in names) for row in rows)]
    return "".join(f"{line}\r\n" for line in lines).encode(encoding)
