"""Taking codes off products: the product, its search words and its listings then say the same."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from db import bulk, search
from db.models import Listing, Product
from db.pasted import numbered
from db.vocabulary import ListingStatus

UP = (ListingStatus.ACTIVE, ListingStatus.WARNING)
WAS_UP = (*UP, ListingStatus.INACTIVE)


def products(session: Session, ids: Sequence[int]) -> Sequence[Any]:
    """Products by id, with all that is needed to take their codes off, kept from other writers until the transaction ends."""
    columns = (Product.id, Product.state, *(getattr(Product, name) for name in search.SEARCHED))
    query = select(*columns).where(among(Product.id, ids)).order_by(Product.id)
    return session.execute(query.with_for_update(of=Product)).all()


def among(column: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.in_(select(numbered(ids).c.id))
    return found


def on_their_way(session: Session, product_ids: Sequence[int]) -> set[int]:
    """The products that a marketplace has been sent, and has not answered about; from now on none is sent before the transaction ends."""
    query = select(Listing.product_id, Listing.status).where(among(Listing.product_id, product_ids))
    rows = session.execute(query.order_by(Listing.id).with_for_update())
    return {row.product_id for row in rows if row.status is ListingStatus.UPLOADING}


def take_off(session: Session, rows: Iterable[Any]) -> None:
    """Products without their code; `rows` as `products` gives them."""
    cells = []
    for row in rows:
        words = search.tokens(*(getattr(row, name) for name in search.SEARCHED if name != "ean"))
        cells.append((row.id, {"ean": (row.ean, None), "search_text": (None, words)}))
    bulk.change(session, Product, cells)


def empty_listings(session: Session, product_ids: Sequence[int], forget: bool) -> tuple[int, int]:
    """Listings of these products without their code, and out of the queue; with `forget` without ASIN and the marketplace's words too.

    Returns how many changed, and how many of them were on sale. The records of what was sent are not touched.
    """
    columns = (Listing.id, Listing.code, Listing.asin, Listing.issue, Listing.status, Listing.submission)
    query = select(*columns).where(among(Listing.product_id, product_ids)).order_by(Listing.id)
    rows = session.execute(query.with_for_update()).all()
    cells = [(row.id, changed) for row in rows if (changed := dict(_emptied(row, forget)))]
    bulk.change(session, Listing, cells)
    return len(cells), sum(row.status in UP for row in rows) if forget else 0


def _emptied(row: Any, forget: bool) -> Iterable[tuple[str, tuple[Any, Any]]]:
    status = _status(row, forget)
    wanted: Mapping[str, Any] = {"code": None, "status": status}
    if forget:
        wanted = {**wanted, "asin": None, "issue": None, "submission": None}
    return ((name, (getattr(row, name), new)) for name, new in wanted.items() if getattr(row, name) != new)


def _status(row: Any, forget: bool) -> ListingStatus:
    """One that was up is not sold by us any more; all else has never been there, and can be sent."""
    if not forget and row.status is not ListingStatus.QUEUED:
        return ListingStatus(row.status)
    was_up = row.status in WAS_UP or (row.status is ListingStatus.QUEUED and row.asin is not None)
    return ListingStatus.INACTIVE if was_up else ListingStatus.NOT_UPLOADED
