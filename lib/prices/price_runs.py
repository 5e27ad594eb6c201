"""Price runs: the prices that the rules give are written to the listings as they were previewed, all at one moment; and taken back.

    apply(session, scope, digest)            what a preview has shown; a few prices at once, many as a job
    undo(session, run_id, listings)          a run as a whole, or picked listings of it

What has changed since the preview stops a run before anything is written, and so does the breaker.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import frames, locks, price_moves
from db.models import ChangeSet, Job, Listing, PriceRun, now
from db.price_moves import Left, Tally
from db.session import Actor, reading
from db.vocabulary import RunKind, RunState
from lib import jobs, rights
from lib.commands import command
from lib.counted import agreeing, counted
from lib.jobs import Progress, job
from lib.prices import price_breaker, price_news, price_proposal, price_staging, pricing
from lib.prices.price_draft import Scope, scope_from_json, scope_to_json
from lib.prices.price_history import NUMBERS, SORTS, Filter, PriceEvent, count, history_of, table
from lib.prices.price_proposal import Proposal
from lib.prices.price_staging import Writing
from lib.problems import Problem, Refused
from lib.rights import Right

__all__ = ["NUMBERS", "SORTS", "Filter", "PriceEvent", "apply", "count", "history_of", "table", "undo"]

AT_ONCE = 2_000
"""Prices that are written while the person waits; more of them are a job."""
MOST_PICKED, LONGEST_REASON, LONGEST_TITLE = 10_000, 500, 200
LATELY = timedelta(minutes=30)
GOES_ON = "It goes on when you leave this page, and changes no price before it is done."


# Applying


@command(Right.PRICES)
def apply(
    session: Session, scope: Scope, digest: str, reason: str = "", title: str = "", overrule: bool = False,
    previewed: int | None = None, previewed_at: datetime | None = None,
) -> str:  # fmt: skip
    """Write the prices that were previewed for a scope: `digest` is that of the preview's moves, `previewed` how many they were.

    `overrule` goes past the breaker: for who may, with a reason.
    """
    reason = _reason(session, reason)
    asked = {
        "doing": "apply", "scope": scope_to_json(scope), "digest": digest, "reason": reason, "title": title[:LONGEST_TITLE],
        "overrule": overrule, "at": (previewed_at or now() - LATELY).isoformat(),
    }  # fmt: skip
    _may_overrule(session.info["actor"], asked)
    if _is_going_on(session, asked):
        return f"The prices are being applied. {GOES_ON}"
    if _are_few(session, scope, previewed):
        return price_staging.at_once(session, _applying(session, asked))
    _start(session, asked)
    return f"The prices are being applied. {GOES_ON}"


def _reason(session: Session, given: str) -> str:
    """The reason, kept with the change set too."""
    reason = (given or session.info.get("reason") or "").strip()
    if len(reason) > LONGEST_REASON:
        raise Refused(f"A reason has at most {LONGEST_REASON} characters. No price was changed; shorten it.")
    session.info["reason"] = reason
    return reason


def _may_overrule(actor: Actor, asked: dict[str, Any]) -> None:
    if not asked["overrule"]:
        return
    rights.require(actor, Right.OVERRULE)
    if not asked["reason"]:
        raise Refused("Going past the breaker needs a reason, which is kept. No price was changed; say why.")


def _are_few(session: Session, scope: Scope, previewed: int | None) -> bool:
    if previewed is not None and previewed <= AT_ONCE:
        return True
    within = pricing.matching(pricing.Filter.of(scope))
    return frames.count(session, within, Listing.id, AT_ONCE) <= AT_ONCE


def _applying(session: Session, asked: dict[str, Any]) -> Writing:
    """What is to be written; refused when it is not what was previewed, or goes too far. Reads only."""
    made = price_proposal.make(session, scope_from_json(asked["scope"]))
    if made.digest != asked["digest"]:
        raise Refused(_changed(price_news.since(session, datetime.fromisoformat(asked["at"]))))
    if not made.count:
        raise Refused("Every price is what the rules give, or locked, or has none to get. No price was changed.")
    problems = price_breaker.judge(made.figures, price_breaker.limits(session))
    if problems and not asked["overrule"]:
        stopped = f"The breaker has stopped this: no price was changed. {rights.who(Right.OVERRULE)} may go on, with a reason."
        raise Refused(*problems, Problem(stopped))
    about = {"kind": RunKind.APPLY, "book": made.book} | {n: asked[n] for n in ("title", "reason", "scope", "digest")}
    pieces, tell = partial(price_staging.pieces_of, made.moves), partial(_tell_applied, made)
    return Writing("price_runs.apply", about, made.count, pieces, tell, partial(_check, made))


def _changed(news: Sequence[str]) -> str:
    what = f"Since the preview {'; '.join(news)}." if news else "The prices would not be those of the preview any more."
    return f"{what} No price was changed: preview again."


def _check(made: Proposal, session: Session, run_id: int) -> None:
    """In the last transaction: is everything that these prices were made from still so?"""
    if (news := price_proposal.news(session, made, run_id)) is not None:
        raise Refused(_changed(news))


def _tell_applied(made: Proposal, _session: Session, run_id: int, tally: Tally) -> tuple[dict[str, int], str]:
    ways = ((tally.up, "up"), (tally.down, "down"), (tally.first, "for the first time"))
    told = [
        f"Run #{run_id}: {counted(tally.moves, 'price')} applied, {', '.join(f'{n:,} {way}' for n, way in ways if n)}."
    ]
    if made.locked:
        told.append(f"{made.locked:,} locked stayed.")
    if made.none:
        have = agreeing(made.none, "has no price to get and keeps what it", "have no price to get and keep what they")
        told.append(f"{made.none:,} {have} had.")
    are = agreeing(
        tally.moves, "It is not on the marketplace before it is", "They are not on the marketplaces before they are"
    )
    told.append(f"{are} pushed.")
    return asdict(tally) | {"none": made.none, "locked": made.locked}, " ".join(told)


# Taking back


@command(Right.PRICES)
def undo(session: Session, run_id: int, listings: Sequence[int] = (), reason: str = "") -> str:
    """Take a run back, or some listings of it, wherever the price is still the one that the run gave."""
    reason = _reason(session, reason)
    asked = {"doing": "undo", "run": run_id, "listings": sorted(set(listings)), "reason": reason}
    if _is_going_on(session, asked):
        return f"Run #{run_id} is being taken back. {GOES_ON}"
    writing = _undoing(session, asked)
    if writing.total <= AT_ONCE:
        return price_staging.at_once(session, writing)
    _start(session, asked)
    return f"Run #{run_id} is being taken back. {GOES_ON}"


def _undoing(session: Session, asked: dict[str, Any]) -> Writing:
    """What is to be taken back; refused when there is no such run, or it is back already. Reads only."""
    run_id, listings = asked["run"], asked["listings"]
    run = session.get(PriceRun, run_id)
    if run is None or run.state is not RunState.APPLIED:
        raise Refused(f"There is no run #{run_id} that has been applied. No price was changed.")
    if len(listings) > MOST_PICKED:
        raise Refused(f"At most {MOST_PICKED:,} listings are picked at once. No price was changed: undo the whole run.")
    if not listings and (by := _undone_by(session, run)):
        raise Refused(f"Run #{run_id} has been undone already, by run #{by}. To have its prices again, undo that one.")
    picked = scope_to_json(Scope(listings=tuple(listings)))
    about = {"kind": RunKind.UNDO, "undoes_id": run_id, "title": f"Undo of run #{run_id}", "scope": picked}
    about["reason"] = asked["reason"]
    pieces = partial(price_staging.pieces_back, run_id, listings)
    tell, undoes = partial(_tell_undone, run_id, listings), None if listings else run.set_id
    return Writing("price_runs.undo", about, len(listings) or int(run.counts["moves"]), pieces, tell, undoes=undoes)


def _undone_by(session: Session, run: PriceRun) -> int | None:
    """The run that has taken all of this one back."""
    sets = select(ChangeSet.id).where(ChangeSet.undoes_id == run.set_id)
    return session.scalar(select(PriceRun.id).where(PriceRun.set_id.in_(sets)).limit(1))


def _tell_undone(
    of: int, listings: Sequence[int], session: Session, run_id: int, tally: Tally
) -> tuple[dict[str, int], str]:
    left = price_moves.left(session, of, listings)
    stayed = " ".join(_stayed(session, of, listings, left))
    if not tally.moves:
        raise Refused(f"No price was changed. {stayed or 'These are not of this run, or are back already.'}")
    are = counted(tally.moves, "price is what it was", "prices are what they were")
    return asdict(tally) | asdict(left), f"Run #{of} taken back by run #{run_id}: {are}. {stayed}".rstrip()


def _stayed(session: Session, of: int, listings: Sequence[int], left: Left) -> Iterator[str]:
    """What an undo leaves alone: how many, why, and the first by name."""
    if count := left.locked + left.changed:
        found = price_moves.named_left(session, of, listings)
        named = ", ".join(f"{sku} ({'locked' if locked else 'changed since'})" for sku, locked in found)
        yield f"{count:,} left alone: {named}{f' and {count - len(found):,} more' if count > len(found) else ''}."
    if left.gone:
        yield f"{left.gone:,} of the listings {agreeing(left.gone, 'does', 'do')} not exist any more."


# As a job


def _is_going_on(session: Session, asked: dict[str, Any]) -> bool:
    """Whether just this is being done already; refused when something else is."""
    found = next(iter(jobs.live(session, "prices")), None)
    if found is None:
        return False
    if not _is_same(session, found, asked):
        raise Refused(_busy(found))
    return True


def _is_same(session: Session, found: Job, asked: dict[str, Any]) -> bool:
    """A double click, of the same person for the same thing."""
    same = all(found.arguments.get(name) == asked.get(name) for name in ("doing", "scope", "digest", "run", "listings"))
    return same and found.actor == session.info["actor"].name


def _busy(found: Job) -> str:
    doing = "applying prices" if found.arguments.get("doing") == "apply" else "taking prices back"
    far = f" ({found.done:,} of {found.total:,})" if found.total else ""
    return f"{found.actor} is {doing} right now{far}. Nothing was begun; look again when that has ended."


def _start(session: Session, asked: dict[str, Any]) -> None:
    number = jobs.start(session, "prices", once="prices", **asked)
    found = session.get_one(Job, number)
    if not _is_same(session, found, asked):  # somebody was faster by a moment
        raise Refused(_busy(found))


@job("prices")
def work(actor: Actor, arguments: dict[str, Any], progress: Progress) -> str:
    """Apply or take back many prices. Nothing is written before all is prepared."""
    rights.require(actor, Right.PRICES)
    with locks.alone("prices") as free:
        if not free:
            raise Refused("Prices are being written by another program right now. Nothing was begun; try again.")
        price_staging.sweep()
        progress(0, 0, "Working out the prices")
        with reading() as session:
            if arguments["doing"] == "apply":
                _may_overrule(actor, arguments)
                writing = _applying(session, arguments)
            else:
                writing = _undoing(session, arguments)
        return price_staging.by_and_by(actor, writing, progress)
