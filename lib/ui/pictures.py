"""Pictures on a screen, served by our own route to people who are signed in."""

import re

import streamlit as st

NAME = re.compile(r"[0-9a-f]{64}\.webp")


def large(name: str | None, height: int = 180) -> None:
    """The large picture that belongs to a thumbnail, or an empty frame."""
    box = f"width:100%;max-height:{height}px;aspect-ratio:1;border-radius:8px;"
    if name and NAME.fullmatch(name):
        st.html(f'<img src="/pictures/{name[:64]}.jpg" alt="" style="{box}display:block;object-fit:contain">')
    else:
        st.html(
            f'<div style="{box}background:rgba(128,128,128,.08);display:grid;place-items:center;opacity:.6">no picture</div>'
        )
