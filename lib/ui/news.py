"""What was done, said in a sentence where the person looks: for some seconds, whatever else the page does meanwhile.

A page often runs again at once: a job has ended, a cell comes late, the next field is touched. What a click has done is still said then.
"""

import threading
import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.ui.escape import plain

PAGE = "page"
SECONDS = 4.0
_drawn = threading.local()
"""Where the sentences stand on the screen; a run and the runs of its fragments know only their own."""


def begin() -> None:
    """A page starts afresh: whatever stood on the screen will be drawn again, perhaps elsewhere."""
    _boxes().clear()


def tell(sentence: str, place: str = PAGE) -> None:
    """Let the next runs say this where they call `show(place)`."""
    _all()[place] = (sentence, None)


def show(place: str = PAGE) -> str | None:
    """Draw what there is to say here; the sentence when this is the first time."""
    if (said := _all().get(place)) is None:
        return None
    sentence, since = said
    if since is not None and time.monotonic() - since > SECONDS:
        del _all()[place]
        return None
    box = _boxes()[place] = st.empty()
    box.success(plain(sentence), icon=":material/check_circle:")
    if since is not None:
        return None
    _all()[place] = (sentence, time.monotonic())
    return sentence


def forget() -> None:
    """Before something else is done, and on another page: what was seen is over, and goes from the screen at once."""
    while boxes := _boxes():
        boxes.popitem()[1].empty()
    st.session_state["news"] = {place: said for place, said in _all().items() if said[1] is None}


def _all() -> dict[str, tuple[str, float | None]]:
    """Of each place its sentence, and since when it is to be seen."""
    found: dict[str, tuple[str, float | None]] = st.session_state.setdefault("news", {})
    return found


def _boxes() -> dict[str, DeltaGenerator]:
    if not hasattr(_drawn, "boxes"):
        _drawn.boxes = {}
    found: dict[str, DeltaGenerator] = _drawn.boxes
    return found
