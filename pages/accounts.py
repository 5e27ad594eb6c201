"""Accounts: who works here, and the store accounts we sell in. Let people in, give them a role, help with a forgotten password."""

import streamlit as st

from lib import stores
from lib.people import accounts, resets
from lib.rights import Right
from lib.ui import accounts as desk
from lib.ui import columns as c
from lib.ui import grid, page
from lib.words import ChannelKind, PersonState, Role

page.open("Accounts", Right.PEOPLE)

PEOPLE = [
    c.text("username", "Signs in as", locked=True),
    c.text("name", "Name", most=120),
    c.text("email", "E-mail", locked=True, width=220),
    c.choice("role", "Role", Role),
    c.choice("state", "State", PersonState),
    c.moment("signed_in_at", "Last sign-in"),
    c.moment("created_at", "Registered"),
]
STORES = [
    c.text("name", "Store", required=True, most=40),
    c.choice("marketplace", "Marketplace", stores.MARKETPLACES),
    c.text("currency", "Currency", locked=True),
    c.choice("channel", "Channel", ChannelKind),
]

for person in page.read(accounts.waiting):
    desk.waiting(person)
for request in page.read(resets.requests):
    desk.forgotten(request)

people, places = st.tabs(["People", "Store accounts"], key="a_tab", bind="query-params")
if people.open:
    with people:
        state = page.tabs("a_state", accounts.counts, PersonState)
        with page.filters():
            wanted = accounts.Filter(
                text=page.search("a_text", "Name or e-mail"), state=state, roles=page.choose("a_role", "Role", Role)
            )
        view = grid.edit(
            "accounts", accounts.table, accounts.count, wanted, PEOPLE,
            save=accounts.save, check=accounts.check, right=Right.PEOPLE, sorts=accounts.SORTS,
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if page.button(
                "One-time code", disabled=len(view.picked) != 1, help="For the ticked person's new password"
            ):
                desk.hand_over(view.picked[0])
            desk.registration(page.read(accounts.registration))
if places.open:
    with places:
        st.caption("What a store adds to its prices is on the screen Pricing, under Stores.")
        grid.edit(
            "accounts_of_stores", stores.table, stores.count, stores.Filter(), STORES, save=stores.save,
            right=Right.COMPANY, sorts=stores.SORTS, add=True, delete=True,
        )  # fmt: skip
