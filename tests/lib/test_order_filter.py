"""Every criterion of the list of orders alone, several together, and the order before and after one."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from db.frames import Page
from db.models import Code, Product, Shipment, now
from db.session import reading
from db.vocabulary import CodeState, CodeType, Licence, OrderStatus, ShipmentState, WorkStatus
from lib.orders import orders
from lib.orders.order_filter import Dates, Filter
from tests.lib.trade import MONDAY, company, line, order, put


@pytest.fixture
def trade(database):
    """1 to be bought, tagged; 2 bought, losing, tracked; 3 sent by Amazon, unlinked; 4 canceled after it was bought; 5 shipped."""
    company()
    put(Product(id=9, sku="CODED", ean="012345678905", title_en="Coded"))
    put(Code(id=1, gtin14="09520000000011", code="9520000000011", type=CodeType.EAN13, licence=Licence.LICENSED, state=CodeState.ASSIGNED,
             product_id=2))  # fmt: skip
    order(1, line(), ship_by=now() + timedelta(hours=40), tags="gift, 急", total=Decimal("10"))
    order(2, line("LAMP", 1, 2), ship_by=now() - timedelta(hours=1), has_purchase=True, has_tracking=True, is_losing=True,
          work_status=WorkStatus.IN_TRANSIT, total=Decimal("20.5"))  # fmt: skip
    order(3, line("X-9", 1, None), store_id=2, country="US", currency="USD", fulfilment="amazon", is_unlinked=True,
          work_status=WorkStatus.CLOSED, total=None)  # fmt: skip
    order(4, line("C-1", 1, 9), status=OrderStatus.CANCELED, work_status=WorkStatus.EXCEPTION, has_purchase=True,
          is_canceled_bought=True, tags="gift", total=Decimal("30"))  # fmt: skip
    order(5, line("LAMP", 1, 2), status=OrderStatus.SHIPPED, work_status=WorkStatus.SHIPPED, shipped_at=MONDAY + timedelta(days=5),
          paid_at=MONDAY + timedelta(days=1), total=Decimal("40"))  # fmt: skip
    put(Shipment(order_id=5, request="s1", carrier="Other", tracking="LX400CN", shipped_at=MONDAY),
        Shipment(order_id=2, request="s2", carrier="DHL", tracking="LX401CN", shipped_at=MONDAY, state=ShipmentState.REFUSED),
        Shipment(order_id=4, request="s3", carrier="DHL", tracking="LX402CN", shipped_at=MONDAY, state=ShipmentState.CONFIRMED),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"works": ("in_transit", "shipped")}, [2, 5]),
        ({"works": ("in_transit", "shipped"), "work": "shipped"}, [5]),
        ({"fulfilment": "amazon"}, [3]),
        ({"fulfilment": "seller", "bought": False}, [1, 5]),
        ({"bought": True}, [2, 4]),
        ({"tracked": True}, [2]),
        ({"bought": True, "tracked": False}, [4]),
        ({"unlinked": True}, [3]),
        ({"vain": True}, [4]),
        ({"losing": True}, [2]),
        ({"vain": True, "losing": True}, []),
        ({"late": True}, [2]),
        ({"soon": True}, [1]),
        ({"late": True, "soon": True}, [1, 2]),
        ({"currency": "EUR"}, [1, 2, 4, 5]),
        ({"currency": "EUR", "least": Decimal("20.5"), "most": Decimal(30)}, [2, 4]),
        ({"currency": "USD", "least": Decimal(0)}, []),
        ({"most": Decimal("20.49999")}, [1]),
        ({"least": Decimal("-Infinity"), "most": Decimal("1e30")}, [1, 2, 4, 5]),
        ({"parcels": ("draft", "refused")}, [2, 5]),
        ({"parcels": ("draft",)}, [5]),
        ({"parcels": ("confirmed", "draft")}, [4, 5]),
        ({"parcels": ("in_file",)}, []),
        ({"parcels": ("draft", "refused"), "work": "shipped"}, [5]),
        ({"parcels": ("confirmed",), "tags": ("gift",)}, [4]),
        ({"tags": ("gift",)}, [1, 4]),
        ({"tags": ("急",)}, [1]),
        ({"tags": ("急", "gift")}, [1, 4]),
        ({"tags": ("gif",)}, []),
        ({"tags": ("gift",), "statuses": ("canceled", "shipped")}, [4]),
        ({"dates": Dates.PAID, "since": date(2026, 3, 3), "until": date.max}, [5]),
        ({"dates": Dates.SHIPPED, "since": date.min, "until": date(9999, 12, 31)}, [5]),
        ({"dates": Dates.SHIP_BY, "until": date(9999, 12, 31)}, [1, 2]),
        ({"since": date(9999, 12, 31)}, []),
        ({"numbers": "12345678905"}, []),
        ({"numbers": "012345678905"}, [4]),
        ({"numbers": "0012345678905"}, [4]),
        ({"numbers": "00012345678905"}, [4]),
        ({"numbers": "9520000000011"}, [2, 5]),
        ({"numbers": "lx400cn"}, [5]),
        ({"numbers": '="111-1"；"111-3"、x-9'}, [1, 3]),
        ({"text": "lamp", "losing": True}, [2]),
        ({"stores": ("Boston", "Berlin"), "countries": ("DE", "US"), "fulfilment": "seller", "least": Decimal(30), "bought": False}, [5]),
    ],
)  # fmt: skip
def test_each_criterion_finds_exactly_its_orders(trade, wanted, ids):
    wanted = Filter(**wanted)
    with reading() as session:
        assert list(orders.table(session, wanted, Page(descending=False)).index) == ids
        assert orders.count(session, wanted) == len(ids)
        if wanted.work is None:
            assert sum(orders.counts(session, wanted).values()) == len(ids)
        assert sorted(found.id for found in session.scalars(orders.matching(wanted))) == ids


@pytest.mark.parametrize("sort", ["bought_at", "number", "total", "ship_by"])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("most", [10_000, 0])
def test_before_and_after_follow_the_list(trade, monkeypatch, sort, descending, most):
    """The same where more match than are put in order at once; orders without a total or a date to ship by are in it, too."""
    monkeypatch.setattr("lib.orders.order_pages.MANY", most)
    where = Page(sort=sort, descending=descending)
    with reading() as session:
        numbers = list(orders.table(session, Filter(), where)["number"])
        asked = [orders.around(session, Filter(), where, int(number[4:])) for number in numbers]
    assert asked == list(zip([None, *numbers], [*numbers[1:], None], strict=False))


@pytest.mark.parametrize(("some", "shipped"), [(1, 2), (2, 3), (1_000, 3)])
def test_orders_of_common_words_are_not_counted_so_far_in_each_work_status(trade, monkeypatch, some, shipped):
    """One more than `most` means more; all other lists are counted to 10,000."""
    monkeypatch.setattr("lib.orders.order_pages.COMMON", 0)
    monkeypatch.setattr("lib.orders.order_pages.SOME", some)
    for number in (6, 7):
        order(number, line("LAMP", 1, 2), status=OrderStatus.SHIPPED, work_status=WorkStatus.SHIPPED)
    with reading() as session:
        lamps, every = orders.counts(session, Filter(text="lamp")), orders.counts(session, Filter())
        assert orders.count(session, Filter(text="lamp")) == 4
    assert {name: number for name, number in lamps.items() if number} == {"in_transit": 1, "shipped": shipped}
    assert (lamps.most, every.most, every["shipped"]) == (some, 10_000, 3)


@pytest.mark.parametrize("near", [200, 0])
@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"text": "lamp"}, [2, 5]),
        ({"text": "la"}, [2, 5]),
        ({"text": "羊毛"}, [1]),
        ({"text": "wool coded"}, []),
        ({"text": "quilt woo"}, [1]),
        ({"text": "amp"}, []),
        ({"text": "coded", "statuses": ("canceled",)}, [4]),
        ({"text": "lamp", "bought": True}, [2]),
        ({"text": "111-3"}, [3]),
        ({"text": "lamp", "numbers": "111-2 111-1"}, [2]),
        ({"text": "quilt", "tags": ("gift",)}, [1]),
        ({"text": "lamp", "least": Decimal(30)}, [5]),
    ],
)
def test_common_words_find_the_same_orders_in_another_way(trade, monkeypatch, near, wanted, ids):
    """Words that very many have are looked for in each order: in the list of products that have them, or in the order's products."""
    monkeypatch.setattr("lib.orders.order_pages.COMMON", 0)
    monkeypatch.setattr("lib.orders.order_pages.NEAR", near)
    wanted, where = Filter(**wanted), Page(descending=False)
    with reading() as session:
        assert sum(orders.counts(session, wanted).values()) == orders.count(session, wanted) == len(ids)
        assert list(orders.table(session, wanted, where).index) == ids
    monkeypatch.setattr("lib.orders.order_pages.MANY", 1)
    with reading() as session:
        assert orders.count(session, wanted) == min(len(ids), 2)
    monkeypatch.setattr("lib.orders.order_pages.MANY", 0)
    with reading() as session:
        assert list(orders.table(session, wanted, where).index) == ids
        if ids:
            after = f"111-{ids[1]}" if len(ids) > 1 else None
            assert orders.around(session, wanted, where, ids[0]) == (None, after)


def test_two_letters_tell_all_statuses_apart():
    """The text of an order's facts has no more of each; so has who ships, of whom one letter is enough."""
    for statuses in (OrderStatus, WorkStatus):
        assert len({status.value[:2] for status in statuses}) == len(statuses)
    assert len({"seller"[0], "amazon"[0]}) == 2
