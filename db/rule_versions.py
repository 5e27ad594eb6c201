"""Versions of price rules: what a rule said, from when on, and whose change it was.

Written by the session itself when a transaction that has touched tiers is about to be committed, so that a save, an import and an undo
all leave one.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import event, func, inspect, select
from sqlalchemy.orm import Session, UOWTransaction

from db.models import Category, PriceRuleVersion, PriceTier
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
    touched = session.info.pop("rules touched", set())
    _one_by_one(session, {category_id for category_id, _ in touched})
    for category_id, source in sorted(touched):
        tiers, last = packed(session, category_id, source), newest(session, category_id, source)
        if tiers != (last.tiers if last else []):
            session.add(
                PriceRuleVersion(
                    category_id=category_id, source=source, number=last.number + 1 if last else 1, tiers=tiers,
                    actor=session.info["actor"].name, set_id=session.info.get("set_id"),
                )
            )  # fmt: skip
    session.flush()


def _one_by_one(session: Session, categories: set[int]) -> None:
    """Whoever else is about to number a version of a rule of these categories waits until we are done."""
    if categories:
        query = select(Category.id).where(Category.id.in_(categories)).order_by(Category.id)
        session.execute(query.with_for_update(key_share=True))


def newest(session: Session, category_id: int, source: Source) -> PriceRuleVersion | None:
    same = (PriceRuleVersion.category_id == category_id, PriceRuleVersion.source == source)
    return session.scalars(
        select(PriceRuleVersion).where(*same).order_by(PriceRuleVersion.number.desc()).limit(1)
    ).first()


def packed(session: Session, category_id: int, source: Source) -> list[Any]:
    """The tiers in force of a rule, low to high, as a version keeps them."""
    query = select(PriceTier.threshold, PriceTier.percent, PriceTier.fine).order_by(PriceTier.threshold)
    same = (PriceTier.category_id == category_id, PriceTier.source == source, PriceTier.active)
    return [[_plain(number) for number in row] for row in session.execute(query.where(*same))]


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def newest_of_all(session: Session) -> dict[Key, tuple[int, int]]:
    """The id and number of the newest version of each rule."""
    last = (
        select(PriceRuleVersion.category_id, PriceRuleVersion.source, func.max(PriceRuleVersion.number).label("number"))
        .group_by(PriceRuleVersion.category_id, PriceRuleVersion.source)
        .subquery()
    )
    same = (
        (PriceRuleVersion.category_id == last.c.category_id)
        & (PriceRuleVersion.source == last.c.source)
        & (PriceRuleVersion.number == last.c.number)
    )
    query = select(
        PriceRuleVersion.id, PriceRuleVersion.category_id, PriceRuleVersion.source, PriceRuleVersion.number
    ).join(last, same)
    return {(row.category_id, row.source): (row.id, row.number) for row in session.execute(query)}
