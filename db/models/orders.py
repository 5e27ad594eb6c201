"""What customers bought."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import QUIET, Base, Moment, Word, money, now
from db.vocabulary import OrderStatus, WorkStatus


class Order(Base):
    __tablename__ = "customer_order"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index("ix_customer_order_work_status_bought_at_id", "work_status", "bought_at", "id"),
        Index("ix_customer_order_status_bought_at_id", "status", "bought_at", "id"),
        Index("ix_customer_order_store_id_bought_at_id", "store_id", "bought_at", "id"),
        Index("ix_customer_order_bought_at_id", "bought_at", "id"),
        Index("ix_customer_order_ship_by_id", "ship_by", "id"),
        Index("ix_customer_order_status_ship_by_id", "status", "ship_by", "id"),
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
    buyer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=QUIET)
    """Name, address, telephone and e-mail, encrypted with a key that is not in the database."""
    buyer_masked: Mapped[str | None] = mapped_column(String(200), info=QUIET)
    buyer_erased_at: Mapped[datetime | None] = mapped_column(Moment, info=QUIET)
    note: Mapped[str | None] = mapped_column(String(2000))
    tags: Mapped[str | None] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(Moment, default=now, info=QUIET)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now, info=QUIET)


class OrderLine(Base):
    __tablename__ = "order_line"
    __table_args__ = (UniqueConstraint("order_id", "item"),)

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
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("cosell_offer.id"), index=True)
    canceled: Mapped[bool] = mapped_column(default=False)
