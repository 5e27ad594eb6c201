"""What customers bought."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import QUIET, Base, Moment, Word, money, now, rate
from db.vocabulary import OrderStatus, ShipmentState, WorkStatus


class Order(Base):
    __tablename__ = "customer_order"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        # Four more are in db/order_facts.py: they hold all that lists are asked for.
        Index("ix_customer_order_ship_by_id", "ship_by", "id"),
        Index("ix_customer_order_paid_at_id", "paid_at", "id"),
        Index("ix_customer_order_shipped_at_id", "shipped_at", "id"),
        Index("ix_customer_order_total_id", "total", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id"))
    number: Mapped[str] = mapped_column(String(60), index=True)
    status: Mapped[OrderStatus] = mapped_column(Word(OrderStatus))
    work_status: Mapped[WorkStatus] = mapped_column(Word(WorkStatus), default=WorkStatus.TO_PURCHASE)
    fulfilment: Mapped[str] = mapped_column(String(10), default="seller")
    """Who ships: seller or amazon."""
    bought_at: Mapped[datetime] = mapped_column(Moment)
    paid_at: Mapped[datetime | None] = mapped_column(Moment)
    ship_by: Mapped[datetime | None] = mapped_column(Moment)
    shipped_at: Mapped[datetime | None] = mapped_column(Moment)
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[Decimal | None] = mapped_column(money())
    country: Mapped[str | None] = mapped_column(String(2))
    is_sale: Mapped[bool] = mapped_column(default=True)
    """False for what the marketplace only sends out for us, sold elsewhere: its money is not ours to count here."""
    told_at: Mapped[datetime | None] = mapped_column(Moment, info=QUIET)
    """When the marketplace had changed it, as far as we were told; what is older than that is old news."""
    buyer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=QUIET)
    """Name, address, telephone and e-mail, encrypted with a key that is not in the database."""
    buyer_masked: Mapped[str | None] = mapped_column(String(200), info=QUIET)
    buyer_erased_at: Mapped[datetime | None] = mapped_column(Moment, info=QUIET)
    note: Mapped[str | None] = mapped_column(String(2000))
    tags: Mapped[str | None] = mapped_column(String(200))
    has_purchase: Mapped[bool] = mapped_column(default=False, info=QUIET)
    """This and the next four follow from lines and purchases; lib/orders/work.py keeps them, so that lists need not look there."""
    has_tracking: Mapped[bool] = mapped_column(default=False, info=QUIET)
    is_unlinked: Mapped[bool] = mapped_column(default=False, info=QUIET)
    """It has a line that is not canceled and that no product is linked to."""
    is_canceled_bought: Mapped[bool] = mapped_column(default=False, info=QUIET)
    """A line, or all of it, was canceled after something had been bought for it."""
    is_losing: Mapped[bool] = mapped_column(default=False, info=QUIET)
    """What was bought for it costs more than is left of its price after the fee."""
    received_at: Mapped[datetime] = mapped_column(Moment, default=now, info=QUIET)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now, info=QUIET)


class OrderLine(Base):
    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "item"),
        # From the products that have a word to their orders, and the other way, without a look at the lines.
        Index("ix_order_line_product_id_order_id", "product_id", "order_id"),
        Index("ix_order_line_order_id_product_id", "order_id", "product_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))
    item: Mapped[str] = mapped_column(String(60))
    """The marketplace's own number of the line."""
    sku: Mapped[str] = mapped_column(String(80), index=True)
    asin: Mapped[str | None] = mapped_column(String(10), index=True)
    title: Mapped[str | None] = mapped_column(String(500))
    quantity: Mapped[int]
    price: Mapped[Decimal | None] = mapped_column(money())
    """For the whole line, not for one piece."""
    shipping: Mapped[Decimal | None] = mapped_column(money())
    tax: Mapped[Decimal | None] = mapped_column(money())
    fee: Mapped[Decimal | None] = mapped_column(money())
    """What the marketplace keeps, once it has told; until then the store's percentage is the estimate."""
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("cosell_offer.id"), index=True)
    canceled: Mapped[bool] = mapped_column(default=False)


class Shipment(Base):
    """One parcel that left for the buyer, and whether the marketplace knows."""

    __tablename__ = "shipment"
    __table_args__ = (Index("ix_shipment_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"), index=True)
    request: Mapped[str] = mapped_column(String(60), unique=True)
    """The key of the form that made it: the same form pressed twice makes one shipment."""
    carrier: Mapped[str] = mapped_column(String(40))
    """The marketplace's own code of the carrier; "Other" with a name of ours."""
    carrier_name: Mapped[str] = mapped_column(String(100), default="")
    tracking: Mapped[str] = mapped_column(String(80), default="", index=True)
    method: Mapped[str] = mapped_column(String(60), default="")
    shipped_at: Mapped[datetime] = mapped_column(Moment)
    cost: Mapped[Decimal | None] = mapped_column(money())
    """What sending it abroad cost, in `currency`."""
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    fx: Mapped[Decimal | None] = mapped_column(rate())
    """What one unit of `currency` was worth in the order's currency on the day it left."""
    state: Mapped[ShipmentState] = mapped_column(Word(ShipmentState), default=ShipmentState.DRAFT)
    submission: Mapped[str | None] = mapped_column(String(60), index=True, info=QUIET)
    """The key under which the marketplace was told, or the file it was written into; empty while it waits."""
    problem: Mapped[str | None] = mapped_column(String(500))
    """Why the marketplace refused it."""
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, info=QUIET)


class ShipmentLine(Base):
    """How many pieces of an order line a parcel holds."""

    __tablename__ = "shipment_line"
    __table_args__ = (UniqueConstraint("shipment_id", "order_line_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipment.id", ondelete="CASCADE"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[int]


class PastedList(Base):
    """Numbers that somebody pasted to look for, so that a link can open the list again."""

    __tablename__ = "pasted_list"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True)
    """Made from the numbers: the same numbers are the same list."""
    numbers: Mapped[str] = mapped_column(Text)
    """As they were pasted, in their order, repeats too: a JSON array."""
    pasted_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)


class SavedView(Base):
    """A combination of criteria that somebody has named; one's own, or the team's."""

    __tablename__ = "saved_view"
    __table_args__ = (Index("ix_saved_view_screen_owner", "screen", "owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    screen: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(2000))
    """As it stands in the address of the page."""
    owner: Mapped[str] = mapped_column(String(60))
    is_shared: Mapped[bool] = mapped_column(default=False)
    """Whether the whole team has it."""
    is_queue: Mapped[bool] = mapped_column(default=False)
    """Whether Home counts it."""
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, info=QUIET)


class OrderFileMapping(Base):
    """Which column of a file means what: remembered for the next file with the same columns."""

    __tablename__ = "order_file_mapping"

    id: Mapped[int] = mapped_column(primary_key=True)
    signature: Mapped[str] = mapped_column(String(64), unique=True)
    """Made from the names of the columns, in their order."""
    name: Mapped[str] = mapped_column(String(100))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Field of an order -> column of the file, and what is the same for every row."""
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now, info=QUIET)
