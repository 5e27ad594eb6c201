"""Price rules out as files and in again: a report a line, never half a rule, and what goes out and in again changes nothing."""

import io
from collections.abc import Callable, Sequence
from decimal import Decimal as D
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import func, select

from db.models import Category, ChangeSet, PriceRuleVersion, PriceTier
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import Role, Source
from lib import history
from lib.commands import perform
from lib.prices import price_rule_files, price_versions
from lib.prices.price_rule_files import Report
from lib.prices.price_rule_rows import number, written
from lib.problems import Refused
from lib.tables import reading as tables

ALICE = Actor(1, "Alice", Role.ADMIN)
BOB = Actor(2, "Bob", Role.PRICING)
CHARLIE = Actor(3, "Charlie", Role.VIEWER)
MEN, TOPS, WOMEN, ODD = 1, 2, 3, 4
HEAD = "Category,Source,From,Percent,Fine,Active\n"
NOTHING = "No price of a listing has changed."


def put(*rows: Any) -> None:
    with transaction(SYSTEM, "tests.put") as session:
        session.add_all(rows)


def tier(
    threshold: str,
    percent: str,
    fine: str = "0",
    category: int = MEN,
    source: Source = Source.ALIBABA,
    active: bool = True,
) -> PriceTier:
    return PriceTier(
        category_id=category, source=source, threshold=D(threshold), percent=D(percent), fine=D(fine), active=active
    )


@pytest.fixture
def shop(database: str) -> None:
    put(
        Category(id=MEN, name="Men", path="Men"), Category(id=TOPS, parent_id=MEN, name="Tops", path="Men / Tops"),
        Category(id=WOMEN, name="女装", path="女装"), Category(id=ODD, name='=1+1, "a/b"', path='=1+1, "a/b"'),
    )  # fmt: skip
    put(
        tier("0", "200", "10"), tier("100", "250.5", "-0.0001"), tier("500.125", "260", "1.1"),
        tier("0", "150", "0", WOMEN, Source.TAOBAO), tier("0.5", "160", "-3", WOMEN, Source.TAOBAO, active=False),
        tier("0", "100", "0", ODD, Source.OTHER, active=False), tier("99999999999999", "120", "0", TOPS, Source.JD),
    )  # fmt: skip


def look(text: str, name: str = "rules.csv") -> Report:
    with reading() as session:
        return price_rule_files.look(session, name, text.encode())


def lines(found: Report) -> list[tuple[int | None, str, str]]:
    return [(row.line, row.what.value, row.why) for row in found.rows]


def tiers(category: int = MEN, source: Source = Source.ALIBABA) -> list[tuple[D, D, D, bool]]:
    with reading() as session:
        query = select(PriceTier).where(PriceTier.category_id == category, PriceTier.source == source)
        return [
            (t.threshold, t.percent, t.fine, t.active) for t in session.scalars(query.order_by(PriceTier.threshold))
        ]


def state() -> list[Any]:
    with reading() as session:
        rows = session.scalars(select(PriceTier).order_by(PriceTier.id))
        cells = [(t.id, t.category_id, t.source, t.threshold, t.percent, t.fine, t.active) for t in rows]
        return [cells, *(session.scalar(select(func.max(model.id))) for model in (ChangeSet, PriceRuleVersion))]


def refused(act: Callable[[], object]) -> list[str]:
    before = state()
    with pytest.raises(Refused) as refusal:
        act()
    assert state() == before
    return [problem.text for problem in refusal.value.problems]


def take(found: Report, actor: Actor = ALICE, confirmed: bool = False) -> str:
    return perform(actor, price_rule_files.take, found, confirmed=confirmed)


# Out, and in again


def test_a_file_has_a_line_a_tier(shop: None) -> None:
    with reading() as session:
        content = price_rule_files.csv(session)
    assert content.decode("utf-8-sig").splitlines() == [
        '"Category","Source","From","Percent","Fine","Active"',
        '"\'=1+1, ""a/b""","Other","0","100","0","no"',
        '"Men","1688","0","200","10","yes"',
        '"Men","1688","100","250.5","-0.0001","yes"',
        '"Men","1688","500.1250","260","1.1","yes"',
        '"Men / Tops","JD","99999999999999","120","0","yes"',
        '"女装","Taobao","0","150","0","yes"',
        '"女装","Taobao","0.5","160","-3","no"',
    ]


def test_a_workbook_says_the_same_and_all_of_it_is_text(shop: None) -> None:
    with reading() as session:
        workbook, text = price_rule_files.xlsx(session), price_rule_files.csv(session)
    sheets = [tables.read(name, content) for name, content in (("a.xlsx", workbook), ("a.csv", text))]
    assert [row.cells for row in sheets[0].rows] == [row.cells for row in sheets[1].rows]


@pytest.mark.parametrize("write", [price_rule_files.csv, price_rule_files.xlsx])
def test_out_and_in_again_changes_nothing(shop: None, write: Any) -> None:
    with reading() as session:
        found = price_rule_files.look(session, "rules", write(session))
    assert found.counts == {"New": 0, "Changed": 0, "Same": 7, "Taken away": 0, "Refused": 0}
    assert (bool(found), found.warnings, str(found)) == (False, (), "rules: 0 new, 0 changed; lines refused: 0")
    assert refused(lambda: take(found)) == [
        "0 changes: each rule is as the file has it, or was refused. Nothing was taken over."
    ]


# What a file would do


def test_a_rule_in_the_file_replaces_that_rule_whole_and_the_others_stay(shop: None) -> None:
    found = look(
        HEAD + "Men,1688,0,200,10,yes\nMen,1688,100,255,0,yes\nMen,1688,700,265,0,no\nMen / Tops,Taobao,0,150,,\n"
    )
    assert lines(found) == [
        (2, "same", ""), (3, "changed", "was ≥100: 250.5 % - 0.0001"), (4, "new", ""), (5, "new", ""),
        (None, "gone", "The file names this rule without this tier."),
    ]  # fmt: skip
    assert [row.tier for row in found.rows][2:] == [
        "≥700: 265 % + 0.00, off",
        "≥0: 150 % + 0.00",
        "≥500.125: 260 % + 1.10",
    ]
    assert tiers()[1][1] == D("250.5")
    before = state()[0]
    assert take(found) == f"rules.csv: rules: 1 new, 1 changed; lines refused: 0. {NOTHING}"
    assert tiers() == [(D(0), D(200), D(10), True), (D(100), D(255), D(0), True), (D(700), D(265), D(0), False)]
    assert tiers(TOPS, Source.TAOBAO) == [(D(0), D(150), D(0), True)]
    others = [row for row in before if row[1:3] != (MEN, Source.ALIBABA)]
    assert [row for row in state()[0] if row in others] == others
    assert not look(HEAD + "Men,1688,0,200,10,yes\nMen,1688,100,255,0,yes\nMen,1688,700,265,0,no\n")


def test_an_import_is_one_change_with_versions_and_can_be_undone(shop: None) -> None:
    before = tiers()
    take(look(HEAD + "Men,1688,0,220,0,yes\n女装,taobao,0,150,0,no\n"), BOB)
    with reading() as session:
        number = session.scalar(select(func.max(ChangeSet.id)))
        assert session.get_one(ChangeSet, number).actor == "Bob"
        newest = price_versions.versions(session, (MEN, Source.ALIBABA))[0]
        assert (newest.number, newest.actor, newest.words) == (2, "Bob", "≥0: 220 % + 0.00")
        assert price_versions.versions(session, (WOMEN, Source.TAOBAO))[0].words == "switched off"
    perform(ALICE, history.undo, number)
    assert tiers() == before
    with reading() as session:
        assert [v.number for v in price_versions.versions(session, (MEN, Source.ALIBABA))] == [3, 2, 1]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("类目,来源/平台,起始价,比例,微调,启用", "Men,1688,0,220,3,是"),
        ("启用,微调,比例(%),起始价,来源,类目", "启用,3,220%,0,阿里巴巴,men"),
        ("Percent (%);Fine adjustment;Category;From source price;Platform;Note", "220 %;3;Men;0;1688.com;hello"),
        ("Source\tCategory\tFrom\tPercent\tFine", "1688\tMen\t０\t２２０\t＋３.０"),
    ],
)
def test_any_order_of_columns_and_chinese_names(shop: None, head: str, row: str) -> None:
    found = look(f"{head}\n{row}\n")
    assert list(found.rules) == [(MEN, Source.ALIBABA)]
    take(found)
    assert tiers() == [(D(0), D(220), D(3), True)]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("Men,1688,0,1.5e400,0,yes", "Percent: “1.5e400” is not a number."),
        ("Men,1688,0,=1+1,0,yes", "Percent: “=1+1” is not a number."),
        ("Men,1688,0,NaN,0,yes", "Percent: “NaN” is not a number."),
        ("Men,1688,0,Infinity,0,yes", "Percent: “Infinity” is not a number."),
        ("Men,1688,0,,0,yes", "Percent is empty. Enter a number such as 150."),
        ("Men,1688,,150,0,yes", "From is empty. Enter a number such as 0."),
        ("Men,1688,0,0,0,yes", "The percentage 0 must be above 0"),
        ("Men,1688,0,-150,0,yes", "The percentage -150 must be above 0"),
        ("Men,1688,0,1000000000,0,yes", "The percentage 1000000000 is above 100,000"),
        ("Men,1688,0,150.0001,0,yes", "The percentage 150.0001 has more than 2 decimals"),
        ("Men,1688,-1,150,0,yes", "The threshold -1 is below 0"),
        ('Men,1688,"1,234",150,0,yes', "From: '1,234' can be 1234 or 1.2340"),
        ("Men,1688,1.234,150,0,yes", "From: '1.234' can be 1234 or 1.2340"),
        ("Men,1688,0,150,5 CNY,yes", "Fine: “5 CNY” is not a number."),
        ("Men,1688,0,1%50,0,yes", "Percent: “1%50” is not a number."),
        ("Men,1688,0,--5,0,yes", "Percent: “--5” is not a number."),
        ("Men,1688,99999999999999999999999999,150,0,yes", "From: '99999999999999999999999999' is too large"),
        ("Men,1688,0,150,0,perhaps", "Active: “perhaps” is neither yes nor no."),
        ("Men,1688,2024-03-01,150,0,yes", "From: “2024-03-01” is not a number."),
        ("Men,ebay,0,150,0,yes", "“ebay” is not a source: write one of 1688, Taobao, Tmall"),
        ("Mne,1688,0,150,0,yes", "There is no category “Mne”. Did you mean Men?"),
        ("Men / Topps,1688,0,150,0,yes", "There is no category “Men / Topps”. Did you mean Men / Tops?"),
        ("Zzzzz,1688,0,150,0,yes", "There is no category “Zzzzz”. No name is like it. Make the category first"),
        ("M" * 5_000 + ",1688,0,150,0,yes", "There is no category “MMMM"),
    ],
)
def test_a_line_that_cannot_be_is_refused_and_says_why(shop: None, cells: str, why: str) -> None:
    found = look(f"{HEAD}女装,Taobao,0,170,0,yes\n{cells}\n")
    assert lines(found)[0][:2] == (2, "changed")
    assert lines(found)[1][:2] == (3, "refused")
    assert found.rows[1].why.startswith(why)
    assert list(found.rules) == [(WOMEN, Source.TAOBAO)]
    before = tiers()
    take(found)
    assert (tiers(), tiers(WOMEN, Source.TAOBAO)) == (before, [(D(0), D(170), D(0), True)])


def test_one_bad_line_keeps_its_whole_rule_out_and_no_other(shop: None) -> None:
    found = look(HEAD + "Men,1688,0,220,0,yes\n女装,Taobao,0,170,0,yes\nMen,1688,100,x,0,yes\nMen,1688,200,230,0,yes\n")
    assert [(line, what) for line, what, _ in lines(found)] == [
        (2, "refused"), (3, "changed"), (4, "refused"), (5, "refused"), (None, "gone"),
    ]  # fmt: skip
    assert found.rows[0].why == "Left out with its whole rule: line 4 is wrong."
    assert str(found) == "rules: 0 new, 1 changed; lines refused: 3"


def test_a_threshold_twice_keeps_the_rule_out(shop: None) -> None:
    found = look(HEAD + "Men,1688,0,220,0,yes\nmen,１６８８,0.00,230,0,no\n")
    assert [why for *_, why in lines(found)] == [
        "Left out with its whole rule: line 3 is wrong.",
        "The threshold 0 is given twice. Remove one of the two tiers.",
    ]
    assert not found


def test_too_many_tiers_keep_the_rule_out(shop: None) -> None:
    found = look(HEAD + "".join(f"Men,1688,{n},150,0,yes\n" for n in range(51)))
    assert found.rows[0].why == "A rule has at most 50 tiers, this one has 51. Remove some."
    assert (bool(found), found.counts["Refused"]) == (False, 51)


@pytest.mark.parametrize(
    "lost",
    [",,100,250,0,yes", ",1688,100,250,0,yes", "Men,,100,250,0,yes", "Men,168,100,250,0,yes"],
)
def test_a_line_of_which_nobody_can_tell_the_rule_keeps_out_what_it_may_belong_to(shop: None, lost: str) -> None:
    found = look(f"{HEAD}女装,Taobao,0,170,0,yes\nMen,1688,0,220,0,yes\n{lost}\n女装,1688,0,180,0,yes\n")
    assert [(line, what) for line, what, _ in lines(found)][:4] == [
        (2, "changed"), (3, "refused"), (4, "refused"), (5, "new"),
    ]  # fmt: skip
    assert found.rows[1].why == "Left out with its whole rule: line 4 may be of it."


def test_a_line_that_cannot_be_read_keeps_everything_out(shop: None) -> None:
    found = look(HEAD + "Men,1688,0,220,0,yes\nMen,1688,100\n女装,Taobao,0,170,0,yes\n")
    assert [(line, what) for line, what, _ in lines(found)] == [(2, "refused"), (3, "refused"), (4, "refused")]
    assert found.rows[0].why == "Left out with its whole rule: line 3 cannot be read and may be of this rule."
    assert not found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "rules.csv is empty"),
        ("Category,From,Fine\nMen,0,0\n", "No column is called Source or Percent. Nothing was read"),
        ("<html>", "rules.csv is a web page or XML"),
        (HEAD, "The file has the names of columns in line 1 and no rows below"),
        (
            HEAD + "Men,1688,0,150,0,yes\n" * 20_001,
            "A file of price rules has at most 20,000 rows, this one has 20,001",
        ),
    ],
)
def test_what_is_no_file_of_price_rules_is_refused(shop: None, text: str, sentence: str) -> None:
    assert refused(lambda: look(text))[0].startswith(sentence)


def book(rows: Sequence[Sequence[Any]]) -> bytes:
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream)
    page = made.add_worksheet()
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.write(at, column, cell)
    made.close()
    return stream.getvalue()


def test_a_workbook_that_somebody_typed(shop: None) -> None:
    """Numbers are numbers there, 150 % is 1.5, and a formula is what it is."""
    content = book([
        ["Category", "Source", "From", "Percent", "Fine", "Active"],
        ["Men", 1688, 0, 150, 2.5, True], ["女装", "Taobao", 0, 1.5, 0, 1], ["Men / Tops", "JD", 0, "=1+1", 0, "yes"],
    ])  # fmt: skip
    with reading() as session:
        found = price_rule_files.look(session, "rules.xlsx", content)
    assert list(found.rules) == [(MEN, Source.ALIBABA), (WOMEN, Source.TAOBAO)]
    assert found.warnings == ("Taobao / 女装: 1.5 means 1.5 % of the source price: did you mean 150 %?",)
    assert lines(found)[2] == (4, "refused", "Percent: “=1+1” is not a number. Write digits, such as 150.")


# Taking over


def test_warnings_are_confirmed_first(shop: None) -> None:
    found = look(HEAD + "Men,1688,0,1.5,0,yes\n")
    assert refused(lambda: take(found))[0] == "1688 / Men: 1.5 means 1.5 % of the source price: did you mean 150 %?"
    assert take(found, confirmed=True).endswith(f"lines refused: 0. In spite of 1 warning. {NOTHING}")
    assert tiers() == [(D(0), D("1.5"), D(0), True)]


def test_bob_was_faster(shop: None) -> None:
    found = look(HEAD + "Men,1688,0,220,0,yes\nMen / Tops,JD,0,150,0,yes\n")
    take(look(HEAD + "Men,1688,0,230,0,yes\n"), BOB)
    assert refused(lambda: take(found)) == [
        "Bob has changed the rule 1688 / Men meanwhile to ≥0: 230 % + 0.00. Nothing was taken over: look at the file again."
    ]
    put(tier("7", "150", active=False))
    later = look(HEAD + "Men,1688,0,240,0,yes\n")
    put(tier("8", "150", active=False))
    assert refused(lambda: take(later))[0].startswith("Somebody has changed the rule 1688 / Men meanwhile")


def test_what_others_changed_in_other_rules_does_not_matter(shop: None) -> None:
    found = look(HEAD + "Men,1688,0,220,0,yes\n")
    take(look(HEAD + "女装,Taobao,0,230,0,yes\nMen / Tops,1688,0,230,0,yes\n"), BOB)
    take(found)
    assert tiers() == [(D(0), D(220), D(0), True)]


def test_a_category_that_is_gone_meanwhile(shop: None) -> None:
    put(Category(id=9, name="Hats", path="Hats"))
    found = look(HEAD + "Hats,1688,0,220,0,yes\n")
    with transaction(SYSTEM, "test") as session:
        session.delete(session.get_one(Category, 9))
    assert refused(lambda: take(found)) == [
        "The category of a rule (1688 / #9) is gone. Nothing was taken over: look at the file again."
    ]


def test_charlie_may_look_and_not_take(shop: None) -> None:
    found = look(HEAD + "Men,1688,0,220,0,yes\n")
    assert "Pricing manager or Admin may" in refused(lambda: take(found, CHARLIE))[0]


# The report


def test_the_report_is_a_table_and_a_file_with_what_is_refused_first_on_the_screen(shop: None) -> None:
    found = look(HEAD + "Men,1688,0,220,0,yes\nMen / Tops,JD,0,=cmd|' /C calc'!A0,0,yes\n")
    assert found.table["What"].tolist() == ["Refused", "Changed", "Taken away", "Taken away"]
    assert list(found.table.columns) == ["Line", "Rule", "Tier", "What", "Why"]
    assert price_rule_files.report(found).decode("utf-8-sig").splitlines()[1] == (
        '"2","1688 / Men","≥0: 220 % + 0.00","Changed","was ≥0: 200 % + 10.00"'
    )


@pytest.mark.parametrize(
    "amount", ["0", "100", "1.5", "1.25", "1.125", "0.125", "-0.0001", "99999999999999.9999", "-12.340"]
)
def test_a_number_that_is_written_is_read_again(amount: str) -> None:
    assert number(written(D(amount)), "From") == D(amount)
