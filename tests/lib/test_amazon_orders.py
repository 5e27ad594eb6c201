"""Amazon's order reports: told by their keys, every trap of theirs read exactly, every broken cell a sentence with its line."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from db.vocabulary import OrderStatus
from lib.amazon import cells, orders, reports, text
from lib.problems import Refused
from tests.lib.order_report_fixtures import (
    ALL,
    ITEM,
    ITEM_2,
    NEW,
    ORDER,
    OTHER,
    UNSHIPPED,
    all_orders,
    new_orders,
    unshipped,
)


def read(content):
    kind = reports.recognise(text.header(content))
    return orders.read(text.read("orders.txt", content), kind)


def only(content):
    [order] = read(content).orders
    return order


def refused(content):
    """(line, column, reason) of each refused row."""
    return [(p.line, p.field, p.text) for p in read(content).refused]


# Which report


@pytest.mark.parametrize(("keys", "kind"), [(ALL, "All Orders"), (NEW, "New Orders"), (UNSHIPPED, "Unshipped Orders")])
def test_a_report_is_told_by_its_keys(keys, kind):
    assert str(reports.recognise(keys)) == kind
    assert str(reports.recognise([key.replace("-", " ").title() for key in reversed(keys)])) == kind


def test_columns_come_and_go():
    assert str(reports.recognise([*ALL, "url", "cpf", "is-sold-by-ab", "something-new"])) == "All Orders"
    without = all_orders(without=("merchant-order-id", "promotion-ids", "is-business-order", "asin", "item-tax"))
    order = only(without)
    assert (order.number, order.lines[0].values["asin"], order.lines[0].values["tax"]) == (ORDER, None, None)


def test_japanese_headings_are_known():
    content = (
        new_orders(
            {
                "ship-city": "東京",
                "sales-channel": "Amazon.co.jp",
                "currency": "JPY",
                "item-price": "1980.0",
                "item-tax": "180.0",
            }
        )
        .decode()
        .replace("order-id", "注文番号", 1)
        .replace("order-item-id", "注文商品番号", 1)
        .encode("cp932")
    )
    assert (only(content).number, only(content).lines[0].item) == (ORDER, ITEM)


def test_what_is_no_order_report_is_none():
    assert (
        reports.recognise(["item-name", "seller-sku", "price", "quantity", "open-date", "asin1", "product-id"]) is None
    )
    assert reports.recognise(["Order ID", "Order Date", "Sales", "Quantity"]) is None
    assert reports.recognise([]) is None


@pytest.mark.parametrize(
    ("content", "kind", "missing"),
    [
        (all_orders(without=("sku",)), "All Orders", "sku"),
        (all_orders(without=("purchase-date", "quantity")), "All Orders", "purchase-date and quantity"),
        (new_orders(without=("order-id",)), "New Orders", "order-id"),
        (unshipped(without=("quantity-purchased",)), "Unshipped Orders", "quantity-purchased"),
    ],
)
def test_a_missing_key_column_is_named(content, kind, missing):
    with pytest.raises(Refused) as refusal:
        reports.recognise(text.header(content))
    assert str(refusal.value) == (
        f"This looks like Amazon's report “{kind}”, but it has no column {missing}. "
        "Nothing was read: download the report again, with its columns as they are."
    )


# Its letters


def test_letters_are_decoded_strictly():
    title = {"product-name": "Trinkflasche – für Köln"}
    for content in (all_orders(title), b"\xef\xbb\xbf" + all_orders(title), all_orders(title, encoding="cp1252")):
        assert only(content).lines[0].values["title"] == "Trinkflasche – für Köln"
    row = {
        "product-name": "水筒 500ml 青～限定①",
        "sales-channel": "Amazon.co.jp",
        "currency": "JPY",
        "item-price": "1980.0",
        "item-tax": "180",
    }
    line = only(all_orders(row, encoding="cp932")).lines[0]
    assert (line.values["title"], line.values["price"]) == ("水筒 500ml 青～限定①", Decimal(1980))


def test_a_file_that_was_cut_off_in_a_letter_is_refused():
    with pytest.raises(Refused, match="ends in the middle of a letter"):
        read(all_orders({"price-designation": "größer als der Rest äöü ä"})[:-3])
    with pytest.raises(Refused, match="Line 2 of .* neither UTF-8 nor Windows-1252"):
        read(all_orders({"product-name": "x"}).replace(b"\tx\t", b"\t\x81\x8d\t"))


def test_quotes_are_letters_and_digits_stay_text():
    line = only(new_orders({"product-name": '"Klick', "sku": "0012345"})).lines[0]
    assert (line.values["title"], line.sku, line.item) == ('"Klick', "0012345", "00000000000051")


def test_binary_is_no_report():
    with pytest.raises(Refused, match="NUL bytes"):
        read(all_orders() + b"\0\0")


# What it says


def test_an_order_with_its_money():
    order = only(
        all_orders(
            {"shipping-price": "3.99", "shipping-tax": "0.64"},
            {"sku": "LID", "item-status": "Cancelled", "quantity": "0", "item-price": "", "item-tax": ""},
        )
    )
    assert order.market == "DE"
    assert order.values == {
        "status": OrderStatus.UNSHIPPED, "bought_at": datetime(2026, 3, 1, 10, tzinfo=UTC), "told_at": datetime(2026, 3, 1, 11, tzinfo=UTC),
        "paid_at": None, "ship_by": None, "fulfilment": "seller", "is_sale": True, "currency": "EUR", "country": "DE",
        "total": Decimal("43.97"),
    }  # fmt: skip
    lamp, lid = order.lines
    assert (lamp.sku, lamp.quantity, lamp.item, lamp.values) == (
        "LAMP", 2, "~1~LAMP",
        {"asin": "B000TEST01", "title": "Lamp", "canceled": False, "price": Decimal("39.98"), "shipping": Decimal("3.99"),
         "tax": Decimal("7.02")},
    )  # fmt: skip
    assert (lid.quantity, lid.values["canceled"], lid.values["price"], lid.gaps) == (0, True, None, {"quantity"})


def test_the_price_is_that_of_the_line_less_what_a_promotion_takes_off():
    row = {
        "shipping-price": "3.99",
        "item-promotion-discount": "-5.00",
        "ship-promotion-discount": "3.99",
        "gift-wrap-price": "2.50",
    }
    order = only(all_orders(row))
    assert (order.lines[0].values["price"], order.lines[0].values["shipping"], order.values["total"]) == (
        Decimal("34.98"), Decimal("0.00"), Decimal("37.48"),
    )  # fmt: skip


def test_where_the_tax_comes_on_top_the_buyer_pays_it_too():
    assert only(all_orders({"currency": "USD", "sales-channel": "Amazon.com"})).values["total"] == Decimal("46.36")


def test_a_pending_order_has_no_money():
    blank = dict.fromkeys(("currency", "item-price", "item-tax"), "")
    order = only(all_orders({"order-status": "Pending", "fulfillment-channel": "Amazon", **blank}))
    assert (order.values["status"], order.values["fulfilment"], order.values["currency"]) == (
        OrderStatus.PENDING,
        "amazon",
        None,
    )
    assert (order.values["total"], order.lines[0].values["price"]) == (None, None)


def test_what_was_sold_elsewhere_is_no_sale():
    by_channel, by_number = read(
        all_orders({"sales-channel": "Non-Amazon"}, {"amazon-order-id": "S01-0000003-0000003", "sales-channel": ""})
    ).orders
    assert (by_channel.market, by_channel.values["is_sale"]) == ("Non-Amazon", False)
    assert (by_number.market, by_number.values["is_sale"]) == ("Non-Amazon", False)


def test_a_shipped_order_has_left_when_it_was_last_changed():
    assert only(all_orders({"order-status": "Shipped - Delivered to Buyer"})).values["shipped_at"] == datetime(
        2026, 3, 1, 11, tzinfo=UTC
    )


def test_the_number_of_a_line_is_weak_where_the_report_has_none():
    order = only(all_orders({}, {"quantity": "1"}, {"sku": "LID"}))
    assert [line.item for line in order.lines] == ["~1~LAMP", "~2~LAMP", "~1~LID"]
    found = read(all_orders({}, {"quantity": "1"}))
    assert [(w.line, w.field) for w in found.warnings] == [(3, "sku")]
    assert only(new_orders({"order-item-id": ""})).lines[0].item == "~1~LAMP"
    assert only(new_orders(without=("order-item-id",))).lines[0].item == "~1~LAMP"


def test_letters_that_amazon_has_lost_are_a_warning():
    found = read(
        all_orders(
            {"product-name": "Trinkflasche f?r K?ln"}, {"amazon-order-id": OTHER, "product-name": "Wirklich? Ja"}
        )
    )
    assert [(w.line, w.field) for w in found.warnings] == [(2, "product-name")]
    assert [order.lines[0].gaps for order in found.orders] == [{"title"}, set()]


def test_unshipped_orders_know_when_and_how_much_and_no_money():
    order = only(unshipped({"quantity-shipped": "1", "quantity-to-ship": "1"}))
    assert order.values["status"] is OrderStatus.PARTLY_SHIPPED
    assert order.values["ship_by"] == datetime(2026, 3, 4, 22, 59, 59, tzinfo=UTC)
    assert (order.market, order.lines[0].item, order.lines[0].values["price"]) == ("", ITEM, None)
    both = only(unshipped({}, {"order-item-id": ITEM_2, "sku": "LID", "quantity-shipped": "2"}))
    assert both.values["status"] is OrderStatus.PARTLY_SHIPPED


def test_the_buyer_is_read_and_shown_by_nothing():
    order = only(new_orders())
    assert (order.buyer.name, order.buyer.city, order.buyer.address) == ("Erika Mustermann", "Köln", "Weg 7")
    assert (order.buyer.postcode, order.buyer.email, order.buyer.country) == ("50667", "erika@example.com", "DE")
    assert "Erika" not in repr(order)


# What is wrong in it

WRONG = [
    ({"quantity": "two"}, "quantity", "Not a whole number of pieces."),
    ({"quantity": "0"}, "quantity", "A quantity of 0, and the line is not canceled."),
    ({"quantity": "-1"}, "quantity", "A quantity is not below 0."),
    ({"quantity": "1.5"}, "quantity", "Not a whole number of pieces."),
    ({"quantity": ""}, "quantity", "There is no quantity."),
    ({"quantity": "1000001"}, "quantity", "More than 1,000,000 pieces."),
    ({"item-price": "cheap"}, "item-price", "Not an amount: 1234.50 is one, without a sign between thousands."),
    ({"item-price": "1.234,50"}, "item-price", "Not an amount: 1234.50 is one, without a sign between thousands."),
    ({"item-price": "1,234"}, "item-price", "This can be 1234 or 1.234: Amazon writes neither."),
    ({"item-price": "-3.00"}, "item-price", "Not an amount: 1234.50 is one, without a sign between thousands."),
    ({"item-price": "3.9999"}, "item-price", "EUR has 2 decimals, and this amount has more."),
    ({"item-promotion-discount": "50.00"}, "item-promotion-discount", "More is taken off than the price."),
    ({"currency": ""}, "currency", "There is an amount in item-price, and no currency."),
    ({"purchase-date": "yesterday"}, "purchase-date", "Not a date with its time: 2026-11-01T10:00:00+00:00 is one."),
    ({"purchase-date": "2026-02-30T10:00:00Z"}, "purchase-date", "Not a date with its time: 2026-11-01T10:00:00+00:00 is one."),
    ({"purchase-date": "2026-03-01T10:00:00"}, "purchase-date", "This time does not say in which zone it is."),
    ({"purchase-date": "0026-03-01T10:00:00Z"}, "purchase-date", "26 cannot be the year of an order."),
    ({"purchase-date": ""}, "purchase-date", "There is no date of the order."),
    ({"order-status": "Perhaps"}, "order-status",
     "Not a status of Amazon's: Pending, Unshipped, Partially Shipped, Shipped, Cancelled."),
    ({"fulfillment-channel": "Pigeon"}, "fulfillment-channel", "Neither Merchant nor Amazon."),
    ({"sales-channel": "Amazon.xx"}, "sales-channel", "Not a marketplace that Caravan knows."),
    ({"sku": ""}, "sku", "There is no SKU."),
    ({"sku": "S" * 81}, "sku", "A SKU has at most 80 letters."),
    ({"asin": "B0"}, "asin", "An ASIN is 10 letters and digits."),
    ({"amazon-order-id": "3.02E+16"}, "order-id", "Not an order number of Amazon's, as 302-1234567-1234567 is."),
    ({"amazon-order-id": ""}, "order-id", "Not an order number of Amazon's, as 302-1234567-1234567 is."),
]  # fmt: skip


@pytest.mark.parametrize(("row", "column", "why"), WRONG)
def test_a_wrong_cell_is_named_with_its_line_and_the_others_are_read(row, column, why):
    content = all_orders({"amazon-order-id": OTHER}, row)
    assert refused(content) == [(3, column, why)]
    assert [order.number for order in read(content).orders] == [OTHER]


def test_an_order_stays_out_whole_when_one_of_its_rows_is_wrong():
    found = read(all_orders({}, {"sku": "LID", "quantity": "x"}, {"amazon-order-id": OTHER}, {"sku": "CUP"}))
    assert [order.number for order in found.orders] == [OTHER]
    assert found.left_out == {ORDER: ([2, 3, 5], 3)}


@pytest.mark.parametrize(("cut", "why"), [(-30, "too few"), (-60, "too few")])
def test_a_row_that_was_cut_off_keeps_its_order_out(cut, why):
    content = all_orders({"amazon-order-id": OTHER}, {}, {"sku": "LID"})
    found = read(content[:cut])
    assert [order.number for order in found.orders] == [OTHER]
    assert [(p.line, p.value, why in p.text) for p in found.refused] == [(4, None, True)]
    assert found.left_out == {ORDER: ([3, 4], 4)}


def test_a_row_that_was_cut_off_in_its_number_keeps_the_order_above_out():
    content = all_orders({"amazon-order-id": OTHER}, {})
    found = read(content + b"302-00000" + b"\t" * (len(ALL) - 1))
    assert [order.number for order in found.orders] == [OTHER]
    assert found.left_out == {ORDER: ([3, 4], 4)}


def test_tabs_too_many_are_refused():
    content = all_orders({"amazon-order-id": OTHER}, {"product-name": "a\tb"})
    assert refused(content) == [(3, None, "Line 3 has 32 cells instead of 31: too many.")]
    assert [order.number for order in read(content).orders] == [OTHER]


def test_rows_that_contradict_each_other_keep_their_order_out():
    assert refused(all_orders({}, {"sku": "LID", "order-status": "Pending"})) == [
        (3, "order-status", "Line 2 says that this order is “Unshipped”, this row that it is “Pending”.")
    ]
    assert refused(all_orders({}, {"sku": "LID", "sales-channel": "Amazon.fr"})) == [
        (3, "sales-channel", "Line 2 of the same order was sold on DE, this one on FR.")
    ]
    assert read(all_orders({}, {"sku": "LID", "order-status": "Pending"})).orders == []


def test_a_row_that_stands_twice_keeps_its_order_out():
    copied = "The same as line 2, cell by cell: a row that was copied, or a line without its number."
    assert refused(all_orders({}, {})) == [(3, "order-id", copied)]
    assert refused(new_orders({}, {"sku": "LID"})) == [
        (3, "order-item-id", "Line 2 has the same number of the order's line.")
    ]


@pytest.mark.parametrize("item", ["51", "5.1E+13", "0000000000005x", "0" * 21])
def test_a_number_of_a_line_that_a_spreadsheet_has_damaged_is_refused(item):
    assert [(line, column) for line, column, _ in refused(new_orders({"order-item-id": item}))] == [
        (2, "order-item-id")
    ]


def test_a_report_with_buyers_tells_no_cell_of_a_wrong_row():
    found = read(new_orders({"quantity-purchased": "Erika Mustermann"}, {"order-id": "Weg 7"}))
    assert [(p.line, p.value) for p in found.refused] == [(2, None), (3, None)]
    assert "Erika" not in repr(found)


# Cells


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2026-11-01T10:00:00-07:00", datetime(2026, 11, 1, 17, tzinfo=UTC)),
        ("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("08/07/2016 10:12:40 BST", datetime(2016, 7, 8, 9, 12, 40, tzinfo=UTC)),
        ("2013-01-07 07:35:42 PST", datetime(2013, 1, 7, 15, 35, 42, tzinfo=UTC)),
        ("07/08/2016 9:12:40 PDT", datetime(2016, 7, 8, 16, 12, 40, tzinfo=UTC)),
        ("01.11.2026 00:30 MEZ", datetime(2026, 10, 31, 23, 30, tzinfo=UTC)),
        ("2026-11-01T01:02:03+09:00", datetime(2026, 10, 31, 16, 2, 3, tzinfo=UTC)),
    ],
)
def test_a_moment_is_in_utc_whatever_zone_it_names(cell, at):
    assert cells.moment(cell) == at


@pytest.mark.parametrize(
    ("cell", "currency", "is_"),
    [("39.98", "EUR", "39.98"), ("39,98", "EUR", "39.98"), ("1980.0", "JPY", "1980"), ("7", "USD", "7.00")],
)
def test_decimals_stand_behind_a_point_or_a_comma(cell, currency, is_):
    assert str(cells.amount(cell, currency)) == is_
