"""The people who work here, and what lets them in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import QUIET, Base, Moment, Word, now
from db.vocabulary import PersonState, Role


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(200), unique=True)
    email: Mapped[str | None] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[Role] = mapped_column(Word(Role), default=Role.VIEWER)
    state: Mapped[PersonState] = mapped_column(Word(PersonState), default=PersonState.WAITING)
    password_hash: Mapped[str] = mapped_column(String(100), info=QUIET)
    must_change: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class SignIn(Base):
    """One browser that is signed in. The token itself is only in that browser's cookie; here is its SHA-256."""

    __tablename__ = "sign_in"
    historied = False

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    opened_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    agent: Mapped[str] = mapped_column(String(200), default="")


class Ticket(Base):
    """Takes a person who gave the right password from the form to the cookie: good once, for a minute. Its SHA-256."""

    __tablename__ = "ticket"
    historied = False

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(Moment)


class Attempt(Base):
    """A try to sign in, counted per name and per address so that guessing ends soon."""

    __tablename__ = "attempt"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(String(200), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    succeeded: Mapped[bool]


class PasswordReset(Base):
    """A forgotten password: asked for, handed over as a one-time code, used or expired."""

    __tablename__ = "password_reset"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[datetime] = mapped_column(Moment, default=now)
    code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class SavedSetting(Base):
    """A choice of the admins for the whole company, for example how registration works."""

    __tablename__ = "setting"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(500))


class SupportTicket(Base):
    """What somebody wrote under Contact us."""

    __tablename__ = "support_ticket"
    historied = False

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    person: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[str] = mapped_column(String(20), default="")
    page: Mapped[str] = mapped_column(String(60), default="")
    error_id: Mapped[str] = mapped_column(String(20), default="")
    reply_to: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(String(4000))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
