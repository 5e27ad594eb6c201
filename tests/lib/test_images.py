"""Which products the night picks and why, what it does with them, and that a bad one never stops the others."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from db.frames import Page
from db.locks import alone
from db.models import Listing, NightlyItem, NightlyRun, Order, Product, Store, now
from db.session import folder, reading
from db.vocabulary import LibraryState, OrderStatus, PictureRoute, SalesStatus
from lib import nightly_runs, settings
from lib.channels import ChannelBuyer, ChannelError
from lib.drawings import drawing
from lib.nightly_runs import AlreadyRunning
from lib.orders import buyers
from lib.problems import Refused
from lib.products import images
from lib.products.images import Filter
from tests.lib.shop import CHARLIE, LILY, all_of, do, put

ROOT = Path(__file__).resolve().parents[2]
OLD, DAY = now() - timedelta(days=40), timedelta(days=1)


@pytest.fixture
def library(database):
    """Products by rule: A, B and C; all three; deleted and stopped ones; and such as are not picked at all."""
    put(Store(id=1, name="US-01", marketplace="US", currency="USD"))
    published = {"picture": "old.webp", "picture_route": PictureRoute.PUBLISHING}
    put(
        Product(id=1, sku="A", created_at=OLD),
        Product(id=2, sku="B", created_at=OLD, picture_changed_at=now() - 6 * DAY, **published),
        Product(id=3, sku="C", sales_status=SalesStatus.NORMAL, last_order_at=now() - 89 * DAY, picture="c.webp"),
        Product(id=4, sku="A/C", created_at=OLD, sales_status=SalesStatus.RESTRICTED, last_order_at=now()),
        Product(id=5, sku="gone", created_at=OLD, state=LibraryState.DELETED),
        Product(id=6, sku="stopped", created_at=OLD, sales_status=SalesStatus.STOPPED),
        Product(id=7, sku="young"),
        Product(id=8, sku="unlisted", created_at=OLD),
        Product(id=9, sku="published-long-ago", picture_changed_at=now() - 8 * DAY, **published),
        Product(id=10, sku="typed", picture="x.webp", picture_route=PictureRoute.IMPORT, picture_changed_at=now()),
        Product(id=11, sku="ordered-long-ago", sales_status=SalesStatus.NORMAL, last_order_at=now() - 91 * DAY),
        Product(id=12, sku="in-trial", sales_status=SalesStatus.TRIAL, last_order_at=now()),
    )
    put(*(Listing(product_id=number, store_id=1, seller_sku=str(number)) for number in (1, 4, 5, 6, 7)))


def lay(name, content=None):
    place = folder() / "incoming"
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(drawing("mug", 1) if content is None else content)


def run(*steps, **how):
    return [str(line) for line in nightly_runs.run(steps=steps, **how)]


def outcomes():
    return {item.product_id: (item.reasons, item.outcome, item.why) for item in all_of(NightlyItem)}


def test_each_product_is_picked_with_all_its_reasons(library):
    with reading() as session:
        found = images.picks(session, images.limits(now()))
        shown = images.table(session, Filter(), Page(size=50))
    assert {pick.sku: ("".join(pick.reasons), pick.skipped) for pick in found} == {
        "A": ("A", None),
        "B": ("B", None),
        "C": ("C", None),
        "A/C": ("AC", None),
        "gone": ("A", "the product is deleted"),
        "stopped": ("A", "the product is not sold any more"),
    }
    assert dict(zip(shown["sku"], shown["reasons"], strict=True))["A/C"] == "A, C"


def test_a_missed_night_is_caught_up(library):
    with reading() as session:
        found = images.picks(session, images.limits(now(), now() - 2 * DAY))
    assert "published-long-ago" in {pick.sku for pick in found}


def test_the_list_narrows_to_a_rule_and_without_what_is_left_out(library):
    with reading() as session:
        assert images.count(session, Filter()) == 6
        assert images.count(session, Filter(rules=("A",))) == 4
        assert images.count(session, Filter(rules=("A",), with_skipped=False)) == 2
        assert images.count(session, Filter(text="a/")) == 1


def test_a_run_updates_skips_fails_and_tells_each(library):
    lay("a.png")
    lay("A_C.jpg", b"no picture")
    lay("stopped.png")
    assert run("images") == ["ok     images: 6 products: 1 updated, 4 skipped, 1 failed"]
    found = outcomes()
    assert found[1] == ("A", "updated", "")
    assert found[3] == ("C", "skipped", "no picture of it lies in the incoming folder")
    assert found[4][:2] == ("A, C", "failed")
    assert found[4][2].endswith("Nothing was changed. (try 1)")
    assert found[5] == ("A", "skipped", "the product is deleted")
    product = all_of(Product)[0]
    assert (product.picture_route, (settings.pictures() / product.picture).exists()) == (PictureRoute.NIGHTLY, True)
    run("images")
    assert outcomes()[4][2].endswith("(try 2)")


def test_the_same_picture_is_unchanged(library):
    do(LILY, images.publish, 2, "b.png", drawing("lamp", 2))
    before = all_of(Product)[1].picture_changed_at
    lay("B.png", drawing("lamp", 2))
    run("images")
    assert outcomes()[2][:2] == ("B", "unchanged")
    assert all_of(Product)[1].picture_changed_at == before


def test_a_dry_run_changes_nothing(library):
    lay("A.png")
    assert run("images", is_dry=True) == ["ok     images: 6 products: 1 updated, 5 skipped"]
    assert (all_of(NightlyItem), all_of(NightlyRun), all_of(Product)[0].picture) == ([], [], None)
    assert not settings.pictures().exists()


def test_publishing_a_picture_makes_the_night_look_again(library):
    said = do(LILY, images.publish, 8, "new.png", drawing("tent", 3))
    assert said == "unlisted shows new.png now."
    assert do(LILY, images.publish, 8, "new.png", drawing("tent", 3)).endswith("nothing was changed.")
    with reading() as session:
        assert "unlisted" in {pick.sku for pick in images.picks(session, images.limits(now()))}


def test_who_may_not_publish_and_what_is_no_picture_change_nothing(library):
    with pytest.raises(Refused, match="Lister or Admin may"):
        do(CHARLIE, images.publish, 8, "new.png", drawing("tent", 3))
    with pytest.raises(Refused, match="no JPEG"):
        do(LILY, images.publish, 8, "new.png", b"%PDF")
    assert all_of(Product)[7].picture is None


def test_a_step_that_fails_never_stops_the_next(library, monkeypatch):
    def fail(night):
        raise ChannelError("The marketplace is away.")

    def break_down(night):
        raise ZeroDivisionError

    monkeypatch.setitem(nightly_runs.STEPS, "orders", fail)
    monkeypatch.setitem(nightly_runs.STEPS, "listings", break_down)
    lines = run()
    assert [line[:6] for line in lines] == ["FAILED", "FAILED", "ok    ", "ok    ", "ok    "]
    [made] = all_of(NightlyRun)
    assert (made.succeeded, made.lines) == (False, lines)
    assert lines[1] == "FAILED listings: A mistake of ours; the log has the details."


def test_two_runs_never_overlap(library):
    with alone("nightly") as free:
        assert free
        with pytest.raises(AlreadyRunning):
            run("images")
    assert all_of(NightlyRun) == []


def test_buyers_whose_time_is_over_are_erased(library):
    sealed = buyers.seal(ChannelBuyer("李娜", "Leeds", "GB"))
    common = {"store_id": 1, "bought_at": OLD, "currency": "USD", "status": OrderStatus.SHIPPED, "buyer_sealed": sealed}
    put(
        Order(id=1, number="1", shipped_at=now() - 31 * DAY, **common),
        Order(id=2, number="2", shipped_at=now(), **common),
    )
    assert run("buyers", is_dry=True) == ["ok     buyers: the buyers of 1 order would be erased"]
    assert run("buyers") == ["ok     buyers: the buyers of 1 order were erased"]
    assert [order.buyer_sealed is None for order in all_of(Order)] == [True, False]


@pytest.mark.only("sqlite")
def test_the_program_tells_a_line_a_step_and_counts_what_failed(library):
    def night(*words):
        ended = subprocess.run(
            [sys.executable, "nightly.py", *words], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        return ended.returncode, ended.stdout.splitlines(), ended.stderr

    code, lines, _ = night()
    assert (code, [line.split()[1] for line in lines]) == (
        0,
        ["orders:", "listings:", "images:", "margins:", "buyers:"],
    )
    assert night("images")[1] == ["ok     images: 6 products: 6 skipped"]
    code, lines, errors = night("pictures")
    assert (code, lines) == (2, [])
    assert "there is no step 'pictures'" in errors


def test_a_picture_file_is_never_looked_for_outside_the_folder(library):
    lay("harmless.png")
    assert images.file_of("../harmless", images.incoming()) is None
