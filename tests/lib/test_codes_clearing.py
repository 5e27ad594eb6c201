"""Clearing codes of deleted products: off the product and its listings, never issued again, all of it one change set."""

from typing import Any

import pytest
from sqlalchemy import select

from db import history
from db.frames import Page
from db.models import ChangeSet, Code, Listing, Product, Store, UploadDetail
from db.session import SYSTEM, Actor, reading, transaction
from db.vocabulary import CodeState, CodeType, LibraryState, ListingStatus, Role
from lib.codes import code_clearing, codes
from lib.codes.code_clearing import Clearable, CodeGroup, Filter
from lib.codes.codes import Hold
from lib.commands import perform
from lib.problems import Refused
from lib.products import listings, products

LILY, CHARLIE = Actor(3, "lily", Role.LISTER), Actor(8, "charlie", Role.VIEWER)
EAN, TWIN, UPC, ISBN, EAN8 = "4006381333931", "0614141123452", "036000291452", "9783161484100", "91000002"
GONE = LibraryState.DELETED


def put(*rows: Any) -> None:
    with transaction(SYSTEM, "test") as session:
        session.add_all(rows)


def all_of(model: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def product(number: int, sku: str, code: str | None, state: LibraryState = GONE, **more: Any) -> Product:
    return Product(id=number, sku=sku, ean=code, state=state, **more)


def library() -> None:
    """Six deleted products, one that lives; the EAN was sent, the rest never was. Product 6 has no code, 5 a misspelt one."""
    put(
        product(1, "EAN", EAN, title_en="Lamp"), product(2, "UPC", UPC), product(3, "ISBN", ISBN), product(4, "EAN8", EAN8),
        product(5, "WRONG", "12345678901"), product(6, "NONE", None), product(7, "LIVES", TWIN, LibraryState.READY),
    )  # fmt: skip
    with transaction(SYSTEM, "test") as session:
        holds = [Hold(EAN, 1), Hold(UPC, 2), Hold(ISBN, 3), Hold(EAN8, 4), Hold(TWIN, 7)]
        assert codes.hold_many(session, holds) == []
        assert codes.expose(session, [EAN]) == 1


def listed(product_id: int, status: ListingStatus, store: int = 1, **more: Any) -> Listing:
    given = {"code": EAN, "asin": "B000000001", "issue": "8541: mixed up", "submission": "US-01-1"} | more
    return Listing(product_id=product_id, store_id=store, seller_sku=f"S{product_id}-{store}", status=status, **given)


def clear(which: Any, *more: Any, actor: Actor = LILY, reason: str = "") -> str:
    return perform(actor, code_clearing.clear, which, *more, reason=reason)


def state() -> dict[str, Any]:
    return {
        "products": [(p.ean, p.search_text) for p in all_of(Product)],
        "codes": {c.code: (c.state, c.product_id, c.retired_at) for c in all_of(Code)},
        "listings": [(row.code, row.asin, row.issue, row.status) for row in all_of(Listing)],
    }


def test_what_each_group_would_clear(database: str) -> None:
    library()
    with reading() as session:
        assert code_clearing.clearing(session) == {
            CodeGroup.EAN: Clearable(2, 1),
            CodeGroup.UPC: Clearable(1, 0),
            CodeGroup.ISBN: Clearable(1, 0),
            CodeGroup.ALL: Clearable(5, 1),
        }
        assert code_clearing.clearing(session, "lamp")[CodeGroup.ALL] == Clearable(1, 1)
        assert code_clearing.clearing(session, "nothing")[CodeGroup.ALL] == Clearable(0, 0)
        rows = code_clearing.table(session, Filter(CodeGroup.EAN), Page(sort="sku", descending=False))
        assert rows[["sku", "ean", "state"]].to_numpy().tolist() == [
            ["EAN", EAN, "exposed"],
            ["EAN8", EAN8, "assigned"],
        ]
        assert [code_clearing.count(session, Filter(group)) for group in CodeGroup] == [2, 1, 1, 5]


def test_a_group_is_cleared_and_never_issued_again(database: str) -> None:
    library()
    assert clear(Filter(CodeGroup.EAN), reason="mixed up with B000000001") == (
        "2 codes retired for ever, 1 seen by a marketplace. 2 deleted products have no code now."
    )
    assert [row.ean for row in all_of(Product)] == [None, UPC, ISBN, None, "12345678901", None, TWIN]
    held = {code.code: code for code in all_of(Code)}
    assert [held[code].state for code in (EAN, EAN8, UPC, TWIN)] == [
        CodeState.RETIRED, CodeState.RETIRED, CodeState.ASSIGNED, CodeState.ASSIGNED
    ]  # fmt: skip
    assert (held[EAN].product_id, held[EAN].exposed_at is None, held[EAN].retired_at is None) == (1, False, False)
    with reading() as session:
        assert session.scalars(select(ChangeSet).where(ChangeSet.command == "code_clearing.clear")).one().reason == (
            "mixed up with B000000001"
        )
        assert products.count(session, products.Filter(text=EAN)) == 0
        assert products.count(session, products.Filter(text="lamp")) == 1
    with transaction(SYSTEM, "test") as session:
        assert [p.row for p in codes.hold_many(session, [Hold(EAN, 7), Hold(EAN8, 7)])] == [7, 7]


def test_all_takes_misspelt_codes_and_those_the_ledger_had_not_known(database: str) -> None:
    library()
    put(product(8, "NEW", "9520000000011"))
    assert clear(Filter()).startswith("5 codes retired for ever, 1 seen by a marketplace. 6 deleted products")
    assert [row.ean for row in all_of(Product)] == [None] * 6 + [TWIN, None]
    assert {code.code: code.state for code in all_of(Code)}["9520000000011"] is CodeState.RETIRED


def test_ticked_products_are_cleared_of_the_group_alone(database: str) -> None:
    library()
    assert clear([1, 2, 6], CodeGroup.UPC).startswith("1 code retired for ever, 0 seen by a marketplace")
    assert [row.ean for row in all_of(Product)][:2] == [EAN, None]


def test_listings_can_be_uploaded_anew_and_their_records_stay(database: str) -> None:
    library()
    put(*(Store(id=n, name=f"US-0{n}", marketplace="US", currency="USD") for n in range(1, 6)))
    statuses = (
        ListingStatus.ACTIVE,
        ListingStatus.FAILED,
        ListingStatus.QUEUED,
        ListingStatus.DELETED,
        ListingStatus.INACTIVE,
    )
    put(
        *(
            listed(1, status, store, asin=None if store in (2, 3) else f"B00000000{store}")
            for store, status in enumerate(statuses, 1)
        )
    )
    put(UploadDetail(listing_id=1, actor="lily", sent={"code": EAN}, code=EAN, currency="USD", formula="x"))
    assert clear([1]) == (
        "1 code retired for ever, 1 seen by a marketplace. 1 deleted product has no code now. "
        "5 listings can be uploaded anew, 1 on sale until now: take that off sale on the marketplace too."
    )
    never, down = ListingStatus.NOT_UPLOADED, ListingStatus.INACTIVE
    rows = all_of(Listing)
    assert [row.status for row in rows] == [down, never, never, never, down]
    assert {(row.code, row.asin, row.issue, row.submission) for row in rows} == {(None, None, None, None)}
    assert [(record.code, record.sent) for record in all_of(UploadDetail)] == [(EAN, {"code": EAN})]
    with transaction(SYSTEM, "test") as session:
        back = session.get_one(Product, 1)
        back.state = LibraryState.READY
    perform(LILY, codes.reserve, CodeType.EAN13, "910", 1, acknowledged=True)
    perform(LILY, codes.assign, [1])
    assert perform(LILY, listings.send_again, [1, 2]) == "2 listings wait to be sent."
    fresh = all_of(Product)[0].ean
    assert fresh.startswith("910")
    assert [row.code for row in all_of(Listing)][:2] == [fresh, fresh]


def test_clearing_is_taken_back_but_not_for_codes_that_were_seen(database: str) -> None:
    library()
    put(Store(id=1, name="US-01", marketplace="US", currency="USD"))
    put(listed(2, ListingStatus.FAILED, code=UPC))
    before = state()
    clear(Filter())
    with transaction(LILY, "history.undo") as session:
        number = session.scalars(select(ChangeSet.id).where(ChangeSet.command == "code_clearing.clear")).one()
        outcome = history.undo(session, number)
    assert set(outcome.left) == {f"code {EAN} was sent to a marketplace: it stays"}
    after = state()
    assert after["products"][1:] == before["products"][1:]
    assert after["products"][0] == (None, "ean lamp")
    assert after["listings"] == before["listings"]
    assert after["codes"].pop(EAN)[0] is CodeState.RETIRED
    before["codes"].pop(EAN)
    assert after["codes"] == before["codes"]


def test_products_that_are_not_deleted_are_refused_by_name(database: str) -> None:
    library()
    before = state()
    with pytest.raises(Refused, match="^LIVES: not deleted. Only deleted products are cleared. Nothing was cleared."):
        clear([1, 7])
    assert state() == before


def test_what_is_on_its_way_is_left_out(database: str) -> None:
    library()
    put(Store(id=1, name="US-01", marketplace="US", currency="USD"))
    put(listed(1, ListingStatus.UPLOADING))
    before = state()
    with pytest.raises(Refused, match="^EAN: on the way to a marketplace. Wait for the answer. Nothing was cleared."):
        clear([1])
    assert state() == before
    assert clear(Filter(CodeGroup.EAN)).endswith("Left out, on the way to a marketplace: EAN.")
    assert [row.ean for row in all_of(Product)][:4] == [EAN, UPC, ISBN, None]


@pytest.mark.parametrize("which", [[6], [], Filter(text="nothing")])
def test_nothing_to_clear_is_said(database: str, which: Any) -> None:
    library()
    before = state()
    with pytest.raises(Refused, match="^None has such a code. Nothing was cleared."):
        clear(which)
    assert state() == before


def test_charlie_may_not(database: str) -> None:
    library()
    before = state()
    with pytest.raises(Refused, match="Lister or Admin may"):
        clear(Filter(), actor=CHARLIE)
    assert state() == before


def test_the_code_of_another_product_stays_with_it(database: str) -> None:
    """The ledger knows better than the product whose code it is."""
    library()
    put(product(8, "TWICE", TWIN))
    assert clear([8]).startswith("0 codes retired for ever")
    assert {code.code: (code.state, code.product_id) for code in all_of(Code)}[TWIN] == (CodeState.ASSIGNED, 7)
    assert [row.ean for row in all_of(Product)][6:] == [TWIN, None]


def test_thousands_are_cleared_at_once_and_no_more(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    perform(LILY, codes.reserve, CodeType.EAN13, "910", 6_000, acknowledged=True)
    with transaction(SYSTEM, "test") as session:
        session.add_all(product(number, f"P{number}", None, LibraryState.DRAFT) for number in range(1, 6_001))
    perform(LILY, codes.assign, range(1, 6_001))
    with transaction(SYSTEM, "test") as session:
        for row in session.scalars(select(Product)):
            row.state = GONE
    monkeypatch.setattr(code_clearing, "MOST", 5_000)
    with pytest.raises(
        Refused, match="^At most 5,000 products are cleared at once, and more were named. Nothing was cleared."
    ):
        clear(range(1, 6_001))
    assert None not in {row.ean for row in all_of(Product)}
    said = clear(Filter())
    assert said.startswith("5,000 codes retired for ever, 0 seen by a marketplace. 5,000 deleted products have")
    assert said.endswith("Others remain, for at most 5,000 products are cleared at once: do it again.")
    assert clear(Filter()).endswith("1,000 deleted products have no code now.")
    assert {row.ean for row in all_of(Product)} == {None}
