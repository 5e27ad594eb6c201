"""What an unlinked line may be: the surest reason first, and a link that is taken away again."""

import pytest

from db.models import Code, Listing, OrderLine, Product
from db.session import reading
from db.vocabulary import CodeState, CodeType, LibraryState, Licence
from lib import history
from lib.commands import perform
from lib.orders import link_guesses, orders
from lib.problems import Refused
from tests.lib.test_work import facts
from tests.lib.trade import company, line, one, order, put


@pytest.fixture
def trade(database):
    company()
    put(
        Product(id=3, sku="AB-12 X", title_en="Warm wool blanket for the sofa", ean="0012345678905"),
        Product(id=4, sku="GONE", title_en="Wool quilt of old", state=LibraryState.DELETED),
        Product(id=5, sku="QUILT-2", title_en="Wool quilt, large and warm"),
    )


def why(**values):
    """What is guessed for a line of order 1, with the reasons."""
    order(1, line(**{"product_id": None, **values}))
    with reading() as session:
        return [(guess.sku, guess.why) for guess in link_guesses.guesses(session, 10)]


def test_the_same_sku_is_sure_enough_not_to_ask_the_title(trade):
    assert why(sku="LAMP", title="Wool quilt") == [("LAMP", "Same SKU")]


def test_a_deleted_product_is_never_guessed(trade):
    assert why(sku="GONE", title=None) == []


@pytest.mark.parametrize("sku", ["mh01", " MH01 ", "MH 01", "mh-01"])
def test_capitals_blanks_and_hyphens_do_not_matter(trade, sku):
    assert why(sku=sku) == [("MH01", "Same SKU, written MH01")]


def test_a_sku_is_found_whatever_stands_between_its_parts(trade):
    assert why(sku="ab_12/x") == [("AB-12 X", "Same SKU, written AB-12 X")]


def test_a_listing_knows_its_sellers_sku_and_its_asin_in_another_store(trade):
    put(Listing(product_id=2, store_id=2, seller_sku="US-LAMP", asin="B000000001"))
    assert why(sku="US-LAMP") == [("LAMP", "Same SKU in store Boston")]


def test_the_same_asin_in_another_store(trade):
    put(Listing(product_id=2, store_id=2, seller_sku="US-LAMP", asin="B000000001"))
    assert why(sku="?", asin="B000000001") == [("LAMP", "Same ASIN in store Boston")]


def test_what_somebody_has_linked_before(trade):
    order(7, line("OLD", asin="B000000009"))
    assert why(sku="OLD") == [("MH01", "The same SKU was linked to it in order 111-7")]
    order(8, line("NEW", 1, None, asin="B000000009"))
    with reading() as session:
        found = link_guesses.guesses(session, 80)
    assert [(guess.sku, guess.why) for guess in found] == [("MH01", "The same ASIN was linked to it in order 111-7")]


@pytest.mark.parametrize("sku", ["012345678905", "0012345678905", "FBA-012345678905-DE"])
def test_a_sku_that_is_a_code(trade, sku):
    assert why(sku=sku) == [("AB-12 X", "Its code is 0012345678905")]


def test_a_code_of_the_ledger_leads_to_its_product(trade):
    put(Code(code="6901234567892", gtin14="06901234567892", type=CodeType.EAN13, licence=next(iter(Licence)),
             state=CodeState.ASSIGNED, product_id=2))  # fmt: skip
    assert why(sku="6901234567892") == [("LAMP", "The code belongs to it")]


def test_a_similar_title_drops_its_last_words_and_the_most_alike_is_first(trade):
    found = why(sku="?", title="Wool quilt, large and warm, 200 x 220 cm with a bag")
    assert found[0] == ("QUILT-2", "Similar title")
    assert "GONE" not in dict(found)


def test_chinese_titles_too(trade):
    assert why(sku="?", title="羊毛被") == [("MH01", "Similar title")]


def test_nothing_is_guessed_from_nothing(trade):
    assert why(sku="?", title=None) == []
    with reading() as session:
        assert link_guesses.guesses(session, 999) == []


def test_a_person_looks_for_a_product_by_sku_code_or_words(trade):
    with reading() as session:
        looked = {
            text: [guess.sku for guess in link_guesses.found(session, text)]
            for text in ("lamp", "wool", "羊毛", "0012345678905", " ")
        }
    assert looked == {
        "lamp": ["LAMP"],
        "wool": ["MH01", "AB-12 X", "QUILT-2"],
        "羊毛": ["MH01"],
        "0012345678905": ["AB-12 X"],
        " ": [],
    }


def test_a_link_is_taken_away_known_to_the_list_and_undone(trade, acting):
    order(1, line())
    with pytest.raises(Refused, match="Operator or Admin"):
        perform(acting("charlie"), link_guesses.unlink, 10)
    assert one(OrderLine, 10).product_id == 1
    said = perform(acting("oscar"), link_guesses.unlink, 10)
    assert said == "MH01 in order 111-1 is no longer linked to MH01."
    assert (one(OrderLine, 10).product_id, facts()) == (None, {"is_unlinked"})
    with pytest.raises(Refused, match="linked to no product. Nothing was changed"):
        perform(acting("oscar"), link_guesses.unlink, 10)
    perform(acting("oscar"), orders.link_line, 10, "LAMP")
    perform(acting("bob"), history.undo, _last())
    assert (one(OrderLine, 10).product_id, facts()) == (None, {"is_unlinked"})


def _last():
    from db.models import ChangeSet
    from tests.lib.trade import all_of

    return all_of(ChangeSet)[-1].id


def test_a_line_that_is_gone(trade, acting):
    with pytest.raises(Refused, match="does not exist any more. Nothing was changed"):
        perform(acting("oscar"), link_guesses.unlink, 99)
