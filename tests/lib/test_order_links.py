"""An address and a filter are the same thing said twice: exact both ways, and rubbish is named and left out."""

from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest

from db.vocabulary import WorkStatus
from lib.orders import order_links
from lib.orders.order_filter import Dates, Filter
from lib.orders.order_links import ORDERS, PURCHASES, Chip, canonical, chips, parse, read, said, state, text, write

EVERYTHING = {
    "text": "羊毛 a&b=c #1", "numbers": "111-1 111-2", "paste": "4f3a", "stores": ("Berlin", "B, C"), "countries": ("DE",),
    "statuses": ("unshipped", "partly_shipped"), "works": ("to_purchase", "exception"), "work": "to_purchase", "dates": "ship_by",
    "since": date(2026, 1, 1), "until": date(2026, 1, 31), "fulfilment": "amazon", "bought": False, "tracked": True, "late": True,
    "soon": True, "unlinked": True, "vain": True, "losing": True, "currency": "EUR", "least": Decimal("-12.50"), "most": Decimal("1000"),
    "tags": ("gift", "急"), "parcels": ("draft", "refused"),
}  # fmt: skip
TODAY = date(2026, 3, 3)


def there_and_back(screen, wanted):
    answer = read(screen, parse(text(write(screen, wanted))))
    assert answer.problems == ()
    return answer.wanted


@pytest.mark.parametrize("name", EVERYTHING)
def test_each_criterion_of_orders_comes_back_from_its_address(name):
    wanted = Filter(**{name: EVERYTHING[name]})
    assert there_and_back(ORDERS, wanted) == wanted


def test_all_criteria_together_come_back_and_none_is_forgotten():
    assert {field.name for field in fields(Filter)} == set(EVERYTHING)
    assert there_and_back(ORDERS, Filter(**EVERYTHING)) == Filter(**EVERYTHING)
    assert write(ORDERS, Filter()) == {}


def test_every_criterion_of_purchases_has_its_place_in_the_address():
    values = {bool: True, date | None: date(2026, 2, 28), str: "16880001 SF1"}
    hints = order_links._hints(PURCHASES.filter)
    for part in PURCHASES.parts:
        word = next(iter(part.words)) if part.words else "7"
        kind = hints[part.name].__args__[0] if str(hints[part.name]).startswith("tuple") else str
        value = values.get(hints[part.name], (kind(word),) if str(hints[part.name]).startswith("tuple") else word)
        wanted = PURCHASES.filter(**{part.name: value})
        assert there_and_back(PURCHASES, wanted) == wanted, part.name
    assert {"b_text", "b_status", "b_site", "b_operator", "b_late_tracking", "b_stuck", "b_drift"} <= {
        p.key for p in PURCHASES.parts
    }


def test_a_link_may_say_a_word_by_its_label_or_as_it_is_stored():
    for typed in ("Partly shipped", "partly_shipped", "PARTLY SHIPPED"):
        assert read(ORDERS, {"o_status": [typed]}).wanted == Filter(statuses=("partly_shipped",))
    assert write(ORDERS, Filter(statuses=("partly_shipped",), work="to_purchase")) == {
        "o_status": ["Partly shipped"], "o_work": ["to_purchase"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"o_late": ["maybe"]}, "Late: “maybe” is neither yes nor no; it was left out."),
        ({"o_since": ["2026-02-30"]}, "From: “2026-02-30” is no day as in 2026-01-31; it was left out."),
        ({"o_status": ["lost"]}, "Marketplace: “lost” is not one of the choices; it was left out."),
        ({"o_least": ["NaN"]}, "At least: “NaN” is no amount as in 12.50; it was left out."),
        ({"o_least": ["1e99"]}, "At least: “1e99” is no amount as in 12.50; it was left out."),
        ({"o_days": ["365"]}, "“365” is no range of days; it was left out."),
        ({"o_" + "x" * 50: ["1"]}, f"“o_{'x' * 38}…” is no criterion of this list; it was left out."),
        ({"o_work": [""]}, "Tab: “” is not one of the choices; it was left out."),
    ],
)
def test_rubbish_is_named_and_left_out(query, sentence):
    answer = read(ORDERS, query | {"o_soon": ["true"], "order": ["111-1"], "orders_page": ["3"]})
    assert answer.wanted == Filter(soon=True)
    assert answer.problems == (sentence,)


def test_an_address_that_is_only_rubbish_is_all_of_the_list():
    for typed in ("", "?", "&&&==", "o_text=", "%00%ff", "a" * 5000, "&".join(f"k{n}=1" for n in range(5000))):
        assert read(ORDERS, parse(typed)).wanted == Filter()
    assert read(ORDERS, {"o_text": ["a\0b"]}).wanted == Filter(text="ab")


def test_a_moving_range_is_the_last_days_and_stays_moving_in_the_address():
    for typed, since in (("Today", TODAY), ("7 days", date(2026, 2, 25)), ("30", date(2026, 2, 2))):
        answer = read(ORDERS, {"o_days": [typed], "o_since": ["2020-01-01"], "o_until": ["2020-01-02"]}, TODAY)
        assert (answer.wanted, answer.problems) == (Filter(since=since), ())
    assert canonical(ORDERS, {"o_days": ["7"], "o_since": ["2020-01-01"]}) == {"o_days": ["7 days"]}


def test_the_same_criteria_said_otherwise_are_the_same_view():
    one = {
        "orders_sort": ["Total ↓"],
        "o_status": ["unshipped"],
        "o_late": ["1"],
        "o_x": ["?"],
        "o_dates": ["Bought"],
        "order": ["1"],
    }
    other = {"o_late": ["true"], "o_status": ["Unshipped"], "orders_sort": ["Total ↓"], "o_view": ["3"]}
    assert canonical(ORDERS, one) == canonical(ORDERS, other) == {
        "o_status": ["Unshipped"], "o_late": ["true"], "orders_sort": ["Total ↓"],
    }  # fmt: skip


def test_the_fields_of_the_screen_show_an_address_and_say_it_again():
    query = write(ORDERS, Filter(**EVERYTHING))
    shown = state(ORDERS, query)
    assert (shown["o_status"], shown["o_bought"], shown["o_least"]) == (
        ["unshipped", "partly_shipped"],
        False,
        "-12.50",
    )
    assert {key: typed for key, value in shown.items() if (typed := said(ORDERS, key, value))} == query
    at_rest = state(ORDERS, {})
    assert {key: typed for key, value in at_rest.items() if (typed := said(ORDERS, key, value))} == {}
    assert said(ORDERS, "o_work", "all") == []


def test_what_narrows_the_list_is_said_in_words():
    query = {"o_status": ["Unshipped", "Canceled"], "o_dates": ["Ship by"], "o_since": ["2026-01-01"], "o_until": ["2026-01-31"],
             "o_bought": ["No"], "o_late": ["true"], "o_currency": ["EUR"], "o_least": ["10"], "o_work": ["to_purchase"]}  # fmt: skip
    assert chips(ORDERS, query) == [
        Chip("Marketplace: Unshipped, Canceled", ("o_status",)),
        Chip("Ship by 2026-01-01 to 2026-01-31", ("o_dates", "o_since", "o_until", "o_days")),
        Chip("Has a purchase: No", ("o_bought",)),
        Chip("Late", ("o_late",)),
        Chip("EUR from 10", ("o_currency", "o_least", "o_most")),
    ]
    assert [chip.text for chip in chips(ORDERS, {"o_days": ["7"]})] == ["Bought: the last 7 days"]
    assert chips(ORDERS, {"o_dates": ["Ship by"], "o_work": [WorkStatus.CLOSED]}) == []
    assert Dates.SHIP_BY == "ship_by"
