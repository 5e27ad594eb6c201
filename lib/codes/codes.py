"""Product codes: make them, give them to products, and never use one twice.

Every number that was ever ours stands in the ledger in its GTIN-14 form, which the database keeps unique: a UPC and its EAN twin are one
code. A code that a marketplace has seen belongs to its product for ever.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import bulk, search
from db.models import Code, CodeRun, Product, now
from db.vocabulary import CodeState, CodeType, LibraryState, Licence
from lib.codes import code_drawing, codeless, ean
from lib.codes.code_drawing import Left, known
from lib.codes.code_series import Series, notice, problem
from lib.commands import command
from lib.counted import agreeing, counted
from lib.problems import Problem, Refused
from lib.rights import Right

MOST = 10_000
"""Codes in one run, and products that get one at once."""

CHUNK = 5_000
FOR_PRODUCTS = (CodeType.EAN13, CodeType.UPCA)


@dataclass(frozen=True)
class Hold:
    """A code that came with a product, for the ledger: a maker's, or one we have bought."""

    code: str
    product_id: int | None
    licence: Licence = Licence.MAKER
    state: CodeState = CodeState.ASSIGNED


# New codes


def preview(session: Session, type: CodeType, prefix: str, quantity: int) -> list[str]:
    """The codes that Reserve would take now. Nothing is consumed: ask again and see the same."""
    return code_drawing.coming(session, _series(type, prefix, quantity), quantity)


def left(session: Session, type: CodeType, prefix: str) -> Left:
    """How many codes begin with this prefix, how many are held, how many are left: exactly, codes of any origin. Refused as Reserve is."""
    return code_drawing.left(session, _series(type, prefix))


@command(Right.CODES)
def reserve(
    session: Session,
    type: CodeType,
    prefix: str,
    quantity: int,
    acknowledged: bool = False,
    own: bool = False,
    what_is_left: bool = False,
) -> str:
    """Take new codes out for us.

    `own`: GS1 has given us this prefix; `acknowledged`: the notice about unlicensed ones was read; `what_is_left`: fewer will do when
    no more are left, else it is all or nothing.
    """
    series = _series(type, prefix, quantity)
    if not own and not acknowledged and (said := notice(series)):
        raise Refused(f"{said} Nothing was reserved. Confirm that you have read this.")
    counter = code_drawing.counter(session, series)
    room = code_drawing.room(session, series, quantity)
    if room < quantity and not (what_is_left and room):
        raise Refused(_full(series, room, quantity))
    licence = Licence.LICENSED if own else series.licence
    run = CodeRun(
        actor=session.info["actor"].name, type=type, prefix=prefix, quantity=min(quantity, room), licence=licence
    )
    session.add(run)
    session.flush()
    written = code_drawing.draw(session, series, counter, run, room)
    if written < run.quantity and not (what_is_left and written):
        raise Refused(_full(series, written, quantity))
    run.quantity = written
    done = f"Run {run.id}: {counted(written, f'{type.label} code')} with prefix {prefix} reserved."
    return done if written == quantity else f"{done} No more are left of the {quantity:,} that were wanted."


def _series(type: CodeType, prefix: str, quantity: int = 1) -> Series:
    if text := problem(type, prefix):
        raise Refused(f"{text} Nothing was reserved.")
    if not 1 <= quantity <= MOST:
        raise Refused(f"From 1 to {MOST:,} codes can be made in a run, not {quantity:,}. Nothing was reserved.")
    return Series(type, prefix)


def _full(series: Series, room: int, quantity: int) -> str:
    left = f"{counted(room, 'code is', 'codes are')} left" if room else "No code is left"
    wanted = f"{quantity:,} {agreeing(quantity, 'is', 'are')} wanted"
    return f"{left} with prefix {series.prefix}, and {wanted}. Nothing was reserved. Use fewer or another prefix."


# Codes for products


@command(Right.CODES)
def assign(session: Session, product_ids: Sequence[int], run_id: int | None = None) -> str:
    """Give each of these products that has no code one that we have reserved, of one run or of any."""
    if len(product_ids) > MOST:
        raise Refused(f"At most {MOST:,} products get codes at once, and more were named. Nothing was assigned.")
    columns = (Product.id, *(getattr(Product, name) for name in search.SEARCHED))
    open_to = select(*columns).where(Product.ean.is_(None), Product.state != LibraryState.DELETED).order_by(Product.id)
    waiting = [
        row
        for start in range(0, len(product_ids), CHUNK)
        for row in session.execute(open_to.where(Product.id.in_(product_ids[start : start + CHUNK])).with_for_update())
    ]
    if not waiting:
        raise Refused("None of these products is without a code. Nothing was assigned.")
    _give(session, waiting, _reserved(session, len(waiting), run_id))
    left = len(set(product_ids)) - len(waiting)
    done = f"{counted(len(waiting), 'product has', 'products have')} a code now."
    return done + (f" {left:,} had one already, or {agreeing(left, 'is', 'are')} deleted." if left else "")


@command(Right.CODES)
def assign_missing(session: Session, wanted: codeless.Filter, run_id: int | None = None) -> str:
    """Give a code to every product of the library that a filter finds and that has none."""
    ids = list(session.scalars(codeless.matching(wanted).order_by(Product.id).limit(MOST + 1)))
    if not ids:
        raise Refused("Every product here has a code. Nothing was assigned.")
    return assign(session, ids, run_id)


def _reserved(session: Session, count: int, run_id: int | None) -> Sequence[Any]:
    """Reserved codes that may go on products, the oldest first; internal numbers stay inside, cartons are no articles."""
    query = select(Code.id, Code.code).where(
        Code.state == CodeState.RESERVED, Code.type.in_(FOR_PRODUCTS), Code.licence != Licence.INTERNAL
    )
    if run_id is not None:
        query = query.where(Code.run_id == run_id)
    found = session.execute(query.order_by(Code.id).limit(count).with_for_update(skip_locked=True)).all()
    if len(found) < count:
        more = count - len(found)
        raise Refused(
            f"{counted(count, 'product needs', 'products need')} a code, and {len(found):,} {agreeing(len(found), 'is', 'are')} "
            f"reserved. Nothing was assigned. Reserve {more:,} more EAN-13 or UPC-A {agreeing(more, 'code', 'codes')} first."
        )
    return found


def _give(session: Session, waiting: Sequence[Any], codes: Sequence[Any]) -> None:
    """The ledger and the product say the same from the same moment on."""
    at, pairs = now(), list(zip(waiting, codes, strict=True))
    taken: Mapping[str, Any] = {"state": (CodeState.RESERVED, CodeState.ASSIGNED), "assigned_at": (None, at)}
    bulk.change(session, Code, [(code.id, {**taken, "product_id": (None, product.id)}) for product, code in pairs])
    cells = [
        (product.id, {"ean": (None, code.code), "search_text": (None, _findable(product, code.code))})
        for product, code in pairs
    ]
    bulk.change(session, Product, cells)


def _findable(product: Any, code: str) -> str:
    words = {name: getattr(product, name) for name in search.SEARCHED} | {"ean": code}
    return search.tokens(*words.values())


# Codes that come with a product, and codes that have been sent


def hold(session: Session, code: str, licence: Licence, product_id: int | None, state: CodeState) -> None:
    """Put one code that is not of our making into the ledger. Refused when it is wrong or somebody else's."""
    if problems := hold_many(session, [Hold(code, product_id, licence, state)]):
        raise Refused(*problems)


def hold_many(session: Session, holds: Sequence[Hold]) -> list[Problem]:
    """Put codes that came with products into the ledger; a problem (row: the product) for each that cannot be held.

    A code that we have reserved ourselves goes to the product that brings it. The same code on the same product again is no change.
    """
    problems = [_wrong(held, text) for held in holds if (text := ean.problem(held.code))]
    sound: dict[str, Hold] = {}
    for held in holds:
        if ean.is_valid(held.code):
            first = sound.setdefault(ean.gtin14(held.code), held)
            if first.product_id != held.product_id:
                problems.append(_wrong(held, f"{held.code} is given to two products. A code belongs to one."))
    there = known(session, list(sound))
    problems += _hold_new(session, {gtin: held for gtin, held in sound.items() if gtin not in there})
    return problems + _hold_known(session, [(sound[gtin], row) for gtin, row in there.items()])


def _hold_new(session: Session, wanted: Mapping[str, Hold]) -> list[Problem]:
    if not wanted:
        return []
    at, first, ordered = now(), bulk.next_id(session, Code, len(wanted)), sorted(wanted.items())
    rows = [
        {"id": first + place, "gtin14": gtin, "code": ean.compact(held.code), "type": _type(held.code), "state": held.state,
         "licence": Licence.INTERNAL if ean.is_restricted(held.code) else held.licence, "product_id": held.product_id,
         "assigned_at": at if held.state is CodeState.ASSIGNED else None}
        for place, (gtin, held) in enumerate(ordered)
    ]  # fmt: skip
    written = bulk.add_new(session, Code, rows, "gtin14")
    lost = [held for place, (_, held) in enumerate(ordered) if first + place not in written]
    return [_wrong(held, f"{held.code} has just been taken by somebody else.") for held in lost]


def _hold_known(session: Session, pairs: Iterable[tuple[Hold, Any]]) -> list[Problem]:
    problems, taken = [], []
    for held, row in pairs:
        if held.product_id is None or row.product_id == held.product_id:
            continue
        if row.state is CodeState.RESERVED and row.product_id is None:
            taken.append((row.id, {"product_id": (None, held.product_id), "state": (row.state, CodeState.ASSIGNED),
                                   "assigned_at": (row.assigned_at, now())}))  # fmt: skip
        else:
            problems.append(_wrong(held, f"{held.code} (or its UPC/EAN twin) is held already: {row.state.meaning}."))
    if taken:
        bulk.change(session, Code, taken)
    return problems


def _type(code: str) -> CodeType:
    kind = ean.kind(code) or ""
    return CodeType.EAN13 if kind == "JAN" else CodeType(kind)


def _wrong(held: Hold, text: str) -> Problem:
    return Problem(text, held.product_id, "ean", value=held.code)


def expose(session: Session, codes: Iterable[str]) -> int:
    """Remember that a marketplace has seen these codes: from now on they belong to their products for ever. How many were new to it."""
    gtins = sorted({ean.gtin14(code) for code in codes if ean.is_valid(code)})
    hold_many(
        session, [Hold(gtin[1:] if gtin[0] == "0" else gtin, None) for gtin in set(gtins) - set(known(session, gtins))]
    )
    at = now()
    cells = [
        (row.id, {"state": (row.state, CodeState.EXPOSED), "exposed_at": (None, at)})
        for row in known(session, gtins).values()
        if row.state in (CodeState.RESERVED, CodeState.ASSIGNED)
    ]
    return bulk.change(session, Code, cells) if cells else 0
