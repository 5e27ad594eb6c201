"""Caravan's screens and the way between them. Every page guards itself; here they get their names and their order."""

from pathlib import Path

import streamlit as st

from lib.ui import contact, people
from lib.words import Role

HERE = Path(__file__).parent
LOGO, NAME = str(HERE / "docs/images/caravan.svg"), str(HERE / "docs/images/caravan_name.svg")
# group -> file, title, icon
PAGES = {
    "": [("home", "Home", "home")],
    "Products": [
        ("products", "Products", "inventory_2"),
        ("captured", "Captured", "move_to_inbox"),
        ("listings", "Listings", "storefront"),
    ],
    "Sales": [
        ("orders", "Orders", "receipt_long"),
        ("purchase", "Purchase", "shopping_cart"),
        ("cosell", "Co-sell", "handshake"),
    ],
    "Prices and codes": [("pricing", "Pricing", "sell"), ("ean_generator", "EAN Generator", "barcode")],
    "Nightly": [("image_sync", "Image Sync", "photo_library")],
    "Office": [
        ("history", "History", "history"),
        ("accounts", "Accounts", "group"),
        ("support", "Help and contact", "support_agent"),
    ],
}
FOR_STRANGERS = ("login", "support")
FOR_ADMINS = ("accounts",)


def pages(role: Role | None) -> dict[str, list]:
    """All screens, for strangers too: so a link into the middle survives the sign-in."""
    listed = {
        group: [_page(*entry, role) for entry in entries if _is_there(entry[0])] for group, entries in PAGES.items()
    }
    named = {entry[0] for entries in PAGES.values() for entry in entries}
    others = sorted(file.stem for file in (HERE / "pages").glob("*.py") if file.stem not in named)
    listed["Office"] += [st.Page(f"pages/{name}.py", title=_title(name), visibility="hidden") for name in others]
    return {group: entries for group, entries in listed.items() if entries}


def _is_there(name: str) -> bool:
    return (HERE / "pages" / f"{name}.py").exists()


def _page(name: str, title: str, icon: str, role: Role | None):
    hidden = name in FOR_ADMINS and role != Role.ADMIN
    default = name == "home"
    return st.Page(
        f"pages/{name}.py", title=title, icon=f":material/{icon}:", default=default,
        visibility="hidden" if hidden else "visible",
    )  # fmt: skip


def _title(name: str) -> str:
    return "My account" if name == "login" else name.replace("_", " ").capitalize()


actor = people.current()
here = st.navigation(pages(actor.role if actor else None), position="sidebar" if actor else "hidden")
st.set_page_config(page_title=f"{here.title} · Caravan", page_icon=LOGO, layout="wide")
people.exchange_cookie()
if actor:
    st.logo(NAME, icon_image=LOGO, size="large")
    with st.sidebar:
        people.badge()
        contact.help_about(here.url_path)
elif here.url_path not in FOR_STRANGERS:
    people.sign_in_here()
    st.stop()
here.run()
