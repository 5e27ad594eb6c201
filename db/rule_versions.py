"""Versions of price rules: what a rule said, from when on, and whose change it was.

Written by the session itself when a transaction that has touched tiers is about to be committed, so that a save, an import and an undo
all leave one.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import event, func, insert, inspect, select
from sqlalchemy.orm import Session, UOWTransaction

from db.models import Category, PriceRuleVersion, PriceTier
from db.pasted import numbered
from db.vocabulary import Source

Key = tuple[int, Source]


def watch(session_class: type[Session]) -> None:
    event.listen(session_class, "after_flush", _notice)
    event.listen(session_class, "before_commit", _write)


def _notice(session: Session, _context: UOWTransaction) -> None:
    touched: set[Key] = session.info.setdefault("rules touched", set())
    for row in [*session.new, *session.dirty, *session.deleted]:
        if isinstance(row, PriceTier):
            touched.update(_keys(row))


def _keys(tier: PriceTier) -> Iterator[Key]:
    """The rule that the tier belongs to, and the one that it has just left."""
    yield tier.category_id, tier.source
    state = inspect(tier)
    was = [(state.attrs[name].history.deleted or (getattr(tier, name),))[0] for name in ("category_id", "source")]
    yield was[0], was[1]


def _write(session: Session) -> None:
    if session.in_nested_transaction() or session.info.get("reading"):
        return
    session.flush()
    if not (touched := session.info.pop("rules touched", set())):
        return
    categories = {category_id for category_id, _ in touched}
    _one_by_one(session, categories)
    tiers, last = packed(session, categories), newest_of_all(session, categories)
    before = _tiers(session, [number for number, _ in last.values()])
    about = {"actor": session.info["actor"].name, "set_id": session.info.get("set_id")}
    versions = [
        {"category_id": key[0], "source": key[1], "number": number + 1, "tiers": tiers.get(key, []), **about}
        for key, (version_id, number) in ((key, last.get(key, (0, 0))) for key in sorted(touched))
        if tiers.get(key, []) != before.get(version_id, [])
    ]
    if versions:
        session.execute(insert(PriceRuleVersion), versions)


def _one_by_one(session: Session, categories: set[int]) -> None:
    """Whoever else is about to number a version of a rule of these categories waits until we are done."""
    among = select(numbered(categories).c.id)
    query = select(Category.id).where(Category.id.in_(among)).order_by(Category.id)
    session.execute(query.with_for_update(key_share=True))


def _tiers(session: Session, ids: list[int]) -> dict[int, list[Any]]:
    """What these versions say."""
    among = select(numbered(ids).c.id)
    query = select(PriceRuleVersion.id, PriceRuleVersion.tiers).where(PriceRuleVersion.id.in_(among))
    return {row.id: row.tiers for row in session.execute(query)}


def newest(session: Session, category_id: int, source: Source) -> PriceRuleVersion | None:
    same = (PriceRuleVersion.category_id == category_id, PriceRuleVersion.source == source)
    return session.scalars(
        select(PriceRuleVersion).where(*same).order_by(PriceRuleVersion.number.desc()).limit(1)
    ).first()


def packed(session: Session, categories: set[int]) -> dict[Key, list[Any]]:
    """The tiers in force of the rules of these categories, low to high, as a version keeps them."""
    among = select(numbered(categories).c.id)
    query = select(PriceTier.category_id, PriceTier.source, PriceTier.threshold, PriceTier.percent, PriceTier.fine)
    found: dict[Key, list[Any]] = {}
    rows = query.where(PriceTier.active, PriceTier.category_id.in_(among)).order_by(PriceTier.threshold)
    for category_id, source, *numbers in session.execute(rows):
        found.setdefault((category_id, source), []).append([_plain(number) for number in numbers])
    return found


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def newest_of_all(session: Session, categories: set[int] | None = None) -> dict[Key, tuple[int, int]]:
    """The id and number of the newest version of each rule, or of each rule of these categories."""
    rule = (PriceRuleVersion.category_id, PriceRuleVersion.source)
    newest = select(*rule, func.max(PriceRuleVersion.number).label("number")).group_by(*rule)
    if categories is not None:
        newest = newest.where(PriceRuleVersion.category_id.in_(select(numbered(categories).c.id)))
    last = newest.subquery()
    same = (
        (PriceRuleVersion.category_id == last.c.category_id)
        & (PriceRuleVersion.source == last.c.source)
        & (PriceRuleVersion.number == last.c.number)
    )
    query = select(PriceRuleVersion.id, *rule, PriceRuleVersion.number).join(last, same)
    return {(row.category_id, row.source): (row.id, row.number) for row in session.execute(query)}
