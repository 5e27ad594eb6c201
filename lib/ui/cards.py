"""Home's cards: one for each queue, quiet when nothing waits in it."""

from collections.abc import Iterable
from itertools import groupby

import streamlit as st

from lib.queues import Queue
from lib.ui import page

WIDTH = 232


def queues(found: Iterable[Queue]) -> None:
    """The queues by group, side by side as far as there is room."""
    for group, members in groupby(found, key=lambda queue: queue.group):
        st.markdown(f"**{group}**")
        with st.container(horizontal=True, gap="small"):
            for queue in members:
                _card(queue)


def _card(queue: Queue) -> None:
    """How many, in the colour of how bad that is; and the way there."""
    number = page.many(queue.count)
    with st.container(border=True, width=WIDTH, gap=None):
        st.markdown(f"### :{queue.colour}[{number}]" if queue.count else "### :gray[0]")
        st.page_link(
            f"pages/{queue.page}.py", label=queue.name if queue.count else f":gray[{queue.name}]", icon=f":material/{queue.icon}:",
            help=queue.meaning, query_params=dict(queue.query),
        )  # fmt: skip
