"""The part of the EAN Generator where codes come in: give a list, see each verdict, take the good ones."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from streamlit import config
from streamlit.testing.v1 import AppTest

from db.models import Code, CodeRun, Product
from db.session import reading
from db.vocabulary import Licence
from lib.codes import ean
from lib.ui import people

A, B, C = ean.numbered("4006381", range(3))


def screen() -> None:
    from lib.ui import page
    from lib.ui.codes import code_importing

    page.open("EAN Generator")
    code_importing.desk()


@pytest.fixture
def desk(database: str, monkeypatch: pytest.MonkeyPatch, acting: Callable[[str], Any]) -> Callable[..., AppTest]:
    config.set_option("runner.enforceSerializableSessionState", False)

    def show(as_: str = "lily") -> AppTest:
        monkeypatch.setattr(people, "current", lambda: acting(as_))
        return AppTest.from_function(screen, default_timeout=30).run()

    return show


def upload(at: AppTest, content: str, name: str = "GS1 order.csv") -> AppTest:
    at.file_uploader[0].set_value((name, content.encode(), "text/csv"))
    return at.run()


def paste(at: AppTest, text: str) -> AppTest:
    at.segmented_control(key="code import way").set_value("Pasted").run()
    return at.text_area(key="code import text").set_value(text).run()


def button(at: AppTest, label: str) -> Any:
    return next(b for b in at.button if b.label == label)


def counts(at: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in at.metric if m.value != "0"}


def held() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Code.code).order_by(Code.gtin14)))


def test_a_file_is_looked_at_and_taken_and_the_same_again_is_0_new(desk: Any, given: Any) -> None:
    given(Product(sku="A-1"))
    at = upload(desk(), f"EAN,SKU\n{A},A-1\n{B},\n{B},\n")
    assert not at.exception
    assert counts(at) == {"New": "1", "To its product": "1", "Twice in the list": "1"}
    assert held() == []
    at = button(at, "Take 2 codes").click().run()
    assert [s.value for s in at.success] == [
        "Run 1\\: 2 new codes of GS1 order.csv held. 1 product got its code from it. 1 twice in the list."
    ]
    assert held() == [A, B]
    assert counts(at) == {"Held already": "2", "Twice in the list": "1"}
    assert button(at, "0 new codes").disabled


def test_wrong_rows_stop_the_button_until_they_are_left_out(desk: Any) -> None:
    at = paste(desk(), f"{A} 4006381333932 9.1E+12")
    assert counts(at) == {"New": "1", "Wrong": "2"}
    assert button(at, "Take 1 code").disabled
    at.text_input(key="code import name").set_value("Seller 7").run()
    at.checkbox(key="code import only").check().run()
    at = button(at, "Take 1 code").click().run()
    assert [s.value for s in at.success] == ["Run 1\\: 1 new code of Seller 7 held. 2 left out."]
    assert held() == [A]
    with reading() as session:
        assert session.scalars(select(CodeRun.name)).one() == "Seller 7"


def test_the_rows_are_filtered_by_verdict(desk: Any) -> None:
    at = paste(desk(), f"{A} 4006381333932 9.1E+12 {B}")
    assert len(at.dataframe[0].value) == 4
    at.multiselect(key="code import verdicts").set_value(["check digit"]).run()
    assert at.dataframe[0].value.to_dict("records") == [
        {"Line": 1, "Given": "4006381333932", "Code": "", "Verdict": "check digit", "What happens": "Wrong", "SKU": "",
         "Why": "4006381333932 ends in 2, but its check digit would be 1: a digit is wrong."}
    ]  # fmt: skip


def test_a_prefix_of_ones_own_is_asked_for_and_holds_the_list_to_it(desk: Any) -> None:
    at = paste(desk(), f"{A} 036000291452")
    at.segmented_control(key="code import licence").set_value(Licence.LICENSED).run()
    assert "Say which prefix GS1 has given you" in at.error[0].value
    assert not at.metric
    at.text_input(key="code import prefix").set_value("4006381").run()
    assert counts(at) == {"New": "1", "Wrong": "1"}
    at.checkbox(key="code import only").check().run()
    at = button(at, "Take 1 code").click().run()
    with reading() as session:
        assert session.execute(select(CodeRun.licence, CodeRun.prefix)).one() == (Licence.LICENSED, "4006381")


def test_products_that_the_list_names_can_be_left_aside(desk: Any, given: Any) -> None:
    given(Product(sku="A-1"))
    at = upload(desk(), f"EAN,SKU\n{A},A-1\n{B},NOBODY\n")
    assert counts(at) == {"To its product": "1", "Wrong": "1"}
    at.toggle(key="code import gives").set_value(False).run()
    assert counts(at) == {"New": "2"}


def test_what_is_no_list_is_a_sentence(desk: Any) -> None:
    at = upload(desk(), "\x00\x01\x02", "x.xlsx")
    assert not at.exception
    assert "Nothing was read" in at.error[0].value
    at = paste(desk(), "1\n" * 10_001)
    assert "more than 10,000 codes" in at.error[0].value


def test_charlie_sees_the_verdicts_and_a_grey_button(desk: Any) -> None:
    at = paste(desk("charlie"), A)
    assert counts(at) == {"New": "1"}
    assert button(at, "Take 1 code").disabled
