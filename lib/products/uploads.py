"""Uploads: what is sent to the marketplace, the record that is kept of it, and what the marketplace answered.

A record is written before anything leaves, and never changed afterwards; answers are added to it. So whatever breaks in between, it is
known what may have been sent, and the same words are sent again under the same key.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from db.models import CatalogueCheck, Category, Listing, PricePush, Product, Store, UploadAnswer, UploadDetail
from db.vocabulary import ListingStatus, PushState
from lib.channels import MOST_OPERATIONS, Issue, NewListing, Outcome, Severity, State
from lib.codes import catalogue, codes, ean
from lib.prices import price_basis, pricing
from lib.prices.formula import Price, amount_text, explain

STATUS = {
    State.ACCEPTED: ListingStatus.UPLOADING,
    State.LIVE: ListingStatus.ACTIVE,
    State.REFUSED: ListingStatus.FAILED,
}
UP = (ListingStatus.ACTIVE, ListingStatus.WARNING)
"""With these a listing is up: on sale on the marketplace."""
BY_HAND = {
    "en": "Price set by hand: {} {}. The formula would give: {}",
    "zh": "手动定价：{} {}。公式结果：{}",
}


# Sending


def waiting(session: Session) -> list[int]:
    """The stores that have listings in the queue."""
    return list(
        session.scalars(select(Listing.store_id).where(Listing.status == ListingStatus.QUEUED).distinct()).all()
    )


def take(
    session: Session, store_id: int, most: int = MOST_OPERATIONS, is_asked: bool = True
) -> tuple[str, list[NewListing]]:
    """Take listings of a store out of the queue: write the record of each, and return the key and what is to be sent.

    What would mix up with somebody else's item is held back, as failed; what the catalogue has not answered about waits on. Without
    `is_asked` nobody asks the catalogue. The codes count as exposed from now on: what is about to leave can no longer be taken back.
    """
    store = session.get_one(Store, store_id)
    rows = _going(session, store_id, most) if is_asked else session.scalars(_queued(store_id, most)).all()
    if not rows:
        return "", []
    products = _products(session, rows)
    paths = _paths(session, products.values())
    prices = pricing.quote(session, products.values(), store)
    operations = [_operation(row, products[row.product_id], store, paths) for row in rows]
    details = [
        _detail(session, row, operation, prices[row.product_id])
        for row, operation in zip(rows, operations, strict=True)
    ]
    session.add_all(details)
    session.flush()
    key = f"{store.name}-{details[0].id}"[:60]
    for row in rows:
        row.status, row.submission = ListingStatus.UPLOADING, key
        row.issue = row.issue if is_asked else None
    codes.expose(session, [operation.code for operation in operations if operation.code])
    _replace_pushes(session, [row.id for row in rows])
    return key, operations


def _queued(store_id: int, most: int) -> Select[Any]:
    queued = select(Listing).where(Listing.store_id == store_id, Listing.status == ListingStatus.QUEUED)
    return queued.order_by(Listing.id).limit(most).with_for_update(skip_locked=True, of=Listing)


def _going(session: Session, store_id: int, most: int) -> list[Listing]:
    """The next listings that may go, each with the item it is matched to as its issue; those that may not are held back."""
    checked = CatalogueCheck.id == catalogue.newest(store_id)
    query = _queued(store_id, most).add_columns(CatalogueCheck).outerjoin(CatalogueCheck, checked)
    query = query.where(Listing.code.is_(None) | CatalogueCheck.id.is_not(None))
    while pairs := session.execute(query).all():
        brands, asins = _known(session, [row.product_id for row, _ in pairs])
        going = [row for row, check in pairs if _may_go(row, check, brands[row.product_id], asins[row.product_id])]
        if going:
            return going
        session.flush()
    return []


def _may_go(row: Listing, check: CatalogueCheck | None, brand: str | None, own: set[str]) -> bool:
    look = catalogue.look(check).of(brand) if check else None
    wrong = ean.problem(row.code) if row.code else None
    held = f"{wrong} Nothing was sent; open the doctor." if wrong else look and catalogue.obstacle(row.code or "", look)
    if held:
        row.status, row.issue, row.submission = ListingStatus.FAILED, held, None
        return False
    row.issue = catalogue.match(look, own) if look else None
    return True


def _known(session: Session, product_ids: Sequence[int]) -> tuple[dict[int, str | None], dict[int, set[str]]]:
    """The brands of products, and the ASINs that they have in any store."""
    brands = {
        row.id: row.brand
        for row in session.execute(select(Product.id, Product.brand).where(Product.id.in_(product_ids)))
    }
    asins: dict[int, set[str]] = {number: set() for number in brands}
    listed = select(Listing.product_id, Listing.asin).where(
        Listing.product_id.in_(product_ids), Listing.asin.is_not(None)
    )
    for row in session.execute(listed):
        asins[row.product_id].add(row.asin)
    return brands, asins


def _replace_pushes(session: Session, listing_ids: Sequence[int]) -> None:
    """The upload carries the price: one that was sent without an answer is not sent again after it."""
    going = PricePush.state.in_((PushState.QUEUED, PushState.SENT))
    put = update(PricePush).where(PricePush.listing_id.in_(listing_ids), going)
    session.execute(put.values(state=PushState.REPLACED), execution_options={"synchronize_session": False})


def _products(session: Session, rows: Iterable[Listing]) -> dict[int, Product]:
    found = session.scalars(select(Product).where(Product.id.in_({row.product_id for row in rows})))
    return {product.id: product for product in found}


def _paths(session: Session, products: Iterable[Product]) -> dict[int, str]:
    wanted = {p.category_id for p in products if p.category_id}
    return {
        row.id: row.path for row in session.execute(select(Category.id, Category.path).where(Category.id.in_(wanted)))
    }


def _operation(row: Listing, product: Product, store: Store, paths: Mapping[int, str]) -> NewListing:
    return NewListing(
        sku=row.seller_sku, code=row.code, title=product.title_en or product.title_zh or "", price=row.price,
        currency=store.currency, quantity=row.quantity, brand=product.brand or "",
        category=paths.get(product.category_id or 0, ""), description=product.description or "",
        bullets=product.bullets or "", picture=product.picture,
    )  # fmt: skip


def _detail(session: Session, row: Listing, operation: NewListing, today: Price) -> UploadDetail:
    sent = {name: str(v) if isinstance(v, Decimal) else v for name, v in asdict(operation).items()}
    return UploadDetail(
        listing_id=row.id, actor=session.info["actor"].name, sent=sent, code=row.code, price=row.price,
        currency=operation.currency, formula=_formula(row.price, today, "en"), formula_zh=_formula(row.price, today, "zh"),
        basis=price_basis.kept(today),
    )  # fmt: skip


def _formula(price: Decimal | None, today: Price, language: str) -> str:
    """The whole formula; when the price is not what it gives, that and both."""
    words = explain(today, language)
    if price is None or price == today.amount:
        return words
    return BY_HAND[language].format(amount_text(price, today.currency), today.currency, words)


# Answers


@dataclass(frozen=True)
class Open:
    """A submission that has not been answered for good."""

    store_id: int
    key: str


def unanswered(session: Session) -> list[Open]:
    found = select(Listing.store_id, Listing.submission).where(
        Listing.status == ListingStatus.UPLOADING, Listing.submission.is_not(None)
    )
    return [Open(row.store_id, row.submission) for row in session.execute(found.distinct()) if row.submission]


def sent(session: Session, store_id: int, key: str) -> list[NewListing]:
    """What was sent under a key and is not answered yet, word for word as its record has it."""
    operations = []
    for listing in session.scalars(_under(store_id, key)):
        detail = session.scalars(_newest(listing.id)).one()
        words = dict(detail.sent)
        words["price"] = None if words["price"] is None else Decimal(words["price"])
        operations.append(NewListing(**words))
    return operations


def answered(session: Session, store_id: int, key: str, outcomes: Mapping[str, Outcome]) -> int:
    """Write what the marketplace said; returns for how many listings it said something new."""
    news = 0
    for listing in session.scalars(_under(store_id, key).with_for_update()):
        outcome = outcomes.get(listing.seller_sku)
        if outcome is None or outcome.state not in STATUS:
            continue
        status = _status(outcome)
        if status == listing.status:
            continue
        news += 1
        detail = session.scalars(_newest(listing.id)).one()
        session.add(
            UploadAnswer(
                upload_id=detail.id, status=status, asin=outcome.asin, issues=[asdict(i) for i in outcome.issues]
            )
        )
        listing.status, listing.issue = status, line(outcome.issues) or listing.issue
        listing.asin = outcome.asin or listing.asin
        if status in UP and listing.pricing:
            listing.pricing.pushed = detail.price
    return news


def _under(store_id: int, key: str) -> Select[Any]:
    return (
        select(Listing)
        .where(Listing.store_id == store_id, Listing.submission == key, Listing.status == ListingStatus.UPLOADING)
        .order_by(Listing.id)
    )


def _newest(listing_id: int) -> Select[Any]:
    return select(UploadDetail).where(UploadDetail.listing_id == listing_id).order_by(UploadDetail.id.desc()).limit(1)


def _status(outcome: Outcome) -> ListingStatus:
    if outcome.state is State.LIVE and any(issue.severity is Severity.WARNING for issue in outcome.issues):
        return ListingStatus.WARNING
    return STATUS[outcome.state]


def line(issues: Sequence[Issue]) -> str | None:
    """What the marketplace complains about, in one line as it is kept; None for nothing."""
    return "; ".join(str(issue) for issue in issues)[:1000] or None


# Looking back


@dataclass(frozen=True)
class Answer:
    at: datetime
    status: ListingStatus
    asin: str | None
    issues: tuple[Issue, ...]


@dataclass(frozen=True)
class Upload:
    """One upload as it was, with today's formula beside it when that gives another price."""

    at: datetime
    actor: str
    sent: Mapping[str, Any]
    code: str | None
    price: Decimal | None
    currency: str
    formula: str
    formula_zh: str
    answers: tuple[Answer, ...]


def of(session: Session, listing_id: int, most: int = 20) -> list[Upload]:
    """The uploads of a listing, newest first."""
    query = select(UploadDetail).where(UploadDetail.listing_id == listing_id).order_by(UploadDetail.id.desc())
    details = session.scalars(query.limit(most)).all()
    answers: dict[int, list[Answer]] = {}
    said = select(UploadAnswer).where(UploadAnswer.upload_id.in_([d.id for d in details])).order_by(UploadAnswer.id)
    for row in session.scalars(said):
        issues = tuple(Issue(i["code"], Severity(i["severity"]), i["message"]) for i in row.issues)
        answers.setdefault(row.upload_id, []).append(Answer(row.at, row.status, row.asin, issues))
    return [
        Upload(
            d.at, d.actor, d.sent, d.code, d.price, d.currency, d.formula, d.formula_zh, tuple(answers.get(d.id, ()))
        )
        for d in details
    ]


def today(session: Session, reference: str) -> tuple[int, str, Price] | None:
    """The listing that a link names by its id: the id, its SKU and store in words, and what the formula gives today."""
    is_id = reference.isascii() and reference.isdigit() and len(reference) < 10
    listing = session.get(Listing, int(reference)) if is_id else None
    if listing is None:
        return None
    product, store = session.get_one(Product, listing.product_id), session.get_one(Store, listing.store_id)
    return listing.id, f"{listing.seller_sku} in {store.name}", pricing.quote(session, [product], store)[product.id]
