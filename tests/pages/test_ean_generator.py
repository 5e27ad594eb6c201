"""The EAN Generator as people use it: look at codes, take them, give them to products, find them again."""

from sqlalchemy import select

from db.models import Code, Product
from db.session import reading
from db.vocabulary import CodeState
from lib import codes, ean
from lib.code_series import AUSTRIA
from lib.commands import perform
from lib.words import CodeType


def button(at, label):
    return next(b for b in at.button if b.label == label)


def held():
    with reading() as session:
        return list(session.scalars(select(Code.code).order_by(Code.id)))


def test_a_test_shows_codes_and_consumes_nothing(open_page, given):
    given(Product(sku="A"))
    at = open_page("ean_generator")
    assert at.text_input(key="e_prefix").value == "910"
    assert any(AUSTRIA.format(prefix="910").rstrip(".") in w.value.replace("\\", "") for w in at.warning)
    at.number_input(key="e_quantity").set_value(3).run()
    shown = button(at, "Test code").click().run().code[0].value.split("\n")
    assert [ean.verdict(code) for code in shown] == ["ok"] * 3
    assert held() == []
    assert button(at, "Reserve").disabled
    at.checkbox(key="e_read_0").check().run()
    at = button(at, "Reserve").click().run()
    assert at.success[0].value == "Run 1\\: 3 EAN\\-13 codes with prefix 910 reserved."
    assert held() == shown
    assert button(at, "Reserve").disabled, "the notice is read once a run"


def test_a_wrong_prefix_is_said_while_typing_and_nothing_can_be_pressed(open_page):
    at = open_page("ean_generator")
    at.text_input(key="e_prefix").set_value("978").run()
    assert "for books" in at.warning[0].value
    assert button(at, "Test code").disabled
    assert button(at, "Reserve").disabled


def test_ticked_products_get_codes(open_page, given, acting):
    given(Product(sku="A"), Product(sku="B"))
    perform(acting("lily"), codes.reserve, CodeType.EAN13, "910", 5, acknowledged=True)
    at = open_page("ean_generator", e_tab="Give to products", codeless_sort="SKU ↑")
    at.session_state["codeless#0"] = {"edited_rows": {1: {"✓": True}}, "added_rows": [], "deleted_rows": []}
    at = button(at.run(), "Assign to 1 ticked").click().run()
    assert at.success[0].value == "1 product has a code now."
    with reading() as session:
        assert list(session.scalars(select(Product.ean).order_by(Product.sku))) == [None, held()[0]]
    at = button(at, "Assign to all 1").click().run()
    with reading() as session:
        assert list(session.scalars(select(Code.code).where(Code.state == CodeState.ASSIGNED))) == held()[:2]


def test_the_ledger_shows_states_lists_and_the_picture_of_a_code(open_page, acting, given):
    given(Product(sku="A"))
    perform(acting("lily"), codes.reserve, CodeType.EAN13, "910", 2, acknowledged=True)
    at = open_page("ean_generator", e_tab="Ledger", e_state="reserved", ledger_sort="Code ↑")
    assert list(at.dataframe[0].value["code"]) == held()
    at.session_state["ledger#0"] = {"edited_rows": {0: {"✓": True}}, "added_rows": [], "deleted_rows": []}
    at.run()
    assert not at.exception
    at = button(at, "Retire ticked").click().run()
    with reading() as session:
        assert list(session.scalars(select(Code.state).order_by(Code.id))) == [CodeState.RETIRED, CodeState.RESERVED]


def test_charlie_looks_and_presses_nothing(open_page, given, acting):
    given(Product(sku="A"))
    perform(acting("lily"), codes.reserve, CodeType.EAN13, "910", 2, acknowledged=True)
    for tab, labels in {
        "New codes": ["Reserve"], "Give to products": ["Assign to all 1"], "Ledger": ["Release ticked", "Retire ticked"],
    }.items():  # fmt: skip
        at = open_page("ean_generator", as_="charlie", e_tab=tab)
        assert [button(at, label).disabled for label in labels] == [True] * len(labels)


def test_without_a_sign_in_nothing_is_shown(open_page):
    at = open_page("ean_generator", as_=None)
    assert not at.title
    assert not at.tabs
