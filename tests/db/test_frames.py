"""What a grid is given is what the database holds: Decimal, moments with their zone, words, and None for nothing."""

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import select

from db import frames
from db.models import Product
from db.session import reading
from db.vocabulary import Source


def test_values_stay_what_they_are_also_beside_empty_ones(given):
    moment = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    given(
        Product(sku="007", source_price=Decimal("1.5"), last_order_at=moment, source=Source.TAOBAO), Product(sku="008")
    )
    query = select(Product.id, Product.sku, Product.source_price, Product.last_order_at, Product.source).order_by(
        Product.sku
    )
    with reading() as session:
        first, second = frames.frame(session, query).to_dict("records")
    assert first == {"sku": "007", "source_price": Decimal("1.5"), "last_order_at": moment, "source": Source.TAOBAO}
    assert second == {"sku": "008", "source_price": None, "last_order_at": None, "source": Source.OTHER}
    assert (type(first["source_price"]), second["last_order_at"] is None) == (Decimal, True)


def test_counts_stop_at_many(given):
    given(*(Product(sku=str(n)) for n in range(5)))
    with reading() as session:
        assert frames.count(session, select(Product.id), Product.id) == 5
        assert frames.count(session, select(Product.id), Product.id, most=3) == 4


def test_a_page_is_sorted_by_the_column_that_it_names_and_by_the_key_where_rows_are_alike(given):
    given(*(Product(sku=sku, brand=brand) for sku, brand in (("a", "x"), ("b", "y"), ("c", "x"))))

    def skus(*, sort, descending):
        page = frames.Page(sort=sort, descending=descending)
        with reading() as session:
            order = frames.order(page, {"brand": Product.brand}, Product.sku, Product.id)
            return "".join(session.scalars(select(Product.sku).order_by(*order)))

    assert (skus(sort="brand", descending=False), skus(sort="brand", descending=True)) == ("acb", "bca")
    assert (skus(sort="no such", descending=False), skus(sort="", descending=True)) == ("abc", "cba")
