"""Puts the cursor into a field when its form opens, so that it can be filled in without the mouse."""

import streamlit as st

# The field may be drawn a moment after this; a person who has begun to type elsewhere is left alone.
_focus = st.components.v2.component(
    "focus",
    js="""
const done = new Set();
export default function (component) {
  const asked = component.data;
  if (!asked || done.has(asked.mark)) return;
  done.add(asked.mark);
  const before = document.activeElement;
  let tries = 40;
  const look = () => {
    const field = [...document.querySelectorAll("input, textarea, button")].find(
      (one) => (one.getAttribute("aria-label") || one.textContent.trim()) === asked.label && !one.disabled);
    const busy = document.activeElement !== before && document.activeElement !== document.body;
    if (field && !busy) { field.focus(); if (field.select) field.select(); }
    else if (!field && --tries) setTimeout(look, 50);
  };
  look();
}""",
)


def on(label: str, mark: str) -> None:
    """Focus the field that is called so, with its text selected; once for each mark, which is the form's own."""
    key = f"focus:{mark}"
    _focus(data={"label": label, "mark": mark}, key=key)
    del st.session_state[key]  # it holds nothing, and what Streamlit puts there cannot be kept with a session
