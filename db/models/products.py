"""The product library: what we sell or may sell, in which category, with which pictures."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import QUIET, Base, Moment, Word, money, now
from db.vocabulary import LibraryState, PictureRoute, SalesStatus, Source


class Category(Base):
    """A node of the category tree; `path` is its full name, for example Men / Tops."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(String(600), unique=True)


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (
        Index("ix_product_state_updated_at_id", "state", "updated_at", "id"),
        Index("ix_product_state_category_id_updated_at_id", "state", "category_id", "updated_at", "id"),
        Index(
            "ix_product_category_id_source_state_updated_at_id", "category_id", "source", "state", "updated_at", "id"
        ),
        Index("ix_product_updated_at_id", "updated_at", "id"),
        Index("ix_product_created_at_id", "created_at", "id"),
        # Without the empty ones: SQLite would fetch and sort all products without a code to show the newest fifty.
        Index("ix_product_ean", "ean", sqlite_where=text("ean IS NOT NULL"), postgresql_where=text("ean IS NOT NULL")),
        Index(
            "ix_product_without_code",
            "state",
            "updated_at",
            "id",
            sqlite_where=text("ean IS NULL"),
            postgresql_where=text("ean IS NULL"),
        ),
        Index(
            "ix_product_without_picture",
            "state",
            "updated_at",
            "id",
            sqlite_where=text("picture IS NULL"),
            postgresql_where=text("picture IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(80), unique=True)
    ean: Mapped[str | None] = mapped_column(String(14))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"), index=True)
    title_zh: Mapped[str | None] = mapped_column(String(500))
    title_en: Mapped[str | None] = mapped_column(String(500))
    description: Mapped[str | None] = mapped_column(Text)
    bullets: Mapped[str | None] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    brand: Mapped[str | None] = mapped_column(String(200))
    source: Mapped[Source] = mapped_column(Word(Source), default=Source.OTHER)
    source_url: Mapped[str | None] = mapped_column(String(1000))
    source_price: Mapped[Decimal | None] = mapped_column(money())
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    weight_grams: Mapped[int | None]
    size: Mapped[str | None] = mapped_column(String(100))
    transport: Mapped[str | None] = mapped_column(String(200))
    """Values of vocabulary.Transport, joined by commas."""
    state: Mapped[LibraryState] = mapped_column(Word(LibraryState), default=LibraryState.DRAFT)
    sales_status: Mapped[SalesStatus] = mapped_column(Word(SalesStatus), default=SalesStatus.DEVELOPING)
    owner: Mapped[str | None] = mapped_column(String(60))
    tags: Mapped[str | None] = mapped_column(String(500))
    remark: Mapped[str | None] = mapped_column(String(2000))
    picture: Mapped[str | None] = mapped_column(String(80))
    """Name of the main picture's file in the pictures folder; empty means the product shows none."""
    picture_url: Mapped[str | None] = mapped_column(String(1000))
    """Where that picture is to be had, as the supplier's page or file named it."""
    picture_changed_at: Mapped[datetime | None] = mapped_column(Moment)
    picture_route: Mapped[PictureRoute | None] = mapped_column(Word(PictureRoute))
    last_order_at: Mapped[datetime | None] = mapped_column(Moment, info=QUIET)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, info=QUIET)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now, info=QUIET)
    search_text: Mapped[str] = mapped_column(Text, default="", info=QUIET)
