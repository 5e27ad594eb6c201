"""Home's work queues: what waits for somebody, how much of it, and the list that shows exactly that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.frames import MANY
from db.models import CosellOffer
from db.session import Actor
from db.vocabulary import LibraryState, ListingStatus, OfferStatus, PersonState, WorkStatus
from lib import accounts, listings, orders, products, resets, rights
from lib.order_filter import Filter as OrderFilter
from lib.rights import Right


@dataclass(frozen=True)
class Queue:
    """One kind of waiting work. `page` and `query` open the list that shows it."""

    group: str
    name: str
    meaning: str
    page: str
    query: Mapping[str, str]
    colour: str
    icon: str
    count: int = 0
    """Capped: 10,001 means more than 10,000."""


@dataclass(frozen=True)
class _Kind:
    group: str
    name: str
    meaning: str
    page: str
    query: Mapping[str, str]
    count: Callable[[Session], int]
    colour: str = "orange"
    icon: str = "inbox"
    right: Right = field(default=Right.LOOK)


def _orders(**wanted: Any) -> Callable[[Session], int]:
    return lambda session: orders.count(session, OrderFilter(**wanted))


def _products(**wanted: Any) -> Callable[[Session], int]:
    return lambda session: products.count(session, products.Filter(**wanted))


def _failed(session: Session) -> int:
    return listings.count(session, listings.Filter(status=ListingStatus.FAILED))


def _offers(session: Session) -> int:
    refused = select(CosellOffer.id).where(CosellOffer.status == OfferStatus.REFUSED).limit(MANY + 1).subquery()
    return session.scalar(select(func.count()).select_from(refused)) or 0


def _waiting(session: Session) -> int:
    return accounts.count(session, accounts.Filter(state=PersonState.WAITING))


def _forgotten(session: Session) -> int:
    return len(resets.requests(session, MANY))


KINDS = (
    _Kind("Orders", "To purchase", "Orders that nothing has been bought for", "orders", {"o_work": "to_purchase"},
          _orders(work=WorkStatus.TO_PURCHASE), icon="shopping_cart"),
    _Kind("Orders", "Ship by soon", "To be shipped within 48 hours", "orders", {"o_soon": "true"}, _orders(soon=True), icon="schedule"),
    _Kind("Orders", "Late", "The ship-by time has passed", "orders", {"o_late": "true"}, _orders(late=True), "red", "alarm"),
    _Kind("Orders", "Exceptions", "Orders that need a decision, for example canceled after they were bought", "orders",
          {"o_work": "exception"}, _orders(work=WorkStatus.EXCEPTION), "red", "report"),
    _Kind("Orders", "Unlinked lines", "Orders with a line that no product is linked to", "orders", {"o_unlinked": "true"},
          _orders(unlinked=True), icon="link_off"),
    _Kind("Products", "Captured", "Taken from a platform, waiting to be worked on", "captured", {},
          _products(state=LibraryState.CAPTURED), "blue", "move_to_inbox"),
    _Kind("Products", "Without picture", "Products of the library without a picture", "products", {"p_no_picture": "true"},
          _products(without_picture=True), icon="hide_image"),
    _Kind("Products", "Without code", "Products of the library without an EAN or UPC", "products", {"p_no_code": "true"},
          _products(without_code=True), icon="barcode"),
    _Kind("Products", "Failed uploads", "Listings that the marketplace has refused", "listings", {"l_status": "failed"}, _failed, "red",
          "cloud_off"),
    _Kind("Products", "Offers refused", "Co-sell offers that the marketplace has refused", "cosell", {"s_status": "refused"}, _offers,
          "red", "handshake"),
    _Kind("People", "Waiting to come in", "Registered, not yet let in", "accounts", {"a_state": "waiting"}, _waiting, icon="person_add",
          right=Right.PEOPLE),
    _Kind("People", "Forgotten passwords", "Asked for a new password", "accounts", {}, _forgotten, icon="key", right=Right.PEOPLE),
)  # fmt: skip


def queues(session: Session, actor: Actor) -> list[Queue]:
    """The queues that this person may see, each with how much waits in it."""
    return [
        Queue(kind.group, kind.name, kind.meaning, kind.page, kind.query, kind.colour, kind.icon, kind.count(session))
        for kind in KINDS
        if rights.may(actor, kind.right)
    ]
