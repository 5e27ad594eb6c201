"""Conversations with a marketplace: what every channel can be asked, and the words it answers in.

A channel knows the network and never our database; lib/sync.py brings the two together. HTTP 200 is no success and ACCEPTED is not live:
each item has an outcome of its own, and one bad item never spoils the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

MOST_CODES = 20
"""How many codes one question to the catalogue may hold."""

MOST_OPERATIONS = 200
"""How many operations one submission may hold."""

TALKED_TO = frozenset({"demo"})
"""The kinds of store that this version talks to; the others by files."""


class State(StrEnum):
    """How far one item of a submission has come."""

    ACCEPTED = "accepted"
    LIVE = "live"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The marketplace has never heard of it: send it again, under the same key."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Issue:
    """What the marketplace complains about. `code` is its own and stays text."""

    code: str
    severity: Severity
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True)
class Outcome:
    state: State
    asin: str | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Submission:
    """What has become of the operations that were sent under one key, by SKU; of parcels, by their reference."""

    key: str
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True)
class NewListing:
    """A product of ours that the marketplace shall sell, under a code of its own."""

    sku: str
    code: str | None
    title: str
    price: Decimal | None
    currency: str
    quantity: int
    brand: str = ""
    category: str = ""
    description: str = ""
    bullets: str = ""
    picture: str | None = None


@dataclass(frozen=True)
class CosellOffer:
    """Our offer on an item that is on the marketplace already."""

    sku: str
    asin: str
    price: Decimal | None
    currency: str
    quantity: int


@dataclass(frozen=True)
class SetPrice:
    """A new price for what is up already; nothing else changes."""

    sku: str
    price: Decimal
    currency: str


Operation = NewListing | CosellOffer | SetPrice


@dataclass(frozen=True)
class Parcel:
    """What has left for the buyer of an order; `items` are (the marketplace's number of the line, pieces)."""

    reference: str
    """Our own mark of the parcel: told again under it, it is the same parcel."""
    order: str
    items: tuple[tuple[str, int], ...]
    carrier: str
    carrier_name: str
    tracking: str
    method: str
    shipped_at: datetime


@dataclass(frozen=True)
class CatalogMatch:
    """An item of the marketplace that a code or an ASIN has led to."""

    asin: str
    title: str
    brand: str
    codes: tuple[str, ...] = ()
    """In GTIN-14 form."""


@dataclass(frozen=True)
class Restriction:
    """Why we may not sell an item. No restriction means: allowed."""

    reason: str
    message: str


@dataclass(frozen=True, repr=False)
class ChannelBuyer:
    """Who has bought. Leaves memory only sealed (lib/orders/buyers.py); without a repr, so that no message and no log names them."""

    name: str
    city: str
    country: str
    address: str = ""
    postcode: str = ""
    telephone: str = ""
    email: str = ""


@dataclass(frozen=True)
class ChannelLine:
    """One line of an order; `price` is for the whole line, and missing while the payment is not confirmed."""

    item: str
    sku: str
    quantity: int
    asin: str | None = None
    title: str | None = None
    price: Decimal | None = None
    shipping: Decimal | None = None
    tax: Decimal | None = None
    is_canceled: bool = False


@dataclass(frozen=True)
class ChannelOrder:
    """An order as the marketplace has it now. `status` is a word of vocabulary.OrderStatus."""

    number: str
    status: str
    bought_at: datetime
    currency: str
    lines: tuple[ChannelLine, ...]
    paid_at: datetime | None = None
    ship_by: datetime | None = None
    shipped_at: datetime | None = None
    total: Decimal | None = None
    fulfilment: str = "seller"
    buyer: ChannelBuyer | None = None


@dataclass(frozen=True)
class OrderPage:
    """Some orders, and the words to ask for the next ones with; `is_last` when there are none for now."""

    orders: tuple[ChannelOrder, ...]
    cursor: str
    is_last: bool = field(default=True)


class ChannelError(Exception):
    """The marketplace did not answer as it should; whether it heard us is open. Ask again later."""


class Throttled(ChannelError):
    """Too many questions: the marketplace wants us to wait."""

    def __init__(self, message: str, seconds: float = 60):
        super().__init__(message)
        self.seconds = seconds


class Rejected(ChannelError):
    """The marketplace does not take this question at all: wrong credentials, or a mistake of ours."""


class Channel(Protocol):
    """One store account on one marketplace."""

    def find_catalog(self, codes: Sequence[str]) -> Mapping[str, tuple[CatalogMatch, ...]]:
        """The items that have these codes, by code as given; no match is an empty tuple. At most MOST_CODES a call."""

    def item(self, asin: str) -> CatalogMatch | None:
        """The item of this ASIN."""

    def restrictions(self, asin: str) -> tuple[Restriction, ...]:
        """What keeps us from selling this item; empty when nothing does."""

    def submit(self, operations: Sequence[Operation], key: str) -> Submission:
        """Send the operations. Never raises for one bad item; the same key again is the same submission."""

    def ship(self, parcels: Sequence[Parcel], key: str) -> Submission:
        """Tell what has left. Never raises for one bad parcel; a reference that is known already is not told twice."""

    def poll(self, keys: Sequence[str]) -> Mapping[str, Submission]:
        """What has become of these submissions; one that the marketplace does not know is left out."""

    def orders(self, cursor: str) -> OrderPage:
        """Orders that are new or changed since the cursor; "" asks from the beginning."""


def of(kind: str, account: str, currency: str) -> Channel:
    """The channel of a store account. Raises Rejected for a kind that this version cannot talk to."""
    if kind not in TALKED_TO:
        raise Rejected("This store is not on the demo marketplace, and this version can talk to that one only.")
    from lib.channels.demo import Demo  # the demo keeps its books in our database; nobody else here may

    return Demo(account, currency)
