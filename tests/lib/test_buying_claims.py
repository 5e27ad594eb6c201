"""Two people with the same order line: the second is told before filling in, and of two who press at once one buys."""

import contextlib
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from db.models import BuyingClaim, ChangeSet, Purchase, PurchaseLine, now
from db.session import SYSTEM, reading, transaction
from lib.commands import perform
from lib.problems import Refused
from lib.purchases import buying, buying_claims
from tests.lib.trade import all_of, company, form, line, order

ROOT = Path(__file__).resolve().parents[2]
BUY = """
import sys
from db.session import Actor
from db.vocabulary import Role
from lib.commands import perform
from lib.problems import Refused
from lib.purchases import buying
from tests.lib.trade import form
name = sys.argv[1]
print("ready", flush=True)
sys.stdin.readline()
try:
    print(perform(Actor(None, name, Role.OPERATOR), buying.create, name, form((10, 2), (20, 1), seen=((10, 0), (20, 0)))))
except Refused as refusal:
    print("refused:", refusal)
"""


@pytest.fixture
def trade(database):
    company()
    order(1, line())
    order(2, line(quantity=1))


@pytest.fixture
def alice(acting):
    return acting("alice")


@pytest.fixture
def bob(acting):
    return acting("bob")


def told(me, *lines):
    with reading() as session:
        return [(claim.actor, claim.orders) for claim in buying_claims.of_others(session, lines, me.name)]


def due(me, *lines):
    with reading() as session:
        return buying_claims.is_due(session, lines, me.name)


def pass_time(**by):
    with transaction(SYSTEM, "tests.wait") as session:
        shift = timedelta(**by)
        for claim in session.query(BuyingClaim):
            claim.at, claim.until = claim.at - shift, claim.until - shift


def test_the_second_is_told_who_has_the_form_open_and_for_which_orders(trade, alice, bob):
    assert due(bob, 10, 20)
    perform(bob, buying_claims.claim, (10, 20))
    assert (told(bob, 10, 20), due(bob, 10, 20)) == ([], False)
    assert told(alice, 20) == [("bob", ("111-2",))]
    perform(alice, buying_claims.claim, (10, 20))
    assert told(alice, 10, 20) == [("bob", ("111-1", "111-2"))]
    assert told(bob, 10, 20) == []
    assert not due(alice, 10, 20), "who waits for another one writes nothing"


def test_a_claim_is_renewed_since_when_it_began_and_ends_of_itself(trade, alice, bob):
    perform(bob, buying_claims.claim, (10,))
    began = all_of(BuyingClaim)[0].at
    pass_time(minutes=2)
    assert due(bob, 10)
    perform(bob, buying_claims.claim, (10,))
    assert all_of(BuyingClaim)[0].at == began - timedelta(minutes=2)
    assert told(alice, 10)
    pass_time(minutes=4)
    assert told(alice, 10) == []
    assert due(alice, 10)
    perform(alice, buying_claims.claim, (10,))
    assert told(bob, 10) == [("alice", ("111-1",))]
    assert all_of(BuyingClaim)[0].at > now() - timedelta(minutes=1)


def test_closing_the_form_frees_its_lines_and_only_ones_own(trade, alice, bob):
    perform(bob, buying_claims.claim, (10,))
    perform(alice, buying_claims.claim, (20,))
    perform(alice, buying_claims.release, (10, 20))
    assert [(claim.order_line_id, claim.actor) for claim in all_of(BuyingClaim)] == [(10, "bob")]


def test_the_purchase_frees_its_lines(trade, bob):
    perform(bob, buying_claims.claim, (10, 20))
    perform(bob, buying.create, "r1", form((10, 2)))
    assert [claim.order_line_id for claim in all_of(BuyingClaim)] == [20]


def test_a_claim_is_no_change_in_the_history_and_lines_that_are_gone_have_none(trade, bob):
    sets = len(all_of(ChangeSet))
    perform(bob, buying_claims.claim, (10, 990))
    assert (len(all_of(ChangeSet)), [c.order_line_id for c in all_of(BuyingClaim)]) == (sets, [10])


def test_charlie_claims_nothing(trade, acting):
    with pytest.raises(Refused, match="Operator or Admin"):
        perform(acting("charlie"), buying_claims.claim, (10,))
    assert all_of(BuyingClaim) == []


def together(*acts):
    gate, said = threading.Barrier(len(acts)), []

    def do(act):
        gate.wait(10)
        try:
            said.append(act())
        except Refused as refusal:
            said.append(f"refused: {refusal}")

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    return said


def test_two_who_open_at_once_have_one_claim(trade, alice, bob):
    said = together(*(lambda who=who: perform(who, buying_claims.claim, (10, 20)) for who in (alice, bob)))
    assert said == ["The form is open."] * 2
    assert len({claim.actor for claim in all_of(BuyingClaim)}) == 1
    assert len(all_of(BuyingClaim)) == 2


def test_nobody_looks_at_the_claims_while_another_one_writes_them(trade, alice, bob, monkeypatch):
    """Both come to the claims at the same moment unless the lines are locked first: then the second waits for the first."""
    met, there = [], threading.Barrier(2)
    claims_of = buying_claims._of

    def meet(line_ids):
        with contextlib.suppress(threading.BrokenBarrierError):
            there.wait(1)
            met.append(True)
        return claims_of(line_ids)

    monkeypatch.setattr(buying_claims, "_of", meet)
    said = together(*(lambda who=who: perform(who, buying_claims.claim, (10, 20)) for who in (alice, bob)))
    assert (said, met) == (["The form is open."] * 2, [])
    assert len({claim.actor for claim in all_of(BuyingClaim)}) == 1


def test_of_four_people_who_press_at_once_one_buys_and_the_others_are_told(trade, acting):
    people = {
        "alice": acting("alice"),
        "bob": acting("bob"),
        "oscar": acting("oscar"),
        "oscar's other window": acting("oscar"),
    }
    said = together(*(
        lambda who=who, key=key: perform(who, buying.create, key, form((20, 1), (10, 2), seen=((10, 0), (20, 0))))
        for key, who in people.items()
    ))  # fmt: skip
    [made] = [one for one in said if one.startswith("Purchase 1 made for order 111-1, 111-2: 3 pieces")]
    refused = [one for one in said if one != made]
    buyer = all_of(Purchase)[0].operator
    assert len(refused) == 3
    assert all(f"MH01 of order 111-1: {buyer} bought 2 at " in one and "No purchase was made" in one for one in refused)
    assert (len(all_of(Purchase)), len(all_of(PurchaseLine))) == (1, 2)


def test_of_two_programs_that_buy_at_once_one_does(trade, database):
    own = os.environ | {"PYTHONPATH": str(ROOT)}
    programs = [
        subprocess.Popen([sys.executable, "-c", BUY, name], cwd=ROOT, env=own, text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in ("alice", "bob")
    ]  # fmt: skip
    assert [program.stdout.readline() for program in programs] == ["ready\n"] * 2
    for program in programs:
        program.stdin.write("\n")
        program.stdin.flush()
    said = sorted(program.communicate(timeout=60)[0] for program in programs)
    assert said[0].startswith("Purchase 1 made for order 111-1, 111-2: 3 pieces, 200.00 CNY.")
    assert said[1].startswith("refused: MH01 of order 111-1: ")
    assert (len(all_of(Purchase)), len(all_of(PurchaseLine))) == (1, 2)
