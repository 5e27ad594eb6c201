"""Many programs that draw codes from one nearly full prefix at the same moment, all with the same seed: none is given out twice."""

import multiprocessing
import random
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from db.models import Change, Code, CodeRun
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import CodeState, CodeType, Licence, Role
from lib.codes import codes, ean
from lib.commands import perform
from lib.problems import Refused

RUNS, QUANTITY = 5, 20
PATIENCE = 120
PREFIX, CAPACITY = "91000000", 10_000
TOO_LATE = re.compile(
    r"(No code is left|1 code is left|\d+ codes are left) with prefix 9100000\d*, and 20 are wanted\. Nothing was reserved\."
)


def press(number: int, prefix: str, start: Any, said: Any) -> None:
    """One program: somebody presses Reserve five times, the last two times for what is left."""
    random.seed(7)
    np.random.seed(7)
    actor = Actor(number, f"w{number}", Role.LISTER)
    start.wait(PATIENCE)
    for run in range(RUNS):
        try:
            answer = perform(
                actor, codes.reserve, CodeType.EAN13, prefix, QUANTITY, acknowledged=True, what_is_left=run >= 3
            )
        except Refused as refused:
            answer = str(refused)
        except Exception as error:
            answer = f"ERROR {error!r}"
        said.put(answer)


def together(*prefixes: str) -> list[str]:
    """What they were told; a program for each of the prefixes."""
    way = multiprocessing.get_context("spawn")
    start, said = way.Barrier(len(prefixes)), way.Queue()
    programs = [
        way.Process(target=press, args=(number, prefix, start, said), daemon=True)
        for number, prefix in enumerate(prefixes)
    ]
    for program in programs:
        program.start()
    answers = [said.get(timeout=PATIENCE) for _ in range(len(prefixes) * RUNS)]
    for program in programs:
        program.join(PATIENCE)
    return answers


def fill(free: int) -> None:
    """All codes of the prefix but the middle ones are held."""
    taken = [serial for serial in range(CAPACITY) if not 3_000 <= serial < 3_000 + free]
    rows = [
        {
            "gtin14": code.zfill(14),
            "code": code,
            "type": CodeType.EAN13,
            "licence": Licence.BOUGHT,
            "state": CodeState.RETIRED,
        }
        for code in ean.numbered(PREFIX, taken)
    ]
    with transaction(SYSTEM, "test") as session:
        session.connection().execute(insert(Code.__table__), rows)


def drawn() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Code.gtin14).where(Code.run_id.is_not(None))))


def numbers(answers: list[str]) -> int:
    """How many codes the answers speak of."""
    return sum(int(match[1]) for answer in answers if (match := re.match(r"Run \d+: (\d+) ", answer)))


def test_the_last_codes_go_to_eight_programs_and_none_goes_twice(database: str) -> None:
    free = 607  # thirty runs and seven codes: forty runs come for them
    fill(free)
    answers = together(*[PREFIX] * 8)
    found = drawn()
    assert [answer for answer in answers if not answer.startswith("Run ") and not TOO_LATE.match(answer)] == []
    assert [code for code, times in Counter(found).items() if times > 1] == []
    assert sorted(code[1:] for code in found) == ean.numbered(PREFIX, range(3_000, 3_000 + free))
    assert numbers(answers) == free
    assert Counter(answer.split(":")[0] for answer in answers if answer.startswith("Run ")).most_common(1)[0][1] == 1
    with reading() as session:
        assert session.scalar(select(func.sum(CodeRun.quantity))) == free
        assert session.scalar(select(func.count()).select_from(Change).where(Change.table == "code")) == free


def test_prefixes_that_overlap_are_drawn_from_at_once_and_none_goes_twice(database: str) -> None:
    answers = together("91000000", "910000000", "9100000001", "9100000001")
    found = drawn()
    assert [answer for answer in answers if not answer.startswith("Run ") and not TOO_LATE.match(answer)] == []
    assert len(found) == len(set(found)) == numbers(answers)
    assert len([answer for answer in answers if re.search(r"prefix 910000000? reserved", answer)]) == 2 * RUNS
    assert len([code for code in found if code.startswith("09100000001")]) == 100


def test_the_database_itself_refuses_a_code_twice(database: str) -> None:
    fill(free=CAPACITY - 1)
    [(gtin, row)] = [(code.zfill(14), code) for code in ean.numbered(PREFIX, [CAPACITY - 1])]
    again = {"gtin14": gtin, "code": row, "type": CodeType.EAN13, "licence": Licence.MAKER, "state": CodeState.RESERVED}
    with pytest.raises(IntegrityError), transaction(SYSTEM, "test") as session:
        session.connection().execute(insert(Code.__table__), [again, again])
    assert drawn() == []
