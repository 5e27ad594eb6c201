"""Sending from the list of orders: what its bar and the order beside it offer, and to whom."""

from sqlalchemy import select

from db.models import Shipment
from db.session import reading
from db.vocabulary import ShipmentState
from tests.lib.trade import company, line, order


def parcels():
    with reading() as session:
        return [(row.carrier, row.tracking, row.state) for row in session.scalars(select(Shipment))]


def button(page, key):
    return next(found for found in page.button if found.key == key)


def test_an_order_is_shipped_from_beside_the_list(open_page):
    company()
    order(1, line())
    page = open_page("orders", order="111-1")
    assert not page.exception
    next(field for field in page.text_input if field.key == "ship:1:tracking").set_value("00340")
    button(page, "ship:1:now").click()
    page.run()
    assert not page.exception
    assert parcels() == [("DHL", "00340", ShipmentState.QUEUED)]


def test_charlie_sees_parcels_and_sends_nothing(open_page):
    company()
    order(1, line())
    page = open_page("orders", "charlie", order="111-1")
    assert not page.exception
    assert button(page, "ship:1:now").disabled
    assert button(page, "ship:file").disabled
    assert [found.label for found in page.toggle if found.label == "With buyers"] == []
