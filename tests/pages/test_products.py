"""The library as people use it: type, save, be told what was refused and why, and lose nothing."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from db.models import Category, Listing, PriceTier, Product, Store
from db.session import reading, transaction
from db.vocabulary import LibraryState, SalesStatus, Source


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


# Why this price?


@pytest.fixture
def priced(given):
    """A mug of 128.00 CNY in a store of the domain's example, listed for 250.00 CNY; and nothing listed elsewhere."""
    kitchen = Category(name="Kitchen", path="Kitchen")
    us, uk = (
        Store(name=name, marketplace="US", currency="CNY", percent=Decimal(120), fine=Decimal(2))
        for name in ("US-01", "*UK*")
    )
    given(kitchen, us, uk)
    mug = Product(sku="MUG", title_zh="![x](http://x/y.png) 杯子", source=Source.ALIBABA, source_price=Decimal(128),
                  currency="CNY", category_id=kitchen.id)  # fmt: skip
    tier = PriceTier(
        category_id=kitchen.id, source=Source.ALIBABA, threshold=Decimal(100), percent=Decimal(150), fine=Decimal(5)
    )
    given(mug, tier)
    given(Listing(product_id=mug.id, store_id=us.id, seller_sku="MUG_*1*", price=Decimal(250)))


EXAMPLE = (
    "128.00 CNY [1688 / Kitchen, tier >= 100] x 150% + 5.00 = 197.00 -> x fx 1 -> x 120% [store US-01] + 2.00 = 238.40"
)
EXAMPLE_ZH = (
    "128.00 CNY [1688 / Kitchen，阶梯 >= 100] × 150% + 5.00 = 197.00 -> × 汇率 1 -> × 120% [店铺 US-01] + 2.00 = 238.40"
)


def codes(at):
    return [element.value for element in at.code]


def test_why_this_price_is_told_for_the_ticked_product(priced, open_page):
    at = open_page("products", as_="charlie")
    assert next(b for b in at.button if b.label == "Why this price?").disabled
    at.session_state["products#0"] = {"edited_rows": {0: {"✓": True}}, "added_rows": [], "deleted_rows": []}
    at = press(at.run(), "Why this price?")
    assert not at.exception
    assert at.query_params["why"] == "p1"
    assert codes(at) == [EXAMPLE, EXAMPLE_ZH]
    assert {m.label: m.value for m in at.metric} == {
        "Price now": "250.00 CNY", "By the rules today": "238.40 CNY", "On the marketplace": "none",
    }  # fmt: skip
    assert any(text.value.endswith("The rules give 238.40 CNY today: -11.60 CNY.") for text in at.text)
    at = at.selectbox(key="why:store:1").set_value(2).run()
    assert at.text[0].value == "It is not listed in *UK*. The rules give 238.40 CNY today."
    assert r"**MUG** in **\*UK\***" in [m.value for m in at.markdown]


def test_a_link_tells_why_and_what_people_typed_does_nothing(priced, open_page):
    at = open_page("products", as_="charlie", why="1")
    assert not at.exception
    assert codes(at) == [EXAMPLE, EXAMPLE_ZH]
    assert r"**MUG\_\*1\*** in **US\-01**" in [m.value for m in at.markdown]
    assert r"\!\[x\]\(http\://x/y.png\) 杯子" in [c.value for c in at.caption]


@pytest.mark.parametrize(
    ("asked", "told"), [("9999", "info"), ("p9999", "info"), ("x1", "warning"), ("1" * 40, "warning"), ("²", "warning")]
)
def test_a_link_to_no_price_says_so(priced, open_page, asked, told):
    at = open_page("products", why=asked)
    assert not at.exception
    assert len(getattr(at, told)) == 1
    assert codes(at) == []
