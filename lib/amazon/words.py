"""The words that Amazon's reports have for what an order is and who sends it, in ours."""

from db.vocabulary import OrderStatus

STATUSES = {
    "pending": OrderStatus.PENDING, "pendingavailability": OrderStatus.PENDING, "unshipped": OrderStatus.UNSHIPPED,
    "invoiceunconfirmed": OrderStatus.UNSHIPPED, "shipping": OrderStatus.UNSHIPPED, "partiallyshipped": OrderStatus.PARTLY_SHIPPED,
    "shipped": OrderStatus.SHIPPED, "complete": OrderStatus.SHIPPED, "canceled": OrderStatus.CANCELED, "cancelled": OrderStatus.CANCELED,
    "unfulfillable": OrderStatus.CANCELED,
}  # fmt: skip
FULFILMENT = {"merchant": "seller", "seller": "seller", "mfn": "seller", "amazon": "amazon", "afn": "amazon"}
CANCELED = ("canceled", "cancelled", "unfulfillable")
