"""The purchase form on the screen: one line by plain fields, many in a table, a loss, a colleague who was faster, and two windows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from db.models import BuyingClaim, ExchangeRate, OrderLine, Product, Purchase, PurchaseLine, Warehouse
from db.session import SYSTEM, transaction
from db.vocabulary import FreightBy, Payment, PurchaseStatus, Source, Transport
from lib.commands import perform
from lib.purchases import buying, buying_claims
from lib.ui import people
from tests.lib.trade import all_of, company, form, line, one, order, put


def screen():
    """A page with the form for the lines that the test names, and a button that closes it."""
    import streamlit as st

    from lib.ui import page
    from lib.ui.purchases import buying_form

    def close():
        buying_form.close("f")
        st.session_state["shut"] = True

    page.open("Orders")
    if st.session_state.get("shut"):
        st.text("shut")
        return
    if said := buying_form.fill_in(st.session_state["lines"], "f"):
        st.session_state["made"], st.session_state["shut"] = said, True
        st.rerun()
    st.button("Close", on_click=close)


@pytest.fixture
def opened(database, monkeypatch, acting):
    """Orders 1 (two quilts and a lamp) and 2 (one quilt), both to be bought; opened(10, 20) shows the form for their lines."""
    config.set_option("runner.enforceSerializableSessionState", False)
    company()
    put(Warehouse(id=2, name="Old yard", active=False))
    order(1, line(), line("LAMP", 1, 2, price=Decimal("15")))
    order(2, line(quantity=1, price=Decimal("30")))

    def show(*lines, as_="oscar"):
        def become(name):
            monkeypatch.setattr(people, "current", lambda: acting(name))

        become(as_)
        at = AppTest.from_function(screen, default_timeout=30)
        at.session_state["lines"] = list(lines)
        at.become = become
        return at.run()

    return show


def fill(at, **fields):
    for name, value in fields.items():
        at.text_input(key=FIELDS.get(name, f"f:{name}")).set_value(value)
    return at.run()


FIELDS = {"cost": "f:10:CNY:cost", "pieces": "f:10:0:pieces"}


def press(at, edition=0):
    at = at.button(key=f"f:{edition}:create").click().run()
    assert not at.exception
    return at


def plain(text):
    """As it is read: without what keeps Markdown from seeing marks in it."""
    return text.replace("\\", "")


def metrics(at):
    return {metric.label: plain(metric.value) for metric in at.metric}


def captions(at):
    return [plain(caption.value) for caption in at.caption]


def errors(at):
    return [plain(error.value) for error in at.error]


# One line


def test_one_line_begins_with_what_is_known_and_two_fields_finish_it(opened):
    at = opened(10)
    assert not at.exception
    assert (at.text_input(key="f:10:CNY:cost").value, at.text_input(key="f:10:0:pieces").value) == ("128.00", "2")
    assert (at.selectbox(key="f:site").value, at.selectbox(key="f:currency").value) == (Source.ALIBABA, "CNY")
    assert [*at.get("button_group")[0].value] == [Transport.GENERAL, Transport.BRANDED]
    assert at.text_input(key="f:operator").value == "oscar"
    # 40 income - 6 fee - 2 x 128 x 0.125
    assert metrics(at) == {
        "Total": "256.00 CNY",
        "Margin": ":orange[2.00 EUR · 5.0 %]",
        "Break-even unit cost": "136.00 CNY",
    }
    assert "40.00 income − 6.00 fee, an estimate − 32.00 this cost, in EUR" in captions(at)
    at = press(fill(at, number="1688-77", tracking="SF1 SF2"))
    assert at.session_state["made"] == "Purchase 1688-77 made for order 111-1: 2 pieces, 256.00 CNY."
    made = one(Purchase, 1)
    assert (made.operator, made.number, made.tracking, made.transport) == (
        "oscar",
        "1688-77",
        "SF1, SF2",
        "general,branded",
    )
    assert (made.site, made.payment, made.status) == (Source.ALIBABA, Payment.TO_PAY, PurchaseStatus.ORDERED)
    assert at.text[0].value == "shut"


def test_without_tracking_it_says_what_is_next(opened):
    at = press(opened(10))
    assert at.session_state["made"].endswith(
        "256.00 CNY. Next: its tracking number, as soon as the seller has sent it."
    )


def test_the_margin_follows_what_is_typed(opened):
    at = fill(opened(10), cost="６４", freight="¥8")
    assert metrics(at)["Margin"] == ":green[17.00 EUR · 42.5 %]"
    assert metrics(at)["Total"] == "136.00 CNY"
    assert metrics(at)["Break-even unit cost"] == "132.00 CNY"
    at = fill(at, pieces="１")
    # the other quilt will cost what the library says: 34 - (64 + 8 + 128) x 0.125
    assert metrics(at)["Margin"] == ":green[9.00 EUR · 22.5 %]"
    assert (
        "40.00 income − 6.00 fee, an estimate − 8.00 this cost − 1.00 freight − 16.00 still to buy, in EUR"
        in captions(at)
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"cost": ""}, "Unit cost is missing."),
        ({"cost": "abc"}, "Unit cost: 'abc' is not an amount: write it as 1234.50."),
        ({"cost": "1,234"}, "Unit cost: '1,234' can be 1234 or 1.2340: write which of them."),
        ({"cost": "-1"}, "Unit cost cannot be negative."),
        ({"cost": "9999999999999"}, "Unit cost: '9999999999999' is too large"),
        ({"cost": "12 USD"}, "Unit cost: '12 USD' is in USD, but must be in CNY."),
        ({"freight": "-0.01"}, "Freight cannot be negative."),
        ({"pieces": "0"}, "Quantity: '0' is not a whole number from 1 to 1,000,000."),
        ({"pieces": "-2"}, "Quantity: '-2' is not a whole number"),
        ({"pieces": "two"}, "Quantity: 'two' is not a whole number"),
        ({"pieces": ""}, "Quantity is missing."),
    ],
)
def test_what_cannot_be_read_is_said_under_its_field_and_not_bought(opened, fields, why):
    at = press(fill(opened(10), **fields))
    assert metrics(at) == {}
    said = [*captions(at), *errors(at)]
    assert sum(why in text for text in said) == 2
    assert any(text.endswith("No purchase was made.") for text in said)
    assert all_of(Purchase) == []


def test_a_loss_asks_for_its_reason_and_waits_for_review(opened):
    at = fill(opened(10), cost="170.5")
    assert metrics(at)["Margin"] == ":red[-8.63 EUR · -21.6 %]"
    at = press(at)
    assert "MH01 of order 111-1 loses 8.63 EUR. No purchase was made." in errors(at)
    assert all_of(Purchase) == []
    at = press(fill(at, reason="Promised"))
    assert (one(Purchase, 1).status, one(Purchase, 1).reason) == (PurchaseStatus.TO_REVIEW, "Promised")
    assert "waits for review" in at.session_state["made"]


def test_a_reason_that_is_not_needed_any_more_is_not_stored(opened):
    at = fill(fill(opened(10), cost="170.5"), reason="Promised")
    press(fill(at, cost="128"))
    assert (one(Purchase, 1).status, one(Purchase, 1).reason) == (PurchaseStatus.ORDERED, None)


def test_an_unknown_rate_says_why_and_asks_for_nothing(opened):
    at = opened(10)
    at.selectbox(key="f:currency").set_value("JPY").run()
    assert at.text_input(key="f:10:JPY:cost").value == "", "a price in yuan is none in yen"
    at.text_input(key="f:10:JPY:cost").set_value("9999").run()
    assert metrics(at) == {"Total": "19998 JPY", "Margin": ":gray[not known]"}
    assert "Margin not known: there is no rate from JPY to EUR." in captions(at)
    press(at)
    assert (one(Purchase, 1).currency, one(Purchase, 1).fx) == ("JPY", None)


def test_warnings_stand_above_the_button_and_do_not_block(opened, acting):
    perform(acting("oscar"), buying.create, "r1", form((20, 1), number="77"))
    at = fill(opened(10), cost="12", pieces="3", number="77")
    [warning] = [plain(w.value) for w in at.warning]
    assert warning.split("  \n") == [
        "3 is more than the 2 that order 111-1 still needs.",
        "MH01 for 12.00 CNY is 81 % less than the 64.00 CNY of the last purchase, 77.",
        "77 on 1688 is already the number of a purchase, for order 111-2.",
    ]
    press(at)
    assert len(all_of(Purchase)) == 2


def test_transshipment_asks_which_warehouse_and_offers_active_ones(opened):
    put(Warehouse(id=3, name="Yiwu"))
    at = opened(10)
    at.checkbox(key="f:transshipped").check().run()
    assert at.selectbox(key="f:warehouse").options == ["Shenzhen", "Yiwu"]
    at = press(at)
    assert errors(at) == ["Choose the forwarding warehouse that the goods go to. No purchase was made."]
    at.selectbox(key="f:warehouse").set_value(3)
    press(at)
    assert (one(Purchase, 1).transshipped, one(Purchase, 1).warehouse_id) == (True, 3)


def test_charlie_looks_and_buys_nothing(opened):
    at = opened(10, as_="charlie")
    assert at.button(key="f:0:create").disabled
    assert all_of(BuyingClaim) == []


# Many lines


def test_many_lines_share_the_freight_to_the_cent_and_each_says_its_margin(opened):
    at = opened(10, 20)
    assert at.text_input(key="f:20:CNY:cost").placeholder == "the same"
    at = fill(at, cost="64", freight="10")
    texts = [plain(m.value) for m in at.markdown]
    assert (
        "  \n".join(
            [
                ":green[**17.17 EUR · 42.9 %**]",
                ":small[:gray[freight 6.67 CNY]]",
                ":small[:gray[break-even 132.66 CNY]]",
            ]
        )
        in texts
    )
    assert (
        "  \n".join(
            [
                ":green[**17.08 EUR · 56.9 %**]",
                ":small[:gray[freight 3.33 CNY]]",
                ":small[:gray[break-even 200.67 CNY]]",
            ]
        )
        in texts
    )
    assert metrics(at) == {"Total": "202.00 CNY", "Margin": ":green[34.25 EUR · 48.9 %]"}
    at.selectbox(key="f:shared").set_value(FreightBy.LINES)
    press(at.run())
    assert one(Purchase, 1).freight_by == FreightBy.LINES
    assert [(p.order_line_id, p.quantity, p.unit_cost, p.freight) for p in all_of(PurchaseLine)] == [
        (10, 2, None, Decimal(5)),
        (20, 1, None, Decimal(5)),
    ]


def test_a_line_of_another_website_begins_unticked_and_can_be_ticked(opened):
    at = opened(10, 11, 20)
    ticks = {n: at.checkbox(key=f"f:{n}:0:buy").value for n in (10, 11, 20)}
    assert ticks == {10: True, 11: False, 20: True}
    at.checkbox(key="f:11:0:buy").check()
    at.checkbox(key="f:20:0:buy").uncheck().run()
    press(fill(at, cost="64"))
    assert [(p.order_line_id, p.unit_cost) for p in all_of(PurchaseLine)] == [(10, None), (11, Decimal(20))]


def test_without_a_tick_nothing_is_bought(opened):
    at = opened(10, 20)
    for number in (10, 20):
        at.checkbox(key=f"f:{number}:0:buy").uncheck()
    at = press(at.run())
    assert errors(at) == ["Tick a line. No purchase was made."]
    assert all_of(Purchase) == []


def test_by_weight_without_a_weight_says_how_it_is_shared(opened):
    at = opened(10, 20)
    at.selectbox(key="f:shared").set_value(FreightBy.WEIGHT).run()
    assert ":orange[The weight of MH01 is not known: shared by pieces.]" in captions(at)


def test_another_order_that_waits_for_the_product_joins_with_one_click(opened):
    at = opened(10)
    joins = [b for b in at.button if b.key == "f:join:20"]
    assert plain(joins[0].label) == "111-2 · 1"
    at = fill(at, cost="64")
    at = at.button(key="f:join:20").click().run()
    assert at.text_input(key="f:10:CNY:cost").value == "64", "what was typed stays"
    assert not [b for b in at.button if b.key == "f:join:20"]
    press(at)
    assert [(p.order_line_id, p.quantity) for p in all_of(PurchaseLine)] == [(10, 2), (20, 1)]


def test_a_line_that_joins_brings_its_marks_and_what_was_taken_away_stays_away(opened):
    with transaction(SYSTEM, "tests.change") as session:
        session.get_one(Product, 1).transport = "general,battery"
        session.get_one(Product, 2).transport = "liquid"
    order(3, line("LAMP", 1, 2, price=Decimal("15")))
    at = opened(11)

    def marks():
        return [term.value for term in next(b for b in at.button_group if b.key == "f:transport").value]

    assert marks() == ["liquid"]
    next(b for b in at.button_group if b.key == "f:transport").set_value([])
    at = at.run()
    at = at.button(key="f:join:30").click().run()
    assert marks() == [], "the same product again brings nothing new"
    at.session_state["lines"] = [11, 10]
    at = at.run()
    assert marks() == [], "of another website, so it begins unticked"
    at = at.checkbox(key="f:10:0:buy").check().run()
    assert not at.exception
    assert marks() == ["general", "battery"]


def test_of_two_websites_a_known_one_is_proposed_before_none(opened):
    order(4, line("X-9", 1, None), line("LAMP", 1, 2))
    at = opened(40, 41)
    assert (at.checkbox(key="f:40:0:buy").value, at.checkbox(key="f:41:0:buy").value) == (False, True)
    assert at.selectbox(key="f:site").value == Source.TAOBAO


def test_a_refusal_stands_above_the_button_that_was_pressed(opened):
    at = press(fill(opened(10), cost="900"))
    assert any("Write the reason for buying it nevertheless." in said for said in errors(at))
    drawn = [(each.type, getattr(each, "label", "")) for each in at.main]
    assert drawn.index(("error", "")) < drawn.index(("button", "Create purchase order"))
    assert all_of(Purchase) == []


def test_the_source_is_a_click_away(opened):
    assert not [m for m in opened(10, 20).markdown if "open_in_new" in m.value]
    with transaction(SYSTEM, "tests.change") as session:
        session.get_one(Product, 1).source_url = "https://detail.1688.com/offer/1.html"
    link = "[1688 :material/open_in_new:](<https://detail.1688.com/offer/1.html>)"
    assert len([m for m in opened(10, 20).markdown if link in m.value]) == 2
    assert [caption for caption in captions(opened(10)) if link in caption]


def test_margins_in_several_currencies_are_told_apart(opened):
    put(ExchangeRate(base="CNY", quote="USD", day=date(2026, 3, 1), rate=Decimal("0.14")))
    order(3, line(), store_id=2, currency="USD")
    at = fill(opened(10, 30), cost="64")
    assert metrics(at) == {
        "Total": "256.00 CNY",
        "Margin in EUR": ":green[18.00 EUR · 45.0 %]",
        "Margin in USD": ":green[16.08 USD · 40.2 %]",
    }


def test_what_was_canceled_since_it_was_picked_is_left_out_and_said(opened):
    at = opened(10, 20)
    with transaction(SYSTEM, "tests.cancel") as session:
        session.get_one(OrderLine, 20).canceled = True
    at = at.run()
    assert "1 line left out: canceled, or no sale of ours." in captions(at)
    press(at)
    assert [p.order_line_id for p in all_of(PurchaseLine)] == [10]


def test_nothing_to_buy_says_so(opened):
    order(4, line(), is_sale=False)
    at = opened(40)
    assert at.info[0].value.startswith("Nothing can be bought here")


# Two people


def test_the_second_person_is_told_before_filling_in(opened, acting):
    perform(acting("bob"), buying_claims.claim, (10,))
    since = f"{all_of(BuyingClaim)[0].at:%H:%M}"
    at = opened(10, as_="alice")
    assert [plain(w.value) for w in at.warning] == [f"bob has had this form open since {since}."]
    assert [claim.actor for claim in all_of(BuyingClaim)] == ["bob"]


def test_opening_claims_and_closing_frees(opened):
    at = opened(10, 20)
    assert [(claim.order_line_id, claim.actor) for claim in all_of(BuyingClaim)] == [(10, "oscar"), (20, "oscar")]
    next(b for b in at.button if b.label == "Close").click().run()
    assert all_of(BuyingClaim) == []


def test_an_open_form_renews_its_claim(opened):
    at = opened(10)
    with transaction(SYSTEM, "tests.wait") as session:
        claim = session.query(BuyingClaim).one()
        claim.at, claim.until = claim.at - timedelta(minutes=2), claim.until - timedelta(minutes=2)
    ends = all_of(BuyingClaim)[0].until
    at.run()
    assert all_of(BuyingClaim)[0].until > ends


def test_who_was_faster_is_told_the_lines_are_read_again_and_the_click_is_lost(opened, acting):
    at = fill(opened(10), number="mine")
    perform(acting("bob"), buying.create, "bob's", form((10, 2), number="1688-77"))
    at = press(at)
    at_ = f"{all_of(Purchase)[0].created_at:%H:%M}"
    assert errors(at) == [
        f"MH01 of order 111-1: bob bought 2 at {at_} UTC (purchase 1688-77). "
        "You have bought nothing yet: look at the lines again."
    ]
    assert len(all_of(Purchase)) == 1
    assert at.text_input(key="f:10:1:pieces").value == "", "how many more are wanted has to be typed"
    assert at.text_input(key="f:number").value == "mine"
    at = press(at, edition=1)
    assert len(all_of(Purchase)) == 1
    at.text_input(key="f:10:1:pieces").set_value("1")
    at = press(fill(at, cost="10"), edition=1)
    assert len(all_of(Purchase)) == 2


def test_what_a_double_click_makes_is_one_purchase(opened):
    at = opened(10)
    request = at.session_state["buying:f"].request
    press(at)
    assert [purchase.request for purchase in all_of(Purchase)] == [request]


def test_a_form_that_is_opened_again_is_a_new_request(opened):
    at = press(opened(10))
    at.session_state["shut"] = False
    at = at.run()
    assert at.text_input(key="f:10:0:pieces").value == "1"
    press(fill(at, cost="1"))
    assert len(all_of(Purchase)) == 2
