"""The first tab of the EAN Generator: what codes to make, what is left, a test that takes nothing, and Reserve."""

import secrets
import time
from dataclasses import dataclass

import streamlit as st

from db.session import Actor
from lib.codes import code_series, codes, ledger
from lib.codes.code_drawing import Left
from lib.counted import agreeing, counted
from lib.rights import Right
from lib.ui import page
from lib.ui.codes import codes_clear, codes_runs
from lib.words import CodeType

PROPOSED = "910"
HALF = 430
"""Pixels of half of the screen at least: where two do not fit, the answer stands below the question."""
TESTED, RESERVING = "codes tested", "codes reserving"
MOST_LOOKS, SECONDS_BETWEEN_LOOKS, DONE = 400, 0.05, "done: "
STEPS = """
1. **Test code** shows what you would get. Nothing is taken.
2. **Reserve** takes the codes for you: nobody else ever gets them. Download them right here.
3. **Assign** gives them to products, or put them on boxes with **Labels**.
"""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to have made, as far as it is right; `wrong` says what is not."""

    type: CodeType
    prefix: str
    quantity: int
    own: bool = False
    rest: bool = False
    wrong: tuple[str, ...] = ()

    @property
    def series(self) -> tuple[str, str, int]:
        return self.type.value, self.prefix, self.quantity


def show() -> None:
    """The question on the left, the answer on the right, and below that the way to clear codes."""
    newest = max(page.read(ledger.runs, 1), default=0)
    grid = st.grid(2, min_column_width=HALF, gap="small")
    with grid.cell(), st.container(border=True):
        wish = _wish()
        is_read = _honest(wish, newest)
        _buttons(wish, is_read, newest)
    with grid.cell():
        _answer(wish)
        codes_clear.show()


# The question


def _wish() -> Wish:
    st.markdown("**New codes**")
    with st.container(horizontal=True, gap="small"):
        type = CodeType(st.selectbox("Code type to generate", code_series.TYPES, key="e_type", width=150))
        prefix = (st.text_input("Prefix", PROPOSED, key="e_prefix", max_chars=12, width=96) or "").strip()
        typed = st.number_input("Quantity", value=100, step=1, key="e_quantity", width=128)
    quantity = int(typed) if typed is not None else 0
    wrong = tuple(filter(None, (_too_many(quantity), code_series.problem(type, prefix))))
    for text in wrong:
        st.markdown(f":red[:material/block: {page.plain(text)}]")
    rest = False
    if not code_series.problem(type, prefix):
        left: Left = page.read(codes.left, type, prefix)
        rest, short = _room(left, prefix, quantity)
        wrong += tuple(filter(None, [short]))
    own = st.checkbox("GS1 has given us this prefix", key="e_own")
    return Wish(type, prefix, quantity, own, rest, wrong)


def _too_many(quantity: int) -> str | None:
    if quantity > codes.MOST:
        return f"At most {codes.MOST:,} codes are made in a run, not {quantity:,}. Make several runs."
    return None if quantity >= 1 else "Say how many codes: 1 or more."


def _room(left: Left, prefix: str, quantity: int) -> tuple[bool, str | None]:
    """Show what is left of the prefix. Whether fewer will do, and what is wrong when not."""
    st.progress(min(1.0, left.held / left.capacity))
    st.caption(
        f"**{left.left:,}** of {left.capacity:,} left · {left.held:,} held",
        help=f"Codes that begin with {page.plain(prefix)}",
    )
    if not left.left:
        return False, "No code of this prefix is left."
    if quantity <= left.left:
        return False, None
    rest = st.checkbox(f"Take exactly what is left: {left.left:,}", key="e_rest")
    if not rest:
        is_left = agreeing(left.left, "is left", "are left")
        st.markdown(f":red[:material/block: {quantity:,} are wanted, and {left.left:,} {is_left}.]")
    return rest, None if rest else "Too few are left."


def _honest(wish: Wish, newest: int) -> bool:
    """The notice about numbers that nobody has licensed; whether it has been read, once a run."""
    said = code_series.said(wish.type, wish.prefix, wish.own)
    if not said:
        return True
    st.warning(f":small[{page.plain(said)}]", icon=":material/gavel:")
    return st.checkbox("I have read this", key=f"e_read_{newest}")


# The buttons


def _buttons(wish: Wish, is_read: bool, newest: int) -> None:
    with st.container(horizontal=True):
        if page.button("Test code", disabled=bool(wish.wrong), icon=":material/visibility:", help="Takes nothing"):
            found = page.read(codes.preview, wish.type, wish.prefix, wish.quantity)
            st.session_state[TESTED] = wish.series, "\n".join(found)
        can = not wish.wrong and is_read
        # Another button for each run: a click that comes when the run is made already presses nothing.
        if page.button("Reserve", needs=Right.CODES, primary=True, disabled=not can, key=f"e_reserve_{newest}",
                       icon=":material/lock:"):  # fmt: skip
            _reserve(wish, is_read, newest)


def _reserve(wish: Wish, is_read: bool, newest: int) -> None:
    """Of a double click, both halves of which run at the same time, one takes codes and the other waits for what it says.

    Between taking the turn and giving it back nothing of the screen is touched: that is where a run is stopped when another begins.
    """
    me, turns, mine = page.actor(), st.session_state.setdefault(RESERVING, {}), secrets.token_hex(4)
    for _ in range(MOST_LOOKS):
        if turns.setdefault(newest, mine) == mine:
            news = _take(wish, is_read, newest, me, turns)
            break
        if (news := turns.get(newest, "").partition(DONE)[2]) != "":
            break
        time.sleep(SECONDS_BETWEEN_LOOKS)
    else:
        return
    if news is not None:
        st.session_state.pop(TESTED, None)
        page.announce(news)


def _take(wish: Wish, is_read: bool, newest: int, me: Actor, turns: dict[int, str]) -> str | None:
    news = None
    try:
        news = page.attempt(
            codes.reserve, wish.type, wish.prefix, wish.quantity, acknowledged=is_read, own=wish.own, what_is_left=wish.rest, who=me
        )  # fmt: skip
    finally:
        if news is None:
            turns.pop(newest, None)
        else:
            turns[newest] = DONE + news
    return news


# The answer


def _answer(wish: Wish) -> None:
    tested = st.session_state.get(TESTED)
    if tested and tested[0] == wish.series:
        _tested(tested[1])
    elif (run := codes_runs.newest(page.actor().name)) is not None:
        with st.container(border=True):
            st.caption("Your last run")
            codes_runs.card(run, "last")
    else:
        with st.container(border=True):
            st.markdown("**How it goes**")
            st.markdown(STEPS)


def _tested(text: str) -> None:
    """The text box: one code a line, with a button that copies all of them."""
    with st.container(border=True):
        count = text.count("\n") + 1 if text else 0
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{counted(count, 'code')}** that Reserve would take now")
            st.space("stretch")
            if st.button("Put away", key="e_tested", type="tertiary", icon=":material/close:"):
                st.session_state.pop(TESTED, None)
                st.rerun()
        st.code(text, language=None, height=300)
        st.caption("Nothing is taken yet. Point at the box to copy all of it.")
