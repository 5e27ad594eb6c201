"""The doctor for mixed-up pictures: what is known of a product's code, and the cure of the source's case as one change set.

The pictures of a product and of an item on the marketplace disagree when its code already belongs to somebody else's item. The doctor looks
(`examine`), asks the marketplaces again (`ask`), and where a new code is the right step, does all that belongs to it at once (`cure`).
"""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Code, Listing, Product, now
from db.vocabulary import CodeState, Licence, ListingStatus
from lib import jobs
from lib.codes import code_clearing, code_facts, code_removal, codes, ean
from lib.codes.code_cases import ZH, Case, Facts
from lib.codes.code_clearing import CodeGroup
from lib.codes.code_facts import MOST, Meant
from lib.codes.code_steps import case
from lib.commands import command
from lib.counted import counted
from lib.problems import Refused
from lib.rights import Right
from lib.tables import writing

GOES = (ListingStatus.QUEUED, ListingStatus.FAILED, ListingStatus.ACTIVE, ListingStatus.WARNING)
"""Listings that are sent again under a fresh code: those that somebody wants on sale."""
HEADINGS = (
    "Subject",
    "SKU",
    "Code",
    "Verdict",
    "结论",
    "Evidence",
    "证据",
    "Next step",
    "下一步",
    "Other ways",
    "其他办法",
)


# Looking


def examine(session: Session, subjects: str | Sequence[int]) -> list[Case]:
    """A case for each product (ids), or for each product that the SKUs, codes and ASINs of a pasted text lead to. At most MOST."""
    return [case(facts) for facts in code_facts.facts(session, _meant(session, subjects))]


def _meant(session: Session, subjects: str | Sequence[int]) -> list[Meant]:
    if isinstance(subjects, str):
        return code_facts.meant(session, code_facts.words(session, subjects))
    if len(subjects) > MOST:
        raise Refused(f"At most {MOST} are examined at once, not {len(subjects):,}. Nothing was examined.")
    rows = session.execute(select(Product.id, Product.sku).where(Product.id.in_(subjects)))
    skus = {row.id: row.sku for row in rows}
    return [Meant(skus[number], number) for number in dict.fromkeys(subjects) if number in skus]


def report(cases: Iterable[Case]) -> bytes:
    """The cases as a CSV, a line each."""
    return writing.csv([_line(one) for one in cases], HEADINGS)


def _line(one: Case) -> tuple[str, ...]:
    seen = [f"[{e.tone.label}] {e.question} {e.said.en}" for e in one.evidence], [e.said.zh for e in one.evidence]
    ways = [said.en for said in one.offers], [said.zh for said in one.offers]
    return (
        one.facts.subject, one.facts.product.sku if one.facts.product else "", one.facts.code, one.finding.label, ZH[one.finding],
        "\n".join(seen[0]), "\n".join(seen[1]), one.step.said.en, one.step.said.zh, "\n".join(ways[0]), "\n".join(ways[1]),
    )  # fmt: skip


# Asking


@command(Right.CODES)
def ask(session: Session, asked: Sequence[str]) -> str:
    """Ask the marketplaces about these codes, as soon as the worker comes to it."""
    sound = sorted({code for code in asked if ean.is_valid(code)})
    if not sound:
        raise Refused("None of these has a code that a marketplace could be asked about. Nothing was asked.")
    if len(sound) > MOST:
        raise Refused(f"At most {MOST} codes are asked about at once, not {len(sound):,}. Nothing was asked.")
    words = hashlib.sha256(" ".join(sound).encode()).hexdigest()[:16]
    jobs.start(session, "catalogue", once=f"catalogue:{words}", codes=sound)
    return f"The marketplaces are asked about {counted(len(sound), 'code')}."


# The cure


def next_code(session: Session) -> str | None:
    """The code that the next product would get; None when none is reserved."""
    query = select(Code.code).where(
        Code.state == CodeState.RESERVED, Code.type.in_(codes.FOR_PRODUCTS), Code.licence != Licence.INTERNAL
    )
    return session.scalar(query.order_by(Code.id).limit(1))


@command(Right.CODES)
def cure(
    session: Session,
    product_id: int,
    group: CodeGroup = CodeGroup.ALL,
    run_id: int | None = None,
    is_closed: bool = False,
) -> str:
    """Clear the code, of this group from deleted products that hold it, give the product a reserved one and queue its listings again.

    Refused where a new code is the wrong step, as the doctor says. `is_closed`: an offer on somebody else's item, which would stay there
    whatever is sent, was closed on the marketplace. Taking it back leaves what a marketplace has seen, and names it.
    """
    _hold(session, product_id)
    one = next(iter(examine(session, [product_id])), None)
    if one is None:
        raise Refused("This product does not exist any more. Nothing was changed.")
    _refuse(one, is_closed)
    cleared = _clear_deleted(session, one.facts, group)
    _take_off(session, one.facts)
    codes.assign(session, [product_id], run_id)
    fresh = session.scalars(select(Product.ean).where(Product.id == product_id)).one()
    queued = _queue(session, product_id, fresh)
    sku = one.facts.product.sku if one.facts.product else ""
    sent = f" {counted(queued, 'listing waits', 'listings wait')} to be sent." if queued else ""
    return f"{sku}: {one.facts.code} is off, {fresh} is on.{cleared}{sent}"


def _hold(session: Session, product_id: int) -> None:
    """Keep the product and the deleted ones behind it, then their listings, from all others until the end: then what is seen stays."""
    ids = [product_id, *(other.id for one in examine(session, [product_id]) for other in one.facts.deleted)]
    code_removal.products(session, ids)
    code_removal.on_their_way(session, ids)
    session.expire_all()


def _refuse(one: Case, is_closed: bool) -> None:
    if not one.is_curable:
        raise Refused(f"{one.step.said.en} Nothing was changed.")
    if one.facts.mixed_up and not is_closed:
        where = "; ".join(f"{p.sku} in {p.store} on {p.asin}" for p in one.facts.mixed_up)
        raise Refused(
            f"An offer stays on its item whatever is sent: close {where} on the marketplace first, and confirm it. Nothing was changed."
        )


def _clear_deleted(session: Session, facts: Facts, group: CodeGroup) -> str:
    holding = [other.id for other in facts.deleted if other.code]
    return f" {code_clearing.clear(session, holding, group)}" if holding else ""


def _take_off(session: Session, facts: Facts) -> None:
    """The code that is wrong for the product is never given to anything again."""
    assert facts.product is not None
    if ean.is_valid(facts.code):
        is_free = Code.product_id.is_(None) | (Code.product_id == facts.product.id)
        query = select(Code).where(Code.gtin14 == ean.gtin14(facts.code), is_free)
        for row in session.scalars(query.with_for_update()):
            row.state, row.retired_at = CodeState.RETIRED, row.retired_at or now()
        session.flush()
    code_removal.take_off(session, code_removal.products(session, [facts.product.id]))


def _queue(session: Session, product_id: int, code: str | None) -> int:
    """Its listings under the fresh code, without what was said and attached under the old one; those off sale stay off sale."""
    query = select(Listing).where(Listing.product_id == product_id).order_by(Listing.id).with_for_update()
    rows = session.scalars(query).all()
    queued = [row for row in rows if row.status in GOES]
    for row in rows:
        row.code, row.asin, row.issue, row.submission = code, None, None, None
        row.status = ListingStatus.QUEUED if row.status in GOES else row.status
    session.flush()
    if queued:
        jobs.start(session, "sync", once="sync")
    return len(queued)
