"""Which column is which field."""

from decimal import Decimal

import pytest

from lib.tables.matching import Matching, match, plain, unit, values
from lib.tables.products import PRODUCT_COLUMNS, grams_per_unit, match_products
from lib.tables.reading import read

FIELDS = {"sku": ("sku", "货号"), "title": ("title", "name", "name_*"), "price": ("cost", "price")}


def sheet(text):
    return read("p.csv", text.encode())


@pytest.mark.parametrize("written", ["Seller SKU", "seller_sku", " SELLER-SKU ", "ｓｅｌｌｅｒ sku", "Seller\nSKU"])
def test_names_are_compared_as_people_write_them(written):
    assert plain(written) == "sellersku"


def test_the_surest_name_wins_and_the_rest_is_named():
    found = match(["price", "货号", "Name", "Title", "colour"], FIELDS)
    assert found.chosen == {"sku": "货号", "title": "Title", "price": "price"}
    assert found.unknown == ("Name", "colour")
    assert found.further == {}


def test_nothing_known_is_all_unknown():
    assert match(["a", "b"], FIELDS) == Matching({}, ("a", "b"))


def test_a_column_without_values_stands_behind_one_that_has_some():
    found = match(["cost", "price"], FIELDS, sheet("cost,price\n,5\n,6\n").rows[:10])
    assert found.chosen == {"price": "price"}
    assert match(["cost", "price"], FIELDS).chosen == {"price": "cost"}


def test_a_family_fills_the_gaps_of_the_first():
    table = sheet("sku,name_en,name_fr,name_nl\n1,Cheese,Fromage,Kaas\n2,,Pain,Brood\n3, ,,Melk\n4,,,\n")
    found = match(table.columns, FIELDS)
    assert found.chosen["title"] == "name_en"
    assert found.further == {"title": ("name_fr", "name_nl")}
    assert list(values(table, found)) == [
        (2, {"sku": "1", "title": "Cheese"}),
        (3, {"sku": "2", "title": "Pain"}),
        (4, {"sku": "3", "title": "Melk"}),
        (5, {"sku": "4", "title": ""}),
    ]


def test_a_person_may_choose_otherwise():
    columns = ["sku", "name_en", "name_fr", "cost", "price"]
    found = match(columns, FIELDS).by_hand(columns, {"price": "price", "sku": None})
    assert found.chosen == {"title": "name_en", "price": "price"}
    assert found.further == {"title": ("name_fr",)}
    assert found.unknown == ("sku", "cost")
    changed = found.by_hand(columns, {"title": "name_fr"})
    assert (changed.chosen["title"], changed.further) == ("name_fr", {})


@pytest.mark.parametrize(
    ("column", "said"), [("Weight (kg)", "kg"), ("价格（元）", "元"), ("Weight", ""), ("(a) b", "")]
)
def test_the_unit_in_a_heading(column, said):
    assert unit(column) == said


@pytest.mark.parametrize(
    ("column", "factor"),
    [
        ("Weight (kg)", "1000"),
        ("重量（斤）", "500"),
        ("weight_grams", "1"),
        ("Variant Grams", "1"),
        ("Weight", None),
        ("重量", None),
    ],
)
def test_a_weight_is_in_grams_when_the_heading_says_so(column, factor):
    assert grams_per_unit(column) == (factor and Decimal(factor))


def test_the_cells_say_in_which_language_a_title_is():
    assert match_products(sheet("sku,name\n1,轻奢纯棉\n2,羊毛被\n")).chosen == {"sku": "sku", "title_zh": "name"}
    assert match_products(sheet("sku,name\n1,Cotton\n2,Wool\n")).chosen == {"sku": "sku", "title_en": "name"}
    both = match_products(sheet("货号,商品名称,name\n1,羊毛被,Wool\n"))
    assert both.chosen == {"sku": "货号", "title_zh": "商品名称", "title_en": "name"}


def test_the_cells_say_whether_a_code_is_a_gtin():
    found = match_products(sheet("code,name\n9100000000008,a\n9100000000015,b\n"))
    assert (found.chosen["sku"], found.chosen["ean"]) == ("code", "code")
    assert found.notes == ("There is no column of SKUs: code is the SKU as well.",)
    assert match_products(sheet("code,name\nA-1,a\nA-2,b\n")).chosen["sku"] == "code"
    with_sku = match_products(sheet("sku,code\nA-1,9100000000008\n"))
    assert with_sku.chosen == {"sku": "sku", "ean": "code"}
    assert with_sku.notes == ()


def test_every_alias_belongs_to_one_field():
    names = [plain(alias) for aliases in PRODUCT_COLUMNS.values() for alias in aliases if not alias.endswith("*")]
    assert len(names) == len(set(names))


def test_the_products_of_litemall(shared):
    found = match_products(read("p.csv", (shared / "catalogues" / "litemall_goods_zh.csv").read_bytes()))
    assert found.chosen == {
        "sku": "goods_sn",
        "title_zh": "name",
        "description": "brief",
        "category": "category",
        "source_price": "retail_price",
        "picture": "pic_url",
        "tags": "keywords",
    }
    assert found.unknown == ("id", "category_id", "unit", "counter_price", "is_on_sale", "gallery", "add_time")


def test_the_products_of_magento(shared):
    found = match_products(read("p.csv", (shared / "catalogues" / "magento_configurable_products.csv").read_bytes()))
    assert found.chosen == {
        "sku": "sku",
        "title_en": "name",
        "description": "description",
        "category": "categories",
        "source_price": "price",
        "weight_grams": "weight",
        "picture": "base_image",
    }
    assert len(found.unknown) == 63


def test_the_products_of_open_food_facts(shared):
    table = read("p.csv", (shared / "catalogues" / "off_export_a.csv").read_bytes())
    found = match_products(table)
    assert found.chosen == {
        "sku": "code",
        "ean": "code",
        "title_en": "product_name_en",
        "category": "categories",
        "brand": "brands",
        "source_url": "link",
    }
    assert sum(1 for _, row in values(table, found) if row["title_en"]) == 1205


@pytest.mark.parametrize("folder", ["dirty_from_off", "dirty_from_litemall"])
def test_renamed_and_shuffled_columns(shared, folder):
    content = (shared / "sheets" / folder / "headers_shuffled_renamed.csv").read_bytes()
    found = match_products(read("p.csv", content))
    assert {"sku", "ean", "source_price", "category"} < set(found.chosen)
    assert "备注/Remark" in found.unknown
