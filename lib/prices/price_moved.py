"""What a run of prices has moved: a row a listing, from, to, and by which version of a rule; and the run that was the last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db import frames
from db.frames import Page
from db.models import Listing, ListingPrice, PriceMove, PriceRun, Store, now
from db.vocabulary import RunKind, RunState
from lib.prices import price_versions

LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class Run:
    """A run in a few words."""

    id: int
    kind: RunKind
    state: RunState
    title: str
    actor: str
    applied_at: datetime | None
    moves: int
    undone_by: int | None


def matching(run_id: int) -> Select[Any]:
    return select(PriceMove.listing_id).where(PriceMove.run_id == run_id)


def count(session: Session, run_id: int) -> int:
    return frames.count(session, matching(run_id), PriceMove.listing_id)


def table(session: Session, run_id: int, page: Page) -> pd.DataFrame:
    """A row a listing, in the order of their ids: sku, store, currency, before, after, the price it has now, and the rule's version."""
    ids = frames.page_of(matching(run_id), PriceMove.listing_id, [PriceMove.listing_id], page)
    query = (
        select(
            PriceMove.listing_id, Listing.seller_sku.label("sku"), Store.name.label("store"), Store.currency, PriceMove.before,
            PriceMove.after, ListingPrice.price.label("live"), PriceMove.version_id,
        )
        .outerjoin(Listing, Listing.id == PriceMove.listing_id)
        .outerjoin(Store, Store.id == Listing.store_id)
        .outerjoin(ListingPrice, ListingPrice.id == PriceMove.listing_id)
        .where(PriceMove.run_id == run_id, PriceMove.listing_id.in_(ids))
        .order_by(PriceMove.listing_id)
    )  # fmt: skip
    found = frames.frame(session, query)
    versions = list(found.pop("version_id"))
    names = price_versions.named(session, versions)
    return found.assign(rule=pd.Series([names.get(number, "") for number in versions], found.index, dtype=object))


def find(session: Session, reference: int | str | None) -> Run | None:
    """The run that a link names."""
    number = str(reference or "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    run = session.get(PriceRun, int(number))
    return None if run is None else _told(session, run)


def latest(session: Session) -> Run | None:
    """The run of the last hour whose prices the listings have now."""
    query = select(PriceRun).where(PriceRun.state == RunState.APPLIED).order_by(PriceRun.applied_at.desc()).limit(1)
    run = session.scalars(query).first()
    return None if run is None or run.applied_at is None or run.applied_at < now() - LATELY else _told(session, run)


def _told(session: Session, run: PriceRun) -> Run:
    undo = select(PriceRun.id).where(PriceRun.undoes_id == run.id, PriceRun.state == RunState.APPLIED)
    undone = session.scalar(undo.order_by(PriceRun.id.desc()).limit(1))
    return Run(
        run.id, run.kind, run.state, run.title, run.actor, run.applied_at, int(run.counts.get("moves", 0)), undone
    )
