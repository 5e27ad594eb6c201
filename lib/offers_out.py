"""Offers on their way: which wait to be pushed, what is known of their items, and what the marketplace answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db import history
from db.models import CosellOffer, Store, now
from db.vocabulary import OfferStatus
from lib import channels
from lib.channels import MOST_OPERATIONS, CatalogMatch, Outcome, Restriction, State
from lib.products.uploads import Open

STATUS = {State.LIVE: OfferStatus.ACTIVE, State.REFUSED: OfferStatus.REFUSED}
NEWS = "{what} of {asin} was “{before}” and is “{after}” now. Look whether it is still the same item, confirm it and update."


@dataclass(frozen=True)
class Look:
    """What the marketplace says about an item before we offer on it; `trouble` when it did not answer."""

    item: CatalogMatch | None = None
    restrictions: tuple[Restriction, ...] = ()
    trouble: str | None = None


def waiting(session: Session) -> list[int]:
    """The stores that have offers to push."""
    return list(session.scalars(select(CosellOffer.store_id).where(*_WAITS).distinct()))


def asins(session: Session, store_id: int, most: int = MOST_OPERATIONS) -> list[str]:
    """The items to look at before the offers of a store are pushed."""
    query = select(CosellOffer.asin).where(*_WAITS, CosellOffer.store_id == store_id)
    return list(session.scalars(query.distinct().order_by(CosellOffer.asin).limit(most)))


def take(session: Session, store_id: int, looks: Mapping[str, Look]) -> tuple[str, list[channels.CosellOffer]]:
    """Take the offers whose items were looked at: the key and what is to be sent.

    An offer that may not be made is refused; one whose item has become another is paused; one without an answer waits on.
    """
    currency, name = session.execute(select(Store.currency, Store.name).where(Store.id == store_id)).one()
    query = select(CosellOffer).where(*_WAITS, CosellOffer.store_id == store_id, CosellOffer.asin.in_(looks))
    rows = session.scalars(query.order_by(CosellOffer.id).with_for_update(skip_locked=True)).all()
    sent = [row for row in rows if _may_go(row, looks[row.asin])][:MOST_OPERATIONS]
    if not sent:
        return "", []
    key = f"{name}-offers-{history.set_id(session)}"[:60]
    for row in sent:
        row.submission, row.pushed_at = key, now()
    return key, [_operation(row, currency) for row in sent]


def _may_go(row: CosellOffer, look: Look) -> bool:
    if look.trouble:
        row.issue = f"{look.trouble} It is tried again with the next run."[:1000]
    elif look.restrictions:
        row.status, row.issue = (
            OfferStatus.REFUSED,
            "; ".join(f"{r.reason}: {r.message}" for r in look.restrictions)[:1000],
        )
    elif look.item is None:
        row.status, row.issue = OfferStatus.REFUSED, f"There is no item with the ASIN {row.asin} on this marketplace."
    elif news := _news(row, look.item):
        row.status, row.confirmed, row.issue = OfferStatus.PAUSED, False, news[:1000]
    else:
        row.asin_title, row.asin_brand = look.item.title[:500], look.item.brand[:200]
        return True
    return False


def _news(row: CosellOffer, item: CatalogMatch) -> str:
    """What has changed about the item since the offer was last pushed."""
    pairs = (("The brand", row.asin_brand, item.brand[:200]), ("The title", row.asin_title, item.title[:500]))
    return " ".join(
        NEWS.format(what=what, asin=row.asin, before=before, after=after)
        for what, before, after in pairs
        if before is not None and before != after
    )


def _operation(row: CosellOffer, currency: str) -> channels.CosellOffer:
    return channels.CosellOffer(row.sku, row.asin, row.price, currency, row.quantity)


def unanswered(session: Session) -> list[Open]:
    query = select(CosellOffer.store_id, CosellOffer.submission).where(*_SENT).distinct()
    return [Open(row.store_id, row.submission) for row in session.execute(query) if row.submission]


def sent(session: Session, store_id: int, key: str) -> list[channels.CosellOffer]:
    """What was sent under a key and is not answered yet."""
    currency = session.scalars(select(Store.currency).where(Store.id == store_id)).one()
    return [_operation(row, currency) for row in session.scalars(_under(store_id, key))]


def answered(session: Session, store_id: int, key: str, outcomes: Mapping[str, Outcome]) -> int:
    """Write what the marketplace said; returns for how many offers it said something for good."""
    rows: Iterable[CosellOffer] = session.scalars(_under(store_id, key).with_for_update()).all()
    news = [(row, outcomes[row.sku]) for row in rows if row.sku in outcomes and outcomes[row.sku].state in STATUS]
    for row, outcome in news:
        row.status, row.issue = STATUS[outcome.state], _line(outcome.issues)
    return len(news)


def _under(store_id: int, key: str) -> Select[Any]:
    query = select(CosellOffer).where(*_SENT, CosellOffer.store_id == store_id, CosellOffer.submission == key)
    return query.order_by(CosellOffer.id)


def _line(issues: Sequence[channels.Issue]) -> str | None:
    return "; ".join(str(issue) for issue in issues)[:1000] or None


_WAITS = (CosellOffer.status == OfferStatus.PUSHING, CosellOffer.submission.is_(None))
_SENT = (CosellOffer.status == OfferStatus.PUSHING, CosellOffer.submission.is_not(None))
