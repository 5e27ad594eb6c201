"""The history in words, who may undo what, and that an undo leaves alone what somebody has changed since."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from db import history as book
from db.frames import Page
from db.models import Category, ChangeSet, Order, Product, Purchase, PurchaseLine
from db.session import reading, transaction
from db.vocabulary import PurchaseStatus, SalesStatus, Source, WorkStatus
from lib import change_words, history
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.history import Filter
from lib.orders import orders
from lib.problems import Refused
from lib.products import products
from lib.purchases import buying, purchases
from lib.rights import Right
from tests.lib.trade import all_of, company, form, line, one, order, put


@pytest.fixture
def trade(database):
    company()
    order(1, line())


def latest():
    return all_of(ChangeSet)[-1].id


def price(number, old, new):
    return Changes((Edit(number, "source_price", Decimal(old), Decimal(new)),))


def undo(actor, number=None):
    return perform(actor, history.undo, number or latest())


def listed(**wanted):
    with reading() as session:
        found = history.table(session, Filter(**wanted), Page())
        assert history.count(session, Filter(**wanted)) == len(found)
    return found


def cells(number, page=None):
    with reading() as session:
        return [tuple(row) for row in change_words.cells(session, number, page or Page()).itertuples(index=False)]


# In words


def test_a_click_is_listed_with_who_what_and_how_many_cells(trade, acting):
    perform(acting("lily"), products.save, price(1, 128, 130))
    perform(acting("oscar"), orders.save, Changes((Edit(1, "note", None, "a"), Edit(1, "tags", None, "b"))))
    newest = listed().iloc[0]
    assert (newest["actor"], newest["command"], newest["summary"], newest["cells"], newest["undone"]) == (
        "oscar", "Orders: save", "1 order changed.", 2, None,
    )  # fmt: skip


def test_the_list_is_narrowed_by_person_command_table_and_day(trade, acting):
    perform(acting("lily"), products.save, price(1, 128, 130))
    first = latest()
    perform(acting("oscar"), orders.save, Changes((Edit(1, "note", None, "a"),)))
    assert list(listed(people=("lily",)).index) == [first]
    assert list(listed(commands=("orders.save",)).index) == [first + 1]
    assert list(listed(tables=("customer_order",), people=("oscar", "lily")).index) == [first + 1]
    assert list(listed(until=date(2020, 1, 1)).index) == []
    assert len(listed(since=date(2020, 1, 1))) == first + 1


def test_the_choices_are_what_has_been_used(trade, acting):
    perform(acting("lily"), products.save, price(1, 128, 130))
    with reading() as session:
        assert history.people(session) == ("caravan", "lily")
        assert history.commands(session) == {"products.save": "Products: save", "tests.put": "Tests: put"}
        assert history.tables(session)["customer_order"] == "Order"
        assert "job" not in history.tables(session)


def test_cells_are_told_in_words(trade, acting):
    put(Category(id=7, name="Bedding", path="Home / Bedding"))
    changes = Changes((
        Edit(1, "source_price", Decimal(128), Decimal("130.5")), Edit(1, "sales_status", SalesStatus.DEVELOPING, SalesStatus.NORMAL),
        Edit(1, "category", None, "Home / Bedding"), Edit(1, "brand", None, "Wool & Co"),
    ))  # fmt: skip
    perform(acting("lily"), products.save, changes)
    assert sorted(cells(latest())) == [
        ("Product", "MH01", "Brand", "", "Wool & Co"),
        ("Product", "MH01", "Category", "", "Home / Bedding"),
        ("Product", "MH01", "Sales status", "Developing", "Normal sale"),
        ("Product", "MH01", "Source price", "128.00", "130.50"),
    ]
    with reading() as session:
        assert change_words.count(session, latest()) == 4


def test_an_added_row_is_told_with_all_its_cells_and_without_the_forms_key(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 2), number="1688-77", transshipped=True, warehouse_id=1))
    told = {(table, field): after for table, _, field, _, after in cells(latest())}
    assert told["Purchase", "the whole row"] == "added"
    assert told["Purchase", "Unit cost"] == "64.00"
    assert told["Purchase", "Warehouse"] == "Shenzhen"
    assert told["Purchase", "Transshipped"] == "yes"
    assert told["Purchase", "Site"] == "1688"
    assert told["Purchase line", "Order line"] == "MH01"
    assert told["Purchase line", "Purchase"] == "1688-77"
    assert told["Order", "Work status"] == "Purchased"
    assert ("Purchase", "Request") not in told


def test_nothing_about_a_buyer_is_in_the_history(trade):
    with transaction(book_keeper(), "tests.buyer") as session:
        found = session.get_one(Order, 1)
        found.buyer_sealed, found.buyer_masked, found.note = b"secret", "王** · Berlin, DE", "x"
    assert [cell[2] for cell in cells(latest())] == ["Note"]


def book_keeper():
    from db.session import SYSTEM

    return SYSTEM


@pytest.mark.parametrize(
    ("model", "name", "stored", "words"),
    [
        (Product, "source_price", Decimal("128"), "128.00"),
        (Product, "source_price", Decimal("2.675"), "2.675"),
        (Product, "source_price", None, ""),
        (Product, "source", Source.OTHER, "Other"),
        (Product, "picture_changed_at", datetime(2026, 3, 2, 9, 30, tzinfo=UTC), "2026-03-02 09:30 UTC"),
        (Purchase, "fx", Decimal("0.125"), "0.125"),
        (Purchase, "fx", Decimal("7"), "7"),
        (Purchase, "transshipped", False, "no"),
        (Purchase, "quantity", 100, "100"),
    ],
)
def test_values_as_people_write_them(model, name, stored, words):
    assert change_words.value(model.__table__.columns[name], stored) == words


# Undo


def test_what_nobody_has_changed_since_is_restored_and_the_rest_is_named(trade, acting):
    perform(acting("lily"), products.save, Changes((*price(1, 128, 130).edits, *price(2, 20, 21).edits)))
    number = latest()
    perform(acting("bob"), products.save, price(2, 21, 99))
    said = undo(acting("lily"), number)
    assert (one(Product, 1).source_price, one(Product, 2).source_price) == (Decimal(128), Decimal(99))
    assert said == f"#{number} undone: 1 restored. 1 left alone: Product LAMP: source price has been changed since."
    assert listed().loc[number]["undone"] == f"undone by #{latest()}"
    with reading() as session:
        assert (history.entry(session, number).undone_by, history.entry(session, latest()).undoes) == (latest(), number)
        assert history.entry(session, 999) is None


def test_an_undo_can_be_undone_and_nothing_twice(trade, acting):
    perform(acting("lily"), products.save, price(1, 128, 130))
    number = latest()
    undo(acting("lily"), number)
    with pytest.raises(Refused, match=f"#{number} has been undone already"):
        undo(acting("lily"), number)
    assert one(Product, 1).source_price == 128
    undo(acting("lily"))
    assert one(Product, 1).source_price == 130


def test_when_nothing_can_go_back_it_is_refused_with_the_reason(trade, acting):
    perform(acting("lily"), products.save, price(1, 128, 130))
    number = latest()
    perform(acting("bob"), products.save, price(1, 130, 140))
    with pytest.raises(Refused, match="1 left alone: Product MH01: source price has been changed since"):
        undo(acting("lily"), number)
    assert one(Product, 1).source_price == 140
    with pytest.raises(Refused, match="There is no change #999"):
        undo(acting("alice"), 999)


def test_of_many_that_stay_the_first_are_named_and_the_rest_counted():
    said = history._named([f"product P{n}: source_price has been changed since" for n in range(1_234)])
    assert said.startswith("1,234 left alone: Product P0: source price has been changed since; Product P1:")
    assert said.endswith("Product P19: source price has been changed since; and 1,214 more.")


def test_who_may_do_it_may_undo_it(trade, acting):
    perform(acting("lily"), products.save, price(1, 128, 130))
    number = latest()
    for name in ("charlie", "oscar", "petra"):
        with pytest.raises(Refused, match="Lister or Admin"):
            undo(acting(name), number)
    assert one(Product, 1).source_price == 130
    undo(acting("lily"), number)
    with pytest.raises(Refused, match="Lister or Admin"):
        undo(acting("oscar"))


def test_the_right_is_known_in_a_fresh_process_and_unknown_commands_are_for_admins(trade, acting, monkeypatch):
    with transaction(acting("alice"), "nightly.something") as session:
        session.get_one(Product, 1).brand = "x"
    with reading() as session:
        assert history.right_of(session, session.get_one(ChangeSet, latest())) == Right.COMPANY
        assert history.right_of(session, ChangeSet(command="purchases.arrived", actor="x")) == Right.PURCHASES
        assert history.right_of(session, ChangeSet(command="../etc.x", actor="x")) == Right.COMPANY
    with pytest.raises(Refused, match="Admin"):
        undo(acting("lily"))


def test_an_undone_purchase_is_to_be_made_again_and_comes_back_with_the_redo(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 2), number="1688-77"))
    assert one(Order, 1).work_status == WorkStatus.PURCHASED
    said = undo(acting("oscar"))
    assert said.endswith("3 restored.")
    assert (all_of(Purchase), all_of(PurchaseLine)) == ([], [])
    assert one(Order, 1).work_status == WorkStatus.TO_PURCHASE
    undo(acting("oscar"))
    [again] = all_of(Purchase)
    assert (again.number, again.unit_cost, again.quantity) == ("1688-77", Decimal(64), 2)
    assert one(Order, 1).work_status == WorkStatus.PURCHASED
    assert perform(acting("oscar"), buying.create, "r1", form((10, 2))) == "This purchase has been made already, once."


def test_undoing_one_step_lets_the_order_follow_what_is_left(trade, acting):
    perform(acting("oscar"), buying.create, "r1", form((10, 2)))
    perform(acting("oscar"), purchases.save, Changes((Edit(1, "tracking", None, "SF1"),)))
    tracked = latest()
    perform(acting("oscar"), purchases.arrived, (1,))
    assert undo(acting("oscar"), tracked) == f"#{tracked} undone: 2 restored."
    assert one(Purchase, 1).tracking is None
    assert one(Order, 1).work_status == WorkStatus.READY_TO_SHIP
    undo(acting("oscar"), tracked + 1)
    assert one(Purchase, 1).status == PurchaseStatus.ORDERED
    assert one(Order, 1).work_status == WorkStatus.PURCHASED


def test_a_status_set_by_hand_stays_with_the_undo_of_its_release(trade, acting):
    perform(acting("oscar"), orders.save, Changes((Edit(1, "work_status", WorkStatus.TO_PURCHASE, WorkStatus.CLOSED),)))
    perform(acting("oscar"), orders.follow, 1)
    assert one(Order, 1).work_status == WorkStatus.TO_PURCHASE
    undo(acting("oscar"))
    assert one(Order, 1).work_status == WorkStatus.CLOSED


def test_a_click_that_changed_no_cell_has_nothing_to_undo(trade, acting):
    with transaction(acting("alice"), "buyers.reveal") as session:
        book.note(session)
    with pytest.raises(Refused, match="changed no cell"):
        undo(acting("alice"))


def test_commands_are_told_in_words():
    assert change_words.command("orders.follow") == "Orders: work follows the facts"
    assert change_words.command("sign_in.leave_everywhere") == "Sign in: leave everywhere"


def test_an_undo_never_leaves_the_company_without_an_admin(given, acting):
    from db.models import Person
    from db.vocabulary import PersonState, Role

    given(Person(username="alice", password_hash="x", role=Role.VIEWER, state=PersonState.ACTIVE))
    [bob] = given(Person(username="bob", password_hash="x", role=Role.ADMIN, state=PersonState.ACTIVE))
    with transaction(acting("alice"), "accounts.save") as session:
        session.get(Person, bob.id).role = Role.ADMIN
        session.scalars(select(Person).where(Person.username == "alice")).one().role = Role.ADMIN
    with reading() as session:
        promoted = session.scalar(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(1))
    with transaction(acting("alice"), "accounts.save") as session:
        session.get(Person, bob.id).role = Role.VIEWER
    with pytest.raises(Refused, match=r"[Aa]dmin"):
        perform(acting("alice"), history.undo, promoted)
    with reading() as session:
        assert session.scalar(select(Person.role).where(Person.username == "alice")) == Role.ADMIN
