"""The doctor's rules: from what is known of a code and its product to a verdict, its evidence and the safest next step.

Pure: looks at nothing but the facts it is given. A new code is the cure only when the code is wrong for the product; a product that has an
ASIN of its own never gets one, for that would make a second ASIN for one product, which Amazon forbids. Sentences are in English and, in
short, in Chinese.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from db.vocabulary import CheckVerdict, CodeState, LibraryState, Licence, ListingStatus, Term
from lib.codes.catalogue import Look
from lib.codes.code_verdicts import HELD, Judgement, Verdict


class Finding(Term):
    """What the doctor finds."""

    HEALTHY = "healthy", "Healthy", "green", "nothing is wrong with its code"
    OTHER_ITEM = (
        "other_item",
        "Belongs to another item",
        "red",
        "the marketplace has this code on an item of somebody else",
    )
    ASIN_DIFFERS = "asin_differs", "Two ASINs", "red", "the code leads to another ASIN than the listing is on"
    TWICE = "twice", "Used twice here", "red", "two products of ours have this code"
    DELETED = "deleted", "A deleted product blocks", "orange", "a deleted product holds this code"
    WRONG = "wrong", "Wrong code", "red", "this is not the code of a product"
    NO_CODE = "no_code", "No code", "orange", "the product has no code yet"
    PICTURE = "picture", "Shared picture", "orange", "two products show the same picture"
    UNKNOWN = "unknown", "Not checked", "gray", "the marketplace has not been asked, or has not answered"
    NOTHING = "nothing", "Not found", "gray", "nothing of ours has this name"


ZH = {
    Finding.HEALTHY: "正常", Finding.OTHER_ITEM: "编码属于别的商品", Finding.ASIN_DIFFERS: "ASIN 不一致", Finding.TWICE: "内部重复使用",
    Finding.DELETED: "被已删除产品占用", Finding.WRONG: "编码错误", Finding.NO_CODE: "没有编码", Finding.PICTURE: "图片共用",
    Finding.UNKNOWN: "未检查", Finding.NOTHING: "未找到",
}  # fmt: skip


class Tone(Term):
    """What a piece of evidence says."""

    GOOD = "good", "Good", "green", "speaks for the code"
    BAD = "bad", "Bad", "red", "speaks against it"
    MIND = "mind", "Mind", "orange", "may be the cause"
    OPEN = "open", "Open", "gray", "not known"


class Act(Term):
    """The kinds of next steps."""

    NOTHING = "nothing", "Nothing to do"
    ASK = "ask", "Ask the marketplace"
    CURE = "cure", "Clear and give a fresh code"
    CORRECT = "correct", "Correct the listing"
    OTHER = "other", "Cure the other product"
    PICTURE = "picture", "Change a picture"
    ASSIGN = "assign", "Give it a code"
    RESTORE = "restore", "Restore or clear"
    WAIT = "wait", "Wait"


UP = (ListingStatus.ACTIVE, ListingStatus.WARNING)
FORBIDDEN = "A second ASIN for one product is forbidden"


@dataclass(frozen=True)
class Said:
    """A sentence in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Evidence:
    """A question, what was found, and what that says."""

    question: str
    tone: Tone
    said: Said


@dataclass(frozen=True)
class Holder:
    """A product of ours that has to do with the code or the picture."""

    id: int
    sku: str
    title: str = ""
    brand: str = ""
    code: str = ""
    picture: str = ""
    state: LibraryState = LibraryState.READY
    asins: tuple[str, ...] = ()

    @property
    def is_deleted(self) -> bool:
        return self.state is LibraryState.DELETED

    def is_like(self, other: "Holder") -> bool:
        """The same article by all we can see: one picture, or one title."""
        same_title = self.title.strip().casefold() == other.title.strip().casefold() != ""
        return same_title or (self.picture == other.picture != "")


@dataclass(frozen=True)
class Place:
    """A listing of the product."""

    store_id: int
    store: str
    sku: str
    status: ListingStatus
    code: str = ""
    asin: str = ""
    issue: str = ""


@dataclass(frozen=True)
class Entry:
    """What the ledger has about the code."""

    state: CodeState
    licence: Licence
    holder: Holder | None = None
    exposed_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """All that is known about one subject. `looks` are judged by the brand that the product has now."""

    subject: str
    product: Holder | None = None
    code: str = ""
    judgement: Judgement | None = None
    entry: Entry | None = None
    others: tuple[Holder, ...] = ()
    """Other products of ours with the code or its twin, the ledger's holder included."""
    look_alikes: tuple[Holder, ...] = ()
    places: tuple[Place, ...] = ()
    looks: tuple[tuple[str, Look], ...] = ()
    """By the name of the store."""

    @property
    def foreign(self) -> frozenset[str]:
        """ASINs of somebody else that the code leads to."""
        bad = (CheckVerdict.OTHER_BRAND, CheckVerdict.SEVERAL)
        return frozenset(item.asin for _, look in self.looks if look.verdict in bad for item in look.items)

    @property
    def own_asins(self) -> tuple[str, ...]:
        """The ASINs of the product itself: not those that it was mixed up with."""
        return tuple(dict.fromkeys(p.asin for p in self.places if p.asin and p.asin not in self.foreign))

    @property
    def mixed_up(self) -> tuple[Place, ...]:
        """Listings that are on sale on somebody else's item."""
        return tuple(p for p in self.places if p.asin in self.foreign and p.status in UP)

    @property
    def living(self) -> tuple[Holder, ...]:
        return tuple(other for other in self.others if not other.is_deleted)

    @property
    def deleted(self) -> tuple[Holder, ...]:
        return tuple(other for other in self.others if other.is_deleted)


@dataclass(frozen=True)
class Step:
    act: Act
    said: Said


@dataclass(frozen=True)
class Case:
    """What the doctor says about one subject."""

    facts: Facts
    finding: Finding
    evidence: tuple[Evidence, ...]
    step: Step
    offers: tuple[Said, ...] = ()

    @property
    def is_curable(self) -> bool:
        return self.step.act is Act.CURE

    @property
    def asins(self) -> tuple[str, ...]:
        """Items that have the code and are not ours: to co-sell on if they are the very same article."""
        found = dict.fromkeys(item.asin for _, look in self.facts.looks for item in look.items)
        return tuple(asin for asin in found if asin not in self.facts.own_asins)


# The verdict


def finding(facts: Facts) -> Finding:
    """The worst that is found; what is wrong for certain comes before what is only not known."""
    if not facts.code:
        return Finding.NO_CODE if facts.product else Finding.NOTHING
    if facts.judgement is None or facts.judgement.verdict not in HELD or _is_misused(facts.judgement):
        return Finding.WRONG
    if facts.foreign:
        return Finding.OTHER_ITEM
    if next(differing(facts), None):
        return Finding.ASIN_DIFFERS
    if facts.product and (facts.living or facts.deleted or facts.product.is_deleted):
        return Finding.TWICE if facts.living and not facts.product.is_deleted else Finding.DELETED
    if not facts.product and facts.deleted and not facts.living:
        return Finding.DELETED
    return _by_absence(facts)


def _by_absence(facts: Facts) -> Finding:
    if facts.look_alikes:
        return Finding.PICTURE
    return Finding.HEALTHY if any(look.is_fresh for _, look in facts.looks) else Finding.UNKNOWN


def _is_misused(judgement: Judgement) -> bool:
    return judgement.verdict is Verdict.RESTRICTED


def differing(facts: Facts) -> Iterator[tuple[Place, str]]:
    """Listings on another ASIN than the one that the catalogue of their store has for the code."""
    leads = {look.store_id: look.items[0].asin for _, look in facts.looks if look.verdict is CheckVerdict.SAME_BRAND}
    for place in facts.places:
        if place.asin and leads.get(place.store_id, place.asin) != place.asin:
            yield place, leads[place.store_id]
