"""What the marketplaces' catalogues know of our codes: which codes are to be asked about, and what was answered.

A code that already has an ASIN attaches our offer to that item. Same brand: the same item, so it may go. Another brand, or several ASINs:
it would mix up pictures, so it is held back. An answer is good for a day. Brands are compared without their case and outer blanks; one that
is empty is unknown, which is another brand than any that is named, and the same only as one that is empty too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.orm import Session

from db.models import CatalogueCheck, Code, Listing, Product, Store, now
from db.vocabulary import CheckVerdict, ListingStatus
from lib.channels import MOST_CODES, CatalogMatch
from lib.codes import ean

FRESH = timedelta(hours=24)
"""For so long an answer is good, and so long a listing waits for one."""

Answers = Mapping[str, tuple[CatalogMatch, ...] | None]
"""By code as it was asked; None when the marketplace did not answer."""


@dataclass(frozen=True)
class Item:
    """An ASIN that has the code."""

    asin: str
    title: str
    brand: str


@dataclass(frozen=True)
class Look:
    """What the catalogue of one store said about a code when it was last asked; FAILED when it has never answered."""

    store_id: int
    at: datetime
    verdict: CheckVerdict
    items: tuple[Item, ...] = ()

    def of(self, brand: str | None) -> "Look":
        """The same for a product that has this brand now."""
        if self.verdict in (CheckVerdict.FAILED, CheckVerdict.NONE, CheckVerdict.SEVERAL):
            return self
        same = is_same_brand(self.items[0].brand, brand)
        return Look(self.store_id, self.at, CheckVerdict.SAME_BRAND if same else CheckVerdict.OTHER_BRAND, self.items)

    @property
    def is_fresh(self) -> bool:
        return self.verdict is not CheckVerdict.FAILED and self.at >= now() - FRESH


# Rules


def is_same_brand(one: str | None, other: str | None) -> bool:
    return (one or "").strip().casefold() == (other or "").strip().casefold()


def judged(gtin14: str, matches: Sequence[CatalogMatch], brand: str | None) -> CheckVerdict:
    """The verdict on a code. An ASIN that was found by it and does not list it leaves open where an offer would go."""
    if not matches:
        return CheckVerdict.NONE
    if len(matches) > 1 or (matches[0].codes and gtin14 not in matches[0].codes):
        return CheckVerdict.SEVERAL
    return CheckVerdict.SAME_BRAND if is_same_brand(matches[0].brand, brand) else CheckVerdict.OTHER_BRAND


def obstacle(code: str, look: Look) -> str | None:
    """Why a listing with this code is not sent, in words for the person; None when it may go."""
    if look.verdict is CheckVerdict.OTHER_BRAND:
        [item] = look.items
        owner = f"{code} belongs to {item.asin} ({called(item.brand)}) in the marketplace's catalogue"
    elif look.verdict is CheckVerdict.SEVERAL:
        owner = (
            f"{code} does not lead to one item in the marketplace's catalogue ({', '.join(i.asin for i in look.items)})"
        )
    else:
        return None
    return f"{owner}: sending it would mix up pictures. Not sent; open the doctor. Amazon's own answer would be 8572."[
        :1000
    ]


def match(look: Look, own: Iterable[str | None]) -> str | None:
    """That the offer is attached to an item that is there already, and which; None for a new one and for our own ASINs."""
    if look.verdict is not CheckVerdict.SAME_BRAND or look.items[0].asin in own:
        return None
    [item] = look.items
    return f"Matched to {item.asin} ({called(item.brand)}): the catalogue has this code there, and the offer goes onto that item."


def called(brand: str) -> str:
    return f"brand {brand.strip()}" if brand.strip() else "no brand"


# Which codes are asked about


def gtin(code: Any = Listing.code) -> ColumnElement[str]:
    """The 14 digits of a code, worked out by the database."""
    return func.substr(literal("0" * 14).concat(code), func.length(code) + 1, 14)


def newest(store_id: int) -> Any:
    """Inside a query of listings: the id of the answer that is good now for a listing's code."""
    found = select(func.max(CatalogueCheck.id)).where(
        CatalogueCheck.gtin14 == gtin(), CatalogueCheck.store_id == store_id,
        CatalogueCheck.verdict != CheckVerdict.FAILED, CatalogueCheck.at >= now() - FRESH,
    )  # fmt: skip
    return found.correlate(Listing).scalar_subquery()


def questions(session: Session, store_id: int, most: int) -> list[list[str]]:
    """What to ask for the queued listings of a store: their codes without an answer of today, as many at a time as may be.

    Codes that went unanswered come last, the longest ago first, and each alone: one that is never answered holds up no other.
    """
    failed = select(func.max(CatalogueCheck.at)).where(
        CatalogueCheck.gtin14 == gtin(), CatalogueCheck.store_id == store_id, CatalogueCheck.verdict == CheckVerdict.FAILED
    )  # fmt: skip
    since = failed.correlate(Listing).scalar_subquery()
    query = (
        select(Listing.code, since)
        .where(Listing.store_id == store_id, Listing.status == ListingStatus.QUEUED)
        .where(Listing.code.is_not(None), newest(store_id).is_(None))
        .group_by(Listing.code)
        .order_by(since.asc().nulls_first(), func.min(Listing.id))
    )
    rows = [(str(code), at) for code, at in session.execute(query.limit(most * MOST_CODES))]
    first, again = [code for code, at in rows if at is None], [code for code, at in rows if at is not None]
    return [*lots(first), *([code] for code in again)][:most]


def lots(codes: Sequence[str]) -> list[list[str]]:
    """The codes in as few questions as there can be."""
    return [list(codes[start : start + MOST_CODES]) for start in range(0, len(codes), MOST_CODES)]


def asked_of(session: Session, codes: Sequence[str]) -> dict[int, list[str]]:
    """Which stores to ask about which codes: where their products are listed, else one store of each marketplace."""
    forms = {ean.gtin14(code): code for code in codes if ean.is_valid(code)}
    where: dict[str, set[int]] = {form: set() for form in forms}
    spelled = {spelling: form for form in forms for spelling in spellings(form)}
    on = select(Listing.store_id, Product.ean).join(Product, Product.id == Listing.product_id)
    held = select(Listing.store_id, Code.gtin14).join(Code, Code.product_id == Listing.product_id)
    active = Listing.store_id.in_(select(Store.id).where(Store.active))
    for store_id, spelling in session.execute(on.where(Product.ean.in_(spelled), active)):
        where[spelled[str(spelling)]].add(store_id)
    for store_id, form in session.execute(held.where(Code.gtin14.in_(forms), active)):
        where[form].add(store_id)
    everywhere = _one_of_each(session)
    asked: dict[int, list[str]] = {}
    for form, stores in where.items():
        for store_id in sorted(stores or everywhere):
            asked.setdefault(store_id, []).append(forms[form])
    return asked


def spellings(gtin14: str) -> list[str]:
    """All ways to write a code: with and without the zeros in front that are no digits of it."""
    return [gtin14[14 - length :] for length in (14, 13, 12, 8) if not gtin14[: 14 - length].strip("0")]


def _one_of_each(session: Session) -> list[int]:
    first = select(func.min(Store.id)).where(Store.active).group_by(Store.channel, Store.marketplace)
    return list(session.scalars(first))


# What was answered


def write(session: Session, store_id: int, answers: Answers) -> int:
    """Keep what the catalogue of a store said; returns for how many codes it answered."""
    forms = {code: ean.compact(code).zfill(14)[-14:] for code in answers}
    brands = _brands(session, forms.values())
    failed = _unanswered(session, store_id, forms.values())
    for code, matches in answers.items():
        form = forms[code]
        if matches is None and form in failed:
            failed[form].at = now()
            continue
        verdict = CheckVerdict.FAILED if matches is None else judged(form, matches, brands.get(form))
        items = [{"asin": m.asin, "title": m.title[:500], "brand": m.brand[:200]} for m in matches or ()]
        session.add(CatalogueCheck(gtin14=form, store_id=store_id, matches=items, verdict=verdict))
    session.flush()
    _give_up(session, store_id, [code for code, matches in answers.items() if matches is None])
    return sum(matches is not None for matches in answers.values())


def _brands(session: Session, forms: Iterable[str]) -> dict[str, str | None]:
    """The brand of the product that has the code; of the newest when there are several."""
    spelled = {spelling: form for form in forms for spelling in spellings(form)}
    query = select(Product.ean, Product.brand).where(Product.ean.in_(spelled)).order_by(Product.id)
    return {spelled[row.ean]: row.brand for row in session.execute(query)}


def _unanswered(session: Session, store_id: int, forms: Iterable[str]) -> dict[str, CatalogueCheck]:
    """Those whose last question has got no answer: one row tells of all the times that it was asked in vain."""
    last = _last(forms).where(CatalogueCheck.store_id == store_id)
    query = select(CatalogueCheck).where(CatalogueCheck.id.in_(last), CatalogueCheck.verdict == CheckVerdict.FAILED)
    return {row.gtin14: row for row in session.scalars(query)}


def _last(forms: Iterable[str]) -> Select[Any]:
    found = select(func.max(CatalogueCheck.id)).where(CatalogueCheck.gtin14.in_(list(forms)))
    return found.group_by(CatalogueCheck.gtin14, CatalogueCheck.store_id)


def _give_up(session: Session, store_id: int, codes: Sequence[str]) -> None:
    """A listing does not wait for ever."""
    late = select(Listing).where(
        Listing.store_id == store_id, Listing.status == ListingStatus.QUEUED, Listing.code.in_(codes),
        Listing.updated_at < now() - FRESH,
    )  # fmt: skip
    for row in session.scalars(late.with_for_update()):
        row.status = ListingStatus.FAILED
        row.issue = f"The marketplace has not said for a day whether {row.code} belongs to somebody. Nothing was sent; send it again."


def looks(session: Session, forms: Iterable[str]) -> dict[str, list[Look]]:
    """What each store last answered about these codes, by GTIN-14; where none ever did, that it was asked in vain."""
    answered = _last(forms := list(forms)).where(CatalogueCheck.verdict != CheckVerdict.FAILED)
    query = select(CatalogueCheck).where(CatalogueCheck.id.in_(answered.union(_last(forms))))
    kept: dict[tuple[str, int], Look] = {}
    for row in session.scalars(query.order_by(CatalogueCheck.id)):
        if row.verdict is not CheckVerdict.FAILED or (row.gtin14, row.store_id) not in kept:
            kept[row.gtin14, row.store_id] = look(row)
    found: dict[str, list[Look]] = {}
    for (form, _), one in sorted(kept.items()):
        found.setdefault(form, []).append(one)
    return found


def look(row: CatalogueCheck) -> Look:
    return Look(row.store_id, row.at, row.verdict, tuple(Item(**item) for item in row.matches))
