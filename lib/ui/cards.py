"""Home's cards: one for each queue, quiet when nothing waits in it."""

from collections.abc import Iterable
from itertools import groupby

import streamlit as st

from lib.queues import Queue
from lib.ui import page

WIDTH = 204


def queues(found: Iterable[Queue]) -> None:
    """The queues by group, side by side as far as there is room."""
    for group, members in groupby(found, key=lambda queue: queue.group):
        st.caption(group)
        with st.container(horizontal=True, gap="small"):
            for queue in members:
                _card(queue)


def _card(queue: Queue) -> None:
    """The way there, and how many in the colour of how bad that is."""
    called = page.plain(queue.name)
    name, number = (
        (called, f":{queue.colour}[{page.many(queue.count)}]") if queue.count else (f":gray[{called}]", ":gray[0]")
    )
    with st.container(border=True, width=WIDTH, gap=4):
        st.metric(queue.name, number, label_visibility="collapsed")
        st.page_link(
            f"pages/{queue.page}.py", label=name, icon=f":material/{queue.icon}:", help=queue.meaning, query_params=dict(queue.query),
            width="stretch",
        )  # fmt: skip
