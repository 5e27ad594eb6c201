"""Every screen for every role, and for somebody who is not signed in."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from db.models import Product
from db.vocabulary import Role
from lib.rights import MAY, Right, who
from lib.ui import people
from tests.conftest import CAST

ROOT = Path(__file__).parents[2]
PAGES = sorted(file.stem for file in (ROOT / "pages").glob("*.py"))
WHOSE = {"accounts": Right.PEOPLE, "import_orders": Right.ORDERS, "import_products": Right.PRODUCTS}
FOR_STRANGERS = {"support"}
ROLES = {role: name for name, role in reversed(CAST.items())}


def drawn(test) -> tuple[int, int]:
    """How many titles and tables stand there."""
    return len(test.title), len(test.dataframe)


def said(test) -> list[str]:
    return [one.value for kind in (test.info, test.warning, test.error) for one in kind]


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("page", PAGES)
def test_a_role_sees_a_screen_or_is_told_whose_it_is(open_page, given, page, role):
    given(Product(sku="SECRET-1", title_en="Secret lamp"))
    test = open_page(page, as_=ROLES[role])
    assert [one.message for one in test.exception] == []
    assert len(test.title) == 1
    refused = [text for text in said(test) if "is for the role" in text]
    right = WHOSE.get(page, Right.LOOK)
    if role not in MAY[right]:
        assert [text.partition(" is ")[2] for text in refused] == [
            f"for the role {who(right)}; yours is {role.label}. Ask an admin if you need it."
        ]
        assert drawn(test) == (1, 0)
    else:
        assert refused == []


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_sees_no_screen(open_page, given, page):
    given(Product(sku="SECRET-1", title_en="Secret lamp"))
    test = open_page(page, as_=None)
    assert [one.message for one in test.exception] == []
    assert drawn(test) == (0, 0)
    assert ("Contact us" in [one.value for one in test.subheader]) == (page in FOR_STRANGERS)
    assert len(test.sidebar) == 0


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("name", CAST)
def test_the_menu_leads_to_what_the_role_may_open(database, acting, monkeypatch, name):
    monkeypatch.setattr(people, "current", lambda: acting(name))
    test = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=30).run()
    assert [one.message for one in test.exception] == []
    links = [one.proto.label for one in test.sidebar if one.type == "page_link"]
    assert {"Products", "Help and contact", name} <= set(links)
    assert ("Accounts" in links) == (CAST[name] == "admin")


@pytest.mark.only("sqlite")
def test_a_stranger_sees_no_menu(database):
    test = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=30).run()
    assert (len(test.sidebar), len(test.title), len(test.dataframe)) == (0, 0, 0)
