"""What has changed since somebody looked at prices, and by whom: "bob saved price rules at 10:04 UTC"."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from db.models import Change, ChangeSet, Listing, PriceMove, PriceRun
from db.pasted import numbered

DOING = {
    "price_tier": "saved price rules",
    "exchange_rate": "saved rates of exchange",
    "store": "saved what stores add",
    "category": "changed categories",
    "listing_price": "changed prices",
    "product": "changed what products cost or where they belong",
    "listing": "changed listings",
}
PRICED_BY = ("source_price", "category_id", "source", "currency")
"""What the price of a product depends on."""
MOST_SETS, MOST_NAMED = 500, 5
MOST_PRODUCTS = 10_000
"""When so many have changed, some of them will be among those that a run prices."""

_BEARS_ON_PRICES = or_(
    and_(Change.table == "product", or_(Change.field.is_(None), Change.field.in_(PRICED_BY))),
    and_(Change.table == "listing", Change.field.is_(None)),
    Change.table.in_([name for name in DOING if name not in ("product", "listing")]),
)


def seen(session: Session) -> frozenset[int]:
    """The newest change sets there are. One that is begun already, and saved later, is not among them."""
    return frozenset(session.scalars(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(MOST_SETS)))


def since(session: Session, at: datetime) -> list[str]:
    """Who has changed what prices are made from, or prices, since then; the newest first, some of them."""
    query = select(ChangeSet.id).where(ChangeSet.at >= at).order_by(ChangeSet.id.desc()).limit(MOST_SETS)
    return _told(session, session.scalars(query).all())


def after(session: Session, known: frozenset[int]) -> list[str]:
    """The same of all but the change sets that were seen."""
    return _told(session, _unseen(session, known))


def _unseen(session: Session, known: frozenset[int]) -> list[int]:
    newest = session.scalars(select(ChangeSet.id).order_by(ChangeSet.id.desc()).limit(MOST_SETS))
    return [number for number in newest if number not in known and number > min(known, default=0)]


def _told(session: Session, numbers: Iterable[int]) -> list[str]:
    numbers = list(numbers)
    query = select(Change.set_id, Change.table).where(Change.set_id.in_(numbers), _BEARS_ON_PRICES).distinct()
    did: dict[int, list[str]] = {}
    for number, name in session.execute(query):
        did.setdefault(number, []).append(DOING[name])
    for run in session.scalars(select(PriceRun).where(PriceRun.set_id.in_(numbers))):
        did.setdefault(run.set_id or 0, []).append("applied prices")
    sets = select(ChangeSet).where(ChangeSet.id.in_(did)).order_by(ChangeSet.id.desc()).limit(MOST_NAMED)
    return [f"{one.actor} {' and '.join(sorted(did[one.id]))} at {one.at:%H:%M} UTC" for one in session.scalars(sets)]


def bears_on(session: Session, known: frozenset[int], run_id: int) -> bool:
    """Whether a product that the run prices has got another cost or category, by a change set that was not seen."""
    changed = select(Change.row_id).where(
        Change.set_id.in_(_unseen(session, known)), Change.table == "product", Change.field.in_(PRICED_BY)
    )
    products = session.scalars(changed.distinct().limit(MOST_PRODUCTS)).all()
    if not products or len(products) == MOST_PRODUCTS:
        return bool(products)
    move = select(PriceMove.run_id).where(PriceMove.run_id == run_id, PriceMove.listing_id == Listing.id)
    moved = select(Listing.id).where(Listing.product_id.in_(select(numbered(products).c.id)), move.exists())
    return session.scalar(moved.limit(1)) is not None
