"""Home: the cards lead to lists that show exactly what they count."""

from urllib.parse import urlencode

import pytest

from db.models import Product
from lib import queues, views
from lib.commands import perform
from lib.orders.order_links import parse
from tests.lib.trade import company, line, order


@pytest.fixture
def trade(database, given):
    company()
    order(1, line())
    order(2, line("X", 1, None))
    given(Product(id=3, sku="E", ean="4006381333931", picture="e.webp"))


def links(at):
    return {link.proto.label: (link.proto.page, link.proto.query_string) for link in at.get("page_link")}


def test_a_card_for_each_queue_with_its_number(open_page, trade):
    at = open_page("home")
    assert not at.exception
    assert links(at)["To purchase"] == ("orders", "o_work=to_purchase")
    assert ":orange[2]" in [element.value for element in at.metric]
    assert links(at)[":gray[Failed uploads]"] == ("listings", "l_status=failed"), "an empty queue is quiet"


def test_who_waits_to_come_in_is_not_for_everybody(open_page, trade):
    assert ":gray[Waiting to come in]" in links(open_page("home"))
    assert ":gray[Waiting to come in]" not in links(open_page("home", as_="oscar"))


def test_a_saved_view_is_a_card_that_opens_what_it_counts(open_page, trade, acting):
    kept = {"b_stuck": ["true"], "b_site": ["1688", "Taobao"]}
    perform(acting("oscar"), views.save, "purchase", "卡住 *now*", kept, True, True)
    at = open_page("home", as_="charlie")
    page, query = links(at)[r":gray[卡住 \*now\*]"]
    assert page == "purchase"
    assert parse(query) == kept | {"b_view": ["1"]}
    at = open_page("purchase", as_="charlie", **parse(query))
    assert not at.exception
    assert (at.toggle(key="b_stuck").value, at.multiselect(key="b_site").value) == (True, ["1688", "taobao"])
    assert at.selectbox(key="purchase:view").value == 1
    assert "Changed" not in [block.proto.popover.label for block in at.get("popover")]


@pytest.mark.parametrize("kind", queues.KINDS, ids=lambda kind: kind.name)
def test_every_card_opens_a_list_that_knows_its_filter(open_page, trade, kind):
    at = open_page(kind.page, **kind.query)
    assert not at.exception
    asked = parse(urlencode(kind.query, doseq=True))
    stands = parse(urlencode(at.query_params, doseq=True))
    assert {key: stands[key] for key in asked} == asked, "a filter nobody knows is taken away"


@pytest.mark.parametrize(
    ("query", "skus"), [({"p_no_picture": "true"}, {"LAMP"}), ({"p_no_code": "true"}, {"MH01", "LAMP"})]
)
def test_the_list_behind_a_card_shows_what_it_counts(open_page, trade, query, skus):
    assert {*open_page("products", **query).dataframe[0].value["sku"]} == skus
