"""A small company's trade, for the tests of orders and purchases: a store, products, orders, and forms that are filled in."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from db.models import ExchangeRate, Order, OrderLine, Product, Store, Warehouse
from db.session import SYSTEM, reading, transaction
from db.vocabulary import OrderStatus, Source
from lib.purchases.buying import Form, Piece

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def put(*rows: Any) -> None:
    with transaction(SYSTEM, "tests.put") as session:
        session.add_all(rows)


def company() -> None:
    """Stores 1 (DE, EUR) and 2 (US, USD), products 1 and 2, warehouse 1, and what a yuan is worth."""
    put(
        Store(id=1, name="Berlin", marketplace="DE", currency="EUR"),
        Store(id=2, name="Boston", marketplace="US", currency="USD"),
        Product(
            id=1, sku="MH01", title_zh="羊毛被", title_en="Wool quilt", source=Source.ALIBABA, source_price=Decimal("128"),
            transport="general,branded", picture="quilt.webp",
        ),
        Product(id=2, sku="LAMP", title_en="Lamp", source=Source.TAOBAO, source_price=Decimal("20")),
        Warehouse(id=1, name="Shenzhen"),
        ExchangeRate(base="CNY", quote="EUR", day=date(2026, 3, 1), rate=Decimal("0.125")),
    )  # fmt: skip


def order(number: int, *lines: OrderLine, **values: Any) -> Order:
    """Put an order with its lines; its number is 111- and its id, its lines have ids 10 times that and up."""
    made = Order(
        **{
            "id": number, "store_id": 1, "number": f"111-{number}", "status": OrderStatus.UNSHIPPED, "currency": "EUR",
            "bought_at": MONDAY + timedelta(hours=number), "country": "DE", "total": Decimal("40"), **values,
        }
    )  # fmt: skip
    put(made)
    for place, line in enumerate(lines):
        line.id, line.order_id, line.item = number * 10 + place, number, str(place + 1)
    put(*lines)
    return made


def line(sku: str = "MH01", quantity: int = 2, product_id: int | None = 1, **values: Any) -> OrderLine:
    return OrderLine(**{"sku": sku, "quantity": quantity, "product_id": product_id, "price": Decimal("40"), **values})


def form(*pieces: tuple[int, int] | tuple[int, int, Decimal], **values: Any) -> Form:
    """A form for (order line, pieces), or with the line's own unit cost as a third."""
    filled = {"unit_cost": Decimal("64"), "freight": Decimal("8"), "site": Source.ALIBABA, **values}
    return Form(pieces=tuple(Piece(*piece) for piece in pieces), **filled)


def all_of(model: Any) -> Sequence[Any]:
    from sqlalchemy import select

    with reading() as session:
        return session.scalars(select(model).order_by(model.id)).all()


def one(model: Any, number: int) -> Any:
    with reading() as session:
        return session.get_one(model, number)
