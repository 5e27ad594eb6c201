"""Stores: accounts for admins, percentages for the pricing manager."""

from decimal import Decimal as D

import pytest

from db.frames import Page
from db.models import Listing, Product, Store
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import ChannelKind, Role
from lib import stores
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.prices import price_rules
from lib.problems import Refused

ALICE = Actor(1, "alice", Role.ADMIN)
PETRA = Actor(7, "petra", Role.PRICING)


def add(**values: object) -> int:
    perform(ALICE, stores.save, Changes(added=({"name": "Berlin", "marketplace": "DE"} | values,)))
    return int(row().name)


def row() -> object:
    with reading() as session:
        return stores.table(session, stores.Filter(), Page()).iloc[0]


def test_the_currency_follows_from_the_marketplace(database: str) -> None:
    number = add()
    assert list(row()) == ["Berlin", "DE", "EUR", ChannelKind.DEMO, D(100), D(0), None, None, True, D(15)]
    perform(ALICE, stores.save, Changes(edits=(Edit(number, "marketplace", "DE", "JP"),)))
    assert list(row())[:3] == ["Berlin", "JP", "JPY"]


def test_a_store_with_listings_stays_where_it_is(database: str) -> None:
    number = add()
    with transaction(SYSTEM, "test") as session:
        session.add(product := Product(sku="A"))
        session.flush()
        session.add(Listing(product_id=product.id, store_id=number, seller_sku="A"))
    with pytest.raises(Refused, match="Berlin has listings"):
        perform(ALICE, stores.save, Changes(edits=(Edit(number, "marketplace", "DE", "JP"),)))
    with pytest.raises(Refused, match="still needs this"):
        perform(ALICE, stores.save, Changes(deleted=(number,)))
    assert list(row())[:3] == ["Berlin", "DE", "EUR"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [({"marketplace": "XX"}, "not a marketplace"), ({"marketplace": None}, "not a marketplace"), ({"name": " "}, "needs a name"),
     ({"name": "Berlin"}, "already a store of that name")],
)  # fmt: skip
def test_a_store_that_cannot_be_is_refused(database: str, values: dict[str, object], sentence: str) -> None:
    add()
    with pytest.raises(Refused, match=sentence):
        perform(ALICE, stores.save, Changes(added=({"name": "Paris", "marketplace": "FR"} | values,)))
    with reading() as session:
        assert stores.names(session) == {int(row().name): "Berlin"}


def test_percentages_are_for_the_pricing_manager_and_accounts_are_not(database: str) -> None:
    number = add()
    said = perform(
        PETRA,
        stores.save_terms,
        Changes(edits=(Edit(number, "percent", D(100), D(120)), Edit(number, "fine", D(0), D(-2)))),
    )
    assert said == "Stores: 1 changed. No price of a listing has changed."
    assert list(row())[4:6] == [D(120), D(-2)]
    with pytest.raises(Refused, match="Admin may"):
        perform(PETRA, stores.save, Changes(edits=(Edit(number, "name", "Berlin", "Bonn"),)))
    assert row()["name"] == "Berlin"


def test_the_fee_of_the_marketplace_is_a_share_and_changes_no_price(database: str) -> None:
    number = add()
    said = perform(PETRA, stores.save_terms, Changes(edits=(Edit(number, "fee_percent", D(15), D("8.25")),)))
    assert said == "Stores: 1 changed. No price of a listing has changed."
    assert row()["fee_percent"] == D("8.25")
    for wrong in (D("-0.01"), D("100.01"), D("8.255"), D("NaN"), D("Infinity"), None):
        typed = Changes(edits=(Edit(number, "fee_percent", D("8.25"), wrong), Edit(number, "percent", D(100), D(120))))
        assert [problem.field for problem in stores.check(typed)] == ["fee_percent"]
        with pytest.raises(Refused, match="from 0 to 100 %.*Nothing was saved"):
            perform(PETRA, stores.save_terms_confirmed, typed)
    assert (row()["fee_percent"], row()["percent"]) == (D("8.25"), D(100))
    for share in (D(0), D(100)):
        perform(PETRA, stores.save_terms, Changes(edits=(Edit(number, "fee_percent", row()["fee_percent"], share),)))
        assert row()["fee_percent"] == share
    with pytest.raises(Refused, match="Pricing"):
        perform(
            Actor(9, "oscar", Role.OPERATOR),
            stores.save_terms,
            Changes(edits=(Edit(number, "fee_percent", D(100), D(1)),)),
        )


def test_a_percentage_that_looks_like_a_slip_has_to_be_meant(database: str) -> None:
    slip = Changes(edits=(Edit(add(), "percent", D(100), D("1.2")),))
    with pytest.raises(Refused) as refusal:
        perform(PETRA, stores.save_terms, slip)
    assert [problem.text for problem in refusal.value.problems] == [
        "Berlin: 1.2 means 1.2 % of the price: did you mean 120 %?", price_rules.CONFIRM,
    ]  # fmt: skip
    assert row()["percent"] == D(100)
    perform(PETRA, stores.save_terms_confirmed, slip)
    assert row()["percent"] == D("1.2")


def test_no_percentage_is_no_slip_but_an_error(database: str) -> None:
    zero = Changes(edits=(Edit(add(), "percent", D(100), D(0)),))
    assert [problem.field for problem in stores.check(zero)] == ["percent"]
    with pytest.raises(Refused, match="must be above 0"):
        perform(PETRA, stores.save_terms_confirmed, zero)
    assert row()["percent"] == D(100)


def test_a_store_that_is_not_used_any_more_is_not_offered(database: str) -> None:
    number = add()
    perform(PETRA, stores.save_terms, Changes(edits=(Edit(number, "active", True, False),)))
    with reading() as session:
        assert stores.names(session) == {}
        assert stores.count(session, stores.Filter(active_only=True)) == 0
        assert session.get_one(Store, number).active is False


def terms() -> list[object]:
    return list(row()[["percent", "fine", "ending", "floor"]])


def test_how_prices_end_and_how_low_they_may_be(database: str) -> None:
    number = add()
    edits = (Edit(number, "ending", None, ".99"), Edit(number, "floor", None, D("4.50")))
    assert stores.check(Changes(edits)) == []
    assert perform(PETRA, stores.save_terms, Changes(edits)).startswith("Stores: 1 changed.")
    assert terms() == [D(100), D(0), ".99", D("4.50")]
    perform(
        PETRA, stores.save_terms, Changes((Edit(number, "ending", ".99", ""), Edit(number, "floor", D("4.5"), None)))
    )
    assert terms() == [D(100), D(0), None, None]


@pytest.mark.parametrize(
    ("marketplace", "field", "value", "sentence"),
    [
        ("DE", "ending", ".9", "Berlin: The ending '.9' must have the 2 decimals of EUR"),
        ("DE", "ending", "nine", "Berlin: The ending 'nine' is not a number"),
        ("JP", "ending", ".99", "Berlin: The ending '.99' has decimals, JPY has none"),
        ("JP", "floor", D("99.5"), "Berlin: The lowest price 99.5 has decimals, its currency has none"),
        ("DE", "floor", D("1.005"), "Berlin: The lowest price 1.005 has more than 2 decimals"),
        ("DE", "floor", D(-1), "Berlin: The lowest price -1 is below 0"),
        ("DE", "floor", D("NaN"), "Berlin: The lowest price 'NaN' is not a number"),
    ],
)
def test_an_ending_or_a_floor_that_the_currency_cannot_have_is_refused(
    database: str, marketplace: str, field: str, value: object, sentence: str
) -> None:
    number = add(marketplace=marketplace)
    with pytest.raises(Refused) as refusal:
        perform(PETRA, stores.save_terms_confirmed, Changes((Edit(number, field, None, value),)))
    assert refusal.value.problems[0].text.startswith(sentence)
    assert (refusal.value.problems[0].row, refusal.value.problems[0].field) == (number, field)
    assert terms() == [D(100), D(0), None, None]


def test_beside_the_cell_only_what_no_currency_can_have_is_refused() -> None:
    """The cell does not know the currency: .990 is an ending in KWD and 80 one in JPY."""
    typed = [
        ("ending", ".990"),
        ("ending", "80"),
        ("floor", D("1.005")),
        ("ending", "x"),
        ("floor", D(-1)),
        ("active", False),
    ]
    edits = tuple(Edit(at, field, None, value) for at, (field, value) in enumerate(typed))
    assert [(problem.row, problem.field) for problem in stores.check(Changes(edits))] == [(3, "ending"), (4, "floor")]


def test_bob_was_faster_with_the_ending(database: str) -> None:
    number = add()
    perform(ALICE, stores.save_terms, Changes((Edit(number, "ending", None, ".95"),)))
    with pytest.raises(Refused, match="“.95” meanwhile"):
        perform(PETRA, stores.save_terms, Changes((Edit(number, "ending", None, ".99"),)))
    assert terms() == [D(100), D(0), ".95", None]


def test_a_store_does_not_move_where_its_prices_cannot_end_so(database: str) -> None:
    number = add()
    perform(ALICE, stores.save_terms, Changes((Edit(number, "ending", None, ".99"),)))
    with pytest.raises(Refused, match="Berlin: The ending '.99' has decimals, JPY has none"):
        perform(ALICE, stores.save, Changes((Edit(number, "marketplace", "DE", "JP"),)))
    assert list(row())[:3] == ["Berlin", "DE", "EUR"]


def test_a_store_never_loses_its_currency(database: str) -> None:
    """A store without a currency could have no price; the currency follows from the marketplace, which cannot be emptied."""
    number = add()
    with pytest.raises(Refused, match="not a marketplace"):
        perform(ALICE, stores.save, Changes((Edit(number, "marketplace", "DE", None),)))
    assert list(row())[:3] == ["Berlin", "DE", "EUR"]
