"""Orders that lose money are marked anew by night, when rates, prices or fees have changed and nobody has touched the order."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from db.models import ChangeSet, ExchangeRate, Job, Order, Store, now
from db.session import SYSTEM, reading, transaction
from db.vocabulary import OrderStatus, WorkStatus
from lib import history, nightly_runs, stores
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.orders import order_weighing
from lib.prices import price_rules
from lib.purchases import buying
from tests.lib.jobs_done import work_off
from tests.lib.trade import all_of, company, form, line, one, order, put


@pytest.fixture
def trade(database, acting):
    """Order 1 is bought and earns a little: 40 EUR less 6 of fee and 17 of cost. Order 2 is not bought."""
    company()
    order(1, line())
    order(2, line())
    perform(acting("oscar"), buying.create, "r1", form((10, 2)))


def change(model, number, **values):
    with transaction(SYSTEM, "tests.change") as session:
        for name, value in values.items():
            setattr(session.get_one(model, number), name, value)


def night(**how):
    [told] = nightly_runs.run(steps=["margins"], **how)
    return str(told)


def test_a_fee_that_went_up_marks_the_order_and_one_that_went_down_unmarks_it(trade):
    assert night() == "ok     margins: 0 orders marked that lose money now, or do so no more"
    change(Store, 1, fee_percent=Decimal(60))
    assert night(is_dry=True) == "ok     margins: 1 order would be marked that loses money now, or does so no more"
    assert not one(Order, 1).is_losing
    assert night() == "ok     margins: 1 order marked that loses money now, or does so no more"
    assert (one(Order, 1).is_losing, one(Order, 2).is_losing) == (True, False)
    assert night() == "ok     margins: 0 orders marked that lose money now, or do so no more"
    change(Store, 1, fee_percent=Decimal(5))
    night()
    assert not one(Order, 1).is_losing


def test_a_rate_that_fell_marks_what_is_still_to_be_bought(trade, acting):
    order(3, line(quantity=2, price=Decimal(40)))
    perform(acting("oscar"), buying.create, "r3", form((30, 1)))  # 9 EUR, and 16 for the piece that is missing
    put(ExchangeRate(base="CNY", quote="EUR", day=date(2026, 3, 9), rate=Decimal("0.25")))
    night()
    assert [one(Order, number).is_losing for number in (1, 3)] == [False, True]


def weighings():
    return [each for each in all_of(Job) if each.kind == "weigh"]


def test_a_fee_that_is_saved_weighs_the_orders_at_once_in_the_background(trade):
    perform(SYSTEM, stores.save_terms, Changes(edits=(Edit(1, "fee_percent", Decimal(15), Decimal(60)),)))
    assert (len(weighings()), one(Order, 1).is_losing) == (1, False)
    work_off()
    assert one(Order, 1).is_losing
    assert weighings()[0].message == "1 order marked that loses money now, or does so no more"


def test_what_a_store_adds_to_its_prices_weighs_nothing(trade, acting):
    perform(acting("petra"), stores.save_terms, Changes(edits=(Edit(1, "percent", Decimal(100), Decimal(120)),)))
    assert weighings() == []


def test_each_rate_that_is_saved_weighs_the_orders_once_more(trade, acting):
    """A job that is at it already has looked at some orders by the rate before."""
    added = {"base": "CNY", "quote": "EUR", "day": date(2026, 3, 9), "rate": Decimal("0.25")}
    for day in (9, 10):
        perform(acting("petra"), price_rules.save_rates, Changes(added=(added | {"day": date(2026, 3, day)},)))
    assert len(weighings()) == 2


def test_a_fee_or_a_rate_that_is_taken_back_weighs_the_orders_once_more(trade, acting):
    perform(SYSTEM, stores.save_terms, Changes(edits=(Edit(1, "fee_percent", Decimal(15), Decimal(60)),)))
    fee = all_of(ChangeSet)[-1].id
    work_off()
    assert one(Order, 1).is_losing
    perform(SYSTEM, history.undo, fee)
    work_off()
    assert (len(weighings()), one(Order, 1).is_losing) == (2, False)
    added = {"base": "CNY", "quote": "EUR", "day": date(2026, 3, 9), "rate": Decimal("0.25")}
    perform(acting("petra"), price_rules.save_rates, Changes(added=(added,)))
    perform(acting("alice"), history.undo, all_of(ChangeSet)[-1].id)
    assert len(weighings()) == 4


def test_what_a_store_adds_that_is_taken_back_weighs_nothing(trade, acting):
    perform(acting("petra"), stores.save_terms, Changes(edits=(Edit(1, "percent", Decimal(100), Decimal(120)),)))
    perform(acting("alice"), history.undo, all_of(ChangeSet)[-1].id)
    assert (one(Store, 1).percent, weighings()) == (100, [])


def test_an_order_that_was_never_weighed_is_mended_and_its_work_follows(trade):
    change(Store, 1, fee_percent=Decimal(60))
    change(Order, 1, work_status=WorkStatus.TO_PURCHASE)
    sets = len(all_of(ChangeSet))
    night()
    assert (one(Order, 1).is_losing, one(Order, 1).work_status) == (True, WorkStatus.PURCHASED)
    assert [each.command for each in all_of(ChangeSet)[sets:] if each.command == "nightly.weigh_orders"]


def test_it_goes_in_steps_and_leaves_old_finished_orders_alone(trade, acting, monkeypatch):
    monkeypatch.setattr(order_weighing, "MOST", 2)
    for number in range(3, 8):
        order(number, line())
        perform(acting("oscar"), buying.create, f"r{number}", form((number * 10, 2)))
    shipped = {"status": OrderStatus.SHIPPED, "work_status": WorkStatus.SHIPPED}
    change(Order, 6, **shipped, bought_at=now() - timedelta(days=61))
    change(Order, 7, **shipped, bought_at=now() - timedelta(days=59))
    change(Store, 1, fee_percent=Decimal(60))
    with reading() as session:
        assert order_weighing.weighed(session) == (3, [1, 3])
        assert order_weighing.weighed(session, 3) == (5, [4, 5])
        assert order_weighing.weighed(session, 5) == (7, [7])
        assert order_weighing.weighed(session, 7) == (None, [])
    assert night() == "ok     margins: 5 orders marked that lose money now, or do so no more"
    assert [each.id for each in all_of(Order) if each.is_losing] == [1, 3, 4, 5, 7]
