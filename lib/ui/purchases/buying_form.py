"""Add purchase: one form for one order line or for many lines of many orders, with the margin while it is filled in.

It says at once who else has it open for the same lines. What a colleague buys meanwhile is read again and told before anything is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import streamlit as st

from lib import rights
from lib.counted import counted
from lib.purchases import buying, buying_claims
from lib.purchases.buying_lines import Proposal
from lib.rights import Right
from lib.ui import columns, focus, page
from lib.ui.purchases import buying_details, buying_result, buying_rows

MOST = 50
"""Lines in one form; the command takes more."""
RENEWS = "60s"
NEXT = "Next: its tracking number, as soon as the seller has sent it."


@dataclass
class Opened:
    """A form that somebody has open: which lines it is for, and what was bought for them when they were read."""

    request: str
    lines: list[int]
    seen: dict[int, int] = field(default_factory=dict)
    edition: int = 0
    """Goes up when the lines are read again, so that their fields and the button begin anew."""
    told: list[str] = field(default_factory=list)
    said: str | None = None
    """The sentence of the purchase, once it is made."""


def fill_in(line_ids: Sequence[int], key: str) -> str | None:
    """The form for these order lines; the sentence of the purchase when it has been made. Each form of a screen has its own key.

    It is open as long as every run draws it: left out of a run it is closed, and the next one is a new request.
    """
    opened = _opened(line_ids, key)
    if opened.said is None:
        _draw(key)
    return opened.said


def close(key: str) -> None:
    """Nothing is bought: forget the form, and let colleagues know that its lines are free."""
    opened = st.session_state.pop(_name(key), None)
    if opened is not None and opened.said is None and page.may(Right.PURCHASES):
        page.attempt(buying_claims.release, opened.lines)


def _name(key: str) -> str:
    return f"buying:{key}"


def _opened(line_ids: Sequence[int], key: str) -> Opened:
    opened: Opened | None = st.session_state.get(_name(key))
    if (
        opened is None or buying_rows.currency_key(key) not in st.session_state
    ):  # its fields were not drawn in the last run
        page.used(f"purchase:{key}")
        opened = Opened(page.once(f"purchase:{key}"), [])
        st.session_state[_name(key)] = opened
    _add(opened, line_ids)
    return opened


def _add(opened: Opened, line_ids: Sequence[int]) -> None:
    opened.lines += [number for number in line_ids if number not in opened.lines]
    del opened.lines[MOST:]


@st.fragment(run_every=RENEWS)
def _draw(key: str) -> None:
    """A keystroke draws this form again and nothing else of the page."""
    opened: Opened | None = st.session_state.get(_name(key))
    if opened is None or opened.said is not None:  # closed, or made by the first half of a double click
        st.rerun()
    _read_again(opened)
    lines = page.read(buying.lines, opened.lines)
    if not lines:
        st.info("Nothing can be bought here: every line is canceled, or the order is no sale of ours.")
        return
    for line in lines:
        opened.seen.setdefault(line.line_id, line.purchased)
    _tell(opened, lines)
    _fill(opened, lines, key)
    focus.on(buying_rows.first_field(lines), opened.request)


def _read_again(opened: Opened) -> None:
    if news := page.read(buying.bought_since, tuple(opened.seen.items())):
        opened.told = [f"{one} You have bought nothing yet: look at the lines again." for one in news]
        opened.seen.clear()
        opened.edition += 1


def _tell(opened: Opened, lines: Sequence[Proposal]) -> None:
    """Who was faster, and who has the same lines open; and claim what nobody has."""
    for sentence in opened.told:
        st.error(page.plain(sentence), icon=":material/front_hand:")
    if left_out := len(opened.lines) - len(lines):
        st.caption(f"{counted(left_out, 'line')} left out: canceled, or no sale of ours.")
    if len(opened.lines) == MOST:
        st.caption(f"At most {MOST} lines at once; buy for the rest afterwards.")
    if not page.may(Right.PURCHASES):
        return
    me = page.actor()
    if page.read(buying_claims.is_due, opened.lines, me.name):
        page.attempt(buying_claims.claim, tuple(opened.lines), who=me)
    for claim in page.read(buying_claims.of_others, opened.lines, me.name):
        since = f"{claim.since.astimezone(columns.zone()):%H:%M}"
        which = f" for order {', '.join(claim.orders)}" if len(opened.lines) > 1 else ""
        st.warning(page.plain(f"{claim.actor} has had this form open since {since}{which}."), icon=":material/group:")


def _fill(opened: Opened, lines: Sequence[Proposal], key: str) -> None:
    rows = buying_rows.fill_in(lines, key, opened.edition)
    _join(opened, key)
    bare, reason = rows.form, ""
    if bare is not None:
        reason = buying_result.show(lines, bare, rows.places, key)
    details = buying_details.fill_in(rows.ticked or lines, key)
    form = None
    if bare is not None:
        seen = tuple((piece.line_id, opened.seen[piece.line_id]) for piece in bare.pieces)
        form = replace(bare, **details, reason=reason, seen=seen)
        if cautions := page.read(buying.cautions, lines, form):
            st.warning("  \n".join(map(page.plain, cautions)), icon=":material/warning:")
    above = st.container()  # who presses the last button of a screen does not see what is said below it
    if not _pressed(f"{key}:{opened.edition}:create"):
        return
    with above:
        if form is None:
            st.error(page.plain(f"{' '.join(rows.missing)} No purchase was made."), icon=":material/block:")
        else:
            _create(opened, form)


def _join(opened: Opened, key: str) -> None:
    """Other orders that wait for the same product, each a click away from this purchase."""
    waiting = page.read(buying.others, opened.lines)
    if not waiting or len(opened.lines) >= MOST:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Waiting for the same product:", width="content")
        for line in waiting[:5]:
            st.button(
                page.plain(f"{line.order} · {line.open}"), key=f"{key}:join:{line.line_id}", icon=":material/add:",
                on_click=_add, args=(opened, [line.line_id]), help=page.plain(f"Buy {line.sku} for order {line.order} too"),
            )  # fmt: skip
        if len(waiting) > 1:
            st.button(f"All {len(waiting)}", key=f"{key}:join", type="tertiary", on_click=_add,
                      args=(opened, [line.line_id for line in waiting]))  # fmt: skip


def _pressed(key: str) -> bool:
    allowed = page.may(Right.PURCHASES)
    return st.button(
        "Create purchase order", key=key, type="primary", icon=":material/shopping_cart:", disabled=not allowed,
        shortcut="Mod+Enter", help=None if allowed else f"For the role {rights.who(Right.PURCHASES)}",
    )  # fmt: skip


def _create(opened: Opened, form: buying.Form) -> None:
    # Nothing of Streamlit stands between the purchase and the note of it: there a second click could end this run.
    said = page.attempt(buying.create, opened.request, form)
    if said is not None:
        opened.said = said if form.tracking.strip() else f"{said} {NEXT}"
        st.rerun()
    if page.read(buying.bought_since, form.seen):
        st.rerun()
