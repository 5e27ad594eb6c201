"""The library's filters, order and commands."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from db.frames import Page
from db.models import Category, Change, ChangeSet, Product
from db.session import reading
from db.vocabulary import LibraryState, SalesStatus, Source
from lib.changes import Changes, Edit
from lib.commands import perform
from lib.problems import Refused
from lib.products import products
from lib.products.products import Filter


@pytest.fixture
def shop(given):
    kitchen, garden = Category(name="Kitchen", path="Kitchen"), Category(name="Garden", path="Garden")
    given(kitchen, garden)
    made = given(
        Product(sku="A", title_en="Wool hat", source=Source.TAOBAO, state=LibraryState.READY, ean="9100000000008", category_id=kitchen.id),
        Product(sku="B", title_zh="羊毛帽", source=Source.ALIBABA, sales_status=SalesStatus.NORMAL, source_price=Decimal("9.90"),
                category_id=garden.id, picture="x.webp"),
        Product(sku="C", title_en="Wool sock", source=Source.ALIBABA, state=LibraryState.DELETED, source_price=Decimal("10")),
    )  # fmt: skip
    return {product.sku: product.id for product in made} | {"kitchen": kitchen.id, "garden": garden.id}


def skus(wanted, page=None):
    with reading() as session:
        return products.table(session, wanted, page or Page(sort="sku", descending=False))["sku"].tolist()


@pytest.mark.parametrize(
    ("wanted", "found"),  # what is deleted lacks nothing
    [
        (Filter(), ["A", "B", "C"]),
        (Filter(text="wool"), ["A", "C"]),
        (Filter(text="羊毛"), ["B"]),
        (Filter(text="910000000"), ["A"]),
        (Filter(state=LibraryState.DRAFT), ["B"]),
        (Filter(text="wool", state=LibraryState.DELETED), ["C"]),
        (Filter(sources=(Source.ALIBABA, Source.TAOBAO), without_code=True), ["B"]),
        (Filter(without_picture=True), ["A"]),
        (Filter(sales_status=(SalesStatus.NORMAL,), sources=(Source.TAOBAO,)), []),
    ],
)
def test_all_that_is_named_must_hold(shop, wanted, found):
    assert skus(wanted) == found
    with reading() as session:
        assert products.count(session, wanted) == len(found)


def test_a_category_is_found_by_its_id(shop):
    assert skus(Filter(categories=(shop["garden"],))) == ["B"]


@pytest.mark.parametrize("sort", products.SORTS)
def test_every_sort_shows_every_row_once_over_the_pages(shop, sort):
    pages = [skus(Filter(), Page(number, 2, sort)) for number in (1, 2, 3)]
    assert sorted(sku for page in pages for sku in page) == ["A", "B", "C"]
    assert [len(page) for page in pages] == [2, 1, 0]


def test_tabs_count_each_state(shop):
    with reading() as session:
        assert products.counts(session) == {"captured": 0, "draft": 1, "ready": 1, "deleted": 1}


def test_a_sku_that_is_taken_is_refused_and_nothing_is_saved(shop, acting):
    changes = Changes(edits=(Edit(shop["B"], "sku", "B", "A"), Edit(shop["B"], "brand", None, "Acme")))
    with pytest.raises(Refused, match="already used by another product"):
        perform(acting("lily"), products.save, changes)
    with reading() as session:
        assert (session.get(Product, shop["B"]).sku, session.get(Product, shop["B"]).brand) == ("B", None)


def test_a_code_cannot_be_changed_by_typing(shop, acting):
    with pytest.raises(ValueError, match="not editable"):
        perform(acting("lily"), products.save, Changes(edits=(Edit(shop["A"], "ean", "9100000000008", None),)))


def test_adding_needs_a_sku(acting, database):
    with pytest.raises(Refused, match="needs a SKU"):
        perform(acting("lily"), products.save, Changes(added=({"title_en": "Nameless"},)))
    assert skus(Filter()) == []


def test_adding_says_so_and_is_one_change_set(shop, acting):
    added = ({"sku": "007", "title_zh": "新", "category": "Garden", "source_price": Decimal("1.50")},)
    assert perform(acting("lily"), products.save, Changes(added=added)) == "Products: 1 added."
    with reading() as session:
        new = session.scalars(select(Product).where(Product.sku == "007")).one()
        assert (new.category_id, new.source_price, new.currency) == (shop["garden"], Decimal("1.5"), "CNY")
        assert session.scalars(select(ChangeSet.actor).order_by(ChangeSet.id.desc())).first() == "lily"


def test_many_change_at_once_by_filter_or_by_tick(shop, acting):
    said = perform(acting("lily"), products.put, Filter(text="wool"), "sales_status", SalesStatus.CLEARANCE)
    assert said == "2 products changed."
    assert (
        perform(acting("lily"), products.put, (shop["B"],), "sales_status", SalesStatus.NORMAL) == "0 products changed."
    )
    with reading() as session:
        assert session.scalars(select(Product.sales_status).order_by(Product.sku)).all() == [
            "clearance",
            "normal",
            "clearance",
        ]
        kept = select(Change).join(ChangeSet, ChangeSet.id == Change.set_id).where(ChangeSet.command == "products.put")
        assert len(session.scalars(kept).all()) == 2


def test_ready_needs_a_title(given, acting):
    [bare] = given(Product(sku="BARE"))
    with pytest.raises(Refused, match="needs a title"):
        perform(
            acting("lily"),
            products.save,
            Changes(edits=(Edit(bare.id, "state", LibraryState.DRAFT, LibraryState.READY),)),
        )
    assert skus(Filter(state=LibraryState.READY)) == []


def test_a_colleagues_category_is_named_and_mine_can_be_kept(shop, acting):
    perform(acting("bob"), products.save, Changes(edits=(Edit(shop["A"], "category", "Kitchen", "Garden"),)))
    with pytest.raises(Refused) as refused:
        perform(acting("lily"), products.save, Changes(edits=(Edit(shop["A"], "category", "Kitchen", None),)))
    [problem] = refused.value.problems
    assert (problem.theirs, problem.conflict) == ("Garden", True)
    assert "“Garden”" in problem.text
    perform(acting("lily"), products.save, Changes(edits=(Edit(shop["A"], "category", problem.theirs, None),)))
    with reading() as session:
        assert session.get(Product, shop["A"]).category_id is None
