"""The order beside the list: what it shows, and what can be done with it in place."""

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.models import ChangeSet, Listing, Order, OrderLine, Purchase, PurchaseLine, Shipment, ShipmentLine, now
from db.vocabulary import OrderStatus, WorkStatus
from lib.channels import ChannelBuyer
from lib.orders import buyers
from lib.ui import people
from tests.lib.trade import MONDAY, all_of, company, line, one, order, put

BUYER = ChannelBuyer("王小明", "Berlin", "DE", "Hauptstr. 1", "10115", "+49 30 1", "w@example.com")


def screen() -> None:
    """A page with nothing but the panel."""
    import streamlit as st

    from lib.ui import page
    from lib.ui.orders import order_panel

    page.open("Orders")
    asked = st.query_params.get("order", "1")
    order_panel.show(int(asked.removeprefix("111-")), before=None, after="111-2" if asked.endswith("1") else None)


@pytest.fixture
def panel(database: str, monkeypatch: pytest.MonkeyPatch, acting: Callable[[str], Any]) -> Callable[..., AppTest]:
    from streamlit import config

    config.set_option("runner.enforceSerializableSessionState", False)
    company()
    order(
        1,
        line(shipping=D(5), tax=D("7.60"), asin="B000000001"),
        buyer_sealed=buyers.seal(BUYER),
        buyer_masked=buyers.masked(BUYER),
    )
    order(2, line("lamp ", 1, None, price=None), work_status=WorkStatus.TO_PURCHASE)

    # Alone, the panel is on no page of an app, and there are no others to lead to.
    monkeypatch.setattr(st, "page_link", lambda page, label, **_: st.text(f"{label}: {page}"))

    def show(number: int = 1, as_: str = "oscar") -> AppTest:
        monkeypatch.setattr(people, "current", lambda: acting(as_))
        test = AppTest.from_function(screen, default_timeout=30)
        test.query_params["order"] = f"111-{number}"
        at = test.run()
        assert not at.exception
        return at

    return show


def button(at: AppTest, label: str, key: str | None = None) -> Any:
    return next(b for b in at.button if b.label == label and (key is None or b.key == key))


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in (*at.text, *at.caption, *at.markdown)).replace("\\", "")


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.replace("\\", "") for metric in at.metric}


def test_the_head_the_line_and_the_money(panel):
    at = panel()
    assert at.code[0].value == "111-1"
    assert at.code[1].value.endswith("/orders?order=111-1")
    said = texts(at)
    assert "**40.00 EUR**" in said
    assert "Berlin · DE · bought 2026-03-02 10:30 UTC" in said
    assert "MH01 · B000000001" in said
    assert "2 for 40.00 EUR · about 6.25 EUR left" in said
    assert metrics(at) == {"Profit expected": ":green[≈ 6.25 EUR]", "Profit actual": "–"}
    assert "The buyer pays: items 40.00, shipping 5.00, tax 7.60 EUR; the tax is not ours" in said
    assert "The fee is an estimate: 15 % of price and shipping." in said
    assert len(at.get("plotly_chart")) == 1


def test_a_loss_is_red_and_what_was_bought_is_shown_with_its_journey(panel):
    put(
        Purchase(
            id=1,
            request="r1",
            unit_cost=D(160),
            currency="CNY",
            fx=D("0.125"),
            quantity=2,
            operator="oscar",
            number="1688-7",
        )
    )
    put(PurchaseLine(purchase_id=1, order_line_id=10, quantity=2, freight=D("0.40")))
    at = panel()
    assert metrics(at)["Profit actual"] == ":red[≈ -1.80 EUR]"
    assert "2 pieces · 320.40 CNY · oscar · no tracking yet" in texts(at)
    assert "**On its way**" in texts(at)


def test_a_parcel_that_has_left_is_shown_and_what_it_costs_counts(panel):
    put(Purchase(id=1, request="r1", unit_cost=D(64), currency="CNY", fx=D("0.125"), quantity=2, operator="oscar"))
    put(PurchaseLine(purchase_id=1, order_line_id=10, quantity=2))
    put(
        Shipment(
            id=1, order_id=1, request="s1", carrier="DHL", tracking="LX1CN", shipped_at=MONDAY, cost=D(40), fx=D("0.1")
        )
    )
    put(ShipmentLine(shipment_id=1, order_line_id=10, quantity=1))
    at = panel()
    assert "DHL · LX1CN · 2026-03-02 · MH01 × 1" in texts(at)
    assert "1 of 2 sent" in texts(at)
    assert metrics(at)["Profit actual"] == ":green[≈ 18.25 EUR]"


@pytest.mark.parametrize(
    ("hours", "status", "said"),
    [
        (51.01, OrderStatus.UNSHIPPED, ":green-badge[:material/timer: 2 d 3 h left]"),
        (5.51, OrderStatus.UNSHIPPED, ":orange-badge[:material/timer: 5 h 30 min left]"),
        (-26.01, OrderStatus.UNSHIPPED, ":red-badge[:material/timer: 1 d 2 h late]"),
        (-26.01, OrderStatus.SHIPPED, None),
    ],
)
def test_how_long_an_order_still_has(panel, hours, status, said):
    from datetime import timedelta

    order(3, line(), ship_by=now() + timedelta(hours=hours), status=status)
    found = [m.value for m in panel(3).markdown if "timer" in m.value]
    assert found == ([said] if said else [])


def test_the_buyer_is_masked_shown_once_to_who_may_and_written_down(panel):
    assert button(panel(as_="charlie"), "Reveal").disabled
    at = panel()
    assert "王** · Berlin, DE" in texts(at)
    assert "王小明" not in texts(at)
    button(at, "Reveal").click().run()
    assert {"王小明", "Hauptstr. 1", "w@example.com"} <= {text.value for text in at.text}
    assert (all_of(ChangeSet)[-1].actor, all_of(ChangeSet)[-1].command) == ("oscar", "buyers.reveal")
    assert "王小明" not in repr(at.session_state)
    assert "王小明" not in texts(at.run())


def test_an_erased_buyer_says_when(panel):
    order(3, line(), buyer_erased_at=now())
    at = panel(3)
    assert f"Erased on {now():%Y-%m-%d}." in [c.value for c in at.caption]
    assert button(at, "Reveal").disabled


def test_the_best_guess_is_linked_with_one_click_and_unlinked_again(panel):
    put(Listing(product_id=1, store_id=2, seller_sku="lamp "))
    at = panel(2)
    assert [b.key for b in at.button if b.label == "Link"] == ["link:20:1", "link:20:2"]
    assert "Same SKU, written LAMP" in texts(at)
    button(at, "Link", "link:20:2").click().run()
    assert one(OrderLine, 20).product_id == 2
    assert "is linked to LAMP" in at.success[0].value
    assert not one(Order, 2).is_unlinked
    button(at, "Unlink").click().run()
    assert one(OrderLine, 20).product_id is None
    assert "no longer linked to LAMP" in at.success[0].value


def test_a_product_is_looked_for_by_words(panel):
    at = panel(2)
    at.text_input(key="link:20").set_value("羊毛").run()
    assert [b.key for b in at.button if b.label == "Link"] == ["link:20:1"]
    at.text_input(key="link:20").set_value("nothing at all").run()
    assert "No product of the library is like it." in texts(at)


def test_why_something_is_not_known(panel):
    at = panel(2)
    assert metrics(at)["Profit expected"] == "–"
    assert "The marketplace has not told the price of lamp  yet" in texts(at)
    assert not at.get("plotly_chart")


def test_a_note_is_added_below_the_others_and_the_note_can_be_changed(panel):
    at = panel()
    for text in ("call first", "called"):
        at.text_input(key="quick:1").set_value(text)
        button(at, "Add").click().run()
    assert one(Order, 1).note == "call first\ncalled"
    area = next(area for area in at.text_area if area.label == "Note")
    assert area.value == "call first\ncalled"
    area.set_value("done").run()
    button(at, "Save", "order:save").click().run()
    assert one(Order, 1).note == "done"


def test_closed_by_hand_and_back(panel):
    at = panel()
    button(at, "Closed").click().run()
    assert one(Order, 1).work_status == WorkStatus.CLOSED
    button(at, "Let it follow the facts").click().run()
    assert one(Order, 1).work_status == WorkStatus.TO_PURCHASE


def test_the_next_order_and_none_before(panel):
    at = panel()
    assert button(at, "Previous").disabled
    button(at, "Next").click().run()
    assert at.query_params["order"] == "111-2"
    assert at.code[0].value == "111-2"
    button(at, "Close").click().run()
    assert "order" not in at.query_params


def test_why_this_price_and_back(panel):
    at = panel()
    button(at, "Price").click().run()
    assert "It is not listed in Berlin" in texts(at)
    button(at, "Back to the order").click().run()
    assert "**Money**" in texts(at)


def test_a_purchase_is_made_inside_the_panel(panel):
    at = panel()
    button(at, "Add purchase", "order:buy").click().run()
    assert not at.exception
    button(at, "Create purchase order").click().run()
    assert not at.exception
    assert len(all_of(Purchase)) == 1
    assert "made for order 111\\-1" in at.success[0].value
    assert "**Purchases**" in texts(at)


def test_a_form_left_open_does_not_follow_to_the_next_order(panel):
    at = panel()
    button(at, "Add purchase", "order:buy").click().run()
    button(at, "Next").click().run()
    assert "**Lines**" in texts(at)
    assert all_of(Purchase) == []


def test_charlie_looks_and_changes_nothing(panel):
    at = panel(as_="charlie")
    for label in ("Add purchase", "Closed", "Add", "Unlink"):
        assert button(at, label).disabled
    assert button(panel(2, as_="charlie"), "Link").disabled


def test_an_order_that_is_gone(panel):
    assert panel(77).warning[0].value == "This order does not exist any more."
