"""The doctor for mixed-up pictures: name products, see a verdict with its evidence for each, and do the safest thing next.

A link opens it for one product or code: ?e_tab=Doctor&doctor=SKU.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial

import streamlit as st

from lib.codes import code_doctor, code_facts, code_steps
from lib.codes.code_cases import ZH, Act, Case, Evidence, Finding, Tone
from lib.codes.code_clearing import CodeGroup
from lib.problems import Refused
from lib.rights import Right
from lib.ui import page
from lib.ui.jobs import jobs_panel

KEY, MOST_SHOWN = "doctor", 50
ICONS = {Tone.GOOD: "check_circle", Tone.BAD: "cancel", Tone.MIND: "warning", Tone.OPEN: "help"}
STEPS = {
    Act.CURE: "healing", Act.ASK: "contact_support", Act.CORRECT: "edit_note", Act.OTHER: "alt_route", Act.PICTURE: "image",
    Act.ASSIGN: "barcode", Act.RESTORE: "restore_from_trash", Act.WAIT: "schedule", Act.NOTHING: "task_alt",
}  # fmt: skip


def show(picked: Sequence[int] = ()) -> None:
    """The box, or products that are ticked elsewhere, and a card for each case."""
    jobs_panel("catalogue")
    text = st.text_area(
        "SKUs, codes or ASINs", key=KEY, height=100, max_chars=code_facts.MOST_LETTERS, bind="query-params",
        placeholder="KIT-1001, 4006381333931, B08HJKL2M9 …",
        help=f"Separated anyhow, at most {code_facts.MOST}. What has mixed-up pictures, or was not sent.",
    )  # fmt: skip
    cases = _examined(text or "", picked)
    if not cases:
        st.caption(
            "Pictures and product disagree on the marketplace? Then the code may belong to another item there. The doctor looks at the "
            "ledger, your library and the marketplaces' catalogues, and says what is safe to do. 图片串了？请输入 SKU、编码或 ASIN。"
        )
        return
    _summary(cases)
    for place, one in enumerate(cases[:MOST_SHOWN]):
        _card(one, place)
    if len(cases) > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN} of {len(cases):,} cases. The report has all.")


def _examined(text: str, picked: Sequence[int]) -> list[Case]:
    """What is written goes before what is ticked."""
    try:
        if text.strip():
            return page.read(code_doctor.examine, text)
        return page.read(code_doctor.examine, list(picked)) if picked else []
    except Refused as refusal:
        page.complain(refusal)
        return []


def _summary(cases: Sequence[Case]) -> None:
    counts = Counter(one.finding for one in cases)
    with st.container(horizontal=True, vertical_alignment="center"):
        for finding in Finding:
            if finding in counts:
                _badge(finding, f"{counts[finding]:,} × ")
        st.space("stretch")
        _ask([one.facts.code for one in cases], "all")
        st.download_button(
            "Report (CSV)", partial(code_doctor.report, cases), "doctor.csv", "text/csv", key="doctor report", on_click="ignore",
            icon=":material/download:",
        )  # fmt: skip


def _badge(finding: Finding, before: str = "") -> None:
    colour: str = finding.colour
    st.badge(f"{before}{finding.label} · {ZH[finding]}", color=colour, help=finding.meaning)  # type: ignore[arg-type]


def _ask(codes: Sequence[str], key: str) -> None:
    asked = [code for code in codes if code]
    if page.button("Ask the marketplace again", key=f"doctor ask {key}", needs=Right.CODES, disabled=not asked,
                   icon=":material/travel_explore:", help="What do their catalogues know of the code now?"):  # fmt: skip
        page.perform(code_doctor.ask, asked)


# A case


def _card(one: Case, place: int) -> None:
    facts = one.facts
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            name = facts.product.sku if facts.product else facts.subject
            st.markdown(f"**{page.plain(name)}** {page.plain(facts.code)}", width="content")
            _badge(one.finding)
        if facts.product and facts.product.title:
            st.caption(page.plain(facts.product.title))
        st.markdown("  \n".join(_line(evidence) for evidence in one.evidence))
        st.info(
            f"{page.plain(one.step.said.en)}  \n{page.plain(one.step.said.zh)}",
            icon=f":material/{STEPS[one.step.act]}:",
        )
        _buttons(one, place)


def _line(evidence: Evidence) -> str:
    tone = evidence.tone
    mark = f":{tone.colour}[:material/{ICONS[tone]}:]"
    return (
        f"- {mark} {page.plain(evidence.question)} {page.plain(evidence.said.en)} :gray[{page.plain(evidence.said.zh)}]"
    )


def _buttons(one: Case, place: int) -> None:
    facts = one.facts
    with st.container(horizontal=True, vertical_alignment="center"):
        if one.is_curable and page.button(
            "Cure…", key=f"doctor cure {place}", needs=Right.CODES, primary=True, icon=":material/healing:"
        ):
            st.dialog("Cure", width="medium", icon=":material/healing:")(cure)(one)
        if facts.code:
            _ask([facts.code], str(place))
        for asin in one.asins[:3] if one.offers else ():
            st.page_link("pages/cosell.py", label=f"Co-sell {asin}", icon=":material/handshake:", query_params={"s_text": asin},
                         help="Only the same brand and the same item: add an offer with this ASIN there")  # fmt: skip
        if one.offers:
            with st.popover("Other ways", icon=":material/more_horiz:"):
                st.markdown("\n".join(f"- {page.plain(said.en)} :gray[{page.plain(said.zh)}]" for said in one.offers))


# The cure


def cure(one: Case) -> None:
    """What would happen, what has to be confirmed, and the button."""
    facts = one.facts
    assert facts.product is not None
    st.markdown("\n".join(f"- {page.plain(said.en)} :gray[{page.plain(said.zh)}]" for said in code_steps.plan(facts)))
    fresh = page.read(code_doctor.next_code)
    if fresh:
        st.caption(f"The next reserved code is {fresh}.")
    else:
        st.warning("No code is reserved. Reserve one first (tab Generate).", icon=":material/barcode:")
    group = CodeGroup.ALL
    if any(other.code for other in facts.deleted):
        group = CodeGroup(st.segmented_control(
            "Code type to clear", list(CodeGroup), default=CodeGroup.ALL, required=True, format_func=lambda g: g.label, key="doctor group",
            help="From deleted products that hold the code",
        ) or CodeGroup.ALL)  # fmt: skip
    is_closed = not facts.mixed_up
    for mixed in facts.mixed_up[:1]:
        is_closed = st.checkbox(
            f"The offer on {page.plain(mixed.asin)} is closed on the marketplace", key="doctor closed"
        )
    if page.button("Cure", needs=Right.CODES, primary=True, disabled=not (fresh and is_closed), key="doctor cure now"):
        page.perform(code_doctor.cure, facts.product.id, group, is_closed=is_closed)
