"""Image Sync on the screen: what tonight would do, a run now, and the last runs."""

from datetime import timedelta

import pytest

from db.models import Job, Listing, Product, Store, now
from lib import nightly_runs
from tests.lib.shop import all_of


def button(at, label):
    return next(b for b in at.button if b.label == label)


@pytest.fixture
def library(given):
    given(Store(id=1, name="US-01", marketplace="US", currency="USD"))
    given(Product(id=1, sku="BARE", title_zh="无图", created_at=now() - timedelta(days=30)), Product(id=2, sku="NEW"))
    given(Listing(product_id=1, store_id=1, seller_sku="BARE"))


def test_what_tonight_would_do_and_what_the_last_runs_did(library, open_page):
    list(nightly_runs.run(steps=["images"]))
    at = open_page("image_sync")
    assert not at.exception
    assert any(m.value == "**1** found" for m in at.markdown)
    assert at.expander[0].label.endswith("went well")
    assert at.text[0].value == "ok     images: 1 product: 1 skipped"


def test_run_now_is_one_job_however_often_it_is_pressed(library, open_page):
    button(open_page("image_sync", as_="lily"), "Run now").click().run()
    button(open_page("image_sync", as_="lily"), "Run now").click().run()
    [job] = all_of(Job)
    assert (job.kind, job.actor) == ("images", "lily")


def test_a_viewer_may_not_start_it(library, open_page):
    at = open_page("image_sync", as_="charlie")
    assert button(at, "Run now").disabled
    assert button(at, "Dry run").disabled
