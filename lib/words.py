"""The closed lists of db/vocabulary.py, for the screens."""

from db.vocabulary import (
    CURRENCIES,
    ChannelKind,
    CheckVerdict,
    CodeRunKind,
    CodeState,
    CodeType,
    FreightBy,
    JobState,
    LibraryState,
    Licence,
    ListingStatus,
    OfferStatus,
    OrderStatus,
    Payment,
    PersonState,
    PictureRoute,
    PurchaseStatus,
    PushState,
    Role,
    RunKind,
    RunState,
    SalesStatus,
    ShipmentState,
    Source,
    Term,
    Transport,
    WorkStatus,
)

__all__ = [
    "CURRENCIES", "ChannelKind", "CheckVerdict", "CodeRunKind", "CodeState", "CodeType", "FreightBy", "JobState", "LibraryState",
    "Licence", "ListingStatus", "OfferStatus", "OrderStatus", "Payment", "PersonState", "PictureRoute", "PurchaseStatus", "PushState",
    "Role", "RunKind", "RunState", "SalesStatus", "ShipmentState", "Source", "Term", "Transport", "WorkStatus",
]  # fmt: skip
