"""Long work, on any screen: how far it is, a way to stop it, and what came out."""

import streamlit as st

from db.models import Job
from db.vocabulary import JobState
from lib import jobs
from lib.ui import news, page

SECONDS_BETWEEN_LOOKS = 1.0


def jobs_panel(kind: str | None = None, tells_success: bool = True) -> bool:
    """What is going on now, and how my jobs of the last quarter of an hour ended. Whether one of mine goes on.

    Without `tells_success` only what has failed or was stopped is told: the screen shows what was done itself.
    """
    me = page.actor().name
    going_on = page.read(jobs.live, kind)
    for ended in page.read(jobs.lately, me, kind):
        if ended.id not in _seen() and (tells_success or ended.state is not JobState.DONE):
            _result(ended)
    if going_on:
        _watch(kind, frozenset(job.id for job in going_on))
    return any(job.actor == me for job in going_on)


def _seen() -> set[int]:
    """The results that this person has put away, in this tab."""
    found: set[int] = st.session_state.setdefault("jobs seen", set())
    return found


def _result(ended: Job) -> None:
    shows = {JobState.DONE: st.success, JobState.FAILED: st.error}.get(ended.state, st.info)
    with st.container(horizontal=True, vertical_alignment="center"):
        shows(page.plain(ended.message).replace("\n", "  \n"))
        if st.button("", key=f"job seen {ended.id}", icon=":material/close:", type="tertiary", help="Put away"):
            _seen().add(ended.id)
            st.rerun()


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def _watch(kind: str | None, going_on: frozenset[int]) -> None:
    """Looks every second, and only while something goes on: when one has ended the whole page starts afresh, once."""
    now = page.read(jobs.live, kind)
    if frozenset(job.id for job in now) != going_on:
        news.forget()  # it said that the work has begun
        page.refresh()
        st.rerun()
    for job in now:
        _progress(job)


def _progress(job: Job) -> None:
    waits = job.state is JobState.QUEUED
    said = job.message or ("Waiting for the worker" if waits else "Beginning")
    count = f" · {job.done:,} of {job.total:,}" if job.total else ""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.progress(
            min(1.0, job.done / job.total) if job.total else 0.0,
            text=f"{page.plain(said)}{count} ({page.plain(job.actor)})",
        )
        stopping = "Stopping…" if job.cancel_asked else "Stop"
        if st.button(stopping, key=f"job stop {job.id}", disabled=job.cancel_asked, icon=":material/stop_circle:"):
            page.attempt(jobs.cancel, job.id)
