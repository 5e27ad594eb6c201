"""The doctor's advice: the safest next step for a case, and why a new code is often not it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from db.vocabulary import ListingStatus
from lib.codes.code_cases import Act, Case, Facts, Finding, Said, Step, finding
from lib.codes.code_evidence import evidence

FORBIDDEN = "A second ASIN for one product is forbidden"
EXEMPTION = Said(
    "A GTIN exemption lets a product of your own brand be listed without a code: apply for it on the marketplace.",
    "自有品牌可申请 GTIN 豁免，无需编码上架。",
)
BOUGHT = Said(
    "A bought GTIN, or one under your own GS1 prefix, is safe; generated 910 codes are not licensed.",
    "购买的 GTIN 或自有 GS1 前缀更安全；910 编码未经授权。",
)
SIMPLE = {
    Finding.HEALTHY: Step(Act.NOTHING, Said("Nothing is wrong with the code. Leave it as it is.", "编码正常，无需处理。")),
    Finding.UNKNOWN: Step(
        Act.ASK, Said("Ask the marketplace first: without its answer a new code may make things worse.", "先查询平台，再决定。")
    ),
    Finding.PICTURE: Step(
        Act.PICTURE,
        Said("Not a new code: the code is right. Give one of the products its own picture (Image Sync).", "不要换编码，请更换图片。"),
    ),
    Finding.NO_CODE: Step(Act.ASSIGN, Said("Give it a reserved code, then list it.", "先分配编码，再上架。")),
    Finding.NOTHING: Step(Act.NOTHING, Said("Give a SKU, a code or an ASIN that one of our listings has.", "请输入 SKU、编码或 ASIN。")),
}  # fmt: skip
WITHOUT_PRODUCT = {
    Finding.OTHER_ITEM: Said("Never put this code on a product. Co-sell if it is the very same article.", "不要使用此编码；同款可跟卖。"),
    Finding.DELETED: Said("A deleted product holds it, and it is never given to another one.", "编码属于已删除产品，不会再分配。"),
    Finding.WRONG: Said("It cannot be used. Look at the packaging, or ask who gave it to you.", "编码不可用，请核对。"),
}  # fmt: skip


def case(facts: Facts) -> Case:
    """All that the doctor has to say about one subject."""
    found = finding(facts)
    made = Case(facts, found, tuple(evidence(facts)), step(facts, found))
    return replace(made, offers=tuple(_offers(made.asins, found)))


def step(facts: Facts, found: Finding) -> Step:
    """The safest next step."""
    if found in SIMPLE:
        return SIMPLE[found]
    if facts.product is None:
        return Step(Act.NOTHING, WITHOUT_PRODUCT.get(found, SIMPLE[Finding.NOTHING].said))
    return next(_obstacles(facts), None) or Step(Act.CURE, _cure(facts, found))


def _obstacles(facts: Facts) -> Iterator[Step]:
    """Why the right step is not a new code, the strongest reason first."""
    product = facts.product
    assert product is not None
    if product.is_deleted:
        said = f"Not a new code: {product.sku} is deleted. Clear its code for good, or restore it in the library first."
        yield Step(Act.RESTORE, Said(said, "产品已删除：先清除其编码，或先恢复产品。"))
    if facts.own_asins:
        asins = ", ".join(facts.own_asins)
        said = (
            f"Not a new code: {product.sku} has {asins} already. {FORBIDDEN}. Correct the listing on the marketplace (its product "
            "ID, brand or picture), or ask its support, with proof that the code is yours."
        )
        yield Step(Act.CORRECT, Said(said, f"不要换编码：已有 {asins}，禁止重复 ASIN。请更正该商品或联系平台客服。"))
    if busy := [place.store for place in facts.places if place.status is ListingStatus.UPLOADING]:
        said = f"Its upload to {', '.join(busy)} is on its way. Wait for the answer."
        yield Step(Act.WAIT, Said(said, "正在上传，请等待平台回复。"))
    if facts.others and facts.entry and facts.entry.holder and facts.entry.holder.id == product.id:
        yield _of_the_other(facts)
    same = next((other for other in facts.deleted if other.asins and other.is_like(product)), None)
    if same:
        asins = ", ".join(same.asins)
        said = (
            f"Not a new code: the deleted {same.sku} looks like the same article and has {asins}. {FORBIDDEN}. Restore "
            f"{same.sku}, or co-sell on {asins}."
        )
        yield Step(Act.RESTORE, Said(said, f"不要换编码：已删除的 {same.sku} 疑为同款，已有 {asins}。请恢复或跟卖。"))


def _of_the_other(facts: Facts) -> Step:
    """The ledger gives the code to this product: it is the other one that has to let go."""
    product, other = facts.product, (*facts.living, *facts.deleted)[0]
    assert product is not None
    verb = "Clear it from the deleted" if other.is_deleted else "Cure"
    said = f"Not a new code here: by the ledger it is {product.sku}'s. {verb} {other.sku} instead."
    return Step(Act.OTHER, Said(said, f"编码归 {product.sku}，请处理 {other.sku}。"))


def _cure(facts: Facts, found: Finding) -> Said:
    fresh = "give it a fresh code and upload it again"
    if found is Finding.OTHER_ITEM:
        first = "".join(
            f"First close the offer {p.sku} in {p.store} on the marketplace: it stays on {p.asin} whatever is sent. "
            for p in facts.mixed_up
        )
        said = f"{first}If it is the very same article of the same brand, co-sell. If not, take the code off, {fresh}."
        return Said(said, "同款请跟卖；否则清除编码，换新编码后重新上传。")
    if found is Finding.TWICE:
        return Said(
            f"The code stays with {facts.living[0].sku}: take it off this one, {fresh}.", "此产品换新编码并重新上传。"
        )
    if found is Finding.DELETED:
        gone = ", ".join(other.sku for other in facts.deleted)
        return Said(
            f"Clear the code of the deleted {gone}, {fresh}.", f"清除已删除 {gone} 的编码，换新编码并重新上传。"
        )
    return Said(
        f"Take the wrong code off, {fresh}. It is never repaired: nobody knows which digit is wrong.",
        "清除错误编码，换新编码。",
    )


def _offers(asins: Sequence[str], found: Finding) -> Iterator[Said]:
    """Ways that need no generated code."""
    if found in (Finding.HEALTHY, Finding.PICTURE, Finding.NOTHING, Finding.UNKNOWN):
        return
    for asin in asins:
        said = f"Co-sell on {asin}: only when it is the same brand and the same item, and you may sell it."
        yield Said(said, f"同品牌同款且有权销售时，可跟卖 {asin}。")
    yield EXEMPTION
    yield BOUGHT


def plan(facts: Facts) -> list[Said]:
    """What the cure would do, line by line."""
    gone = "loses its code, which is retired for ever; its listings can be uploaded anew."
    lines = [Said(f"{other.sku} (deleted) {gone}", f"清除 {other.sku} 的编码。") for other in facts.deleted]
    if facts.product:
        sku, code = facts.product.sku, facts.code
        ours = facts.entry and facts.entry.holder and facts.entry.holder.id == facts.product.id
        off = f"{code} goes off {sku}{' and is retired for ever' if ours else ''}."
        lines += [
            Said(off, f"{sku} 清除 {code}。"),
            Said(f"{sku} gets the oldest code that is reserved.", f"{sku} 使用最早预留的编码。"),
            Said(
                "Its listings that are to be on sale are queued with it; the records of what was sent stay.",
                "重新排队上传；上传记录保留。",
            ),
        ]
    return lines
