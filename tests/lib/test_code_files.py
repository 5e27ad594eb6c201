"""Files of codes made by a job: whole or not at all, once, for who asked, and not for ever. And the lists that need no job."""

import csv
import io
import os
import re
import time
import zipfile
from datetime import timedelta

import pypdfium2
import pytest
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import select, update

from db.models import Code, Job, MadeFile, Person, Product, now
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import CodeState, CodeType, JobState, Licence, PersonState, Role
from lib import made_files, settings, worker
from lib.codes import barcodes, code_exports, code_files, code_lists, codes, ean
from lib.codes.code_files import FileKind, Printing
from lib.codes.ledger import Filter
from lib.commands import perform
from lib.people import attempt
from lib.problems import Refused
from tests.lib.jobs_done import work_off
from tests.lib.scanner import SYMBOLS, misread, read_by_all

RUN = Filter(runs=(1,))
AUSTRIA = "910 lies in the range 900-919 of GS1 Austria."


@pytest.fixture(autouse=True)
def _not_ending():
    attempt.ending.clear()
    yield
    attempt.ending.clear()


@pytest.fixture
def lily(given):
    person = given(Person(username="lily", role=Role.LISTER, state=PersonState.ACTIVE, password_hash="x"))[0]
    return Actor(person.id, "lily", Role.LISTER)


@pytest.fixture
def run(lily):
    """Run 1: five codes under 910, reserved."""
    perform(lily, codes.reserve, CodeType.EAN13, "910", 5, acknowledged=True)
    return held()


def held():
    with reading() as session:
        return list(session.scalars(select(Code.code).order_by(Code.id)))


def made(actor, what, wanted=RUN, printing=None):
    """The content of the file that this job makes."""
    perform(actor, code_files.start, what, wanted, printing)
    state, said = work_off()
    assert state is JobState.DONE, said
    return newest(actor)


def newest(actor):
    with reading() as session:
        return made_files.content(session, made_files.mine(session, actor)[0].id, actor)


def names():
    """What lies in the folder of made files."""
    return sorted(path.name for path in settings.made().glob("*"))


def rows():
    with reading() as session:
        return session.scalars(select(MadeFile).order_by(MadeFile.id)).all()


# What is made


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_zip_has_a_picture_for_each_code_and_the_honest_notice(lily, run, kind):
    with zipfile.ZipFile(io.BytesIO(made(lily, FileKind(kind)))) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == sorted([*(f"{code}.{kind}" for code in run), "README.txt"])
        readme = archive.read("README.txt").decode()
        first = archive.read(f"{run[0]}.{kind}")
    assert AUSTRIA in readme
    assert "5 barcodes" in readme
    assert first == (barcodes.svg if kind == "svg" else barcodes.png)(run[0], "EAN-13")
    if kind == "png":
        assert misread(Image.open(io.BytesIO(first)).convert("L"), run[0], "EAN-13") == {}


def test_codes_of_our_own_prefix_come_without_a_warning(lily):
    perform(lily, codes.reserve, CodeType.EAN13, "4006381", 2, own=True)
    with zipfile.ZipFile(io.BytesIO(made(lily, FileKind.SVG))) as archive:
        assert "licensed" not in archive.read("README.txt").decode()


def test_labels_are_printed_with_sku_and_title_and_can_be_scanned(lily, run, given):
    given(Product(sku="TEA-1", title_zh="陶瓷茶壶", title_en="Ceramic teapot"))
    perform(lily, codes.assign, [1])
    printing = Printing(layout="roll_50x30", copies=2, title="en")
    with reading() as session:
        assert [(one.sku, one.title) for one in code_files.labels_of(session, RUN, printing)][:2] == [
            ("TEA-1", "Ceramic teapot"), ("", ""),
        ]  # fmt: skip
        assert code_files.labels_of(session, RUN, Printing(title="zh"))[0].title == "陶瓷茶壶"
        assert code_files.labels_of(session, RUN, Printing(title="", sku=False))[0].sku == ""
    document = pypdfium2.PdfDocument(made(lily, FileKind.LABELS, RUN, printing))
    seen = [read_by_all(page.render(scale=300 / 72, grayscale=True).to_pil()) for page in document]
    assert "TEA-1" in document[0].get_textpage().get_text_bounded()
    document.close()
    wanted = [{(SYMBOLS["EAN-13"], code.zfill(14))} for code in run for _ in (1, 2)]
    assert [page["zxing"] for page in seen] == wanted


def test_a_sheet_begins_where_it_is_not_used_up(lily, run):
    document = pypdfium2.PdfDocument(made(lily, FileKind.LABELS, RUN, Printing(layout="a4_3x8", skip=22)))
    assert len(document) == 2  # two places left on the first sheet
    document.close()


def test_picked_codes_only(lily, run):
    with zipfile.ZipFile(io.BytesIO(made(lily, FileKind.SVG, Filter(codes=(2, 4))))) as archive:
        assert sorted(archive.namelist()) == sorted([f"{run[1]}.svg", f"{run[3]}.svg", "README.txt"])
    assert rows()[0].name == "picked-codes-barcodes-svg.zip"


def test_a_whole_filter_survives_the_way_to_the_worker():
    wanted = Filter("91", CodeState.RESERVED, (CodeType.EAN13,), (Licence.GENERATED,), (1, 2), (3,), ("US-01",), (4,))
    from dataclasses import asdict
    from json import dumps, loads

    assert code_files._filter(loads(dumps(asdict(wanted)))) == wanted
    assert code_files._filter(loads(dumps(asdict(Filter())))) == Filter()


def test_the_row_says_what_it_is(lily, run):
    content = made(lily, FileKind.PNG)
    (row,) = rows()
    assert (row.name, row.kind, row.bytes, row.actor) == ("run-1-barcodes-png.zip", "png", len(content), "lily")
    assert re.fullmatch("[0-9a-f]{32}", row.path)
    assert names() == [row.path]
    with reading() as session:
        assert (
            session.get(Job, row.job_id).message
            == f"run-1-barcodes-png.zip is made: 5 codes, {-(-len(content) // 1000)} kB."
        )


# What is refused


def test_a_wrong_check_digit_refuses_all(lily, run):
    with transaction(lily, "tests.break") as session:
        session.get(Code, 2).code = run[1][:-1] + str((int(run[1][-1]) + 1) % 10)
    with pytest.raises(Refused) as refusal:
        perform(lily, code_files.start, FileKind.SVG, RUN)
    first, second = [problem.text for problem in refusal.value.problems]
    assert first == "1 of these 5 codes cannot be printed as bars. Nothing was made."
    assert "its check digit would be" in second
    with reading() as session:
        assert session.scalars(select(Job)).all() == []


def test_a_code_that_has_become_wrong_before_its_turn_leaves_nothing(lily, run):
    perform(lily, code_files.start, FileKind.SVG, RUN)
    with transaction(lily, "tests.break") as session:
        session.get(Code, 2).code = "9100000000001"
    state, said = work_off()
    assert (state, said.splitlines()[0]) == (
        JobState.FAILED,
        "1 of these 5 codes cannot be printed as bars. Nothing was made.",
    )
    assert (names(), rows()) == ([], [])


@pytest.mark.parametrize(("wanted", "printing", "sentence"), [
    (Filter(runs=(9,)), None, "There is no code here. Nothing was made."),
    (RUN, Printing(layout="a4_9x9"), "There is no such sheet of labels."),
    (RUN, Printing(skip=24), "This sheet has 24 places."),
    (RUN, Printing(skip=-1), "This sheet has 24 places."),
    (RUN, Printing(copies=0), "5 codes in 0 copies are 0 labels"),
    (RUN, Printing(copies=2_001), "5 codes in 2,001 copies are 10,005 labels"),
])  # fmt: skip
@pytest.mark.only("sqlite")
def test_what_cannot_be_printed_is_a_sentence_and_no_job(lily, run, wanted, printing, sentence):
    with pytest.raises(Refused, match=re.escape(sentence)):
        perform(lily, code_files.start, FileKind.LABELS, wanted, printing)
    with reading() as session:
        assert session.scalars(select(Job)).all() == []


@pytest.mark.only("sqlite")
def test_more_than_ten_thousand_codes_are_too_many(lily, monkeypatch, run):
    monkeypatch.setattr(code_files, "MOST", 4)
    with pytest.raises(Refused, match="at most 4 codes, and here are more"):
        perform(lily, code_files.start, FileKind.SVG, RUN)


# Once, whole, or stopped


def test_a_double_click_is_one_job_and_another_file_is_another(lily, run):
    for what in (FileKind.SVG, FileKind.SVG, FileKind.PNG):
        perform(lily, code_files.start, what, RUN)
    with reading() as session:
        assert len(session.scalars(select(Job)).all()) == 2


def test_lily_and_oscar_each_get_their_own(lily, run, given, acting):
    person = given(Person(username="oscar", role=Role.OPERATOR, state=PersonState.ACTIVE, password_hash="x"))[0]
    oscar = Actor(person.id, "oscar", Role.OPERATOR)
    for who in (lily, oscar):
        perform(who, code_files.start, FileKind.SVG, RUN)
    work_off()
    assert sorted(row.actor for row in rows()) == ["lily", "oscar"]


def test_only_so_many_at_once(lily, run, monkeypatch):
    monkeypatch.setattr(code_files, "MOST_AT_ONCE", 1)
    perform(lily, code_files.start, FileKind.SVG, RUN)
    with pytest.raises(Refused, match="1 files are being made for you already"):
        perform(lily, code_files.start, FileKind.PNG, RUN)
    perform(lily, code_files.start, FileKind.SVG, RUN)


@pytest.mark.parametrize("what", list(FileKind))
def test_stopped_in_the_middle_nothing_is_kept(lily, run, what, monkeypatch):
    monkeypatch.setattr(barcodes, "EVERY", 1)
    perform(lily, code_files.start, what, RUN)
    attempt.ending.set()
    state, _ = work_off()
    assert state is JobState.QUEUED
    assert (names(), rows()) == ([], [])
    attempt.ending.clear()
    assert work_off().state is JobState.DONE
    assert len(names()) == 1


def test_a_job_that_another_worker_has_taken_leaves_no_file(lily, run, monkeypatch):
    """It wakes up when its file is whole, and finds that the job is no longer its own."""
    zipped = barcodes.zipped

    def slowly(*args):
        with transaction(SYSTEM, "tests.age") as session:
            session.execute(update(Job).values(tries=2))
        return zipped(*args)

    monkeypatch.setattr(barcodes, "zipped", slowly)
    perform(lily, code_files.start, FileKind.SVG, RUN)
    work_off()
    assert (names(), rows()) == ([], [])


def test_a_full_disk_is_a_sentence_and_leaves_nothing(lily, run, monkeypatch):
    def full(codes, kind, out, progress):
        out.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(barcodes, "zipped", full)
    perform(lily, code_files.start, FileKind.SVG, RUN)
    assert work_off() == (JobState.FAILED, "The disk is full. Nothing was saved. Free some space and try again.")
    assert (names(), rows()) == ([], [])


# Fetched by who asked


def test_only_who_asked_and_admins_may_fetch_and_throw_away(lily, run, acting):
    made(lily, FileKind.SVG)
    alice, charlie = acting("alice"), acting("charlie")
    with reading() as session:
        assert [made_files.mine(session, who) != [] for who in (lily, alice, charlie)] == [True, True, False]
        assert made_files.content(session, 1, alice)[:2] == b"PK"
        with pytest.raises(Refused, match="somebody else has asked for it"):
            made_files.content(session, 1, charlie)
    with pytest.raises(Refused, match="somebody else has asked for it"):
        perform(charlie, made_files.forget, 1)
    assert len(rows()) == 1
    assert perform(lily, made_files.forget, 1) == "run-1-barcodes-svg.zip was thrown away."
    assert rows() == []


def test_a_row_never_leads_out_of_the_folder(lily, run, tmp_path):
    (tmp_path / "secret").write_text("secret")
    with transaction(SYSTEM, "tests.lead") as session:
        session.add(MadeFile(kind="svg", name="x.zip", path="../secret", bytes=6, actor="lily"))
    with pytest.raises(Refused, match="x.zip is gone: files are kept for 7 days"):
        newest(lily)


# Tidied


def test_a_file_goes_after_a_week_and_so_does_its_row(lily, run):
    made(lily, FileKind.SVG)
    worker.tidy_made_files()
    assert len(names()) == len(rows()) == 1
    with transaction(SYSTEM, "tests.age") as session:
        session.execute(update(MadeFile).values(made_at=now() - timedelta(days=7, seconds=1)))
    worker.tidy_made_files()
    assert (names(), rows()) == ([], [])


def test_the_oldest_go_when_all_are_too_much(lily, run, monkeypatch):
    for what in FileKind:
        made(lily, what)
    monkeypatch.setattr(made_files, "MOST_BYTES", rows()[-1].bytes + 1)
    worker.tidy_made_files()
    assert [row.kind for row in rows()] == ["labels"]
    assert names() == [rows()[0].path]


def test_half_files_go_when_nobody_writes_them_any_more(lily, run):
    made(lily, FileKind.SVG)
    old, fresh = settings.made() / "a.part", settings.made() / "b.part"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 3_601,) * 2)
    worker.tidy_made_files()
    assert names() == sorted([rows()[0].path, "b.part"])


# Lists, which need no job


def test_a_list_as_text_is_digits_and_nothing_else(lily, run):
    with reading() as session:
        lines = code_exports.txt(session, RUN).decode().split("\r\n")
    assert lines[0].startswith(f"# {AUSTRIA}")
    assert lines[1:] == [*run, ""]


def test_a_list_as_csv_opens_in_excel_with_all_digits_and_comes_back_by_import(lily, run):
    with reading() as session:
        content = code_exports.csv(session, RUN)
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert table[0][0].startswith(AUSTRIA)
    assert table[1] == list(code_exports.HEADINGS)
    assert table[2][:5] == [f'="{run[0]}"', "EAN-13", "Unlicensed, generated", "Reserved", ""]
    assert b"E+" not in content
    given = [ean.compact(entry.given.strip('="')) for entry in code_lists.read(("codes.csv", content)).entries]
    assert given == run


def test_a_list_as_workbook_has_codes_as_text_below_the_notice(lily):
    perform(lily, codes.reserve, CodeType.UPCA, "036", 2, acknowledged=True)
    with reading() as session:
        content = code_exports.xlsx(session, RUN)
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet["A1"].value.startswith("Numbers that begin with 036 belong to whomever GS1 has given them.")
    assert [cell.value for cell in sheet[2]] == list(code_exports.HEADINGS)
    assert [(sheet.cell(row, 1).value, sheet.cell(row, 1).data_type) for row in (3, 4)] == [
        (code, "s") for code in held()
    ]
    assert [entry.given for entry in code_lists.read(("codes.xlsx", content)).entries] == held()


def test_internal_codes_need_no_notice_and_two_prefixes_two(lily, run):
    perform(lily, codes.reserve, CodeType.EAN13, "20", 1)
    perform(lily, codes.reserve, CodeType.EAN13, "500", 1, acknowledged=True)
    with reading() as session:
        assert code_exports.notices(session, Filter(runs=(2,))) == []
        assert [said[:3] for said in code_exports.notices(session, Filter())] == ["Num", "910"]


def test_a_list_of_picked_codes_and_of_ours_has_no_notice(lily):
    perform(lily, codes.reserve, CodeType.EAN13, "4006381", 3, own=True)
    with reading() as session:
        assert code_exports.txt(session, Filter(codes=(3,))).decode() == f"{held()[2]}\r\n"
        assert code_exports.csv(session, RUN).decode("utf-8-sig").startswith('"Code","Type"')


def test_the_picture_of_one_code_and_of_none(lily, run):
    with reading() as session:
        assert code_exports.picture(session, 1) == barcodes.svg(run[0], "EAN-13").decode()
        with pytest.raises(Refused, match="not in the ledger any more"):
            code_exports.picture(session, 99)
