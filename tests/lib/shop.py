"""A small shop on the demo marketplace, for the tests of listings, answers and orders; and a channel that watches our manners."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from db.models import Category, DemoCatalogue, ExchangeRate, PriceTier, Product, Store
from db.session import SYSTEM, Actor, reading, transaction, writing
from db.vocabulary import LibraryState, Role, Source
from lib import channels
from lib.commands import perform

LILY = Actor(None, "lily", Role.LISTER)
OSCAR = Actor(None, "oscar", Role.OPERATOR)
CHARLIE = Actor(None, "charlie", Role.VIEWER)
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MUG, LAMP, SERUM, BARE = 1, 2, 3, 4
MUG_CODE, NORDWIND_CODE = "9520000000011", "4006381333931"


def put(*rows: Any) -> None:
    with transaction(SYSTEM, "tests.put") as session:
        session.add_all(rows)


def company() -> None:
    """Stores 1 US-01 and 2 JP-01; a mug, a lamp under a code of Nordwind's, a serum of a gated brand, and a bare product."""
    ready = {"category_id": 1, "source": Source.ALIBABA, "state": LibraryState.READY, "picture": "x.webp"}
    put(
        Store(id=1, name="US-01", marketplace="US", currency="USD", percent=Decimal(120), fine=Decimal(2)),
        Store(id=2, name="JP-01", marketplace="JP", currency="JPY", percent=Decimal(120)),
        ExchangeRate(base="CNY", quote="USD", day=date(2026, 3, 1), rate=Decimal("0.14")),
        ExchangeRate(base="CNY", quote="JPY", day=date(2026, 3, 1), rate=Decimal(21)),
        Category(id=1, name="Kitchen", path="Kitchen"),
    )
    put(
        PriceTier(category_id=1, source=Source.ALIBABA, threshold=Decimal(0), percent=Decimal(150), fine=Decimal(5)),
        Product(id=MUG, sku="MUG", ean=MUG_CODE, title_en="Mug", title_zh="杯子", source_price=Decimal(128), **ready),
        Product(id=LAMP, sku="LAMP", ean=NORDWIND_CODE, title_en="Lamp", source_price=Decimal(20), **ready),
        Product(
            id=SERUM,
            sku="SERUM",
            ean="9520000000028",
            title_en="Serum",
            brand="Aurelia",
            source_price=Decimal(50),
            **ready,
        ),
        Product(id=BARE, sku="BARE", **ready | {"picture": None}),
        DemoCatalogue(asin="B08HJKL2M9", gtin14=f"0{NORDWIND_CODE}", brand="Nordwind", title="Fineliners"),
        DemoCatalogue(asin="B0BGATED01", brand="Aurelia", title="Serum", gated=True),
        DemoCatalogue(asin="B0CCAMP123", brand="Trailhead", title="Lantern"),
        DemoCatalogue(asin="B0THROTTLE", brand="Busybee", title="Timer"),
    )


def do(actor: Actor, command: Callable[..., str], *args: Any, **kwargs: Any) -> str:
    return perform(actor, command, *args, **kwargs)


def all_of(model: Any) -> Sequence[Any]:
    with reading() as session:
        return session.scalars(select(model).order_by(model.id)).all()


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self, at: datetime = MONDAY):
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


class Outside:
    """A channel that fails when somebody talks to it while a transaction is open."""

    def __init__(self, channel: Any):
        self.channel = channel
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self.channel, name)

        def outside(*args: Any, **kwargs: Any) -> Any:
            assert not writing(), f"{name} was called while a transaction is open"
            self.calls.append(name)
            return asked(*args, **kwargs)

        return outside


class Busy:
    """A channel that answers nothing."""

    def __getattr__(self, name: str) -> Any:
        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise channels.Throttled("The marketplace is busy.")

        return refuse
