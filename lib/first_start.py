"""The first start: an empty database gets an admin and a small believable company to look at; a second start changes nothing.

CARAVAN_SEED=none leaves the goods, listings and orders away.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import history, seed, seed_goods
from db.locks import alone
from db.models import Person, Store, now
from db.session import Actor, reading, transaction
from db.vocabulary import Role
from lib import drawings, first_trade, settings
from lib.codes import ean
from lib.people import accounts
from lib.products import pictures

SETUP = Actor(None, "setup", Role.ADMIN)
PREFIX = "95200"
"""952 is what GS1 keeps for demonstrations: no such code is on anything that is sold."""

OF_SOMEBODY_ELSE = {"BED-2002": "4006381333931"}
"""A code that belongs to another brand's item, so that its refusal can be seen."""


def first_start() -> str | None:
    """Fill an empty database; returns what the person at the terminal must read once, None when there is nothing to do."""
    with reading() as session:
        if _is_in_use(session):
            return None
    is_full = settings.seed() != "none"
    shown = _pictures() if is_full else {}
    with alone("first-start") as free, transaction(SETUP, "setup.first_start") as session:
        if not free or _is_in_use(session):
            return None
        welcome = accounts.first_admin(session)
        moment = now()
        stores = seed.company(session, moment)
        if is_full:
            products = seed.library(session, _codes(), shown, moment)
            seed.marketplace(session)
            first_trade.trade(session, stores, products, moment)
        history.say(session, "A small company to begin with.")
    return welcome


def _is_in_use(session: Session) -> bool:
    return any(session.scalar(select(table.id).limit(1)) is not None for table in (Person, Store))


def _codes() -> dict[str, str]:
    skus = [good.sku for good in seed_goods.goods() if good.has_code]
    return dict(zip(skus, ean.numbered(PREFIX, range(1, len(skus) + 1)), strict=True)) | OF_SOMEBODY_ELSE


def _pictures() -> dict[str, str]:
    """A drawn picture for each of the goods that has one: name of the thumbnail by SKU."""
    return {
        good.sku: pictures.keep(drawings.drawing(good.drawing, seed_goods.CATEGORIES.index(good.category), place))
        for place, good in enumerate(seed_goods.goods())
        if good.drawing
    }
