"""Home's work queues: what waits for somebody, how much of it, and the list that shows exactly that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.frames import MANY
from db.models import CosellOffer
from db.session import Actor
from db.vocabulary import LibraryState, ListingStatus, OfferStatus, PersonState, PurchaseStatus, WorkStatus
from lib import rights, views
from lib.orders import orders
from lib.orders.order_filter import Filter as OrderFilter
from lib.orders.order_links import SCREENS
from lib.orders.parcels import CHANGEABLE as UNTOLD
from lib.people import accounts, resets
from lib.products import listings, products
from lib.purchases import purchases
from lib.rights import Right


@dataclass(frozen=True)
class Queue:
    """One kind of waiting work. `page` and `query` open the list that shows it."""

    group: str
    name: str
    meaning: str
    page: str
    query: Mapping[str, str | Sequence[str]]
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
    query: Mapping[str, str | Sequence[str]]
    count: Callable[[Session], int]
    colour: str = "orange"
    icon: str = "inbox"
    right: Right = field(default=Right.LOOK)


def _orders(**wanted: Any) -> Callable[[Session], int]:
    return lambda session: orders.count(session, OrderFilter(**wanted))


def _purchases(**wanted: Any) -> Callable[[Session], int]:
    return lambda session: purchases.count(session, purchases.Filter(**wanted))


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
    _Kind("Orders", "Packed, not told", "A parcel has left, and the marketplace has not been told or has refused it", "orders",
          {"o_parcels": [state.label for state in UNTOLD]}, _orders(parcels=UNTOLD), "red", "campaign"),
    _Kind("Orders", "Exceptions", "Orders that need a decision, for example canceled after they were bought", "orders",
          {"o_work": "exception"}, _orders(work=WorkStatus.EXCEPTION), "red", "report"),
    _Kind("Orders", "Unlinked lines", "Orders with a line that no product is linked to", "orders", {"o_unlinked": "true"},
          _orders(unlinked=True), icon="link_off"),
    _Kind("Orders", "Canceled but bought", "A line was canceled after something had been bought for it", "orders", {"o_vain": "true"},
          _orders(vain=True), "red", "remove_shopping_cart"),
    _Kind("Orders", "Losing money", "What was bought for them costs more than is left of their price", "orders", {"o_losing": "true"},
          _orders(losing=True), "red", "trending_down"),
    _Kind("Purchases", "To review", "Purchases that somebody has to look at before the money is gone", "purchase",
          {"b_status": "to_review"}, _purchases(status=PurchaseStatus.TO_REVIEW), icon="rule"),
    _Kind("Purchases", "No tracking for 48 h", "Bought more than 48 hours ago, and the seller has told no tracking number", "purchase",
          {"b_late_tracking": "true"}, _purchases(late_tracking=True), icon="hourglass_bottom"),
    _Kind("Purchases", "Stuck parcels", "On the way, or at the forwarding warehouse, for too long", "purchase", {"b_stuck": "true"},
          _purchases(stuck=True), "red", "package_2"),
    _Kind("Purchases", "Partly arrived", "Some of the pieces are here, the others are not", "purchase", {"b_status": "partly_arrived"},
          _purchases(status=PurchaseStatus.PARTLY_ARRIVED), icon="inventory"),
    _Kind("Purchases", "Price drift", "Bought at a price far from the one that was expected", "purchase", {"b_drift": "true"},
          _purchases(drift=True), icon="query_stats"),
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
    """The queues that this person may see, each with how much waits in it; saved views stand behind the lists that they are of."""
    fixed = [
        Queue(kind.group, kind.name, kind.meaning, kind.page, kind.query, kind.colour, kind.icon, kind.count(session))
        for kind in KINDS
        if rights.may(actor, kind.right)
    ]
    place = 1 + max(place for place, queue in enumerate(fixed) if queue.page in SCREENS)
    return [*fixed[:place], *(_saved(view) for view in views.on_home(session, actor)), *fixed[place:]]


def _saved(view: views.View) -> Queue:
    """A saved view as a queue: its link holds the criteria that are counted, and which view they are."""
    whose = f"{view.owner}'s view for the team" if view.is_shared else "A view of your own"
    query = view.criteria | {SCREENS[view.screen].view: [str(view.id)]}
    return Queue("Saved views", view.name, f"{whose}: {view.screen}", view.screen, query, "blue",
                 "groups" if view.is_shared else "bookmark", view.count)  # fmt: skip
