"""A small shop whose prices are known to the last digit, in the database of a served Caravan; each test finds it as it was.

Seven products at the prices of the golden table, on sale in one store of the demo marketplace, and the people who price them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal

from playwright.sync_api import Browser, Page
from sqlalchemy import delete, select

from db.models import (
    Category,
    Experiment,
    Listing,
    ListingPrice,
    PriceLimits,
    PricePush,
    PriceTier,
    Product,
    Store,
)
from db.session import SYSTEM, reading, transaction
from db.vocabulary import LibraryState, ListingStatus, Role, Source
from lib import sync
from lib.codes import ean
from lib.commands import perform
from lib.products import listings
from tests.browser.company import PASSWORD, let_in, opened
from tests.browser.served import App, sign_in
from tests.browser.windows import window

PRICES = {
    "0.01": "14.02", "50": "134.00", "99.99": "253.98", "100": "188.00", "499.99": "907.98", "500": "782.00", "1200": "1874.00",
}  # fmt: skip
"""Source price -> price in the store, which adds 20 % and 2."""
TIERS = (("500", "130", "0"), ("100", "150", "5"), ("0", "200", "10"))
STORE = "CN-01"
PEOPLE = {"petra": Role.PRICING, "bob": Role.PRICING, "lily": Role.LISTER}


@dataclass(frozen=True)
class Shop:
    """Where it is served, and the windows of everybody who works there."""

    app: App
    windows: dict[str, Page]

    def prices(self) -> list[str]:
        """The price of each listing, from the cheapest product to the dearest."""
        with reading() as session:
            return [f"{price:.2f}" for price in session.scalars(select(ListingPrice.price).order_by(ListingPrice.id))]

    def ratios(self) -> list[str]:
        """The ratio of each tier, from the highest down."""
        with reading() as session:
            found = session.scalars(select(PriceTier.percent).order_by(PriceTier.threshold.desc()))
            return [f"{ratio.normalize():f}" for ratio in found]

    def pushed(self) -> list[str]:
        """What the marketplace has taken last for each listing."""
        with reading() as session:
            return [f"{price:.2f}" for price in session.scalars(select(ListingPrice.pushed).order_by(ListingPrice.id))]


def build(app: App) -> None:
    """The goods are listed and taken by the marketplace, so that each price has the formula of its upload."""
    with opened(app):
        for name, role in PEOPLE.items():
            let_in(name, role)
        with transaction(SYSTEM, "tests.golden") as session:
            kitchen = Category(name="Kitchen", path="Kitchen")
            store = Store(name=STORE, marketplace="CN", currency="CNY", percent=Decimal(120), fine=Decimal(2))
            session.add_all([kitchen, store])
            session.flush()
            codes = ean.numbered("95299", range(1, len(PRICES) + 1))
            goods = [
                Product(sku=f"CUP-{n}", ean=code, title_en=f"Cup {n}", title_zh=f"杯子 {n}", category_id=kitchen.id, picture="x.webp",
                        source=Source.ALIBABA, source_price=Decimal(cost), currency="CNY", state=LibraryState.READY)
                for n, (cost, code) in enumerate(zip(PRICES, codes, strict=True), start=1)
            ]  # fmt: skip
            session.add_all([*goods, *_tiers(kitchen.id)])
            session.flush()
            asked = [good.id for good in goods], [store.id]
        perform(SYSTEM, listings.create, *asked)
        _until(
            lambda: sync.poll() and _all_live()
        )  # the served Caravan may be talking to the marketplace itself just now


def _tiers(category_id: int) -> list[PriceTier]:
    return [
        PriceTier(category_id=category_id, source=Source.ALIBABA, threshold=Decimal(t), percent=Decimal(p), fine=Decimal(f))
        for t, p, f in TIERS
    ]  # fmt: skip


def _until(done: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "the goods are not on sale"
        time.sleep(0.2)


def _all_live() -> bool:
    with reading() as session:
        return set(session.scalars(select(Listing.status))) == {ListingStatus.ACTIVE}


def as_it_was() -> None:
    """Rules, store, prices and limits of the first day; no experiment, and nothing on its way."""
    with transaction(SYSTEM, "tests.as_it_was") as session:
        session.execute(delete(PricePush))
        for row in [*session.scalars(select(Experiment)), *session.scalars(select(PriceTier))]:
            session.delete(row)
        session.flush()
        session.add_all(_tiers(session.scalars(select(Category.id)).one()))
        store = session.scalars(select(Store).where(Store.name == STORE)).one()
        store.percent, store.fine, store.ending, store.floor = Decimal(120), Decimal(2), None, None
        for row, price in zip(
            session.scalars(select(ListingPrice).order_by(ListingPrice.id)), PRICES.values(), strict=True
        ):
            row.price, row.pushed, row.locked = Decimal(price), Decimal(price), False
        session.merge(PriceLimits(id=1, most_moved=Decimal(50), most_change=Decimal(30)))


@contextmanager
def windows(browser: Browser, app: App) -> Iterator[dict[str, Page]]:
    """A window for everybody, signed in. Tests share them: a browser that has seen the screens shows them sooner."""
    with ExitStack() as opening:
        found = {name: opening.enter_context(window(browser)) for name in ("admin", *PEOPLE)}
        for name, page in found.items():
            sign_in(page, app, name, None if name == "admin" else PASSWORD)
        yield found
