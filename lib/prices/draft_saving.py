"""A draft becomes what is saved: its rules, store terms and rates. No price of any listing changes by that.

What the draft replaces is held against what somebody saw beside it: whatever a colleague has changed there meanwhile is named, and
nothing is saved.
"""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import rule_versions
from db.models import Change, ChangeSet, Store, now
from lib import changes as grid_changes
from lib.commands import command
from lib.orders import order_weighing
from lib.prices import exchange_rates, formula_check, rule_tiers
from lib.prices.formula import StoreTerms, plain
from lib.prices.price_book import Book, terms_of
from lib.prices.price_draft import Draft, RuleKey, draft_from_json, draft_to_json
from lib.problems import Problem, Refused
from lib.rights import Right

MOST = 2_000
"""Rules, stores and rates that one draft may change."""
SAVED_TERMS = ("percent", "fine", "ending", "floor")
AGAIN = "Look at it, then save again. Nothing was saved."


def beside(book: Book, draft: Draft) -> Draft:
    """What the book says about everything that the draft names: what saving the draft would replace."""
    rules = {(source, rule.category): rule.tiers for source, held in book.rules.items() for rule in held}
    paths = {key: book.paths.get(key[0], [""])[-1] for key in draft.rules}
    return Draft(
        {key: rules.get((key[1], paths[key])) for key in draft.rules},
        {number: book.stores[number] for number in draft.stores if number in book.stores},
        {pair: rate.value for pair in draft.rates if (rate := book.rates.get(_pair(pair)))},
    )


def seen(book: Book, draft: Draft) -> str:
    """The same as a text, to be handed to `save_draft` with the draft that was looked at beside this book."""
    return json.dumps(draft_to_json(beside(book, draft)))


@command(Right.PRICES)
def save_draft(session: Session, draft: Draft, seen: str, confirmed: bool = False) -> str:
    """Save what is tried; refused when it has errors, when somebody else was faster, and when warnings are not confirmed.

    `seen` is what `seen(book, draft)` said of the book that the draft was looked at beside.
    """
    if not draft:
        raise Refused("Nothing was tried: there is nothing to save.")
    if len(draft.rules) + len(draft.stores) + len(draft.rates) > MOST:
        raise Refused(f"A draft changes at most {MOST:,} rules, stores and rates. Nothing was saved: save it in parts.")
    rows = rule_tiers.rows(session, draft.rules)
    stores = grid_changes.locked(session, Store, draft.stores)
    saved = beside(Book.whole(session), draft)
    names = rule_tiers.names(session, draft.rules)
    if problems := [*_gone(draft, names, stores), *_errors(draft, names)]:
        raise Refused(*problems)
    if problems := list(_changed_meanwhile(session, draft, _read(seen), saved, names)):
        raise Refused(*problems)
    warned = _judge(draft, names, confirmed)
    done = [*_rules(session, draft, saved, rows, names), *_terms(draft, stores), *_rates(session, draft, saved)]
    if not done:
        return "Nothing to save: what was tried is what is saved already."
    return f"Saved: {rule_tiers.listed(done)}.{rule_tiers.in_spite(warned)} {rule_tiers.UNCHANGED}"


def _read(seen: str) -> Draft:
    try:
        return draft_from_json(json.loads(seen))
    except ValueError:
        raise Refused(f"What was seen beside the draft could not be read. {AGAIN}") from None


# What stands in the way


def _gone(draft: Draft, names: dict[RuleKey, str], stores: dict[int, Any]) -> Iterator[Problem]:
    for key in draft.rules:
        if key not in names:
            text = f"The category of a rule ({key[1].label} / #{key[0]}) is gone. Take the rule out of the draft."
            yield Problem(f"{text} Nothing was saved.")
    for number, terms in draft.stores.items():
        store = stores.get(number)
        if store is None or not store.active:
            text = f"The store {terms.name} is not in use any more. Take it out of the draft."
            yield Problem(f"{text} Nothing was saved.", number)
        elif store.currency != terms.currency:
            text = f"{store.name} sells in {store.currency} now, the draft tries it in {terms.currency}. Try it again."
            yield Problem(f"{text} Nothing was saved.", number)


def _errors(draft: Draft, names: dict[RuleKey, str]) -> Iterator[Problem]:
    for key, tiers in draft.rules.items():
        if tiers is not None and key in names:
            yield from rule_tiers.told(names[key], tiers, formula_check.errors)
    for terms in draft.stores.values():
        yield from (Problem(f"{terms.name}: {p.text}", field=p.field) for p in formula_check.terms_errors(terms))
    for pair, value in draft.rates.items():
        if text := exchange_rates.error(*_pair(pair), now().date(), value):
            yield Problem(f"{pair}: {text}", field="rate")


def _judge(draft: Draft, names: dict[RuleKey, str], confirmed: bool) -> int:
    terms = [
        Problem(f"{terms.name}: {problem.text}", field=problem.field)
        for terms in draft.stores.values()
        for problem in formula_check.terms_warnings(terms)
    ]
    rules = {names[key]: tiers for key, tiers in draft.rules.items() if tiers is not None}
    return rule_tiers.judge(rules, confirmed, further=terms)


def _changed_meanwhile(
    session: Session, draft: Draft, seen: Draft, saved: Draft, names: dict[RuleKey, str]
) -> Iterator[Problem]:
    for key in draft.rules:
        if seen.rules.get(key) != (tiers := saved.rules[key]):
            version = rule_versions.newest(session, *key)
            what = f"to {rule_tiers.in_words(tiers)}" if tiers else "and switched it off"
            yield _by(session, version.actor if version else None, f"the rule {names[key]}", what)
    for number, terms in saved.stores.items():
        if _of(seen.stores.get(number)) != _of(terms):
            who = _last(session, Store.__tablename__, number, SAVED_TERMS)
            yield _by(session, who, f"what {terms.name} adds", f"to {_terms_in_words(terms)}")
    for pair, value in saved.rates.items():
        if seen.rates.get(pair) != value:
            row = exchange_rates.newest(session, *_pair(pair))
            who = _last(session, "exchange_rate", row.id, ("rate", "day")) if row else None
            yield _by(session, who, f"the rate {pair}", f"to {plain(value)}")


def _by(session: Session, who: str | None, what: str, to: str) -> Problem:
    if who == session.info["actor"].name:
        return Problem(f"You have changed {what} meanwhile, in another window, {to}. {AGAIN}")
    return Problem(f"{who or 'Somebody'} has changed {what} meanwhile {to}. {AGAIN}")


def _last(session: Session, table: str, row_id: int, fields: Iterable[str]) -> str | None:
    """Who has changed the row last."""
    query = (
        select(ChangeSet.actor)
        .join(Change, Change.set_id == ChangeSet.id)
        .where(Change.table == table, Change.row_id == row_id, Change.field.in_(list(fields)) | Change.field.is_(None))
    )
    return session.scalars(query.order_by(Change.id.desc()).limit(1)).first()


def _of(terms: StoreTerms | None) -> tuple[Any, ...] | None:
    return None if terms is None else tuple(getattr(terms, name) for name in SAVED_TERMS)


def _terms_in_words(terms: StoreTerms) -> str:
    more = [f"ending {terms.ending}" if terms.ending else "", f"floor {plain(terms.floor)}" if terms.floor else ""]
    sign = "-" if terms.fine < 0 else "+"
    return ", ".join([f"{plain(terms.percent)} % {sign} {plain(abs(terms.fine))}", *filter(None, more)])


# Writing


def _rules(
    session: Session, draft: Draft, saved: Draft, rows: rule_tiers.Rows, names: dict[RuleKey, str]
) -> Iterator[str]:
    for key, tiers in draft.rules.items():
        before = saved.rules[key]
        if tiers is None and before is not None:
            rule_tiers.switch(rows[key], on=False)
            yield f"the rule {names[key]} switched off"
        elif tiers is not None and set(tiers) != set(before or ()):
            rule_tiers.write(session, key, rows[key], tiers)
            yield f"the rule {names[key]}"


def _terms(draft: Draft, stores: dict[int, Any]) -> Iterator[str]:
    for number, terms in draft.stores.items():
        store = stores[number]
        if _of(terms_of(store)) != _of(terms):
            store.percent, store.fine = terms.percent, terms.fine
            store.ending, store.floor = terms.ending or None, terms.floor
            yield f"the store {store.name}"


def _rates(session: Session, draft: Draft, saved: Draft) -> Iterator[str]:
    changed = {pair: value for pair, value in draft.rates.items() if saved.rates.get(pair) != value}
    for pair, value in changed.items():
        exchange_rates.put(session, *_pair(pair), Decimal(value))
        yield f"the rate {pair}"
    if changed:
        order_weighing.soon(session)


def _pair(pair: str) -> tuple[str, str]:
    base, _, quote = pair.partition("/")
    return base, quote
