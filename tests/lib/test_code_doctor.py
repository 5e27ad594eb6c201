"""The doctor: a verdict with its evidence and the safest step for each case, and the cure of mixed-up pictures as one change set."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.models import CatalogueCheck, ChangeSet, Code, CosellOffer, Job, Listing, Product, UploadDetail, now
from db.session import SYSTEM, reading, transaction
from db.vocabulary import CheckVerdict, CodeState, CodeType, LibraryState, Licence, ListingStatus
from lib import history, jobs, sync
from lib.codes import code_doctor, code_questions, codes
from lib.codes.code_cases import Act, Finding, Tone
from lib.codes.code_clearing import CodeGroup
from lib.problems import Refused
from lib.products import listings
from tests.lib.shop import BARE, CHARLIE, LAMP, LILY, MUG, MUG_CODE, NORDWIND_CODE, SERUM, all_of, company, do, put

GONE = 50
NORDWIND = {"asin": "B08HJKL2M9", "title": "Fineliners", "brand": "Nordwind"}


@pytest.fixture
def shop(database, monkeypatch):
    monkeypatch.setenv("CARAVAN_DEMO_DELAY", "0")
    company()
    for number in (MUG, LAMP, SERUM):
        change(Product, number, picture=f"{number}.webp")


def change(model, number, **values):
    with transaction(SYSTEM, "tests.change") as session:
        for name, value in values.items():
            setattr(session.get_one(model, number), name, value)


def held(code, product_id=None, state=CodeState.ASSIGNED, **values):
    type = CodeType.UPCA if len(code) == 12 else CodeType.EAN13
    put(
        Code(
            gtin14=code.zfill(14),
            code=code,
            type=type,
            licence=Licence.MAKER,
            state=state,
            product_id=product_id,
            **values,
        )
    )


def said(code, verdict=CheckVerdict.NONE, *items, store_id=1, **values):
    """What the catalogue has said of a code, a moment ago."""
    put(CatalogueCheck(gtin14=code.zfill(14), store_id=store_id, verdict=verdict, matches=list(items), **values))


def listed(product_id=MUG, status=ListingStatus.FAILED, sku="MUG", **values):
    put(
        Listing(
            product_id=product_id,
            store_id=1,
            seller_sku=sku,
            status=status,
            **{"code": MUG_CODE, "price": Decimal(9)} | values,
        )
    )


def examine(*subjects):
    with reading() as session:
        return code_doctor.examine(session, subjects[0] if isinstance(subjects[0], str) else list(subjects))


def one(subject):
    [found] = examine(subject)
    return found


def reserve(count=1):
    do(LILY, codes.reserve, CodeType.EAN13, "910", count, acknowledged=True)


def state_of(code):
    with reading() as session:
        row = session.scalars(select(Code).where(Code.gtin14 == code.zfill(14))).one()
        return row.state, row.product_id


def product(number):
    with reading() as session:
        return session.get_one(Product, number)


def everything():
    """All that a refusal must leave as it is."""
    with reading() as session:
        counts = [session.scalar(select(func.count()).select_from(model)) for model in (ChangeSet, Job)]
    rows = [(row.gtin14, row.state, row.product_id) for row in all_of(Code)]
    products = [(row.id, row.ean) for row in all_of(Product)]
    return counts, rows, products, [(row.code, row.asin, row.issue, row.status) for row in all_of(Listing)]


def refused(match, *args, actor=LILY, **kwargs):
    before = everything()
    with pytest.raises(Refused, match=match):
        do(actor, code_doctor.cure, *args, **kwargs)
    assert everything() == before


# What is meant


def test_subjects_are_found_however_they_are_separated(shop):
    put(Product(id=60, sku="A B"))
    listed(asin="B0MUGMUG00", sku="SELLER-1")
    put(CosellOffer(store_id=1, asin="B0CCAMP123", sku="CO-1", product_id=LAMP, quantity=1))
    text = f"MUG, LAMP;B0MUGMUG00\n{MUG_CODE[:1]} {MUG_CODE[1:7]} {MUG_CODE[7:]}\tA B，SELLER-1 b0ccamp123 nonsense MUG"
    found = [(c.facts.subject, c.facts.product and c.facts.product.sku) for c in examine(text)]
    assert found == [
        ("MUG", "MUG"), ("LAMP", "LAMP"), ("B0MUGMUG00", "MUG"), ("9 520000 000011", "MUG"), ("A B", "A B"),
        ("SELLER-1", "MUG"), ("b0ccamp123", "LAMP"), ("nonsense", None),
    ]  # fmt: skip
    assert one("nonsense").finding is Finding.NOTHING


def test_too_many_are_refused(shop):
    with pytest.raises(Refused, match="At most 200 are examined at once, not 201. Nothing was examined"):
        examine(" ".join(f"S{n}" for n in range(201)))
    with pytest.raises(Refused, match="not 201"):
        examine(*range(1, 202))
    with pytest.raises(Refused, match="20,000 characters"):
        examine("x" * 20_001)


def test_a_twin_leads_to_the_same_product(shop):
    change(Product, MUG, ean="036000291452")
    assert [c.facts.product.sku for c in examine("0036000291452 00036000291452")] == ["MUG", "MUG"]


# The verdicts


def test_a_code_that_nobody_has_is_healthy(shop):
    said(MUG_CODE)
    found = one(MUG)
    assert (found.finding, found.step.act, found.is_curable, found.offers) == (Finding.HEALTHY, Act.NOTHING, False, ())
    assert {e.tone for e in found.evidence} == {Tone.GOOD, Tone.OPEN}
    assert [e.said.zh for e in found.evidence] == [
        "未删除。", "校验位正确。", "编码台账中没有。", "没有重复。", "平台目录中没有此编码。", "图片没有共用。",
    ]  # fmt: skip


@pytest.mark.parametrize("verdict", [None, CheckVerdict.FAILED])
def test_without_an_answer_it_is_not_checked(shop, verdict):
    if verdict:
        said(MUG_CODE, verdict)
    found = one(MUG)
    assert (found.finding, found.step.act) == (Finding.UNKNOWN, Act.ASK)


def test_an_old_answer_that_was_good_is_none(shop):
    said(MUG_CODE, at=now() - timedelta(hours=25))
    assert one(MUG).finding is Finding.UNKNOWN


def test_an_old_answer_that_was_bad_still_warns(shop):
    said(NORDWIND_CODE, CheckVerdict.OTHER_BRAND, NORDWIND, at=now() - timedelta(days=9))
    assert one(LAMP).finding is Finding.OTHER_ITEM


def test_a_code_of_somebody_elses_item(shop):
    said(NORDWIND_CODE, CheckVerdict.OTHER_BRAND, NORDWIND)
    found = one(NORDWIND_CODE)
    assert (found.finding, found.step.act, found.asins) == (Finding.OTHER_ITEM, Act.CURE, ("B08HJKL2M9",))
    assert "B08HJKL2M9 (brand Nordwind): another brand than ours" in " ".join(e.said.en for e in found.evidence)
    assert found.step.said.en == (
        "If it is the very same article of the same brand, co-sell. If not, take the code off, give it a fresh code and upload it again."
    )
    assert found.offers[0].en.startswith("Co-sell on B08HJKL2M9: only when it is the same brand")
    assert [offer.zh[:4] for offer in found.offers] == ["同品牌同", "自有品牌", "购买的 "]


def test_the_brand_of_today_counts(shop):
    said(NORDWIND_CODE, CheckVerdict.OTHER_BRAND, NORDWIND)
    change(Product, LAMP, brand="nordwind ")
    assert one(LAMP).finding is Finding.HEALTHY


def test_a_code_without_a_product_of_ours(shop):
    said("0885626993390", CheckVerdict.OTHER_BRAND, NORDWIND)
    found = one("885626993390")
    assert (found.finding, found.step.act, found.facts.product) == (Finding.OTHER_ITEM, Act.NOTHING, None)
    assert found.step.said.en.startswith("Never put this code on a product.")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("4006381333932", "its check digit would be 1"),
        ("2001234567893", "each shop"),
        ("9901234567899", "coupons"),
        ("400638133393", "its check digit would be"),
    ],
)
def test_what_is_no_code_of_a_product(shop, code, words):
    change(Product, MUG, ean=code)
    found = one(MUG)
    assert (found.finding, found.step.act) == (Finding.WRONG, Act.CURE)
    assert words in next(e.said.en for e in found.evidence if e.question == "Is it a product's code?")


def test_a_book_has_its_isbn(shop):
    change(Product, MUG, ean="9780132354189")
    found = one(MUG)
    [line] = [e for e in found.evidence if e.question == "Is it a product's code?"]
    assert (found.finding, line.tone, line.said.zh) == (Finding.UNKNOWN, Tone.MIND, "这是图书编码 (ISBN)。")


def test_no_code(shop):
    assert (one(BARE).finding, one(BARE).step.act) == (Finding.NO_CODE, Act.ASSIGN)


def test_two_living_products_with_a_code_and_its_twin(shop):
    change(Product, MUG, ean="036000291452")
    change(Product, LAMP, ean="0036000291452")
    held("036000291452", MUG)
    mug, lamp = examine(MUG, LAMP)
    assert (mug.finding, lamp.finding) == (Finding.TWICE, Finding.TWICE)
    assert (mug.step.act, lamp.step.act) == (Act.OTHER, Act.CURE)
    assert mug.step.said.en == "Not a new code here: by the ledger it is MUG's. Cure LAMP instead."
    assert "LAMP (Lamp) has the UPC/EAN twin of it." in [e.said.en for e in mug.evidence]


def deleted_twin(**values):
    """A deleted product that had been sold under the mug's code."""
    given = {
        "sku": "GONE",
        "title_en": "Old cup",
        "ean": MUG_CODE,
        "state": LibraryState.DELETED,
        "picture": "old.webp",
    }
    put(Product(id=GONE, **given | values))
    held(MUG_CODE, GONE, CodeState.EXPOSED, exposed_at=now())


def test_a_deleted_product_blocks(shop):
    deleted_twin()
    mug, gone = examine(MUG, GONE)
    assert (mug.finding, mug.step.act) == (Finding.DELETED, Act.CURE)
    assert mug.step.said.zh == "清除已删除 GONE 的编码，换新编码并重新上传。"
    assert (gone.finding, gone.step.act) == (Finding.DELETED, Act.RESTORE)
    assert [c.facts.product.sku for c in examine(MUG_CODE)] == ["MUG", "GONE"]


def test_the_listing_is_on_another_asin_than_the_code(shop):
    said(MUG_CODE, CheckVerdict.SAME_BRAND, {"asin": "B0CODECODE", "title": "Mug", "brand": ""})
    listed(status=ListingStatus.ACTIVE, asin="B0LISTING0")
    found = one(MUG)
    assert (found.finding, found.step.act) == (Finding.ASIN_DIFFERS, Act.CORRECT)
    assert "MUG is active on B0LISTING0. The code leads to B0CODECODE." in [e.said.en for e in found.evidence]


def test_one_picture_on_two_products(shop):
    said(MUG_CODE)
    change(Product, LAMP, picture="1.webp")
    found = one(MUG)
    assert (found.finding, found.step.act) == (Finding.PICTURE, Act.PICTURE)
    assert found.evidence[-1].said.en == "Yes, the very same file is on LAMP."
    change(Product, LAMP, parent_id=MUG)
    assert one(MUG).finding is Finding.HEALTHY, "variations of one product may share a picture"


# Where a new code is not the right step


def foreign(**values):
    """The mug's code belongs to Nordwind's item, and its listing was refused or mixed up."""
    said(MUG_CODE, CheckVerdict.OTHER_BRAND, NORDWIND)
    held(MUG_CODE, MUG, CodeState.EXPOSED, exposed_at=now())
    listed(**values)
    reserve()


@pytest.mark.parametrize("status", [ListingStatus.ACTIVE, ListingStatus.FAILED, ListingStatus.INACTIVE])
def test_a_product_with_its_own_asin_never_gets_a_second_one(shop, status):
    foreign(status=status, asin="B0MUGMUG00")
    found = one(MUG)
    assert (found.finding, found.step.act) == (Finding.OTHER_ITEM, Act.CORRECT)
    assert (
        "Not a new code: MUG has B0MUGMUG00 already. A second ASIN for one product is forbidden." in found.step.said.en
    )
    refused("A second ASIN for one product is forbidden", MUG)


def test_an_upload_on_its_way_is_waited_for(shop):
    foreign(status=ListingStatus.UPLOADING)
    refused("Its upload to US-01 is on its way. Wait for the answer. Nothing was changed", MUG)


def test_an_offer_on_somebody_elses_item_is_closed_there_first(shop):
    foreign(status=ListingStatus.ACTIVE, asin="B08HJKL2M9")
    assert one(MUG).step.said.en.startswith(
        "First close the offer MUG in US-01 on the marketplace: it stays on B08HJKL2M9"
    )
    refused("close MUG in US-01 on B08HJKL2M9 on the marketplace first", MUG)
    assert do(LILY, code_doctor.cure, MUG, is_closed=True).endswith("1 listing waits to be sent.")


def test_the_same_article_that_was_deleted_is_restored(shop):
    deleted_twin(title_en=" MUG")
    put(
        Listing(
            product_id=GONE,
            store_id=1,
            seller_sku="GONE",
            status=ListingStatus.ACTIVE,
            asin="B0OLDOLD00",
            price=Decimal(9),
        )
    )
    reserve()
    refused("the deleted GONE looks like the same article and has B0OLDOLD00. A second ASIN", MUG)


@pytest.mark.parametrize(
    ("number", "words"), [(MUG, "Ask the marketplace first"), (BARE, "Give it a reserved code"), (99, "exist")]
)
def test_what_needs_no_cure_is_refused(shop, number, words):
    reserve()
    refused(words, number)


def test_a_deleted_product_is_not_cured(shop):
    deleted_twin()
    reserve()
    refused("GONE is deleted", GONE)


def test_without_a_reserved_code_nothing_is_cleared(shop):
    deleted_twin()
    listed()
    refused("0 are reserved. Nothing was assigned", MUG)


def test_a_code_of_another_type_than_chosen_stays(shop):
    deleted_twin()
    reserve()
    refused("None has such a code", MUG, CodeGroup.UPC)


def test_charlie_may_not(shop):
    foreign()
    refused("Lister or Admin may", MUG, actor=CHARLIE)


# The cure


def test_the_cure_of_the_source_is_one_change_set(shop):
    """Clear the deleted product, keep its history, a fresh code for the living one, and up again."""
    deleted_twin()
    put(
        Listing(id=70, product_id=GONE, store_id=1, seller_sku="GONE", status=ListingStatus.FAILED, code=MUG_CODE, issue="8572: no",
                price=Decimal(9)),
        Listing(id=71, product_id=MUG, store_id=1, seller_sku="MUG", status=ListingStatus.FAILED, code=MUG_CODE, issue="8572: no",
                price=Decimal(9)),
        Listing(id=72, product_id=MUG, store_id=2, seller_sku="MUG", status=ListingStatus.INACTIVE, code=MUG_CODE, price=Decimal(9)),
    )  # fmt: skip
    put(UploadDetail(listing_id=70, actor="lily", sent={"sku": "GONE"}, code=MUG_CODE, currency="USD", formula=""))
    reserve()
    [fresh] = [row.code for row in all_of(Code) if row.state is CodeState.RESERVED]
    sets = len(all_of(ChangeSet))
    text = do(LILY, code_doctor.cure, MUG, CodeGroup.EAN)
    assert text.startswith(f"MUG: {MUG_CODE} is off, {fresh} is on. 1 code")
    assert text.endswith(" 1 listing waits to be sent.")
    assert (product(GONE).ean, product(MUG).ean) == (None, fresh)
    assert (state_of(MUG_CODE), state_of(fresh)) == ((CodeState.RETIRED, GONE), (CodeState.ASSIGNED, MUG))
    assert [(row.id, row.code, row.asin, row.issue, row.status) for row in all_of(Listing)] == [
        (70, None, None, None, ListingStatus.NOT_UPLOADED),
        (71, fresh, None, None, ListingStatus.QUEUED),
        (72, fresh, None, None, ListingStatus.INACTIVE),
    ]
    assert [(row.listing_id, row.code) for row in all_of(UploadDetail)] == [(70, MUG_CODE)]
    assert [job.kind for job in all_of(Job)] == ["sync"]
    assert (len(all_of(ChangeSet)), all_of(ChangeSet)[-1].command) == (sets + 1, "code_doctor.cure")
    sync.poll()
    assert all_of(Listing)[1].status is ListingStatus.ACTIVE
    assert one(MUG).finding is Finding.HEALTHY


def test_a_code_of_somebody_else_is_retired_and_never_given_out_again(shop):
    do(LILY, listings.create, [LAMP], [1])
    held(NORDWIND_CODE, LAMP)
    sync.poll()
    assert one(LAMP).finding is Finding.OTHER_ITEM
    reserve(2)
    do(LILY, code_doctor.cure, LAMP)
    assert state_of(NORDWIND_CODE) == (CodeState.RETIRED, LAMP)
    sync.poll()
    [row] = all_of(Listing)
    assert (row.status, row.code, row.issue) == (ListingStatus.ACTIVE, product(LAMP).ean, None)


def test_the_other_owner_keeps_the_code(shop):
    change(Product, LAMP, ean=MUG_CODE)
    held(MUG_CODE, MUG)
    reserve()
    do(LILY, code_doctor.cure, LAMP)
    assert (state_of(MUG_CODE), product(MUG).ean) == ((CodeState.ASSIGNED, MUG), MUG_CODE)
    assert product(LAMP).ean.startswith("910")


def test_the_code_of_a_run_is_taken_when_one_is_named(shop):
    foreign()
    do(LILY, codes.reserve, CodeType.EAN13, "911", 1, acknowledged=True)
    do(LILY, code_doctor.cure, MUG, run_id=2)
    assert product(MUG).ean.startswith("911")


def test_a_cure_is_taken_back_but_for_what_a_marketplace_has_seen(shop):
    foreign(issue="8572: no")
    do(LILY, code_doctor.cure, MUG)
    fresh = product(MUG).ean
    text = do(LILY, history.undo, all_of(ChangeSet)[-1].id)
    assert f"Code {MUG_CODE} was sent to a marketplace: it stays" in text
    assert (product(MUG).ean, state_of(MUG_CODE), state_of(fresh)) == (
        None, (CodeState.RETIRED, MUG), (CodeState.RESERVED, None),
    )  # fmt: skip
    [row] = all_of(Listing)
    assert (row.code, row.issue, row.status) == (MUG_CODE, "8572: no", ListingStatus.FAILED)


def test_after_the_upload_the_fresh_code_stays_too(shop):
    foreign()
    do(LILY, code_doctor.cure, MUG)
    cured, fresh = all_of(ChangeSet)[-1].id, product(MUG).ean
    sync.poll()
    with pytest.raises(Refused, match=f"Code {fresh} was sent to a marketplace: it stays"):
        do(LILY, history.undo, cured)
    assert (product(MUG).ean, state_of(fresh)) == (fresh, (CodeState.EXPOSED, MUG))
    [row] = all_of(Listing)
    assert (row.code, row.status) == (fresh, ListingStatus.ACTIVE)


# Asking, and the report


def test_asking_again_is_a_job_and_a_double_click_is_one(shop):
    assert do(LILY, code_doctor.ask, [MUG_CODE, "nonsense"]) == "The marketplaces are asked about 1 code."
    do(LILY, code_doctor.ask, [MUG_CODE])
    [job] = all_of(Job)
    assert (job.kind, job.arguments) == ("catalogue", {"codes": [MUG_CODE]})
    assert one(MUG).finding is Finding.UNKNOWN
    assert jobs.JOBS[job.kind] is code_questions.check_codes
    assert jobs.JOBS[job.kind](LILY, job.arguments, lambda *_: None) == "2 answers about codes."
    assert one(MUG).finding is Finding.HEALTHY


def test_asking_about_nothing_is_refused(shop):
    for asked, words in (([], "None of these"), (["4006381333932"], "None of these")):
        with pytest.raises(Refused, match=words):
            do(LILY, code_doctor.ask, asked)
    with pytest.raises(Refused, match="Lister or Admin may"):
        do(CHARLIE, code_doctor.ask, [MUG_CODE])
    assert list(all_of(Job)) == []


def test_the_report_has_a_line_for_each_case(shop):
    said(NORDWIND_CODE, CheckVerdict.OTHER_BRAND, NORDWIND)
    change(Product, LAMP, sku="=LAMP")
    lines = code_doctor.report(examine(LAMP, BARE)).decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith('"Subject","SKU","Code","Verdict","结论","Evidence","证据","Next step","下一步"')
    assert lines[1].startswith(f'"\'=LAMP","\'=LAMP","{NORDWIND_CODE}","Belongs to another item","编码属于别的商品"')
    assert '"BARE","BARE","","No code","没有编码"' in lines[2]
