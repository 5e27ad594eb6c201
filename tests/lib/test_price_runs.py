"""Price runs: what was previewed is written as a whole or not at all, stays in the history, and can be taken back."""

import hashlib
import threading
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal as D
from functools import partial

import numpy as np
import pytest
from sqlalchemy import func, select

from db import price_moves
from db.frames import Page
from db.models import (
    Category,
    Change,
    ChangeSet,
    Job,
    Listing,
    ListingPrice,
    Person,
    PriceMove,
    PriceRuleVersion,
    PriceRun,
    PriceTier,
    Product,
    Store,
    now,
)
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import JobState, PersonState, Role, RunKind, RunState, Source
from lib import change_words, history, jobs
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.people import attempt
from lib.prices import (
    price_breaker,
    price_columns,
    price_news,
    price_preview,
    price_proposal,
    price_runs,
    price_staging,
)
from lib.prices.price_book import Book
from lib.prices.price_breaker import Figures
from lib.prices.price_draft import Scope
from lib.prices.price_proposal import Proposal
from lib.prices.price_runs import Filter
from lib.problems import Refused
from lib.products import listings, products
from tests.lib.jobs_done import work_off
from tests.lib.shop import LAMP, MUG, company, put

ALL = Scope()


@dataclass
class Moves:
    listing_ids: np.ndarray
    before: np.ndarray
    after: np.ndarray
    versions: np.ndarray

    @property
    def digest(self):
        told = b"".join(column.tobytes() for column in (self.listing_ids, self.before, self.after, self.versions))
        return hashlib.sha256(told).hexdigest()


class Rules:
    """What the rules would give, instead of the real ones: twice the source price of the product."""

    def __init__(self):
        self.figures = Figures(prices=1_000_000, moved=0)

    def moves(self, session, scope=ALL):
        query = (
            select(Listing.id, ListingPrice.price, Product.source_price)
            .join(Product).outerjoin(ListingPrice, ListingPrice.id == Listing.id)
            .where(func.coalesce(ListingPrice.locked, False).is_(False)).order_by(Listing.id)
        )  # fmt: skip
        if scope.listings:
            query = query.where(Listing.id.in_(scope.listings))
        rows = session.execute(query).all()
        integers = partial(np.fromiter, dtype=np.int64, count=len(rows))
        before = integers(-1 if row.price is None else int(row.price * 10_000) for row in rows)
        after = integers(-1 if row.source_price is None else int(row.source_price * 20_000) for row in rows)
        return Moves(integers(row.id for row in rows), before, after, np.where(after % 3 == 0, 1, -1))

    def make(self, session, scope):
        seen, moves = price_news.seen(session), self.moves(session, scope)
        none = int((moves.after < 0).sum())
        return Proposal(moves, moves.digest, self.figures, 1, none, {"rates": {}}, price_proposal.mark(session), seen)


@pytest.fixture
def rules(monkeypatch):
    made = Rules()
    monkeypatch.setattr(price_proposal, "make", made.make)
    return made


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(price_staging, "PAUSE", 0)
    attempt.ending.clear()


def fill(count):
    """Products 1, 2, … at 10, 20, …, each in one store at its source price; number 3 locked, number 4 without a row for a price."""
    with transaction(SYSTEM, "tests.fill") as session:
        session.add(Store(id=1, name="US-01", marketplace="US", currency="USD"))
        session.add_all([Product(id=n, sku=f"P{n}", source_price=D(10 * n)) for n in range(1, count + 1)])
        session.flush()
        session.add_all([Listing(id=n, product_id=n, store_id=1, seller_sku=f"P{n}") for n in range(1, count + 1)])
        session.flush()
        session.add_all(
            [ListingPrice(id=n, price=D(10 * n), locked=n == 3) for n in range(1, count + 1) if n != 4]
        )  # fmt: skip


@pytest.fixture
def shop(database, rules):
    fill(5)
    return rules


@pytest.fixture
def large(database, rules, monkeypatch):
    """Twenty listings, where ten prices are many already, and are prepared three by three."""
    monkeypatch.setattr(price_runs, "AT_ONCE", 10)
    monkeypatch.setattr(price_staging, "CHUNK", 3)
    fill(20)
    return rules


@pytest.fixture
def people(given):
    """Alice and Petra as people who may sign in, so that the worker does their jobs."""
    made = given(
        *[Person(username=name, role=role, state=PersonState.ACTIVE, password_hash="x")
          for name, role in (("alice", Role.ADMIN), ("petra", Role.PRICING))]
    )  # fmt: skip
    return {person.username: Actor(person.id, person.username, person.role) for person in made}


def digest(rules, scope=ALL):
    with reading() as session:
        return rules.moves(session, scope).digest


def prices():
    with reading() as session:
        return dict(session.execute(select(ListingPrice.id, ListingPrice.price).order_by(ListingPrice.id)).all())


def all_of(model):
    with reading() as session:
        return session.scalars(select(model).order_by(model.id)).all()


def moves(run_id):
    with reading() as session:
        return session.scalar(select(func.count()).select_from(PriceMove).where(PriceMove.run_id == run_id))


def set_price(actor, number, old, new):
    edit = Edit(number, "price", None if old is None else D(old), D(new))
    return perform(actor, listings.save, Changes((edit,)))


def set_cost(actor, number, old, new):
    return perform(actor, products.save, Changes((Edit(number, "source_price", D(old), D(new)),)))


def refused(function, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        perform(*args[:1], function, *args[1:], **kwargs)
    return str(caught.value)


BEFORE = {1: D(10), 2: D(20), 3: D(30), 5: D(50)}
AFTER = {1: D(20), 2: D(40), 3: D(30), 4: D(80), 5: D(100)}


# Applying


def test_what_was_previewed_is_written_with_one_change_set(shop, acting):
    words = perform(acting("petra"), price_runs.apply, ALL, digest(shop), title="Twice", reason="Monday")
    assert words == (
        "Run #1: 4 prices applied, 3 up, 1 for the first time. 1 locked stayed. "
        "They are not on the marketplaces before they are pushed."
    )
    assert prices() == AFTER
    [run] = all_of(PriceRun)
    made = all_of(ChangeSet)[-1]
    assert (run.kind, run.state, run.title, run.actor, run.reason) == (
        RunKind.APPLY,
        RunState.APPLIED,
        "Twice",
        "petra",
        "Monday",
    )
    assert (run.set_id, run.counts["moves"], run.counts["first"], run.counts["locked"]) == (made.id, 4, 1, 1)
    assert (made.actor, made.command, made.reason, made.summary) == ("petra", "price_runs.apply", "Monday", words)
    assert moves(run.id) == 4
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Change).where(Change.set_id == made.id)) == 0


def test_a_price_that_cannot_be_made_leaves_the_listing_its_price(shop, acting):
    with transaction(SYSTEM, "tests.cost") as session:
        session.get_one(Product, 2).source_price = None
    words = perform(acting("petra"), price_runs.apply, ALL, digest(shop))
    assert "1 has no price to get and keeps what it had." in words
    assert prices() == AFTER | {2: D(20)}


def test_only_the_scope_is_written(shop, acting):
    scope = Scope(listings=(1, 5))
    perform(acting("petra"), price_runs.apply, scope, digest(shop, scope))
    assert prices() == BEFORE | {1: D(20), 5: D(100)}


def test_many_are_a_job_and_change_nothing_before_it_is_done(large, people):
    words = perform(people["petra"], price_runs.apply, ALL, digest(large), title="Twice")
    assert (
        words
        == "The prices are being applied. It goes on when you leave this page, and changes no price before it is done."
    )
    assert (prices()[1], all_of(PriceRun)) == (D(10), [])
    done = work_off()
    assert (done.state, done.message) == (
        JobState.DONE,
        "Run #1: 19 prices applied, 18 up, 1 for the first time. 1 locked stayed. "
        "They are not on the marketplaces before they are pushed.",
    )
    assert {n: price for n, price in prices().items() if price != 20 * n} == {3: D(30)}
    made = all_of(ChangeSet)[-1]
    assert (made.actor, made.command, made.summary) == ("petra", "price_runs.apply", done.message)
    assert (all_of(PriceRun)[0].set_id, moves(1)) == (made.id, 19)


def test_a_double_click_is_one_job_and_somebody_else_is_told(large, people):
    for _ in range(2):
        perform(people["petra"], price_runs.apply, ALL, digest(large))
    assert len(all_of(Job)) == 1
    for scope in (ALL, Scope(listings=(1,))):
        text = refused(price_runs.apply, people["alice"], scope, digest(large, scope))
        assert text == "petra is applying prices right now. Nothing was begun; look again when that has ended."
    assert "petra is applying prices right now" in refused(
        price_runs.apply, people["petra"], Scope(listings=(1,)), digest(large, Scope(listings=(1,)))
    )
    assert (len(all_of(Job)), prices()[1]) == (1, D(10))


def test_two_managers_at_the_same_moment_one_wins_and_the_other_is_told(shop, acting):
    previewed, gate, heard = digest(shop), threading.Barrier(2), {}

    def click(name):
        gate.wait()
        try:
            heard[name] = perform(acting(name), price_runs.apply, ALL, previewed)
        except Refused as refusal:
            heard[name] = str(refusal)

    clicks = [threading.Thread(target=click, args=(name,)) for name in ("alice", "petra")]
    [click.start() for click in clicks]
    [click.join() for click in clicks]
    won = [name for name, words in heard.items() if words.startswith("Run #")]
    [lost] = [words for words in heard.values() if not words.startswith("Run #")]
    assert len(won) == 1
    assert "No price was changed" in lost
    assert prices() == AFTER
    assert [run.actor for run in all_of(PriceRun)] == won


def test_two_managers_with_a_million_each_one_job(large, people):
    previewed, gate, heard = digest(large), threading.Barrier(2), []

    def click(name):
        gate.wait()
        try:
            heard.append(perform(people[name], price_runs.apply, ALL, previewed))
        except Refused as refusal:
            heard.append(str(refusal))

    clicks = [threading.Thread(target=click, args=(name,)) for name in ("alice", "petra")]
    [click.start() for click in clicks]
    [click.join() for click in clicks]
    assert sorted("right now" in words for words in heard) == [False, True]
    assert len(all_of(Job)) == 1
    assert work_off().state is JobState.DONE


# What has changed since


def test_who_has_changed_something_since_the_preview_is_named(shop, acting):
    previewed, at = digest(shop), now()
    set_cost(acting("bob"), 2, 20, 21)
    text = refused(price_runs.apply, acting("petra"), ALL, previewed, previewed_at=at)
    clock = f"{all_of(ChangeSet)[-1].at:%H:%M}"
    assert text == (
        f"Since the preview bob changed what products cost or where they belong at {clock} UTC. No price was changed: preview again."
    )
    assert (prices(), all_of(PriceRun)) == (BEFORE, [])


def test_rules_prices_and_runs_are_named_too(shop, acting):
    with transaction(acting("bob"), "categories.add") as session:
        session.add(Category(id=1, name="Men", path="Men"))
    start = now()
    with transaction(acting("bob"), "price_rules.save") as session:
        session.add(PriceTier(category_id=1, source=Source.ALIBABA, threshold=D(0), percent=D(150)))
    set_price(acting("lily"), 1, 10, 11)
    scope = Scope(listings=(5,))
    perform(acting("alice"), price_runs.apply, scope, digest(shop, scope))
    with reading() as session:
        told = [text.rpartition(" at ")[0] for text in price_news.since(session, start)]
        assert told == ["alice applied prices", "lily changed prices", "bob saved price rules"]
        assert price_news.since(session, now() + timedelta(seconds=1)) == []


def test_a_preview_that_is_not_known_is_refused(shop, acting):
    text = refused(price_runs.apply, acting("petra"), ALL, "0" * 64, previewed_at=now() + timedelta(minutes=1))
    assert text == "The prices would not be those of the preview any more. No price was changed: preview again."
    assert prices() == BEFORE


def test_nothing_to_do_is_said(shop, acting):
    perform(acting("petra"), price_runs.apply, ALL, digest(shop))
    assert "No price was changed." in refused(price_runs.apply, acting("petra"), ALL, digest(shop))
    assert len(all_of(PriceRun)) == 1


def while_preparing(monkeypatch, act):
    """Do something between the preparing of the moves and the switch."""
    tally = price_moves.tally

    def meanwhile(session, run_id):
        found = tally(session, run_id)
        other = threading.Thread(target=act)
        other.start()
        other.join()
        return found

    monkeypatch.setattr(price_moves, "tally", meanwhile)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda bob: set_price(bob, 7, 70, 71), "Prices were changed or locked by somebody else meanwhile (P7)."),
        (
            lambda bob: set_cost(bob, 7, 70, 71),
            "Since the preview bob changed what products cost or where they belong at ",
        ),
        (lambda bob: add_rule(bob), "Since the preview bob saved price rules at "),
        (lambda bob: lock(bob, 7), "Prices were changed or locked by somebody else meanwhile (P7)."),
    ],
)
def test_a_change_while_a_million_are_prepared_stops_them_all(large, people, acting, monkeypatch, act, words):
    with transaction(SYSTEM, "tests.category") as session:
        session.add(Category(id=1, name="Men", path="Men"))
    perform(people["petra"], price_runs.apply, ALL, digest(large))
    while_preparing(monkeypatch, lambda: act(acting("bob")))
    done = work_off()
    assert done.state is JobState.FAILED
    assert done.message.startswith(words)
    assert "No price was changed" in done.message
    assert {n: p for n, p in prices().items() if p != 10 * n} in ({}, {7: D(71)})
    assert ([run.state for run in all_of(PriceRun)], moves(1)) == ([RunState.STOPPED], 0)


def add_rule(bob):
    with transaction(bob, "price_rules.save") as session:
        session.add(PriceTier(category_id=1, source=Source.ALIBABA, threshold=D(0), percent=D(150)))


def lock(bob, number):
    with transaction(bob, "listings.lock") as session:
        session.get_one(ListingPrice, number).locked = True


def test_a_change_of_what_is_not_priced_here_stops_nothing(large, people, acting, monkeypatch):
    with transaction(SYSTEM, "tests.product") as session:
        session.add(Product(id=90_000, sku="ALONE", source_price=D(1)))
    perform(people["petra"], price_runs.apply, ALL, digest(large))
    while_preparing(monkeypatch, lambda: set_cost(acting("bob"), 90_000, 1, 2))
    assert work_off().state is JobState.DONE


@pytest.mark.only("postgresql")
def test_who_types_a_price_while_a_run_becomes_prices_is_told_of_it(shop, acting):
    """On SQLite the writers queue."""
    heard = []

    def type_one():
        try:
            set_price(acting("bob"), 1, 10, 11)
        except Refused as refusal:
            heard.append(str(refusal))

    other = threading.Thread(target=type_one)
    with transaction(acting("petra"), "price_runs.apply") as session:
        price_runs.apply(session, ALL, digest(shop))
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join()
    assert heard == ["Somebody else has changed this to “20.0000” meanwhile. Yours is kept, not saved."]
    assert prices() == AFTER


# The breaker


def test_the_breaker_stops_a_run_and_an_admin_with_a_reason_goes_on(shop, acting):
    shop.figures = Figures(prices=10, moved=9, below_cost=2)
    text = refused(price_runs.apply, acting("petra"), ALL, digest(shop))
    assert text == (
        "90 % of all prices would move (9 of 10); the breaker allows 50 %.; 2 prices would be below what the goods cost.; "
        "The breaker has stopped this: no price was changed. Admin may go on, with a reason."
    )
    for who, reason in (("petra", "because"), ("alice", ""), ("alice", "  ")):
        refused(price_runs.apply, acting(who), ALL, digest(shop), reason=reason, overrule=True)
    refused(price_runs.apply, acting("alice"), ALL, digest(shop), reason="because")
    assert (prices(), all_of(PriceRun)) == (BEFORE, [])
    perform(acting("alice"), price_runs.apply, ALL, digest(shop), reason="Clearance", overrule=True)
    assert prices() == AFTER
    assert (all_of(PriceRun)[0].reason, all_of(ChangeSet)[-1].reason) == ("Clearance", "Clearance")


def test_the_breaker_stops_the_job_too(large, people):
    large.figures = Figures(prices=10, moved=9)
    perform(people["petra"], price_runs.apply, ALL, digest(large))
    done = work_off()
    assert (done.state, done.message.splitlines()[0]) == (
        JobState.FAILED, "90 % of all prices would move (9 of 10); the breaker allows 50 %.",
    )  # fmt: skip
    refused(price_runs.apply, people["petra"], ALL, digest(large), reason="because", overrule=True)
    perform(people["alice"], price_runs.apply, ALL, digest(large), reason="Clearance", overrule=True)
    assert work_off().state is JobState.DONE
    assert all_of(ChangeSet)[-1].reason == "Clearance"


def test_who_is_no_admin_any_more_when_the_job_is_done_may_not_go_past_the_breaker(large, people):
    perform(people["alice"], price_runs.apply, ALL, digest(large), reason="Clearance", overrule=True)
    with transaction(SYSTEM, "tests.role") as session:
        session.get_one(Person, people["alice"].id).role = Role.PRICING
    assert "may not apply prices that the breaker stops" in work_off().message
    assert prices()[1] == D(10)


def test_a_reason_is_kept_or_refused_but_not_cut(shop, acting):
    refused(price_runs.apply, acting("alice"), ALL, digest(shop), "x" * 501)
    assert prices() == BEFORE
    with transaction(acting("alice"), "price_runs.apply", "y" * 500) as session:
        price_runs.apply(session, ALL, digest(shop))
    assert (all_of(PriceRun)[0].reason, all_of(ChangeSet)[-1].reason) == ("y" * 500, "y" * 500)


# Ends in the middle


def test_a_crash_after_the_preparing_leaves_nothing_to_be_seen_and_is_swept_away(large, people, monkeypatch):
    perform(people["petra"], price_runs.apply, ALL, digest(large))

    def die(*_args):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(price_staging, "_switch", die)
        patch.setattr(price_staging, "drop", lambda run_id: None)
        with pytest.raises(SystemExit):
            attempt.work_off(all_of(Job)[-1].id)
    assert ([run.state for run in all_of(PriceRun)], moves(1)) == ([RunState.STAGING], 19)
    assert prices()[1] == D(10)
    with reading() as session:
        assert price_runs.history_of(session, 1)[0].what == "with the listing"
    with transaction(SYSTEM, "tests.gone") as session:
        jobs.sweep(session, now() + timedelta(minutes=5))
    assert work_off().state is JobState.DONE
    assert ([run.state for run in all_of(PriceRun)], moves(1), moves(2)) == (
        [RunState.STOPPED, RunState.APPLIED],
        0,
        19,
    )
    assert prices()[1] == D(20)


def test_a_job_that_is_stopped_keeps_nothing(large, people, monkeypatch):
    perform(people["petra"], price_runs.apply, ALL, digest(large))

    class Stopped(attempt.Attempt):
        def __call__(self, done, total, message=""):
            if done > 10:
                raise jobs.Canceled

    monkeypatch.setattr(attempt, "Attempt", Stopped)
    done = work_off()
    assert (done.state, done.message) == (JobState.CANCELED, "Stopped. Nothing was saved.")
    assert ([run.state for run in all_of(PriceRun)], moves(1), prices()[1]) == ([RunState.STOPPED], 0, D(10))


def test_a_job_that_another_worker_has_taken_up_meanwhile_keeps_nothing(large, people, monkeypatch):
    perform(people["petra"], price_runs.apply, ALL, digest(large))

    def take_up():
        with transaction(SYSTEM, "tests.taken") as session:
            session.scalars(select(Job)).one().tries += 1

    while_preparing(monkeypatch, take_up)
    work_off()
    assert ([run.state for run in all_of(PriceRun)], moves(1), prices()[1]) == ([RunState.STOPPED], 0, D(10))


def test_an_applied_run_is_never_dropped(shop, acting):
    perform(acting("petra"), price_runs.apply, ALL, digest(shop))
    price_staging.sweep()
    price_staging.drop(1)
    assert (all_of(PriceRun)[0].state, moves(1)) == (RunState.APPLIED, 4)


# Taking back


@pytest.fixture
def applied(shop, acting):
    perform(acting("petra"), price_runs.apply, ALL, digest(shop))
    return all_of(ChangeSet)[-1].id


def test_a_run_is_taken_back_as_a_whole(applied, acting):
    words = perform(acting("petra"), price_runs.undo, 1, reason="A slip")
    assert words == "Run #1 taken back by run #2: 4 prices are what they were."
    assert prices() == BEFORE | {4: None}
    run, made = all_of(PriceRun)[-1], all_of(ChangeSet)[-1]
    assert (run.kind, run.undoes_id, run.set_id, made.undoes_id, made.reason) == (
        RunKind.UNDO,
        1,
        made.id,
        applied,
        "A slip",
    )
    assert "undone already, by run #2" in refused(price_runs.undo, acting("alice"), 1)


def test_an_undo_can_be_undone(applied, acting):
    perform(acting("petra"), price_runs.undo, 1)
    assert perform(acting("petra"), price_runs.undo, 2) == "Run #2 taken back by run #3: 4 prices are what they were."
    assert prices() == AFTER


def test_picked_listings_are_taken_back_and_the_rest_later(applied, acting):
    assert perform(acting("petra"), price_runs.undo, 1, (1, 2, 999)) == (
        "Run #1 taken back by run #2: 2 prices are what they were."
    )
    assert prices() == AFTER | {1: D(10), 2: D(20)}
    assert refused(price_runs.undo, acting("petra"), 1, (1,)) == (
        "No price was changed. These are not of this run, or are back already."
    )
    assert perform(acting("petra"), price_runs.undo, 1).endswith("2 prices are what they were.")
    assert prices() == BEFORE | {4: None}


def test_what_was_changed_or_locked_since_stays_and_is_named(applied, acting):
    set_price(acting("bob"), 1, 20, 33)
    lock(acting("bob"), 2)
    words = perform(acting("petra"), price_runs.undo, 1)
    assert words == (
        "Run #1 taken back by run #2: 2 prices are what they were. 2 left alone: P1 (changed since), P2 (locked)."
    )
    assert prices() == AFTER | {1: D(33), 4: None, 5: D(50)}
    assert (all_of(PriceRun)[-1].counts["changed"], all_of(PriceRun)[-1].counts["locked"]) == (1, 1)


def test_when_nothing_can_go_back_it_is_refused_with_the_reason(applied, acting):
    for number, price in AFTER.items():
        if number != 3:
            set_price(acting("bob"), number, price, 77)
    text = refused(price_runs.undo, acting("petra"), 1)
    assert text.startswith("No price was changed. 4 left alone: P1 (changed since), ")
    assert len(all_of(PriceRun)) == 1


def test_there_is_no_undo_of_what_was_not_applied(shop, acting):
    assert "There is no run #7" in refused(price_runs.undo, acting("petra"), 7)


def test_many_are_taken_back_by_a_job(large, people, acting):
    perform(people["petra"], price_runs.apply, ALL, digest(large))
    work_off()
    set_price(acting("bob"), 15, 300, 1)
    for _ in range(2):
        assert "is being taken back" in perform(people["petra"], price_runs.undo, 1)
    assert refused(price_runs.undo, people["alice"], 1).startswith("petra is taking prices back right now.")
    done = work_off()
    assert done.message == (
        "Run #1 taken back by run #2: 18 prices are what they were. 1 left alone: P15 (changed since)."
    )
    assert {n: p for n, p in prices().items() if p != 10 * n} == {4: None, 15: D(1)}
    assert len(all_of(Job)) == 2


# In the history


def test_history_shows_a_run_cell_by_cell_and_takes_it_back(applied, acting):
    with reading() as session:
        shown = history.table(session, history.Filter(), Page()).loc[applied]
        assert (shown["command"], shown["cells"], shown["undone"]) == ("Apply prices", 4, None)
        assert change_words.count(session, applied) == 4
        found = change_words.cells(session, applied, Page(1, 3))
        assert [tuple(row) for row in found.itertuples(index=False)] == [
            ("Listing price", "P1", "Price", "10.00", "20.00"),
            ("Listing price", "P2", "Price", "20.00", "40.00"),
            ("Listing price", "P4", "Price", "", "80.00"),
        ]
        assert [row.row for row in change_words.cells(session, applied, Page(2, 3)).itertuples()] == ["P5"]
        assert list(
            history.table(session, history.Filter(tables=("listing_price",), people=("petra",)), Page()).index
        ) == [applied]
        assert list(history.table(session, history.Filter(tables=("product",), people=("petra",)), Page()).index) == []
    assert "Pricing manager or Admin" in refused(history.undo, acting("lily"), applied)
    assert prices() == AFTER
    assert (
        perform(acting("petra"), history.undo, applied) == "Run #1 taken back by run #2: 4 prices are what they were."
    )
    assert prices() == BEFORE | {4: None}
    with reading() as session:
        assert history.entry(session, applied).undone_by == all_of(ChangeSet)[-1].id
    assert "undone already" in refused(history.undo, acting("petra"), applied)
    perform(acting("petra"), history.undo, all_of(ChangeSet)[-1].id)
    assert prices() == AFTER


def test_a_price_by_hand_is_called_as_its_listing(applied, acting):
    set_price(acting("lily"), 1, 20, 25)
    number = all_of(ChangeSet)[-1].id
    with reading() as session:
        found = change_words.cells(session, number, Page())
        assert ("Listing price", "P1", "Price", "20.00", "25.00") in [
            tuple(row) for row in found.itertuples(index=False)
        ]
    set_price(acting("lily"), 1, 25, 26)
    assert "Listing price P1: price has been changed since" in refused(history.undo, acting("lily"), number)


def test_the_price_of_a_listing_over_time(shop, acting):
    with transaction(SYSTEM, "tests.rule") as session:
        session.add(Category(id=1, name="Men", path="Men"))
        session.flush()
        session.add(PriceRuleVersion(id=1, category_id=1, source=Source.ALIBABA, number=3, tiers=[], actor="bob"))
    set_cost(acting("lily"), 1, 10, 15)
    perform(acting("petra"), price_runs.apply, ALL, digest(shop))
    set_price(acting("bob"), 1, 30, 33)
    perform(acting("bob"), history.undo, all_of(ChangeSet)[-1].id)
    perform(acting("alice"), price_runs.undo, 1, (1,))
    with reading() as session:
        found = price_runs.history_of(session, 1)
        told = [(e.before, e.after, e.actor, e.what, e.rule_version, e.run_id) for e in found]
        assert len(price_runs.history_of(session, 1, most=2)) == 2
        assert price_runs.history_of(session, 999) == []
    assert told == [
        (D(30), D(10), "alice", "undo of run #1", "", 2),
        (D(33), D(30), "bob", f"undo of change #{told_set(3)}", "", None),
        (D(30), D(33), "bob", "by hand", "", None),
        (D(10), D(30), "petra", "run #1", "1688 / Men v3", 1),
        (None, D(10), "caravan", "with the listing", "", None),
    ]
    assert [e.at for e in found] == sorted((e.at for e in found), reverse=True)


def told_set(back):
    return all_of(ChangeSet)[-back].id


def test_the_table_of_runs(applied, acting):
    perform(acting("alice"), price_runs.undo, 1, (1,))
    with reading() as session:
        found = price_runs.table(session, Filter(), Page())
        assert price_runs.count(session, Filter(kinds=(RunKind.UNDO,))) == 1
        assert list(price_runs.table(session, Filter(people=("petra",), states=(RunState.APPLIED,)), Page()).index) == [
            1
        ]
    assert list(found.index) == [2, 1]
    one = found.loc[1]
    assert (one["state"], one["kind"], one["actor"], one["moves"], one["up"], one["down"], one["first"], one["locked"]) == (
        RunState.APPLIED, RunKind.APPLY, "petra", 4, 3, 0, 1, 1,
    )  # fmt: skip
    assert (one["undone"], found.loc[2]["undoes"], found.loc[2]["undone"]) == (2, 1, None)


@pytest.mark.parametrize("name", ["charlie", "lily", "oscar"])
def test_who_may_not_set_prices_may_neither_apply_nor_undo(applied, shop, acting, name):
    previewed = digest(shop)
    assert "Pricing manager or Admin may" in refused(price_runs.apply, acting(name), ALL, previewed)
    assert "Pricing manager or Admin may" in refused(price_runs.undo, acting(name), 1)
    assert prices() == AFTER


# With the real rules


@pytest.fixture
def kitchen(database):
    """A mug in two stores, at 30 USD and without a price, and a lamp that is locked at 9 USD."""
    company()
    put(
        Listing(id=11, product_id=MUG, store_id=1, seller_sku="MUG", price=D(30)),
        Listing(id=12, product_id=MUG, store_id=2, seller_sku="MUG"),
        Listing(id=13, product_id=LAMP, store_id=1, seller_sku="LAMP", price=D(9)),
    )
    lock(SYSTEM, 13)


def looked(scope=ALL):
    with reading() as session:
        columns, book = price_columns.current(session), Book.whole(session)
        return price_preview.look(columns, book, price_preview.rows_in(session, columns, scope))


def test_what_the_preview_shows_is_what_is_written_to_the_last_digit(kitchen, acting):
    seen = looked()
    assert (seen.up, seen.first, seen.locked) == (1, 1, 1)
    words = perform(acting("petra"), price_runs.apply, ALL, seen.digest, previewed=2, previewed_at=now())
    assert words.startswith("Run #1: 2 prices applied, 1 up, 1 for the first time. 1 locked stayed.")
    assert prices() == {11: D("35.10"), 12: D(4964), 13: D(9)}
    assert (looked().up, looked().same, looked().first) == (0, 2, 0)
    with reading() as session:
        newest = price_runs.history_of(session, 12)[0]
        assert (newest.before, newest.after, newest.rule_version) == (None, D(4964), "1688 / Kitchen v1")
        book = session.get_one(PriceRun, 1).book
    assert book["stores"][0] | {"floor": None} == {
        "store": 1, "name": "US-01", "currency": "USD", "percent": "120", "fine": "2", "ending": None, "floor": None,
    }  # fmt: skip
    assert book["rates"]["CNY/JPY"] == "21"
    perform(acting("petra"), price_runs.undo, 1)
    assert prices() == {11: D(30), 12: None, 13: D(9)}
    assert looked().digest == seen.digest


def test_a_rule_that_was_saved_after_the_preview_stops_the_run(kitchen, acting):
    seen, at = looked(), now()
    with transaction(acting("bob"), "price_rules.save") as session:
        session.scalars(select(PriceTier)).one().percent = D(151)
    text = refused(price_runs.apply, acting("petra"), ALL, seen.digest, previewed_at=at)
    assert text.startswith("Since the preview bob saved price rules at ")
    assert prices() == {11: D(30), 13: D(9)}
    perform(acting("petra"), price_runs.apply, ALL, looked().digest)
    with reading() as session:
        assert price_runs.history_of(session, 11)[0].rule_version == "1688 / Kitchen v2"


def test_the_real_breaker_names_the_listing_and_the_floor(kitchen, acting):
    with transaction(SYSTEM, "tests.low") as session:
        session.get_one(ListingPrice, 11).price = D(20)
        session.get_one(Store, 1).floor = D(40)
    perform(acting("alice"), price_breaker.save_limits, D(40), D(30))
    text = refused(price_runs.apply, acting("petra"), ALL, looked().digest)
    assert text.startswith(
        "50 % of all prices would move (1 of 2); the breaker allows 40 %.; "
        "MUG in US-01 would move by 75.5 %, from 20.00 USD to 35.10 USD; the breaker allows 30 %.; "
        "1 price would be below the floor of its store.; "
    )
    assert prices() == {11: D(20), 13: D(9)}
    perform(acting("alice"), price_runs.apply, ALL, looked().digest, "Agreed", overrule=True)
    assert prices() == {11: D("35.10"), 12: D(4964), 13: D(9)}


def test_a_price_that_a_colleague_was_faster_with_is_a_conflict_and_no_error(shop, acting):
    set_price(acting("lily"), 1, 10, 11)
    with pytest.raises(Refused, match="Somebody else has changed this to “11.0000” meanwhile"):
        set_price(acting("bob"), 1, 10, 12)
    assert prices()[1] == D(11)
