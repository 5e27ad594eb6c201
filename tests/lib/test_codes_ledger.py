"""The ledger's list: what a row says, and that each filter goes by an index, also among millions."""

from typing import Any

import pytest
from sqlalchemy import insert, select, text

from db.frames import Page
from db.models import Code, Listing, Product, Store
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import CodeState, CodeType, Licence, Role
from lib.codes import codes, ean, ledger
from lib.codes.ledger import Filter
from lib.commands import perform

LILY = Actor(3, "lily", Role.LISTER)


def put(*rows: Any) -> None:
    with transaction(SYSTEM, "test") as session:
        session.add_all(rows)


def company() -> list[str]:
    """Lamp is listed in two stores, desk in one, and each has a code; two more are reserved, one of them a UPC."""
    put(Product(id=1, sku="LAMP", title_en="Lamp", title_zh="台灯"), Product(id=2, sku="910"))
    put(
        *(
            Store(id=n, name=name, marketplace="US", currency="USD")
            for n, name in enumerate(("US-02", "US-01", "JP-01"), 1)
        )
    )
    put(*(Listing(product_id=p, store_id=s, seller_sku=f"{p}-{s}") for p, s in ((1, 1), (1, 2), (2, 2))))
    perform(LILY, codes.reserve, CodeType.EAN13, "910", 3, acknowledged=True)
    perform(LILY, codes.assign, [1, 2])
    perform(LILY, codes.reserve, CodeType.UPCA, "614141", 1, own=True)
    with reading() as session:
        return list(session.scalars(select(Code.code).order_by(Code.id)))


def found(**wanted: Any) -> list[int]:
    with reading() as session:
        rows = ledger.table(session, Filter(**wanted), Page(descending=False))
        assert ledger.count(session, Filter(**wanted)) == len(rows)
        return [int(number) for number in rows.index]


def test_a_row_says_all_that_is_known_of_a_code(database: str) -> None:
    [lamp, *_, upc] = company()
    with reading() as session:
        rows = ledger.table(session, Filter(), Page(descending=False))
    named = [
        "code",
        "gtin14",
        "type",
        "licence",
        "state",
        "sku",
        "title_en",
        "title_zh",
        "stores",
        "run_id",
        "reserved_by",
    ]
    assert rows.iloc[0][named].tolist() == [
        lamp, f"0{lamp}", "EAN-13", "generated", "assigned", "LAMP", "Lamp", "台灯", "US-01, US-02", 1, "lily"
    ]  # fmt: skip
    assert rows.iloc[3][named].tolist() == [
        upc, f"00{upc}", "UPC-A", "licensed", "reserved", None, None, None, None, 2, "lily"
    ]  # fmt: skip
    assert rows["stores"].tolist() == ["US-01, US-02", "US-01", None, None]
    assert [value is None for value in rows["assigned_at"]] == [False, False, True, True]
    assert rows[["exposed_at", "retired_at"]].isna().all().all()
    assert [note is None for note in rows["note"]] == [False, False, False, True]


def test_codes_are_found_by_product_and_store(database: str) -> None:
    lamp, desk, waiting, upc = company()
    assert [found(products=(1,)), found(products=(1, 2)), found(products=(9,))] == [[1], [1, 2], []]
    assert [found(stores=("US-02",)), found(stores=("US-01",)), found(stores=("JP-01",))] == [[1], [1, 2], []]
    assert [found(stores=("US-01",), state=state) for state in CodeState] == [[], [1, 2], [], []]
    assert [found(products=(1,), state=CodeState.RESERVED), found(products=(1,), stores=("US-02",))] == [[], [1]]
    assert [found(text="LAMP"), found(text=lamp), found(text="910"), found(text="0" + upc)] == [
        [1],
        [1],
        [1, 2, 3],
        [4],
    ]
    assert [found(types=(CodeType.UPCA,)), found(licences=(Licence.GENERATED, Licence.LICENSED))] == [[4], [1, 2, 3, 4]]
    assert [
        found(licences=(Licence.LICENSED,), state=CodeState.RESERVED),
        found(types=(CodeType.EAN13,), runs=(2,)),
    ] == [[4], []]
    assert len({desk, waiting}) == 2


def test_few_of_very_many_are_sorted_as_all_are(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    company()
    orders = [Page(sort=sort, descending=down) for sort in ledger.SORTS for down in (True, False)]
    with reading() as session:
        few = [ledger.table(session, Filter(text="910"), order).index.tolist() for order in orders]
        monkeypatch.setattr("db.frames.MANY", 0)
        assert [ledger.table(session, Filter(text="910"), order).index.tolist() for order in orders] == few
    assert few[0] == [3, 2, 1]


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(state=CodeState.RETIRED),
        Filter(licences=(Licence.BOUGHT,)),
        Filter(types=(CodeType.ISBN,), state=CodeState.RESERVED),
        Filter(runs=(7,)),
        Filter(text="4006381333931"),
        Filter(text="LAMP"),
        Filter(products=(1,)),
        Filter(stores=("US-01",)),
    ],
)
@pytest.mark.only("sqlite")
def test_no_filter_reads_the_whole_ledger(database: str, wanted: Filter) -> None:
    """The plan alone: that these take milliseconds among five millions is measured by bench/codes.py."""
    company()
    with transaction(SYSTEM, "test") as session:
        rows = [
            {
                "gtin14": code.zfill(14),
                "code": code,
                "type": CodeType.EAN13,
                "licence": Licence.MAKER,
                "state": CodeState.RETIRED,
            }
            for code in ean.numbered("950", range(2_000))
        ]
        session.connection().execute(insert(Code.__table__), rows)
    with reading() as session:
        asked = ledger.matching(wanted).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {asked}"))]
    assert [step for step in plan if step.startswith("SCAN code")] == []
    assert any("code" in step and "INDEX" in step for step in plan)
