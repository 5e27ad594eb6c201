"""Which product and which offer the lines of an order are about, also in a store of which the database knows nothing yet."""

import pytest
from sqlalchemy import event, insert, text

from db.models import CosellOffer, Listing, Product, Store
from db.session import engine, reading
from lib.orders.orders_in import Links

OTHERS, LISTED = 3_000, 2_000


def put(*rows):
    with engine().begin() as connection:
        for model, many in rows:
            connection.execute(insert(model), many)


def store(number):
    return {"id": number, "name": f"Store {number}", "marketplace": "DE", "currency": "EUR"}


def listing(number, product, store=1, **values):
    return {"id": number, "product_id": product, "store_id": store, "seller_sku": f"SKU-{product}", **values}


@pytest.fixture
def company(database):
    """Products 1 to 5; 1 and 2 are listed in store 1, 3 in store 2; offers 7 and 8 of store 1 are of 4 and 5."""
    put(
        (Store, [store(1), store(2)]),
        (Product, [{"id": number, "sku": f"P{number}"} for number in range(1, 6)]),
        (Listing, [listing(1, 1, asin="B000000001"), listing(2, 2, asin="B000000001"), listing(3, 3, 2, asin="B000000003")]),
        (CosellOffer, [
            {"id": 7, "store_id": 1, "sku": "CO-7", "asin": "B000000007", "product_id": 4},
            {"id": 8, "store_id": 1, "sku": "CO-8", "asin": "B000000007", "product_id": 5},
            {"id": 9, "store_id": 2, "sku": "CO-9", "asin": "B000000009", "product_id": 5},
        ]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sku", "asin", "link"),
    [
        ("SKU-1", None, (1, None)),
        ("SKU-2", "B000000007", (2, None)),
        ("CO-7", "B000000001", (4, 7)),
        ("other", "B000000001", (2, None)),
        ("other", "B000000007", (5, 8)),
        ("SKU-3", "B000000003", (None, None)),
        ("CO-9", "B000000009", (None, None)),
        ("", None, (None, None)),
    ],
)
def test_a_line_is_linked_by_sku_then_offer_then_asin_of_its_own_store(company, sku, asin, link):
    with reading() as session:
        everything = Links(session, 1, [("SKU-1", None), ("CO-8", "B000000007"), (sku, asin)])
        assert everything.of(sku, asin) == Links(session, 1, [(sku, asin)]).of(sku, asin) == link


def removed(node):
    """How many rows a plan has looked at in vain."""
    own = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    return own * node["Actual Loops"] + sum(removed(each) for each in node.get("Plans", ()))


@pytest.mark.only("postgresql")
def test_a_new_store_that_is_already_full_is_not_gone_through_for_each_line(database):
    """Nothing was counted since it was filled: PostgreSQL thinks that it is empty."""
    everything = range(1, 2 * OTHERS + LISTED + 1)
    known = [listing(n, n, 1 + n % 2, asin=f"B{n:09d}") for n in everything[: 2 * OTHERS]]
    new = [listing(n, n, 3, asin=f"B{n:09d}") for n in everything[2 * OTHERS :]]
    put(
        (Store, [store(n) for n in (1, 2, 3)]),
        (Product, [{"id": n, "sku": f"P{n}"} for n in everything]),
        (Listing, known),
    )
    with engine().begin() as connection:
        connection.execute(text("ALTER TABLE listing SET (autovacuum_enabled = off)"))
        connection.execute(text("ANALYZE listing"))
    put((Listing, new))
    asked = []
    with reading() as session:
        listen = (
            session.get_bind(),
            "before_cursor_execute",
            lambda _, __, query, values, *___: asked.append((query, values)),
        )
        event.listen(*listen)
        links = Links(session, 3, [(row["seller_sku"], row["asin"]) for row in new])
        event.remove(*listen)
        assert links.of(f"SKU-{everything[-1]}", None) == (everything[-1], None)
        plans = [
            session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", values).scalar_one()
            for query, values in asked if "FROM listing" in query
        ]  # fmt: skip
    assert len(plans) == 2
    assert sum(removed(plan[0]["Plan"]) for plan in plans) <= len(everything)
