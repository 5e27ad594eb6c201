"""How shops, platforms and suppliers call what we know of a product."""

import re
from collections.abc import Sequence
from decimal import Decimal

from lib.codes import ean
from lib.tables.matching import Matching, match, plain, unit
from lib.tables.sheet import Sheet

SAMPLE = 300
HANZI = re.compile("[\u4e00-\u9fff]")

# A line for each field, the surest name first; a name that ends in * stands for all that begin so.
NAMES = """
sku: sku | seller sku | item sku | variant sku | product number | item number | item no | goods_sn | 货号 |
    商品编码 | 商品编号 | 产品编号 | 产品编码 | 商家编码 | 款号 | 编号
ean: ean | ean13 | ean code | gtin | upc | barcode | variant barcode | jan | external product id |
    ean编码 | 条码 | 条形码 | 商品条码 | 国际条码 | 69码
title_zh: title_zh | title (chinese) | name_zh | product_name_zh | chinese title | chinese name | 中文标题 |
    中文名称 | 中文名 | 中文品名 | 商品中文名 | 产品中文名称
title_en: title_en | title (english) | name_en | english title | english name | product_name_en | 英文标题 |
    英文名称 | 英文名 | 英文品名 | 商品英文名 | product_name_xx | product_name_*
description: description | product description | long description | body (html) | body | short_description |
    brief | 描述 | 商品描述 | 产品描述 | 详情 | 商品详情 | 简介 | 卖点
category: category | categories | category name | product category | product type | type | item type | 类目 |
    分类 | 商品类目 | 商品分类 | 产品分类 | 品类 | 类别
brand: brand | brands | brand name | vendor | manufacturer | 品牌 | 商品品牌 | 品牌名称 | 牌子
source: source | source platform | purchase website | 来源 | 来源平台 | 货源 | 货源平台 | 采购平台 | 采购网站
source_url: source_url | source link | purchase link | product url | link | supplier url | 来源链接 |
    货源链接 | 采购链接 | 采购网址 | 商品链接 | 产品链接 | 1688链接 | 链接
source_price: source_price | purchase price | cost price | cost | unit cost | cost per item | supplier price |
    进价 | 采购价 | 采购价格 | 成本 | 成本价 | 进货价 | 供货价 | 批发价 | price | unit price | retail_price |
    variant price | list price | 价格 | 单价 | 售价 | 零售价 | 销售价
currency: currency | currency code | price currency | 币种 | 货币 | 币别
weight_grams: weight_grams | weight g | weight in grams | grams | variant grams | weight | item weight | 重量 |
    重量g | 重量克 | 克重 | 商品重量 | 产品重量 | 毛重 | 净重
picture: picture | main image | main image url | base_image | image src | image | image url | images |
    pic_url | picture url | photo | 图片 | 主图 | 商品图片 | 产品图片 | 图片链接 | 图片地址 | 主图链接
sales_status: sales_status | sale status | selling status | 销售状态 | 商品状态 | 产品状态 | 在售状态
tags: tags | tag | keywords | 标签 | 商品标签 | 关键词 | 关键字
remark: remark | remarks | note | notes | comment | 备注 | 说明 | 附注
"""
# These names do not say in which language the title is, or whether the code is a GTIN: their cells do.
TITLE_NAMES = """title | name | product name | product title | item name | item title | goods name
    | 商品名称 | 商品名 | 商品标题 | 产品名称 | 产品标题 | 品名 | 名称 | 标题 | 宝贝标题"""
CODE_NAMES = "code | product code | item code | product id | 编码 | 代码 | 国际编码"


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split("|"))


PRODUCT_COLUMNS = {
    field: _names(names) for field, names in re.findall(r"^(\w+): ((?:.+\n)(?: .+\n)*)", NAMES, re.MULTILINE)
}
TITLES, CODES = {plain(name) for name in _names(TITLE_NAMES)}, {plain(name) for name in _names(CODE_NAMES)}

# To multiply with, by what a heading says in brackets or at its end: Weight (kg), 重量（斤）.
GRAMS = {
    "kg": "1000",
    "千克": "1000",
    "公斤": "1000",
    "斤": "500",
    "lb": "453.59237",
    "lbs": "453.59237",
    "oz": "28.3495",
}


def match_products(sheet: Sheet) -> Matching:
    """Which column of this sheet is which field of a product: by its name and, where that leaves it open, its cells."""
    fields = {name: list(aliases) for name, aliases in PRODUCT_COLUMNS.items()}
    for column in sheet.columns:
        if plain(column) in TITLES:
            fields["title_zh" if _is_chinese(_sample(sheet, column)) else "title_en"].insert(1, column)
        elif plain(column) in CODES:
            fields["ean" if _are_codes(_sample(sheet, column)) else "sku"].append(column)
    found = match(sheet.columns, fields, sheet.rows[:SAMPLE])
    if "ean" in found.chosen and "sku" not in found.chosen:
        note = f"There is no column of SKUs: {found.chosen['ean']} is the SKU as well."
        return Matching({"sku": found.chosen["ean"], **found.chosen}, found.unknown, found.further, (note,))
    return found


def grams_per_unit(column: str) -> Decimal | None:
    """What a weight under this heading is to be multiplied with; None when the heading does not say."""
    said = plain(unit(column)) or plain(column).removeprefix("weight").removeprefix("重量")
    if said in ("g", "gram", "grams", "克", "variantgrams", "克重", "ingrams"):
        return Decimal(1)
    return Decimal(GRAMS[said]) if said in GRAMS else None


def _sample(sheet: Sheet, column: str) -> list[str]:
    at = sheet.columns.index(column)
    return [row.cells[at] for row in sheet.rows[:SAMPLE] if row.cells[at].strip()]


def _is_chinese(cells: Sequence[str]) -> bool:
    return sum(1 for cell in cells if HANZI.search(cell)) * 2 > len(cells)


def _are_codes(cells: Sequence[str]) -> bool:
    return sum(1 for cell in cells if ean.is_valid(ean.compact(cell))) * 2 > len(cells)
