"""Buyers: who has bought, kept sealed, shown masked, opened only for a reason, and forgotten after a while.

The key lies outside the database (buyer.key in the keys folder, or CARAVAN_BUYER_KEY), so that a copy of the database alone opens nothing.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db import history
from db.models import Order, Shipment, now
from db.vocabulary import OrderStatus, WorkStatus
from lib import settings
from lib.channels import ChannelBuyer
from lib.commands import command
from lib.counted import counted
from lib.problems import Refused
from lib.rights import Right

_LOST_KEY = (
    "This buyer was sealed with another key than the one of this installation. Nothing was shown. "
    "Put buyer.key back into the keys folder, from the backup of the keys."
)
MOST_AT_ONCE = 1_000


# Sealing


def seal(buyer: ChannelBuyer) -> bytes:
    return seal_all([buyer])[0]


def seal_all(many: Sequence[ChannelBuyer]) -> list[bytes]:
    """Each sealed by itself; the key is fetched once."""
    fernet = _fernet() if many else None
    return [fernet.encrypt(json.dumps(vars(buyer), ensure_ascii=False).encode()) for buyer in many] if fernet else []


def seal_file(content: bytes) -> bytes:
    """A file that names buyers, as it may wait on the disk."""
    return _fernet().encrypt(content)


def opened_file(sealed: bytes) -> bytes:
    """The file as it was uploaded. Refused when the key is another one."""
    try:
        return _fernet().decrypt(sealed)
    except InvalidToken:
        raise Refused("The uploaded file was sealed with another key. Nothing was imported: upload it again.") from None


def opened(sealed: bytes) -> ChannelBuyer:
    """The buyer as the marketplace named them. Refused when the key is another one."""
    try:
        return ChannelBuyer(**json.loads(_fernet().decrypt(sealed)))
    except InvalidToken:
        raise Refused(_LOST_KEY) from None


def is_sealed_in(buyer: ChannelBuyer, sealed: bytes) -> bool:
    """Whether that is this very buyer. What a lost key has sealed is nobody."""
    try:
        return opened(sealed) == buyer
    except Refused:
        return False


def masked(buyer: ChannelBuyer) -> str:
    """What everybody may see: "张** · Shenzhen, CN". Nothing of a name that has one letter only."""
    name, where = buyer.name.strip(), ", ".join(filter(None, (buyer.city, buyer.country)))
    return " · ".join(filter(None, (f"{name[: len(name) > 1]}**", where)))[:200]


def _fernet() -> Fernet:
    key = os.environ.get("CARAVAN_BUYER_KEY", "").encode() or _key_of(settings.keys() / "buyer.key")
    try:
        return Fernet(key)
    except ValueError:
        raise Refused(
            "The key that seals buyers is damaged. Nothing was changed. Put buyer.key back from the backup of the keys, "
            "or correct CARAVAN_BUYER_KEY."
        ) from None


def _key_of(file: Path) -> bytes:
    """The key in the file, made at its first use; whoever comes second uses the first one's."""
    with contextlib.suppress(FileNotFoundError):
        return file.read_bytes().strip()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".buyer-")
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(Fernet.generate_key())
            new.flush()
            os.fsync(new.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, file)
    finally:
        os.unlink(name)
    return file.read_bytes().strip()


# Looking


def erased_on(order: Order) -> datetime | None:
    """When the nightly job will forget the buyer; None while the order has not been shipped or they are forgotten."""
    if order.buyer_sealed is None or order.shipped_at is None:
        return None
    return order.shipped_at + timedelta(days=settings.buyer_days())


@command(Right.BUYERS)
def reveal(session: Session, order_id: int, show: Callable[[ChannelBuyer], None]) -> str:
    """Hand the buyer to `show`, and write into the history who has looked. The name is in neither sentence nor history."""
    order = session.get(Order, order_id)
    if order is None:
        raise Refused("This order does not exist any more. Nothing was shown.")
    if order.buyer_sealed is None:
        erased = order.buyer_erased_at
        raise Refused(
            f"The buyer of order {order.number} was erased on {erased:%Y-%m-%d}." if erased
            else f"The marketplace has not named the buyer of order {order.number}."
        )  # fmt: skip
    buyer = opened(order.buyer_sealed)
    history.note(session)
    show(buyer)
    return f"The buyer of order {order.number} was shown to {session.info['actor'].name}."


# Forgetting


def to_erase(session: Session, moment: datetime | None = None) -> int:
    """How many orders have a buyer whose time is over."""
    return session.scalar(select(func.count()).select_from(_over(moment or now()).subquery())) or 0


def erase_old(session: Session, moment: datetime | None = None) -> int:
    """Forget the buyers of what was shipped (or canceled) long enough ago; at most MOST_AT_ONCE, so call it until it returns 0."""
    moment = moment or now()
    orders = session.scalars(select(Order).where(Order.id.in_(_over(moment).limit(MOST_AT_ONCE)))).all()
    for order in orders:
        order.buyer_sealed, order.buyer_masked, order.buyer_erased_at = None, None, moment
    if orders:
        history.note(session)
        history.say(session, f"The buyers of {counted(len(orders), 'order')} were erased.")
    return len(orders)


def _over(moment: datetime) -> Select[Any]:
    """Orders shipped, or canceled and so never shipped, long enough ago.

    Not every marketplace and file says when an order was shipped: then its last parcel counts, else the day on which it was due.
    """
    limit = moment - timedelta(days=settings.buyer_days())
    sealed = Order.buyer_sealed.is_not(None) | Order.buyer_masked.is_not(None)
    canceled = (Order.status == OrderStatus.CANCELED) & (Order.bought_at <= limit)
    done = (Order.status == OrderStatus.SHIPPED) | Order.work_status.in_((WorkStatus.SHIPPED, WorkStatus.CLOSED))
    left = select(func.max(Shipment.shipped_at)).where(Shipment.order_id == Order.id).scalar_subquery()
    untold = Order.shipped_at.is_(None) & done & (func.coalesce(left, Order.ship_by, Order.bought_at) <= limit)
    return select(Order.id).where(sealed, (Order.shipped_at <= limit) | canceled | untold).order_by(Order.id)
