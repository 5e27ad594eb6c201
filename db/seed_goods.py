"""The goods of the small company that a first start shows: invented, as a shop of this kind would have them."""

import csv
from dataclasses import dataclass
from pathlib import Path

CATEGORIES = (
    "Home 家居 / Kitchen 厨房",
    "Home 家居 / Bedding 床品",
    "Home 家居 / Lighting 灯具",
    "Electronics 数码 / Phone accessories 手机配件",
    "Electronics 数码 / Audio 音频",
    "Clothing 服装 / Women 女装",
    "Clothing 服装 / Men 男装",
    "Outdoor 户外 / Camping 露营",
    "Beauty 美妆 / Skin care 护肤",
    "Toys 玩具",
)


@dataclass(frozen=True)
class Good:
    """A line of seed_goods.csv."""

    sku: str
    zh: str
    en: str
    category: str
    source: str
    price: str
    grams: str
    drawing: str
    has_code: str
    state: str
    sales_status: str
    transport: str
    brand: str
    tags: str


def goods() -> list[Good]:
    with (Path(__file__).parent / "seed_goods.csv").open(encoding="utf-8", newline="") as file:
        return [Good(**line) for line in csv.DictReader(file)]


TIERS = (
    ("Home 家居", "1688", (("500", "130", "0"), ("100", "150", "5"), ("0", "200", "10"))),
    ("Home 家居", "taobao", (("0", "180", "6"),)),
    ("Electronics 数码", "1688", (("100", "150", "8"), ("0", "170", "10"))),
    ("Electronics 数码 / Audio 音频", "tmall", (("0", "140", "0"),)),
    ("Clothing 服装", "1688", (("0", "190", "8"),)),
    ("Outdoor 户外", "1688", (("100", "160", "12"), ("0", "180", "12"))),
)
"""Category, source, tiers of (from this source price on, percent, fine)."""

LIVE = {
    "US-01": ("KIT-1001", "BED-2003", "PHN-4001", "AUD-5001", "MEN-7001"),
    "UK-01": ("KIT-1001", "LGT-3002", "CMP-8001", "BED-2004"),
    "JP-01": ("KIT-1006", "WOM-6001"),
}
"""What is on sale, by store."""

CATALOGUE = (
    ("B07N4M94X4", "0885626993390", "Lumora", "Lumora silicone baking mat, 2 pieces", False),
    ("B08HJKL2M9", "4006381333931", "Nordwind", "Nordwind fineliner set, 12 colours", False),
    ("B09QW3RT7Z", "0036000291452", "Softleaf", "Softleaf facial tissues, 6 boxes", False),
    ("B0BGATED01", None, "Aurelia", "Aurelia anti-age serum 30 ml", True),
    ("B0CCAMP123", None, "Trailhead", "Trailhead folding lantern", False),
    ("B0CDESK456", None, "Deskmate", "Deskmate cable organiser, 5 pieces", False),
    ("B0THROTTLE", None, "Busybee", "Busybee kitchen timer", False),
)
"""What others sell on the demo marketplace: ASIN, code, brand, title, and whether an approval is needed."""
