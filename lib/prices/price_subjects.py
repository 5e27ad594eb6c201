"""What the laboratory asks about one by one: listings by their ids, and products by their SKU, with all that a price depends on."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Listing, ListingPrice, Product
from db.vocabulary import LibraryState, Source

MOST = 1_000


@dataclass(frozen=True)
class Subject:
    """A product, and the listing of it that is meant if there is one; `id` is the product's."""

    id: int
    sku: str
    title: str
    category_id: int | None
    source: Source
    source_price: Decimal | None
    currency: str
    store_id: int | None = None
    live: Decimal | None = None
    is_locked: bool = False


PRODUCT = (
    Product.id, Product.sku, func.coalesce(Product.title_zh, Product.title_en, "").label("title"), Product.category_id,
    Product.source, Product.source_price, Product.currency,
)  # fmt: skip


def of_listings(session: Session, ids: Iterable[int]) -> dict[int, Subject]:
    """By the id of the listing, called by its own SKU; a thousand at most. Those that are gone are left out."""
    wanted = list(ids)[:MOST]
    query = (
        select(*PRODUCT, Listing.id.label("listing"), Listing.seller_sku, Listing.store_id, ListingPrice.price, ListingPrice.locked)
        .join(Listing, Listing.product_id == Product.id)
        .outerjoin(ListingPrice, ListingPrice.id == Listing.id)
        .where(Listing.id.in_(wanted))
    )  # fmt: skip
    return {
        row.listing: Subject(
            row.id, row.seller_sku, row.title, row.category_id, row.source, row.source_price, row.currency, row.store_id,
            row.price, bool(row.locked),
        )
        for row in session.execute(query)
    }  # fmt: skip


def of_products(session: Session, ids: Iterable[int]) -> dict[int, Subject]:
    """By id; a thousand at most."""
    query = select(*PRODUCT).where(Product.id.in_(list(ids)[:MOST]))
    return {row[0]: Subject(*row) for row in session.execute(query)}


def of_sku(session: Session, sku: str) -> Subject | None:
    """The product of the library that is called so."""
    query = select(*PRODUCT).where(Product.state != LibraryState.DELETED, Product.sku == sku.strip()).limit(1)
    return next((Subject(*row) for row in session.execute(query)), None)
