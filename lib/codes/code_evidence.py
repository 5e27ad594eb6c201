"""What the doctor shows for its verdict: each question about a code and its product, with what was found, in English and Chinese."""

from collections.abc import Iterator

from db.vocabulary import CheckVerdict, CodeState, Licence, ListingStatus
from lib.codes.catalogue import called
from lib.codes.code_cases import Evidence, Facts, Holder, Said, Tone, differing
from lib.codes.code_verdicts import Judgement, Verdict

STATUS_ZH = {
    ListingStatus.NOT_UPLOADED: "未上传", ListingStatus.QUEUED: "排队中", ListingStatus.UPLOADING: "上传中", ListingStatus.ACTIVE: "在售",
    ListingStatus.WARNING: "在售有警告", ListingStatus.FAILED: "失败", ListingStatus.INACTIVE: "已下架", ListingStatus.DELETED: "已删除",
}  # fmt: skip
STATE_ZH = {
    CodeState.RESERVED: "已预留",
    CodeState.ASSIGNED: "已分配",
    CodeState.EXPOSED: "平台已见",
    CodeState.RETIRED: "已停用",
}


def evidence(facts: Facts) -> Iterator[Evidence]:
    """Each question with its answer."""
    if facts.product:
        yield _state(facts.product)
    if not facts.code:
        return
    if facts.judgement:
        yield _well_formed(facts.code, facts.judgement)
    yield _ledger(facts)
    yield from _others(facts)
    yield from _catalogue(facts)
    yield from _listings(facts)
    if facts.product:
        yield _picture(facts)


def _state(product: Holder) -> Evidence:
    if product.is_deleted:
        said = Said(f"{product.sku} is deleted. Its code stays with it.", "产品已删除，编码仍归它。")
        return Evidence("Is the product deleted?", Tone.MIND, said)
    return Evidence(
        "Is the product deleted?", Tone.GOOD, Said(f"No, {product.sku} is {product.state.label.lower()}.", "未删除。")
    )


def _well_formed(code: str, judgement: Judgement) -> Evidence:
    question = "Is it a product's code?"
    if judgement.verdict in (Verdict.OK, Verdict.EAN_8):
        return Evidence(question, Tone.GOOD, Said(f"Yes, the check digit of {code} is right.", "校验位正确。"))
    zh = {
        Verdict.RESTRICTED: "仅限店内使用的号段。",
        Verdict.ISBN: "这是图书编码 (ISBN)。",
        Verdict.COUPON: "这是优惠券号段。",
    }
    tone = Tone.MIND if judgement.verdict is Verdict.ISBN else Tone.BAD
    return Evidence(question, tone, Said(judgement.text, zh.get(judgement.verdict, "编码不正确。")))


def _ledger(facts: Facts) -> Evidence:
    question, entry = "What does the ledger say?", facts.entry
    if entry is None:
        return Evidence(question, Tone.OPEN, Said("The ledger has never held this code.", "编码台账中没有。"))
    holder = entry.holder.sku if entry.holder else "no product"
    seen = f" A marketplace has seen it since {entry.exposed_at:%Y-%m-%d}." if entry.exposed_at else ""
    said = f"{entry.state.label}, {entry.licence.label.lower()}, on {holder}.{seen}"
    is_ours = facts.product is None or (entry.holder is not None and entry.holder.id == facts.product.id)
    is_bad = not is_ours or entry.state is CodeState.RETIRED
    if entry.licence is Licence.GENERATED:
        said += " It is not licensed by GS1: a marketplace may refuse it."
    return Evidence(
        question,
        Tone.BAD if is_bad else Tone.GOOD,
        Said(said, f"台账：{STATE_ZH[entry.state]}，{entry.holder.sku if entry.holder else '无产品'}。"),
    )


def _others(facts: Facts) -> Iterator[Evidence]:
    question = "Does another product of ours have it?"
    for other in facts.others:
        twin = "the UPC/EAN twin of it" if other.code and other.code != facts.code else "it"
        gone = "deleted, " if other.is_deleted else ""
        on = f" and is on {', '.join(other.asins)}" if other.asins else ""
        has = f"has {twin}" if other.code else "had it, and the ledger keeps it there for ever"
        en = f"{other.sku} ({gone}{other.title or 'no title'}) {has}{on}."
        yield Evidence(
            question, Tone.BAD, Said(en, f"{other.sku}{'（已删除）' if other.is_deleted else ''} 也用此编码。")
        )
    if not facts.others:
        yield Evidence(question, Tone.GOOD, Said("No, neither the code nor its UPC/EAN twin.", "没有重复。"))


def _catalogue(facts: Facts) -> Iterator[Evidence]:
    own = set(facts.own_asins)
    for store, look in facts.looks:
        when, asins = f"{look.at:%Y-%m-%d %H:%M} UTC", ", ".join(item.asin for item in look.items)
        items = ", ".join(f"{item.asin} ({called(item.brand)})" for item in look.items)
        is_own = any(item.asin in own for item in look.items)
        same = (f"{items}: our own item ({when}).", f"{asins} 是我们自己的商品。") if is_own else (
            f"{items}: our brand ({when}).", f"平台已有 {asins}，同品牌。")  # fmt: skip
        tone, (en, zh) = {
            CheckVerdict.NONE: (Tone.GOOD, (f"No item has this code ({when}).", "平台目录中没有此编码。")),
            CheckVerdict.SAME_BRAND: (Tone.GOOD, same),
            CheckVerdict.OTHER_BRAND: (Tone.BAD, (f"{items}: another brand than ours ({when}).", f"平台已有 {asins}，品牌不同。")),
            CheckVerdict.SEVERAL: (Tone.BAD, (f"It does not lead to one item: {items} ({when}).", f"对应多个 ASIN：{asins}。")),
            CheckVerdict.FAILED: (Tone.OPEN, (f"Asked in vain ({when}).", "平台没有回答。")),
        }[look.verdict]  # fmt: skip
        if not look.is_fresh and tone is Tone.GOOD:
            tone = Tone.OPEN
        yield Evidence(f"Does the catalogue of {store} know it?", tone, Said(en, zh))
    if not facts.looks:
        yield Evidence("Does the catalogue know it?", Tone.OPEN, Said("Nobody has asked.", "尚未查询平台目录。"))


def _listings(facts: Facts) -> Iterator[Evidence]:
    differ = dict(differing(facts))
    for place in facts.places:
        question, on = f"What is listed in {place.store}?", f" on {place.asin}" if place.asin else ""
        en, tone = f"{place.sku} is {place.status.label.lower()}{on}.", Tone.GOOD
        zh = f"{STATUS_ZH[place.status]}{'：' + place.asin if place.asin else ''}。"
        if place.asin in facts.foreign:
            en, zh, tone = f"{en} That is somebody else's item.", f"{zh}挂到了别人的商品上。", Tone.BAD
        elif place in differ:
            en, zh, tone = f"{en} The code leads to {differ[place]}.", f"{zh}编码对应 {differ[place]}。", Tone.BAD
        elif place.code and place.code != facts.code:
            en, tone = f"{en} It was sent under {place.code}.", Tone.MIND
        elif place.status is ListingStatus.FAILED:
            en, tone = f"{en} {place.issue}".rstrip(), Tone.MIND
        yield Evidence(question, tone, Said(en, zh))


def _picture(facts: Facts) -> Evidence:
    question = "Is its picture on another product too?"
    if not facts.look_alikes:
        return Evidence(question, Tone.GOOD, Said("No.", "图片没有共用。"))
    skus = ", ".join(one.sku for one in facts.look_alikes[:5]) + (" …" if len(facts.look_alikes) > 5 else "")
    return Evidence(question, Tone.MIND, Said(f"Yes, the very same file is on {skus}.", f"与 {skus} 图片相同。"))
