"""Two people at the same moment: one of them is first, the other is told, and nothing is written twice."""

import threading
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.models import ChangeSet, Code, CosellOffer, Job, Product, Purchase, PurchaseLine
from db.session import reading, transaction
from db.vocabulary import CodeState, CodeType, Licence
from lib import cosell, history, jobs
from lib.changes import Changes, Edit
from lib.codes import codes
from lib.commands import perform
from lib.problems import Refused
from lib.products import products
from lib.purchases import buying
from tests.lib import trade


def together(*acts):
    """What each of these, done at the same moment, said: its sentence, or what it was refused for."""
    gate, said = threading.Barrier(len(acts)), [None] * len(acts)

    def do(place, act):
        gate.wait(10)
        try:
            said[place] = act()
        except Refused as refusal:
            said[place] = refusal
        except Exception as error:
            said[place] = error

    threads = [threading.Thread(target=do, args=pair) for pair in enumerate(acts)]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    assert all(isinstance(one, str | int | Refused) for one in said), said
    return said


def refusals(said):
    return [one for one in said if isinstance(one, Refused)]


@pytest.fixture
def alice(database, acting):
    return acting("alice")


@pytest.fixture
def bob(acting):
    return acting("bob")


def sets():
    with reading() as session:
        return session.scalar(select(func.count()).select_from(ChangeSet))


def test_the_same_cell(alice, bob, given):
    [lamp] = given(Product(sku="A", title_en="Lamp"))
    before = sets()
    said = together(
        lambda: perform(alice, products.save, Changes((Edit(lamp.id, "title_en", "Lamp", "Alice's"),))),
        lambda: perform(bob, products.save, Changes((Edit(lamp.id, "title_en", "Lamp", "Bob's"),))),
    )
    [refused] = refusals(said)
    kept, lost = ("Alice's", "Bob's") if said[1] is refused else ("Bob's", "Alice's")
    assert trade.one(Product, lamp.id).title_en == kept
    [problem] = refused.problems
    assert (problem.conflict, problem.theirs, problem.value) == (True, kept, lost)
    assert sets() == before + 1


def test_a_row_that_is_deleted_under_an_edit(alice, bob, given):
    trade.company()
    [offer] = given(CosellOffer(store_id=1, asin="B08HJKL2M9", sku="A", quantity=1))
    perform(bob, cosell.save, Changes(deleted=(offer.id,)))
    before = sets()
    edits = Changes((Edit(offer.id, "quantity", 1, 2),))
    with pytest.raises(Refused, match="This row has been deleted meanwhile") as refusal:
        perform(alice, cosell.save, edits)
    assert (refusal.value.problems[0].row, refusal.value.problems[0].field) == (offer.id, "quantity")
    assert trade.all_of(CosellOffer) == []
    assert sets() == before


def test_the_same_sku(alice, bob):
    said = together(
        *(lambda who=who: perform(who, products.save, Changes(added=({"sku": "A"},))) for who in (alice, bob))
    )
    [refused] = refusals(said)
    assert str(refused) == "This SKU is already used by another product. Choose another one. Nothing was saved."
    assert [product.sku for product in trade.all_of(Product)] == ["A"]


def test_the_same_code(alice, bob, given):
    """One code is left, and two products want it."""
    lamp, desk = given(Product(sku="A", title_en="Lamp"), Product(sku="B", title_en="Desk"))
    given(
        Code(
            gtin14="04006381333931",
            code="4006381333931",
            type=CodeType.EAN13,
            licence=Licence.GENERATED,
            state=CodeState.RESERVED,
        )
    )
    said = together(
        lambda: perform(alice, codes.assign, [lamp.id]),
        lambda: perform(bob, codes.assign, [desk.id]),
    )
    [refused] = refusals(said)
    assert str(refused).startswith("1 product needs a code, and 0 are reserved. Nothing was assigned.")
    assert sorted(str(product.ean) for product in trade.all_of(Product)) == ["4006381333931", "None"]
    [code] = trade.all_of(Code)
    assert trade.one(Product, code.product_id).ean == code.code


def test_the_same_product_is_given_one_code(alice, bob, given):
    [lamp] = given(Product(sku="A", title_en="Lamp"))
    given(*(
        Code(gtin14=f"0{code}", code=code, type=CodeType.EAN13, licence=Licence.GENERATED, state=CodeState.RESERVED)
        for code in ("4006381333931", "4006381333948")
    ))  # fmt: skip
    said = together(*(lambda who=who: perform(who, codes.assign, [lamp.id]) for who in (alice, bob)))
    assert str(refusals(said)[0]) == "None of these products is without a code. Nothing was assigned."
    assert [code.product_id for code in trade.all_of(Code)].count(lamp.id) == 1


def test_the_same_form_pressed_twice_buys_once(alice):
    trade.company()
    trade.order(1, trade.line())
    said = together(*[lambda: perform(alice, buying.create, "one form", trade.form((10, 2)))] * 2)
    assert sorted(one == "This purchase has been made already, once." for one in said) == [False, True]
    assert [line.quantity for line in trade.all_of(PurchaseLine)] == [2]


def test_the_same_order_line_bought_by_two_is_seen(alice, bob):
    """Two forms are two purchases, which may be meant; the second person is told before pressing."""
    trade.company()
    trade.order(1, trade.line())
    together(
        lambda: perform(alice, buying.create, "alice's form", trade.form((10, 2))),
        lambda: perform(bob, buying.create, "bob's form", trade.form((10, 2))),
    )
    assert [(line.order_line_id, line.quantity) for line in trade.all_of(PurchaseLine)] == [(10, 2), (10, 2)]
    assert {purchase.operator for purchase in trade.all_of(Purchase)} == {"alice", "bob"}
    with reading() as session:
        [line] = buying.proposals(session, 1)
        assert (line.purchased, line.open) == (4, 0)
        assert buying.cautions(session, [line], trade.form((10, 1))) == [
            "1 is more than the 0 that order 111-1 still needs."
        ]


def test_a_job_that_two_start(alice, bob):
    def start(who):
        with transaction(who, "tests.start") as session:
            return jobs.start(session, "import", "import 7")

    said = together(*(lambda who=who: start(who) for who in (alice, bob, alice)))
    assert len(set(said)) == 1
    assert len(trade.all_of(Job)) == 1


def test_undo_by_two(alice, bob, given):
    [lamp] = given(Product(sku="A", title_en="Lamp", source_price=Decimal(1)))
    perform(alice, products.save, Changes((Edit(lamp.id, "title_en", "Lamp", "Desk"),)))
    number = sets()
    said = together(*(lambda who=who: perform(who, history.undo, number) for who in (alice, bob)))
    assert str(refusals(said)[0]) == f"Change #{number} has been undone already. To get it back, undo the undo."
    assert trade.one(Product, lamp.id).title_en == "Lamp"
    assert sets() == number + 1
