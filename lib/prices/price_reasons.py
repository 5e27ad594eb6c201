"""Why this price? The price of one listing now and who set it, what was uploaded and why, what the rules give today, and the difference.

Three things that are easily taken for one: what the rules give as they are saved, what the listing has (applied), and what the
marketplace has taken (pushed).
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Listing, ListingPrice, Order, OrderLine, PricePush, Product, Store, UploadDetail
from db.vocabulary import ListingStatus, PushState, Source
from lib import money
from lib.prices import price_basis, price_difference, price_history, pricing
from lib.prices.formula import NO_RULE, Price, explain
from lib.prices.price_history import PriceEvent

ON_ITS_WAY = (ListingStatus.QUEUED, ListingStatus.UPLOADING)
MOST_STORES = 500


@dataclass(frozen=True)
class Sent:
    """The last upload: the price that was sent, and the formula frozen with it, in both languages."""

    at: datetime
    actor: str
    price: Decimal | None
    currency: str
    formula: str
    formula_zh: str
    made: Price | None
    """The price by the rules of then, with every step; uploads of the first days have not kept it."""


@dataclass(frozen=True)
class Reason:
    """All that is to be said about one price. `listing_id` is None where the product is not listed in the store."""

    listing_id: int | None
    sku: str
    title: str
    store: str
    currency: str
    price: Decimal | None
    """The price now."""
    is_locked: bool
    today: Price
    """What the rules give as they are saved."""
    pushed: Decimal | None
    push: PushState | None
    """What became of the last push of a price; QUEUED too while the whole listing is on its way."""
    push_issue: str | None
    sent: Sent | None
    history: tuple[PriceEvent, ...]
    """Newest first."""

    @property
    def is_applied(self) -> bool:
        return self.price is not None and self.price == self.today.amount

    @property
    def is_pushed(self) -> bool:
        return self.price is not None and self.price == self.pushed

    @property
    def set_by(self) -> PriceEvent | None:
        """The event that gave the price now, if the history still knows it."""
        newest = self.history[0] if self.history else None
        return newest if newest and newest.after == self.price else None

    @property
    def difference(self) -> tuple[price_difference.Step, ...] | None:
        """From the last upload to today; None when there was none, or when it has not kept what its price was made from."""
        return price_difference.steps(self.sent.made, self.today) if self.sent and self.sent.made else None

    def formula(self, language: str = "en") -> str:
        return explain(self.today, language)

    def difference_text(self, language: str = "en") -> str:
        """The difference as text to copy; '' when it is not known."""
        if self.sent is None or self.sent.made is None:
            return ""
        return price_difference.lines(self.difference or (), self.sent.made, self.today, language)


# Reading


def of(session: Session, listing_id: int) -> Reason | None:
    """Why the listing has its price; None when there is no such listing."""
    query = (
        select(Listing, ListingPrice, Product, Store)
        .join(Product, Product.id == Listing.product_id)
        .join(Store, Store.id == Listing.store_id)
        .outerjoin(ListingPrice, ListingPrice.id == Listing.id)
        .where(Listing.id == listing_id)
    )
    if (found := session.execute(query).one_or_none()) is None:
        return None
    listing, price, product, store = found
    push, issue = _push(session, listing)
    return Reason(
        listing_id=listing.id, sku=listing.seller_sku, title=_title(product), store=store.name, currency=store.currency,
        price=price.price if price else None, is_locked=bool(price and price.locked),
        today=pricing.quote(session, [product], store)[product.id], pushed=price.pushed if price else None, push=push,
        push_issue=issue, sent=_sent(session, listing.id), history=tuple(price_history.history_of(session, listing.id)),
    )  # fmt: skip


def of_product(session: Session, product_id: int, store_id: int) -> Reason | None:
    """The same of a product in a store; where it is not listed, only what the rules would give today."""
    here = select(Listing.id).where(Listing.product_id == product_id, Listing.store_id == store_id)
    if (listing_id := session.scalar(here)) is not None:
        return of(session, listing_id)
    product, store = session.get(Product, product_id), session.get(Store, store_id)
    if product is None or store is None:
        return None
    today = pricing.quote(session, [product], store)[product.id]
    return Reason(
        listing_id=None, sku=product.sku, title=_title(product), store=store.name, currency=store.currency, price=None,
        is_locked=False, today=today, pushed=None, push=None, push_issue=None, sent=None, history=(),
    )  # fmt: skip


def _title(product: Product) -> str:
    return product.title_zh or product.title_en or ""


def stores_of(session: Session, product_id: int) -> dict[int, str]:
    """The stores that a product's price can be asked for, by id: first those where it is listed."""
    listed = select(Listing.store_id).where(Listing.product_id == product_id)
    rows = session.execute(
        select(Store.id, Store.name, Store.id.in_(listed).label("is_listed"))
        .where(Store.active | Store.id.in_(listed))
        .order_by(Store.id.in_(listed).desc(), Store.name)
        .limit(MOST_STORES)
    )
    return {row.id: row.name if row.is_listed else f"{row.name} (not listed)" for row in rows}


def sold(session: Session, line_id: int) -> Reason | None:
    """The same for a line of an order: its product in the order's store. None while the line is not linked to a product."""
    query = select(OrderLine.product_id, Order.store_id).join(Order, Order.id == OrderLine.order_id)
    row = session.execute(query.where(OrderLine.id == line_id)).one_or_none()
    return of_product(session, row.product_id, row.store_id) if row and row.product_id else None


def _sent(session: Session, listing_id: int) -> Sent | None:
    newest = select(UploadDetail).where(UploadDetail.listing_id == listing_id).order_by(UploadDetail.id.desc()).limit(1)
    if (found := session.scalar(newest)) is None:
        return None
    made = price_basis.restored(found.basis) if found.basis else None
    return Sent(found.at, found.actor, found.price, found.currency, found.formula, found.formula_zh, made)


def _push(session: Session, listing: Listing) -> tuple[PushState | None, str | None]:
    """What became of the last price on its way, and what the marketplace said of it."""
    if listing.status in ON_ITS_WAY:
        return PushState.QUEUED if listing.status == ListingStatus.QUEUED else PushState.SENT, None
    newest = select(PricePush).where(PricePush.listing_id == listing.id).order_by(PricePush.id.desc()).limit(1)
    found = session.scalar(newest)
    return (found.state, found.issue) if found else (None, None)


# In words: the price now, in a few sentences

WORDS = {
    "not listed": {"en": "It is not listed in {store}.", "zh": "该商品未在 {store} 上架。"},
    "no price": {"en": "The listing has no price.", "zh": "该商品尚无售价。"},
    "nobody": {"en": "Who set {price} is not in the history.", "zh": "历史记录中没有 {price} 的来源。"},
    "by hand": {"en": "{price} was typed by hand by {who} on {at}.", "zh": "{price} 由 {who} 于 {at} 手动填写。"},
    "with the listing": {
        "en": "{price} is what it was listed at by {who} on {at}.",
        "zh": "{price} 是 {who} 于 {at} 上架时的价格。",
    },
    "by run": {
        "en": "{price} was applied by {what} of {who} on {at}.",
        "zh": "{price} 由 {who} 的{what} 于 {at} 应用。",
    },
    "otherwise": {
        "en": "{price} is back since the {what} by {who} on {at}.",
        "zh": "{price} 由 {who} 于 {at} {what} 恢复。",
    },
    "by rule": {"en": "It was made by {rule}.", "zh": "所用规则为 {rule}。"},
    "by rule then": {"en": "It was made by {rule}; now: {now}.", "zh": "所用规则为 {rule}，现为 {now}。"},
    "same": {"en": "It is what the rules give today.", "zh": "与今日规则价一致。"},
    "differs": {"en": "The rules give {today} today: {by}.", "zh": "今日规则价为 {today}：{by}。"},
    "gives": {"en": "The rules give {today} today.", "zh": "今日规则价为 {today}。"},
    "none": {"en": "The rules give no price today.", "zh": "今日规则无价格。"},
    "locked": {"en": "It is locked: no run moves it.", "zh": "价格已锁定，批次不会改动。"},
}
CHINESE = {"undo of run": "撤销批次", "undo of change": "撤销更改", "run": "批次"}


def sentences(reason: Reason, language: str = "en") -> list[str]:
    """Who set the price now and by which rule, how it stands to what the rules give today, and whether it is locked."""
    told = [_set_by(reason, language), _by_rule(reason, language), _against_rules(reason, language)]
    if reason.is_locked:
        told.append(WORDS["locked"][language])
    return [sentence for sentence in told if sentence]


def _set_by(reason: Reason, language: str) -> str:
    if reason.listing_id is None:
        return WORDS["not listed"][language].format(store=reason.store)
    if reason.price is None:
        return WORDS["no price"][language]
    price, event = money.text(reason.price, reason.currency), reason.set_by
    if event is None:
        return WORDS["nobody"][language].format(price=price)
    kind = event.what if event.what in WORDS else "by run" if event.what == f"run #{event.run_id}" else "otherwise"
    at, what = f"{event.at:%Y-%m-%d %H:%M} UTC", event.what
    for english, chinese in CHINESE.items() if language == "zh" else ():
        what = what.replace(f"{english} #", f"{chinese} #")
    return WORDS[kind][language].format(price=price, who=event.actor, at=at, what=what)


def _by_rule(reason: Reason, language: str) -> str:
    """The rule and version that a run has priced with, and what it is now where that is another."""
    then = reason.set_by.rule_version if reason.set_by else ""
    now = _version(reason.today) or NO_RULE[language]
    return WORDS["by rule then" if then != now else "by rule"][language].format(rule=then, now=now) if then else ""


def _version(made: Price) -> str:
    """'1688 / Men v3'."""
    if made.rule is None:
        return ""
    number = f" v{made.rule.version}" if made.rule.version else ""
    return f"{Source(made.rule.source).label} / {made.rule.category}{number}"


def _against_rules(reason: Reason, language: str) -> str:
    if reason.today.amount is None:
        return WORDS["none"][language]
    if reason.is_applied:
        return WORDS["same"][language]
    today = money.text(reason.today.amount, reason.currency)
    if reason.price is None:
        return WORDS["gives"][language].format(today=today)
    by = price_difference.signed(reason.today.amount - reason.price, reason.currency)
    return WORDS["differs"][language].format(today=today, by=by)
