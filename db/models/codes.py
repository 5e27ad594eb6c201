"""The ledger of product codes: every number ever held, so that none is used twice."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Moment, Word, now
from db.vocabulary import CodeState, CodeType, Licence


class CodeRun(Base):
    """One press of Reserve."""

    __tablename__ = "code_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    actor: Mapped[str] = mapped_column(String(60))
    type: Mapped[CodeType] = mapped_column(Word(CodeType))
    prefix: Mapped[str] = mapped_column(String(12))
    quantity: Mapped[int]


class Code(Base):
    """One code. Its GTIN-14 form is unique for ever: a UPC and the EAN that means the same item are one code."""

    __tablename__ = "code"
    __table_args__ = (Index("ix_code_state_id", "state", "id"), Index("ix_code_run_id_id", "run_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    gtin14: Mapped[str] = mapped_column(String(14), unique=True)
    code: Mapped[str] = mapped_column(String(14))
    type: Mapped[CodeType] = mapped_column(Word(CodeType))
    licence: Mapped[Licence] = mapped_column(Word(Licence))
    state: Mapped[CodeState] = mapped_column(Word(CodeState))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"), index=True)
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
