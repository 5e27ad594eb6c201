"""The small believable company of a first start: stores, goods, prices, and what others sell on the demo marketplace."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from db import seed_goods
from db.models import (
    Category,
    Code,
    DemoCatalogue,
    ExchangeRate,
    PriceTier,
    Product,
    Store,
    Warehouse,
)
from db.seed_goods import CATALOGUE, CATEGORIES, TIERS, Good
from db.vocabulary import CodeState, CodeType, LibraryState, Licence, PictureRoute, SalesStatus, Source

STORES = (
    ("US-01", "US", "USD", "120", "2.00"),
    ("UK-01", "GB", "GBP", "115", "1.50"),
    ("JP-01", "JP", "JPY", "120", "0"),
)
RATES = (("USD", "0.1406"), ("GBP", "0.1065"), ("JPY", "21"), ("EUR", "0.1212"))
WAREHOUSES = (
    ("Yiwu forwarding 义乌集货仓", "浙江省义乌市稠州北路 788 号 3 号库", "YW-318"),
    ("Shenzhen forwarding 深圳集货仓", "深圳市宝安区航城街道 12 栋", "SZ-207"),
)


def company(session: Session, moment: datetime) -> dict[str, Store]:
    """Stores on the demo marketplace, today's rates of exchange, and the forwarding warehouses."""
    stores = {
        name: Store(name=name, marketplace=place, currency=money, percent=Decimal(percent), fine=Decimal(fine))
        for name, place, money, percent, fine in STORES
    }
    session.add_all(stores.values())
    for currency, rate in RATES:
        session.add(ExchangeRate(base="CNY", quote=currency, day=moment.date(), rate=Decimal(rate)))
    for name, address, code in WAREHOUSES:
        session.add(Warehouse(name=name, address=address, inbound_code=code))
    session.flush()
    return stores


def library(
    session: Session, codes: Mapping[str, str], pictures: Mapping[str, str], moment: datetime
) -> dict[str, Product]:
    """Categories, goods with the codes and pictures given by SKU, and price rules. Returns the goods by SKU."""
    categories = _tree(session)
    goods = {
        good.sku: _product(good, place, categories, codes, pictures, moment)
        for place, good in enumerate(seed_goods.goods(), 1)
    }
    session.add_all(goods.values())
    for path, source, tiers in TIERS:
        for threshold, percent, fine in tiers:
            tier = PriceTier(category_id=categories[path], source=Source(source), threshold=Decimal(threshold),
                             percent=Decimal(percent), fine=Decimal(fine))  # fmt: skip
            session.add(tier)
    session.flush()
    for sku, code in codes.items():
        session.add(
            Code(gtin14=code.zfill(14), code=code, type=CodeType.EAN13, licence=Licence.MAKER, state=CodeState.ASSIGNED,
                 product_id=goods[sku].id, assigned_at=moment)
        )  # fmt: skip
    return goods


def _tree(session: Session) -> dict[str, int]:
    """The ids of the categories by path; parents first."""
    ids: dict[str, int] = {}
    for path in CATEGORIES:
        steps = path.split(" / ")
        for level in range(len(steps)):
            whole = " / ".join(steps[: level + 1])
            if whole not in ids:
                node = Category(parent_id=ids.get(" / ".join(steps[:level])), name=steps[level], path=whole)
                session.add(node)
                session.flush()
                ids[whole] = node.id
    return ids


def _product(
    good: Good,
    place: int,
    categories: Mapping[str, int],
    codes: Mapping[str, str],
    pictures: Mapping[str, str],
    moment: datetime,
) -> Product:
    created = moment - timedelta(days=60 - place, hours=place)
    picture = pictures.get(good.sku)
    return Product(
        sku=good.sku, ean=codes.get(good.sku), title_zh=good.zh, title_en=good.en, category_id=categories[good.category],
        brand=good.brand or None, source=Source(good.source), source_url=f"https://{good.source}.example/offer/{600100 + place}.html",
        source_price=Decimal(good.price) if good.price else None, weight_grams=int(good.grams), transport=good.transport,
        state=LibraryState(good.state), sales_status=SalesStatus(good.sales_status), tags=good.tags or None, owner="setup",
        picture=picture, picture_changed_at=created if picture else None, picture_route=PictureRoute.IMPORT if picture else None,
        created_at=created, updated_at=created,
    )  # fmt: skip


def marketplace(session: Session) -> None:
    """What others sell on the demo marketplace: other brands' codes, a brand that needs an approval, items to co-sell."""
    for asin, code, brand, title, gated in CATALOGUE:
        session.add(
            DemoCatalogue(asin=asin, gtin14=code.zfill(14) if code else None, brand=brand, title=title, gated=gated)
        )
