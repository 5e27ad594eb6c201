"""The import screen: see first, then import; long ones as a job that can be watched and stopped."""

import pytest
from sqlalchemy import func, select

from db.models import Job, Person, Product
from db.session import Actor, reading, transaction
from db.vocabulary import JobState, PersonState, Role
from lib.people import attempt
from lib.products import import_files
from lib.ui import news, people

SHEET = b"sku,title,price,stock\n007,Lamp,10,3\nA-2,Chair,abc,1\n"


@pytest.fixture
def page(open_page, given, monkeypatch):
    """The screen as alice, who is in the database, sees it."""
    person = given(Person(username="alice", role=Role.ADMIN, state=PersonState.ACTIVE, password_hash="x"))[0]
    at = open_page("import_products")
    monkeypatch.setattr(people, "current", lambda: Actor(person.id, "alice", Role.ADMIN))
    return at.run()


def upload(at, content=SHEET, name="p.csv"):
    at.file_uploader[0].set_value((name, content, "text/csv"))
    return at.run()


def labels(at):
    return [button.label for button in at.button]


def press(at, label):
    return next(b for b in at.button if b.label == label).click().run()


def metrics(at):
    return {m.label: m.value for m in at.metric}


def skus():
    with reading() as session:
        return list(session.scalars(select(Product.sku).order_by(Product.sku)))


def test_shows_what_would_happen_and_saves_nothing(page):
    at = upload(page)
    assert not at.exception
    assert metrics(at) == {"New": "1", "Changed": "0", "Unchanged": "0", "Refused": "1"}
    refused = next(d.value for d in at.dataframe if "Reason" in d.value)
    assert refused.to_dict("records") == [
        {"Line": 3, "Column": "price", "Value": "abc", "Reason": "'abc' is not an amount: write it as 1234.50."}
    ]
    assert any("Kept out" in c.value and "stock" in c.value for c in at.caption)
    assert skus() == []


def test_imports_what_was_shown_and_then_has_0_changes(page):
    at = press(upload(page), "Import 1 product")
    assert [s.value for s in at.success] == ["1 new, 0 changed, 0 unchanged, 1 refused."]
    assert skus() == ["007"]
    button = next(b for b in at.button if b.label == "0 changes")
    assert button.disabled
    assert metrics(at)["Unchanged"] == "1"


def test_what_is_no_table_is_a_sentence(page):
    at = upload(page, b"\xff\xd8\xff\xe0 a picture")
    assert not at.exception
    assert "a JPEG picture, not a table" in at.error[0].value
    assert not at.metric


def test_a_column_is_chosen_by_hand(page):
    at = upload(page, b"sku,title,what it costs\nA-1,Lamp,10\n")
    next(s for s in at.selectbox if s.label == "Source price").select("what it costs").run()
    at = press(at, "Import 1 product")
    with reading() as session:
        assert session.scalars(select(Product.source_price)).one() == 10


def test_the_source_and_currency_of_the_file(page):
    at = upload(page, b"sku,title,price\nA-1,Lamp,10\n")
    next(s for s in at.selectbox if s.label == "Currency of prices").select("EUR").run()
    at = press(at, "Import 1 product")
    with reading() as session:
        assert session.scalars(select(Product.currency)).one() == "EUR"


def test_a_weight_without_a_unit_asks_for_it(page):
    at = upload(page, b"sku,title,weight\nA-1,Lamp,2\n")
    next(s for s in at.selectbox if s.label == "weight does not say its unit").select("1000").run()
    press(at, "Import 1 product")
    with reading() as session:
        assert session.scalars(select(Product.weight_grams)).one() == 2000


def test_a_viewer_is_told_who_may(open_page):
    at = open_page("import_products", as_="charlie")
    assert "Lister or Admin" in at.info[0].value
    assert not at.file_uploader


def test_a_long_import_is_a_job_that_is_watched_and_its_result_told(page, monkeypatch):
    monkeypatch.setattr(import_files, "AT_ONCE", 0)
    at = press(upload(page), "Import 1 product")
    assert "Stop" in labels(at)
    assert not at.metric
    assert skus() == []
    with reading() as session:
        number = session.scalar(select(func.max(Job.id)))
    attempt.work_off(number)
    monkeypatch.setattr(news, "SECONDS", 0)
    at.run()
    assert [s.value for s in at.success] == ["1 new, 0 changed, 0 unchanged, 1 refused."]
    assert "Stop" not in labels(at)
    assert metrics(at)["Unchanged"] == "1"
    assert skus() == ["007"]


def test_a_job_is_stopped_from_the_screen(page, monkeypatch):
    monkeypatch.setattr(import_files, "AT_ONCE", 0)
    at = press(upload(page), "Import 1 product")
    press(at, "Stop")
    with reading() as session:
        assert session.scalars(select(Job.state)).one() is JobState.CANCELED
    assert skus() == []


def test_bob_was_faster(page, acting):
    at = upload(page)
    with transaction(acting("bob"), "products.save") as session:
        session.add(Product(sku="007", title_en="Bob's lamp"))
    at = press(at, "Import 1 product")
    assert "The library has changed since the preview" in at.error[0].value
    assert skus() == ["007"]
