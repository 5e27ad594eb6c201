"""What the rules of today would write to the listings of a scope: exactly the moves that a preview shows, and what they were made from."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Listing, Store
from lib.prices import price_columns, price_news, price_preview
from lib.prices.price_arrays import Columns
from lib.prices.price_book import Book
from lib.prices.price_breaker import Farthest, Figures
from lib.prices.price_draft import Draft, Scope, draft_to_json
from lib.prices.price_pictures import Mover
from lib.prices.price_preview import Preview
from lib.prices.price_staging import Moves


@dataclass(frozen=True)
class Proposal:
    """Moves with the digest of what they would write, how they look to the breaker, and how many are locked or have no price to get.

    `book` are the store terms and rates that it was priced with; `mark` and `seen` tell later whether that is still so.
    """

    moves: Moves
    digest: str
    figures: Figures
    locked: int = 0
    none: int = 0
    book: dict[str, Any] = field(default_factory=dict)
    mark: str = ""
    seen: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        """How many prices it would write."""
        return int(((self.moves.after >= 0) & (self.moves.after != self.moves.before)).sum())


def make(session: Session, scope: Scope) -> Proposal:
    """Work out the prices of a scope by what is saved now."""
    seen = price_news.seen(session)
    columns, book = price_columns.current(session), Book.whole(session)
    rows = price_preview.rows_in(session, columns, scope)
    moves, preview = price_preview.moves(columns, book, rows), price_preview.look(columns, book, rows)
    found = figures(session, columns, preview)
    return Proposal(moves, moves.digest, found, preview.locked, preview.none, _terms(book), book.mark, seen)


def figures(session: Session, columns: Columns, preview: Preview) -> Figures:
    """What the breaker looks at in a preview."""
    far = preview.farthest
    name = "" if far is None else _name(session, far)
    farthest = None if far is None else Farthest(name, far.before, far.after, far.currency)
    prices = int(np.count_nonzero(columns.live > 0))
    return Figures(prices, preview.moved, farthest, preview.moved_below_floor, preview.moved_below_cost)


def _name(session: Session, move: Mover) -> str:
    query = select(Listing.seller_sku, Store.name).join(Store, Store.id == Listing.store_id)
    found = session.execute(query.where(Listing.id == move.listing_id)).first()
    return f"{found[0]} in {found[1]}" if found else f"listing {move.listing_id}"


def _terms(book: Book) -> dict[str, Any]:
    """The store terms and rates of a book, as a run keeps them."""
    return draft_to_json(
        Draft(stores=book.stores, rates={"/".join(pair): rate.value for pair, rate in book.rates.items()})
    )


def mark(session: Session) -> str:
    """The same as long as no rule, rate, store or category has changed."""
    return Book.whole(session).mark


def news(session: Session, made: Proposal, run_id: int) -> list[str] | None:
    """Who has changed what the prices of a run were made from since the proposal was made; None when nobody has."""
    if mark(session) == made.mark and not price_news.bears_on(session, made.seen, run_id):
        return None
    return price_news.after(session, made.seen)
