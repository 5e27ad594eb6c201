"""Who may do what. Every command asks here, whatever the screen has shown."""

from enum import StrEnum

from db.session import Actor
from db.vocabulary import Role
from lib.problems import Refused


class Right(StrEnum):
    LOOK = "look at this"
    PRODUCTS = "change products"
    LISTINGS = "list products in stores"
    CODES = "make and assign codes"
    IMAGES = "change pictures"
    PRICES = "change price rules"
    OVERRULE = "apply prices that the breaker stops"
    ORDERS = "work on orders"
    BUYERS = "see buyers' names and addresses"
    PURCHASES = "make purchases"
    OFFERS = "make co-sell offers"
    PEOPLE = "let people in and change their roles"
    COMPANY = "change the company's settings and stores"


MAY: dict[Right, frozenset[Role]] = {
    Right.LOOK: frozenset(Role),
    Right.PRODUCTS: frozenset({Role.LISTER, Role.ADMIN}),
    Right.LISTINGS: frozenset({Role.LISTER, Role.ADMIN}),
    Right.CODES: frozenset({Role.LISTER, Role.ADMIN}),
    Right.IMAGES: frozenset({Role.LISTER, Role.ADMIN}),
    Right.PRICES: frozenset({Role.PRICING, Role.ADMIN}),
    Right.OVERRULE: frozenset({Role.ADMIN}),
    Right.ORDERS: frozenset({Role.OPERATOR, Role.ADMIN}),
    Right.BUYERS: frozenset({Role.OPERATOR, Role.ADMIN}),
    Right.PURCHASES: frozenset({Role.OPERATOR, Role.ADMIN}),
    Right.OFFERS: frozenset({Role.OPERATOR, Role.ADMIN}),
    Right.PEOPLE: frozenset({Role.ADMIN}),
    Right.COMPANY: frozenset({Role.ADMIN}),
}


def may(actor: Actor, right: Right) -> bool:
    return actor.role in MAY[right]


def require(actor: Actor, right: Right) -> None:
    """Refuse with the names of the roles that may."""
    if not may(actor, right):
        raise Refused(f"Your role ({actor.role.label}) may not {right.value}; {who(right)} may. Nothing was changed.")


def who(right: Right) -> str:
    """The roles that have a right, for people: "Lister or Admin"."""
    return " or ".join(role.label for role in Role if role in MAY[right])
