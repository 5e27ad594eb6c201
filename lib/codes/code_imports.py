"""Codes from outside: numbers under a GS1 prefix of our own, and codes we have bought.

    report = look(session, source, licence, prefix)      a verdict for each row, and what would happen; writes nothing
    take(session, report)                                the good rows with their history, or nothing

A list is looked at again when it is taken: where somebody was faster, nothing is taken and it is said.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import bulk, search
from db.models import Code, CodeRun, Product
from db.models.base import now
from db.vocabulary import CodeRunKind, CodeState, CodeType, Licence
from lib.codes import code_lists, code_reports, code_verdicts, ean
from lib.codes.code_reports import GOOD, Outcome, Report, Row
from lib.codes.code_verdicts import Verdict
from lib.commands import command
from lib.counted import agreeing, counted
from lib.problems import Problem, Refused
from lib.rights import Right

MOST_SAID = 20
LICENCES = (Licence.BOUGHT, Licence.LICENSED)
CHANGED = "The ledger or the library has changed since this list was looked at. Nothing was taken: look at it again."


def look(
    session: Session, source: tuple[str, bytes] | str, licence: Licence, prefix: str | None = None, gives: bool = True
) -> Report:
    """What this list would do: a file (its name and bytes) or pasted text. Refused when it is no list of at most 10,000 codes.

    `prefix` is what GS1 has given us, and needed for the licence "licensed prefix". Without `gives`, the column of products is not read.
    """
    prefix = ean.compact(prefix or "")
    if licence not in LICENCES:
        raise Refused(
            f"A list of codes is bought or under a licensed prefix, not {licence.label.lower()}. Nothing was read."
        )
    if licence is Licence.LICENSED and not prefix:
        raise Refused("Say which prefix GS1 has given you: only codes under it are your own. Nothing was read.")
    if prefix and (wrong := code_verdicts.prefix_problem(prefix)):
        raise Refused(f"{wrong} Nothing was read.")
    return code_reports.judged(session, Report(code_lists.read(source), licence, prefix, gives))


def own_prefixes(session: Session) -> dict[str, str]:
    """The prefixes that somebody has said GS1 gave us, the newest first -> where it was said."""
    said = select(CodeRun.prefix, CodeRun.id, CodeRun.name).where(
        CodeRun.licence == Licence.LICENSED, CodeRun.prefix != "", CodeRun.undone_at.is_(None)
    )
    found: dict[str, str] = {}
    for prefix, number, name in session.execute(said.order_by(CodeRun.id.desc()).limit(1_000)):
        found.setdefault(prefix, f"Run {number}" + (f": {name}" if name else ""))
    return found


# Taking them


@command(Right.CODES)
def take(session: Session, report: Report, name: str | None = None, good_only: bool = False) -> str:
    """Hold the good rows of a list. Refused when some rows are not, unless only the good ones are wanted; the same list again is 0 new."""
    wanted = report.good
    if not wanted and not any(row.outcome is Outcome.HELD for row in report.rows):
        raise Refused("No row of this list can be taken. Nothing was taken.", *_said(report.refused))
    if report.refused and not good_only:
        raise Refused(
            f"{len(report.refused):,} of {len(report.rows):,} rows cannot be taken. Nothing was taken: correct the list, "
            "or take the good rows only.",
            *_said(report.refused),
        )
    again = code_reports.judged(session, report, locks=True)
    if not again.good and _are_held(report, again):
        held = again.counts[Outcome.HELD]
        which = agreeing(held, "the 1 code that can be held is", f"all {held:,} codes that can be held are")
        return f"0 new: {which} held already."
    _refuse_changed(report, again)
    title = code_lists.called(name or "") or report.listed.name
    return _sentence(again, title, _write(session, again, title))


def _said(rows: Sequence[Row]) -> list[Problem]:
    return [row.problem for row in rows[:MOST_SAID]]


def _are_held(report: Report, again: Report) -> bool:
    return all(
        new.outcome is Outcome.HELD or old.outcome not in GOOD for old, new in zip(report.rows, again.rows, strict=True)
    )


def _refuse_changed(report: Report, again: Report) -> None:
    changed = [
        new
        for old, new in zip(report.rows, again.rows, strict=True)
        if (old.outcome, old.code, old.product_id, old.code_id) != (new.outcome, new.code, new.product_id, new.code_id)
    ]
    if changed:
        raise Refused(CHANGED, *_said(changed))


def _write(session: Session, report: Report, title: str) -> CodeRun | None:
    """The new codes as one run, the known ones to their products; ledger and library say the same from the same moment on."""
    new = [row for row in report.good if row.code_id is None]
    run = _run(session, report, title, new) if new else None
    if run:
        _add(session, run, report.licence, new)
    at = now()
    known: list[tuple[int, dict[str, tuple[Any, Any]]]] = [
        (row.code_id, {"state": (CodeState.RESERVED, CodeState.ASSIGNED), "product_id": (None, row.product_id),
                       "assigned_at": (None, at)})
        for row in report.good if row.code_id is not None
    ]  # fmt: skip
    if known:
        bulk.change(session, Code, known)
    _name_codes(session, [row for row in report.good if row.outcome is Outcome.GIVEN])
    return run


def _run(session: Session, report: Report, title: str, new: Sequence[Row]) -> CodeRun:
    type, _ = Counter(_type(row.code) for row in new).most_common(1)[0]
    run = CodeRun(actor=session.info["actor"].name, type=type, prefix=report.prefix, quantity=len(new), kind=CodeRunKind.IMPORTED,
                  licence=report.licence, name=title)  # fmt: skip
    session.add(run)
    session.flush()
    return run


def _type(code: str) -> CodeType:
    kind = ean.kind(code) or ""
    return CodeType.EAN13 if kind == "JAN" else CodeType(kind)


def _add(session: Session, run: CodeRun, licence: Licence, new: Sequence[Row]) -> None:
    """In the order of their numbers, so that two lists never wait for each other in a circle."""
    ordered = sorted(new, key=lambda row: row.code.zfill(14))
    first = bulk.next_id(session, Code, len(ordered))
    rows = [
        {"id": first + place, "gtin14": row.code.zfill(14), "code": row.code, "type": _type(row.code), "run_id": run.id,
         "licence": Licence.INTERNAL if row.verdict is Verdict.RESTRICTED else licence, "product_id": row.product_id,
         "state": CodeState.ASSIGNED if row.product_id else CodeState.RESERVED, "reserved_by": run.actor, "reserved_at": run.at,
         "assigned_at": run.at if row.product_id else None}
        for place, row in enumerate(ordered)
    ]  # fmt: skip
    written = bulk.add_new(session, Code, rows, "gtin14")
    if lost := [row for place, row in enumerate(ordered) if first + place not in written]:
        raise Refused(
            CHANGED, *_said([row._replace(text=f"{row.code} has just been taken by somebody else.") for row in lost])
        )


def _name_codes(session: Session, given: Sequence[Row]) -> None:
    """Each product shows its code and is found by it."""
    code = {row.sku: row.code for row in given}
    cells = [
        (product.id, {"ean": (None, code[product.sku]), "search_text": (None, _findable(product, code[product.sku]))})
        for product in code_reports.products(session, sorted(code), locks=True) if product.ean is None
    ]  # fmt: skip
    if cells:
        bulk.change(session, Product, cells)


def _findable(product: Any, code: str) -> str:
    words = {name: getattr(product, name) for name in search.SEARCHED} | {"ean": code}
    return search.tokens(*words.values())


def _sentence(report: Report, title: str, run: CodeRun | None) -> str:
    counts, given = report.counts, report.counts[Outcome.GIVEN]
    said = [
        f"Run {run.id}: {counted(run.quantity, 'new code')} of {title} held." if run else f"0 new codes of {title}."
    ]
    said += [f"{counted(given, 'product')} got {agreeing(given, 'its code', 'their codes')} from it."] if given else []
    left = {
        "held already": counts[Outcome.HELD],
        "twice in the list": counts[Outcome.TWICE],
        "left out": len(report.refused),
    }
    rest = ", ".join(f"{count:,} {what}" for what, count in left.items() if count)
    return " ".join([*said, *([f"{rest[0].upper()}{rest[1:]}."] if rest else [])])
