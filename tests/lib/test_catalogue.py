"""Before every upload the marketplace is asked what it knows of the code; what would mix up with somebody else's item never leaves."""

from datetime import timedelta
from decimal import Decimal

import pytest

from db.models import (
    CatalogueCheck,
    Code,
    DemoCatalogue,
    DemoItem,
    Listing,
    Product,
    Store,
    UploadDetail,
    now,
)
from db.session import SYSTEM, reading, transaction
from db.vocabulary import CheckVerdict, CodeState, LibraryState, ListingStatus, Source
from lib import channels, sync
from lib.channels import CatalogMatch, ChannelError
from lib.channels.demo import Demo
from lib.codes import catalogue, code_questions, ean
from lib.problems import Refused
from lib.products import listings
from tests.lib.shop import LAMP, LILY, MUG, MUG_CODE, NORDWIND_CODE, Busy, Outside, all_of, company, do, put

FREE, SAME, OTHER, SEVERAL, FAILED = (
    CheckVerdict.NONE,
    CheckVerdict.SAME_BRAND,
    CheckVerdict.OTHER_BRAND,
    CheckVerdict.SEVERAL,
    CheckVerdict.FAILED,
)
GTIN = f"0{MUG_CODE}"


@pytest.fixture
def asked(database, monkeypatch):
    """The company, a marketplace that answers at once, and the questions that its catalogue was asked."""
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    company()
    questions, demo = [], channels.of

    def watched(*account):
        outside = Outside(demo(*account))
        ask = outside.find_catalog
        outside.find_catalog = lambda codes: questions.append(list(codes)) or ask(codes)
        return outside

    monkeypatch.setattr(channels, "of", watched)
    return questions


def change(model, number, **values):
    with transaction(SYSTEM, "tests.change") as session:
        for name, value in values.items():
            setattr(session.get_one(model, number), name, value)


def known(code, asin="B0SOMEBODY", brand=""):
    put(DemoCatalogue(asin=asin, gtin14=code.zfill(14), brand=brand, title="Theirs"))


def many(count, first=100, **values):
    """Products with a code each and a queued listing in store 1."""
    numbers = range(first, first + count)
    codes = ean.numbered("952", numbers)
    shared = {"title_en": "Cup", "source": Source.ALIBABA, "state": LibraryState.READY, **values}
    put(*(Product(id=n, sku=f"S{n}", ean=code, **shared) for n, code in zip(numbers, codes, strict=True)))
    put(
        *(
            Listing(id=n, product_id=n, store_id=1, seller_sku=f"S{n}", code=code, price=Decimal(5), status="queued")
            for n, code in zip(numbers, codes, strict=True)
        )
    )
    return codes


def checks():
    return [(row.gtin14, row.store_id, row.verdict) for row in all_of(CatalogueCheck)]


def listing(number=0):
    row = all_of(Listing)[number]
    return row.status, row.issue, row.asin


# The rule


def match(brand="", codes=(), asin="B0SOMEBODY"):
    return CatalogMatch(asin, "Theirs", brand, codes)


@pytest.mark.parametrize(
    ("matches", "brand", "verdict"),
    [
        ((), "Acme", FREE),
        ((match("Acme"),), "Acme", SAME),
        ((match(" ACME "),), "acme", SAME),
        ((match("STRASSE"),), "Straße", SAME),
        ((match("Acme"),), "Nordwind", OTHER),
        ((match("Acme"),), "", OTHER),
        ((match("Acme"),), None, OTHER),
        ((match(""),), "Acme", OTHER),
        ((match(""),), None, SAME),
        ((match("Acme", (GTIN,)),), "Acme", SAME),
        ((match("Acme", ("00000000000017",)),), "Acme", SEVERAL),
        ((match("Acme"), match("Acme", asin="B0SECOND00")), "Acme", SEVERAL),
    ],
)
def test_one_item_of_the_same_brand_is_the_same_item_and_all_else_is_not(matches, brand, verdict):
    assert catalogue.judged(GTIN, matches, brand) == verdict


def test_a_code_is_found_however_it_is_spelled():
    assert catalogue.spellings("00036000291452") == ["00036000291452", "0036000291452", "036000291452"]
    assert catalogue.spellings("00000096385074") == ["00000096385074", "0000096385074", "000096385074", "96385074"]
    assert catalogue.spellings("19100000000012") == ["19100000000012"]


# Before the upload


def test_a_free_code_goes_and_what_was_asked_is_kept(asked):
    do(LILY, listings.create, [MUG], [1])
    assert sync.send_listings() == "1 listing sent"
    assert (asked, checks()) == ([[MUG_CODE]], [(GTIN, 1, FREE)])
    assert listing() == (ListingStatus.UPLOADING, None, None)


def test_a_code_of_another_brand_is_not_sent_and_nothing_is_exposed(asked):
    put(
        Code(
            gtin14=f"0{NORDWIND_CODE}",
            code=NORDWIND_CODE,
            type="EAN-13",
            licence="maker",
            state="assigned",
            product_id=LAMP,
        )
    )
    do(LILY, listings.create, [LAMP], [1])
    assert sync.send_listings() == "0 listings sent"
    assert listing() == (
        ListingStatus.FAILED,
        "4006381333931 belongs to B08HJKL2M9 (brand Nordwind) in the marketplace's catalogue: sending it would mix up pictures. "
        "Not sent; open the doctor. Amazon's own answer would be 8572.",
        None,
    )
    [check] = all_of(CatalogueCheck)
    assert (check.verdict, check.matches) == (
        OTHER, [{"asin": "B08HJKL2M9", "title": "Fineliners", "brand": "Nordwind"}],
    )  # fmt: skip
    assert [code.state for code in all_of(Code)] == [CodeState.ASSIGNED]
    assert (list(all_of(UploadDetail)), list(all_of(DemoItem)), all_of(Listing)[0].submission) == ([], [], None)
    sync.poll()
    assert (len(asked), len(checks())) == (1, 1)


def test_a_code_of_several_items_is_not_sent(asked):
    known(MUG_CODE, "B0FIRST000")
    known(MUG_CODE, "B0SECOND00")
    do(LILY, listings.create, [MUG], [1])
    sync.send_listings()
    status, issue, _ = listing()
    assert (status, checks()) == (ListingStatus.FAILED, [(GTIN, 1, SEVERAL)])
    assert issue.startswith(
        f"{MUG_CODE} does not lead to one item in the marketplace's catalogue (B0FIRST000, B0SECOND00): "
    )
    assert list(all_of(UploadDetail)) == []


def test_a_code_of_the_same_brand_goes_and_says_which_item_it_joins(asked):
    known(MUG_CODE, brand="ACME ")
    change(Product, MUG, brand="Acme")
    do(LILY, listings.create, [MUG], [1])
    sync.send_listings()
    said = "Matched to B0SOMEBODY (brand ACME): the catalogue has this code there, and the offer goes onto that item."
    assert listing() == (ListingStatus.UPLOADING, said, None)
    sync.read_answers()
    assert listing() == (ListingStatus.ACTIVE, said, "B0SOMEBODY")


def test_our_own_item_is_no_match(asked):
    do(LILY, listings.create, [MUG], [1])
    sync.poll()
    do(LILY, listings.create, [MUG], [2])
    sync.poll()
    first, second = all_of(Listing)
    assert (second.status, second.issue, second.asin) == (ListingStatus.ACTIVE, None, first.asin)
    assert checks() == [(GTIN, 1, FREE), (GTIN, 2, SAME)]


def test_a_brand_that_was_corrected_after_the_question_counts(asked):
    known(MUG_CODE, brand="Acme")
    put(
        CatalogueCheck(
            gtin14=GTIN, store_id=1, verdict=OTHER, matches=[{"asin": "B0SOMEBODY", "title": "", "brand": "Acme"}]
        )
    )
    change(Product, MUG, brand="Acme")
    do(LILY, listings.create, [MUG], [1])
    assert (sync.send_listings(), asked) == ("1 listing sent", [])


def test_an_answer_is_good_for_a_day_and_for_its_store(asked):
    put(
        CatalogueCheck(gtin14=GTIN, store_id=1, verdict=OTHER, at=now() - timedelta(hours=25), matches=[]),
        CatalogueCheck(gtin14=GTIN, store_id=2, verdict=FREE, at=now() - timedelta(hours=23)),
    )
    do(LILY, listings.create, [MUG], [1, 2])
    assert (sync.send_listings(), asked) == ("2 listings sent", [[MUG_CODE]])


def test_twenty_codes_are_asked_at_a_time(asked):
    codes = many(45)
    assert sync.send_listings() == "45 listings sent"
    assert asked == [codes[:20], codes[20:40], codes[40:]]


def test_many_that_are_held_back_never_stop_the_one_behind_them(asked, monkeypatch):
    codes = many(5)
    for place, code in enumerate(codes[:4]):
        known(code, f"B0BRAND00{place}", "Acme")
    monkeypatch.setattr("lib.products.uploads.take.__defaults__", (2, True))
    assert sync.send_listings() == "1 listing sent"
    assert [row.status for row in all_of(Listing)] == [ListingStatus.FAILED] * 4 + [ListingStatus.UPLOADING]


def test_what_is_no_code_is_neither_asked_about_nor_sent(asked):
    put(Listing(product_id=MUG, store_id=1, seller_sku="MUG", code="4006381333932", price=Decimal(5), status="queued"))
    assert (sync.send_listings(), asked) == ("0 listings sent", [])
    assert listing() == (
        ListingStatus.FAILED,
        "4006381333932 ends in 2, but its check digit would be 1: a digit is wrong. Nothing was sent; open the doctor.",
        None,
    )


def test_a_listing_without_a_code_is_for_the_marketplace_to_judge(asked):
    put(Listing(product_id=MUG, store_id=1, seller_sku="MUG", code=None, price=Decimal(5), status="queued"))
    assert (sync.send_listings(), asked) == ("1 listing sent", [])


# No answer


@pytest.fixture
def busy(asked, monkeypatch):
    """A marketplace that is too busy to answer, until the patch is undone."""
    with monkeypatch.context() as patch:
        patch.setattr(channels, "of", lambda *account: Busy())
        yield patch


def test_without_an_answer_nothing_goes_and_the_next_run_tries_again(busy, asked):
    do(LILY, listings.create, [MUG], [1])
    for _ in range(2):
        with pytest.raises(ChannelError, match=r"^0 done; US-01: The marketplace is busy\. It is tried again"):
            sync.send_listings()
    assert (listing(), checks()) == ((ListingStatus.QUEUED, None, None), [(GTIN, 1, FAILED)])
    assert list(all_of(UploadDetail)) == []
    busy.undo()
    sync.send_listings()
    assert (listing()[0], checks()) == (ListingStatus.UPLOADING, [(GTIN, 1, FAILED), (GTIN, 1, FREE)])


def test_a_listing_does_not_wait_for_ever(busy, asked):
    do(LILY, listings.create, [MUG], [1])
    change(Listing, all_of(Listing)[0].id, updated_at=now() - timedelta(hours=25))
    with pytest.raises(ChannelError):
        sync.send_listings()
    said = f"The marketplace has not said for a day whether {MUG_CODE} belongs to somebody. Nothing was sent; send it again."
    assert listing() == (ListingStatus.FAILED, said, None)


def test_a_code_that_is_never_answered_holds_up_no_other(asked, monkeypatch):
    codes = many(41)

    class Choosy(Demo):
        def find_catalog(self, some):
            asked.append(list(some))
            if codes[0] in some:
                raise ChannelError("Bad request.")
            return super().find_catalog(some)

    monkeypatch.setattr(channels, "of", lambda kind, *account: Choosy(*account))
    with pytest.raises(ChannelError, match="Bad request"):
        sync.send_listings()
    assert sync.send_listings() == "21 listings sent"
    assert asked == [codes[:20], codes[20:40], codes[40:], codes[:1]]
    asked.clear()
    assert sync.send_listings() == "19 listings sent"
    assert asked == [*([code] for code in codes[1:20]), codes[:1]]
    assert [row.code for row in all_of(Listing) if row.status is ListingStatus.QUEUED] == codes[:1]


# Asking again


class Silent:
    """The progress of a job that nobody looks at."""

    def __call__(self, done, total, message=""):
        self.total = total


def ask(*codes):
    return code_questions.check_codes(LILY, {"codes": list(codes)}, Silent())


def test_asking_again_asks_the_stores_of_the_product_or_one_of_each_marketplace(asked):
    put(Store(id=3, name="US-02", marketplace="US", currency="USD"))
    do(LILY, listings.create, [MUG], [1])
    assert ask(MUG_CODE, "4006381333931", "nonsense") == "3 answers about codes."
    assert checks() == [(GTIN, 1, FREE), ("04006381333931", 1, OTHER), ("04006381333931", 2, OTHER)]
    assert asked == [[MUG_CODE, NORDWIND_CODE], [NORDWIND_CODE]]


def test_asking_in_vain_says_so(busy, asked):
    with pytest.raises(Refused, match=r"^US-01: The marketplace is busy\. JP-01: The marketplace is busy\.$"):
        ask(MUG_CODE)
    assert checks() == [(GTIN, 1, FAILED), (GTIN, 2, FAILED)]
    with pytest.raises(Refused, match="Nothing was asked"):
        ask("nonsense")


def test_the_newest_answer_counts_and_silence_does_not_hide_it(database):
    company()
    at, item = now(), {"asin": "B0SOMEBODY", "title": "Theirs", "brand": "Acme"}
    put(CatalogueCheck(gtin14=GTIN, store_id=1, verdict=FREE, at=at - timedelta(days=3)))
    put(CatalogueCheck(gtin14=GTIN, store_id=1, verdict=OTHER, at=at - timedelta(days=2), matches=[item]))
    put(
        CatalogueCheck(gtin14=GTIN, store_id=1, verdict=FAILED, at=at),
        CatalogueCheck(gtin14=GTIN, store_id=2, verdict=FAILED, at=at),
    )
    with reading() as session:
        found = catalogue.looks(session, [GTIN])[GTIN]
    assert [(one.store_id, one.verdict, one.is_fresh) for one in found] == [(1, OTHER, False), (2, FAILED, False)]
    assert found[0].of(" acme").verdict == SAME
    assert found[0].items == (catalogue.Item("B0SOMEBODY", "Theirs", "Acme"),)
