"""Orders as people use it: narrow the list, paste, open one beside it, go on, buy for several, keep views."""

from datetime import timedelta
from functools import partial

import pytest

from db.models import ChangeSet, Order, OrderLine, Purchase, SavedView, now
from db.vocabulary import OrderStatus, WorkStatus
from lib import views
from lib.channels import ChannelBuyer
from lib.commands import perform
from lib.orders import buyers, order_links
from lib.ui import grid
from tests.lib.trade import all_of, company, line, one, order

BUYER = ChannelBuyer("王小明", "Berlin", "DE", "Hauptstr. 1", "10115", "+49 30 1", "w@example.com")


@pytest.fixture
def trade(database):
    company()
    order(1, line(), buyer_sealed=buyers.seal(BUYER), buyer_masked=buyers.masked(BUYER))
    order(2, line("X-9", 1, None), work_status=WorkStatus.EXCEPTION, status=OrderStatus.SHIPPED, is_unlinked=True)
    order(3, line("LAMP", 1, 2), ship_by=now() - timedelta(hours=1), tags="gift")


def button(at, label, key=None):
    return next(b for b in at.button if b.label == label and (key is None or b.key == key))


def labels(at):
    return [b.label for b in at.button]


def shown(at):
    return [*at.dataframe[0].value["number"]] if at.dataframe else []


def texts(at):
    return [element.value for element in (*at.text, *at.caption, *at.markdown, *at.code)]


def address(at, key):
    value = at.query_params.get(key)
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def tick(at, *rows, edition=0):
    cells = {row: {"✓": True} for row in rows}
    at.session_state[f"orders#{edition}"] = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
    return at.run()


# The list


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, ["111-3", "111-2", "111-1"]),
        ({"o_work": "exception"}, ["111-2"]),
        ({"o_works": ["Exception", "to_purchase"]}, ["111-3", "111-2", "111-1"]),
        ({"o_unlinked": "true"}, ["111-2"]),
        ({"o_text": "羊毛被"}, ["111-1"]),
        ({"o_status": "Shipped"}, ["111-2"]),
        ({"o_late": "true"}, ["111-3"]),
        ({"o_tags": "gift"}, ["111-3"]),
        ({"o_store": ["Berlin", "Boston"], "o_bought": "No", "o_status": "Unshipped"}, ["111-3", "111-1"]),
        ({"o_currency": "EUR", "o_least": "40", "o_most": "40.00", "o_late": "true"}, ["111-3"]),
        ({"o_since": "2026-03-02", "o_until": "2026-03-02", "o_status": "unshipped"}, ["111-3", "111-1"]),
        ({"o_numbers": "LAMP, 111-1"}, ["111-3", "111-1"]),
    ],
)
def test_the_list_is_what_the_address_says(open_page, trade, query, numbers):
    at = open_page("orders", **query)
    assert not at.exception
    assert shown(at) == numbers
    assert not at.warning


def test_the_tabs_of_a_common_word_say_when_there_are_more(open_page, trade, monkeypatch):
    monkeypatch.setattr("lib.orders.order_pages.COMMON", 0)
    monkeypatch.setattr("lib.orders.order_pages.SOME", 1)
    order(4, line("LAMP", 1, 2))
    tabs = open_page("orders", o_text="lamp").segmented_control(key="o_work")
    assert tabs.options[:3] == ["All 1+", "To purchase 1+", "Partly purchased 0"]


def test_what_narrows_the_list_is_said_and_taken_away_by_a_click(open_page, trade):
    at = open_page("orders", o_status="unshipped", o_late="true", o_bought="No", o_since="2026-03-01")
    assert labels(at)[-20:].count("Late") == 1
    assert {r"Marketplace\: Unshipped", "Late", r"Has a purchase\: No", r"Bought from 2026\-03\-01", "Clear all"} <= {
        *labels(at)
    }
    at = button(at, "Late").click().run()
    assert shown(at) == ["111-3", "111-1"]
    at = button(at, "Clear all").click().run()
    assert shown(at) == ["111-3", "111-2", "111-1"]
    assert "Clear all" not in labels(at)


def test_rubbish_in_a_link_is_named_and_left_out_until_something_is_changed(open_page, trade):
    at = open_page("orders", o_late="perhaps", o_status="Lost", o_foo="1", o_unlinked="yes")
    assert not at.exception
    assert shown(at) == ["111-2"]
    assert [w.value for w in at.warning] == [
        "Late: “perhaps” is neither yes nor no; it was left out.".replace(":", r"\:"),
        "Marketplace: “Lost” is not one of the choices; it was left out.".replace(":", r"\:"),
        r"“o\_foo” is no criterion of this list; it was left out.",
    ]
    assert not button(at, "Clear all").click().run().warning


def test_a_pasted_list_says_what_became_of_each_number(open_page, trade):
    at = open_page("orders")
    at.text_area(key="orders:pasted").set_value("111-1;111-1\nlamp，NOPE-1\t111-9")
    at = button(at, "Find these").click().run()
    assert not at.exception
    assert shown(at) == ["111-3", "111-1"]
    assert at.warning[0].value == r"4 asked, 2 found, 1 twice\: 111\-1, not found\: 2"
    assert at.code[0].value == "NOPE-1\n111-9"
    assert address(at, "o_numbers") == "111-1;111-1 lamp，NOPE-1 111-9"
    assert shown(open_page("orders", **{k: v for k, v in at.query_params.items() if v})) == ["111-3", "111-1"]


def test_of_a_long_list_the_address_holds_only_the_key(open_page, trade):
    at = open_page("orders")
    at.text_area(key="orders:pasted").set_value("111-2 " + " ".join(f"NOPE-{n}" for n in range(1_000)))
    at = button(at, "Find these").click().run()
    assert shown(at) == ["111-2"]
    key = address(at, "o_paste")
    assert len(key) < 20
    assert "o_numbers" not in at.query_params
    assert at.warning[0].value == r"1,001 asked, 1 found, not found\: 1,000"
    assert shown(open_page("orders", as_="charlie", o_paste=key)) == ["111-2"]


def test_a_link_to_a_list_that_is_gone_says_so(open_page, trade):
    at = open_page("orders", o_paste="gone")
    assert at.warning[0].value == "This pasted list is not kept any more. Paste it again."
    assert shown(at) == []


# The order beside it


def test_a_link_opens_the_order_with_its_buyer_masked(open_page, trade):
    at = open_page("orders", order="111-1")
    assert not at.exception
    assert "111-1" in texts(at)
    assert any("王** · Berlin, DE" in text for text in texts(at))
    assert "王小明" not in str(texts(at))
    assert shown(at) == ["111-3", "111-2", "111-1"]
    assert "There is no order" in open_page("orders", order="999").warning[0].value


def test_one_tick_opens_an_order_and_the_next_tick_another(open_page, trade):
    at = tick(open_page("orders"), 2)
    assert (address(at, "order"), "111-1" in texts(at)) == ("111-1", True)
    at = tick(at, 2, 0)
    assert (address(at, "order"), "111-3" in texts(at)) == ("111-3", True)
    at = tick(at, 2)
    assert address(at, "order") == "111-1", "the open one's tick was taken away: the other one is shown"
    at = tick(at)
    assert "order" not in at.query_params


def test_who_comes_back_finds_the_ticked_order_open(open_page, trade):
    at = tick(open_page("orders"), 2)
    at = at.switch_page("pages/home.py").run()
    at.query_params.clear()
    at = at.switch_page("pages/orders.py").run()
    assert (address(at, "order"), "111-1" in texts(at)) == ("111-1", True)


def test_the_tick_goes_along_to_the_next_order_and_away_when_it_is_closed(open_page, trade):
    at = tick(open_page("orders"), 0)
    assert button(at, "Previous").disabled
    at = button(at, "Next").click().run()
    assert address(at, "order") == "111-2"
    assert [*at.dataframe[0].value["✓"]] == [False, True, False]
    at = button(at, "Close").click().run()
    assert "order" not in at.query_params
    assert [*at.dataframe[0].value["✓"]] == [False, False, False]


def test_the_step_over_the_end_of_a_page_turns_it(open_page, trade, monkeypatch):
    monkeypatch.setattr(grid, "edit", partial(grid.edit, size=2))
    at = tick(open_page("orders"), 1)
    at = button(at, "Next").click().run()
    assert (address(at, "order"), shown(at), at.session_state["orders_page"]) == ("111-1", ["111-1"], 2)
    assert [*at.dataframe[0].value["✓"]] == [True]
    at = button(at, "Previous").click().run()
    assert (address(at, "order"), shown(at), at.session_state["orders_page"]) == ("111-2", ["111-3", "111-2"], 1)


def test_who_may_sees_the_buyer_and_is_written_down(open_page, trade):
    assert button(open_page("orders", as_="charlie", order="1"), "Reveal").disabled
    at = button(open_page("orders", as_="oscar", order="1"), "Reveal").click().run()
    assert "王小明" in str(texts(at))
    last = all_of(ChangeSet)[-1]
    assert (last.actor, last.command) == ("oscar", "buyers.reveal")
    assert "王小明" not in last.summary


def test_a_purchase_is_made_from_the_order_and_the_work_status_follows(open_page, trade):
    at = button(open_page("orders", as_="oscar", order="1"), "Add purchase", "order:buy").click().run()
    assert not at.exception
    at = button(at, "Create purchase order").click().run()
    assert not at.exception
    assert [(p.quantity, p.operator) for p in all_of(Purchase)] == [(2, "oscar")]
    assert one(Order, 1).work_status == WorkStatus.PURCHASED
    assert any("111\\-1" in element.value for element in at.success)


def test_charlie_looks_and_changes_nothing(open_page, trade):
    at = open_page("orders", as_="charlie", order="1")
    assert button(at, "Add purchase", "order:buy").disabled
    assert button(tick(open_page("orders", as_="charlie"), 0, 1), "Add purchase for 2 orders").disabled


# Several


def test_several_ticked_orders_are_bought_for_at_once(open_page, trade):
    at = tick(tick(open_page("orders", as_="oscar"), 0), 0, 2)
    at = button(at, "Add purchase for 2 orders").click().run()
    assert not at.exception
    assert "Create purchase order" in labels(at)
    assert {"111-1", "111-3"} <= {
        number for number in ("111-1", "111-2", "111-3") if number in str(texts(at)).replace("\\", "")
    }
    at = button(at, "Untick all").click().run()
    assert [*at.dataframe[0].value["✓"]] == [False, False, False]


# Views


@pytest.fixture
def late(trade, acting):
    perform(
        acting("oscar"), views.save, "orders", "Late 急", {"o_late": ["true"], "o_status": ["unshipped"]}, True, True
    )
    return all_of(SavedView)[0].id


def test_a_link_to_a_view_opens_what_it_shows(open_page, late):
    at = open_page("orders", as_="charlie", o_view=str(late))
    assert not at.exception
    assert shown(at) == ["111-3"]
    assert at.selectbox(key="orders:view").value == late
    assert r"Marketplace\: Unshipped" in labels(at)
    gone = open_page("orders", o_view="77")
    assert "gone, or is a colleague" in gone.warning[0].value
    assert shown(gone) == ["111-3", "111-2", "111-1"]


def test_a_view_is_chosen_and_left_again(open_page, late):
    at = open_page("orders", o_unlinked="true")
    at = at.selectbox(key="orders:view").set_value(late).run()
    assert (shown(at), address(at, "o_view")) == (["111-3"], str(late))
    at = at.selectbox(key="orders:view").set_value(None).run()
    assert shown(at) == ["111-3", "111-2", "111-1"]
    assert "o_view" not in at.query_params


def test_what_is_shown_is_saved_as_a_view_of_ones_own(open_page, trade):
    at = open_page("orders", as_="charlie", o_unlinked="true", o_days="7 days")
    at.session_state["orders:views"] = True
    at = at.run()
    at.text_input(key="orders:view:new:name").set_value("Mine")
    assert at.checkbox(key="orders:view:new:team").disabled
    at = button(at, "Save view", "orders:view:new:save").click().run()
    assert not at.exception
    [made] = all_of(SavedView)
    assert (made.name, made.owner, made.is_shared) == ("Mine", "charlie", False)
    assert order_links.parse(made.query) == {"o_unlinked": ["true"], "o_days": ["7 days"]}
    assert address(at, "o_view") == str(made.id)
    assert one(OrderLine, 20).product_id is None
