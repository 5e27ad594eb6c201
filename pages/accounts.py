"""Accounts: who works here. Let people in, give them a role, help with a forgotten password."""

import streamlit as st

from lib import accounts, resets
from lib.rights import Right
from lib.ui import accounts as desk
from lib.ui import columns as c
from lib.ui import grid, page
from lib.words import PersonState, Role

page.open("Accounts", Right.PEOPLE)

COLUMNS = [
    c.text("username", "Signs in as", locked=True),
    c.text("name", "Name", most=120),
    c.text("email", "E-mail", locked=True, width=220),
    c.choice("role", "Role", Role),
    c.choice("state", "State", PersonState),
    c.moment("signed_in_at", "Last sign-in"),
    c.moment("created_at", "Registered"),
]

for person in page.read(accounts.waiting):
    desk.waiting(person)
for request in page.read(resets.requests):
    desk.forgotten(request)

state = page.tabs("a_state", accounts.counts, PersonState)
with page.filters():
    wanted = accounts.Filter(
        text=page.search("a_text", "Name or e-mail"), state=state, roles=page.choose("a_role", "Role", Role)
    )
view = grid.edit(
    "accounts", accounts.table, accounts.count, wanted, COLUMNS,
    save=accounts.save, check=accounts.check, right=Right.PEOPLE, sorts=accounts.SORTS,
)  # fmt: skip

with st.container(horizontal=True, vertical_alignment="bottom"):
    if page.button("One-time code", disabled=len(view.picked) != 1, help="For the ticked person's new password"):
        desk.hand_over(view.picked[0])
    desk.registration(page.read(accounts.registration))
