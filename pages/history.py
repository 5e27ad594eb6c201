"""History: every change, who made it, what it was before; and the way back."""

import streamlit as st

from lib import change_words, history
from lib.ui import columns as c
from lib.ui import grid, page

page.open("History", note="One line is one click. Undo restores what nobody has changed since, and names the rest.")

COLUMNS = [
    c.text("number", "Change", locked=True, pinned=True),
    c.moment("at", "When"),
    c.text("actor", "Who", locked=True),
    c.text("command", "What", locked=True, width=180),
    c.text("summary", "In words", locked=True, width=420),
    c.number("cells", "Cells", locked=True),
    c.text("undone", "Undone", locked=True),
    c.text("reason", "Why", locked=True),
]
CELLS = [
    c.text("table", "What", locked=True),
    c.text("row", "Which", locked=True, width=180),
    c.text("field", "Field", locked=True),
    c.text("before", "Before", locked=True, width=280),
    c.text("after", "After", locked=True, width=280),
]

with page.filters():
    wanted = history.Filter(
        people=page.choose("h_person", "Who", page.read(history.people)),
        commands=page.choose("h_command", "What", page.read(history.commands)),
        tables=page.choose("h_table", "Changed", page.read(history.tables)),
        since=st.date_input("From", None, key="h_since", bind="query-params", width=150),
        until=st.date_input("To", None, key="h_until", bind="query-params", width=150),
    )
view = grid.show("history", history.table, history.count, wanted, COLUMNS)

asked = page.read(history.find, view.picked[-1] if view.picked else st.query_params.get("change"))
if asked is None:
    st.caption("Tick a change to see what was before and after, and to undo it.")
else:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"Change {asked.id}", anchor=False, width="content")
            st.caption(page.plain(f"{asked.command} · {asked.actor} · {asked.at:%Y-%m-%d %H:%M:%S} UTC"))
            st.space("stretch")
            if page.button("Undo", needs=asked.right, disabled=bool(asked.undone_by) or not asked.cells, icon=":material/undo:",
                           primary=True):  # fmt: skip
                page.perform(history.undo, asked.id)
        st.text(asked.summary or asked.reason)
        if asked.undone_by:
            st.caption(f"Undone by change {asked.undone_by}. To have it again, undo that one.")
        if asked.undoes:
            st.caption(f"This took back change {asked.undoes}.")
        grid.show("cells", change_words.cells, change_words.count, asked.id, CELLS)
