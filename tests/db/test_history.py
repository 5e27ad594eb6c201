"""Each change leaves who, when, what was before and after; and each can be taken back as long as nobody has changed it since."""

import contextlib
import json
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from db import bulk, history
from db.models import Category, Change, ChangeSet, Code, Order, Product, Store, Warehouse
from db.models import now as moment
from db.session import SYSTEM, reading, transaction
from db.vocabulary import CodeState, CodeType, Licence, OrderStatus, SalesStatus


def entries(command):
    with reading() as session:
        query = select(Change).join(ChangeSet, ChangeSet.id == Change.set_id).where(ChangeSet.command == command)
        return [(c.table, c.row_id, c.field, c.before, c.after) for c in session.scalars(query.order_by(Change.id))]


def newest():
    with reading() as session:
        return session.scalar(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(1))


def undo(actor, number):
    with transaction(actor, "history.undo") as session:
        return history.undo(session, number)


def lamp():
    with reading() as session:
        return session.scalars(select(Product).where(Product.sku == "LAMP")).one()


def change(actor, command="products.save", **cells):
    with transaction(actor, command) as session:
        product = session.scalars(select(Product).where(Product.sku == "LAMP")).one()
        for name, value in cells.items():
            setattr(product, name, value)
    return newest()


def test_a_change_is_kept_cell_by_cell_as_the_column_stores_it(given, acting):
    given(Product(sku="LAMP", title_zh="灯", source_price=Decimal("12.50")))
    change(acting("bob"), source_price=Decimal("13.37"), title_zh="台灯", remark=None)
    number = lamp().id
    assert entries("products.save") == [
        ("product", number, "title_zh", '"灯"', '"台灯"'),
        ("product", number, "source_price", "125000", "133700"),
    ]
    with reading() as session:
        assert session.get(ChangeSet, newest()).actor == "bob"


def test_a_rolled_back_change_leaves_no_trace(given, acting):
    given(Product(sku="LAMP"))
    before = newest()
    with contextlib.suppress(ZeroDivisionError), transaction(acting("bob"), "products.save") as session:
        session.scalars(select(Product)).one().title_en = "Lamp"
        session.flush()
        _ = 1 / 0
    assert (newest(), lamp().title_en) == (before, None)


def test_undo_restores_what_nobody_has_changed_since_and_names_the_rest(given, acting):
    given(Product(sku="LAMP", title_en="Lamp", source_price=Decimal("10")))
    mine = change(acting("alice"), title_en="Big lamp", source_price=Decimal("11"))
    change(acting("bob"), title_en="Huge lamp")
    outcome = undo(acting("alice"), mine)
    assert (outcome.restored, outcome.left) == (1, ["product LAMP: title_en has been changed since"])
    assert (lamp().title_en, lamp().source_price) == ("Huge lamp", Decimal("10"))


def test_undoing_an_undo_does_it_again(given, acting):
    given(Product(sku="LAMP", title_en="Lamp"))
    first = change(acting("alice"), title_en="Big lamp")
    undo(acting("alice"), first)
    assert lamp().title_en == "Lamp"
    undo(acting("alice"), newest())
    assert lamp().title_en == "Big lamp"


def test_a_change_set_is_undone_once(given, acting):
    given(Product(sku="LAMP", title_en="Lamp"))
    first = change(acting("alice"), title_en="Big lamp")
    undo(acting("alice"), first)
    with pytest.raises(ValueError, match=str(first)):
        undo(acting("bob"), first)
    with pytest.raises(LookupError):
        undo(acting("bob"), 999_999)


def test_undo_of_adding_deletes_only_what_is_unused_and_unchanged(given, acting):
    with transaction(acting("alice"), "products.save") as session:
        tree = Category(name="Kitchen", path="Kitchen")
        session.add_all([tree, Product(sku="POT"), Product(sku="LAMP")])
    added = newest()
    with transaction(acting("bob"), "products.save") as session:
        session.scalars(select(Product).where(Product.sku == "LAMP")).one().category_id = tree.id
    outcome = undo(acting("alice"), added)
    assert sorted(outcome.left) == [
        "category Kitchen is in use by now",
        "product LAMP has been changed since it was added",
    ]
    with reading() as session:
        assert session.scalars(select(Product.sku)).all() == ["LAMP"]
        assert session.scalars(select(Category.path)).all() == ["Kitchen"]


def test_what_was_added_before_a_column_existed_is_taken_back_as_long_as_nobody_has_written_there(given, acting):
    with transaction(acting("alice"), "products.save") as session:
        session.add_all([Warehouse(name="Shenzhen"), Warehouse(name="Yiwu")])
    added = newest()
    with transaction(SYSTEM, "test") as session:
        for change in session.scalars(select(Change).where(Change.set_id == added)):
            then = {k: v for k, v in json.loads(change.after).items() if k not in ("active", "contact")}
            change.after = json.dumps(then, ensure_ascii=False)
    with transaction(acting("bob"), "purchases.save") as session:
        session.scalars(select(Warehouse).where(Warehouse.name == "Yiwu")).one().contact = "王"
    assert undo(acting("alice"), added).left == ["warehouse Yiwu has been changed since it was added"]
    with reading() as session:
        assert session.scalars(select(Warehouse.name)).all() == ["Yiwu"]


def test_a_deleted_row_comes_back_whole(given, acting):
    [lamp_] = given(Product(sku="LAMP", title_zh="灯", source_price=Decimal("1.2345")))
    with transaction(acting("alice"), "products.delete") as session:
        session.delete(session.get(Product, lamp_.id))
    undo(acting("alice"), newest())
    assert (lamp().id, lamp().title_zh, lamp().source_price) == (lamp_.id, "灯", Decimal("1.2345"))


def test_an_exposed_code_is_named_and_left_alone(given, acting):
    [product] = given(Product(sku="LAMP"))
    with transaction(acting("alice"), "codes.reserve") as session:
        session.add(Code(gtin14="09100000000008", code="9100000000008", type=CodeType.EAN13, licence=Licence.GENERATED,
                         state=CodeState.RESERVED))  # fmt: skip
    with transaction(acting("alice"), "codes.assign") as session:
        code = session.scalars(select(Code)).one()
        code.state, code.product_id = CodeState.ASSIGNED, product.id
    assigned = newest()
    with transaction(acting("bob"), "listings.send") as session:
        session.scalars(select(Code)).one().state = CodeState.EXPOSED
    outcome = undo(acting("alice"), assigned)
    assert outcome.left == ["code 9100000000008: state has been changed since"]


def test_buyers_and_passwords_never_reach_the_history(given, acting):
    [store] = given(Store(name="US-01", marketplace="US", currency="USD"))
    with transaction(acting("alice"), "orders.receive") as session:
        session.add(Order(store_id=store.id, number="114-1", status=OrderStatus.UNSHIPPED, bought_at=moment(), currency="USD",
                          buyer_sealed=b"Ada Lovelace", buyer_masked="A*** L***"))  # fmt: skip
    [(_, _, _, _, after)] = entries("orders.receive")
    assert "114-1" in after
    assert "Ada" not in after
    assert "buyer" not in after


def test_many_rows_change_in_one_statement_and_each_has_its_history(given, acting):
    given(*(Product(sku=f"P{n}", sales_status=SalesStatus.TRIAL if n else SalesStatus.NORMAL) for n in range(3)))
    with transaction(acting("alice"), "products.put") as session:
        assert bulk.put(session, Product, select(Product.id), "sales_status", SalesStatus.NORMAL) == 2
        assert bulk.put(session, Product, select(Product.id), "source_price", Decimal("1.5")) == 3
    assert [(f, b, a) for _, _, f, b, a in entries("products.put")] == [
        ("sales_status", '"trial"', '"normal"'),
        ("sales_status", '"trial"', '"normal"'),
        ("source_price", None, "15000"),
        ("source_price", None, "15000"),
        ("source_price", None, "15000"),
    ]
    assert undo(acting("alice"), newest()).left == []
    with reading() as session:
        assert set(session.scalars(select(Product.source_price))) == {None}


def test_a_statement_that_would_slip_past_the_history_is_refused(given, acting):
    given(Product(sku="LAMP", title_en="Lamp"))
    with pytest.raises(RuntimeError, match="history"), transaction(acting("bob"), "x") as session:
        session.execute(update(Product).values(title_en="Gone"))
    assert lamp().title_en == "Lamp"


def test_a_reading_session_cannot_write(given):
    given(Product(sku="LAMP", title_en="Lamp"))
    with reading() as session:
        session.scalars(select(Product)).one().title_en = "Gone"
        with pytest.raises(RuntimeError, match="only reads"):
            session.flush()
    assert lamp().title_en == "Lamp"


def test_the_number_of_a_row_that_is_gone_is_never_given_out_again(given, acting):
    [first] = given(Product(sku="LAMP"))
    undo(acting("alice"), newest())
    [second] = given(Product(sku="SPOON"))
    with transaction(acting("alice"), "imports.commit") as session:
        third = bulk.next_id(session, Product, 2)
    assert first.id < second.id < third
