"""Captured items: what was taken from a platform and waits to become a product of the library, or at once a listing in stores."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db import frames, search
from db.models import Category, Product
from db.vocabulary import CURRENCIES, LibraryState, Source, Transport
from lib import money
from lib.codes import codes
from lib.commands import command
from lib.prices.formula import amount_text
from lib.problems import Problem, Refused
from lib.products import listings
from lib.rights import Right

CARDS = 12
"""How many cards a page has."""

MOST_WORDS = {
    "sku": 80,
    "title_zh": 500,
    "title_en": 500,
    "brand": 200,
    "description": 20_000,
    "bullets": 5_000,
    "size": 100,
}


@dataclass(frozen=True)
class Filter:
    text: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    id: int
    sku: str
    title: str
    picture: str | None
    source: Source
    price: Decimal | None
    currency: str


@dataclass(frozen=True)
class Details:
    """What is filled in before an item becomes a product."""

    sku: str
    title_zh: str | None = None
    title_en: str | None = None
    category_id: int | None = None
    brand: str | None = None
    source_price: Decimal | None = None
    currency: str = "CNY"
    weight_grams: int | None = None
    size: str | None = None
    transport: str | None = None
    description: str | None = None
    bullets: str | None = None

    @property
    def price(self) -> str:
        """The source price as it is typed."""
        return amount_text(self.source_price, self.currency) if self.source_price is not None else ""


# Rules


@dataclass(frozen=True)
class Form:
    """What the form says so far, and what is wrong with it."""

    details: Details
    problems: tuple[Problem, ...]


def form(price: str, transport: Iterable[str], known: Details, **values: Any) -> Form:
    """The details as they were typed; a price that is none is a problem, never a guess."""
    problems, amount = [], None
    if (price or "").strip():
        try:
            amount = money.parse(price, values["currency"])
        except ValueError as why:
            problems.append(Problem(f"Source price: {why}", field="source_price"))
    marks = ",".join(mark for mark in transport if mark in Transport.labels()) or None
    filled = replace(known, source_price=amount, transport=marks, **values)
    return Form(filled, (*problems, *check(filled)))


def check(details: Details) -> list[Problem]:
    """What is wrong with the details, in the order of the form."""
    problems = []
    if not details.sku.strip():
        problems.append(Problem("A product needs a SKU.", field="sku"))
    for name, most in MOST_WORDS.items():
        words = getattr(details, name) or ""
        if len(words) > most or "\0" in words:
            problems.append(
                Problem(f"{name} is longer than {most:,} characters, or holds one that is none.", field=name)
            )
    if not (details.title_zh or details.title_en):
        problems.append(Problem("A product needs a title, in Chinese or in English.", field="title_zh"))
    if details.source_price is not None and not 0 < details.source_price < 10**10:
        problems.append(
            Problem("The source price must be above 0. Leave it empty when it is not known.", field="source_price")
        )
    if details.currency not in CURRENCIES:
        problems.append(Problem(f"{details.currency} is not a currency that Caravan knows.", field="currency"))
    return problems


# Reading


def matching(wanted: Filter) -> Select[Any]:
    query = select(Product.id).where(Product.state == LibraryState.CAPTURED)
    if wanted.text:
        query = query.where(search.matching(wanted.text))
    if wanted.sources:
        query = query.where(Product.source.in_(wanted.sources))
    return query


def count(session: Session, wanted: Filter) -> int:
    return frames.count(session, matching(wanted), Product.id)


def cards(session: Session, wanted: Filter, number: int = 1) -> list[Card]:
    """The cards of a page, newest first."""
    query = select(Product).where(Product.id.in_(matching(wanted))).order_by(Product.id.desc())
    rows = session.scalars(query.limit(CARDS).offset((max(number, 1) - 1) * CARDS))
    return [
        Card(p.id, p.sku, p.title_zh or p.title_en or p.sku, p.picture, p.source, p.source_price, p.currency)
        for p in rows
    ]


def details(session: Session, reference: str) -> Details | None:
    """What is known already of the item that a link names by its id; None when it is gone or in the library by now."""
    is_id = reference.isascii() and reference.isdigit() and len(reference) < 10
    product = session.get(Product, int(reference)) if is_id else None
    if product is None or product.state != LibraryState.CAPTURED:
        return None
    return Details(**{field.name: getattr(product, field.name) for field in fields(Details)})


# Commands


@command(Right.PRODUCTS)
def upload(session: Session, product_id: int, filled: Details) -> str:
    """Upload to product library."""
    product = _take_in(session, product_id, filled)
    return f"{product.sku} is in the library now, as {product.state.label}."


@command(Right.LISTINGS)
def new_product(
    session: Session, product_id: int, filled: Details, store_ids: Sequence[int], give_code: bool = True
) -> str:
    """New Product: into the library and, in the same step, on sale in the chosen stores. All of it, or nothing."""
    product = _take_in(session, product_id, filled)
    session.flush()
    if give_code and product.ean is None:
        codes.assign(session, [product.id])
        session.refresh(product)
    return f"{product.sku} is in the library now. {listings.create(session, [product.id], store_ids)}"


def _take_in(session: Session, product_id: int, filled: Details) -> Product:
    if problems := check(filled):
        raise Refused(*problems)
    product = session.get(Product, product_id, with_for_update=True)
    if product is None or product.state != LibraryState.CAPTURED:
        raise Refused(
            "Somebody else has taken this item into the library or out of the list meanwhile. Nothing was saved."
        )
    if filled.category_id is not None and session.get(Category, filled.category_id) is None:
        raise Refused("This category has been deleted meanwhile. Nothing was saved; choose another one.")
    for field in fields(Details):
        value = getattr(filled, field.name)
        setattr(product, field.name, (value.strip() or None) if isinstance(value, str) else value)
    product.state = LibraryState.READY if product.source_price is not None else LibraryState.DRAFT
    return product
