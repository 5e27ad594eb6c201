"""Applying: what is previewed becomes the prices of the listings, all at one moment; past the breaker only with a reason."""

import streamlit as st

from lib import rights
from lib.counted import agreeing, counted
from lib.prices import price_looks, price_rules, price_runs
from lib.prices.price_draft import Draft, Scope
from lib.prices.price_looks import Library, Look
from lib.rights import Right
from lib.ui import page
from lib.ui.prices.lab_bench import Bench
from lib.ui.prices.lab_desk import Desk

LONGEST_REASON = 500
ICON = ":material/sell:"


def show(desk: Desk) -> None:
    """The dialog: which prices, what the breaker says, and the button. Closed, the laboratory looks again."""
    st.dialog("Apply prices", width="medium", icon=ICON, on_dismiss="rerun")(_dialog)(desk)


def ticked(listing_ids: tuple[int, ...]) -> None:
    """The same for picked listings: the price that the saved rules give today."""
    known: Library = page.read(price_looks.library)
    look: Look = page.read(price_looks.take, known, known.book, scope := Scope(listings=listing_ids))
    show(Desk(Bench("ticked"), known, known.book, Draft(), look, look, scope))


def _dialog(desk: Desk) -> None:
    if desk.ticked:
        many, some = desk.look.count, f"The {len(desk.ticked)} ticked"
        every = f"{agreeing(many, 'The', 'All')} {counted(many, 'price')} of the preview"
        if st.radio("Which prices?", [every, some], key="lab which", horizontal=True) == some:
            desk = desk.alone()
    _counts(desk.look)
    if desk.draft:
        st.caption("What is tried is saved first, as a change of its own; then the prices are applied.")
    for text in desk.warnings[:5]:
        st.warning(page.plain(text), icon=":material/warning:")
    reason, stopped = _breaker(desk.look)
    label = f"{'Save and apply' if desk.draft else 'Apply'}{' in spite of it' if desk.look.stops else ''}"
    if page.button(
        label, needs=Right.PRICES, primary=True, disabled=stopped or not desk.look.count, key="lab apply now", icon=ICON
    ):
        _apply(desk, reason)


def _counts(look: Look) -> None:
    found = look.preview
    parts = [(found.up, "up"), (found.down, "down"), (found.first, "for the first time")]
    moves = f": {', '.join(f'{n:,} {way}' for n, way in parts if n)}" if look.count else ""
    st.markdown(f"**{counted(look.count, 'price')}** would move{moves}.")
    stay = [
        (found.same, agreeing(found.same, "stays as it is", "stay as they are")),
        (found.locked, agreeing(found.locked, "is locked", "are locked")),
        (found.none, agreeing(found.none, "has no price to get", "have no price to get")),
    ]
    if any(n for n, _ in stay):
        st.caption(f"{', '.join(f'{n:,} {what}' for n, what in stay if n)}.")


def _breaker(look: Look) -> tuple[str, bool]:
    """What it says; the reason for going on, and whether it stops this person."""
    if not look.stops:
        limits = look.limits
        st.success(f"The breaker lets this pass: at most {limits.most_moved.normalize():f} % of all prices move, none by more than "
                   f"{limits.most_change.normalize():f} %, and none goes below floor or cost.", icon=":material/check:")  # fmt: skip
        return "", False
    for problem in look.stops:
        st.error(page.plain(problem.text), icon=":material/electrical_services:")
    if not page.may(Right.OVERRULE):
        st.info(f"The breaker stops this. {rights.who(Right.OVERRULE)} may apply it in spite of that, with a reason.")
        return "", True
    reason = st.text_area("Reason, kept with the run", key="lab reason", max_chars=LONGEST_REASON, height=80) or ""
    return reason.strip(), not reason.strip()


def _apply(desk: Desk, reason: str) -> None:
    """Save, then apply; each is told, also when the second is refused."""
    saved = ""
    if desk.draft:
        said = page.attempt(price_rules.save_draft, desk.draft, desk.bench.seen(desk.draft), confirmed=True)
        if said is None:
            return
        desk.bench.clear(desk.draft)
        saved = f"{said} "
    news = page.attempt(price_runs.apply, desk.scope, desk.look.preview.digest, reason, desk.bench.title, bool(desk.look.stops),
                        desk.look.count, desk.look.at)  # fmt: skip
    if news is not None:
        page.announce(saved + news)
    elif saved:
        st.info(page.plain(saved))
