"""Contact us: what somebody wrote to the people who keep Caravan running, and whether it was answered."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import SupportTicket
from db.models.base import now
from db.session import SYSTEM, Actor, transaction
from lib.commands import command
from lib.people import sign_in
from lib.problems import Refused
from lib.rights import Right

MOST_LETTERS = 4_000


def write(actor: Actor | None, text: str, reply_to: str, page: str, error_id: str, address: str) -> str:
    """Send a message to the admins, signed in or not. Raises Refused."""
    text = _clean(text, MOST_LETTERS + 1, keep="\n")
    if not text:
        raise Refused("Write a few words about what happened. Nothing was sent.")
    if len(text) > MOST_LETTERS:
        raise Refused(f"This is longer than {MOST_LETTERS:,} letters. Nothing was sent; shorten it.")
    if actor is None and not reply_to.strip():
        raise Refused("Say how we can answer you: an e-mail address, a phone number. Nothing was sent.")
    sign_in.count_attempt(actor.name if actor else reply_to, address, "support ")
    with transaction(actor or SYSTEM, "support.write") as session:
        ticket = SupportTicket(
            person=actor.name[:120] if actor else "",
            role=actor.role.value if actor else "",
            page=_clean(page, 60),
            error_id=_clean(error_id, 20),
            reply_to=_clean(reply_to, 200),
            text=text,
        )
        session.add(ticket)
        session.flush()
        return f"Thank you. Your message has number {ticket.id}; an admin sees it now."


def _clean(text: str, most: int, keep: str = "") -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter in keep).strip()[:most]


@dataclass(frozen=True)
class Message:
    id: int
    at: datetime
    sender: str
    about: str
    text: str


def unanswered(session: Session, most: int = 20) -> list[Message]:
    """What still waits for an answer, the oldest first."""
    query = select(SupportTicket).where(SupportTicket.answered_at.is_(None)).order_by(SupportTicket.id).limit(most)
    return [Message(t.id, t.at, _sender(t), _about(t), t.text) for t in session.scalars(query)]


def _sender(ticket: SupportTicket) -> str:
    who = f"{ticket.person} ({ticket.role})" if ticket.person else "somebody not signed in"
    return f"{who}, {ticket.reply_to}" if ticket.reply_to else who


def _about(ticket: SupportTicket) -> str:
    error = f"error {ticket.error_id}" if ticket.error_id else ""
    return ", ".join(part for part in (ticket.page, error) if part)


@command(Right.PEOPLE)
def answer(session: Session, message_id: int) -> str:
    """Put a message away as answered."""
    ticket = session.get(SupportTicket, message_id)
    if ticket is None:
        raise Refused("This message is no longer there.")
    ticket.answered_at = ticket.answered_at or now()
    return f"Message {message_id} is answered."
