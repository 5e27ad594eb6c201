"""My account: who I am here, my password, and the way out of this browser or of all."""

import streamlit as st

from lib.ui import page, people

actor = page.open("My account")

with st.container(horizontal=True, vertical_alignment="center"):
    st.text(actor.name)
    page.badge(actor.role)
    st.caption(f"{actor.role.label} {actor.role.meaning}.")

with st.container(width=480):
    people.change_password()

with st.container(horizontal=True):
    st.button("Sign out here", icon=":material/logout:", on_click=people.sign_out)
    st.button("Sign out everywhere", icon=":material/devices_off:", on_click=people.sign_out_everywhere)
st.caption("Sign out everywhere ends your open windows in all browsers, at their next click.")
