"""What the rules of today would write to the listings of a scope: exactly the moves that a preview shows, and what they were made from."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Listing, Store
from lib import price_breaker, price_news
from lib.price_book import Book
from lib.price_breaker import Farthest, Figures
from lib.price_draft import Draft, Scope, draft_to_json
from lib.price_staging import Moves


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
    from lib import price_columns, price_preview

    seen = price_news.seen(session)
    columns, book = price_columns.current(session), Book.whole(session)
    rows = price_preview.rows_in(session, columns, scope)
    moves, preview = price_preview.moves(columns, book, rows), price_preview.look(columns, book, rows)
    found = figures(session, moves, preview.total, preview.below_floor, preview.below_cost)
    return Proposal(moves, moves.digest, found, preview.locked, preview.none, _terms(book), book.mark, seen)


def figures(session: Session, moves: Moves, looked: int, below_floor: int, below_cost: int) -> Figures:
    """What the breaker looks at."""
    moved = int(((moves.before >= 0) & (moves.after >= 0) & (moves.before != moves.after)).sum())
    place = price_breaker.farthest(moves.before, moves.after)
    return Figures(looked, moved, None if place is None else _farthest(session, moves, place), below_floor, below_cost)


def _farthest(session: Session, moves: Moves, place: int) -> Farthest:
    number = int(moves.listing_ids[place])
    query = select(Listing.seller_sku, Store.name, Store.currency).join(Store, Store.id == Listing.store_id)
    found = session.execute(query.where(Listing.id == number)).first()
    sku, store, currency = found if found else (f"listing {number}", "a store that is gone", "")
    before, after = (Decimal(int(column[place])).scaleb(-4) for column in (moves.before, moves.after))
    return Farthest(f"{sku} in {store}", before, after, currency)


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
