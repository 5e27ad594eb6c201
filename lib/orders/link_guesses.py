"""Which product of the library an order line may be about: the likeliest first, each with the reason; and taking a link away again.

What somebody has linked before counts as much as what the library says: the same SKU in an earlier order, the same ASIN in another store.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from db import search
from db.models import Code, Listing, Order, OrderLine, Product, Store
from db.vocabulary import LibraryState
from lib.codes import ean
from lib.commands import command
from lib.orders import work
from lib.problems import Refused
from lib.rights import Right

MOST, MOST_HITS, LEAST_WORDS = 5, 200, 2
WORDS_TRIED = (10, 6, 4, 3)
"""How many of a title's first words a product must have; the most first."""
NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Guess:
    product_id: int
    sku: str
    title: str
    picture: str | None
    why: str
    """Why it may be this one, as a sentence without its full stop."""


# Reading


def guesses(session: Session, line_id: int, most: int = MOST) -> list[Guess]:
    """What the line may be about, the likeliest first; by its title only where nothing surer is known."""
    line = session.get(OrderLine, line_id)
    if line is None:
        return []
    found: dict[int, Guess] = {}
    for way in (_same_sku, _same_sku_spelt_otherwise, _linked_before, _same_asin, _same_code, _same_words):
        if way is _same_words and found:
            break
        for product, why in way(session, line):
            if product.state != LibraryState.DELETED:
                found.setdefault(product.id, _guess(product, why))
    return list(found.values())[:most]


def found(session: Session, text: str, most: int = 8) -> list[Guess]:
    """Products that a person looks for to link one: by SKU or code, else by words; the ones with that SKU first."""
    text = text.strip()
    if not text:
        return []
    alive = Product.state != LibraryState.DELETED
    exact = list(
        session.scalars(select(Product).where(Product.sku.in_(_spellings(text)) | (Product.ean == text), alive))
    )
    worded = session.scalars(select(Product).where(search.matching(text), alive).limit(most))
    products = {product.id: product for product in (*exact, *worded)}
    return [_guess(product, "") for product in products.values()][:most]


def _guess(product: Product, why: str) -> Guess:
    titles = " / ".join(filter(None, (product.title_zh, product.title_en)))
    return Guess(product.id, product.sku, titles, product.picture, why)


# Ways to a product, each with its reason

Found = Iterator[tuple[Product, str]]


def _same_sku(session: Session, line: OrderLine) -> Found:
    for product in session.scalars(select(Product).where(Product.sku == line.sku)):
        yield product, "Same SKU"
    yield from _listed(session, Listing.seller_sku == line.sku, "Same SKU in store {}")


def _same_sku_spelt_otherwise(session: Session, line: OrderLine) -> Found:
    """Other capitals, blanks, hyphens: what has the same letters and digits."""
    alike = [
        one
        for one in session.scalars(select(Product).where(Product.sku.in_(_spellings(line.sku))))
        if _is_same(one, line)
    ]
    if not alike and (words := _longest_last(search.tokens(line.sku).split())):
        worded = session.scalars(select(Product).where(search.matching(words)).limit(MOST_HITS))
        alike = [one for one in worded if _is_same(one, line)]
    for product in alike:
        yield product, f"Same SKU, written {product.sku}"


def _is_same(product: Product, line: OrderLine) -> bool:
    return _bare(product.sku) == _bare(line.sku)


def _longest_last(words: list[str]) -> str:
    """A search takes its last word as a beginning, too: of a short word that would be half of the library."""
    return " ".join(sorted(words, key=len))


def _spellings(sku: str) -> set[str]:
    tidy = " ".join(sku.split())
    joined = NO_WORD.sub("", tidy)
    ways = {tidy, tidy.replace(" ", ""), tidy.replace(" ", "-"), tidy.replace("_", "-"), tidy.replace("-", "_"), joined}
    return {spelt for way in ways for spelt in (way, way.upper(), way.lower())}


def _bare(sku: str) -> str:
    return NO_WORD.sub("", sku).casefold()


def _linked_before(session: Session, line: OrderLine) -> Found:
    """What the same SKU was linked to in the newest orders."""
    same = (OrderLine.sku == line.sku) & (OrderLine.id != line.id)
    yield from _linked(session, same, "The same SKU was linked to it in order {}")


def _same_asin(session: Session, line: OrderLine) -> Found:
    if not line.asin:
        return
    yield from _listed(session, Listing.asin == line.asin, "Same ASIN in store {}")
    same = (OrderLine.asin == line.asin) & (OrderLine.id != line.id)
    yield from _linked(session, same, "The same ASIN was linked to it in order {}")


def _same_code(session: Session, line: OrderLine) -> Found:
    """Where the SKU is a barcode, or has one in it."""
    codes = {ean.gtin14(part) for part in re.findall(r"\d{8,14}", ean.compact(line.sku)) if ean.is_valid(part)}
    if not codes:
        return
    spelt = {code[cut:] for code in codes for cut in (0, 1, 2) if not code[:cut].strip("0")}
    for product in session.scalars(select(Product).where(Product.ean.in_(spelt))):
        yield product, f"Its code is {product.ean}"
    held = select(Product).join(Code, Code.product_id == Product.id).where(Code.gtin14.in_(codes))
    for product in session.scalars(held):
        yield product, "The code belongs to it"


def _same_words(session: Session, line: OrderLine) -> Found:
    """The first words of the title, fewer and fewer, until some product has them all; those most alike first."""
    words = [word for word, _ in search.asked(line.title or "")]
    for many in dict.fromkeys(min(tried, len(words)) for tried in WORDS_TRIED):
        text = _longest_last(words[:many])
        if many < LEAST_WORDS or not 0 < search.hits(session, text, MOST_HITS) <= MOST_HITS:
            continue
        products = session.scalars(select(Product).where(search.matching(text)).limit(MOST_HITS)).all()
        for product in sorted(products, key=lambda one: (-_alike(line.title or "", one), one.id)):
            yield product, "Similar title"
        return


def _alike(title: str, product: Product) -> float:
    ratios = (
        SequenceMatcher(None, title.casefold(), own.casefold()).ratio()
        for own in (product.title_en, product.title_zh)
        if own
    )
    return max(ratios, default=0.0)


def _listed(session: Session, which: ColumnElement[bool], why: str) -> Found:
    query = (
        select(Product, Store.name)
        .join(Listing, Listing.product_id == Product.id)
        .join(Store, Store.id == Listing.store_id)
        .where(which, Listing.store_id.in_(select(Store.id))).order_by(Listing.id).limit(MOST)
    )  # fmt: skip
    yield from _told(session, query, why)


def _linked(session: Session, which: ColumnElement[bool], why: str) -> Found:
    query = (
        select(Product, Order.number)
        .join(OrderLine, OrderLine.product_id == Product.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(which).order_by(OrderLine.id.desc()).limit(MOST)
    )  # fmt: skip
    yield from _told(session, query, why)


def _told(session: Session, query: Select[Product, str], why: str) -> Found:
    for product, name in session.execute(query):
        yield product, why.format(name)


# The command


@command(Right.ORDERS)
def unlink(session: Session, line_id: int) -> str:
    """Take the link of a line to its product away. What was bought for it stays."""
    line = session.get(OrderLine, line_id, with_for_update=True)
    if line is None:
        raise Refused("This line does not exist any more. Nothing was changed.")
    product = session.get(Product, line.product_id) if line.product_id else None
    if product is None:
        raise Refused(f"{line.sku} is linked to no product. Nothing was changed.")
    line.product_id = None
    work.follow(session, [line.order_id])
    number = session.get_one(Order, line.order_id).number
    return f"{line.sku} in order {number} is no longer linked to {product.sku}."
