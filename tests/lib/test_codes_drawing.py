"""Ten thousand codes at once: the same history as row by row, exactly what is left, and check digits of thousands."""

import json
from collections import Counter

import numpy as np
import pytest
from sqlalchemy import func, insert, select

from db import bulk, history
from db.models import Change, ChangeSet, Code, CodeCounter, CodeRun
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import CodeRunKind, CodeState, CodeType, Licence, Role
from lib.codes import code_drawing, code_series, codes, ean
from lib.codes.code_drawing import Left
from lib.codes.code_series import Series
from lib.commands import perform
from lib.problems import Refused

LILY = Actor(3, "lily", Role.LISTER)
QUOTED = Actor(4, 'Li "Ly" \\ 丽丽', Role.LISTER)
EAN13 = CodeType.EAN13


def reserve(prefix: str, quantity: int, type: CodeType = EAN13, actor: Actor = LILY, **more: bool) -> str:
    return perform(actor, codes.reserve, type, prefix, quantity, **({"acknowledged": True} | more))


def all_of(model: type) -> list:
    with reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def hold(prefix: str, serials: range) -> None:
    """Codes that somebody holds already, without a history."""
    with transaction(SYSTEM, "test") as session:
        rows = [
            {
                "gtin14": code.zfill(14),
                "code": code,
                "type": EAN13,
                "licence": Licence.BOUGHT,
                "state": CodeState.RETIRED,
            }
            for code in ean.numbered(prefix, serials)
        ]
        session.connection().execute(insert(Code.__table__), rows)


# Check digits and the order


def test_check_digits_of_thousands_are_those_of_each() -> None:
    bodies = np.random.default_rng(7).integers(0, 10**13, 5_000)
    found = code_series.checked(bodies).tolist()
    assert found == [int(f"{body:013d}{ean.check_digit(f'{body:013d}')}") for body in bodies.tolist()]


@pytest.mark.parametrize(
    ("body", "digit"),
    [(910000000000, 8), (910000000001, 5), (400638133393, 1), (3600029145, 2), (9100000, 2), (1910000000001, 2)],
)
def test_known_check_digits(body: int, digit: int) -> None:
    assert code_series.checked(np.array([body], dtype=np.int64)).tolist() == [body * 10 + digit]


@pytest.mark.parametrize("digits", [5, 6])
@pytest.mark.parametrize("seed", [0, 1_790_000_000_123_456])
def test_codes_that_lie_close_together_are_a_permutation_too(digits: int, seed: int) -> None:
    found = code_series.permuted(np.arange(10**digits, dtype=np.int64), digits, seed)
    assert (np.sort(found) == np.arange(10**digits)).all()


def test_ten_at_a_time_lie_close_together_and_no_step_repeats() -> None:
    found = code_series.permuted(np.arange(10_000, dtype=np.int64), 9, 5)
    near = Counter((found // 10_000).tolist())
    assert set(near.values()) <= {10, 20, 30}
    assert len(near) > 900
    steps = Counter(np.diff(np.sort(found[:10])).tolist())
    assert max(steps.values()) <= 2
    assert len({number % 10 for number in found[:100].tolist()}) == 10


# The history


@pytest.mark.parametrize("actor", [LILY, QUOTED])
def test_the_history_of_each_code_is_what_the_session_would_have_written(database: str, actor: Actor) -> None:
    reserve("614141", 25, CodeType.UPCA, actor)
    with reading() as session:
        rows = {row.id: row for row in session.scalars(select(Code))}
        entries = list(session.scalars(select(Change).where(Change.table == "code")))
    assert {entry.row_id for entry in entries} == set(rows)
    assert len(entries) == 25
    for entry in entries:
        row = rows[entry.row_id]
        assert (entry.field, entry.before) == (None, None)
        assert entry.after == history.packed_row(Code, {name: getattr(row, name) for name in history.columns(Code)})
    assert json.loads(entries[0].after)["reserved_by"] == actor.name


def test_a_run_says_where_it_comes_from_and_is_taken_back_whole(database: str) -> None:
    reserve("910", 300, own=True)
    [run] = all_of(CodeRun)
    assert (run.kind, run.licence, run.name, run.undone_at) == (CodeRunKind.GENERATED, Licence.LICENSED, "", None)
    assert {row.licence for row in all_of(Code)} == {Licence.LICENSED}
    with transaction(LILY, "history.undo") as session:
        number = session.scalars(select(ChangeSet.id).where(ChangeSet.command == "codes.reserve")).one()
        assert history.undo(session, number).left == []
    assert (all_of(Code), all_of(CodeRun)) == ([], [])


def test_rows_alike_are_written_once_with_their_history(database: str) -> None:
    hold("91000000000", range(3, 4))
    alike = {"type": EAN13, "licence": Licence.BOUGHT, "state": CodeState.RESERVED}
    numbers = [code.zfill(14) for code in ean.numbered("91000000000", range(5))]
    made = {"code": lambda gtin: func.substr(gtin, 2)}
    with transaction(LILY, "test") as session:
        assert bulk.add_alike(session, Code, "gtin14", numbers, alike, made) == 4
        assert bulk.add_alike(session, Code, "gtin14", numbers, alike, made) == 0
        with pytest.raises(ValueError, match="plain characters"):
            bulk.add_alike(session, Code, "gtin14", ['1"'], alike, made)
    assert sorted(row.gtin14 for row in all_of(Code)) == numbers
    assert len(all_of(Change)) == 4


def test_rows_are_removed_with_what_they_were(database: str) -> None:
    reserve("910", 4)
    before = {row.id: row.code for row in all_of(Code)}
    with transaction(LILY, "test") as session:
        assert bulk.remove(session, Code, list(before)[:3]) == 3
    assert [row.id for row in all_of(Code)] == list(before)[3:]
    with transaction(LILY, "history.undo") as session:
        number = session.scalars(select(ChangeSet.id).where(ChangeSet.command == "test")).one()
        assert history.undo(session, number).left == []
    assert {row.id: row.code for row in all_of(Code)} == before


# What is left


def left(prefix: str, type: CodeType = EAN13) -> Left:
    with reading() as session:
        return codes.left(session, type, prefix)


def test_what_is_left_is_counted_over_codes_of_any_origin(database: str) -> None:
    assert left("91000000") == Left(10_000, 0)
    reserve("91000000", 7)
    assert left("91000000") == Left(10_000, 7)
    hold("91000001", range(9_990, 10_000))
    assert left("91000000") == Left(10_000, 7)
    hold("9100000", range(20_000, 20_005))
    assert left("9100000") == Left(100_000, 22)
    assert left("6141410000", CodeType.UPCA) == Left(10, 0)
    assert left("06141410000") == Left(10, 0)
    with pytest.raises(Refused, match="for books"):
        left("978")


def test_what_is_left_follows_every_change(database: str) -> None:
    reserve("91000000000", 4)
    assert (left("91000000000").capacity, left("91000000000").left) == (10, 6)
    with transaction(LILY, "test") as session:
        bulk.remove(session, Code, [all_of(Code)[0].id])
    assert left("91000000000").left == 7
    reserve("91000000000", 7)
    assert left("91000000000").left == 0


def test_running_out_gives_what_is_left_when_that_is_asked(database: str) -> None:
    hold("9100000000", range(97))
    free = ean.numbered("9100000000", range(97, 100))
    with pytest.raises(
        Refused, match="^3 codes are left with prefix 9100000000, and 5 are wanted. Nothing was reserved."
    ):
        reserve("9100000000", 5)
    assert len(all_of(Code)) == 97
    assert (all_of(CodeRun), all_of(CodeCounter)) == ([], [])
    said = reserve("9100000000", 5, what_is_left=True)
    assert said == "Run 1: 3 EAN-13 codes with prefix 9100000000 reserved. No more are left of the 5 that were wanted."
    assert [row.code for row in all_of(Code) if row.run_id == 1] == free
    assert all_of(CodeRun)[0].quantity == 3
    with pytest.raises(Refused, match="^No code is left"):
        reserve("9100000000", 5, what_is_left=True)
    assert len(all_of(CodeRun)) == 1


def test_the_last_codes_are_shown_as_they_are_taken(database: str) -> None:
    """Gaps at the beginning, in the middle and at the end."""
    hold("910000000", range(2, 500))
    hold("910000000", range(503, 999))
    free = ean.numbered("910000000", [0, 1, 500, 501, 502, 999])
    with reading() as session:
        assert codes.preview(session, EAN13, "910000000", 10) == free
        assert codes.preview(session, EAN13, "910000000", 4) == free[:4]
    reserve("910000000", 4)
    assert [row.code for row in all_of(Code) if row.run_id] == free[:4]
    reserve("910000000", 2)
    assert [row.code for row in all_of(Code) if row.run_id == 2] == free[4:]


def test_codes_that_are_held_are_passed_over_and_made_up_for(database: str) -> None:
    reserve("20", 1)  # the moment of the first change set is the company's own seed
    hold("91000000", range(0, 10_000, 2))
    with reading() as session:
        shown = codes.preview(session, EAN13, "91000000", 2_000)
    assert reserve("91000000", 2_000).startswith("Run 2: 2,000 EAN-13 codes")
    mine = [row.code for row in all_of(Code) if row.run_id == 2]
    assert sorted(mine) == shown
    assert len(set(mine)) == 2_000
    assert all(int(code[8:12]) % 2 for code in mine)


def test_a_whole_prefix_is_taken_at_once(database: str) -> None:
    reserve("910000000", 1_000)
    assert sorted(row.code for row in all_of(Code)) == ean.numbered("910000000", range(1_000))


def test_an_error_in_the_middle_leaves_nothing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise Refused("broken")

    monkeypatch.setattr(code_drawing, "_write", broken)
    with pytest.raises(Refused, match="broken"):
        reserve("910", 5)
    assert [all_of(model) for model in (Code, CodeRun, CodeCounter, Change, ChangeSet)] == [[]] * 5


def test_the_key_of_a_series_is_that_of_its_twin() -> None:
    assert Series(CodeType.UPCA, "614141").key == Series(EAN13, "0614141").key
