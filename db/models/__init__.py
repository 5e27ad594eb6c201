"""The tables, a file per noun."""

from db.models.base import Base, now
from db.models.codes import CatalogueCheck, Code, CodeCounter, CodeRun
from db.models.cosell import CosellOffer
from db.models.demo import DemoCatalogue, DemoItem, DemoOrder, DemoParcel
from db.models.history import Change, ChangeSet, Job, MadeFile, NightlyItem, NightlyRun
from db.models.listings import Listing, ListingPrice, PricePush, Store, UploadAnswer, UploadDetail
from db.models.orders import Order, OrderFileMapping, OrderLine, PastedList, SavedView, Shipment, ShipmentLine
from db.models.people import Attempt, PasswordReset, Person, SavedSetting, SignIn, SupportTicket, Ticket
from db.models.pricing import ExchangeRate, Experiment, PriceLimits, PriceMove, PriceRuleVersion, PriceRun, PriceTier
from db.models.products import Category, Product
from db.models.purchases import BuyingClaim, Purchase, PurchaseLine, Warehouse

__all__ = [
    "Attempt", "Base", "BuyingClaim", "CatalogueCheck", "Category", "Change", "ChangeSet", "Code", "CodeCounter",
    "CodeRun", "CosellOffer", "DemoCatalogue", "DemoItem", "DemoOrder", "DemoParcel", "ExchangeRate", "Experiment", "Job",
    "Listing", "ListingPrice", "MadeFile", "NightlyItem", "NightlyRun", "Order", "OrderFileMapping", "OrderLine", "PasswordReset",
    "PastedList", "Person", "PriceLimits", "PriceMove", "PricePush", "PriceRuleVersion", "PriceRun", "PriceTier",
    "Product", "Purchase", "PurchaseLine", "SavedSetting", "SavedView", "Shipment", "ShipmentLine", "SignIn",
    "Store", "SupportTicket", "Ticket", "UploadAnswer", "UploadDetail", "Warehouse", "now",
]  # fmt: skip
