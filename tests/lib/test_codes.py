"""Codes: unique for ever, whoever draws them and however many at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from threading import Barrier

import numpy as np
import pytest
from sqlalchemy import func, insert, select

from db import history
from db.frames import Page
from db.models import Change, ChangeSet, Code, CodeCounter, CodeRun, Product
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import CodeState, CodeType, LibraryState, Licence, Role
from lib.codes import code_series, codeless, codes, ean, ledger
from lib.codes.code_series import Series
from lib.codes.codes import Hold
from lib.commands import perform
from lib.problems import Refused
from lib.products import products

LILY = Actor(3, "lily", Role.LISTER)
CHARLIE = Actor(8, "charlie", Role.VIEWER)
EAN13 = CodeType.EAN13


def reserve(prefix: str, quantity: int, type: CodeType = EAN13, actor: Actor = LILY, **more: bool) -> str:
    return perform(actor, codes.reserve, type, prefix, quantity, **({"acknowledged": True} | more))


def held(**where: object) -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Code.code).filter_by(**where).order_by(Code.id)))


def make(*skus: str, **more: object) -> list[int]:
    with transaction(SYSTEM, "test") as session:
        made = [Product(sku=sku, **more) for sku in skus]
        session.add_all(made)
        session.flush()
        return [product.id for product in made]


def codes_of(ids: list[int]) -> list[str | None]:
    with reading() as session:
        return [session.get_one(Product, number).ean for number in ids]


# The order of a series


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("seed", [0, 1, 1_790_000_000_123_456])
def test_the_permutation_hits_every_number_once(digits: int, seed: int) -> None:
    found = code_series.permuted(np.arange(10**digits, dtype=np.int64), digits, seed)
    assert sorted(found.tolist()) == list(range(10**digits))


def test_the_order_looks_random_and_differs_between_companies() -> None:
    one, other = (code_series.permuted(np.arange(1000, dtype=np.int64), 9, seed).tolist() for seed in (1, 2))
    steps = Counter(b - a for a, b in pairwise(one))
    assert steps.most_common(1)[0][1] <= 2
    assert len({number // 10**8 for number in one}) == 10
    assert len(set(one) & set(other)) <= 1


def test_codes_go_round_after_the_last() -> None:
    series = Series(EAN13, "91000000000")
    assert series.codes(8, 4, 5) == series.codes(8, 2, 5) + series.codes(0, 2, 5)


@pytest.mark.parametrize(
    ("type", "prefix", "sentence"),
    [
        (CodeType.ISBN, "978", "can be imported, not made"),
        (EAN13, "9x0", "is 1 to 11 digits"),
        (EAN13, "", "is 1 to 11 digits"),
        (EAN13, "910000000000", "is 1 to 11 digits"),
        (EAN13, "9", "at least 2 digits"),
        (EAN13, "978", "for books"),
        (EAN13, "97", "for magazines"),
        (EAN13, "99", "for coupons"),
        (CodeType.GTIN14, "0910", "indicator"),
        (CodeType.GTIN14, "1978", "for books"),
    ],
)
def test_what_no_code_may_begin_with(database: str, type: CodeType, prefix: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        reserve(prefix, 1, type)
    assert held() == []


def test_the_notice_says_whose_numbers_they_are() -> None:
    austria, somebody = code_series.notice(Series(EAN13, "910")), code_series.notice(Series(EAN13, "690"))
    assert austria is not None
    assert austria.startswith(
        "910 lies in the range 900-919 of GS1 Austria. Such numbers are well-formed but not licensed: Amazon may"
    )
    assert somebody is not None
    assert somebody.startswith("Numbers that begin with 690 belong to whomever GS1 has given them.")
    assert code_series.notice(Series(CodeType.GTIN14, "1910")) is not None
    assert [code_series.notice(Series(EAN13, prefix)) for prefix in ("20", "02", "04", "29")] == [None] * 4


# Preview and reserve


def test_a_preview_consumes_nothing_and_reserve_takes_what_it_showed(database: str) -> None:
    make("A")
    with reading() as session:
        shown = codes.preview(session, EAN13, "910", 25)
        assert codes.preview(session, EAN13, "910", 25) == shown
        assert session.scalar(select(func.count()).select_from(CodeCounter)) == 0
    assert held() == []
    assert len(set(shown)) == 25
    assert all(ean.verdict(code) == ean.OK and code.startswith("910") for code in shown)
    assert reserve("910", 25) == "Run 1: 25 EAN-13 codes with prefix 910 reserved."
    assert held(state=CodeState.RESERVED, licence=Licence.GENERATED) == shown


def test_two_companies_draw_different_codes(database: str) -> None:
    with reading() as session:
        here = codes.preview(session, EAN13, "910", 100)
    with transaction(SYSTEM, "test") as session:
        session.add(ChangeSet(actor="x", command="x", at=datetime(2026, 3, 1, 12, 0, 0, 7, tzinfo=UTC)))
    with reading() as session:
        assert set(codes.preview(session, EAN13, "910", 100)) & set(here) == set()


def test_every_code_has_its_history_and_its_run(database: str) -> None:
    reserve("910", 7)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Change).where(Change.table == "code")) == 7
        run = session.scalars(select(CodeRun)).one()
        assert (run.actor, run.type, run.prefix, run.quantity) == ("lily", EAN13, "910", 7)
        assert set(session.scalars(select(Code.run_id))) == {run.id}
        assert session.scalars(select(Code.reserved_by).distinct()).one() == "lily"


@pytest.mark.parametrize("quantity", [0, -1, 10_001])
def test_a_run_is_one_to_ten_thousand(database: str, quantity: int) -> None:
    with pytest.raises(Refused, match="From 1 to 10,000"):
        reserve("910", quantity)
    assert held() == []


def test_ten_thousand_are_made_at_once(database: str) -> None:
    reserve("910", 10_000)
    assert len(set(held())) == 10_000


def test_unlicensed_codes_need_the_notice_to_be_read(database: str) -> None:
    with pytest.raises(Refused, match="not licensed.*Nothing was reserved. Confirm"):
        reserve("910", 1, acknowledged=False)
    assert held() == []
    reserve("910", 1, acknowledged=False, own=True)
    reserve("20", 1, acknowledged=False)
    assert len(held(licence=Licence.LICENSED)) == 1
    assert len(held(licence=Licence.INTERNAL)) == 1


def test_charlie_may_not(database: str) -> None:
    with pytest.raises(Refused, match="Lister or Admin may"):
        reserve("910", 1, actor=CHARLIE)
    assert held() == []


def test_running_out_says_what_is_left_and_changes_nothing(database: str) -> None:
    reserve("91000000000", 7)
    before = held()
    with pytest.raises(
        Refused, match="^3 codes are left with prefix 91000000000, and 4 are wanted. Nothing was reserved."
    ):
        reserve("91000000000", 4)
    assert held() == before
    reserve("91000000000", 3)
    assert sorted(held()) == sorted(ean.numbered("91000000000", range(10)))
    with pytest.raises(Refused, match="^No code is left"):
        reserve("91000000000", 1)


def test_what_was_released_is_found_again_when_the_rest_is_used_up(database: str) -> None:
    reserve("9100000000", 100)
    with reading() as session:
        some = list(session.scalars(select(Code.id).where(Code.code.in_(held()[40:43]))))
    gone = set(held()[40:43])
    assert perform(LILY, ledger.release, some) == "3 codes released."
    reserve("9100000000", 3)
    assert set(held(run_id=2)) == gone


def test_overlapping_prefixes_never_give_a_code_twice(database: str) -> None:
    reserve("910000000", 900)
    reserve("91000000", 9_100)
    assert len(set(held())) == 10_000
    with pytest.raises(Refused, match="^No code is left"):
        reserve("910000000", 1)


def test_a_upc_and_its_ean_twin_are_one_code(database: str) -> None:
    reserve("6141410000", 10, CodeType.UPCA)
    with pytest.raises(Refused, match="^No code is left with prefix 06141410000"):
        reserve("06141410000", 1)
    with transaction(SYSTEM, "test") as session:
        twin = "0" + held()[0]
        assert [p.text for p in codes.hold_many(session, [Hold(twin, make_in(session, "TWIN"))])] == []
    assert held(state=CodeState.ASSIGNED) == [twin[1:]]


def make_in(session: object, sku: str) -> int:
    session.add(product := Product(sku=sku))  # type: ignore[attr-defined]
    session.flush()  # type: ignore[attr-defined]
    return product.id


@pytest.mark.parametrize(
    ("type", "prefix", "length"),
    [(CodeType.EAN8, "2", 8), (CodeType.UPCA, "614141", 12), (CodeType.GTIN14, "1910", 14)],
)
def test_the_other_types(database: str, type: CodeType, prefix: str, length: int) -> None:
    reserve(prefix, 50, type)
    assert {(len(code), ean.is_valid(code), code.startswith(prefix)) for code in held(type=type)} == {
        (length, True, True)
    }


def at_once(prefixes: tuple[str, str], quantity: int) -> list[str]:
    """Eight people press Reserve five times at the same moment, half of them with each prefix."""
    start = Barrier(8)

    def press(worker: int) -> list[str]:
        start.wait()
        actor = Actor(worker, f"w{worker}", Role.LISTER)
        return [reserve(prefixes[worker % 2], quantity, actor=actor) for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        return [said for texts in pool.map(press, range(8)) for said in texts]


def fill(free: int) -> None:
    """All but the first `free` codes of the prefix 91000000 are taken."""
    with transaction(SYSTEM, "test") as session:
        taken = ean.numbered("91000000", range(free, 10_000))
        session.connection().execute(insert(Code.__table__), [row(n, code) for n, code in enumerate(taken, 1)])
        if session.get_bind().dialect.name == "postgresql":
            session.connection().exec_driver_sql("SELECT setval(pg_get_serial_sequence('code', 'id'), 100000)")


def test_eight_at_once_take_the_very_last_codes_and_none_twice(database: str) -> None:
    fill(free=2_000)
    assert len(set(at_once(("91000000", "91000000"), 50))) == 40
    assert sorted(held(state=CodeState.RESERVED)) == sorted(ean.numbered("91000000", range(2_000)))
    with pytest.raises(Refused, match="^No code is left"):
        reserve("91000000", 1)


def test_eight_at_once_with_prefixes_that_overlap_take_none_twice(database: str) -> None:
    fill(free=2_400)
    assert len(set(at_once(("91000000", "910000000"), 20))) == 40
    found = held(state=CodeState.RESERVED)
    assert (len(found), len(set(found))) == (800, 800)
    assert set(found) < set(ean.numbered("91000000", range(2_400)))


def row(number: int, code: str) -> dict[str, object]:
    return {
        "id": number,
        "gtin14": code.zfill(14),
        "code": code,
        "type": EAN13,
        "licence": Licence.BOUGHT,
        "state": CodeState.RETIRED,
    }


# Codes for products


def test_products_without_a_code_get_one_and_are_found_by_it(database: str) -> None:
    ids = make("A", "B", "C")
    reserve("910", 2)
    with reading() as session:
        assert codeless.count(session, codeless.Filter()) == 3
    assert perform(LILY, codes.assign, ids[:2]) == "2 products have a code now."
    assert codes_of(ids) == [*held(state=CodeState.ASSIGNED), None]
    with reading() as session:
        assert list(session.scalars(select(Code.product_id).order_by(Code.id))) == ids[:2]
        assert products.count(session, products.Filter(text=held()[1])) == 1


def test_all_products_of_a_filter_get_a_code(database: str) -> None:
    ids = make("A", "B")
    make("GONE", state=LibraryState.DELETED)
    make("SEEN", state=LibraryState.CAPTURED)
    make("HAS", ean="4006381333931")
    reserve("910", 5)
    assert perform(LILY, codes.assign_missing, codeless.Filter()) == "2 products have a code now."
    assert codes_of(ids) == held(state=CodeState.ASSIGNED)
    with pytest.raises(Refused, match="Every product here has a code"):
        perform(LILY, codes.assign_missing, codeless.Filter())


def test_a_product_that_has_a_code_keeps_it(database: str) -> None:
    has, without = make("HAS", ean="4006381333931") + make("A")
    reserve("910", 2)
    assert perform(LILY, codes.assign, [has, without]) == "1 product has a code now. 1 had one already, or is deleted."
    assert codes_of([has, without]) == ["4006381333931", held(state=CodeState.ASSIGNED)[0]]


def test_too_few_reserved_codes_change_nothing(database: str) -> None:
    ids = make("A", "B", "C")
    reserve("910", 2)
    reserve("20", 5)
    reserve("1910", 5, CodeType.GTIN14)
    with pytest.raises(
        Refused, match="3 products need a code, and 2 are reserved. Nothing was assigned. Reserve 1 more"
    ):
        perform(LILY, codes.assign, ids)
    assert codes_of(ids) == [None, None, None]
    assert held(state=CodeState.ASSIGNED) == []


def test_an_assignment_is_taken_back_but_not_of_a_code_that_was_sent(database: str) -> None:
    ids = make("A", "B")
    reserve("910", 2)
    perform(LILY, codes.assign, ids)
    first, second = held()
    with transaction(SYSTEM, "test") as session:
        number = session.scalars(select(ChangeSet.id).where(ChangeSet.command == "codes.assign")).one()
        assert codes.expose(session, [first]) == 1
        assert codes.expose(session, [first]) == 0
    with transaction(LILY, "history.undo") as session:
        outcome = history.undo(session, number)
    assert set(outcome.left) == {f"code {first} was sent to a marketplace: it stays"}
    assert codes_of(ids) == [first, None]
    assert held(state=CodeState.EXPOSED, product_id=ids[0]) == [first]
    assert held(state=CodeState.RESERVED, product_id=None, assigned_at=None) == [second]


def test_a_run_is_taken_back_as_a_whole(database: str) -> None:
    reserve("910", 3)
    with transaction(LILY, "history.undo") as session:
        outcome = history.undo(
            session, session.scalars(select(ChangeSet.id).where(ChangeSet.command == "codes.reserve")).one()
        )
    assert (outcome.left, held()) == ([], [])


# Codes that come with products


def test_makers_codes_are_held_and_wrong_ones_named(database: str) -> None:
    a, b, c, d = make("A", "B", "C", "D")
    holds = [Hold("4006381333931", a), Hold("4006381333932", b), Hold("036000291452", c), Hold("0036000291452", d)]
    with transaction(SYSTEM, "test") as session:
        problems = codes.hold_many(session, holds)
        assert codes.hold_many(session, holds[:1]) == []
    assert [(p.row, p.field, p.text) for p in problems] == [
        (b, "ean", "4006381333932 ends in 2, but its check digit would be 1: a digit is wrong."),
        (d, "ean", "0036000291452 is given to two products. A code belongs to one."),
    ]
    assert sorted(held(licence=Licence.MAKER, state=CodeState.ASSIGNED)) == ["036000291452", "4006381333931"]


def test_a_code_of_another_product_cannot_be_held(database: str) -> None:
    a, b = make("A", "B")
    with transaction(SYSTEM, "test") as session:
        codes.hold(session, "4006381333931", Licence.MAKER, a, CodeState.ASSIGNED)
    with pytest.raises(Refused, match="is held already"), transaction(SYSTEM, "test") as session:
        codes.hold(session, "4006381333931", Licence.MAKER, b, CodeState.ASSIGNED)
    assert held(product_id=a) == ["4006381333931"]


def test_a_number_for_use_inside_is_marked_so_wherever_it_comes_from(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        assert codes.hold_many(session, [Hold("2000000000008", make_in(session, "A"))]) == []
    assert held(licence=Licence.INTERNAL) == ["2000000000008"]


def test_a_code_that_was_sent_is_in_the_ledger_whatever_it_was(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        assert codes.expose(session, ["4006381333931", "nonsense"]) == 1
    assert held(state=CodeState.EXPOSED) == ["4006381333931"]
    with pytest.raises(Refused, match="is held already"), transaction(SYSTEM, "test") as session:
        codes.hold(session, "4006381333931", Licence.MAKER, make_in(session, "A"), CodeState.ASSIGNED)


# The ledger


def ids_of(*numbers: str) -> list[int]:
    with reading() as session:
        return list(session.scalars(select(Code.id).where(Code.code.in_(numbers))))


def test_only_reserved_codes_are_released(database: str) -> None:
    reserve("910", 2)
    perform(LILY, codes.assign, make("A"))
    with pytest.raises(Refused, match="cannot be released"):
        perform(LILY, ledger.release, ids_of(*held()))
    assert len(held()) == 2
    perform(LILY, ledger.release, ids_of(*held(state=CodeState.RESERVED)))
    assert len(held()) == 1


def test_a_code_is_retired_with_its_deleted_product_and_never_drawn_again(database: str) -> None:
    [number] = make("A")
    reserve("91000000000", 9)
    perform(LILY, codes.assign, [number])
    [mine] = held(state=CodeState.ASSIGNED)
    with pytest.raises(Refused, match=r"\(A\) is on a product"):
        perform(LILY, ledger.retire, ids_of(mine))
    with transaction(SYSTEM, "test") as session:
        session.get_one(Product, number).state = LibraryState.DELETED
    perform(LILY, ledger.retire, ids_of(mine))
    assert (held(state=CodeState.RETIRED), codes_of([number])) == ([mine], [None])
    reserve("91000000000", 1)
    with pytest.raises(Refused, match="No code is left"):
        reserve("91000000000", 1)


def test_the_ledger_is_found_by_code_twin_sku_state_and_run(database: str) -> None:
    make_one = make("SKU-1")
    reserve("614141", 3, CodeType.UPCA)
    reserve("910", 2)
    perform(LILY, codes.assign, make_one)
    [mine] = held(state=CodeState.ASSIGNED)
    with reading() as session:

        def found(**wanted: object) -> int:
            return ledger.count(session, ledger.Filter(**wanted))  # type: ignore[arg-type]

        assert [
            found(),
            found(text=mine),
            found(text="0" + mine),
            found(text="SKU-1"),
            found(text="910"),
            found(text="zz"),
        ] == [5, 1, 1, 1, 2, 0]
        assert [
            found(runs=(2,)),
            found(types=(EAN13,)),
            found(state=CodeState.ASSIGNED),
            found(licences=(Licence.MAKER,)),
        ] == [2, 2, 1, 0]
        assert ledger.counts(session) == {"reserved": 4, "assigned": 1, "exposed": 0, "retired": 0}
        rows = ledger.table(session, ledger.Filter(), Page(size=2, sort="sku", descending=False))
        assert len(rows) == 2
        assert list(ledger.runs(session)) == [2, 1]
