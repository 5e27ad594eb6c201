"""Co-sell: what an offer must be, when it is pushed, and what the marketplace makes of it."""

from decimal import Decimal as D

import pytest

from db.frames import Page
from db.models import CosellOffer, DemoCatalogue, Listing, Order, OrderLine, now
from db.session import SYSTEM, reading, transaction
from db.vocabulary import OfferStatus, OrderStatus
from lib import cosell, sync
from lib.changes import Changes, Edit
from lib.problems import Refused
from tests.lib.shop import CHARLIE, LAMP, MUG, OSCAR, all_of, company, do, put

LANTERN, GATED, BUSY = "B0CCAMP123", "B0BGATED01", "B0THROTTLE"


@pytest.fixture(autouse=True)
def shop(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    company()


def typed(sku: str = "CO-1", **more: object) -> dict[str, object]:
    return {"store": "US-01", "asin": LANTERN, "sku": sku, "price": D("19.90"), "quantity": 5, "confirmed": True} | more


def add(*offers: dict[str, object]) -> str:
    return do(OSCAR, cosell.update, Changes(added=offers))


def offers() -> dict[str, CosellOffer]:
    return {offer.sku: offer for offer in all_of(CosellOffer)}


def talk() -> None:
    """The marketplace is told, and then asked."""
    sync.poll()
    sync.poll()


def test_an_offer_is_pushed_and_live(database: str) -> None:
    assert add(typed()) == "Offers: 1 added. 1 will be pushed."
    assert (offers()["CO-1"].status, offers()["CO-1"].submission) == (OfferStatus.PUSHING, None)
    talk()
    found = offers()["CO-1"]
    assert (found.status, found.asin_title, found.asin_brand, found.issue) == (
        OfferStatus.ACTIVE,
        "Lantern",
        "Trailhead",
        None,
    )
    assert found.pushed_at is not None


def test_saving_alone_tells_the_marketplace_nothing() -> None:
    assert do(OSCAR, cosell.save, Changes(added=(typed(),))) == "Offers: 1 added."
    talk()
    assert (offers()["CO-1"].status, offers()["CO-1"].pushed_at) == (OfferStatus.DRAFT, None)


def test_what_is_not_confirmed_or_has_no_price_is_saved_and_named_and_not_pushed() -> None:
    said = add(typed("A", confirmed=False), typed("B", price=None, store="JP-01"))
    assert (
        said
        == "Offers: 2 added. Not pushed: A needs “same brand, same item, I may sell it” confirmed; B needs a price."
    )
    talk()
    assert [offer.status for offer in offers().values()] == [OfferStatus.DRAFT, OfferStatus.DRAFT]
    with pytest.raises(Refused, match="A needs .* confirmed. Nothing was pushed"):
        do(OSCAR, cosell.push, [offers()["A"].id])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"asin": "B0CCAMP12"}, "10 capital letters and digits"),
        ({"asin": "B0CCAMP12É"}, "10 capital letters and digits"),
        ({"asin": None}, "10 capital letters and digits"),
        ({"price": D(0)}, "above 0"),
        ({"price": D("1.999")}, "USD has 2 decimals; 1.999 has more"),
        ({"store": "JP-01", "price": D("100.5")}, "JPY has 0 decimals"),
        ({"floor": D("20")}, "19.9 is below the floor 20"),
        ({"sku": None}, "SKU of its own"),
        ({"store": None}, "needs a store"),
        ({"product": "NOPE"}, "no product with the SKU NOPE"),
    ],
)
def test_what_cannot_be_offered_is_refused(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        add(typed("GOOD"), typed() | wrong)
    assert offers() == {}


def test_the_same_sku_in_a_store_is_refused_and_in_another_is_not() -> None:
    add(typed())
    with pytest.raises(Refused, match="already used by another offer in that store"):
        add(typed(asin=GATED))
    add(typed(store="JP-01", price=D(1990)))
    assert len(all_of(CosellOffer)) == 2


def test_the_sku_of_a_listing_is_refused() -> None:
    put(Listing(product_id=MUG, store_id=1, seller_sku="MUG"))
    with pytest.raises(Refused, match="MUG is the SKU of a listing"):
        add(typed("MUG"))
    assert offers() == {}


def test_the_same_asin_twice_in_a_store_is_a_warning() -> None:
    add(typed("A"))
    assert add(typed("B")).endswith(f"Mind: offered more than once: {LANTERN} in US-01.")
    assert len(offers()) == 2


def test_lower_case_letters_of_an_added_asin_become_capitals() -> None:
    add(typed(asin=LANTERN.lower()))
    assert offers()["CO-1"].asin == LANTERN


def test_a_restricted_and_an_unknown_item_are_refused_with_the_marketplaces_words() -> None:
    add(typed("A", asin=GATED), typed("B", asin="B0NOWHERE1"), typed("C"))
    talk()
    assert {sku: offer.status for sku, offer in offers().items()} == {
        "A": OfferStatus.REFUSED, "B": OfferStatus.REFUSED, "C": OfferStatus.ACTIVE,
    }  # fmt: skip
    assert offers()["A"].issue == "APPROVAL_REQUIRED: You need an approval to sell Aurelia."
    assert "no item with the ASIN B0NOWHERE1" in (offers()["B"].issue or "")


def test_an_item_that_is_not_answered_waits_and_holds_up_no_other() -> None:
    add(typed("A", asin=BUSY), typed("B"))
    talk()
    assert (offers()["A"].status, offers()["A"].submission) == (OfferStatus.PUSHING, None)
    assert (offers()["A"].issue or "").endswith("It is tried again with the next run.")
    assert offers()["B"].status is OfferStatus.ACTIVE


def test_a_new_price_is_pushed_and_place_and_name_stay() -> None:
    add(typed())
    talk()
    number = offers()["CO-1"].id
    do(OSCAR, cosell.update, Changes(edits=(Edit(number, "price", D("19.9"), D("18.5")),)))
    assert offers()["CO-1"].status is OfferStatus.PUSHING
    talk()
    assert (offers()["CO-1"].status, offers()["CO-1"].price) == (OfferStatus.ACTIVE, D("18.5"))
    with pytest.raises(Refused, match="they cannot change"):
        do(OSCAR, cosell.update, Changes(edits=(Edit(number, "asin", LANTERN, GATED),)))
    with pytest.raises(Refused, match="is on the marketplace"):
        do(OSCAR, cosell.save, Changes(deleted=(number,)))
    assert (offers()["CO-1"].asin, offers()["CO-1"].price) == (LANTERN, D("18.5"))


def test_another_brand_pauses_the_offer_until_somebody_confirms_it_again() -> None:
    add(typed())
    talk()
    number = offers()["CO-1"].id
    with transaction(SYSTEM, "test") as session:
        session.query(DemoCatalogue).filter_by(asin=LANTERN).one().brand = "Other"
    do(OSCAR, cosell.push, [number])
    talk()
    paused = offers()["CO-1"]
    assert (paused.status, paused.confirmed, paused.asin_brand) == (OfferStatus.PAUSED, False, "Trailhead")
    assert (paused.issue or "").startswith(f"The brand of {LANTERN} was “Trailhead” and is “Other” now.")
    do(OSCAR, cosell.update, Changes(edits=(Edit(number, "confirmed", False, True),)))
    talk()
    assert (offers()["CO-1"].status, offers()["CO-1"].asin_brand) == (OfferStatus.ACTIVE, "Other")


def test_a_draft_is_deleted() -> None:
    do(OSCAR, cosell.save, Changes(added=(typed(),)))
    do(OSCAR, cosell.save, Changes(deleted=(offers()["CO-1"].id,)))
    assert offers() == {}


def test_charlie_may_not() -> None:
    for verb in (cosell.save, cosell.update):
        with pytest.raises(Refused, match="Operator or Admin may"):
            do(CHARLIE, verb, Changes(added=(typed(),)))
    assert offers() == {}


def test_bob_was_faster() -> None:
    add(typed())
    number = offers()["CO-1"].id
    do(OSCAR, cosell.save, Changes(edits=(Edit(number, "quantity", 5, 6),)))
    with pytest.raises(Refused, match="meanwhile"):
        do(OSCAR, cosell.save, Changes(edits=(Edit(number, "quantity", 5, 7),)))
    assert offers()["CO-1"].quantity == 6


def test_typed_cells_are_judged_one_by_one() -> None:
    edits = (Edit(1, "asin", None, "b0ccamp123"), Edit(2, "price", None, D(-1)), Edit(3, "price", D(1), None))
    assert [(problem.row, problem.field) for problem in cosell.check(Changes(edits))] == [(1, "asin"), (2, "price")]


def test_offers_with_orders_and_no_product_are_found_until_they_are_linked() -> None:
    add(typed("A"), typed("B", product="LAMP"), typed("C"))
    by_sku = offers()
    put(Order(id=1, store_id=1, number="1", status=OrderStatus.UNSHIPPED, bought_at=now(), currency="USD"))
    put(*(OrderLine(order_id=1, item=sku, sku=sku, quantity=1, offer_id=by_sku[sku].id) for sku in "AB"))
    with reading() as session:
        rows = cosell.table(session, cosell.Filter(unlinked=True), Page())
        assert (list(rows["sku"]), list(rows["orders"]), list(rows["currency"])) == (["A"], [1], ["USD"])
        assert cosell.count(session, cosell.Filter(unlinked=True)) == 1
        assert cosell.count(session, cosell.Filter(text="B")) == 1
        assert cosell.count(session, cosell.Filter(text=LANTERN, stores=(1,), status=OfferStatus.PUSHING)) == 3
        assert cosell.counts(session)["pushing"] == 3
    do(OSCAR, cosell.save, Changes(edits=(Edit(by_sku["A"].id, "product", None, "LAMP"),)))
    assert offers()["A"].product_id == LAMP
    with reading() as session:
        assert cosell.count(session, cosell.Filter(unlinked=True)) == 0
