"""The least that a Streamlit page can be: what every rerun costs before anything is shown."""

import streamlit as st

st.title("Bare")
st.button("Refresh", key="refresh")
