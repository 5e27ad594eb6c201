"""History as people use it: find a click, see its cells before and after, take it back."""

from decimal import Decimal

import pytest

from db.models import ChangeSet, Listing, ListingPrice, Order, Purchase
from db.session import reading
from db.vocabulary import WorkStatus
from lib.commands import perform
from lib.prices import price_proposal, price_runs
from lib.prices.price_draft import Scope
from lib.purchases import buying
from tests.lib import shop
from tests.lib.trade import all_of, company, form, line, one, order, put


@pytest.fixture
def bought(database, acting):
    """The number of the change set of a purchase."""
    company()
    order(1, line())
    perform(acting("oscar"), buying.create, "r1", form((10, 2), number="1688-77"))
    return all_of(ChangeSet)[-1].id


def button(at, label):
    return next(b for b in at.button if b.label == label)


def test_changes_are_listed_and_narrowed(open_page, bought):
    at = open_page("history")
    assert not at.exception
    assert at.dataframe[0].value["command"].iloc[0] == "Add purchase"
    assert [*open_page("history", h_person="oscar").dataframe[0].value.index] == [bought]
    assert [*open_page("history", h_table="Purchase").dataframe[0].value.index] == [bought]


def test_a_ticked_change_shows_its_cells(open_page, bought):
    at = open_page("history")
    at.session_state["history#0"] = {"edited_rows": {0: {"✓": True}}, "added_rows": [], "deleted_rows": []}
    at.run()
    cells = at.dataframe[1].value
    told = {(row.table, row.field): (row.before, row.after) for row in cells.itertuples()}
    assert told["Order", "Work status"] == ("To purchase", "Purchased")
    assert told["Purchase", "Unit cost"] == ("", "64.00")


def test_one_button_takes_it_back_and_another_brings_it_again(open_page, bought):
    at = button(open_page("history", as_="oscar", change=str(bought)), "Undo").click().run()
    assert not at.exception
    assert "3 restored" in at.success[0].value
    assert all_of(Purchase) == []
    assert one(Order, 1).work_status == WorkStatus.TO_PURCHASE
    assert button(at, "Undo").disabled
    assert f"Undone by change {bought + 1}." in " ".join(caption.value for caption in at.caption)
    button(open_page("history", as_="oscar", change=str(bought + 1)), "Undo").click().run()
    assert one(Order, 1).work_status == WorkStatus.PURCHASED


def test_who_may_not_do_it_may_not_undo_it(open_page, bought):
    for name in ("charlie", "lily"):
        assert button(open_page("history", as_=name, change=str(bought)), "Undo").disabled
    assert len(all_of(Purchase)) == 1


@pytest.mark.parametrize("reference", ["999", "x", "", "²"])
def test_a_link_to_no_change_opens_none(open_page, bought, reference):
    at = open_page("history", change=reference)
    assert not at.exception
    assert "Tick a change" in at.caption[-1].value


@pytest.fixture
def priced(database, acting):
    """The number of the change set of a price run: a mug goes from 30 to 35.10 USD."""
    shop.company()
    put(Listing(id=11, product_id=shop.MUG, store_id=1, seller_sku="MUG", price=Decimal(30)))
    with reading() as session:
        found = price_proposal.make(session, Scope())
    perform(acting("alice"), price_runs.apply, Scope(), found.digest, "New rules", overrule=True)
    return all_of(ChangeSet)[-1].id


def test_a_price_run_is_shown_price_by_price_and_taken_back(open_page, priced):
    assert [*open_page("history", h_table="Listing price", h_person="alice").dataframe[0].value.index] == [priced]
    at = open_page("history", as_="petra", change=str(priced))
    assert not at.exception
    newest = at.dataframe[0].value.iloc[0]
    assert (newest["command"], newest["cells"], newest["reason"]) == ("Apply prices", 1, "New rules")
    assert at.dataframe[1].value.iloc[0].to_list()[1:] == ["Listing price", "MUG", "Price", "30.00", "35.10"]
    at = button(at, "Undo").click().run()
    assert "1 price is what it was" in at.success[0].value
    assert one(ListingPrice, 11).price == 30
    assert button(open_page("history", as_="lily", change=str(priced)), "Undo").disabled
