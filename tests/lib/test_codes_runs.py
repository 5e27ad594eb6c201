"""Runs of codes: what has become of their codes, and taking one back as long as no marketplace has seen it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from db import history
from db.frames import Page
from db.models import ChangeSet, Code, CodeRun, Listing, Product, Store
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import CodeRunKind, CodeState, CodeType, LibraryState, Licence, ListingStatus, Role
from lib.codes import code_runs, codes, ledger
from lib.commands import perform
from lib.problems import Refused
from lib.products import products

LILY, OSCAR = Actor(3, "lily", Role.LISTER), Actor(4, "oscar", Role.ADMIN)
CHARLIE = Actor(8, "charlie", Role.VIEWER)


def reserve(prefix: str, quantity: int, type: CodeType = CodeType.EAN13, actor: Actor = LILY, **more: bool) -> None:
    perform(actor, codes.reserve, type, prefix, quantity, **({"acknowledged": True} | more))


def put(*rows: Any) -> None:
    with transaction(SYSTEM, "test") as session:
        session.add_all(rows)


def all_of(model: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def assigned() -> list[str]:
    """Products 1 and 2 have the first codes of run 1, the third is reserved; product 2 waits in the queue of a store."""
    put(
        Product(id=1, sku="A", title_en="Lamp"),
        Product(id=2, sku="B"),
        Store(id=1, name="US-01", marketplace="US", currency="USD"),
    )
    reserve("910", 3)
    perform(LILY, codes.assign, [1, 2], 1)
    numbers = [code.code for code in all_of(Code)]
    put(Listing(product_id=2, store_id=1, seller_sku="B", code=numbers[1], status=ListingStatus.QUEUED))
    return numbers


def state_of_everything() -> list[Any]:
    return [
        [(c.gtin14, c.state, c.product_id, c.assigned_at) for c in all_of(Code)],
        [(p.ean, p.search_text) for p in all_of(Product)],
        [(row.code, row.status) for row in all_of(Listing)],
        [run.undone_at for run in all_of(CodeRun)],
    ]


def test_a_run_is_taken_back_and_its_codes_come_off_their_products(database: str) -> None:
    numbers = assigned()
    said = perform(LILY, code_runs.undo, 1)
    assert said == "Run 1 was taken back: 3 codes no longer held. 2 products have no code now."
    assert all_of(Code) == []
    assert [product.ean for product in all_of(Product)] == [None, None]
    assert [(row.code, row.status) for row in all_of(Listing)] == [(None, ListingStatus.NOT_UPLOADED)]
    assert all_of(CodeRun)[0].undone_at is not None
    with reading() as session:
        assert products.count(session, products.Filter(text=numbers[0])) == 0
        assert products.count(session, products.Filter(text="lamp")) == 1
    with pytest.raises(Refused, match=r"^Run 1 was taken back on [0-9-]{10} [0-9:]{5} UTC\. Nothing was changed\."):
        perform(LILY, code_runs.undo, 1)


def test_taking_back_is_one_change_set_that_can_be_taken_back(database: str) -> None:
    assigned()
    before = state_of_everything()
    perform(LILY, code_runs.undo, 1)
    with transaction(LILY, "history.undo") as session:
        number = session.scalars(select(ChangeSet.id).where(ChangeSet.command == "code_runs.undo")).one()
        assert history.undo(session, number).left == []
    assert state_of_everything() == before


def test_a_run_that_a_marketplace_has_seen_stays_as_it_is(database: str) -> None:
    numbers = assigned()
    with transaction(SYSTEM, "test") as session:
        codes.expose(session, numbers[:1])
    before = state_of_everything()
    with pytest.raises(Refused) as refused:
        perform(LILY, code_runs.undo, 1)
    assert str(refused.value) == (
        f"A marketplace has seen 1 of the 3 codes of run 1 ({numbers[0]}): they belong to their products for ever. "
        "Nothing was changed. What is still reserved can be released."
    )
    assert state_of_everything() == before


def test_what_was_retired_stays_retired(database: str) -> None:
    reserve("910", 3)
    [first, *_] = all_of(Code)
    perform(LILY, ledger.retire, [first.id])
    assert perform(LILY, code_runs.undo, 1) == "Run 1 was taken back: 2 codes no longer held. 1 code stays retired."
    assert [(code.id, code.state) for code in all_of(Code)] == [(first.id, CodeState.RETIRED)]


def test_a_product_that_shows_another_code_by_now_keeps_it(database: str) -> None:
    numbers = assigned()
    with transaction(SYSTEM, "test") as session:
        session.get_one(Product, 1).ean = "4006381333931"
    assert perform(LILY, code_runs.undo, 1).endswith("3 codes no longer held. 1 product has no code now.")
    assert [product.ean for product in all_of(Product)] == ["4006381333931", None]
    assert numbers[0] not in {code.code for code in all_of(Code)}


def test_ten_thousand_are_taken_back_at_once(database: str) -> None:
    reserve("910", 10_000)
    perform(LILY, code_runs.undo, 1)
    assert all_of(Code) == []


def test_who_may_not_and_what_is_not_there(database: str) -> None:
    reserve("910", 1)
    with pytest.raises(Refused, match="Lister or Admin may"):
        perform(CHARLIE, code_runs.undo, 1)
    with pytest.raises(Refused, match="^Run 7 does not exist. Nothing was changed."):
        perform(LILY, code_runs.undo, 7)
    assert (len(all_of(Code)), all_of(CodeRun)[0].undone_at) == (1, None)


def test_the_list_of_runs_counts_the_states_of_their_codes(database: str) -> None:
    numbers = assigned()
    reserve("614141", 2, CodeType.UPCA, OSCAR, own=True)
    put(
        CodeRun(actor="lily", type=CodeType.EAN13, prefix="", quantity=0, kind=CodeRunKind.IMPORTED, licence=Licence.BOUGHT,
                name="GS1 order 100%.csv", undone_at=datetime(2026, 3, 1, tzinfo=UTC))
    )  # fmt: skip
    with transaction(SYSTEM, "test") as session:
        codes.expose(session, numbers[:1])
    with reading() as session:
        rows = code_runs.table(session, code_runs.Filter(), Page())
        counts = rows[["reserved", "assigned", "exposed", "retired"]].to_numpy().tolist()

        def found(**wanted: Any) -> list[int]:
            wanted_runs = code_runs.Filter(**wanted)
            ids = [int(n) for n in code_runs.table(session, wanted_runs, Page(sort="id", descending=False)).index]
            assert code_runs.count(session, wanted_runs) == len(ids)
            return ids

        assert list(rows.index) == [3, 2, 1]
        assert counts == [[0, 0, 0, 0], [2, 0, 0, 0], [1, 1, 1, 0]]
        assert rows.loc[2, ["actor", "kind", "type", "prefix", "licence", "name", "quantity"]].tolist() == [
            "oscar", "generated", "UPC-A", "614141", "licensed", "", 2
        ]  # fmt: skip
        assert [found(text="91"), found(text="2"), found(text="100%"), found(text="%")] == [[1], [2], [3], [3]]
        assert [found(kinds=(CodeRunKind.IMPORTED,)), found(types=(CodeType.UPCA,))] == [[3], [2]]
        assert [found(licences=(Licence.GENERATED,)), found(actors=("lily",)), found(standing=True)] == [
            [1],
            [1, 3],
            [1, 2],
        ]
        assert code_runs.actors(session) == ["lily", "oscar"]
        assert list(code_runs.table(session, code_runs.Filter(text="zz"), Page()).columns) == list(rows.columns)


def test_reserved_codes_of_a_run_are_released(database: str) -> None:
    numbers = assigned()
    reserve("20", 4)
    assert perform(LILY, ledger.release, ledger.Filter(runs=(1,))) == "1 code released."
    assert [code.code for code in all_of(Code) if code.run_id == 1] == numbers[:2]
    with pytest.raises(Refused, match="^No code is reserved here. Nothing was released."):
        perform(LILY, ledger.release, ledger.Filter(runs=(1,)))
    with pytest.raises(Refused, match="^Only reserved codes can be released"):
        perform(LILY, ledger.release, ledger.Filter(state=CodeState.ASSIGNED))
    with pytest.raises(Refused, match="cannot be released: only reserved codes can"):
        perform(LILY, ledger.release, [code.id for code in all_of(Code)])
    assert len(all_of(Code)) == 6
    assert perform(LILY, ledger.release, [code.id for code in all_of(Code)][2:5]) == "3 codes released."
    assert len(all_of(Code)) == 3
    with transaction(LILY, "history.undo") as session:
        number = session.scalars(
            select(ChangeSet.id).where(ChangeSet.command == "ledger.release").order_by(ChangeSet.id)
        ).first()
        assert history.undo(session, number or 0).left == []
    assert [code.code for code in all_of(Code) if code.run_id == 1] == numbers


def test_a_released_filter_is_bounded(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reserve("910", 3)
    monkeypatch.setattr(ledger, "MOST_RELEASED", 2)
    with pytest.raises(Refused, match="^More than 2 are reserved here. Nothing was released. Narrow the filter."):
        perform(LILY, ledger.release, ledger.Filter())
    assert len(all_of(Code)) == 3


def test_deleted_products_do_not_keep_a_run(database: str) -> None:
    assigned()
    with transaction(SYSTEM, "test") as session:
        session.get_one(Product, 1).state = LibraryState.DELETED
    perform(LILY, code_runs.undo, 1)
    assert [product.ean for product in all_of(Product)] == [None, None]
