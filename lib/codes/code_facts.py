"""What the doctor looks at: which products somebody means by SKUs, codes and ASINs, and all that we know about their codes."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from db.models import Code, CosellOffer, Listing, Product, Store
from db.pasted import pasted
from db.vocabulary import LibraryState
from lib.codes import catalogue, code_verdicts, ean
from lib.codes.catalogue import Look
from lib.codes.code_cases import Entry, Facts, Holder, Place
from lib.problems import Refused

MOST, MOST_LETTERS, LONGEST = 200, 20_000, 80
"""Subjects at once, characters of a pasted text, and of one subject."""
MOST_ALIKE = 20
BETWEEN = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029,;|，；、。]+")
ASIN = re.compile("[A-Z0-9]{10}")


# What is meant


def words(session: Session, text: str) -> list[str]:
    """The SKUs, codes and ASINs of a text, however they are separated; refused when there are too many."""
    if len(text) > MOST_LETTERS:
        raise Refused(f"At most {MOST_LETTERS:,} characters are read, not {len(text):,}. Nothing was examined.")
    pieces = [piece.strip() for piece in BETWEEN.split(text) if piece.strip()]
    skus = set(session.scalars(select(Product.sku).where(Product.sku.in_(pasted(pieces)))))
    found = dict.fromkeys(
        word[:LONGEST] for piece in pieces for word in ([piece] if _is_one(piece, skus) else piece.split())
    )
    if len(found) > MOST:
        raise Refused(f"At most {MOST} are examined at once, not {len(found):,}. Nothing was examined; split the list.")
    return list(found)


def _is_one(piece: str, skus: set[str]) -> bool:
    """A SKU may have blanks in it, and a printed code has."""
    return piece in skus or ean.is_valid(piece)


@dataclass(frozen=True)
class Meant:
    """A subject with the product it leads to, and the code that was named, if it is one."""

    subject: str
    product_id: int | None = None
    code: str = ""


def meant(session: Session, subjects: Sequence[str]) -> list[Meant]:
    """What each subject leads to: a SKU before a code before an ASIN; a code of several products to all of them."""
    by_sku, by_code, by_asin = _by_sku(session, subjects), _by_code(session, subjects), _by_asin(session, subjects)
    found: dict[Meant, None] = {}
    for word in subjects:
        code = "" if word in by_sku else _code(word)
        ids = by_sku.get(word) or (by_code.get(_form(code)) if code else by_asin.get(word.upper())) or [None]
        found |= dict.fromkeys(Meant(word, number, code) for number in ids)
    return list(found)


def _code(word: str) -> str:
    """The word as a code, "" when it is none: also one with a wrong digit, for that may be the illness."""
    code = ean.compact(word)
    return code if code.isascii() and code.isdigit() and len(code) in ean.KINDS else ""


def _form(code: str) -> str:
    return code.zfill(14)


def _by_sku(session: Session, subjects: Sequence[str]) -> dict[str, list[int | None]]:
    found: dict[str, list[int | None]] = defaultdict(list)
    named = select(Product.sku, Product.id).where(Product.sku.in_(pasted(subjects)))
    listed = select(Listing.seller_sku, Listing.product_id).where(
        Listing.store_id.in_(select(Store.id)), Listing.seller_sku.in_(pasted(subjects))
    )
    for row in (*session.execute(named), *session.execute(listed)):
        sku, number = row
        if number not in found[sku]:
            found[sku].append(number)
    return found


def _by_code(session: Session, subjects: Sequence[str]) -> dict[str, list[int | None]]:
    forms = {_form(code) for word in subjects if (code := _code(word))}
    spelled = [spelling for form in forms for spelling in catalogue.spellings(form)]
    found: dict[str, list[int | None]] = defaultdict(list)
    living_first = select(Product.ean, Product.id).order_by(Product.state == LibraryState.DELETED, Product.id)
    for row in session.execute(living_first.where(Product.ean.in_(pasted(spelled)))):
        found[_form(str(row.ean))].append(row.id)
    return found


def _by_asin(session: Session, subjects: Sequence[str]) -> dict[str, list[int | None]]:
    asins = [word.upper() for word in subjects if ASIN.fullmatch(word.upper())]
    found: dict[str, list[int | None]] = defaultdict(list)
    listed = select(Listing.asin, Listing.product_id).where(Listing.asin.in_(pasted(asins))).order_by(Listing.id)
    offered = select(CosellOffer.asin, CosellOffer.product_id).where(
        CosellOffer.asin.in_(pasted(asins)), CosellOffer.product_id.is_not(None)
    )
    for query in (listed, offered):
        for asin, number in session.execute(query):
            if number not in found[str(asin)]:
                found[str(asin)].append(number)
    return found


# What is known


@dataclass
class Known:
    """Everything about the products and codes in question, read at once."""

    holders: dict[int, Holder] = field(default_factory=dict)
    by_form: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    ledger: dict[str, Any] = field(default_factory=dict)
    alike: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    places: dict[int, list[Place]] = field(default_factory=lambda: defaultdict(list))
    looks: Mapping[str, Sequence[Look]] = field(default_factory=dict)
    stores: Mapping[int, str] = field(default_factory=dict)


def facts(session: Session, subjects: Sequence[Meant]) -> list[Facts]:
    """All that is known about each subject, in their order."""
    known = _known(session, subjects)
    return [_facts(known, one) for one in subjects]


def _known(session: Session, subjects: Sequence[Meant]) -> Known:
    known = Known(stores={row.id: row.name for row in session.execute(select(Store.id, Store.name))})
    ids = {one.product_id for one in subjects if one.product_id}
    known.holders = _holders(session, Product.id.in_(ids))
    codes = {holder.code for holder in known.holders.values() if holder.code} | {one.code for one in subjects}
    forms = sorted({_form(code) for code in codes if code})
    spelled = [spelling for form in forms for spelling in catalogue.spellings(form)]
    entries = session.scalars(select(Code).where(Code.gtin14.in_(pasted(forms))))
    known.ledger = {row.gtin14: row for row in entries}
    held = [row.product_id for row in known.ledger.values() if row.product_id]
    known.holders |= _holders(session, or_(Product.ean.in_(pasted(spelled)), Product.id.in_(held)))
    for holder in known.holders.values():
        if holder.code:
            known.by_form[_form(holder.code)].append(holder.id)
    _look_alikes(session, known, ids)
    _places(session, known)
    known.looks = catalogue.looks(session, forms)
    return known


def _holders(session: Session, which: Any) -> dict[int, Holder]:
    rows: Select[Any] = select(Product).where(which).order_by(Product.id)
    return {row.id: _holder(row) for row in session.scalars(rows)}


def _holder(row: Product) -> Holder:
    title = row.title_en or row.title_zh or ""
    return Holder(row.id, row.sku, title, row.brand or "", row.ean or "", row.picture or "", row.state)


def _look_alikes(session: Session, known: Known, ids: Iterable[int]) -> None:
    """Living products with the same picture; those of one family may share it."""
    wanted = sorted({known.holders[number].picture for number in ids if known.holders[number].picture})
    if not wanted:
        return
    family = func.coalesce(Product.parent_id, Product.id).label("family")
    query = select(Product, family).where(Product.picture.in_(pasted(wanted)), Product.state != LibraryState.DELETED)
    rows = [(_holder(row), kin) for row, kin in session.execute(query.order_by(Product.id).limit(10_000))]
    kin_of = {holder.id: kin for holder, kin in rows}
    by_picture: dict[str, list[Holder]] = defaultdict(list)
    for holder, _ in rows:
        by_picture[holder.picture].append(holder)
    for number in set(ids) & set(kin_of):
        others = (o for o in by_picture[known.holders[number].picture] if kin_of[o.id] != kin_of[number])
        for other, _ in zip(others, range(MOST_ALIKE), strict=False):
            known.holders.setdefault(other.id, other)
            known.alike[number].append(other.id)


def _places(session: Session, known: Known) -> None:
    query = select(Listing).where(Listing.product_id.in_(list(known.holders))).order_by(Listing.store_id)
    for row in session.scalars(query):
        place = Place(row.store_id, known.stores[row.store_id], row.seller_sku, row.status, row.code or "", row.asin or "",
                      row.issue or "")  # fmt: skip
        known.places[row.product_id].append(place)
    for number, places in known.places.items():
        asins = tuple(dict.fromkeys(place.asin for place in places if place.asin))
        known.holders[number] = replace(known.holders[number], asins=asins)


def _facts(known: Known, one: Meant) -> Facts:
    product = known.holders.get(one.product_id or 0)
    code = product.code if product else one.code
    form, brand = _form(code) if code else "", product.brand if product else ""
    row, looks = known.ledger.get(form), known.looks.get(form, ())
    number = product.id if product else 0
    return Facts(
        subject=one.subject, product=product, code=code, judgement=code_verdicts.judge(code) if code else None,
        entry=Entry(row.state, row.licence, known.holders.get(row.product_id), row.exposed_at) if row else None,
        others=tuple(known.holders[other] for other in dict.fromkeys(_sharing(known, form, row)) if other != number),
        look_alikes=tuple(known.holders[other] for other in known.alike.get(number, ())),
        places=tuple(known.places.get(number, ())),
        looks=tuple((known.stores[look.store_id], look.of(brand)) for look in looks),
    )  # fmt: skip


def _sharing(known: Known, form: str, row: Any) -> Iterator[int]:
    yield from known.by_form.get(form, ()) if form else ()
    if row is not None and row.product_id:
        yield row.product_id
