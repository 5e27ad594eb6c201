"""Products are found by words in Chinese and English, by SKU and by code."""

import pytest
from sqlalchemy import select

from db import search
from db.models import Product
from db.session import reading, transaction


@pytest.fixture
def shop(given):
    given(
        Product(sku="MH01-XS", title_en="Wool hoodie, extra small", ean="8410300102854"),
        Product(sku="QB-2", title_zh="秋冬保暖加厚澳洲羊毛被"),
        Product(sku="QB-3", title_zh="轻奢纯棉刺绣水洗四件套", title_en="Cotton set"),
    )


def found(text):
    with reading() as session:
        return session.scalars(select(Product.sku).where(search.matching(text)).order_by(Product.sku)).all()


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("羊毛", ["QB-2"]),
        ("羊", ["QB-2"]),
        ("澳洲羊毛被", ["QB-2"]),
        ("毛羊", []),
        ("wool", ["MH01-XS"]),
        ("HOODIE woo", ["MH01-XS"]),
        ("cot", ["QB-3"]),
        ("四件套 cotton", ["QB-3"]),
        ("mh01-x", ["MH01-XS"]),
        ("84103001", ["MH01-XS"]),
        ("qb", ["QB-2", "QB-3"]),
        ("ｗｏｏｌ", ["MH01-XS"]),
        ("'\"; DROP TABLE product --", []),
        ("* OR NEAR(", []),
        ("   ", []),
        ("%_\\", []),
    ],
)
def test_words_find_products(shop, text, skus):
    assert found(text) == skus


@pytest.mark.parametrize(
    "text",
    ["羊毛", "羊", "毛羊", "wool", "HOODIE woo", "oodie", "cot", "四件套 cotton", "84103001", "x", "", "%_\\", "'"],
)
def test_looking_into_each_product_finds_the_same(shop, text):
    with reading() as session:
        looked = session.scalars(select(Product.sku).where(search.having(text)).order_by(Product.sku)).all()
        assert looked == found(text)
        assert search.hits(session, text) == len(looked)
        if search.asked(text):
            assert search.hits_among(session, select(Product.id), text) == len(looked)
            mine = select(Product.id).where(Product.sku == "QB-2")
            assert search.hits_among(session, mine, text) == looked.count("QB-2")


def test_hits_are_counted_no_further_than_asked(shop):
    with reading() as session:
        assert (search.hits(session, "qb", most=1), search.hits(session, "qb", most=2)) == (2, 2)


def test_a_changed_title_is_found_by_its_new_words_only(shop, acting):
    with transaction(acting("alice"), "products.save") as session:
        session.scalars(select(Product).where(Product.sku == "QB-2")).one().title_zh = "鹅绒被"
    assert (found("鹅绒"), found("羊毛")) == (["QB-2"], [])


def test_a_deleted_row_is_not_found(shop, acting):
    with transaction(acting("alice"), "products.delete") as session:
        session.delete(session.scalars(select(Product).where(Product.sku == "QB-2")).one())
    assert found("羊毛") == []
