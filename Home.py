"""Caravan's screens and the way between them. Every page guards itself; here they get their names and their order."""

from pathlib import Path

import streamlit as st

from lib.ui import contact, people
from lib.words import Role

HERE = Path(__file__).parent
LOGO, NAME = str(HERE / "docs/images/caravan.svg"), str(HERE / "docs/images/caravan_name.svg")
# group -> file: title, icon
GROUPS = {
    "": {"home": ("Home", "home")},
    "Products": {
        "products": ("Products", "inventory_2"),
        "captured": ("Captured", "move_to_inbox"),
        "listings": ("Listings", "storefront"),
    },
    "Sales": {
        "orders": ("Orders", "receipt_long"),
        "purchase": ("Purchase", "shopping_cart"),
        "cosell": ("Co-sell", "handshake"),
    },
    "Prices and codes": {"pricing": ("Pricing", "sell"), "ean_generator": ("EAN Generator", "barcode")},
    "Nightly": {"image_sync": ("Image Sync", "photo_library")},
    "Office": {"history": ("History", "history"), "accounts": ("Accounts", "group")},
}
TITLES = {"login": "My account", "support": "Help and contact"} | {
    name: title for group in GROUPS.values() for name, (title, _) in group.items()
}
FOR_STRANGERS = ("login", "support")
FOR_ADMINS = ("accounts",)
MENU_WIDTH, ROW_GAP = 220, 11
# A table's own download knows one page only and leaves formulas as they are; its other buttons would cover ours.
TABLES = """<style>
[data-testid="stElementToolbarButton"]:has([aria-label^="Download"]) { display: none }
[data-testid="stElementToolbar"] { right: auto; left: 5.8rem }
</style>"""


def pages() -> dict[str, st.Page]:
    """All screens, for strangers too: so a link into the middle survives the sign-in."""
    found = sorted(file.stem for file in (HERE / "pages").glob("*.py"))
    return {
        name: st.Page(
            f"pages/{name}.py", title=TITLES.get(name, name.replace("_", " ").capitalize()), default=name == "home"
        )
        for name in found
    }


def menu(screens: dict[str, st.Page], role: Role) -> None:
    """The way between the screens. Drawn here: Streamlit's own would fetch each icon from another host."""
    for group, entries in GROUPS.items():
        shown = {name: entry for name, entry in entries.items() if name in screens}
        if role != Role.ADMIN:
            shown = {name: entry for name, entry in shown.items() if name not in FOR_ADMINS}
        with st.container(gap=ROW_GAP):
            if group and shown:
                st.caption(group)
            for name, (title, icon) in shown.items():
                st.page_link(screens[name], label=title, icon=f":material/{icon}:", width="stretch")


screens = pages()
here = st.navigation(list(screens.values()), position="hidden")
st.set_page_config(
    page_title=f"{here.title} · Caravan", page_icon=LOGO, layout="wide", initial_sidebar_state=MENU_WIDTH
)
st.html(TABLES)
people.exchange_cookie()
actor = people.current()
if actor:
    st.logo(NAME, icon_image=LOGO, size="large")
    with st.sidebar:
        menu(screens, actor.role)
        with st.container(gap=ROW_GAP):
            st.space("xxsmall")
            contact.help_about(here.url_path)
            people.badge()
elif here.url_path not in FOR_STRANGERS:
    people.sign_in_here()
    st.stop()
here.run()
