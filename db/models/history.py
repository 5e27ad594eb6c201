"""What was changed, when, by whom, with which command; and the work that goes on in the background."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Moment, Word, now
from db.vocabulary import JobState


class ChangeSet(Base):
    """One click, one command: all that it changed belongs together."""

    __tablename__ = "change_set"
    __table_args__ = (Index("ix_change_set_at_id", "at", "id"),)
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    actor: Mapped[str] = mapped_column(String(60), index=True)
    command: Mapped[str] = mapped_column(String(60), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="")
    summary: Mapped[str] = mapped_column(String(1000), default="")
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("change_set.id"), index=True)


class Change(Base):
    """One cell, before and after; or one row, when `field` is empty: added (no before) or deleted (no after)."""

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_table_row_id", "table", "row_id"),)
    historied = False

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("change_set.id"), index=True)
    table: Mapped[str] = mapped_column(String(40))
    row_id: Mapped[int]
    field: Mapped[str | None] = mapped_column(String(40))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    """JSON of the value as the column stores it; money and percentages as integers of their smallest step."""


class Job(Base):
    """A long piece of work: it goes on when the tab is closed, and is taken up again after a restart."""

    __tablename__ = "job"
    __table_args__ = (
        Index("uq_job_live", "once", unique=True, sqlite_where=text("state IN ('queued', 'running')"),
              postgresql_where=text("state IN ('queued', 'running')")),
    )  # fmt: skip
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    once: Mapped[str] = mapped_column(String(120))
    """Two jobs with the same words here never wait or run at the same time: a double click starts one."""
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(60))
    state: Mapped[JobState] = mapped_column(Word(JobState), default=JobState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(String(1000), default="")
    tries: Mapped[int] = mapped_column(default=0)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    beat_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class MadeFile(Base):
    """A file that long work has made, to be fetched by whoever asked for it."""

    __tablename__ = "made_file"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    """What it is called when somebody saves it."""
    path: Mapped[str] = mapped_column(String(200))
    """Where it lies, below the folder of made files."""
    bytes: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(60), index=True)
    made_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)


class NightlyRun(Base):
    """One run of the nightly job, or of a part of it: a line a step."""

    __tablename__ = "nightly_run"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Moment, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(String(60))
    succeeded: Mapped[bool | None]
    lines: Mapped[list[Any]] = mapped_column(JSON, default=list)


class NightlyItem(Base):
    """One product that a nightly run looked at: why, and how it ended."""

    __tablename__ = "nightly_item"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("nightly_run.id", ondelete="CASCADE"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), index=True)
    reasons: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(String(500), default="")
