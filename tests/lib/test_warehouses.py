"""Forwarding warehouses: added, changed, and taken away only while nothing has gone there."""

from decimal import Decimal

import pytest

from db.frames import Page
from db.models import Purchase, Warehouse
from db.session import reading
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.problems import Refused
from lib.purchases import warehouses
from tests.lib.trade import all_of, one, put


@pytest.fixture
def places(database):
    """Shenzhen has a purchase, Yiwu has none."""
    put(Warehouse(name="Shenzhen"))
    put(Warehouse(name="Yiwu", address="浙江省义乌市", inbound_code="YW-318"))
    put(
        Purchase(
            id=1, request="r1", quantity=1, unit_cost=Decimal(1), operator="oscar", transshipped=True, warehouse_id=1
        )
    )


def names():
    return [row.name for row in all_of(Warehouse)]


def test_warehouses_are_found_by_any_of_their_words(places):
    with reading() as session:
        for wanted, found in (("", [1, 2]), ("义乌", [2]), ("yw-3", [2]), ("%", []), ("shen", [1])):
            assert list(warehouses.table(session, wanted, Page()).index) == found
            assert warehouses.count(session, wanted) == len(found)
        assert list(warehouses.table(session, "", Page())["is_used"]) == [True, False]


def test_a_warehouse_is_added_and_changed(places, acting):
    added = {"name": " Ningbo ", "address": "Port 3", "inbound_code": "NB-1", "contact": None, "active": True}
    assert perform(acting("oscar"), warehouses.save, Changes(added=(added,))) == "Warehouses: 1 added."
    made = all_of(Warehouse)[-1]
    assert (made.name, made.address, made.inbound_code, made.contact, made.active) == (
        "Ningbo",
        "Port 3",
        "NB-1",
        "",
        True,
    )
    edits = (Edit(2, "inbound_code", "YW-318", None), Edit(2, "active", True, False))
    perform(acting("oscar"), warehouses.save, Changes(edits))
    assert (one(Warehouse, 2).inbound_code, one(Warehouse, 2).active) == ("", False)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (Changes(deleted=(2, 1)), "Shenzhen has purchases"),
        (Changes((Edit(1, "name", "Shenzhen", None),)), "needs a name"),
        (Changes((Edit(1, "name", "Shenzhen", "Yiwu"),)), "already"),
        (Changes(added=({"name": "Yiwu"},)), "There is a warehouse Yiwu already"),
        (Changes(added=({"name": " "},)), "needs a name"),
    ],
)
def test_what_cannot_be_is_not_written(places, acting, changes, why):
    with pytest.raises(Refused, match=why):
        perform(acting("oscar"), warehouses.save, changes)
    assert names() == ["Shenzhen", "Yiwu"]


def test_what_nothing_goes_to_is_taken_away(places, acting):
    with pytest.raises(Refused, match="Operator or Admin"):
        perform(acting("lily"), warehouses.save, Changes(deleted=(2,)))
    perform(acting("oscar"), warehouses.save, Changes(deleted=(2,)))
    assert names() == ["Shenzhen"]
