"""Lists of numbers that people paste to look for: kept under a short key, so that a link opens them again; what became of each."""

import json
from base64 import b32encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from db.models import PastedList, SavedView, now
from db.pasted import array
from lib.commands import command
from lib.orders.order_filter import Filter
from lib.orders.order_numbers import MOST_ENTRIES, is_known, kept, known, pieces, typed
from lib.problems import Refused
from lib.rights import Right

KEPT_FOR = timedelta(days=90)
MOST_BYTES = 8_000_000


@dataclass(frozen=True)
class Answer:
    """What became of a pasted list. Numbers stand as they were pasted, in their order."""

    asked: int = 0
    """How many different ones."""
    found: int = 0
    duplicates: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    times: dict[str, int] = field(default_factory=dict)
    """How often each of the duplicates was pasted."""


@command(Right.LOOK)
def keep(session: Session, text: str) -> str:
    """Keep a pasted list, repeats too, and return its key; the same numbers have the same key."""
    found = list(pieces(text))
    if not found:
        raise Refused("There is no number in this list. Nothing was looked for.")
    if len(found) > MOST_ENTRIES:
        raise Refused(
            f"This list has {len(found):,} numbers; at most {MOST_ENTRIES:,} are looked for at once. Nothing was looked for."
        )
    listed = array(found)
    if len(listed) > MOST_BYTES:
        raise Refused("This list is longer than 8 MB: it can hardly be numbers. Nothing was looked for.")
    key = b32encode(sha256(listed.encode()).digest())[:12].decode().lower()
    before = session.scalar(select(PastedList).where(PastedList.key == key))
    if before is None:
        session.add(PastedList(key=key, numbers=listed))
    else:
        before.pasted_at = now()
    return key


def numbers(session: Session, key: str) -> tuple[str, ...]:
    """The list as it was pasted, repeats too; empty when it is not kept any more."""
    listed = session.scalar(select(PastedList.numbers).where(PastedList.key == key))
    return tuple(json.loads(listed)) if listed else ()


def answer(session: Session, wanted: Filter) -> Answer:
    """What became of the numbers of a filter, the short list and the kept one together, in all orders, whatever else it asks."""
    typed_here = tuple(pieces(wanted.numbers))[:MOST_ENTRIES]
    have = known(session, typed(typed_here)) if typed_here else set[str]()
    if wanted.paste:
        have |= known(session, kept(wanted.paste))
    return told((*typed_here, *numbers(session, wanted.paste)), have)


def missing(session: Session, text: str) -> list[str]:
    """The numbers of a pasted text that no order has."""
    return list(answer(session, Filter(numbers=text)).missing)


def purge(session: Session) -> int:
    """Forget the lists that nobody has pasted for 90 days and no saved view asks for; returns how many."""
    asks = or_(
        SavedView.query.contains("o_paste=" + PastedList.key), SavedView.query.contains("b_paste=" + PastedList.key)
    )
    in_a_view = select(SavedView.id).where(asks).exists()
    old = delete(PastedList).where(PastedList.pasted_at < now() - KEPT_FOR, ~in_a_view).returning(PastedList.id)
    return len(session.scalars(old).all())


def told(asked: Sequence[str], have: set[str]) -> Answer:
    """What became of numbers of which those in `have` were found."""
    times = Counter(asked)
    several = {number: often for number, often in times.items() if often > 1}
    lost = tuple(number for number in times if not is_known(number, have))
    return Answer(len(times), len(times) - len(lost), tuple(several), lost, several)
