"""The library as people use it: type, save, be told what was refused and why, and lose nothing."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from db.models import Category, Product
from db.session import reading, transaction
from db.vocabulary import LibraryState, SalesStatus


def type_into(at, cells, edition=0):
    at.session_state[f"products#{edition}"] = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
    return at.run()


def press(at, label):
    return next(b for b in at.button if b.label == label).click().run()


def titles():
    with reading() as session:
        return session.scalars(select(Product.title_en).order_by(Product.sku)).all()


@pytest.fixture
def shop(given):
    kitchen = Category(name="Kitchen", path="Kitchen")
    given(kitchen)
    given(
        Product(
            sku="A",
            title_en="Lamp",
            source_price=Decimal("10"),
            category_id=kitchen.id,
            sales_status=SalesStatus.NORMAL,
        ),
        Product(sku="B", title_en="Spoon", title_zh="勺子", state=LibraryState.READY),
    )


def test_saves_what_was_typed_in_the_row_it_was_typed_into(shop, open_page):
    at = open_page("products", products_sort="SKU ↑")
    at = press(type_into(at, {1: {"title_en": "Big spoon", "source_price": 1.25, "category": "Kitchen"}}), "Save")
    assert at.success[0].value.startswith("Products")
    with reading() as session:
        spoon = session.scalars(select(Product).where(Product.sku == "B")).one()
        assert (spoon.title_en, spoon.source_price, session.get(Category, spoon.category_id).path) == (
            "Big spoon",
            Decimal("1.25"),
            "Kitchen",
        )


def test_a_new_row_above_does_not_move_what_is_typed(shop, given, open_page):
    at = type_into(open_page("products", products_sort="SKU ↑"), {0: {"title_en": "Big lamp"}})
    given(Product(sku="0", title_en="Fork"))
    press(at, "Save")
    assert titles() == ["Fork", "Big lamp", "Spoon"]


def test_bob_was_faster_so_alice_is_refused_for_that_cell_and_keeps_her_typing(shop, open_page, acting):
    at = type_into(open_page("products", products_sort="SKU ↑"), {0: {"title_en": "Alice's lamp"}})
    with transaction(acting("bob"), "products.save") as session:
        session.scalars(select(Product).where(Product.sku == "A")).one().title_en = "Bob's lamp"
    at = press(at, "Save")
    assert "Bob" in at.error[0].value
    assert titles() == ["Bob's lamp", "Spoon"]
    at = press(press(at, "Keep mine"), "Save")
    assert titles() == ["Alice's lamp", "Spoon"]


def test_taking_theirs_forgets_mine(shop, open_page, acting):
    at = type_into(open_page("products", products_sort="SKU ↑"), {0: {"title_en": "Alice's lamp"}})
    with transaction(acting("bob"), "products.save") as session:
        session.scalars(select(Product).where(Product.sku == "A")).one().title_en = "Bob's lamp"
    at = press(press(press(at, "Save"), "Take theirs"), "Save")
    assert at.info[0].value == "There is nothing to save."
    assert titles() == ["Bob's lamp", "Spoon"]


def test_charlie_may_look_and_nothing_he_sends_is_taken(shop, open_page):
    at = type_into(open_page("products", as_="charlie", products_sort="SKU ↑"), {0: {"title_en": "Mine"}})
    assert "Save" not in [b.label for b in at.button]
    assert "You can look; Lister or Admin may change this." in [c.value for c in at.caption]
    assert titles() == ["Lamp", "Spoon"]


def test_typing_survives_a_filter_and_a_wrong_value_saves_nothing(shop, open_page):
    at = type_into(open_page("products", products_sort="SKU ↑"), {0: {"title_en": "Big lamp"}})
    at = at.text_input(key="p_text").set_value("勺子").run()
    at = type_into(at, {0: {"source_price": -1}}, edition=1)
    at = press(at, "Save")
    assert at.error[0].value.startswith("Nothing was saved")
    assert titles() == ["Lamp", "Spoon"]
    at = press(type_into(at, {0: {"source_price": 2}}, edition=1), "Save")
    assert titles() == ["Big lamp", "Spoon"]


def test_deleting_takes_out_of_the_library_and_keeps_the_row(shop, open_page):
    at = type_into(open_page("products", products_sort="SKU ↑"), {0: {"✓": True}})
    press(at, "Delete 1 ticked")
    with reading() as session:
        assert session.scalars(select(Product.state).order_by(Product.sku)).all() == [
            LibraryState.DELETED,
            LibraryState.READY,
        ]


def test_a_direct_visit_without_sign_in_shows_nothing_of_the_library(shop, open_page):
    at = open_page("products", as_=None)
    assert not at.title
    assert not at.dataframe
    assert "Lamp" not in str(at.main)
