"""The closed lists that are stored in columns: value, label, colour and meaning, one line each.

Colours are Streamlit's names (blue, green, orange, red, violet, gray, yellow, primary) and mean the same on every screen: gray rests,
blue is on its way, green is well, orange waits for a person, red is wrong.
"""

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A word of the trade as it is stored, shown, coloured and explained."""

    label: str
    colour: str
    meaning: str

    def __new__(cls, value: str, label: str = "", colour: str = "gray", meaning: str = "") -> Self:
        term = str.__new__(cls, value)
        term._value_ = value
        term.label, term.colour, term.meaning = label, colour, meaning
        return term

    @classmethod
    def labels(cls) -> dict[str, str]:
        return {term.value: term.label for term in cls}


class Role(Term):
    VIEWER = "viewer", "Viewer", "gray", "looks at every list, changes nothing"
    OPERATOR = "operator", "Operator", "blue", "works on orders, purchases and co-sell offers"
    LISTER = "lister", "Lister", "violet", "works on products, listings, codes and images"
    PRICING = "pricing", "Pricing manager", "orange", "sets price rules, store percentages and exchange rates"
    ADMIN = "admin", "Admin", "green", "may do everything, and lets people in"


class PersonState(Term):
    WAITING = "waiting", "Waiting for approval", "orange", "registered; an admin has to let them in"
    ACTIVE = "active", "Active", "green", "may sign in"
    BLOCKED = "blocked", "Blocked", "red", "may not sign in; open sessions have ended"


class LibraryState(Term):
    CAPTURED = "captured", "Captured", "gray", "taken from a platform, not yet in the library"
    DRAFT = "draft", "Draft", "orange", "in the library, details still missing"
    READY = "ready", "Ready", "green", "complete: can be listed"
    DELETED = "deleted", "Deleted", "red", "taken out of the library; its history stays"


class SalesStatus(Term):
    DEVELOPING = "developing", "Developing", "gray", "being prepared for sale"
    TRIAL = "trial", "Trial", "blue", "sold in small numbers to see how it goes"
    NORMAL = "normal", "Normal sale", "green", "normal sales"
    AFTER_ORDER = "after_order", "Sell after order", "green", "SKU is sold after the order is placed"
    RESTRICTED = "restricted", "Restricted", "orange", "shipment is restricted and has to be arranged for sale"
    CLEARANCE = "clearance", "Clearance", "violet", "sold off, not bought again"
    STOPPED = "stopped", "Stopped", "red", "no longer sold"


class Source(Term):
    ALIBABA = "1688", "1688", "orange", "1688.com"
    TAOBAO = "taobao", "Taobao", "orange", "taobao.com"
    TMALL = "tmall", "Tmall", "red", "tmall.com"
    PINDUODUO = "pinduoduo", "Pinduoduo", "red", "pinduoduo.com"
    JD = "jd", "JD", "red", "jd.com"
    ALIEXPRESS = "aliexpress", "AliExpress", "orange", "aliexpress.com"
    YIWUGO = "yiwugo", "Yiwugo", "blue", "yiwugo.com"
    OTHER = "other", "Other", "gray", "any other supplier"


class Transport(Term):
    GENERAL = "general", "General", "gray", "no special marks"
    BATTERY = "battery", "Battery", "orange", "has a battery"
    MAGNETIC = "magnetic", "Magnetic", "orange", "has a magnet"
    LIQUID = "liquid", "Liquid", "blue", "is or holds a liquid"
    POWDER = "powder", "Powder", "blue", "is or holds a powder"
    COSMETICS = "cosmetics", "Cosmetics", "violet", "cosmetics"
    OVERSIZED = "oversized", "Oversized", "red", "larger than the carrier's normal parcel"
    BRANDED = "branded", "Branded", "violet", "carries a brand: proof of origin is asked for"


class ChannelKind(Term):
    DEMO = "demo", "Demo marketplace", "violet", "a marketplace to practise on, inside this installation"
    FILE = "file", "Files", "gray", "what Seller Central takes and gives, carried by hand"
    LIVE = "live", "Amazon", "green", "Selling Partner API with your own credentials"


class ListingStatus(Term):
    NOT_UPLOADED = "not_uploaded", "Not uploaded", "gray", "created here, never sent"
    QUEUED = "queued", "Queued", "blue", "will be sent with the next run"
    UPLOADING = "uploading", "Uploading", "blue", "the marketplace has accepted it and is working on it"
    ACTIVE = "active", "Active", "green", "live on the marketplace"
    WARNING = "warning", "Warning", "orange", "live, but the marketplace complains about something"
    FAILED = "failed", "Failed", "red", "the marketplace has refused it"
    INACTIVE = "inactive", "Inactive", "gray", "taken off sale"
    DELETED = "deleted", "Deleted", "red", "removed from the marketplace"


class CodeType(Term):
    EAN13 = "EAN-13", "EAN-13", "blue", "13 digits, the usual one"
    UPCA = "UPC-A", "UPC-A", "blue", "12 digits, North America"
    EAN8 = "EAN-8", "EAN-8", "blue", "8 digits, for small items"
    GTIN14 = "GTIN-14", "GTIN-14", "violet", "14 digits, a carton"
    ISBN = "ISBN", "ISBN", "gray", "books; import only"


class CodeState(Term):
    RESERVED = "reserved", "Reserved", "blue", "taken out for us, on no product yet"
    ASSIGNED = "assigned", "Assigned", "green", "on a product, never sent to a marketplace"
    EXPOSED = "exposed", "Exposed", "orange", "was sent to a marketplace: belongs to that product for ever"
    RETIRED = "retired", "Retired", "gray", "will never be used again"


class Licence(Term):
    LICENSED = "licensed", "Licensed prefix", "green", "made under our own GS1 prefix"
    BOUGHT = "bought", "Bought", "green", "a GTIN we bought"
    MAKER = "maker", "Maker's code", "green", "came with the product from its maker"
    GENERATED = "generated", "Unlicensed, generated", "orange", "well-formed but not licensed by GS1"
    INTERNAL = "internal", "Internal", "gray", "GS1 restricted range: for use inside the company only"


class CodeRunKind(Term):
    GENERATED = "generated", "Generated", "blue", "codes made here, by Reserve"
    IMPORTED = "imported", "Imported", "green", "a list of codes that GS1 or a seller gave us"


class CheckVerdict(Term):
    """What the catalogue of a marketplace knows of a code."""

    NONE = "none", "Not known there", "green", "no ASIN has this code yet"
    SAME_BRAND = (
        "same_brand",
        "Known, our brand",
        "blue",
        "one ASIN of the same brand has this code: an offer is attached to it",
    )
    OTHER_BRAND = (
        "other_brand",
        "Known, another brand",
        "red",
        "one ASIN of another brand has this code: it would mix up",
    )
    SEVERAL = (
        "several",
        "Several ASINs",
        "red",
        "more than one ASIN has this code: nobody can say where an offer would go",
    )
    FAILED = "failed", "Not answered", "orange", "the marketplace gave no answer; ask again"


class OrderStatus(Term):
    PENDING = "pending", "Pending", "gray", "the marketplace has not confirmed the payment"
    UNSHIPPED = "unshipped", "Unshipped", "orange", "paid, waiting to be shipped"
    PARTLY_SHIPPED = "partly_shipped", "Partly shipped", "blue", "some lines have left"
    SHIPPED = "shipped", "Shipped", "green", "everything has left"
    CANCELED = "canceled", "Canceled", "red", "canceled on the marketplace"


class WorkStatus(Term):
    TO_PURCHASE = "to_purchase", "To purchase", "orange", "nothing has been bought for it"
    PARTLY_PURCHASED = "partly_purchased", "Partly purchased", "orange", "some of it has been bought"
    PURCHASED = "purchased", "Purchased", "blue", "everything has been bought"
    IN_TRANSIT = "in_transit", "Domestic in transit", "blue", "on its way inside China"
    AT_TRANSSHIPMENT = "at_transshipment", "At transshipment", "violet", "at the forwarding warehouse"
    READY_TO_SHIP = "ready_to_ship", "Ready to ship", "blue", "can be sent to the buyer"
    SHIPPED = "shipped", "Shipped", "green", "sent to the buyer"
    EXCEPTION = "exception", "Exception", "red", "needs a person, for example canceled after it was bought"
    CLOSED = "closed", "Closed", "gray", "nothing is left to do"


class PurchaseStatus(Term):
    TO_REVIEW = "to_review", "To review", "orange", "somebody has to look at it"
    ORDERED = "ordered", "Ordered", "blue", "bought on the platform"
    PARTLY_ARRIVED = "partly_arrived", "Partly arrived", "orange", "some of it is here"
    ARRIVED = "arrived", "Arrived", "green", "all of it is here"
    CLOSED_SHORT = "closed_short", "Closed short", "gray", "the rest will not come"
    EXCEPTION = "exception", "Exception", "red", "needs a person"
    CANCELED = "canceled", "Canceled", "red", "not bought after all"


class Payment(Term):
    TO_PAY = "to_pay", "To pay", "orange", "the platform waits for the money"
    PAID = "paid", "Paid", "green", "the money has left"
    REFUND_DUE = "refund_due", "Refund due", "orange", "the seller owes us money back"
    REFUNDED = "refunded", "Refunded", "gray", "the money has come back"


class FreightBy(Term):
    """How the freight of a purchase is shared among the order lines it serves."""

    PIECES = "pieces", "By pieces", "blue", "each piece carries the same"
    COST = "cost", "By cost", "blue", "what costs more carries more"
    WEIGHT = "weight", "By weight", "blue", "what weighs more carries more"
    LINES = "lines", "Evenly", "gray", "each order line carries the same"


class ShipmentState(Term):
    """How far the marketplace knows that a parcel has left for the buyer."""

    DRAFT = "draft", "Not told", "orange", "packed here; the marketplace has not been told"
    QUEUED = "queued", "Queued", "blue", "goes to the marketplace with the next run"
    IN_FILE = "in_file", "In a file", "blue", "written into a confirmation file; not known whether it was uploaded"
    CONFIRMED = "confirmed", "Confirmed", "green", "the marketplace knows"
    REFUSED = "refused", "Refused", "red", "the marketplace has refused it"


class OfferStatus(Term):
    DRAFT = "draft", "Draft", "gray", "saved here, not sent"
    PUSHING = "pushing", "Pushing", "blue", "the marketplace has accepted it and is working on it"
    ACTIVE = "active", "Active", "green", "on sale"
    REFUSED = "refused", "Refused", "red", "the marketplace has refused it"
    PAUSED = "paused", "Paused", "orange", "the listing's brand or title has changed: look at it before selling on"


class PictureRoute(Term):
    """Which way a product's pictures were last changed; only publishing makes the nightly job look again."""

    IMPORT = "import", "Import", "gray", "named in an imported file"
    PUBLISHING = "publishing", "SKU image publishing", "blue", "changed on the image screen"
    NIGHTLY = "nightly", "Nightly", "gray", "renewed by the nightly job"


class RunKind(Term):
    APPLY = "apply", "Apply", "blue", "prices of the rules written to listings"
    UNDO = "undo", "Undo", "gray", "prices of an earlier run taken back"


class RunState(Term):
    STAGING = "staging", "Being prepared", "blue", "no price has changed yet"
    APPLIED = "applied", "Applied", "green", "all its prices are those of the listings"
    STOPPED = "stopped", "Stopped", "gray", "no price was changed"


class PushState(Term):
    QUEUED = "queued", "Waiting", "gray", "goes out with the next run"
    SENT = "sent", "Sent", "blue", "the marketplace has not answered yet"
    TAKEN = "taken", "Taken", "green", "this is the price on the marketplace"
    REFUSED = "refused", "Refused", "red", "the marketplace keeps the price it had"
    REPLACED = "replaced", "Replaced", "gray", "a newer price went out instead"


class JobState(Term):
    QUEUED = "queued", "Queued", "gray", "waiting for the worker"
    RUNNING = "running", "Running", "blue", "being worked on"
    DONE = "done", "Done", "green", "finished"
    FAILED = "failed", "Failed", "red", "stopped by an error; nothing half done was kept"
    CANCELED = "canceled", "Canceled", "gray", "stopped by a person; nothing half done was kept"


CURRENCIES = ("CNY", "USD", "EUR", "GBP", "JPY", "CAD", "MXN", "AUD", "SEK", "PLN", "SGD", "AED", "SAR", "KWD")
