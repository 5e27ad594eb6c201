"""No buyer lies anywhere in clear, from the first word of the marketplace to the backup; Amazon's own examples among them."""

import base64
import json
import tarfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, text

from db.models import ChangeSet, Order, Store
from db.session import SYSTEM, Actor, engine, folder, reading, transaction
from db.vocabulary import Role
from lib import backup, history, nightly_runs
from lib.changes import Changes, Edit
from lib.channels import ChannelBuyer, ChannelLine, ChannelOrder
from lib.commands import perform
from lib.orders import buyers, order_exports, orders, orders_in
from lib.orders.order_exports import Format, Wish
from lib.problems import Refused

OSCAR = Actor(None, "oscar", Role.OPERATOR)
LEFT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE = (
    ChannelBuyer(
        "Quillon Featherstonehaugh",
        "Leeds",
        "GB",
        "17 Wobblethorpe Lane",
        "LS99 7ZQ",
        "+44 5550 918273",
        "quillon@buyers.example",
    ),
    ChannelBuyer(
        "欧阳虚构", "Shenzhen", "CN", "虚构区幻想大道8181号", "518999", "+86 5550 192837", "ouyang@buyers.example"
    ),
    ChannelBuyer("架空 太郎", "Osaka", "JP", "架空区夢町9-8-7", "530-9999", "+81 5550 564738", "taro@buyers.example"),
)
SAMPLES = Path(__file__).resolve().parents[2] / "shared"


def secrets(people=PEOPLE):
    """Every word that must not be found: all that tells who somebody is. Town and country are shown to everybody."""
    return [
        word
        for who in people
        for word in (who.name, who.address, who.postcode, who.telephone, who.email)
        if len(word) >= 5
    ]


def forms(word):
    """The word as it might lie in a file."""
    plain = word.encode()
    yield from (plain, word.encode("utf-16-le"), word.encode("utf-16-be"))
    yield json.dumps(word)[1:-1].encode()
    yield json.dumps(word)[1:-1].replace("\\", "\\\\").encode()
    for shift in range(3):  # base64 of the word inside something longer, whatever stands before it
        whole = base64.b64encode(b"\0" * shift + plain)
        inner = whole[(0, 2, 3)[shift] : -4]
        if len(inner) >= 8:
            yield inner


def contents():
    """All that we have written: every file of the folder, members of archives unpacked, and on PostgreSQL every row as text."""
    for file in sorted(folder().rglob("*")):
        if file.is_file() and "tar.gz" not in file.name:
            yield str(file), file.read_bytes()
        elif file.is_file():
            with tarfile.open(file) as archive:
                for member in archive:
                    if member.isfile():
                        yield f"{file} {member.name}", archive.extractfile(member).read()
    with engine().connect() as connection:
        if connection.dialect.name == "postgresql":
            tables = (
                connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
            )
            for table in tables:
                for row in connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars():
                    yield table, row.encode()


def found(people=PEOPLE):
    return [
        (place, word)
        for place, content in contents()
        for word in secrets(people)
        if any(f in content for f in forms(word))
    ]


def receive(people, start=1):
    told = [
        ChannelOrder(
            f"111-{n}",
            "shipped",
            LEFT,
            "USD",
            (ChannelLine("1", f"S{n}", 1, price=Decimal(9)),),
            shipped_at=LEFT,
            buyer=who,
        )
        for n, who in enumerate(people, start)
    ]
    with transaction(SYSTEM, "sync.pull_orders") as session:
        orders_in.receive(session, 1, told)


@pytest.fixture
def store(database):
    with transaction(SYSTEM, "tests.put") as session:
        session.add(Store(id=1, name="US-01", marketplace="US", currency="USD"))


def live_through_everything(people):
    """Received, told again, noted, revealed, exported, undone, backed up."""
    receive(people)
    receive(people[::-1])
    perform(OSCAR, orders.save, Changes((Edit(1, "note", None, "call back"),)))
    with reading() as session:
        last = session.scalars(select(ChangeSet.id).order_by(ChangeSet.id.desc())).first()
    perform(OSCAR, history.undo, last)
    for number in range(1, len(people) + 1):
        perform(OSCAR, buyers.reveal, number, lambda who: None)
    for format in Format:
        perform(OSCAR, order_exports.with_buyers, Wish(format=format), lambda made: None)
        with reading() as session:
            order_exports.content(session, Wish(format=format))
    backup.save()


def test_no_buyer_lies_in_clear_anywhere(store):
    live_through_everything(PEOPLE)
    assert found() == []


@pytest.mark.parametrize("word", secrets())
def test_the_search_finds_what_is_planted(store, word):
    """In a note, which is text in the database and in its history; and in a file, in every form."""
    receive(PEOPLE[:1])
    perform(OSCAR, orders.save, Changes((Edit(1, "note", None, f"about {word}."),)))
    assert {planted for _, planted in found()} == {word}
    for form in forms(word):
        assert any(other in b"x" + form + b"x" for other in forms(word))


def test_the_night_erases_them_and_no_undo_brings_them_back(store, monkeypatch):
    monkeypatch.setenv("CARAVAN_BUYER_DAYS", "30")
    receive(PEOPLE)
    with reading() as session:
        before = session.scalars(select(Order).order_by(Order.id)).all()
        assert [buyers.erased_on(order) for order in before] == [LEFT + timedelta(days=30)] * 3
    lines = list(nightly_runs.run(steps=["buyers"]))
    assert [line.text for line in lines] == ["the buyers of 3 orders were erased"]
    receive(PEOPLE)
    with reading() as session:
        sets = session.scalars(select(ChangeSet.id).order_by(ChangeSet.id.desc())).all()
    for number in sets:
        try:
            perform(Actor(None, "alice", Role.ADMIN), history.undo, number)
        except Refused:
            continue
    with reading() as session:
        assert [o for o in session.scalars(select(Order)) if o.buyer_sealed or o.buyer_masked] == []
    assert found() == []


def sandbox_buyers():
    """Who stands in Amazon's own examples: every name, address, telephone and e-mail of a buyer or a recipient."""
    files = [
        *(SAMPLES / "spapi" / "samples" / "real").glob("sandbox__orders*.json"),
        *SAMPLES.glob("data/orders/spapi_orders_v0_sandbox.json"),
    ]
    words = set()

    def walk(value, key=""):
        for name, inner in value.items() if isinstance(value, dict) else []:
            walk(inner, name)
        for inner in value if isinstance(value, list) else []:
            walk(inner, key)
        if isinstance(value, str) and len(value) >= 5 and key.lower() in WHO:
            words.add(value)

    for file in files:
        walk(json.loads(file.read_text(encoding="utf-8")))
    return sorted(words)


WHO = {"buyername", "buyeremail", "name", "addressline1", "addressline2", "phone", "email", "postalcode"}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="Amazon's examples are not here")
def test_the_buyers_of_amazons_examples_lie_nowhere_in_clear(store):
    words = sandbox_buyers()
    assert words
    people = [ChannelBuyer(word, "Town", "US", word, word, word, word) for word in words]
    live_through_everything(people)
    assert found(people) == []
