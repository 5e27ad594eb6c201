"""Listings from the click to the answer, and orders from the marketplace into the list: nobody talks while a transaction is open."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from db.frames import Page
from db.locks import alone
from db.models import (
    CatalogueCheck,
    ChangeSet,
    Code,
    CosellOffer,
    DemoItem,
    Listing,
    Order,
    OrderLine,
    Product,
    Store,
    UploadAnswer,
    UploadDetail,
)
from db.session import SYSTEM, reading, transaction
from db.vocabulary import CheckVerdict, CodeState, CodeType, Licence, ListingStatus, OrderStatus, WorkStatus
from lib import channels, sync
from lib.changes import Changes, Edit
from lib.channels import ChannelBuyer, ChannelError, ChannelLine, ChannelOrder
from lib.orders import buyers, orders_in
from lib.problems import Refused
from lib.products import listings, uploads
from lib.products.listings import Filter
from tests.lib.shop import (
    BARE,
    CHARLIE,
    LAMP,
    LILY,
    MONDAY,
    MUG,
    MUG_CODE,
    NORDWIND_CODE,
    Busy,
    Outside,
    all_of,
    company,
    do,
    put,
)

FORMULA = (
    "128.00 CNY [1688 / Kitchen, tier >= 0] x 150% + 5.00 = 197.00 -> x fx 0.14 [CNY/USD 2026-03-01]"
    " -> x 120% [store US-01] + 2.00 = 35.096 rounded to 35.10"
)


@pytest.fixture
def shop(database, monkeypatch):
    """The company, a marketplace that answers at once, and the list of what is asked of it."""
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    company()
    asked = []
    demo = channels.of

    def watched(*account):
        outside = Outside(demo(*account))
        outside.calls = asked
        return outside

    monkeypatch.setattr(channels, "of", watched)
    return asked


def checked(code, store_id=1, verdict=CheckVerdict.NONE, **values):
    """Put what the catalogue has said of a code; a moment ago unless another time is given."""
    put(CatalogueCheck(gtin14=code.zfill(14), store_id=store_id, verdict=verdict, **values))


def statuses():
    return [(row.seller_sku, row.store_id, row.status) for row in all_of(Listing)]


# Creating


def test_creating_prices_now_and_queues(shop):
    assert do(LILY, listings.create, [MUG], [1, 2]) == "2 listings wait to be sent to JP-01, US-01."
    found = {(row.store_id, row.price, row.code, row.status) for row in all_of(Listing)}
    assert found == {
        (1, Decimal("35.10"), MUG_CODE, ListingStatus.QUEUED),
        (2, Decimal("4964"), MUG_CODE, ListingStatus.QUEUED),
    }


def test_what_cannot_be_listed_is_refused_with_its_reasons_and_nothing_is_made(shop):
    do(LILY, listings.create, [MUG], [1])
    with pytest.raises(Refused) as refusal:
        do(LILY, listings.create, [MUG, LAMP, BARE], [1])
    assert [p.text for p in refusal.value.problems] == [
        "MUG was not listed in US-01: it is listed there already.",
        "BARE was not listed in US-01: it has no title; it has no product code (EAN Generator gives one); "
        "No price: the product has no source price. Enter the source price.",
    ]
    assert len(all_of(Listing)) == 1


def test_the_rest_can_be_listed_without_them(shop):
    said = do(LILY, listings.create, [MUG, BARE], [1], leave_out=True)
    assert said.startswith("1 listing waits to be sent to US-01. 1 left out: BARE was not listed")
    with pytest.raises(Refused):
        do(LILY, listings.create, [BARE], [1], leave_out=True)


def test_a_sku_of_a_cosell_offer_is_not_free(shop):
    put(CosellOffer(store_id=1, asin="B0CCAMP123", sku="MUG", price=Decimal(9)))
    with pytest.raises(Refused, match="a co-sell offer uses this SKU there"):
        do(LILY, listings.create, [MUG], [1])


def test_charlie_may_not_list(shop):
    with pytest.raises(Refused, match="Lister or Admin may"):
        do(CHARLIE, listings.create, [MUG], [1])
    assert all_of(Listing) == []


# Sending and answers


def test_a_listing_goes_live_and_keeps_what_was_sent(shop):
    code = Code(gtin14=f"0{MUG_CODE}", code=MUG_CODE, type=CodeType.EAN13, licence=Licence.MAKER, state=CodeState.ASSIGNED,
                product_id=MUG)  # fmt: skip
    put(code)
    do(LILY, listings.create, [MUG], [1])
    assert sync.send_listings() == "1 listing sent"
    assert statuses() == [("MUG", 1, ListingStatus.UPLOADING)]
    assert all_of(Code)[0].state == CodeState.EXPOSED
    assert sync.read_answers() == "1 answer read"
    [row] = all_of(Listing)
    assert (row.status, row.issue, len(row.asin)) == (ListingStatus.ACTIVE, None, 10)
    [detail], [answer] = all_of(UploadDetail), all_of(UploadAnswer)
    assert (detail.formula, detail.price, detail.code) == (FORMULA, Decimal("35.10"), MUG_CODE)
    assert row.pricing.pushed == Decimal("35.10")
    assert (detail.sent["sku"], detail.sent["price"], answer.asin) == ("MUG", "35.1000", row.asin)
    assert shop == ["find_catalog", "submit", "poll"]
    assert sync.read_answers() == "0 answers read"


def test_a_refused_listing_keeps_the_reason_and_can_be_sent_again(shop):
    """The code was free when the catalogue was asked, and somebody else was faster."""
    checked(NORDWIND_CODE)
    do(LILY, listings.create, [LAMP], [1])
    sync.poll()
    [row] = all_of(Listing)
    assert row.status == ListingStatus.FAILED
    assert row.issue.startswith("8572: The code 4006381333931 belongs to ASIN B08HJKL2M9")
    put_right = [Edit(row.id, "price", row.price, Decimal("19.99"))]
    do(LILY, listings.save, Changes(edits=tuple(put_right)))
    with transaction(SYSTEM, "tests.code") as session:
        session.get(Product, LAMP).ean = "9520000000103"
    assert do(LILY, listings.send_again, [row.id]) == "1 listing waits to be sent."
    sync.poll()
    assert statuses() == [("LAMP", 1, ListingStatus.ACTIVE)]
    first, second = all_of(UploadDetail)
    assert (first.code, second.code, second.price) == ("4006381333931", "9520000000103", Decimal("19.99"))
    assert second.formula.startswith("Price set by hand: 19.99 USD. The formula would give: 20.00 CNY")
    assert [answer.status for answer in all_of(UploadAnswer)] == [ListingStatus.FAILED, ListingStatus.ACTIVE]


def test_what_is_on_its_way_is_not_sent_again(shop):
    do(LILY, listings.create, [MUG], [1])
    with pytest.raises(Refused, match="on its way already"):
        do(LILY, listings.send_again, [all_of(Listing)[0].id])


def test_what_never_arrived_is_sent_again_under_its_key(shop, monkeypatch):
    checked(MUG_CODE)
    do(LILY, listings.create, [MUG], [1])
    with monkeypatch.context() as patch:
        patch.setattr(channels, "of", lambda *account: Busy())
        with pytest.raises(ChannelError, match="US-01: The marketplace is busy"):
            sync.send_listings()
    assert statuses() == [("MUG", 1, ListingStatus.UPLOADING)]
    sync.read_answers()
    sync.read_answers()
    assert statuses() == [("MUG", 1, ListingStatus.ACTIVE)]
    assert (len(all_of(UploadDetail)), len(all_of(DemoItem))) == (1, 1)


def test_one_store_that_fails_never_stops_the_other(shop, monkeypatch):
    checked(MUG_CODE)
    do(LILY, listings.create, [MUG], [1, 2])
    demo = channels.of
    monkeypatch.setattr(
        channels, "of", lambda kind, name, money: Busy() if name == "US-01" else demo(kind, name, money)
    )
    with pytest.raises(ChannelError, match=r"^1 done; US-01: "):
        sync.send_listings()
    sync.poll()
    found = {row.store_id: row.status for row in all_of(Listing)}
    assert found == {1: ListingStatus.UPLOADING, 2: ListingStatus.ACTIVE}


def test_two_conversations_do_not_overlap(shop):
    with alone("sync") as free:
        assert free
        assert sync.poll() == []
    assert len(sync.poll()) == len(sync.STEPS)
    assert shop == ["orders", "orders"]


# The list


def test_the_list_filters_counts_and_sorts(shop):
    do(LILY, listings.create, [MUG, LAMP], [1])
    do(LILY, listings.create, [MUG], [2])
    sync.poll()

    def skus(page=None, **criteria):
        page = page or Page(sort="price")
        with reading() as session:
            frame = listings.table(session, Filter(**criteria), page)
            assert listings.count(session, Filter(**criteria)) == len(frame)
            return [f"{row.sku} {row.store}" for row in frame.itertuples()]

    assert skus() == ["MUG JP-01", "MUG US-01", "LAMP US-01"]
    assert skus(Page(sort="store", descending=False)) == ["MUG JP-01", "MUG US-01", "LAMP US-01"]
    assert skus(status=ListingStatus.FAILED) == skus(with_issue=True) == ["LAMP US-01"]
    assert skus(stores=("JP-01",)) == ["MUG JP-01"]
    assert skus(text="杯子") == ["MUG JP-01", "MUG US-01"]
    assert skus(text="LAMP") == ["LAMP US-01"]
    with reading() as session:
        numbers = listings.counts(session)
    assert (numbers["active"], numbers["failed"], numbers["queued"]) == (2, 1, 0)


# Orders in


def told(**values):
    line = ChannelLine("1", "MUG", 2, title="Mug", price=Decimal("70.20"))
    buyer = ChannelBuyer("张晓明", "San Jose", "US", address="2050 Concourse Drive")
    order = ChannelOrder("114-1", "unshipped", MONDAY, "USD", (line,), paid_at=MONDAY, total=Decimal("70.20"), buyer=buyer,
                         ship_by=MONDAY + timedelta(days=3))  # fmt: skip
    return replace(order, **values)


def receive(*orders):
    with transaction(SYSTEM, "sync.pull_orders") as session:
        return orders_in.receive(session, 1, orders)


@pytest.fixture
def listed(shop):
    put(Listing(product_id=MUG, store_id=1, seller_sku="MUG", asin="B0MUG00001", status=ListingStatus.ACTIVE))


def test_orders_come_in_once_with_their_links_and_the_cursor(shop):
    do(LILY, listings.create, [MUG], [1])
    sync.poll()
    [order] = all_of(Order)
    [line] = all_of(OrderLine)
    assert (order.status, order.work_status, line.product_id) == (OrderStatus.UNSHIPPED, WorkStatus.TO_PURCHASE, MUG)
    assert all_of(Product)[0].last_order_at == order.bought_at
    assert all_of(Store)[0].cursor != ""
    sets = len(all_of(ChangeSet))
    assert sync.pull_orders() == "0 orders new or changed"
    assert len(all_of(ChangeSet)) == sets


def test_the_same_order_twice_changes_nothing(listed):
    assert receive(told()) == 1
    sets = len(all_of(ChangeSet))
    assert receive(told()) == 0
    assert (len(all_of(Order)), len(all_of(OrderLine)), len(all_of(ChangeSet))) == (1, 1, sets)


def test_a_newer_state_is_followed_and_an_older_one_is_not(listed):
    receive(told(status="pending", total=None, paid_at=None, buyer=None))
    assert (all_of(Order)[0].total, all_of(Order)[0].buyer_masked) == (None, None)
    assert receive(told()) == 1
    assert (all_of(Order)[0].total, all_of(Order)[0].buyer_masked) == (Decimal("70.20"), "张** · San Jose, US")
    canceled = replace(told().lines[0], is_canceled=True)
    receive(told(status="canceled", lines=(canceled,)))
    assert (all_of(Order)[0].work_status, all_of(OrderLine)[0].canceled) == (WorkStatus.CLOSED, True)
    assert receive(told()) == 0
    assert all_of(Order)[0].status == OrderStatus.CANCELED


def test_a_line_is_linked_by_sku_then_offer_then_asin(listed):
    put(
        CosellOffer(id=1, store_id=1, asin="B0CCAMP123", sku="CO-1", price=Decimal(9)),
        CosellOffer(id=2, store_id=1, asin="B0CCAMP124", sku="CO-2", price=Decimal(9), product_id=LAMP),
    )
    skus = [("MUG", None), ("gone", "B0MUG00001"), ("CO-1", None), ("gone", "B0CCAMP124"), ("nobody", "B000000000")]
    lines = [ChannelLine(str(place), sku, 1, asin=asin) for place, (sku, asin) in enumerate(skus)]
    receive(told(lines=tuple(lines)))
    assert [(row.product_id, row.offer_id) for row in all_of(OrderLine)] == [
        (MUG, None), (MUG, None), (None, 1), (LAMP, 2), (None, None),
    ]  # fmt: skip


def test_an_order_does_not_move_its_product_up_the_list(listed):
    before = all_of(Product)[0].updated_at
    receive(told())
    assert all_of(Product)[0].last_order_at == MONDAY
    assert all_of(Product)[0].updated_at == before


def test_a_buyer_is_sealed_and_an_erased_one_stays_erased(listed):
    receive(told())
    [order] = all_of(Order)
    assert "张晓明".encode() not in order.buyer_sealed
    assert buyers.opened(order.buyer_sealed) == told().buyer
    with transaction(SYSTEM, "tests.ship") as session:
        session.get(Order, order.id).shipped_at = MONDAY
    with transaction(SYSTEM, "nightly.erase") as session:
        assert buyers.erase_old(session, MONDAY + timedelta(days=29)) == 0
        assert buyers.erase_old(session, MONDAY + timedelta(days=30)) == 1
    receive(told(shipped_at=MONDAY))
    [order] = all_of(Order)
    assert (order.buyer_sealed, order.buyer_masked) == (None, None)
    assert order.buyer_erased_at == MONDAY + timedelta(days=30)


def test_the_uploads_of_a_listing_and_todays_formula(shop):
    checked(NORDWIND_CODE)
    do(LILY, listings.create, [LAMP], [1])
    sync.poll()
    with reading() as session:
        number = all_of(Listing)[0].id
        [upload] = uploads.of(session, number)
        _, name, today = uploads.today(session, str(number))
    assert (name, today.amount, upload.price) == ("LAMP in US-01", Decimal("7.88"), Decimal("7.88"))
    assert [(answer.status, answer.issues[0].code) for answer in upload.answers] == [(ListingStatus.FAILED, "8572")]
