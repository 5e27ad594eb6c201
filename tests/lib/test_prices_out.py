"""Prices pushed: what goes out alone, what the marketplace makes of it, and what is never sent."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from db.frames import Page
from db.models import ChangeSet, DemoItem, Job, Listing, ListingPrice, PricePush, Product, Store, UploadDetail
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import ListingStatus, PushState, Role, Source
from lib import channels, jobs, sync
from lib.changes import Changes, Edit
from lib.channels import ChannelError, Outcome, State, Submission
from lib.prices import price_queue, prices_out
from lib.prices.price_draft import Scope, scope_to_json
from lib.prices.price_queue import EVERYTHING
from lib.problems import Refused
from lib.products import listings
from lib.products.listings import Filter
from lib.products.uploads import Open
from tests.lib.shop import CHARLIE, LAMP, LILY, MUG, SERUM, Busy, Outside, all_of, company, do, put

PETRA = Actor(None, "petra", Role.PRICING)
QUEUED, SENT, TAKEN, REFUSED, REPLACED = PushState
UPLOADED = Decimal("35.10")
NOTHING = "No price has to be sent: the marketplace has them, or they are on their way."


@pytest.fixture
def asked(database, monkeypatch):
    """The mug is on sale in US-01 (35.10 USD) and JP-01 (4964 JPY) on a marketplace that answers at once; what it is asked."""
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    company()
    do(LILY, listings.create, [MUG], [1, 2])
    sync.poll()
    demo, calls = channels.of, []

    def watched(*account):
        outside = Outside(demo(*account))
        outside.calls = calls
        return outside

    monkeypatch.setattr(channels, "of", watched)
    return calls


def listing(store=1):
    return next(row.id for row in all_of(Listing) if row.store_id == store)


def prices(store=1):
    """Here, taken by the marketplace as far as we know, and on the marketplace."""
    with reading() as session:
        row, name = session.get(ListingPrice, listing(store)), session.get(Store, store).name
    there = next(item.price for item in all_of(DemoItem) if (item.account, item.sku) == (name, "MUG"))
    return row.price, row.pushed, there


def reprice(price, store=1):
    with transaction(SYSTEM, "tests.reprice") as session:
        session.get(ListingPrice, listing(store)).price = Decimal(price)


def pushes():
    return [(row.price, row.state) for row in all_of(PricePush)]


def push(wanted=EVERYTHING, actor=PETRA):
    return do(actor, prices_out.push, wanted)


def unpushed(**scope):
    with reading() as session:
        return prices_out.unpushed(session, Scope(**scope))


def lately():
    with reading() as session:
        return tuple(prices_out.lately(session).values())


# From the button to the marketplace


def test_what_an_upload_has_brought_is_pushed_already(asked):
    assert prices() == (UPLOADED, UPLOADED, UPLOADED)
    assert (unpushed(), push(), all_of(PricePush)) == (0, NOTHING, [])


def test_a_new_price_goes_out_alone_and_is_taken(asked):
    reprice("39.99")
    assert unpushed() == 1
    assert push() == "1 price waits to be sent to US-01."
    assert prices() == (Decimal("39.99"), UPLOADED, UPLOADED)
    assert (lately(), [job.kind for job in all_of(Job)][-1]) == ((1, 0, 0), "sync")
    assert sync.send_prices() == "1 price sent"
    assert prices() == (Decimal("39.99"),) * 3
    [row] = all_of(PricePush)
    assert (row.state, row.submission, row.actor, row.currency, row.issue) == (
        TAKEN,
        "US-01-prices-1",
        "petra",
        "USD",
        None,
    )
    assert row.answered_at >= row.at
    assert (asked, len(all_of(UploadDetail)), lately(), unpushed()) == (["submit"], 2, (0, 0, 0), 0)
    assert all_of(ChangeSet)[-1].summary == "1 price waits to be sent to US-01."


def test_it_is_a_step_of_its_own_between_listings_and_answers(asked):
    reprice("39.99")
    push()
    assert sync.poll()[1] == "prices out: 1 price sent"
    assert pushes() == [(Decimal("39.99"), TAKEN)]


def test_more_than_one_submission_holds(asked):
    ready = {"category_id": 1, "source": Source.ALIBABA, "source_price": Decimal(1)}
    put(*(Product(id=n, sku=f"M{n}", **ready) for n in range(100, 303)))
    put(
        *(Listing(product_id=n, store_id=1, seller_sku=f"M{n}", price=Decimal(n), status=ListingStatus.ACTIVE)
          for n in range(100, 303)),
        *(DemoItem(account="US-01", sku=f"M{n}", sent={}, price=Decimal(1), currency="USD", quantity=1, submission="k",
                   submitted_at=all_of(DemoItem)[0].submitted_at, answers_at=all_of(DemoItem)[0].answers_at, live=True)
          for n in range(100, 303)),
    )  # fmt: skip
    assert push() == "203 prices wait to be sent to US-01."
    assert sync.send_prices() == "203 prices sent"
    assert (asked, {row.state for row in all_of(PricePush)}) == (["submit", "submit"], {TAKEN})
    assert [item.price for item in all_of(DemoItem)[2:]] == [Decimal(n) for n in range(100, 303)]


class Slow:
    """Says at first only that it has heard; the demo marketplace behind it has taken the price already."""

    def __init__(self, channel):
        self.channel = channel

    def submit(self, operations, key):
        self.channel.submit(operations, key)
        return Submission(key, {o.sku: Outcome(State.ACCEPTED) for o in operations})

    def __getattr__(self, name):
        return getattr(self.channel, name)


@pytest.fixture
def slow(asked, monkeypatch):
    watched = channels.of
    monkeypatch.setattr(channels, "of", lambda *account: Slow(watched(*account)))
    return asked


def test_an_answer_that_comes_later(slow):
    reprice("39.99")
    push()
    sync.send_prices()
    assert (pushes(), lately(), prices()[1]) == ([(Decimal("39.99"), SENT)], (0, 1, 0), UPLOADED)
    assert sync.read_answers() == "1 answer read"
    assert (pushes(), prices()[1]) == ([(Decimal("39.99"), TAKEN)], Decimal("39.99"))
    assert slow == ["submit", "poll"]
    assert sync.read_answers() == "0 answers read"


def test_a_refused_price_keeps_the_reason_and_the_price_of_before(asked):
    reprice(0)
    push()
    sync.poll()
    assert prices() == (Decimal(0), UPLOADED, UPLOADED)
    assert (lately(), unpushed(), len(asked)) == ((0, 0, 1), 1, 3)
    with reading() as session:
        frame = prices_out.refused(session, EVERYTHING, Page())
        assert prices_out.count_refused(session, Scope(stores=(1,))) == 1
        assert prices_out.count_refused(session, Scope(stores=(2,))) == 0
    [row] = frame.itertuples()
    assert (row.sku, row.store, row.price, row.pushed) == ("MUG", "US-01", Decimal(0), UPLOADED)
    assert row.issue == "DEMO-PRICE: 0.0000 is not above zero."
    reprice("12.00")
    push()
    assert lately() == (1, 0, 0)
    sync.poll()
    assert (prices()[2], lately()) == (Decimal(12), (0, 0, 0))


def test_a_refusal_is_settled_when_the_price_goes_back(asked):
    reprice(0)
    push()
    sync.poll()
    reprice(UPLOADED)
    assert (lately(), unpushed()) == ((0, 0, 0), 0)


# What goes wrong on the way


def test_a_marketplace_that_is_busy_is_asked_again_under_the_same_key(asked, monkeypatch):
    reprice("39.99")
    push()
    with monkeypatch.context() as patch:
        patch.setattr(channels, "of", lambda *account: Busy())
        with pytest.raises(ChannelError, match="US-01: The marketplace is busy"):
            sync.send_prices()
    assert (pushes(), prices()[1:]) == ([(Decimal("39.99"), SENT)], (UPLOADED, UPLOADED))
    assert sync.send_prices() == "0 prices sent"
    assert sync.read_answers() == "1 answer read"
    assert (asked, prices()) == (["poll", "submit"], (Decimal("39.99"),) * 3)
    assert all_of(PricePush)[0].submission == "US-01-prices-1"


def test_one_busy_store_never_stops_the_other(asked, monkeypatch):
    reprice("39.99")
    reprice("5000", store=2)
    assert push() == "2 prices wait to be sent to JP-01, US-01."
    watched = channels.of
    monkeypatch.setattr(
        channels, "of", lambda kind, name, money: Busy() if name == "US-01" else watched(kind, name, money)
    )
    with pytest.raises(ChannelError, match=r"^1 done; US-01: "):
        sync.send_prices()
    assert {row.store_id: row.state for row in all_of(PricePush)} == {1: SENT, 2: TAKEN}


def test_an_answer_that_was_lost_is_asked_for_and_nothing_sent_twice(asked, monkeypatch):
    reprice("39.99")
    push()
    watched = channels.of

    class Deaf:
        def submit(self, operations, key):
            watched("demo", "US-01", "USD").submit(operations, key)
            raise ChannelError("No answer.")

    with monkeypatch.context() as patch:
        patch.setattr(channels, "of", lambda *account: Deaf())
        with pytest.raises(ChannelError):
            sync.send_prices()
    assert prices() == (Decimal("39.99"), UPLOADED, Decimal("39.99"))
    sync.read_answers()
    assert (asked, prices()[1]) == (["submit", "poll"], Decimal("39.99"))


def test_after_a_crash_the_same_words_are_sent_whatever_the_price_is_by_now(asked):
    reprice("39.99")
    push()
    with transaction(SYSTEM, "sync.send_prices") as session:
        key, [operation] = prices_out.take(session, 1)
    reprice("44.00")
    with reading() as session:
        assert prices_out.unanswered(session) == [Open(1, key)]
        assert prices_out.sent(session, 1, key) == [operation]
    sync.poll()
    assert (asked[:2], prices()) == (["poll", "submit"], (Decimal(44), Decimal("39.99"), Decimal("39.99")))
    assert unpushed() == 1


def test_a_crash_in_the_middle_of_taking_leaves_the_queue_as_it_was(asked):
    reprice("39.99")
    push()

    def crash():
        with transaction(SYSTEM, "sync.send_prices") as session:
            assert len(prices_out.take(session, 1)[1]) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert pushes() == [(Decimal("39.99"), QUEUED)]


# Two prices of one listing


def test_the_newer_replaces_the_one_that_waits(asked):
    reprice("39.99")
    push()
    assert push() == "1 price waits to be sent to US-01."
    assert pushes() == [(Decimal("39.99"), QUEUED)]
    reprice("41.50")
    push()
    assert pushes() == [(Decimal("41.50"), QUEUED)]
    sync.poll()
    assert (asked.count("submit"), prices()) == (1, (Decimal("41.50"),) * 3)


def test_a_price_that_went_back_is_not_sent(asked):
    reprice("39.99")
    push()
    reprice(UPLOADED)
    assert push() == NOTHING
    assert (sync.send_prices(), pushes()) == ("0 prices sent", [(Decimal("39.99"), REPLACED)])


def test_a_price_that_the_listing_has_no_more_never_leaves(asked):
    reprice("39.99")
    reprice("5000", store=2)
    push()
    reprice("41.50")
    assert sync.send_prices() == "1 price sent"
    assert {row.store_id: (row.state, row.issue) for row in all_of(PricePush)} == {
        1: (REPLACED, price_queue.LET_GO),
        2: (TAKEN, None),
    }
    assert (unpushed(stores=(1,)), prices()[1:]) == (1, (UPLOADED, UPLOADED))


def test_stale_prices_that_are_too_many_at_once_stay_in_the_queue(asked, monkeypatch):
    monkeypatch.setattr(price_queue, "MOST_LET_GO", 1)
    put(Product(id=100, sku="CUP", source=Source.ALIBABA))
    put(Listing(product_id=100, store_id=1, seller_sku="CUP", price=Decimal(8), status=ListingStatus.ACTIVE))
    reprice("39.99")
    push()
    reprice("41.50")
    with transaction(SYSTEM, "tests.reprice") as session:
        session.get(ListingPrice, all_of(Listing)[-1].id).price = Decimal(9)
    assert (sync.send_prices(), {state for _, state in pushes()}) == ("0 prices sent", {REPLACED, QUEUED})
    assert (sync.send_prices(), {state for _, state in pushes()}) == ("0 prices sent", {REPLACED})
    assert "submit" not in asked


def test_what_is_taken_down_gets_no_price(asked):
    reprice("39.99")
    push()
    with transaction(SYSTEM, "tests.down") as session:
        session.get(Listing, listing()).status = ListingStatus.INACTIVE
    assert (sync.send_prices(), pushes()) == ("0 prices sent", [(Decimal("39.99"), REPLACED)])


def test_a_newer_one_waits_until_the_older_is_answered(slow):
    reprice("39.99")
    push()
    sync.send_prices()
    assert push() == NOTHING
    reprice("41.50")
    assert push() == "1 price waits to be sent to US-01."
    assert sync.send_prices() == "0 prices sent"
    assert pushes() == [(Decimal("39.99"), SENT), (Decimal("41.50"), QUEUED)]
    sync.poll()
    sync.poll()
    assert (pushes(), prices()) == ([(Decimal("39.99"), TAKEN), (Decimal("41.50"), TAKEN)], (Decimal("41.50"),) * 3)


def test_what_is_on_its_way_is_followed_by_the_price_that_went_back(slow):
    reprice("39.99")
    push()
    sync.send_prices()
    reprice(UPLOADED)
    assert push() == "1 price waits to be sent to US-01."
    sync.poll()
    sync.poll()
    sync.poll()
    assert prices() == (UPLOADED,) * 3


def test_two_people_push_at_once(asked):
    reprice("39.99")
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: push(), range(8)))
    assert set(said) == {"1 price waits to be sent to US-01."}
    assert pushes() == [(Decimal("39.99"), QUEUED)]


# Uploads bring the price along


def test_an_upload_replaces_what_waits(asked):
    reprice("39.99")
    push()
    do(LILY, listings.send_again, [listing()])
    assert sync.send_listings() == "1 listing sent"
    assert pushes() == [(Decimal("39.99"), REPLACED)]
    assert prices() == (Decimal("39.99"), UPLOADED, Decimal("39.99"))
    sync.poll()
    assert (prices(), unpushed()) == ((Decimal("39.99"),) * 3, 0)


def test_a_price_before_an_upload_is_not_sent_again_after_it(asked, monkeypatch):
    reprice("39.99")
    push()
    with monkeypatch.context() as patch:
        patch.setattr(channels, "of", lambda *account: Busy())
        with pytest.raises(ChannelError):
            sync.send_prices()
    reprice("44.00")
    do(LILY, listings.send_again, [listing()])
    sync.send_listings()
    sync.poll()
    assert (pushes(), prices()) == ([(Decimal("39.99"), REPLACED)], (Decimal(44),) * 3)


def test_a_refused_upload_takes_no_price(asked):
    do(LILY, listings.create, [LAMP], [1])
    sync.poll()
    [lamp] = [row for row in all_of(Listing) if row.product_id == LAMP]
    assert (lamp.status, lamp.price, lamp.pricing.pushed) == (ListingStatus.FAILED, Decimal("7.88"), None)


# Which, and who


def test_a_scope_narrows_what_is_sent(asked):
    reprice("39.99")
    reprice("5000", store=2)
    do(LILY, listings.create, [LAMP, SERUM], [1], leave_out=True)
    two = "2 listings are not up yet: their price goes with the upload."
    assert push(Scope(text="lamp")) == f"{NOTHING} 1 listing is not up yet: its price goes with the upload."
    assert push(Scope(sources=(Source.TAOBAO,))) == NOTHING
    assert all_of(PricePush) == []
    assert push(Scope(stores=(2,), categories=(1,))) == "1 price waits to be sent to JP-01."
    assert (
        push(Scope(text="杯子", sources=(Source.ALIBABA,), listings=(listing(),)))
        == "1 price waits to be sent to US-01."
    )
    assert push() == f"2 prices wait to be sent to JP-01, US-01. {two}"
    assert [unpushed(text="mug"), unpushed(stores=(2,)), unpushed(text="lamp"), unpushed(listings=(listing(),))] == [
        2,
        1,
        0,
        1,
    ]


def test_picked_listings(asked):
    reprice("39.99")
    reprice("5000", store=2)
    assert push([listing(2)]) == "1 price waits to be sent to JP-01."
    for wrong, sentence in (
        ([], "Tick at least one"),
        (range(10_001), "At most 10,000 .* not 10,001. Nothing was sent"),
    ):
        with pytest.raises(Refused, match=sentence):
            push(wrong)
    assert len(all_of(PricePush)) == 1


def test_a_store_that_is_not_active_gets_none(asked):
    reprice("39.99")
    with transaction(SYSTEM, "tests.close") as session:
        session.get(Store, 1).active = False
    assert (unpushed(), push(), all_of(PricePush)) == (0, NOTHING, [])


@pytest.mark.parametrize("actor", [CHARLIE, LILY], ids=["charlie", "lily"])
def test_who_may_not_push(asked, actor):
    reprice("39.99")
    with pytest.raises(Refused, match="Pricing manager or Admin may"):
        push(actor=actor)
    assert all_of(PricePush) == []


def test_listers_send_the_prices_of_the_list(asked):
    edit = Edit(listing(), "price", UPLOADED, Decimal("39.99"))
    said = do(LILY, listings.save, Changes(edits=(edit,)))
    assert said == "1 listing changed here. “Send prices” takes new prices to the marketplace, “Send again” everything."
    for actor in (CHARLIE, PETRA):
        with pytest.raises(Refused, match="Lister or Admin may"):
            do(actor, listings.send_prices, [listing()])
    assert do(LILY, listings.send_prices, [listing(2)]) == NOTHING
    assert do(LILY, listings.send_prices, Filter(stores=("JP-01",))) == NOTHING
    assert all_of(PricePush) == []
    assert do(LILY, listings.send_prices, Filter(price_differs=True)) == "1 price waits to be sent to US-01."
    with reading() as session:
        frame = listings.table(session, Filter(price_differs=True), Page(sort="price"))
        assert listings.count(session, Filter(price_differs=True)) == 1
    assert list(zip(frame["store"], frame["price"], frame["pushed"], strict=True)) == [
        ("US-01", Decimal("39.99"), UPLOADED)
    ]
    assert do(LILY, listings.send_prices, [listing()]) == "1 price waits to be sent to US-01."
    sync.poll()
    assert (prices(), all_of(PricePush)[0].actor) == ((Decimal("39.99"),) * 3, "lily")


# Very many


class Told:
    """Keeps what a job says; asks it to stop before a lot, if it shall."""

    def __init__(self, stops_before=None):
        self.lots, self.stops_before, self.said = 0, stops_before, None

    def __call__(self, done, total, message=""):
        self.lots += 1
        if self.lots == self.stops_before:
            raise jobs.Canceled

    def finish(self, session, said):
        self.said = said


@pytest.fixture
def many(asked, monkeypatch):
    """Two prices are more than are queued at once here, and each is a lot of its own."""
    monkeypatch.setattr(price_queue, "AT_ONCE", 1)
    monkeypatch.setattr(price_queue, "LOT", 1)
    reprice("39.99")
    reprice("5000", store=2)


def test_very_many_are_queued_by_a_job(many):
    assert push() == "More than 1 prices have to be sent. They are put into the queue now, and sent as they come."
    assert (all_of(PricePush), all_of(ChangeSet)[-1].command) == ([], "price_queue.push")
    waiting = next(job for job in all_of(Job) if job.kind == "push")
    told = Told()
    said = price_queue.work(PETRA, dict(waiting.arguments), told)
    assert said == told.said == "2 prices wait to be sent to JP-01, US-01."
    assert (told.lots, [row.state for row in all_of(PricePush)]) == (2, [QUEUED, QUEUED])
    sync.send_prices()
    assert (prices(), prices(2)) == ((Decimal("39.99"),) * 3, (Decimal(5000),) * 3)


def test_a_job_that_is_taken_up_again_queues_nothing_twice(many):
    with pytest.raises(jobs.Interrupted):
        price_queue.work(PETRA, {"scope": scope_to_json(EVERYTHING)}, _ending)
    assert len(all_of(PricePush)) == 0
    for _ in range(2):
        price_queue.work(PETRA, {"scope": scope_to_json(EVERYTHING)}, Told())
    assert len(all_of(PricePush)) == 2


def _ending(done, total, message=""):
    raise jobs.Interrupted


def test_a_job_that_is_stopped_says_what_waits_already(many):
    said = price_queue.work(PETRA, {"scope": scope_to_json(EVERYTHING)}, Told(stops_before=2))
    assert said == "Stopped. 1 of 2 prices was put into the queue before, and is sent."
    assert len(all_of(PricePush)) == 1


def test_the_job_asks_again_who_may(many):
    with pytest.raises(Refused):
        price_queue.work(LILY, {"scope": scope_to_json(EVERYTHING)}, Told())
    assert all_of(PricePush) == []


def test_the_list_of_listings_sends_fewer(many):
    with pytest.raises(Refused, match="choose fewer here, or send them from Pricing. Nothing was sent"):
        do(LILY, listings.send_prices, Filter())
    assert all_of(PricePush) == []
    assert do(LILY, listings.send_prices, Filter(stores=("US-01",))) == "1 price waits to be sent to US-01."
