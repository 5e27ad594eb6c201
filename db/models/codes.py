"""The ledger of product codes: every number ever held, so that none is used twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Moment, Word, now
from db.vocabulary import CheckVerdict, CodeRunKind, CodeState, CodeType, Licence


class CodeRun(Base):
    """One press of Reserve, or one list of codes that was brought in."""

    __tablename__ = "code_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    actor: Mapped[str] = mapped_column(String(60))
    type: Mapped[CodeType] = mapped_column(Word(CodeType))
    prefix: Mapped[str] = mapped_column(String(12))
    quantity: Mapped[int]
    kind: Mapped[CodeRunKind] = mapped_column(Word(CodeRunKind), default=CodeRunKind.GENERATED)
    licence: Mapped[Licence] = mapped_column(Word(Licence))
    name: Mapped[str] = mapped_column(String(200), default="")
    """What people call it, for example the file it came in: GS1 order 4711.csv."""
    undone_at: Mapped[datetime | None] = mapped_column(Moment)


class Code(Base):
    """One code. Its GTIN-14 form is unique for ever: a UPC and the EAN that means the same item are one code."""

    __tablename__ = "code"
    __table_args__ = (
        Index("ix_code_state_id", "state", "id"),
        Index("ix_code_run_id_state_id", "run_id", "state", "id"),
        Index("ix_code_licence_type_state_id", "licence", "type", "state", "id"),
        Index(
            "ix_code_product_id",
            "product_id",
            sqlite_where=text("product_id IS NOT NULL"),
            postgresql_where=text("product_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    gtin14: Mapped[str] = mapped_column(String(14), unique=True)
    code: Mapped[str] = mapped_column(String(14))
    type: Mapped[CodeType] = mapped_column(Word(CodeType))
    licence: Mapped[Licence] = mapped_column(Word(Licence))
    state: Mapped[CodeState] = mapped_column(Word(CodeState))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("code_run.id"))
    reserved_by: Mapped[str | None] = mapped_column(String(60))
    reserved_at: Mapped[datetime | None] = mapped_column(Moment)
    assigned_at: Mapped[datetime | None] = mapped_column(Moment)
    exposed_at: Mapped[datetime | None] = mapped_column(Moment)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)


class CodeCounter(Base):
    """How many codes of a prefix have been drawn; the permutation of this count is what looks random."""

    __tablename__ = "code_counter"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(String(40), unique=True)
    drawn: Mapped[int] = mapped_column(BigInteger, default=0)


class CatalogueCheck(Base):
    """What the catalogue of a marketplace knew of a code when it was asked."""

    __tablename__ = "catalogue_check"
    __table_args__ = (Index("ix_catalogue_check_gtin14_store_id_id", "gtin14", "store_id", "id"),)
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    gtin14: Mapped[str] = mapped_column(String(14))
    store_id: Mapped[int] = mapped_column(ForeignKey("store.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    matches: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """[{"asin": ..., "title": ..., "brand": ...}], one for each ASIN with this code."""
    verdict: Mapped[CheckVerdict] = mapped_column(Word(CheckVerdict))
